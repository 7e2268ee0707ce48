//! Whether a client is a person's: outside of all panes, and on a terminal that is none of theirs.
//!
//! What panes and jobs start stays below keeper or anchor, because the anchor is the subreaper of all of them: no session of
//! its own, double fork or terminal of its own (`script`) leads out. Should both be killed, orphans go elsewhere; from
//! then on only who is below a process of another user (sshd, login) that is not the first of all counts as outside.

use outlast_core::Standing;
use outlast_sys::origin::{self, Hidden, Link};
use outlast_sys::process::{self, Identity};
use outlast_sys::{pty, user};
use std::os::fd::AsFd;

use crate::server::Server;

/// What a caller must not come from.
#[derive(Debug, Default)]
struct Inside {
    /// Keeper, anchor, server.
    roots: Vec<u32>,
    /// Controlling terminals of panes, as the kernel counts them.
    terminals: Vec<u32>,
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
    let is_inside = |link: &Link| {
        inside.roots.contains(&link.process.pid)
            || link
                .terminal
                .is_some_and(|terminal| inside.terminals.contains(&terminal))
    };
    if chain.iter().any(is_inside) {
        return Standing::Below;
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
        let terminals = facts
            .values()
            .filter_map(|facts| pty::number(facts.master.as_ref()?.as_fd()))
            .map(origin::pts_device)
            .collect();
        Inside {
            roots,
            terminals,
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
            terminals: vec![PANE],
            intact,
            user: OURS,
        };
        let here = Some(ELSEWHERE);
        let call = |parent| link(40, parent, here, OURS);
        let rows: [(&str, Vec<Link>, bool, Standing); 12] = [
            ("nobody", vec![], true, Standing::Unknown),
            (
                "a shell",
                vec![call(30), shell(10), ssh, first],
                true,
                Standing::Proven,
            ),
            (
                "the first process's",
                vec![call(1), first],
                true,
                Standing::Proven,
            ),
            (
                "of another namespace",
                vec![call(0)],
                true,
                Standing::Proven,
            ),
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
                Standing::Below,
            ),
            (
                "its script(1)",
                vec![call(41), link(41, 21, here, OURS), keeper, anchor, first],
                true,
                Standing::Below,
            ),
            (
                "its orphan",
                vec![call(20), anchor, first],
                true,
                Standing::Below,
            ),
            (
                "adopted",
                vec![call(30), link(30, 1, Some(PANE), OURS), first],
                true,
                Standing::Below,
            ),
            (
                "broken, ssh",
                vec![call(30), shell(10), ssh, first],
                false,
                Standing::Proven,
            ),
            (
                "broken, an orphan",
                vec![call(1), first],
                false,
                Standing::Broken,
            ),
            (
                "broken, a session's",
                vec![call(30), shell(12), link(12, 1, None, OURS), first],
                false,
                Standing::Broken,
            ),
        ];
        for (name, chain, intact, expected) in rows {
            assert_eq!(judge(&chain, &inside(intact)), expected, "{name}");
        }
    }
}
