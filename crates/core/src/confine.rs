//! `confine`: what is started in a pane may do nothing to others.
//!
//! The commands of a client that is below such a pane are those of [`OWN`], and their target is that pane. From where a client
//! is below panes, but of which cannot be told (it has left session and terminal), it counts as confined as soon as any
//! pane is.

use crate::Core;
use crate::commands::Ctx;
use crate::model::ids::{ClientId, PaneId};
use crate::proof::Standing;

/// Commands that a confined pane may give itself, a flag that they need and flags that they must not have (' ': none).
const OWN: &[(&str, char, &str)] = &[
    ("agent-hook", ' ', ""),
    ("capture-pane", 'p', "b"),
    ("clear-history", ' ', ""),
    ("copy-mode", ' ', "s"),
    ("display-message", 'p', "cI"),
    ("kill-pane", ' ', "a"),
    ("list-commands", ' ', ""),
    ("pipe-pane", ' ', ""),
    ("respawn-pane", ' ', ""),
    ("send-keys", ' ', "Kc"),
    ("set-option", 'p', ""),
    ("show-options", ' ', ""),
    ("wait-for", ' ', ""),
];

/// Options that only a person, or somebody outside of all panes, changes.
const PROTECTED: &[&str] = &["confine"];

/// Whose client this is.
enum Confined {
    /// Nobody's who is confined.
    No,
    /// A pane's.
    To(PaneId),
    /// One pane's or another's.
    Unknown,
}

impl Core {
    fn confined(&self, client: Option<ClientId>) -> Confined {
        let Some(Standing::Below(pane)) = client.and_then(|id| self.standing(id)) else {
            return Confined::No;
        };
        let confines = |pane: PaneId| self.pane_chain(pane).flag("confine");
        match pane.filter(|pane| self.model.panes.contains_key(pane)) {
            Some(pane) if confines(pane) => Confined::To(pane),
            Some(_) => Confined::No,
            None if self.model.panes.keys().any(|pane| confines(*pane)) => Confined::Unknown,
            None => Confined::No,
        }
    }
}

/// Whether a command may be run by who asks for it. Its targets have been found.
///
/// # Errors
/// Who asks is confined to a pane, and this is none of its own affairs.
pub(crate) fn check(ctx: &Ctx<'_>) -> Result<(), String> {
    let own = match ctx.core.confined(ctx.asked) {
        Confined::No => return Ok(()),
        Confined::Unknown => {
            return Err("a pane is confined, and which pane this comes from cannot be told".into());
        }
        Confined::To(pane) => pane,
    };
    let row = OWN.iter().find(|(name, ..)| *name == ctx.row.name);
    let allowed = row.is_some_and(|(_, needed, refused)| {
        (*needed == ' ' || ctx.has(*needed)) && !refused.chars().any(|flag| ctx.has(flag))
    });
    let targets = [(ctx.row.target, &ctx.target), (ctx.row.source, &ctx.source)];
    let at_home = targets
        .iter()
        .all(|(target, found)| target.is_none() || found.pane == Some(own));
    if allowed && at_home {
        return Ok(());
    }
    Err(format!(
        "{} is refused: {own} is confined to itself",
        ctx.row.name
    ))
}

/// Whether an option may be set by who asks for it.
///
/// # Errors
/// Not by this one.
pub(crate) fn may_set(ctx: &Ctx<'_>, name: &str) -> Result<(), String> {
    if !PROTECTED.contains(&name) || ctx.may_bind() {
        return Ok(());
    }
    match ctx.asked.and_then(|id| ctx.core.standing(id)) {
        // It has no proof because it has no terminal: a script outside.
        Some(Standing::NoTerminal) => Ok(()),
        _ => ctx
            .proof()
            .map(|_| ())
            .map_err(|why| format!("{name}: {why}")),
    }
}
