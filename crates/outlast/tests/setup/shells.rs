//! The lines of `outlast setup shell` in real shells on real terminals.

use std::fs;
use std::path::Path;

use outlast_testkit::world::patience;
use outlast_testkit::{Client, Picture, World};

use crate::kit::{Result, done, need, own, text, world};

/// A shell, and how a login starts it.
struct Shell {
    name: &'static str,
    login: &'static [&'static str],
    /// Its start-up file below the home, with a line of the person's.
    file: &'static str,
}

const BASH: Shell = Shell {
    name: "bash",
    login: &["bash", "-l"],
    file: ".bashrc",
};
const ZSH: Shell = Shell {
    name: "zsh",
    login: &["zsh", "-l"],
    file: ".zshrc",
};
const FISH: Shell = Shell {
    name: "fish",
    login: &["fish", "-l"],
    file: ".config/fish/config.fish",
};

/// What is so before the shell starts.
struct Case {
    name: &'static str,
    env: &'static [(&'static str, &'static str)],
    /// $SSH_TTY is the terminal, as sshd sets it.
    ssh: bool,
    lands: bool,
}

const CASES: &[Case] = &[
    Case {
        name: "a plain terminal",
        env: &[],
        ssh: false,
        lands: false,
    },
    Case {
        name: "ssh",
        env: &[],
        ssh: true,
        lands: true,
    },
    Case {
        name: "a browser",
        env: &[("XDG_SESSION_TYPE", "web")],
        ssh: false,
        lands: true,
    },
    Case {
        name: "an emulator started over ssh",
        env: &[("SSH_TTY", "/dev/pts/99999")],
        ssh: false,
        lands: false,
    },
    Case {
        name: "a pane",
        env: &[("XDG_SESSION_TYPE", "web"), ("TMUX", "/tmp/x,1,0")],
        ssh: false,
        lands: false,
    },
    Case {
        name: "a second time",
        env: &[("OUTLAST_LANDED", "1")],
        ssh: true,
        lands: false,
    },
    Case {
        name: "a program that talks to the shell",
        env: &[("TERM", "dumb")],
        ssh: true,
        lands: false,
    },
];

fn start(world: &World, words: &[&str], case: &Case) -> Result<Client> {
    let mut env = world.env();
    for (name, value) in case.env {
        env.retain(|(known, _)| known != name);
        env.push(((*name).to_string(), (*value).to_string()));
    }
    let ssh = match case.ssh {
        true => "SSH_TTY=$(tty); export SSH_TTY; exec \"$@\"",
        false => "exec \"$@\"",
    };
    let head = ["sh", "-c", ssh, "sh"].map(String::from);
    let words = words.iter().map(|word| (*word).to_string());
    let argv: Vec<String> = head.into_iter().chain(words).collect();
    Client::spawn(&argv, &env, &world.home().to_string_lossy(), 80, 24)
}

fn is_in(picture: &Picture) -> bool {
    picture.rows().iter().any(|row| row.starts_with("[main]"))
}

/// It is a shell, and no session: it has read all of its lines and answers.
fn is_plain(client: &mut Client) -> Result<()> {
    client.type_text("echo pla''in\r")?;
    let seen = client.wait_picture(patience(), |seen| {
        // A dumb terminal's shell may put its prompt on the same row.
        seen.rows().iter().any(|row| row.trim() == "plain") || is_in(seen)
    })?;
    match is_in(&seen) {
        true => Err(format!("it has landed:\n{}", seen.framed())),
        false => Ok(()),
    }
}

fn lands_where_it_should(shell: &Shell) -> Result<()> {
    need(shell.name)?;
    let (world, program) = world()?;
    world.write(shell.file, "# mine\n")?;
    let before = fs::read(world.home().join(shell.file)).unwrap_or_default();
    done(&world, &program, &["setup", "--yes", "shell", shell.name])?;
    for case in CASES {
        let said = |error: String| format!("{}: {}: {error}", shell.name, case.name);
        let mut client = start(&world, shell.login, case).map_err(said)?;
        if !case.lands {
            is_plain(&mut client).map_err(said)?;
            continue;
        }
        client.wait_picture(patience(), is_in).map_err(said)?;
        client.keys("C-b d")?;
        // The login ends with it.
        let status = client.wait_end(patience()).map_err(said)?;
        assert!(status.success(), "{}: {}: {status}", shell.name, case.name);
    }
    commands_run(&world, shell)?;
    a_server_that_fails_leaves_a_shell(&world, shell)?;
    // And when outlast is gone.
    text(fs::remove_file(&program))?;
    for case in &CASES[..3] {
        let mut client = start(&world, shell.login, case)?;
        is_plain(&mut client).map_err(|error| format!("{}: gone: {error}", shell.name))?;
        let rows = client.picture().rows();
        let complains = rows.iter().any(|row| row.contains("outlast"));
        assert!(!complains, "{}: {rows:?}", shell.name);
    }
    text(
        fs::hard_link(env!("CARGO_BIN_EXE_outlast"), &program)
            .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_outlast"), &program).map(drop)),
    )?;
    done(&world, &program, &["setup", "--undo", "--yes", "shell"])?;
    assert_eq!(
        fs::read(world.home().join(shell.file)).unwrap_or_default(),
        before
    );
    Ok(())
}

/// `ssh host command`, with and without a terminal.
fn commands_run(world: &World, shell: &Shell) -> Result<()> {
    let mut words = vec![
        "env".to_string(),
        "SSH_CLIENT=::1 1 2".into(),
        "SHLVL=0".into(),
    ];
    words.extend([shell.name, "-c", "echo ran"].map(String::from));
    let said = world.run(&words)?;
    assert_eq!(
        (said.status, said.stdout.as_str()),
        (0, "ran\n"),
        "{said:?}"
    );
    let mut client = start(world, &[shell.name, "-c", "echo ran"], &CASES[1])?;
    let status = client.wait_end(patience())?;
    let seen = client.picture();
    assert!(status.success() && !is_in(&seen), "{}", seen.framed());
    assert_eq!(seen.row(0), "ran", "{}", shell.name);
    Ok(())
}

/// The door is not shut by a server that cannot be had.
fn a_server_that_fails_leaves_a_shell(world: &World, shell: &Shell) -> Result<()> {
    let blocked = world.dir().join("blocked");
    text(fs::create_dir_all(&blocked))?;
    let uid = fs::metadata(&blocked).map(|data| std::os::unix::fs::MetadataExt::uid(&data));
    text(fs::write(
        blocked.join(format!("outlast-{}", text(uid)?)),
        "",
    ))?;
    let home = world.home().to_string_lossy().into_owned();
    let mut env = world.env();
    env.retain(|(name, _)| name != "TMUX_TMPDIR");
    env.push(("TMUX_TMPDIR".into(), blocked.to_string_lossy().into_owned()));
    env.push(("XDG_SESSION_TYPE".into(), "web".into()));
    let argv: Vec<String> = shell.login.iter().map(|word| (*word).to_string()).collect();
    let mut client = Client::spawn(&argv, &env, &home, 80, 24)?;
    client.wait_text("is not a directory", patience())?;
    is_plain(&mut client)
}

#[test]
fn bash_lands_where_it_should() -> Result<()> {
    lands_where_it_should(&BASH)
}

#[test]
fn zsh_lands_where_it_should() -> Result<()> {
    lands_where_it_should(&ZSH)
}

#[test]
fn fish_lands_where_it_should() -> Result<()> {
    lands_where_it_should(&FISH)
}

/// Names, and what is in them.
type Files = &'static [(&'static str, &'static str)];

#[test]
fn a_login_bash_reads_the_lines_whatever_files_there_are() -> Result<()> {
    need("bash")?;
    // Which files there are, and which get lines.
    let cases: &[(Files, &[&str])] = &[
        (&[], &[".bashrc", ".profile"]),
        (&[(".profile", ". ~/.bashrc\n")], &[".bashrc"]),
        (
            &[(".bash_profile", "# none\n"), (".profile", "")],
            &[".bash_profile", ".bashrc"],
        ),
        (&[(".bash_login", "source ~/.bashrc\n")], &[".bashrc"]),
    ];
    for (files, expected) in cases {
        let (world, program) = world()?;
        text(fs::remove_file(world.home().join(".profile")))?;
        for (name, text) in *files {
            world.write(name, text)?;
        }
        done(&world, &program, &["setup", "--yes", "shell", "bash"])?;
        let mut with: Vec<String> = Vec::new();
        for name in [".bash_login", ".bash_profile", ".bashrc", ".profile"] {
            let text = fs::read_to_string(world.home().join(name)).unwrap_or_default();
            if text.contains("outlast setup shell") {
                with.push(name.into());
            }
        }
        assert_eq!(with, *expected, "{files:?}");
        let mut client = start(&world, &["bash", "-l"], &CASES[1])?;
        client.wait_picture(patience(), is_in)?;
        client.keys("C-b d")?;
        client.wait_end(patience())?;
    }
    Ok(())
}

#[test]
fn another_session_and_another_shell_are_named() -> Result<()> {
    let (world, program) = world()?;
    let said = own(&world, &program, &["setup", "shell"])?;
    assert_eq!(said.status, 1);
    assert!(
        said.stderr
            .contains("your shell (sh) is none that is known"),
        "{said:?}"
    );
    done(
        &world,
        &program,
        &[
            "setup",
            "--yes",
            "shell",
            "--session",
            "it's mine",
            "zsh",
            "fish",
        ],
    )?;
    let zsh = text(fs::read_to_string(world.home().join(".zshrc")))?;
    assert!(zsh.contains(r"-s 'it'\''s mine' && exit"), "{zsh}");
    assert!(Path::new(&world.home().join(".config/fish/config.fish")).exists());
    assert!(!world.home().join(".bashrc").exists());
    done(&world, &program, &["setup", "--undo", "--yes", "shell"])?;
    assert!(!world.home().join(".zshrc").exists());
    Ok(())
}
