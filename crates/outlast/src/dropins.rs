//! Settings of systemd's parts (logind.conf and the like): a file and its drop-ins, in the order in which they count.

use std::path::{Path, PathBuf};

/// Where drop-ins lie; later ones count more.
const PLACES: &[&str] = &["/usr/lib/systemd", "/run/systemd", "/etc/systemd"];

/// Lines of the file at this path and of its drop-ins, all below `root`.
pub fn lines(root: &Path, file: &str) -> Vec<String> {
    let below = |path: &str| root.join(path.trim_start_matches('/'));
    let (_, base) = file.rsplit_once('/').unwrap_or(("", file));
    let mut files = vec![below(file)];
    for place in PLACES {
        let entries = std::fs::read_dir(below(&format!("{place}/{base}.d")));
        let mut more: Vec<PathBuf> = entries
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        more.sort();
        files.extend(more);
    }
    let texts = files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok());
    texts
        .flat_map(|text| {
            text.lines()
                .map(|line| line.trim().to_string())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The last value of a name in such lines.
pub fn value<S: AsRef<str>>(lines: &[S], name: &str) -> Option<String> {
    lines.iter().rev().find_map(|line| {
        let value = line.as_ref().trim().strip_prefix(name)?;
        Some(value.trim_start().strip_prefix('=')?.trim().to_string())
    })
}

/// Whether a value means yes, as systemd reads it.
pub fn is_yes(value: &str) -> bool {
    matches!(value, "1" | "yes" | "true" | "on" | "y" | "t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_counts() {
        let kills = |text: &str| {
            let lines: Vec<&str> = text.lines().collect();
            value(&lines, "KillUserProcesses").map(|value| is_yes(&value))
        };
        assert_eq!(kills("[Login]\n#KillUserProcesses=yes\n"), None);
        assert_eq!(
            kills("KillUserProcesses = yes\nKillUserProcesses=no\n"),
            Some(false)
        );
        assert_eq!(kills("[Login]\nKillUserProcesses=yes"), Some(true));
    }
}
