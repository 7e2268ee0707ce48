//! The world before the torture: sessions, panes and clients, and what is remembered of them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Plan;
use super::builds::{self, Builds};
use super::faults::{Need, TABLE};
use super::strikes::poison;
use crate::world::patience;
use crate::{Binary, Client, Result, World, proc, roles};

/// Size of the full-screen program's window.
pub const PAINT: (u16, u16) = (80, 24);
/// Size of the pane whose history is short.
pub const BRIEF: (u16, u16) = (80, 24);
/// Its `history-limit`: blocks of history are given back all the time.
pub const BRIEF_LIMIT: u64 = 300;

/// People at terminals.
pub struct Clients {
    /// Types numbers into the sink.
    pub typist: Client,
    /// Looks at the floods, is resized, presses a bound key.
    pub watcher: Client,
    /// Looks at the full-screen program.
    pub viewer: Client,
    /// Attached read-only.
    pub guest: Client,
    /// Has a prompt open and something typed into it.
    pub asker: Client,
}

/// The world and what must not change in it.
pub struct Scene {
    /// Attached clients; before the world, so that they go first.
    pub clients: Clients,
    /// The world.
    pub world: World,
    /// What servers are swapped for.
    pub builds: Option<Builds>,
    /// Pane id to (pid, start time) of its program.
    pub panes: BTreeMap<String, (u32, u64)>,
    /// Ids of the panes that flood.
    pub floods: Vec<String>,
    /// Clients' names, sessions and flags.
    pub attached: Vec<String>,
    /// What a set of formats expands to: (target, format, text).
    pub facts: Vec<(&'static str, &'static str, String)>,
    /// Modes of the terminal outside that shows the full-screen program.
    pub modes: Vec<&'static str>,
}

/// Everything that must be as before: (target, format).
const FACTS: [(&str, &str); 6] = [
    (
        "still:0",
        "#{pane_mode} #{scroll_position} #{copy_cursor_x},#{copy_cursor_y} #{selection_present} #{history_size}",
    ),
    (
        "still:0",
        "#{pane_title} #{window_name} #{pane_tty} #{session_path} #{session_created}",
    ),
    (
        "still:1",
        "#{window_layout} #{window_zoomed_flag} #{pane_marked_set} #{automatic-rename}",
    ),
    ("mate", "#{session_group} #{session_group_size}"),
    (
        "paint",
        "#{window_width}x#{window_height} #{alternate_on} #{mouse_standard_flag}#{mouse_sgr_flag} #{keypad_cursor_flag}#{keypad_flag} #{bracket_paste_flag}",
    ),
    (
        "type",
        "#{history-limit} #{default-size} #{status} #{@note}",
    ),
];

impl Scene {
    /// Builds it.
    pub fn build(binary: &Binary, plan: &Plan, rows: &[usize]) -> Result<Scene> {
        let mut world = World::new(binary)?;
        if rows.iter().any(|row| TABLE[*row].needs == Need::Faults) {
            if !builds::has_faults(&binary.path) {
                let path = binary.path.display();
                return Err(format!("{path} was built without the feature faults"));
            }
            let file = format!("@{}", world.pause_file().display());
            world.set_env("OUTLAST_PAUSE", Some(&file));
            world.set_env("OUTLAST_POISON", Some(poison::TEXT));
        }
        let log = world.dir().join("log").to_string_lossy().into_owned();
        world.set_env("OUTLAST_LOG", Some(&log));
        // The limit counts rows: a long line takes a hundred in a pane that has been squeezed to two columns.
        world.write(
            ".tmux.conf",
            &format!("set -g history-limit {BRIEF_LIMIT}\nset -gq disk-history-limit 1000000000\nset -g status-interval 1\nset -g @note kept\nset -g window-size latest\nset -gq assume-paste-time 0\nset -asq terminal-features ',xterm-256color:RGB'\n\
             set -g set-titles on\nbind -n F5 set -ag @fives x\nbind F6 set -ag @sixes x\nset-hook -g after-new-window 'set -ag @hooked x'\n"),
        )?;
        let path = |name: &str| world.dir().join(name).to_string_lossy().into_owned();
        let stop = path("stop");
        let limit = "250000";
        let builds = match rows.is_empty() {
            true => None,
            false => Some(Builds::new(&world.binary().path)?),
        };
        // The server is of a build that can be swapped; all that call it are the binary itself.
        let first = |words: &[&str]| match &builds {
            None => world.ok(words),
            Some(builds) => {
                let mut argv = world.argv(words);
                argv[0] = builds.path().to_string_lossy().into_owned();
                let output = world.run(&argv)?;
                match output.status {
                    0 => Ok(output.stdout),
                    _ => Err(format!("{words:?}: {}", output.stderr)),
                }
            }
        };
        let brief = roles::command(
            "flood",
            &[
                "brief",
                &path("brief"),
                &stop,
                "100000000",
                &plan.seed.to_string(),
                "10",
            ],
        )?;
        let (cols, rows) = (BRIEF.0.to_string(), BRIEF.1.to_string());
        first(&[
            "new-session",
            "-d",
            "-s",
            "brief",
            "-x",
            &cols,
            "-y",
            &rows,
            &brief,
        ])?;
        // Newer tmuxes hold panes to a limit that is changed later, older ones do not: the floods come after this.
        world.ok(&[
            "set-option",
            "-t",
            "brief",
            "history-limit",
            &BRIEF_LIMIT.to_string(),
        ])?;
        world.ok(&["set-option", "-g", "history-limit", "100000000"])?;
        let mut floods = Vec::new();
        for n in 0..plan.floods {
            let (name, seed) = (format!("flood{n}"), (plan.seed ^ n).to_string());
            let command =
                roles::command("flood", &[&name, &path(&name), &stop, limit, &seed, "1"])?;
            let size = ["-x", "120", "-y", "40", "-P", "-F", "#{pane_id}", &command];
            let id = match n {
                0 => world.ok(&[&["new-session", "-d", "-s", "floods"], &size[..]].concat())?,
                _ => world.ok(&[&["split-window", "-d", "-t", "floods:0"], &size[4..]].concat())?,
            };
            floods.push(id.trim_end().to_string());
            world.ok(&["select-layout", "-t", "floods:0", "tiled"])?;
        }
        let (cols, rows) = (PAINT.0.to_string(), PAINT.1.to_string());
        let paint = roles::command(
            "paint",
            &[&path("paint"), &stop, &cols, &rows, &plan.seed.to_string()],
        )?;
        world.ok(&[
            "new-session",
            "-d",
            "-s",
            "paint",
            "-x",
            &cols,
            "-y",
            &rows,
            &format!("stty raw -echo; {paint}"),
        ])?;
        world.ok(&["set-option", "-w", "-t", "paint", "window-size", "manual"])?;
        let sink = |name: &str| {
            format!(
                "stty raw -echo; printf ready; exec cat > {}",
                roles::quote(&path(name))
            )
        };
        world.session("type", (60, 10), &sink("typed"))?;
        world.ok(&[
            "new-window",
            "-d",
            "-t",
            "type:5",
            "-n",
            "sent",
            &sink("sent"),
        ])?;
        world.ok(&[
            "new-session",
            "-d",
            "-s",
            "work",
            "-x",
            "80",
            "-y",
            "24",
            "-n",
            "first",
            "exec cat",
        ])?;
        world.ok(&["new-session", "-d", "-s", "mate", "-t", "work"])?;
        let still = "i=0; while [ $i -lt 200 ]; do echo still line $i; i=$((i+1)); done; printf '\\033]2;a title\\033\\\\'; exec cat";
        world.ok(&[
            "new-session",
            "-d",
            "-s",
            "still",
            "-x",
            "50",
            "-y",
            "12",
            "-n",
            "quiet",
            still,
        ])?;
        world.until(
            &["capture-pane", "-p", "-t", "still:0", "-E", "10"],
            |text| text.contains("still line 199"),
        )?;
        world.until(
            &["display-message", "-p", "-t", "still:0", "#{pane_title}"],
            |text| text.trim() == "a title",
        )?;
        for words in [
            &["copy-mode", "-t", "still:0"][..],
            &["send-keys", "-t", "still:0", "-X", "history-top"],
            &[
                "send-keys",
                "-t",
                "still:0",
                "-X",
                "-N",
                "15",
                "cursor-down",
            ],
            &["send-keys", "-t", "still:0", "-X", "begin-selection"],
            &["send-keys", "-t", "still:0", "-X", "end-of-line"],
            &["new-window", "-t", "still:1", "-n", "split", "exec cat"],
            &[
                "split-window",
                "-h",
                "-l",
                "13",
                "-t",
                "still:1",
                "exec cat",
            ],
            &[
                "split-window",
                "-d",
                "-l",
                "3",
                "-t",
                "still:1.0",
                "exec cat",
            ],
            &["select-pane", "-m", "-t", "still:1.2"],
            &["resize-pane", "-Z", "-t", "still:1.1"],
            &["set-option", "-g", "@fives", ""],
            &["set-option", "-g", "@sixes", ""],
            &["set-option", "-g", "@hooked", ""],
            &["set-option", "-g", "@log", ""],
            &["set-buffer", "-b", "log", "log "],
        ] {
            world.ok(words)?;
        }
        world.session("ask", (70, 10), "exec cat")?;
        for (target, text) in [("type:0", "ready"), ("type:5", "ready")] {
            world.until(&["capture-pane", "-p", "-t", target, "-E", "0"], |seen| {
                seen.contains(text)
            })?;
        }
        // First, so that nobody takes the guest for the client in use: it is read-only.
        let guest = world.client(50, 13, &["attach-session", "-r", "-t", "still"])?;
        guest.wait_text("[still]", patience())?;
        let mut clients = Clients {
            typist: world.client(60, 11, &["attach-session", "-t", "type"])?,
            watcher: world.client(120, 41, &["attach-session", "-t", "floods"])?,
            viewer: world.client(PAINT.0, PAINT.1 + 1, &["attach-session", "-t", "paint"])?,
            guest,
            asker: world.client(
                70,
                11,
                &["attach-session", "-f", "active-pane", "-t", "ask"],
            )?,
        };
        clients.typist.wait_text("[type]", patience())?;
        clients.watcher.wait_text("[floods]", patience())?;
        clients.viewer.wait_text("[paint]", patience())?;
        clients.asker.wait_text("[ask]", patience())?;
        clients.asker.keys("C-b :")?;
        // tmux gives the pane what comes before the prompt is open.
        clients
            .asker
            .wait_picture(patience(), |seen| seen.row(10).starts_with(':'))?;
        clients.asker.type_text("rename-window hal")?;
        clients.asker.wait_text("rename-window hal", patience())?;
        // The full-screen program has come to its first frame, and the terminal outside to its modes.
        clients
            .viewer
            .wait_picture(patience(), |seen| seen.title.contains("\"frame "))?;
        let modes = clients.viewer.picture().modes;
        let mut scene = Scene {
            modes,
            floods,
            clients,
            world,
            builds,
            panes: BTreeMap::new(),
            attached: Vec::new(),
            facts: Vec::new(),
        };
        scene.attached = scene.attached_now()?;
        scene.panes = scene.panes_now()?;
        for (target, format) in FACTS {
            scene
                .facts
                .push((target, format, scene.world.format(target, format)?));
        }
        Ok(scene)
    }

    /// Clients as they are listed, sorted; their order in the list is their activity's.
    pub fn attached_now(&self) -> Result<Vec<String>> {
        let format =
            "#{client_tty} #{client_pid} #{client_session} #{client_flags} #{client_readonly}";
        let mut lines: Vec<String> = self
            .world
            .ok(&["list-clients", "-F", format])?
            .lines()
            .map(String::from)
            .collect();
        lines.sort();
        Ok(lines)
    }

    /// Panes and their programs.
    pub fn panes_now(&self) -> Result<BTreeMap<String, (u32, u64)>> {
        let text = self
            .world
            .ok(&["list-panes", "-a", "-F", "#{pane_id} #{pane_pid}"])?;
        let mut panes = BTreeMap::new();
        for line in text.lines() {
            let (id, pid) = line.split_once(' ').ok_or("no pid")?;
            let pid: u32 = pid.parse().map_err(|_| format!("no pid: {pid}"))?;
            let stat =
                proc::stat(pid).ok_or_else(|| format!("the program of {id}, {pid}, is gone"))?;
            panes.insert(id.to_string(), (pid, stat.started));
        }
        Ok(panes)
    }

    /// What the clients show, for a failure's message.
    pub fn last_words(&self) -> String {
        let Clients {
            typist,
            watcher,
            viewer,
            guest,
            asker,
        } = &self.clients;
        let mut text = String::new();
        for (name, client) in [
            ("typist", typist),
            ("watcher", watcher),
            ("viewer", viewer),
            ("guest", guest),
            ("asker", asker),
        ] {
            client.wait_quiet(Duration::from_millis(50), Duration::from_millis(200));
            let rows: Vec<String> = client
                .picture()
                .rows()
                .into_iter()
                .rev()
                .take(3)
                .rev()
                .collect();
            text += &format!(
                "  {name} (pid {}) shows at its end {rows:?}\n",
                client.pid()
            );
        }
        text
    }
}
