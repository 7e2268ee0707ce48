//! The words after `outlast run`.

use outlast_core::run::lines::parse_span;
use outlast_core::run::policy::Restart;
use outlast_lang::args::{bytes, number};

/// What `outlast run --help` says.
pub(super) const RUN_USAGE: &str = "\
usage: outlast run [--name NAME] [--restart no|on-failure|always] [--max-restarts N]
                   [--within SPAN] [--grace SPAN] [--delay SPAN] [--cwd DIR]
                   [--env NAME=VALUE]... [--boot] [--awake] [--attach]
                   [--memory-max SIZE] [--processes-max N] [--cpu-weight N]
                   [--isolate] [--no-network] [--writable DIR]... -- COMMAND [WORD]...
One word is a line for the shell, several are a program and its words. Spans: 30s, 10m, 2h; sizes: 500M, 8G.
";

/// What is wanted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Flags of run-supervised.
    flags: Vec<String>,
    /// The command.
    pub words: Vec<String>,
    /// Its directory, if it is said.
    cwd: Option<String>,
    /// --attach.
    pub attach: bool,
}

/// A directory as it is for those who work elsewhere.
fn absolute(path: &str) -> String {
    std::path::absolute(path).map_or_else(
        |_| path.to_string(),
        |path| path.to_string_lossy().into_owned(),
    )
}

impl Wanted {
    fn option(&mut self, text: &str) {
        self.flags.extend(["-o".to_string(), text.to_string()]);
    }

    /// The command line for the server.
    pub fn command(&self) -> Vec<String> {
        let mut command = vec!["run-supervised".to_string(), "-P".to_string()];
        command.extend(self.flags.iter().cloned());
        command.push("--".to_string());
        // A word of its own that ends in a semicolon would end the command.
        command.extend(self.words.iter().map(|word| match word.strip_suffix(';') {
            Some(rest) => format!("{rest}\\;"),
            None => word.clone(),
        }));
        command
    }
}

/// Reads them. None: help is wanted.
pub(super) fn parse(words: &[String]) -> Result<Option<Wanted>, String> {
    let mut wanted = Wanted::default();
    let mut isolate = None;
    let mut rest = words.iter();
    while let Some(word) = rest.as_slice().first() {
        if !word.starts_with('-') || word == "-" {
            break;
        }
        rest.next();
        if word == "--" {
            break;
        }
        let (flag, joined) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_string())),
            None => (word.as_str(), None),
        };
        match flag {
            "-h" | "--help" => return Ok(None),
            "--boot" => {
                wanted.flags.push("-b".into());
                continue;
            }
            "--awake" => {
                wanted.option("stay-awake=on");
                continue;
            }
            "--isolate" => {
                isolate.get_or_insert("on");
                continue;
            }
            "--no-network" => {
                isolate = Some("no-network");
                continue;
            }
            "--attach" => {
                wanted.attach = true;
                continue;
            }
            _ => {}
        }
        let letter = match flag {
            "--name" => "-n",
            "--restart" => "-r",
            "--max-restarts" => "-m",
            "--within" => "-w",
            "--grace" => "-g",
            "--delay" => "-d",
            "--cwd" => "-c",
            "--env" => "-e",
            "--memory-max" | "--processes-max" | "--cpu-weight" | "--writable" => "-o",
            _ => return Err(format!("unknown flag {flag}")),
        };
        let value = match joined.or_else(|| rest.next().cloned()) {
            Some(value) => value,
            None => return Err(format!("{flag} wants a value")),
        };
        check(flag, &value)?;
        if flag == "--cwd" {
            wanted.cwd = Some(value.clone());
        }
        if flag == "--writable" {
            isolate.get_or_insert("on");
        }
        let value = match (letter, flag) {
            ("-o", "--writable") => format!("isolate-writable={}", absolute(&value)),
            ("-o", flag) => format!("{}={value}", flag.trim_start_matches('-')),
            _ => value,
        };
        wanted.flags.extend([letter.to_string(), value]);
    }
    if let Some(how) = isolate {
        if let Some(text) = crate::limited::isolation_is_missing() {
            return Err(text);
        }
        wanted.option(&format!("isolate={how}"));
    }
    wanted.words = rest.cloned().collect();
    match wanted.words.iter().all(|word| word.trim().is_empty()) {
        true => Err("a command is wanted, after --".into()),
        false => Ok(Some(wanted)),
    }
}

fn check(flag: &str, value: &str) -> Result<(), String> {
    let good = match flag {
        "--restart" => Restart::named(value).is_some(),
        "--max-restarts" => value.parse::<u32>().is_ok(),
        "--within" | "--grace" | "--delay" => parse_span(value).is_some(),
        "--env" => value.find('=').is_some_and(|at| at > 0),
        "--cwd" | "--writable" => std::path::Path::new(value).is_dir(),
        "--memory-max" => bytes(value, 1..=i64::MAX).is_ok(),
        "--processes-max" => number(value, 1..=i64::from(i32::MAX)).is_ok(),
        "--cpu-weight" => number(value, 1..=10_000).is_ok(),
        _ => true,
    };
    let wants = match flag {
        "--restart" => "no, on-failure or always",
        "--max-restarts" => "a number",
        "--env" => "NAME=VALUE",
        "--cwd" | "--writable" => "a directory that is there",
        "--memory-max" => "a size: 500M, 8G",
        "--processes-max" => "a number",
        "--cpu-weight" => "a number from 1 to 10000",
        _ => "a span: 500ms, 30s, 10m, 2h, 1d",
    };
    match good {
        true => Ok(()),
        false => Err(format!("{flag} wants {wants}, not {value}")),
    }
}

/// The program of these words, if it is nowhere: better said now than by five restarts. A line for the shell is the shell's.
pub(super) fn missing(wanted: &Wanted) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./+".contains(c);
    let program = match wanted.words.as_slice() {
        [_] => return None,
        [program, ..] => program,
        [] => return None,
    };
    if !program.chars().all(plain) {
        return None;
    }
    let here = |path: &std::path::Path| path.is_file();
    if program.contains('/') {
        let base = wanted
            .cwd
            .as_deref()
            .map_or_else(std::path::PathBuf::new, Into::into);
        return (!here(&base.join(program))).then(|| program.clone());
    }
    let given = wanted
        .flags
        .iter()
        .find_map(|word| word.strip_prefix("PATH="));
    let own = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".into());
    let path = given.map_or(own, str::to_string);
    let found = path
        .split(':')
        .any(|directory| here(&std::path::Path::new(directory).join(program)));
    (!found).then(|| program.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<Option<Wanted>, String> {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        parse(&words)
    }

    #[test]
    fn flags_become_those_of_the_command() {
        let wanted = words(
            "--name train --restart=always --within 1h --env A=b=c --boot --attach -- python -u x.py",
        );
        let wanted = wanted.expect("right").expect("no help");
        assert!(wanted.attach);
        let command = "run-supervised -P -n train -r always -w 1h -e A=b=c -b -- python -u x.py";
        assert_eq!(wanted.command().join(" "), command);
        let wanted = words("--memory-max 8G --cpu-weight=50 --awake -- x").expect("right");
        let wanted = wanted.expect("no help").command().join(" ");
        let options = "-o memory-max=8G -o cpu-weight=50 -o stay-awake=on";
        assert_eq!(wanted, format!("run-supervised -P {options} -- x"));
        // Without --, the command begins where the flags end.
        let wanted = words("--name x make -j4").expect("right").expect("no help");
        assert_eq!(wanted.words, ["make", "-j4"]);
        assert_eq!(words("--help"), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = [
            ("", "a command is wanted, after --"),
            ("--name x --", "a command is wanted, after --"),
            ("--nmae x -- y", "unknown flag --nmae"),
            ("--name", "--name wants a value"),
            (
                "--restart sometimes -- x",
                "--restart wants no, on-failure or always, not sometimes",
            ),
            (
                "--within long -- x",
                "--within wants a span: 500ms, 30s, 10m, 2h, 1d, not long",
            ),
            ("--env A -- x", "--env wants NAME=VALUE, not A"),
            (
                "--memory-max lots -- x",
                "--memory-max wants a size: 500M, 8G, not lots",
            ),
            (
                "--cpu-weight 0 -- x",
                "--cpu-weight wants a number from 1 to 10000, not 0",
            ),
            (
                "--cwd /no/where -- x",
                "--cwd wants a directory that is there, not /no/where",
            ),
        ];
        for (line, text) in wrong {
            assert_eq!(words(line).expect_err(line), text);
        }
    }

    #[test]
    fn a_program_that_is_nowhere_is_found_out() {
        let missing = |line: &str| missing(&words(line).expect("right").expect("no help"));
        assert_eq!(
            missing("-- no-such-program-at-all x").as_deref(),
            Some("no-such-program-at-all")
        );
        assert_eq!(missing("-- ./no/such x").as_deref(), Some("./no/such"));
        assert_eq!(missing("-- sh -c x"), None);
        assert_eq!(
            missing("-- no-such-program-at-all"),
            None,
            "a line for the shell"
        );
    }
}
