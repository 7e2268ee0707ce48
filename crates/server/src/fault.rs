//! Places at which a test may kill the server: `OUTLAST_PAUSE=point:count` with the feature `faults`, else nothing.
//!
//! The points are `checkpoint-write`, `checkpoint-flip`, `history-append`, `cut-back`, `journal-write`,
//! `journal-publish` and `effects`. At the count-th passing the server kills itself with SIGKILL, which no handler
//! softens; `stop:point:count` stops it instead (SIGSTOP), so that a test may look before it kills.

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
    use std::cell::RefCell;

    const KILL: i32 = 9;
    const STOP: i32 = 19;

    struct Plan {
        stop: bool,
        point: String,
        left: u64,
    }
    fn plan() -> Option<Plan> {
        let text = std::env::var("OUTLAST_PAUSE").ok()?;
        let (stop, text) = match text.strip_prefix("stop:") {
            Some(rest) => (true, rest),
            None => (false, text.as_str()),
        };
        let (point, count) = text.split_once(':')?;
        Some(Plan {
            stop,
            point: point.to_string(),
            left: count.parse().ok()?,
        })
    }
    thread_local!(static PLAN: RefCell<Option<Plan>> = RefCell::new(plan()));
    PLAN.with_borrow_mut(|plan| {
        let Some(plan) = plan
            .as_mut()
            .filter(|plan| plan.point == name && plan.left > 0)
        else {
            return;
        };
        plan.left -= 1;
        if plan.left == 0 {
            let _ = outlast_sys::signal::send(
                outlast_sys::process::own_pid(),
                if plan.stop { STOP } else { KILL },
            );
        }
    });
}
