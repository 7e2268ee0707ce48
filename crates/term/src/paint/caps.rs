//! What an outer terminal can do: one row per capability, one per kind of terminal.
//!
//! There is no terminfo here: every terminal in use speaks the same language, and what differs is in two tables.
//! What they guess is corrected by the terminal's own answers ([`Caps::learn`]). Names are those of tmux's
//! `terminal-features`, with a few of ours.

/// Capabilities of one viewer's terminal, from its TERM, terminal-features and its answers to our queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// SGR 38;5.
    pub colours256: bool,
    /// SGR 38;2.
    pub rgb: bool,
    /// ?2026.
    pub sync: bool,
    /// Curly and coloured underlines (4:3, 58).
    pub underlines: bool,
    /// SGR 53.
    pub overline: bool,
    /// SGR 9.
    pub strike: bool,
    /// SGR 3 is italic (screen and vt100 make it something else).
    pub italic: bool,
    /// OSC 8.
    pub hyperlinks: bool,
    /// OSC 52.
    pub clipboard: bool,
    /// OSC 0 and 2.
    pub title: bool,
    /// SGR 1006 mouse.
    pub mouse: bool,
    /// ?2004.
    pub bracketed_paste: bool,
    /// ?1004.
    pub focus: bool,
    /// DECSCUSR.
    pub cursor_style: bool,
    /// OSC 12.
    pub cursor_colour: bool,
    /// ECH, and EL with the background colour (bce).
    pub bce: bool,
    /// DECSTBM with SU/SD or IND/RI.
    pub scroll_region: bool,
    /// SU and SD (the linux console and screen have only IND and RI).
    pub scroll_lines: bool,
    /// CHA and VPA.
    pub absolute: bool,
    /// REP.
    pub rep: bool,
    /// UTF-8; otherwise line drawing goes through ACS and the rest becomes `_`.
    pub utf8: bool,
    /// Answers DA1, XTVERSION, DECRPM and OSC colour queries, and swallows what it does not know.
    pub queries: bool,
    /// modifyOtherKeys.
    pub extended_keys: bool,
    /// kitty's keyboard protocol.
    pub kitty_keys: bool,
    /// OSC 9;4.
    pub progress: bool,
    /// OSC 7.
    pub working_directory: bool,
    /// OSC 777: notifications.
    pub notify: bool,
    /// OSC 9 with a text: notifications.
    pub notify_iterm: bool,
    /// OSC 99: notifications that can be taken back.
    pub notify_kitty: bool,
    /// The whole screen scrolls when its last cell is written: it stays empty.
    pub no_last_cell: bool,
    /// Capabilities that were taken away by name, as bits in the order of [`CAPABILITIES`]: no answer gives them back.
    pub denied: u64,
}

/// One row: a capability, its name in `terminal-features` and in [`Caps::features`], what it means.
pub struct Capability {
    /// As tmux names it where tmux has it.
    pub name: &'static str,
    /// One line for the manual.
    pub meaning: &'static str,
    /// Where it is kept.
    pub field: fn(&mut Caps) -> &mut bool,
}

const fn row(
    name: &'static str,
    meaning: &'static str,
    field: fn(&mut Caps) -> &mut bool,
) -> Capability {
    Capability {
        name,
        meaning,
        field,
    }
}

/// Every capability.
#[rustfmt::skip]
pub const CAPABILITIES: &[Capability] = &[
    row("256", "256 colours (SGR 38;5)", |c| &mut c.colours256),
    row("RGB", "24-bit colours (SGR 38;2)", |c| &mut c.rgb),
    row("sync", "synchronized updates (?2026)", |c| &mut c.sync),
    row("usstyle", "underline styles and colours (SGR 4:3, 58)", |c| &mut c.underlines),
    row("overline", "overline (SGR 53)", |c| &mut c.overline),
    row("strikethrough", "strikethrough (SGR 9)", |c| &mut c.strike),
    row("italic", "italic (SGR 3)", |c| &mut c.italic),
    row("hyperlinks", "hyperlinks (OSC 8)", |c| &mut c.hyperlinks),
    row("clipboard", "setting the clipboard (OSC 52)", |c| &mut c.clipboard),
    row("title", "setting the title (OSC 2)", |c| &mut c.title),
    row("mouse", "mouse reports (?1000 to ?1003 with ?1006)", |c| &mut c.mouse),
    row("bpaste", "bracketed paste (?2004)", |c| &mut c.bracketed_paste),
    row("focus", "focus reports (?1004)", |c| &mut c.focus),
    row("cstyle", "cursor shapes (DECSCUSR)", |c| &mut c.cursor_style),
    row("ccolour", "cursor colour (OSC 12)", |c| &mut c.cursor_colour),
    row("bce", "erasing with the background colour (ECH, EL)", |c| &mut c.bce),
    row("region", "scrolling regions (DECSTBM)", |c| &mut c.scroll_region),
    row("scroll", "scrolling by lines (SU, SD)", |c| &mut c.scroll_lines),
    row("absolute", "moving to a column or row (CHA, VPA)", |c| &mut c.absolute),
    row("rep", "repeating a character (REP)", |c| &mut c.rep),
    row("utf8", "UTF-8", |c| &mut c.utf8),
    row("queries", "answers to queries (DA1, XTVERSION, OSC 10, 11)", |c| &mut c.queries),
    row("extkeys", "extended keys (modifyOtherKeys)", |c| &mut c.extended_keys),
    row("kkeys", "kitty's keyboard protocol", |c| &mut c.kitty_keys),
    row("progressbar", "progress (OSC 9;4)", |c| &mut c.progress),
    row("osc7", "working directory (OSC 7)", |c| &mut c.working_directory),
    row("notify", "notifications (OSC 777)", |c| &mut c.notify),
    row("notify9", "notifications (OSC 9)", |c| &mut c.notify_iterm),
    row("notify99", "notifications that can be taken back (OSC 99)", |c| &mut c.notify_kitty),
    row("noam", "scrolls when its last cell is written", |c| &mut c.no_last_cell),
];

/// What a vt100 with UTF-8 has: the ground that every list below stands on.
const VT100: &str = "region,utf8";
/// What the terminals of today have in common.
const MODERN: &str = "region,utf8,256,bpaste,mouse,title,strikethrough,italic,bce,scroll,absolute,queries,cstyle,\
     ccolour,focus,clipboard";

/// One kind of terminal: how its TERM begins and how its XTVERSION begins (empty: not known by it), and what it has
/// beyond [`MODERN`] (or, with `!` before the list, instead of it).
struct Kind {
    term: &'static str,
    version: &'static str,
    features: &'static str,
}

const fn kind(term: &'static str, version: &'static str, features: &'static str) -> Kind {
    Kind {
        term,
        version,
        features,
    }
}

/// Longer beginnings stand before shorter ones. What a terminal is not sure to have in the versions still in use
/// is left to its answers.
#[rustfmt::skip]
const KINDS: &[Kind] = &[
    kind("xterm-kitty", "kitty", "RGB,usstyle,hyperlinks,sync,rep,kkeys,osc7,notify99"),
    kind("xterm-ghostty", "ghostty", "RGB,usstyle,overline,hyperlinks,sync,rep,kkeys,osc7,progressbar,notify"),
    kind("ghostty", "ghostty", "RGB,usstyle,overline,hyperlinks,sync,rep,kkeys,osc7,progressbar,notify"),
    kind("foot", "foot", "RGB,usstyle,overline,hyperlinks,sync,rep,kkeys,osc7,notify"),
    kind("wezterm", "WezTerm", "RGB,usstyle,overline,hyperlinks,sync,rep,extkeys,osc7,notify"),
    kind("alacritty", "alacritty", "RGB,usstyle,hyperlinks,sync,rep,kkeys"),
    kind("contour", "contour", "RGB,usstyle,overline,hyperlinks,sync,rep,osc7,notify"),
    kind("rio", "rio", "RGB,usstyle,hyperlinks,sync,kkeys"),
    kind("mintty", "mintty", "RGB,usstyle,overline,hyperlinks,rep,extkeys,osc7"),
    kind("iterm", "iTerm2", "RGB,usstyle,overline,hyperlinks,sync,extkeys,osc7,progressbar,notify9"),
    kind("konsole", "Konsole", "RGB,usstyle,overline,hyperlinks,rep,osc7"),
    kind("vte", "VTE", "RGB,usstyle,overline,hyperlinks,rep,osc7"),
    // Scripts send an Escape and what belongs to it one after the other; a whole key of kitty's would part them.
    kind("tmux", "tmux", "usstyle,overline,hyperlinks,extkeys,progressbar,kkeys@"),
    // Half of all terminals call themselves xterm; only the answer of the real one is worth REP.
    kind("xterm", "", ""),
    kind("", "XTerm", "rep"),
    kind("rxvt", "rxvt", "!region,utf8,256,bpaste,mouse,title,italic,bce,absolute,cstyle,ccolour,queries"),
    kind("screen", "screen", "!region,utf8,256,bpaste,mouse,title,absolute,queries,kkeys@"),
    kind("linux", "linux", "!region,utf8,bce,absolute"),
    kind("vt", "", "!region,utf8"),
    kind("dumb", "", "!utf8"),
];

impl Caps {
    /// Nothing but text and absolute moves.
    pub const NONE: Caps = Caps::all(false);
    /// Everything: for text that no particular terminal will read (capture-pane -e).
    pub const FULL: Caps = Caps::all(true);

    const fn all(on: bool) -> Caps {
        Caps {
            colours256: on,
            rgb: on,
            sync: on,
            underlines: on,
            overline: on,
            strike: on,
            italic: on,
            hyperlinks: on,
            clipboard: on,
            title: on,
            mouse: on,
            bracketed_paste: on,
            focus: on,
            cursor_style: on,
            cursor_colour: on,
            bce: on,
            scroll_region: on,
            scroll_lines: on,
            absolute: on,
            rep: on,
            utf8: on,
            queries: on,
            extended_keys: on,
            kitty_keys: on,
            progress: on,
            working_directory: on,
            notify: on,
            notify_iterm: on,
            notify_kitty: on,
            no_last_cell: false,
            denied: 0,
        }
    }

    /// What a terminal with this TERM can be expected to do, with what the user says of it (`features`: names
    /// separated by commas, colons or blanks; `name@` takes one away; unknown names are passed over) and what
    /// COLORTERM says.
    pub fn from_term(term: &str, features: &str, colorterm: Option<&str>) -> Caps {
        let mut caps = Caps::NONE;
        match KINDS
            .iter()
            .find(|k| !k.term.is_empty() && term.starts_with(k.term))
        {
            Some(kind) => caps.add_kind(kind),
            None => caps.add(VT100),
        }
        if term.contains("256color") {
            caps.colours256 = true;
        }
        if term.ends_with("-direct") || matches!(colorterm, Some("truecolor" | "24bit")) {
            caps.colours256 = true;
            caps.rgb = true;
        }
        if term == "screen" {
            caps.colours256 = false;
        }
        caps.add(features);
        caps
    }

    /// Adds the capabilities named in `features` (see [`Caps::from_term`]).
    pub fn add(&mut self, features: &str) {
        for name in features.split([',', ':', ' ']) {
            let (name, on) = match name.strip_suffix('@') {
                Some(name) => (name, false),
                None => (name, true),
            };
            let found = CAPABILITIES.iter().zip(0..);
            if let Some((row, bit)) = found
                .into_iter()
                .find(|(row, _)| row.name.eq_ignore_ascii_case(name))
            {
                *(row.field)(self) = on;
                self.denied = self.denied & !(1 << bit) | u64::from(!on) << bit;
            }
        }
        self.colours256 |= self.rgb;
    }

    /// The names of what is there, separated by commas, in the order of [`CAPABILITIES`].
    pub fn features(&self) -> String {
        let mut caps = *self;
        let names: Vec<&str> = CAPABILITIES
            .iter()
            .filter(|c| *(c.field)(&mut caps))
            .map(|c| c.name)
            .collect();
        names.join(",")
    }

    /// Takes what the terminal has answered (one `Input::Reply`) into account; whether anything changed. Answers
    /// that say nothing about capabilities change nothing.
    pub fn learn(&mut self, reply: &[u8]) -> bool {
        let before = *self;
        let Ok(text) = std::str::from_utf8(reply) else {
            return false;
        };
        if let Some(body) = between(text, "\x1b[?", "c") {
            self.learn_attributes(body);
        } else if let Some(body) = between(text, "\x1b[>", "c") {
            self.learn_secondary(body);
        } else if let Some(name) = between(text, "\x1bP>|", "\x1b\\") {
            self.learn_version(name);
        } else if let Some(body) = between(text, "\x1b[?", "$y") {
            self.learn_mode(body);
        } else if let Some(body) = between(text, "\x1b[?", "u") {
            self.kitty_keys |= !body.is_empty() && body.bytes().all(|b| b.is_ascii_digit());
        } else if let Some(body) = between(text, "\x1bP1+r", "\x1b\\") {
            self.learn_terminfo(body);
        }
        self.denied |= before.denied;
        for (row, bit) in CAPABILITIES.iter().zip(0..) {
            if self.denied & 1 << bit != 0 {
                *(row.field)(self) = false;
            }
        }
        *self != before
    }

    /// DA1: `62;…` and above is a VT220 or better; 22 is colour, 52 the clipboard.
    fn learn_attributes(&mut self, body: &str) {
        self.queries = true;
        for attribute in body.split(';') {
            match attribute {
                "52" => self.clipboard = true,
                "61" | "62" | "63" | "64" | "65" => {
                    self.scroll_region = true;
                    self.absolute = true;
                }
                _ => {}
            }
        }
    }

    /// DA2: some terminals give themselves a number, mostly a letter's code.
    fn learn_secondary(&mut self, body: &str) {
        let name = match body.split(';').next() {
            Some("41") => "XTerm",
            Some("77") => "mintty",
            Some("83") => "screen",
            Some("84") => "tmux",
            Some("85") => "rxvt",
            _ => return,
        };
        self.learn_version(name);
    }

    /// XTVERSION: the name of the terminal, then usually its version.
    fn learn_version(&mut self, name: &str) {
        self.queries = true;
        let known = |k: &&Kind| {
            !k.version.is_empty()
                && name
                    .get(..k.version.len())
                    .is_some_and(|n| n.eq_ignore_ascii_case(k.version))
        };
        if let Some(kind) = KINDS.iter().find(known) {
            self.add_kind(kind);
        }
    }

    /// DECRPM: 0 is unknown, 4 permanently off.
    fn learn_mode(&mut self, body: &str) {
        let Some((mode, value)) = body.split_once(';') else {
            return;
        };
        let has = matches!(value, "1" | "2" | "3");
        match mode {
            "2026" => self.sync = has,
            "2004" => self.bracketed_paste = has,
            "1004" => self.focus = has,
            "1006" => self.mouse = has,
            _ => {}
        }
    }

    /// XTGETTCAP: names in hexadecimal.
    fn learn_terminfo(&mut self, body: &str) {
        for entry in body.split(';') {
            let name = entry.split('=').next().unwrap_or(entry);
            match name.to_ascii_lowercase().as_str() {
                "524742" | "5463" => self.add("RGB"),   // RGB, Tc
                "4d73" => self.clipboard = true,        // Ms
                "536d756c78" => self.underlines = true, // Smulx
                "726570" => self.rep = true,            // rep
                _ => {}
            }
        }
    }

    fn add_kind(&mut self, kind: &Kind) {
        match kind.features.strip_prefix('!') {
            Some(all) => self.add(all),
            None => {
                self.add(MODERN);
                self.add(kind.features);
            }
        }
    }
}

impl Default for Caps {
    /// What is assumed of a terminal that nothing is known of.
    fn default() -> Caps {
        Caps::from_term("", "", None)
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.strip_prefix(start)?.strip_suffix(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_known_by_name() {
        let of = |term| Caps::from_term(term, "", None);
        assert!(of("xterm-256color").colours256 && !of("xterm-256color").rgb);
        assert!(of("xterm-kitty").kitty_keys && of("xterm-kitty").rgb);
        assert!(of("xterm-ghostty").sync);
        assert!(of("alacritty").hyperlinks && of("foot-extra").sync);
        assert!(!of("screen").bce && !of("screen").italic && !of("screen").colours256);
        assert!(of("screen-256color").colours256);
        assert!(of("tmux-256color").italic);
        assert!(of("linux").bce && !of("linux").title && !of("linux").queries);
        assert!(!of("vt100").absolute && of("vt100").scroll_region);
        assert!(!of("dumb").scroll_region);
        assert!(Caps::from_term("xterm", "", Some("truecolor")).rgb);
        assert_eq!(Caps::default(), of("nothing-known"));
    }

    #[test]
    fn features_are_added_and_taken_away() {
        let caps = Caps::from_term("vt100", "RGB,nonsense:sync utf8@", None);
        assert!(caps.rgb && caps.colours256 && caps.sync && !caps.utf8);
        assert_eq!(caps.features(), "256,RGB,sync,region");
        let mut caps = Caps::from_term("ghostty", "kkeys@", None);
        assert!(!caps.learn(b"\x1b[?0u") && !caps.learn(b"\x1bP>|ghostty 1.2.0\x1b\\"));
        assert!(!caps.kitty_keys && caps.rgb);
        let mut caps = Caps::from_term("tmux-256color", "kkeys", None);
        assert!(caps.kitty_keys && !caps.learn(b"\x1b[?0u"));
    }

    #[test]
    fn answers_teach() {
        let mut caps = Caps::from_term("xterm-256color", "", None);
        assert!(!caps.learn(b"\x1b]11;rgb:0000/0000/0000\x1b\\"));
        assert!(caps.learn(b"\x1b[?2026;2$y") && caps.sync);
        assert!(caps.learn(b"\x1b[?2026;0$y") && !caps.sync);
        assert!(caps.learn(b"\x1bP>|ghostty 1.2.0\x1b\\") && caps.rgb && caps.sync);
        let mut caps = Caps::default();
        assert!(caps.learn(b"\x1b[?65;4;22;52c") && caps.clipboard && caps.absolute);
        assert!(caps.learn(b"\x1b[?0u") && caps.kitty_keys);
        assert!(caps.learn(b"\x1bP1+r524742=382f382f38\x1b\\") && caps.rgb);
        // It turns out to be tmux.
        assert!(caps.learn(b"\x1b[>84;0;0c") && caps.underlines && !caps.kitty_keys);
        assert!(!caps.learn(b"\x1b[?0u"));
        for junk in [
            &b"\x1b[?c"[..],
            b"\xff",
            b"",
            b"\x1bP>|\x1b\\",
            b"\x1b[?;$y",
        ] {
            Caps::default().learn(junk);
        }
    }

    #[test]
    fn every_field_has_a_row() {
        let mut caps = Caps::NONE;
        for row in CAPABILITIES {
            let field = (row.field)(&mut caps);
            assert!(!*field, "{} has two rows", row.name);
            *field = true;
        }
        let full = Caps {
            no_last_cell: true,
            ..Caps::FULL
        };
        assert_eq!(caps, full);
        assert!(CAPABILITIES.len() <= 64, "each has a bit");
    }
}
