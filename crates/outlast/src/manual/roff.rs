//! A manual page in the words of man(7).

/// What is written so far.
#[derive(Default)]
pub struct Roff(String);

impl Roff {
    /// A page of section 1 under this name; `source` stands at its foot.
    pub fn page(name: &str, source: &str) -> Roff {
        let mut page = Roff::default();
        page.line(&format!(
            ".TH {} 1 \"\" \"{}\" \"User Commands\"",
            name.to_uppercase(),
            text(source)
        ));
        // Left-aligned and not hyphenated: most of it is names and commands.
        page.line(".ad l");
        page.line(".nh");
        page
    }

    /// The page.
    pub fn finish(self) -> String {
        self.0
    }

    /// A heading.
    pub fn section(&mut self, heading: &str) {
        self.line(&format!(".SH {}", text(heading)));
    }

    /// A heading below that.
    pub fn subsection(&mut self, heading: &str) {
        self.line(&format!(".SS {}", text(heading)));
    }

    /// A paragraph.
    pub fn paragraph(&mut self, words: &str) {
        self.line(".PP");
        self.line(&text(words));
    }

    /// A term, bold; what follows it on its line, in italics; and what it means.
    pub fn item(&mut self, term: &str, rest: &str, meaning: &str) {
        self.line(".TP");
        let rest = match rest {
            "" => String::new(),
            rest => format!(" \\fI{}\\fR", text(rest)),
        };
        self.line(&format!("\\fB{}\\fR{rest}", text(term)));
        self.line(&text(meaning));
    }

    /// Lines as they are.
    pub fn example(&mut self, lines: &[&str]) {
        self.line(".PP");
        self.line(".RS 4");
        self.line(".nf");
        for line in lines {
            self.line(&text(line));
        }
        self.line(".fi");
        self.line(".RE");
    }

    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }
}

/// Text so that roff prints it as it stands: no escapes, no hyphens for minus signs, no requests at the start of a line.
fn text(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    if words.starts_with(['.', '\'']) || words.is_empty() {
        out.push_str("\\&");
    }
    for c in words.chars() {
        match c {
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '\'' => out.push_str("\\(aq"),
            '`' => out.push_str("\\(ga"),
            '^' => out.push_str("\\(ha"),
            '~' => out.push_str("\\(ti"),
            '"' => out.push_str("\\(dq"),
            '\u{1f}' => out.push('␟'),
            '\n' => out.push('␤'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_roff_would_read_is_text() {
        assert_eq!(text(".SH a-b\\c"), "\\&.SH a\\-b\\ec");
        assert_eq!(text("it's ^~`\""), "it\\(aqs \\(ha\\(ti\\(ga\\(dq");
        assert_eq!(text(""), "\\&");
    }
}
