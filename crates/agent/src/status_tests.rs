use super::*;

/// A status and a clock.
#[derive(Default)]
struct Told {
    status: Status,
    ms: u64,
}

impl Told {
    fn at(&self) -> At {
        At {
            ms: self.ms,
            unix: i64::try_from(self.ms / 1000).expect("small"),
        }
    }

    fn psp(&mut self, payload: &str) -> &mut Told {
        let report = Report::parse(payload, <[u8]>::to_vec).expect(payload);
        self.status.report(self.at(), &report);
        self
    }

    fn hook(&mut self, json: &str) -> &mut Told {
        let record = Record::parse(json).expect(json);
        self.status.record(self.at(), &record);
        self
    }

    fn event(&mut self, name: &str, more: &str) -> &mut Told {
        self.hook(&format!("{{\"hook_event_name\":\"{name}\"{more}}}"))
    }

    fn after(&mut self, ms: u64) -> &mut Told {
        let end = self.ms + ms;
        while let Some(due) = self.status.due().filter(|due| *due <= end) {
            self.ms = self.ms.max(due);
            self.status.tick(self.at());
        }
        self.ms = end;
        self
    }

    /// Writes something each `every` ms for so long.
    fn writes(&mut self, every: u64, span: u64) -> &mut Told {
        for _ in 0..span / every {
            self.after(every);
            self.status.output(self.at());
        }
        self
    }

    fn shown(&self) -> String {
        let view = self.status.view();
        let kind = view
            .kind
            .map_or(String::new(), |kind| format!("({})", kind.name()));
        let text = match view.text.is_empty() {
            true => String::new(),
            false => format!(": {}", view.text),
        };
        format!("{}{kind}{text}", view.state.name())
    }
}

#[test]
fn a_turn_as_the_protocol_tells_it() {
    let mut told = Told::default();
    for (payload, shown) in [
        ("state=idle:app=claude-code", "idle"),
        ("state=working:app=claude-code", "working"),
        (
            "state=blocked:kind=permission:msg=approve Bash",
            "waiting(permission): approve Bash",
        ),
        ("state=working", "working"),
        (
            "state=blocked:kind=question:msg=Which?",
            "waiting(question): Which?",
        ),
        ("state=blocked:msg=dialog open", "waiting: dialog open"),
        ("state=error:msg=API Error", "failed: API Error"),
        ("state=done", "done"),
        ("state=clear", "unknown"),
    ] {
        assert_eq!(told.psp(payload).shown(), shown, "{payload}");
    }
}

#[test]
fn a_turn_as_hooks_tell_it() {
    let mut told = Told::default();
    for (name, more, shown) in [
        ("SessionStart", r#","source":"startup""#, "idle"),
        ("UserPromptSubmit", r#","prompt":"do it""#, "working: do it"),
        (
            "PreToolUse",
            r#","tool_name":"Bash","tool_input":{"command":"ls"}"#,
            "working: Bash: ls",
        ),
        (
            "PermissionRequest",
            r#","tool_name":"Bash","tool_input":{"command":"ls"}"#,
            "waiting(permission): Bash: ls",
        ),
        (
            "Notification",
            r#","notification_type":"permission_prompt","message":"Claude needs you""#,
            "waiting(permission): Bash: ls",
        ),
        ("PostToolUse", r#","tool_name":"Bash""#, "working"),
        (
            "PermissionRequest",
            r#","tool_name":"AskUserQuestion","tool_input":{"questions":[{"question":"Red?"}]}"#,
            "waiting(question): Red?",
        ),
        (
            "Stop",
            r#","last_assistant_message":"all done""#,
            "done: all done",
        ),
        (
            "Notification",
            r#","notification_type":"idle_prompt""#,
            "done: all done",
        ),
        (
            "StopFailure",
            r#","error":"rate_limit""#,
            "failed: rate limit",
        ),
        ("UserPromptSubmit", r#","prompt":"again""#, "working: again"),
        ("SessionEnd", r#","reason":"other""#, "unknown"),
    ] {
        assert_eq!(told.event(name, more).shown(), shown, "{name}");
    }
}

#[test]
fn the_more_trusted_decides_and_the_other_fills_in() {
    let mut told = Told::default();
    told.psp("state=idle")
        .event("UserPromptSubmit", r#","prompt":"x""#);
    assert_eq!(told.shown(), "idle");
    told.psp("state=blocked");
    assert_eq!(told.shown(), "waiting");
    told.event(
        "PermissionRequest",
        r#","tool_name":"Bash","tool_input":{"command":"rm"}"#,
    );
    assert_eq!(told.shown(), "waiting(permission): Bash: rm");
    // What stands below does not turn a state round.
    told.status.call(told.at(), "look");
    told.psp("state=working");
    assert_eq!(told.shown(), "working");
}

#[test]
fn a_turn_is_over_when_its_parts_are() {
    let mut told = Told::default();
    told.event("SessionStart", "")
        .event("SubagentStart", r#","agent_id":"a","agent_type":"look""#)
        .event("Stop", r#","background_tasks":[{"id":"a"}]"#);
    assert_eq!(told.shown(), "working: 1 task in the background");
    assert_eq!(told.status.parts()["a"].title, "look");
    told.event("SubagentStop", r#","agent_id":"a","agent_type":"look""#);
    // The agent has said how many go on, and says so again at the end of the turn that follows.
    told.event("UserPromptSubmit", "").event("Stop", "");
    assert_eq!(told.shown(), "done");
    let mut told = Told::default();
    told.psp("state=working:id=a:title=look").psp("state=done");
    assert_eq!(told.shown(), "working: 1 task in the background");
    assert_eq!(told.psp("state=clear:id=a").shown(), "done");
}

#[test]
fn a_part_asks_in_the_dialog_of_the_whole() {
    let mut told = Told::default();
    told.event("UserPromptSubmit", "").event(
        "PermissionRequest",
        r#","agent_id":"a","tool_name":"Bash","tool_input":{"command":"ls"}"#,
    );
    assert_eq!(told.shown(), "waiting(permission): Bash: ls");
    told.event("PostToolUse", r#","agent_id":"a","tool_name":"Bash""#);
    assert_eq!(told.shown(), "working");
}

#[test]
fn parts_are_bounded() {
    let mut told = Told::default();
    for i in 0..10_000 {
        let long = "日".repeat(900);
        told.psp(&format!("state=working:id={i}:title={long}:msg={long}"));
    }
    assert_eq!(told.status.parts().len(), PARTS);
    let size = serde_json::to_string(&told.status).expect("json").len();
    assert!(size < 20_000, "{size}");
}

#[test]
fn a_dialog_that_blinks_waits_and_a_silent_prompt_is_idle() {
    let mut told = Told::default();
    told.status.title(told.at(), Glyph::Works);
    assert_eq!(told.shown(), "working");
    told.after(5000);
    told.status.title(told.at(), Glyph::Rests);
    // Nobody knows yet.
    assert_eq!(told.shown(), "unknown");
    assert_eq!(told.writes(600, 4000).shown(), "waiting");
    assert_eq!(told.writes(600, 60_000).shown(), "waiting");
    assert_eq!(told.after(3000).shown(), "idle");
    // Hints are repainted some seconds later.
    told.after(2000);
    told.status.output(told.at());
    told.after(4000);
    told.status.output(told.at());
    assert_eq!(told.shown(), "idle");
    told.status.title(told.at(), Glyph::Works);
    assert_eq!(told.shown(), "working");
}

#[test]
fn titles_of_gemini_say_what_it_does() {
    let mut told = Told::default();
    for (title, state) in [
        ("✦  Working… (proj)", "working"),
        ("✋  Action Required (proj)", "waiting"),
        ("◇  Ready (proj)", "unknown"),
    ] {
        let glyph = Glyph::of(title).expect("a glyph");
        told.status.title(told.at(), glyph);
        assert_eq!(told.shown(), state, "{title}");
        told.after(1000);
    }
    assert_eq!(told.after(3000).shown(), "idle");
}

#[test]
fn a_shell_that_prompts_has_no_agent_any_more() {
    let mut told = Told::default();
    told.status.mark(told.at(), 'C', None);
    assert_eq!(told.shown(), "working");
    told.psp("state=blocked:kind=permission")
        .psp("state=working:id=a");
    told.status.mark(told.at(), 'D', Some(137));
    told.status.mark(told.at(), 'A', None);
    assert_eq!(told.shown(), "failed: exit status 137");
    assert!(told.status.parts().is_empty());
    told.status.mark(told.at(), 'C', None);
    told.status.mark(told.at(), 'D', Some(0));
    assert_eq!(told.shown(), "done");
}

#[test]
fn since_is_when_the_state_began() {
    let mut told = Told::default();
    told.after(1000).psp("state=working:msg=a");
    told.after(9000).psp("state=working:msg=b");
    let view = told.status.view();
    assert_eq!((view.since, &*view.text), (1, "b"));
    told.psp("state=done");
    assert_eq!(told.status.view().since, 10);
}

#[test]
fn it_is_kept_as_it_is() {
    let mut told = Told::default();
    told.psp("state=blocked:kind=auth:msg=x").event("Stop", "");
    let kept = serde_json::to_string(&told.status).expect("json");
    let back: Status = serde_json::from_str(&kept).expect("json");
    assert_eq!(back, told.status);
    // A record of a later build has more fields, and one of an earlier one fewer.
    assert!(serde_json::from_str::<Status>(r#"{"later":1}"#).is_ok());
}
