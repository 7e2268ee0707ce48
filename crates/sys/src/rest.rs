//! Giving back the program's own text: what a start, an attach or a command list touched once stays mapped, and counts
//! as this process's memory, until somebody lets it go. The pages are the file's and stay in the page cache; what is
//! needed again is mapped again, 64 KiB at a time, at the cost of a soft fault.

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io::Read;
use std::time::Duration;

use rustix::mm::Advice;
use rustix::param::page_size;

/// Quiet for so long, and the text goes.
const QUIET_MS: u64 = 2_000;
/// Not more often than this.
const APART_MS: u64 = 10_000;

/// When to give the text back. Times are milliseconds of one clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rest {
    due: Option<u64>,
    last: Option<u64>,
}

impl Rest {
    /// Something was done: text has been touched.
    pub fn stirred(&mut self, now: u64) {
        let next = self.last.map_or(0, |last| last + APART_MS);
        self.due = Some(next.max(now + QUIET_MS));
    }
    /// The last thing before a wait of `timeout` (`None`: for ever): gives the text back when that is due. Returns how
    /// long to wait until it is, or `timeout`.
    pub fn before_wait(&mut self, now: u64, timeout: Option<Duration>) -> Option<Duration> {
        let Some(due) = self.due else {
            return timeout;
        };
        if timeout == Some(Duration::ZERO) {
            return timeout;
        }
        if due > now {
            let left = Duration::from_millis(due - now);
            return Some(timeout.map_or(left, |timeout| timeout.min(left)));
        }
        self.due = None;
        self.last = Some(now);
        release_text();
        timeout
    }
}

/// Unmaps the pages of everything that this process runs and cannot write: its program and its libraries. They come
/// back when they are used. Nothing is done under a debugger, whose break points are private copies of such pages.
pub fn release_text() {
    if traced() {
        return;
    }
    // SAFETY: the callback has the signature that dl_iterate_phdr(3) asks for, takes no data and does not unwind.
    unsafe { libc::dl_iterate_phdr(Some(release_object), std::ptr::null_mut()) };
}

fn traced() -> bool {
    // No heap: the keeper's loop has none. The line is among the first, behind a name of 64 bytes at most.
    let mut start = [0; 512];
    let read = File::open("/proc/self/status").and_then(|mut file| file.read(&mut start));
    let start = start.get(..read.unwrap_or(0)).unwrap_or_default();
    let tracer = start
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(b"TracerPid:"));
    tracer.map(<[u8]>::trim_ascii) != Some(b"0")
}

unsafe extern "C" fn release_object(
    info: *mut libc::dl_phdr_info,
    _: usize,
    _: *mut c_void,
) -> c_int {
    // SAFETY: the loader hands in a description that is whole and valid while this runs.
    let info = unsafe { &*info };
    // SAFETY: the name is null or a C string, as dl_iterate_phdr(3) says.
    let first = (!info.dlpi_name.is_null()).then(|| unsafe { *info.dlpi_name.cast::<u8>() });
    // The program itself has no name, libraries have a path, the kernel's own object has neither.
    if info.dlpi_phdr.is_null() || !matches!(first, None | Some(0 | b'/')) {
        return 0;
    }
    // SAFETY: dlpi_phnum headers stand at dlpi_phdr and are not written while the object is loaded.
    let headers =
        unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    for header in headers {
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 {
            continue;
        }
        // Whole pages only: what shares one with a neighbour stays.
        let start = (info.dlpi_addr + header.p_vaddr) as usize;
        let (start, end) = whole_pages(start, start + header.p_memsz as usize, page_size());
        if start < end {
            // SAFETY: the range lies within a segment that is mapped from a file and never written (no PF_W, so
            // relocations are not here): dropping its pages changes nothing that can be read.
            let _ = unsafe {
                rustix::mm::madvise(
                    std::ptr::with_exposed_provenance_mut(start),
                    end - start,
                    Advice::LinuxDontNeed,
                )
            };
        }
    }
    0
}

/// The whole pages of `start..end`; empty when `start >= end` in the answer.
fn whole_pages(start: usize, end: usize, page: usize) -> (usize, usize) {
    (start.next_multiple_of(page), end - end % page)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kilobytes of text of this process that are mapped.
    fn mapped_text() -> u64 {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let (mut sum, mut text) = (0, false);
        for line in maps.lines() {
            if let Some(kilobytes) = line.strip_prefix("Rss:") {
                let kilobytes = kilobytes.trim().trim_end_matches(" kB");
                sum += u64::from(text) * kilobytes.parse::<u64>().unwrap();
            } else if line.contains(" r-xp ") {
                text = line.contains('/');
            }
        }
        sum
    }

    #[test]
    fn text_goes_and_comes_back() {
        let before = mapped_text();
        release_text();
        let after = mapped_text();
        assert!(after < before, "{before} kB of text, then {after} kB");
        let words: Vec<String> = (0..100).map(|n| format!("{n:>5}")).collect();
        assert_eq!(words.concat().len(), 500);
    }

    #[test]
    fn only_whole_pages() {
        for (range, pages) in [
            ((0, 4096), (0, 4096)),
            ((1, 4096), (4096, 4096)),
            ((1, 12_287), (4096, 8192)),
            ((100, 200), (4096, 0)),
        ] {
            assert_eq!(whole_pages(range.0, range.1, 4096), pages, "{range:?}");
        }
    }

    #[test]
    fn once_after_something_was_done() {
        let mut rest = Rest::default();
        let ms = Duration::from_millis;
        assert_eq!(rest.before_wait(0, None), None);
        rest.stirred(100);
        assert_eq!(rest.before_wait(100, None), Some(ms(QUIET_MS)));
        assert_eq!(rest.before_wait(100, Some(ms(5))), Some(ms(5)));
        rest.stirred(600);
        let quiet = 600 + QUIET_MS;
        // Not while there is something to do.
        assert_eq!(rest.before_wait(quiet, Some(ms(0))), Some(ms(0)));
        assert!(rest.due.is_some());
        assert_eq!(rest.before_wait(quiet, Some(ms(70))), Some(ms(70)));
        assert_eq!(rest.due, None);
        rest.stirred(quiet + 1);
        assert_eq!(rest.before_wait(quiet + 1, None), Some(ms(APART_MS - 1)));
    }
}
