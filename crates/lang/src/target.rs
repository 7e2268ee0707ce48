//! Targets as written: `session:window.pane`, ids (`$1 @2 %3`), `=exact`, `{last}`, `{mouse}`, `!`, `+`, `-`, `~`.
//! Only the syntax: what a word means is found in the model by `core`.
//!
//! Source: tmux(1), TARGETS. [`whole`] answers first: it knows the targets that are one word as they stand
//! (`{mouse}`, `{marked}`, `@`). [`split`] cuts the others; [`exact`] and [`window_alias`], [`pane_alias`] read the
//! pieces.

/// The three words of a target; each may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Before the colon.
    pub session: Option<String>,
    /// Between.
    pub window: Option<String>,
    /// After the dot.
    pub pane: Option<String>,
    /// The window stood after a colon: it is never taken for a session's name.
    pub window_only: bool,
    /// The pane stood after a dot: it is never taken for a window's or session's name.
    pub pane_only: bool,
}

/// What kind of thing a bare word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// -t session.
    Session,
    /// -t window.
    Window,
    /// -t pane.
    Pane,
}

/// Targets that are not cut into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// Empty: the current one.
    Current,
    /// `@`, `{active}`, `{current}`: the current window and pane of the client's session.
    Active,
    /// `=`, `{mouse}`: where the mouse event of the key binding was.
    Mouse,
    /// `~`, `{marked}`: the marked pane.
    Marked,
}

/// Whether the target is one of those that are not cut.
pub fn whole(text: &str) -> Option<Whole> {
    match text {
        "" => Some(Whole::Current),
        "@" | "{active}" | "{current}" => Some(Whole::Active),
        "=" | "{mouse}" => Some(Whole::Mouse),
        "~" | "{marked}" => Some(Whole::Marked),
        _ => None,
    }
}

/// Splits a target into its words by tmux(1)'s rules for what a bare word is. Empty words are missing ones; a `=` in
/// front of a word stays (see [`exact`]); `{next}` and its like are replaced by their short forms.
pub fn split(text: &str, kind: Kind) -> Target {
    let mut target = Target::default();
    let (session, rest) = match text.split_once(':') {
        Some((session, rest)) => (Some(session), rest),
        None => (None, text),
    };
    let (rest, pane) = match rest.split_once('.') {
        Some((rest, pane)) => (rest, Some(pane)),
        None => (rest, None),
    };
    target.window_only = session.is_some();
    target.pane_only = pane.is_some();
    let (session, window, pane) = match (session, pane) {
        (Some(_), _) | (None, Some(_)) => (session, Some(rest), pane),
        (None, None) => match (rest.as_bytes().first(), kind) {
            (Some(b'$'), _) => (Some(rest), None, None),
            (Some(b'@'), _) => (None, Some(rest), None),
            (Some(b'%'), _) => (None, None, Some(rest)),
            (_, Kind::Session) => (Some(rest), None, None),
            (_, Kind::Window) => (None, Some(rest), None),
            (_, Kind::Pane) => (None, None, Some(rest)),
        },
    };
    let word = |word: Option<&str>| {
        word.filter(|word| !word.is_empty() && *word != "=")
            .map(str::to_string)
    };
    target.session = word(session);
    target.window = word(window).map(|word| window_alias(&word).to_string());
    target.pane = pane
        .filter(|pane| !pane.is_empty())
        .map(|pane| pane_alias(pane).to_string());
    target
}

/// A session's or window's word without its `=`, and whether it had one: then only the exact name matches, no
/// beginning or pattern.
pub fn exact(word: &str) -> (&str, bool) {
    match word.strip_prefix('=') {
        Some(rest) => (rest, true),
        None => (word, false),
    }
}

/// `{start}` and its like as the one-character forms `^ ! $ + -`; other words as they are.
pub fn window_alias(word: &str) -> &str {
    match word {
        "{start}" => "^",
        "{last}" => "!",
        "{end}" => "$",
        "{next}" => "+",
        "{previous}" => "-",
        "={start}" => "=^",
        "={last}" => "=!",
        "={end}" => "=$",
        "={next}" => "=+",
        "={previous}" => "=-",
        other => other,
    }
}

/// `{last}`, `{next}`, `{previous}` as `! + -`; `{top}` and the other places without their braces; `{up-of}`,
/// `{down-of}`, `{left-of}`, `{right-of}` and all else as they are.
pub fn pane_alias(word: &str) -> &str {
    match word {
        "{last}" => "!",
        "{next}" => "+",
        "{previous}" => "-",
        "{top}" => "top",
        "{bottom}" => "bottom",
        "{left}" => "left",
        "{right}" => "right",
        "{top-left}" => "top-left",
        "{top-right}" => "top-right",
        "{bottom-left}" => "bottom-left",
        "{bottom-right}" => "bottom-right",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kind: Kind, expected: [&str; 3]) {
        let target = split(text, kind);
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        assert_eq!(
            [
                word(&target.session),
                word(&target.window),
                word(&target.pane)
            ],
            expected,
            "{text}"
        );
    }

    #[test]
    fn words_of_targets() {
        check("a:b.c", Kind::Pane, ["a", "b", "c"]);
        check("a:b", Kind::Pane, ["a", "b", ""]);
        check("a:.c", Kind::Pane, ["a", "", "c"]);
        check(":.", Kind::Pane, ["", "", ""]);
        check("a:", Kind::Window, ["a", "", ""]);
        check(":2", Kind::Session, ["", "2", ""]);
        check("w.1", Kind::Session, ["", "w", "1"]);
        check("a:b.c.d:e", Kind::Pane, ["a", "b", "c.d:e"]);
        check("a.b:c.d", Kind::Pane, ["a.b", "c", "d"]);
        check("=mine:", Kind::Session, ["=mine", "", ""]);
        check("=mine", Kind::Session, ["=mine", "", ""]);
        check("=:=", Kind::Session, ["", "", ""]);
    }

    #[test]
    fn bare_words_are_of_the_kind_asked_for_unless_they_are_ids() {
        for kind in [Kind::Session, Kind::Window, Kind::Pane] {
            check("$1", kind, ["$1", "", ""]);
            check("@2", kind, ["", "@2", ""]);
            check("%3", kind, ["", "", "%3"]);
        }
        check("x", Kind::Session, ["x", "", ""]);
        check("x", Kind::Window, ["", "x", ""]);
        check("x", Kind::Pane, ["", "", "x"]);
    }

    #[test]
    fn braces_have_short_forms() {
        check(":{next}.{top-left}", Kind::Pane, ["", "+", "top-left"]);
        check("{last}", Kind::Window, ["", "!", ""]);
        check("{start}.{left-of}", Kind::Pane, ["", "^", "{left-of}"]);
        check("{last}:", Kind::Window, ["{last}", "", ""]);
    }

    #[test]
    fn only_words_say_so() {
        let flags = |text| {
            let target = split(text, Kind::Pane);
            (target.window_only, target.pane_only)
        };
        assert_eq!(flags("a:b"), (true, false));
        assert_eq!(flags("a.b"), (false, true));
        assert_eq!(flags("a:b.c"), (true, true));
        assert_eq!(flags("a"), (false, false));
    }

    #[test]
    fn whole_targets() {
        assert_eq!(whole(""), Some(Whole::Current));
        assert_eq!(whole("{mouse}"), Some(Whole::Mouse));
        assert_eq!(whole("="), Some(Whole::Mouse));
        assert_eq!(whole("~"), Some(Whole::Marked));
        assert_eq!(whole("@"), Some(Whole::Active));
        assert_eq!(whole("a"), None);
    }

    #[test]
    fn any_text_is_split() {
        crate::tests::random_texts(3000, ":.=@$%{}next last-", |text| {
            for kind in [Kind::Session, Kind::Window, Kind::Pane] {
                split(text, kind);
            }
        });
    }
}
