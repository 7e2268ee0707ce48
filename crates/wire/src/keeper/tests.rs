use super::*;

fn pane() -> Pane {
    Pane {
        slot: 4095,
        pane: 7,
        life: 2,
        pid: 4242,
        kind: Kind::Pty,
        status: Status::Signal(9),
        exit_at: 1 << 40,
        tty: Tty::new("/dev/pts/12"),
    }
}

fn to_keeper() -> Vec<ToKeeper> {
    vec![
        ToKeeper::Ready { version: VERSION },
        ToKeeper::Spawn {
            pane: 1,
            life: 2,
            kind: Kind::Filter,
            cols: 80,
            rows: 24,
            input_from: u64::MAX,
        },
        ToKeeper::Signal {
            pane: 3,
            signal: 15,
        },
        ToKeeper::Forget { pane: 4 },
        ToKeeper::Deposit { pane: 0, tag: 5 },
        ToKeeper::Undeposit {
            pane: 6,
            tag: 65535,
        },
        ToKeeper::Shutdown,
        ToKeeper::EndInput { pane: 7, at: 8 },
        ToKeeper::Rebind,
        ToKeeper::Exec,
    ]
}

fn to_server() -> Vec<ToServer> {
    vec![
        ToServer::Hello(Hello {
            version: 1,
            keeper_pid: 2,
            started_unix: -3,
            started_boot_ms: 4,
            restarts: 5,
            quick_failures: 6,
            last_status: Status::Code(7),
            fallback: true,
            panes: 8,
            deposits: 9,
        }),
        ToServer::Bell,
        ToServer::Listener,
        ToServer::Pane(pane()),
        ToServer::Deposited { pane: 1, tag: 2 },
        ToServer::End,
        ToServer::Spawned(pane()),
        ToServer::SpawnFailed {
            pane: 1,
            life: 2,
            errno: 7,
        },
        ToServer::Exited {
            pane: 1,
            life: 2,
            status: Status::Unknown,
            at: 3,
        },
        ToServer::DepositFailed {
            pane: 1,
            tag: 2,
            errno: 28,
        },
        ToServer::Terminate,
        ToServer::Hold {
            what: Held::Job as u16,
            pane: 2,
            value: 3,
        },
        ToServer::Resumed {
            keeper_pid: 1,
            version: 2,
        },
        ToServer::Former {
            panes: 3,
            same_boot: true,
            seen_unix: -5,
        },
    ]
}

#[test]
fn every_message_comes_back_as_it_was() {
    let mut frame = [0xff; FRAME_MAX];
    for message in to_keeper() {
        let len = message.encode(&mut frame);
        assert_eq!(ToKeeper::decode(&frame[..len]), Ok(Some(message)));
    }
    for message in to_server() {
        let len = message.encode(&mut frame);
        assert_eq!(ToServer::decode(&frame[..len]), Ok(Some(message)));
    }
}

#[test]
fn every_shortened_frame_is_refused() {
    let mut frame = [0; FRAME_MAX];
    for message in to_keeper() {
        let len = message.encode(&mut frame);
        for short in 0..len {
            assert_eq!(
                ToKeeper::decode(&frame[..short]),
                Err(Malformed),
                "{message:?} cut to {short}"
            );
        }
    }
    for message in to_server() {
        let len = message.encode(&mut frame);
        for short in 0..len {
            assert_eq!(
                ToServer::decode(&frame[..short]),
                Err(Malformed),
                "{message:?} cut to {short}"
            );
        }
    }
}

/// The layouts are frozen: this is what a keeper that was started years ago sends and expects.
#[test]
fn the_bytes_are_the_ones_in_the_comments() {
    let mut frame = [0; FRAME_MAX];
    let len = ToKeeper::Spawn {
        pane: 0x01020304,
        life: 5,
        kind: Kind::Job,
        cols: 80,
        rows: 24,
        input_from: 9,
    }
    .encode(&mut frame);
    assert_eq!(
        frame[..len],
        [
            2, 0, 24, 0, 4, 3, 2, 1, 5, 0, 0, 0, 1, 0, 0, 0, 80, 0, 24, 0, 9, 0, 0, 0, 0, 0, 0, 0
        ]
    );
    let len = ToServer::Exited {
        pane: 1,
        life: 2,
        status: Status::Signal(15),
        at: 258,
    }
    .encode(&mut frame);
    assert_eq!(
        frame[..len],
        [
            109, 0, 20, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 15, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0
        ]
    );
    let len = ToServer::Pane(pane()).encode(&mut frame);
    assert_eq!(len, 4 + 60);
    assert_eq!(frame[4..12], [0xff, 0x0f, 0, 2, 9, 11, 0, 0]);
}

#[test]
fn unknown_tags_are_skipped() {
    assert_eq!(ToKeeper::decode(&[77, 0, 3, 0, 1, 2, 3]), Ok(None));
    assert_eq!(ToServer::decode(&[255, 255, 0, 0]), Ok(None));
}

#[test]
fn a_spawn_description_comes_back_as_it_was() {
    let spec = SpawnSpec {
        flags: SPAWN_STDERR,
        control_chars: &[(2, 127), (200, 1)],
        path: b"/bin/sh",
        cwd: b"/tmp",
        argv: &[b"-sh", b"-c", b"true"],
        env: &[b"HOME=/root", b"EMPTY="],
    };
    let bytes = spec.encode().unwrap();
    let view = SpawnView::new(&bytes).unwrap();
    assert_eq!((view.path(), view.cwd()), (c"/bin/sh", c"/tmp"));
    assert_eq!(view.argv().collect::<Vec<_>>(), [c"-sh", c"-c", c"true"]);
    assert_eq!(view.env().collect::<Vec<_>>(), [c"HOME=/root", c"EMPTY="]);
    assert_eq!(
        (view.flags, view.chars_meant, view.chars[2]),
        (SPAWN_STDERR, 4, 127)
    );
    for short in 0..bytes.len() {
        assert!(SpawnView::new(&bytes[..short]).is_err(), "cut to {short}");
    }
}

#[test]
fn a_spawn_description_refuses_nul_and_wild_counts() {
    assert_eq!(
        SpawnSpec {
            path: b"a\0b",
            argv: &[b"a"],
            ..SpawnSpec::default()
        }
        .encode(),
        None
    );
    let mut bytes = SpawnSpec {
        path: b"ab",
        argv: &[b"a"],
        ..SpawnSpec::default()
    }
    .encode()
    .unwrap();
    bytes[44..48].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(SpawnView::new(&bytes).is_err());
}
