//! Who may take over, before a swap and at a start.

use outlast_core::save::Transaction;

use super::former::admit_build;
use super::*;

fn build(release: &str, state: u32, reads: u32) -> Build {
    Build {
        release: release.into(),
        state,
        reads,
    }
}

fn upgrade(own: Build) -> Upgrade {
    let mut upgrade = Upgrade::new("/x/outlast".into(), 1, false, Status::Running);
    upgrade.own = own;
    upgrade
}

fn journal(upgrade: &Upgrade) -> Vec<Transaction> {
    let others = Entry::Shell(NOTE + 1, vec![1]);
    let former = super::tests::upgrade(build("0.0.1", 1, 1)).note();
    let turn = |turn, entries| Transaction { turn, entries };
    vec![
        turn(1, vec![former, others.clone()]),
        turn(2, vec![others, upgrade.note()]),
    ]
}

#[test]
fn an_older_build_takes_over_only_when_asked() {
    let mut writer = upgrade(build("0.3.0", 1, 1));
    let older = build("0.2.9", 1, 1);
    let admit =
        |writer: &Upgrade, own, fallback| admit_build(&own, &journal(writer), fallback).is_ok();
    assert!(!admit(&writer, older.clone(), false));
    assert!(
        admit(&writer, older.clone(), true),
        "the keeper's fallback is always let in"
    );
    for release in ["0.3.0", "0.3.1"] {
        assert!(admit(&writer, build(release, 1, 1), false));
    }
    writer.admitted = "0.2.9".into();
    assert!(admit(&writer, older, false));
    assert!(!admit(&writer, build("0.2.8", 1, 1), false));
    assert!(admit_build(&build("0.1.0", 1, 1), &[], false).is_ok());
}

#[test]
fn what_cannot_be_read_is_refused_before_and_after() {
    let writer = upgrade(build("0.3.0", 3, 2));
    for (other, can) in [
        (build("0.4.0", 4, 2), true),
        (build("0.4.0", 4, 4), false),
        (build("0.2.0", 2, 1), false),
        (build("0.2.0", 3, 1), true),
    ] {
        assert_eq!(admit_build(&other, &journal(&writer), true).is_ok(), can);
        let words = format!(
            "release={} state={} reads={} ",
            other.release, other.state, other.reads
        );
        let verdict = writer.judge(Some(words.as_bytes()), true);
        assert_eq!(verdict.is_ok(), can, "{verdict:?}");
    }
    assert!(
        writer
            .judge(None, true)
            .unwrap_err()
            .ends_with("is no build of outlast")
    );
    let words = Some(&b"release=0.2.0 state=3 reads=1 "[..]);
    assert!(
        writer
            .judge(words, false)
            .unwrap_err()
            .contains("--allow-older")
    );
}

#[test]
fn kin_of_this_process() {
    let (parent, session) = kin(std::process::id()).unwrap();
    assert_eq!(
        Some(parent),
        outlast_sys::process::parent(std::process::id())
    );
    // 0 where the session's leader is outside the namespace of process numbers, as in a container.
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let told = status.lines().find_map(|line| line.strip_prefix("NSsid:"));
    let told = told.and_then(|ids| ids.split_ascii_whitespace().next_back());
    assert_eq!(told, Some(session.to_string().as_str()));
    assert_eq!(kin(0), None);
}

/// A row: release and build of the journal's writer, whether this server is the fallback; what people are told.
#[test]
fn who_is_attached_is_told_of_another_build() {
    let image = |n: u64| Some(Image([1, 2, n, 4]));
    let of = |release: &str, n: u64, given_up: Option<u64>| {
        let mut upgrade = upgrade(build(release, 1, 1));
        upgrade.image = image(n);
        upgrade.given_up = given_up.and_then(image);
        upgrade.last = Status::Signal(6);
        upgrade
    };
    let told = |writer: &Upgrade, next: &Upgrade| {
        let former = Former::of(&journal(writer)).expect("a note");
        next.news(&former).unwrap_or_default()
    };
    let old = of("0.1.0", 1, None);
    assert_eq!(
        told(&old, &of("0.1.0", 1, None)),
        "",
        "the same build again"
    );
    let newer = told(&old, &of("0.2.0", 2, None));
    assert_eq!(newer, "outlast is upgraded to 0.2.0 (it was 0.1.0)");
    let older = told(&of("0.2.0", 2, None), &old);
    assert_eq!(older, "outlast is 0.1.0 again (it was 0.2.0)");
    assert!(told(&old, &of("0.1.0", 3, None)).starts_with("outlast 0.1.0 is now build "));
    // One that was given up: once, also when this build goes on after another crash.
    let fallback = of("0.1.0", 1, Some(2));
    let text = "a new build is given up, it was killed by signal 6: 0.1.0 (build ";
    assert!(told(&of("0.2.0", 2, None), &fallback).starts_with(text));
    assert!(
        told(&old, &fallback).starts_with(text),
        "it had not come to write"
    );
    assert_eq!(told(&fallback, &fallback), "");
    assert!(
        told(&fallback, &of("0.1.0", 1, Some(5))).starts_with(text),
        "another one"
    );
    let unknown = Former::default();
    assert_eq!(
        of("0.2.0", 2, None).news(&unknown),
        None,
        "nobody said which it was"
    );
}
