//! The kernel's log (/dev/kmsg), where we may read it: root may, others often.

use std::io::Read;
use std::path::Path;

use rustix::fs::{Mode, OFlags};

/// So many records are read at most, so long each.
const RECORDS_MOST: usize = 20_000;
const RECORD_LEN: usize = 8192;

/// Whether a record of it has these words. One that we may not read says nothing.
pub fn says(log: &Path, words: &str) -> bool {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = rustix::fs::open(log, flags, Mode::empty()) else {
        return false;
    };
    let mut file = std::fs::File::from(file);
    let mut record = vec![0; RECORD_LEN];
    for _ in 0..RECORDS_MOST {
        match file.read(&mut record) {
            Ok(0) => return false,
            // A record for each read.
            Ok(len) => {
                if String::from_utf8_lossy(&record[..len]).contains(words) {
                    return true;
                }
            }
            // The next one was overwritten meanwhile; reading goes on with the oldest that is there.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            Err(_) => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_to_its_end_and_no_further() {
        // It ends, whatever is in it, and whether we may read it or not.
        assert!(!says(Path::new("/dev/kmsg"), "\0no such words\0"));
        assert!(!says(Path::new("/nowhere"), "x"));
        let path = std::env::temp_dir().join(format!("outlast-kmsg-{}", std::process::id()));
        std::fs::write(&path, "6,1,1,-;Killed process 7 (x)\n").unwrap();
        assert!(says(&path, "Killed process 7 (") && !says(&path, "Killed process 77 ("));
        std::fs::remove_file(path).unwrap();
    }
}
