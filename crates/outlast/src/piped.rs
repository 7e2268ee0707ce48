//! Our stdin, sent to the server for a command that reads it (`load-buffer -`).

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};

use outlast_sys::poll;

/// Bytes sent at once.
const PIECE: usize = 64 * 1024;

/// Waits until the server says something (None) or there is more on stdin: bytes, none at its end. A stdin that
/// cannot be read has come to its end.
pub fn next(server: BorrowedFd<'_>) -> Option<Vec<u8>> {
    let stdin = io::stdin();
    loop {
        match poll::either_readable(server, stdin.as_fd()) {
            Ok((false, true)) => {}
            Ok(_) => return None,
            Err(_) => return Some(Vec::new()),
        }
        let mut bytes = vec![0; PIECE];
        match stdin.lock().read(&mut bytes) {
            Ok(n) => {
                bytes.truncate(n);
                return Some(bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Some(Vec::new()),
        }
    }
}
