//! What is measured: a binary in a world of its own, or a bare pty.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use outlast_testkit::{Binary, Pty, Result, World, proc, roles};

use super::drain::Drain;
use super::workloads::SIZE;

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Who is measured.
#[derive(Clone, Debug)]
pub enum Subject {
    /// The program straight on our pty: the kernel's own cost.
    Bare,
    /// A multiplexer.
    Binary(Binary),
}

impl Subject {
    /// Name of its column.
    pub fn name(&self) -> String {
        match self {
            Subject::Bare => "bare pty".into(),
            Subject::Binary(binary) => binary.name().replace('-', " "),
        }
    }

    /// The binary, if it is one.
    pub fn binary(&self) -> Option<&Binary> {
        match self {
            Subject::Bare => None,
            Subject::Binary(binary) => Some(binary),
        }
    }
}

/// A world with options as the measurements want them.
pub fn world(binary: &Binary, config: &str) -> Result<World> {
    let world = World::new(binary)?;
    world.write(".tmux.conf", config)?;
    Ok(world)
}

/// The subject's world, if it has one, and a client that looks at a role.
pub fn stage(
    subject: &Subject,
    config: &str,
    role: &str,
    words: &[&str],
) -> Result<(Option<World>, Drain)> {
    let command = roles::command(role, words)?;
    match subject {
        Subject::Bare => {
            let argv = ["sh".to_string(), "-c".into(), command];
            let env: Vec<(String, String)> = std::env::vars()
                .filter(|(name, _)| name == "PATH" || name == "HOME")
                .collect();
            Ok((
                None,
                Drain::new(Pty::spawn(&argv, &env, "/", SIZE.0, SIZE.1)?)?,
            ))
        }
        Subject::Binary(binary) => {
            let world = world(binary, config)?;
            let (cols, rows) = (SIZE.0.to_string(), SIZE.1.to_string());
            world.ok(&[
                "new-session",
                "-d",
                "-s",
                "a",
                "-x",
                &cols,
                "-y",
                &rows,
                &command,
            ])?;
            let client = Drain::client(&world, SIZE, &["attach-session", "-t", "a"])?;
            Ok((Some(world), client))
        }
    }
}

/// CPU that client, server and keeper have used so far.
pub fn cpu_ns(world: &World) -> u64 {
    world.own_processes().into_iter().map(proc::cpu_ns).sum()
}

/// Bytes of memory that server and keeper take: anonymous and file pages by their share, and every page of their
/// memory files, mapped or not.
pub fn memory(world: &World) -> u64 {
    let mut files = BTreeSet::new();
    let mut bytes = 0;
    for pid in world.own_processes() {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        for line in text
            .lines()
            .filter(|line| line.starts_with("Pss_Anon:") || line.starts_with("Pss_File:"))
        {
            let kib = line
                .split_whitespace()
                .nth(1)
                .and_then(|kib| kib.parse::<u64>().ok());
            bytes += kib.unwrap_or(0) * 1024;
        }
        for entry in fs::read_dir(format!("/proc/{pid}/fd"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let is_memory = fs::read_link(entry.path())
                .is_ok_and(|path| path.to_string_lossy().contains("memfd:"));
            if let (true, Ok(meta)) = (is_memory, fs::metadata(entry.path())) {
                files.insert((meta.ino(), meta.blocks() * 512));
            }
        }
    }
    bytes + files.into_iter().map(|(_, len)| len).sum::<u64>()
}
