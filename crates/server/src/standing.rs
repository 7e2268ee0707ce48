//! Whether a client is a person's: outside of all panes, and on a terminal that is none of theirs.
//!
//! What panes and jobs start stays below keeper or anchor, because the anchor is the subreaper of all of them: no session of
//! its own, double fork or terminal of its own (`script`) leads out. Should both be killed, orphans go elsewhere; from
//! then on only who is below a process of another user (sshd, login) that is not the first of all counts as outside.

use outlast_core::{PaneId, Standing};
use outlast_sys::origin::{self, Hidden, Link};
use outlast_sys::process::{self, Identity};
use outlast_sys::{pty, user};
use std::os::fd::AsFd;

use crate::probe::PaneFacts;
use crate::server::Server;

/// What a caller must not come from.
#[derive(Debug, Default)]
struct Inside {
    /// Keeper, anchor, server.
    roots: Vec<u32>,
    /// Panes, the numbers of their programs (0: none) and their terminals as the kernel counts them.
    panes: Vec<(PaneId, u32, Option<u32>)>,
    /// Nothing below a pane has ever left the tree.
    intact: bool,
    /// Our user.
    user: u32,
}

/// Where a caller is that has these ancestors, itself first.
fn judge(chain: &[Link], inside: &Inside) -> Standing {
    let Some(caller) = chain.first() else {
        return Standing::Unknown;
    };
    let pane_of = |link: &Link| {
        let mut panes = inside.panes.iter();
        let found = panes.find(|(_, pid, terminal)| {
            *pid == link.process.pid || (terminal.is_some() && *terminal == link.terminal)
        });
        found.map(|(pane, ..)| *pane)
    };
    let pane = chain.iter().find_map(pane_of);
    let is_root = |link: &Link| inside.roots.contains(&link.process.pid);
    if pane.is_some() || chain.iter().any(is_root) {
        return Standing::Below(pane);
    }
    // The oldest of all adopts whom nobody else does.
    let another =
        |link: &Link| link.parent != 0 && link.user.is_some_and(|user| user != inside.user);
    if !inside.intact && !chain.iter().any(another) {
        return Standing::Broken;
    }
    match caller.terminal {
        Some(_) => Standing::Proven,
        None => Standing::NoTerminal,
    }
}

impl Server {
    /// Where the caller on this connection is, by what the kernel says now.
    pub(crate) fn standing(&mut self, token: u64) -> Standing {
        let Some(connection) = self.calls.get_mut(token) else {
            return Standing::Unknown;
        };
        let chain = match connection.origin() {
            Ok(chain) => chain,
            Err(Hidden::Gone | Hidden::Ancestor) => return Standing::Unknown,
        };
        judge(&chain, &self.inside())
    }

    fn inside(&mut self) -> Inside {
        /// Name of an anchor.
        const ANCHOR: &[u8] = b"outlast-anchor";
        let keeper = self.link.keeper_pid();
        let parent = process::parent(keeper)
            .filter(|parent| process::comm(*parent).is_some_and(|name| name == ANCHOR));
        // One that came later has not seen all.
        let first = parent
            .and_then(Identity::of)
            .is_none_or(|anchor| self.core.know_anchor((anchor.pid, anchor.started)));
        let known = self.core.anchor();
        let lives = known.is_some_and(|(pid, started)| Identity { pid, started }.lives());
        let mut roots = vec![process::own_pid()];
        roots.extend([keeper].into_iter().filter(|pid| *pid > 1));
        roots.extend(parent);
        roots.extend(known.filter(|_| lives).map(|(pid, _)| pid));
        let facts = self.facts.borrow();
        let terminal = |facts: &PaneFacts| pty::number(facts.master.as_ref()?.as_fd());
        let panes = facts
            .iter()
            .map(|(pane, facts)| (*pane, facts.pid, terminal(facts).map(origin::pts_device)))
            .collect();
        Inside {
            roots,
            panes,
            intact: first && lives,
            user: user::own_uid(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: u32 = 1000;
    const PANE: u32 = 0x8803;
    const ELSEWHERE: u32 = 0x8809;

    fn link(pid: u32, parent: u32, terminal: Option<u32>, user: u32) -> Link {
        let process = Identity { pid, started: 7 };
        let user = Some(user);
        Link {
            process,
            parent,
            terminal,
            user,
        }
    }

    #[test]
    fn who_is_a_person_s() {
        let first = link(1, 0, None, 0);
        let anchor = link(20, 1, None, OURS);
        let keeper = link(21, 20, None, OURS);
        let ssh = link(10, 1, None, 0);
        let shell = |parent| link(30, parent, Some(ELSEWHERE), OURS);
        let inside = |intact| Inside {
            roots: vec![22, 21, 20],
            panes: vec![(PaneId(3), 45, Some(PANE)), (PaneId(4), 0, None)],
            intact,
            user: OURS,
        };
        let here = Some(ELSEWHERE);
        let call = |parent| link(40, parent, here, OURS);
        let pane = Some(PaneId(3));
        let (broken, from_pane) = (Standing::Broken, Standing::Below(pane));
        let proven = Standing::Proven;
        let ours = link(12, 1, None, OURS);
        let rows: [(&str, Vec<Link>, bool, Standing); 13] = [
            ("nobody", vec![], true, Standing::Unknown),
            (
                "a shell",
                vec![call(30), shell(10), ssh, first],
                true,
                proven,
            ),
            ("the first's", vec![call(1), first], true, proven),
            ("another namespace's", vec![call(0)], true, proven),
            (
                "no terminal",
                vec![link(40, 10, None, OURS), ssh, first],
                true,
                Standing::NoTerminal,
            ),
            (
                "a pane",
                vec![link(40, 21, Some(PANE), OURS), keeper, anchor, first],
                true,
                from_pane,
            ),
            (
                "script(1)",
                vec![call(45), link(45, 21, None, OURS), keeper, anchor, first],
                true,
                from_pane,
            ),
            (
                "a job",
                vec![call(46), link(46, 21, None, OURS), keeper, anchor, first],
                true,
                Standing::Below(None),
            ),
            (
                "its orphan",
                vec![call(20), anchor, first],
                true,
                Standing::Below(None),
            ),
            (
                "adopted",
                vec![call(30), link(30, 1, Some(PANE), OURS), first],
                true,
                from_pane,
            ),
            (
                "broken, ssh",
                vec![call(30), shell(10), ssh, first],
                false,
                proven,
            ),
            ("broken, an orphan", vec![call(1), first], false, broken),
            (
                "broken, a session's",
                vec![call(30), shell(12), ours, first],
                false,
                broken,
            ),
        ];
        for (name, chain, intact, expected) in rows {
            assert_eq!(judge(&chain, &inside(intact)), expected, "{name}");
        }
    }
}
