//! A request from the agent's hook to the end, with a fake agent: it is opened, told by a webhook, approved from another
//! terminal, recorded with who did it and where, and the notice is taken back.

use outlast_testkit::Binary;
use outlast_testkit::http::{heard, http};
use serde_json::Value;

use crate::day::Day;
use crate::lab::Test;

pub fn to_the_end(binary: &Binary) -> Test {
    let day = Day::new(binary)?;
    let (port, requests) = http(&[200])?;
    let url = format!("http://127.0.0.1:{port}/told");
    for (option, value) in [("notify-webhook", url.as_str()), ("notify-details", "on")] {
        day.world.ok(&["set-option", "-s", option, value])?;
    }
    day.own(&[
        "claude",
        "--detach",
        "api",
        "{{bash touch made-api}} {{say well}}",
    ])?;
    let id = day.request_of("api")?;
    let told = || -> Result<Value, String> {
        let (what, _, body) = heard(&requests)?;
        let said = serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))?;
        match what.as_str() {
            "POST /told" => Ok(said),
            _ => Err(what),
        }
    };
    let opened = told()?;
    let is = |said: &Value, settled: bool| {
        said["request"] == id.as_str() && said["agent"] == "claude" && said["settled"] == settled
    };
    if !is(&opened, false)
        || !opened["text"]
            .as_str()
            .unwrap_or("")
            .contains("touch made-api")
    {
        return Err(format!("told: {opened}"));
    }
    // Another terminal, outside of all panes; where that is, is what is recorded.
    let mut person = day.start(&["approve", &id])?;
    let tty = person.tty().to_string();
    let status = person.wait_end(outlast_testkit::world::patience())?;
    if !status.success() {
        return Err(format!("approve: {status}"));
    }
    let withdrawn = told()?;
    if !is(&withdrawn, true) {
        return Err(format!("taken back: {withdrawn}"));
    }
    day.world
        .until(&["list-runs", "-F", "#{agent_state}", "api"], |said| {
            said == "done\n"
        })?;
    if !day.made("made-api") {
        return Err("what was allowed was not done".into());
    }
    let record = day.says(&["requests", "--history"])?;
    let line = record
        .lines()
        .find(|line| line.contains(&id))
        .unwrap_or_default();
    let wanted = [
        format!(" {id} allowed by terminal {tty}"),
        "touch made-api".to_string(),
        "claude".to_string(),
    ];
    match wanted.iter().all(|part| line.contains(part.as_str())) {
        true => Ok(()),
        false => Err(format!("{tty}: {record}")),
    }
}
