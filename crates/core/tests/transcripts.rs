//! Command lines and their answers as recorded from tmux 3.7c (`transcripts/record.py`), played to the core.
//!
//! A file is `$ words` (shell quoting), then lines of stdout, `! ` lines of stderr and `? N` for a status other than 0.
//! Each file begins with an empty server; panes run `cat`.

mod world;

use world::World;

/// Words of a line with quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, ' ') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn play(name: &str, text: &str) -> Vec<String> {
    let mut world = World::with_config("set -g default-command cat\n");
    world.files.insert(
        "/tmp/outlast-transcript.conf".to_string(),
        "set -g @sourced yes\n".to_string(),
    );
    let mut faults = Vec::new();
    let mut expected = String::new();
    let mut command: Option<&str> = None;
    let mut check = |command: Option<&str>, expected: &str, world: &mut World| {
        let Some(command) = command else { return };
        let argv = words(command);
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        let answer = world.run(&argv);
        let mut got: String = answer.out.lines().map(|line| format!("{line}\n")).collect();
        for line in answer.err.lines() {
            got.push_str(&format!("! {line}\n"));
        }
        match answer.exit {
            Some((0, _)) => {}
            Some((status, _)) => got.push_str(&format!("? {status}\n")),
            None => got.push_str("? waits\n"),
        }
        if got != expected {
            faults.push(format!(
                "{name}: $ {command}\n--- tmux\n{expected}--- outlast\n{got}"
            ));
        }
        // automatic-rename and the like.
        world.pass(600);
    };
    for line in text.lines() {
        if let Some(next) = line.strip_prefix("$ ") {
            check(command, &expected, &mut world);
            command = Some(next);
            expected.clear();
        } else if !line.starts_with("# ") {
            expected.push_str(line);
            expected.push('\n');
        }
    }
    check(command, &expected, &mut world);
    faults
}

#[test]
fn transcripts() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut faults = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.sort();
    for path in files {
        if path.extension().is_some_and(|extension| extension == "txt") {
            let text = std::fs::read_to_string(&path).expect("a text");
            faults.extend(play(&path.file_stem().unwrap().to_string_lossy(), &text));
        }
    }
    assert!(
        faults.is_empty(),
        "{} differences\n{}",
        faults.len(),
        faults.join("\n")
    );
}
