//! display-menu and display-panes: what they show is in `crate::overlay`.

use outlast_lang::args::number;
use outlast_lang::options::{Kind as OptionKind, row};
use outlast_lang::parse::Argument;

use super::{Ctx, Flow, Outcome};
use crate::ClientId;
use crate::overlay::place::{Place, place};
use crate::overlay::{self, Menu, Numbers, Overlay};
use crate::queue::State;

/// Where -x and -y put something of this size on a client: column and row; None when there is no room for it.
pub(super) fn placed(ctx: &Ctx<'_>, client: ClientId, size: (u16, u16)) -> Option<(u16, u16)> {
    let mut context = ctx.format_context(&ctx.target);
    context.client = Some(client);
    let (x, y) = (ctx.get('x'), ctx.get('y'));
    place(
        ctx.core,
        &Place {
            client,
            context: &context,
            size,
            x: x.as_deref(),
            y: y.as_deref(),
        },
    )
}

/// The index of a choice of an option, for the flag that stands in for it. Err is tmux's text.
pub(super) fn choice_of(option: &str, text: &str) -> Result<i64, String> {
    let words = match row(option).map(|row| &row.kind) {
        Some(OptionKind::Choice(words)) => *words,
        _ => &[],
    };
    let found = words.iter().position(|word| *word == text);
    found
        .map(|at| at as i64)
        .ok_or_else(|| format!("{option} unknown value: {text}"))
}

pub(super) fn display_menu(ctx: &mut Ctx<'_>) -> Outcome {
    let client = ctx.target_client.ok_or("no current client")?;
    if overlay::is_open(ctx.core, client) {
        return Ok(Flow::Normal);
    }
    let start = match ctx.get('C').as_deref() {
        None => Some(0),
        Some("-") => None,
        Some(text) => Some(
            number(text, 0..=i64::from(u32::MAX))
                .map_err(|error| format!("starting choice {error}"))?,
        ),
    };
    let columns = match ctx.core.model.clients.get(&client) {
        Some(client) => client.state.cols,
        None => return Ok(Flow::Normal),
    };
    let mouse = ctx.state.mouse.clone();
    let title = ctx.get('T').map(|title| ctx.expand_here(&title, client));
    let mut menu = Menu {
        title: title.unwrap_or_default(),
        style: ctx.get('s'),
        selected_style: ctx.get('H'),
        border_style: ctx.get('S'),
        stay_open: ctx.has('O'),
        no_mouse: mouse.is_none() && !ctx.has('M'),
        fresh: mouse.is_some(),
        state: State {
            current: ctx.target.clone(),
            ..ctx.state.clone()
        },
        ..Menu::default()
    };
    menu.width = crate::draw::format_width(&menu.title);
    items(ctx, client, columns, &mut menu)?;
    if menu.items.is_empty() {
        return Ok(Flow::Normal);
    }
    let Some(place) = placed(ctx, client, menu.size()) else {
        return Ok(Flow::Normal);
    };
    (menu.x, menu.y) = place;
    if let Some(lines) = ctx.get('b') {
        menu.lines = Some(choice_of("menu-border-lines", &lines)?);
    }
    if let (true, Some(start)) = (menu.no_mouse, start) {
        menu.start_at(usize::try_from(start).unwrap_or(usize::MAX));
    }
    let ticket = ctx.core.ticket();
    menu.ticket = Some(ticket);
    overlay::open(ctx.core, client, Overlay::Menu(Box::new(menu)));
    Ok(Flow::Wait(ticket))
}

pub(super) fn display_panes(ctx: &mut Ctx<'_>) -> Outcome {
    let client = ctx.target_client.ok_or("no current client")?;
    let session = ctx.core.session_of(client);
    if session.is_none() || overlay::is_open(ctx.core, client) {
        return Ok(Flow::Normal);
    }
    let delay = ctx.args.number('d', 0..=i64::from(u32::MAX), "delay")?;
    let delay =
        delay.unwrap_or_else(|| ctx.core.session_chain(session).number("display-panes-time"));
    let delay = u64::try_from(delay).unwrap_or(0);
    let template = ctx.args.words.first().cloned();
    let ticket = (!ctx.has('b')).then(|| ctx.core.ticket());
    let numbers = Numbers {
        template: template.unwrap_or_else(|| "select-pane -t \"%%%\"".into()),
        no_keys: ctx.has('N'),
        until_ms: (delay != 0).then(|| ctx.core.now.ms + delay),
        ticket,
    };
    overlay::open(ctx.core, client, Overlay::Panes(numbers));
    Ok(ticket.map_or(Flow::Normal, Flow::Wait))
}

/// The words: name, key and command for each line, an empty name alone for a divider.
fn items(ctx: &Ctx<'_>, client: ClientId, columns: u16, menu: &mut Menu) -> Result<(), String> {
    let mut words = ctx.args.words.iter().enumerate();
    let text = |(at, word): (usize, &Argument)| match word {
        Argument::Text(text) => Ok(text.clone()),
        Argument::Block(_) => Err(format!(
            "command display-menu: argument {} must be \"string\"",
            at + 1
        )),
    };
    while let Some(word) = words.next() {
        let name = text(word)?;
        if name.is_empty() {
            menu.divide();
            continue;
        }
        let (Some(key), Some((_, command))) = (words.next(), words.next()) else {
            return Err("not enough arguments".to_string());
        };
        let key = text(key)?;
        let shown = ctx.expand_here(&name, client);
        let text = command.as_text();
        let command = ctx.expand_here(&text, client);
        // Variables of the environment are put in when the line is chosen.
        let plain = shown == name && command == text && !text.contains(['$', '~']);
        menu.add(&shown, &key, command, plain, columns);
    }
    Ok(())
}

impl Ctx<'_> {
    /// Expands a format about the target and the client that is to show it.
    pub(super) fn expand_here(&self, template: &str, client: crate::ClientId) -> String {
        let mut context = self.format_context(&self.target);
        context.client = Some(client);
        crate::formats::expand(self.core, template, &context, false)
    }
}
