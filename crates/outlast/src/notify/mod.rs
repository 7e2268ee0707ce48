//! The hidden verb `notify`: delivers one notice and ends. A process of its own, the keeper's child, so that no server waits for
//! a network and none's death interrupts it. What it is to do is in its environment (`OUTLAST_NOTICE_TASK`, a [`Task`]), because
//! words stand in every list of processes; addresses and tokens are in nothing that it says.
//!
//! | file | question |
//! |---|---|
//! | [`http`] | webhook and ntfy: what is sent |
//! | [`names`] | which address has a host |
//! | [`desktop`] | org.freedesktop.Notifications |

mod desktop;
mod http;
mod names;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use outlast_core::notices::Task;

/// Where the task is.
const VARIABLE: &str = "OUTLAST_NOTICE_TASK";
/// From one try to the next; after the last one it is given up.
const TRIES: &[u64] = &[0, 2, 8];

/// Why it was not delivered.
#[derive(Debug)]
struct Failed {
    /// Without address and token.
    why: String,
    /// Another try may help: it is not known to have arrived.
    again: bool,
}

impl Failed {
    fn for_good(why: impl Into<String>) -> Failed {
        Failed {
            why: why.into(),
            again: false,
        }
    }

    fn now(why: impl Into<String>) -> Failed {
        Failed {
            why: why.into(),
            again: true,
        }
    }
}

/// `notify`: prints the desktop's number of it, or why it has failed.
pub fn run(_: Vec<OsString>) -> ExitCode {
    let text = std::env::var(VARIABLE).unwrap_or_default();
    let Ok(task) = serde_json::from_str::<Task>(&text) else {
        println!("there is nothing to deliver");
        return ExitCode::FAILURE;
    };
    let mut tries = TRIES.iter().peekable();
    while let Some(wait) = tries.next() {
        std::thread::sleep(Duration::from_secs(*wait));
        let done = match task.channel.as_str() {
            "webhook" => http::webhook(&task),
            "ntfy" => http::ntfy(&task),
            "desktop" => desktop::show(&task),
            _ => Err(Failed::for_good("an unknown channel")),
        };
        match done {
            Ok(said) => {
                println!("{said}");
                return ExitCode::SUCCESS;
            }
            Err(failed) if failed.again && tries.peek().is_some() => {}
            Err(failed) => {
                println!("{}", failed.why);
                break;
            }
        }
    }
    ExitCode::FAILURE
}
