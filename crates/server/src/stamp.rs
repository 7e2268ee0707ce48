//! Which build a file is. Every build carries a stamp that can be read without running it: before a server makes way
//! for what is installed, it knows whether that is one of ours, how old it is, and whether it can read what this one
//! has written.
//!
//! The stamp stands at a multiple of 64 bytes in the file, 128 bytes long: [`MAGIC`], then words `name=value`, then
//! blanks. A word that is not known is passed over.
//!
//! | word | what |
//! |---|---|
//! | `release` | as in Cargo.toml |
//! | `state` | version of what it writes for the next server: journal, checkpoints, history, files of the reboot |
//! | `reads` | the oldest such version that it reads (it reads none newer than its own) |
//!
//! `state` is raised when an older build would misread or lose something of what a newer one writes, and only then:
//! sections may gain fields and the journal may gain entries that older builds pass over without harm. A build that
//! raises it goes on writing the former version until it has been ready for ten seconds: so long the keeper may fall
//! back to the build before it.

use std::cmp::Ordering;
use std::fs::{File, Metadata};
use std::hint::black_box;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// How a stamp begins.
const MAGIC_LEN: usize = 24;
/// Its length.
const LEN: usize = 128;
/// It stands at multiples of this.
const ALIGN: usize = 64;
/// No program of ours is longer.
const FILE_MAX: u64 = 1 << 30;

#[repr(C, align(64))]
struct Stamp([u8; LEN]);

/// Nothing else in the program spells out its beginning, so that it is found only here.
static OWN: Stamp = Stamp(padded(concat!(
    "#outlast-build-stamp-v1:",
    "release=",
    env!("CARGO_PKG_VERSION"),
    " state=1 reads=1 "
)));

const fn padded(text: &str) -> [u8; LEN] {
    let mut bytes = [b' '; LEN];
    let text = text.as_bytes();
    let mut at = 0;
    while at < text.len() {
        bytes[at] = text[at];
        at += 1;
    }
    bytes
}

/// What a stamp says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Its release: "0.1.0".
    pub release: String,
    /// Version of what it writes.
    pub state: u32,
    /// The oldest version that it reads.
    pub reads: u32,
}

impl Build {
    /// The build that runs.
    pub fn own() -> Build {
        let stamp = &black_box(&OWN).0;
        Build::parse(&stamp[MAGIC_LEN..]).unwrap_or(Build {
            release: env!("CARGO_PKG_VERSION").into(),
            state: 1,
            reads: 1,
        })
    }

    /// From a stamp's words.
    pub fn parse(words: &[u8]) -> Option<Build> {
        let words = std::str::from_utf8(words).ok()?;
        let value = |name: &str| {
            words
                .split_ascii_whitespace()
                .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        };
        Some(Build {
            release: value("release")?.to_string(),
            state: value("state")?.parse().ok()?,
            reads: value("reads")?.parse().ok()?,
        })
    }

    /// Whether it can read what another has written.
    pub fn can_read(&self, state: u32) -> bool {
        (self.reads..=self.state).contains(&state)
    }
}

/// The words of the stamp of a program's file; None: it has none.
///
/// # Errors
/// It cannot be read.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let magic = &black_box(&OWN).0[..MAGIC_LEN];
    let file = File::open(path)?;
    let mut buffer = vec![0; 64 * 1024];
    let mut at = 0;
    while at < FILE_MAX {
        let len = fill(&file, &mut buffer, at)?;
        for slot in (0..len).step_by(ALIGN) {
            if !buffer[slot..len].starts_with(magic) {
                continue;
            }
            let mut stamp = [0; LEN];
            let found = fill(&file, &mut stamp, at + slot as u64)?;
            let words = &stamp[MAGIC_LEN.min(found)..found];
            if Build::parse(words).is_some() {
                return Ok(Some(words.to_vec()));
            }
        }
        if len < buffer.len() {
            break;
        }
        at += len as u64;
    }
    Ok(None)
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut len = 0;
    while len < buffer.len() {
        match file.read_at(&mut buffer[len..], at + len as u64) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

/// What tells two files apart: device, inode, size, time of change (ns).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image(pub [u64; 4]);

impl Image {
    /// Of a file.
    pub fn of(file: &Metadata) -> Image {
        let changed = file
            .mtime()
            .cast_unsigned()
            .wrapping_mul(1_000_000_000)
            .wrapping_add(file.mtime_nsec().cast_unsigned());
        Image([file.dev(), file.ino(), file.size(), changed])
    }

    /// Eight digits for people, from size and time of change: two builds of one release have different ones, a copy
    /// that keeps the time has the same.
    pub fn build_id(&self) -> String {
        let mut mixed = self.0[2].rotate_left(32) ^ self.0[3];
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        format!("{:08x}", (mixed ^ (mixed >> 31)) as u32)
    }
}

/// Orders releases as SemVer does: "0.9.0", "0.10.0-rc.1", "0.10.0". What is no number counts as 0.
pub fn compare(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| {
        let text = text.split('+').next().unwrap_or_default().to_string();
        let (core, pre) = match text.split_once('-') {
            Some((core, pre)) => (core.to_string(), Some(pre.to_string())),
            None => (text, None),
        };
        let numbers: Vec<u64> = core
            .split('.')
            .map(|number| number.parse().unwrap_or(0))
            .collect();
        (numbers, pre)
    };
    let ((a, a_pre), (b, b_pre)) = (parts(a), parts(b));
    a.cmp(&b).then_with(|| match (a_pre, b_pre) {
        (None, None) => Ordering::Equal,
        // What comes before a release is older than it.
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => compare_pre(&a, &b),
    })
}

fn compare_pre(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamped(before: usize, words: &str) -> Vec<u8> {
        let mut bytes = vec![b'x'; before];
        bytes.extend_from_slice(&OWN.0[..MAGIC_LEN]);
        bytes.extend_from_slice(words.as_bytes());
        bytes
    }

    fn read_bytes(name: &str, bytes: &[u8]) -> Option<Build> {
        let path =
            std::env::temp_dir().join(format!("outlast-stamp-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        let words = read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        words.and_then(|words| Build::parse(&words))
    }

    #[test]
    fn the_own_build_is_found_in_its_file() {
        let own = Build::own();
        assert_eq!(own.release, env!("CARGO_PKG_VERSION"));
        assert!(own.can_read(own.state));
        let words = read(Path::new("/proc/self/exe")).unwrap().unwrap();
        assert_eq!(Build::parse(&words), Some(own));
    }

    #[test]
    fn a_stamp_is_found_wherever_it_may_stand() {
        let build = Build {
            release: "7.8.9".into(),
            state: 3,
            reads: 2,
        };
        let words = "release=7.8.9 more=yes state=3 reads=2 ";
        for before in [0, 64, 65536 - 64, 65536, 3 * 65536 - 64] {
            assert_eq!(
                read_bytes("a", &stamped(before, words)),
                Some(build.clone()),
                "after {before} bytes"
            );
        }
        let mut twice = stamped(64, "release=1.0.0 no more ");
        twice.resize(256, b'x');
        twice.extend(stamped(0, words));
        assert_eq!(read_bytes("b", &twice), Some(build.clone()));
        assert!(build.can_read(2) && !build.can_read(1) && !build.can_read(4));
        for none in [&b""[..], b"#!/bin/sh\n", &stamped(1, words), &[0; 70_000]] {
            assert_eq!(read_bytes("c", none), None);
        }
    }

    #[test]
    fn releases_are_ordered() {
        let row = [
            "0.0.9",
            "0.1.0-alpha",
            "0.1.0-alpha.2",
            "0.1.0-alpha.10",
            "0.1.0-beta",
            "0.1.0",
            "0.2.0",
            "0.10.0",
            "1.0.0",
        ];
        for (n, a) in row.iter().enumerate() {
            for (m, b) in row.iter().enumerate() {
                assert_eq!(compare(a, b), n.cmp(&m), "{a} and {b}");
            }
        }
        assert_eq!(compare("1.0.0+a", "1.0.0+b"), Ordering::Equal);
    }

    #[test]
    fn builds_of_one_release_have_different_ids() {
        let ids: std::collections::BTreeSet<String> = (0..100)
            .map(|n| Image([1, 2, 1000 + n % 10, 5_000_000_000 + n / 10]).build_id())
            .collect();
        assert_eq!(ids.len(), 100);
    }
}
