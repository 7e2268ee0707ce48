//! Keepalives of this side. What a configuration comes to is ssh's own answer: `ssh -G`.

use super::scene::Scene;
use super::{Found, hint, ok, unknown};

pub fn look(scene: &Scene) -> Found {
    // For a host that nobody has lines for.
    let ran = match (scene.ask)(&["ssh", "-G", "outlast.invalid"]) {
        Ok(ran) => ran,
        Err(error) if error == "not found" => return ok("there is no ssh here"),
        Err(error) => return unknown(format!("ssh -G: {error}")),
    };
    let value = |name: &str| {
        let line = ran.stdout.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|value| value.trim().parse::<u64>().ok())
    };
    let (interval, count) = (value("serveraliveinterval "), value("serveralivecountmax "));
    match (ran.status, interval, count) {
        (Some(0), Some(interval @ 1..), Some(count)) => ok(format!(
            "a dead connection is noticed after {} s",
            interval.saturating_mul(count)
        )),
        (Some(0), ..) => hint(
            "a connection that is dead is never noticed, a silent one may be dropped on its way",
            "outlast setup ssh",
        ),
        _ => hint(
            format!(
                "ssh does not read its configuration: {}",
                ran.stderr.trim().replace('\n', "; ")
            ),
            "ssh -G localhost",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn keepalives_are_what_ssh_says() {
        let mut scene = Scene::fake("ssh");
        assert_eq!(look(&scene).verdict, Verdict::Ok);
        scene.answers(&[(
            "ssh -G",
            0,
            "serveraliveinterval 0\nserveralivecountmax 3\n",
        )]);
        assert_eq!(look(&scene).remedy, "outlast setup ssh");
        scene.answers(&[(
            "ssh -G",
            0,
            "serveraliveinterval 15\nserveralivecountmax 4\n",
        )]);
        assert_eq!(look(&scene), ok("a dead connection is noticed after 60 s"));
        scene.answers(&[("ssh -G", 255, "")]);
        assert_eq!(look(&scene).verdict, Verdict::Hint);
    }
}
