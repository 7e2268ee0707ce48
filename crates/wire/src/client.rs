//! Messages between the server and whoever calls it: a terminal (`attach`), a command line, later the edges.
//!
//! Exactly once, over any number of server deaths: a client names itself by 128 random bits and numbers what it
//! asks (`seq`, from 1). The server commits a request together with its effects and then says `Accepted`. A client
//! that loses its connection comes back with the same id and sends again what was not accepted; the server passes
//! over what it has done. The other way, what must not be lost (`Print`, `Attached`, `Exit` …) is numbered `n`
//! from 1, kept in the journal until acknowledged, and sent again to a client that returns; the client passes over
//! what it has had.
//!
//! `Ask`, `Report` and `Upgrade` stand outside of that: whoever calls may say them at any time, without `Hello`, and nothing of
//! it is kept.
//!
//! Versions. `Hello`, `Welcome`, `Print` and `Exit` keep their fields for ever (more may follow at their ends), so that
//! any two builds can tell each other what is the matter: the server serves clients from [`OLDEST_CLIENT`] on and
//! tells older ones in a line of text to leave; a client does the same for servers older than [`OLDEST_SERVER`].
//!
//! A terminal whose device the server cannot open for itself is written by the client: the server sends `Tty`, one
//! frame at a time, and the client answers `Drained` when its terminal has taken it.
//!
//! Nor is one that it can open read by the client, or each key would wake one process more. Where `Welcome` says that the
//! server knows of this, an attached client sends `Pipes` on each connection and leaves its terminal alone until it is
//! answered by `Reading`. What is typed then goes to the journal by way of two pipes that client and server both have,
//! so that a server that is killed has lost nothing of it and the next one takes nothing twice
//! (`outlast_sys::intake`).

use crate::frame::{Malformed, Reader, put};

/// A client's own name for itself: random, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientKey(pub [u8; 16]);

/// What a client says first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// Protocol version, [`VERSION`].
    pub version: u32,
    /// Who.
    pub key: [u8; 16],
    /// It was connected before and expects to be known.
    pub resume: bool,
    /// Highest `n` received so far (0: none).
    pub received: u64,
    /// Its process id.
    pub pid: u32,
    /// Its terminal's size, 0x0 without one.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// Its terminal's device name ("/dev/pts/3"), empty without one. The opened description travels with the
    /// message (SCM_RIGHTS).
    pub tty: String,
    /// TERM.
    pub term: String,
    /// `-2`, `-u`, `-T features`, `-C`.
    pub flags: Vec<String>,
    /// Working directory.
    pub cwd: String,
    /// Environment.
    pub env: Vec<(String, String)>,
    /// Called as `outlast` (hints on a second line) rather than as `tmux`.
    pub hints: bool,
    /// The client's release ("0.1.0"); empty from one that does not say.
    pub release: String,
}

/// Client to server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToServer {
    /// First on every connection; carries the tty's descriptor if there is one.
    Hello(Hello),
    /// A command line.
    Command {
        /// Number of the request.
        seq: u64,
        /// Words.
        argv: Vec<String>,
    },
    /// Typed bytes, at most 4096.
    Input {
        /// Number of the request.
        seq: u64,
        /// Bytes as the terminal sent them.
        bytes: Vec<u8>,
    },
    /// The terminal has a new size.
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// Everything up to `n` has been received.
    Received {
        /// Number.
        n: u64,
    },
    /// Stopped by SIGTSTP and continued: draw anew.
    Continued,
    /// Leaving of its own will (it was told to by a signal, or it has its answer). Whoever has a terminal waits for `Exit`;
    /// the modes it puts back itself.
    Bye,
    /// The terminal has taken all bytes of the last `Tty`.
    Drained,
    /// Two pipes for what is typed; their descriptors travel with it. Answered by `Reading`.
    Pipes,
    /// What are you? Answered by `Facts`.
    Ask,
    /// What is needed to replay a pane's terminal? Answered by `Section`s, or by `Told`.
    Report {
        /// Number of the pane.
        pane: u32,
    },
    /// Become the build that is installed at your own path. Answered by `Told`, or by the end of the connection: then
    /// the next server is to be asked what it is.
    Upgrade {
        /// Also if that build is older.
        older: bool,
        /// The keeper, too.
        keeper: bool,
        /// $TMUX where it was asked.
        tmux: String,
    },
}

/// Server to client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToClient {
    /// First answer: the server's protocol version and the highest request that it has done.
    Welcome {
        /// Version.
        version: u32,
        /// Highest `seq` done.
        done: u64,
        /// The server's release; empty from one that does not say.
        release: String,
        /// It knows of `Pipes`.
        pipes: bool,
    },
    /// Requests up to `seq` are committed.
    Accepted {
        /// Number.
        seq: u64,
    },
    /// Text for stdout (1) or stderr (2).
    Print {
        /// Number.
        n: u64,
        /// 1 or 2.
        stream: u8,
        /// Bytes.
        bytes: Vec<u8>,
    },
    /// The client's terminal shows a session from now on: make it raw and forward what is typed.
    Attached {
        /// Number.
        n: u64,
    },
    /// The terminal is given back (sequences were written); leave with this text and status. The answer to `Bye`, too.
    Exit {
        /// Number; 0 for the answer to `Bye`: who does not hear it says `Bye` again, to the next server.
        n: u64,
        /// Process exit status.
        status: u8,
        /// Text for stdout, e.g. "[detached (from session cc)]"; may be empty.
        message: String,
    },
    /// What is to be done once the client has left, which it is told next.
    Afterwards {
        /// Number.
        n: u64,
        /// SIGHUP for the process that started the client (detach-client -P).
        hangup: bool,
        /// Become this shell with this command (detach-client -E); none of it: nothing.
        exec: Vec<String>,
    },
    /// A client in control mode: whether it waits for an empty line when it has left (wait-exit).
    WaitsAtExit {
        /// Number.
        n: u64,
        /// Whether it does.
        on: bool,
    },
    /// suspend-client: stop yourself with SIGTSTP, then say `Continued`. lock-client: run the command, then say so.
    Suspend {
        /// Number.
        n: u64,
        /// Shell command to run instead of stopping; added later.
        run: String,
    },
    /// Bytes for the terminal of a client whose device the server cannot open: write them all, then say `Drained`.
    Tty {
        /// Bytes.
        bytes: Vec<u8>,
    },
    /// Answer to `Pipes`: who reads the terminal as long as this connection lasts.
    Reading {
        /// The server; else the client.
        server: bool,
    },
    /// The terminal has answered the last question that the server asked it: to a client that does not read it.
    Answered,
    /// Answer to `Ask`: names and values; a name that is not known is passed over.
    Facts {
        /// Them.
        facts: Vec<(String, String)>,
    },
    /// A part of the answer to `Report`.
    Section {
        /// Its name; empty: all have come.
        name: String,
        /// What it is, as `outlast_term::report` says.
        bytes: Vec<u8>,
    },
    /// Answer to `Upgrade`: nothing is swapped, and why; to `Report`: there is nothing, and why.
    Told {
        /// Exit status for the caller: 0 when there was nothing to do.
        status: u8,
        /// Lines of text.
        text: String,
    },
}

/// Version of the client protocol.
pub const VERSION: u32 = 1;

/// The oldest protocol that a server of this build serves.
pub const OLDEST_CLIENT: u32 = 1;

/// The oldest protocol that a client of this build can talk to.
pub const OLDEST_SERVER: u32 = 1;

/// Most bytes that one `Input` carries.
pub const INPUT_MAX: usize = 4096;

/// Most bytes that one `Print` carries; longer text goes in several.
pub const PRINT_MAX: usize = 64 * 1024;

/// Tags, one row per message. A tag is never used again for another meaning.
mod tag {
    pub const HELLO: u8 = 1;
    pub const COMMAND: u8 = 2;
    pub const INPUT: u8 = 3;
    pub const RESIZE: u8 = 4;
    pub const RECEIVED: u8 = 5;
    pub const CONTINUED: u8 = 6;
    pub const BYE: u8 = 7;
    pub const DRAINED: u8 = 8;
    pub const ASK: u8 = 9;
    pub const UPGRADE: u8 = 10;
    pub const PIPES: u8 = 11;
    pub const REPORT: u8 = 12;

    pub const WELCOME: u8 = 65;
    pub const ACCEPTED: u8 = 66;
    pub const PRINT: u8 = 67;
    pub const ATTACHED: u8 = 68;
    pub const EXIT: u8 = 69;
    pub const SUSPEND: u8 = 70;
    pub const TTY: u8 = 71;
    pub const FACTS: u8 = 72;
    pub const TOLD: u8 = 73;
    pub const AFTERWARDS: u8 = 74;
    pub const WAITS_AT_EXIT: u8 = 75;
    pub const READING: u8 = 76;
    pub const ANSWERED: u8 = 77;
    pub const SECTION: u8 = 78;
}

/// Tag of [`ToServer::Input`], so that a reader can see without decoding what it may have to leave for later.
pub const INPUT_TAG: u8 = tag::INPUT;

impl ToServer {
    /// Appends the frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            ToServer::Hello(hello) => put(out, tag::HELLO, |w| {
                w.u32(hello.version)
                    .raw(&hello.key)
                    .bool(hello.resume)
                    .u64(hello.received)
                    .u32(hello.pid);
                w.u16(hello.cols)
                    .u16(hello.rows)
                    .text(&hello.tty)
                    .text(&hello.term);
                w.texts(&hello.flags)
                    .text(&hello.cwd)
                    .pairs(&hello.env)
                    .bool(hello.hints)
                    .text(&hello.release);
            }),
            ToServer::Command { seq, argv } => put(out, tag::COMMAND, |w| {
                w.u64(*seq).texts(argv);
            }),
            ToServer::Input { seq, bytes } => put(out, tag::INPUT, |w| {
                w.u64(*seq).bytes(bytes);
            }),
            ToServer::Resize { cols, rows } => put(out, tag::RESIZE, |w| {
                w.u16(*cols).u16(*rows);
            }),
            ToServer::Received { n } => put(out, tag::RECEIVED, |w| {
                w.u64(*n);
            }),
            ToServer::Continued => put(out, tag::CONTINUED, |_| {}),
            ToServer::Bye => put(out, tag::BYE, |_| {}),
            ToServer::Drained => put(out, tag::DRAINED, |_| {}),
            ToServer::Pipes => put(out, tag::PIPES, |_| {}),
            ToServer::Ask => put(out, tag::ASK, |_| {}),
            ToServer::Report { pane } => put(out, tag::REPORT, |w| {
                w.u32(*pane);
            }),
            ToServer::Upgrade {
                older,
                keeper,
                tmux,
            } => put(out, tag::UPGRADE, |w| {
                w.bool(*older).bool(*keeper).text(tmux);
            }),
        }
    }

    /// Reads a frame's body; None for a tag that this version does not know.
    pub fn decode(tag: u8, body: &[u8]) -> Result<Option<ToServer>, Malformed> {
        let mut r = Reader::new(body);
        Ok(Some(match tag {
            tag::HELLO => {
                let mut hello = Hello {
                    version: r.u32("version")?,
                    ..Hello::default()
                };
                hello.key.copy_from_slice(r.raw(16, "key")?);
                hello.resume = r.bool("resume")?;
                hello.received = r.u64("received")?;
                hello.pid = r.u32("pid")?;
                hello.cols = r.u16("cols")?;
                hello.rows = r.u16("rows")?;
                hello.tty = r.text("tty")?;
                hello.term = r.text("term")?;
                hello.flags = r.texts("flags")?;
                hello.cwd = r.text("cwd")?;
                hello.env = r.pairs("env")?;
                hello.hints = r.bool("hints")?;
                hello.release = later(&mut r, |r| r.text("release"))?;
                ToServer::Hello(hello)
            }
            tag::COMMAND => ToServer::Command {
                seq: r.u64("seq")?,
                argv: r.texts("argv")?,
            },
            tag::INPUT => ToServer::Input {
                seq: r.u64("seq")?,
                bytes: r.bytes("bytes")?.to_vec(),
            },
            tag::RESIZE => ToServer::Resize {
                cols: r.u16("cols")?,
                rows: r.u16("rows")?,
            },
            tag::RECEIVED => ToServer::Received { n: r.u64("n")? },
            tag::CONTINUED => ToServer::Continued,
            tag::BYE => ToServer::Bye,
            tag::DRAINED => ToServer::Drained,
            tag::PIPES => ToServer::Pipes,
            tag::ASK => ToServer::Ask,
            tag::REPORT => ToServer::Report {
                pane: r.u32("pane")?,
            },
            tag::UPGRADE => ToServer::Upgrade {
                older: r.bool("older")?,
                keeper: r.bool("keeper")?,
                tmux: r.text("tmux")?,
            },
            _ => return Ok(None),
        }))
    }
}

impl ToClient {
    /// Appends the frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            ToClient::Welcome {
                version,
                done,
                release,
                pipes,
            } => put(out, tag::WELCOME, |w| {
                w.u32(*version).u64(*done).text(release).bool(*pipes);
            }),
            ToClient::Accepted { seq } => put(out, tag::ACCEPTED, |w| {
                w.u64(*seq);
            }),
            ToClient::Print { n, stream, bytes } => put(out, tag::PRINT, |w| {
                w.u64(*n).u8(*stream).bytes(bytes);
            }),
            ToClient::Attached { n } => put(out, tag::ATTACHED, |w| {
                w.u64(*n);
            }),
            ToClient::Exit { n, status, message } => put(out, tag::EXIT, |w| {
                w.u64(*n).u8(*status).text(message);
            }),
            ToClient::Suspend { n, run } => put(out, tag::SUSPEND, |w| {
                w.u64(*n).text(run);
            }),
            ToClient::Tty { bytes } => put(out, tag::TTY, |w| {
                w.bytes(bytes);
            }),
            ToClient::Reading { server } => put(out, tag::READING, |w| {
                w.bool(*server);
            }),
            ToClient::Answered => put(out, tag::ANSWERED, |_| {}),
            ToClient::Facts { facts } => put(out, tag::FACTS, |w| {
                w.pairs(facts);
            }),
            ToClient::Afterwards { n, hangup, exec } => put(out, tag::AFTERWARDS, |w| {
                w.u64(*n).bool(*hangup).texts(exec);
            }),
            ToClient::WaitsAtExit { n, on } => put(out, tag::WAITS_AT_EXIT, |w| {
                w.u64(*n).bool(*on);
            }),
            ToClient::Section { name, bytes } => put(out, tag::SECTION, |w| {
                w.text(name).bytes(bytes);
            }),
            ToClient::Told { status, text } => put(out, tag::TOLD, |w| {
                w.u8(*status).text(text);
            }),
        }
    }

    /// Reads a frame's body; None for a tag that this version does not know.
    pub fn decode(tag: u8, body: &[u8]) -> Result<Option<ToClient>, Malformed> {
        let mut r = Reader::new(body);
        Ok(Some(match tag {
            tag::WELCOME => ToClient::Welcome {
                version: r.u32("version")?,
                done: r.u64("done")?,
                release: later(&mut r, |r| r.text("release"))?,
                pipes: later(&mut r, |r| r.bool("pipes"))?,
            },
            tag::ACCEPTED => ToClient::Accepted { seq: r.u64("seq")? },
            tag::PRINT => ToClient::Print {
                n: r.u64("n")?,
                stream: r.u8("stream")?,
                bytes: r.bytes("bytes")?.to_vec(),
            },
            tag::ATTACHED => ToClient::Attached { n: r.u64("n")? },
            tag::EXIT => ToClient::Exit {
                n: r.u64("n")?,
                status: r.u8("status")?,
                message: r.text("message")?,
            },
            tag::SUSPEND => ToClient::Suspend {
                n: r.u64("n")?,
                run: later(&mut r, |r| r.text("run"))?,
            },
            tag::TTY => ToClient::Tty {
                bytes: r.bytes("bytes")?.to_vec(),
            },
            tag::READING => ToClient::Reading {
                server: r.bool("server")?,
            },
            tag::ANSWERED => ToClient::Answered,
            tag::SECTION => ToClient::Section {
                name: r.text("name")?,
                bytes: r.bytes("bytes")?.to_vec(),
            },
            tag::FACTS => ToClient::Facts {
                facts: r.pairs("facts")?,
            },
            tag::AFTERWARDS => ToClient::Afterwards {
                n: r.u64("n")?,
                hangup: r.bool("hangup")?,
                exec: r.texts("exec")?,
            },
            tag::WAITS_AT_EXIT => ToClient::WaitsAtExit {
                n: r.u64("n")?,
                on: r.bool("on")?,
            },
            tag::TOLD => ToClient::Told {
                status: r.u8("status")?,
                text: r.text("text")?,
            },
            _ => return Ok(None),
        }))
    }
}

/// A field that was added later: what it is by default when the sender does not know it.
fn later<'a, T: Default>(
    r: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, Malformed>,
) -> Result<T, Malformed> {
    match r.at_end() {
        true => Ok(T::default()),
        false => read(r),
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
