//! `cargo xtask machine`: a whole machine with the real systemd, logind, polkit and control groups of version 2, restarted
//! in between. Debian is put together by `mmdebstrap` and run by `qemu` without acceleration, so it needs neither a device nor
//! a network of the machine; root, for the files' owners. Not part of the tests: it takes some minutes and 400 MB of packages,
//! once.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::args::{Args, root};
use crate::torture::build;

type Result<T> = std::result::Result<T, String>;

/// What is installed there, besides what is essential.
const PACKAGES: &str = "systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,polkitd,linux-image-cloud-amd64,login,\
    passwd,procps,python3-minimal,udev";
const RELEASE: &str = "bookworm";
/// What only takes time at a start.
const MASKED: &[&str] = &[
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty@tty1.service",
    "serial-getty@ttyS0.service",
];
/// Plays the checks at each start, on the serial line.
const UNIT: &str = "\
[Unit]
After=multi-user.target systemd-logind.service dbus.service
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/check
StandardOutput=file:/dev/ttyS0
StandardError=inherit
TimeoutStartSec=infinity
";
const CHECK: &str = include_str!("machine/check.sh");
const AS_USER: &str = include_str!("machine/as-user.sh");
/// A machine that hangs is given up after this, seconds.
const PATIENCE: &str = "1500";

/// The chore.
pub fn run(mut args: Args) -> Result<()> {
    let dir = args.value("--dir")?;
    let dir = dir.map_or_else(|| root().join("target/machine"), PathBuf::from);
    let binary = args.value("--binary")?;
    if let [word, ..] = &args.rest()?[..] {
        return Err(format!("unknown word {word}"));
    }
    let binary = match binary {
        Some(path) => PathBuf::from(path),
        None => build(false)?,
    };
    fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    for program in ["mmdebstrap", "qemu-system-x86_64", "mke2fs"] {
        if !on_path(program) {
            return Err(format!(
                "{program} is not there: apt install mmdebstrap qemu-system-x86 e2fsprogs"
            ));
        }
    }
    let tree = dir.join("root");
    if !tree.join("vmlinuz").exists() {
        debian(&dir, &tree)?;
    }
    furnish(&tree, &binary)?;
    let disk = dir.join("disk");
    let _ = fs::remove_file(&disk);
    let mut make = Command::new("mke2fs");
    make.args(["-q", "-t", "ext4", "-d"]).arg(&tree).arg(&disk);
    done(make.arg("1500M"))?;
    play(&tree, &disk)
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::env::split_paths(&path).chain(["/sbin", "/usr/sbin"].map(PathBuf::from));
    dirs.into_iter().any(|dir| dir.join(program).exists())
}

fn done(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|error| format!("{name}: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{name}: {status}")),
    }
}

/// A Debian in a directory.
fn debian(dir: &Path, tree: &Path) -> Result<()> {
    println!("Debian {RELEASE} is put together, once");
    let _ = fs::remove_dir_all(tree);
    let tar = dir.join("root.tar");
    let mut make = Command::new("mmdebstrap");
    make.args([
        "--variant=minbase",
        &format!("--include={PACKAGES}"),
        RELEASE,
    ]);
    done(make.arg(&tar))?;
    fs::create_dir_all(tree).map_err(|error| error.to_string())?;
    let mut unpack = Command::new("tar");
    unpack.arg("-xf").arg(&tar).arg("-C").arg(tree);
    done(unpack.arg("--exclude=./dev/*"))?;
    done(
        Command::new("chroot")
            .arg(tree)
            .args(["useradd", "-m", "-s", "/bin/bash", "u"]),
    )?;
    fs::remove_file(tar).map_err(|error| error.to_string())
}

/// The binary and the checks, and nothing of the time before.
fn furnish(tree: &Path, binary: &Path) -> Result<()> {
    let told = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| format!("{path}: {error}")
    };
    let write = |path: &str, text: &[u8], mode: u32| -> Result<()> {
        let path = tree.join(path);
        let _ = fs::remove_file(&path);
        fs::write(&path, text).map_err(told(&path))?;
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).map_err(told(&path))
    };
    let bytes = fs::read(binary).map_err(told(binary))?;
    write("usr/local/bin/outlast", &bytes, 0o755)?;
    write("usr/local/bin/as-user", AS_USER.as_bytes(), 0o755)?;
    write("usr/local/sbin/check", CHECK.as_bytes(), 0o755)?;
    write("etc/systemd/system/check.service", UNIT.as_bytes(), 0o644)?;
    write("etc/fstab", b"/dev/vda / ext4 rw 0 1\n", 0o644)?;
    write("etc/hostname", b"machine\n", 0o644)?;
    write("etc/machine-id", b"", 0o644)?;
    let link = |to: &str, path: &str| -> Result<()> {
        let path = tree.join(path);
        let _ = fs::remove_file(&path);
        symlink(to, &path).map_err(told(&path))
    };
    let wants = "etc/systemd/system/multi-user.target.wants";
    fs::create_dir_all(tree.join(wants)).map_err(|error| error.to_string())?;
    link("../check.service", &format!("{wants}/check.service"))?;
    for unit in MASKED {
        link("/dev/null", &format!("etc/systemd/system/{unit}"))?;
    }
    Ok(())
}

/// Starts the machine, again when it restarts, and reads what it says until it is off.
///
/// A restart is a new qemu on the same disk: after a reset from within, Debian's kernel stands still for minutes in one that
/// has no acceleration.
fn play(tree: &Path, disk: &Path) -> Result<()> {
    let (mut good, mut bad) = (0, 0);
    for _ in 0..BOOTS {
        let mut machine = Command::new("timeout")
            .args([PATIENCE, "qemu-system-x86_64", "-accel", "tcg"])
            .args(["-cpu", "max", "-m", "1024", "-smp", "1"])
            .args(["-nographic", "-no-reboot", "-net", "none"])
            .arg("-kernel")
            .arg(tree.join("vmlinuz"))
            .arg("-initrd")
            .arg(tree.join("initrd.img"))
            .args([
                "-append",
                "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0 panic=-1",
            ])
            .arg("-drive")
            .arg(format!("file={},format=raw,if=virtio", disk.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("qemu: {error}"))?;
        let said = machine.stdout.take().ok_or("qemu says nothing")?;
        for line in BufReader::new(said).split(b'\n') {
            let line = line.map_err(|error| error.to_string())?;
            let line: String = String::from_utf8_lossy(&line).into_owned();
            let line = line.trim_end_matches('\r');
            good += usize::from(line.starts_with("ok   "));
            bad += usize::from(line.starts_with("FAIL "));
            println!("{line}");
        }
        let status = machine.wait().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("the machine: {status}"));
        }
    }
    println!("{good} checks hold, {bad} do not");
    match (bad, good >= CHECKS_LEAST) {
        (0, true) => Ok(()),
        (0, false) => Err(format!("fewer than {CHECKS_LEAST} were played")),
        _ => Err("the machine is not as it is to be".into()),
    }
}

/// It is restarted once.
const BOOTS: usize = 2;
/// Fewer mean that a part of them was not played.
const CHECKS_LEAST: usize = 34;
