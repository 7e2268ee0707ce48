//! A line between ssh and sshd that the test can have fall silent or cut.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Bytes go through.
const OPEN: u8 = 0;
/// Nothing goes through, and nobody is told.
const SILENT: u8 = 1;
/// Both ends are closed.
const CUT: u8 = 2;

/// How often a direction looks whether its state has changed.
const GLANCE: Duration = Duration::from_millis(10);

/// Connections in the order in which they were made, each with its state.
type States = Arc<Mutex<Vec<Arc<AtomicU8>>>>;

/// The line. Each connection that is made to its port is one to sshd's.
pub struct Link {
    /// Where ssh is to connect to.
    pub port: u16,
    states: States,
    over: Arc<AtomicU8>,
}

impl Link {
    /// A line to a port of this machine.
    pub fn new(to: u16) -> Result<Link, String> {
        let text = |error: std::io::Error| format!("the line: {error}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(text)?;
        let port = listener.local_addr().map_err(text)?.port();
        let link = Link {
            port,
            states: States::default(),
            over: Arc::new(AtomicU8::new(OPEN)),
        };
        let (states, over) = (Arc::clone(&link.states), Arc::clone(&link.over));
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) == CUT {
                    return;
                }
                let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)) else {
                    continue;
                };
                let state = Arc::new(AtomicU8::new(OPEN));
                states
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(Arc::clone(&state));
                both_ways(&near, &far, &state);
            }
        });
        Ok(link)
    }

    /// Nothing goes through any more on the connections that there are; new ones are open.
    pub fn fall_silent(&self) {
        self.set(SILENT);
    }

    /// Closes the connections that there are.
    pub fn cut(&self) {
        self.set(CUT);
    }

    fn set(&self, state: u8) {
        for connection in &*self.states.lock().unwrap_or_else(PoisonError::into_inner) {
            connection.store(state, Ordering::Relaxed);
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.cut();
        self.over.store(CUT, Ordering::Relaxed);
        // Wakes whoever accepts.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn both_ways(near: &TcpStream, far: &TcpStream, state: &Arc<AtomicU8>) {
    for (from, to) in [(near, far), (far, near)] {
        let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else {
            state.store(CUT, Ordering::Relaxed);
            return;
        };
        let state = Arc::clone(state);
        std::thread::spawn(move || {
            one_way(&from, &to, &state);
            state.store(CUT, Ordering::Relaxed);
            for end in [from, to] {
                let _ = end.shutdown(Shutdown::Both);
            }
        });
    }
}

/// Carries bytes until an end closes or the line is cut.
fn one_way(mut from: &TcpStream, mut to: &TcpStream, state: &AtomicU8) {
    let mut buffer = [0; 16 * 1024];
    if from.set_read_timeout(Some(GLANCE)).is_err() || to.set_write_timeout(Some(GLANCE)).is_err() {
        return;
    }
    loop {
        match state.load(Ordering::Relaxed) {
            OPEN => {}
            SILENT => {
                std::thread::sleep(GLANCE);
                continue;
            }
            _ => return,
        }
        let len = match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(len) => len,
            Err(error) if is_late(&error) => continue,
            Err(_) => return,
        };
        let mut rest = &buffer[..len];
        while !rest.is_empty() {
            match to.write(rest) {
                Ok(written) => rest = &rest[written..],
                // Whoever does not read is waited for, but not longer than the line lasts.
                Err(error) if is_late(&error) && state.load(Ordering::Relaxed) != CUT => {}
                Err(_) => return,
            }
        }
    }
}

fn is_late(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
