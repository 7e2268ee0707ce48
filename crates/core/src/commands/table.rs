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
    ($( $name:literal $alias:literal ($flags:literal, $min:literal, $max:expr $(, $commands:ident)?) $help:literal $usage:literal
        [$source:expr, $target:expr] $bits:expr => $run:path; )*) => {
        /// The rows.
        pub const ROWS: &[Row] = &[$(Row {
            name: $name,
            alias: $alias,
            spec: spec($flags, $min, $max, rows!(@commands $($commands)?)),
            help: $help,
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
        "Shows a session on this terminal; -d detaches the others, -r only looks on."
        "[-dErx] [-c working-directory] [-f flags] [-t target-session]"
        [None, None] START | READ_ONLY => attach_session::attach_session;
    "bind-key" "bind" ("nrN:T:", 1, None, commands)
        "Gives a key of a table a command; -n is the table root, -r lets the key be pressed again without the prefix."
        "[-nr] [-T key-table] [-N note] key [command [argument ...]]"
        [None, None] AFTER => bindings::bind_key;
    "break-pane" "breakp" ("abdPF:n:s:t:", 0, Some(0))
        "Makes a pane a window of its own."
        "[-abdP] [-F format] [-n window-name] [-s src-pane] [-t dst-window]"
        [target('s', Kind::Pane, 0), WINDOW_INDEX] 0 => arrange::break_pane;
    "capture-pane" "capturep" ("ab:CeE:FHJLMNpPqS:Tt:", 0, Some(0))
        "Copies what a pane shows, or lines of its history, to a buffer or with -p to stdout; -M what its mode shows, -F what is known of each line."
        "[-aCeFHJLMNpPqT] [-b buffer-name] [-E end-line] [-S start-line] [-t target-pane]"
        [None, PANE] AFTER => capture::capture_pane;
    "choose-buffer" "" ("F:f:K:NO:rt:yZ", 0, Some(1), commands)
        "Lists the paste buffers to choose one; -Z zooms the pane for it, -N leaves the preview out."
        "[-NrZ] [-F format] [-f filter] [-K key-format] [-O sort-order] [-t target-pane] [template]"
        [None, PANE] 0 => choosers::choose;
    "choose-client" "" ("F:f:K:NO:rt:yZ", 0, Some(1), commands)
        "Lists the clients to choose one, to detach it or for the template."
        "[-NrZ] [-F format] [-f filter] [-K key-format] [-O sort-order] [-t target-pane] [template]"
        [None, PANE] 0 => choosers::choose;
    "choose-tree" "" ("F:f:GK:NO:rst:wyZ", 0, Some(1), commands)
        "Lists sessions, windows and panes to choose one; -s and -w fold windows or panes, -G lists all of a group."
        "[-GNrswZ] [-F format] [-f filter] [-K key-format] [-O sort-order] [-t target-pane] [template]"
        [None, PANE] 0 => choosers::choose;
    "clear-history" "clearhist" ("Ht:", 0, Some(0))
        "Drops a pane's history; -H hyperlinks, too."
        "[-H] [-t target-pane]"
        [None, PANE] AFTER => capture::clear_history;
    "clear-prompt-history" "clearphist" ("T:", 0, Some(0))
        "Forgets what was typed at prompts."
        "[-T prompt-type]" [None, None] AFTER => history::clear_prompt_history;
    "clock-mode" "" ("t:", 0, Some(0))
        "Shows a large clock in a pane until a key is pressed."
        "[-t target-pane]"
        [None, PANE] AFTER => choosers::clock_mode;
    "command-prompt" "" ("1CbeFiklI:Np:t:T:", 0, Some(1), commands)
        "Asks for text on the status line and runs the template with it in place of %1, %% and so on."
        "[-1CbeFiklN] [-I inputs] [-p prompts] [-t target-client] [-T prompt-type] [template]"
        [None, None] CLIENT_T => prompts::command_prompt;
    "confirm-before" "confirm" ("bc:p:t:y", 1, Some(1), commands)
        "Asks for a yes before the command runs."
        "[-by] [-c confirm-key] [-p prompt] [-t target-client] command"
        [None, None] CLIENT_T => prompts::confirm_before;
    "copy-mode" "" ("deHMqSs:t:u", 0, Some(0))
        "Looks back into a pane's history; -u starts a page up, -S goes with the scroll bar's slider, -q leaves every mode."
        "[-deHMqSu] [-s src-pane] [-t target-pane]"
        [target('s', Kind::Pane, 0), PANE] AFTER | READ_ONLY => prompts::copy_mode;
    "customize-mode" "" ("F:f:Nt:yZ", 0, Some(0))
        "Lists options and key bindings to look at and change them."
        "[-NZ] [-F format] [-f filter] [-t target-pane]"
        [None, PANE] 0 => choosers::choose;
    "delete-buffer" "deleteb" ("b:", 0, Some(0))
        "Drops a paste buffer, without -b the newest."
        "[-b buffer-name]" [None, None] AFTER => buffers::delete_buffer;
    "detach-client" "detach" ("aE:s:t:P", 0, Some(0))
        "Takes the session off a client's terminal; -a does so to all the others."
        "[-aP] [-E shell-command] [-s target-session] [-t target-client]"
        [target('s', Kind::Session, CANFAIL), None] READ_ONLY | CLIENT_T => clients::detach_client;
    "display-menu" "menu" ("b:c:C:H:s:S:MOt:T:x:y:", 1, None, commands)
        "Shows a menu: a name, a key and a command for each line; -x and -y say where, -O lets it stay open."
        "[-MO] [-b border-lines] [-c target-client] [-C starting-choice] [-H selected-style] [-s style] [-S border-style] [-t target-pane] [-T title] [-x position] [-y position] name [key] [command] ..."
        [None, PANE] AFTER | CLIENT_C => menus::display_menu;
    "display-message" "display" ("aCc:d:lINpt:F:v", 0, Some(1))
        "Shows a format on the status line, or prints it with -p; -v tells how it is expanded."
        "[-aCIlNpv] [-c target-client] [-d delay] [-F format] [-t target-pane] [message]"
        [None, target('t', Kind::Pane, CANFAIL)] AFTER | CLIENT_C | CLIENT_CANFAIL => display::display_message;
    "display-panes" "displayp" ("bd:Nt:", 0, Some(1), commands)
        "Shows the number of each pane for a while; a number or letter goes there, or runs the template with the pane's id."
        "[-bN] [-d duration] [-t target-client] [template]"
        [None, None] AFTER | CLIENT_T => menus::display_panes;
    "display-popup" "popup" ("Bb:Cc:d:e:Eh:kNs:S:t:T:w:x:y:", 0, None)
        "Shows a box with a shell or a command in it; -E closes it when that ends, -EE when that succeeds, -C closes the one that is there."
        "[-BCEkN] [-b border-lines] [-c target-client] [-d start-directory] [-e environment] [-h height] [-s style] [-S border-style] [-t target-pane] [-T title] [-w width] [-x position] [-y position] [shell-command [argument ...]]"
        [None, PANE] AFTER | CLIENT_C => popup::display_popup;
    "find-window" "findw" ("CiNrt:TZ", 1, Some(1))
        "Lists the windows whose contents (-C), name (-N) or title (-T) match; -r takes a regular expression."
        "[-CiNrTZ] [-t target-pane] match-string"
        [None, PANE] 0 => choosers::find_window;
    "has-session" "has" ("t:", 0, Some(0))
        "Says by its exit status whether a session is there."
        "[-t target-session]" [None, SESSION] 0 => session::has_session;
    "if-shell" "if" ("bFt:", 2, Some(3), commands)
        "Runs the first command when the shell command succeeds (with -F: when the format is true), else the second."
        "[-bF] [-t target-pane] shell-command command [command]"
        [None, target('t', Kind::Pane, CANFAIL)] 0 => shell::if_shell;
    "join-pane" "joinp" ("bdfhvp:l:s:t:", 0, Some(0))
        "Moves a pane into another window, beside the target pane."
        "[-bdfhv] [-l size] [-s src-pane] [-t dst-pane]"
        [target('s', Kind::Pane, DEFAULT_MARKED), PANE] 0 => arrange::join_pane;
    "kill-pane" "killp" ("at:", 0, Some(0))
        "Ends a pane; -a ends the window's others instead."
        "[-a] [-t target-pane]"
        [None, PANE] AFTER => kill::kill_pane;
    "kill-server" "" ("", 0, Some(0))
        "Ends all sessions and the server."
        "" [None, None] 0 => session::kill_server;
    "kill-session" "" ("aCgt:", 0, Some(0))
        "Ends a session; -a ends all others, -C clears its alerts."
        "[-aCg] [-t target-session]" [None, SESSION] 0 => session::kill_session;
    "kill-window" "killw" ("at:", 0, Some(0))
        "Ends a window wherever it is linked; -a ends the session's others instead."
        "[-a] [-t target-window]"
        [None, WINDOW] 0 => kill::kill_window;
    "last-pane" "lastp" ("det:Z", 0, Some(0))
        "Goes to the pane that was active before."
        "[-deZ] [-t target-window]"
        [None, WINDOW] 0 => select::select_pane;
    "last-window" "last" ("t:", 0, Some(0))
        "Goes to the window that was current before."
        "[-t target-session]"
        [None, SESSION] 0 => select::select_window;
    "link-window" "linkw" ("abdks:t:", 0, Some(0))
        "Shows a window in a second place."
        "[-abdk] [-s src-window] [-t dst-window]"
        [target('s', Kind::Window, 0), None] 0 => arrange::move_window;
    "list-buffers" "lsb" ("F:f:O:r", 0, Some(0))
        "Lists the paste buffers."
        "[-F format] [-f filter] [-O order]" [None, None] AFTER => buffers::list_buffers;
    "list-clients" "lsc" ("F:f:O:rt:", 0, Some(0))
        "Lists the clients."
        "[-F format] [-f filter] [-O order][-t target-session]"
        [None, SESSION] READ_ONLY | AFTER => list::list_clients;
    "list-commands" "lscm" ("F:", 0, Some(1))
        "Lists the commands with their usage."
        "[-F format] [command]" [None, None] START | AFTER => bindings::list_commands;
    "list-keys" "lsk" ("1aF:NO:P:rT:", 0, Some(1))
        "Lists key bindings as commands that make them; -N lists those with a note."
        "[-1aNr] [-F format] [-O order] [-P prefix-string][-T key-table] [key]"
        [None, None] START | AFTER => bindings::list_keys;
    "list-panes" "lsp" ("aF:f:O:rst:", 0, Some(0))
        "Lists a window's panes; -s those of the session, -a all."
        "[-asr] [-F format] [-f filter] [-O order][-t target-window]"
        [None, WINDOW] AFTER => list::list_panes;
    "list-sessions" "ls" ("F:f:O:r", 0, Some(0))
        "Lists the sessions."
        "[-r] [-F format] [-f filter] [-O order]"
        [None, None] AFTER => list::list_sessions;
    "list-windows" "lsw" ("aF:f:O:rt:", 0, Some(0))
        "Lists a session's windows; -a all."
        "[-ar] [-F format] [-f filter] [-O order][-t target-session]"
        [None, SESSION] AFTER => list::list_windows;
    "load-buffer" "loadb" ("b:t:w", 1, Some(1))
        "Reads a file into a paste buffer."
        "[-b buffer-name] [-t target-client] path"
        [None, None] AFTER | CLIENT_T | CLIENT_CANFAIL => buffers::load_buffer;
    "lock-client" "lockc" ("t:", 0, Some(0))
        "Gives a client's terminal to lock-command until that ends."
        "[-t target-client]"
        [None, None] AFTER | CLIENT_T => lock::lock;
    "lock-server" "lock" ("", 0, Some(0))
        "Locks all clients."
        "" [None, None] AFTER => lock::lock;
    "lock-session" "locks" ("t:", 0, Some(0))
        "Locks the clients of a session."
        "[-t target-session]" [None, SESSION] AFTER => lock::lock;
    "move-pane" "movep" ("bdfhvp:l:s:t:", 0, Some(0))
        "Moves a pane into another window, beside the target pane."
        "[-bdfhv] [-l size] [-s src-pane] [-t dst-pane]"
        [target('s', Kind::Pane, DEFAULT_MARKED), PANE] 0 => arrange::join_pane;
    "move-window" "movew" ("abdkrs:t:", 0, Some(0))
        "Gives a window another place; -r numbers a session's windows anew."
        "[-abdkr] [-s src-window] [-t dst-window]"
        [target('s', Kind::Window, 0), None] 0 => arrange::move_window;
    "new-pane" "newp" ("bc:de:EfF:hIkl:Lm:p:PR:s:S:t:vx:X:y:Y:Z", 0, None)
        "Makes a pane that floats over the others, of -x columns and -y rows at -X and -Y."
        "[-bdefhIklPvZ] [-c start-directory] [-e environment] [-F format] [-l size] [-m message] [-p percentage] [-s style] [-S active-border-style] [-R inactive-border-style] [-x width] [-y height] [-X x-position] [-Y y-position] [-t target-pane] [shell-command [argument ...]]"
        [None, PANE] 0 => new_window::split_window;
    "new-session" "new" ("Ac:dDe:EF:f:n:Ps:t:x:Xy:", 0, None)
        "Makes a session and shows it; -d leaves it in the background, -A attaches when it is there already."
        "[-AdDEPX] [-c start-directory] [-e environment] [-F format] [-f flags] [-n window-name] [-s session-name] [-t target-session] [-x width] [-y height] [shell-command [argument ...]]"
        [None, target('t', Kind::Session, CANFAIL)] START => new_session::new_session;
    "new-window" "neww" ("abc:de:F:kn:PSt:", 0, None)
        "Makes a window with a shell or a command in it."
        "[-abdkPS] [-c start-directory] [-e environment] [-F format] [-n window-name] [-t target-window] [shell-command [argument ...]]"
        [None, WINDOW_INDEX] 0 => new_window::new_window;
    "next-layout" "nextl" ("t:", 0, Some(0))
        "Goes on to the next of the preset layouts."
        "[-t target-window]"
        [None, WINDOW] AFTER => layouts::select_layout;
    "next-window" "next" ("at:", 0, Some(0))
        "Goes to the window after this one; -a to the next with an alert."
        "[-a] [-t target-session]"
        [None, SESSION] 0 => select::select_window;
    "paste-buffer" "pasteb" ("db:prSs:t:", 0, Some(0))
        "Types a paste buffer into a pane; -p between the marks of bracketed paste where the program asked for them."
        "[-dprS] [-s separator] [-b buffer-name] [-t target-pane]"
        [None, PANE] AFTER => buffers::paste_buffer;
    "pipe-pane" "pipep" ("IOot:", 0, Some(1))
        "Gives a pane's output to a shell command, or with -I types what it writes; -o only if there was no pipe, no command ends it."
        "[-IOo] [-t target-pane] [shell-command]"
        [None, PANE] AFTER => pipe_pane::pipe_pane;
    "previous-layout" "prevl" ("t:", 0, Some(0))
        "Goes back to the preset layout before."
        "[-t target-window]"
        [None, WINDOW] AFTER => layouts::select_layout;
    "previous-window" "prev" ("at:", 0, Some(0))
        "Goes to the window before this one; -a to the last with an alert."
        "[-a] [-t target-session]"
        [None, SESSION] 0 => select::select_window;
    "refresh-client" "refresh" ("A:B:cC:Df:F:lLr:RSt:U", 0, Some(1))
        "Draws a client anew; -f sets its flags, -l makes a buffer of its terminal's clipboard, -U -D -L -R move the part of a too large window that it sees. For one in control mode -A says which panes' output it wants, -B what it wants to be told, -C its size, -r how what shows a pane looks."
        "[-cDlLRSU] [-A pane:state] [-B name:what:format] [-C XxY] [-f flags] [-r pane:report] [-t target-client] [adjustment]"
        [None, None] AFTER | CLIENT_T => clients::refresh_client;
    "rename-session" "rename" ("t:", 1, Some(1))
        "Gives a session another name."
        "[-t target-session] new-name"
        [None, SESSION] AFTER => rename::rename_session;
    "rename-window" "renamew" ("t:", 1, Some(1))
        "Gives a window another name and ends its naming by itself."
        "[-t target-window] new-name"
        [None, WINDOW] AFTER => rename::rename_window;
    "resize-pane" "resizep" ("DLMRTt:Ux:y:Z", 0, Some(1))
        "Moves a pane's border, sets its size, or with -Z lets it fill the window and back."
        "[-DLMRTUZ] [-x width] [-y height] [-t target-pane] [adjustment]"
        [None, PANE] AFTER => resize::resize_pane;
    "resize-window" "resizew" ("aADLRt:Ux:y:", 0, Some(1))
        "Sets a window's size for all clients; -A takes the largest client's, -a the smallest's."
        "[-aADLRU] [-x width] [-y height] [-t target-window] [adjustment]"
        [None, WINDOW] AFTER => resize::resize_window;
    "respawn-pane" "respawnp" ("c:e:kt:", 0, None)
        "Starts the command again in a pane whose program has ended; -k ends it first."
        "[-k] [-c start-directory] [-e environment] [-t target-pane] [shell-command [argument ...]]"
        [None, PANE] 0 => respawn::respawn_pane;
    "respawn-window" "respawnw" ("c:e:kt:", 0, None)
        "The same for a window with one pane; the others go."
        "[-k] [-c start-directory] [-e environment] [-t target-window] [shell-command [argument ...]]"
        [None, WINDOW] 0 => respawn::respawn_window;
    "rotate-window" "rotatew" ("Dt:UZ", 0, Some(0))
        "Moves each pane of a window to the place of the next."
        "[-DUZ] [-t target-window]"
        [None, WINDOW] 0 => swap::rotate_window;
    "run-shell" "run" ("bd:Ct:Es:c:", 0, None, commands)
        "Runs a shell command in the background of the server and shows what it says; -C runs a tmux command instead."
        "[-bCE] [-c start-directory] [-d delay] [-t target-pane] [shell-command [argument ...]]"
        [None, target('t', Kind::Pane, CANFAIL)] 0 => shell::run_shell;
    "save-buffer" "saveb" ("ab:", 1, Some(1))
        "Writes a paste buffer to a file; -a appends."
        "[-a] [-b buffer-name] path" [None, None] AFTER => buffers::save_buffer;
    "select-layout" "selectl" ("Enopt:", 0, Some(1))
        "Arranges a window's panes by a preset's name or by a layout's text; -E spreads them evenly."
        "[-Enop] [-t target-pane] [layout-name]"
        [None, PANE] AFTER => layouts::select_layout;
    "select-pane" "selectp" ("DdegLlMmP:RT:t:UZ", 0, Some(0))
        "Makes a pane the active one; -m marks it, -T gives it a title, -d and -e turn its input off and on."
        "[-DdeLlMmRUZ] [-T title] [-t target-pane]"
        [None, PANE] 0 => select::select_pane;
    "select-window" "selectw" ("lnpTt:", 0, Some(0))
        "Makes a window the current one."
        "[-lnpT] [-t target-window]"
        [None, WINDOW] 0 => select::select_window;
    "send-keys" "send" ("c:FHKlMN:Rt:X", 0, None)
        "Types keys into a pane, by name or with -l as they are; -X runs a command of copy mode."
        "[-FHKlMRX] [-c target-client] [-N repeat-count] [-t target-pane] [key ...]"
        [None, PANE] AFTER | CLIENT_C | CLIENT_CANFAIL | READ_ONLY => send_keys::send_keys;
    "send-prefix" "" ("2t:", 0, Some(0))
        "Types the prefix key itself; -2 the second one."
        "[-2] [-t target-pane]"
        [None, PANE] AFTER => send_keys::send_keys;
    "server-access" "" ("adlrw", 0, Some(1))
        "Says which other users may use the server: -a lets one in, -d turns one out, -r lets one only look on, -w type as well, -l lists them."
        "[-adlrw] [user]" [None, None] 0 => access::server_access;
    "set-buffer" "setb" ("ab:t:n:w", 0, Some(1))
        "Sets, appends to (-a) or renames (-n) a paste buffer."
        "[-aw] [-b buffer-name] [-n new-buffer-name] [-t target-client] [data]"
        [None, None] AFTER | CLIENT_T | CLIENT_CANFAIL => buffers::set_buffer;
    "set-environment" "setenv" ("Fhgrt:u", 1, Some(2))
        "Sets a variable for the programs of a session or with -g of all; -r removes it from theirs, -u forgets it here."
        "[-Fhgru] [-t target-session] variable [value]"
        [None, target('t', Kind::Session, CANFAIL)] AFTER => environment::set_environment;
    "set-hook" "" ("agpRt:uw", 1, Some(2), commands)
        "Sets the commands of a hook; -R runs them now."
        "[-agpRuw] [-t target-pane] hook [command]"
        [None, target('t', Kind::Pane, CANFAIL)] AFTER => hooks::set_hook;
    "set-option" "set" ("aFgopqst:uUw", 1, Some(2), commands)
        "Sets an option of the server, a session, a window or a pane; -u goes back to what is inherited."
        "[-aFgopqsuUw] [-t target-pane] option [value]"
        [None, target('t', Kind::Pane, CANFAIL)] AFTER => options::set_option;
    "set-window-option" "setw" ("aFgoqt:u", 1, Some(2), commands)
        "The same as set-option -w."
        "[-aFgoqu] [-t target-window] option [value]"
        [None, target('t', Kind::Window, CANFAIL)] AFTER => options::set_option;
    "show-buffer" "showb" ("b:", 0, Some(0))
        "Prints a paste buffer."
        "[-b buffer-name]" [None, None] AFTER => buffers::show_buffer;
    "show-environment" "showenv" ("hgst:", 0, Some(1))
        "Prints variables; -s as a shell would read them."
        "[-hgs] [-t target-session] [variable]"
        [None, target('t', Kind::Session, CANFAIL)] AFTER => environment::show_environment;
    "show-hooks" "" ("gpt:w", 0, Some(1))
        "Prints the commands of hooks."
        "[-gpw] [-t target-pane] [hook]"
        [None, target('t', Kind::Pane, CANFAIL)] AFTER => hooks::show_hooks;
    "show-messages" "showmsgs" ("JTt:", 0, Some(0))
        "Prints what was done and said last, newest first; -J the jobs that run, -T the terminals of clients."
        "[-JT] [-t target-client]"
        [None, None] AFTER | CLIENT_T | CLIENT_CANFAIL => messages::show_messages;
    "show-options" "show" ("AgHpqst:vw", 0, Some(1))
        "Prints options that are set; -A those that are inherited as well, -v values alone."
        "[-AgHpqsvw] [-t target-pane] [option]"
        [None, target('t', Kind::Pane, CANFAIL)] AFTER => show_options::show_options;
    "show-prompt-history" "showphist" ("T:", 0, Some(0))
        "Prints what was typed at prompts."
        "[-T prompt-type]" [None, None] AFTER => history::show_prompt_history;
    "show-window-options" "showw" ("gvt:", 0, Some(1))
        "The same as show-options -w."
        "[-gv] [-t target-window] [option]"
        [None, target('t', Kind::Window, CANFAIL)] AFTER => show_options::show_options;
    "source-file" "source" ("t:Fnqv", 1, None)
        "Runs the commands of a file; -n only reads them, -v shows them."
        "[-Fnqv] [-t target-pane] path ..."
        [None, target('t', Kind::Pane, CANFAIL)] 0 => source_file::source_file;
    "split-window" "splitw" ("bc:de:EfF:hIkl:m:p:PR:s:S:t:vZ", 0, None)
        "Divides a pane; -h side by side."
        "[-bdefhIklPvZ] [-c start-directory] [-e environment] [-F format] [-l size] [-m message] [-p percentage] [-s style] [-S active-border-style] [-R inactive-border-style] [-t target-pane] [shell-command [argument ...]]"
        [None, PANE] 0 => new_window::split_window;
    "start-server" "start" ("", 0, Some(0))
        "Starts a server without a session."
        "" [None, None] START => session::start_server;
    "suspend-client" "suspendc" ("t:", 0, Some(0))
        "Stops a client as Ctrl-Z would."
        "[-t target-client]"
        [None, None] CLIENT_T => clients::suspend_client;
    "swap-pane" "swapp" ("dDs:t:UZ", 0, Some(0))
        "Exchanges two panes."
        "[-dDUZ] [-s src-pane] [-t dst-pane]"
        [target('s', Kind::Pane, DEFAULT_MARKED), PANE] 0 => swap::swap_pane;
    "swap-window" "swapw" ("ds:t:", 0, Some(0))
        "Exchanges two windows."
        "[-d] [-s src-window] [-t dst-window]"
        [target('s', Kind::Window, DEFAULT_MARKED), WINDOW] 0 => swap::swap_window;
    "switch-client" "switchc" ("c:EFlnO:pt:rT:Z", 0, Some(0))
        "Shows another session on a client, or with -T gives it another key table for the next key."
        "[-ElnprZ] [-c target-client] [-t target-session] [-T key-table] [-O order]"
        [None, None] READ_ONLY | CLIENT_C => clients::switch_client;
    "unbind-key" "unbind" ("anqT:", 0, Some(1))
        "Takes the command from a key, or with -a from all keys of a table."
        "[-anq] [-T key-table] key" [None, None] AFTER => bindings::unbind_key;
    "unlink-window" "unlinkw" ("kt:", 0, Some(0))
        "Takes a window out of a session when others show it too; -k ends it otherwise."
        "[-k] [-t target-window]"
        [None, WINDOW] 0 => kill::unlink_window;
    "wait-for" "wait" ("LSU", 1, Some(1))
        "Waits for a channel until -S signals it; -L and -U lock and unlock it."
        "[-L|-S|-U] channel" [None, None] 0 => shell::wait_for;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Flags that 3.7c has and does not mention.
    const UNMENTIONED: &[(&str, &str)] = &[
        ("choose-buffer", "y"),
        ("choose-client", "y"),
        ("choose-tree", "y"),
        ("customize-mode", "y"),
        ("join-pane", "p"),
        ("list-buffers", "r"),
        ("list-clients", "r"),
        ("load-buffer", "w"),
        ("move-pane", "p"),
        ("new-pane", "EL"),
        ("refresh-client", "F"),
        ("run-shell", "s"),
        ("select-pane", "Pg"),
        ("split-window", "E"),
        ("switch-client", "F"),
    ];

    #[test]
    fn usage_names_the_flags_that_there_are() {
        for row in ROWS {
            let mut named: Vec<char> = Vec::new();
            for option in row
                .usage
                .split('[')
                .filter(|option| option.starts_with('-'))
            {
                let option = option.split(']').next().unwrap_or_default();
                for part in option.split('|') {
                    let part = part.split(' ').next().unwrap_or_default();
                    named.extend(part.trim_start_matches('-').chars());
                }
            }
            let hidden = UNMENTIONED.iter().find(|(name, _)| *name == row.name);
            named.extend(hidden.map_or("", |(_, flags)| flags).chars());
            named.sort_unstable();
            named.dedup();
            let mut there: Vec<char> = row.spec.flags.chars().filter(|c| *c != ':').collect();
            there.sort_unstable();
            assert_eq!(named, there, "{}", row.name);
        }
    }

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
