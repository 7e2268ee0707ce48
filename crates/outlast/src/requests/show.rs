//! `outlast requests`: what waits for an answer, on as few columns as there are; all of one.

use std::fmt::Write;
use std::process::ExitCode;

use outlast_agent::subject::line;
use serde::Deserialize;

use super::{fail, record};
use crate::ask::ask;
use crate::flags::Flags;
use crate::look::list::{age, fit};

const USAGE: &str = "usage: outlast requests [--json] [--all] [ID] | --history [--json]";

/// A request as the server tells it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Request {
    id: String,
    agent: String,
    tool: String,
    title: String,
    detail: String,
    path: String,
    pane: Option<String>,
    opened: i64,
    always: Vec<String>,
    questions: Vec<serde_json::Value>,
    settled: Option<String>,
}

/// A directory as people write it.
fn short(path: &str, home: &str) -> String {
    let below = path.strip_prefix(home).filter(|_| home.len() > 1);
    let path = match below {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("~{rest}"),
        _ => path.to_string(),
    };
    line(&path, 1000)
}

/// Two lines for each.
fn table(requests: &[Request], now: i64, home: &str, width: usize) -> String {
    let mut out = String::new();
    for request in requests {
        let since = age(now - request.opened);
        let head = format!("{}  {}  {since}", request.id, line(&request.agent, 40));
        let room = width.saturating_sub(head.chars().count() + 2);
        let path = short(&request.path, home);
        // Of a long directory the end says more.
        let long = path.chars().count();
        let path = match long > room && room > 1 {
            true => format!(
                "…{}",
                path.chars().skip(long + 1 - room).collect::<String>()
            ),
            false => path,
        };
        let _ = writeln!(out, "{}", fit(&format!("{head}  {path}"), width).trim_end());
        let _ = writeln!(
            out,
            "{}",
            fit(&format!("  {}", request.title), width).trim_end()
        );
        if let Some(settled) = &request.settled {
            let _ = writeln!(
                out,
                "{}",
                fit(&format!("  {}", line(settled, 300)), width).trim_end()
            );
        }
    }
    out
}

/// All of one.
fn whole(request: &Request, now: i64, home: &str) -> String {
    let mut out = format!(
        "{}: {} asks for {}, {}\n  directory  {}\n",
        request.id,
        line(&request.agent, 40),
        line(&request.tool, 200),
        age(now - request.opened),
        short(&request.path, home),
    );
    if let Some(pane) = &request.pane {
        let _ = writeln!(out, "  pane       {pane}");
    }
    for (n, update) in request.always.iter().enumerate() {
        let label = if n == 0 { "always" } else { "" };
        let _ = writeln!(out, "  {label:<9}  {update}");
    }
    let _ = writeln!(out, "\n{}\n", request.detail);
    let id = &request.id;
    let next = match (&request.settled, request.questions.is_empty()) {
        (Some(settled), _) => settled.clone(),
        (None, false) => format!("outlast answer {id} ANSWER, or outlast deny {id} --reason TEXT"),
        (None, true) if request.always.is_empty() => {
            format!("outlast approve {id}, or outlast deny {id} --reason TEXT")
        }
        (None, true) => {
            format!("outlast approve {id} [--always], or outlast deny {id} --reason TEXT")
        }
    };
    out + &next + "\n"
}

/// `outlast requests`.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let (mut json, mut all, mut history, mut id) = (false, false, false, None);
    for word in words {
        match word.as_str() {
            "-h" | "--help" => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            "--json" => json = true,
            "--all" => all = true,
            "--history" => history = true,
            word if !word.starts_with('-') && id.is_none() => id = Some(word),
            word => return fail("requests", &format!("what is {word}?\n{USAGE}")),
        }
    }
    if history {
        return record::show(flags, json);
    }
    let mut command = vec!["list-requests", "-j"];
    command.extend(all.then_some("-a"));
    command.extend(id);
    let text = match ask(flags, false, &command) {
        Ok(text) => text,
        Err(text) => return fail("requests", &text),
    };
    if json {
        // A list, or the one that was asked for.
        let lines: Vec<&str> = text.lines().collect();
        match id {
            Some(_) => println!("{}", lines.concat()),
            None => println!("[{}]", lines.join(",\n")),
        }
        return ExitCode::SUCCESS;
    }
    let requests: Vec<Request> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let now = outlast_sys::clock::unix_seconds();
    let home = std::env::var("HOME").unwrap_or_default();
    let shown = match (id, requests.as_slice()) {
        (Some(_), [request]) => whole(request, now, &home),
        (_, []) => "no agent waits for an answer\n".to_string(),
        (_, requests) => table(requests, now, &home, crate::runs::show::width()),
    };
    print!("{shown}");
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            id: "7kd".into(),
            agent: "claude".into(),
            tool: "Bash".into(),
            title: "Bash: git push origin main --force-with-lease".into(),
            detail: "git push origin main --force-with-lease".into(),
            path: "/home/me/projects/a-long-name/of/a/directory".into(),
            pane: Some("%3".into()),
            opened: 1000,
            always: vec!["allow Bash(git push:*)".into()],
            ..Request::default()
        }
    }

    #[test]
    fn the_list_fits() {
        let shown = table(&[request()], 1000 + 125, "/home/me", 40);
        assert_eq!(
            shown,
            "7kd  claude  2m  …ng-name/of/a/directory\n  Bash: git push origin main --force-wi…\n"
        );
        let wide = table(&[request()], 1000, "/home/me", 200);
        assert!(wide.contains("~/projects/a-long-name/of/a/directory\n  Bash: git push origin main --force-with-lease\n"), "{wide}");
    }

    #[test]
    fn one_is_shown_whole() {
        let shown = whole(&request(), 1000, "/home/me");
        assert!(
            shown.contains("\n\ngit push origin main --force-with-lease\n\n"),
            "{shown}"
        );
        assert!(
            shown.contains("  always     allow Bash(git push:*)\n"),
            "{shown}"
        );
        assert!(
            shown.ends_with("outlast approve 7kd [--always], or outlast deny 7kd --reason TEXT\n"),
            "{shown}"
        );
        let settled = Request {
            settled: Some("denied by rule 2: x".into()),
            ..request()
        };
        assert!(whole(&settled, 1000, "/").ends_with("\ndenied by rule 2: x\n"));
    }
}
