//! The stand-in for the real binary in this crate's tests: `keeper` is the keeper, `server` a server that the test
//! talks to over the listening socket, and the other verbs are programs for panes.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test

mod programs;
mod server;

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let verb = args.next().unwrap_or_default();
    let args: Vec<OsString> = args.collect();
    match verb.to_str().unwrap_or_default() {
        "keeper" => outlast_keeper::main(args),
        "server" => server::main(&args),
        verb => programs::main(verb, &args),
    }
}
