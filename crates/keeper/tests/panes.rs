//! Panes and jobs: what they are given, how their ends are told, what blocks and what goes on.
#![allow(clippy::unwrap_used)] // a test

mod common;

use common::{EMPTY, FILTER, JOB, PTY, World, alive, install, testbed, wait_until};
use outlast_sys::{process, signal};

fn shell(world: &World, pane: u32, kind: &str, script: &str) -> u32 {
    world.spawn(pane, kind, &["sh", "-c", script])
}

#[test]
fn a_pane_has_a_terminal_of_its_size_and_leads_its_session() {
    let world = World::new();
    let pid = shell(
        &world,
        1,
        PTY,
        "tty; stty size; ps -o pid=,pgid=,sid= -p $$; cat /proc/self/oom_score_adj; echo done",
    );
    let output = world.ask(&["await-output", "1", "done"]);
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], world.row(1, "tty"));
    assert_eq!(lines[1], "24 80");
    let ids: Vec<u32> = lines[2]
        .split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect();
    assert_eq!(ids, [pid; 3]);
    let own: i32 = std::fs::read_to_string("/proc/self/oom_score_adj")
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert_eq!(lines[3], (own + 300).min(1000).to_string());
    assert_eq!(world.row(1, "master"), "true");
}

#[test]
fn only_stdio_is_open_in_a_pane_and_its_limits_are_the_starters() {
    let world = World::new();
    shell(
        &world,
        1,
        PTY,
        "ls /proc/self/fd | tr '\\n' ' '; ulimit -n; grep -E 'Sig(Blk|Ign)' /proc/self/status; echo done",
    );
    let output = world.ask(&["await-output", "1", "done"]);
    let lines: Vec<&str> = output.lines().collect();
    // 3 is the directory that ls reads.
    let limit = std::process::Command::new("sh")
        .args(["-c", "ulimit -n"])
        .output()
        .unwrap();
    assert_eq!(
        lines[0],
        format!(
            "0 1 2 3 {}",
            String::from_utf8(limit.stdout).unwrap().trim()
        )
    );
    for line in &lines[1..3] {
        assert_eq!(
            line.split_whitespace().nth(1),
            Some("0000000000000000"),
            "{output}"
        );
    }
}

#[test]
fn exit_codes_and_signals_are_told() {
    let world = World::new();
    shell(&world, 1, PTY, "exit 42");
    assert_eq!(world.ask(&["await-exit", "1"]), "Code(42)");
    shell(&world, 2, PTY, "kill -TERM $$");
    assert_eq!(world.ask(&["await-exit", "2"]), "Signal(15)");
    shell(&world, 3, JOB, "exit 7");
    assert_eq!(world.ask(&["await-exit", "3"]), "Code(7)");
    world.spawn(4, PTY, &["/no/such/program"]);
    assert_eq!(world.ask(&["await-exit", "4"]), "Code(127)");
    assert!(
        world
            .ask(&["output", "4"])
            .contains("/no/such/program: No such file or directory")
    );
    world.spawn(5, JOB, &["/etc/passwd"]);
    assert_eq!(world.ask(&["await-exit", "5"]), "Code(126)");
}

#[test]
fn a_script_without_an_interpreter_runs_in_the_shell() {
    let world = World::new();
    let script = world.dir.join("script");
    install(&script, "echo 'echo run with $1'");
    world.spawn(1, JOB, &[script.to_str().unwrap(), "this"]);
    assert_eq!(world.ask(&["await-exit", "1"]), "Code(0)");
    assert_eq!(world.ask(&["output", "1"]), "run with this\n");
}

#[test]
fn ends_are_told_to_the_next_server_too() {
    let world = World::new();
    let marker = world.dir.join("go");
    std::fs::write(&marker, "").unwrap();
    let wait = format!(
        "while [ -e {} ]; do sleep 0.01; done; echo said; exit 5",
        marker.display()
    );
    let pid = shell(&world, 1, PTY, &wait);
    let server = world.who().server_pid;
    signal::send(server, signal_stop()).unwrap();
    std::fs::remove_file(&marker).unwrap();
    wait_until("the program has ended", || !alive(pid));
    world.kill_server(server);
    assert_eq!(world.ask(&["await-exit", "1"]), "Code(5)");
    assert!(world.ask(&["output", "1"]).contains("said"));
}

fn signal_stop() -> i32 {
    19
}

#[test]
fn a_jobs_output_is_complete_when_its_end_is_told() {
    let world = World::new();
    for (pane, kind) in [(1, JOB), (2, PTY)] {
        let pane_text = pane.to_string();
        world.spawn_own(pane, kind, &["flood", "200000"]);
        assert_eq!(world.ask(&["await-exit", &pane_text]), "Code(0)");
        assert_eq!(world.number(pane, "at"), 200_000);
        assert_eq!(world.ask(&["await-eof", &pane_text]), "eof");
        assert_eq!(world.ask_bytes(&["output", &pane_text]).len(), 200_000);
    }
}

#[test]
fn a_job_has_no_terminal_and_empty_input() {
    let world = World::new();
    shell(&world, 1, JOB, "tty; cat; echo oops >&2; echo done");
    let output = world.ask(&["await-output", "1", "done"]);
    assert_eq!(output, "not a tty\noops\ndone\n");
    assert_eq!(world.row(1, "master"), "false");
}

#[test]
fn a_filter_reads_its_input_to_the_end() {
    let world = World::new();
    world.spawn(1, FILTER, &["sh", "-c", "tr a-z A-Z; echo over"]);
    assert_eq!(world.ask(&["text", "1", "some words\n"]), "11");
    assert_eq!(world.ask(&["end-input", "1"]), "ok");
    assert_eq!(world.ask(&["await-exit", "1"]), "Code(0)");
    assert_eq!(world.ask(&["output", "1"]), "SOME WORDS\nover\n");
}

#[test]
fn an_empty_slot_keeps_deposits() {
    let world = World::new();
    assert_eq!(world.spawn(1, EMPTY, &["-"]), 0);
    world.ask(&["deposit", "1", "5", "kept"]);
    world.kill_server(world.who().server_pid);
    assert_eq!(world.ask(&["deposits"]), "1 5 kept\n");
    assert_eq!(world.row(1, "kind"), "Empty");
}

#[test]
fn an_end_is_told_although_a_grandchild_holds_the_terminal() {
    let world = World::new();
    shell(
        &world,
        1,
        PTY,
        "trap '' HUP; sleep 1000 & echo child $!; exit 3",
    );
    assert_eq!(world.ask(&["await-exit", "1"]), "Code(3)");
    assert_eq!(world.row(1, "eof"), "false");
    let output = world.ask(&["output", "1"]);
    let child: u32 = output
        .trim()
        .strip_prefix("child ")
        .unwrap()
        .parse()
        .unwrap();
    signal::send(child, signal::SIGKILL).unwrap();
    assert_eq!(world.ask(&["await-eof", "1"]), "eof");
}

#[test]
fn a_program_that_closes_its_terminal_may_open_it_again() {
    let world = World::new();
    shell(
        &world,
        1,
        PTY,
        "exec <&- >&- 2>&-; read x < $0; exec >/dev/tty; echo back",
    );
    // Nobody has it open at some time: the keeper must neither spin nor give up.
    assert!(world.ask(&["await-exit", "1"]).starts_with("Code"));
    let world = World::new();
    let fifo = world.dir.join("fifo");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let script = format!(
        "exec <&- >&- 2>&-; read x < {}; exec >/dev/tty; echo back",
        fifo.display()
    );
    shell(&world, 1, PTY, &script);
    assert_eq!(world.ask(&["await-eof", "1"]), "eof");
    let before = cpu_ticks(world.keeper_pid);
    std::fs::write(&fifo, "go\n").unwrap();
    world.ask(&["await-output", "1", "back"]);
    assert!(
        cpu_ticks(world.keeper_pid) - before < 20,
        "the keeper spins"
    );
}

/// Processor time in hundredths of a second.
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn a_full_ring_holds_the_program_and_lets_it_go_on() {
    let world = World::new();
    world.spawn_own(1, PTY, &["flood", "1000000"]);
    assert_eq!(world.ask(&["await-end", "1", "262144"]), "there");
    let ticks = cpu_ticks(world.keeper_pid);
    assert_eq!(world.row(1, "status"), "Running");
    assert_eq!(world.number(1, "end"), 262_144);
    // Another server finds it just so.
    world.kill_server(world.who().server_pid);
    assert_eq!(
        (world.number(1, "start"), world.number(1, "end")),
        (0, 262_144)
    );
    world.ask(&["tail", "1", "1"]);
    assert_eq!(world.ask(&["await-end", "1", "262145"]), "there");
    world.ask(&["work", "1", "1", "0"]);
    assert_eq!(world.ask(&["await-exit", "1"]), "Code(0)");
    assert_eq!(world.ask(&["await-checked", "1", "1000000"]), "1000000 0");
    assert!(cpu_ticks(world.keeper_pid) - ticks < 100);
}

#[test]
fn a_program_that_does_not_read_holds_its_input_and_nothing_else() {
    let world = World::new();
    shell(&world, 1, PTY, "stty raw -echo; echo ready; sleep 1000");
    world.ask(&["await-output", "1", "ready"]);
    world.ask(&["work", "1", "0", "1000000"]);
    // What the terminal takes at most, and a ring full.
    wait_until("the input ring is full", || {
        world.number(1, "in_waits") == 65_536
    });
    world.spawn_own(2, PTY, &["echo"]);
    world.ask(&["await-output", "2", "ready"]);
    world.ask(&["text", "2", "hello"]);
    world.ask(&["await-output", "2", "hello"]);
    world.ask(&["signal", "1", "9"]);
    assert_eq!(world.ask(&["await-exit", "1"]), "Signal(9)");
}

#[test]
fn a_respawn_goes_on_in_the_same_rings_and_drops_old_input() {
    let world = World::new();
    shell(&world, 1, PTY, "echo first; exit 1");
    assert_eq!(world.ask(&["await-exit", "1"]), "Code(1)");
    world.ask(&["await-eof", "1"]);
    let end = world.number(1, "end");
    assert_eq!(world.ask(&["text", "1", "for the dead"]), "12");
    world.spawn_life(1, 1, PTY, &[testbed().to_str().unwrap(), "echo"]);
    world.ask(&["text", "1", "for the living"]);
    let output = world.ask(&["await-output", "1", "for the living"]);
    assert!(
        output.starts_with("first\r\n") && !output.contains("dead"),
        "{output}"
    );
    assert!(world.number(1, "end") > end);
    assert_eq!(
        (world.row(1, "eof"), world.row(1, "status")),
        ("false".into(), "Running".into())
    );
    // Once more, in place of one that runs; and the same request again.
    let former = world.number(1, "pid") as u32;
    world.spawn_life(1, 2, PTY, &["sh", "-c", "echo third; sleep 1000"]);
    wait_until("the former program is hung up", || !alive(former));
    world.ask(&["await-output", "1", "third"]);
    let pid = world.number(1, "pid");
    assert_eq!(
        u64::from(world.spawn_life(1, 2, PTY, &["sh", "-c", "echo fourth"])),
        pid
    );
    world.ask(&["spawn", "1", "0", PTY, "true"]);
    assert_eq!(world.ask(&["await-failures", "1"]), "spawn 1 0 116");
    assert!(!world.ask(&["output", "1"]).contains("fourth"));
}

#[test]
fn a_forgotten_pane_is_hung_up_and_its_slot_used_again() {
    let world = World::new();
    // The shell leaves its foreground job in a group of its own.
    let script = "set -m; trap 'echo hup' HUP; sleep 1000";
    let pid = shell(&world, 1, PTY, script);
    wait_until("the job is in the foreground", || {
        children(pid)
            .first()
            .is_some_and(|job| process::comm(*job) == Some(b"sleep".to_vec()))
    });
    let job = children(pid)[0];
    world.ask(&["deposit", "1", "5", "gone"]);
    world.ask(&["forget", "1"]);
    wait_until("both have ended", || !alive(pid) && !alive(job));
    shell(&world, 2, PTY, "sleep 1000");
    assert_eq!(world.row(2, "slot"), "0");
    world.kill_server(world.who().server_pid);
    assert_eq!(world.ask(&["deposits"]), "");
    assert_eq!(world.ask(&["table"]).lines().count(), 1);
}

/// Hung up before it has a session of its own, let alone a program.
#[test]
fn a_pane_forgotten_at_once_ends() {
    let world = World::new();
    for pane in 1..=40 {
        let pane = pane.to_string();
        let kind = [PTY, JOB][pane.len() % 2];
        world.ask(&["spawn-forget", &pane, kind, "sleep", "1000"]);
    }
    let server = world.who().server_pid;
    wait_until("only the server is left", || {
        children(world.keeper_pid) == [server]
    });
}

fn children(pid: u32) -> Vec<u32> {
    let list =
        std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace()
        .map(|child| child.parse().unwrap())
        .collect()
}

#[test]
fn a_stopped_program_is_continued() {
    let world = World::new();
    shell(&world, 1, PTY, "kill -STOP $$; echo on");
    world.ask(&["await-output", "1", "on"]);
}

#[test]
fn a_new_size_reaches_the_program() {
    let world = World::new();
    shell(
        &world,
        1,
        PTY,
        "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.01; done",
    );
    world.ask(&["await-output", "1", "ready"]);
    world.ask(&["winsize", "1", "132", "43"]);
    world.ask(&["await-output", "1", "43 132"]);
}

#[test]
fn memory_is_given_back_when_all_is_consumed() {
    let world = World::new();
    for pane in 1..=8 {
        let pane_text = pane.to_string();
        world.spawn_own(pane, PTY, &["flood", "262000"]);
        world.ask(&["await-exit", &pane_text]);
    }
    let shared = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", world.keeper_pid)).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("RssShmem"))
            .unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    assert!(shared() > 2000, "{} kB", shared());
    for pane in 1..=8 {
        world.ask(&["tail", &pane.to_string(), "262000"]);
    }
    wait_until("the memory is given back", || shared() < 200);
}
