//! The commands: one row each, one file per command or family.
//!
//! A row says how the command is written and how its targets are found; its function only acts.

use outlast_lang::args::{Args, Spec};
use outlast_lang::parse::{Argument, Command, CommandList, ParseError};
use outlast_lang::target::Kind;

use crate::Core;
use crate::confine;
use crate::formats::{self, FormatContext};
use crate::hooks::Hook;
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::queue::State;
use crate::target::Find;

mod access;
mod agents;
mod arrange;
mod attach_session;
pub(crate) mod bindings;
mod buffers;
mod capture;
mod choosers;
mod clients;
mod display;
mod environment;
mod events;
mod history;
mod hooks;
mod keys;
mod kill;
mod layouts;
mod list;
mod lock;
mod menus;
mod messages;
mod new_pane;
mod new_session;
mod new_window;
mod options;
mod own;
mod pipe_pane;
mod popup;
pub(crate) use popup::edit_buffer;
mod prompts;
mod rename;
pub(crate) mod requests;
mod resize;
mod respawn;
mod runs;
mod select;
mod send_keys;
mod session;
mod shell;
mod show_options;
mod source_file;
mod swap;
mod table;

pub use keys::{DefaultKey, default_keys};
pub use own::OWN;
pub use source_file::Sourcing;
pub use table::ROWS;

/// Flags of a [`Target`]: how a target is looked up.
pub mod find {
    /// Prefer sessions that nobody is attached to.
    pub const PREFER_UNATTACHED: u8 = 1;
    /// Say nothing when it is not found.
    pub const QUIET: u8 = 2;
    /// A window index that need not exist.
    pub const WINDOW_INDEX: u8 = 4;
    /// Without a target the marked pane is meant, if there is one.
    pub const DEFAULT_MARKED: u8 = 8;
    /// Only exact names of sessions.
    pub const EXACT_SESSION: u8 = 16;
    /// Only exact names of windows.
    pub const EXACT_WINDOW: u8 = 32;
    /// Not finding it is no error.
    pub const CANFAIL: u8 = 64;
}

/// A target of a command.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its flag: 't', 's'.
    pub flag: char,
    /// What a bare word means.
    pub kind: Kind,
    /// `find::*`.
    pub how: u8,
}

/// Flags of a [`Row`].
pub mod flag {
    /// Starts a server when there is none.
    pub const START: u8 = 1;
    /// A read-only client may run it.
    pub const READ_ONLY: u8 = 2;
    /// Runs the hook `after-NAME`.
    pub const AFTER: u8 = 4;
    /// `-c` names the client it is about.
    pub const CLIENT_C: u8 = 8;
    /// `-t` names the client it is about.
    pub const CLIENT_T: u8 = 16;
    /// Not finding that client is no error.
    pub const CLIENT_CANFAIL: u8 = 32;
}

/// What a command came to: an error is tmux's text, empty when it has been said.
pub type Outcome = Result<Flow, String>;

/// How the queue goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// With the next command.
    Normal,
    /// When `Core::resume` is called with this ticket.
    Wait(u64),
}

/// A row.
#[derive(Clone, Copy)]
pub struct Row {
    /// Name.
    pub name: &'static str,
    /// Short name or "".
    pub alias: &'static str,
    /// Flags and words.
    pub spec: Spec,
    /// What it does, for the manual.
    pub help: &'static str,
    /// What follows the name in `usage:` and `list-commands`.
    pub usage: &'static str,
    /// `-s`, where it is a target.
    pub source: Option<Target>,
    /// `-t`, where it is no client.
    pub target: Option<Target>,
    /// `flag::*`.
    pub flags: u8,
    /// What it does.
    pub run: fn(&mut Ctx<'_>) -> Outcome,
}

/// A command being run.
pub struct Ctx<'a> {
    /// The server.
    pub core: &'a mut Core,
    /// Who asked (whose queue it is); None for hooks and configuration.
    pub client: Option<ClientId>,
    /// Its group in that queue.
    pub group: u64,
    /// Whose queue it is in. `client` is the best client where this is None.
    pub asked: Option<ClientId>,
    /// Shared with the rest of the list.
    pub state: State,
    /// Its row.
    pub row: &'static Row,
    /// Its arguments.
    pub args: Args,
    /// `-s`, or the current target.
    pub source: Find,
    /// `-t`, or the current target.
    pub target: Find,
    /// The client it is about.
    pub target_client: Option<ClientId>,
    /// File and line, for errors of configuration.
    pub place: Option<(String, u32)>,
    /// Hook to run after it.
    pub hook: Option<Hook>,
}

const NONE: Row = Row {
    name: "",
    alias: "",
    spec: Spec {
        flags: "",
        min: 0,
        max: None,
        commands: false,
    },
    help: "",
    usage: "",
    source: None,
    target: None,
    flags: 0,
    run: |_| Ok(Flow::Normal),
};

impl<'a> Ctx<'a> {
    /// A command of nobody.
    pub fn new(core: &'a mut Core) -> Ctx<'a> {
        Ctx {
            core,
            client: None,
            asked: None,
            group: 0,
            state: State::default(),
            row: &NONE,
            args: Args::default(),
            source: Find::default(),
            target: Find::default(),
            target_client: None,
            place: None,
            hook: None,
        }
    }

    /// A line on the client's stdout (or in its view, when it is attached).
    pub fn print(&mut self, text: &str) {
        self.core.print(self.client, text);
    }

    /// Expands a format about the target, with the client that it is about.
    pub fn expand(&self, template: &str) -> String {
        self.expand_for(template, &self.target)
    }

    /// Expands a format about something else.
    pub fn expand_for(&self, template: &str, find: &Find) -> String {
        formats::expand(self.core, template, &self.format_context(find), false)
    }

    /// The context of formats of this command.
    pub fn format_context(&self, find: &Find) -> FormatContext {
        let mut extra = vec![("command".to_string(), self.row.name.to_string())];
        extra.extend(self.state.variables.iter().cloned());
        FormatContext {
            client: self.target_client,
            session: find.session,
            link: find.link,
            window: find.window,
            pane: find.pane,
            mouse: self.state.mouse.clone(),
            extra,
            ..FormatContext::default()
        }
    }

    /// Flag given.
    pub fn has(&self, flag: char) -> bool {
        self.args.has(flag)
    }

    /// Value of a flag.
    pub fn get(&self, flag: char) -> Option<String> {
        self.args.get(flag).map(str::to_string)
    }

    /// All words after the flags as text.
    pub fn words(&self) -> Vec<String> {
        self.args
            .words
            .iter()
            .map(|word| word.as_text().into_owned())
            .collect()
    }

    /// The session of the target; the row guarantees one.
    pub fn session(&self) -> Result<SessionId, String> {
        self.target
            .session
            .ok_or_else(|| "no current target".to_string())
    }

    /// The window of the target.
    pub fn window(&self) -> Result<WindowId, String> {
        self.target
            .window
            .ok_or_else(|| "no current target".to_string())
    }

    /// The pane of the target.
    pub fn pane(&self) -> Result<PaneId, String> {
        self.target
            .pane
            .ok_or_else(|| "no current target".to_string())
    }

    /// The index of the target's window in its session.
    pub fn link(&self) -> Result<u32, String> {
        self.target
            .link
            .ok_or_else(|| "no current target".to_string())
    }

    /// Commands of an argument: a block as it is, text parsed.
    pub fn commands(&mut self, argument: &Argument) -> Result<CommandList, String> {
        self.core.commands_of(argument, self.place.as_ref())
    }

    /// A copy of the shared state for commands that this one starts, about `find`.
    pub fn state_for(&self, find: &Find) -> State {
        State {
            current: find.clone(),
            ..self.state.clone()
        }
    }

    /// Whether the client who asked shows a session.
    pub fn is_attached(&self) -> bool {
        self.client
            .is_some_and(|client| self.core.session_of(client).is_some())
    }
}

/// The row of a name, an alias or an unambiguous beginning; Err is tmux's text.
pub fn lookup(name: &str) -> Result<&'static Row, String> {
    if let Some(row) = OWN.iter().find(|row| row.name == name) {
        return Ok(row);
    }
    if let Some(row) = ROWS
        .iter()
        .find(|row| !row.alias.is_empty() && row.alias == name)
    {
        return Ok(row);
    }
    if let Some(row) = ROWS.iter().find(|row| row.name == name) {
        return Ok(row);
    }
    let found: Vec<&Row> = ROWS
        .iter()
        .filter(|row| row.name.starts_with(name))
        .collect();
    match found.as_slice() {
        [] => Err(format!("unknown command: {name}")),
        [row] => Ok(row),
        rows => {
            let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
            Err(format!(
                "ambiguous command: {name}, could be: {}",
                names.join(", ")
            ))
        }
    }
}

/// The full name of a command's name, alias or beginning.
pub fn full_name(name: &str) -> Option<&'static str> {
    lookup(name).ok().map(|row| row.name)
}

/// The row and the parsed arguments of a command.
pub fn resolve(command: &Command) -> Result<(&'static Row, Args), String> {
    let row = lookup(&command.name)?;
    match Args::parse(&row.spec, command) {
        Ok(args) => Ok((row, args)),
        Err(error) if error.is_empty() => Err(format!("usage: {} {}", row.name, row.usage)),
        Err(error) => Err(format!("command {}: {error}", row.name)),
    }
}

/// Checks names and arguments of all commands, those in blocks too.
pub fn check(list: &CommandList, file: Option<&str>) -> Result<(), ParseError> {
    for (_, command) in &list.commands {
        resolve(command).map_err(|message| ParseError {
            file: file.map(str::to_string),
            line: command.line,
            message,
        })?;
        for argument in &command.args {
            if let Argument::Block(inner) = argument {
                check(inner, file)?;
            }
        }
    }
    Ok(())
}

/// Whether a command line may start a server; an unknown command may not.
pub fn starts_server(argv: &[String]) -> bool {
    let list = outlast_lang::parse::parse_argv(argv, &mut outlast_lang::parse::NoContext);
    match list {
        // Without words it is default-client-command: new-session.
        Ok(list) if list.commands.is_empty() => true,
        Ok(list) => list.commands.iter().any(|(_, command)| {
            lookup(&command.name).is_ok_and(|row| row.flags & flag::START != 0)
        }),
        Err(_) => false,
    }
}

/// Whether a command line wants its client's stdin, as far as its words tell.
pub fn reads_stdin(argv: &[String]) -> bool {
    let list = outlast_lang::parse::parse_argv(argv, &mut outlast_lang::parse::NoContext);
    list.is_ok_and(|list| {
        list.commands.iter().any(|(_, command)| {
            resolve(command).is_ok_and(|(row, args)| match row.name {
                "load-buffer" => args.word(0).as_deref() == Some("-"),
                "source-file" => args.words.iter().any(|word| word.text() == Some("-")),
                "display-message" | "split-window" | "new-pane" => args.has('I'),
                _ => false,
            })
        })
    })
}

/// Finds the targets and runs the command.
pub(crate) fn run(ctx: &mut Ctx<'_>) -> Outcome {
    let row = ctx.row;
    if ctx.client.is_none() {
        ctx.client = ctx.core.best_client();
    }
    let outcome = targets(ctx)
        .and_then(|()| confine::check(ctx))
        .and_then(|()| (row.run)(ctx));
    match &outcome {
        Ok(_) if row.flags & flag::AFTER != 0 => ctx.hook = Hook::after(ctx),
        Err(_) => ctx.hook = Hook::command_error(ctx),
        Ok(_) => {}
    }
    outcome
}

fn targets(ctx: &mut Ctx<'_>) -> Result<(), String> {
    let row = ctx.row;
    let quiet = row.flags & flag::CLIENT_CANFAIL != 0;
    let named = match row.flags & (flag::CLIENT_C | flag::CLIENT_T) {
        flag::CLIENT_C => Some('c'),
        flag::CLIENT_T => Some('t'),
        _ => None,
    };
    ctx.target_client = match named {
        None => ctx.core.find_client(ctx.client, None).ok(),
        Some(flag) => match ctx.core.find_client(ctx.client, ctx.args.get(flag)) {
            Ok(client) => Some(client),
            Err(_) if quiet => None,
            Err(error) => return Err(error),
        },
    };
    ctx.source = find_flag(ctx, row.source)?;
    ctx.target = find_flag(ctx, row.target)?;
    Ok(())
}

fn find_flag(ctx: &mut Ctx<'_>, target: Option<Target>) -> Result<Find, String> {
    match target {
        None => Ok(ctx
            .core
            .find_from_client(ctx.target_client, 0)
            .unwrap_or_default()),
        Some(target) => {
            let text = ctx.args.get(target.flag).map(str::to_string);
            ctx.core.find_target(
                ctx.client,
                &ctx.state,
                text.as_deref(),
                target.kind,
                target.how,
            )
        }
    }
}
