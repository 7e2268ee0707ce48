//! `wait`: says `ready` and waits to be killed. Also: the raw mode that other roles want.

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::{Result, at};

pub(super) fn run(_: &[String]) -> Result<()> {
    println!("ready");
    loop {
        std::thread::park();
    }
}

/// No echo, no line discipline.
pub(super) fn raw() -> Result<()> {
    let stdin = std::io::stdin();
    let mut modes = at(tcgetattr(&stdin), "terminal")?;
    modes.make_raw();
    at(tcsetattr(&stdin, OptionalActions::Now, &modes), "terminal")
}
