//! After a reboot, on the real binary: everything is killed at once and the runtime directory is gone.
//!
//! `REBOOT_SEED` repeats the damage to files.

mod asked;
mod back;
mod day;
mod disk;
mod lab;
mod runs;
mod told;
mod twice;

use std::process::ExitCode;

use outlast_testkit::Binary;
use outlast_testkit::harness::{self, Trial};
use outlast_testkit::roles;

use lab::Test;

fn main() -> ExitCode {
    if let Some(code) = roles::play() {
        return code;
    }
    let binary = Binary::outlast(env!("CARGO_BIN_EXE_outlast"));
    let mut trials = Vec::new();
    let mut add = |name: &str, run: fn(&Binary) -> Test| {
        let binary = binary.clone();
        trials.push(Trial::new(name, move || run(&binary)));
    };
    add("everything_comes_back_from_under_a_flood", back::everything);
    add("the_first_client_finds_its_session", back::first_client);
    add("one_key_starts_what_ran", back::one_key);
    add("a_policy_decides_what_starts", back::policies);
    add("the_configuration_is_loaded_once", back::configuration);
    add("damaged_files_never_prevent_the_start", disk::damaged);
    add("turned_off_nothing_is_kept", disk::turned_off);
    add("what_is_cleared_or_killed_is_deleted", disk::deleted);
    add("kill_server_is_for_good_and_sigterm_is_not", disk::ends);
    add("texts_of_ended_panes_go", disk::ended);
    add("a_full_disk_is_said_once", disk::full_disk);
    add("no_disk_at_all", disk::no_disk);
    add(
        "what_changes_after_a_crash_is_written_too",
        disk::after_a_crash,
    );
    add("sockets_do_not_share", disk::sockets);
    add("crashes_after_a_reboot_lose_nothing", twice::crashes_after);
    add("who_calls_is_told_what_is_kept", told::verbs);
    add("attach_and_new_bring_it_back", told::brought_back);
    add("runs_go_on_or_are_offered", runs::come_back);
    add("a_run_is_never_twice", runs::never_twice);
    add("a_day_with_three_agents", day::a_day);
    add(
        "a_request_is_told_answered_recorded_and_taken_back",
        asked::to_the_end,
    );
    if cfg!(feature = "faults") {
        add(
            "crashes_while_things_come_back_lose_nothing",
            twice::crashes_meanwhile,
        );
    }
    harness::main(trials, 3)
}
