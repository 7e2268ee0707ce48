//! The stage of real programs: a throw-away world around outlast or a tmux.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::play::Stage;
use crate::world::{patience, status_code};
use crate::{Binary, Client, Output, Picture, Result, World, proc};

/// A world and its clients.
pub struct RealStage {
    // Clients go before the world: the world then finds nothing left of them.
    clients: BTreeMap<String, Client>,
    world: World,
    tried: Instant,
}

impl RealStage {
    /// Around a binary.
    pub fn new(binary: &Binary) -> Result<RealStage> {
        Ok(RealStage {
            clients: BTreeMap::new(),
            world: World::new(binary)?,
            tried: Instant::now(),
        })
    }

    fn get(&mut self, name: &str) -> Result<&mut Client> {
        self.clients
            .get_mut(name)
            .ok_or_else(|| format!("no client {name}"))
    }
}

impl Stage for RealStage {
    fn places(&self) -> Vec<(&'static str, String)> {
        let (short, host) = proc::host();
        vec![
            ("<SOCKET>", self.world.socket()),
            (
                "<SOCKETS>",
                self.world.socket().trim_end_matches("/default").to_string(),
            ),
            ("<HOME>", self.world.home().to_string_lossy().into_owned()),
            ("<DIR>", self.world.dir().to_string_lossy().into_owned()),
            ("<VERSION>", self.world.binary().version.to_string()),
            ("<HOST>", host),
            ("<SHORTHOST>", short),
            ("<UID>", rustix::process::getuid().as_raw().to_string()),
        ]
    }

    fn command(&mut self, words: &[String]) -> Result<Output> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut output = self.world.tmux(&words)?;
        // Real tmux loses a race of its own now and then, when one server ends while the next is asked for. Ours may not.
        let real = !self.world.binary().is_outlast;
        for _ in 0..3 {
            if !real || output.status == 0 || output.stderr != "server exited unexpectedly\n" {
                break;
            }
            output = self.world.tmux(&words)?;
        }
        Ok(output)
    }

    fn shell(&mut self, line: &str) -> Result<Output> {
        self.world.run(&["sh".into(), "-c".into(), line.into()])
    }

    fn again(&mut self, tries: u32) -> bool {
        if tries == 1 {
            self.tried = Instant::now();
        }
        if self.tried.elapsed() > patience() {
            return false;
        }
        // Nothing says when another process has done something; the command is asked again.
        std::thread::sleep(Duration::from_millis(10));
        true
    }

    fn file(&mut self, name: &str, text: &str) -> Result<()> {
        self.world.write(name, text)
    }

    fn env(&mut self, name: &str, value: Option<&str>) {
        self.world.set_env(name, value);
    }

    fn client(&mut self, name: &str, size: (u16, u16), words: &[String]) -> Result<()> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let client = self.world.client(size.0, size.1, &words)?;
        self.clients.insert(name.into(), client);
        Ok(())
    }

    fn input(&mut self, client: &str, bytes: &[u8]) -> Result<()> {
        // A person's fingers: closer together than `assume-paste-time` (1 ms) it would be a paste.
        std::thread::sleep(Duration::from_millis(3));
        self.get(client)?.write(bytes)
    }

    fn resize(&mut self, client: &str, size: (u16, u16)) -> Result<()> {
        self.get(client)?.resize(size.0, size.1)
    }

    fn signal(&mut self, client: &str, what: &str) -> Result<()> {
        let signal = match what {
            "hangup" => Signal::HUP,
            "kill" => Signal::KILL,
            "stop" => Signal::STOP,
            "continue" => Signal::CONT,
            _ => Signal::TERM,
        };
        self.get(client)?.signal(signal)
    }

    fn cut(&mut self, client: &str) -> Result<()> {
        self.get(client)?.cut();
        Ok(())
    }

    fn picture(&mut self, client: &str) -> Result<Picture> {
        Ok(self.get(client)?.picture())
    }

    fn wait(&mut self, client: &str, done: &mut dyn FnMut(&Picture) -> bool) -> Result<Picture> {
        self.get(client)?.wait_picture(patience(), done)
    }

    fn settle(&mut self, client: &str) {
        if let Ok(client) = self.get(client) {
            client.wait_quiet(Duration::from_millis(400), Duration::from_secs(3));
        }
    }

    fn end(&mut self, client: &str) -> Result<i32> {
        self.get(client)?.wait_end(patience()).map(status_code)
    }

    fn kill_server(&mut self) -> Result<()> {
        let pid = self.world.server_pid()?;
        proc::signal(pid, Signal::KILL)?;
        proc::wait_exit(pid, patience())
    }
}
