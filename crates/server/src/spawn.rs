//! How a program is to be started, as the keeper wants it said.

use outlast_core::effect::SpawnSpec;
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
