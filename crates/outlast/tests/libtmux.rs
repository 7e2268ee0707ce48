//! The test suite of libtmux, a library that drives tmux from Python, played on the binary under the name `tmux`.
//!
//! libtmux is fetched from PyPI, its sources by hash; it and what its tests need live in a virtual environment below the
//! target directory that is made once. What fails is printed; fewer than [`ENOUGH`] that pass is a failure.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use outlast_testkit::harness::{self, Trial};
use outlast_testkit::{Binary, World};

/// The release, and the sha256 of its sources.
const RELEASE: &str = "0.62.0";
const SHA256: &str = "41e9e80602b2656fd119b13253b27bad46af5cfef32099be53cdd391e2936b61";
/// What its tests need, as they were when the number below was measured.
const NEEDS: &[&str] = &[
    "pytest==9.2.0",
    "pytest-mock==3.17.0",
    "pytest-rerunfailures==16.7",
    "pytest-timeout==2.4.0",
    "pytest-xdist==3.8.0",
    "typing-extensions==4.16.0",
];
/// So many of its 1062 tests pass at least. Measured: 1044. Of the others ten need panes that float,
/// `server-access` or options that are not there; one looks for the socket in tmux's directory; the rest fail on tmux 3.7c in
/// the same place as well, some of them (they look at screens too early) not every time.
const ENOUGH: usize = 1025;

fn main() -> ExitCode {
    let binary = Binary::outlast(env!("CARGO_BIN_EXE_outlast"));
    let suite = Trial::new("libtmux_s_suite_passes", move || suite(&binary));
    harness::main(vec![suite], 1)
}

fn suite(binary: &Binary) -> Result<(), String> {
    let place = place()?;
    let world = World::new(binary)?;
    let python = place.join("bin/python");
    let output = Command::new(&python)
        .args([
            "-m",
            "pytest",
            "tests",
            "-q",
            "-n",
            "2",
            "-p",
            "no:cacheprovider",
        ])
        // Not its own, which also reads its documents; what fails is tried once more, as it does.
        .args([
            "-o",
            "addopts=",
            "--reruns",
            "1",
            "--timeout",
            "60",
            "--tb",
            "line",
        ])
        .arg("--basetemp")
        .arg(world.dir().join("py"))
        .current_dir(place.join(format!("libtmux-{RELEASE}")))
        .env_clear()
        .envs(world.env())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", python.display()))?;
    end_servers(&world);
    let text = String::from_utf8_lossy(&output.stdout);
    let failed: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("FAILED") || line.starts_with("ERROR"))
        .collect();
    for line in &failed {
        println!("  {}", line.chars().take(120).collect::<String>());
    }
    let last = text.trim_end().lines().last().unwrap_or_default();
    let Some(passed) = count(last, "passed") else {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("pytest says {text:?} {errors:?}"));
    };
    let all = passed + count(last, "failed").unwrap_or(0) + count(last, "skipped").unwrap_or(0);
    println!("  libtmux {RELEASE}: {passed} of {all} pass ({ENOUGH} are enough)");
    match passed >= ENOUGH {
        true => Ok(()),
        false => Err(format!("only {passed} of {all} pass")),
    }
}

/// Ends the servers that failed tests leave: their environment was emptied, so the world does not know them as its own.
fn end_servers(world: &World) {
    let socket = PathBuf::from(world.socket());
    let folder = socket.parent().and_then(|folder| folder.read_dir().ok());
    for entry in folder.into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // A keeper that lives has a lock beside its socket.
        if let Some(name) = name.strip_suffix(".lock") {
            let _ = world.tmux(&["-L", name, "kill-server"]);
        }
    }
}

/// `N word` in pytest's last line.
fn count(line: &str, word: &str) -> Option<usize> {
    let words: Vec<&str> = line.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    let at = words.iter().position(|w| *w == word)?;
    words.get(at.checked_sub(1)?)?.parse().ok()
}

/// The virtual environment with libtmux and its tests in it; made if it is not there whole.
fn place() -> Result<PathBuf, String> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("libtmux-{RELEASE}"));
    let done = place.join("done");
    let wanted = format!("{SHA256} {NEEDS:?}");
    if std::fs::read_to_string(&done).is_ok_and(|text| text == wanted) {
        return Ok(place);
    }
    let broken = |error: std::io::Error| format!("{}: {error}", place.display());
    if place.exists() {
        std::fs::remove_dir_all(&place).map_err(broken)?;
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    run("python3", &["-m", "venv", &text(&place)])
        .map_err(|error| format!("{error}\n(Debian and its kin: apt-get install python3-venv)"))?;
    let python = text(&place.join("bin/python"));
    let pip = [
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        "-q",
    ];
    let source = format!("libtmux=={RELEASE}");
    let folder = text(&place);
    let download = [
        "download",
        "--no-deps",
        "--no-binary",
        ":all:",
        "-d",
        &folder,
        &source,
    ];
    run(&python, &[&pip[..], &download].concat())?;
    let archive = text(&place.join(format!("libtmux-{RELEASE}.tar.gz")));
    let unpack = "import hashlib, sys, tarfile\n\
        path, wanted, place = sys.argv[1:]\n\
        found = hashlib.sha256(open(path, 'rb').read()).hexdigest()\n\
        sys.exit(f'{path} has the hash {found}') if found != wanted else None\n\
        tarfile.open(path).extractall(place)\n";
    run(&python, &["-c", unpack, &archive, SHA256, &folder])?;
    let install = [&["install", archive.as_str()][..], NEEDS].concat();
    run(&python, &[&pip[..], &install].concat())?;
    std::fs::write(&done, wanted).map_err(broken)?;
    Ok(place)
}

/// Runs a program that must succeed, in the environment that we are in ourselves.
fn run(program: &str, words: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    Err(format!("{program} {words:?}: {}\n{said}", output.status))
}
