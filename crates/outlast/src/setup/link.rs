//! `outlast setup tmux`: a link named `tmux`. Called by that name outlast is tmux and nothing else, so whatever calls tmux
//! (an agent, a script, a guide) gets sessions that last.
//!
//! Beside our binary if that directory is ours and on PATH, else in ~/.local/bin. A tmux that is there already and is no
//! link of ours stays.

use std::path::{Path, PathBuf};

use super::{Asked, Link, Plan, on_path, same, shown};

/// Directories that PATH names, as they stand there.
fn path_directories() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect()
}

fn is_on_path(directory: &Path) -> bool {
    let directories = path_directories();
    directories
        .iter()
        .any(|one| one == directory || same(one, directory))
}

/// Where the link is to be.
fn place(asked: &Asked, own: &Path) -> Result<PathBuf, String> {
    if let Some(dir) = &asked.dir {
        let here = std::env::current_dir().map_err(|error| error.to_string())?;
        return Ok(here.join(dir));
    }
    let beside = own.parent().unwrap_or(Path::new("/"));
    if is_on_path(beside) && outlast_sys::user::may_write(beside) {
        return Ok(beside.to_path_buf());
    }
    Ok(super::home()?.join(".local/bin"))
}

/// What is to be made.
pub(super) fn plan(asked: &Asked) -> Result<Plan, String> {
    let own = PathBuf::from(super::own_path()?);
    let dir = place(asked, &own)?;
    let path = dir.join("tmux");
    if path == own {
        return Err(format!(
            "{} is outlast itself, under the name tmux",
            shown(&path)
        ));
    }
    // One directory that moves as a whole keeps a link that works.
    let to = match own.parent() {
        Some(parent) if same(parent, &dir) => own.file_name().map(PathBuf::from),
        _ => None,
    };
    let to = to.unwrap_or_else(|| own.clone());
    let mut plan = Plan::default();
    let there = std::fs::symlink_metadata(&path).ok();
    let link = std::fs::read_link(&path).ok();
    match (&there, &link) {
        (Some(_), Some(old)) if *old != to && !same(&path, &own) => {
            return Err(format!(
                "{} is a link to {}, not to {}; it stays as it is",
                shown(&path),
                shown(old),
                shown(&own)
            ));
        }
        (Some(_), None) => {
            return Err(format!(
                "{} is another program; it stays as it is",
                shown(&path)
            ));
        }
        _ => {}
    }
    let to = match link {
        // Made by hand, and as good.
        Some(old) if same(&path, &own) => old,
        _ => to,
    };
    plan.link = Some(Link {
        path: path.clone(),
        to,
    });
    let undo = asked.undo;
    plan.verify = Some(Box::new(
        move || if undo { Ok(gone()) } else { found(&path, &own) },
    ));
    Ok(plan)
}

fn gone() -> String {
    match on_path("tmux") {
        Some(other) => format!("tmux is {} now", shown(&other)),
        None => "there is no tmux on PATH now".into(),
    }
}

/// What PATH finds when it is asked for tmux.
fn found(path: &Path, own: &Path) -> Result<String, String> {
    let dir = path.parent().unwrap_or(Path::new("/"));
    let export = format!(
        "put this into your shell's start-up file: export PATH={}:\"$PATH\"",
        super::shell::quote(&dir.to_string_lossy())
    );
    match on_path("tmux") {
        Some(first) if same(&first, own) => {
            let mut said = "tmux is outlast now".to_string();
            if let Some(other) = path_directories()
                .iter()
                .map(|dir| dir.join("tmux"))
                .find(|other| other.is_file() && !same(other, own))
            {
                said += &format!("; {} is behind it on PATH", shown(&other));
            }
            Ok(said + "; a shell that has called tmux before finds it after: hash -r")
        }
        Some(first) => Err(format!(
            "PATH finds {} before {}; {export}",
            shown(&first),
            shown(path)
        )),
        None => Err(format!("{} is not on PATH; {export}", shown(dir))),
    }
}
