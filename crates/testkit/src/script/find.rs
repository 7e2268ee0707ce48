//! Scripts on disk: every `*.session` file below a folder, by topic.

use std::fs;
use std::path::{Path, PathBuf};

use super::parse::{Header, Step, parse_with};
use crate::{Result, at};

/// A script.
#[derive(Clone, Debug)]
pub struct Script {
    /// "topic/name".
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Where it holds.
    pub header: Header,
    /// What happens.
    pub steps: Vec<Step>,
}

/// All scripts below a folder, sorted by name. A script that cannot be read is an error.
pub fn find(folder: &Path) -> Result<Vec<Script>> {
    let mut scripts = Vec::new();
    walk(folder, folder, &mut scripts)?;
    scripts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(scripts)
}

fn walk(root: &Path, folder: &Path, scripts: &mut Vec<Script>) -> Result<()> {
    for entry in at(fs::read_dir(folder), &folder.display().to_string())? {
        let path = at(entry, "folder")?.path();
        if path.is_dir() {
            walk(root, &path, scripts)?;
        } else if path.extension().is_some_and(|ext| ext == "session") {
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .with_extension("")
                .to_string_lossy()
                .into_owned();
            let text = at(fs::read_to_string(&path), &name)?;
            let beside = |name: &str| {
                fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"))
            };
            let (header, steps) = parse_with(&text, &beside)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            scripts.push(Script {
                name,
                path,
                header,
                steps,
            });
        }
    }
    Ok(())
}
