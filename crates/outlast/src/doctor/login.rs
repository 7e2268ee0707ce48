//! The lines of `outlast setup shell`, and whether what they name is still there: without it a login is a plain shell.

use super::scene::Scene;
use super::{Found, hint, ok};

/// Files that may have them, below the home.
const FILES: &[&str] = &[
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".profile",
    ".zshrc",
    ".config/fish/config.fish",
];

/// The program that a block of lines calls.
fn program(text: &str) -> Option<String> {
    let block = text.split_once("# >>> outlast setup shell")?.1;
    let line = block
        .lines()
        .find(|line| line.contains(" new-session -A "))?;
    let (program, _) = line.trim().split_once(" new-session -A ")?;
    Some(program.trim_matches('\'').to_string())
}

pub fn look(scene: &Scene) -> Found {
    let mut files = Vec::new();
    for file in FILES {
        let text = scene.read(&format!("{}/{file}", scene.var("HOME")));
        let Some(program) = text.as_deref().and_then(program) else {
            continue;
        };
        if !scene.exists(&program) {
            return hint(
                format!("~/{file} calls {program}, which is not there: a login is a plain shell"),
                "outlast setup shell --yes, or outlast setup shell --undo --yes",
            );
        }
        files.push(format!("~/{file}"));
    }
    match files.is_empty() {
        true => ok("a login is a plain shell (outlast setup shell has it land in a session)"),
        false => ok(format!("lands in a session, by {}", files.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn lines_name_a_program_that_is_there() {
        let mut scene = Scene::fake("login");
        scene.set("HOME", "/home/ann");
        assert!(look(&scene).what.starts_with("a login is a plain shell"));
        let block = "x\n# >>> outlast setup shell >>>\ncase\n  '/opt/o u/outlast' new-session -A -s main && exit\n";
        scene.put("/home/ann/.bashrc", block);
        assert_eq!(look(&scene).verdict, Verdict::Hint);
        scene.put("/opt/o u/outlast", "");
        assert_eq!(look(&scene), ok("lands in a session, by ~/.bashrc"));
    }
}
