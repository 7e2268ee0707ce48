//! A scope of the user's systemd: asked for by `busctl`, which comes with systemd, as one call of one method.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use outlast_sys::group::{self, Limits, Session};

/// How long systemd may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Moves process `pid`, which is ourselves, into a scope with these limits. False: there is no such thing here.
pub(super) fn enter(name: &str, limits: &Limits, session: Option<&Session>, pid: u32) -> bool {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let bus = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some()
        || runtime.is_some_and(|runtime| runtime.join("bus").exists());
    if !bus {
        return false;
    }
    let ask = |words: Vec<String>| {
        let asked = Command::new("busctl")
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    };
    if session.is_some_and(|session| !ask(set(session))) || !ask(call(name, limits, session, pid)) {
        return false;
    }
    // The answer comes when the job is queued; we are moved a moment later.
    let until = Instant::now() + PATIENCE;
    loop {
        let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let around = session.is_none_or(|session| {
            let held = group::held_by_session(&groups);
            held.covers(&session.limits)
        });
        if around && group::held(&groups).covers(limits) {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What is set, as systemd.resource-control(5) calls it.
fn properties(limits: &Limits) -> Vec<(&'static str, u64)> {
    let all = [
        ("MemoryMax", limits.memory),
        ("TasksMax", limits.processes),
        ("CPUWeight", limits.weight),
    ];
    let set = all.into_iter();
    set.filter_map(|(key, value)| Some((key, value?))).collect()
}

/// The words for busctl(1) up to what a method of the manager takes: org.freedesktop.systemd1(5).
fn method(words: &[&str]) -> Vec<String> {
    let manager = [
        "--user",
        "--timeout=1",
        "call",
        "org.freedesktop.systemd1",
        "/org/freedesktop/systemd1",
        "org.freedesktop.systemd1.Manager",
    ];
    let words = manager.iter().chain(words);
    words.map(|word| (*word).to_string()).collect()
}

/// SetUnitProperties for a session's slice: it is there as long as a scope is in it.
fn set(session: &Session) -> Vec<String> {
    let slice = format!("{}.slice", session.name);
    let numbers = properties(&session.limits);
    let count = numbers.len().to_string();
    let mut words = method(&["SetUnitProperties", "sba(sv)", &slice, "true", &count]);
    for (key, value) in numbers {
        words.extend([key.to_string(), "t".into(), value.to_string()]);
    }
    words
}

/// StartTransientUnit for a scope with one process.
fn call(name: &str, limits: &Limits, session: Option<&Session>, pid: u32) -> Vec<String> {
    let numbers = properties(limits);
    let count = (numbers.len() + 3 + usize::from(session.is_some())).to_string();
    let scope = format!("{name}.scope");
    let mut words = method(&[
        "StartTransientUnit",
        "ssa(sv)a(sa(sv))",
        &scope,
        "fail",
        &count,
    ]);
    words.extend(["PIDs", "au", "1", &pid.to_string()].map(String::from));
    words.extend(["CollectMode", "s", "inactive-or-failed"].map(String::from));
    words.extend(["SendSIGHUP", "b", "true"].map(String::from));
    if let Some(session) = session {
        let slice = format!("{}.slice", session.name);
        words.extend(["Slice".to_string(), "s".into(), slice]);
    }
    for (key, value) in numbers {
        words.extend([key.to_string(), "t".into(), value.to_string()]);
    }
    words.push("0".into());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_names_what_is_limited() {
        let limits = Limits {
            memory: Some(1 << 30),
            processes: None,
            weight: Some(50),
        };
        let words = call("outlast-3-77", &limits, None, 77);
        let at = words
            .iter()
            .position(|word| word == "outlast-3-77.scope")
            .unwrap();
        assert_eq!(
            words[at..].join(" "),
            "outlast-3-77.scope fail 5 PIDs au 1 77 CollectMode s inactive-or-failed SendSIGHUP b true \
             MemoryMax t 1073741824 CPUWeight t 50 0"
        );

        let session = Session {
            name: "outlast_session_x_3".into(),
            limits,
        };
        let words = call("outlast-3-77", &limits, Some(&session), 77).join(" ");
        assert!(words.contains("fail 6 ") && words.contains(" Slice s outlast_session_x_3.slice "));
        let words = set(&session).join(" ");
        let set = "SetUnitProperties sba(sv) outlast_session_x_3.slice true 2 MemoryMax t 1073741824 CPUWeight t 50";
        assert!(words.ends_with(set), "{words}");
    }
}
