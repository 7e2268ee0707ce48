//! Every message that crosses between two of our own processes, with its version rule.
#![forbid(unsafe_code)]

pub mod client;
pub mod frame;
pub mod keeper;
