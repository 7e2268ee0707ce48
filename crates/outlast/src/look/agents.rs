//! Agents as the server tells of them, as lines of text: pure, so that every width can be tried.

use super::list::age;

/// What `list-panes -a` is asked for.
pub const FORMAT: &str = "#{session_name}\t#{pane_id}\t#{agent_session}\t#{?pane_dead,,#{agent_name}}\t#{agent_state}\t#{agent_waits_for}\t\
     #{agent_since}\t#{b:agent_project}\t#{agent_text}";

/// An agent in a pane.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Agent {
    /// Which: claude, codex …
    pub agent: String,
    /// working, waiting, done, failed, idle, unknown.
    pub state: String,
    /// permission, question, auth, input; empty: nobody says.
    pub waits_for: String,
    /// Since when, seconds since 1970.
    pub since: i64,
    /// Name of the directory that it works in.
    pub project: String,
    /// What it asks, why it has failed.
    pub text: String,
    /// Its pane.
    pub pane: String,
    /// The session that this is in.
    pub session: String,
    /// Its own name for the conversation.
    pub conversation: String,
}

impl Agent {
    /// Reads its fields: name, state, what it waits for, since when, project, text. None: there is no agent.
    pub fn read(fields: &[&str]) -> Option<Agent> {
        let [agent, state, waits_for, since, project, text] = fields else {
            return None;
        };
        if agent.is_empty() {
            return None;
        }
        Some(Agent {
            agent: agent.to_string(),
            state: state.to_string(),
            waits_for: waits_for.to_string(),
            since: since.parse().unwrap_or(0),
            project: project.to_string(),
            text: text.to_string(),
            ..Agent::default()
        })
    }

    /// One line: what it does, for how long, and what it asks.
    pub fn line(&self, now: i64) -> String {
        let (mark, does) = match self.state.as_str() {
            "waiting" => ("?", "waits"),
            "working" => (">", "works"),
            "failed" => ("✗", "failed"),
            "done" => ("✓", "done"),
            "idle" => ("·", "idle"),
            _ => ("·", "unknown"),
        };
        let mut line = format!("{mark} {} {does}", self.agent);
        if self.since > 0 {
            line.push_str(&format!(" {}", age(now - self.since)));
        }
        if !self.text.is_empty() {
            line.push_str(&format!(": {}", self.text));
        } else if !self.waits_for.is_empty() {
            line.push_str(&format!(" for {}", self.waits_for));
        }
        line
    }
}

/// Reads what [`FORMAT`] gives: those that are agents.
pub fn read(text: &str) -> Vec<Agent> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.splitn(9, '\t').collect();
        let (place, fields) = fields.split_at_checked(3)?;
        let agent = Agent::read(fields)?;
        Some(Agent {
            session: place[0].to_string(),
            pane: place[1].to_string(),
            conversation: place[2].to_string(),
            ..agent
        })
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_in_a_line() {
        let text = "a\t%1\ts1\tclaude\twaiting\tpermission\t100\tapi\tBash: rm x\n\
                    a\t%2\t\t\tunknown\t\t\t\t\n\
                    b\t%3\ts3\tcodex\tworking\t\t160\tweb\t\n\
                    b\t%4\t\topencode\twaiting\tquestion\t160\tweb\t\n";
        let agents = read(text);
        let lines: Vec<String> = agents.iter().map(|agent| agent.line(280)).collect();
        assert_eq!(
            lines,
            [
                "? claude waits 3m: Bash: rm x",
                "> codex works 2m",
                "? opencode waits 2m for question",
            ]
        );
        assert_eq!((&*agents[0].pane, &*agents[0].conversation), ("%1", "s1"));
        assert_eq!(read("no line of ours\n"), []);
    }
}
