//! Clients and servers of other versions, and real tmux on either end.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, World};
use outlast_wire::client::{Hello, ToClient, ToServer, VERSION};
use outlast_wire::frame::{Splitter, put};

use crate::lab::{GOOD, Lab, Result, expect, run, text};

/// What a server says to these frames, until it ends the connection or has said goodbye.
fn converse(world: &World, frames: &[u8]) -> Result<Vec<ToClient>> {
    let mut socket = UnixStream::connect(world.socket()).map_err(text("connect"))?;
    socket
        .set_read_timeout(Some(patience()))
        .map_err(text("timeout"))?;
    socket.write_all(frames).map_err(text("write"))?;
    let (mut splitter, mut said, mut buffer) = (Splitter::default(), Vec::new(), [0; 4096]);
    loop {
        while let Some((tag, body)) = splitter.take().map_err(text("frame"))? {
            said.extend(ToClient::decode(tag, body).map_err(text("message"))?);
        }
        if matches!(said.last(), Some(ToClient::Exit { .. })) {
            return Ok(said);
        }
        match socket.read(&mut buffer) {
            Ok(0) => return Ok(said),
            Ok(len) => splitter.push(&buffer[..len]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Ok(said),
            Err(error) => return Err(format!("after {said:?}: {error}")),
        }
    }
}

pub fn other_clients() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    let greet = |version: u32, key: u8| {
        let mut frames = Vec::new();
        let hello = Hello {
            version,
            key: [key; 16],
            ..Hello::default()
        };
        ToServer::Hello(hello).encode(&mut frames);
        frames
    };
    let mut ask = Vec::new();
    let argv = ["display-message", "-p", "here"].map(String::from).to_vec();
    ToServer::Command { seq: 1, argv }.encode(&mut ask);

    let said = converse(&lab.world, &[greet(0, 1), ask.clone()].concat())?;
    let [
        ToClient::Print { bytes, .. },
        ToClient::Exit { status: 1, .. },
    ] = &said[..]
    else {
        return Err(format!("an old client was told {said:?}"));
    };
    let line = String::from_utf8_lossy(bytes);
    let program = lab.installed.to_string_lossy().into_owned();
    if !line.starts_with("this client speaks protocol 0; the server (") || !line.contains(&program)
    {
        return Err(format!("an old client was told {line:?}"));
    }

    // One of the future says more at the ends of messages, and messages that we do not know.
    let mut future = greet(VERSION + 7, 2);
    future.extend(b"more");
    let len = u32::from_le_bytes([future[0], future[1], future[2], future[3]]) + 4;
    future[..4].copy_from_slice(&len.to_le_bytes());
    let mut news = Vec::new();
    put(&mut news, 63, |w| {
        w.text("a message of later times");
    });
    let said = converse(
        &lab.world,
        &[&news[..], &future, &news, &ask, &news].concat(),
    )?;
    let printed: Vec<u8> = said
        .iter()
        .filter_map(|message| match message {
            ToClient::Print { bytes, .. } => Some(bytes.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    let welcome = matches!(
        said.first(),
        Some(ToClient::Welcome {
            version: VERSION,
            ..
        })
    );
    if !welcome || printed != b"here\n" {
        return Err(format!("a client of the future was told {said:?}"));
    }

    // A real tmux's client: it gets the one message by which it says "protocol version mismatch".
    let mut socket = UnixStream::connect(lab.world.socket()).map_err(text("connect"))?;
    let longflags = [
        &[111, 0, 0, 0, 24, 0, 0, 0, 8, 0, 0, 0, 1, 2, 0, 0][..],
        &[0; 8],
    ]
    .concat();
    socket.write_all(&longflags).map_err(text("write"))?;
    let mut answer = [0; 16];
    socket
        .read_exact(&mut answer)
        .map_err(text("tmux's client"))?;
    if answer[..9] != [12, 0, 0, 0, 16, 0, 0, 0, 255] {
        return Err(format!("a real tmux's client was told {answer:?}"));
    }
    for tmux in Binary::installed() {
        let words = ["-S", &lab.world.socket(), "list-sessions"];
        let output = run(&lab.world, &tmux.path, &words)?;
        expect(
            &output,
            1,
            &["protocol version mismatch (client 8, server 255)"],
        )?;
    }
    lab.is_whole("told")
}

/// A server that is none: answers each connection with these bytes and closes it.
fn pretend(path: &Path, answer: Vec<u8>) -> Result<()> {
    let listener = UnixListener::bind(path).map_err(text("bind"))?;
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else {
                return;
            };
            let _ = connection.write_all(&answer);
            let _ = connection.read(&mut [0; 4096]);
        }
    });
    Ok(())
}

pub fn other_servers() -> Result<()> {
    let world = World::new(&Binary::outlast(GOOD))?;
    let mut welcome = Vec::new();
    ToClient::Welcome {
        version: 0,
        done: 0,
        release: String::new(),
        pipes: false,
    }
    .encode(&mut welcome);
    let mut unknown = Vec::new();
    put(&mut unknown, 99, |_| {});
    // Who never answers is asked again for ten seconds: all at once.
    std::thread::scope(|scope| {
        let world = &world;
        let rows = [
            ("old", welcome, "speaks protocol 0, this client 1 to 1"),
            ("mute", Vec::new(), "does not speak with this client"),
            ("strange", unknown, "does not speak with this client"),
        ];
        let asked: Vec<_> = rows
            .into_iter()
            .map(|(name, answer, said)| {
                scope.spawn(move || other_server(world, name, answer, said))
            })
            .collect();
        asked
            .into_iter()
            .try_for_each(|asked| asked.join().unwrap_or(Err("a thread failed".into())))
    })
}

fn other_server(world: &World, name: &str, answer: Vec<u8>, said: &str) -> Result<()> {
    let path = world.dir().join(name);
    pretend(&path, answer)?;
    let socket = path.to_string_lossy();
    let good = Path::new(GOOD);
    for (words, said) in [("list-sessions", said), ("upgrade", "the server on")] {
        expect(&run(world, good, &["-S", &socket, words])?, 1, &[said])
            .map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}
