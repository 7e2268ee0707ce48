//! Choosers: choose-tree, choose-buffer, choose-client, customize-mode (tmux(1), choose-tree): a list with sections that
//! fold, and a preview of what is chosen.
//!
//! A chooser keeps only what the person has done (what is current, folded, tagged, sought); the list is made from the
//! model whenever it is drawn or a key comes, so it shows what there is now, and after the server's death too.
//!
//! Departures from tmux: the wheel moves through the list; a help that is higher than the screen scrolls; with grouped
//! sessions the current one or the group's first is listed, whatever the last one of the list is (3.7c).

mod actions;
mod build;
mod customize;
mod draw;
mod help;
mod info;
mod items;
mod keys;
mod options;
mod pointer;
mod preview;
mod sort;

use std::collections::BTreeSet;

use outlast_lang::args::Args;
use serde::{Deserialize, Serialize};

use super::front::{self, Kind};
use crate::Core;
use crate::model::ids::PaneId;
use crate::target::Find;
pub(crate) use actions::asked;
pub(crate) use draw::draw;
pub(crate) use keys::key;
pub use options::Level;
pub use sort::Sort;

/// What a chooser lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// Sessions, windows, panes.
    Tree,
    /// Paste buffers.
    Buffers,
    /// Clients.
    Clients,
    /// Options and key bindings.
    Options,
}

/// A row of the table of choosers.
pub(crate) struct Row {
    what: What,
    mode: &'static str,
    format: &'static str,
    command: &'static str,
    sorts: &'static [Sort],
    /// What one is called in the help.
    item: &'static str,
    /// Lines of the menu: name and key; an empty name is a divider.
    menu: &'static [(&'static str, &'static str)],
    /// Lines of the help: key and what it does.
    help: &'static [(&'static str, &'static str)],
}

const KEY_FORMAT: &str =
    "#{?#{e|<:#{line},10},#{line},#{e|<:#{line},36},M-#{a:#{e|+:97,#{e|-:#{line},10}}}}";

const ROWS: &[Row] = &[
    Row {
        what: What::Tree,
        mode: "tree-mode",
        format: "#{?pane_format,#{?pane_marked,#[reverse],}#{?pane_floating_flag,#[italics],}\
                 #{pane_current_command}#{pane_flags}\
                 #{?#{&&:#{pane_title},#{!=:#{pane_title},#{host_short}}},: \"#{pane_title}\",},\
                 window_format,#{?window_marked_flag,#[reverse],}#{window_name}#{window_flags}\
                 #{?#{&&:#{==:#{window_panes},1},#{&&:#{pane_title},#{!=:#{pane_title},#{host_short}}}},: \"#{pane_title}\",},\
                 #{session_windows} windows#{?session_grouped, (group #{session_group}: #{session_group_list}),}\
                 #{?session_attached, (attached),}}",
        command: "switch-client -Zt '%%'",
        sorts: &[Sort::Index, Sort::Name, Sort::Activity, Sort::Z],
        item: "item",
        menu: &[
            ("Select", "Enter"),
            ("Expand", "Right"),
            ("Mark", "m"),
            ("", ""),
            ("Tag", "t"),
            ("Tag All", "C-t"),
            ("Tag None", "T"),
            ("", ""),
            ("Kill", "x"),
            ("Kill Tagged", "X"),
            ("", ""),
            ("Cancel", "q"),
        ],
        help: &[
            ("Enter", "Choose selected item"),
            ("S-Up", "Swap current and previous window"),
            ("S-Down", "Swap current and next window"),
            ("x", "Kill selected item"),
            ("X", "Kill tagged items"),
            ("<", "Scroll previews left"),
            (">", "Scroll previews right"),
            ("m", "Set the marked pane"),
            ("M", "Clear the marked pane"),
            (":", "Run a command for each tagged item"),
            ("f", "Enter a format"),
            ("H", "Jump to the starting pane"),
        ],
    },
    Row {
        what: What::Buffers,
        mode: "buffer-mode",
        format: "#{t/p:buffer_created}: #{buffer_sample}",
        command: "paste-buffer -p -b '%%'",
        sorts: &[Sort::Creation, Sort::Name, Sort::Size],
        item: "buffer",
        menu: &[
            ("Paste", "p"),
            ("Paste Tagged", "P"),
            ("", ""),
            ("Tag", "t"),
            ("Tag All", "C-t"),
            ("Tag None", "T"),
            ("", ""),
            ("Delete", "d"),
            ("Delete Tagged", "D"),
            ("", ""),
            ("Cancel", "q"),
        ],
        help: &[
            ("Enter", "Paste selected buffer"),
            ("p", "Paste selected buffer"),
            ("P", "Paste tagged buffers"),
            ("d", "Delete selected buffer"),
            ("D", "Delete tagged buffers"),
            ("e", "Open buffer in editor"),
            ("f", "Enter a filter"),
        ],
    },
    Row {
        what: What::Clients,
        mode: "client-mode",
        format: "#{t/p:client_activity}: session #{session_name}",
        command: "detach-client -t '%%'",
        sorts: &[Sort::Name, Sort::Size, Sort::Creation, Sort::Activity],
        item: "client",
        menu: &[
            ("Detach", "d"),
            ("Detach Tagged", "D"),
            ("", ""),
            ("Tag", "t"),
            ("Tag All", "C-t"),
            ("Tag None", "T"),
            ("", ""),
            ("Cancel", "q"),
        ],
        help: &[
            ("Enter", "Choose selected client"),
            ("d", "Detach selected client"),
            ("D", "Detach tagged clients"),
            ("x", "Detach selected client"),
            ("X", "Detach tagged clients"),
            ("z", "Suspend selected client"),
            ("Z", "Suspend tagged clients"),
            ("f", "Enter a filter"),
        ],
    },
    Row {
        what: What::Options,
        mode: "options-mode",
        format: "#{?is_option,#{?option_is_global,,#[reverse](#{option_scope})#[default] }\
                 #[ignore]#{option_value}#{?option_unit, #{option_unit},},#{key}}",
        command: "",
        sorts: &[],
        item: "option",
        menu: &[
            ("Select", "Enter"),
            ("Expand", "Right"),
            ("", ""),
            ("Tag", "t"),
            ("Tag All", "C-t"),
            ("Tag None", "T"),
            ("", ""),
            ("Cancel", "q"),
        ],
        help: &[
            ("Enter, s", "Set option value"),
            ("S", "Set global option value"),
            ("w", "Set window option value"),
            ("d", "Set to default value"),
            ("D", "Set tagged options to default value"),
            ("u", "Unset an option"),
            ("U", "Unset tagged options"),
            ("f", "Enter a filter"),
            ("v", "Toggle information"),
        ],
    },
];

impl What {
    pub(crate) fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.what == self).unwrap_or(&ROWS[0])
    }

    /// tmux's name of the mode.
    pub fn mode(self) -> &'static str {
        self.row().mode
    }

    /// The format of its lines without -F (`tree_mode_format` and its like).
    pub(crate) fn format(self) -> &'static str {
        self.row().format
    }
}

/// How much of the pane the preview takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Preview {
    /// None of it.
    Off,
    /// The lower part.
    Normal,
    /// Most of it.
    Big,
}

/// A chooser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chooser {
    /// What it lists.
    pub what: What,
    /// -F.
    pub format: String,
    /// -K.
    pub key_format: String,
    /// What is run for what is chosen, `%%` being its name.
    pub command: String,
    /// -f, or what was typed at the filter prompt.
    pub filter: Option<String>,
    /// -O.
    pub sort: Sort,
    /// -r.
    pub reversed: bool,
    /// -N.
    pub preview: Preview,
    /// -G not given: of grouped sessions one is listed.
    pub squash: bool,
    /// -y: Enter is a yes when asked whether to kill.
    pub accept: bool,
    /// What it was opened about.
    pub home: Find,
    /// The current line's thing, and the number of that line.
    pub current: (String, usize),
    /// First line shown.
    pub offset: usize,
    /// Things that are folded.
    pub folded: BTreeSet<String>,
    /// Things that are tagged.
    pub tagged: BTreeSet<String>,
    /// What is sought.
    pub search: Option<String>,
    /// How far the previews are scrolled.
    pub scroll: i32,
    /// Options that nobody has set for less than all are left out.
    #[serde(default)]
    pub hide_global: bool,
}

/// Opens a chooser over a pane that has no such one; `home` is what it is about.
pub(crate) fn open(
    core: &mut Core,
    pane: PaneId,
    what: What,
    args: &Args,
    sort: Option<Sort>,
    home: &Find,
) {
    if front::of(core, pane).is_some_and(|front| front.name() == what.mode()) {
        return;
    }
    let row = what.row();
    let text = |flag: char, default: &str| args.get(flag).unwrap_or(default).to_string();
    let mut chooser = Chooser {
        what,
        format: text('F', row.format),
        key_format: text('K', KEY_FORMAT),
        command: args.word(0).unwrap_or_else(|| row.command.to_string()),
        filter: args.get('f').map(str::to_string),
        sort: sort.or(row.sorts.first().copied()).unwrap_or(Sort::Order),
        reversed: args.has('r'),
        preview: match args.count('N') {
            0 => Preview::Normal,
            1 => Preview::Off,
            _ => Preview::Big,
        },
        squash: !args.has('G'),
        accept: args.has('y'),
        home: home.clone(),
        current: (String::new(), 0),
        offset: 0,
        folded: BTreeSet::new(),
        tagged: BTreeSet::new(),
        search: None,
        scroll: 0,
        hide_global: false,
    };
    match what {
        What::Tree => build::start(core, &mut chooser, args.has('s'), args.has('w')),
        What::Options => {
            // All of it is folded at first.
            let nodes = options::nodes(core, &chooser, None);
            let folds = nodes.into_iter().filter(|node| node.folds);
            chooser.folded = folds.map(|node| node.tag).collect();
        }
        _ => {}
    }
    front::open(core, pane, Kind::Chooser(Box::new(chooser)), args.has('Z'));
}
