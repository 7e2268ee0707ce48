//! The words after `outlast claude`: ours, the name, and those that are the agent's.

use std::io::IsTerminal;

use outlast_agent::recipe::{Given, Hooks, Places, Recipe, given, hooks, without_settings, words};
use outlast_agent::supervise::Plan;
use outlast_core::run::lines::parse_span;
use outlast_core::run::policy::Restart;

use super::{places, private};

/// After a limit or an overload it is told to go on so much later.
const CONTINUE_AFTER_MS: u64 = 300_000;

/// Where opencode takes configuration from, too.
const PLUGIN_VARIABLE: &str = "OPENCODE_CONFIG_CONTENT";

/// What is wanted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Of the run.
    pub name: Option<String>,
    /// How it is started and resumed.
    pub plan: Plan,
    /// Flags of run-agent.
    pub flags: Vec<String>,
    /// It is shown.
    pub attach: bool,
    /// More than a name was said.
    pub more: bool,
    /// Flags that a later start does not have.
    pub unknown: Vec<String>,
    /// A person's settings with our hooks, for a file: they may hold secrets, and others can read a command line.
    pub settings: Option<String>,
}

impl Asked {
    /// The command line for the server.
    pub fn command(&self) -> Vec<String> {
        let mut command = vec!["run-agent".to_string(), "-P".to_string()];
        command.extend(self.flags.iter().cloned());
        if let Some(name) = &self.name {
            command.extend(["-n".to_string(), name.clone()]);
        }
        // A plan is text, and so is its JSON.
        command.push(serde_json::to_string(&self.plan).unwrap_or_default());
        command
    }
}

/// What the words are.
#[derive(Debug)]
pub enum Parsed {
    /// A person wants to know.
    Help,
    /// This.
    Do(Box<Asked>),
}

/// What `--help` says.
pub fn usage(verb: &str) -> String {
    format!(
        "usage: outlast {verb} [--continue-with TEXT] [--continue-after SPAN] [--boot] [--detach]
               [--restart no|on-failure|always] [--cwd DIR] [--env NAME=VALUE]... [NAME] [ARG]...
NAME is what the run and its session are called; ARGs are the agent's own. When it has crashed or was killed,
and with --boot after a reboot, it goes on in its own conversation; --continue-with TEXT tells it to when it was
at work, and once after a limit or an overload (--continue-after, 5m). outlast {verb} NAME goes back to it.
"
    )
}

/// Flags of ours that take a word, and those of run-agent that they become.
const FLAGS: &[(&str, &str)] = &[
    ("--continue-after", ""),
    ("--continue-with", ""),
    ("--cwd", "-c"),
    ("--env", "-e"),
    ("--restart", "-r"),
];

/// Reads them.
pub fn parse(recipe: &Recipe, all: &[String]) -> Result<Parsed, String> {
    let mut asked = Asked {
        attach: std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
        ..Asked::default()
    };
    let (mut with, mut after) = (None, CONTINUE_AFTER_MS);
    let mut rest = Vec::new();
    let mut words = all.iter();
    while let Some(word) = words.next() {
        let (flag, joined) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_string())),
            None => (word.as_str(), None),
        };
        match flag {
            "--" => {
                rest.extend(words.cloned());
                break;
            }
            "-h" | "--help" => return Ok(Parsed::Help),
            "--boot" => asked.flags.push("-b".into()),
            "--detach" => asked.attach = false,
            _ => {
                let Some((_, letter)) = FLAGS.iter().find(|(known, _)| *known == flag) else {
                    rest.push(word.clone());
                    continue;
                };
                let value = joined.or_else(|| words.next().cloned());
                let value = value.ok_or_else(|| format!("{flag} wants a value"))?;
                match flag {
                    "--continue-with" => with = Some(value),
                    "--continue-after" => {
                        after = parse_span(&value).ok_or_else(|| {
                            format!("{flag} wants a span: 30s, 10m, 2h, not {value}")
                        })?;
                    }
                    "--restart" if Restart::named(&value).is_none() => {
                        return Err(format!(
                            "{flag} wants no, on-failure or always, not {value}"
                        ));
                    }
                    "--cwd" if !std::path::Path::new(&value).is_dir() => {
                        return Err(format!(
                            "{flag} wants a directory that is there, not {value}"
                        ));
                    }
                    _ => asked.flags.extend([letter.to_string(), value]),
                }
            }
        }
        asked.more |= flag != "--detach";
    }
    let told = given(recipe, &rest)?;
    if rest.first().is_some_and(|word| is_name(word)) {
        asked.name = Some(rest.remove(0));
    }
    asked.more |= !rest.is_empty();
    asked.unknown = told.unknown.clone();
    let name = asked.name.clone();
    (asked.plan, asked.settings) = plan(recipe, name.as_deref(), rest, &told)?;
    asked.flags.extend(environment(recipe)?);
    asked.plan.continue_with = with;
    asked.plan.continue_after_ms = after;
    Ok(Parsed::Do(Box::new(asked)))
}

/// Whether a first word is a name, rather than a prompt or a flag.
fn is_name(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    !word.starts_with('-') && !word.is_empty() && word.chars().all(plain)
}

fn plan(
    recipe: &Recipe,
    name: Option<&str>,
    mut args: Vec<String>,
    told: &Given,
) -> Result<(Plan, Option<String>), String> {
    let (mut given_hooks, mut private) = (Vec::new(), None);
    if recipe.hooks == Hooks::Settings {
        let own = told.settings.iter().map(|text| places::settings(text));
        let own = own.collect::<Result<Vec<_>, _>>()?;
        // Of hooks with the same command it runs one: who has them for good, even of another copy of us, is asked once.
        let command = match crate::setup::hook_for_good(recipe.name) {
            Some(command) => command,
            None => places::hook_command(recipe.name)?,
        };
        let settings = hooks::settings(&own, &command)?;
        let word = match own.is_empty() {
            true => settings,
            false => {
                private = Some(settings);
                private::PLACE.to_string()
            }
        };
        given_hooks = vec![private::FLAG.to_string(), word];
        args = without_settings(&args);
    }
    if recipe.hooks == Hooks::Overrides && !crate::setup::has_hooks(recipe.name) {
        given_hooks = hooks::overrides(&places::hook_command(recipe.name)?);
    }
    if let Some(name) = name {
        let named = Places {
            name,
            ..Places::default()
        };
        args.splice(0..0, words(recipe.named, &named));
    }
    let id = match (&told.id, recipe.knows_id()) {
        (Some(id), _) => id.clone(),
        (None, true) => places::new_id()?,
        (None, false) => String::new(),
    };
    let places = |id, args| Places {
        id,
        args,
        hooks: &given_hooks,
        prompt: "{prompt}",
        ..Places::default()
    };
    let resume = words(recipe.resume, &places("{id}", &told.kept));
    let plan = Plan {
        agent: recipe.name.to_string(),
        title: recipe.title.to_string(),
        start: match told.id {
            Some(_) => words(recipe.resume, &places(&id, &told.kept)),
            None => words(recipe.start, &places(&id, &args)),
        },
        resume,
        prompt: words(recipe.prompt, &places("", &[])),
        transcript: super::places::transcripts(recipe),
        lost: recipe.lost.to_string(),
        resumes: told.id.is_some(),
        id,
        ..Plan::default()
    };
    Ok((plan, private))
}

/// Flags of run-agent for what its environment must have.
fn environment(recipe: &Recipe) -> Result<Vec<String>, String> {
    if recipe.hooks != Hooks::Plugin || crate::setup::has_hooks(recipe.name) {
        return Ok(Vec::new());
    }
    let plugin = format!("file://{}", crate::setup::plugin_file()?.display());
    let own = std::env::var(PLUGIN_VARIABLE).unwrap_or_default();
    let config = with_plugin(&own, &plugin)?;
    Ok(vec![
        "-e".to_string(),
        format!("{PLUGIN_VARIABLE}={config}"),
    ])
}

/// A person's own configuration in the variable, with one plugin more.
fn with_plugin(own: &str, plugin: &str) -> Result<String, String> {
    let own = if own.trim().is_empty() { "{}" } else { own };
    let mut config: serde_json::Value =
        serde_json::from_str(own).map_err(|error| format!("{PLUGIN_VARIABLE}: {error}"))?;
    let Some(fields) = config.as_object_mut() else {
        return Err(format!("{PLUGIN_VARIABLE} is no JSON object"));
    };
    let plugins = fields
        .entry("plugin")
        .or_insert_with(|| serde_json::json!([]));
    match plugins.as_array_mut() {
        Some(plugins) => plugins.push(plugin.into()),
        None => return Err(format!("{PLUGIN_VARIABLE}: plugin is not a list")),
    }
    Ok(config.to_string())
}

/// A conversation that is there, as a run of this name.
pub fn resuming(recipe: &Recipe, name: Option<String>, id: &str) -> Result<Asked, String> {
    let told = Given {
        id: Some(id.to_string()),
        ..Given::default()
    };
    Ok(Asked {
        plan: plan(recipe, None, Vec::new(), &told)?.0,
        flags: environment(recipe)?,
        name,
        attach: std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
        ..Asked::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use outlast_agent::recipe::named;

    fn asked(agent: &str, line: &[&str]) -> Result<Asked, String> {
        let words: Vec<String> = line.iter().map(|word| (*word).to_string()).collect();
        match parse(named(agent).expect("a row"), &words)? {
            Parsed::Do(asked) => Ok(*asked),
            Parsed::Help => Err("help".into()),
        }
    }

    #[test]
    fn a_name_is_told_from_a_prompt_and_ours_from_theirs() {
        let line = [
            "fix",
            "--boot",
            "--continue-with",
            "go on",
            "--model",
            "opus",
            "mend it",
        ];
        let asked = asked("claude", &line).expect("right");
        assert_eq!(asked.name.as_deref(), Some("fix"));
        assert_eq!(asked.flags, ["-b"]);
        assert!(asked.more);
        let plan = &asked.plan;
        assert_eq!(plan.continue_with.as_deref(), Some("go on"));
        assert_eq!(plan.start[..3], ["claude", "--session-id", &plan.id]);
        assert_eq!(plan.start[3], "--settings");
        assert_eq!(
            plan.start[5..],
            ["--name", "fix", "--model", "opus", "mend it"]
        );
        // The prompt is not said again.
        assert_eq!(plan.resume[..3], ["claude", "--resume", "{id}"]);
        assert_eq!(plan.resume[5..], ["--model", "opus"]);
        assert_eq!(plan.id.len(), 36);
    }

    #[test]
    fn a_bare_name_asks_for_nothing_else() {
        for line in [&["fix"][..], &["fix", "--detach"]] {
            assert!(!asked("claude", line).expect("right").more, "{line:?}");
        }
        for line in [
            &["fix it"][..],
            &["fix", "--boot"],
            &["fix", "x"],
            &["--", "x", "y"],
        ] {
            assert!(asked("claude", line).expect("right").more, "{line:?}");
        }
        assert_eq!(asked("claude", &["fix it"]).expect("right").name, None);
    }

    #[test]
    fn a_conversation_that_is_named_is_resumed() {
        let asked = asked("claude", &["--resume", "U", "--model=x"]).expect("right");
        assert!(asked.plan.resumes);
        assert_eq!(asked.plan.start[..3], ["claude", "--resume", "U"]);
        assert_eq!(asked.plan.start[5..], ["--model=x"]);
    }

    #[test]
    fn a_person_s_settings_are_not_on_the_command_line() {
        let own = r#"{"env":{"KEY":"secret"},"model":"opus"}"#;
        let asked = asked("claude", &["fix", "--settings", own, "go"]).expect("right");
        let text = asked.settings.expect("for a file");
        assert!(text.contains("secret") && text.contains("PermissionRequest"));
        let plan = &asked.plan;
        for words in [&plan.start, &plan.resume] {
            let at = words.iter().position(|word| word == private::FLAG);
            assert_eq!(words[at.expect("a flag") + 1], private::PLACE);
            assert!(!words.concat().contains("secret"), "{words:?}");
        }
    }

    #[test]
    fn agents_without_an_id_of_ours_start_as_they_are() {
        let asked = asked("codex", &["-m", "gpt", "hello there"]).expect("right");
        let plan = &asked.plan;
        assert_eq!(plan.start[..2], ["codex", "-c"]);
        assert!(
            plan.start
                .ends_with(&["-m", "gpt", "hello there"].map(String::from))
        );
        assert_eq!(plan.resume[..4], ["codex", "resume", "{id}", "-c"]);
        assert!(plan.resume.ends_with(&["-m", "gpt"].map(String::from)));
        assert_eq!(asked.plan.id, "");
    }

    #[test]
    fn a_person_s_own_configuration_has_one_plugin_more() {
        let with = |own: &str| with_plugin(own, "file:///p.js");
        assert_eq!(with("").as_deref(), Ok(r#"{"plugin":["file:///p.js"]}"#));
        assert_eq!(
            with(r#"{"model":"m","plugin":["x"]}"#).as_deref(),
            Ok(r#"{"model":"m","plugin":["x","file:///p.js"]}"#)
        );
        assert!(with("{").is_err() && with("[]").is_err() && with(r#"{"plugin":1}"#).is_err());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, told) in [
            (&["--continue-with"][..], "--continue-with wants a value"),
            (&["--continue-after", "long"], "wants a span"),
            (&["--restart", "never"], "wants no, on-failure or always"),
            (&["--cwd", "/no/where"], "a directory that is there"),
            (&["-c"], "outlast resume"),
            (&["--settings", "{"], "--settings"),
            (&["--settings", "/no/where"], "/no/where"),
        ] {
            let text = asked("claude", line).expect_err("wrong");
            assert!(text.contains(told), "{line:?}: {text}");
        }
    }
}
