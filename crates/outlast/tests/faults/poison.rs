//! Output that kills the server, planted in a build with the feature `faults`.

use std::time::Duration;

use outlast_testkit::{World, roles};

/// It kills twice, is stepped over, kept as a file and said so; what comes before and after it is there, and so is all
/// else.
pub fn stepped_over(world: &mut World) -> Result<(), String> {
    const MARK: &str = "the-planted-poison";
    world.set_env("OUTLAST_POISON", Some(MARK));
    world.session("a", (80, 24), "exec cat")?;
    world.set_env("OUTLAST_POISON", None);
    let pid = crate::pane_pid(world, "a")?;
    let mut client = world.client(80, 25, &["attach-session", "-t", "a"])?;
    client.wait_text("[a]", Duration::from_secs(10))?;
    // In one write: in two, neither half kills.
    let go = world.dir().join("go");
    let script = format!(
        "echo before; while [ ! -e {} ]; do sleep 0.01; done; echo the-planted''-poison; sleep 0.5; echo after; exec cat",
        roles::quote(&go.to_string_lossy())
    );
    world.ok(&["new-window", "-t", "a:", "-n", "bad", &script])?;
    world.until(&["capture-pane", "-p", "-t", "a:bad"], |text| {
        text.contains("before")
    })?;
    let first = world.server_pid()?;
    std::fs::write(&go, "").map_err(|error| error.to_string())?;
    let text = world.until(&["capture-pane", "-p", "-t", "a:bad"], |text| {
        text.contains("after")
    })?;
    if text.contains(MARK) || !text.contains("before") || !text.contains("output are lost") {
        return Err(format!("the pane shows {text:?}"));
    }
    if world.server_pid()? == first {
        return Err("the poison was none".into());
    }
    let state = world.home().join(".local/state/outlast");
    let kept = std::fs::read_dir(&state)
        .map_err(|error| format!("{}: {error}", state.display()))?
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().starts_with("poison-"))
        .ok_or("no file has the poison")?;
    let bytes = std::fs::read(kept.path()).map_err(|error| error.to_string())?;
    if !String::from_utf8_lossy(&bytes).contains(MARK) {
        return Err(format!("{:?} holds {bytes:?}", kept.path()));
    }
    client.wait_text("killed two servers", Duration::from_secs(10))?;
    client.keys("C-b p")?;
    client.wait_text("0:cat*", Duration::from_secs(10))?;
    client.type_text("still here")?;
    client.wait_text("still here", Duration::from_secs(10))?;
    match world.format("a:0", "#{pane_pid}")? {
        now if now == pid => Ok(()),
        now => Err(format!("the pane's process was {pid} and is {now}")),
    }
}
