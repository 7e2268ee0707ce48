//! All commands, sorted by name: one line each.

use super::*;
use find::{CANFAIL, DEFAULT_MARKED};
use flag::*;

const fn spec(flags: &'static str, min: usize, max: Option<usize>, commands: bool) -> Spec {
    Spec {
        flags,
        min,
        max,
        commands,
    }
}

const fn target(flag: char, kind: Kind, how: u8) -> Option<Target> {
    Some(Target { flag, kind, how })
}

const SESSION: Option<Target> = target('t', Kind::Session, 0);
const WINDOW: Option<Target> = target('t', Kind::Window, 0);
const WINDOW_INDEX: Option<Target> = target('t', Kind::Window, find::WINDOW_INDEX);
const PANE: Option<Target> = target('t', Kind::Pane, 0);

macro_rules! rows {
    ($( $name:literal $alias:literal ($flags:literal, $min:literal, $max:expr $(, $commands:ident)?) $usage:literal
        [$source:expr, $target:expr] $bits:expr => $run:path; )*) => {
        /// The rows.
        pub const ROWS: &[Row] = &[$(Row {
            name: $name,
            alias: $alias,
            spec: spec($flags, $min, $max, rows!(@commands $($commands)?)),
            usage: $usage,
            source: $source,
            target: $target,
            flags: $bits,
            run: $run,
        }),*];
    };
    (@commands) => { false };
    (@commands commands) => { true };
}

rows! {
    "attach-session" "attach" ("c:dEf:rt:x", 0, Some(0))
        "[-dErx] [-c working-directory] [-f flags] [-t target-session]"
        [None, None] START | READ_ONLY => attach_session::attach_session;
    "bind-key" "bind" ("nrN:T:", 1, None, commands)
        "[-nr] [-T key-table] [-N note] key [command [argument ...]]"
        [None, None] AFTER => bindings::bind_key;
    "break-pane" "breakp" ("abdPF:n:s:t:", 0, Some(0))
        "[-abdP] [-F format] [-n window-name] [-s src-pane] [-t dst-window]"
        [target('s', Kind::Pane, 0), WINDOW_INDEX] 0 => arrange::break_pane;
    "capture-pane" "capturep" ("ab:CeE:JNpPqS:Tt:", 0, Some(0))
        "[-aCeFHJLMNpPqT] [-b buffer-name] [-E end-line] [-S start-line] [-t target-pane]"
        [None, PANE] AFTER => capture::capture_pane;
    "clear-history" "clearhist" ("Ht:", 0, Some(0))
        "[-H] [-t target-pane]"
        [None, PANE] AFTER => capture::clear_history;
    "command-prompt" "" ("1CbeFiklI:Np:t:T:", 0, Some(1), commands)
        "[-1CbeFiklN] [-I inputs] [-p prompts] [-t target-client] [-T prompt-type] [template]"
        [None, None] CLIENT_T => prompts::command_prompt;
    "confirm-before" "confirm" ("bc:p:t:y", 1, Some(1), commands)
        "[-by] [-c confirm-key] [-p prompt] [-t target-client] command"
        [None, None] CLIENT_T => prompts::confirm_before;
    "copy-mode" "" ("deHMqs:t:u", 0, Some(0))
        "[-deHMqSu] [-s src-pane] [-t target-pane]"
        [target('s', Kind::Pane, 0), PANE] AFTER | READ_ONLY => prompts::copy_mode;
    "delete-buffer" "deleteb" ("b:", 0, Some(0))
        "[-b buffer-name]" [None, None] AFTER => buffers::delete_buffer;
    "detach-client" "detach" ("as:t:P", 0, Some(0))
        "[-aP] [-E shell-command] [-s target-session] [-t target-client]"
        [target('s', Kind::Session, CANFAIL), None] READ_ONLY | CLIENT_T => clients::detach_client;
    "display-message" "display" ("ac:d:lNpt:F:v", 0, Some(1))
        "[-aCIlNpv] [-c target-client] [-d delay] [-F format] [-t target-pane] [message]"
        [None, target('t', Kind::Pane, CANFAIL)] AFTER | CLIENT_C | CLIENT_CANFAIL => display::display_message;
    "has-session" "has" ("t:", 0, Some(0))
        "[-t target-session]" [None, SESSION] 0 => session::has_session;
    "if-shell" "if" ("bFt:", 2, Some(3), commands)
        "[-bF] [-t target-pane] shell-command command [command]"
        [None, target('t', Kind::Pane, CANFAIL)] 0 => shell::if_shell;
    "join-pane" "joinp" ("bdfhvp:l:s:t:", 0, Some(0))
        "[-bdfhv] [-l size] [-s src-pane] [-t dst-pane]"
        [target('s', Kind::Pane, DEFAULT_MARKED), PANE] 0 => arrange::join_pane;
    "kill-pane" "killp" ("at:", 0, Some(0))
        "[-a] [-t target-pane]"
        [None, PANE] AFTER => kill::kill_pane;
    "kill-server" "" ("", 0, Some(0)) "" [None, None] 0 => session::kill_server;
    "kill-session" "" ("aCgt:", 0, Some(0))
        "[-aCg] [-t target-session]" [None, SESSION] 0 => session::kill_session;
    "kill-window" "killw" ("at:", 0, Some(0))
        "[-a] [-t target-window]"
        [None, WINDOW] 0 => kill::kill_window;
    "last-pane" "lastp" ("det:Z", 0, Some(0))
        "[-deZ] [-t target-window]"
        [None, WINDOW] 0 => select::select_pane;
    "last-window" "last" ("t:", 0, Some(0))
        "[-t target-session]"
        [None, SESSION] 0 => select::select_window;
    "link-window" "linkw" ("abdks:t:", 0, Some(0))
        "[-abdk] [-s src-window] [-t dst-window]"
        [target('s', Kind::Window, 0), None] 0 => arrange::move_window;
    "list-buffers" "lsb" ("F:f:O:r", 0, Some(0))
        "[-F format] [-f filter] [-O order]" [None, None] AFTER => buffers::list_buffers;
    "list-clients" "lsc" ("F:f:O:rt:", 0, Some(0))
        "[-F format] [-f filter] [-O order][-t target-session]"
        [None, SESSION] READ_ONLY | AFTER => list::list_clients;
    "list-commands" "lscm" ("F:", 0, Some(1))
        "[-F format] [command]" [None, None] START | AFTER => bindings::list_commands;
    "list-keys" "lsk" ("1aF:NO:P:rT:", 0, Some(1))
        "[-1aNr] [-F format] [-O order] [-P prefix-string][-T key-table] [key]"
        [None, None] START | AFTER => bindings::list_keys;
    "list-panes" "lsp" ("aF:f:O:rst:", 0, Some(0))
        "[-asr] [-F format] [-f filter] [-O order][-t target-window]"
        [None, WINDOW] AFTER => list::list_panes;
    "list-sessions" "ls" ("F:f:O:r", 0, Some(0))
        "[-r] [-F format] [-f filter] [-O order]"
        [None, None] AFTER => list::list_sessions;
    "list-windows" "lsw" ("aF:f:O:rt:", 0, Some(0))
        "[-ar] [-F format] [-f filter] [-O order][-t target-session]"
        [None, SESSION] AFTER => list::list_windows;
    "load-buffer" "loadb" ("b:t:w", 1, Some(1))
        "[-b buffer-name] [-t target-client] path"
        [None, None] AFTER | CLIENT_T | CLIENT_CANFAIL => buffers::load_buffer;
    "move-pane" "movep" ("bdfhvp:l:s:t:", 0, Some(0))
        "[-bdfhv] [-l size] [-s src-pane] [-t dst-pane]"
        [target('s', Kind::Pane, DEFAULT_MARKED), PANE] 0 => arrange::join_pane;
    "move-window" "movew" ("abdkrs:t:", 0, Some(0))
        "[-abdkr] [-s src-window] [-t dst-window]"
        [target('s', Kind::Window, 0), None] 0 => arrange::move_window;
    "new-session" "new" ("Ac:dDe:EF:f:n:Ps:t:x:Xy:", 0, None)
        "[-AdDEPX] [-c start-directory] [-e environment] [-F format] [-f flags] [-n window-name] [-s session-name] [-t target-session] [-x width] [-y height] [shell-command [argument ...]]"
        [None, target('t', Kind::Session, CANFAIL)] START => new_session::new_session;
    "new-window" "neww" ("abc:de:F:kn:PSt:", 0, None)
        "[-abdkPS] [-c start-directory] [-e environment] [-F format] [-n window-name] [-t target-window] [shell-command [argument ...]]"
        [None, WINDOW_INDEX] 0 => new_window::new_window;
    "next-layout" "nextl" ("t:", 0, Some(0))
        "[-t target-window]"
        [None, WINDOW] AFTER => layouts::select_layout;
    "next-window" "next" ("at:", 0, Some(0))
        "[-a] [-t target-session]"
        [None, SESSION] 0 => select::select_window;
    "paste-buffer" "pasteb" ("db:prSs:t:", 0, Some(0))
        "[-dprS] [-s separator] [-b buffer-name] [-t target-pane]"
        [None, PANE] AFTER => buffers::paste_buffer;
    "previous-layout" "prevl" ("t:", 0, Some(0))
        "[-t target-window]"
        [None, WINDOW] AFTER => layouts::select_layout;
    "previous-window" "prev" ("at:", 0, Some(0))
        "[-a] [-t target-session]"
        [None, SESSION] 0 => select::select_window;
    "refresh-client" "refresh" ("A:B:cC:Df:F:LRSt:U", 0, Some(1))
        "[-cDlLRSU] [-A pane:state] [-B name:what:format] [-C XxY] [-f flags] [-r pane:report] [-t target-client] [adjustment]"
        [None, None] AFTER | CLIENT_T => clients::refresh_client;
    "rename-session" "rename" ("t:", 1, Some(1))
        "[-t target-session] new-name"
        [None, SESSION] AFTER => rename::rename_session;
    "rename-window" "renamew" ("t:", 1, Some(1))
        "[-t target-window] new-name"
        [None, WINDOW] AFTER => rename::rename_window;
    "resize-pane" "resizep" ("DLMRt:Ux:y:Z", 0, Some(1))
        "[-DLMRTUZ] [-x width] [-y height] [-t target-pane] [adjustment]"
        [None, PANE] AFTER => resize::resize_pane;
    "resize-window" "resizew" ("aADLRt:Ux:y:", 0, Some(1))
        "[-aADLRU] [-x width] [-y height] [-t target-window] [adjustment]"
        [None, WINDOW] AFTER => resize::resize_window;
    "respawn-pane" "respawnp" ("c:e:kt:", 0, None)
        "[-k] [-c start-directory] [-e environment] [-t target-pane] [shell-command [argument ...]]"
        [None, PANE] 0 => respawn::respawn_pane;
    "respawn-window" "respawnw" ("c:e:kt:", 0, None)
        "[-k] [-c start-directory] [-e environment] [-t target-window] [shell-command [argument ...]]"
        [None, WINDOW] 0 => respawn::respawn_window;
    "rotate-window" "rotatew" ("Dt:UZ", 0, Some(0))
        "[-DUZ] [-t target-window]"
        [None, WINDOW] 0 => arrange::rotate_window;
    "run-shell" "run" ("bd:Ct:Es:c:", 0, None, commands)
        "[-bCE] [-c start-directory] [-d delay] [-t target-pane] [shell-command [argument ...]]"
        [None, target('t', Kind::Pane, CANFAIL)] 0 => shell::run_shell;
    "save-buffer" "saveb" ("ab:", 1, Some(1))
        "[-a] [-b buffer-name] path" [None, None] AFTER => buffers::save_buffer;
    "select-layout" "selectl" ("Enopt:", 0, Some(1))
        "[-Enop] [-t target-pane] [layout-name]"
        [None, PANE] AFTER => layouts::select_layout;
    "select-pane" "selectp" ("DdegLlMmP:RT:t:UZ", 0, Some(0))
        "[-DdeLlMmRUZ] [-T title] [-t target-pane]"
        [None, PANE] 0 => select::select_pane;
    "select-window" "selectw" ("lnpTt:", 0, Some(0))
        "[-lnpT] [-t target-window]"
        [None, WINDOW] 0 => select::select_window;
    "send-keys" "send" ("c:FHKlMN:Rt:X", 0, None)
        "[-FHKlMRX] [-c target-client] [-N repeat-count] [-t target-pane] [key ...]"
        [None, PANE] AFTER | CLIENT_C | CLIENT_CANFAIL | READ_ONLY => send_keys::send_keys;
    "send-prefix" "" ("2t:", 0, Some(0))
        "[-2] [-t target-pane]"
        [None, PANE] AFTER => send_keys::send_keys;
    "set-buffer" "setb" ("ab:t:n:w", 0, Some(1))
        "[-aw] [-b buffer-name] [-n new-buffer-name] [-t target-client] [data]"
        [None, None] AFTER | CLIENT_T | CLIENT_CANFAIL => buffers::set_buffer;
    "set-environment" "setenv" ("Fhgrt:u", 1, Some(2))
        "[-Fhgru] [-t target-session] variable [value]"
        [None, target('t', Kind::Session, CANFAIL)] AFTER => environment::set_environment;
    "set-hook" "" ("agpRt:uw", 1, Some(2), commands)
        "[-agpRuw] [-t target-pane] hook [command]"
        [None, target('t', Kind::Pane, CANFAIL)] AFTER => hooks::set_hook;
    "set-option" "set" ("aFgopqst:uUw", 1, Some(2), commands)
        "[-aFgopqsuUw] [-t target-pane] option [value]"
        [None, target('t', Kind::Pane, CANFAIL)] AFTER => options::set_option;
    "set-window-option" "setw" ("aFgoqt:u", 1, Some(2), commands)
        "[-aFgoqu] [-t target-window] option [value]"
        [None, target('t', Kind::Window, CANFAIL)] AFTER => options::set_option;
    "show-buffer" "showb" ("b:", 0, Some(0))
        "[-b buffer-name]" [None, None] AFTER => buffers::show_buffer;
    "show-environment" "showenv" ("hgst:", 0, Some(1))
        "[-hgs] [-t target-session] [variable]"
        [None, target('t', Kind::Session, CANFAIL)] AFTER => environment::show_environment;
    "show-hooks" "" ("gpt:w", 0, Some(1))
        "[-gpw] [-t target-pane] [hook]"
        [None, target('t', Kind::Pane, CANFAIL)] AFTER => hooks::show_hooks;
    "show-options" "show" ("AgHpqst:vw", 0, Some(1))
        "[-AgHpqsvw] [-t target-pane] [option]"
        [None, target('t', Kind::Pane, CANFAIL)] AFTER => options::show_options;
    "show-window-options" "showw" ("gvt:", 0, Some(1))
        "[-gv] [-t target-window] [option]"
        [None, target('t', Kind::Window, CANFAIL)] AFTER => options::show_options;
    "source-file" "source" ("t:Fnqv", 1, None)
        "[-Fnqv] [-t target-pane] path ..."
        [None, target('t', Kind::Pane, CANFAIL)] 0 => source_file::source_file;
    "split-window" "splitw" ("bc:de:EfF:hkl:m:p:PR:s:S:t:vZ", 0, None)
        "[-bdefhIklPvZ] [-c start-directory] [-e environment] [-F format] [-l size] [-m message] [-p percentage] [-s style] [-S active-border-style] [-R inactive-border-style] [-t target-pane] [shell-command [argument ...]]"
        [None, PANE] 0 => new_window::split_window;
    "start-server" "start" ("", 0, Some(0)) "" [None, None] START => session::start_server;
    "suspend-client" "suspendc" ("t:", 0, Some(0))
        "[-t target-client]"
        [None, None] CLIENT_T => clients::suspend_client;
    "swap-pane" "swapp" ("dDs:t:UZ", 0, Some(0))
        "[-dDUZ] [-s src-pane] [-t dst-pane]"
        [target('s', Kind::Pane, DEFAULT_MARKED), PANE] 0 => arrange::swap_pane;
    "swap-window" "swapw" ("ds:t:", 0, Some(0))
        "[-d] [-s src-window] [-t dst-window]"
        [target('s', Kind::Window, DEFAULT_MARKED), WINDOW] 0 => arrange::swap_window;
    "switch-client" "switchc" ("c:EFlnO:pt:rT:Z", 0, Some(0))
        "[-ElnprZ] [-c target-client] [-t target-session] [-T key-table] [-O order]"
        [None, None] READ_ONLY | CLIENT_C => clients::switch_client;
    "unbind-key" "unbind" ("anqT:", 0, Some(1))
        "[-anq] [-T key-table] key" [None, None] AFTER => bindings::unbind_key;
    "unlink-window" "unlinkw" ("kt:", 0, Some(0))
        "[-k] [-t target-window]"
        [None, WINDOW] 0 => kill::unlink_window;
    "wait-for" "wait" ("LSU", 1, Some(1)) "[-L|-S|-U] channel" [None, None] 0 => shell::wait_for;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_names_unique() {
        assert!(ROWS.windows(2).all(|pair| pair[0].name < pair[1].name));
        let mut aliases: Vec<_> = ROWS
            .iter()
            .map(|row| row.alias)
            .filter(|alias| !alias.is_empty())
            .collect();
        let count = aliases.len();
        aliases.sort_unstable();
        aliases.dedup();
        assert_eq!(aliases.len(), count);
    }
}
