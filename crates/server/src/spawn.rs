//! How a program is to be started, as the keeper wants it said.

use std::path::Path;

use outlast_core::effect::SpawnSpec;
use outlast_core::limits::Limits;
use outlast_sys::mem::MemFile;
use outlast_wire::keeper::SpawnSpec as Description;

/// The description of a program, in a memory file that cannot change any more. Err is clean text.
pub fn describe(spec: &SpawnSpec, flags: u32) -> Result<MemFile, String> {
    let argv: Vec<&[u8]> = spec.argv.iter().map(String::as_bytes).collect();
    let env: Vec<String> = spec
        .env
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let env: Vec<&[u8]> = env.iter().map(String::as_bytes).collect();
    let description = Description {
        flags,
        control_chars: &[],
        path: spec.path.as_bytes(),
        cwd: spec.cwd.as_bytes(),
        argv: &argv,
        env: &env,
    };
    let bytes = description.encode().ok_or("command too long")?;
    MemFile::sealed(c"outlast-spawn", &bytes).map_err(|error| crate::files::reason(&error))
}

/// A pane's program as it is started: one with limits by our own program, which puts itself where they hold and becomes it
/// (the hidden verb `limited`). `own` is where that lies; where it is gone, the program is started without.
pub fn with_limits(spec: &SpawnSpec, name: &str, socket: &str, own: &Path) -> Option<SpawnSpec> {
    let Limits {
        memory,
        processes,
        weight,
        isolation,
        session,
    } = &spec.limits;
    if spec.limits.is_none() || spec.argv.is_empty() || !own.is_file() {
        return None;
    }
    let mut argv: Vec<String> = ["outlast", "limited", "--name", name]
        .map(String::from)
        .to_vec();
    let mut numbers = vec![
        ("--memory", memory),
        ("--processes", processes),
        ("--weight", weight),
    ];
    if let Some(session) = session {
        // The same for every server on this socket, and for nobody else's.
        let name = format!("{:08x}_{}", number_of(socket), session.session);
        argv.extend(["--session".to_string(), name]);
        numbers.extend([
            ("--session-memory", &session.memory),
            ("--session-processes", &session.processes),
            ("--session-weight", &session.weight),
        ]);
    }
    for (flag, value) in numbers {
        argv.extend(
            value
                .iter()
                .flat_map(|value| [flag.to_string(), value.to_string()]),
        );
    }
    if let Some(isolation) = isolation {
        argv.push("--isolate".into());
        argv.extend((!isolation.network).then(|| "--no-network".to_string()));
        let writable = isolation.writable.iter();
        argv.extend(writable.flat_map(|path| ["--writable".to_string(), path.clone()]));
    }
    let mut words = spec.argv.iter();
    if let Some(first) = words.next().filter(|first| **first != spec.path) {
        argv.extend(["--argv0".to_string(), first.clone()]);
    }
    argv.extend(["--".to_string(), spec.path.clone()]);
    argv.extend(words.cloned());
    Some(SpawnSpec {
        path: own.to_string_lossy().into_owned(),
        argv,
        ..spec.clone()
    })
}

/// A number for a text: FNV-1a, 32 bits.
fn number_of(text: &str) -> u32 {
    let add = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, add)
}

#[cfg(test)]
mod tests {
    use outlast_core::limits::Isolation;

    use super::*;

    #[test]
    fn a_program_with_limits_is_started_by_our_own() {
        let own = std::env::current_exe().unwrap();
        let mut spec = SpawnSpec {
            path: "/bin/bash".into(),
            argv: vec!["-bash".into(), "-c".into(), "x".into()],
            ..SpawnSpec::default()
        };
        assert_eq!(with_limits(&spec, "3", "/s", &own), None);
        spec.limits = Limits {
            memory: Some(4096),
            isolation: Some(Isolation {
                network: false,
                writable: vec!["/a b".into()],
            }),
            ..Limits::default()
        };
        let wrapped = with_limits(&spec, "3", "/s", &own).unwrap();
        assert_eq!(Path::new(&wrapped.path), own);
        assert_eq!(
            wrapped.argv.join("|"),
            "outlast|limited|--name|3|--memory|4096|--isolate|--no-network|--writable|/a b|--argv0|-bash|--|/bin/bash|-c|x"
        );
        spec.limits = Limits {
            session: Some(outlast_core::limits::session::Together {
                session: 7,
                memory: Some(9),
                ..Default::default()
            }),
            ..Limits::default()
        };
        let wrapped = with_limits(&spec, "3", "/s", &own).unwrap();
        let text = wrapped.argv.join("|");
        assert!(text.contains("_7|--session-memory|9|--"), "{text}");
        assert_eq!(
            with_limits(&spec, "3", "/s", Path::new("/nowhere/outlast")),
            None
        );
    }
}
