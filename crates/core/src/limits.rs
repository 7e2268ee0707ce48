//! What a pane's program may use and touch: options, which count for the next program that is started there.

use serde::{Deserialize, Serialize};

use crate::Core;
use crate::model::ids::PaneId;

/// Limits of one program and all that it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Memory, bytes (`memory-max`).
    pub memory: Option<u64>,
    /// Processes and threads (`processes-max`).
    pub processes: Option<u64>,
    /// Share of the processor, 1 to 10000 (`cpu-weight`).
    pub weight: Option<u64>,
    /// It may write in its directory alone (`isolate`).
    pub isolation: Option<Isolation>,
}

/// What an isolated program has besides its directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Isolation {
    /// It reaches other hosts.
    pub network: bool,
    /// Directories that it may write to.
    pub writable: Vec<String>,
}

impl Limits {
    /// There are none.
    pub fn is_none(&self) -> bool {
        *self == Limits::default()
    }
}

impl Core {
    /// What the options say of a pane's next program.
    pub(crate) fn limits_of(&self, id: PaneId) -> Limits {
        let chain = self.pane_chain(id);
        let most = |name| {
            u64::try_from(chain.number(name))
                .ok()
                .filter(|number| *number > 0)
        };
        let isolation = match chain.number("isolate") {
            0 => None,
            how => Some(Isolation {
                network: how == 1,
                writable: chain
                    .array("isolate-writable")
                    .into_iter()
                    .filter(|path| !path.is_empty())
                    .collect(),
            }),
        };
        Limits {
            memory: most("memory-max"),
            processes: most("processes-max"),
            weight: most("cpu-weight"),
            isolation,
        }
    }
}
