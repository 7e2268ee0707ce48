//! getopt of a tmux command: which flags it takes, how many words follow.

use crate::parse::{Argument, Command, CommandList, print, print_word};

/// What a command's row says of its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// getopt string as tmux writes it: `"Ac:dDe:EF:f:n:Ps:t:x:Xy:"`. `::` marks an optional value.
    pub flags: &'static str,
    /// Fewest words after the flags.
    pub min: usize,
    /// Most words after the flags; None for any number.
    pub max: Option<usize>,
    /// Words may be `{ command blocks }`.
    pub commands: bool,
}

/// Parsed arguments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args {
    /// Flags in order of appearance; a flag with a value has one.
    pub flags: Vec<(char, Option<Argument>)>,
    /// The words after the flags.
    pub words: Vec<Argument>,
}

/// How a flag of a [`Spec`] takes a value.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Nothing,
    Value,
    Maybe,
}

impl Spec {
    /// Its flags in their order, each with whether a value follows.
    pub fn letters(&self) -> impl Iterator<Item = (char, bool)> {
        let letters = self.flags.chars().filter(|flag| *flag != ':');
        letters.map(|flag| (flag, self.takes(flag) == Some(Takes::Value)))
    }

    fn takes(&self, flag: char) -> Option<Takes> {
        let at = self.flags.find(flag).filter(|_| flag != ':')?;
        let rest = &self.flags[at + flag.len_utf8()..];
        Some(match rest.as_bytes() {
            [b':', b':', ..] => Takes::Maybe,
            [b':', ..] => Takes::Value,
            _ => Takes::Nothing,
        })
    }
}

impl Args {
    /// Parses; the error is tmux's text without the command's name: "unknown flag -X", "-X expects an argument",
    /// "too few arguments (need at least N)", "too many arguments (need at most N)". An empty error asks for the
    /// usage line (`-?`).
    pub fn parse(spec: &Spec, command: &Command) -> Result<Args, String> {
        let mut args = Args::default();
        let mut words = command.args.iter().peekable();
        while let Some(Argument::Text(word)) = words.peek() {
            let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.is_empty()) else {
                break;
            };
            words.next();
            if flags == "-" {
                break;
            }
            for (at, flag) in flags.char_indices() {
                if flag == '?' {
                    return Err(String::new());
                }
                if !flag.is_ascii_alphanumeric() {
                    return Err(format!("invalid flag -{flag}"));
                }
                let takes = spec
                    .takes(flag)
                    .ok_or_else(|| format!("unknown flag -{flag}"))?;
                if takes == Takes::Nothing {
                    args.flags.push((flag, None));
                    continue;
                }
                let rest = &flags[at + 1..];
                let value = match words.peek() {
                    _ if !rest.is_empty() => Some(rest.into()),
                    Some(Argument::Block(_)) => {
                        return Err(format!("-{flag} argument must be a string"));
                    }
                    Some(word) => {
                        let value = (*word).clone();
                        words.next();
                        Some(value)
                    }
                    None if takes == Takes::Maybe => None,
                    None => return Err(format!("-{flag} expects an argument")),
                };
                args.flags.push((flag, value));
                break;
            }
        }
        args.words = words.cloned().collect();
        if !spec.commands
            && let Some(at) = args.words.iter().position(|word| word.text().is_none())
        {
            return Err(format!("argument {} must be \"string\"", at + 1));
        }
        if args.words.len() < spec.min {
            return Err(format!("too few arguments (need at least {})", spec.min));
        }
        if let Some(max) = spec.max.filter(|max| args.words.len() > *max) {
            return Err(format!("too many arguments (need at most {max})"));
        }
        Ok(args)
    }

    /// How often the flag was given.
    pub fn count(&self, flag: char) -> usize {
        self.flags
            .iter()
            .filter(|(given, _)| *given == flag)
            .count()
    }

    /// Whether the flag was given.
    pub fn has(&self, flag: char) -> bool {
        self.count(flag) != 0
    }

    /// The flag's last value as text.
    pub fn get(&self, flag: char) -> Option<&str> {
        self.values(flag).last()
    }

    /// All values of a repeated flag (`-e A=1 -e B=2`).
    pub fn all(&self, flag: char) -> Vec<&str> {
        self.values(flag).collect()
    }

    fn values(&self, flag: char) -> impl Iterator<Item = &str> {
        self.flags
            .iter()
            .filter(move |(given, _)| *given == flag)
            .filter_map(|(_, value)| value.as_ref().and_then(Argument::text))
    }

    /// Word `n` as text (a block prints as its commands).
    pub fn word(&self, n: usize) -> Option<String> {
        self.words.get(n).map(|word| word.as_text().into_owned())
    }

    /// The flag's value as a number in `range`; errors are tmux's: "<what> too small|too large|invalid".
    pub fn number(
        &self,
        flag: char,
        range: std::ops::RangeInclusive<i64>,
        what: &str,
    ) -> Result<Option<i64>, String> {
        match (self.has(flag), self.get(flag)) {
            (false, _) => Ok(None),
            (true, None) => Err(format!("{what} missing")),
            (true, Some(text)) => match number(text, range) {
                Ok(value) => Ok(Some(value)),
                Err(error) => Err(format!("{what} {error}")),
            },
        }
    }

    /// Like [`Args::number`], but `NN%` is a part of `whole`.
    pub fn percentage(
        &self,
        flag: char,
        range: std::ops::RangeInclusive<i64>,
        whole: i64,
        what: &str,
    ) -> Result<Option<i64>, String> {
        match (self.has(flag), self.get(flag)) {
            (false, _) => Ok(None),
            (true, None) => Err(format!("{what} empty")),
            (true, Some(text)) => match percentage(text, range, whole) {
                Ok(value) => Ok(Some(value)),
                Err(error) => Err(format!("{what} {error}")),
            },
        }
    }

    /// The arguments as tmux lists them: flags without values gathered and sorted, then flags with values, then words.
    pub fn print(&self, spec: &Spec) -> String {
        self.print_with(spec, &print)
    }

    pub(crate) fn print_with(&self, spec: &Spec, block: &dyn Fn(&CommandList) -> String) -> String {
        let mut sorted: Vec<&(char, Option<Argument>)> = self.flags.iter().collect();
        sorted.sort_by_key(|(flag, _)| *flag);
        let gathered = |flag: char| spec.takes(flag) != Some(Takes::Maybe);
        let plain: String = sorted
            .iter()
            .filter(|(flag, value)| value.is_none() && gathered(*flag))
            .map(|(flag, _)| *flag)
            .collect();
        let mut parts = Vec::new();
        if !plain.is_empty() {
            parts.push(format!("-{plain}"));
        }
        let mut bare = false;
        for (flag, value) in sorted {
            match value {
                Some(value) => {
                    let mut text = format!("-{flag} ");
                    print_word(value, block, &mut text);
                    parts.push(text);
                    bare = false;
                }
                None if !gathered(*flag) => {
                    parts.push(format!("-{flag}"));
                    bare = true;
                }
                None => {}
            }
        }
        // A flag that could take the next word as its value must not.
        if bare {
            parts.push("--".to_string());
        }
        for word in &self.words {
            let mut text = String::new();
            print_word(word, block, &mut text);
            parts.push(text);
        }
        parts.join(" ")
    }
}

/// A number of bytes: as [`number`], or with one of K, M, G, T behind it for powers of 1024, as systemd writes sizes.
pub fn bytes(text: &str, range: std::ops::RangeInclusive<i64>) -> Result<i64, &'static str> {
    let units = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];
    let unit = text
        .chars()
        .next_back()
        .map(|last| last.to_ascii_uppercase());
    let Some((_, shift)) = units.iter().find(|(letter, _)| Some(*letter) == unit) else {
        return number(text, range);
    };
    let count = number(&text[..text.len() - 1], 0..=i64::MAX >> shift)?;
    number(&(count << shift).to_string(), range)
}

/// A number as strtonum(3) reads it: blanks and a sign in front are allowed, nothing may follow. Errors are its words:
/// "invalid", "too small", "too large".
pub fn number(text: &str, range: std::ops::RangeInclusive<i64>) -> Result<i64, &'static str> {
    let trimmed = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let (negative, digits) = match trimmed.as_bytes() {
        [b'-', ..] => (true, &trimmed[1..]),
        [b'+', ..] => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("invalid");
    }
    // More than fits is as far out of range as any range goes.
    let value = digits.parse::<i128>().unwrap_or(i128::MAX);
    let value = if negative { -value } else { value };
    if value < i128::from(*range.start()) {
        return Err("too small");
    }
    if value > i128::from(*range.end()) {
        return Err("too large");
    }
    i64::try_from(value).map_err(|_| "invalid")
}

/// A number, or `NN%` of `whole`.
pub fn percentage(
    text: &str,
    range: std::ops::RangeInclusive<i64>,
    whole: i64,
) -> Result<i64, &'static str> {
    if text.is_empty() {
        return Err("empty");
    }
    let Some(percent) = text.strip_suffix('%') else {
        return number(text, range);
    };
    let value = whole.saturating_mul(number(percent, 0..=100)?) / 100;
    if value < *range.start() {
        return Err("too small");
    }
    if value > *range.end() {
        return Err("too large");
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
