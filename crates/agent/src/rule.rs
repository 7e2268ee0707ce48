//! Rules: what is allowed or denied without asking a person. A file of lines:
//!
//! ```text
//! # what                conditions: all must hold
//! allow tool=Bash       command="git status*"
//! allow tool=Bash       command="cargo test*" in=~/src agent=claude
//! allow tool=Edit       file="~/src/site/*"
//! allow tool=Bash       whole="cd web && npm run build"
//! deny  command="git push*"
//! ```
//!
//! In patterns `*` is any text, `?` any one character, `\` takes the next as it is. Deny wins over allow wherever it
//! stands; what no rule matches a person is asked.
//!
//! Allowing is narrow. `command=` is matched with each simple command: one of several (`;`, `&&`, `||`, `|`, `&`, lines)
//! must each be allowed by some rule, and what a shell would first make something else of (`$`, backticks, parentheses,
//! braces, redirections, quotes that do not end) is allowed by no `command=`. `whole=` is matched with the whole text,
//! whatever is in it, and so says it explicitly. Denying is wide: a `command=` is looked for in the whole, in each part, and
//! anywhere in what cannot be taken apart. That is no fence: a program has many names. Files are compared by their
//! path without following links, and one with `..` in it is allowed by no rule. Questions are never answered by a rule.

mod parts;

use serde::{Deserialize, Serialize};

use crate::request::{By, Request};
use crate::subject;

/// The file may be so long.
pub const MOST: usize = 256 * 1024;

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Yes.
    Allow,
    /// No.
    Deny,
}

/// A rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Conditions {
    agent: Option<String>,
    tool: Option<String>,
    command: Option<String>,
    whole: Option<String>,
    file: Option<String>,
    within: Option<String>,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its number, from 1.
    pub line: u32,
    /// As it is written.
    pub text: String,
    /// What it says.
    pub verdict: Verdict,
    when: Conditions,
}

/// A file that cannot be used, and why: each line that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Its number, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub what: String,
}

/// All rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// In their order.
    pub rules: Vec<Rule>,
}

/// What is to be decided.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// Agent.
    pub agent: &'a str,
    /// Tool.
    pub tool: &'a str,
    /// Directory in which the agent works.
    pub cwd: &'a str,
    /// Command that it would run.
    pub command: Option<&'a str>,
    /// File that it would touch.
    pub file: Option<&'a str>,
    /// It is a question for a person.
    pub question: bool,
}

/// The words of a line, quotes taken off. Within double quotes and without, a backslash stays before what patterns have a
/// meaning for; within single quotes all is as it is.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) if chars.peek() == Some(&'"') => {
                word.get_or_insert_default().push('"');
                chars.next();
            }
            (' ' | '\t', None) => words.extend(word.take()),
            ('#', None) if word.is_none() => break,
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote does not end".to_string());
    }
    words.extend(word);
    Ok(words)
}

fn parse(words: &[String], home: &str) -> Result<(Verdict, Conditions), String> {
    let (first, rest) = words.split_first().ok_or("empty")?;
    let verdict = match first.as_str() {
        "allow" => Verdict::Allow,
        "deny" => Verdict::Deny,
        other => return Err(format!("{other}: a rule begins with allow or deny")),
    };
    let mut when = Conditions::default();
    for word in rest {
        let (name, value) = word
            .split_once('=')
            .ok_or_else(|| format!("{word}: a condition is written name=value"))?;
        let place = match name {
            "agent" => &mut when.agent,
            "tool" => &mut when.tool,
            "command" => &mut when.command,
            "whole" => &mut when.whole,
            "file" => &mut when.file,
            "in" => &mut when.within,
            _ => {
                return Err(format!(
                    "{name}: unknown condition; there are agent, tool, command, whole, file, in"
                ));
            }
        };
        if value.is_empty() {
            return Err(format!("{name}= has no value"));
        }
        let value = match (name, value.strip_prefix('~')) {
            ("file" | "in", Some(rest)) if rest.is_empty() || rest.starts_with('/') => {
                format!("{home}{rest}")
            }
            _ => value.to_string(),
        };
        if matches!(name, "file" | "in") && !value.starts_with('/') {
            return Err(format!("{name}={value}: a path begins with / or ~"));
        }
        if place.replace(value).is_some() {
            return Err(format!("{name}= is there twice"));
        }
    }
    if when.command.is_some() && when.whole.is_some() {
        return Err("command= and whole= exclude each other".to_string());
    }
    if verdict == Verdict::Allow && when.tool.is_none() {
        return Err("allow needs tool=".to_string());
    }
    if verdict == Verdict::Deny && when == Conditions::default() {
        return Err("deny needs a condition".to_string());
    }
    Ok((verdict, when))
}

/// Whether a pattern matches all of a text.
pub fn matches(pattern: &str, text: &str) -> bool {
    // None: any text; Some: one character, or any one.
    let mut wanted: Vec<Option<Option<char>>> = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        wanted.push(match c {
            '*' => None,
            '?' => Some(None),
            '\\' => Some(Some(chars.next().unwrap_or('\\'))),
            c => Some(Some(c)),
        });
    }
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut next) = (0, 0);
    // Where the last `*` stands, and from where on the rest is tried next: time is bounded by both lengths.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match wanted.get(next) {
            Some(Some(one)) if one.is_none_or(|one| one == text[at]) => {
                (at, next) = (at + 1, next + 1)
            }
            Some(None) => {
                star = Some((next, at));
                next += 1;
            }
            _ => match &mut star {
                Some((place, from)) => {
                    *from += 1;
                    (at, next) = (*from, *place + 1);
                }
                None => return false,
            },
        }
    }
    wanted[next.min(wanted.len())..].iter().all(Option::is_none)
}

/// A path with `.` taken out, made absolute. None: it has `..`, or is nowhere.
fn path(path: &str, cwd: &str) -> Option<String> {
    let whole = match path.starts_with('/') {
        true => path.to_string(),
        false => format!("{cwd}/{path}"),
    };
    let mut out = String::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            part => {
                out.push('/');
                out.push_str(part);
            }
        }
    }
    (whole.starts_with('/')).then_some(out)
}

fn is_within(dir: &str, cwd: &str) -> bool {
    let (Some(dir), Some(cwd)) = (path(dir, "/"), path(cwd, "")) else {
        return false;
    };
    cwd == dir || cwd.starts_with(&format!("{dir}/")) || dir.is_empty()
}

impl Conditions {
    /// Those about who and where.
    fn hold_around(&self, subject: &Subject<'_>) -> bool {
        self.agent
            .as_ref()
            .is_none_or(|agent| matches(agent, subject.agent))
            && self
                .tool
                .as_ref()
                .is_none_or(|tool| matches(tool, subject.tool))
            && self
                .within
                .as_ref()
                .is_none_or(|dir| is_within(dir, subject.cwd))
    }
}

impl Rule {
    /// Whether it denies.
    fn denies(&self, subject: &Subject<'_>) -> bool {
        let when = &self.when;
        if self.verdict != Verdict::Deny || !when.hold_around(subject) {
            return false;
        }
        let command = match (&when.command, subject.command) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(pattern), Some(command)) => {
                let anywhere = format!("*{pattern}*");
                matches(pattern, command.trim())
                    || parts::every(command)
                        .iter()
                        .any(|part| matches(pattern, part))
                    || parts::simple(command).is_none() && matches(&anywhere, command)
            }
        };
        let whole = when.whole.as_ref().is_none_or(|pattern| {
            subject
                .command
                .is_some_and(|command| matches(pattern, command.trim()))
        });
        let file = when.file.as_ref().is_none_or(|pattern| {
            // What cannot be compared is not let through.
            subject.file.is_some_and(|file| {
                path(file, subject.cwd).is_none_or(|file| matches(pattern, &file))
            })
        });
        command && whole && file
    }

    /// Whether it allows this simple command (None: the subject has none, or the rule does not look at it).
    fn allows(&self, subject: &Subject<'_>, part: Option<&str>) -> bool {
        let when = &self.when;
        if self.verdict != Verdict::Allow || when.whole.is_some() || !when.hold_around(subject) {
            return false;
        }
        let command = match (&when.command, part) {
            (None, _) => true,
            (Some(pattern), Some(part)) => matches(pattern, part),
            (Some(_), None) => false,
        };
        let file = when.file.as_ref().is_none_or(|pattern| {
            let file = subject.file.and_then(|file| path(file, subject.cwd));
            file.is_some_and(|file| matches(pattern, &file))
        });
        command && file
    }

    fn allows_whole(&self, subject: &Subject<'_>) -> bool {
        let when = &self.when;
        let (Some(pattern), Some(command)) = (&when.whole, subject.command) else {
            return false;
        };
        self.verdict == Verdict::Allow
            && when.file.is_none()
            && when.hold_around(subject)
            && matches(pattern, command.trim())
    }

    /// For who is told that it was this one.
    pub fn by(&self) -> By {
        By::Rule(self.line, self.text.clone())
    }
}

impl Rules {
    /// The rules of a file; `home` is what `~` stands for.
    ///
    /// # Errors
    /// Every line that is wrong. A file with such a line is not used at all.
    pub fn parse(text: &str, home: &str) -> Result<Rules, Vec<Wrong>> {
        if text.len() > MOST {
            let what = format!("the file is longer than {MOST} bytes");
            return Err(vec![Wrong { line: 1, what }]);
        }
        let (mut rules, mut wrong) = (Vec::new(), Vec::new());
        for (line, text) in (1..).zip(text.lines()) {
            let read = match words(text) {
                Ok(words) if words.is_empty() => continue,
                Ok(words) => parse(&words, home),
                Err(what) => Err(what),
            };
            match read {
                Ok((verdict, when)) => rules.push(Rule {
                    line,
                    text: subject::line(text, 300),
                    verdict,
                    when,
                }),
                Err(what) => wrong.push(Wrong {
                    line,
                    what: subject::line(&what, 300),
                }),
            }
        }
        match wrong.is_empty() {
            true => Ok(Rules { rules }),
            false => Err(wrong),
        }
    }

    /// The rule that decides a request.
    pub fn of(&self, request: &Request) -> Option<&Rule> {
        self.decide(&Subject {
            agent: &request.agent,
            tool: &request.key.tool,
            cwd: &request.cwd,
            command: subject::command(&request.input).as_deref(),
            file: subject::file(&request.input),
            question: request.is_question(),
        })
    }

    /// The rule that decides; None: a person is asked. Of several that allow the parts of a command, the first part's.
    pub fn decide(&self, subject: &Subject<'_>) -> Option<&Rule> {
        if let Some(rule) = self.rules.iter().find(|rule| rule.denies(subject)) {
            return Some(rule);
        }
        if subject.question {
            return None;
        }
        if let Some(rule) = self.rules.iter().find(|rule| rule.allows_whole(subject)) {
            return Some(rule);
        }
        let Some(command) = subject.command else {
            return self.rules.iter().find(|rule| rule.allows(subject, None));
        };
        let parts = parts::simple(command)?;
        let mut first = None;
        for part in &parts {
            let rule = self
                .rules
                .iter()
                .find(|rule| rule.allows(subject, Some(part)))?;
            first.get_or_insert(rule);
        }
        first
    }
}

#[cfg(test)]
mod tests;
