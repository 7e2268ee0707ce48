//! Command texts and what they parse to, in the printed form.

use std::collections::BTreeMap;

use super::*;

#[derive(Default)]
struct World {
    environment: BTreeMap<String, String>,
    hidden: Vec<String>,
    aliases: BTreeMap<String, String>,
}

impl World {
    fn new() -> World {
        let mut world = World::default();
        world.environment.insert("X".into(), "ex".into());
        world.environment.insert("SPACED".into(), "a b;c".into());
        world.aliases.insert("splitp".into(), "split-window".into());
        world.aliases.insert("both".into(), "one ; two -f".into());
        world.aliases.insert("nothing".into(), "".into());
        world.aliases.insert("self".into(), "self -x".into());
        world.aliases.insert("broken".into(), "a {".into());
        world
    }
}

impl ParseContext for World {
    fn environment(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }
    fn set_environment(&mut self, name: &str, value: &str, hidden: bool) {
        self.environment.insert(name.into(), value.into());
        if hidden {
            self.hidden.push(name.into());
        }
    }
    fn home(&self, user: Option<&str>) -> Option<String> {
        match user {
            None => Some("/home/me".into()),
            Some("you") => Some("/home/you".into()),
            Some(_) => None,
        }
    }
    fn expand(&mut self, format: &str) -> String {
        match format {
            "#{yes}" | "1" => "1".into(),
            "#{X}" => self.environment["X"].clone(),
            "#{same:#{yes}}" => "1".into(),
            _ => "0".into(),
        }
    }
    fn alias(&self, name: &str) -> Option<String> {
        self.aliases.get(name).cloned()
    }
}

fn parsed(text: &str, file: Option<&str>) -> String {
    match parse_text(text, file, &mut World::new()) {
        Ok(list) => print(&list),
        Err(error) => format!("error: {error}"),
    }
}

/// As at a prompt: one group.
fn check(text: &str, expected: &str) {
    assert_eq!(parsed(text, None), expected, "{text:?}");
}

/// As a file: a group per line.
fn check_file(text: &str, expected: &str) {
    assert_eq!(parsed(text, Some("f")), expected, "{text:?}");
}

#[test]
fn commands_and_words() {
    check("", "");
    check("  \n\n", "");
    check("a", "a");
    check("a b  c\t d", "a b c d");
    check("a ; b;c ;", "a ; b ; c");
    check("a;;b", "a ; b");
    check("a\nb", "a ; b");
    check("a\r\nb\r\n", "a ; b");
    check("a x\ry", "a x\\ry");
    check("; a", "error: syntax error");
    check("a b=c", "a b=c");
    check("a % %1 %%2", "a \\% \"%1\" \"%%2\"");
    check("a %b", "error: syntax error");
    check("a }", "error: syntax error");
    check("a b}", "error: syntax error");
    check("a {b", "error: syntax error");
    check("a b{c", "a \"b{c\"");
}

#[test]
fn comments_and_continuation() {
    check("# a\nb # c ; d\n", "b");
    check("a b#c", "a \"b#c\"");
    check("# a \\\nb\nc", "c");
    check("a \\\n b", "a b");
    check("a b\\\nc", "a bc");
    check("a 'b\\\nc'", "a bc");
    check("a b\\\\\nc", "a b\\\\ ; c");
    check("# only", "");
}

#[test]
fn quotes() {
    check("a 'b c' \"d e\"", "a \"b c\" \"d e\"");
    check("a 'b'\"c\"d", "a bcd");
    check("a ''", "a ''");
    check("a '' \"\"b", "a '' b");
    check("a '$X' \"$X\" $X ${X}y", "a \"\\$X\" ex ex exy");
    check("a '\\n'", "a \\\\n");
    check(
        "a \"\\n\\t\\e\\033\\s\\r\\a\\b\\v\\f\"",
        "a \"\\n\\t\\033\\033 \\r\\a\\b\\v\\f\"",
    );
    check("a \\; \\# \\{ \\} \\% \\\"", "a \\; \\# \\{ \\} \\% \\\"");
    check("a \\q\\\\", "a q\\\\");
    check("a \\u00e9 \\U0001f600", "a é 😀");
    check("a \\303\\251", "a é");
    check("a \\377", "a \u{fffd}");
    check("a b\\000c d", "a b d");
    check("a \"unfinished\n", "a unfinished\\n");
    check("a \\u00g1", "error: invalid \\u argument");
    check("a \\ud800", "error: invalid \\u argument");
    check("a \\400", "error: invalid octal escape");
    check("a \\19", "error: invalid octal escape");
    check("a \\", "error: syntax error");
}

#[test]
fn newlines_inside_quotes() {
    check("a 'b\n   c'", "a b\\nc");
    check("a 'b\n  # comment\n  c'", "a b\\n\\nc");
    check("a 'b\n  #{c}'", "a \"b\\n#{c}\"");
}

#[test]
fn environment_and_home() {
    check("a $X $NOT $1 $ ", "a ex '' \"$1\" \\$");
    check("a $", "error: syntax error");
    check("a $SPACED", "a \"a b;c\"");
    check("a ${X", "error: invalid environment variable");
    check("a ${X-}", "error: invalid environment variable");
    check(
        "a ~ ~/b '~' \"~\" c~",
        "a /home/me /home/me/b \\~ /home/me c~",
    );
    check("a ~you/b", "a /home/you/b");
    check("a ~nobody", "error: syntax error");
    check("A=1 a $A", "a 1");
    check("A='x y'\na $A", "a \"x y\"");
    check("%hidden A=1\na $A", "a 1");
    check("A=1 ; a $A", "a 1");
    check("a ; A=1 ; b $A", "a ; b 1");
    check("A=1 B=2", "error: syntax error");
    check("%hidden a", "error: syntax error");
    check("1A=1", "1A=1");
    check(
        &format!("A={}", "x".repeat(20000)),
        "error: environment variable is too long",
    );
    check(
        &format!("a ${}", "x".repeat(2000)),
        "error: environment variable is too long",
    );
}

#[test]
fn hidden_assignments_say_so() {
    let mut world = World::new();
    parse_text("%hidden A=1\nB=2", None, &mut world).expect("parses");
    assert_eq!(world.hidden, ["A"]);
    assert_eq!(world.environment["B"], "2");
}

#[test]
fn blocks() {
    check("a { b }", "a { b }");
    check("a { b ; c } d", "a { b ; c } d");
    check("a {\n b 'x y'\n c\n}\nd", "a { b \"x y\" ; c } ; d");
    check("a {}", "a {  }");
    check("a {b}", "a { b }");
    check("a { b { c { d } } }", "a { b { c { d } } }");
    check("a { b } ; c", "a { b } ; c");
    check("a { # comment }\n }", "a {  }");
    check("a { b", "error: syntax error");
    check("{ a }", "error: syntax error");
    check_file("a {\n b\n c ; d\n}", "a { b ;; c ; d }");
    check_file("a {\n\n }\nb {", "error: f:4: syntax error");
}

#[test]
fn conditions() {
    check("%if #{yes}\na\n%endif", "a");
    check("%if #{no}\na\n%endif\nb", "b");
    check("%if #{no}\na\n%else\nb\n%endif", "b");
    check(
        "%if #{no}\na\n%elif #{yes}\nb\n%elif #{yes}\nc\n%else\nd\n%endif",
        "b",
    );
    check("%if #{no}\na\n%elif #{no}\nb\n%else\nd\n%endif", "d");
    check("%if 1\na\n%endif", "a");
    check("%if #{same:#{yes}}\na\n%endif", "a");
    check(
        "%if #{yes}\n%if #{no}\na\n%else\nb\n%endif\nc\n%endif",
        "b ; c",
    );
    check("%if #{no}\n%if #{yes}\na\n%endif\n%endif", "");
    check("%if #{yes} a ; b %endif", "a ; b");
    check("%if #{no} a %else b %endif ; c", "b ; c");
    check("%if #{no} a %elif #{yes} b %endif", "b");
    check("x ; %if #{yes} a %endif", "x ; a");
    check("%if #{no}\nA=1\n%else\nB=2\n%endif\na $A $B", "a '' 2");
    check("%if #{yes}\nA=1\n%elif #{yes}\nA=2\n%endif\na $A", "a 1");
    check("%if #{yes}", "error: syntax error");
    check("%if #{yes}\n%endif", "error: syntax error");
    check("%if #{yes}\na", "error: syntax error");
    check("%endif", "error: syntax error");
    check("%else", "error: syntax error");
    check("%if\na\n%endif", "error: syntax error");
    check("%if #{yes", "error: syntax error");
    check(
        "%if #{yes}\na\n%else\nb\n%else\nc\n%endif",
        "error: syntax error",
    );
    check("a { %if #{yes}\nb\n%endif\n}", "a { b }");
}

#[test]
fn places_of_errors() {
    check_file("a\nb }\nc", "error: f:2: syntax error");
    check_file("a\n\n# c\nb \\400\n", "error: f:4: invalid octal escape");
    check_file("a 'x\ny' }\n", "error: f:2: syntax error");
    check_file("a \\\nb }", "error: f:2: syntax error");
}

#[test]
fn lines_are_groups_in_files_only() {
    check_file("a ; b\nc\n", "a ; b ;; c");
    check("a ; b\nc\n", "a ; b ; c");
    let list = parse_text("a ; b\nc 'x\ny'\nd", Some("f"), &mut NoContext).expect("parses");
    let places: Vec<(u32, u32)> = list
        .commands
        .iter()
        .map(|(group, command)| (*group, command.line))
        .collect();
    assert_eq!(places, [(0, 1), (0, 1), (1, 3), (2, 4)]);
}

#[test]
fn aliases() {
    check("splitp -h", "split-window -h");
    check("both x", "one ; two -f x");
    check("nothing x ; a", "a");
    check("self y", "self -x y");
    check("a { splitp }", "a { split-window }");
    check("splitp { splitp }", "split-window { splitp }");
    check("broken", "error: syntax error");
    check_file("both x\na", "one ; two -f x ;; a");
}

#[test]
fn argv() {
    let check = |words: &[&str], expected: &str| {
        let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        let printed = match parse_argv(&words, &mut World::new()) {
            Ok(list) => print(&list),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(printed, expected, "{words:?}");
    };
    check(&[], "");
    check(&["a", "b c", "$X"], "a \"b c\" \"\\$X\"");
    check(&["a", ";", "b"], "a ; b");
    check(&["a;", "b;"], "a ; b");
    check(&["a", "x\\;", "b"], "a \"x;\" b");
    check(&["a", "\\;", "b"], "a \\; b");
    check(&["a", "x\\\\;"], "a \"x\\\\;\"");
    check(&[";"], "");
    check(&["splitp", "-h"], "split-window -h");
    check(&["a", "{", "b", "}"], "a \\{ b \\}");
}

#[test]
fn arguments_that_are_blocks() {
    let list = parse_text("bind x { a } \\; b", None, &mut NoContext).expect("parses");
    let words = &list.commands[0].1.args[1..];
    let error = parse_arguments(words, &mut NoContext).expect_err("a block is no command");
    assert_eq!(error.to_string(), "no command");
    let list = parse_text("bind x if { a } \\; b", None, &mut NoContext).expect("parses");
    let words = &list.commands[0].1.args[1..];
    assert_eq!(
        print(&parse_arguments(words, &mut NoContext).expect("parses")),
        "if { a } ; b"
    );
}

#[test]
fn quoting() {
    for (text, expected) in [
        ("", "''"),
        ("abc", "abc"),
        ("a b", "\"a b\""),
        (" ", "\" \""),
        ("a\"b", "'a\"b'"),
        ("a\"b\\", "\"a\\\"b\\\\\""),
        ("a'b", "\"a'b\""),
        ("~", "\\~"),
        ("~a", "\\~a"),
        ("~ a", "\"\\~ a\""),
        ("$HOME", "\"\\$HOME\""),
        ("$1", "\"$1\""),
        ("${x}", "\"\\${x}\""),
        ("\t", "\\t"),
        ("\u{1b}[0m", "\\033[0m"),
        ("é", "é"),
        ("\u{9b}", "\\302\\233"),
        ("a\\b", "a\\\\b"),
        ("'", "\\'"),
        ("\"", "\\\""),
    ] {
        assert_eq!(quote(text), expected, "{text:?}");
    }
}

#[test]
fn templates() {
    for (template, index, expected) in [
        ("select-window -t %1", 1, "select-window -t a;b"),
        ("x %% %%", 1, "x a;b %%"),
        ("x %2 %1", 2, "x a;b %1"),
        ("x '%%%' %1%", 1, "x 'a\\;b' a\\;b"),
        ("x %0 %a %", 1, "x %0 %a %"),
        ("no", 1, "no"),
        ("é%1é", 1, "éa;bé"),
    ] {
        assert_eq!(replace(template, "a;b", index), expected, "{template}");
    }
    let list = parse_text("a '%1' { b '%2' }", None, &mut NoContext).expect("parses");
    assert_eq!(
        print(&list.replace(&["x".into(), "y".into()])),
        "a x { b y }"
    );
}

#[test]
fn known_commands_print_with_their_full_names() {
    use crate::args::Spec;
    let known = |name: &str| match name {
        "split-window" | "splitw" => Some((
            "split-window",
            Spec {
                flags: "bc:dhl:",
                min: 0,
                max: None,
                commands: false,
            },
        )),
        "if-shell" | "if" => Some((
            "if-shell",
            Spec {
                flags: "bFt:",
                min: 2,
                max: Some(3),
                commands: true,
            },
        )),
        _ => None,
    };
    let list = parse_text(
        "if -F -b x { splitw -c ~ -h -d top } ; other -b -a",
        None,
        &mut World::new(),
    );
    let printed = print_known(&list.expect("parses"), &known);
    assert_eq!(
        printed,
        "if-shell -Fb x { split-window -dh -c /home/me top } ; other -b -a"
    );
}

/// Lines and groups are not spelled out in a printed list.
fn without_places(list: &CommandList) -> CommandList {
    let mut list = list.clone();
    for (group, command) in &mut list.commands {
        *group = 0;
        command.line = 0;
        for word in &mut command.args {
            if let Argument::Block(block) = word {
                *block = without_places(block);
            }
        }
    }
    list
}

#[test]
fn printed_commands_parse_to_the_same() {
    let mut parsed = 0;
    crate::tests::random_texts(20_000, "abcX \t\n\\\"'#{};;$~%=0123u  {}", |text| {
        let Ok(list) = parse_text(text, None, &mut World::new()) else {
            return;
        };
        parsed += list.commands.len();
        let printed = print(&list);
        match parse_text(&printed, None, &mut NoContext) {
            Ok(again) => assert_eq!(
                without_places(&again),
                without_places(&list),
                "{text:?} {printed:?}"
            ),
            Err(error) => panic!("{text:?} printed as {printed:?}: {error}"),
        }
    });
    assert!(parsed > 1000, "too few of the random texts parse: {parsed}");
}

#[test]
fn any_text_is_parsed_or_refused() {
    let words = [
        "%if", "%endif\n", "%else\n", "#{yes}", "\n", "{", "}", "a", " ", "'", "A=1", ";", "\\u",
    ];
    crate::tests::random_texts(10_000, "0123456789abc", |text| {
        let text: String = text
            .chars()
            .map(|c| words[c as usize % words.len()])
            .collect::<Vec<_>>()
            .join(" ");
        let _ = parse_text(&text, Some("f"), &mut World::new());
    });
}

#[test]
fn nesting_is_bounded() {
    let deep = |levels: usize| {
        parsed(
            &format!("{}b{}", "a { ".repeat(levels), " }".repeat(levels)),
            None,
        )
    };
    assert!(!deep(MAX_DEPTH).starts_with("error"));
    assert_eq!(deep(MAX_DEPTH + 1), "error: too many levels of nesting");
    assert_eq!(deep(100_000), "error: too many levels of nesting");
    let ifs = "%if 1\n".repeat(100_000);
    assert_eq!(parsed(&ifs, None), "error: too many levels of nesting");
}
