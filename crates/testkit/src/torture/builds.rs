//! Builds that differ, made from the one under test: bytes appended, the release in its stamp written over, scripts with
//! a stamp that do not start. The server runs a copy, all else the binary itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use crate::{Result, at};

const MAGIC: &[u8] = b"#outlast-build-stamp-v1:";
const STAMP_LEN: usize = 128;
const ALIGN: usize = 64;

/// The copy that the server runs, and what it is made of.
pub struct Builds {
    dir: PathBuf,
    good: Vec<u8>,
    stamp: usize,
    serial: AtomicU64,
    broken: AtomicBool,
}

static BUILDS: AtomicU32 = AtomicU32::new(0);

impl Builds {
    /// Installs a copy of this binary in a directory of its own.
    pub fn new(binary: &Path) -> Result<Builds> {
        let good = at(fs::read(binary), &binary.display().to_string())?;
        let stamp = (0..good.len())
            .step_by(ALIGN)
            .find(|at| good[*at..].starts_with(MAGIC))
            .ok_or_else(|| format!("{} has no stamp", binary.display()))?;
        let number = BUILDS.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("okb{}.{number}", std::process::id()));
        at(fs::create_dir_all(&dir), "builds")?;
        let builds = Builds {
            dir,
            good,
            stamp,
            serial: AtomicU64::new(0),
            broken: AtomicBool::new(false),
        };
        builds.install(FIRST)?;
        Ok(builds)
    }

    /// Where it is installed.
    pub fn path(&self) -> PathBuf {
        self.dir.join("outlast")
    }

    /// What is installed does not start.
    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Installs a build of release 0.1000.N that nobody has seen before.
    pub fn install(&self, release: u64) -> Result<()> {
        let mut bytes = self.good.clone();
        let stamp = self.stamped(&format!("0.1000.{release}"));
        bytes[self.stamp..self.stamp + STAMP_LEN].copy_from_slice(&stamp);
        bytes.extend(self.serial.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        self.broken.store(false, Ordering::Relaxed);
        self.write(&bytes)
    }

    /// Installs a script that passes for a newer build and does this.
    pub fn install_script(&self, line: &str) -> Result<()> {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        self.broken.store(true, Ordering::Relaxed);
        let mut bytes = format!("#!/bin/sh\n# {serial}\n{line}\n").into_bytes();
        bytes.resize(bytes.len().next_multiple_of(ALIGN) - 1, b' ');
        bytes.push(b'\n');
        bytes.extend(self.stamped("0.2000.0"));
        self.write(&bytes)
    }

    /// The stamp, but for the release.
    fn stamped(&self, release: &str) -> Vec<u8> {
        let own = &self.good[self.stamp + MAGIC.len()..self.stamp + STAMP_LEN];
        let own = String::from_utf8_lossy(own);
        let mut stamp = MAGIC.to_vec();
        for word in own.split_whitespace() {
            let word = match word.starts_with("release=") {
                true => format!("release={release} "),
                false => format!("{word} "),
            };
            stamp.extend(word.as_bytes());
        }
        stamp.resize(STAMP_LEN, b' ');
        stamp
    }

    /// As an installer does: a new file under the old name. Another process writes it: what this one has open for
    /// writing, children of its other threads have too until they execute, and it could not be executed.
    fn write(&self, bytes: &[u8]) -> Result<()> {
        let path = self.path();
        let (data, new) = (path.with_extension("data"), path.with_extension("new"));
        at(fs::write(&data, bytes), "install")?;
        let copied = at(Command::new("cp").arg(&data).arg(&new).status(), "cp")?;
        if !copied.success() {
            return Err("cp failed".into());
        }
        at(
            fs::set_permissions(&new, PermissionsExt::from_mode(0o755)),
            "install",
        )?;
        at(fs::rename(&new, &path), "install")
    }
}

/// Number of the first release: there is room below it.
const FIRST: u64 = 100;

impl Drop for Builds {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Whether a binary has the feature `faults`: the name of its variable is in it.
pub fn has_faults(binary: &Path) -> bool {
    let needle = b"OUTLAST_PAUSE";
    let bytes = fs::read(binary).unwrap_or_default();
    bytes.windows(needle.len()).any(|window| window == needle)
}
