//! The list of sessions as lines of text: pure, so that every width can be tried.

use std::fmt::Write;

use outlast_term::width::text_width;

use super::agents::Agent;

/// What `list-panes -a` is asked for: one line per pane, fields between tabs.
pub const FORMAT: &str = "#{session_name}\t#{session_attached}\t#{session_activity}\t#{window_index}\t#{window_name}\t\
     #{window_active}\t#{window_bell_flag}\t#{pane_dead}\t#{pane_dead_status}\t#{pane_dead_signal}\t\
     #{pane_current_command}\t#{run_state}\t#{agent_name}\t#{agent_state}\t#{agent_waits_for}\t#{agent_since}\t\
     #{b:agent_project}\t#{agent_text}";

/// A session with its windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Its name.
    pub name: String,
    /// Clients that show it.
    pub attached: u32,
    /// When something last happened in it, in seconds since 1970.
    pub activity: i64,
    /// Its windows.
    pub windows: Vec<Window>,
}

/// A window with its panes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Its index.
    pub index: String,
    /// Its name.
    pub name: String,
    /// It is the session's current one.
    pub current: bool,
    /// A bell rang in it that nobody has seen.
    pub bell: bool,
    /// What runs in each pane, or how it ended.
    pub panes: Vec<String>,
    /// Agents in them.
    pub agents: Vec<Agent>,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it says, at most as wide as was asked for.
    pub text: String,
    /// Which session it is about.
    pub session: usize,
    /// It names the session; else it is about one of its windows.
    pub head: bool,
}

/// Reads what [`FORMAT`] gives. A line that is none is left out.
pub fn read(text: &str) -> Vec<Session> {
    let mut sessions: Vec<Session> = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [
            name,
            attached,
            activity,
            index,
            window,
            current,
            bell,
            dead,
            status,
            signal,
            command,
            ref run @ ..,
        ] = fields[..]
        else {
            continue;
        };
        if sessions.last().is_none_or(|last| last.name != name) {
            sessions.push(Session {
                name: name.to_string(),
                attached: attached.parse().unwrap_or(0),
                activity: activity.parse().unwrap_or(0),
                windows: Vec::new(),
            });
        }
        let Some(session) = sessions.last_mut() else {
            continue;
        };
        if session
            .windows
            .last()
            .is_none_or(|last| last.index != index)
        {
            session.windows.push(Window {
                index: index.to_string(),
                name: window.to_string(),
                current: current == "1",
                bell: bell == "1",
                panes: Vec::new(),
                agents: Vec::new(),
            });
        }
        if let Some(window) = session.windows.last_mut() {
            let agent = run.get(1..).and_then(Agent::read);
            window.agents.extend(agent.filter(|_| dead != "1"));
            window.panes.push(match run {
                // One that is over has ended, as any other.
                [state @ ("starting" | "waiting" | "stopping"), ..] => format!("… {state}"),
                _ => pane(dead, status, signal, command),
            });
        }
    }
    sessions
}

/// What runs in a pane, or how it ended.
fn pane(dead: &str, status: &str, signal: &str, command: &str) -> String {
    match (dead, signal, status) {
        ("1", "" | "0", "") => "✗ ended".into(),
        ("1", "" | "0", "0") => "✓ ended".into(),
        ("1", "" | "0", status) => format!("✗ exit {status}"),
        ("1", signal, _) => format!("✗ signal {signal}"),
        _ => command.to_string(),
    }
}

/// The lines of a list, none wider than `width` columns. `now` in seconds since 1970.
pub fn lines(sessions: &[Session], now: i64, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let names = sessions
        .iter()
        .map(|session| text_width(&session.name))
        .max()
        .unwrap_or(0);
    // A long name pushes its own line only.
    let names = names.min(width / 3);
    for (number, session) in sessions.iter().enumerate() {
        let pad = names.saturating_sub(text_width(&session.name));
        let mut left = format!("{}{:pad$}  ", session.name, "");
        match session.windows.len() {
            1 => left += "1 window",
            count => drop(write!(left, "{count} windows")),
        }
        match session.attached {
            0 => {}
            1 => left += ", attached",
            count => drop(write!(left, ", attached {count}×")),
        }
        lines.push(Line {
            text: sides(&left, &age(now - session.activity), width),
            session: number,
            head: true,
        });
        for window in &session.windows {
            let mark = match (window.current, window.bell) {
                (_, true) => "!",
                (true, false) => "*",
                (false, false) => " ",
            };
            let text = format!(
                "  {} {}{mark} {}",
                window.index,
                window.name,
                window.panes.join(", ")
            );
            lines.push(Line {
                text: fit(text.trim_end(), width),
                session: number,
                head: false,
            });
            for agent in &window.agents {
                lines.push(Line {
                    text: fit(&format!("    {}", agent.line(now)), width),
                    session: number,
                    head: false,
                });
            }
        }
    }
    lines
}

/// Text at the left and text at the right of a line.
pub fn sides(left: &str, right: &str, width: usize) -> String {
    let left = fit(left, width.saturating_sub(text_width(right) + 1));
    let pad = width.saturating_sub(text_width(&left) + text_width(right));
    format!("{left}{:pad$}{right}", "")
}

/// How long ago, in one unit: `now`, `12s`, `3m`, `5h`, `9d`.
pub fn age(seconds: i64) -> String {
    match seconds {
        ..5 => "now".into(),
        5..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// Adds words in lines of at most so many columns; lines after the first are indented as far as `head` is wide.
pub fn wrap(text: &mut String, head: &str, words: &str, width: usize) {
    let indent = text_width(head);
    text.push_str(head);
    let mut column = indent;
    for word in words.split(' ') {
        let mut word = word;
        let wide = text_width(word);
        if column > indent && column + 1 + wide > width {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            text.push(' ');
            column += 1;
        }
        // A path may be longer than a line.
        while column + text_width(word) > width && width > indent {
            let mut at = 0;
            for (next, c) in word.char_indices() {
                let upto = next + c.len_utf8();
                if column + text_width(&word[..upto]) > width {
                    break;
                }
                at = upto;
            }
            if at == 0 {
                break;
            }
            text.push_str(&word[..at]);
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            column = indent;
            word = &word[at..];
        }
        text.push_str(word);
        column += text_width(word);
    }
    text.push('\n');
}

/// Text cut to so many columns, with an ellipsis where it was cut.
pub fn fit(text: &str, width: usize) -> String {
    if text_width(text) <= width {
        return text.to_string();
    }
    let mut cut = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = text_width(c.encode_utf8(&mut [0; 4]));
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        cut.push(c);
    }
    cut.truncate(cut.trim_end().len());
    if width > 0 {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "cc\t1\t1000\t0\tbash\t0\t0\t0\t\t\tvim\n\
         cc\t1\t1000\t0\tbash\t0\t0\t0\t\t\tsh\n\
         cc\t1\t1000\t1\ttrain\t1\t0\t1\t1\t\t\n\
         no line of ours\n\
         a very long name 世界 of a session\t2\t0\t3\tw\t1\t1\t1\t\t9\t\n";

    #[test]
    fn a_list_is_read() {
        let sessions = read(TEXT);
        assert_eq!(sessions.len(), 2);
        assert_eq!(sessions[0].windows[0].panes, ["vim", "sh"]);
        assert_eq!(sessions[0].windows[1].panes, ["✗ exit 1"]);
        assert_eq!(sessions[1].windows[0].panes, ["✗ signal 9"]);
        assert!(sessions[1].windows[0].bell && sessions[0].windows[1].current);
        assert_eq!(read(""), []);
        let waiting = read("r\t0\t1\t0\tr\t1\t0\t1\t1\t\tsh\twaiting\n");
        assert_eq!(waiting[0].windows[0].panes, ["… waiting"]);
        let failed = read("r\t0\t1\t0\tr\t1\t0\t1\t1\t\tsh\tfailed\n");
        assert_eq!(failed[0].windows[0].panes, ["✗ exit 1"]);
    }

    #[test]
    fn it_fits_a_phone() {
        let lines = lines(&read(TEXT), 1180, 40);
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "cc             2 windows, attached    3m",
                "  0 bash  vim, sh",
                "  1 train* ✗ exit 1",
                "a very long name 世界 of a session…  19m",
                "  3 w! ✗ signal 9",
            ]
        );
        assert_eq!(lines[3].session, 1);
    }

    #[test]
    fn agents_say_what_they_ask_below_their_window() {
        let text = "api\t0\t1000\t0\tclaude\t1\t0\t0\t\t\tclaude\t\tclaude\twaiting\tpermission\t1000\tapi\tBash: rm -r build and more\n\
                    api\t0\t1000\t0\tclaude\t1\t0\t0\t\t\tsh\t\t\tunknown\t\t\t\t\n";
        let lines = lines(&read(text), 1180, 40);
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "api  1 window                         3m",
                "  0 claude* claude, sh",
                "    ? claude waits 3m: Bash: rm -r buil…",
            ]
        );
    }

    #[test]
    fn no_width_is_too_small() {
        for width in 0..60 {
            for line in lines(&read(TEXT), 1180, width) {
                assert!(
                    text_width(&line.text) <= width.max(3),
                    "{width}: {:?}",
                    line.text
                );
            }
        }
    }

    #[test]
    fn ages() {
        for (seconds, text) in [
            (-5, "now"),
            (4, "now"),
            (59, "59s"),
            (60, "1m"),
            (7200, "2h"),
            (200_000, "2d"),
        ] {
            assert_eq!(age(seconds), text);
        }
    }
}
