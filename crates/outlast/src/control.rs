//! Our end of control mode (`-C`, `-CC`): lines from stdin go to the server, what it says to stdout; what is written
//! before and after that.

use std::io::{self, BufRead, Write};
use std::os::fd::AsFd;

use outlast_sys::raw_tty::RawTty;

/// How to be in control mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `-C`.
    Plain,
    /// `-CC`: for a terminal that is the program. It is raw, and all is inside of a device control string.
    Terminal,
}

/// The terminal of `-CC`, raw until this is dropped.
pub struct Control {
    tty: Option<RawTty>,
}

/// A server has us: what comes before all else.
pub fn begin(mode: Option<Mode>) {
    if mode == Some(Mode::Terminal) {
        write("\x1bP1000p");
    }
}

impl Control {
    /// Makes the terminal raw for `-CC`. Err is the text for stderr.
    pub fn take(mode: Mode) -> Result<Control, String> {
        let failed = |error: &io::Error| {
            let reason = crate::socket::reason(error);
            format!("tcgetattr failed: {reason}")
        };
        let tty = match mode {
            Mode::Plain => None,
            Mode::Terminal => {
                let fd = io::stdin().as_fd().try_clone_to_owned();
                let tty = fd.and_then(RawTty::for_lines);
                Some(tty.map_err(|error| failed(&error))?)
            }
        };
        Ok(Control { tty })
    }

    /// Says goodbye; with the wait-exit flag an empty line, or the end of stdin, is waited for.
    pub fn end(mut self, reason: &str, waits: bool) {
        match reason {
            "" => write("%exit\n"),
            reason => write(&format!("%exit {reason}\n")),
        }
        if waits {
            let mut line = String::new();
            let mut stdin = io::stdin().lock();
            while stdin.read_line(&mut line).is_ok_and(|len| len > 1) {
                line.clear();
            }
        }
        if let Some(tty) = &mut self.tty {
            write("\x1b\\");
            // It has gone: nothing to give back.
            let _ = tty.restore();
        }
    }
}

fn write(text: &str) {
    let mut out = io::stdout().lock();
    // Nobody reads: we are leaving, or will hear of it where we write what matters.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
