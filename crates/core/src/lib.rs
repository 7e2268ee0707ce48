//! The server without an operating system: sessions, windows, panes, clients, commands, drawing.
//!
//! [`Core::handle`] takes an event and appends effects; [`Core::next_wake`] says when it wants to be woken.
//! No clock, file, socket, thread or random number inside.
#![forbid(unsafe_code)]

pub mod effect;
pub mod event;
pub mod mode;
pub mod model;
pub mod probe;
pub mod save;

pub use effect::Effect;
pub use event::Event;
pub use model::ids::{ClientId, PaneId, SessionId, WindowId};
