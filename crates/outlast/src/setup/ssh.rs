//! `outlast setup ssh`: keepalives. OpenSSH's defaults never notice a path that is dead (ServerAliveInterval 0), and boxes on
//! the way forget a connection that is silent.
//!
//! In ssh_config(5) the first value that is found counts, so lines at the end are what holds where a person has said
//! nothing. The server's side needs root: it is shown, not written.

use super::change::Change;
use super::{Asked, Plan};

/// The subject of the block.
const SUBJECT: &str = "ssh";

/// Seconds between two signs of life, and how many may be missed: a minute.
pub const CLIENT: (u32, u32) = (15, 4);
/// The same at the server; longer, so that a laptop may sleep for a moment: three minutes.
pub const SERVER: (u32, u32) = (30, 6);

fn body() -> String {
    let (interval, count) = CLIENT;
    format!(
        "# Notices a dead connection within a minute and keeps a silent one alive. What stands above has the first word; put\n\
         # hosts of your own above, not below. Taken away by: outlast setup ssh --undo --yes\n\
         Host *\n    ServerAliveInterval {interval}\n    ServerAliveCountMax {count}\n"
    )
}

/// What root does on a server.
fn server(text: Option<&str>) -> String {
    let (interval, count) = SERVER;
    let lines = format!("ClientAliveInterval {interval}\\nClientAliveCountMax {count}\\n");
    let includes = text.is_none_or(|text| {
        text.lines().any(|line| {
            let line = line.trim_start().to_ascii_lowercase();
            line.starts_with("include") && line.contains("sshd_config.d")
        })
    });
    let file = match includes {
        true => "/etc/ssh/sshd_config.d/outlast.conf",
        // A line of sshd_config counts if no line before it says otherwise; a Match block would swallow it at the end.
        false => "",
    };
    let put = match file {
        "" => format!(
            "sudo sed -i '1i ClientAliveInterval {interval}\\nClientAliveCountMax {count}' /etc/ssh/sshd_config"
        ),
        file => format!("printf '{lines}' | sudo tee {file}"),
    };
    format!(
        "On the machines that you call, root does the same for the other direction, so that sshd ends what has died:\n  \
         {put}\n  sudo sshd -t && sudo systemctl reload ssh   # or: sshd; without systemd: sudo kill -HUP \"$(cat /run/sshd.pid)\""
    )
}

/// What is to be written.
pub(super) fn plan(asked: &Asked) -> Result<Plan, String> {
    let file = super::home()?.join(".ssh/config");
    let mut plan = Plan::default();
    if asked.undo {
        plan.changes.push(Change::without_block(&file, SUBJECT)?);
        plan.notes.push(
            "On servers: sudo rm /etc/ssh/sshd_config.d/outlast.conf, if root has put it there."
                .into(),
        );
        return Ok(plan);
    }
    let change = Change::with_block(&file, SUBJECT, &body())?;
    plan.changes.push(change.mode(0o600));
    let sshd = std::fs::read_to_string("/etc/ssh/sshd_config").ok();
    plan.notes.push(server(sshd.as_deref()));
    plan.verify = Some(Box::new(move || {
        // As ssh reads it, for a host that nobody has lines for.
        let path = file.to_string_lossy();
        let words = ["ssh", "-F", &*path, "-G", "outlast.invalid"];
        let Ok(ran) = crate::outside::run(&words, None, std::time::Duration::from_secs(5)) else {
            return Ok("ssh is not on PATH: the lines could not be tried".into());
        };
        let value = |name: &str| {
            let line = ran.stdout.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| value.trim().parse::<u32>().ok())
        };
        match (
            ran.status,
            value("serveraliveinterval "),
            value("serveralivecountmax "),
        ) {
            (Some(0), Some(interval), Some(count)) if interval > 0 => Ok(format!(
                "ssh reads it: a dead connection is noticed after {} s",
                interval.saturating_mul(count)
            )),
            (Some(0), ..) => {
                Err("lines above them in the file switch keepalives off for all hosts".into())
            }
            _ => Err(format!("ssh does not read it: {}", ran.stderr.trim())),
        }
    }));
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_told_where_lines_count() {
        let with = "# x\nInclude /etc/ssh/sshd_config.d/*.conf\n";
        assert!(server(Some(with)).contains("sudo tee /etc/ssh/sshd_config.d/outlast.conf"));
        assert!(server(None).contains("sudo tee"));
        assert!(server(Some("#Include /etc/ssh/sshd_config.d/*.conf\n")).contains("sed -i '1i "));
    }
}
