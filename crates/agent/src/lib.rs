//! What an agent is to us: what it says of itself, what state that makes, what it asks.
//!
//! Pure: no file, clock, process or random source; whoever calls says what time it is. All text from an agent is untrusted
//! and has been through [`text::clean`] before it is kept.
//!
//! | file | question |
//! |---|---|
//! | [`psp`] | what does the Program Status Protocol (OSC 7501) say |
//! | [`hook`] | what does an agent's hook say |
//! | [`status`] | which state does all of that make |
//! | [`recipe`] | which agents are there, how is one started, how resumed |
//! | [`supervise`] | when does one go on, in which conversation |
//! | [`transcript`] | what was a conversation about |
//! | [`log`] | what has happened, numbered |
//! | [`notice`] | when are people told, and of what |
//! | [`text`] | what of a text is shown |
//! | [`request`] | what may it not do yet, and who has settled that |
//! | [`subject`] | what is asked, for people |
//! | [`answer`] | how is a decision said to it |
//! | [`rule`] | what is decided without a person |
//! | [`audit`] | who has decided what |
#![forbid(unsafe_code)]

pub mod answer;
pub mod audit;
pub mod hook;
pub mod log;
pub mod notice;
pub mod psp;
pub mod recipe;
pub mod request;
pub mod rule;
pub mod status;
pub mod subject;
pub mod supervise;
pub mod text;
pub mod transcript;
