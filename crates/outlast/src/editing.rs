//! The hidden verb `edit-buffer`: what the popup of `e` in choose-buffer runs. It writes the paste buffer to a file, starts the
//! editor on it, and when that succeeds gives the server what it has written. It asks the server as any client does, so
//! an editor that was open while the server was replaced is answered by the next one.

use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// A file that is removed when it is no longer needed.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed is not ours any more.
        let _ = fs::remove_file(&self.0);
    }
}

/// `edit-buffer NAME EDITOR`.
pub fn run(words: Vec<OsString>) -> ExitCode {
    let [name, editor] = words.as_slice() else {
        eprintln!("outlast edit-buffer: a buffer and an editor");
        return ExitCode::FAILURE;
    };
    match edit(name, editor) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("outlast edit-buffer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn edit(name: &OsStr, editor: &OsStr) -> io::Result<()> {
    let own = std::env::current_exe()?;
    let before = Command::new(&own)
        .args(["save-buffer", "-b"])
        .arg(name)
        .arg("-")
        .stderr(Stdio::inherit())
        .output()?;
    if !before.status.success() {
        return Err(io::Error::other("the buffer is gone"));
    }
    let file = write(&std::env::temp_dir(), &before.stdout)?;
    let mut line = editor.to_os_string();
    line.push(" \"$1\"");
    let status = Command::new("/bin/sh")
        .arg("-c")
        .arg(&line)
        .arg("sh")
        .arg(&file.0)
        .status()?;
    if !status.success() {
        // An editor that fails (`:cq`) says that the buffer is to stay.
        return Ok(());
    }
    let mut after = fs::read(&file.0)?;
    if !before.stdout.ends_with(b"\n") && after.ends_with(b"\n") {
        // Editors end the last line; the buffer had none.
        after.pop();
    }
    if after.is_empty() || after == before.stdout {
        return Ok(());
    }
    let mut load = Command::new(&own)
        .args(["load-buffer", "-b"])
        .arg(name)
        .arg("-")
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = load.stdin.take() {
        stdin.write_all(&after)?;
    }
    match load.wait()?.success() {
        true => Ok(()),
        false => Err(io::Error::other("the buffer was not taken")),
    }
}

/// A new file that only its owner may read.
fn write(directory: &Path, bytes: &[u8]) -> io::Result<Temporary> {
    let mut last = io::Error::other("no name is free");
    for number in 0..1000 {
        let name = format!("outlast-buffer-{}-{number}", std::process::id());
        let path = directory.join(OsStr::from_bytes(name.as_bytes()));
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
        {
            Ok(mut file) => {
                let file_kept = Temporary(path);
                file.write_all(bytes)?;
                return Ok(file_kept);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}
