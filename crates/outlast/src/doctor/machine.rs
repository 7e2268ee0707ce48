//! The machine: does it start sessions again, what ends them, what is scarce.

use super::scene::Scene;
use super::{Found, bad, hint, ok, unknown};
use crate::dropins;
use crate::setup::boot as setup;

const MIB: u64 = 1 << 20;

/// The program that a unit or a line names.
fn named(text: &str, before: &str) -> Option<String> {
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix(before))?;
    let line = line.trim().trim_start_matches(['"', '\'']);
    let end = line.find(['"', '\'', ' ']).unwrap_or(line.len());
    Some(line[..end].to_string())
}

pub fn boot(scene: &Scene) -> Found {
    let unit = match setup::unit_name(scene.name.as_deref()) {
        Ok(unit) => unit,
        Err(error) => return unknown(error),
    };
    let config = match scene.var("XDG_CONFIG_HOME") {
        "" => format!("{}/.config", scene.var("HOME")),
        dir => dir.to_string(),
    };
    let setup = "outlast setup boot";
    if let Some(text) = scene.read(&format!("{config}/systemd/user/{unit}")) {
        let program = named(&text, "ExecStart=").unwrap_or_default();
        if !scene.exists(&program) {
            return bad(
                format!("{unit} starts {program}, which is not there"),
                format!("{setup} --yes"),
            );
        }
        return match scene
            .says(&["systemctl", "--user", "is-enabled", &unit])
            .as_deref()
        {
            Some("enabled") => ok(format!("{unit} is enabled")),
            _ => bad(
                format!("{unit} is there, and systemd does not say that it is enabled"),
                format!("systemctl --user enable {unit}, as yourself (not by su)"),
            ),
        };
    }
    let table = scene.says(&["crontab", "-l"]).unwrap_or_default();
    match named(&table, "@reboot").filter(|_| table.contains("outlast setup boot")) {
        Some(program) if scene.exists(&program) => ok("cron starts it (@reboot)"),
        Some(program) => bad(
            format!("cron starts {program}, which is not there"),
            format!("{setup} --yes"),
        ),
        None => hint(
            "after a reboot sessions come back only when you call outlast",
            setup,
        ),
    }
}

pub fn linger(scene: &Scene) -> Found {
    if !scene.systemd() {
        return ok("not needed without systemd");
    }
    let user = match scene.var("USER") {
        "" => scene.uid.to_string(),
        name => name.to_string(),
    };
    let said = scene.says(&["loginctl", "show-user", &user, "--property=Linger"]);
    let marked = scene.exists(&format!("/var/lib/systemd/linger/{user}"));
    match (said.as_deref(), marked) {
        (Some("Linger=yes"), _) | (None, true) => ok(format!("{user} lingers")),
        (Some("Linger=no"), _) | (None, false) => hint(
            format!(
                "{user} does not linger: a unit of yours starts only at your first login and ends with your last"
            ),
            "outlast setup boot --yes, or as root: loginctl enable-linger ".to_string() + &user,
        ),
        (Some(other), _) => unknown(format!("loginctl says {other:?}")),
    }
}

pub fn logins(scene: &Scene) -> Found {
    if !scene.systemd() {
        return ok("nothing ends what a login leaves behind (no systemd)");
    }
    let set = scene.setting("/etc/systemd/logind.conf", "KillUserProcesses");
    match set.as_deref() {
        Some(value) if dropins::is_yes(value) => match scene.says(&["systemd-run", "--version"]) {
            Some(_) => {
                ok("logind ends what a login leaves behind; outlast starts outside of the login")
            }
            None => bad(
                "logind ends what a login leaves behind, sessions too (KillUserProcesses=yes)",
                "outlast setup boot --yes; or as root KillUserProcesses=no in /etc/systemd/logind.conf",
            ),
        },
        _ => ok("logind leaves alone what a login leaves behind"),
    }
}

pub fn oomd(scene: &Scene) -> Found {
    if !scene.systemd() {
        return ok("no systemd-oomd here");
    }
    match (scene.ask)(&["systemctl", "is-active", "systemd-oomd.service"]) {
        Ok(ran) if ran.stdout.trim() == "active" => hint(
            "systemd-oomd ends whole units when memory is short, a login's sessions at once",
            "outlast setup boot --yes (its unit asks to be spared), and start outlast by it",
        ),
        Ok(_) => ok("systemd-oomd does not run"),
        Err(error) => unknown(format!("systemctl: {error}")),
    }
}

pub fn ptrace(scene: &Scene) -> Found {
    let scope = scene.read("/proc/sys/kernel/yama/ptrace_scope");
    let remedy = "for outlast adopt, until the next boot: sudo sysctl kernel.yama.ptrace_scope=0";
    match scope.as_deref().map(str::trim) {
        None | Some("0") => ok("your own programs may be adopted"),
        Some(level @ ("1" | "2")) if scene.uid != 0 => hint(
            format!("only root may adopt programs (ptrace_scope {level})"),
            remedy,
        ),
        Some("1" | "2") => ok("root may adopt programs"),
        Some(level) => hint(
            format!(
                "nobody may adopt programs until the kernel starts anew (ptrace_scope {level})"
            ),
            "",
        ),
    }
}

pub fn memory(scene: &Scene) -> Found {
    let text = scene.read("/proc/meminfo").unwrap_or_default();
    let kib = |name: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
    };
    let (Some(total), Some(available)) = (kib("MemTotal"), kib("MemAvailable")) else {
        return unknown("/proc/meminfo does not say");
    };
    let swap = kib("SwapTotal").unwrap_or(0);
    let (total, mut available, swap) = (total * 1024, available * 1024, swap * 1024);
    let mut all = total;
    // A container has less.
    let number = |path: &str| {
        scene
            .read(path)
            .and_then(|text| text.trim().parse::<u64>().ok())
    };
    let group = number("/sys/fs/cgroup/memory.max").zip(number("/sys/fs/cgroup/memory.current"));
    if let Some((limit, used)) = group.filter(|(limit, _)| *limit < total) {
        all = limit;
        available = available.min(limit.saturating_sub(used));
    }
    let said = format!(
        "{} MiB of {} available, {}",
        available / MIB,
        all / MIB,
        if swap == 0 {
            "no swap".into()
        } else {
            format!("{} MiB of swap", swap / MIB)
        }
    );
    let remedy = "end what takes most (ps -eo rss,pid,args --sort -rss | head), or add swap: a pane's programs are killed first";
    match available {
        less if less < 64 * MIB => bad(said, remedy),
        less if less < all / 16 => hint(said, remedy),
        _ => ok(said),
    }
}

pub fn cockpit(scene: &Scene) -> Found {
    let places = [
        "/usr/share/cockpit",
        "/usr/lib/cockpit",
        "/usr/libexec/cockpit-ws",
        "/etc/cockpit",
    ];
    if !places.iter().any(|place| scene.exists(place)) {
        return ok("no Cockpit here");
    }
    let text = scene.read("/etc/cockpit/cockpit.conf").unwrap_or_default();
    let set = text.lines().rev().find_map(|line| {
        let value = line
            .trim()
            .strip_prefix("IdleTimeout")?
            .trim_start()
            .strip_prefix('=')?;
        value.trim().parse::<u32>().ok()
    });
    match set {
        Some(0) => ok("its terminal does not end by itself (IdleTimeout=0)"),
        Some(minutes) => hint(
            format!(
                "its terminal ends after {minutes} idle minutes; sessions go on, and outlast setup shell lands in them again"
            ),
            "as root in /etc/cockpit/cockpit.conf: [Session] IdleTimeout=0",
        ),
        None => hint(
            "its terminal may end after 15 idle minutes (older releases do that unasked); sessions go on",
            "as root in /etc/cockpit/cockpit.conf: [Session] IdleTimeout=0",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn what_starts_it_is_a_unit_or_cron_and_its_program_is_there() {
        let mut scene = Scene::fake("boot");
        scene.set("HOME", "/home/ann");
        assert_eq!(boot(&scene).remedy, "outlast setup boot");
        scene.answers(&[(
            "crontab -l",
            0,
            "# >>> outlast setup boot >>>\n@reboot /opt/outlast boot --once\n",
        )]);
        assert!(
            boot(&scene)
                .what
                .contains("/opt/outlast, which is not there")
        );
        scene.put("/opt/outlast", "");
        assert_eq!(boot(&scene), ok("cron starts it (@reboot)"));
        scene.put(
            "/home/ann/.config/systemd/user/outlast.service",
            "ExecStart=\"/opt/o u\" boot\n",
        );
        assert_eq!(boot(&scene).verdict, Verdict::Bad);
        scene.put(
            "/home/ann/.config/systemd/user/outlast.service",
            "ExecStart=/opt/outlast boot\n",
        );
        assert!(boot(&scene).remedy.contains("systemctl --user enable"));
        scene.answers(&[(
            "systemctl --user is-enabled outlast.service",
            0,
            "enabled\n",
        )]);
        assert_eq!(boot(&scene), ok("outlast.service is enabled"));
        scene.name = Some("work".into());
        assert_eq!(boot(&scene).verdict, Verdict::Hint);
    }

    #[test]
    fn lingering_is_what_logind_says() {
        let mut scene = Scene::fake("linger");
        assert_eq!(linger(&scene), ok("not needed without systemd"));
        scene.put("/run/systemd/system/x", "");
        scene.set("USER", "ann");
        assert!(
            linger(&scene)
                .remedy
                .ends_with("loginctl enable-linger ann")
        );
        scene.answers(&[("loginctl show-user ann", 0, "Linger=yes\n")]);
        assert_eq!(linger(&scene), ok("ann lingers"));
        scene.answers(&[("loginctl show-user ann", 0, "Linger=no\n")]);
        assert_eq!(linger(&scene).verdict, Verdict::Hint);
        // Not logged in: logind knows nobody of that name, its mark does.
        scene.answers(&[]);
        scene.put("/var/lib/systemd/linger/ann", "");
        assert_eq!(linger(&scene), ok("ann lingers"));
    }

    #[test]
    fn logins_that_are_swept_are_said() {
        let mut scene = Scene::fake("logins");
        assert_eq!(logins(&scene).verdict, Verdict::Ok);
        scene.put("/run/systemd/system/x", "");
        scene.put("/etc/systemd/logind.conf", "#KillUserProcesses=yes\n");
        assert_eq!(logins(&scene).verdict, Verdict::Ok);
        scene.put(
            "/etc/systemd/logind.conf.d/50.conf",
            "[Login]\nKillUserProcesses=yes\n",
        );
        assert_eq!(logins(&scene).verdict, Verdict::Bad);
        scene.answers(&[("systemd-run --version", 0, "systemd 252\n")]);
        assert_eq!(logins(&scene).verdict, Verdict::Ok);
    }

    #[test]
    fn oomd_is_active_or_not() {
        let mut scene = Scene::fake("oomd");
        assert_eq!(oomd(&scene).verdict, Verdict::Ok);
        scene.put("/run/systemd/system/x", "");
        assert_eq!(oomd(&scene).verdict, Verdict::Unknown);
        scene.answers(&[("systemctl is-active", 3, "inactive\n")]);
        assert_eq!(oomd(&scene).verdict, Verdict::Ok);
        scene.answers(&[("systemctl is-active", 0, "active\n")]);
        assert_eq!(oomd(&scene).verdict, Verdict::Hint);
    }

    #[test]
    fn ptrace_is_what_yama_allows() {
        let mut scene = Scene::fake("ptrace");
        assert_eq!(ptrace(&scene).verdict, Verdict::Ok);
        for (uid, scope, verdict) in [
            (1000, "0\n", Verdict::Ok),
            (1000, "1\n", Verdict::Hint),
            (0, "1\n", Verdict::Ok),
            (0, "3\n", Verdict::Hint),
        ] {
            scene.uid = uid;
            scene.put("/proc/sys/kernel/yama/ptrace_scope", scope);
            assert_eq!(ptrace(&scene).verdict, verdict, "{uid} {scope}");
        }
    }

    #[test]
    fn memory_is_the_machines_or_the_containers() {
        let scene = Scene::fake("memory");
        assert_eq!(memory(&scene).verdict, Verdict::Unknown);
        let info = |available: u64| {
            format!("MemTotal:  8388608 kB\nMemAvailable: {available} kB\nSwapTotal: 0 kB\n")
        };
        scene.put("/proc/meminfo", &info(4 << 20));
        assert_eq!(memory(&scene), ok("4096 MiB of 8192 available, no swap"));
        scene.put("/sys/fs/cgroup/memory.max", "1073741824\n");
        scene.put("/sys/fs/cgroup/memory.current", "1063256064\n");
        assert_eq!(memory(&scene).what, "10 MiB of 1024 available, no swap");
        assert_eq!(memory(&scene).verdict, Verdict::Bad);
        scene.put("/sys/fs/cgroup/memory.max", "max\n");
        scene.put("/proc/meminfo", &info(300 << 10));
        assert_eq!(memory(&scene).verdict, Verdict::Hint);
    }

    #[test]
    fn cockpits_time_is_its_settings() {
        let scene = Scene::fake("cockpit");
        assert_eq!(cockpit(&scene), ok("no Cockpit here"));
        scene.put("/etc/cockpit/ws-certs.d/x", "");
        assert!(cockpit(&scene).what.contains("may end"));
        scene.put("/etc/cockpit/cockpit.conf", "[Session]\nIdleTimeout=5\n");
        assert!(cockpit(&scene).what.contains("after 5 idle minutes"));
        scene.put("/etc/cockpit/cockpit.conf", "[Session]\nIdleTimeout = 0\n");
        assert_eq!(cockpit(&scene).verdict, Verdict::Ok);
    }
}
