//! Our own processes.

use std::collections::BTreeMap;
use std::path::Path;

use outlast_server::stamp::{Build, Image};
use outlast_sys::process;

use super::scene::{Process, Scene, Server};
use super::{Found, bad, hint, ok, unknown};

pub fn socket(scene: &Scene) -> Found {
    let path = match &scene.socket {
        Ok(path) => path.display().to_string(),
        Err(text) => {
            return bad(
                text.clone(),
                "it must be a directory of yours with mode 0700: chmod 700, or move away what is there",
            );
        }
    };
    match &scene.server {
        Server::None => ok(format!("none at {path}")),
        Server::Stale => ok(format!(
            "{path} is from a server that has ended; the next one takes its place"
        )),
        Server::Tmux => bad(
            format!("a real tmux listens on {path}"),
            "name another: outlast -L NAME, or unset TMUX",
        ),
        Server::Odd(error) => bad(format!("{path}: {error}"), "see whose it is: ls -l, fuser"),
        Server::Silent | Server::Lives(_) => ok(path),
    }
}

pub fn server(scene: &Scene) -> Found {
    match &scene.server {
        Server::Lives(facts) => {
            let get = |name: &str| facts.get(name).map_or("", String::as_str);
            let panes = match get("programs").split_whitespace().count() {
                1 => "1 pane runs".to_string(),
                panes => format!("{panes} panes run"),
            };
            let clients = match get("clients") {
                "1" => "1 client".to_string(),
                clients => format!("{clients} clients"),
            };
            ok(format!(
                "answers (process {}, {panes}, {clients})",
                get("pid")
            ))
        }
        Server::Silent => {
            let path = scene
                .socket
                .as_deref()
                .map_or(String::new(), |path| path.display().to_string());
            let own = scene.processes();
            let of_keeper = |one: &&Process| {
                one.name == "outlast-server"
                    || own
                        .iter()
                        .any(|other| other.pid == one.parent && other.name == "outlast-keeper")
                        && process::executable(one.pid) == process::executable(one.parent)
            };
            let pids: Vec<String> = own
                .iter()
                .filter(of_keeper)
                .map(|one| one.pid.to_string())
                .collect();
            bad(
                format!("the server on {path} does not answer"),
                format!(
                    "stopped? kill -CONT PID; hung? kill -9 PID, sessions go on. It is one of: {}",
                    pids.join(" ")
                ),
            )
        }
        Server::Tmux | Server::Odd(_) => unknown("see the socket"),
        Server::None | Server::Stale => {
            let kept = scene
                .socket
                .as_deref()
                .ok()
                .and_then(|path| outlast_server::kept(&path.to_string_lossy()));
            match kept {
                Some(kept) => ok(format!(
                    "none runs; kept from before: {}; outlast attach brings that back",
                    kept.sessions.join(", ")
                )),
                None => ok("none runs, nothing is kept"),
            }
        }
    }
}

/// What the server says, if it does.
fn facts(scene: &Scene) -> Option<&BTreeMap<String, String>> {
    match &scene.server {
        Server::Lives(facts) => Some(facts),
        _ => None,
    }
}

pub fn keeper(scene: &Scene) -> Found {
    let Some(facts) = facts(scene) else {
        return unknown("no server says");
    };
    let Some(pid) = facts.get("keeper").and_then(|pid| pid.parse::<u32>().ok()) else {
        return unknown("the server does not say");
    };
    if !scene.exists(&format!("/proc/{pid}")) {
        return bad(
            format!("process {pid} has gone, and no other has taken over"),
            "look again; then see ~/ and OUTLAST_LOG",
        );
    }
    let number = |pid: &str| {
        let text = scene.read(&format!("/proc/{pid}/oom_score_adj"))?;
        text.trim().parse::<i32>().ok()
    };
    let own = number(&pid.to_string());
    let panes = facts
        .get("programs")
        .map_or("", String::as_str)
        .split_whitespace();
    let worst = panes.filter_map(number).min();
    match own.zip(worst) {
        Some((own, pane)) if own >= pane => hint(
            format!(
                "process {pid}; the kernel may kill it before a pane's programs (oom_score_adj {own} and {pane})"
            ),
            "a program has set its own lower; nothing, unless memory is short",
        ),
        _ => ok(format!("process {pid}")),
    }
}

pub fn versions(scene: &Scene) -> Found {
    let own = Build::own().release;
    let Some(facts) = facts(scene) else {
        return ok(format!("this is {own}"));
    };
    let get = |name: &str| facts.get(name).map_or("", String::as_str);
    let (program, release, build) = (get("program"), get("release"), get("build"));
    let image = |path: &Path| {
        std::fs::metadata(path)
            .map(|data| Image::of(&data).build_id())
            .ok()
    };
    if !get("fallback").is_empty() {
        return bad(
            format!(
                "{program} does not start ({}): an older build runs in its place",
                get("fallback")
            ),
            format!("see what is wrong: {program} -V"),
        );
    }
    match image(&scene.path(program)) {
        None => bad(
            format!("{program} is not there: a server that dies cannot be followed by it"),
            "install outlast there again",
        ),
        Some(installed) if installed != build => hint(
            format!("the server runs {release} (build {build}), installed is build {installed}"),
            "outlast upgrade, outside of a session",
        ),
        Some(installed) => {
            let keeper = scene.path(&format!("/proc/{}/exe", get("keeper")));
            match image(&keeper) {
                Some(keeper) if keeper != installed => hint(
                    format!(
                        "the server runs what is installed ({release}), the keeper an older build"
                    ),
                    "outlast upgrade --keeper, if you want its newer parts too",
                ),
                _ => ok(format!("{release} (build {build}) runs, as installed")),
            }
        }
    }
}

pub fn orphans(scene: &Scene) -> Found {
    let all = scene.processes();
    let socket = scene
        .socket
        .as_deref()
        .map_or(String::new(), |path| path.to_string_lossy().into_owned());
    let found = without_keeper(&all, &socket);
    if found.is_empty() {
        return ok("none");
    }
    let names: Vec<String> = found
        .iter()
        .take(4)
        .map(|one| format!("{} ({})", one.name, one.pid))
        .collect();
    let more = if found.len() > 4 { ", …" } else { "" };
    let pids: Vec<String> = found.iter().map(|one| one.pid.to_string()).collect();
    hint(
        format!(
            "{} of panes that have gone: {}{more}",
            found.len(),
            names.join(", ")
        ),
        format!("if nobody wants them: kill {}", pids.join(" ")),
    )
}

/// Programs that were started in panes of this socket and have neither keeper nor anchor above them.
fn without_keeper<'a>(all: &'a [Process], socket: &str) -> Vec<&'a Process> {
    let by_pid: BTreeMap<u32, &Process> = all.iter().map(|one| (one.pid, one)).collect();
    let is_held = |one: &Process| {
        let mut at = Some(one);
        // Deeper than any tree of processes.
        for _ in 0..1000 {
            match at {
                Some(one) if one.name.starts_with("outlast") => return true,
                Some(one) => {
                    at = by_pid
                        .get(&one.parent)
                        .copied()
                        .filter(|up| up.pid != one.pid)
                }
                None => return false,
            }
        }
        true
    };
    all.iter()
        .filter(|one| one.socket.as_deref() == Some(socket) && !is_held(one))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn lives(facts: &[(&str, &str)]) -> Server {
        Server::Lives(
            facts
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
        )
    }

    #[test]
    fn a_socket_is_ours_or_in_the_way() {
        let mut scene = Scene::fake("socket");
        for (server, verdict) in [
            (Server::None, Verdict::Ok),
            (Server::Stale, Verdict::Ok),
            (Server::Tmux, Verdict::Bad),
            (Server::Odd("x".into()), Verdict::Bad),
        ] {
            scene.server = server;
            assert_eq!(socket(&scene).verdict, verdict);
        }
        scene.socket = Err("directory /x has unsafe permissions".into());
        assert!(socket(&scene).remedy.contains("0700"));
    }

    #[test]
    fn a_server_answers_or_does_not() {
        let mut scene = Scene::fake("server");
        assert_eq!(server(&scene), ok("none runs, nothing is kept"));
        scene.server = Server::Silent;
        assert!(server(&scene).remedy.contains("sessions go on"));
        scene.server = lives(&[("pid", "7"), ("programs", "8 9"), ("clients", "1")]);
        assert_eq!(
            server(&scene),
            ok("answers (process 7, 2 panes run, 1 client)")
        );
    }

    #[test]
    fn the_keeper_is_killed_last() {
        let mut scene = Scene::fake("keeper");
        assert_eq!(keeper(&scene).verdict, Verdict::Unknown);
        scene.server = lives(&[("keeper", "7"), ("programs", "8 9")]);
        assert_eq!(keeper(&scene).verdict, Verdict::Bad);
        scene.put("/proc/7/oom_score_adj", "0\n");
        scene.put("/proc/8/oom_score_adj", "300\n");
        assert_eq!(keeper(&scene), ok("process 7"));
        scene.put("/proc/9/oom_score_adj", "0\n");
        assert_eq!(keeper(&scene).verdict, Verdict::Hint);
    }

    #[test]
    fn what_runs_is_what_is_installed() {
        let mut scene = Scene::fake("versions");
        assert_eq!(versions(&scene).verdict, Verdict::Ok);
        let facts = |build: &str, fallback: &str| {
            lives(&[
                ("program", "/opt/outlast"),
                ("release", "0.1.0"),
                ("build", build),
                ("fallback", fallback),
                ("keeper", "7"),
            ])
        };
        scene.server = facts("x", "");
        assert_eq!(versions(&scene).verdict, Verdict::Bad);
        scene.put("/opt/outlast", "");
        assert_eq!(
            versions(&scene).remedy,
            "outlast upgrade, outside of a session"
        );
        let data = std::fs::metadata(scene.path("/opt/outlast")).unwrap();
        let build = Image::of(&data).build_id();
        scene.server = facts(&build, "");
        assert_eq!(versions(&scene).verdict, Verdict::Ok);
        scene.put("/proc/7/exe", "another");
        assert!(
            versions(&scene)
                .remedy
                .starts_with("outlast upgrade --keeper")
        );
        scene.server = facts(&build, "it ended with status 1");
        assert_eq!(versions(&scene).verdict, Verdict::Bad);
    }

    #[test]
    fn a_program_without_a_keeper_above_it_is_an_orphan() {
        let one = |pid, parent, name: &str, socket: Option<&str>| Process {
            pid,
            parent,
            name: name.into(),
            socket: socket.map(String::from),
        };
        let all = [
            one(2, 1, "outlast-anchor", None),
            one(3, 2, "sh", Some("/s")),
            one(4, 3, "make", Some("/s")),
            one(5, 1, "sleep", Some("/s")),
            one(6, 5, "child", Some("/s")),
            one(7, 1, "other", Some("/t")),
            one(8, 1, "none", None),
            // Started in a pane, itself the keeper of another socket.
            one(9, 1, "outlast-keeper", Some("/s")),
        ];
        let found: Vec<u32> = without_keeper(&all, "/s")
            .iter()
            .map(|one| one.pid)
            .collect();
        assert_eq!(found, [5, 6]);
    }
}
