//! A scope of the user's systemd: asked for by `busctl`, which comes with systemd, as one call of one method.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use outlast_sys::group::{self, Limits};

/// How long systemd may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Moves process `pid`, which is ourselves, into a scope with these limits. False: there is no such thing here.
pub(super) fn enter(name: &str, limits: &Limits, pid: u32) -> bool {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let bus = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some()
        || runtime.is_some_and(|runtime| runtime.join("bus").exists());
    if !bus {
        return false;
    }
    let asked = Command::new("busctl")
        .args(call(name, limits, pid))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !asked.is_ok_and(|status| status.success()) {
        return false;
    }
    // The answer comes when the job is queued; we are moved a moment later.
    let until = Instant::now() + PATIENCE;
    loop {
        let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        if group::held(&groups).covers(limits) {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The words for busctl(1): org.freedesktop.systemd1(5), StartTransientUnit.
fn call(name: &str, limits: &Limits, pid: u32) -> Vec<String> {
    let mut words = [
        "--user",
        "--timeout=1",
        "call",
        "org.freedesktop.systemd1",
        "/org/freedesktop/systemd1",
        "org.freedesktop.systemd1.Manager",
        "StartTransientUnit",
        "ssa(sv)a(sa(sv))",
    ]
    .map(String::from)
    .to_vec();
    let numbers = [
        ("MemoryMax", limits.memory),
        ("TasksMax", limits.processes),
        ("CPUWeight", limits.weight),
    ];
    let numbers: Vec<(&str, u64)> = numbers
        .iter()
        .filter_map(|(key, value)| Some((*key, (*value)?)))
        .collect();
    let count = numbers.len() + 3;
    words.extend([format!("{name}.scope"), "fail".into(), count.to_string()]);
    words.extend(["PIDs", "au", "1", &pid.to_string()].map(String::from));
    words.extend(["CollectMode", "s", "inactive-or-failed"].map(String::from));
    words.extend(["SendSIGHUP", "b", "true"].map(String::from));
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
        let words = call("outlast-3-77", &limits, 77);
        let at = words
            .iter()
            .position(|word| word == "outlast-3-77.scope")
            .unwrap();
        assert_eq!(
            words[at..].join(" "),
            "outlast-3-77.scope fail 5 PIDs au 1 77 CollectMode s inactive-or-failed SendSIGHUP b true \
             MemoryMax t 1073741824 CPUWeight t 50 0"
        );
    }
}
