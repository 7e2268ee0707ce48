//! A server of HTTP for tests: what is asked of it is handed to the test, and answered with a status.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use crate::world::patience;
use crate::{Result, at};

/// A request: "POST /path", headers, body.
pub type Request = (String, String, String);

/// A server of HTTP that answers with these statuses, the last one ever after.
///
/// # Errors
/// There is no port.
pub fn http(statuses: &'static [u16]) -> Result<(u16, Receiver<Request>)> {
    let listener = at(TcpListener::bind("127.0.0.1:0"), "a port")?;
    let port = at(listener.local_addr(), "a port")?.port();
    let (tell, requests) = channel();
    std::thread::spawn(move || {
        let mut statuses = statuses.iter().copied();
        let mut status = 200;
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(match stream.try_clone() {
                Ok(stream) => stream,
                Err(_) => return,
            });
            let mut first = String::new();
            let _ = reader.read_line(&mut first);
            let (mut headers, mut len) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    len = value.trim().parse().unwrap_or(0);
                }
                headers.push_str(&line);
            }
            let mut body = vec![0; len];
            let _ = reader.read_exact(&mut body);
            status = statuses.next().unwrap_or(status);
            // Who asks may have gone.
            let _ = write!(
                stream,
                "HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let what = first.rsplit_once(' ').map_or("", |(what, _)| what);
            let body = String::from_utf8_lossy(&body).into_owned();
            if tell.send((what.to_string(), headers, body)).is_err() {
                return;
            }
        }
    });
    Ok((port, requests))
}

/// What was asked of it next.
///
/// # Errors
/// Nothing, for long.
pub fn heard(requests: &Receiver<Request>) -> Result<Request> {
    requests
        .recv_timeout(patience() * 2)
        .map_err(|_| "nothing was sent".into())
}
