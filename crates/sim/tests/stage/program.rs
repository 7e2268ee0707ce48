//! A program in a pane, as far as the scripts need one: `cat`, an `sh` that knows a handful of words, in order. What
//! needs a real program says so and is left to the real stages.

use std::collections::{BTreeMap, VecDeque};

use outlast_core::effect::SpawnSpec;

use super::tty::{Tty, Typed};

/// Why a script cannot be played here.
pub type Needs = String;

/// What the program does with input.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reads {
    /// Nothing: it has not come to that yet.
    No,
    /// Copies it; true: as `cat -v` shows it.
    Cat(bool),
    /// A line as a command.
    Shell,
    /// A line into a variable.
    Variable,
}

/// A program.
#[derive(Clone, Debug)]
pub struct Program {
    tty: Tty,
    env: BTreeMap<String, String>,
    size: (u16, u16),
    directory: String,
    todo: VecDeque<String>,
    reads: Reads,
    variable: String,
    /// A prompt comes when there is nothing to do.
    shell: bool,
    /// Name of what runs, as the system would say.
    pub name: String,
    /// Exit status, once it has ended.
    pub ended: Option<u8>,
    status: u8,
}

impl Program {
    /// Starts what a pane or a job runs; its first words go to `out`.
    pub fn start(spec: &SpawnSpec, out: &mut Vec<u8>) -> Result<Program, Needs> {
        let base = spec.path.rsplit('/').next().unwrap_or_default().to_string();
        let mut program = Program {
            tty: Tty::default(),
            env: spec.env.iter().cloned().collect(),
            size: (spec.cols, spec.rows),
            directory: spec.cwd.clone(),
            todo: VecDeque::new(),
            reads: Reads::No,
            variable: String::new(),
            shell: false,
            name: base.clone(),
            ended: None,
            status: 0,
        };
        program.tty.post = !spec.job;
        match (base.as_str(), &spec.argv[1..]) {
            ("sh", [flag, script]) if flag == "-c" => program.todo = statements(script),
            ("sh", rest) if rest.iter().all(|word| word == "-l") => program.shell = true,
            (_, words) => {
                let line: Vec<&str> = std::iter::once(base.as_str())
                    .chain(words.iter().map(String::as_str))
                    .collect();
                program.todo.push_back(format!("exec {}", line.join(" ")));
            }
        }
        program.go_on(out)?;
        Ok(program)
    }

    /// Takes what was typed.
    pub fn typed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Needs> {
        for typed in self.tty.typed(bytes, out) {
            if self.ended.is_some() {
                break;
            }
            match (self.reads, typed) {
                (Reads::Shell, Typed::Interrupt) => {
                    self.tty.write(b"\n", out);
                    self.tty.write(b"$ ", out);
                }
                (_, Typed::Interrupt) => self.ended = Some(130),
                (Reads::Cat(_), Typed::End) => {
                    self.reads = Reads::No;
                    self.go_on(out)?;
                }
                (_, Typed::End) => self.ended = Some(self.status),
                (Reads::Cat(false), Typed::Bytes(bytes)) => self.tty.write(&bytes, out),
                (Reads::Cat(true), Typed::Bytes(bytes)) => {
                    let seen = bytes
                        .iter()
                        .flat_map(|byte| visible(*byte))
                        .collect::<Vec<_>>();
                    self.tty.write(&seen, out);
                }
                (Reads::Shell, Typed::Bytes(bytes)) => {
                    self.todo = statements(String::from_utf8_lossy(&bytes).trim());
                    self.go_on(out)?;
                }
                (Reads::Variable, Typed::Bytes(bytes)) => {
                    let line = String::from_utf8_lossy(&bytes).trim_end().to_string();
                    self.env.insert(self.variable.clone(), line);
                    self.go_on(out)?;
                }
                (Reads::No, Typed::Bytes(_)) => {}
            }
        }
        Ok(())
    }

    /// Its terminal has another size.
    pub fn resized(&mut self, size: (u16, u16)) {
        self.size = size;
    }

    fn go_on(&mut self, out: &mut Vec<u8>) -> Result<(), Needs> {
        self.reads = Reads::No;
        while let Some(statement) = self.todo.pop_front() {
            self.run(&statement, out)?;
            if self.reads != Reads::No || self.ended.is_some() {
                return Ok(());
            }
        }
        if self.shell {
            self.name = "sh".into();
            self.tty.write(b"$ ", out);
            self.reads = Reads::Shell;
        } else {
            self.ended = Some(self.status);
        }
        Ok(())
    }

    fn run(&mut self, statement: &str, out: &mut Vec<u8>) -> Result<(), Needs> {
        if statement.contains(['|', '>', '<', '&', '(', '*']) && !statement.starts_with("for ") {
            return Err(format!("a shell for: {statement}"));
        }
        if let Some(rest) = statement.strip_prefix("for i in ") {
            return self.repeat(rest, out);
        }
        let words = self.words(statement)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] | [":" | "true"] => self.status = 0,
            ["false"] => self.status = 1,
            ["exec", rest @ ..] => {
                self.todo.clear();
                self.shell = false;
                self.command(rest, out)?;
            }
            rest => self.command(rest, out)?,
        }
        Ok(())
    }

    fn command(&mut self, words: &[&str], out: &mut Vec<u8>) -> Result<(), Needs> {
        match words {
            ["cat"] | ["cat", "-v"] => {
                self.reads = Reads::Cat(words.len() == 2);
                self.name = "cat".into();
            }
            ["read", name] => {
                self.reads = Reads::Variable;
                self.variable = (*name).to_string();
            }
            ["echo", rest @ ..] => self
                .tty
                .write(format!("{}\n", rest.join(" ")).as_bytes(), out),
            ["printf", format, rest @ ..] => self.tty.write(&printf(format, rest), out),
            ["pwd"] => self
                .tty
                .write(format!("{}\n", self.directory).as_bytes(), out),
            ["clear"] => self.tty.write(b"\x1b[H\x1b[2J\x1b[3J", out),
            ["stty", "size"] => {
                let (cols, rows) = self.size;
                self.tty.write(format!("{rows} {cols}\n").as_bytes(), out);
            }
            ["stty", rest @ ..] => {
                for word in rest {
                    match *word {
                        "raw" => (self.tty.cooked, self.tty.post) = (false, false),
                        "-echo" => self.tty.echo = false,
                        "opost" | "onlcr" => self.tty.post = true,
                        word => return Err(format!("stty {word}")),
                    }
                }
            }
            ["exit"] => self.ended = Some(self.status),
            ["exit", status] => self.ended = Some(status.parse().unwrap_or(2)),
            ["true"] => self.status = 0,
            ["false"] => self.status = 1,
            words => return Err(format!("a real {}", words.first().unwrap_or(&""))),
        }
        Ok(())
    }

    /// `$(seq 1 50); do echo "line $i"; done`, or words in place of the numbers.
    fn repeat(&mut self, rest: &str, out: &mut Vec<u8>) -> Result<(), Needs> {
        let unknown = || format!("a shell for: for i in {rest}");
        let (values, body) = rest.split_once("; do ").ok_or_else(unknown)?;
        let body = body.trim().strip_suffix("done").ok_or_else(unknown)?;
        let body = body.trim().trim_end_matches(';');
        let values = match values.strip_prefix("$(seq ") {
            None => self.words(values)?,
            Some(range) => {
                let range = range.trim_end_matches(')').split_once(' ');
                let (from, to) = range.ok_or_else(unknown)?;
                let number = |text: &str| text.parse::<u32>().map_err(|_| unknown());
                (number(from)?..=number(to)?)
                    .map(|n| n.to_string())
                    .collect()
            }
        };
        for value in values {
            self.env.insert("i".into(), value);
            self.run(body, out)?;
        }
        Ok(())
    }

    /// Words with quotes and `$NAME` as a shell has them.
    fn words(&self, line: &str) -> Result<Vec<String>, Needs> {
        let mut words = Vec::new();
        let mut word: Option<String> = None;
        let mut quote = None;
        let mut chars = line.chars().peekable();
        while let Some(char) = chars.next() {
            match (quote, char) {
                (None, ' ') => words.extend(word.take()),
                (None, '\'' | '"') => {
                    quote = Some(char);
                    word.get_or_insert_default();
                }
                (Some(open), close) if open == close => quote = None,
                (None | Some('"'), '$') => {
                    let mut name = String::new();
                    if chars.next_if_eq(&'{').is_some() {
                        // ${NAME#beginning}
                        name.extend(chars.by_ref().take_while(|next| *next != '}'));
                        let (name, cut) = name.split_once('#').unwrap_or((&name, ""));
                        let value = self.env.get(name).map_or("", String::as_str);
                        let value = value.strip_prefix(cut).unwrap_or(value);
                        word.get_or_insert_default().push_str(value);
                        continue;
                    }
                    while let Some(next) =
                        chars.next_if(|next| next.is_ascii_alphanumeric() || *next == '_')
                    {
                        name.push(next);
                    }
                    if name.is_empty() {
                        return Err(format!("a shell for: {line}"));
                    }
                    let value = self.env.get(&name).map_or("", String::as_str);
                    word.get_or_insert_default().push_str(value);
                }
                (None, '\\') => word.get_or_insert_default().extend(chars.next()),
                (_, char) => word.get_or_insert_default().push(char),
            }
        }
        words.extend(word);
        Ok(words)
    }
}

/// Statements of a script; quotes and `for … done` hold together.
fn statements(script: &str) -> VecDeque<String> {
    let mut found = VecDeque::new();
    let mut now = String::new();
    let mut quote = None;
    for char in script.chars() {
        match (quote, char) {
            (None, ';' | '\n')
                if !now.trim_start().starts_with("for ") || now.ends_with("done") =>
            {
                found.push_back(std::mem::take(&mut now).trim().to_string());
                continue;
            }
            (None, '\'' | '"') => quote = Some(char),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        now.push(char);
    }
    found.push_back(now.trim().to_string());
    found.retain(|statement| !statement.is_empty());
    found
}

/// `cat -v`.
fn visible(byte: u8) -> Vec<u8> {
    match byte {
        b'\n' | b'\t' => vec![byte],
        0..=0x1f => vec![b'^', byte + 0x40],
        0x7f => b"^?".to_vec(),
        0x80.. => [b"M-".to_vec(), visible(byte - 0x80)].concat(),
        _ => vec![byte],
    }
}

/// `printf` with `%s` and backslashes; the format is used again while there are words.
fn printf(format: &str, words: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut words = words.iter();
    loop {
        let before = words.len();
        let bytes = format.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            match (bytes[at], bytes.get(at + 1)) {
                (b'%', Some(b's')) => {
                    out.extend(words.next().unwrap_or(&"").bytes());
                    at += 2;
                }
                (b'\\', Some(b'0'..=b'7')) => {
                    let digits = bytes[at + 1..].iter().take(3);
                    let octal: Vec<u8> = digits
                        .take_while(|b| (b'0'..=b'7').contains(b))
                        .copied()
                        .collect();
                    let value = octal.iter().fold(0u32, |n, b| n * 8 + u32::from(b - b'0'));
                    out.push(value as u8);
                    at += 1 + octal.len();
                }
                (b'\\', Some(b)) => {
                    out.push(match b {
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'e' => 0x1b,
                        other => *other,
                    });
                    at += 2;
                }
                (byte, _) => {
                    out.push(byte);
                    at += 1;
                }
            }
        }
        if words.len() == 0 || words.len() == before {
            return out;
        }
    }
}

#[test]
fn scripts_run_in_order() {
    let spec = SpawnSpec {
        argv: [
            "sh",
            "-c",
            "for i in $(seq 1 2); do echo \"line $i\"; done; printf '\\033[1m%s' x; exit 3",
        ]
        .map(String::from)
        .to_vec(),
        path: "/bin/sh".into(),
        ..SpawnSpec::default()
    };
    let mut out = Vec::new();
    let program = Program::start(&spec, &mut out).expect("all of it is known");
    assert_eq!(out, b"line 1\r\nline 2\r\n\x1b[1mx");
    assert_eq!(program.ended, Some(3));
}
