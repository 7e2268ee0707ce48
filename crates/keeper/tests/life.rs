//! The keeper's own life: how it starts, what it takes from a bad server or a bad binary, how it ends.
#![allow(clippy::unwrap_used)] // a test

mod common;

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use common::{PTY, World, alive, fresh_directory, install, options, testbed, wait_until};
use outlast_keeper::{Launched, launch};
use outlast_sys::signal;

#[test]
fn twenty_launchers_give_one_keeper() {
    let dir = fresh_directory();
    let options = options(&dir, &testbed(), &[]);
    let started = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| launch(&options).unwrap()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .filter(|one| *one == Launched::Started)
            .count()
    });
    let world = World::adopt(dir, options.socket.clone());
    assert_eq!(started, 1);
    assert_eq!(launch(&options).unwrap(), Launched::Running);
    drop(world);
}

#[test]
fn a_prefix_that_comes_to_nothing_is_left_away() {
    let dir = fresh_directory();
    let mut options = options(&dir, &testbed(), &[]);
    options.prefix = vec!["false".into()];
    assert_eq!(launch(&options).unwrap(), Launched::Started);
    let world = World::adopt(dir, options.socket.clone());
    drop(world);
    let dir = fresh_directory();
    options = common::options(&dir, &testbed(), &[]);
    options.prefix = ["env", "OUTLAST_PREFIXED=yes"].map(Into::into).to_vec();
    assert_eq!(launch(&options).unwrap(), Launched::Started);
    let world = World::adopt(dir, options.socket.clone());
    world.spawn(1, PTY, &["sh", "-c", "echo $OUTLAST_PREFIXED."]);
    world.ask(&["await-output", "1", "yes."]);
}

#[test]
fn without_descriptors_panes_are_refused_and_servers_are_not() {
    let dir = fresh_directory();
    let mut options = options(&dir, &testbed(), &["--thrifty"]);
    options.prefix = ["prlimit", "--nofile=64:64"].map(Into::into).to_vec();
    launch(&options).unwrap();
    let world = World::adopt(dir, options.socket.clone());
    let mut pane = 0;
    while world.ask(&["failures"]).is_empty() {
        pane += 1;
        assert!(pane < 64, "no limit");
        world.ask(&["spawn", &pane.to_string(), "0", PTY, "sleep", "1000"]);
        // Answered one way or the other.
        wait_until("the keeper has answered", || {
            let table = world.ask(&["table"]);
            table.contains(&format!("pane={pane} ")) || world.ask(&["count-failures"]) != "0"
        });
    }
    assert!(pane > 5);
    for _ in 0..20 {
        world.kill_server(world.who().server_pid);
    }
    assert_eq!(world.ask(&["table"]).lines().count(), pane - 1);
    world.ask(&["forget", "1"]);
    world.spawn(100, PTY, &["sleep", "1000"]);
}

#[test]
fn a_stale_socket_is_replaced_and_a_strange_directory_refused() {
    let dir = fresh_directory();
    let options = options(&dir, &testbed(), &[]);
    let sockets = options.socket.parent().unwrap();
    std::fs::create_dir(sockets).unwrap();
    std::fs::set_permissions(sockets, PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(
        launch(&options).unwrap_err().kind(),
        std::io::ErrorKind::PermissionDenied
    );
    std::fs::set_permissions(sockets, PermissionsExt::from_mode(0o700)).unwrap();
    // Bound, and then nobody listens any more.
    drop(std::os::unix::net::UnixListener::bind(&options.socket).unwrap());
    assert_eq!(launch(&options).unwrap(), Launched::Started);
    let world = World::adopt(dir, options.socket.clone());
    let mode = std::fs::metadata(&world.socket)
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    let link = fresh_directory();
    std::os::unix::fs::symlink(&world.dir, link.join("sockets")).unwrap();
    let through_link = common::options(&link, &testbed(), &[]);
    assert_eq!(
        launch(&through_link).unwrap_err().kind(),
        std::io::ErrorKind::PermissionDenied
    );
    std::fs::remove_dir_all(link).unwrap();
}

#[test]
fn clients_wait_while_no_server_lives() {
    let world = World::new();
    let who = world.who();
    // Stopped, so that it accepts nothing; then killed.
    signal::send(who.server_pid, 19).unwrap();
    let clients: Vec<UnixStream> = (0..10)
        .map(|_| {
            let mut client = UnixStream::connect(&world.socket).unwrap();
            client.write_all(b"who\n").unwrap();
            client
        })
        .collect();
    world.kill_server(who.server_pid);
    for mut client in clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(
            answer.contains(&format!(" {} 1 ", who.keeper_pid)),
            "{answer}"
        );
    }
}

#[test]
fn deposits_come_back_replaced_and_dropped_as_asked() {
    let world = World::new();
    world.spawn(3, PTY, &["sleep", "1000"]);
    for (pane, tag, text) in [
        ("0", "1", "one"),
        ("0", "2", "two"),
        ("3", "1", "three"),
        ("0", "1", "again"),
    ] {
        world.ask(&["deposit", pane, tag, text]);
    }
    world.ask(&["undeposit", "0", "2"]);
    world.ask(&["deposit", "9", "1", "nobody's"]);
    assert_eq!(world.ask(&["await-failures", "1"]), "deposit 9 1 2");
    world.kill_server(world.who().server_pid);
    assert_eq!(world.ask(&["deposits"]), "0 1 again\n3 1 three\n");
}

#[test]
fn garbage_from_the_server_does_no_harm() {
    let world = World::new();
    world.spawn(1, PTY, &["cat"]);
    for _ in 0..5 {
        world.ask(&["garbage", "2000"]);
        // A server that sends so much is told off as much; it listens.
        world.kill_server(world.who().server_pid);
    }
    assert_eq!(world.who().keeper_pid, world.keeper_pid);
    world.ask(&["text", "1", "still there\n"]);
    world.ask(&["await-output", "1", "still there"]);
    assert!(world.number(1, "pid") > 0);
}

#[test]
fn a_removed_socket_is_made_anew() {
    let world = World::new();
    let server = world.who().server_pid;
    std::fs::remove_file(&world.socket).unwrap();
    wait_until("the socket is back", || world.socket.exists());
    assert_eq!(world.who().server_pid, server);
    std::fs::remove_dir_all(world.socket.parent().unwrap()).unwrap();
    wait_until("the directory is back", || world.socket.exists());
    assert_eq!(world.who().server_pid, server);
    let mode = std::fs::metadata(world.socket.parent().unwrap())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    // By signal, and by request, nothing happens to one that is there.
    signal::send(world.keeper_pid, signal::SIGUSR1).unwrap();
    world.ask(&["rebind"]);
    assert_eq!(world.who().server_pid, server);
    assert_eq!(
        launch(&options(&world.dir, &testbed(), &[])).unwrap(),
        Launched::Running
    );
}

#[test]
fn a_server_that_fails_at_once_is_given_up_until_a_client_comes() {
    let dir = fresh_directory();
    let options = options(&dir, &testbed(), &["--exit-at-once"]);
    assert_eq!(launch(&options).unwrap(), Launched::Started);
    let keeper = keeper_of(&options.socket);
    let log = || {
        std::fs::read_to_string(format!("/proc/{keeper}/task/{keeper}/children"))
            .unwrap_or_default()
    };
    // The launcher's own look at the socket is no client that waits, but a server may be started for it.
    wait_until("no server is tried any more", || {
        log().is_empty() && given_up(keeper)
    });
    let client = UnixStream::connect(&options.socket).unwrap();
    drop(client);
    assert!(alive(keeper));
    signal::send(keeper, signal::SIGTERM).unwrap();
    wait_until("the keeper has ended", || !alive(keeper));
    assert!(!options.socket.exists());
    std::fs::remove_dir_all(dir).unwrap();
}

/// Which process listens there: asked of the kernel, as no server answers.
fn keeper_of(socket: &std::path::Path) -> u32 {
    let stream = UnixStream::connect(socket).unwrap();
    let _ = stream;
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let needle = format!("--socket\0{}\0", socket.display());
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let named: Vec<u32> = pids
        .filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&needle)
        })
        .collect();
    // The anchor has the same words; the keeper is its child.
    let parent = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after = stat.rsplit(')').next().unwrap_or_default().to_string();
        after.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    named
        .iter()
        .copied()
        .find(|pid| parent(pid).is_some_and(|parent| named.contains(&parent)))
        .unwrap()
}

/// Whether the keeper sleeps without a deadline, as it does only when nothing is due.
fn given_up(keeper: u32) -> bool {
    // epoll_wait(epfd, events, max, timeout -1): the fourth argument tells.
    let call = std::fs::read_to_string(format!("/proc/{keeper}/syscall")).unwrap_or_default();
    let words: Vec<&str> = call.split(' ').collect();
    words.len() > 4
        && (words[4] == "0xffffffffffffffff" || words[4] == "0xffffffff" || words[4] == "0x0")
}

#[test]
fn a_new_binary_that_never_gets_ready_gives_way_to_the_previous_one() {
    let dir = fresh_directory();
    let program = dir.join("outlast");
    let copy = format!("cat {}", testbed().display());
    install(&program, &copy);
    let options = options(&dir, &program, &[]);
    launch(&options).unwrap();
    let world = World::adopt(dir.clone(), options.socket.clone());
    world.spawn(1, PTY, &["sh", "-c", "echo here; sleep 1000"]);
    assert!(!world.who().fallback);
    // One that crashes.
    install(&program, "printf '#!/bin/sh\\nexit 1\\n'");
    world.kill_server(world.who().server_pid);
    assert!(world.who().fallback);
    // One that hangs.
    install(&program, "printf '#!/bin/sh\\nexec sleep 1000\\n'");
    world.kill_server(world.who().server_pid);
    let who = world.who();
    assert!(who.fallback);
    assert_eq!(who.last, "Signal(9)");
    // One that anybody could have written is not executed at all.
    install(&program, "printf '#!/bin/sh\\nexec sleep 1000\\n'");
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o777)).unwrap();
    world.kill_server(world.who().server_pid);
    assert!(world.who().fallback);
    assert!(world.ask(&["output", "1"]).contains("here"));
    // A good one is taken at once.
    install(&program, &copy);
    world.kill_server(world.who().server_pid);
    assert!(!world.who().fallback);
}

#[test]
fn a_server_that_exits_is_started_again_and_shutdown_ends_all() {
    let world = World::new();
    let pane = world.spawn(1, PTY, &["sleep", "1000"]);
    let server = world.who().server_pid;
    let mut client = UnixStream::connect(&world.socket).unwrap();
    client.write_all(b"exit\x1f0\n").unwrap();
    wait_until("it has exited", || !alive(server));
    assert_eq!(world.who().last, "Code(0)");
    assert!(alive(pane));
    let server = world.who().server_pid;
    world.ask(&["shutdown"]);
    wait_until("all have ended", || {
        ![pane, server, world.keeper_pid].into_iter().any(alive)
    });
    assert_eq!(
        std::fs::read_dir(world.socket.parent().unwrap())
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn sigterm_to_the_keeper_lets_the_server_write_its_state() {
    let world = World::new();
    let pane = world.spawn(1, PTY, &["sleep", "1000"]);
    let server = world.who().server_pid;
    signal::send(world.keeper_pid, signal::SIGTERM).unwrap();
    wait_until("all have ended", || {
        ![pane, server, world.keeper_pid].into_iter().any(alive)
    });
    assert!(!world.socket.exists());
}

#[test]
fn a_server_that_hangs_up_is_ended() {
    let world = World::new();
    let server = world.who().server_pid;
    // Its keeper socket is shut from outside by nobody; a stopped server that is killed by another signal than 9
    // is the same to the keeper: dead, and started again.
    signal::send(server, signal::SIGTERM).unwrap();
    wait_until("it is dead", || !alive(server));
    assert_ne!(world.who().server_pid, server);
    assert_eq!(world.who().last, "Signal(15)");
}

#[test]
fn a_test_that_fails_leaves_nobody_behind() {
    let failed = std::panic::catch_unwind(|| {
        let world = World::new();
        world.spawn(1, common::PTY, &["sleep", "1000"]);
        // The second keeper was started by the server and knows of no directory.
        let keeper = world.kill_keeper(world.keeper_pid);
        let dir = world.dir.clone();
        assert!(common::who_uses(&dir).contains(&keeper));
        std::panic::panic_any(dir);
    });
    let dir = failed
        .unwrap_err()
        .downcast::<std::path::PathBuf>()
        .unwrap();
    assert_eq!(common::who_uses(&dir), []);
    assert!(!dir.exists());
}
