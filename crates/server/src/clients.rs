//! Who calls us, across any number of our deaths: keys, requests done, messages not yet acknowledged.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::os::fd::OwnedFd;

use outlast_core::ClientId;
use outlast_core::save::Entry;
use outlast_sys::intake::Intake;
use outlast_sys::poll::Interest;
use outlast_sys::process::Identity;
use outlast_term::paint::Caps;
use outlast_wire::client::{ClientKey, ToClient};

use crate::locals::Local;
use crate::notes::Note;

/// A client that was known when the last server died has so many looks to come back, so far apart. Time in which nobody
/// looks (a long recovery, a stopped server) counts as one look: its call may be waiting to be heard. One whose terminal
/// is ours and whose process lives (it is stopped, or there is no memory to run it) keeps its place for as long as that
/// is so, as it would have if the server had not died; it is looked for less and less often.
const LOOKS: u32 = 5;
const LOOK_MS: u64 = 1000;
const LOOK_MAX_MS: u64 = 60_000;

/// A client.
pub struct Client {
    /// Which.
    pub id: ClientId,
    /// Its own name for itself.
    pub key: ClientKey,
    /// Highest request done.
    pub done: u64,
    /// Highest request that it has been told is done.
    pub told: u64,
    /// Number of its next message.
    next_n: u64,
    /// Messages that it has not acknowledged.
    messages: VecDeque<(u64, Vec<u8>)>,
    /// Highest message put into its connection.
    sent: u64,
    /// Its connection's token.
    pub connection: Option<u64>,
    /// What its terminal can do, once that is ours.
    pub features: Option<String>,
    /// Its terminal has been given back for the time being.
    pub given_back: bool,
    /// It has been told to leave.
    pub leaving: bool,
    /// It wants to leave, and waits to hear that its terminal has been given back.
    pub bye: bool,
    /// The descriptor of its terminal, until we have opened our own.
    pub tty: Option<OwnedFd>,
    /// Its terminal, once that is ours.
    pub local: Option<Local>,
    /// COLORTERM of its environment.
    pub colour_term: Option<String>,
    /// It is looked for then.
    pub look_ms: Option<u64>,
    /// If it is not back after so many looks, it is gone.
    looks: u32,
    /// Between the looks for one that does not come and yet lives.
    patience_ms: u64,
    /// Its process, once its terminal is ours.
    process: Option<Identity>,
    /// What its terminal is polled for.
    pub interest: Interest,
    /// What is typed there comes through these; `None` until it sends them.
    pub intake: Option<Intake>,
    /// Number of the last batch of that.
    pub batch: u64,
    /// We read its terminal.
    pub reads: bool,
    /// Its pane has no room for what is typed.
    pub full: bool,
    /// Messages wait until its terminal has taken what is pending, but no longer than this.
    pub hold_until_ms: Option<u64>,
}

impl Client {
    fn new(id: ClientId, key: ClientKey) -> Client {
        Client {
            id,
            key,
            done: 0,
            told: 0,
            next_n: 1,
            messages: VecDeque::new(),
            sent: 0,
            connection: None,
            features: None,
            given_back: false,
            leaving: false,
            bye: false,
            tty: None,
            local: None,
            colour_term: None,
            look_ms: None,
            looks: 0,
            patience_ms: LOOK_MS,
            process: None,
            interest: Interest::empty(),
            intake: None,
            batch: 0,
            reads: false,
            full: false,
            hold_until_ms: None,
        }
    }

    /// What its terminal can do, as far as the core's words for it say.
    pub fn caps(&self, features: &str) -> Caps {
        let term = features.split(',').next().unwrap_or_default();
        Caps::from_term(term, features, self.colour_term.as_deref())
    }

    /// Takes its terminal over.
    pub fn begin_terminal(&mut self) {
        let Some(tty) = self.tty.take() else { return };
        let mut local = Local::open(tty);
        local.take(self.known_caps());
        self.has(local);
    }

    /// Goes on with a terminal that a former server had taken over.
    pub fn resume_terminal(&mut self) {
        let Some(tty) = self.tty.take() else { return };
        let mut local = Local::open(tty);
        let held = self.messages.iter().any(|(_, frame)| is_attached(frame));
        local.resume(self.known_caps(), self.given_back, held);
        self.has(local);
    }

    /// A description that is polled for nothing yet; the one before, if there was one, leaves the poll by being closed.
    fn has(&mut self, local: Local) {
        self.local = Some(local);
        self.interest = Interest::empty();
    }

    fn known_caps(&self) -> Caps {
        let mut caps = Caps::NONE;
        caps.add(self.features.as_deref().unwrap_or_default());
        caps
    }

    /// A numbered message: `make` is given its number. The entry goes into the turn's transaction, the message to
    /// the client by [`Client::unsent`] after that is in the journal.
    pub fn message(&mut self, make: impl FnOnce(u64) -> ToClient) -> Entry {
        let n = self.next_n;
        self.next_n += 1;
        let mut frame = Vec::new();
        let message = make(n);
        self.leaving |= matches!(message, ToClient::Exit { .. });
        message.encode(&mut frame);
        self.messages.push_back((n, frame.clone()));
        Entry::Message(self.id.0, n, frame)
    }

    /// Appends the last that a client hears which has said goodbye. It has no number: who has not heard it says goodbye
    /// again.
    pub fn parting(&self, out: &mut Vec<u8>) {
        crate::fault::point("given-back");
        let exit = ToClient::Exit {
            n: 0,
            status: 0,
            message: String::new(),
        };
        exit.encode(out);
    }

    /// Everything up to `n` has been received.
    pub fn received(&mut self, n: u64) {
        while self
            .messages
            .front()
            .is_some_and(|(number, _)| *number <= n)
        {
            self.messages.pop_front();
        }
        self.sent = self.sent.max(n);
    }

    /// Appends messages that the connection has not been given.
    pub fn unsent(&mut self, out: &mut Vec<u8>) {
        for (n, frame) in &self.messages {
            if *n > self.sent {
                out.extend_from_slice(frame);
            }
        }
        self.sent = self.sent.max(self.next_n - 1);
    }

    /// Whether keys at its terminal are for us to read now.
    pub fn is_read(&self) -> bool {
        self.reads && self.local.as_ref().is_some_and(Local::is_read)
    }

    /// The entry that says what is known of its terminal, once that is ours.
    pub fn attached(&self) -> Option<Entry> {
        let features = self.features.clone()?;
        Some(
            Note::Attached {
                id: self.id.0,
                features,
                given_back: self.given_back,
            }
            .entry(),
        )
    }

    /// Its terminal is ours, and it is this process: the entry that says so, if that is news.
    pub fn is_process(&mut self, process: Option<Identity>) -> Option<Entry> {
        let news = process.is_some() && process != self.process;
        self.process = process.or(self.process);
        self.process().filter(|_| news)
    }

    fn process(&self) -> Option<Entry> {
        let id = self.id.0;
        let process = self.process?;
        Some(Note::Process { id, process }.entry())
    }

    /// Bytes of messages that it has not acknowledged.
    pub fn unread(&self) -> usize {
        self.messages.iter().map(|(_, frame)| frame.len()).sum()
    }

    /// Whether messages wait to be acknowledged.
    pub fn owes(&self) -> bool {
        !self.messages.is_empty()
    }

    /// It has a new connection and has received messages up to `n`.
    pub fn reconnected(&mut self, connection: u64, n: u64) {
        self.connection = Some(connection);
        self.look_ms = None;
        // Whoever is at the other end of the new connection sends its pipes again.
        (self.intake, self.reads, self.full) = (None, false, false);
        self.sent = 0;
        self.told = self.done;
        self.received(n);
    }
}

/// All clients.
#[derive(Default)]
pub struct Clients {
    clients: BTreeMap<u32, Client>,
    by_key: HashMap<ClientKey, u32>,
    next_id: u32,
}

impl Clients {
    /// A client that was not known; also the entry that makes it known to the next server.
    pub fn add(&mut self, key: ClientKey) -> (&mut Client, Entry) {
        let id = self.next_id;
        self.next_id += 1;
        self.by_key.insert(key, id);
        let client = self
            .clients
            .entry(id)
            .or_insert_with(|| Client::new(ClientId(id), key));
        (client, Note::Client { id, key, next_n: 1 }.entry())
    }

    /// Removes a client; also the entry that says so.
    pub fn remove(&mut self, id: ClientId) -> Option<(Client, Entry)> {
        let client = self.clients.remove(&id.0)?;
        self.by_key.remove(&client.key);
        Some((client, Note::Gone { id: id.0 }.entry()))
    }

    /// By id.
    pub fn get_mut(&mut self, id: ClientId) -> Option<&mut Client> {
        self.clients.get_mut(&id.0)
    }

    /// By key.
    pub fn by_key(&mut self, key: ClientKey) -> Option<&mut Client> {
        self.clients.get_mut(self.by_key.get(&key)?)
    }

    /// All, in order of their ids.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Client> {
        self.clients.values_mut()
    }

    /// All, in order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.clients.values()
    }

    /// Takes an entry of the journal; false: it says nothing about clients.
    pub fn recover(&mut self, entry: &Entry) -> bool {
        match entry {
            Entry::Did(id, seq) => {
                if let Some(client) = self.clients.get_mut(id) {
                    client.done = client.done.max(*seq);
                }
            }
            Entry::Message(id, n, frame) => {
                if let Some(client) = self.clients.get_mut(id) {
                    client.messages.push_back((*n, frame.clone()));
                    client.leaving |= is_exit(frame);
                    client.next_n = client.next_n.max(n + 1);
                }
            }
            Entry::Received(id, n) => {
                if let Some(client) = self.clients.get_mut(id) {
                    client.received(*n);
                }
            }
            Entry::Shell(kind, bytes) => match Note::read(*kind, bytes) {
                Some(Note::Client { id, key, next_n }) => {
                    let client = self
                        .clients
                        .entry(id)
                        .or_insert_with(|| Client::new(ClientId(id), key));
                    client.next_n = client.next_n.max(next_n);
                    self.by_key.insert(key, id);
                    self.next_id = self.next_id.max(id + 1);
                }
                Some(Note::Gone { id }) => {
                    self.remove(ClientId(id));
                }
                Some(Note::Attached {
                    id,
                    features,
                    given_back,
                }) => {
                    if let Some(client) = self.clients.get_mut(&id) {
                        client.features = Some(features);
                        client.given_back = given_back;
                    }
                }
                Some(Note::Process { id, process }) => {
                    if let Some(client) = self.clients.get_mut(&id) {
                        client.process = Some(process);
                    }
                }
                Some(Note::Typed { id, batch }) => {
                    if let Some(client) = self.clients.get_mut(&id) {
                        client.batch = client.batch.max(batch);
                    }
                }
                Some(Note::NextClient { id }) => self.next_id = self.next_id.max(id),
                _ => return false,
            },
            _ => return false,
        }
        true
    }

    /// After recovery: everyone has to come back within a while.
    pub fn expect_all(&mut self, now_ms: u64) {
        for client in self.clients.values_mut() {
            client.look_ms = Some(now_ms + LOOK_MS);
            client.looks = LOOKS;
            client.patience_ms = LOOK_MS;
        }
    }

    /// Looks for those who have not come back: who has had enough time. `lives`: a process does.
    pub fn late(&mut self, now_ms: u64, lives: impl Fn(Identity) -> bool) -> Vec<ClientId> {
        let mut late = Vec::new();
        for client in self.clients.values_mut() {
            if client.look_ms.is_none_or(|look| look > now_ms) {
                continue;
            }
            client.looks = client.looks.saturating_sub(1);
            client.look_ms = if client.looks > 0 {
                Some(now_ms + LOOK_MS)
            } else if client.process.is_some_and(&lives) {
                client.patience_ms = (client.patience_ms * 2).min(LOOK_MAX_MS);
                Some(now_ms + client.patience_ms)
            } else {
                late.push(client.id);
                None
            };
        }
        late
    }

    /// Entries that say all of it again, for a compacted journal.
    pub fn snapshot(&self, entries: &mut Vec<Entry>) {
        entries.push(Note::NextClient { id: self.next_id }.entry());
        for client in self.clients.values() {
            let id = client.id.0;
            entries.push(
                Note::Client {
                    id,
                    key: client.key,
                    next_n: client.next_n,
                }
                .entry(),
            );
            if client.done > 0 {
                entries.push(Entry::Did(id, client.done));
            }
            entries.extend(client.attached());
            entries.extend(client.process());
            if client.batch > 0 {
                let batch = client.batch;
                entries.push(Note::Typed { id, batch }.entry());
            }
            entries.extend(
                client
                    .messages
                    .iter()
                    .map(|(n, frame)| Entry::Message(id, *n, frame.clone())),
            );
        }
    }
}

/// The message in a frame.
fn decode(frame: &[u8]) -> Option<ToClient> {
    ToClient::decode(*frame.get(4)?, frame.get(5..)?).ok()?
}

/// Whether a message's frame tells its client to leave.
fn is_exit(frame: &[u8]) -> bool {
    matches!(decode(frame), Some(ToClient::Exit { .. }))
}

/// Whether a message's frame tells its client that its terminal is ours.
fn is_attached(frame: &[u8]) -> bool {
    matches!(decode(frame), Some(ToClient::Attached { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(n: u64) -> ToClient {
        ToClient::Print {
            n,
            stream: 1,
            bytes: vec![n as u8],
        }
    }

    fn recovered(entries: &[Entry]) -> Clients {
        let mut clients = Clients::default();
        for entry in entries {
            assert!(clients.recover(entry));
        }
        clients
    }

    #[test]
    fn messages_stay_until_they_are_acknowledged() {
        let mut clients = Clients::default();
        let (client, made) = clients.add(ClientKey([1; 16]));
        let mut entries = vec![
            made,
            client.message(print),
            client.message(print),
            Entry::Did(0, 5),
        ];
        let mut out = Vec::new();
        client.unsent(&mut out);
        let both = out.clone();
        client.unsent(&mut out);
        assert_eq!(out, both, "each is sent once on a connection");
        entries.push(Entry::Received(0, 1));

        let mut next = recovered(&entries);
        let client = next.by_key(ClientKey([1; 16])).unwrap();
        assert_eq!(client.done, 5);
        client.reconnected(9, 1);
        out.clear();
        client.unsent(&mut out);
        assert_eq!(out, both[both.len() / 2..], "only the second is left");
        client.received(2);
        assert!(!client.owes());
        assert_eq!(
            client.message(print),
            Entry::Message(0, 3, {
                let mut frame = Vec::new();
                print(3).encode(&mut frame);
                frame
            })
        );
    }

    #[test]
    fn a_client_is_given_up_only_when_it_was_looked_for() {
        let mut clients = Clients::default();
        let (key, other) = (ClientKey([1; 16]), ClientKey([2; 16]));
        clients.add(key);
        clients.add(other);
        clients.expect_all(0);
        // The recovery took a minute; whoever calls is heard after this.
        let lives = |_| true;
        assert!(clients.late(60_000, lives).is_empty());
        clients.by_key(other).unwrap().reconnected(9, 0);
        // Looking more often does not shorten it.
        assert!(clients.late(60_001, lives).is_empty());
        let found: Vec<_> = (61..70).map(|s| clients.late(s * 1000, lives)).collect();
        assert_eq!(found[..3], [vec![], vec![], vec![]]);
        assert_eq!(found[3], [ClientId(0)]);
        assert!(found[4..].iter().all(Vec::is_empty));
    }

    #[test]
    fn one_whose_process_lives_is_waited_for() {
        let mut clients = Clients::default();
        let (client, made) = clients.add(ClientKey([1; 16]));
        let process = Identity {
            pid: 77,
            started: 5,
        };
        let entry = client.is_process(Some(process)).unwrap();
        assert_eq!(client.is_process(Some(process)), None, "it is no news");
        assert_eq!(client.is_process(None), None, "what is known stays");
        let mut clients = recovered(&[made, entry]);
        clients.expect_all(0);
        let mut looks = 0;
        let gone = (0..3600).find_map(|s| {
            let lives = |asked| {
                assert_eq!(asked, process);
                s < 3000
            };
            let before = clients.get_mut(ClientId(0)).unwrap().look_ms;
            let late = clients.late(s * 1000, lives);
            looks += u32::from(clients.get_mut(ClientId(0)).unwrap().look_ms != before);
            late.first().map(|_| s)
        });
        assert!(gone.is_some_and(|s| (3000..=3060).contains(&s)), "{gone:?}");
        assert!(looks < 70, "{looks}");
    }

    #[test]
    fn a_snapshot_says_the_same_as_the_entries() {
        let mut clients = Clients::default();
        let mut entries = Vec::new();
        for n in 0..3 {
            let (client, made) = clients.add(ClientKey([n; 16]));
            entries.push(made);
            entries.push(client.message(print));
            entries.push(client.message(print));
            client.done = 4;
            entries.push(Entry::Did(u32::from(n), 4));
        }
        let (_, gone) = clients.remove(ClientId(2)).unwrap();
        entries.push(gone);
        let client = clients.get_mut(ClientId(1)).unwrap();
        client.received(2);
        client.batch = 9;
        entries.push(Entry::Received(1, 2));
        entries.extend([8, 9].map(|batch| Note::Typed { id: 1, batch }.entry()));
        entries.push(
            Note::Attached {
                id: 0,
                features: "256".into(),
                given_back: false,
            }
            .entry(),
        );
        let client = clients.get_mut(ClientId(0)).unwrap();
        client.features = Some("256".into());
        let process = Identity {
            pid: 77,
            started: 5,
        };
        entries.extend(client.is_process(Some(process)));

        let mut snapshot = Vec::new();
        clients.snapshot(&mut snapshot);
        let mut of_entries = Vec::new();
        recovered(&entries).snapshot(&mut of_entries);
        assert_eq!(of_entries, snapshot);
        let mut again = Vec::new();
        let mut copy = recovered(&snapshot);
        copy.snapshot(&mut again);
        assert_eq!(again, snapshot);
        assert_eq!(
            copy.add(ClientKey([9; 16])).0.id,
            ClientId(3),
            "ids are never used again"
        );
    }
}
