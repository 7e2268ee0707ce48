//! Formats in a small world, compared with what tmux 3.7c printed in the same one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::*;

/// Formats and, in the line after each, `= ` and what `display-message -p` of tmux 3.7c printed with TZ=UTC in a
/// server with the windows and options of [`World`].
const RECORDED: &str = include_str!("tests/recorded.txt");

const SESSIONS: &[(&str, &[&str])] = &[
    ("alpha", &["w0", "w1", "w2"]),
    ("beta", &["b0"]),
    ("gamma", &["g0"]),
];

const OPTIONS: &[(&str, &str)] = &[
    ("@a", "abc"),
    ("@e", ""),
    ("@z", "0"),
    ("@one", "1"),
    ("@n", "42"),
    ("@path", "/usr/lib/foo.txt"),
    ("@sp", "a b;c$d\"e"),
    ("@hash", "#[x]##{y}"),
    ("@fmt", "#{@n}x"),
    ("@utf", "héllo 日本"),
    ("@style", "#[fg=red]ab#[default]cd"),
    ("@time", "1795231300"),
    ("@colour", "red"),
    ("@comma", "x,y"),
    ("@re", "^a.c$"),
    ("@pct", "%Y"),
    ("@long", "abcdefghij"),
    ("@self", "#{E:@self}"),
];

/// A place in the world: a session, a window of it, a pane of that; each by its index.
#[derive(Clone, Copy)]
struct World {
    session: usize,
    window: usize,
    pane: usize,
    last: bool,
}

/// Where the recorded formats were expanded.
const HERE: World = World {
    session: 0,
    window: 1,
    pane: 1,
    last: false,
};

impl World {
    fn windows(&self) -> &'static [&'static str] {
        SESSIONS[self.session].1
    }

    /// The current window of a session and the active pane of a window.
    fn current_window(session: usize) -> usize {
        usize::from(session == 0)
    }

    fn panes(session: usize, window: usize) -> usize {
        if (session, window) == (0, 1) { 3 } else { 1 }
    }

    fn active_pane(session: usize, window: usize) -> usize {
        usize::from((session, window) == (0, 1))
    }
}

impl Lookup for World {
    fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some((_, value)) = OPTIONS.iter().find(|(option, _)| *option == name) {
            return Some((*value).into());
        }
        if let Some(value) = crate::options::tree::format_text(&[], name) {
            return Some(value.into());
        }
        let flag = |flag: bool| Cow::from(if flag { "1" } else { "0" });
        Some(match name {
            "session_name" => SESSIONS[self.session].0.into(),
            "window_name" => self.windows()[self.window].into(),
            "window_index" => self.window.to_string().into(),
            "pane_index" => self.pane.to_string().into(),
            "pane_id" => format!("%{}", self.pane).into(),
            "window_active" => flag(self.window == World::current_window(self.session)),
            "loop_last_flag" => flag(self.last),
            _ => return None,
        })
    }

    fn time_variable(&self, name: &str) -> Option<i64> {
        (name == "session_created").then_some(1_795_231_300)
    }

    fn each(&self, what: Loop, order: Order) -> Vec<(Box<dyn Lookup + '_>, bool)> {
        let count = match what {
            Loop::Sessions => SESSIONS.len(),
            Loop::Windows => self.windows().len(),
            Loop::Panes => World::panes(self.session, self.window),
            Loop::Clients => 0,
        };
        let mut indices: Vec<usize> = (0..count).collect();
        if order.reverse {
            indices.reverse();
        }
        let mut out: Vec<(Box<dyn Lookup>, bool)> = Vec::new();
        for (at, index) in indices.into_iter().enumerate() {
            let last = at + 1 == count;
            let (world, current) = match what {
                Loop::Sessions => {
                    let window = World::current_window(index);
                    let pane = World::active_pane(index, window);
                    (
                        World {
                            session: index,
                            window,
                            pane,
                            last,
                        },
                        false,
                    )
                }
                Loop::Windows => {
                    let pane = World::active_pane(self.session, index);
                    (
                        World {
                            window: index,
                            pane,
                            last,
                            ..*self
                        },
                        index == World::current_window(self.session),
                    )
                }
                _ => {
                    let active = World::active_pane(self.session, self.window);
                    (
                        World {
                            pane: index,
                            last,
                            ..*self
                        },
                        index == active,
                    )
                }
            };
            out.push((Box::new(world), current));
        }
        out
    }

    fn name_exists(&self, what: Loop, name: &str) -> bool {
        match what {
            Loop::Windows => self.windows().contains(&name),
            _ => SESSIONS.iter().any(|(session, _)| *session == name),
        }
    }

    fn job(&self, command: &str) -> String {
        match command {
            "format" => "#{@a}#(format)%H".to_string(),
            _ => format!("[{command}]"),
        }
    }

    fn search(&self, pattern: &str, regex: bool, ignore_case: bool) -> u32 {
        match pattern {
            "here" => 7 + u32::from(regex) * 10 + u32::from(ignore_case) * 100,
            _ => 0,
        }
    }

    fn now(&self) -> Time {
        self.local(1_795_231_300 + 3600)
    }

    fn local(&self, unix: i64) -> Time {
        Time {
            unix,
            offset: 0,
            zone: *b"UTC\0\0\0\0\0",
        }
    }
}

fn check(template: &str, expected: &str) {
    assert_eq!(expand(template, &HERE, false), expected, "{template}");
}

#[test]
fn the_same_as_tmux() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in RECORDED.split("\n\n") {
        let (template, expected) = case
            .trim_end_matches('\n')
            .split_once("\n= ")
            .unwrap_or_else(|| panic!("{case:?}"));
        // The world has no jobs to run; theirs was empty.
        if template.contains("#()") {
            continue;
        }
        count += 1;
        let result = expand(template, &HERE, true);
        if result != expected {
            wrong.push(format!("{template}\n  tmux: {expected}\n  we:   {result}"));
        }
    }
    assert!(count > 450, "{count}");
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn jobs() {
    check("#(ls)", "[ls]");
    check("#(a (b) c)x", "[a (b) c]x");
    check("#(echo #{@n})", "[echo 42]");
    check("#(format)", "abc%H");
    check("#(unclosed", "");
    check("a#(b(c", "a");
}

#[test]
fn search() {
    check("#{C:here}", "7");
    check("#{C/ri:here}", "117");
    check("#{C/r:#{l:here}}", "17");
}

#[test]
fn times() {
    check("#{t:session_created}", "Sat Nov 21 03:21:40 2026");
    check("#{session_created}", "1795231300");
    check("#{t/p:session_created}", "03:21");
    check("#{t/f/%H#:%M:session_created}", "03:21");
    check("%H:%M", "%H:%M");
    assert_eq!(
        expand("%H:%M #{T:@pct} #{@pct}", &HERE, true),
        "04:21 2026 %Y"
    );
    check("#{T:@pct}", "2026");
}

#[test]
fn truth_of_texts() {
    assert!(is_true("1") && is_true("x") && is_true("00"));
    assert!(!is_true("") && !is_true("0"));
}

#[test]
fn short_names() {
    check("#S:#W:#I.#P#D#H", "alpha:w1:1.1%1");
}

#[test]
fn an_option_that_expands_itself_ends() {
    check("#{E:@self}x", "x");
}

#[test]
fn nesting_is_bounded() {
    let deep =
        |levels: usize| format!("{}#{{@a}}{}", "#{?1,".repeat(levels), ",no}".repeat(levels));
    check(&deep(10).replace("#{?1", "#{?#{@one}"), "abc");
    expand(&deep(100_000), &HERE, true);
    expand(&"#{".repeat(100_000), &HERE, true);
    expand(&"#(".repeat(100_000), &HERE, true);
    expand(&"#{E:".repeat(100_000), &HERE, true);
    expand(
        &format!("{}{}", "#{S:".repeat(90), "}".repeat(90)),
        &HERE,
        true,
    );
}

#[test]
fn results_and_work_are_bounded() {
    let result = expand("#{R:#{R:#{R:abcdefghij,10000},10000},10000}", &HERE, false);
    assert!(result.len() <= MAX_RESULT_LEN);
    let result = expand(&"é".repeat(MAX_RESULT_LEN), &HERE, false);
    assert_eq!(result.len(), MAX_RESULT_LEN);
    let loops = format!("{}x{}", "#{S:".repeat(30), "}".repeat(30));
    assert!(expand(&loops, &HERE, false).len() <= MAX_RESULT_LEN);
    expand("#{s/(a*)*b/x/:#{R:a,10000}}", &HERE, false);
    expand("#{m:*a*a*a*a*a*b,#{R:a,10000}}", &HERE, false);
    expand("#{m/r:(((a{100#}){100#}){100#}),a}", &HERE, false);
}

#[test]
fn widths() {
    for (text, expected) in [
        ("abc", 3),
        ("日本", 4),
        ("é", 1),
        ("e\u{301}x", 2),
        ("#[fg=red]ab", 2),
        ("##", 1),
        ("##[x]", 4),
        ("###[x]y", 2),
        ("#x", 2),
        ("#[unclosed", 0),
        ("a\tb\u{1b}", 2),
        ("👩‍👩‍👧", 2),
        ("", 0),
    ] {
        assert_eq!(width(text), expected, "{text}");
    }
}

#[test]
fn trimming() {
    for (text, limit, left, right) in [
        ("abcdef", 3, "abc", "def"),
        ("abc", 3, "abc", "abc"),
        ("日本語", 3, "日", "語"),
        (
            "#[fg=red]ab#[default]cd",
            3,
            "#[fg=red]ab#[default]c",
            "#[fg=red]b#[default]cd",
        ),
        ("e\u{301}e\u{301}", 1, "e\u{301}", "e\u{301}"),
        ("ab", 0, "", ""),
        ("a\tb", 1, "a", "b"),
    ] {
        assert_eq!(trim_left(text, limit), left, "{text} {limit}");
        assert_eq!(trim_right(text, limit), right, "{text} {limit}");
    }
}

#[test]
fn trimmed_texts_fit() {
    crate::tests::random_texts(5000, "ab#[]日é,fg=\u{301}", |text| {
        for limit in [0, 1, 2, 5, 100] {
            let (left, right) = (trim_left(text, limit), trim_right(text, limit));
            // What is cut inside hashes or a style is measured by drawing alone.
            if !text.contains('#') {
                assert!(
                    width(&left) <= limit && width(&right) <= limit,
                    "{text} {limit}"
                );
            }
        }
    });
}

#[test]
fn any_text_is_expanded() {
    crate::tests::random_texts(20_000, "#{}(),:;?@an=/eslmrRWSPLTEq[]1%H", |text| {
        expand(text, &HERE, true);
    });
    let pieces: Vec<&str> = RECORDED
        .lines()
        .filter(|line| !line.starts_with("= "))
        .collect();
    let mut used = BTreeMap::new();
    crate::tests::random_texts(5000, "0123456789", |text| {
        let mixed: String = text
            .chars()
            .map(|c| pieces[(c as usize * 7) % pieces.len()])
            .collect();
        let cut = mixed
            .char_indices()
            .map(|(at, _)| at)
            .nth(text.len() * 3)
            .unwrap_or(mixed.len());
        expand(&mixed[..cut], &HERE, true);
        used.insert(mixed.len(), ());
    });
}
