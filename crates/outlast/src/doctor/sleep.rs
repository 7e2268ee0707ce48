//! Whether this machine goes to sleep by itself, as far as logind is set so; a desktop's own settings are not seen.

use super::scene::Scene;
use super::{Found, hint, ok};

/// Where logind is set.
const LOGIND: &str = "/etc/systemd/logind.conf";

pub fn look(scene: &Scene) -> Found {
    match &scene.awake {
        Some(awake) if awake.starts_with("refused") => hint(
            format!("asked for by stay-awake and {awake}"),
            "for good: sudo systemctl mask sleep.target suspend.target",
        ),
        Some(awake) => ok(awake.clone()),
        None => settings(scene),
    }
}

fn settings(scene: &Scene) -> Found {
    let states = scene.read("/sys/power/state").unwrap_or_default();
    if !states
        .split_whitespace()
        .any(|state| matches!(state, "mem" | "standby" | "freeze" | "disk"))
    {
        return ok("this machine cannot sleep");
    }
    if !scene.systemd() {
        return ok("nothing puts this machine to sleep by itself (no systemd)");
    }
    let masked = scene.says(&["systemctl", "show", "--property=LoadState", "sleep.target"]);
    if masked.as_deref() == Some("LoadState=masked") {
        return ok("sleep is switched off (sleep.target is masked)");
    }
    let sleeps = |name: &str, usual: &str| {
        let set = scene
            .setting(LOGIND, name)
            .unwrap_or_else(|| usual.to_string());
        matches!(
            set.as_str(),
            "suspend" | "hibernate" | "hybrid-sleep" | "suspend-then-hibernate" | "sleep"
        )
    };
    let lid = scene.exists("/proc/acpi/button/lid");
    let mut when = Vec::new();
    if sleeps("IdleAction", "ignore") {
        when.push("when it is idle");
    }
    if lid && sleeps("HandleLidSwitch", "suspend") {
        when.push("when its lid is closed");
    }
    match when.is_empty() {
        true => ok("it does not sleep by itself, as far as systemd is set"),
        false => hint(
            format!(
                "this machine sleeps {}: programs stand still then",
                when.join(" and ")
            ),
            "while a pane's program runs: outlast set -p stay-awake on; for good: sudo systemctl mask sleep.target suspend.target",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn sleep_is_what_logind_is_set_to() {
        let mut scene = Scene::fake("sleep");
        assert_eq!(look(&scene), ok("this machine cannot sleep"));
        scene.put("/sys/power/state", "freeze mem\n");
        assert_eq!(look(&scene).verdict, Verdict::Ok);
        scene.put("/run/systemd/system/x", "");
        assert_eq!(look(&scene).verdict, Verdict::Ok);
        scene.put("/proc/acpi/button/lid/LID0/state", "");
        assert!(look(&scene).what.contains("when its lid is closed"));
        scene.put(
            "/etc/systemd/logind.conf.d/10.conf",
            "HandleLidSwitch=ignore\nIdleAction = suspend\n",
        );
        let said = look(&scene);
        assert!(said.what.contains("when it is idle:") && said.verdict == Verdict::Hint);
        scene.awake = Some("refused for %0: no".into());
        assert_eq!(look(&scene).verdict, Verdict::Hint);
        scene.awake = Some("sleep:idle held off for %0".into());
        assert_eq!(look(&scene), ok("sleep:idle held off for %0"));
        scene.awake = None;
        scene.answers(&[("systemctl show", 0, "LoadState=masked\n")]);
        assert_eq!(look(&scene).verdict, Verdict::Ok);
    }
}
