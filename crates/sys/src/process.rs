//! Facts about processes and the machine, from /proc.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::PathBuf;

/// "/proc/self/fd/N" without an allocation.
#[derive(Debug)]
pub(crate) struct FdPath([u8; 32]);

impl FdPath {
    pub(crate) fn new(fd: BorrowedFd<'_>) -> FdPath {
        FdPath::under(b"/proc/self/fd/", fd.as_raw_fd().unsigned_abs())
    }
    /// `prefix` (at most 20 bytes) and a number.
    pub(crate) fn under(prefix: &[u8], number: u32) -> FdPath {
        let mut path = [0; 32];
        path[..prefix.len()].copy_from_slice(prefix);
        let digits = number.checked_ilog10().unwrap_or(0) as usize + 1;
        let mut rest = number;
        for place in path[prefix.len()..prefix.len() + digits].iter_mut().rev() {
            *place = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        FdPath(path)
    }
    pub(crate) fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

fn proc_file(pid: u32, name: &str) -> Option<Vec<u8>> {
    std::fs::read(format!("/proc/{pid}/{name}")).ok()
}

/// What sched_getattr(2) and sched_setattr(2) take, in the kernel's first version of it.
#[repr(C)]
#[derive(Default)]
struct SchedAttr {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}

const SCHED_FLAG_RESET_ON_FORK: u64 = 1;

/// Asks the scheduler for short slices (Linux 6.12; before, this has no effect): the calling thread, woken for a key,
/// then runs before a program that floods has used up its own. The share of the time is what it was, and children have
/// the usual slices.
pub fn wants_short_slices() {
    let len = std::mem::size_of::<SchedAttr>() as u32;
    let mut attr = SchedAttr::default();
    // SAFETY: the kernel writes at most `len` bytes, the size of the structure that the pointer is to.
    let known = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attr, len, 0) };
    // With a negative niceness children would not get it if it were reset for them.
    if known != 0 || attr.policy != libc::SCHED_OTHER as u32 || attr.nice < 0 {
        return;
    }
    let attr = SchedAttr {
        size: len,
        flags: SCHED_FLAG_RESET_ON_FORK,
        nice: attr.nice,
        // The shortest there is.
        runtime: 100_000,
        ..SchedAttr::default()
    };
    // SAFETY: the kernel reads `size` bytes of a structure of that size. A refusal changes nothing.
    unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attr, 0) };
}

/// The command name that the kernel keeps for a process (at most 15 bytes): bytes chosen by the program, to be
/// cleaned before they are shown.
pub fn comm(pid: u32) -> Option<Vec<u8>> {
    let mut comm = proc_file(pid, "comm")?;
    comm.pop_if(|last| *last == b'\n');
    Some(comm)
}

/// The arguments of a process, argv[0] first: bytes chosen by the program. Empty for a zombie.
pub fn cmdline(pid: u32) -> Option<Vec<Vec<u8>>> {
    let bytes = proc_file(pid, "cmdline")?;
    let mut args: Vec<Vec<u8>> = bytes.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    args.pop_if(|last| last.is_empty());
    Some(args)
}

/// Names of the variables that a process was started with.
pub fn environment_names(pid: u32) -> Vec<String> {
    let bytes = proc_file(pid, "environ").unwrap_or_default();
    bytes
        .split(|byte| *byte == 0)
        .filter_map(|variable| variable.split(|byte| *byte == b'=').next())
        .filter(|name| !name.is_empty())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

/// The kernel's id of this boot of the machine; "" if it does not say.
pub fn boot_id() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim_end().to_string()
}

/// Working directory of a process.
pub fn cwd(pid: u32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

/// The executable that a process runs, as it was found; " (deleted)" is taken off a replaced one's name.
pub fn executable(pid: u32) -> Option<PathBuf> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let path = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let bytes = path.as_os_str().as_bytes();
    let bytes = bytes.strip_suffix(b" (deleted)").unwrap_or(bytes);
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes.to_vec())))
}

/// Field `number` of /proc/PID/stat, counted as proc(5) does; of 3 and up.
fn stat_field(pid: u32, number: usize) -> Option<String> {
    let stat = proc_file(pid, "stat")?;
    // The name in parentheses may hold anything, parentheses too: what follows starts after the last.
    let after = stat.rsplitn(2, |byte| *byte == b')').next()?;
    let mut fields = std::str::from_utf8(after).ok()?.split_ascii_whitespace();
    fields.nth(number.checked_sub(3)?).map(str::to_string)
}

/// Parent of a process.
pub fn parent(pid: u32) -> Option<u32> {
    stat_field(pid, 4)?.parse().ok()
}

/// The process group in the foreground of a process's terminal. None: it has no terminal, or is no more.
pub fn foreground_group(pid: u32) -> Option<u32> {
    stat_field(pid, 8)?.parse().ok()
}

/// The number of its controlling terminal, as the kernel counts devices; None: it has none, or is no more.
pub fn terminal(pid: u32) -> Option<u32> {
    let number: i32 = stat_field(pid, 7)?.parse().ok()?;
    (number != 0).then_some(number as u32)
}

/// Who a process is, its parent (0: nobody whom we see) and the number of its controlling terminal, all of one look. None:
/// it has ended, or is not to be seen.
pub(crate) fn stand(pid: u32) -> Option<(Identity, u32, Option<u32>)> {
    let stat = proc_file(pid, "stat")?;
    let after = stat.rsplitn(2, |byte| *byte == b')').next()?;
    let fields: Vec<&str> = std::str::from_utf8(after)
        .ok()?
        .split_ascii_whitespace()
        .collect();
    // As proc(5) counts them: the state is the third.
    let field = |number: usize| fields.get(number - 3).copied();
    let terminal: i32 = field(7)?.parse().ok()?;
    let process = Identity {
        pid,
        started: field(22)?.parse().ok()?,
    };
    let terminal = (terminal != 0).then_some(terminal as u32);
    Some((process, field(4)?.parse().ok()?, terminal))
}

/// Its process group.
pub fn group(pid: u32) -> Option<u32> {
    stat_field(pid, 5)?.parse().ok()
}

/// A line of /proc/PID/status, without its name.
pub fn status(pid: u32, name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(&proc_file(pid, "status")?).into_owned();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.map(|value| value.trim().to_string())
}

/// The processes that there are, as far as we see them.
pub fn all() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// The value that a process was started with for a variable.
pub fn environment_value(pid: u32, name: &str) -> Option<String> {
    let bytes = proc_file(pid, "environ")?;
    let mut variables = bytes.split(|byte| *byte == 0);
    let value = variables
        .find_map(|variable| variable.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// A process, told from others that get its number later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its number.
    pub pid: u32,
    /// When it was started, in clock ticks since the boot.
    pub started: u64,
}

impl Identity {
    /// Of the process that has this number now; None: there is none, or none that we see.
    pub fn of(pid: u32) -> Option<Identity> {
        let started = stat_field(pid, 22)?.parse().ok()?;
        Some(Identity { pid, started })
    }

    /// Whether it goes on (stopped ones do, zombies do not).
    pub fn lives(self) -> bool {
        let ended = |state: String| matches!(state.as_str(), "Z" | "X");
        Identity::of(self.pid) == Some(self) && !stat_field(self.pid, 3).is_none_or(ended)
    }
}

/// Resident memory of a process in bytes.
pub fn resident_bytes(pid: u32) -> Option<u64> {
    let statm = String::from_utf8(proc_file(pid, "statm")?).ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Whether a process with this id exists (a zombie does).
pub fn exists(pid: u32) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .is_some_and(|pid| {
            !matches!(
                rustix::process::test_kill_process(pid),
                Err(rustix::io::Errno::SRCH)
            )
        })
}

/// Our process id.
pub fn own_pid() -> u32 {
    std::process::id()
}

/// Name of the machine.
pub fn host_name() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// Name by which `ps` and `top` know this process (15 bytes).
pub fn set_own_name(name: &CStr) {
    // SAFETY: PR_SET_NAME reads a NUL-terminated string.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

/// Bytes that we may still write in the file system of a path.
pub fn free_bytes(path: &std::path::Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// The most bytes that a file of ours may have, in memory too (`ulimit -f`); None: there is no limit.
pub fn file_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Fsize).current
}

/// Raises the limit of open descriptors as far as allowed and returns the former, to be given to children
/// ([`crate::spawn::Nofile`]).
pub fn raise_nofile() -> crate::spawn::Nofile {
    let former = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit {
        current: former.maximum,
        maximum: former.maximum,
    };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, raised);
    crate::spawn::Nofile {
        soft: former.current.unwrap_or(u64::MAX),
        hard: former.maximum.unwrap_or(u64::MAX),
    }
}
