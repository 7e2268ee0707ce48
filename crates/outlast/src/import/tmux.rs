//! A running tmux, read: its client is asked with commands that list and print, nothing else.

use std::collections::BTreeMap;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use outlast_core::reboot::import::{Foreign, ForeignPane, ForeignSession, ForeignWindow};

use super::text;

/// Sessions: when last attached, group, name, directory.
const SESSIONS: &str =
    "#{session_last_attached}\t#{session_group}\t#{session_name}\t#{session_path}";
/// Links to windows, of all sessions.
const WINDOWS: &str = "#{session_name}\t#{window_index}\t#{window_active}\t#{window_id}\t#{window_width}\t\
     #{window_height}\t#{window_zoomed_flag}\t#{window_layout}\t#{window_name}";
/// Panes of those, once for each link.
const PANES: &str = "#{window_id}\t#{pane_id}\t#{pane_active}\t#{alternate_on}\t#{history_size}\t#{history_limit}\t\
     #{pane_dead}\t#{pane_current_command}\t#{pane_current_path}\t#{pane_title}";

/// A server that is there.
pub struct Tmux {
    socket: PathBuf,
    program: PathBuf,
}

/// A pane's row.
struct PaneRow {
    window: u32,
    active: bool,
    alternate: bool,
    history: u32,
    pane: ForeignPane,
}

impl Tmux {
    /// The tmux of these flags, of the pane that we are in, or the default one. Err is what to say.
    pub fn find(name: Option<&str>, path: Option<&str>) -> Result<Tmux, String> {
        let socket = socket(name, path);
        let shown = socket.display();
        let other = "outlast import -L NAME or -S PATH names another";
        let connection = outlast_sys::socket::connect(&socket).map_err(|error| {
            format!(
                "no tmux runs on {shown} ({})\n{other}",
                crate::socket::reason(&error)
            )
        })?;
        if !crate::socket::is_real_tmux(&socket) {
            return Err(format!("what runs on {shown} is no tmux\n{other}"));
        }
        let peer = outlast_sys::socket::peer(connection.as_fd());
        let pid = peer.map_err(|error| crate::socket::reason(&error))?.pid;
        // Its own binary speaks its protocol, whatever is installed by now.
        let own = PathBuf::from(format!("/proc/{pid}/exe"));
        let program = match std::fs::metadata(&own) {
            Ok(_) => own,
            Err(_) => PathBuf::from("tmux"),
        };
        Ok(Tmux { socket, program })
    }

    /// All of it.
    pub fn read(&self) -> Result<Foreign, String> {
        let version = self.ask(&["-V"])?;
        let mut foreign = Foreign {
            program: version.trim().to_string(),
            ..Foreign::default()
        };
        let mut sessions: Vec<(i64, ForeignSession)> = Vec::new();
        for line in self.ask(&["list-sessions", "-F", SESSIONS])?.lines() {
            let [attached, group, name, cwd] = fields::<4>(line);
            let session = ForeignSession {
                name: name.into(),
                group: group.into(),
                cwd: cwd.into(),
                ..ForeignSession::default()
            };
            sessions.push((attached.parse().unwrap_or(0), session));
        }
        sessions.sort_by_key(|(attached, _)| *attached);
        foreign.sessions = sessions.into_iter().map(|(_, session)| session).collect();
        let rows = self.panes()?;
        self.windows(&mut foreign, &rows)?;
        for mut row in rows {
            row.pane.text = self.text(&row)?;
            foreign.panes.push(row.pane);
        }
        Ok(foreign)
    }

    fn windows(&self, foreign: &mut Foreign, rows: &[PaneRow]) -> Result<(), String> {
        let mut windows: BTreeMap<u32, ForeignWindow> = BTreeMap::new();
        for line in self.ask(&["list-windows", "-a", "-F", WINDOWS])?.lines() {
            let [
                session,
                index,
                current,
                id,
                cols,
                rows_,
                zoomed,
                layout,
                name,
            ] = fields::<9>(line);
            let (Ok(index), Some(id)) = (index.parse(), number(id)) else {
                continue;
            };
            if let Some(session) = foreign.sessions.iter_mut().find(|one| one.name == session) {
                session.windows.insert(index, id);
                if current == "1" {
                    session.current = index;
                }
            }
            let of_it = || rows.iter().filter(|row| row.window == id);
            windows.entry(id).or_insert_with(|| ForeignWindow {
                id,
                name: name.into(),
                named: false,
                cols: cols.parse().unwrap_or(80),
                rows: rows_.parse().unwrap_or(24),
                layout: layout.into(),
                panes: of_it().map(|row| row.pane.id).collect(),
                active: of_it().find(|row| row.active).map_or(0, |row| row.pane.id),
                zoomed: zoomed == "1",
            });
        }
        for window in windows.values_mut() {
            let id = format!("@{}", window.id);
            let named = self.ask(&["show-options", "-wqv", "-t", &id, "automatic-rename"])?;
            window.named = named.trim() == "off";
        }
        foreign.windows = windows.into_values().collect();
        Ok(())
    }

    fn panes(&self) -> Result<Vec<PaneRow>, String> {
        let mut rows: Vec<PaneRow> = Vec::new();
        for line in self.ask(&["list-panes", "-a", "-F", PANES])?.lines() {
            let [
                window,
                id,
                active,
                alternate,
                history,
                limit,
                dead,
                command,
                cwd,
                title,
            ] = fields::<10>(line);
            let (Some(window), Some(id)) = (number(window), number(id)) else {
                continue;
            };
            if rows.iter().any(|row| row.pane.id == id) {
                continue;
            }
            rows.push(PaneRow {
                window,
                active: active == "1",
                alternate: alternate == "1",
                history: history.parse().unwrap_or(0),
                pane: ForeignPane {
                    id,
                    title: title.into(),
                    cwd: cwd.into(),
                    command: if dead == "1" {
                        String::new()
                    } else {
                        command.into()
                    },
                    history_limit: limit.parse().unwrap_or(0),
                    text: String::new(),
                },
            });
        }
        Ok(rows)
    }

    /// What a pane's terminal has, without what a program shows on the alternate screen: it stays there.
    fn text(&self, row: &PaneRow) -> Result<String, String> {
        let pane = format!("%{}", row.pane.id);
        let capture = ["capture-pane", "-e", "-p", "-J", "-t", &pane];
        let mut captured = String::new();
        if row.alternate {
            if row.history > 0 {
                captured += &self.ask(&[&capture[..], &["-S", "-", "-E", "-1"]].concat())?;
            }
            captured += &self.ask(&[&capture[..], &["-a", "-q"]].concat())?;
        } else {
            captured += &self.ask(&[&capture[..], &["-S", "-"]].concat())?;
        }
        Ok(text::for_terminal(&captured))
    }

    /// What its client prints.
    fn ask(&self, words: &[&str]) -> Result<String, String> {
        let said = Command::new(&self.program)
            .arg0("tmux")
            .arg("-u")
            .arg("-S")
            .arg(&self.socket)
            .args(words)
            .env_remove("TMUX")
            .env_remove("TMUX_PANE")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("tmux: {}", crate::socket::reason(&error)))?;
        if !said.status.success() {
            let why = String::from_utf8_lossy(&said.stderr);
            return Err(format!("tmux {}: {}", words[0], why.trim()));
        }
        Ok(String::from_utf8_lossy(&said.stdout).into_owned())
    }
}

/// Where a tmux of these flags listens.
fn socket(name: Option<&str>, path: Option<&str>) -> PathBuf {
    if let Some(path) = path {
        return PathBuf::from(path);
    }
    let uid = outlast_sys::user::own_uid();
    let inside = std::env::var("TMUX").unwrap_or_default();
    let inside = inside
        .split(',')
        .next()
        .map(Path::new)
        .unwrap_or(Path::new(""));
    if name.is_none() && crate::socket::is_real_tmux(inside) {
        return inside.to_path_buf();
    }
    let base = std::env::var("TMUX_TMPDIR")
        .ok()
        .filter(|base| !base.is_empty());
    let base = base.map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
    base.join(format!("tmux-{uid}"))
        .join(name.unwrap_or("default"))
}

/// The fields of a line; the last one has the rest, and what is missing is empty.
fn fields<const N: usize>(line: &str) -> [&str; N] {
    let mut fields = line.splitn(N, '\t');
    std::array::from_fn(|_| fields.next().unwrap_or(""))
}

/// The number of an id: `@3`, `%12`.
fn number(id: &str) -> Option<u32> {
    id.get(1..)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_fields() {
        assert_eq!(fields::<3>("a\t\tb\tc"), ["a", "", "b\tc"]);
        assert_eq!(fields::<3>("a"), ["a", "", ""]);
        assert_eq!(
            (number("%12"), number("x"), number("")),
            (Some(12), None, None)
        );
    }
}
