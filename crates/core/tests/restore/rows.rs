//! What commands make, and what shows it.

pub const PANES: &str = "list-panes -a -F #{session_name}:#{window_index}.#{pane_index}~#{pane_id}~\
    #{pane_left},#{pane_top}~#{pane_width}x#{pane_height}~#{pane_active}~#{pane_title}~#{pane_marked}~#{pane_input_off}";
pub const WINDOWS: &str = "list-windows -a -F #{session_name}:#{window_index}~#{window_id}~#{window_name}~\
    #{window_layout}~#{window_visible_layout}~#{window_flags}~#{window_width}x#{window_height}";
pub const SESSIONS: &str = "list-sessions -F #{session_id}~#{session_name}~#{session_group}~#{session_group_list}~\
    #{session_path}~#{window_index}~#{session_stack}";
pub const BUFFERS: &str = "list-buffers -F #{buffer_name}~#{buffer_size}~#{buffer_sample}";

/// What it is about, what makes it, what shows it.
pub type Row = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

pub const ROWS: &[Row] = &[
    (
        "layouts",
        &[
            "split-window -h",
            "split-window -v -l 7",
            "split-window -v -b",
            "new-window",
            "split-window",
            "split-window",
            "select-layout main-vertical",
            "resize-pane -R 5",
        ],
        &[PANES, WINDOWS],
    ),
    (
        "zoom",
        &["split-window -h", "split-window", "resize-pane -Z -t :.1"],
        &[PANES, WINDOWS],
    ),
    (
        "active, last and marked",
        &[
            "new-window",
            "new-window",
            "split-window",
            "select-window -t :1",
            "select-window -t :0",
            "select-pane -m -t :2.1",
            "select-pane -d -t :2.0",
            "split-window -t :0",
            "select-pane -t :0.0",
        ],
        &[PANES, WINDOWS, SESSIONS],
    ),
    (
        "names and titles",
        &[
            "rename-window by~hand",
            "new-window -n given",
            "rename-session ältere",
            "select-pane -T a~title",
        ],
        &[PANES, WINDOWS, SESSIONS],
    ),
    (
        "gaps and far indices",
        &["new-window -t :7", "new-window -t :3", "kill-window -t :0"],
        &[PANES, WINDOWS],
    ),
    (
        "groups and linked windows",
        &[
            "new-window",
            "new-session -d -t work -s twin",
            "new-session -d -s other",
            "link-window -s work:1 -t other:9",
            "select-window -t twin:0",
        ],
        &[PANES, WINDOWS, SESSIONS],
    ),
    (
        "sizes by hand",
        &["resize-window -x 60 -y 20", "split-window -h"],
        &[PANES, WINDOWS, "show-options -wv window-size"],
    ),
    (
        "options at every level",
        &[
            "set-option -s escape-time 77",
            "set-option -s command-alias[9] mine=list-keys",
            "set-option -g status-left MINE",
            "set-option -ga status-right +",
            "set-option -g @user a~b",
            "set-option -gu display-time",
            "set-option status off",
            "set-option -w monitor-activity on",
            "set-option -gw mode-keys vi",
            "set-option -p remain-on-exit on",
            "set-option -p -t :.0 @pane own",
        ],
        &[
            "show-options -s",
            "show-options -g",
            "show-options",
            "show-options -w",
            "show-options -gw",
            "show-options -p",
        ],
    ),
    (
        "hooks",
        &[
            "set-hook -g after-new-window set~-g~@h~yes",
            "set-hook -ga after-new-window set~-g~@i~yes",
            "set-hook -t work window-renamed display-message~hi",
            "set-hook -w pane-died display-message~dead",
        ],
        &["show-hooks -g", "show-hooks -t work", "show-hooks -w"],
    ),
    (
        "environment",
        &[
            "set-environment -g GLOBAL value",
            "set-environment -g -r REMOVED",
            "set-environment -gh HIDDEN value",
            "set-environment OWN session",
            "set-environment -r AWAY",
        ],
        &[
            "show-environment -g",
            "show-environment -gh",
            "show-environment OWN",
            "show-environment AWAY",
        ],
    ),
    (
        "keys",
        &[
            "bind-key X display-message bound",
            "bind-key -r -N a~note Y next-window",
            "bind-key -T mine z kill-pane",
            "bind-key -n F5 new-window",
            "unbind-key d",
            "unbind-key -a -T copy-mode",
        ],
        &["list-keys"],
    ),
    (
        "buffers",
        &[
            "set-buffer first",
            "set-buffer second",
            "set-buffer -b named third",
            "set-buffer fourth",
            "delete-buffer -b buffer1",
        ],
        &[BUFFERS, "show-buffer -b named"],
    ),
    (
        "directories",
        &[
            "new-window -c /usr/share",
            "new-session -d -s far -c /usr/lib",
        ],
        &["list-panes -a -F #{pane_start_path}", SESSIONS],
    ),
];
