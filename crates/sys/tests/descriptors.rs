//! Descriptors: passed, locked, mapped, watched, opened as terminals.
#![allow(clippy::unwrap_used)] // a test

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::Duration;

use outlast_sys::mem::{BLOCK_LEN, MemFile};
use outlast_sys::{fd_pass, lock, poll, pty, raw_tty, socket, watch};

fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("outlast-sys-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir(&path).unwrap();
    path
}

#[test]
fn descriptors_travel_with_bytes() {
    let (one, other) = fd_pass::packet_pair().unwrap();
    let (mut reader, writer) = std::io::pipe().unwrap();
    assert_eq!(
        fd_pass::send(one.as_fd(), b"take this", &[writer.as_fd(); 2], true).unwrap(),
        9
    );
    drop(writer);
    let mut buffer = [0; 100];
    let mut received = fd_pass::receive(other.as_fd(), &mut buffer, true).unwrap();
    assert_eq!(
        (
            &buffer[..received.len],
            received.fds.len(),
            received.truncated
        ),
        (&b"take this"[..], 2, false)
    );
    std::fs::File::from(received.fds.next_fd().unwrap())
        .write_all(b"through")
        .unwrap();
    drop(received);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "through");
    let error = fd_pass::receive(other.as_fd(), &mut buffer, true).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    drop(one);
    assert_eq!(
        fd_pass::receive(other.as_fd(), &mut buffer, true)
            .unwrap()
            .len,
        0
    );
    assert_eq!(
        fd_pass::send(other.as_fd(), b"x", &[], true)
            .unwrap_err()
            .kind(),
        ErrorKind::BrokenPipe
    );
}

#[test]
fn a_packet_too_long_is_cut_and_that_is_said() {
    let (one, other) = fd_pass::packet_pair().unwrap();
    fd_pass::send(one.as_fd(), &[1; 200], &[], true).unwrap();
    let received = fd_pass::receive(other.as_fd(), &mut [0; 100], true).unwrap();
    assert_eq!((received.len, received.truncated), (100, true));
}

#[test]
fn the_peer_is_ourselves() {
    let dir = directory("peer");
    let path = dir.join("socket");
    let listener = socket::listen(&path).unwrap();
    assert_eq!(
        socket::accept(listener.as_fd()).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    let client = socket::connect(&path).unwrap();
    let peer = socket::peer(socket::accept(listener.as_fd()).unwrap().as_fd()).unwrap();
    assert_eq!(
        (peer.pid, peer.uid),
        (std::process::id(), outlast_sys::user::own_uid())
    );
    drop((client, listener));
    assert_eq!(
        socket::connect(&path).unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
    assert_eq!(
        socket::connect(&dir.join("none")).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert!(socket::connect(&dir.join("x".repeat(200))).is_err());
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_lock_has_one_holder_and_needs_its_file() {
    let dir = directory("lock");
    let path = dir.join("lock");
    let held = lock::try_lock_file(&path).unwrap().unwrap();
    assert!(lock::try_lock_file(&path).unwrap().is_none());
    assert!(held.guards(&path));
    std::fs::remove_file(&path).unwrap();
    assert!(!held.guards(&path));
    let other = lock::try_lock_file(&path).unwrap().unwrap();
    drop(held);
    assert!(lock::try_lock_file(&path).unwrap().is_none());
    drop(other);
    assert!(lock::try_lock_file(&path).unwrap().is_some());
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_removed_file_is_noticed() {
    let dir = directory("watch");
    std::fs::write(dir.join("file"), "").unwrap();
    let watch = watch::Watch::new().unwrap();
    watch.directory(&dir).unwrap();
    assert!(!watch.drain());
    std::fs::remove_file(dir.join("file")).unwrap();
    assert!(poll::readable_within(watch.as_fd(), Duration::from_secs(5)).unwrap());
    assert!(watch.drain());
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(watch.drain());
}

#[test]
fn blocks_grow_survive_their_mapping_and_are_punched() {
    let file = MemFile::new(c"blocks", 0).unwrap();
    let mut third = file.map_block(2).unwrap();
    assert_eq!(
        (third.len(), file.len().unwrap()),
        (BLOCK_LEN, 3 * BLOCK_LEN as u64)
    );
    third[..5].copy_from_slice(b"hello");
    drop(third);
    let other = MemFile::from_fd(file.fd().try_clone_to_owned().unwrap());
    assert_eq!(&other.map_block(2).unwrap()[..6], b"hello\0");
    file.punch(2 * BLOCK_LEN as u64, BLOCK_LEN as u64).unwrap();
    assert_eq!(&other.map_block(2).unwrap()[..5], b"\0\0\0\0\0");
    assert_eq!(
        file.map_range(BLOCK_LEN as u64, 3 * BLOCK_LEN)
            .unwrap_err()
            .kind(),
        ErrorKind::UnexpectedEof
    );
    let mapping = file.map().unwrap();
    assert!(
        mapping.word(8).is_some()
            && mapping.word(4).is_none()
            && mapping.word(usize::MAX - 7).is_none()
    );
    assert!(mapping.word(3 * BLOCK_LEN).is_none());
}

#[test]
fn a_terminal_gets_its_modes_back() {
    let pty = pty::open(80, 24, [(libc::VERASE as u8, 8)].into_iter()).unwrap();
    assert_eq!(pty::winsize(pty.slave.as_fd()).unwrap(), (80, 24));
    assert!(
        pty::control_chars(pty.slave.as_fd())
            .unwrap()
            .contains(&(libc::VERASE as u8, 8))
    );
    let name = format!("/dev/pts/{}", pty.number);
    assert_eq!(raw_tty::tty_name(pty.slave.as_fd()).unwrap(), name);
    let lines = |master| pty::line_modes(master).unwrap();
    assert!(lines(pty.master.as_fd()).canonical && lines(pty.master.as_fd()).echo);
    let mut tty = raw_tty::RawTty::new(raw_tty::reopen_tty(name.as_ref(), true).unwrap()).unwrap();
    assert!(!lines(pty.master.as_fd()).canonical && !lines(pty.master.as_fd()).echo);
    tty.restore().unwrap();
    assert!(lines(pty.master.as_fd()).canonical);
    tty.make_raw().unwrap();
    pty::set_winsize(pty.master.as_fd(), 132, 43).unwrap();
    assert_eq!(tty.size().unwrap(), (132, 43));
    drop(tty);
    assert!(lines(pty.master.as_fd()).echo);
    assert!(raw_tty::reopen_tty("/dev/null".as_ref(), true).is_err());
}

#[test]
fn facts_about_ourselves_are_found() {
    let pid = std::process::id();
    assert_eq!(outlast_sys::process::cwd(pid), std::env::current_dir().ok());
    assert_eq!(
        outlast_sys::process::executable(pid),
        std::env::current_exe().ok()
    );
    assert_eq!(
        outlast_sys::process::parent(pid),
        Some(std::os::unix::process::parent_id())
    );
    assert!(outlast_sys::process::exists(pid) && !outlast_sys::process::exists(u32::MAX));
    assert!(outlast_sys::process::resident_bytes(pid).unwrap() > 100_000);
    assert!(
        outlast_sys::process::cmdline(pid).unwrap()[0].ends_with(b"descriptors")
            || !outlast_sys::process::cmdline(pid).unwrap().is_empty()
    );
    assert!(!outlast_sys::process::host_name().is_empty());
}
