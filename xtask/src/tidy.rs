//! `cargo xtask tidy`: what a compiler does not check. Also run as a test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::args::{Args, root};

/// Who may import whom, in [dependencies]: crate, what it may name. The same table stands in ARCHITECTURE.md.
const IMPORTS: [(&str, &[&str]); 11] = [
    ("term", &[]),
    ("agent", &[]),
    ("wire", &[]),
    ("sys", &[]),
    ("lang", &["term"]),
    ("core", &["term", "agent", "lang"]),
    ("keeper", &["wire", "sys"]),
    ("server", &["core", "term", "agent", "lang", "wire", "sys"]),
    (
        "outlast",
        &[
            "core", "term", "agent", "lang", "wire", "sys", "keeper", "server",
        ],
    ),
    // Dev: never named by the product.
    ("sim", &["core", "term", "agent", "lang", "wire", "keeper"]),
    (
        "testkit",
        &[
            "core", "term", "agent", "lang", "wire", "sys", "keeper", "server",
        ],
    ),
];

/// Crates without clock, file, socket, thread or environment; their clippy.toml says so.
const PURE: [&str; 6] = ["term", "agent", "lang", "wire", "core", "sim"];

/// What no committed file may name: the machine it was written on, and hosts that a registry client asks.
/// Written in halves, so that this file may stand.
const MACHINE: [&str; 8] = [
    concat!("/wo", "rk/"),
    concat!("/opt/", "peer"),
    concat!("/ro", "ot/"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("pypi", ".org"),
    concat!("registry.", "npmjs"),
    concat!("proxy.", "golang"),
];

/// What is not done yet, or was left behind. Written in halves as well.
const LEFT: [&str; 3] = [
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("db", "g!("),
];

/// A rule: what it is called, what it finds.
type Rule = (&'static str, fn(&Tree) -> Vec<String>);

const RULES: [Rule; 6] = [
    ("imports go down", imports),
    ("pure crates have one clippy.toml", pure),
    ("unsafe code is in sys alone", unsafe_code),
    ("no machine is named", machines),
    ("nothing is left to do", left),
    ("tests that documents name exist", named_tests),
];

/// The committed and the new files.
struct Tree {
    root: PathBuf,
    files: Vec<String>,
}

impl Tree {
    fn read(&self, file: &str) -> String {
        fs::read(self.root.join(file))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    fn ending<'a>(&'a self, end: &'a str) -> impl Iterator<Item = &'a String> {
        self.files.iter().filter(move |file| file.ends_with(end))
    }
}

/// The chore.
pub fn run(args: Args) -> Result<(), String> {
    args.rest()?;
    let found = problems(&root());
    if found.is_empty() {
        return Ok(());
    }
    Err(found.join("\n"))
}

/// Everything that is not tidy, one line each.
pub fn problems(root: &Path) -> Vec<String> {
    let tree = Tree {
        root: root.to_path_buf(),
        files: files(root),
    };
    if tree.files.is_empty() {
        return vec!["no files found".into()];
    }
    RULES
        .iter()
        .flat_map(|(name, rule)| {
            rule(&tree)
                .into_iter()
                .map(move |what| format!("{name}: {what}"))
        })
        .collect()
}

/// Files as git knows them (committed, or new and not ignored); without git, all but the build's.
fn files(root: &Path) -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success());
    let mut found: Vec<String> = match listed {
        Some(output) => String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(String::from)
            .collect(),
        None => {
            let mut found = Vec::new();
            walk(root, root, &mut found);
            found
        }
    };
    found.retain(|file| root.join(file).is_file());
    found
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && name != ".git" {
            walk(root, &path, found);
        } else if path.is_file() {
            found.extend(
                path.strip_prefix(root)
                    .ok()
                    .map(|path| path.to_string_lossy().into_owned()),
            );
        }
    }
}

fn imports(tree: &Tree) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = IMPORTS.into_iter().collect();
    let mut found = Vec::new();
    for file in tree
        .ending("/Cargo.toml")
        .filter(|file| file.starts_with("crates/"))
    {
        let name = file.split('/').nth(1).unwrap_or_default();
        let Some(allowed) = allowed.get(name) else {
            found.push(format!(
                "{file}: the crate is not in the table of xtask/src/tidy.rs"
            ));
            continue;
        };
        for import in dependencies(&tree.read(file)) {
            if !allowed.contains(&import.as_str()) {
                found.push(format!("{name} imports {import}"));
            }
        }
    }
    found
}

/// Our own crates in a manifest's [dependencies] (also per target), without the prefix.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if let Some(section) = line.trim().strip_prefix('[') {
            let section = section.trim_end_matches(']');
            inside = section == "dependencies" || section.ends_with(".dependencies");
            // [dependencies.outlast-x]
            if let Some(name) = section.strip_prefix("dependencies.outlast-") {
                found.push(name.to_string());
            }
        } else if let Some(rest) = line.strip_prefix("outlast-").filter(|_| inside) {
            found.push(
                rest.chars()
                    .take_while(|char| char.is_ascii_alphanumeric() || *char == '-')
                    .collect(),
            );
        }
    }
    found
}

fn pure(tree: &Tree) -> Vec<String> {
    let copies: Vec<(&str, String)> = PURE
        .into_iter()
        .map(|name| (name, tree.read(&format!("crates/{name}/clippy.toml"))))
        .collect();
    let (first, wanted) = &copies[0];
    let mut found = Vec::new();
    for (name, text) in &copies {
        if text.is_empty() {
            found.push(format!("crates/{name}/clippy.toml is missing"));
        } else if text != wanted {
            found.push(format!("crates/{name}/clippy.toml differs from {first}'s"));
        }
    }
    found
}

fn unsafe_code(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for file in tree
        .ending(".rs")
        .filter(|file| !file.starts_with("crates/sys/"))
    {
        let text = tree.read(file);
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let words = [
                "unsafe {",
                "unsafe fn",
                "unsafe impl",
                "unsafe extern",
                "#[unsafe(",
                "allow(unsafe_code)",
            ];
            if words
                .iter()
                .any(|word| code.contains(word) && !code.contains('"'))
            {
                found.push(format!("{file}:{}: {}", number + 1, line.trim()));
            }
        }
        let is_root = file.ends_with("src/lib.rs") || file.ends_with("src/main.rs");
        if is_root && !text.contains("#![forbid(unsafe_code)]") {
            found.push(format!("{file} does not forbid it"));
        }
    }
    found
}

fn machines(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|file| *file != "Cargo.lock") {
        for (number, line) in tree.read(file).lines().enumerate() {
            if let Some(word) = MACHINE.iter().find(|word| line.contains(**word)) {
                found.push(format!("{file}:{}: {word}", number + 1));
            }
        }
    }
    found
}

/// Documents that say which test shows what: `` `path: name` ``, the path being the beginning of one.
/// Without a slash it is no path, but what a program says.
const CLAIMS: [&str; 4] = [
    "docs/faults.md",
    "docs/threats.md",
    "docs/guides.md",
    "docs/runs.md",
];

fn named_tests(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for document in CLAIMS {
        let text = tree.read(document);
        // Every second piece stands between backquotes.
        let claims = text.split('`').skip(1).step_by(2);
        let claims = claims.filter_map(|claim| claim.split_once(": "));
        for (file, name) in claims.filter(|(file, _)| file.contains('/')) {
            let mut files = tree.files.iter().filter(|path| path.starts_with(file));
            if !files.any(|path| tree.read(path).contains(name)) {
                found.push(format!("{document}: no {name} in {file}"));
            }
        }
    }
    found
}

fn left(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for file in tree.ending(".rs") {
        for (number, line) in tree.read(file).lines().enumerate() {
            if let Some(word) = LEFT.iter().find(|word| line.contains(**word)) {
                found.push(format!("{file}:{}: {word}", number + 1));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkout_is_tidy() {
        let found = problems(&root());
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }

    #[test]
    fn dependencies_are_found_where_they_count() {
        let manifest = "[package]\nname = \"outlast-x\"\n[dependencies]\noutlast-term.workspace = true\nserde = \"1\"\n\
                        outlast-sys = { path = \"../sys\" }\n[dev-dependencies]\noutlast-core = \"1\"\n\
                        [target.'cfg(unix)'.dependencies]\noutlast-wire = \"1\"\n";
        assert_eq!(dependencies(manifest), ["term", "sys", "wire"]);
    }

    #[test]
    fn rules_can_fail() {
        let dir = std::env::temp_dir().join(format!("tidy.{}", std::process::id()));
        let write = |file: &str, text: &str| {
            let path = dir.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
            fs::write(path, text).expect("file");
        };
        write(
            "crates/term/Cargo.toml",
            "[dependencies]\noutlast-core.workspace = true\n",
        );
        write("crates/term/clippy.toml", "a");
        write("crates/lang/clippy.toml", "b");
        write(
            "crates/term/src/lib.rs",
            &format!("fn x() {{ unsafe {{ {}); }} }}\n", LEFT[0]),
        );
        write("notes.md", MACHINE[0]);
        write("docs/faults.md", "`crates/term/src/lib.rs: no_such_test`\n");
        let found = problems(&dir).join("\n");
        fs::remove_dir_all(&dir).expect("removed");
        for text in [
            "term imports core",
            "crates/lang/clippy.toml differs",
            "crates/core/clippy.toml is missing",
            "crates/term/src/lib.rs:1: fn x()",
            "src/lib.rs does not forbid it",
            "notes.md:1:",
            "docs/faults.md: no no_such_test in crates/term/src/lib.rs",
            "nothing is left to do: crates/term/src/lib.rs:1",
        ] {
            assert!(found.contains(text), "{text:?} is not in\n{found}");
        }
    }
}
