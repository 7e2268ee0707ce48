//! Webhook and ntfy. One request, no redirect: a secret address is given to nobody else.

use std::time::Duration;

use outlast_core::notices::Task;
use serde_json::{Value, json};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Error};

use super::Failed;
use super::names::Names;

/// A try takes no longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Certificates that this machine trusts, a person's own among them; without any of these files the web's usual ones.
const ROOTS: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
];

fn roots() -> RootCerts {
    let named = std::env::var("SSL_CERT_FILE").ok();
    let files = named
        .iter()
        .map(String::as_str)
        .chain(ROOTS.iter().copied());
    for file in files {
        let Ok(bytes) = std::fs::read(file) else {
            continue;
        };
        let certificates: Vec<_> = parse_pem(&bytes)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if !certificates.is_empty() {
            return certificates.into();
        }
    }
    RootCerts::WebPki
}

fn agent(url: &str) -> Agent {
    // Reading what is trusted takes longer than all the rest.
    let roots = match url.starts_with("https:") {
        true => roots(),
        false => RootCerts::WebPki,
    };
    let tls = TlsConfig::builder().root_certs(roots).build();
    let config = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent("outlast")
        .tls_config(tls)
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Names::default())
}

/// What has gone wrong, without the address.
fn failed(error: &Error) -> Failed {
    let why = match error {
        Error::Timeout(_) => "it does not answer in time".into(),
        Error::HostNotFound => "its host is not known".into(),
        Error::Io(error) => crate::socket::reason(error),
        Error::ConnectionFailed => "it cannot be reached".into(),
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => {
            return Failed::for_good("its certificate is not trusted, or it does not speak TLS");
        }
        Error::BadUri(_) | Error::Http(_) | Error::InvalidProxyUrl => {
            return Failed::for_good("that is no address: it begins with https:// or http://");
        }
        _ => "it does not speak HTTP".into(),
    };
    Failed::now(why)
}

fn judged(status: u16) -> Result<String, Failed> {
    let why = format!("it answers with HTTP {status}");
    match status {
        200..300 => Ok(String::new()),
        408 | 429 | 500.. => Err(Failed::now(why)),
        _ => Err(Failed::for_good(why)),
    }
}

fn post(url: &str, token: &str, body: &Value) -> Result<String, Failed> {
    let mut request = agent(url)
        .post(url)
        .header("Content-Type", "application/json");
    if !token.is_empty() {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let answer = request.send(body.to_string());
    judged(answer.map_err(|error| failed(&error))?.status().as_u16())
}

/// What a webhook is sent.
fn hook(task: &Task) -> Value {
    let news = &task.news;
    json!({
        "event": "notice",
        "id": task.id,
        "sequence": task.sequence,
        "settled": task.settled,
        "state": news.state,
        "title": news.title,
        "text": news.text,
        "session": news.session,
        "pane": news.pane.map(|pane| format!("%{pane}")),
        "agent": news.agent,
        "request": news.request,
        "left_out": task.left_out,
    })
}

pub(super) fn webhook(task: &Task) -> Result<String, Failed> {
    post(&task.url, &task.token, &hook(task))
}

/// An ntfy address: that of the server, and the topic.
fn topic(url: &str) -> Option<(&str, &str)> {
    let (base, topic) = url.trim_end_matches('/').rsplit_once('/')?;
    let host = base.split_once("://")?.1;
    (!topic.is_empty() && !host.is_empty()).then_some((base, topic))
}

/// What ntfy is sent.
fn message(task: &Task, topic: &str) -> Value {
    let news = &task.news;
    let (priority, tag) = match news.state.as_str() {
        "waiting" => (4, "question"),
        "failed" => (4, "x"),
        "done" => (3, "white_check_mark"),
        _ => (3, "bell"),
    };
    let mut text = news.text.clone();
    if text.is_empty() {
        text = news.title.clone();
    }
    if task.left_out > 0 {
        text.push_str(&format!(" (and {} more)", task.left_out));
    }
    let mut message = json!({
        "topic": topic,
        "title": news.title,
        "message": text,
        "priority": priority,
        "tags": [tag],
        "sequence_id": task.sequence,
    });
    if !task.answer_url.is_empty() && !news.request.is_empty() {
        let button = |label: &str, answer: &str| {
            json!({
                "action": "http",
                "label": label,
                "url": task.answer_url,
                "method": "POST",
                "headers": {"Content-Type": "application/json"},
                "body": json!({"request": news.request, "answer": answer}).to_string(),
                "clear": true,
            })
        };
        message["actions"] = json!([button("Allow", "allow"), button("Deny", "deny")]);
    }
    message
}

pub(super) fn ntfy(task: &Task) -> Result<String, Failed> {
    let wrong = "that is no address of a topic: https://ntfy.example/topic";
    let (base, topic) = topic(&task.url).ok_or_else(|| Failed::for_good(wrong))?;
    if !task.settled {
        return post(&format!("{base}/"), &task.token, &message(task, topic));
    }
    // A server before 2.16 cannot take anything back; so be it.
    let mut request = agent(base).delete(format!("{base}/{topic}/{}", task.sequence));
    if !task.token.is_empty() {
        request = request.header("Authorization", format!("Bearer {}", task.token));
    }
    let answer = request.call().map_err(|error| failed(&error))?;
    match answer.status().as_u16() {
        500.. => judged(answer.status().as_u16()),
        _ => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use outlast_agent::notice::News;

    use super::*;

    fn task() -> Task {
        Task {
            id: 7,
            sequence: "1-7".into(),
            news: News {
                state: "waiting".into(),
                title: "api: claude waits for permission".into(),
                request: "3ab".into(),
                ..News::default()
            },
            ..Task::default()
        }
    }

    #[test]
    fn a_topic_is_the_last_part_of_an_address() {
        let rows = [
            (
                "https://ntfy.sh/secret",
                Some(("https://ntfy.sh", "secret")),
            ),
            (
                "http://[::1]:80/sub/secret/",
                Some(("http://[::1]:80/sub", "secret")),
            ),
            ("https://ntfy.sh", None),
            ("https://ntfy.sh/", None),
            ("secret", None),
        ];
        for (url, parts) in rows {
            assert_eq!(topic(url), parts, "{url}");
        }
    }

    #[test]
    fn buttons_are_there_only_if_they_are_allowed() {
        let mut task = task();
        let said = message(&task, "t");
        assert!(said.get("actions").is_none());
        assert_eq!(
            (&said["topic"], &said["priority"]),
            (&json!("t"), &json!(4))
        );
        task.answer_url = "https://me.example/answer".into();
        let said = message(&task, "t");
        assert_eq!(said["actions"][1]["label"], "Deny");
        assert_eq!(
            said["actions"][0]["body"],
            r#"{"answer":"allow","request":"3ab"}"#
        );
        task.news.request.clear();
        assert!(message(&task, "t").get("actions").is_none());
    }

    #[test]
    fn what_goes_wrong_names_no_address() {
        let mut task = task();
        task.url = "http://secret.invalid.localhost:1/topic".into();
        let why = webhook(&task).unwrap_err().why;
        assert!(!why.contains("secret"), "{why}");
        task.url = "secret".into();
        assert!(!ntfy(&task).unwrap_err().why.contains("secret"));
        assert!(!webhook(&task).unwrap_err().why.contains("secret"));
        assert!(judged(503).unwrap_err().again && !judged(403).unwrap_err().again);
        assert!(judged(302).is_err());
    }
}
