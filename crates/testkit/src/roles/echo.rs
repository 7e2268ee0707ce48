//! `echo`: puts its terminal into raw mode, says `ready`, and answers each byte with itself.

use std::io::{Read, Write};

use crate::{Result, at};

pub(super) fn run(_: &[String]) -> Result<()> {
    super::wait::raw()?;
    let (mut input, mut out) = (std::io::stdin(), std::io::stdout());
    at(out.write_all(b"ready").and_then(|()| out.flush()), "stdout")?;
    let mut buffer = [0; 4096];
    loop {
        let len = at(input.read(&mut buffer), "stdin")?;
        if len == 0 {
            return Ok(());
        }
        at(
            out.write_all(&buffer[..len]).and_then(|()| out.flush()),
            "stdout",
        )?;
    }
}
