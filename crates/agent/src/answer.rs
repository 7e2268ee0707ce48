//! A decision in the agent's own words: what its permission hook prints. An agent that is not known well is answered as
//! Claude Code is, whose form the others have taken over.

use serde_json::{Value, json};

use crate::request::{Question, Request};

/// How an agent wants to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Claude Code: everything can be said.
    Claude,
    /// Codex: allow, or deny with a message; more makes it refuse the answer.
    Codex,
    /// Our plugin for opencode: the reply of its interface.
    Opencode,
}

impl Form {
    /// That of an agent's recipe.
    pub fn of(agent: &str) -> Form {
        match agent {
            "codex" => Form::Codex,
            "opencode" => Form::Opencode,
            _ => Form::Claude,
        }
    }

    /// Whether the agent's own dialog opens only after its hook has ended: nobody can answer there meanwhile, so the hook
    /// must not wait for long.
    pub fn asks_first(agent: &str) -> bool {
        Form::of(agent) == Form::Codex
    }
}

/// For how long "always" is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// The agent's session.
    #[default]
    Session,
    /// This project, for this person.
    Local,
    /// This project, for everybody who has it.
    Project,
    /// Everywhere.
    User,
}

impl Scope {
    const ALL: [(Scope, &'static str, &'static str); 4] = [
        (Scope::Session, "session", "session"),
        (Scope::Local, "local", "localSettings"),
        (Scope::Project, "project", "projectSettings"),
        (Scope::User, "user", "userSettings"),
    ];

    /// The one of that name: session, local, project, user.
    pub fn named(name: &str) -> Option<Scope> {
        let found = Scope::ALL.iter().find(|(_, own, _)| *own == name);
        found.map(|(scope, ..)| *scope)
    }

    fn destination(self) -> &'static str {
        let found = Scope::ALL.iter().find(|(scope, ..)| *scope == self);
        found.map_or("session", |(.., destination)| destination)
    }
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This once.
    Allow,
    /// From now on, as the agent suggests.
    Always(Scope),
    /// No, and why.
    Deny(String),
    /// An answer to each question.
    Answers(Vec<String>),
}

/// What an agent offers for "always" is more than a person can have meant by that word.
fn is_reckless(suggestion: &Value) -> bool {
    let is =
        |field: &str, value: &str| suggestion.get(field).and_then(Value::as_str) == Some(value);
    is("type", "setMode") && !is("mode", "acceptEdits") && !is("mode", "default")
}

/// What "always" would ask of the agent.
fn updates(request: &Request, scope: Scope) -> Vec<Value> {
    let wanted = request
        .suggestions
        .iter()
        .filter(|one| one.is_object() && !is_reckless(one));
    let mut updates: Vec<Value> = wanted.cloned().collect();
    for update in &mut updates {
        update["destination"] = json!(scope.destination());
    }
    updates
}

fn strings<'a>(value: &'a Value, field: &str) -> Vec<&'a str> {
    let list = value.get(field).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// What "always" would mean, each in a few words: for people, before they say it.
pub fn always(request: &Request) -> Vec<String> {
    let says = !request.suggestions.is_empty();
    if Form::of(&request.agent) == Form::Opencode && !request.is_question() && !says {
        return vec!["as opencode remembers it".to_string()];
    }
    let text = |value: &Value, field: &str| {
        value
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_string()
    };
    let rule = |rule: &Value| match text(rule, "ruleContent").as_str() {
        "" => text(rule, "toolName"),
        content => format!("{}({content})", text(rule, "toolName")),
    };
    let one = |update: &Value| match text(update, "type").as_str() {
        kind @ ("addRules" | "replaceRules" | "removeRules") => {
            let rules = update.get("rules").and_then(Value::as_array);
            let rules: Vec<String> = rules.into_iter().flatten().map(rule).collect();
            let verb = match kind {
                "addRules" => text(update, "behavior"),
                "replaceRules" => format!("{} only", text(update, "behavior")),
                _ => "forget".to_string(),
            };
            format!("{verb} {}", rules.join(", "))
        }
        "addDirectories" => format!("directory {}", strings(update, "directories").join(", ")),
        "removeDirectories" => format!(
            "not directory {}",
            strings(update, "directories").join(", ")
        ),
        "setMode" => format!("mode {}", text(update, "mode")),
        _ => update.to_string(),
    };
    let updates = updates(request, Scope::Session);
    updates
        .iter()
        .map(|update| crate::subject::line(&one(update), 300))
        .collect()
}

impl Request {
    /// Whether it asks a person something, rather than for leave.
    pub fn is_question(&self) -> bool {
        !self.questions.is_empty()
    }
}

/// An answer as a person writes it, as the agent wants it: the label of an option for its number or its letters.
fn chosen(question: &Question, answer: &str) -> String {
    let one = |word: &str| {
        let word = word.trim();
        let by_number = || {
            question
                .options
                .get(word.parse::<usize>().ok()?.checked_sub(1)?)
        };
        let same = |option: &&String| option.to_lowercase() == word.to_lowercase();
        let found = question.options.iter().find(same).or_else(by_number);
        found.cloned()
    };
    if let Some(label) = one(answer) {
        return label;
    }
    let each: Option<Vec<String>> = answer.split(',').map(one).collect();
    match each {
        Some(labels) if question.several => labels.join(", "),
        _ => answer.trim().to_string(),
    }
}

/// The answers by question.
///
/// # Errors
/// There are not as many as there are questions, or one is empty.
pub fn answers(request: &Request, given: &[String]) -> Result<Vec<(String, String)>, String> {
    let (asked, got) = (request.questions.len(), given.len());
    if asked != got {
        let questions = if asked == 1 { "question" } else { "questions" };
        return Err(format!(
            "{asked} {questions}, {got} answered: one answer for each, in their order"
        ));
    }
    let pairs = request.questions.iter().zip(given);
    pairs
        .map(|(question, answer)| match chosen(question, answer) {
            empty if empty.is_empty() => Err("an answer is empty".to_string()),
            answer => Ok((question.text.clone(), answer)),
        })
        .collect()
}

/// What the hook prints, on one line.
///
/// # Errors
/// This cannot be said to this agent, or not to this request; the text says what can.
pub fn reply(request: &Request, decision: &Decision) -> Result<String, String> {
    let (id, agent, form) = (&request.id, &request.agent, Form::of(&request.agent));
    match decision {
        Decision::Allow | Decision::Always(_) if request.is_question() => {
            return Err(format!(
                "{id} is a question; answer it with: outlast answer {id} ANSWER"
            ));
        }
        Decision::Answers(_) if !request.is_question() => {
            return Err(format!(
                "{id} asks for leave, not a question: outlast approve {id}, or deny"
            ));
        }
        Decision::Answers(_) if form == Form::Codex => {
            return Err(format!("{agent} takes answers in its own terminal only"));
        }
        Decision::Always(_) if always(request).is_empty() => {
            return Err(format!(
                "{agent} offers no \"always\" for {id}; this once: outlast approve {id}"
            ));
        }
        _ => {}
    }
    if form == Form::Opencode {
        return Ok(opencode(request, decision)?.to_string());
    }
    let decision = match decision {
        Decision::Allow => json!({"behavior": "allow"}),
        Decision::Always(scope) => {
            json!({"behavior": "allow", "updatedPermissions": updates(request, *scope)})
        }
        Decision::Deny(message) if message.is_empty() => json!({"behavior": "deny"}),
        Decision::Deny(message) => json!({"behavior": "deny", "message": message}),
        Decision::Answers(given) => {
            let mut input = request.input.clone();
            let given = answers(request, given)?;
            let given: serde_json::Map<String, Value> = given
                .into_iter()
                .map(|(question, answer)| (question, Value::String(answer)))
                .collect();
            if let Some(input) = input.as_object_mut() {
                input.insert("answers".to_string(), Value::Object(given));
            }
            json!({"behavior": "allow", "updatedInput": input})
        }
    };
    let output = json!({"hookEventName": "PermissionRequest", "decision": decision});
    Ok(json!({"hookSpecificOutput": output}).to_string())
}

/// An answer as a list: of several labels each is one.
fn labels(question: &Question, answer: String) -> Vec<String> {
    let each: Vec<String> = answer.split(", ").map(str::to_string).collect();
    let known = each.iter().all(|label| question.options.contains(label));
    match question.several && known {
        true => each,
        false => vec![answer],
    }
}

/// The reply that our plugin hands on to opencode's interface.
fn opencode(request: &Request, decision: &Decision) -> Result<Value, String> {
    Ok(match decision {
        Decision::Allow => json!({"reply": "once"}),
        Decision::Always(_) => json!({"reply": "always"}),
        Decision::Deny(message) if message.is_empty() => json!({"reply": "reject"}),
        Decision::Deny(message) => json!({"reply": "reject", "message": message}),
        Decision::Answers(given) => {
            // A list of labels for each question.
            let given = answers(request, given)?;
            let questions = request.questions.iter();
            let lists: Vec<Vec<String>> = given
                .into_iter()
                .zip(questions)
                .map(|((_, answer), question)| labels(question, answer))
                .collect();
            json!({"answers": lists})
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::Record;
    use crate::request::{Asked, Queue};

    fn request(agent: &str, tool: &str, input: Value, suggestions: Value) -> Request {
        let record = json!({
            "hook_event_name": "PermissionRequest", "session_id": "s", "cwd": "/p", "tool_name": tool,
            "tool_input": input, "permission_suggestions": suggestions,
        });
        let record = Record::parse(&record.to_string()).unwrap();
        let mut queue = Queue::default();
        queue
            .open(Asked::read(&record, agent, Some(1)).unwrap(), 0, 0, 0)
            .unwrap();
        let request = queue.waiting().next().unwrap().clone();
        Request {
            id: "1aa".into(),
            ..request
        }
    }

    fn said(request: &Request, decision: Decision) -> Value {
        let value: Value = serde_json::from_str(&reply(request, &decision).unwrap()).unwrap();
        let output = &value["hookSpecificOutput"];
        assert_eq!(output["hookEventName"], "PermissionRequest");
        output["decision"].clone()
    }

    #[test]
    fn claude_hears_all_of_it() {
        let suggestions = json!([
            {"type": "addRules", "rules": [{"toolName": "Bash", "ruleContent": "touch:*"}], "behavior": "allow", "destination": "localSettings"},
            {"type": "addDirectories", "directories": ["/x"], "destination": "session"},
            {"type": "setMode", "mode": "bypassPermissions", "destination": "userSettings"},
            {"type": "setMode", "mode": "acceptEdits", "destination": "session"},
        ]);
        let request = request("claude", "Bash", json!({"command": "touch a"}), suggestions);
        assert_eq!(
            said(&request, Decision::Allow),
            json!({"behavior": "allow"})
        );
        assert_eq!(
            said(&request, Decision::Deny("not now".into())),
            json!({"behavior": "deny", "message": "not now"})
        );
        assert_eq!(
            always(&request),
            ["allow Bash(touch:*)", "directory /x", "mode acceptEdits"]
        );
        let kept = said(&request, Decision::Always(Scope::Session));
        let updates = kept["updatedPermissions"].as_array().unwrap();
        assert_eq!(updates.len(), 3);
        assert!(updates.iter().all(|one| one["destination"] == "session"));
        let kept = said(&request, Decision::Always(Scope::named("local").unwrap()));
        assert_eq!(
            kept["updatedPermissions"][0]["destination"],
            "localSettings"
        );
        assert!(reply(&request, &Decision::Answers(vec!["x".into()])).is_err());
    }

    #[test]
    fn codex_hears_what_it_takes() {
        let request = request("codex", "Bash", json!({"command": "touch a"}), json!([]));
        assert_eq!(
            said(&request, Decision::Allow),
            json!({"behavior": "allow"})
        );
        assert_eq!(
            said(&request, Decision::Deny(String::new())),
            json!({"behavior": "deny"})
        );
        let error = reply(&request, &Decision::Always(Scope::Session)).unwrap_err();
        assert!(error.contains("outlast approve 1aa"), "{error}");
    }

    #[test]
    fn questions_are_answered_in_their_labels() {
        let questions = json!([
            {"question": "Which colour?", "header": "Colour", "options": [{"label": "Red"}, {"label": "Blue"}]},
            {"question": "Which days?", "multiSelect": true, "options": [{"label": "Mon"}, {"label": "Tue"}, {"label": "2"}]},
        ]);
        let input = json!({"questions": questions});
        let request = request("claude", "AskUserQuestion", input, json!([]));
        let table = [
            (["blue", "1,tue"], ["Blue", "Mon, Tue"]),
            (["2", "2"], ["Blue", "2"]),
            (["3", "Mon, other"], ["3", "Mon, other"]),
            ([" green, or so ", "Tue"], ["green, or so", "Tue"]),
        ];
        for (given, wanted) in table {
            let given = given.map(String::from).to_vec();
            let kept = said(&request, Decision::Answers(given));
            assert_eq!(kept["behavior"], "allow");
            assert_eq!(kept["updatedInput"]["questions"], questions);
            assert_eq!(kept["updatedInput"]["answers"]["Which colour?"], wanted[0]);
            assert_eq!(kept["updatedInput"]["answers"]["Which days?"], wanted[1]);
        }
        for given in [
            vec![],
            vec!["x".to_string()],
            vec!["".to_string(), "x".to_string()],
        ] {
            assert!(reply(&request, &Decision::Answers(given)).is_err());
        }
        let error = reply(&request, &Decision::Allow).unwrap_err();
        assert!(error.contains("outlast answer 1aa"), "{error}");
        assert!(reply(&request, &Decision::Deny("no".into())).is_ok());
    }

    #[test]
    fn opencode_s_plugin_is_told_the_reply() {
        let request = request("opencode", "bash", json!({"command": "ls"}), json!([]));
        let reply = |decision| reply(&request, &decision).unwrap();
        assert_eq!(reply(Decision::Allow), r#"{"reply":"once"}"#);
        assert_eq!(
            reply(Decision::Always(Scope::Session)),
            r#"{"reply":"always"}"#
        );
        assert_eq!(
            reply(Decision::Deny("no".into())),
            r#"{"message":"no","reply":"reject"}"#
        );
        let asked = |question: &str, several: bool| json!({"question": question, "multiSelect": several, "options": [{"label": "A"}, {"label": "B, b"}, {"label": "C"}]});
        let input = json!({"questions": [asked("one?", false), asked("some?", true)]});
        let questions = self::request("opencode", "AskUserQuestion", input, json!([]));
        let given = Decision::Answers(vec!["2".into(), "1, c".into()]);
        assert_eq!(
            super::reply(&questions, &given).unwrap(),
            r#"{"answers":[["B, b"],["A","C"]]}"#
        );
    }
}
