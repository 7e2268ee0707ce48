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
    ]
}

fn to_client() -> Vec<ToClient> {
    vec![
        ToClient::Welcome {
            version: VERSION,
            done: 7,
        },
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
        ToClient::Suspend { n: 4 },
        ToClient::Tty {
            bytes: b"\x1b[H".to_vec(),
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
