//! How a program is to be started: the bytes beside [`ToKeeper::Spawn`](super::ToKeeper::Spawn).

use super::frame::Reader;
use super::{Malformed, SPAWN_MAX};

/// Flag of [`SpawnSpec::flags`]: stderr of a `Job` or `Filter` goes where stdout goes, else to /dev/null.
pub const SPAWN_STDERR: u32 = 1;

/// How to start a program. Its bytes, which the server puts into a memory file beside [`ToKeeper::Spawn`]:
///
/// | bytes | what |
/// |---|---|
/// | 4 | [`SPAWN_MAGIC`] |
/// | 4 | flags |
/// | 4 | which of the control characters below are meant (bit n: entry n) |
/// | 32 | the terminal's control characters (`c_cc`) |
/// | 4 | number of arguments |
/// | 4 | number of environment entries |
/// | … | path, working directory, arguments, environment entries ("NAME=value"): each 4 bytes of length, that many bytes without NUL, one NUL |
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpawnSpec<'a> {
    /// [`SPAWN_STDERR`]; unknown bits are ignored.
    pub flags: u32,
    /// Control characters for the terminal: (index into `c_cc`, value); indices from 32 on are ignored.
    pub control_chars: &'a [(u8, u8)],
    /// The file to execute; searched on PATH of `env` when it has no slash.
    pub path: &'a [u8],
    /// Working directory; falls back to HOME of `env`, then "/".
    pub cwd: &'a [u8],
    /// Arguments, argv[0] first. A login shell has "-bash" there.
    pub argv: &'a [&'a [u8]],
    /// The whole environment: "NAME=value".
    pub env: &'a [&'a [u8]],
}

/// First four bytes of a spawn description.
pub const SPAWN_MAGIC: u32 = u32::from_le_bytes(*b"oSp1");

impl SpawnSpec<'_> {
    /// Its bytes. `None` if a string contains NUL or the whole is longer than [`SPAWN_MAX`].
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes.extend(SPAWN_MAGIC.to_le_bytes());
        bytes.extend(self.flags.to_le_bytes());
        let mut meant = 0u32;
        let mut chars = [0u8; 32];
        for &(index, value) in self.control_chars.iter().filter(|(index, _)| *index < 32) {
            meant |= 1 << index;
            chars[usize::from(index)] = value;
        }
        bytes.extend(meant.to_le_bytes());
        bytes.extend(chars);
        bytes.extend(u32::try_from(self.argv.len()).ok()?.to_le_bytes());
        bytes.extend(u32::try_from(self.env.len()).ok()?.to_le_bytes());
        for string in [self.path, self.cwd]
            .into_iter()
            .chain(self.argv.iter().copied())
            .chain(self.env.iter().copied())
        {
            if string.contains(&0) {
                return None;
            }
            bytes.extend(u32::try_from(string.len()).ok()?.to_le_bytes());
            bytes.extend(string);
            bytes.push(0);
        }
        (bytes.len() <= SPAWN_MAX).then_some(bytes)
    }
}

/// A spawn description as the keeper reads it: in place, without an allocation.
#[derive(Clone, Copy, Debug)]
pub struct SpawnView<'a> {
    /// See [`SpawnSpec::flags`].
    pub flags: u32,
    /// Which of `chars` are meant.
    pub chars_meant: u32,
    /// Control characters.
    pub chars: [u8; 32],
    /// Number of arguments.
    pub argc: usize,
    /// Number of environment entries.
    pub envc: usize,
    strings: &'a [u8],
}

impl<'a> SpawnView<'a> {
    /// Reads and checks a description: every string ends where it says and has its NUL there and nowhere else.
    ///
    /// # Errors
    /// It is not one.
    pub fn new(bytes: &'a [u8]) -> Result<SpawnView<'a>, Malformed> {
        let mut reader = Reader(bytes);
        if reader.u32()? != SPAWN_MAGIC {
            return Err(Malformed);
        }
        let (flags, chars_meant, chars) = (reader.u32()?, reader.u32()?, reader.take()?);
        let (argc, envc) = (reader.u32()? as usize, reader.u32()? as usize);
        let view = SpawnView {
            flags,
            chars_meant,
            chars,
            argc,
            envc,
            strings: reader.0,
        };
        let wanted = argc
            .checked_add(envc)
            .and_then(|n| n.checked_add(2))
            .ok_or(Malformed)?;
        let mut found = 0;
        for string in view.strings() {
            string?;
            found += 1;
        }
        if found != wanted || argc == 0 {
            return Err(Malformed);
        }
        Ok(view)
    }

    /// Path, working directory, arguments, environment, in this order.
    fn strings(&self) -> impl Iterator<Item = Result<&'a core::ffi::CStr, Malformed>> + use<'a> {
        let mut reader = Reader(self.strings);
        let mut left = 2usize.saturating_add(self.argc).saturating_add(self.envc);
        core::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let string = reader.u32().and_then(|len| {
                let len = (len as usize).checked_add(1).ok_or(Malformed)?;
                let string = reader.0.get(..len).ok_or(Malformed)?;
                reader.0 = &reader.0[len..];
                core::ffi::CStr::from_bytes_with_nul(string).map_err(|_| Malformed)
            });
            if string.is_err() {
                left = 0;
            }
            Some(string)
        })
    }

    /// The file to execute.
    pub fn path(&self) -> &'a core::ffi::CStr {
        self.strings().flatten().next().unwrap_or_default()
    }
    /// The working directory.
    pub fn cwd(&self) -> &'a core::ffi::CStr {
        self.strings().flatten().nth(1).unwrap_or_default()
    }
    /// The arguments.
    pub fn argv(&self) -> impl Iterator<Item = &'a core::ffi::CStr> + use<'a> {
        self.strings().flatten().skip(2).take(self.argc)
    }
    /// The environment.
    pub fn env(&self) -> impl Iterator<Item = &'a core::ffi::CStr> + use<'a> {
        self.strings().flatten().skip(2 + self.argc)
    }
}
