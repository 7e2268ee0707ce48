//! A shell's command line taken apart, as far as that can be done without being a shell.

/// Characters that end a simple command.
fn ends(c: char) -> bool {
    matches!(c, ';' | '&' | '|' | '\n')
}

/// The simple commands of a line; None: a shell would make something else of it first, so nobody knows what it runs.
pub fn simple(command: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut quote: Option<char> = None;
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        let part = parts.last_mut()?;
        match (c, quote) {
            ('\'', Some('\'')) | ('"', Some('"')) => quote = None,
            (_, Some('\'')) => {}
            // What a shell replaces, also between double quotes.
            ('$' | '`', _) => return None,
            ('\\', _) => {
                part.push(c);
                // A line that goes on is one that looks like two.
                match chars.next() {
                    None | Some('\n' | '\r') => return None,
                    Some(next) => part.push(next),
                }
                continue;
            }
            (_, Some(_)) => {}
            ('\'' | '"', None) => quote = Some(c),
            ('<' | '>' | '(' | ')' | '{' | '}' | '!', None) => return None,
            ('#', None) if part.is_empty() || part.ends_with(char::is_whitespace) => return None,
            (c, None) if ends(c) => {
                parts.push(String::new());
                continue;
            }
            (c, None) if c.is_control() && c != '\t' => return None,
            _ => {}
        }
        part.push(c);
    }
    if quote.is_some() {
        return None;
    }
    let parts: Vec<String> = parts
        .into_iter()
        .map(|part| part.trim().to_string())
        .filter(|part| !part.is_empty())
        .collect();
    // An assignment before a command changes what the command does.
    let assigns = |part: &String| {
        part.split_whitespace()
            .next()
            .is_some_and(|first| first.contains('='))
    };
    (!parts.is_empty() && !parts.iter().any(assigns)).then_some(parts)
}

/// Everything in a line that could be a simple command, quoted or not, and the same without assignments before it.
pub fn every(command: &str) -> Vec<String> {
    let mut all = Vec::new();
    let cuts = |c: char| ends(c) || matches!(c, '(' | ')' | '{' | '}' | '`' | '\r' | '"' | '\'');
    for cut in [ends as fn(char) -> bool, cuts] {
        for part in command.split(cut) {
            let mut part = part.trim();
            all.push(part.to_string());
            while let Some((first, rest)) = part.split_once(char::is_whitespace)
                && first.contains('=')
            {
                part = rest.trim_start();
                all.push(part.to_string());
            }
        }
    }
    all
}
