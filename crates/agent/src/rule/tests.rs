use super::*;

fn rules(text: &str) -> Rules {
    Rules::parse(text, "/home/me").unwrap()
}

fn bash(command: &str) -> Subject<'_> {
    Subject {
        agent: "claude",
        tool: "Bash",
        cwd: "/home/me/src/a",
        command: Some(command),
        ..Subject::default()
    }
}

fn decided(rules: &Rules, subject: &Subject<'_>) -> Option<(Verdict, u32)> {
    rules.decide(subject).map(|rule| (rule.verdict, rule.line))
}

#[test]
fn conditions_all_hold() {
    use Verdict::{Allow, Deny};
    let rules = rules(
        "# mine\n\
         allow tool=Bash command=\"git status*\"\n\
         allow tool=Bash command='cargo test*' in=~/src agent=claude # only there\n\
         \tallow   tool=Edit file=\"~/src/a/*\"\n\
         deny command=\"git push*\"\n\
         deny tool=mcp__*\n\
         allow tool=ExitPlanMode\n\
         deny file=/etc/*\n\
         allow tool=Edit file=\"/etc/hosts\"\n",
    );
    let at = |cwd: &'static str, subject: Subject<'static>| Subject { cwd, ..subject };
    let edit = |file: &'static str| Subject {
        tool: "Edit",
        file: Some(file),
        command: None,
        ..bash("")
    };
    let table: &[(Subject<'_>, Option<(Verdict, u32)>)] = &[
        (bash("git status"), Some((Allow, 2))),
        (bash("git status -s"), Some((Allow, 2))),
        (bash(" git status "), Some((Allow, 2))),
        (bash("git stat"), None),
        (bash("xgit status"), None),
        (bash("cargo test -p x"), Some((Allow, 3))),
        (at("/home/me/src", bash("cargo test")), Some((Allow, 3))),
        (at("/home/me/srcs", bash("cargo test")), None),
        (at("/home/me/src/../x", bash("cargo test")), None),
        (at("", bash("cargo test")), None),
        (
            Subject {
                agent: "codex",
                ..bash("cargo test")
            },
            None,
        ),
        (
            Subject {
                tool: "Shell",
                ..bash("git status")
            },
            None,
        ),
        (edit("/home/me/src/a/b/c.rs"), Some((Allow, 4))),
        (edit("b.rs"), Some((Allow, 4))),
        (edit("./b.rs"), Some((Allow, 4))),
        (edit("/home/me/src/ab"), None),
        (edit("/home/me/src/a/../../.bashrc"), Some((Deny, 8))),
        (edit("/etc/hosts"), Some((Deny, 8))),
        (bash("git push"), Some((Deny, 5))),
        (
            Subject {
                tool: "mcp__x__y",
                command: None,
                ..bash("")
            },
            Some((Deny, 6)),
        ),
        (
            Subject {
                tool: "ExitPlanMode",
                command: None,
                ..bash("")
            },
            Some((Allow, 7)),
        ),
        (
            Subject {
                tool: "Bash",
                command: None,
                ..bash("")
            },
            None,
        ),
    ];
    for (subject, wanted) in table {
        assert_eq!(decided(&rules, subject), *wanted, "{subject:?}");
    }
}

#[test]
fn what_is_put_together_is_allowed_only_part_by_part() {
    let rules = rules(
        "allow tool=Bash command=\"ls*\"\nallow tool=Bash command=\"grep *\"\nallow tool=Bash command=pwd\n\
         allow tool=Bash whole=\"cd web && npm run build > log\"\n",
    );
    let yes = [
        "ls",
        "ls -l; pwd",
        "ls && grep x y",
        "ls | grep x || pwd",
        "ls &\npwd\n",
        "ls 'a;b' \"c | d\" e\\;f",
        "grep 'a$(b)' x",
        "cd web && npm run build > log",
        "  cd web && npm run build > log\n",
    ];
    for command in yes {
        assert!(rules.decide(&bash(command)).is_some(), "{command}");
    }
    let no = [
        "ls; rm -rf /",
        "ls && rm x",
        "ls | sh",
        "ls || rm x",
        "ls & rm x",
        "ls\nrm x",
        "ls\r\nrm x",
        "ls $(rm x)",
        "ls `rm x`",
        "ls \"$(rm x)\"",
        "ls \"`rm x`\"",
        "ls <(rm x)",
        "ls > ~/.bashrc",
        "ls < x",
        "ls ${x}",
        "ls $x",
        "ls 'a' $'b'",
        "ls \"unended; rm x",
        "ls 'unended",
        "ls \\",
        "ls \\\n; rm x",
        "(ls)",
        "{ ls; }",
        "PATH=/evil ls",
        "LD_PRELOAD=x pwd",
        "! ls",
        "ls # ; rm x",
        "",
        ";",
        "cd web && npm run build",
        "cd web && npm run build > log; rm x",
        "ls \u{0}",
        "ls\u{b}rm",
    ];
    for command in no {
        assert!(rules.decide(&bash(command)).is_none(), "{command}");
    }
}

#[test]
fn a_denial_is_found_wherever_it_stands() {
    let rules = rules("allow tool=Bash whole=*\ndeny command=\"rm *\"\n");
    let no = [
        "rm -rf /",
        "ls; rm x",
        "ls && rm x",
        "ls|rm x",
        "A=b rm x",
        "A=b C=d rm x",
        "echo $(rm x)",
        "echo `rm x`",
        "bash -c 'rm x'",
        "bash -c \"ls; rm x\"",
        "ls \\\n; rm x",
        "(rm x)",
        "x=$(cat <<E\nrm x\nE\n)",
        "if true; then rm x; fi > y",
    ];
    for command in no {
        assert_eq!(
            decided(&rules, &bash(command)),
            Some((Verdict::Deny, 2)),
            "{command}"
        );
    }
    for command in ["ls", "rmdir x", "echo arm x"] {
        assert_eq!(
            decided(&rules, &bash(command)),
            Some((Verdict::Allow, 1)),
            "{command}"
        );
    }
}

#[test]
fn no_order_of_lines_makes_a_denial_weaker() {
    let lines = [
        "allow tool=Bash command=*",
        "deny command=\"git push*\"",
        "allow tool=* whole=*",
        "deny tool=Write",
    ];
    let mut seed = 7u64;
    for _ in 0..50 {
        let mut shuffled = lines.to_vec();
        for at in (1..shuffled.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(at, (seed >> 33) as usize % (at + 1));
        }
        let rules = rules(&shuffled.join("\n"));
        let verdict = |subject: &Subject<'_>| rules.decide(subject).map(|rule| rule.verdict);
        assert_eq!(verdict(&bash("git push")), Some(Verdict::Deny));
        assert_eq!(
            verdict(&bash("git pull && git push -f")),
            Some(Verdict::Deny)
        );
        assert_eq!(verdict(&bash("git pull")), Some(Verdict::Allow));
        let write = Subject {
            tool: "Write",
            file: Some("/x"),
            command: None,
            ..bash("")
        };
        assert_eq!(verdict(&write), Some(Verdict::Deny));
    }
}

#[test]
fn a_question_is_a_person_s() {
    let rules = rules("allow tool=*\n");
    let question = Subject {
        tool: "AskUserQuestion",
        question: true,
        command: None,
        ..bash("")
    };
    assert_eq!(rules.decide(&question), None);
    let denied = super::Rules::parse("deny tool=AskUserQuestion", "/").unwrap();
    assert!(denied.decide(&question).is_some());
}

#[test]
fn each_wrong_line_is_named() {
    let table = [
        (
            "permit tool=Bash",
            1,
            "permit: a rule begins with allow or deny",
        ),
        ("\n\nallow command=ls", 3, "allow needs tool="),
        ("allow", 1, "allow needs tool="),
        ("deny", 1, "deny needs a condition"),
        (
            "allow tool=Bash ls",
            1,
            "ls: a condition is written name=value",
        ),
        (
            "allow tool=Bash cmd=ls",
            1,
            "cmd: unknown condition; there are agent, tool, command, whole, file, in",
        ),
        ("allow tool=Bash command=", 1, "command= has no value"),
        ("allow tool=Bash tool=Edit", 1, "tool= is there twice"),
        (
            "allow tool=Bash command=a whole=b",
            1,
            "command= and whole= exclude each other",
        ),
        (
            "allow tool=Bash in=src",
            1,
            "in=src: a path begins with / or ~",
        ),
        (
            "allow tool=Edit file=~you/x",
            1,
            "file=~you/x: a path begins with / or ~",
        ),
        ("allow tool=Bash command=\"ls", 1, "a quote does not end"),
        (
            "allow tool=Bash \u{1b}[2J",
            1,
            "\\u{1b}[2J: a condition is written name=value",
        ),
    ];
    for (text, line, what) in table {
        let wrong = vec![Wrong {
            line,
            what: what.to_string(),
        }];
        assert_eq!(Rules::parse(text, "/home/me"), Err(wrong), "{text}");
    }
    let two = Rules::parse("x\nallow tool=Bash\ny\n", "/").unwrap_err();
    assert_eq!(
        two.iter().map(|wrong| wrong.line).collect::<Vec<_>>(),
        [1, 3]
    );
    assert!(Rules::parse(&"#".repeat(MOST + 1), "/").is_err());
    assert_eq!(Rules::parse("", "/"), Ok(Rules::default()));
}

#[test]
fn patterns() {
    let table = [
        ("", "", true),
        ("*", "", true),
        ("a", "a", true),
        ("a", "ab", false),
        ("a*", "a\nb", true),
        ("*b", "ab", true),
        ("*b", "abc", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("a*b*c", "a1b2b3c", true),
        ("\\*", "*", true),
        ("\\*", "a", false),
        ("**a", "a", true),
        ("é*", "éa", true),
        ("\\", "\\", true),
    ];
    for (pattern, text, wanted) in table {
        assert_eq!(matches(pattern, text), wanted, "{pattern} {text}");
    }
    // Many stars and a long text take no longer than both lengths together allow.
    assert!(!matches(&"*a".repeat(200), &"b".repeat(20_000)));
}
