//! send-keys and send-prefix.

use outlast_lang::args::number;
use outlast_lang::key;
use outlast_term::Op;
use outlast_term::keys::{Code, Key};

use super::{Ctx, Flow, Outcome};
use crate::Core;
use crate::input;
use crate::mode;
use crate::model::ids::PaneId;

pub(super) fn send_keys(ctx: &mut Ctx<'_>) -> Outcome {
    let pane = ctx.pane()?;
    let client = ctx.target_client;
    if client.is_some_and(|client| ctx.core.is_read_only(client)) && !ctx.has('X') {
        return Err("client is read-only".to_string());
    }
    guarded(ctx, pane)?;
    let words = ctx.words();
    let in_mode = ctx
        .core
        .model
        .panes
        .get(&pane)
        .is_some_and(|pane| pane.state.mode.is_some() && pane.state.front.is_none());
    let mut repeat = 1;
    let mut count_given = None;
    if let Some(text) = ctx.get('N') {
        let text = ctx.expand(&text);
        let count = number(&text, 1..=i64::from(u32::MAX))
            .map_err(|error| format!("repeat count {error}"))?;
        repeat = u32::try_from(count).unwrap_or(1);
        if in_mode && (ctx.has('X') || words.is_empty()) {
            count_given = Some(repeat);
        }
    }
    if ctx.has('X') {
        if !in_mode {
            return Err("not in a mode".to_string());
        }
        let words = ctx.args.words.clone();
        let (format, mouse) = (ctx.has('F'), ctx.state.mouse.clone());
        mode::copy::run(
            ctx.core,
            client,
            pane,
            &words,
            format,
            count_given,
            mouse.as_ref(),
        )?;
        return Ok(Flow::Normal);
    }
    if ctx.has('M') {
        let mouse = ctx
            .state
            .mouse
            .clone()
            .filter(|mouse| mouse.pane.is_some())
            .ok_or("no mouse target")?;
        let clicked = ctx.asked.or(client);
        if let Some(pane) = mouse.pane
            && !clicked.is_some_and(|client| ctx.core.holds_back(client, pane))
        {
            input::mouse_to_pane(ctx.core, client, pane, &mouse);
        }
        return Ok(Flow::Normal);
    }
    if ctx.row.name == "send-prefix" {
        let option = if ctx.has('2') { "prefix2" } else { "prefix" };
        let name = ctx.core.session_chain(ctx.target.session).text(option);
        if let Some(key) = key::parse(&name) {
            inject(ctx, pane, key);
        }
        return Ok(Flow::Normal);
    }
    if ctx.has('R') {
        ctx.core.operate(pane, Op::Reset);
    }
    if words.is_empty() {
        if !ctx.has('N')
            && !ctx.has('R')
            && let Some(key) = ctx.state.key.as_deref().and_then(key::parse)
        {
            inject(ctx, pane, key);
        }
        return Ok(Flow::Normal);
    }
    // Bounded: a repeat count is a user's number, and what is typed goes into the journal.
    for _ in 0..repeat.min(100_000) {
        for word in &words {
            inject_word(ctx, pane, word);
        }
    }
    Ok(Flow::Normal)
}

/// A pane that waits for a person takes keys from nobody else; what lies over it does.
fn guarded(ctx: &Ctx<'_>, pane: PaneId) -> Result<(), String> {
    let pane = match ctx.target_client {
        Some(client) if ctx.has('K') => ctx.core.pane_of(client),
        _ if ctx.has('M') => ctx.state.mouse.as_ref().and_then(|mouse| mouse.pane),
        _ => Some(pane),
    };
    let covered = |pane: PaneId| {
        let pane = ctx.core.model.panes.get(&pane);
        !ctx.has('R') && !ctx.has('K') && pane.is_some_and(|pane| pane.state.in_mode())
    };
    match pane.filter(|pane| !covered(*pane)) {
        Some(pane) => ctx.may_type(pane),
        None => Ok(()),
    }
}

fn inject_word(ctx: &mut Ctx<'_>, pane: PaneId, word: &str) {
    if ctx.has('H') {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        if let Ok(byte) = u8::from_str_radix(digits, 16)
            && ctx
                .core
                .model
                .panes
                .get(&pane)
                .is_none_or(|pane| !pane.state.in_mode())
        {
            ctx.core.write_pane(pane, &[byte]);
        }
        return;
    }
    if !ctx.has('l')
        && let Some(key) = key::parse(word).filter(|key| key.code != Code::None)
    {
        inject(ctx, pane, key);
        return;
    }
    for c in word.chars() {
        inject(ctx, pane, char_key(c));
    }
}

/// A character as it is typed.
fn char_key(c: char) -> Key {
    use outlast_term::keys::Mods;
    match c {
        '\r' => Key::plain(Code::Enter),
        '\t' => Key::plain(Code::Tab),
        '\x1b' => Key::plain(Code::Escape),
        '\x7f' => Key::plain(Code::Backspace),
        '\0' => Key {
            code: Code::Char(' '),
            mods: Mods::CTRL,
        },
        '\x01'..='\x1a' => Key {
            code: Code::Char(char::from(c as u8 + 0x60)),
            mods: Mods::CTRL,
        },
        '\x1c'..='\x1f' => Key {
            code: Code::Char(char::from(c as u8 + 0x40)),
            mods: Mods::CTRL,
        },
        c => Key::plain(Code::Char(c)),
    }
}

/// Gives a key to a pane (or with -K to the client's key tables).
fn inject(ctx: &mut Ctx<'_>, pane: PaneId, key: Key) {
    if ctx.has('K') {
        if let Some(client) = ctx.target_client {
            input::handle_key(ctx.core, client, key);
        }
        return;
    }
    if crate::mode::front::key(ctx.core, ctx.target_client, pane, key, None) {
        return;
    }
    let Some(table) = ctx.core.mode_table(pane) else {
        input::send_key(ctx.core, pane, key);
        return;
    };
    let binding = ctx
        .core
        .key_table(&table)
        .and_then(|table| table.bindings.get(&key::name(key)))
        .cloned();
    if let Some(binding) = binding {
        let state = crate::queue::State {
            current: ctx.target.clone(),
            key: Some(key::name(key)),
            ..crate::queue::State::default()
        };
        ctx.core.append(ctx.asked, &binding.commands.list(), state);
    }
}

impl Core {
    /// The key table of a pane's mode.
    pub(crate) fn mode_table(&self, pane: PaneId) -> Option<String> {
        let pane = self.model.panes.get(&pane)?;
        if pane.state.front.is_some() {
            return None;
        }
        pane.state.mode.as_ref()?;
        let vi = self.window_chain(pane.state.window).text("mode-keys") == "vi";
        Some(if vi { "copy-mode-vi" } else { "copy-mode" }.to_string())
    }
}
