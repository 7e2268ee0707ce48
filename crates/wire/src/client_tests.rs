//! Every message comes back as it went; no bytes make the decoder panic.

use super::*;
use crate::frame::Splitter;

fn to_server() -> Vec<ToServer> {
    let hello = Hello {
        version: VERSION,
        key: *b"0123456789abcdef",
        resume: true,
        received: 3,
        pid: 42,
        cols: 80,
        rows: 24,
        tty: "/dev/pts/3".into(),
        term: "xterm-256color".into(),
        flags: vec!["-2".into(), "-u".into()],
        cwd: "/tmp".into(),
        env: vec![("A".into(), "b=c".into()), ("EMPTY".into(), String::new())],
        hints: true,
        release: "0.2.0".into(),
    };
    vec![
        ToServer::Hello(Hello::default()),
        ToServer::Hello(hello),
        ToServer::Command {
            seq: 1,
            argv: vec!["new-session".into(), "-A".into(), "ü".into()],
        },
        ToServer::Command {
            seq: u64::MAX,
            argv: vec![],
        },
        ToServer::Input {
            seq: 2,
            bytes: (0..=255).collect(),
        },
        ToServer::Resize {
            cols: 120,
            rows: 40,
        },
        ToServer::Received { n: 9 },
        ToServer::Continued,
        ToServer::Bye,
        ToServer::Drained,
        ToServer::Pipes,
        ToServer::Ask,
        ToServer::Report { pane: 7 },
        ToServer::Upgrade {
            older: true,
            keeper: false,
            tmux: "/tmp/s,1,0".into(),
        },
    ]
}

fn to_client() -> Vec<ToClient> {
    vec![
        ToClient::Welcome {
            version: VERSION,
            done: 7,
            release: "0.1.0".into(),
            pipes: true,
        },
        ToClient::Reading { server: true },
        ToClient::Answered,
        ToClient::Accepted { seq: 8 },
        ToClient::Print {
            n: 1,
            stream: 2,
            bytes: b"no server\n".to_vec(),
        },
        ToClient::Attached { n: 2 },
        ToClient::Exit {
            n: 3,
            status: 1,
            message: "[detached (from session cc)]".into(),
        },
        ToClient::Suspend {
            n: 4,
            run: "lock -np".into(),
        },
        ToClient::Afterwards {
            n: 5,
            hangup: true,
            exec: vec!["/bin/sh".into(), "true".into()],
        },
        ToClient::Tty {
            bytes: b"\x1b[H".to_vec(),
        },
        ToClient::Facts {
            facts: vec![("release".into(), "0.1.0".into())],
        },
        ToClient::Section {
            name: "log".into(),
            bytes: vec![0, 255],
        },
        ToClient::Told {
            status: 1,
            text: "no".into(),
        },
    ]
}

#[test]
fn every_message_comes_back() {
    let mut stream = Vec::new();
    to_server()
        .iter()
        .for_each(|message| message.encode(&mut stream));
    let mut splitter = Splitter::default();
    splitter.push(&stream);
    for message in to_server() {
        let (tag, body) = splitter.take().unwrap().unwrap();
        assert_eq!(ToServer::decode(tag, body), Ok(Some(message)));
    }
    stream.clear();
    to_client()
        .iter()
        .for_each(|message| message.encode(&mut stream));
    splitter.push(&stream);
    for message in to_client() {
        let (tag, body) = splitter.take().unwrap().unwrap();
        assert_eq!(ToClient::decode(tag, body), Ok(Some(message)));
    }
    assert!(splitter.is_empty());
}

#[test]
fn unknown_tags_are_passed_over_and_later_fields_ignored() {
    assert_eq!(ToServer::decode(200, b"whatever"), Ok(None));
    assert_eq!(ToClient::decode(0, b""), Ok(None));
    let mut stream = Vec::new();
    ToServer::Resize { cols: 1, rows: 2 }.encode(&mut stream);
    let mut body = stream[5..].to_vec();
    body.extend_from_slice(b"a field of a later version");
    assert_eq!(
        ToServer::decode(stream[4], &body),
        Ok(Some(ToServer::Resize { cols: 1, rows: 2 }))
    );
}

/// The first build's greetings, byte for byte: what it says must be understood for ever, and what we say more must be
/// at the end.
#[test]
fn greetings_of_the_first_build_are_understood() {
    let first_hello = b"\x01\0\0\0\
        0123456789abcdef\x01\x03\0\0\0\0\0\0\0\x2a\0\0\0\x50\0\x18\0\
        \x01\0\0\0t\x01\0\0\0x\x01\0\0\0\x02\0\0\0-2\x01\0\0\0/\x01\0\0\0\x01\0\0\0A\x01\0\0\0b\x01";
    let hello = Hello {
        version: 1,
        key: *b"0123456789abcdef",
        resume: true,
        received: 3,
        pid: 42,
        cols: 80,
        rows: 24,
        tty: "t".into(),
        term: "x".into(),
        flags: vec!["-2".into()],
        cwd: "/".into(),
        env: vec![("A".into(), "b".into())],
        hints: true,
        release: String::new(),
    };
    assert_eq!(
        ToServer::decode(1, first_hello),
        Ok(Some(ToServer::Hello(hello.clone())))
    );
    let mut ours = Vec::new();
    ToServer::Hello(hello).encode(&mut ours);
    assert_eq!(
        (ours[4], &ours[5..5 + first_hello.len()]),
        (1, &first_hello[..])
    );

    let first_welcome = b"\x01\0\0\0\x07\0\0\0\0\0\0\0";
    let welcome = ToClient::Welcome {
        version: 1,
        done: 7,
        release: String::new(),
        pipes: false,
    };
    assert_eq!(
        ToClient::decode(65, first_welcome),
        Ok(Some(welcome.clone()))
    );
    let mut ours = Vec::new();
    welcome.encode(&mut ours);
    assert_eq!((ours[4], &ours[5..17]), (65, &first_welcome[..]));

    let print = ToClient::Print {
        n: 1,
        stream: 2,
        bytes: b"no\n".to_vec(),
    };
    let exit = ToClient::Exit {
        n: 2,
        status: 1,
        message: String::new(),
    };
    let mut ours = Vec::new();
    print.encode(&mut ours);
    exit.encode(&mut ours);
    assert_eq!(
        ours,
        b"\x11\0\0\0\x43\x01\0\0\0\0\0\0\0\x02\x03\0\0\0no\n\
          \x0e\0\0\0\x45\x02\0\0\0\0\0\0\0\x01\0\0\0\0"
    );
}

/// A small generator of our own (splitmix64): the crate has no random source.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn no_bytes_make_it_panic() {
    let mut samples: Vec<Vec<u8>> = Vec::new();
    for message in to_server() {
        let mut out = Vec::new();
        message.encode(&mut out);
        samples.push(out);
    }
    for message in to_client() {
        let mut out = Vec::new();
        message.encode(&mut out);
        samples.push(out);
    }
    let mut seed = 1;
    for round in 0..20_000u64 {
        let mut bytes = samples[next(&mut seed) as usize % samples.len()].clone();
        for _ in 0..=round % 4 {
            let at = next(&mut seed) as usize % bytes.len();
            bytes[at] = next(&mut seed) as u8;
        }
        bytes.truncate(1 + next(&mut seed) as usize % bytes.len());
        let mut splitter = Splitter::default();
        splitter.push(&bytes);
        while let Ok(Some((tag, body))) = splitter.take() {
            let _ = (ToServer::decode(tag, body), ToClient::decode(tag, body));
        }
        for tag in 0..=80 {
            let _ = (ToServer::decode(tag, &bytes), ToClient::decode(tag, &bytes));
        }
    }
}
