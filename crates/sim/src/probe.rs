//! The operating system as the core sees it, made up.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use outlast_core::PaneId;
use outlast_core::probe::{Probe, Running, ServerFacts};
use outlast_core::run::tree::Process;
use outlast_lang::format::Time;
use outlast_term::history::{BLOCK_LEN, Blocks};

use crate::outside::Around;

/// History blocks of all panes: what lives in memory files in the real world.
pub type Store = Rc<RefCell<BTreeMap<u32, BTreeMap<u64, Box<[u8]>>>>>;

/// Blocks of one pane. A crash drops the core, and dropping puts the bytes back into the store as they are at that
/// instant, checkpoint or not.
struct SimBlocks {
    pane: u32,
    blocks: BTreeMap<u64, Box<[u8]>>,
    store: Store,
}

impl Blocks for SimBlocks {
    fn get_mut(&mut self, n: u64) -> &mut [u8] {
        self.blocks
            .entry(n)
            .or_insert_with(|| vec![0; BLOCK_LEN].into_boxed_slice())
    }
    fn get(&self, n: u64) -> &[u8] {
        self.blocks.get(&n).map_or(&[], |b| b)
    }
    fn release_below(&mut self, n: u64) {
        self.blocks = self.blocks.split_off(&n);
    }
}

impl Drop for SimBlocks {
    fn drop(&mut self) {
        self.store
            .borrow_mut()
            .insert(self.pane, std::mem::take(&mut self.blocks));
    }
}

/// A probe whose answers a crash does not change.
#[derive(Clone)]
pub struct SimProbe {
    store: Store,
    around: Around,
}

impl SimProbe {
    /// A probe that takes history blocks from `store` and all else from `around`.
    pub fn new(store: &Store, around: &Around) -> SimProbe {
        SimProbe {
            store: store.clone(),
            around: around.clone(),
        }
    }
}

/// Users that every machine has, with their numbers.
const USERS: [(&str, u32); 2] = [("root", 0), ("daemon", 1)];

impl Probe for SimProbe {
    fn user_id(&self, name: &str) -> Option<u32> {
        let found = USERS.iter().find(|(known, _)| *known == name)?;
        Some(found.1)
    }
    fn user_name(&self, uid: u32) -> Option<String> {
        let found = USERS.iter().find(|(_, number)| *number == uid)?;
        Some(found.0.to_string())
    }
    fn foreground_command(&self, pane: PaneId) -> Option<String> {
        self.around.borrow().foreground(pane)
    }
    fn working_directory(&self, pane: PaneId) -> Option<String> {
        self.around.borrow().directory(pane)
    }
    fn local_time(&self, unix: i64) -> Time {
        Time {
            unix,
            offset: 0,
            zone: *b"UTC\0\0\0\0\0",
        }
    }
    fn host(&self) -> String {
        self.around.borrow().host()
    }
    fn home(&self, _: Option<&str>) -> Option<String> {
        Some(self.around.borrow().home())
    }
    fn shell(&self) -> String {
        self.around.borrow().shell()
    }
    fn server(&self) -> ServerFacts {
        self.around.borrow().server()
    }
    fn is_directory(&self, _: &str) -> bool {
        true
    }
    fn glob(&self, pattern: &str) -> Vec<String> {
        self.around.borrow().glob(pattern)
    }
    fn records(&self, _: bool) -> Option<String> {
        self.around.borrow().records()
    }
    fn running(&self, pane: PaneId) -> Option<Running> {
        self.around.borrow().running(pane)
    }
    fn processes(&self) -> Vec<Process> {
        self.around.borrow().processes()
    }
    fn started(&self, pid: u32) -> Option<u64> {
        let all = self.processes();
        let found = all.iter().find(|process| process.pid == pid);
        found.map(|process| process.started)
    }
    fn blocks(&self, pane: PaneId) -> Box<dyn Blocks> {
        let blocks = self.store.borrow_mut().remove(&pane.0).unwrap_or_default();
        Box::new(SimBlocks {
            pane: pane.0,
            blocks,
            store: self.store.clone(),
        })
    }
}
