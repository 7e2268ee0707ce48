//! The socket: deleted, stale, fought for, talked nonsense to.

use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use outlast_testkit::{Rng, World, proc};

/// Who called and is attached stays; who calls next finds the same server.
pub fn deleted(world: &World) -> Result<(), String> {
    lost(world, |socket| {
        std::fs::remove_file(socket).map_err(|error| error.to_string())
    })
}

/// The same when all of the directory goes.
pub fn directory(world: &World) -> Result<(), String> {
    lost(world, |socket| {
        let directory = std::path::Path::new(socket)
            .parent()
            .ok_or("no directory")?;
        std::fs::remove_dir_all(directory).map_err(|error| error.to_string())
    })
}

fn lost(world: &World, delete: fn(&str) -> Result<(), String>) -> Result<(), String> {
    world.ok(&["new-session", "-d", "-s", "a", "exec cat"])?;
    crate::pane_pid(world, "a")?;
    let facts = || world.format("a", "#{pid} #{pane_pid}");
    let before = facts()?;
    let mut client = world.client(80, 24, &["attach-session", "-t", "a"])?;
    client.wait_text("[a]", Duration::from_secs(10))?;
    for n in 0..3 {
        delete(&world.socket())?;
        // A client that came in the very moment would find nobody and start another server: there is no telling.
        let end = std::time::Instant::now() + Duration::from_secs(10);
        while !std::path::Path::new(&world.socket()).exists() {
            if std::time::Instant::now() > end {
                return Err("the socket is not made anew".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let now = facts()?;
        if now != before {
            return Err(format!("pid and pane's pid were {before} and are {now}"));
        }
        let mark = format!("mark{n}");
        client.type_text(&mark)?;
        client.wait_text(&mark, Duration::from_secs(10))?;
    }
    Ok(())
}

/// A socket that nobody listens on is what a machine that lost power leaves.
pub fn stale(world: &World) -> Result<(), String> {
    let socket = world.socket();
    let directory = std::path::Path::new(&socket)
        .parent()
        .ok_or("no directory")?;
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700)
        .create(directory)
        .map_err(|error| error.to_string())?;
    drop(UnixListener::bind(&socket).map_err(|error| error.to_string())?);
    let list = world.tmux(&["list-sessions"])?;
    if list.status != 1 || !list.stderr.contains("no server running") {
        return Err(format!("list-sessions says {list:?}"));
    }
    world.ok(&["new-session", "-d", "-s", "a", "exec cat"])?;
    world.ok(&["has-session", "-t", "a"])?;
    // What is no socket is somebody's.
    world.write("a file", "kept")?;
    let file = world.home().join("a file");
    let mut argv = world.argv(&["new-session", "-d"]);
    argv.splice(
        1..,
        ["-S", &file.to_string_lossy(), "new-session", "-d"].map(String::from),
    );
    let refused = world.run(&argv)?;
    let kept = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    if refused.status != 1 || !refused.stderr.contains("(File exists)") || kept != "kept" {
        return Err(format!(
            "a file as a socket: {refused:?}, it holds {kept:?}"
        ));
    }
    Ok(())
}

/// All of them find the one server, and each gets its session.
pub fn twenty(world: &World) -> Result<(), String> {
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..20)
            .map(|n| {
                scope.spawn(move || {
                    world.ok(&["new-session", "-d", "-s", &format!("s{n:02}"), "exec cat"])
                })
            })
            .collect();
        starts.into_iter().try_for_each(|start| match start.join() {
            Ok(result) => result.map(drop),
            Err(_) => Err("a thread failed".into()),
        })
    })?;
    let names = world.ok(&["list-sessions", "-F", "#{session_name}"])?;
    let wanted: String = (0..20).map(|n| format!("s{n:02}\n")).collect();
    if names != wanted {
        return Err(format!("sessions are {names:?}"));
    }
    let servers: Vec<String> = world
        .own_processes()
        .into_iter()
        .map(proc::command_line)
        .filter(|line| line.contains(" server --keeper-fd "))
        .collect();
    match servers[..] {
        [_] => Ok(()),
        _ => Err(format!("servers are {servers:#?}")),
    }
}

/// Another user of the machine calls: at the directory's door, and where somebody has opened that and the socket to all.
pub fn stranger(world: &World) -> Result<(), String> {
    if !crate::is_root() {
        println!("form: none: only root can be another user");
        return Ok(());
    }
    println!("form: really, as user 65534");
    world.ok(&["new-session", "-d", "-s", "secret", "exec cat"])?;
    let socket = world.socket();
    // A client that is hung up on calls again for ten seconds; nothing else comes of it.
    let mut words: Vec<String> = [
        "timeout",
        "3",
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ]
    .map(String::from)
    .into();
    words.extend(world.argv(&["-S", &socket, "list-sessions"]));
    let directory = std::path::Path::new(&socket)
        .parent()
        .ok_or("no directory")?;
    let open = |path: &std::path::Path, mode: u32| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(path, mode).map_err(|error| error.to_string())
    };
    for is_open in [false, true] {
        if is_open {
            open(directory, 0o777)?;
            open(std::path::Path::new(&socket), 0o666)?;
        }
        let said = world.run(&words)?;
        println!("  {:?}", said.stderr.trim_end());
        if said.status == 0 || said.stdout.contains("secret") {
            return Err(format!("another user was answered: {said:?}"));
        }
    }
    // One that is let in is answered, one that may look on changes nothing, one that is turned out is refused again.
    let Some(user) = outlast_sys::user::by_uid(65534) else {
        println!("form: user 65534 has no name here: nobody can be let in");
        open(directory, 0o700)?;
        return world.ok(&["has-session", "-t", "secret"]).map(drop);
    };
    let command = words.len() - 1;
    for (flag, wanted, status) in [
        ("-a", "list-sessions", 0),
        ("-a", "rename-window", 0),
        ("-r", "list-clients", 0),
        ("-r", "rename-window", 1),
        ("-d", "list-sessions", 1),
    ] {
        // It is there already, or gone already, the second time. A directory that anybody can write in is not looked for a
        // socket: it has to be named.
        world.run(&world.argv(&["-S", &socket, "server-access", flag, &user.name]))?;
        words.truncate(command);
        words.push(wanted.to_string());
        words.extend((wanted == "rename-window").then(|| format!("by{flag}")));
        let said = world.run(&words)?;
        println!(
            "  {flag} {wanted}: {} {:?}",
            said.status,
            said.stderr.trim_end()
        );
        if said.status != status
            || (wanted, flag) == ("list-sessions", "-a") && !said.stdout.contains("secret")
        {
            return Err(format!("{flag} {wanted}: {said:?}"));
        }
    }
    // Who may call is served as before.
    open(directory, 0o700)?;
    world.ok(&["has-session", "-t", "secret"]).map(drop)
}

/// A thousand callers who say anything at all: the server stays, its memory does not grow.
pub fn garbage(world: &World) -> Result<(), String> {
    world.ok(&["new-session", "-d", "-s", "a", "exec cat"])?;
    let server = world.server_pid()?;
    let seed = Rng::seed("FAULTS_SEED", 15);
    println!("seed {seed}");
    let mut rng = Rng::new(seed);
    let call = |rng: &mut Rng| -> Result<(), String> {
        let mut stream = UnixStream::connect(world.socket()).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        for _ in 0..1 + rng.below(5) {
            // A frame's head, honest or not, or none; then anything.
            let len = rng.below(600) as usize;
            let head = match rng.below(4) {
                0 => len as u32,
                1 => u32::MAX,
                2 => rng.next() as u32,
                _ => 0,
            };
            bytes.extend(head.to_le_bytes());
            bytes.push(rng.below(20) as u8);
            bytes.extend((0..len).map(|_| rng.next() as u8));
        }
        bytes.truncate(rng.below(bytes.len() as u64 + 1) as usize);
        // The server may close at the first bad byte.
        let _ = stream.write_all(&bytes);
        Ok(())
    };
    for _ in 0..300 {
        call(&mut rng)?;
    }
    world.ok(&["list-sessions"])?;
    let before = proc::pss(server);
    for _ in 0..1000 {
        call(&mut rng)?;
    }
    world.ok(&["list-sessions"])?;
    let (now, after) = (world.server_pid()?, proc::pss(server));
    if now != server {
        return Err(format!("the server was {server} and is {now}"));
    }
    if after > before + (2 << 20) {
        return Err(format!("the server had {before} bytes and has {after}"));
    }
    Ok(())
}
