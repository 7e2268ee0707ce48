//! Places at which a test may kill the server, with the feature `faults`; without it, nothing.
//!
//! | point | in the middle of |
//! |---|---|
//! | `checkpoint-write` | writing a checkpoint's bytes |
//! | `checkpoint-flip` | a checkpoint that is whole and not in force |
//! | `history-append` | lines that scroll off |
//! | `cut-back` | blocks of history being given back |
//! | `journal-write` | a turn of which nothing is in the journal |
//! | `journal-publish` | a turn that is written and does not count yet |
//! | `effects` | a turn that counts and has had no effect |
//! | `poured` | a key that went straight to its program: the core does not know |
//! | `echoed` | an echo that is drawn and not written, of a turn that is not committed |
//! | `ready` | a start: the keeper has been told that we are ready, and no client has been heard |
//! | `recover` | a recovery: terminals are back, input that the ring lacks is not in it |
//! | `raw` | a client's terminal being taken over |
//! | `goodbye` | a client's goodbye: it is heard, and nothing has been done |
//! | `given-back` | the same: the terminal has been given back, the client does not know |
//! | `parted` | the same: the client knows, the journal does not |
//!
//! `OUTLAST_PAUSE=point:count` kills at the count-th passing of every server's life. `OUTLAST_PAUSE=@FILE` reads
//! `point:count` from the file at each passing, takes the file away when it strikes, and so strikes once: recovery
//! passes the same points, and a test that wants the next server to come up wants this form. `stop:point:count`
//! stops the server instead of killing it (SIGSTOP), so that a test may let things pile up before it kills;
//! `abort:point:count` has it die of its own fault (SIGABRT).

/// Passes a point.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub fn point(_name: &str) {}

/// Panics on output that holds the text of `OUTLAST_POISON`, with the feature `faults`.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub fn poison(_output: &[u8]) {}

/// Panics on output that holds the text of `OUTLAST_POISON`.
#[cfg(feature = "faults")]
pub fn poison(output: &[u8]) {
    thread_local!(static TEXT: Option<String> = std::env::var("OUTLAST_POISON").ok());
    TEXT.with(|text| {
        let bytes = text.as_deref().unwrap_or_default().as_bytes();
        let found = !bytes.is_empty() && output.windows(bytes.len()).any(|window| window == bytes);
        assert!(!found, "the planted fault");
    });
}

/// Passes a point.
#[cfg(feature = "faults")]
pub fn point(name: &str) {
    thread_local!(static PAUSE: std::cell::RefCell<pause::Pause> = pause::Pause::from_env().into());
    PAUSE.with_borrow_mut(|pause| pause.pass(name));
}

#[cfg(feature = "faults")]
mod pause {
    const ABORT: i32 = 6;
    const KILL: i32 = 9;
    const STOP: i32 = 19;

    /// What to do where.
    struct Plan {
        text: String,
        signal: i32,
        point: String,
        left: u64,
    }

    impl Plan {
        fn read(text: &str) -> Option<Plan> {
            let (signal, rest) = match text.split_once(':') {
                Some(("stop", rest)) => (STOP, rest),
                Some(("abort", rest)) => (ABORT, rest),
                _ => (KILL, text),
            };
            let (point, count) = rest.split_once(':')?;
            let left = count.trim().parse().ok().filter(|left| *left > 0)?;
            Some(Plan {
                text: text.to_string(),
                signal,
                point: point.to_string(),
                left,
            })
        }
    }

    /// The variable, and how far we are.
    pub struct Pause {
        file: Option<String>,
        plan: Option<Plan>,
    }

    impl Pause {
        pub fn from_env() -> Pause {
            let text = std::env::var("OUTLAST_PAUSE").unwrap_or_default();
            let file = text.strip_prefix('@').map(String::from);
            let plan = Plan::read(&text).filter(|_| file.is_none());
            Pause { file, plan }
        }

        pub fn pass(&mut self, name: &str) {
            if let Some(file) = &self.file {
                let Ok(text) = std::fs::read_to_string(file) else {
                    return self.plan = None;
                };
                if self.plan.as_ref().is_none_or(|plan| plan.text != text) {
                    self.plan = Plan::read(&text);
                }
            }
            let Some(plan) = self.plan.as_mut().filter(|plan| plan.point == name) else {
                return;
            };
            plan.left -= 1;
            if plan.left > 0 {
                return;
            }
            let signal = plan.signal;
            self.plan = None;
            // Whoever takes the file away strikes.
            if self
                .file
                .as_ref()
                .is_none_or(|file| std::fs::remove_file(file).is_ok())
            {
                let _ = outlast_sys::signal::send(outlast_sys::process::own_pid(), signal);
            }
        }
    }
}
