//! Key tables: what a key is bound to.

use outlast_term::keys::mouse::MouseKind;
use outlast_term::keys::{Code, Input, Key, Mods};

use super::pane;
use crate::mode::front;
use crate::model::ids::{ClientId, PaneId};
use crate::model::{Binding, Pane};
use crate::options::Chain;
use crate::{Core, MouseEvent};

/// The table that the session gives its clients.
fn default_table(core: &Core, client: ClientId) -> String {
    let session = core
        .model
        .clients
        .get(&client)
        .and_then(|client| client.state.session);
    let name = core.session_chain(session).text("key-table");
    if name.is_empty() {
        "root".to_string()
    } else {
        name
    }
}

/// The table of the mode that a pane is in.
pub(super) fn mode_table(core: &Core, pane: PaneId) -> Option<&'static str> {
    let pane = core.model.panes.get(&pane)?;
    if pane.state.front.is_some() {
        return None;
    }
    pane.state.mode.as_ref()?;
    let vi = core.window_chain(pane.state.window).number("mode-keys") == 1;
    Some(if vi { "copy-mode-vi" } else { "copy-mode" })
}

/// The binding of a key in a table, with the key's name.
pub(crate) fn binding(core: &Core, table: &str, key: Key) -> Option<(String, Binding)> {
    let table = core.model.tables.get(table)?;
    // Shift and Tab is BTab to us; who binds it may call it S-Tab.
    let other = (key.code == Code::BackTab).then(|| Key {
        code: Code::Tab,
        mods: key.mods.with(Mods::SHIFT),
    });
    [Some(key), other].into_iter().flatten().find_map(|key| {
        let name = outlast_lang::key::name(key);
        let binding = table.bindings.get(&name)?.clone();
        Some((name, binding))
    })
}

/// Sets the table that the next key is looked up in; None is the session's.
fn set_table(core: &mut Core, client: ClientId, table: Option<&str>) {
    let now = core.now.ms;
    if let Some(client) = core.model.clients.get_mut(&client)
        && client.state.key_table.as_deref() != table
    {
        client.state.key_table = table.map(str::to_string);
        client.state.keys.table_since_ms = now;
        client.state.keys.laid = false;
        client.stale = true;
    }
}

fn is_repeating(core: &Core, client: ClientId) -> bool {
    core.model
        .clients
        .get(&client)
        .is_some_and(|client| client.state.repeat_until_ms.is_some())
}

fn stop_repeating(core: &mut Core, client: ClientId) {
    if let Some(client) = core.model.clients.get_mut(&client)
        && client.state.repeat_until_ms.is_some()
    {
        client.state.repeat_until_ms = None;
    }
}

/// The keys that `prefix` and `prefix2` name.
fn prefixes(chain: &Chain<'_>) -> impl Iterator<Item = Key> {
    ["prefix", "prefix2"]
        .map(|name| outlast_lang::key::parse(&chain.text(name)))
        .into_iter()
        .flatten()
        .filter(|key| key.code != Code::None)
}

/// Keys at the head of what was typed that nothing but the pane's program can want, forwarded as one: a paste without
/// brackets is a key for each byte. How many they were; of the next one nothing is known.
pub(super) fn run(core: &mut Core, client: ClientId, inputs: &[Input]) -> usize {
    if inputs.is_empty() {
        return 0;
    }
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return 0;
    };
    let own_table = state.key_table.is_some() || state.repeat_until_ms.is_some();
    let over = state.prompt.is_some() || state.message.is_some() || state.overlay.is_some();
    if !state.attached || core.is_read_only(client) || own_table || over {
        return 0;
    }
    let Some(pane) = core.pane_of(client) else {
        return 0;
    };
    let free = |pane: &Pane| !pane.state.in_mode() && pane.state.dead.is_none();
    if !core.model.panes.get(&pane).is_some_and(free) {
        return 0;
    }
    let Some(table) = core.model.tables.get(&default_table(core, client)) else {
        return 0;
    };
    if table.bindings.contains_key("Any") {
        return 0;
    }
    // Options hold keys by the names that they have in tables: nothing needs to be parsed for each key.
    let chain = core.session_chain(state.session);
    let prefixes = ["prefix", "prefix2"].map(|name| chain.text(name));
    let is_free = |key: &Key| {
        let name = outlast_lang::key::name(*key);
        !prefixes.contains(&name) && !table.bindings.contains_key(&name)
    };
    let keys: Vec<Key> = inputs
        .iter()
        .map_while(|input| match input {
            Input::Key(key) => Some(*key),
            _ => None,
        })
        .take_while(|key| matches!(key.code, Code::Char(_)) && is_free(key))
        .collect();
    if keys.is_empty() || !core.holds_back(client, pane) {
        pane::send_keys(core, pane, &keys);
        core.passing.passed += keys.len();
    }
    keys.len()
}

/// Handles a key that no prompt took. `mouse` is its event if it is a mouse key.
pub(super) fn handle(core: &mut Core, client: ClientId, key: Key, mouse: Option<MouseEvent>) {
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return;
    };
    let session = state.session;
    let chain = core.session_chain(session);
    let is_mouse = matches!(key.code, Code::Mouse(_));
    let own = crate::draw::context(core, client, None).pane;
    let pane = mouse.as_ref().and_then(|mouse| mouse.pane).or(own);
    if is_mouse && !chain.flag("mouse") {
        return forward(core, client, pane, key, mouse);
    }
    let prefixes: Vec<Key> = prefixes(&chain).collect();
    let root = default_table(core, client);
    let current = state.key_table.clone().unwrap_or_else(|| root.clone());
    let mut table = match pane.and_then(|pane| mode_table(core, pane)) {
        Some(mode) if current == root => mode.to_string(),
        _ => current,
    };
    let mut first = table.clone();
    let was_repeating = is_repeating(core, client);
    // Each round looks in another table and none comes twice; the bound is for the reader's peace.
    for _ in 0..4 {
        if prefixes.contains(&key) && table != "prefix" {
            set_table(core, client, Some("prefix"));
            return;
        }
        let any = Key::plain(Code::Any);
        let found = binding(core, &table, key).or_else(|| binding(core, &table, any));
        let repeats = found.as_ref().is_some_and(|(_, binding)| binding.repeat);
        if table == "prefix"
            && prefix_expired(core, client)
            && !(repeats && is_repeating(core, client))
        {
            set_table(core, client, None);
            table = root.clone();
            first = root.clone();
            continue;
        }
        if let Some((found, binding)) = found {
            if is_repeating(core, client) && !binding.repeat {
                set_table(core, client, None);
                stop_repeating(core, client);
                table = root.clone();
                first = root.clone();
                continue;
            }
            let led = core.is_led(client, &table, key);
            let time = repeat_time(core, client, &found, &binding);
            if time != 0 {
                let until = core.now.ms + time;
                if let Some(client) = core.model.clients.get_mut(&client) {
                    client.state.repeat_until_ms = Some(until);
                    client.state.keys.last_key = Some(found.clone());
                    client.stale = true;
                }
            } else {
                stop_repeating(core, client);
                set_table(core, client, None);
            }
            let trusted = core.is_trusted(&table, &found, &binding);
            let name = outlast_lang::key::name(key);
            let list = binding.commands.list();
            return core.run_key(client, &name, &list, mouse, trusted, led);
        }
        if matches!(key.code, Code::Mouse(mouse) if mouse.kind == MouseKind::Move) {
            return forward(core, client, pane, key, mouse);
        }
        if table != root || is_repeating(core, client) {
            set_table(core, client, None);
            if is_repeating(core, client) {
                first = root.clone();
                stop_repeating(core, client);
            }
            table = root.clone();
            continue;
        }
        break;
    }
    if first != table && !was_repeating {
        set_table(core, client, None);
        return;
    }
    forward(core, client, pane, key, mouse);
}

/// prefix-timeout has passed since the prefix.
fn prefix_expired(core: &Core, client: ClientId) -> bool {
    let timeout = core.server_chain().number("prefix-timeout").max(0) as u64;
    let since = core
        .model
        .clients
        .get(&client)
        .map_or(0, |client| client.state.keys.table_since_ms);
    timeout != 0 && core.now.ms > since + timeout
}

fn repeat_time(core: &Core, client: ClientId, name: &str, binding: &Binding) -> u64 {
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return 0;
    };
    let chain = core.session_chain(state.session);
    let time = chain.number("repeat-time").max(0) as u64;
    if !binding.repeat || time == 0 {
        return 0;
    }
    let initial = chain.number("initial-repeat-time").max(0) as u64;
    let again = state.repeat_until_ms.is_some() && state.keys.last_key.as_deref() == Some(name);
    if !again && initial != 0 {
        initial
    } else {
        time
    }
}

/// An unbound key goes to the pane's program.
fn forward(
    core: &mut Core,
    client: ClientId,
    pane: Option<PaneId>,
    key: Key,
    mouse: Option<MouseEvent>,
) {
    let Some(pane) = pane else { return };
    let is_mouse = matches!(key.code, Code::Mouse(_));
    let Some(state) = core.model.panes.get(&pane).map(|pane| &pane.state) else {
        return;
    };
    if state.dead.is_some()
        && state.front.is_none()
        && !is_mouse
        && core.pane_chain(pane).number("remain-on-exit") == 3
    {
        if let Ok(commands) = core.parse_commands(&format!("kill-pane -t {pane}")) {
            core.run_binding(client, "", &commands, None, false);
        }
        return;
    }
    if super::is_read_only(core, client) {
        return;
    }
    let covered = core
        .model
        .panes
        .get(&pane)
        .is_some_and(|pane| pane.state.in_mode());
    let focus = matches!(key.code, Code::FocusIn | Code::FocusOut);
    let moves = matches!(key.code, Code::Mouse(mouse) if mouse.kind == MouseKind::Move);
    if !covered && !focus && !moves && core.holds_back(client, pane) {
        return;
    }
    match mouse {
        Some(mouse) => pane::mouse_to_pane(core, Some(client), pane, &mouse),
        None if matches!(key.code, Code::FocusIn | Code::FocusOut) => {}
        None if front::key(core, Some(client), pane, key, None) => {}
        None => {
            let mods = Mods(key.mods.0);
            pane::send_key(core, pane, Key { mods, ..key });
            core.passing.passed += 1;
        }
    }
}
