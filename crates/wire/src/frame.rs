//! Framing of the client protocol on a unix stream socket: `len: u32 LE` (of what follows), `tag: u8`, body.
//!
//! Version rule: a message never changes meaning; new needs are new tags; a receiver skips tags that it does
//! not know; fields may only be added at the end of a body and are optional there.
