//! What runs in a pane, and how a person would start it again.
//!
//! Nothing is started unasked: after a reboot a shell runs in the pane, a line says what had run there, and Enter as the
//! first key types it ([`Offer`]). `restore-policy` says otherwise for a pane: `shell` shows no line, `rerun` starts it;
//! `resume` starts those that go on in a session of their own (agents, whose hooks have said which) and is as `ask` for others.

use outlast_agent::recipe::{given, named, recognised};
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::model::ids::PaneId;
use crate::names::clean;
use crate::probe::Running;

/// A longer command line is not offered: a terminal in line mode takes 4095 bytes.
const LINE_MOST: usize = 4000;
/// Programs that are started as they are, because they are shells.
const SHELLS: &[&str] = &[
    "ash", "bash", "csh", "dash", "elvish", "fish", "ksh", "mksh", "nu", "pwsh", "sh", "tcsh",
    "xonsh", "zsh",
];

/// What was seen in a pane when its text was last kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Look {
    /// Working directory of the program in the foreground.
    pub cwd: String,
    /// What runs there besides a shell.
    pub ran: Option<Ran>,
}

/// A program that had run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ran {
    /// Its words.
    pub argv: Vec<String>,
    /// Where.
    pub cwd: String,
    /// Names of its environment, without their values.
    pub environment: Vec<String>,
    /// They are the words that the pane was made with, rather than those of a program under its shell.
    pub own: bool,
    /// What the program itself calls its session, for programs that can resume one.
    pub resume: Option<String>,
}

/// What Enter as the first key starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What is typed, without the end of the line.
    pub line: String,
    /// What it stands for.
    pub ran: Ran,
}

impl Ran {
    /// The words by which an agent goes on in its own conversation, with its flags and without its prompt.
    fn resumed(&self) -> Option<Vec<String>> {
        let id = self.resume.as_deref()?;
        let words: Vec<String> = match self.argv.as_slice() {
            [line] if self.own => line.split_whitespace().map(str::to_string).collect(),
            words => words.to_vec(),
        };
        // It may be behind its interpreter.
        let at = words
            .iter()
            .take(2)
            .position(|word| recognised(&[word]).is_some())?;
        let recipe = recognised(&words[at..=at]).and_then(named)?;
        let kept = given(recipe, &words[at + 1..]).map(|given| given.kept);
        recipe.resume_words(id, &kept.unwrap_or_default())
    }

    /// The command line for a shell; None if it cannot be typed as it is.
    pub fn line(&self) -> Option<String> {
        let resumed = self.resumed();
        let line = match resumed.as_deref().unwrap_or(&self.argv) {
            [] => return None,
            [command] if self.own && self.resume.is_none() => command.clone(),
            words => words
                .iter()
                .map(|word| quoted(word))
                .collect::<Vec<_>>()
                .join(" "),
        };
        let typable =
            !line.is_empty() && line.len() <= LINE_MOST && !line.chars().any(char::is_control);
        typable.then_some(line)
    }

    /// The command line as it is shown.
    pub(crate) fn shown(&self) -> String {
        clean(&self.line().unwrap_or_else(|| self.argv.join(" ")), true)
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Whether the words start a shell for a person: `bash`, `/bin/sh -l`, not `sh -c …` and no script.
pub(crate) fn is_shell(words: &[String]) -> bool {
    let split: Vec<&str> = match words {
        [one] => one.split_ascii_whitespace().collect(),
        words => words.iter().map(String::as_str).collect(),
    };
    let Some((program, rest)) = split.split_first() else {
        return false;
    };
    let name = program.rsplit('/').next().unwrap_or(program);
    let runs = |word: &&str| {
        !word.starts_with('-')
            || (!word.starts_with("--") && word.contains(['c', 's']))
            || word.contains('=')
    };
    SHELLS.contains(&name.trim_start_matches('-')) && !rest.iter().any(runs)
}

impl Core {
    /// Looks at what runs in a pane and where. True: something else than before.
    pub fn look_at(&mut self, id: PaneId) -> bool {
        let Some(pane) = self.model.panes.get(&id) else {
            self.reboot.looks.remove(&id);
            return false;
        };
        let state = &*pane.state;
        if !state.is_running() {
            return false;
        }
        // An offer that nobody has taken or refused is still what had run there.
        let offered = state.offer.as_ref().map(|offer| offer.ran.clone());
        let start = &state.start_command;
        let found = self.probe.running(id);
        if found.is_none() && self.reboot.looks.contains_key(&id) {
            // It has just ended, as all do when the machine goes down: what was seen last is what had run.
            return false;
        }
        let agent = state.agent.as_deref();
        let agent = agent.filter(|agent| agent.hooked && !agent.session.is_empty());
        let resume = |argv: &[String]| {
            let words: Vec<&str> = match argv {
                [line] => line.split_whitespace().collect(),
                words => words.iter().map(String::as_str).collect(),
            };
            let agent = agent.filter(|agent| recognised(&words) == Some(&*agent.name));
            agent.map(|agent| agent.session.clone())
        };
        let own = |running: &Running| Ran {
            argv: start.clone(),
            cwd: state.start_path.clone(),
            environment: running.environment.clone(),
            own: true,
            resume: resume(start),
        };
        let cwd = found
            .as_ref()
            .map(|running| running.cwd.clone())
            .unwrap_or_default();
        let ran = match found {
            Some(running) if running.is_pane && (start.is_empty() || is_shell(start)) => offered,
            Some(running) if running.is_pane => Some(own(&running)),
            Some(running) if running.argv.is_empty() => offered,
            Some(running) => Some(Ran {
                resume: resume(&running.argv),
                argv: running.argv,
                cwd: running.cwd,
                environment: running.environment,
                own: false,
            }),
            None => offered,
        };
        let look = Look { cwd, ran };
        if self.reboot.looks.get(&id) == Some(&look) {
            return false;
        }
        self.reboot.looks.insert(id, look);
        true
    }

    /// The first bytes that somebody types into a restored pane: Enter takes the offer, anything else refuses it.
    pub(crate) fn take_offer(&mut self, id: PaneId, bytes: &[u8]) -> Option<Vec<u8>> {
        let pane = self.model.panes.get_mut(&id)?;
        pane.state.offer.as_ref()?;
        let offer = pane.state.offer.take()?;
        (bytes == b"\r").then(|| [offer.line.as_bytes(), b"\r"].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(words: &[&str], own: bool) -> Ran {
        Ran {
            argv: words.iter().map(|word| (*word).to_string()).collect(),
            own,
            ..Ran::default()
        }
    }

    #[test]
    fn lines_are_quoted_for_a_shell() {
        let line = |words: &[&str]| ran(words, false).line();
        assert_eq!(
            line(&["vim", "a b", "it's"]).as_deref(),
            Some("vim 'a b' 'it'\\''s'")
        );
        assert_eq!(line(&["x", "$HOME", ""]).as_deref(), Some("x '$HOME' ''"));
        assert_eq!(line(&["x", "two\nlines"]), None);
        assert_eq!(line(&[]), None);
        assert_eq!(
            ran(&["make && ./run"], true).line().as_deref(),
            Some("make && ./run")
        );
    }

    #[test]
    fn an_agent_goes_on_in_its_own_conversation() {
        let rows: &[(&[&str], bool, &str)] = &[
            (
                &["claude", "--model", "opus", "fix it"],
                false,
                "claude --resume U --model opus",
            ),
            (
                &["node", "/x/@openai/codex/bin/codex.js", "-m", "o"],
                false,
                "codex resume U -m o",
            ),
            (&["claude -c --verbose"], true, "claude --resume U"),
            (&["opencode"], true, "opencode --session U"),
            (&["vim", "x"], false, "vim x"),
        ];
        for (words, own, line) in rows {
            let mut ran = ran(words, *own);
            ran.resume = Some("U".into());
            assert_eq!(ran.line().as_deref(), Some(*line));
        }
    }

    #[test]
    fn shells_are_known() {
        let is =
            |words: &[&str]| is_shell(&words.iter().map(|w| (*w).to_string()).collect::<Vec<_>>());
        assert!(is(&["bash"]) && is(&["/bin/sh -l"]) && is(&["zsh", "-l", "--no-rcs"]));
        assert!(!is(&["sh -c x"]) && !is(&["bash", "script"]) && !is(&["vim"]) && !is(&[]));
        assert!(!is(&["bash", "-lc", "x"]));
    }
}
