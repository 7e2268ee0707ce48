//! `%1`, `%%` and `%%%` in command templates (`command-prompt`, `confirm-before`, choosers).

use super::{Argument, CommandList};

/// Characters that `%%%` escapes.
const ESCAPED: &str = "\"\\$;~";

/// Replaces `%N` (N being `index`, from 1) and the first `%%` of `template` by `value`. A `%` after either asks for
/// the value with `"`, `\`, `$`, `;` and `~` escaped.
pub fn replace(template: &str, value: &str, index: u32) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    let mut replaced = false;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let next = rest.chars().next();
        let numbered = next
            .and_then(|c| c.to_digit(10))
            .is_some_and(|digit| digit != 0 && digit == index);
        if !numbered {
            if next != Some('%') || replaced {
                out.push('%');
                continue;
            }
            replaced = true;
        }
        rest = &rest[1..];
        match rest.strip_prefix('%') {
            None => out.push_str(value),
            Some(after) => {
                rest = after;
                for c in value.chars() {
                    if ESCAPED.contains(c) {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
        }
    }
    out.push_str(rest);
    out
}

impl CommandList {
    /// The commands with `%1`, `%2` … and the first `%%` of each word replaced by `values`.
    pub fn replace(&self, values: &[String]) -> CommandList {
        let mut out = self.clone();
        for (_, command) in &mut out.commands {
            for word in &mut command.args {
                match word {
                    Argument::Block(list) => *list = list.replace(values),
                    Argument::Text(text) => {
                        for (at, value) in values.iter().enumerate() {
                            *text = replace(text, value, at as u32 + 1);
                        }
                    }
                }
            }
        }
        out
    }

    /// Puts the commands of `other` behind these, its groups kept apart from ours.
    pub fn append(&mut self, other: CommandList) {
        let base = self
            .commands
            .iter()
            .map(|(group, _)| group + 1)
            .max()
            .unwrap_or(0);
        self.commands.extend(
            other
                .commands
                .into_iter()
                .map(|(group, command)| (group.saturating_add(base), command)),
        );
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }
}
