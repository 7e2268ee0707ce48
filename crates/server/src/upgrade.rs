//! Upgrade: the server makes way for the build that is installed at its own path, with all sessions living on.
//!
//! It ends a turn, takes checkpoints, and ends with a status that means "start me again from what is installed"; the
//! keeper does so, and the terminals attached come back by themselves. Which file that is nobody can name: it is the
//! path that the keeper resolved when it started. Before it makes way, the server reads that file's
//! [stamp](crate::stamp): is it a build of ours, is it older, can it read what we keep? One that then does not start
//! is the keeper's affair: it holds the former build open and starts that again.
//!
//! Who may ask: anybody with our user id who is not below a pane. What a program in a pane could have swapped would
//! be swapped by whatever runs there. A client that is newer than we are asks by its greeting alone, but for a newer
//! build only. A build that is older than the journal's writer refuses to start, unless it was asked for: so neither
//! a crash nor a reboot of the server goes back by itself.

mod former;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use outlast_core::event::Now;
use outlast_core::save::Entry;
use outlast_wire::client::ToClient;
use outlast_wire::frame::Writer;
use outlast_wire::keeper::{Status, ToKeeper};

use crate::files::Work;
use crate::server::Server;
use crate::stamp::{Build, Image, compare};
use former::NOTE;
pub use former::{Former, admit};

/// Token of the disk's answer about a stamp; the core's are small.
pub const STAMP: u64 = u64::MAX;
/// Files that are being written have so long before the server makes way.
const LEAVE_MS: u64 = 1000;
/// The longest line of ancestors that is followed.
const ANCESTORS: usize = 1000;

/// What the server knows of builds.
pub struct Upgrade {
    own: Build,
    image: Option<Image>,
    program: PathBuf,
    keeper_pid: u32,
    fallback: bool,
    last: Status,
    /// What was installed when the keeper fell back to us.
    given_up: Option<Image>,
    reading: Option<Vec<Asker>>,
    leave_by_ms: Option<u64>,
    stored: bool,
    /// An older release that may take over.
    admitted: String,
    /// Who wants to hear of the keeper's swap, and since when (ms).
    keeper_askers: Vec<(u64, u64)>,
}

/// Who wants to know about the installed build.
enum Asker {
    /// `outlast upgrade` on this connection.
    Person { token: u64, older: bool },
    /// A newer client has come.
    Ourselves,
}

impl Upgrade {
    /// Of a server that was started with this argv[0], which the keeper resolved. `fallback`: because what is
    /// installed did not start.
    pub fn new(program: PathBuf, keeper_pid: u32, fallback: bool, last: Status) -> Upgrade {
        let mut upgrade = Upgrade {
            own: Build::own(),
            image: fs::metadata("/proc/self/exe").ok().as_ref().map(Image::of),
            program,
            keeper_pid,
            fallback,
            last,
            given_up: None,
            reading: None,
            leave_by_ms: None,
            stored: false,
            admitted: String::new(),
            keeper_askers: Vec::new(),
        };
        upgrade.given_up = upgrade.installed().ok().filter(|_| fallback);
        upgrade
    }

    /// The release that runs.
    pub fn release(&self) -> &str {
        &self.own.release
    }

    /// The path at which the keeper starts servers from.
    pub fn program(&self) -> &std::path::Path {
        &self.program
    }

    /// Another keeper than the one we were started by.
    pub fn keeper_is(&mut self, pid: u32) {
        self.keeper_pid = pid;
    }

    /// When a server that makes way goes in any case.
    pub fn due(&self) -> Option<u64> {
        self.leave_by_ms
    }

    /// For the journal: who writes it.
    pub fn note(&self) -> Entry {
        let id = |image: Option<Image>| image.map_or(String::new(), |image| image.build_id());
        let mut bytes = Vec::new();
        Writer::new(&mut bytes)
            .text(&self.own.release)
            .u32(self.own.state)
            .text(&self.admitted)
            .text(&id(self.image))
            .text(&id(self.given_up));
        Entry::Shell(NOTE, bytes)
    }

    /// What people who are attached are told when this server has taken over from the writer of the journal.
    fn news(&self, writer: &Former) -> Option<String> {
        let (image, own) = (self.image?.build_id(), &self.own.release);
        if let Some(bad) = self.given_up {
            let news = format!(
                "a new build is given up, {}: {own} (build {image}) goes on; it was {}",
                failure(self.last),
                self.program.display()
            );
            return (writer.given_up != bad.build_id()).then_some(news);
        }
        if writer.build.is_empty() || writer.build == image {
            return None;
        }
        Some(match compare(own, &writer.release) {
            Ordering::Greater => {
                format!("outlast is upgraded to {own} (it was {})", writer.release)
            }
            Ordering::Less => format!("outlast is {own} again (it was {})", writer.release),
            Ordering::Equal => format!(
                "outlast {own} is now build {image} (it was {})",
                writer.build
            ),
        })
    }

    /// What the keeper runs.
    fn keeper_image(&self) -> Option<Image> {
        let found = fs::metadata(format!("/proc/{}/exe", self.keeper_pid)).ok()?;
        Some(Image::of(&found))
    }

    /// What is installed, if the keeper will execute it.
    fn installed(&self) -> Result<Image, String> {
        let path = self.program.display();
        let found = fs::metadata(&self.program)
            .map_err(|error| format!("{path}: {}", crate::files::reason(&error)))?;
        let own = outlast_sys::user::own_uid();
        if !found.is_file() {
            return Err(format!("{path} is no file"));
        }
        if found.mode() & 0o111 == 0 {
            return Err(format!("{path} is not executable"));
        }
        if (found.uid() != own && found.uid() != 0) || found.mode() & 0o002 != 0 {
            return Err(format!(
                "{path} may have been written by others: it is not executed"
            ));
        }
        Ok(Image::of(&found))
    }

    /// Whether what is installed may take over; the error says why not.
    fn judge(&self, words: Option<&[u8]>, older: bool) -> Result<Build, String> {
        let path = self.program.display();
        let Some(build) = words.and_then(Build::parse) else {
            return Err(format!("{path} is no build of outlast"));
        };
        let (own, other) = (&self.own.release, &build.release);
        if !older && compare(other, own).is_lt() {
            return Err(format!(
                "{path} is {other}, older than the server, which is {own}\n\
                 outlast upgrade --allow-older takes it all the same"
            ));
        }
        if !build.can_read(self.own.state) {
            return Err(format!(
                "{path} is {other}, which cannot read what the server ({own}) keeps: format {}, and it reads {} to {}\n\
                 nothing was changed; end the sessions before you go back to it",
                self.own.state, build.reads, build.state
            ));
        }
        Ok(build)
    }
}

/// How a build that did not start ended.
fn failure(status: Status) -> String {
    match status {
        Status::Code(code) => format!("it ended with status {code}"),
        Status::Signal(9) => "it was not ready within 2 seconds".into(),
        Status::Signal(signal) => format!("it was killed by signal {signal}"),
        Status::Running | Status::Unknown => "nobody knows how it ended".into(),
    }
}

/// Parent and session of a process.
fn kin(pid: u32) -> Option<(u32, u32)> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, parentheses too: what follows starts after the last.
    let after = stat.rsplitn(2, |byte| *byte == b')').next()?;
    let mut fields = std::str::from_utf8(after).ok()?.split_ascii_whitespace();
    Some((fields.nth(1)?.parse().ok()?, fields.nth(1)?.parse().ok()?))
}

impl Server {
    /// Tells who is attached that another build has taken over, or could not.
    pub(crate) fn tell_swap(&mut self, former: Option<&Former>) {
        if let Some(text) = former.and_then(|former| self.upgrade.news(former)) {
            self.core.notice(&text);
        }
    }

    /// Programs of panes that run.
    fn programs(&self) -> BTreeSet<u32> {
        let facts = self.facts.borrow();
        self.panes
            .iter()
            .filter(|io| self.core.pane_runs(io.pane))
            .filter_map(|io| Some(facts.get(&io.pane)?.pid))
            .filter(|pid| *pid != 0)
            .collect()
    }

    /// Why a caller may not have the server swapped: it is below a pane, or nobody can tell.
    fn below_a_pane(&mut self, token: u64, tmux: &str) -> Option<&'static str> {
        const BELOW: &str = "not from inside a session: this comes from a pane of the server that would be swapped\n\
             detach first (prefix d), or say it in another terminal";
        if tmux.split(',').next() == Some(self.socket.as_str()) {
            return Some(BELOW);
        }
        let programs = self.programs();
        let peer = self
            .calls
            .get_mut(token)
            .and_then(|connection| connection.peer());
        let mut pid = match peer {
            Some(peer) => peer.pid,
            None => return Some("nobody can tell where this comes from"),
        };
        for _ in 0..ANCESTORS {
            if pid == self.upgrade.keeper_pid || programs.contains(&pid) {
                return Some(BELOW);
            }
            match kin(pid) {
                Some((_, session)) if programs.contains(&session) => return Some(BELOW),
                Some((parent, _)) if parent > 0 => pid = parent,
                Some(_) => return None,
                None => return Some("nobody can tell where this comes from"),
            }
        }
        Some("nobody can tell where this comes from")
    }

    /// A caller asks what we are.
    pub(crate) fn ask(&mut self, token: u64) {
        let upgrade = &self.upgrade;
        let programs: Vec<String> = self.programs().iter().map(u32::to_string).collect();
        let attached = self
            .clients
            .iter()
            .filter(|client| client.features.is_some() && client.connection.is_some())
            .count();
        let image = upgrade.image.map_or(String::new(), |image| {
            image.0.map(|part| part.to_string()).join(" ")
        });
        let build = upgrade
            .image
            .map_or(String::new(), |image| image.build_id());
        let fallback = if upgrade.fallback {
            failure(upgrade.last)
        } else {
            String::new()
        };
        let facts = [
            ("release", upgrade.own.release.clone()),
            ("build", build),
            ("image", image),
            ("program", upgrade.program.display().to_string()),
            ("pid", outlast_sys::process::own_pid().to_string()),
            ("keeper", upgrade.keeper_pid.to_string()),
            ("programs", programs.join(" ")),
            ("clients", attached.to_string()),
            // Not empty: what is installed did not start, and how that ended.
            ("fallback", fallback),
        ];
        let facts = facts
            .map(|(name, value)| (name.to_string(), value))
            .to_vec();
        self.answer(token, &ToClient::Facts { facts });
    }

    /// A caller asks for a swap.
    pub(crate) fn asked_to_upgrade(
        &mut self,
        token: u64,
        older: bool,
        keeper: bool,
        tmux: &str,
        now: Now,
    ) {
        let refused = match self.below_a_pane(token, tmux) {
            Some(reason) => Some((1, reason.to_string())),
            None => match self.upgrade.installed() {
                Err(reason) => Some((1, reason)),
                // Only after the server: that build has shown that it runs.
                Ok(image) if keeper && Some(image) == self.upgrade.image => {
                    return self.swap_keeper(token, image, now);
                }
                Ok(image) if Some(image) == self.upgrade.image => Some((
                    0,
                    format!(
                        "the server runs {} already: {} (build {})",
                        self.upgrade.program.display(),
                        self.upgrade.own.release,
                        image.build_id()
                    ),
                )),
                Ok(_) => None,
            },
        };
        match refused {
            Some((status, text)) => self.answer(token, &ToClient::Told { status, text }),
            None => self.read_stamp(Asker::Person { token, older }),
        }
    }

    /// The keeper is to become what we are, in place.
    fn swap_keeper(&mut self, token: u64, installed: Image, now: Now) {
        let pid = self.upgrade.keeper_pid;
        let (status, text) = if self.upgrade.keeper_image() == Some(installed) {
            let build = installed.build_id();
            (
                0,
                format!("the keeper, process {pid}, runs build {build} already"),
            )
        } else if self.link.keeper_can_exec() {
            self.upgrade.keeper_askers.push((token, now.ms));
            return self.link.send(&ToKeeper::Exec, &[]);
        } else {
            (
                1,
                format!(
                    "the keeper, process {pid}, is of a build that cannot become another\n\
                     it goes on as it is; the next one is new, when all sessions have ended"
                ),
            )
        };
        self.answer(token, &ToClient::Told { status, text });
    }

    /// A keeper has said that it goes on: as what?
    pub(crate) fn keeper_was_swapped(&mut self) {
        let (image, pid) = (self.upgrade.keeper_image(), self.upgrade.keeper_pid);
        let build = image.map_or(String::new(), |image| image.build_id());
        for (token, since) in std::mem::take(&mut self.upgrade.keeper_askers) {
            let (status, text) = match image == self.upgrade.image {
                true => {
                    let took = outlast_sys::clock::boottime_ms().saturating_sub(since);
                    (
                        0,
                        format!("the keeper, process {pid}, is now build {build}, after {took} ms"),
                    )
                }
                false => (
                    1,
                    format!("the keeper did not take it: process {pid} goes on as build {build}"),
                ),
            };
            self.answer(token, &ToClient::Told { status, text });
        }
    }

    /// A client has come; if it is newer than we are, what is installed may be, too.
    pub(crate) fn meet(&mut self, token: u64, release: &str, env: &[(String, String)]) {
        if !compare(release, &self.upgrade.own.release).is_gt() || self.upgrade.due().is_some() {
            return;
        }
        let Ok(installed) = self.upgrade.installed() else {
            return;
        };
        if [self.upgrade.image, self.upgrade.given_up].contains(&Some(installed)) {
            return;
        }
        let tmux = env.iter().find(|(name, _)| name == "TMUX");
        let tmux = tmux.map_or("", |(_, value)| value.as_str());
        if self.below_a_pane(token, tmux).is_none() {
            self.read_stamp(Asker::Ourselves);
        }
    }

    fn read_stamp(&mut self, asker: Asker) {
        match &mut self.upgrade.reading {
            Some(askers) => askers.push(asker),
            None => {
                self.upgrade.reading = Some(vec![asker]);
                let path = self.upgrade.program.clone();
                self.disk.request(STAMP, Work::Stamp { path });
            }
        }
    }

    /// The installed build's stamp has been read: `Ok` and empty when it has none.
    pub(crate) fn stamp_was_read(&mut self, stamp: Result<Vec<u8>, String>, now: Now) {
        let path = self.upgrade.program.display().to_string();
        for asker in self.upgrade.reading.take().unwrap_or_default() {
            let older = matches!(asker, Asker::Person { older: true, .. });
            let verdict = match &stamp {
                Err(error) => Err(format!("{path}: {error}")),
                Ok(words) => self.upgrade.judge(Some(words), older),
            };
            let own = &self.upgrade.own.release;
            match (verdict, asker) {
                (Err(text), Asker::Person { token, .. }) => {
                    self.answer(token, &ToClient::Told { status: 1, text });
                }
                (Ok(build), Asker::Person { .. }) => {
                    if compare(&build.release, own).is_lt() {
                        self.upgrade.admitted = build.release;
                    }
                    self.upgrade.leave_by_ms = Some(now.ms + LEAVE_MS);
                }
                (Ok(build), Asker::Ourselves) if compare(&build.release, own).is_gt() => {
                    self.upgrade.leave_by_ms = Some(now.ms + LEAVE_MS);
                }
                (_, Asker::Ourselves) => {}
            }
        }
    }

    pub(crate) fn answer(&mut self, token: u64, message: &ToClient) {
        if let Some(connection) = self.calls.get_mut(token) {
            message.encode(&mut connection.out);
            self.touched.insert(token);
        }
    }

    /// Whether the server goes now, to be started again from what is installed. Everything is in the journal then, and
    /// what was sent to the keeper will reach it.
    ///
    /// # Errors
    /// There is no memory for the journal.
    pub(crate) fn makes_way(&mut self, now: Now) -> io::Result<bool> {
        let Some(by) = self.upgrade.leave_by_ms.filter(|_| !self.ending) else {
            return Ok(false);
        };
        let late = by <= now.ms;
        if self.uncommitted || !self.effects.is_empty() || !(late || self.disk.is_idle()) {
            return Ok(false);
        }
        if !self.upgrade.stored {
            self.upgrade.stored = true;
            for pane in self.core.pane_ids() {
                self.checkpoint(pane);
            }
            self.compact()?;
            self.settle_link();
        }
        Ok(late || self.link.is_clear())
    }
}

#[cfg(test)]
#[path = "upgrade_tests.rs"]
mod tests;
