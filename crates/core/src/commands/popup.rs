//! display-popup: what it shows is in `crate::overlay::popup`.

use outlast_lang::layout::Direction;
use outlast_term::Op;

use super::menus::{choice_of, placed};
use super::{Ctx, Flow, Outcome};
use crate::Core;
use crate::effect::OWN;
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::model::layout::{self, Split};
use crate::overlay::popup::{self, Closes, NO_BORDER, Popup};
use crate::overlay::{self, Overlay};

pub(super) fn display_popup(ctx: &mut Ctx<'_>) -> Outcome {
    let client = ctx.target_client.ok_or("no current client")?;
    if ctx.has('C') {
        overlay::close(ctx.core, client);
        return Ok(Flow::Normal);
    }
    let there = popup::pane_of(ctx.core, client).is_some();
    if !there && overlay::is_open(ctx.core, client) {
        return Ok(Flow::Normal);
    }
    let place = match there {
        true => None,
        false => match box_of(ctx, client)? {
            None => return Ok(Flow::Normal),
            place => place,
        },
    };
    let lines = match ctx.get('b') {
        _ if ctx.has('B') => Some(NO_BORDER),
        Some(lines) => Some(choice_of("popup-border-lines", &lines)?),
        None => None,
    };
    let title = ctx.get('T').map(|title| ctx.expand_here(&title, client));
    let title = title.unwrap_or_default();
    let closes = match ctx.args.count('E') {
        0 => Closes::Never,
        1 => Closes::AtExit,
        _ => Closes::AtSuccess,
    };
    let (any_key, renew) = (ctx.has('k'), ctx.has('N'));
    let (style, border_style) = (ctx.get('s'), ctx.get('S'));
    let Some(place) = place else {
        popup::edit(ctx.core, client, |popup| {
            popup.title = title;
            popup.style = style.or(popup.style.take());
            popup.border_style = border_style.or(popup.border_style.take());
            popup.lines = lines.unwrap_or(popup.lines);
            if renew || any_key || closes != Closes::Never {
                (popup.closes, popup.any_key) = (closes, any_key);
            }
        });
        popup::fit(ctx.core, client);
        return Ok(Flow::Normal);
    };
    let chain = ctx.core.window_chain(ctx.window()?);
    let lines = lines.unwrap_or_else(|| chain.number("popup-border-lines"));
    let mut popup = Popup::new(PaneId(0), lines, place);
    let Some(pane) = pane_for(ctx.core, client, &mut popup) else {
        return Ok(Flow::Normal);
    };
    (popup.title, popup.closes, popup.any_key) = (title, closes, any_key);
    (popup.style, popup.border_style) = (style, border_style);
    popup.asker = ctx.asked;
    let ticket = ctx.core.ticket();
    popup.ticket = Some(ticket);
    overlay::open(ctx.core, client, Overlay::Popup(Box::new(popup)));
    start(ctx, client, pane)?;
    Ok(Flow::Wait(ticket))
}

/// Makes the pane inside a popup. None: it has no inside.
fn pane_for(core: &mut Core, client: ClientId, popup: &mut Popup) -> Option<PaneId> {
    let (x, y, cols, rows) = popup.inside()?;
    let pane = core.create_pane(WindowId::NONE, cols, rows, 0);
    if let Some(pane) = core.model.panes.get_mut(&pane) {
        pane.state.popup = Some(client);
        (pane.state.x, pane.state.y) = (x, y);
    }
    popup.pane = pane;
    Some(pane)
}

/// Opens a paste buffer in the editor (`e` in choose-buffer).
pub(crate) fn edit_buffer(core: &mut Core, client: ClientId, name: &str) {
    let editor = core.server_chain().text("editor");
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return;
    };
    let (whole, session) = ((state.cols, state.rows), state.session);
    if editor.is_empty() || overlay::is_open(core, client) {
        return;
    }
    let part = |whole: u16| (u32::from(whole) * 9 / 10) as u16;
    let (cols, rows) = (part(whole.0), part(whole.1));
    let place = (
        (whole.0 / 2).saturating_sub(cols / 2),
        (whole.1 / 2).saturating_sub(rows / 2),
        cols,
        rows,
    );
    let window = session
        .and_then(|session| core.model.sessions.get(&session))
        .and_then(|session| session.windows.get(&session.current))
        .map(|link| link.0);
    let lines = window.map_or(0, |window| {
        core.window_chain(window).number("popup-border-lines")
    });
    let mut popup = Popup::new(PaneId(0), lines, place);
    let Some(pane) = pane_for(core, client, &mut popup) else {
        return;
    };
    popup.closes = Closes::AtExit;
    overlay::open(core, client, Overlay::Popup(Box::new(popup)));
    let mut env = core.environment_for(session, Some(pane), &[]);
    env.remove("TMUX_PANE");
    let shell = core.probe.shell();
    let directory = core.directory_of(Some(client), session);
    if let Some(pane) = core.model.panes.get_mut(&pane) {
        pane.state.start_path = directory;
        pane.state.shell = shell;
    }
    let argv = ["outlast", "edit-buffer", name, &editor].map(String::from);
    core.ask_for_program(pane, OWN.to_string(), argv.to_vec(), env);
}

/// -w, -h, -x and -y: column, row, columns and rows of the box; None when there is no room for it.
fn box_of(ctx: &Ctx<'_>, client: ClientId) -> Result<Option<(u16, u16, u16, u16)>, String> {
    let Some(state) = ctx.core.model.clients.get(&client).map(|c| &c.state) else {
        return Ok(None);
    };
    let side = |flag: char, whole: u16, what: &str| -> Result<u16, String> {
        let whole = i64::from(whole);
        let wanted = ctx.args.percentage(flag, 1..=whole, whole, what)?;
        Ok(u16::try_from(wanted.unwrap_or(whole / 2)).unwrap_or(0))
    };
    let h = side('h', state.rows, "height")?;
    let w = side('w', state.cols, "width")?;
    Ok(placed(ctx, client, (w, h)).map(|(x, y)| (x, y, w, h)))
}

/// Starts the popup's program: no words are default-command or a shell, one is a line for the shell.
fn start(ctx: &mut Ctx<'_>, client: ClientId, id: PaneId) -> Result<(), String> {
    let session: SessionId = ctx.session()?;
    let base = ctx.core.directory_of(Some(client), Some(session));
    let cwd = match ctx.get('d') {
        None => base,
        Some(template) => match ctx.expand_here(&template, client) {
            path if path.starts_with('/') => path,
            path => format!("{base}/{path}"),
        },
    };
    let mut words = ctx.words();
    if words.is_empty() {
        words.push(
            ctx.core
                .session_chain(Some(session))
                .text("default-command"),
        );
    }
    let shell = ctx.core.shell_for(session);
    let (path, argv) = match words.as_slice() {
        [line] if line.is_empty() => (shell.clone(), vec![shell.clone()]),
        [line] => {
            let name = shell.rsplit('/').next().unwrap_or(&shell).to_string();
            (shell.clone(), vec![name, "-c".to_string(), line.clone()])
        }
        words => (words[0].clone(), words.to_vec()),
    };
    let more: Vec<String> = ctx.args.all('e').into_iter().map(str::to_string).collect();
    let mut env = ctx.core.environment_for(Some(session), Some(id), &more);
    // Commands of tmux in a popup are about the session beneath it, not about a pane that nobody can name.
    env.remove("TMUX_PANE");
    if let Some(pane) = ctx.core.model.panes.get_mut(&id) {
        pane.state.start_path = cwd;
        pane.state.shell = shell;
        words.retain(|word| !word.is_empty());
        pane.state.start_command = words;
    }
    ctx.core.ask_for_program(id, path, argv, env);
    Ok(())
}

impl Core {
    /// Makes what a client's popup shows a pane beside the active one; the popup goes.
    pub(crate) fn popup_to_pane(&mut self, client: ClientId, across: bool) {
        let Some(session) = self.session_of(client) else {
            return;
        };
        let find = self.find_from_session(session);
        let (Some(window), Some(beside)) = (find.window, find.pane) else {
            return;
        };
        let Some(id) = popup::pane_of(self, client) else {
            return;
        };
        self.unzoom(window);
        let edge = self.edge(window);
        let how = Split {
            direction: match across {
                true => Direction::LeftRight,
                false => Direction::TopBottom,
            },
            size: None,
            before: false,
            full: false,
        };
        let Some(entry) = self.model.windows.get_mut(&window) else {
            return;
        };
        let mut cells = entry.layout.clone();
        if layout::split(&mut cells, beside.0, id.0, how, edge).is_none() {
            return;
        }
        let at = entry.panes.iter().position(|pane| *pane == beside);
        let at = at.map_or(entry.panes.len(), |at| at + 1);
        entry.panes.insert(at, id);
        if let Some(pane) = self.model.panes.get_mut(&id) {
            pane.state.window = window;
            pane.state.popup = None;
            pane.name_stale = true;
        }
        let overlay = self.model.clients.get_mut(&client);
        let overlay = overlay.and_then(|client| client.state.overlay.take());
        if let Some(Overlay::Popup(popup)) = overlay {
            popup::tell(self, &popup);
        }
        let history = self.history_limit(session);
        self.operate(id, Op::HistoryLimit(history));
        self.change_layout(window, |old| *old = cells);
        self.activate(window, id, true);
        self.touch_all();
    }
}
