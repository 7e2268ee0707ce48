//! Puts the parts of a format together.

use std::cell::{Cell, RefCell};

use super::arithmetic::calculate;
use super::modifier::{self, Modifier};
use super::parse::{choose, skip, unescape};
use super::plan::{LOOPS, Plan};
use super::value::find;
use super::{Lookup, Loop, MAX_DEPTH, MAX_RESULT_LEN, Order, is_true, regex, width};
use crate::args::number;
use crate::{colour, glob};

/// Work of one expansion, about a byte that is looked at or written each. When it is done, all else expands to
/// nothing.
const MAX_WORK: usize = 16 << 20;

/// Work of asking for a value.
const ASK: usize = 64;

/// Most repetitions of `R`.
const MAX_REPEAT: i64 = 10_000;

/// One-letter names of variables.
const SHORT: &[(u8, &str)] = &[
    (b'D', "pane_id"),
    (b'F', "window_flags"),
    (b'H', "host"),
    (b'h', "host_short"),
    (b'I', "window_index"),
    (b'P', "pane_index"),
    (b'S', "session_name"),
    (b'T', "pane_title"),
    (b'W', "window_name"),
];

/// Lines that are told of one expansion at most.
const MAX_TOLD: usize = 10_000;

pub(super) fn expand(
    template: &str,
    lookup: &dyn Lookup,
    time: bool,
    told: Option<&RefCell<Vec<String>>>,
) -> String {
    let work = Cell::new(MAX_WORK);
    Expander {
        lookup,
        time,
        jobs: true,
        depth: 0,
        work: &work,
        told,
    }
    .expand(template)
}

#[derive(Clone, Copy)]
struct Expander<'a> {
    lookup: &'a dyn Lookup,
    /// Expand strftime conversions.
    time: bool,
    /// Run `#(…)`.
    jobs: bool,
    depth: usize,
    /// What may still be done.
    work: &'a Cell<usize>,
    /// Where what is done is told (`display-message -v`).
    told: Option<&'a RefCell<Vec<String>>>,
}

impl Expander<'_> {
    /// Takes `amount` from the work that is left; false if there is none.
    fn spend(&self, amount: usize) -> bool {
        let left = self.work.get().saturating_sub(amount);
        self.work.set(left);
        left != 0
    }

    /// Tells what is done, if anybody wants to know; `text` is only made then.
    fn tell(&self, text: impl FnOnce() -> String) {
        if let Some(told) = self.told {
            let mut lines = told.borrow_mut();
            if lines.len() < MAX_TOLD {
                lines.push(format!("#{}{}", " ".repeat(self.depth), text()));
            }
        }
    }

    /// Adds what there is room for.
    fn push(&self, out: &mut String, text: &str) {
        self.spend(text.len());
        let mut end = text.len().min(MAX_RESULT_LEN.saturating_sub(out.len()));
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        out.push_str(&text[..end]);
    }

    fn skip(&self, text: &str, from: usize, ends: &[u8]) -> Option<usize> {
        let end = skip(text, from, ends);
        let looked_at = end.unwrap_or(text.len()).saturating_sub(from);
        self.spend(looked_at).then_some(end).flatten()
    }

    fn choose<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        self.spend(text.len()).then(|| choose(text)).flatten()
    }

    /// Both sides of a comma, expanded.
    fn choose_expanded(&self, text: &str) -> Option<(String, String)> {
        let (left, right) = self.choose(text)?;
        Some((self.expand(left), self.expand(right)))
    }

    fn expand(&self, template: &str) -> String {
        if template.is_empty() || self.depth == MAX_DEPTH || !self.spend(template.len() + ASK) {
            return String::new();
        }
        let inner = Expander {
            depth: self.depth + 1,
            ..*self
        };
        inner.tell(|| format!("expanding format: {template}"));
        let result = if self.time && template.contains('%') {
            let timed = super::strftime(template, &self.lookup.now());
            self.spend(timed.len());
            if timed != template {
                inner.tell(|| format!("after time expanded: {timed}"));
            }
            inner.replace_all(&timed)
        } else {
            inner.replace_all(template)
        };
        inner.tell(|| format!("result is: {result}"));
        result
    }

    /// Replaces what begins with `#`. Something wrong ends the text there.
    fn replace_all(&self, template: &str) -> String {
        let bytes = template.as_bytes();
        let mut out = String::new();
        let mut at = 0;
        // Up to here one-letter names are left alone: they may be part of `#[fg=#FF0000]`.
        let mut style_end = None;
        while let Some(hash) = template[at..].find('#').map(|hash| at + hash) {
            self.push(&mut out, &template[at..hash]);
            let Some(letter) = bytes.get(hash + 1).copied() else {
                return out;
            };
            at = hash + 2;
            match letter {
                b'(' => {
                    let Some(end) = closing(bytes, at) else {
                        return out;
                    };
                    self.tell(|| format!("found #(): {}", &template[at..end]));
                    let result = self.job(&template[at..end]);
                    self.tell(|| format!("#() result: {result}"));
                    self.push(&mut out, &result);
                    at = end + 1;
                }
                b'{' => {
                    let Some(end) = self.skip(template, hash, b"}") else {
                        return out;
                    };
                    let key = &template[at..end];
                    self.tell(|| format!("found #{{}}: {key}"));
                    let Some(value) = self.replace(key) else {
                        self.tell(|| format!("failed {key}"));
                        return out;
                    };
                    self.push(&mut out, &value);
                    at = end + 1;
                }
                b'[' | b'#' => {
                    let hashes = bytes[hash..]
                        .iter()
                        .take_while(|byte| **byte == b'#')
                        .count();
                    let bracket = hash + hashes;
                    if bytes.get(bracket) == Some(&b'[') {
                        self.tell(|| format!("found #*{hashes}["));
                        // Hashes before a bracket are left for drawing, which knows `#[` from `##[`.
                        style_end = self.skip(template, hash, b"]");
                        self.push(&mut out, &template[hash..=bracket]);
                        at = bracket + 1;
                    } else {
                        self.tell(|| format!("found #{}", char::from(letter)));
                        out.push(char::from(letter));
                    }
                }
                b'}' | b',' => {
                    self.tell(|| format!("found #{}", char::from(letter)));
                    out.push(char::from(letter));
                }
                _ => {
                    let short = SHORT.iter().find(|(short, _)| *short == letter);
                    match short.filter(|_| style_end.is_none_or(|end| at > end)) {
                        Some((_, name)) => {
                            self.tell(|| format!("found #{}: {name}", char::from(letter)));
                            let Some(value) = self.replace(name) else {
                                return out;
                            };
                            self.push(&mut out, &value);
                        }
                        None => {
                            out.push('#');
                            at = hash + 1;
                        }
                    }
                }
            }
        }
        self.push(&mut out, &template[at..]);
        out
    }

    /// Output of a command. It is expanded once more, but starts no further jobs.
    fn job(&self, command: &str) -> String {
        if !self.jobs || !self.spend(ASK) {
            return String::new();
        }
        let quiet = Expander {
            jobs: false,
            time: false,
            ..*self
        };
        quiet.expand(&self.lookup.job(&quiet.expand(command)))
    }

    /// What is in the braces. None if it is wrong.
    fn replace(&self, key: &str) -> Option<String> {
        let (modifiers, rest) = modifier::read(key, |argument| self.expand(argument));
        if !self.spend(key.len() + ASK) {
            return None;
        }
        let plan = Plan::new(&modifiers);
        for (n, modifier) in modifiers.iter().enumerate() {
            self.tell(|| format!("modifier {n} is {}", modifier.name));
            for (at, argument) in modifier.args.iter().enumerate() {
                self.tell(|| format!("modifier {n} argument {at}: {argument}"));
            }
        }
        let value = if plan.literal {
            self.tell(|| format!("literal string is '{rest}'"));
            unescape(rest)
        } else if plan.character {
            let code = number(&self.expand(rest), 32..=126);
            code.map_or(String::new(), |code| char::from(code as u8).to_string())
        } else if plan.colour {
            let colour = colour::parse(&self.expand(rest)).and_then(colour::to_rgb);
            colour.map_or(String::new(), |(red, green, blue)| {
                format!("{red:02x}{green:02x}{blue:02x}")
            })
        } else {
            self.value(&plan, rest)?
        };
        let value = self.finish(&plan, value);
        self.tell(|| format!("replaced '{key}' with '{value}'"));
        Some(value)
    }

    /// Loops, operators, conditions and variables.
    fn value(&self, plan: &Plan<'_>, rest: &str) -> Option<String> {
        if let Some((what, order)) = LOOPS
            .iter()
            .zip(plan.looped)
            .find_map(|(what, order)| Some((*what, order?)))
        {
            return Some(self.each(what, order, rest));
        }
        if plan.window_name || plan.session_name {
            let what = if plan.window_name {
                Loop::Windows
            } else {
                Loop::Sessions
            };
            return Some(truth(self.lookup.name_exists(what, &self.expand(rest))));
        }
        if let Some(search) = plan.search {
            let pattern = self.expand(rest);
            return Some(
                self.lookup
                    .search(&pattern, search.has('r'), search.has('i'))
                    .to_string(),
            );
        }
        if plan.repeat {
            let (text, times) = self.choose_expanded(rest)?;
            let mut out = String::new();
            for _ in 0..number(&times, 1..=MAX_REPEAT).unwrap_or(0) {
                if !self.spend(text.len() + 1) {
                    return None;
                }
                self.push(&mut out, &text);
            }
            return Some(out);
        }
        if plan.not || plan.not_not {
            return Some(truth(is_true(&self.expand(rest)) != plan.not));
        }
        if let Some(logic) = plan.logic {
            return Some(truth(self.logic(rest, logic.name == "&&")));
        }
        if let Some(compare) = plan.compare {
            let (left, right) = self.choose_expanded(rest)?;
            let name = &compare.name;
            self.tell(|| format!("compare {name} left is: {left}"));
            self.tell(|| format!("compare {name} right is: {right}"));
            return Some(truth(self.compare(compare, &left, &right)));
        }
        if let Some(pairs) = rest.strip_prefix('?') {
            return Some(self.conditions(plan, pairs));
        }
        if let Some(arithmetic) = plan.arithmetic {
            let sides = self.choose_expanded(rest);
            return Some(
                sides
                    .and_then(|(left, right)| calculate(arithmetic, &left, &right))
                    .unwrap_or_default(),
            );
        }
        if rest.contains("#{") {
            self.tell(|| format!("expanding inner format '{rest}'"));
            return Some(self.expand(rest));
        }
        let found = find(self.lookup, rest, &plan.changes);
        self.tell(|| match &found {
            Some(value) => format!("format '{rest}' found: {value}"),
            None => format!("format '{rest}' not found"),
        });
        Some(found.unwrap_or_default())
    }

    fn each(&self, what: Loop, order: Order, template: &str) -> String {
        // Clients have no current one among them, and no second template.
        let (all, current) = match self.choose(template).filter(|_| what != Loop::Clients) {
            Some((all, current)) => (all, current),
            None => (template, template),
        };
        let mut out = String::new();
        for (lookup, is_current) in self.lookup.each(what, order) {
            if !self.spend(ASK) {
                break;
            }
            let inner = Expander {
                lookup: &*lookup,
                ..*self
            };
            let text = inner.expand(if is_current { current } else { all });
            self.push(&mut out, &text);
        }
        out
    }

    /// All or any of the operands; the rest are not expanded once it is clear.
    fn logic(&self, operands: &str, all: bool) -> bool {
        let mut rest = operands;
        loop {
            let end = self.skip(rest, 0, b",");
            let operand = self.expand(&rest[..end.unwrap_or(rest.len())]);
            let name = if all { "&&" } else { "||" };
            self.tell(|| format!("operator {name} has operand: {operand}"));
            let truth = is_true(&operand);
            match end {
                Some(end) if truth == all => rest = &rest[end + 1..],
                _ => return truth,
            }
        }
    }

    fn compare(&self, modifier: &Modifier, left: &str, right: &str) -> bool {
        match modifier.name.as_str() {
            "==" => left == right,
            "!=" => left != right,
            "<" => left < right,
            ">" => left > right,
            "<=" => left <= right,
            ">=" => left >= right,
            _ => {
                // Matching may look at every character of the text for every one of the pattern.
                if !self.spend(left.len().saturating_mul(right.len()) / 8) {
                    return false;
                }
                let matches = if modifier.has('r') {
                    regex::matches
                } else {
                    glob::matches
                };
                matches(left, right, modifier.has('i'))
            }
        }
    }

    /// `condition,value` pairs, and what is left if none is true.
    fn conditions(&self, plan: &Plan<'_>, pairs: &str) -> String {
        let mut rest = pairs;
        loop {
            let Some(end) = self.skip(rest, 0, b",") else {
                self.tell(|| format!("no condition matched in '{pairs}'; using last arg"));
                return self.expand(rest);
            };
            let condition = &rest[..end];
            self.tell(|| format!("condition is: {condition}"));
            let found = match find(self.lookup, condition, &plan.changes) {
                Some(found) => {
                    self.tell(|| format!("condition '{condition}' found: {found}"));
                    found
                }
                None => {
                    // A text that stays as it is names something that is not there.
                    let expanded = self.expand(condition);
                    if expanded == condition {
                        self.tell(|| format!("condition '{condition}' not found; assuming false"));
                        String::new()
                    } else {
                        expanded
                    }
                }
            };
            let after = &rest[end + 1..];
            let next = self.skip(after, 0, b",");
            let truth = is_true(&found);
            self.tell(|| format!("condition '{condition}' is {truth}"));
            if truth {
                return self.expand(&after[..next.unwrap_or(after.len())]);
            }
            match next {
                Some(next) => rest = &after[next + 1..],
                None => {
                    self.tell(|| format!("no condition matched in '{pairs}'; using empty string"));
                    return String::new();
                }
            }
        }
    }

    /// What is done to a value whatever it is.
    fn finish(&self, plan: &Plan<'_>, mut value: String) -> String {
        if plan.again {
            value = self.expand(&value);
        } else if plan.again_with_time {
            value = Expander {
                time: true,
                ..*self
            }
            .expand(&value);
        }
        for modifier in &plan.substitutions {
            value = self.substitute(modifier, value);
        }
        let limit = usize::try_from(plan.limit.unsigned_abs()).unwrap_or(0);
        if limit != 0 {
            let trim = if plan.limit > 0 {
                width::trim_left
            } else {
                width::trim_right
            };
            let trimmed = trim(&value, limit);
            let marker = plan.marker.filter(|_| trimmed != value).unwrap_or("");
            value = if plan.limit > 0 {
                trimmed + marker
            } else {
                marker.to_string() + &trimmed
            };
            self.tell(|| format!("applied length limit {}: {value}", plan.limit));
        }
        if plan.pad != 0 {
            let columns = usize::try_from(plan.pad.unsigned_abs()).unwrap_or(0);
            value = width::pad(&value, columns, plan.pad < 0);
            self.tell(|| format!("applied padding width {}: {value}", plan.pad));
        }
        if plan.length {
            value = value.len().to_string();
            self.tell(|| format!("replacing with length: {value}"));
        }
        if plan.width {
            value = width::width(&value).to_string();
            self.tell(|| format!("replacing with width: {value}"));
        }
        value
    }

    fn substitute(&self, modifier: &Modifier, value: String) -> String {
        let [pattern, with, flags @ ..] = modifier.args.as_slice() else {
            return value;
        };
        let (pattern, with) = (self.expand(pattern), self.expand(with));
        let ignore_case = flags.first().is_some_and(|flags| flags.contains('i'));
        if !self.spend(value.len().saturating_mul(pattern.len() + 1) / 8) {
            return value;
        }
        let value = regex::substitute(&pattern, &with, &value, ignore_case, MAX_RESULT_LEN)
            .unwrap_or(value);
        self.tell(|| format!("substitute '{pattern}' to '{with}': {value}"));
        value
    }
}

fn truth(value: bool) -> String {
    if value { "1" } else { "0" }.to_string()
}

/// The bracket that closes the `(` before `from`.
fn closing(bytes: &[u8], from: usize) -> Option<usize> {
    let mut open = 1;
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}
