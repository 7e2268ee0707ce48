//! Which hooks an agent is given: one command for all of them, in the form that Claude Code and Codex share.

use serde_json::{Map, Value, json};

/// A day: permission may be asked for in the evening and given in the morning.
const DAY_S: u32 = 86_400;
/// What is only told is told at once.
const TOLD_S: u32 = 30;

/// A hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its name.
    pub event: &'static str,
    /// For so many seconds it is waited for.
    pub timeout: u32,
    /// Codex has it, too.
    pub codex: bool,
}

const fn told(event: &'static str, codex: bool) -> Hook {
    Hook {
        event,
        timeout: TOLD_S,
        codex,
    }
}

/// All that we want to hear of. Not what comes before each call of a tool: it would wait for us.
pub const HOOKS: &[Hook] = &[
    told("SessionStart", true),
    told("SessionEnd", false),
    told("UserPromptSubmit", true),
    Hook {
        event: "PermissionRequest",
        timeout: DAY_S,
        codex: true,
    },
    told("PermissionDenied", false),
    told("PostToolUse", true),
    told("PostToolUseFailure", false),
    told("Notification", false),
    told("Elicitation", false),
    told("ElicitationResult", false),
    told("SubagentStart", false),
    told("SubagentStop", true),
    told("PreCompact", true),
    told("PostCompact", true),
    told("Stop", true),
    told("StopFailure", false),
];

/// What stands under a hook's name for us.
pub fn entry(hook: &Hook, command: &str) -> Value {
    json!({"hooks": [{"type": "command", "command": command, "timeout": hook.timeout}]})
}

/// The words of the same for one run of Codex.
pub fn overrides(command: &str) -> Vec<String> {
    // A text in quotes is one in TOML as well.
    let command = Value::from(command).to_string();
    let words = HOOKS.iter().filter(|hook| hook.codex).map(|hook| {
        let Hook { event, timeout, .. } = hook;
        format!(
            "hooks.{event}=[{{hooks=[{{type=\"command\",command={command},timeout={timeout}}}]}}]"
        )
    });
    words.flat_map(|word| ["-c".to_string(), word]).collect()
}

/// A command's program, and what stands behind it.
fn parts(command: &str) -> (&str, &str) {
    let quote = command.chars().next().filter(|c| "\"'".contains(*c));
    match quote {
        Some(quote) => command[1..].split_once(quote).unwrap_or_default(),
        None => command.split_once(' ').unwrap_or_default(),
    }
}

/// The command of ours, and its program, that settings have for requests.
pub fn ours(settings: &Value) -> Option<(String, String)> {
    let entries = settings["hooks"]["PermissionRequest"].as_array()?;
    let entry = entries.iter().find(|entry| is_ours(entry))?;
    let command = entry["hooks"][0]["command"].as_str()?;
    Some((command.to_string(), parts(command).0.to_string()))
}

/// Whether an entry is ours: it has one command, and that is one.
pub fn is_ours(entry: &Value) -> bool {
    let Some([hook]) = entry["hooks"].as_array().map(Vec::as_slice) else {
        return false;
    };
    let (program, rest) = parts(hook["command"].as_str().unwrap_or_default());
    let named = program.rsplit('/').next() == Some("outlast");
    named && rest.split_whitespace().next() == Some("hook")
}

/// Settings for one run: a person's own, with our hooks behind theirs. Err is a line for the person.
pub fn settings(own: &[Value], command: &str) -> Result<String, String> {
    let mut all = Map::new();
    for value in own {
        let Value::Object(fields) = value else {
            return Err("--settings is not a JSON object".into());
        };
        all.extend(fields.clone());
    }
    let hooks = all.entry("hooks").or_insert_with(|| json!({}));
    let Value::Object(hooks) = hooks else {
        return Err("--settings: hooks is not an object".into());
    };
    for hook in HOOKS {
        let entries = hooks.entry(hook.event).or_insert_with(|| json!([]));
        let Value::Array(entries) = entries else {
            return Err(format!("--settings: hooks.{} is not a list", hook.event));
        };
        // Given by hand once, given twice by us: one is enough.
        entries.retain(|entry| !is_ours(entry));
        entries.push(entry(hook, command));
    }
    Ok(Value::Object(all).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_s_settings_stay_beside_ours() {
        let own = json!({"model": "opus", "hooks": {
            "Stop": [{"hooks": [{"type": "command", "command": "mine"}]}, {"hooks": [{"command": "/x/outlast hook"}]}],
            "Other": [1],
        }});
        let text = settings(&[own], "/b/outlast hook").expect("merged");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["model"], "opus");
        assert_eq!(value["hooks"]["Other"], json!([1]));
        let stop = value["hooks"]["Stop"].as_array().expect("a list");
        assert_eq!(stop.len(), 2);
        assert_eq!(stop[0]["hooks"][0]["command"], "mine");
        assert_eq!(stop[1]["hooks"][0]["command"], "/b/outlast hook");
        let ask = &value["hooks"]["PermissionRequest"][0];
        assert_eq!(ask["hooks"][0]["timeout"], DAY_S);
        assert!(is_ours(ask));
    }

    #[test]
    fn codex_is_given_them_by_its_flags() {
        let words = overrides("/b/out last hook");
        assert_eq!(words[0], "-c");
        assert_eq!(
            words[1],
            r#"hooks.SessionStart=[{hooks=[{type="command",command="/b/out last hook",timeout=30}]}]"#
        );
        assert!(words.iter().all(|word| !word.contains("SessionEnd")));
    }

    #[test]
    fn settings_that_are_none_are_refused() {
        for (own, told) in [
            (json!([]), "not a JSON object"),
            (json!({"hooks": 1}), "hooks is not an object"),
            (json!({"hooks": {"Stop": 1}}), "hooks.Stop is not a list"),
        ] {
            let text = settings(&[own], "x").expect_err("refused");
            assert!(text.contains(told), "{text}");
        }
    }

    #[test]
    fn the_command_of_settings_is_found() {
        let of = |command: &str| {
            let hook = json!({"hooks": [{"type": "command", "command": command}]});
            ours(&json!({"hooks": {"PermissionRequest": [1, hook]}}))
        };
        let found = of("'/a b/outlast' hook").expect("ours");
        assert_eq!(found, ("'/a b/outlast' hook".into(), "/a b/outlast".into()));
        assert_eq!(of("mine hook"), None);
        assert_eq!(ours(&json!([])), None);
    }

    #[test]
    fn ours_are_known_by_their_command() {
        let of = |command: &str| json!({"hooks": [{"type": "command", "command": command}]});
        for ours in [
            "outlast hook",
            "/a/outlast hook --agent codex",
            "'/a b/outlast' hook",
            "\"/x/outlast\" hook",
        ] {
            assert!(is_ours(&of(ours)), "{ours}");
        }
        for other in [
            "",
            "hook",
            "outlast notify",
            "/x/outlastic hook",
            "echo outlast hook",
        ] {
            assert!(!is_ours(&of(other)), "{other}");
        }
        assert!(!is_ours(
            &json!({"hooks": [{"command": "outlast hook"}, {"command": "mine"}]})
        ));
    }
}
