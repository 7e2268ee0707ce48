//! Tokens to commands: statements, blocks, conditions, assignments; then aliases and groups.

use super::lex::{Lexer, Token};
use super::{Argument, Command, CommandList, MAX_DEPTH, ParseContext, ParseError};

/// Longest `NAME=value`.
const MAX_ASSIGNMENT_LEN: usize = 16384;

/// A command before aliases are resolved. The first word is a text.
struct Raw {
    words: Vec<RawWord>,
    line: u32,
}

enum RawWord {
    Text(String),
    Statements(Vec<Raw>),
    /// Parsed elsewhere (a block among the words of an argv).
    Block(CommandList),
}

/// Where texts come from, and what a command of it is worth.
#[derive(Clone, Copy)]
struct Source<'a> {
    file: Option<&'a str>,
    /// All commands are one group, whatever their lines.
    one_group: bool,
}

pub(super) fn parse_text(
    text: &str,
    file: Option<&str>,
    context: &mut dyn ParseContext,
) -> Result<CommandList, ParseError> {
    let source = Source {
        file,
        one_group: file.is_none(),
    };
    let raw = Parser::new(text, source, 1, context).lines()?;
    build(raw, source, true, context)
}

pub(super) fn parse_arguments(
    words: &[Argument],
    context: &mut dyn ParseContext,
) -> Result<CommandList, ParseError> {
    let mut all = Vec::new();
    let mut current = Vec::new();
    for word in words {
        let text = match word {
            Argument::Block(list) => {
                current.push(RawWord::Block(list.clone()));
                continue;
            }
            Argument::Text(text) => text,
        };
        let (text, ends) = match text.strip_suffix(';') {
            None => (text.clone(), false),
            Some(rest) => match rest.strip_suffix('\\') {
                Some(rest) => (format!("{rest};"), false),
                None => (rest.to_string(), true),
            },
        };
        if !ends || !text.is_empty() {
            current.push(RawWord::Text(text));
        }
        if ends {
            all.push(Raw {
                words: std::mem::take(&mut current),
                line: 0,
            });
        }
    }
    if !current.is_empty() {
        all.push(Raw {
            words: current,
            line: 0,
        });
    }
    build(
        all,
        Source {
            file: None,
            one_group: true,
        },
        true,
        context,
    )
}

struct Parser<'a, 'c> {
    lexer: Lexer<'a>,
    source: Source<'a>,
    context: &'c mut dyn ParseContext,
    ahead: Option<Token>,
    depth: usize,
    /// For each open condition: whether its branch is taken.
    taken: Vec<bool>,
}

type Parsed<T> = Result<T, ParseError>;

impl<'a, 'c> Parser<'a, 'c> {
    fn new(
        text: &'a str,
        source: Source<'a>,
        line: u32,
        context: &'c mut dyn ParseContext,
    ) -> Parser<'a, 'c> {
        Parser {
            lexer: Lexer::new(text, line),
            source,
            context,
            ahead: None,
            depth: 0,
            taken: Vec::new(),
        }
    }

    /// The next token. It is read no sooner than needed: an assignment must take effect before what follows is read.
    fn peek(&mut self) -> &Token {
        let context = &*self.context;
        let lexer = &mut self.lexer;
        self.ahead.get_or_insert_with(|| lexer.next(context))
    }

    fn take(&mut self) -> Token {
        self.peek();
        self.ahead.take().unwrap_or(Token::End)
    }

    fn error(&mut self, message: &str) -> ParseError {
        ParseError {
            file: self.source.file.map(str::to_string),
            line: self.lexer.line,
            message: self
                .lexer
                .error
                .take()
                .unwrap_or_else(|| message.to_string()),
        }
    }

    fn expect(&mut self, wanted: Token) -> Parsed<()> {
        if *self.peek() == wanted {
            self.take();
            return Ok(());
        }
        Err(self.error("syntax error"))
    }

    fn lines(&mut self) -> Parsed<Vec<Raw>> {
        let mut out = Vec::new();
        while *self.peek() != Token::End {
            out.extend(self.statement()?);
            self.expect(Token::Newline)?;
        }
        Ok(out)
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("too many levels of nesting"));
        }
        Ok(())
    }

    fn statement(&mut self) -> Parsed<Vec<Raw>> {
        match self.peek() {
            Token::Hidden => {
                self.take();
                match self.take() {
                    Token::Equals(text) => self.assign(&text, true)?,
                    _ => return Err(self.error("syntax error")),
                }
                Ok(Vec::new())
            }
            Token::If => {
                let first = self.condition_open()?;
                if *self.peek() == Token::Newline {
                    self.condition(first, true)
                } else {
                    let first = self.condition(first, false)?;
                    self.more_commands(first)
                }
            }
            Token::Word(_) | Token::Equals(_) => self.commands(),
            _ => Ok(Vec::new()),
        }
    }

    /// One or more commands or one-line conditions with `;` between them.
    fn commands(&mut self) -> Parsed<Vec<Raw>> {
        let first = match self.peek() {
            Token::If => {
                let taken = self.condition_open()?;
                self.condition(taken, false)?
            }
            _ => self.command()?,
        };
        self.more_commands(first)
    }

    fn more_commands(&mut self, mut out: Vec<Raw>) -> Parsed<Vec<Raw>> {
        while *self.peek() == Token::Semicolon {
            self.take();
            match self.peek() {
                Token::Word(_) | Token::Equals(_) => out.extend(self.command()?),
                Token::If => {
                    let taken = self.condition_open()?;
                    out.extend(self.condition(taken, false)?);
                }
                _ => {}
            }
        }
        Ok(out)
    }

    /// Nothing for an assignment alone.
    fn command(&mut self) -> Parsed<Vec<Raw>> {
        if let Token::Equals(_) = self.peek() {
            if let Token::Equals(text) = self.take() {
                self.assign(&text, false)?;
            }
            if !matches!(self.peek(), Token::Word(_)) {
                return Ok(Vec::new());
            }
        }
        let Token::Word(name) = self.take() else {
            return Err(self.error("syntax error"));
        };
        let mut words = vec![RawWord::Text(name)];
        loop {
            match self.peek() {
                Token::Word(_) | Token::Equals(_) => {
                    if let Token::Word(text) | Token::Equals(text) = self.take() {
                        words.push(RawWord::Text(text));
                    }
                }
                Token::Open => {
                    self.take();
                    words.push(RawWord::Statements(self.block()?));
                }
                _ => break,
            }
        }
        Ok(vec![Raw {
            words,
            line: self.lexer.line,
        }])
    }

    fn block(&mut self) -> Parsed<Vec<Raw>> {
        self.deeper()?;
        let mut out = Vec::new();
        loop {
            out.extend(self.statement()?);
            match self.take() {
                Token::Newline => {}
                Token::Close => break,
                _ => return Err(self.error("syntax error")),
            }
        }
        self.depth -= 1;
        Ok(out)
    }

    fn assign(&mut self, text: &str, hidden: bool) -> Parsed<()> {
        if text.len() > MAX_ASSIGNMENT_LEN {
            return Err(self.error("environment variable is too long"));
        }
        if let (true, Some((name, value))) =
            (self.taken.iter().all(|taken| *taken), text.split_once('='))
        {
            self.context.set_environment(name, value, hidden);
        }
        Ok(())
    }

    /// `%if` or `%elif` and its format.
    fn condition_open(&mut self) -> Parsed<bool> {
        self.take();
        match self.take() {
            Token::Format(text) | Token::Word(text) => {
                if !self.taken.iter().all(|taken| *taken) {
                    return Ok(false);
                }
                Ok(crate::format::is_true(&self.context.expand(&text)))
            }
            _ => Err(self.error("syntax error")),
        }
    }

    /// From after the format of `%if` to `%endif`; the commands of the branch that is taken. `lines` for the form over
    /// several lines.
    fn condition(&mut self, first: bool, lines: bool) -> Parsed<Vec<Raw>> {
        self.deeper()?;
        let mut taken = first;
        let mut done = first;
        let mut otherwise = false;
        let mut out = Vec::new();
        loop {
            self.taken.push(taken);
            let branch = if lines {
                self.branch_lines()
            } else {
                self.commands()
            };
            self.taken.pop();
            let branch = branch?;
            if taken {
                out = branch;
            }
            match self.peek() {
                Token::Endif => {
                    self.take();
                    break;
                }
                Token::Else if !otherwise => {
                    self.take();
                    otherwise = true;
                    taken = !done;
                }
                Token::Elif if !otherwise => taken = self.condition_open()? && !done,
                _ => return Err(self.error("syntax error")),
            }
            done |= taken;
        }
        self.depth -= 1;
        Ok(out)
    }

    /// The rest of the condition's line is empty; at least one line follows, which may be empty.
    fn branch_lines(&mut self) -> Parsed<Vec<Raw>> {
        self.expect(Token::Newline)?;
        let mut out = Vec::new();
        loop {
            out.extend(self.statement()?);
            self.expect(Token::Newline)?;
            if matches!(
                self.peek(),
                Token::Else | Token::Elif | Token::Endif | Token::End
            ) {
                return Ok(out);
            }
        }
    }
}

/// Resolves aliases and gives groups. Words of an aliased command are not resolved again.
fn build(
    raw: Vec<Raw>,
    source: Source<'_>,
    aliases: bool,
    context: &mut dyn ParseContext,
) -> Result<CommandList, ParseError> {
    let mut out = CommandList::default();
    let mut group = 0;
    let mut line = None;
    for command in raw {
        if !source.one_group && line.is_some_and(|line| line != command.line) {
            group += 1;
        }
        line = Some(command.line);
        let built = build_one(command, source, aliases, context)?;
        out.commands
            .extend(built.into_iter().map(|command| (group, command)));
    }
    Ok(out)
}

fn build_one(
    raw: Raw,
    source: Source<'_>,
    aliases: bool,
    context: &mut dyn ParseContext,
) -> Result<Vec<Command>, ParseError> {
    let line = raw.line;
    let mut words = raw.words.into_iter();
    let name = match words.next() {
        Some(RawWord::Text(name)) => name,
        // `{ … }` as the first word of an argv.
        Some(_) => {
            let file = source.file.map(str::to_string);
            return Err(ParseError {
                file,
                line,
                message: "no command".to_string(),
            });
        }
        None => return Ok(Vec::new()),
    };
    let alias = if aliases { context.alias(&name) } else { None };
    let Some(alias) = alias else {
        let mut args = Vec::new();
        for word in words {
            args.push(match word {
                RawWord::Text(text) => Argument::Text(text),
                RawWord::Block(list) => Argument::Block(list),
                RawWord::Statements(raw) => Argument::Block(build(raw, source, aliases, context)?),
            });
        }
        return Ok(vec![Command { name, args, line }]);
    };
    let mut replaced = Parser::new(&alias, source, line, context).lines()?;
    if let Some(last) = replaced.last_mut() {
        last.words.extend(words);
    }
    let mut out = Vec::new();
    for mut command in replaced {
        command.line = line;
        out.extend(build_one(command, source, false, context)?);
    }
    Ok(out)
}
