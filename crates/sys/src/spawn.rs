//! Starting programs from a process that must not touch its heap: everything is prepared before the fork, and the
//! child makes only system calls until it executes (async-signal-safe, as fork(2) demands).

use std::ffi::{CStr, CString, c_char};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::ptr::null;

use rustix::mm::ProtFlags;
use rustix::pipe::PipeFlags;

use crate::mem::Region;

/// Most arguments and environment entries of a program, together.
pub const STRINGS_MAX: usize = 64 * 1024;
/// What is added to `oom_score_adj` of panes' programs: when memory runs out they go before keeper and server.
pub const OOM_ADD: i32 = 300;
/// The descriptor at which [`Spawner::start_server`] passes the socket.
pub const SERVER_FD: RawFd = 3;

/// The limits of open descriptors that a child is given back.
#[derive(Clone, Copy, Debug)]
pub struct Nofile {
    /// Soft limit.
    pub soft: u64,
    /// Hard limit.
    pub hard: u64,
}

/// What a program is given as descriptors 0, 1 and 2.
#[derive(Clone, Copy, Debug)]
pub enum Stdio<'a> {
    /// This terminal as all three, and as its controlling terminal.
    Terminal(BorrowedFd<'a>),
    /// These, or /dev/null.
    Streams {
        /// Descriptor 0.
        input: Option<BorrowedFd<'a>>,
        /// Descriptor 1.
        output: Option<BorrowedFd<'a>>,
        /// Descriptor 2.
        error: Option<BorrowedFd<'a>>,
    },
}

/// What to run.
#[derive(Debug)]
pub struct Program<'a, A, E> {
    /// The file; searched on PATH of `env` when it has no slash.
    pub path: &'a CStr,
    /// Working directory; falls back to HOME of `env`, then "/".
    pub cwd: &'a CStr,
    /// Arguments, argv[0] first.
    pub argv: A,
    /// The whole environment.
    pub env: E,
}

/// What a program waits for between fork and exec: a byte. When nobody is left who could write one, it ends without
/// having run. So it can be made known first, and whoever knows of it can let it run.
#[derive(Debug)]
pub struct Gate {
    read: OwnedFd,
    write: OwnedFd,
}

impl Gate {
    /// A closed one.
    ///
    /// # Errors
    /// EMFILE, ENFILE.
    pub fn new() -> io::Result<Gate> {
        let (read, write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        Ok(Gate { read, write })
    }

    /// The end that opens it, once its program was started.
    pub fn into_opener(self) -> OwnedFd {
        self.write
    }
}

/// Opens a gate. The program may have ended, or run since somebody else opened it: that is no error.
pub fn open_gate(opener: &impl AsFd) {
    let _ = rustix::io::write(opener, b"x");
}

/// Starts programs; holds the memory that preparing them takes.
#[derive(Debug)]
pub struct Spawner {
    pointers: Region,
    nofile: Nofile,
    oom: [u8; 12],
}

/// Where the child has its gate.
const GATE_FD: RawFd = 3;

/// All that the child needs, prepared.
struct Plan {
    path: *const c_char,
    /// argv[-1] is a spare place, for the shell that runs a script without `#!`.
    argv: *mut *const c_char,
    envp: *const *const c_char,
    search: *const c_char,
    cwd: [*const c_char; 3],
    stdio: [RawFd; 3],
    terminal: bool,
    /// Passed as [`SERVER_FD`].
    server_socket: Option<RawFd>,
    /// Both ends, to read and to write.
    gate: Option<[RawFd; 2]>,
    session: bool,
    nofile: Nofile,
    oom: [u8; 12],
}

impl Spawner {
    /// Takes the memory (touched only when used). Children get `nofile` back as their limit.
    ///
    /// # Errors
    /// There is no room.
    pub fn new(nofile: Nofile) -> io::Result<Spawner> {
        let pointers = Region::anonymous(
            (STRINGS_MAX + 3) * size_of::<*const c_char>(),
            ProtFlags::READ | ProtFlags::WRITE,
        )?;
        let own = std::fs::read_to_string("/proc/self/oom_score_adj").ok();
        let own: i32 = own.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        let mut oom = [0; 12];
        let text = (own + OOM_ADD).min(1000).to_string();
        oom[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Spawner {
            pointers,
            nofile,
            oom,
        })
    }

    /// The limits that children are given back.
    pub fn nofile(&self) -> Nofile {
        self.nofile
    }

    /// Starts a program as leader of a session and process group of its own, with default signals, and returns its
    /// process id. It runs when the gate is opened. A program that cannot be executed says why on its descriptor 2 and exits with 127 (not found) or
    /// 126.
    ///
    /// # Errors
    /// E2BIG: more than [`STRINGS_MAX`] strings; EAGAIN, ENOMEM: no process.
    pub fn start<'a>(
        &mut self,
        program: Program<'a, impl Iterator<Item = &'a CStr>, impl Iterator<Item = &'a CStr>>,
        stdio: Stdio<'_>,
        gate: &Gate,
    ) -> io::Result<u32> {
        let table: *mut *const c_char = self.pointers.at(0).cast();
        let mut used = 1;
        let mut put = |pointer: *const c_char| {
            if used >= STRINGS_MAX + 3 {
                return Err(io::Error::from_raw_os_error(libc::E2BIG));
            }
            // SAFETY: `used` is below the number of pointers that the region holds; it is page-aligned.
            unsafe { table.add(used).write(pointer) };
            used += 1;
            Ok(used)
        };
        for argument in program.argv {
            put(argument.as_ptr())?;
        }
        let env_at = put(null())?;
        let (mut search, mut home) = (c"/usr/local/bin:/usr/bin:/bin".as_ptr(), c"/".as_ptr());
        for entry in program.env {
            put(entry.as_ptr())?;
            let value = |name: &[u8]| {
                entry
                    .to_bytes_with_nul()
                    .strip_prefix(name)
                    .map(|value| value.as_ptr().cast())
            };
            search = value(b"PATH=").unwrap_or(search);
            home = value(b"HOME=").unwrap_or(home);
        }
        put(null())?;
        // /dev/null is the keeper's own descriptor 0.
        let fd = |fd: Option<BorrowedFd<'_>>| fd.map_or(0, |fd| fd.as_raw_fd());
        let (stdio, terminal) = match stdio {
            Stdio::Terminal(slave) => ([slave.as_raw_fd(); 3], true),
            Stdio::Streams {
                input,
                output,
                error,
            } => ([fd(input), fd(output), fd(error)], false),
        };
        let plan = Plan {
            path: program.path.as_ptr(),
            // SAFETY: both offsets are within the table, as `put` has seen to.
            argv: unsafe { table.add(1) },
            // SAFETY: as above.
            envp: unsafe { table.add(env_at) },
            search,
            cwd: [program.cwd.as_ptr(), home, c"/".as_ptr()],
            stdio,
            terminal,
            server_socket: None,
            gate: Some([gate.read.as_raw_fd(), gate.write.as_raw_fd()]),
            session: true,
            nofile: self.nofile,
            oom: self.oom,
        };
        fork_and_run(&plan)
    }

    /// Starts the server: descriptor 0 and 1 are the caller's 0 (/dev/null), 2 is kept, `socket` becomes
    /// [`SERVER_FD`]; environment, working directory, `oom_score_adj` are the caller's.
    ///
    /// # Errors
    /// EAGAIN, ENOMEM: no process.
    pub fn start_server(
        &mut self,
        path: &CStr,
        argv: &ServerArgv,
        socket: BorrowedFd<'_>,
    ) -> io::Result<u32> {
        unsafe extern "C" {
            static environ: *const *const c_char;
        }
        let plan = Plan {
            path: path.as_ptr(),
            argv: argv.pointers.as_ptr().cast_mut(),
            // SAFETY: single-threaded callers that do not change their environment; it is only read.
            envp: unsafe { environ },
            search: null(),
            cwd: [null(); 3],
            stdio: [0, 0, 2],
            terminal: false,
            server_socket: Some(socket.as_raw_fd()),
            gate: None,
            session: false,
            nofile: Nofile { soft: 0, hard: 0 },
            oom: [0; 12],
        };
        fork_and_run(&plan)
    }
}

/// The server's arguments, ready for exec.
#[derive(Debug)]
pub struct ServerArgv {
    strings: Vec<CString>,
    pointers: Vec<*const c_char>,
}

impl ServerArgv {
    /// From the arguments, argv[0] first.
    pub fn new(strings: Vec<CString>) -> ServerArgv {
        let pointers = strings
            .iter()
            .map(|string| string.as_ptr())
            .chain([null()])
            .collect();
        ServerArgv { strings, pointers }
    }
    /// The arguments.
    pub fn strings(&self) -> &[CString] {
        &self.strings
    }
}

/// "/proc/self/fd/N", to execute what a descriptor has open.
#[derive(Debug)]
pub struct ExecPath(crate::process::FdPath);

impl ExecPath {
    /// Of this descriptor. It must stay open until the exec; close-on-exec is no harm.
    pub fn new(fd: BorrowedFd<'_>) -> ExecPath {
        ExecPath(crate::process::FdPath::new(fd))
    }
    /// The path.
    pub fn as_c_str(&self) -> &CStr {
        self.0.as_c_str()
    }
}

fn fork_and_run(plan: &Plan) -> io::Result<u32> {
    crate::seam::pass("fork")?;
    // SAFETY: the child calls `run` only, which makes nothing but async-signal-safe calls on memory that was prepared
    // above and never returns.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: this is the child of a fork, and the plan's pointers are valid in its copy of the memory.
        0 => unsafe { run(plan) },
        pid => Ok(pid.unsigned_abs()),
    }
}

/// The child's part.
///
/// # Safety
/// Only in the child of a fork; the plan's pointers are valid.
unsafe fn run(plan: &Plan) -> ! {
    // SAFETY: system calls on valid, NUL-terminated strings and descriptors; no allocation, no lock, no panic.
    unsafe {
        if plan.session {
            libc::setsid();
        }
        for (target, &fd) in plan.stdio.iter().enumerate() {
            move_fd(fd, target as RawFd);
        }
        let mut first_closed = 3;
        if let Some(socket) = plan.server_socket {
            move_fd(socket, SERVER_FD);
            first_closed = 4;
        }
        if let Some([read, write]) = plan.gate {
            // Ours would keep it from ever ending.
            libc::close(write);
            move_fd(read, GATE_FD);
            first_closed = GATE_FD + 1;
        }
        if plan.terminal {
            libc::ioctl(0, libc::TIOCSCTTY, 0);
        }
        // Everything is close-on-exec; this is the second line, for what our own starter may have left open. The
        // server's binary may be one of these descriptors, so for it they close at the exec.
        close_from(first_closed, plan.server_socket.is_some());
        if plan.oom[0] != 0 {
            let fd = libc::open(
                c"/proc/self/oom_score_adj".as_ptr(),
                libc::O_WRONLY | libc::O_CLOEXEC,
            );
            if fd >= 0 {
                libc::write(
                    fd,
                    plan.oom.as_ptr().cast(),
                    libc::strlen(plan.oom.as_ptr().cast()),
                );
                libc::close(fd);
            }
        }
        if plan.nofile.hard != 0 {
            let limit = libc::rlimit {
                rlim_cur: plan.nofile.soft,
                rlim_max: plan.nofile.hard,
            };
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        }
        for directory in plan.cwd {
            if directory.is_null() || libc::chdir(directory) == 0 {
                break;
            }
        }
        if plan.gate.is_some() {
            let mut byte = 0u8;
            let mut got = -1;
            while got < 0 {
                got = libc::read(GATE_FD, (&raw mut byte).cast(), 1);
                if got < 0 && *libc::__errno_location() != libc::EINTR {
                    got = 0;
                }
            }
            if got == 0 {
                libc::_exit(126);
            }
            libc::close(GATE_FD);
        }
        reset_signals();
        let error = execute(plan);
        complain(plan.path, error);
        libc::_exit(if error == libc::ENOENT || error == libc::ENOTDIR {
            127
        } else {
            126
        })
    }
}

/// Makes `target` what `fd` is, open over exec.
///
/// # Safety
/// Only in the child of a fork.
pub(crate) unsafe fn move_fd(fd: RawFd, target: RawFd) {
    // SAFETY: descriptor calls on numbers.
    unsafe {
        if fd == target {
            libc::fcntl(fd, libc::F_SETFD, 0);
        } else {
            libc::dup2(fd, target);
        }
    }
}

/// Closes all descriptors from `first` on, or only marks them close-on-exec.
///
/// # Safety
/// Only in the child of a fork.
pub(crate) unsafe fn close_from(first: RawFd, mark_only: bool) {
    let flags: libc::c_uint = if mark_only {
        libc::CLOSE_RANGE_CLOEXEC
    } else {
        0
    };
    // SAFETY: a system call on numbers; kernels before 5.9 refuse it, and all is close-on-exec anyway.
    unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, flags) };
}

/// Default action for all signals, none blocked.
///
/// # Safety
/// Only in the child of a fork.
pub(crate) unsafe fn reset_signals() {
    // SAFETY: a zeroed action (handler, flags, restorer, mask) is SIG_DFL, which runs no code; the set is initialised
    // by sigemptyset.
    unsafe {
        // By the bare call: the C library keeps two signals from its callers, and whoever started us may ignore them.
        let default = [0u64; 4];
        for signal in 1..=64 {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                default.as_ptr(),
                std::ptr::null_mut::<u64>(),
                8usize,
            );
        }
        let mut none = std::mem::MaybeUninit::uninit();
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
    }
}

/// Executes the plan; returns the error if that fails.
///
/// # Safety
/// Only in the child of a fork; the plan's pointers are valid.
unsafe fn execute(plan: &Plan) -> i32 {
    // SAFETY: the strings are NUL-terminated, the buffer is written within its length.
    unsafe {
        let path = CStr::from_ptr(plan.path).to_bytes_with_nul();
        if path.contains(&b'/') || plan.search.is_null() || path.len() == 1 {
            return try_execute(plan, plan.path);
        }
        let mut candidate = [0u8; libc::PATH_MAX as usize];
        let mut found = libc::ENOENT;
        for directory in CStr::from_ptr(plan.search)
            .to_bytes()
            .split(|byte| *byte == b':')
        {
            let directory = if directory.is_empty() {
                b"."
            } else {
                directory
            };
            let len = directory.len() + 1 + path.len();
            let Some(place) = candidate.get_mut(..len) else {
                continue;
            };
            let (head, tail) = place.split_at_mut(directory.len());
            head.copy_from_slice(directory);
            tail[0] = b'/';
            tail[1..].copy_from_slice(path);
            let error = try_execute(plan, candidate.as_ptr().cast());
            // As execvp: what may not be executed is remembered, while a later directory may have another.
            match error {
                libc::ENOENT | libc::ENOTDIR => {}
                libc::EACCES => found = error,
                error => return error,
            }
        }
        found
    }
}

/// Executes one file; a script without `#!` is given to the shell.
///
/// # Safety
/// As [`execute`].
unsafe fn try_execute(plan: &Plan, path: *const c_char) -> i32 {
    // SAFETY: argv has a spare place before it, as the plan says; only plans that have one (those with `search`) get
    // to use it.
    unsafe {
        libc::execve(path, plan.argv, plan.envp);
        let error = *libc::__errno_location();
        if error == libc::ENOEXEC && !plan.search.is_null() {
            let argv = plan.argv.sub(1);
            *argv = c"/bin/sh".as_ptr();
            *argv.add(1) = path;
            libc::execve(c"/bin/sh".as_ptr(), argv, plan.envp);
        }
        error
    }
}

/// Says on descriptor 2 why a program does not run.
///
/// # Safety
/// Only in the child of a fork; `path` is valid.
unsafe fn complain(path: *const c_char, error: i32) {
    let mut number = *b"error    0";
    let reason: &[u8] = match error {
        libc::ENOENT => b"No such file or directory",
        libc::EACCES => b"Permission denied",
        libc::E2BIG => b"Argument list too long",
        libc::ENOTDIR => b"Not a directory",
        libc::ENOMEM => b"Cannot allocate memory",
        _ => {
            let mut rest = error;
            for place in number.iter_mut().rev().take(4) {
                *place = if rest == 0 {
                    b' '
                } else {
                    b'0' + (rest % 10) as u8
                };
                rest /= 10;
            }
            &number
        }
    };
    // SAFETY: the strings are valid for their lengths.
    unsafe {
        let path = CStr::from_ptr(path).to_bytes();
        for part in [b"outlast: ", path, b": ", reason, b"\n"] as [&[u8]; 5] {
            libc::write(2, part.as_ptr().cast(), part.len());
        }
    }
}
