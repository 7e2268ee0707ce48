//! What agents ask for, over a client's whole screen: all of the command or difference, and keys that answer it.
//!
//! Only a person opens it, and only a person's keys answer: they run the commands that a command line would give. It can come
//! under the fingers of somebody who is typing (a prefix that another has changed, an answer that brings the next request up),
//! so it takes no answer until nothing has been typed for a moment, and one answer is for the request that was shown.

use outlast_agent::request::Request;
use outlast_lang::parse::{Argument, Command, CommandList};
use outlast_term::keys::mouse::{Mouse, MouseKind, decode_raw};
use outlast_term::keys::{Code, Key, Mods};
use outlast_term::{Attrs, Colour, MouseTracking, Style};
use serde::{Deserialize, Serialize};

use super::boxes::Lines;
use super::{Layer, Overlay, Piece, Taken};
use crate::Core;
use crate::draw::{self, View};
use crate::model::ids::ClientId;

/// After it opens or shows another request, answers are not taken for so long …
const QUIET_MS: u64 = 600;
/// … and not until so long after a key that came meanwhile.
const PAUSE_MS: u64 = 350;
/// Requests named above the one that is shown, at most.
const NAMED: usize = 3;
/// The widest that it gets: long lines are hard to read.
const COLS_MOST: u16 = 110;
/// Characters of a reason.
const REASON_MOST: usize = 500;

/// What is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// The request shown, by its name.
    pub id: String,
    /// First line of its text that is shown.
    pub top: usize,
    /// The client's terminal has been shown it.
    #[serde(default)]
    pub drawn: bool,
    /// Monotonic ms until which no answer is taken.
    pub quiet_until_ms: u64,
    /// The reason that is being typed.
    pub reason: Option<String>,
    /// Answers chosen so far, where there are several questions.
    pub answers: Vec<String>,
}

/// Opens it over a client. False: nothing waits.
pub(crate) fn open(core: &mut Core, client: ClientId) -> bool {
    let Some(id) = core.requests().waiting().next().map(|r| r.id.clone()) else {
        return false;
    };
    let shown = Requests {
        id,
        quiet_until_ms: core.now.ms + QUIET_MS,
        ..Requests::default()
    };
    super::open(core, client, Overlay::Requests(Box::new(shown)));
    true
}

/// The request that a client's view shows, as far as it has one.
pub(crate) fn shown(core: &Core, client: ClientId) -> Option<&str> {
    match super::get(core, client) {
        Some(Overlay::Requests(shown)) => Some(&shown.id),
        _ => None,
    }
}

/// Whether a client's terminal shows a request.
pub(crate) fn is_shown(core: &Core, client: ClientId, id: &str) -> bool {
    match super::get(core, client) {
        Some(Overlay::Requests(shown)) => shown.drawn && shown.id == id,
        _ => false,
    }
}

/// A client's terminal has had a picture with this request.
pub(crate) fn drawn(core: &mut Core, client: ClientId, id: &str) {
    let new = |shown: &Requests| shown.id == id && !shown.drawn;
    if !matches!(super::get(core, client), Some(Overlay::Requests(shown)) if new(shown)) {
        return;
    }
    let until = core.now.ms + QUIET_MS;
    if let Some(client) = core.model.clients.get_mut(&client)
        && let Some(Overlay::Requests(shown)) = &mut client.state.overlay
    {
        shown.drawn = true;
        shown.quiet_until_ms = shown.quiet_until_ms.max(until);
    }
}

/// Requests have come or gone: another is shown where the one shown is gone, nothing where none is left.
pub(crate) fn changed(core: &mut Core) {
    let shown = |core: &Core, id: &ClientId| match super::get(core, *id) {
        Some(Overlay::Requests(shown)) => Some(shown.id.clone()),
        _ => None,
    };
    let open: Vec<(ClientId, String)> = core
        .model
        .clients
        .keys()
        .filter_map(|id| Some((*id, shown(core, id)?)))
        .collect();
    for (client, id) in open {
        if core.requests().find(&id).is_ok() {
            core.touch_client(client);
            continue;
        }
        let next = core.requests().waiting().next().map(|r| r.id.clone());
        match next {
            Some(next) => show(core, client, next),
            None => super::close(core, client),
        }
    }
}

fn edit(core: &mut Core, client: ClientId, change: impl FnOnce(&mut Requests)) {
    if let Some(client) = core.model.clients.get_mut(&client)
        && let Some(Overlay::Requests(shown)) = &mut client.state.overlay
    {
        change(shown);
        client.stale = true;
    }
}

fn show(core: &mut Core, client: ClientId, id: String) {
    let quiet_until_ms = core.now.ms + QUIET_MS;
    edit(core, client, |shown| {
        *shown = Requests {
            id,
            quiet_until_ms,
            ..Requests::default()
        };
    });
}

fn step(core: &mut Core, client: ClientId, id: &str, forward: bool) {
    let ids: Vec<String> = core.requests().waiting().map(|r| r.id.clone()).collect();
    let at = ids.iter().position(|other| other == id).unwrap_or(0);
    let by = if forward {
        1
    } else {
        ids.len().saturating_sub(1)
    };
    if ids.len() > 1 {
        show(core, client, ids[(at + by) % ids.len()].clone());
    }
}

/// Runs a command of the person whose key this is.
fn answer(core: &mut Core, client: ClientId, name: &str, words: &[&str]) {
    let command = Command {
        name: name.to_string(),
        args: words
            .iter()
            .map(|word| Argument::Text((*word).to_string()))
            .collect(),
        line: 0,
    };
    let list = CommandList {
        commands: vec![(0, command)],
    };
    core.run_binding(client, "", &list, None, true);
}

pub(super) fn key(core: &mut Core, client: ClientId, key: Key) -> Taken {
    let Some(Overlay::Requests(shown)) = super::get(core, client) else {
        return Taken::Pass;
    };
    let shown = (**shown).clone();
    if shown.reason.is_some() {
        return reason(core, client, &shown, key);
    }
    let page = isize::try_from(text_rows(core, client)).unwrap_or(1).max(1);
    match outlast_lang::key::name(key).as_str() {
        "q" | "Escape" | "C-c" => return Taken::Close,
        "Up" | "k" => scroll(core, client, -1),
        "Down" | "j" => scroll(core, client, 1),
        "PPage" | "C-b" => scroll(core, client, -page),
        "NPage" | "C-f" | "Space" => scroll(core, client, page),
        "Home" | "g" => scroll(core, client, isize::MIN),
        "End" | "G" => scroll(core, client, isize::MAX),
        "Tab" | "Right" | "l" => step(core, client, &shown.id, true),
        "BTab" | "Left" | "h" => step(core, client, &shown.id, false),
        _ => decide(core, client, &shown, key),
    }
    Taken::Yes
}

/// A key that may be an answer.
fn decide(core: &mut Core, client: ClientId, shown: &Requests, key: Key) {
    let (now, plain) = (core.now.ms, key.mods == Mods(0));
    if core.hand.is_none() || !plain {
        return;
    }
    if now < shown.quiet_until_ms || !shown.drawn {
        // Who goes on typing does not mean this.
        let until = shown.quiet_until_ms.max(now + PAUSE_MS);
        return edit(core, client, |shown| shown.quiet_until_ms = until);
    }
    let Ok(request) = core.requests().find(&shown.id) else {
        return;
    };
    let questions = request.questions.len();
    let options = request
        .questions
        .get(shown.answers.len())
        .map_or(0, |question| question.options.len());
    let id = shown.id.as_str();
    match key.code {
        Code::Char('n') => edit(core, client, |shown| shown.reason = Some(String::new())),
        Code::Char('y') if questions == 0 => answer(core, client, "approve-request", &[id]),
        Code::Char('a') if questions == 0 => answer(core, client, "approve-request", &["-a", id]),
        Code::Char(c @ '1'..='9') if (c as usize - '0' as usize) <= options => {
            let mut answers = shown.answers.clone();
            answers.push(c.to_string());
            if answers.len() < questions {
                return edit(core, client, |shown| shown.answers = answers);
            }
            let mut words = vec![id];
            words.extend(answers.iter().map(String::as_str));
            answer(core, client, "answer-request", &words);
        }
        _ => {}
    }
}

/// A key while the reason of a refusal is typed.
fn reason(core: &mut Core, client: ClientId, shown: &Requests, key: Key) -> Taken {
    let mut text = shown.reason.clone().unwrap_or_default();
    match outlast_lang::key::name(key).as_str() {
        "Escape" | "C-c" => {
            edit(core, client, |shown| shown.reason = None);
            return Taken::Yes;
        }
        "Enter" => {
            let words = match text.is_empty() {
                true => vec![shown.id.as_str()],
                false => vec!["-m", &text, &shown.id],
            };
            if core.hand.is_some() {
                answer(core, client, "deny-request", &words);
            }
            return Taken::Yes;
        }
        "BSpace" => drop(text.pop()),
        "C-u" => text.clear(),
        _ => match key.code {
            Code::Char(c) if key.mods == Mods(0) && text.chars().count() < REASON_MOST => {
                text.push(c)
            }
            _ => {}
        },
    }
    edit(core, client, |shown| shown.reason = Some(text));
    Taken::Yes
}

/// What is pasted is a part of the reason, or nothing.
pub(super) fn paste(core: &mut Core, client: ClientId, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    edit(core, client, |shown| {
        if let Some(reason) = &mut shown.reason {
            let room = REASON_MOST.saturating_sub(reason.chars().count());
            reason.extend(text.chars().take(room));
        }
    });
}

pub(super) fn mouse(core: &mut Core, client: ClientId, report: Mouse) -> Taken {
    match decode_raw(report.raw, report.release).kind {
        MouseKind::WheelUp => scroll(core, client, -3),
        MouseKind::WheelDown => scroll(core, client, 3),
        _ => {}
    }
    Taken::Yes
}

fn scroll(core: &mut Core, client: ClientId, by: isize) {
    let Some(view) = draw::view(core, client) else {
        return;
    };
    let Some(Overlay::Requests(shown)) = super::get(core, client) else {
        return;
    };
    let Ok(request) = core.requests().find(&shown.id) else {
        return;
    };
    let lines = text(request, shown, inside(view.cols)).len();
    let most = lines.saturating_sub(room(core, view.rows));
    let top = shown.top.saturating_add_signed(by).min(most);
    edit(core, client, |shown| shown.top = top);
}

fn text_rows(core: &Core, client: ClientId) -> usize {
    draw::view(core, client).map_or(1, |view| room(core, view.rows))
}

fn box_cols(cols: u16) -> u16 {
    cols.min(COLS_MOST)
}

/// Columns of its text.
fn inside(cols: u16) -> usize {
    usize::from(box_cols(cols).saturating_sub(4)).max(1)
}

/// Rows that are named above: the request shown, and others by turns.
fn named(core: &Core, rows: u16) -> usize {
    let most = if rows < 12 { 1 } else { NAMED };
    core.requests().waiting().take(most).count()
}

/// Rows of its text: all but frame, names, two lines between and the keys.
fn room(core: &Core, rows: u16) -> usize {
    usize::from(rows).saturating_sub(5 + named(core, rows))
}

/// A line of the text and how it looks.
struct Line {
    text: String,
    style: Style,
}

/// Cuts a text into lines of at most so many columns. Nothing is left out.
fn wrap(text: &str, cols: usize, style: Style, out: &mut Vec<Line>) {
    let mut line = String::new();
    let mut used = 0;
    for c in text.chars() {
        let mut buffer = [0; 4];
        let width = usize::from(draw::text_width(c.encode_utf8(&mut buffer)));
        if used + width > cols && !line.is_empty() {
            out.push(Line {
                text: std::mem::take(&mut line),
                style,
            });
            used = 0;
        }
        line.push(c);
        used += width;
    }
    out.push(Line { text: line, style });
}

/// All of a request, line by line.
fn text(request: &Request, shown: &Requests, cols: usize) -> Vec<Line> {
    let plain = Style::default();
    let with = |fg: u8| Style {
        fg: Colour::Indexed(fg),
        ..plain
    };
    let mut out = Vec::new();
    wrap(&format!("in {}", request.cwd), cols, with(6), &mut out);
    for line in request.detail.lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') => with(2),
            Some(b'-') => with(1),
            _ => plain,
        };
        wrap(line, cols, style, &mut out);
    }
    if let Some(question) = request.questions.get(shown.answers.len()) {
        let bold = Style {
            attrs: Attrs::BOLD,
            ..plain
        };
        out.push(Line {
            text: String::new(),
            style: plain,
        });
        wrap(&question.text, cols, bold, &mut out);
        for (at, option) in question.options.iter().enumerate() {
            wrap(&format!("{}: {option}", at + 1), cols, plain, &mut out);
        }
    }
    let always = outlast_agent::answer::always(request);
    if !always.is_empty() && request.questions.is_empty() {
        wrap(
            &format!("a: always {}", always.join(", ")),
            cols,
            with(3),
            &mut out,
        );
    }
    out
}

fn age(seconds: i64) -> String {
    match seconds.max(0) {
        s @ 0..60 => format!("{s}s"),
        s @ 60..3600 => format!("{}m", s / 60),
        s @ 3600..86400 => format!("{}h", s / 3600),
        s => format!("{}d", s / 86400),
    }
}

/// The keys, as many words as there is room for.
fn keys(request: &Request, shown: &Requests, more: bool, cols: u16) -> String {
    if let Some(reason) = &shown.reason {
        return format!("deny because (Enter): {reason}");
    }
    let mut words = match request.questions.is_empty() {
        true => vec!["y allow", "a always", "n deny"],
        false => vec!["1-9 answer", "n deny"],
    };
    if more {
        words.push("j/k scroll");
    }
    words.extend(["Tab next", "q leave"]);
    let mut text = words.join("  ");
    while draw::text_width(&text) > cols && words.len() > 1 {
        words.pop();
        text = words.join("  ");
    }
    text
}

pub(super) fn layer(core: &Core, view: &View, shown: &Requests) -> Option<Layer> {
    let request = core.requests().find(&shown.id).ok()?;
    let waiting: Vec<&Request> = core.requests().waiting().collect();
    let at = waiting.iter().position(|other| other.id == shown.id)?;
    let (cols, rows) = (box_cols(view.cols), view.rows);
    let (plain, end) = (Style::default(), cols.saturating_sub(2));
    let bold = Style {
        attrs: Attrs::BOLD,
        ..plain
    };
    let title = format!(" Requests {}/{} ", at + 1, waiting.len());
    let frame = Lines::of(0);
    let mut out = frame.draw(cols, rows, &title, plain, plain);
    let lines = text(request, shown, inside(view.cols));
    let (named, room) = (named(core, rows), room(core, rows));
    let mut y = 1;
    for offset in 0..named {
        let other = waiting[(at + offset) % waiting.len()];
        let pane = other.pane.map_or(String::new(), |pane| format!(" %{pane}"));
        let age = age(core.now.unix - other.opened);
        let words = format!("{} {}{pane} {age} {}", other.id, other.agent, other.title);
        let style = if offset == 0 { bold } else { plain };
        if let Some(row) = out.get_mut(y) {
            draw::write_text(row, 2, end, &words, style);
        }
        y += 1;
    }
    if let Some(row) = out.get_mut(y) {
        *row = frame.divider(cols, plain);
    }
    y += 1;
    let top = shown.top.min(lines.len().saturating_sub(room));
    for line in lines.iter().skip(top).take(room) {
        if let Some(row) = out.get_mut(y) {
            draw::write_text(row, 2, end, &line.text, line.style);
        }
        y += 1;
    }
    let foot = usize::from(rows).saturating_sub(3);
    if let Some(row) = out.get_mut(foot) {
        *row = frame.divider(cols, plain);
        let (from, to) = (top + 1, (top + room).min(lines.len()));
        if to - top < lines.len() {
            let part = format!(" {from}-{to} of {} ", lines.len());
            draw::write_text(row, 2, end, &part, bold);
        }
    }
    if let Some(row) = out.get_mut(foot + 1) {
        let words = keys(request, shown, lines.len() > room, end - 2);
        // Of a long reason the end.
        let skip = draw::text_width(&words).saturating_sub(end - 2);
        let words: String = words.chars().skip(usize::from(skip)).collect();
        draw::write_text(row, 2, end, &words, bold);
    }
    let pieces = (0..).zip(out).map(|(y, row)| Piece {
        x: (view.cols - cols) / 2,
        y,
        row,
    });
    Some(Layer {
        pieces: pieces.collect(),
        cursor: None,
        mouse: MouseTracking::Button,
    })
}
