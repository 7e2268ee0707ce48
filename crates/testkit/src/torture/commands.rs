//! Commands, one after the other, each remembered in a model of what the server must know.

use std::collections::BTreeMap;
use std::fs;

use super::Course;
use crate::{Result, Rng, Version, World, at, lock, roles};

/// What the server must know.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Commands that were run.
    pub done: u64,
    /// Windows of session `work` by name: panes.
    pub windows: BTreeMap<String, u64>,
    /// `new-window`s, each of which fired the hook.
    pub created: u64,
    /// What was appended to `@log`.
    pub log: String,
    /// What was appended to buffer `log`.
    pub buffer_log: String,
    /// What was sent to the pane `type:5`.
    pub sent: String,
    /// `@oN`, and those of session `work`.
    pub options: [BTreeMap<u64, String>; 2],
    /// Buffers `bN`.
    pub buffers: BTreeMap<u64, String>,
    /// Variables `TEST_N`, global and of session `work`.
    pub environment: [BTreeMap<u64, String>; 2],
    /// Keys of table `torture`.
    pub bindings: BTreeMap<char, String>,
    /// Hooks `client-attached[N]`.
    pub hooks: BTreeMap<u64, String>,
    /// The session's current window, once chosen.
    pub current: Option<String>,
    /// What shell commands appended to file `ran`, one waiting for the other.
    pub ran: String,
    /// What shell commands in the background appended to file `background`, in any order.
    pub background: Vec<u64>,
    /// What `save-buffer -a` appended to file `saved`.
    pub saved: String,
    /// What `list-keys -T prefix` says.
    pub keys: String,
}

/// What there is to do: how often of all, and what.
type Row<'a> = (u64, fn(&mut Commander<'a>) -> Result<()>);

fn rows<'a>() -> [Row<'a>; 22] {
    [
        (4, Commander::new_window),
        (2, Commander::kill_window),
        (2, Commander::split_window),
        (2, Commander::kill_pane),
        (2, Commander::rename_window),
        (2, Commander::select_window),
        (2, Commander::set_option),
        (1, Commander::set_session_option),
        (4, Commander::append_option),
        (2, Commander::bind),
        (1, Commander::set_hook),
        (2, Commander::set_buffer),
        (2, Commander::append_buffer),
        (2, Commander::set_environment),
        (1, Commander::set_session_environment),
        (3, Commander::send_keys),
        (2, Commander::ask),
        (1, Commander::ask_much),
        (2, Commander::run_shell),
        (1, Commander::run_shell_later),
        (2, Commander::if_shell),
        (1, Commander::files),
    ]
}

/// Runs commands until the course is over.
pub fn run(world: &World, seed: u64, course: &Course, model: &mut Model) -> Result<()> {
    model.windows.insert("first".into(), 1);
    model.keys = world.ok(&["list-keys", "-T", "prefix"])?;
    let mut commander = Commander {
        world,
        rng: Rng::new(seed ^ 0xc0_44a4d5),
        model,
    };
    let rows = rows();
    let total: u64 = rows.iter().map(|(share, _)| share).sum();
    while !course.is_over() {
        let mut drawn = commander.rng.below(total);
        let row = rows
            .iter()
            .find(|(share, _)| match drawn.checked_sub(*share) {
                Some(rest) => {
                    drawn = rest;
                    false
                }
                None => true,
            });
        if let Some((_, act)) = row {
            let mut door = lock(&course.door);
            act(&mut commander)
                .map_err(|error| format!("command {}: {error}", commander.model.done + 1))?;
            *door = commander.model.background.len() as u64;
        }
        commander.model.done += 1;
    }
    Ok(())
}

struct Commander<'a> {
    world: &'a World,
    rng: Rng,
    model: &'a mut Model,
}

impl Commander<'_> {
    /// Runs a command that says nothing.
    fn quiet(&self, words: &[&str]) -> Result<()> {
        match self.world.ok(words)? {
            text if text.is_empty() => Ok(()),
            text => Err(format!("{words:?} said {text:?}")),
        }
    }

    /// The name of what this command makes.
    fn name(&self) -> String {
        format!("w{}", self.model.done)
    }

    /// One of the windows that came and go.
    fn some_window(&mut self) -> Option<String> {
        let windows = self.model.windows.keys().filter(|name| *name != "first");
        let windows: Vec<String> = windows.cloned().collect();
        windows
            .get(self.rng.below(windows.len() as u64) as usize)
            .cloned()
    }

    fn path(&self, name: &str) -> String {
        self.world.dir().join(name).to_string_lossy().into_owned()
    }

    fn new_window(&mut self) -> Result<()> {
        if self.model.windows.len() < 13 {
            let name = self.name();
            self.quiet(&["new-window", "-d", "-t", "work:", "-n", &name, "exec cat"])?;
            self.model.windows.insert(name, 1);
            self.model.created += 1;
        }
        Ok(())
    }

    fn kill_window(&mut self) -> Result<()> {
        if let Some(window) = self.some_window()
            && self.model.windows.len() > 5
            && self.model.current.as_ref() != Some(&window)
        {
            self.quiet(&["kill-window", "-t", &format!("=work:={window}")])?;
            self.model.windows.remove(&window);
        }
        Ok(())
    }

    fn split_window(&mut self) -> Result<()> {
        if let Some(window) = self.some_window()
            && self.model.windows[&window] < 3
        {
            let target = format!("=work:={window}.0");
            self.quiet(&["split-window", "-d", "-t", &target, "exec cat"])?;
            *self.model.windows.entry(window).or_default() += 1;
        }
        Ok(())
    }

    fn kill_pane(&mut self) -> Result<()> {
        if let Some(window) = self.some_window()
            && self.model.windows[&window] > 1
        {
            self.quiet(&["kill-pane", "-t", &format!("=work:={window}.1")])?;
            *self.model.windows.entry(window).or_default() -= 1;
        }
        Ok(())
    }

    fn rename_window(&mut self) -> Result<()> {
        if let Some(window) = self.some_window() {
            let name = self.name();
            self.quiet(&["rename-window", "-t", &format!("=work:={window}"), &name])?;
            let panes = self.model.windows.remove(&window).unwrap_or(1);
            self.model.windows.insert(name.clone(), panes);
            if self.model.current.as_ref() == Some(&window) {
                self.model.current = Some(name);
            }
        }
        Ok(())
    }

    fn select_window(&mut self) -> Result<()> {
        if let Some(window) = self.some_window() {
            self.quiet(&["select-window", "-t", &format!("=work:={window}")])?;
            self.model.current = Some(window);
        }
        Ok(())
    }

    fn set_option(&mut self) -> Result<()> {
        let (key, text) = (self.rng.below(8), format!("value {}", self.model.done));
        self.quiet(&["set-option", "-g", &format!("@o{key}"), &text])?;
        self.model.options[0].insert(key, text);
        Ok(())
    }

    fn set_session_option(&mut self) -> Result<()> {
        let (key, text) = (self.rng.below(8), format!("own {}", self.model.done));
        self.quiet(&["set-option", "-t", "work", &format!("@o{key}"), &text])?;
        self.model.options[1].insert(key, text);
        Ok(())
    }

    fn append_option(&mut self) -> Result<()> {
        let text = format!("{} ", self.model.done);
        self.quiet(&["set-option", "-ag", "@log", &text])?;
        self.model.log += &text;
        Ok(())
    }

    fn bind(&mut self) -> Result<()> {
        let (key, name) = ((b'a' + self.rng.below(20) as u8) as char, self.name());
        let words = [
            "bind-key",
            "-T",
            "torture",
            &key.to_string(),
            "display-message",
            &name,
        ];
        self.quiet(&words)?;
        self.model.bindings.insert(key, name);
        Ok(())
    }

    fn set_hook(&mut self) -> Result<()> {
        let (key, name) = (self.rng.below(8), self.name());
        let command = format!("set-option -g @attached {name}");
        self.quiet(&[
            "set-hook",
            "-g",
            &format!("client-attached[{key}]"),
            &command,
        ])?;
        self.model.hooks.insert(key, command);
        Ok(())
    }

    fn set_buffer(&mut self) -> Result<()> {
        let (key, text) = (self.rng.below(8), format!("text {}", self.model.done));
        self.quiet(&["set-buffer", "-b", &format!("b{key}"), &text])?;
        self.model.buffers.insert(key, text);
        Ok(())
    }

    fn append_buffer(&mut self) -> Result<()> {
        let text = format!("{} ", self.model.done);
        self.quiet(&["set-buffer", "-a", "-b", "log", &text])?;
        self.model.buffer_log += &text;
        Ok(())
    }

    fn set_environment(&mut self) -> Result<()> {
        let (key, name) = (self.rng.below(8), self.name());
        self.quiet(&["set-environment", "-g", &format!("TEST_{key}"), &name])?;
        self.model.environment[0].insert(key, name);
        Ok(())
    }

    fn set_session_environment(&mut self) -> Result<()> {
        let (key, name) = (self.rng.below(8), self.name());
        self.quiet(&[
            "set-environment",
            "-t",
            "work",
            &format!("TEST_{key}"),
            &name,
        ])?;
        self.model.environment[1].insert(key, name);
        Ok(())
    }

    fn send_keys(&mut self) -> Result<()> {
        let text = format!("{} ", self.model.done);
        self.quiet(&["send-keys", "-t", "type:5", "-l", &text])?;
        self.model.sent += &text;
        Ok(())
    }

    /// A question, whose answer must be whole.
    fn ask(&mut self) -> Result<()> {
        let words = ["list-windows", "-t", "work", "-F", "#{window_name}"];
        let text = self.world.ok(&words)?;
        let mut seen: Vec<&str> = text.lines().collect();
        seen.sort_unstable();
        let wanted: Vec<&str> = self.model.windows.keys().map(String::as_str).collect();
        if seen != wanted {
            return Err(format!("windows are {seen:?} and should be {wanted:?}"));
        }
        Ok(())
    }

    /// An answer of many lines.
    fn ask_much(&mut self) -> Result<()> {
        let text = self.world.ok(&["list-keys", "-T", "prefix"])?;
        if text != self.model.keys {
            return Err(format!("list-keys says {text:?}"));
        }
        Ok(())
    }

    /// A command that waits for a program: it runs once, what it says is said once.
    fn run_shell(&mut self) -> Result<()> {
        let n = self.model.done;
        let file = roles::quote(&self.path("ran"));
        // An older tmux shows what it says in a pane.
        let says = self.world.binary().version >= Version(3, 4, ' ');
        let (say, wanted) = match says {
            true => (format!("; echo said {n}"), format!("said {n}\n")),
            false => (String::new(), String::new()),
        };
        let said = self
            .world
            .ok(&["run-shell", &format!("echo {n} >> {file}{say}")])?;
        if said != wanted {
            return Err(format!("run-shell {n} printed {said:?}"));
        }
        self.model.ran += &format!("{n}\n");
        Ok(())
    }

    /// Nobody waits for it.
    fn run_shell_later(&mut self) -> Result<()> {
        let n = self.model.done;
        let delay = format!("0.{}", self.rng.below(4));
        let command = format!("echo {n} >> {}", roles::quote(&self.path("background")));
        self.quiet(&["run-shell", "-b", "-d", &delay, &command])?;
        self.model.background.push(n);
        Ok(())
    }

    fn if_shell(&mut self) -> Result<()> {
        let text = format!("if {} ", self.model.done);
        let (yes, no) = (
            format!("set-option -ag @log '{text}'"),
            "set-option -g @log wrong",
        );
        if self.rng.one_in(2) {
            self.quiet(&["if-shell", "true", &yes, no])?;
        } else {
            self.quiet(&["if-shell", "false", no, &yes])?;
        }
        self.model.log += &text;
        Ok(())
    }

    /// Into a file, at its end, and out of another.
    fn files(&mut self) -> Result<()> {
        let text = format!("{} ", self.model.done);
        self.quiet(&["set-buffer", "-b", "out", &text])?;
        self.quiet(&["save-buffer", "-a", "-b", "out", &self.path("saved")])?;
        self.model.saved += &text;
        let file = self.path("load");
        at(fs::write(&file, &text), "load")?;
        self.quiet(&["load-buffer", "-b", "in", &file])?;
        let read = self.world.ok(&["show-buffer", "-b", "in"])?;
        if read != text {
            return Err(format!("load-buffer of {text:?} gives {read:?}"));
        }
        Ok(())
    }
}
