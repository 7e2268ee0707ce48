//! The two sides of a pane's rings, and a server's side gone wild.
#![allow(clippy::unwrap_used)] // a test

use std::io::{Read, Write};
use std::os::fd::AsFd;

use outlast_sys::bell::{KeeperBells, ServerBells};
use outlast_sys::mem::MemFile;
use outlast_sys::ring::{IN_LEN, KeeperRings, OUT_LEN, ServerRings};

struct Pair {
    keeper: KeeperRings,
    server: ServerRings,
    keeper_bells: KeeperBells,
    server_bells: ServerBells,
}

fn pair() -> Pair {
    let keeper = KeeperRings::new(OUT_LEN, IN_LEN).unwrap();
    let keeper_bells = KeeperBells::new().unwrap();
    let [page, wakes_server, wakes_keeper] = keeper_bells
        .fds()
        .map(|fd| fd.try_clone_to_owned().unwrap());
    let server_bells = ServerBells::map(page, wakes_server, wakes_keeper).unwrap();
    Pair {
        server: map(&keeper),
        keeper,
        keeper_bells,
        server_bells,
    }
}

/// What a new server has.
fn map(keeper: &KeeperRings) -> ServerRings {
    let [out, ctl] = keeper.fds().map(|fd| fd.try_clone_to_owned().unwrap());
    ServerRings::map(7, out, ctl).unwrap()
}

/// Puts bytes into the output ring, by way of a pipe as from a program.
fn output(keeper: &mut KeeperRings, bytes: &[u8]) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    for piece in bytes.chunks(4096) {
        writer.write_all(piece).unwrap();
        let room = keeper.room();
        assert_eq!(keeper.read_from(reader.as_fd(), room).unwrap(), piece.len());
    }
}

fn numbered(len: usize, from: usize) -> Vec<u8> {
    (from..from + len).map(|at| (at * 31 % 251) as u8).collect()
}

#[test]
fn output_goes_round_and_every_slice_is_whole() {
    let mut pair = pair();
    let mut at = 0;
    for round in 1..200 {
        let bytes = numbered(round * 97 % 9000, at);
        output(&mut pair.keeper, &bytes);
        assert_eq!(pair.server.end(), (at + bytes.len()) as u64);
        assert_eq!(pair.server.slice(at as u64, pair.server.end()), bytes);
        at += bytes.len();
        pair.server.commit_tail(at as u64, &pair.server_bells);
        assert!(pair.server.is_empty());
    }
    assert!(at > 2 * OUT_LEN);
}

#[test]
fn a_full_ring_has_no_room_until_the_tail_moves_and_then_the_bell_rings() {
    let mut pair = pair();
    output(&mut pair.keeper, &numbered(OUT_LEN, 0));
    assert_eq!(pair.keeper.room(), 0);
    assert!(pair.keeper_bells.may_sleep());
    pair.server.commit_tail(10, &pair.server_bells);
    let mut rung = Vec::new();
    pair.keeper_bells.take(|slot| rung.push(slot));
    assert_eq!(rung, [7]);
    assert_eq!(pair.keeper.room(), 10);
    // Backwards and beyond the end.
    pair.server.commit_tail(5, &pair.server_bells);
    assert_eq!(pair.server.start(), 10);
    pair.server.commit_tail(u64::MAX, &pair.server_bells);
    assert_eq!(
        (pair.server.start(), pair.keeper.room()),
        (OUT_LEN as u64, OUT_LEN)
    );
}

#[test]
fn the_oldest_is_given_up_and_counted() {
    let mut pair = pair();
    let bytes = numbered(OUT_LEN, 0);
    output(&mut pair.keeper, &bytes);
    pair.server.commit_tail(100, &pair.server_bells);
    pair.keeper.give_up_oldest(4096);
    assert_eq!(
        (pair.server.start(), pair.server.lost()),
        (4096, 4096 - 100)
    );
    output(&mut pair.keeper, &numbered(4096, OUT_LEN));
    assert_eq!(pair.server.slice(0, u64::MAX), numbered(OUT_LEN, 4096));
    pair.keeper.give_up_oldest(10);
    assert_eq!(pair.server.lost(), 4096 - 100 + 10);
}

#[test]
fn input_arrives_once_and_a_new_server_knows_how_far() {
    let mut pair = pair();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut at = 0;
    for round in 1..300 {
        let bytes = numbered(round * 89 % 3000, at);
        assert_eq!(
            pair.server.push_input(&bytes, &pair.server_bells),
            bytes.len()
        );
        if round % 7 == 0 {
            // A death between putting in and taking out.
            pair.server = map(&pair.keeper);
        }
        assert_eq!(pair.server.input_end(), (at + bytes.len()) as u64);
        let mut taken = 0;
        while taken < bytes.len() {
            taken += pair.keeper.write_to(writer.as_fd()).unwrap();
        }
        let mut read = vec![0; bytes.len()];
        reader.read_exact(&mut read).unwrap();
        assert_eq!(read, bytes);
        at += bytes.len();
        assert_eq!(pair.server.input_done(), at as u64);
    }
}

#[test]
fn a_full_input_ring_takes_a_part_and_the_bell_says_when_there_is_room() {
    let mut pair = pair();
    let bytes = numbered(IN_LEN + 5, 0);
    assert_eq!(pair.server.push_input(&bytes, &pair.server_bells), IN_LEN);
    assert_eq!(
        pair.server.push_input(&bytes[IN_LEN..], &pair.server_bells),
        0
    );
    let (mut reader, writer) = std::io::pipe().unwrap();
    assert!(!pair.keeper.server_wants_room());
    let taken = pair.keeper.write_to(writer.as_fd()).unwrap();
    assert_eq!(taken, IN_LEN);
    assert!(pair.keeper.server_wants_room());
    assert!(!pair.keeper.server_wants_room());
    assert_eq!(
        pair.server.push_input(&bytes[IN_LEN..], &pair.server_bells),
        5
    );
    let mut read = vec![0; IN_LEN];
    reader.read_exact(&mut read).unwrap();
    assert_eq!(pair.keeper.write_to(writer.as_fd()).unwrap(), 5);
    assert_eq!(pair.server.input_room(), IN_LEN);
}

#[test]
fn the_server_cannot_write_output_nor_change_a_length() {
    let pair = pair();
    let [out, ctl] = pair
        .keeper
        .fds()
        .map(|fd| MemFile::from_fd(fd.try_clone_to_owned().unwrap()));
    assert!(out.map().is_err());
    assert!(std::fs::File::from(out.into_fd()).write(b"x").is_err());
    assert!(ctl.grow(1 << 30).is_err());
    assert!(std::fs::File::from(ctl.into_fd()).set_len(0).is_err());
}

#[test]
fn what_is_no_ring_is_not_mapped() {
    let file = |len| MemFile::new(c"no ring", len).unwrap().into_fd();
    for len in [0, 100, 4096, 1 << 20] {
        assert!(ServerRings::map(0, file(len), file(len)).is_err());
    }
    let keeper = KeeperRings::new(OUT_LEN, IN_LEN).unwrap();
    let [out, ctl] = keeper.fds().map(|fd| fd.try_clone_to_owned().unwrap());
    assert!(ServerRings::map(0, ctl, out).is_err());
}

/// A server that writes anything into what is its own harms its own pane at most.
#[test]
fn a_wild_control_page_does_no_harm() {
    let mut pair = pair();
    let mut wild = MemFile::from_fd(pair.keeper.fds()[1].try_clone_to_owned().unwrap())
        .map()
        .unwrap();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let sink = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/null")
        .unwrap();
    let mut random = 1_u64;
    for _ in 0..20_000 {
        random = random
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let at = [0, 8, 64, 128, 192][(random >> 40) as usize % 5];
        let small = random >> 50;
        let value = [
            u64::MAX - small,
            small,
            random,
            pair.keeper.end().wrapping_sub(small),
            pair.keeper.end() + small,
        ];
        wild[at..at + 8].copy_from_slice(&value[(random >> 33) as usize % 5].to_le_bytes());
        let room = pair.keeper.room();
        assert!(room <= OUT_LEN);
        if room != 0 {
            let before = pair.keeper.end();
            writer.write_all(&numbered(100, 0)).unwrap();
            let mut left = 100;
            while left != 0 && pair.keeper.room() != 0 {
                let room = pair.keeper.room().min(left);
                left -= pair.keeper.read_from(reader.as_fd(), room).unwrap();
            }
            assert!(pair.keeper.end() <= before + 100);
            std::io::Read::take(&reader, left as u64)
                .read_to_end(&mut Vec::new())
                .unwrap();
        }
        assert!(pair.keeper.input_waiting() <= IN_LEN);
        pair.keeper.write_to(sink.as_fd()).unwrap();
        pair.keeper.server_wants_room();
        pair.keeper.skip_input(random);
        pair.keeper.give_back();
        if random >> 60 == 0 {
            pair.keeper.give_up_oldest(4096);
        }
    }
}

#[test]
fn consumed_memory_is_given_back_and_the_rest_is_whole() {
    let mut pair = pair();
    output(&mut pair.keeper, &numbered(100_000, 0));
    let blocks = |keeper: &KeeperRings| {
        use std::os::unix::fs::MetadataExt;
        std::fs::File::from(keeper.fds()[0].try_clone_to_owned().unwrap())
            .metadata()
            .unwrap()
            .blocks()
    };
    let before = blocks(&pair.keeper);
    pair.keeper.give_back();
    assert_eq!(blocks(&pair.keeper), before);
    pair.server.commit_tail(100_000, &pair.server_bells);
    pair.keeper.give_back();
    assert!(blocks(&pair.keeper) <= 8, "{}", blocks(&pair.keeper));
    output(&mut pair.keeper, &numbered(1000, 100_000));
    assert_eq!(pair.server.slice(100_000, 101_000), numbered(1000, 100_000));
}
