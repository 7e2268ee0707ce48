//! A server as small as can be: it takes over from the keeper, and does what the test asks over the listening socket:
//! one line of words per connection, one answer, end. What it checks (`check`) and types (`type`) it goes on with
//! after a death: its knowledge is in deposits, in two slots with a selector, like a checkpoint.

use std::collections::BTreeMap;
use std::ffi::{CString, OsString};
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

use outlast_sys::bell::ServerBells;
use outlast_sys::mem::{Mapping, MemFile};
use outlast_sys::poll::{Interest, Poll, readable_within};
use outlast_sys::ring::ServerRings;
use outlast_sys::spawn;
use outlast_sys::{clock, daemon, fd_pass, pty, socket};
use outlast_wire::keeper::book::{self, Book};
use outlast_wire::keeper::{
    FRAME_MAX, Held, Hello, Kind, Pane, SPAWN_STDERR, SpawnSpec, Status, ToKeeper, ToServer,
    VERSION,
};

use crate::programs::{byte_at, fill};

const KEEPER: u64 = 0;
const BELLS: u64 = 1;
const CLIENTS: u64 = 2;
/// Tag of the deposit in which a pane's work is remembered.
const WORK: u16 = 100;

/// A pane and what is done with it.
struct Entry {
    row: Pane,
    rings: ServerRings,
    master: Option<OwnedFd>,
    /// Checked up to here in this life; the memory may be a little behind.
    checked: u64,
    work: Option<Work>,
}

/// Words: 0 selector; 1, 2 checked up to (two slots); 3, 4 wrong bytes; 5 whether to check; 6 type up to.
struct Work(Mapping);

impl Work {
    fn get(&self, word: usize) -> u64 {
        self.0.word(8 * word).unwrap().load(Ordering::Acquire)
    }
    fn set(&self, word: usize, value: u64) {
        self.0
            .word(8 * word)
            .unwrap()
            .store(value, Ordering::Release);
    }
    fn checked(&self) -> (u64, u64) {
        let slot = self.get(0) as usize % 2;
        (self.get(1 + slot), self.get(3 + slot))
    }
    fn checkpoint(&self, checked: u64, wrong: u64) {
        let other = (self.get(0) as usize + 1) % 2;
        self.set(1 + other, checked);
        self.set(3 + other, wrong);
        self.set(0, other as u64);
    }
}

/// A client that waits for something.
struct Waiting {
    client: UnixStream,
    words: Vec<String>,
}

struct Server {
    keeper: OwnedFd,
    book: Book<OwnedFd>,
    /// It takes no copies of descriptors, so that it needs fewer than the keeper does.
    thrifty: bool,
    takeovers: u32,
    bells: Option<ServerBells>,
    listener: Option<OwnedFd>,
    poll: Poll,
    hello: Hello,
    panes: BTreeMap<u32, Entry>,
    failures: Vec<String>,
    deposits: BTreeMap<(u32, u16), OwnedFd>,
    waiting: Vec<Waiting>,
    complete: bool,
    terminated: u32,
    ending: bool,
}

pub fn main(args: &[OsString]) -> ExitCode {
    let words: Vec<&str> = args.iter().filter_map(|word| word.to_str()).collect();
    if words.contains(&"--exit-at-once") {
        return ExitCode::from(9);
    }
    let fd = words
        .iter()
        .position(|word| *word == "--keeper-fd")
        .and_then(|at| words[at + 1].parse().ok())
        .unwrap();
    let poll = Poll::new().unwrap();
    let keeper = daemon::inherited(fd).unwrap();
    poll.add(&keeper, KEEPER, Interest::IN).unwrap();
    let mut server = Server {
        keeper,
        book: Book::default(),
        thrifty: words.contains(&"--thrifty"),
        takeovers: 0,
        bells: None,
        listener: None,
        poll,
        hello: Hello::default(),
        panes: BTreeMap::new(),
        failures: Vec::new(),
        deposits: BTreeMap::new(),
        waiting: Vec::new(),
        complete: false,
        terminated: 0,
        ending: false,
    };
    while !server.complete {
        assert!(readable_within(server.keeper.as_fd(), Duration::from_secs(30)).unwrap());
        if !server.hear_keeper() {
            return ExitCode::SUCCESS;
        }
    }
    server.recover();
    if words.contains(&"--die-when-ready") {
        server.say(ToKeeper::Ready { version: VERSION }, &[]);
        return ExitCode::from(8);
    }
    server.say(ToKeeper::Ready { version: VERSION }, &[]);
    server.run()
}

impl Server {
    fn say(&mut self, message: ToKeeper, fds: &[std::os::fd::BorrowedFd<'_>]) {
        if !self.thrifty {
            let copy = fds.first().map(|fd| fd.try_clone_to_owned().unwrap());
            self.book.said(&message, copy);
        }
        self.send(message, fds);
    }

    fn send(&self, message: ToKeeper, fds: &[std::os::fd::BorrowedFd<'_>]) {
        let mut frame = [0; FRAME_MAX];
        let len = message.encode(&mut frame);
        // A keeper that is gone is noticed where it is listened to.
        let _ = fd_pass::send(self.keeper.as_fd(), &frame[..len], fds, false);
    }

    /// Everything that the keeper says now. False: it is gone.
    fn hear_keeper(&mut self) -> bool {
        loop {
            let mut frame = [0; FRAME_MAX];
            let received = match fd_pass::receive(self.keeper.as_fd(), &mut frame, true) {
                Ok(received) if received.len != 0 => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => continue,
                _ => return false,
            };
            let mut fds = received.fds;
            let message = ToServer::decode(&frame[..received.len]).unwrap();
            if let Some(message) = &message
                && !self.thrifty
            {
                self.book.heard(message, fds.copies().unwrap());
            }
            if let Some(ToServer::Pane(row) | ToServer::Spawned(row)) = &message {
                drop(self.book.take_gate(row.pane).inspect(spawn::open_gate));
            }
            match message {
                Some(ToServer::Hello(hello)) => self.hello = hello,
                Some(ToServer::Bell) => {
                    let [page, server, keeper] = [(); 3].map(|()| fds.next_fd().unwrap());
                    let bells = ServerBells::map(page, server, keeper).unwrap();
                    self.poll.add(bells.fd(), BELLS, Interest::IN).unwrap();
                    self.bells = Some(bells);
                }
                Some(ToServer::Listener) => {
                    let listener = fds.next_fd().unwrap();
                    if let Some(former) = self.listener.take() {
                        self.poll.remove(&former).unwrap();
                    }
                    self.poll.add(&listener, CLIENTS, Interest::IN).unwrap();
                    self.listener = Some(listener);
                }
                Some(ToServer::Pane(row) | ToServer::Spawned(row)) => {
                    let rings =
                        ServerRings::map(row.slot, fds.next_fd().unwrap(), fds.next_fd().unwrap())
                            .unwrap();
                    let former = self.panes.remove(&row.pane);
                    let (checked, work) =
                        former.map_or((0, None), |former| (former.checked, former.work));
                    let master = fds.next_fd();
                    self.panes.insert(
                        row.pane,
                        Entry {
                            row,
                            rings,
                            master,
                            checked,
                            work,
                        },
                    );
                }
                Some(ToServer::Deposited { pane, tag }) => {
                    self.deposits.insert((pane, tag), fds.next_fd().unwrap());
                }
                Some(ToServer::End) => {
                    assert_eq!(self.hello.panes as usize, self.panes.len());
                    assert_eq!(self.hello.deposits as usize, self.deposits.len());
                    self.complete = true;
                }
                Some(ToServer::SpawnFailed { pane, life, errno }) => {
                    self.failures.push(format!("spawn {pane} {life} {errno}"));
                }
                Some(ToServer::DepositFailed { pane, tag, errno }) => {
                    self.failures.push(format!("deposit {pane} {tag} {errno}"));
                }
                Some(ToServer::Exited {
                    pane,
                    life,
                    status,
                    at,
                }) => {
                    if let Some(entry) = self.panes.get_mut(&pane)
                        && entry.row.life == life
                    {
                        entry.row.status = status;
                        entry.row.exit_at = at;
                    }
                }
                Some(ToServer::Hold { what, .. }) if self.thrifty && what == Held::Gate as u16 => {
                    drop(fds.next_fd().inspect(spawn::open_gate));
                }
                Some(
                    ToServer::Hold { .. } | ToServer::Former { .. } | ToServer::Missing { .. },
                ) => {}
                Some(ToServer::Resumed { keeper_pid, .. }) => self.hello.keeper_pid = keeper_pid,
                Some(ToServer::Terminate) => {
                    self.terminated += 1;
                    self.ending = true;
                    self.say(ToKeeper::Shutdown, &[]);
                }
                None => {}
            }
        }
    }

    /// Starts another keeper in the place of one that was killed.
    fn take_over(&mut self) {
        self.takeovers += 1;
        let (ours, theirs) = fd_pass::packet_pair().unwrap();
        let args: Vec<Vec<u8>> = std::env::args_os()
            .map(OsString::into_encoded_bytes)
            .collect();
        let words: Vec<&[u8]> = args[4..].iter().map(Vec::as_slice).collect();
        let server = book::Server {
            socket: theirs.as_raw_fd(),
            pid: std::process::id(),
            program: &args[0],
            words: &words,
        };
        let table = self.book.table(server, AsRawFd::as_raw_fd).unwrap();
        let file = MemFile::sealed(c"table", table.bytes()).unwrap();
        let number = file.fd().as_raw_fd();
        let keep = [table.fds(), &[number]].concat();
        let number = number.to_string();
        let argv = [
            args[0].as_slice(),
            b"keeper",
            b"--resume",
            number.as_bytes(),
            b"--died",
        ];
        let argv = argv.map(|word| CString::new(word).unwrap());
        daemon::start_keeping(c"/proc/self/exe", &argv, &keep).unwrap();
        daemon::replace(self.keeper.as_fd(), ours).unwrap();
        self.poll.add(&self.keeper, KEEPER, Interest::IN).unwrap();
        for (message, fd) in self.book.unanswered() {
            self.send(*message, fd.map(AsFd::as_fd).as_slice());
        }
    }

    /// Takes up the work of the former server.
    fn recover(&mut self) {
        for (pane, entry) in &mut self.panes {
            if let Some(fd) = self.deposits.get(&(*pane, WORK)) {
                let work = Work(MemFile::from_fd(fd.try_clone().unwrap()).map().unwrap());
                entry.checked = work.checked().0;
                entry.work = Some(work);
            }
        }
    }

    fn run(&mut self) -> ExitCode {
        loop {
            let mut more = false;
            let panes: Vec<u32> = self.panes.keys().copied().collect();
            for pane in panes {
                more |= self.work_on(pane);
            }
            self.answer_waiting();
            let bells = self.bells.as_ref().unwrap();
            let timeout = if more || !bells.may_sleep() {
                Some(Duration::ZERO)
            } else {
                None
            };
            let mut ready = [false; 3];
            self.poll
                .wait(timeout, |event| ready[event.token as usize] = true)
                .unwrap();
            bells.woke();
            bells.take(|_| {});
            if ready[BELLS as usize] {
                bells.drain();
            }
            if ready[KEEPER as usize] && !self.hear_keeper() {
                if self.ending {
                    return ExitCode::SUCCESS;
                }
                self.take_over();
            }
            if ready[CLIENTS as usize]
                && let Ok(client) = socket::accept(self.listener.as_ref().unwrap().as_fd())
                && let Some(code) = self.hear_client(client)
            {
                return code;
            }
        }
    }

    /// Checks output and types input. True: there is more to do at once.
    fn work_on(&mut self, pane: u32) -> bool {
        let (Some(entry), Some(bells)) = (self.panes.get_mut(&pane), &self.bells) else {
            return false;
        };
        let Some(work) = &entry.work else {
            return false;
        };
        let mut more = false;
        if work.get(5) != 0 {
            let (_, mut wrong) = work.checked();
            if entry.rings.start() > entry.checked {
                wrong += entry.rings.start() - entry.checked;
                entry.checked = entry.rings.start();
            }
            let end = entry.rings.end().min(entry.checked + 64 * 1024);
            if end > entry.checked {
                let slice = entry.rings.slice(entry.checked, end);
                assert_eq!(slice.len() as u64, end - entry.checked);
                let from = entry.checked;
                wrong += slice
                    .iter()
                    .zip(from..)
                    .filter(|(byte, at)| **byte != byte_at(*at))
                    .count() as u64;
                entry.checked = end;
                work.checkpoint(end, wrong);
                entry.rings.commit_tail(end, bells);
                more = true;
            }
        }
        let upto = work.get(6);
        if entry.rings.input_end() < upto {
            let mut buffer = [0; 1000];
            let from = entry.rings.input_end();
            let len = (upto - from).min(buffer.len() as u64) as usize;
            fill(&mut buffer[..len], from);
            more |= entry.rings.push_input(&buffer[..len], bells) == len;
        }
        more
    }

    fn hear_client(&mut self, client: OwnedFd) -> Option<ExitCode> {
        socket::set_nonblocking(&client, false).unwrap();
        let mut client = UnixStream::from(client);
        let mut line = String::new();
        let mut byte = [0];
        while client.read(&mut byte).ok()? == 1 && byte[0] != b'\n' {
            line.push(char::from(byte[0]));
        }
        let words: Vec<String> = line
            .split('\x1f')
            .map(|word| word.replace('\x1e', "\n"))
            .collect();
        if line.is_empty() {
            // Only a look whether anybody lives here.
            return None;
        }
        if words[0] == "exit" {
            return Some(ExitCode::from(words[1].parse::<u8>().unwrap()));
        }
        let waits = words[0].starts_with("await-");
        match self.answer(&words) {
            Some(answer) => drop(client.write_all(&answer)),
            None if waits => self.waiting.push(Waiting { client, words }),
            None => drop(client.write_all(b"?")),
        }
        None
    }

    fn answer_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        for mut one in waiting {
            match self.answer(&one.words) {
                Some(answer) => drop(one.client.write_all(&answer)),
                None => self.waiting.push(one),
            }
        }
    }

    fn answer(&mut self, words: &[String]) -> Option<Vec<u8>> {
        let number = |index: usize| {
            words
                .get(index)
                .and_then(|word| word.parse::<u64>().ok())
                .unwrap_or(0)
        };
        let pane = number(1) as u32;
        let text = |text: String| Some(text.into_bytes());
        match words[0].as_str() {
            "who" => {
                let hello = &self.hello;
                let last = hello.last_status;
                let pid = std::process::id();
                text(format!(
                    "{pid} {} {} {} {last:?}",
                    hello.keeper_pid, hello.restarts, hello.fallback
                ))
            }
            "spawn-forget" => {
                let again = [&["spawn".into(), words[1].clone(), "0".into()], &words[2..]].concat();
                self.answer(&again);
                self.say(ToKeeper::Forget { pane }, &[]);
                text("ok".into())
            }
            "spawn" => {
                let kind = [Kind::Pty, Kind::Job, Kind::Filter, Kind::Empty][number(3) as usize];
                let input_from = self
                    .panes
                    .get(&pane)
                    .map_or(0, |entry| entry.rings.input_end());
                let argv: Vec<&[u8]> = words[4..].iter().map(String::as_bytes).collect();
                let env: Vec<Vec<u8>> = std::env::vars()
                    .map(|(name, value)| format!("{name}={value}").into_bytes())
                    .collect();
                let env: Vec<&[u8]> = env.iter().map(Vec::as_slice).collect();
                let path = argv.first().copied().unwrap_or(b"-");
                let spec = SpawnSpec {
                    flags: SPAWN_STDERR,
                    control_chars: &[],
                    path,
                    cwd: b"/",
                    argv: &argv,
                    env: &env,
                };
                let file = MemFile::sealed(c"spawn", &spec.encode().unwrap()).unwrap();
                let message = ToKeeper::Spawn {
                    pane,
                    life: number(2) as u32,
                    kind,
                    cols: 80,
                    rows: 24,
                    input_from,
                };
                self.say(message, &[file.fd()]);
                text("ok".into())
            }
            "table" => {
                let mut table = String::new();
                for (pane, entry) in &self.panes {
                    let (row, rings) = (&entry.row, &entry.rings);
                    let (work, wrong) = entry.work.as_ref().map_or((0, 0), Work::checked);
                    writeln!(
                        table,
                        "pane={pane} slot={} life={} pid={} kind={:?} status={:?} at={} tty={} start={} end={} lost={} \
                         eof={} in_done={} in_end={} in_waits={} checked={work} wrong={wrong} master={}",
                        row.slot,
                        row.life,
                        row.pid,
                        row.kind,
                        row.status,
                        row.exit_at,
                        row.tty.as_str(),
                        rings.start(),
                        rings.end(),
                        rings.lost(),
                        rings.eof(),
                        rings.input_done(),
                        rings.input_end(),
                        rings.input_end() - rings.input_done(),
                        entry.master.is_some(),
                    )
                    .unwrap();
                }
                text(table)
            }
            "count-failures" => text(self.failures.len().to_string()),
            "failures" => text(std::mem::take(&mut self.failures).join("\n")),
            "await-failures" => (self.failures.len() as u64 >= number(1))
                .then(|| std::mem::take(&mut self.failures).join("\n").into_bytes()),
            "await-spawned" => {
                let entry = self.panes.get(&pane)?;
                (u64::from(entry.row.life) >= number(2))
                    .then(|| entry.row.pid.to_string().into_bytes())
            }
            "await-exit" => {
                let entry = self.panes.get(&pane)?;
                let over =
                    entry.row.status != Status::Running && entry.rings.end() >= entry.row.exit_at;
                over.then(|| format!("{:?}", entry.row.status).into_bytes())
            }
            "await-eof" => self.panes.get(&pane)?.rings.eof().then(|| b"eof".to_vec()),
            "await-output" => {
                let rings = &self.panes.get(&pane)?.rings;
                let output = rings.slice(rings.start(), rings.end());
                let needle = words[2].as_bytes();
                output
                    .windows(needle.len())
                    .any(|window| window == needle)
                    .then(|| output.to_vec())
            }
            "await-end" => {
                (self.panes.get(&pane)?.rings.end() >= number(2)).then(|| b"there".to_vec())
            }
            "await-checked" => {
                let (checked, wrong) = self.panes.get(&pane)?.work.as_ref()?.checked();
                (checked >= number(2)).then(|| format!("{checked} {wrong}").into_bytes())
            }
            "await-typed" => {
                (self.panes.get(&pane)?.rings.input_done() >= number(2)).then(|| b"typed".to_vec())
            }
            "output" => {
                let rings = &self.panes.get(&pane)?.rings;
                Some(rings.slice(rings.start(), rings.end()).to_vec())
            }
            "text" => {
                let bells = self.bells.as_ref().unwrap();
                let entry = self.panes.get_mut(&pane)?;
                text(
                    entry
                        .rings
                        .push_input(words[2].as_bytes(), bells)
                        .to_string(),
                )
            }
            "tail" => {
                let bells = self.bells.as_ref().unwrap();
                self.panes
                    .get_mut(&pane)?
                    .rings
                    .commit_tail(number(2), bells);
                text("ok".into())
            }
            "work" => {
                // Whether to check the output, and up to where to type.
                let file = MemFile::new(c"work", 4096).unwrap();
                self.say(ToKeeper::Deposit { pane, tag: WORK }, &[file.fd()]);
                let work = Work(file.map().unwrap());
                work.set(5, number(2));
                work.set(6, number(3));
                let entry = self.panes.get_mut(&pane)?;
                entry.checked = entry.rings.start();
                entry.work = Some(work);
                text("ok".into())
            }
            "deposit" => {
                let file = MemFile::sealed(c"deposit", words[3].as_bytes()).unwrap();
                self.say(
                    ToKeeper::Deposit {
                        pane,
                        tag: number(2) as u16,
                    },
                    &[file.fd()],
                );
                text("ok".into())
            }
            "undeposit" => {
                self.say(
                    ToKeeper::Undeposit {
                        pane,
                        tag: number(2) as u16,
                    },
                    &[],
                );
                text("ok".into())
            }
            "deposits" => {
                let mut list = String::new();
                for ((pane, tag), fd) in &self.deposits {
                    let mut content = vec![0; 100];
                    let len = MemFile::from_fd(fd.try_clone().unwrap())
                        .read_at(&mut content, 0)
                        .unwrap();
                    writeln!(
                        list,
                        "{pane} {tag} {}",
                        String::from_utf8_lossy(&content[..len])
                    )
                    .unwrap();
                }
                text(list)
            }
            "signal" => {
                self.say(
                    ToKeeper::Signal {
                        pane,
                        signal: number(2) as u8,
                    },
                    &[],
                );
                text("ok".into())
            }
            "forget" => {
                self.say(ToKeeper::Forget { pane }, &[]);
                self.panes.remove(&pane);
                text("ok".into())
            }
            "end-input" => {
                let at = self.panes.get(&pane)?.rings.input_end();
                self.say(ToKeeper::EndInput { pane, at }, &[]);
                text("ok".into())
            }
            "exec" => {
                match words.get(1) {
                    Some(path) => {
                        let file = std::fs::File::open(path).unwrap();
                        self.say(ToKeeper::Exec, &[file.as_fd()]);
                    }
                    None => self.say(ToKeeper::Exec, &[]),
                }
                text("ok".into())
            }
            "takeovers" => text(self.takeovers.to_string()),
            "rebind" => {
                self.say(ToKeeper::Rebind, &[]);
                text("ok".into())
            }
            "shutdown" => {
                self.ending = true;
                self.say(ToKeeper::Shutdown, &[]);
                text("ok".into())
            }
            "winsize" => {
                let master = self.panes.get(&pane)?.master.as_ref()?.as_fd();
                pty::set_winsize(master, number(2) as u16, number(3) as u16).unwrap();
                text("ok".into())
            }
            "garbage" => {
                self.garbage(number(1));
                text("ok".into())
            }
            "bench-echo" => text(self.bench_echo(pane, number(2))),
            "bench-flood" => text(self.bench_flood(pane, number(2))),
            _ => None,
        }
    }

    /// Wild packets, none of which is a valid Shutdown, Spawn, Forget.
    fn garbage(&self, count: u64) {
        let mut random = 0x1234_5678_9ABC_DEF1_u64;
        let mut draw = || {
            random = random
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            random >> 33
        };
        for _ in 0..count {
            let len = 1 + draw() as usize % 300;
            let mut packet: Vec<u8> = (0..len).map(|_| draw() as u8).collect();
            let tag = draw() as u16 % 12;
            if len >= 2 && tag != 7 && tag != 4 {
                packet[..2].copy_from_slice(&tag.to_le_bytes());
            }
            if len >= 4 {
                packet[2..4].copy_from_slice(&(draw() as u16 % 40).to_le_bytes());
            }
            let stray = self.listener.as_ref().unwrap().as_fd();
            let fds = [stray; 4];
            let _ = fd_pass::send(
                self.keeper.as_fd(),
                &packet,
                &fds[..draw() as usize % 5],
                false,
            );
        }
    }

    fn wait_for_bell(bells: &ServerBells, done: impl Fn() -> bool) {
        while !done() {
            bells.take(|_| {});
            if done() {
                return;
            }
            if bells.may_sleep() {
                readable_within(bells.fd(), Duration::from_secs(5)).unwrap();
                bells.drain();
            }
            bells.woke();
        }
    }

    /// p50, p99 of one byte there and back.
    fn bench_echo(&mut self, pane: u32, count: u64) -> String {
        let (Some(entry), Some(bells)) = (self.panes.get_mut(&pane), &self.bells) else {
            return String::new();
        };
        let mut times = Vec::new();
        for _ in 0..count {
            let before = clock::boottime_ns();
            let end = entry.rings.end();
            entry.rings.push_input(b"x", bells);
            let rings = &entry.rings;
            Server::wait_for_bell(bells, || rings.end() > end);
            times.push(clock::boottime_ns() - before);
            entry.rings.commit_tail(entry.rings.end(), bells);
        }
        times.sort_unstable();
        let at = |part: usize| times[times.len() * part / 100] as f64 / 1000.0;
        format!(
            "echo: p50 {:.1} us, p90 {:.1} us, p99 {:.1} us",
            at(50),
            at(90),
            at(99)
        )
    }

    /// Throughput of a flood of so many bytes.
    fn bench_flood(&mut self, pane: u32, bytes: u64) -> String {
        let (Some(entry), Some(bells)) = (self.panes.get_mut(&pane), &self.bells) else {
            return String::new();
        };
        let before = clock::boottime_ns();
        let from = entry.rings.end();
        loop {
            let end = entry.rings.end();
            entry.rings.commit_tail(end, bells);
            if end - from >= bytes || entry.rings.eof() {
                let seconds = (clock::boottime_ns() - before) as f64 / 1e9;
                return format!("flood: {:.1} MB/s", (end - from) as f64 / 1e6 / seconds);
            }
            let rings = &entry.rings;
            Server::wait_for_bell(bells, || rings.end() > end || rings.eof());
        }
    }
}
