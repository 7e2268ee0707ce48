//! Programs for panes. The byte at position `p` of every stream is `byte_at(p)`, so that a checker sees at any place
//! whether something was lost or doubled before it.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::Duration;

use outlast_sys::{clock, pty};

/// The byte at a position: from words that never repeat.
pub fn byte_at(position: u64) -> u8 {
    let word = (position / 8).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66;
    word.to_le_bytes()[(position % 8) as usize]
}

/// The bytes from a position on.
pub fn fill(buffer: &mut [u8], position: u64) {
    for (index, byte) in buffer.iter_mut().enumerate() {
        *byte = byte_at(position + index as u64);
    }
}

pub fn main(verb: &str, args: &[OsString]) -> ExitCode {
    let number = |index: usize| {
        args.get(index)
            .and_then(|word| word.to_str()?.parse().ok())
            .unwrap_or(u64::MAX)
    };
    let _ = pty::make_raw(io::stdin().as_fd());
    let done = match verb {
        "flood" => flood(number(0)),
        "bursts" => bursts(number(0)),
        "sink" => sink(number(0)),
        "echo" => echo(),
        _ => Ok(ExitCode::from(2)),
    };
    done.unwrap_or_else(|error| {
        eprintln!("{verb}: {error}");
        ExitCode::from(3)
    })
}

/// So many bytes as fast as they are taken.
fn flood(total: u64) -> io::Result<ExitCode> {
    let mut buffer = vec![0; 64 * 1024];
    let mut done = 0;
    while done < total {
        let len = (total - done).min(buffer.len() as u64) as usize;
        fill(&mut buffer[..len], done);
        write_all(&buffer[..len])?;
        done += len as u64;
    }
    Ok(ExitCode::SUCCESS)
}

/// So many bytes in pieces of at most 6 KB, with pauses of at most 400 µs.
fn bursts(total: u64) -> io::Result<ExitCode> {
    let mut buffer = vec![0; 6 * 1024];
    let mut random = clock::boottime_ns() | 1;
    let mut done = 0;
    while done < total {
        random = random
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let len = (total - done).min(1 + (random >> 33) % buffer.len() as u64) as usize;
        fill(&mut buffer[..len], done);
        write_all(&buffer[..len])?;
        done += len as u64;
        std::thread::sleep(Duration::from_micros((random >> 20) % 400));
    }
    Ok(ExitCode::SUCCESS)
}

/// Straight to the descriptor: the buffer of std would split lines.
fn write_all(bytes: &[u8]) -> io::Result<()> {
    std::fs::File::from(io::stdout().as_fd().try_clone_to_owned()?).write_all(bytes)
}

/// Reads so many bytes of the stream, checks each, and says so.
fn sink(total: u64) -> io::Result<ExitCode> {
    println!("ready");
    let mut input = std::fs::File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut buffer = vec![0; 64 * 1024];
    let mut done = 0;
    while done < total {
        let len = input.read(&mut buffer)?;
        if len == 0 {
            println!("end at {done}");
            return Ok(ExitCode::from(4));
        }
        if let Some(wrong) = (0..len).find(|index| buffer[*index] != byte_at(done + *index as u64))
        {
            println!("wrong at {}", done + wrong as u64);
            return Ok(ExitCode::from(5));
        }
        done += len as u64;
    }
    println!("all {done}");
    Ok(if done == total {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(6)
    })
}

/// Sends back what comes.
fn echo() -> io::Result<ExitCode> {
    println!("ready");
    let mut input = std::fs::File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let len = input.read(&mut buffer)?;
        if len == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        write_all(&buffer[..len])?;
    }
}
