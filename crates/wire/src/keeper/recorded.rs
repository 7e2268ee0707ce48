//! What was really said by former versions means what it meant then.

use super::book::{Book, Server};
use super::{FRAME_MAX, ToKeeper, ToServer};

/// The first version.
const FIRST: &str = include_str!("../../recordings/keeper-1.frames");

/// Frames of a recording: who spoke, descriptors, bytes, meaning.
fn frames(recording: &str) -> impl Iterator<Item = (&str, usize, Vec<u8>, &str)> {
    let lines = recording.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let mut words = line.splitn(4, ' ');
        let mut next = || words.next().unwrap();
        let (who, fds, hex, meaning) = (next(), next(), next(), next());
        let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let bytes = (0..hex.len()).step_by(2).map(digits).collect();
        (who, fds.parse().unwrap(), bytes, meaning)
    })
}

#[test]
fn the_first_version_is_understood_and_spoken() {
    let mut count = 0;
    for (who, _, bytes, meaning) in frames(FIRST) {
        let mut again = [0; FRAME_MAX];
        let (said, len) = match who {
            "keeper" => {
                let message = ToServer::decode(&bytes).unwrap().unwrap();
                (format!("{message:?}"), message.encode(&mut again))
            }
            _ => {
                let message = ToKeeper::decode(&bytes).unwrap().unwrap();
                (format!("{message:?}"), message.encode(&mut again))
            }
        };
        assert_eq!(said, meaning);
        assert_eq!(again[..len], bytes, "{meaning}");
        count += 1;
    }
    assert_eq!(count, 35);
}

/// A server of today under a keeper of the first version: what it holds, and that it cannot replace such a keeper.
#[test]
fn the_first_version_s_table_is_held() {
    let mut book = Book::default();
    let mut fd = 100;
    for (_, fds, bytes, _) in frames(FIRST).filter(|frame| frame.0 == "keeper") {
        let message = ToServer::decode(&bytes).unwrap().unwrap();
        let next = (fd..fd + fds as i32).collect();
        fd += fds as i32;
        book.heard(&message, next);
    }
    assert_eq!(book.keeper_pid(), 31050);
    assert!(!book.is_complete());
    let server = Server {
        socket: 9,
        pid: 1,
        program: b"/outlast",
        words: &[],
    };
    assert!(book.table(server, |fd| *fd).is_none());
}
