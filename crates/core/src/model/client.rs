//! A client: a terminal that shows a session, or a command line that waits for its answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use outlast_term::Screen;
use outlast_term::keys::decode::Decoder;
use serde::{Deserialize, Serialize};

use super::ids::{ClientId, PaneId, SessionId};
use crate::event::ClientInfo;
use crate::mode::prompt::Prompt;
use crate::proof::Standing;
use crate::save::Tracked;

/// A one-line message on the status line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    /// Clean text, may hold `#[…]` styles.
    pub text: String,
    /// Monotonic ms at which it goes; None: until a key is pressed.
    pub until_ms: Option<u64>,
    /// No key ends it early (display-message -N).
    pub ignore_keys: bool,
}

/// What of a client is saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClientState {
    /// Which.
    pub id: ClientId,
    /// Who it is and its terminal. A section of its own, because it is large and does not change.
    #[serde(skip)]
    pub info: ClientInfo,
    /// Columns of its terminal now.
    #[serde(default)]
    pub cols: u16,
    /// Rows of its terminal now.
    #[serde(default)]
    pub rows: u16,
    /// Where the kernel said that it is when it came.
    #[serde(default)]
    pub standing: Standing,
    /// Its terminal is ours and shows a session.
    #[serde(default)]
    pub attached: bool,
    /// It has been told to leave; nothing more is sent.
    #[serde(default)]
    pub leaving: bool,
    /// Exit status of a command line so far.
    #[serde(default)]
    pub status: u8,
    /// active-pane flag: its own active pane by window.
    #[serde(default)]
    pub panes: BTreeMap<u32, PaneId>,
    /// no-detach-on-destroy flag.
    #[serde(default)]
    pub no_detach: bool,
    /// active-pane flag.
    #[serde(default)]
    pub active_pane: bool,
    /// Stopped by suspend-client.
    #[serde(default)]
    pub suspended: bool,
    /// Its terminal's device or "client-PID": what `-t` and `client_name` call it.
    #[serde(default)]
    pub name: String,
    /// Shown session; None for a command line.
    pub session: Option<SessionId>,
    /// Session before (switch-client -l).
    pub last_session: Option<SessionId>,
    /// attach -r, -f flags: read-only, ignore-size, active-pane …
    pub read_only: bool,
    /// ignore-size.
    pub ignore_size: bool,
    /// Key table that the next key is looked up in; None: the session's key-table.
    pub key_table: Option<String>,
    /// Monotonic ms until which a repeatable key stays in its table.
    pub repeat_until_ms: Option<u64>,
    /// Message shown.
    pub message: Option<Message>,
    /// Prompt shown.
    pub prompt: Option<Prompt>,
    /// The view's offset when the window is larger than the client (refresh-client -L …), None: follow the cursor.
    pub pan: Option<(u16, u16)>,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds of the last input.
    pub activity: i64,
    /// Count of what was typed, so that `window-size latest` knows the order of use.
    pub used: u64,
    /// Bytes of an unfinished key sequence.
    pub pending_input: Vec<u8>,
    /// Monotonic ms at which the unfinished sequence is taken as typed.
    pub escape_at_ms: Option<u64>,
    /// Monotonic ms, place and count of the last mouse press, for double and triple clicks; the drag in progress.
    pub click: Option<crate::mode::Click>,
    /// Keys, pastes and focus between reads.
    #[serde(default)]
    pub keys: crate::input::KeyState,
    /// What lies over the whole screen.
    #[serde(default, deserialize_with = "crate::overlay::lenient")]
    pub overlay: Option<crate::overlay::Overlay>,
    /// What came of its stdin before a command took it.
    #[serde(default, with = "crate::save::bytes")]
    pub stdin: Vec<u8>,
    /// Its stdin has come to its end.
    #[serde(default)]
    pub stdin_ended: bool,
    /// It is in control mode.
    #[serde(default)]
    pub control: Option<Box<crate::control::Control>>,
    /// What its terminal has said of its looks.
    #[serde(default)]
    pub looks: crate::looks::Looks,
    /// Questions for its clipboard that it has not answered.
    #[serde(default)]
    pub clipboard_asked: crate::clipboard::Questions,
    /// Bells rung so far (`Screen::bells`).
    pub bells: u64,
    /// Clipboard serial (`Screen::clipboard`).
    pub clipboard_serial: u64,
    /// Notices that its terminal has not had yet.
    #[serde(default)]
    pub notices: crate::notices::ForTerminal,
}

/// A client.
pub struct Client {
    /// What is saved.
    pub state: Tracked<ClientState>,
    /// Splits what is typed into keys; rebuilt from `pending_input`.
    pub decoder: Decoder,
    /// Bytes of lines for it that it has not acknowledged, if it is in control mode.
    pub unread: usize,
    /// Something it shows has changed.
    pub stale: bool,
    /// It has taken the last frame.
    pub ready: bool,
    /// The request that the last frame shows.
    pub frame_request: Option<String>,
    /// Monotonic ms of the last frame.
    pub last_frame_ms: u64,
    /// The last picture, for sharing rows with the next.
    pub screen: Option<Arc<Screen>>,
    /// Bytes of clipboard to pass on with `clipboard_serial`.
    pub clipboard: Arc<[u8]>,
    /// Bytes for its terminal as they are, after the next picture. Not saved: what is for the moment only.
    pub raw: Vec<u8>,
}

impl ClientState {
    /// Whether it is shown pictures.
    pub fn is_drawn(&self) -> bool {
        self.attached && self.control.is_none()
    }

    /// A client that shows nothing yet.
    pub fn new(info: ClientInfo) -> ClientState {
        ClientState {
            id: ClientId(0),
            info,
            cols: 0,
            rows: 0,
            standing: Standing::Unknown,
            attached: false,
            leaving: false,
            status: 0,
            panes: Default::default(),
            no_detach: false,
            active_pane: false,
            suspended: false,
            name: String::new(),
            session: None,
            last_session: None,
            read_only: false,
            ignore_size: false,
            key_table: None,
            repeat_until_ms: None,
            message: None,
            prompt: None,
            pan: None,
            created: 0,
            activity: 0,
            used: 0,
            pending_input: Vec::new(),
            stdin: Vec::new(),
            stdin_ended: false,
            escape_at_ms: None,
            keys: Default::default(),
            overlay: None,
            click: None,
            control: None,
            looks: Default::default(),
            bells: 0,
            clipboard_asked: Default::default(),
            notices: Default::default(),
            clipboard_serial: 0,
        }
    }
}

impl Client {
    /// A client with nothing shown; not saved yet.
    pub fn new(state: ClientState) -> Client {
        Client {
            state: Tracked::new(state),
            decoder: Decoder::default(),
            unread: 0,
            stale: true,
            ready: true,
            frame_request: None,
            last_frame_ms: 0,
            screen: None,
            clipboard: Arc::from([] as [u8; 0]),
            raw: Vec::new(),
        }
    }
}
