use super::given::find;
use super::*;

fn split(line: &str) -> Vec<String> {
    line.split_whitespace().map(String::from).collect()
}

fn claude() -> &'static Recipe {
    named("claude").expect("a row")
}

#[test]
fn rows_are_whole() {
    for recipe in RECIPES {
        let name = &recipe.name;
        assert!(recipe.start.starts_with(*name), "{name}");
        assert!(recipe.resume.contains("{id}"), "{name}");
        assert!(recipe.start.contains("{args}"), "{name}");
        assert!(!OTHERS.contains(name), "{name}");
        for flag in recipe.keeps.split_whitespace() {
            let flag = flag.split('=').next().unwrap_or_default();
            assert!(find(recipe.chooses, flag).is_none(), "{name} {flag}");
            assert!(find(recipe.batch, flag).is_none(), "{name} {flag}");
        }
    }
    assert!(
        RECIPES
            .iter()
            .filter(|recipe| !recipe.tried.is_empty())
            .count()
            >= 3
    );
}

#[test]
fn agents_are_recognised() {
    let rows = [
        ("claude", Some("claude")),
        ("/usr/local/bin/claude --resume x", Some("claude")),
        (
            "node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js",
            Some("claude"),
        ),
        (
            "/x/node_modules/@anthropic-ai/claude-code-linux-x64/claude",
            Some("claude"),
        ),
        ("node /x/bin/codex", Some("codex")),
        ("node /x/@openai/codex/bin/codex.js", Some("codex")),
        ("/x/opencode-ai/bin/run", Some("opencode")),
        ("node /x/@google/gemini-cli/dist/index.js", Some("gemini")),
        ("python3 /x/aider.py", Some("aider")),
        ("vim claude", Some("claude")),
        ("vim -p claude", None),
        ("bash", None),
        ("", None),
    ];
    for (line, name) in rows {
        assert_eq!(recognised(&split(line)), name, "{line}");
    }
}

#[test]
fn words_are_put_in_their_places_and_not_split() {
    let (args, hooks) = (
        split("--model opus"),
        vec!["--settings".into(), "{\"a\": 1}".into()],
    );
    let places = Places {
        id: "U",
        args: &args,
        hooks: &hooks,
        name: "a b",
        prompt: "go {id} on",
    };
    assert_eq!(
        words(claude().start, &places),
        [
            "claude",
            "--session-id",
            "U",
            "--settings",
            "{\"a\": 1}",
            "--model",
            "opus"
        ]
    );
    assert_eq!(
        words("x={id}-{name} {prompt} {other}", &places),
        ["x=U-a b", "go {id} on", "{other}"]
    );
    assert_eq!(
        claude().resume_words("U", &[]),
        Some(split("claude --resume U"))
    );
    assert_eq!(claude().resume_words("", &[]), None);
}

#[test]
fn what_a_person_gives_is_told_apart() {
    let given = |line: &str| given(claude(), &split(line)).expect(line);
    let kept = given("--model opus --add-dir /a /b --verbose fix-it --permission-mode=default");
    assert_eq!(
        kept.kept,
        split("--model opus --add-dir /a /b --verbose --permission-mode=default")
    );
    assert!(kept.unknown.is_empty() && kept.id.is_none());
    let odd = given("--new-flag value --model x");
    assert_eq!(
        (odd.kept, odd.unknown),
        (split("--model x"), split("--new-flag"))
    );
    assert_eq!(given("--resume U --model x").id.as_deref(), Some("U"));
    assert_eq!(given("--resume=U -r V").id.as_deref(), Some("V"));
    let settings = given("--settings {} --settings=/f");
    assert_eq!(settings.settings, ["{}", "/f"]);
    assert!(settings.kept.is_empty());
    assert_eq!(given("--model").kept, ["--model"]);
    assert_eq!(given("-- --print").kept, Vec::<String>::new());
    assert_eq!(
        without_settings(&split("a --settings x b --settings=y -- --settings z")),
        split("a b -- --settings z")
    );
}

#[test]
fn a_prompt_behind_a_flag_is_said_once() {
    let opencode = named("opencode").expect("a row");
    let told = given(opencode, &split("--prompt hello --model x --prompt=y")).expect("right");
    assert_eq!(told.kept, split("--model x"));
    assert!(told.unknown.is_empty());
}

#[test]
fn what_would_choose_another_conversation_is_refused() {
    let rows = [
        ("claude", "-c", "outlast resume"),
        ("claude", "--model x --continue", "outlast resume"),
        ("claude", "--resume", "outlast resume"),
        ("claude", "--session-id U", "outlast resume"),
        ("claude", "-p hello", "outlast run"),
        ("claude", "mcp list", "outlast run"),
        ("codex", "resume U", "outlast resume"),
        ("codex", "exec hello", "outlast run"),
        ("opencode", "serve", "outlast run"),
        ("opencode", "-c", "outlast resume"),
    ];
    for (name, line, told) in rows {
        let recipe = named(name).expect("a row");
        let text = given(recipe, &split(line)).expect_err(line);
        assert!(text.contains(told), "{line}: {text}");
        assert!(!text.contains('\n'));
    }
    // Only its first word is a command of its own.
    assert!(given(claude(), &split("--model x mcp")).is_ok());
}

#[test]
fn a_person_s_own_are_read() {
    let file = "# mine\n[mine]\nprograms = mine mine2\nstart = mine --id {id} {args}\nresume = mine -r {id}\n\n\
                [claude]\nstart = claude-wrapper --session-id {id} {hooks} {args}\n";
    let own = parse(file).expect("right");
    assert_eq!(own[0].programs, "mine mine2");
    assert!(own[0].knows_id());
    // What a known one does not say again stays as it is.
    assert_eq!(own[1].resume, claude().resume);
    assert_eq!(own[1].hooks, Hooks::Settings);
}

#[test]
fn each_mistake_of_a_file_is_a_line() {
    let file = "start = x\n[a b]\nstart = x {what}\nnonsense\n[c]\nstrat = x\nresume = c --last\nhooks = maybe\n[c]\n";
    let wrong = parse(file).expect_err("wrong");
    let starts = [
        "line 1: start comes before",
        "line 2: bad name [a b]",
        "line 3: start has {what}",
        "line 4: nonsense: a line is",
        "line 6: unknown key strat; there are batch,",
        "line 8: hooks is settings,",
        "line 9: [c] is there already",
        "[a b] has no start",
        "[c] has no start",
        "[c] resume has no {id}",
        "[c] has no start",
    ];
    assert_eq!(wrong.len(), starts.len(), "{wrong:#?}");
    for (text, start) in wrong.iter().zip(starts) {
        assert!(text.starts_with(start), "{text}");
    }
}
