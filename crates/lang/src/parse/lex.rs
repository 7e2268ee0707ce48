//! Text to tokens: blanks, comments, continuation lines, quotes, escapes, `$NAME`, `~user`, `%if` words, `#{…}` after
//! a condition.

use super::ParseContext;

/// A token of the grammar.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    End,
    Newline,
    Semicolon,
    Open,
    Close,
    Hidden,
    If,
    Else,
    Elif,
    Endif,
    /// `#{…}` after a condition word.
    Format(String),
    Word(String),
    /// A word that looks like `NAME=value`.
    Equals(String),
    /// Not a token; [`Lexer::error`] may say why, else it is a syntax error.
    Bad,
}

/// Longest name of an environment variable or a user.
const MAX_NAME_LEN: usize = 1022;

/// The state between tokens.
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Backslashes read ahead and not yet handed out.
    escapes: usize,
    /// The last token was a newline: the line number moves with the next token, so that an error at the end of a line
    /// is an error of that line.
    end_of_line: bool,
    ended: bool,
    /// The last token was a condition word: `#{` opens a format instead of a comment.
    condition: bool,
    /// Line of the token read last.
    pub line: u32,
    /// Why the last token is [`Token::Bad`].
    pub error: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Quote {
    Start,
    None,
    Double,
    Single,
}

/// The token cannot be finished; `Lexer::error` has the reason if there is a better one than "syntax error".
struct Broken;

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str, line: u32) -> Lexer<'a> {
        Lexer {
            text: text.as_bytes(),
            at: 0,
            escapes: 0,
            end_of_line: false,
            ended: false,
            condition: false,
            line,
            error: None,
        }
    }

    fn raw(&mut self) -> Option<u8> {
        let byte = self.text.get(self.at).copied();
        if byte.is_some() {
            self.at += 1;
        }
        byte
    }

    fn unget(&mut self, byte: Option<u8>) {
        if byte.is_some() {
            self.at = self.at.saturating_sub(1);
        }
    }

    /// The next byte, with backslash-newline taken out (even in comments and single quotes, as tmux does).
    fn get(&mut self) -> Option<u8> {
        if self.escapes != 0 {
            self.escapes -= 1;
            return Some(b'\\');
        }
        loop {
            let byte = self.raw();
            match byte {
                Some(b'\\') => self.escapes += 1,
                Some(b'\n') if self.escapes % 2 == 1 => {
                    self.line += 1;
                    self.escapes -= 1;
                }
                _ if self.escapes != 0 => {
                    self.unget(byte);
                    self.escapes -= 1;
                    return Some(b'\\');
                }
                _ => return byte,
            }
        }
    }

    /// `\r\n` counts as `\n`.
    fn fold_return(&mut self, byte: Option<u8>) -> Option<u8> {
        if byte != Some(b'\r') {
            return byte;
        }
        let next = self.get();
        if next == Some(b'\n') {
            return next;
        }
        self.unget(next);
        byte
    }

    pub fn next(&mut self, context: &dyn ParseContext) -> Token {
        if std::mem::take(&mut self.end_of_line) {
            self.line += 1;
        }
        let condition = std::mem::take(&mut self.condition);
        loop {
            let byte = self.get();
            let byte = match self.fold_return(byte) {
                None => {
                    // Every text ends with a newline, whether it has one or not.
                    if self.ended {
                        return Token::End;
                    }
                    self.ended = true;
                    return Token::Newline;
                }
                Some(byte) => byte,
            };
            match byte {
                b' ' | b'\t' => continue,
                b'\n' => {
                    self.end_of_line = true;
                    return Token::Newline;
                }
                b';' => return Token::Semicolon,
                b'{' => return Token::Open,
                b'}' => return Token::Close,
                b'#' => {
                    let mut next = self.get();
                    if condition && next == Some(b'{') {
                        return self.format().map_or(Token::Bad, Token::Format);
                    }
                    while next != Some(b'\n') && next.is_some() {
                        next = self.get();
                    }
                    if next.is_some() {
                        self.line += 1;
                        return Token::Newline;
                    }
                }
                b'%' => {
                    let word = self.percent_word();
                    if word.bytes().all(|b| b == b'%' || b.is_ascii_digit()) {
                        return Token::Word(word);
                    }
                    self.condition = true;
                    return match word.as_str() {
                        "%hidden" => Token::Hidden,
                        "%if" => Token::If,
                        "%else" => Token::Else,
                        "%elif" => Token::Elif,
                        "%endif" => Token::Endif,
                        _ => Token::Bad,
                    };
                }
                _ => {
                    return match self.word(byte, context) {
                        Ok(word) if is_assignment(&word) => Token::Equals(word),
                        Ok(word) => Token::Word(word),
                        Err(Broken) => Token::Bad,
                    };
                }
            }
        }
    }

    fn percent_word(&mut self) -> String {
        let mut out = vec![b'%'];
        loop {
            let byte = self.get();
            match byte {
                Some(byte) if !matches!(byte, b' ' | b'\t' | b'\n') => out.push(byte),
                _ => {
                    self.unget(byte);
                    return to_text(out);
                }
            }
        }
    }

    /// After `#{`: up to the brace that closes it.
    fn format(&mut self) -> Option<String> {
        let mut out = b"#{".to_vec();
        let mut brackets = 1;
        loop {
            let mut byte = self.get().filter(|byte| *byte != b'\n')?;
            if byte == b'#' {
                byte = self.get().filter(|byte| *byte != b'\n')?;
                if byte == b'{' {
                    brackets += 1;
                }
                out.push(b'#');
            } else if byte == b'}' {
                brackets -= 1;
                if brackets == 0 {
                    out.push(byte);
                    return Some(to_text(out));
                }
            }
            out.push(byte);
        }
    }

    fn fail(&mut self, message: impl Into<String>) -> Broken {
        self.error.get_or_insert(message.into());
        Broken
    }

    fn word(&mut self, first: u8, context: &dyn ParseContext) -> Result<String, Broken> {
        let mut out = Vec::new();
        let mut quote = Quote::None;
        // The quoting in which something was last added: `~` means home only where it begins a word or a quoted part.
        let mut last = Quote::Start;
        let mut byte = Some(first);
        loop {
            if quote == Quote::None {
                byte = self.fold_return(byte);
            }
            let Some(current) = byte else { break };
            if quote == Quote::None && matches!(current, b'\n' | b' ' | b'\t' | b';' | b'}') {
                break;
            }
            if current == b'\n' {
                self.line += 1;
                byte = self.after_quoted_newline(&mut out);
                continue;
            }
            match current {
                b'\\' if quote != Quote::Single => {
                    self.escape(&mut out)?;
                    last = quote;
                }
                b'~' if quote != Quote::Single && last != quote => {
                    self.tilde(&mut out, context)?;
                    last = quote;
                }
                b'$' if quote != Quote::Single => {
                    self.variable(&mut out, context)?;
                    last = quote;
                }
                b'\'' if quote == Quote::None => quote = Quote::Single,
                b'\'' if quote == Quote::Single => quote = Quote::None,
                b'"' if quote == Quote::None => quote = Quote::Double,
                b'"' if quote == Quote::Double => quote = Quote::None,
                _ => {
                    out.push(current);
                    last = quote;
                }
            }
            byte = self.get();
        }
        self.unget(byte);
        Ok(to_text(out))
    }

    /// A newline inside quotes is kept, the blanks and a comment after it are not. Returns the byte to go on with.
    fn after_quoted_newline(&mut self, out: &mut Vec<u8>) -> Option<u8> {
        out.push(b'\n');
        let mut byte = self.get();
        while matches!(byte, Some(b' ' | b'\t')) {
            byte = self.get();
        }
        if byte != Some(b'#') {
            return byte;
        }
        byte = self.get();
        if byte.is_some_and(|byte| b",#{}:".contains(&byte)) {
            self.unget(byte);
            return Some(b'#');
        }
        while byte.is_some() && byte != Some(b'\n') {
            byte = self.get();
        }
        byte
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        let byte = self.get().ok_or(Broken)?;
        let plain = match byte {
            b'0'..=b'3' => {
                let middle = self.get();
                let low = if is_octal(middle) { self.get() } else { None };
                let (Some(middle), Some(low), true) = (middle, low, is_octal(low)) else {
                    return Err(self.fail("invalid octal escape"));
                };
                (byte - b'0') * 64 + (middle - b'0') * 8 + (low - b'0')
            }
            b'4'..=b'7' => return Err(self.fail("invalid octal escape")),
            b'a' => 7,
            b'b' => 8,
            b'e' => 27,
            b'f' => 12,
            b's' => b' ',
            b'v' => 11,
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'u' => return self.unicode('u', 4, out),
            b'U' => return self.unicode('U', 8, out),
            other => other,
        };
        out.push(plain);
        Ok(())
    }

    fn unicode(&mut self, letter: char, digits: usize, out: &mut Vec<u8>) -> Result<(), Broken> {
        let mut value: u32 = 0;
        for _ in 0..digits {
            let byte = self.get().filter(|byte| *byte != b'\n').ok_or(Broken)?;
            let Some(digit) = (byte as char).to_digit(16) else {
                return Err(self.fail(format!("invalid \\{letter} argument")));
            };
            value = value << 4 | digit;
        }
        let Some(character) = char::from_u32(value) else {
            return Err(self.fail(format!("invalid \\{letter} argument")));
        };
        out.extend(character.encode_utf8(&mut [0; 4]).bytes());
        Ok(())
    }

    fn variable(&mut self, out: &mut Vec<u8>, context: &dyn ParseContext) -> Result<(), Broken> {
        let mut name = Vec::new();
        let first = self.get().ok_or(Broken)?;
        let braces = first == b'{';
        if !braces {
            if !is_name(first, true) {
                out.push(b'$');
                self.unget(Some(first));
                return Ok(());
            }
            name.push(first);
        }
        loop {
            let byte = self.get();
            if braces && byte == Some(b'}') {
                break;
            }
            let Some(byte) = byte.filter(|byte| is_name(*byte, false)) else {
                if braces {
                    return Err(self.fail("invalid environment variable"));
                }
                self.unget(byte);
                break;
            };
            if name.len() == MAX_NAME_LEN {
                return Err(self.fail("environment variable is too long"));
            }
            name.push(byte);
        }
        if let Some(value) = context.environment(&to_text(name)) {
            out.extend(value.bytes());
        }
        Ok(())
    }

    fn tilde(&mut self, out: &mut Vec<u8>, context: &dyn ParseContext) -> Result<(), Broken> {
        let mut name = Vec::new();
        loop {
            let byte = self.get();
            match byte {
                Some(byte) if !b"/ \t\n\"'".contains(&byte) => {
                    if name.len() == MAX_NAME_LEN {
                        return Err(self.fail("user name is too long"));
                    }
                    name.push(byte);
                }
                _ => {
                    self.unget(byte);
                    break;
                }
            }
        }
        let user = to_text(name);
        let home = context
            .home(Some(user.as_str()).filter(|user| !user.is_empty()))
            .ok_or(Broken)?;
        out.extend(home.bytes());
        Ok(())
    }
}

/// Escapes can spell bytes that are not UTF-8 or a NUL, which no command can take: the first become U+FFFD, the second
/// ends the word, as it does in C.
fn to_text(mut bytes: Vec<u8>) -> String {
    if let Some(nul) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(nul);
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

fn is_octal(byte: Option<u8>) -> bool {
    matches!(byte, Some(b'0'..=b'7'))
}

fn is_name(byte: u8, first: bool) -> bool {
    byte == b'_' || byte.is_ascii_alphabetic() || (!first && byte.is_ascii_digit())
}

fn is_assignment(word: &str) -> bool {
    match word.split_once('=') {
        Some((name, _)) => {
            !name.is_empty()
                && name
                    .bytes()
                    .enumerate()
                    .all(|(at, byte)| is_name(byte, at == 0))
        }
        None => false,
    }
}
