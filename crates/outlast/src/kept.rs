//! `outlast kept`: what is on disk for the time after a reboot.

use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use outlast_server::KeptFile;

use crate::flags::Flags;

const USAGE: &str = "usage: outlast [-L socket-name] [-S socket-path] kept [FILE]

Lists what is kept on disk for the time after a reboot: sessions with their older generations, the text of panes, of those
that have ended too. With the name of a file from the list: prints it, a text with its colours (less -R shows them).
Nothing is changed. What is kept, and for how long, say the options disk-state, disk-history, disk-history-limit,
disk-ended-days; `outlast attach` brings it back.
";

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let socket = match crate::socket::path(flags.path.as_deref(), flags.name.as_deref()) {
        Ok(path) => path.to_string_lossy().into_owned(),
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::FAILURE;
        }
    };
    let said = match words {
        [] => Ok(list(&socket).into_bytes()),
        [word] if word == "-h" || word == "--help" => Ok(USAGE.into()),
        [name] if !name.starts_with('-') => outlast_server::kept_text(&socket, name),
        _ => Err(USAGE.trim_end().to_string()),
    };
    match said {
        Ok(bytes) => {
            // Who has stopped reading has read enough.
            let _ = std::io::stdout().write_all(&bytes);
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn list(socket: &str) -> String {
    let Some((dir, files)) = outlast_server::kept_files(socket) else {
        return "nothing is kept\n".into();
    };
    if files.is_empty() {
        return format!("nothing is kept in {dir}\n");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    let width = |of: fn(&KeptFile) -> usize| files.iter().map(of).max().unwrap_or(0);
    let names = width(|file| file.name.len());
    let mut out = format!("{dir}\n");
    for file in &files {
        let (size, age) = (size(file.len), age(now.saturating_sub(file.unix)));
        let _ = writeln!(
            out,
            "{:<names$}  {size:>8}  {age:>10}  {}",
            file.name, file.about
        );
    }
    out
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

fn age(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{} s", seconds.max(0)),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_are_short() {
        assert_eq!(
            [size(7), size(2048), size(3 << 20)],
            ["7 B", "2 KiB", "3 MiB"]
        );
        let ages = [-5, 7, 300, 9000, 999_999].map(age);
        assert_eq!(ages, ["0 s", "7 s", "5 min", "2 h", "11 days"]);
    }
}
