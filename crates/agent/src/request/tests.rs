use super::*;
use serde_json::json;

fn record(event: &str, session: &str, command: &str) -> Value {
    json!({
        "hook_event_name": event, "session_id": session, "cwd": "/p", "prompt_id": "q", "tool_name": "Bash",
        "tool_input": {"command": command}, "permission_suggestions": [{"type": "setMode", "mode": "acceptEdits"}],
    })
}

fn asked(session: &str, command: &str) -> Asked {
    read(&record("PermissionRequest", session, command)).unwrap()
}

fn parsed(record: &Value) -> Record {
    Record::parse(&record.to_string()).unwrap()
}

fn read(record: &Value) -> Option<Asked> {
    Asked::read(&parsed(record), "claude", Some(1))
}

fn allowed(by: &str) -> Settled {
    Settled {
        outcome: Outcome::Allowed,
        by: By::Person(by.to_string()),
        unix: 7,
        text: String::new(),
    }
}

#[test]
fn a_request_is_settled_once() {
    let mut queue = Queue::default();
    let (id, new) = queue.open(asked("s", "ls"), 5, 50, 0).unwrap();
    assert!(new);
    assert_eq!(
        queue.open(asked("s", "ls"), 6, 60, 0).unwrap(),
        (id.clone(), false)
    );
    assert_eq!(queue.waiting().count(), 1);
    let request = queue.settle(&id.to_uppercase(), allowed("one")).unwrap();
    assert_eq!((request.opened, request.title.as_str()), (5, "Bash: ls"));
    assert_eq!(request.input["command"], "ls");
    let Err(NotOpen::Already(by)) = queue.settle(&id, allowed("two")) else {
        panic!("settled twice");
    };
    assert_eq!(by.text(), "allowed by one");
    assert_eq!(queue.settle("1zz", allowed("two")), Err(NotOpen::Unknown));
    // The same once more is another request.
    let (again, new) = queue.open(asked("s", "ls"), 9, 90, 0).unwrap();
    assert!(new && again != id);
}

#[test]
fn what_is_another_request() {
    let mut queue = Queue::default();
    let mut open = |asked: Asked| queue.open(asked, 0, 0, 0).unwrap().1;
    let other = |change: fn(&mut Asked)| {
        let mut other = asked("s", "ls");
        change(&mut other);
        other
    };
    assert!(open(asked("s", "ls")));
    assert!(open(asked("s", "ls -l")));
    assert!(open(asked("t", "ls")));
    assert!(open(other(|asked| asked.key.prompt = "other".into())));
    assert!(open(other(|asked| asked.key.subagent = "a".into())));
    assert!(open(other(|asked| asked.pane = Some(2))));
    assert!(!open(other(|asked| asked.suggestions.clear())));
}

#[test]
fn names_are_short_and_not_used_again() {
    let mut queue = Queue::default();
    let (first, _) = queue.open(asked("s", "ls"), 0, 0, 1).unwrap();
    let (second, _) = queue.open(asked("s", "pwd"), 0, 0, 1).unwrap();
    assert!(first.starts_with('1') && second.starts_with('2'));
    assert_eq!((first.len(), second.len()), (3, 3));
    let mut anew = Queue::default();
    let differ = (2..30u64).filter(|salt| {
        anew.number = 0;
        anew.open.clear();
        anew.open(asked("s", "ls"), 0, 0, *salt).unwrap().0 != first
    });
    assert!(differ.count() > 20);
}

#[test]
fn an_agent_that_goes_on_has_been_answered() {
    let subagent = |event: &str, command: &str| {
        let mut record = record(event, "s", command);
        record["agent_id"] = json!("sub");
        record
    };
    let other_input = record("PostToolUse", "s", "pwd");
    let other_session = record("PostToolUse", "t", "ls");
    // What is open is `ls` of the session s, and `make` of its sub-agent.
    let table: &[(Value, &[&str])] = &[
        (record("PostToolUse", "s", "ls"), &["ls"]),
        (record("PostToolUseFailure", "s", "ls"), &["ls"]),
        (record("PermissionDenied", "s", "ls"), &["ls"]),
        (subagent("PostToolUse", "make"), &["make"]),
        (other_input, &[]),
        (other_session, &[]),
        (record("PreToolUse", "s", "ls"), &[]),
        (record("Notification", "s", ""), &[]),
        (record("Stop", "s", ""), &["ls"]),
        (record("StopFailure", "s", ""), &["ls"]),
        (record("UserPromptSubmit", "s", ""), &["ls"]),
        (subagent("SubagentStop", ""), &["make"]),
        (record("SessionEnd", "s", ""), &["ls", "make"]),
        (record("SessionStart", "s", ""), &["ls", "make"]),
        (record("SessionEnd", "t", ""), &[]),
        (json!({"hook_event_name": "Stop"}), &[]),
    ];
    for (record, gone) in table {
        let mut queue = Queue::default();
        queue.open(asked("s", "ls"), 0, 0, 0).unwrap();
        let sub = subagent("PermissionRequest", "make");
        queue.open(read(&sub).unwrap(), 0, 0, 0).unwrap();
        let passed: Vec<String> = queue
            .passed(1, &parsed(record))
            .into_iter()
            .map(|(id, _)| queue.get(&id).unwrap().title.replace("Bash: ", ""))
            .collect();
        assert_eq!(&passed, gone, "{record}");
        assert_eq!(
            queue.passed(2, &parsed(record)),
            [],
            "of another pane: {record}"
        );
    }
}

#[test]
fn an_answered_question_is_the_one_that_was_asked() {
    let questions = json!([{"question": "Which?", "options": []}]);
    let asked = hash("AskUserQuestion", &json!({"questions": questions}));
    let answered = json!({"questions": questions, "answers": {"Which?": "this"}});
    assert_eq!(asked, hash("AskUserQuestion", &answered));
    assert_ne!(asked, hash("Other", &answered));
}

#[test]
fn what_asks_nothing_is_no_request() {
    assert_eq!(read(&record("PreToolUse", "s", "ls")), None);
    assert_eq!(read(&record("Odd", "s", "ls")), None);
    // Of what is wrongly typed nothing is taken.
    let odd = json!({"hook_event_name": "PermissionRequest", "tool_name": "X", "cwd": 1, "permission_suggestions": {}});
    let asked = read(&odd).unwrap();
    assert_eq!((asked.cwd.as_str(), asked.suggestions.len()), ("", 0));
}

#[test]
fn it_is_bounded() {
    let mut queue = Queue::default();
    let long = "x".repeat(INPUT_MOST);
    assert_eq!(queue.open(asked("s", &long), 0, 0, 0), Err(Refused::Long));
    for n in 0..OPEN_MOST {
        queue.open(asked("s", &n.to_string()), 0, 0, 0).unwrap();
    }
    assert_eq!(
        queue.open(asked("s", "one more"), 0, 0, 0),
        Err(Refused::Many)
    );
    let all: Vec<String> = queue.waiting().map(|request| request.id.clone()).collect();
    for id in &all {
        queue.settle(id, allowed("one")).unwrap();
    }
    assert_eq!(queue.remembered().count(), SETTLED_MOST);
    let large = "y".repeat(INPUT_MOST / 2);
    let mut room = 0;
    while queue
        .open(asked(&room.to_string(), &large), 0, 0, 0)
        .is_ok()
    {
        room += 1;
    }
    assert!(
        (2..=TOGETHER_MOST * 2 / INPUT_MOST).contains(&room),
        "{room}"
    );
    let first = queue.waiting().next().unwrap().id.clone();
    queue.settle(&first, allowed("one")).unwrap();
    let kept = queue.get(&first).unwrap();
    assert!(kept.detail.len() < 3000 && kept.input.is_null());
}

#[test]
fn it_comes_back_from_its_text() {
    let mut queue = Queue::default();
    let (id, _) = queue.open(asked("s", "ls"), 0, 0, 0).unwrap();
    queue.open(asked("s", "pwd"), 0, 0, 0).unwrap();
    queue.settle(&id, allowed("one")).unwrap();
    let text = serde_json::to_string(&queue).unwrap();
    assert_eq!(serde_json::from_str::<Queue>(&text).unwrap(), queue);
    assert_eq!(
        serde_json::from_str::<Queue>("{}").unwrap(),
        Queue::default()
    );
}
