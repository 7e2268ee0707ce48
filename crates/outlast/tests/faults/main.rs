//! Faults of the world around a server, each on the real binary: sockets that go, disks that are full, descriptors that
//! run out, processes that stand still, crowds, garbage, poison.
//!
//! The keeper's own socket has no name and cannot be reached from outside: garbage on it is `keeper/tests/life.rs`'.
//! Clocks that jump need root on the real binary: the core is handed the time, and its tests turn it back.

use std::process::ExitCode;

use outlast_testkit::harness::{self, Trial};
use outlast_testkit::{Binary, World, roles};

mod bombs;
mod bystanders;
#[cfg(feature = "faults")]
mod calls;
mod crowds;
mod groups;
mod limits;
mod memory;
mod paste;
#[cfg(feature = "faults")]
mod poison;
mod programs;
mod sockets;
mod stops;

type Test = fn(&World) -> Result<(), String>;

const TESTS: [(&str, Test); 21] = [
    ("a_deleted_socket_is_made_anew", sockets::deleted),
    ("a_deleted_directory_is_made_anew", sockets::directory),
    ("a_stale_socket_is_replaced", sockets::stale),
    ("of_twenty_servers_at_once_one_wins", sockets::twenty),
    ("another_user_is_refused", sockets::stranger),
    ("garbage_on_the_socket_does_no_harm", sockets::garbage),
    ("a_full_disk_takes_no_session", limits::disk),
    ("files_of_a_limited_length_take_no_session", limits::length),
    ("without_descriptors_it_is_said_so", limits::descriptors),
    ("a_server_that_stands_still_loses_nothing", stops::server),
    ("a_keeper_that_stands_still_loses_nothing", stops::keeper),
    ("a_client_that_stands_still_holds_up_nobody", stops::client),
    ("only_who_uses_up_memory_is_ended", memory::runs_out),
    ("hostile_output_has_bounds", memory::hostile),
    ("a_fork_bomb_goes_off_in_its_pane", bombs::forks),
    ("a_large_paste_is_typed_once", paste::typed),
    ("a_large_buffer_is_typed_once", paste::pasted),
    (
        "a_client_that_stands_still_is_waited_for",
        stops::waited_for,
    ),
    ("everything_stands_still_and_goes_on", stops::all),
    ("five_hundred_clients_are_served", crowds::clients),
    ("a_thousand_panes_survive_their_server", crowds::panes),
];

type Planted = (&'static str, fn(&mut World) -> Result<(), String>);

/// With what only a build with the feature has.
#[cfg(feature = "faults")]
const PLANTED: [Planted; 4] = [
    ("poison_is_stepped_over_and_kept", poison::stepped_over),
    ("the_nth_call_fails_and_nothing_is_lost", calls::memory),
    ("a_disk_that_fails_is_tried_again", calls::disk),
    (
        "without_splice_a_pane_says_what_may_be_missing",
        calls::no_splice,
    ),
];
#[cfg(not(feature = "faults"))]
const PLANTED: [Planted; 0] = [];

fn main() -> ExitCode {
    if let Some(code) = roles::play().or_else(programs::play) {
        return code;
    }
    let binary = Binary::outlast(env!("CARGO_BIN_EXE_outlast"));
    let mut trials = Vec::new();
    let mut add = |name: &str, test: Test| {
        let binary = binary.clone();
        trials.push(Trial::new(name, move || test(&World::new(&binary)?)));
    };
    for (name, test) in TESTS {
        add(name, test);
    }
    for (name, test) in PLANTED {
        let binary = binary.clone();
        trials.push(Trial::new(name, move || test(&mut World::new(&binary)?)));
    }
    harness::main(trials, 1)
}

/// A session `a` whose pane writes numbered lines as fast as it can into `a:` and, to be compared, into file `log`.
fn flood(world: &World) -> Result<(), String> {
    let path = |name: &str| world.dir().join(name).to_string_lossy().into_owned();
    let words = ["flood0", &path("log"), &path("stop"), "250000", "1", "10"];
    let command = roles::command("flood", &words)?;
    world.write(".tmux.conf", "set -g history-limit 1000000\n")?;
    world.session("a", (80, 24), &command)?;
    world
        .until(&["capture-pane", "-p", "-t", "a"], |text| {
            text.contains("flood0")
        })
        .map(drop)
}

/// The flood is stopped; every line must be in the history, once and in order. How many.
fn whole(world: &World) -> Result<u64, String> {
    std::fs::write(world.dir().join("stop"), "").map_err(|error| error.to_string())?;
    let end = world.until(&["capture-pane", "-p", "-t", "a"], |text| {
        text.contains("flood0 ends after")
    })?;
    let text = world.ok(&["capture-pane", "-p", "-J", "-t", "a", "-S", "-"])?;
    let mut number = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let wanted = roles::flood::line("flood0", number, 1);
        if line.trim_end() == wanted {
            number += 1;
        } else if line.trim_end() == roles::flood::last_line("flood0", number) {
            return Ok(number);
        } else {
            return Err(format!(
                "line {number} is {line:?} and should be {wanted:?}"
            ));
        }
    }
    Err(format!("no end in {end:?}"))
}

/// Runs a shell command line of this world; its standard output.
fn shell(world: &World, line: &str) -> Result<String, String> {
    let words = ["sh", "-c", line].map(String::from);
    let output = world.run(&words)?;
    match output.status {
        0 => Ok(output.stdout),
        status => Err(format!("{line}: status {status}, {:?}", output.stderr)),
    }
}

/// The pid of a pane's program, once it runs: before that it is 0.
fn pane_pid(world: &World, target: &str) -> Result<String, String> {
    let words = ["display-message", "-p", "-t", target, "#{pane_pid}"];
    let pid = world.until(&words, |pid| pid.trim_end() != "0")?;
    Ok(pid.trim_end().to_string())
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self")
        .is_ok_and(|found| std::os::unix::fs::MetadataExt::uid(&found) == 0)
}
