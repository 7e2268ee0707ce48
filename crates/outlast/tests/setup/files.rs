//! Files: shown before they are written, written once, given back to the byte.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use outlast_testkit::World;

use crate::kit::{Result, done, home, need, own, text, world};

/// What a person has in a home, nothing of it ordinary.
fn odd_home(world: &World) -> Result<()> {
    world.write("dotfiles/bashrc", "mine\r\nno newline")?;
    text(symlink("dotfiles/bashrc", world.home().join(".bashrc")))?;
    text(fs::set_permissions(
        world.home().join("dotfiles/bashrc"),
        fs::Permissions::from_mode(0o600),
    ))?;
    world.write(".ssh/config", "Host far\r\n  Port 23\r\n")?;
    world.write(".bashrc.before-outlast", "an older copy\n")
}

#[test]
fn nothing_is_written_unless_asked_and_all_comes_back() -> Result<()> {
    let (world, program) = world()?;
    odd_home(&world)?;
    let before = home(&world);
    for subject in [&["shell", "bash"][..], &["ssh"], &["tmux"]] {
        let shown = done(&world, &program, &[&["setup"], subject].concat())?;
        assert!(shown.contains(" --yes does it."), "{shown}");
        assert_eq!(home(&world), before, "{subject:?}");
    }
    let shown = done(&world, &program, &["setup", "shell", "bash"])?;
    for line in [
        "--- ~/.bashrc",
        "+++ ~/.bashrc",
        "@@ -1,2 +1,",
        " mine",
        "-no newline",
        "+# >>> outlast setup shell (after a newline) >>>",
        "+# <<< outlast setup shell <<<",
    ] {
        assert!(
            shown.lines().any(|row| row.starts_with(line)),
            "{line}: {shown}"
        );
    }
    for subject in [&["shell", "bash"][..], &["ssh"]] {
        done(&world, &program, &[&["setup", "--yes"], subject].concat())?;
        let once = home(&world);
        let said = done(&world, &program, &[&["setup", "--yes"], subject].concat())?;
        assert!(said.contains(": is as it should be"), "{said}");
        assert_eq!(home(&world), once, "{subject:?}");
    }
    // The copy is beside the file itself, and the older one is what it was.
    let copy = world.home().join("dotfiles/bashrc.before-outlast");
    assert_eq!(text(fs::read(copy))?, b"mine\r\nno newline");
    assert!(world.home().join(".bashrc").is_symlink());
    for subject in ["shell", "ssh"] {
        done(&world, &program, &["setup", "--undo", "--yes", subject])?;
        let said = done(&world, &program, &["setup", "--undo", "--yes", subject])?;
        assert!(said.contains("outlast's"), "{said}");
    }
    assert_eq!(home(&world), before);
    Ok(())
}

#[test]
fn ssh_reads_the_lines_and_a_persons_own_come_first() -> Result<()> {
    need("ssh")?;
    let (world, program) = world()?;
    world.write(".ssh/config", "Host far\n  ServerAliveInterval 7\n")?;
    let said = done(&world, &program, &["setup", "--yes", "ssh"])?;
    assert!(
        said.contains("a dead connection is noticed after 60 s"),
        "{said}"
    );
    assert!(said.contains("sshd -t"), "{said}");
    for (host, interval) in [("far", "7"), ("else", "15")] {
        let file = world
            .home()
            .join(".ssh/config")
            .to_string_lossy()
            .into_owned();
        let words = ["ssh", "-F", &file, "-G", host].map(String::from);
        let said = world.run(&words)?;
        let line = format!("serveraliveinterval {interval}");
        assert!(
            said.stdout.lines().any(|row| row == line),
            "{host}: {said:?}"
        );
    }
    world.write(".ssh/config", "Host *\n  ServerAliveInterval 0\n")?;
    let said = own(&world, &program, &["setup", "--yes", "ssh"])?;
    assert_eq!(said.status, 1);
    assert!(said.stderr.contains("switch keepalives off"), "{said:?}");
    Ok(())
}

#[test]
fn a_file_that_ssh_makes_is_for_its_owner_alone() -> Result<()> {
    let (world, program) = world()?;
    let before = home(&world);
    done(&world, &program, &["setup", "--yes", "ssh"])?;
    let mode = |name: &str| {
        let found = text(fs::metadata(world.home().join(name)))?;
        Ok::<u32, String>(found.permissions().mode() & 0o777)
    };
    assert_eq!((mode(".ssh")?, mode(".ssh/config")?), (0o700, 0o600));
    done(&world, &program, &["setup", "--undo", "--yes", "ssh"])?;
    assert_eq!(home(&world), before);
    Ok(())
}

#[test]
fn what_cannot_be_read_or_written_is_one_line() -> Result<()> {
    let (world, program) = world()?;
    text(fs::create_dir_all(world.home().join(".zshrc")))?;
    let said = own(&world, &program, &["setup", "--yes", "shell", "zsh"])?;
    assert_eq!(
        (said.status, said.stderr.as_str()),
        (1, "setup: ~/.zshrc: not a file\n")
    );
    world.write(".bashrc", "# >>> outlast setup shell >>>\nmine\n")?;
    let before = home(&world);
    let said = own(&world, &program, &["setup", "--yes", "shell", "bash"])?;
    assert!(
        said.stderr.starts_with("setup: ~/.bashrc: a block begins"),
        "{said:?}"
    );
    assert_eq!(said.stderr.lines().count(), 1);
    assert_eq!(home(&world), before);
    // Whoever is not root is told by the mode; root by a file system that takes nothing, which a test cannot make.
    world.write(".config/fish/config.fish", "mine\n")?;
    let file = world.home().join(".config/fish/config.fish");
    text(fs::set_permissions(
        &file,
        fs::Permissions::from_mode(0o444),
    ))?;
    let root = fs::OpenOptions::new().write(true).open(&file).is_ok();
    let said = own(&world, &program, &["setup", "--yes", "shell", "fish"])?;
    if !root {
        let line = "setup: ~/.config/fish/config.fish cannot be written (Permission denied)\n";
        assert_eq!((said.status, said.stderr.as_str()), (1, line));
        assert_eq!(text(fs::read(&file))?, b"mine\n");
    }
    for words in [
        &["setup"][..],
        &["setup", "boat"],
        &["setup", "ssh", "x"],
        &["setup", "ssh", "--cron"],
    ] {
        let said = own(&world, &program, words)?;
        assert_eq!(said.status, 1);
        assert!(said.stderr.contains("usage: outlast setup"), "{said:?}");
    }
    Ok(())
}

#[test]
fn the_link_named_tmux_is_made_where_path_finds_it() -> Result<()> {
    let (mut world, program) = world()?;
    let bin = program.parent().ok_or("no directory")?.to_path_buf();
    let local = world.home().join(".local/bin");
    let path = |dirs: &[&std::path::Path]| {
        let dirs: Vec<String> = dirs.iter().map(|dir| dir.display().to_string()).collect();
        dirs.join(":") + ":/usr/bin:/bin"
    };
    // Beside the binary, whose directory is on PATH: it moves with it.
    world.set_env("PATH", Some(&path(&[&bin])));
    let said = done(&world, &program, &["setup", "--yes", "tmux"])?;
    assert!(said.contains("tmux is outlast now"), "{said}");
    assert_eq!(
        text(fs::read_link(bin.join("tmux")))?,
        std::path::Path::new("outlast")
    );
    let tmux = world.run(&["sh", "-c", "tmux -V"].map(String::from))?;
    assert_eq!(tmux.stdout, "tmux 3.7c\n");
    done(&world, &program, &["setup", "--yes", "tmux"])?;
    done(&world, &program, &["setup", "--undo", "--yes", "tmux"])?;
    assert!(!bin.join("tmux").is_symlink());
    // Else in ~/.local/bin, which PATH must name, and before another tmux.
    let other = world.dir().join("other");
    text(fs::create_dir_all(&other))?;
    text(fs::write(other.join("tmux"), "#!/bin/sh\n"))?;
    text(fs::set_permissions(
        other.join("tmux"),
        fs::Permissions::from_mode(0o755),
    ))?;
    world.set_env("PATH", Some(&path(&[&other, &local])));
    let said = own(&world, &program, &["setup", "--yes", "tmux"])?;
    assert_eq!(said.status, 1);
    assert!(
        said.stderr.contains("other/tmux before ~/.local/bin/tmux"),
        "{said:?}"
    );
    assert_eq!(text(fs::read_link(local.join("tmux")))?, program);
    world.set_env("PATH", Some(&path(&[&local, &other])));
    let said = done(&world, &program, &["setup", "--yes", "tmux"])?;
    assert!(said.contains("other/tmux is behind it on PATH"), "{said}");
    // What is there already stays.
    let dir = other.display().to_string();
    let said = own(&world, &program, &["setup", "--yes", "tmux", "--dir", &dir])?;
    assert!(
        said.stderr
            .contains("is another program; it stays as it is"),
        "{said:?}"
    );
    let said = own(
        &world,
        &program,
        &["setup", "--undo", "--yes", "tmux", "--dir", &dir],
    )?;
    assert_eq!(said.status, 1);
    assert!(other.join("tmux").is_file());
    Ok(())
}
