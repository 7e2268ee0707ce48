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
        ToServer::Missing {
            pane: 1,
            output: 2,
            input: 3,
        },
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

/// What a keeper of the first version said to its server, and what that server said, byte for byte: panes, a deposit,
/// an end. Recorded once and never changed: such keepers still run when newer servers come.
const OLD_KEEPER: [&[u8]; 7] = [
    &[
        101, 0, 44, 0, 1, 0, 0, 0, 210, 4, 0, 0, 0, 241, 83, 101, 0, 0, 0, 0, 64, 226, 1, 0, 0, 0,
        0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 9, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
    ],
    &[102, 0, 0, 0],
    &[103, 0, 0, 0],
    &[
        104, 0, 60, 0, 1, 0, 0, 0, 0, 10, 0, 0, 7, 0, 0, 0, 2, 0, 0, 0, 146, 16, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 47, 100, 101, 118, 47, 112, 116, 115, 47, 51, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ],
    &[105, 0, 6, 0, 7, 0, 0, 0, 1, 0],
    &[106, 0, 0, 0],
    &[
        109, 0, 20, 0, 7, 0, 0, 0, 2, 0, 0, 0, 1, 42, 0, 0, 16, 39, 0, 0, 0, 0, 0, 0,
    ],
];

#[test]
fn a_keeper_of_the_first_version_is_understood() {
    let row = Pane {
        slot: 1,
        pane: 7,
        life: 2,
        pid: 4242,
        kind: Kind::Pty,
        status: Status::Running,
        exit_at: 0,
        tty: Tty::new("/dev/pts/3"),
    };
    let expected = [
        ToServer::Hello(Hello {
            version: 1,
            keeper_pid: 1234,
            started_unix: 1_700_000_000,
            started_boot_ms: 123_456,
            restarts: 2,
            quick_failures: 0,
            last_status: Status::Signal(9),
            fallback: false,
            panes: 1,
            deposits: 1,
        }),
        ToServer::Bell,
        ToServer::Listener,
        ToServer::Pane(row),
        ToServer::Deposited { pane: 7, tag: 1 },
        ToServer::End,
        ToServer::Exited {
            pane: 7,
            life: 2,
            status: Status::Code(42),
            at: 10_000,
        },
    ];
    let mut book = book::Book::default();
    for (frame, message) in OLD_KEEPER.iter().zip(expected) {
        assert_eq!(ToServer::decode(frame), Ok(Some(message)));
        book.heard(&message, vec![1, 2, 3]);
        let mut again = [0; FRAME_MAX];
        let len = message.encode(&mut again);
        assert_eq!(again[..len], **frame, "a server sees what it always saw");
    }
    assert_eq!(book.keeper_pid(), 1234);
    let server = book::Server {
        socket: 9,
        pid: 1,
        program: b"/outlast",
        words: &[b"--socket", b"/s"],
    };
    assert!(
        book.table(server, |fd| *fd).is_none(),
        "it gave nothing to hold, so it cannot be replaced"
    );
}

#[test]
fn a_gate_is_kept_until_its_program_is_told_of_or_the_keeper_is_dead() {
    let mut book = book::Book::default();
    for pane in 1..=3 {
        let what = Held::Gate as u16;
        let hold = ToServer::Hold {
            what,
            pane,
            value: 0,
        };
        book.heard(&hold, vec![10 + pane as i32]);
    }
    assert_eq!((book.take_gate(1), book.take_gate(1)), (Some(11), None));
    book.said(&ToKeeper::Forget { pane: 2 }, None);
    assert_eq!(book.take_gate(2), None);
    book.drop_gates();
    assert_eq!(book.take_gate(3), None);
}

#[test]
fn the_book_is_what_the_keeper_would_have_told() {
    let mut book = book::Book::default();
    let holds = [
        (Held::Lock, 1),
        (Held::Ledger, 0),
        (Held::LedgerWake, 0),
        (Held::PipeRead, 0),
        (Held::PipeWrite, 0),
        (Held::SoftLimit, 1024),
        (Held::HardLimit, 4096),
    ];
    for (number, (what, value)) in holds.into_iter().enumerate() {
        let what = what as u16;
        let hold = ToServer::Hold {
            what,
            pane: 0,
            value,
        };
        book.heard(&hold, vec![100 + number as i32]);
    }
    book.heard(&ToServer::Bell, vec![10, 11, 12]);
    book.heard(&ToServer::Listener, vec![13]);
    let spawn = |pane| ToKeeper::Spawn {
        pane,
        life: 0,
        kind: Kind::Pty,
        cols: 80,
        rows: 24,
        input_from: 0,
    };
    let row = |pane| Pane {
        slot: pane as u16,
        pane,
        life: 0,
        pid: 1000 + pane,
        kind: Kind::Pty,
        status: Status::Running,
        exit_at: 0,
        tty: Tty::default(),
    };
    for pane in 1..=3 {
        book.said(&spawn(pane), Some(50 + pane as i32));
    }
    book.heard(&ToServer::Spawned(row(1)), vec![20, 21, 22]);
    // Asked for and forgotten before the answer came: it is not wanted.
    book.said(&ToKeeper::Forget { pane: 2 }, None);
    book.heard(&ToServer::Spawned(row(2)), vec![23, 24, 25]);
    book.said(&ToKeeper::Deposit { pane: 1, tag: 1 }, Some(30));
    book.said(&ToKeeper::Deposit { pane: 1, tag: 1 }, Some(31));
    book.said(&ToKeeper::Deposit { pane: 0, tag: 2 }, Some(32));
    book.said(&ToKeeper::Deposit { pane: 0, tag: 3 }, Some(33));
    book.said(&ToKeeper::Undeposit { pane: 0, tag: 3 }, None);
    let exited = ToServer::Exited {
        pane: 1,
        life: 0,
        status: Status::Code(3),
        at: 9,
    };
    book.heard(&exited, Vec::new());
    let asked: Vec<_> = book.unanswered().collect();
    assert_eq!(asked, [(&spawn(3), Some(&53))]);
    let server = book::Server {
        socket: 9,
        pid: 77,
        program: b"/outlast",
        words: &[b"--socket", b"/s", b"-f", b"x"],
    };
    let table = book.table(server, |fd| *fd).unwrap();
    let records: Vec<_> = handover::records(table.bytes())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    use handover::{Record, Slot};
    let ended = Pane {
        status: Status::Code(3),
        exit_at: 9,
        ..row(1)
    };
    let slots: Vec<_> = records
        .iter()
        .filter_map(|record| match record {
            Record::Pane(slot) => Some(*slot),
            _ => None,
        })
        .collect();
    assert_eq!(
        slots,
        [Slot {
            row: ended,
            out: 20,
            ctl: 21,
            fd: Some(22),
            input_ends: None
        }]
    );
    let deposits: Vec<_> = records
        .iter()
        .filter_map(|record| match record {
            Record::Deposit { fd, pane, tag } => Some((*fd, *pane, *tag)),
            _ => None,
        })
        .collect();
    assert_eq!(deposits, [(32, 0, 2), (31, 1, 1)]);
    assert!(records.contains(&Record::Socket {
        lock: 100,
        listener: 13,
        private: true,
        path: b"/s"
    }));
}
