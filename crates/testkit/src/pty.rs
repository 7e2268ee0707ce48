//! A program on a pty of its own: size, environment, bytes both ways, its end.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::pty::OpenptFlags;
use rustix::termios::Winsize;

use crate::{Result, at, proc};

/// The master's end and the child.
pub struct Pty {
    master: Option<File>,
    child: Child,
    name: String,
    status: Option<ExitStatus>,
}

impl Pty {
    /// Starts `argv` with exactly the environment `env` on a new pty that is its controlling terminal.
    ///
    /// setsid(1) (util-linux, essential on Debian) makes it so and then becomes the program: the pid is the program's.
    pub fn spawn(
        argv: &[String],
        env: &[(String, String)],
        cwd: &str,
        cols: u16,
        rows: u16,
    ) -> Result<Pty> {
        let (master, slave, name) = at(open(), "pty")?;
        at(
            rustix::termios::tcsetwinsize(&master, winsize(cols, rows)),
            "window size",
        )?;
        let mut command = Command::new("setsid");
        command
            .arg("--ctty")
            .args(argv)
            .env_clear()
            .envs(env.iter().cloned())
            .current_dir(cwd);
        command.stdin(Stdio::from(at(slave.try_clone(), "pty")?));
        command.stdout(Stdio::from(at(slave.try_clone(), "pty")?));
        command.stderr(Stdio::from(slave));
        let child = at(command.spawn(), "setsid")?;
        Ok(Pty {
            master: Some(File::from(master)),
            child,
            name,
            status: None,
        })
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The slave's path ("/dev/pts/3").
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The master; None once cut.
    pub fn master(&self) -> Option<BorrowedFd<'_>> {
        self.master.as_ref().map(AsFd::as_fd)
    }

    /// Another description of the master, for a thread that reads.
    pub fn reader(&self) -> Result<File> {
        let master = self.master.as_ref().ok_or("the pty is cut")?;
        at(master.try_clone(), "pty")
    }

    /// Types bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let master = self.master.as_mut().ok_or("the pty is cut")?;
        at(master.write_all(bytes), "typing")
    }

    /// Another window size (the kernel sends SIGWINCH).
    pub fn resize(&self, cols: u16, rows: u16) -> Result<()> {
        let master = self.master.as_ref().ok_or("the pty is cut")?;
        at(
            rustix::termios::tcsetwinsize(master, winsize(cols, rows)),
            "window size",
        )
    }

    /// Closes our end, as when a terminal window is closed or an ssh connection ends: the program gets SIGHUP.
    /// Whoever reads must let go of its description as well.
    pub fn cut(&mut self) {
        self.master = None;
    }

    /// Waits for the program's end.
    pub fn wait(&mut self, deadline: Duration) -> Result<ExitStatus> {
        if let Some(status) = self.status {
            return Ok(status);
        }
        proc::wait_exit(self.pid(), deadline)?;
        let status = at(self.child.wait(), "wait")?;
        self.status = Some(status);
        Ok(status)
    }

    /// A signal for the program.
    pub fn signal(&mut self, signal: rustix::process::Signal) -> Result<()> {
        if self.status.is_some() {
            return Ok(());
        }
        proc::signal(self.pid(), signal)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if self.status.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn winsize(cols: u16, rows: u16) -> Winsize {
    Winsize {
        ws_col: cols,
        ws_row: rows,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

fn open() -> io::Result<(OwnedFd, OwnedFd, String)> {
    let master =
        rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    rustix::pty::grantpt(&master)?;
    rustix::pty::unlockpt(&master)?;
    let name = rustix::pty::ptsname(&master, Vec::new())?;
    let slave = rustix::fs::open(
        name.as_c_str(),
        OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    Ok((master, slave, name.to_string_lossy().into_owned()))
}
