//! A world that is restarted, and looked at before and after.

use outlast_sim::{Action, Crash, World};

/// Words split at blanks; `~` is a blank within a word.
pub fn words(text: &str) -> Vec<String> {
    text.split(' ').map(|word| word.replace('~', " ")).collect()
}

pub struct Bench {
    pub world: World,
    next: u32,
}

impl Bench {
    pub fn new(world: World) -> Bench {
        Bench {
            world: world.keep(),
            next: 0,
        }
    }

    /// Runs a command line; what it printed.
    pub fn run(&mut self, line: &str) -> String {
        self.next += 1;
        let id = self.next;
        self.world
            .act(&Action::Connect(id, 0, 0, words(line)), Crash::Never);
        let client = self.world.clients.remove(&id).unwrap_or_default();
        let told = client.told.into_iter();
        let said: Vec<(u8, String)> = told
            .map(|(stream, bytes)| (stream, String::from_utf8_lossy(&bytes).into_owned()))
            .collect();
        for (stream, text) in &said {
            assert!(*stream != 2, "{line}: {text}");
        }
        let printed = said.into_iter().filter(|(stream, _)| *stream == 1);
        printed.map(|(_, text)| text).collect()
    }

    /// Until the disk has everything, titles too.
    pub fn settle(&mut self) {
        for _ in 0..13 {
            self.world.act(&Action::Wait(1_000), Crash::Never);
        }
        assert_eq!(self.world.write_due(), None, "all is written");
    }

    pub fn reboot(&mut self) {
        self.settle();
        self.world.reboot();
        self.run("start-server");
    }

    pub fn text(&mut self, pane: u32) -> String {
        self.world.text(pane).unwrap_or_default()
    }
}
