//! What runs after a reboot, and what is only offered.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use outlast_core::PaneId;
use outlast_core::probe::Running;
use outlast_sim::{Crash, Outside, World};

use crate::bench::{Bench, words};

/// Panes by number, and what is found to run there.
#[derive(Default)]
struct Programs(BTreeMap<u32, Running>);

impl Outside for Programs {
    fn running(&self, pane: PaneId) -> Option<Running> {
        self.0.get(&pane.0).cloned()
    }
}

/// What a person does, and what the pane's program has then been typed.
struct Policy {
    policy: &'static str,
    /// The pane's own command, or none: a shell in which the program was started.
    own: bool,
    /// Lines in the pane.
    says: &'static [&'static str],
    says_not: &'static [&'static str],
    /// Program that is started, its last word.
    starts: &'static str,
    /// Keys, and what comes of them.
    keys: &'static [&'static str],
    typed: &'static str,
}

const ASKED: &[&str] = &["this ran here: sleep 1234", "Enter starts it again"];

const POLICIES: &[Policy] = &[
    Policy {
        policy: "ask",
        own: false,
        says: ASKED,
        says_not: &[],
        starts: "-sh",
        keys: &["Enter"],
        typed: "sleep 1234\r",
    },
    Policy {
        policy: "ask",
        own: false,
        says: ASKED,
        says_not: &[],
        starts: "-sh",
        keys: &["x", "Enter"],
        typed: "x\r",
    },
    Policy {
        policy: "ask",
        own: true,
        says: ASKED,
        says_not: &[],
        starts: "-sh",
        keys: &["Enter", "Enter"],
        typed: "sleep 1234\r\r",
    },
    Policy {
        policy: "resume",
        own: false,
        says: ASKED,
        says_not: &[],
        starts: "-sh",
        keys: &["Enter"],
        typed: "sleep 1234\r",
    },
    Policy {
        policy: "rerun",
        own: false,
        says: &["starting again: sleep 1234"],
        says_not: &["Enter starts"],
        starts: "-sh",
        keys: &["x"],
        typed: "sleep 1234\rx",
    },
    Policy {
        policy: "rerun",
        own: true,
        says: &["text above"],
        says_not: &["Enter starts", "this ran"],
        starts: "sleep 1234",
        keys: &["x"],
        typed: "x",
    },
    Policy {
        policy: "shell",
        own: false,
        says: &["text above"],
        says_not: &["sleep 1234\u{1b}", "this ran"],
        starts: "-sh",
        keys: &["Enter"],
        typed: "\r",
    },
    Policy {
        policy: "shell",
        own: true,
        says: &["text above"],
        says_not: &["this ran"],
        starts: "-sh",
        keys: &["Enter"],
        typed: "\r",
    },
];

#[test]
fn a_policy_decides_what_starts() {
    for row in POLICIES {
        let about = format!("{}, own: {}, keys {:?}", row.policy, row.own, row.keys);
        let programs = Rc::new(RefCell::new(Programs::default()));
        let mut bench = Bench::new(World::around(programs.clone(), Vec::new()));
        let own = if row.own { " sleep~1234" } else { "" };
        bench.run(&format!("new-session -d -s a -x 80 -y 24{own}"));
        bench.run(&format!("set-option -p restore-policy {}", row.policy));
        let running = Running {
            is_pane: row.own,
            argv: words("sleep 1234"),
            cwd: "/usr/share".into(),
            environment: vec!["PATH".into()],
        };
        programs.borrow_mut().0.insert(0, running);
        bench.world.say(0, b"before\r\n", Crash::Never);
        bench.settle();
        programs.borrow_mut().0.clear();
        bench.reboot();
        let text = bench.text(0);
        for line in row.says {
            assert!(text.contains(line), "{about}: no {line:?} in {text}");
        }
        for line in row.says_not {
            assert!(!text.contains(line), "{about}: {line:?} in {text}");
        }
        let spec = &bench.world.panes[&0].spec;
        assert_eq!(
            spec.argv.last().map(String::as_str),
            Some(row.starts),
            "{about}"
        );
        if !row.own {
            assert_eq!(spec.cwd, "/usr/share", "{about}");
        }
        for key in row.keys {
            bench.run(&format!("send-keys -t %0 {key}"));
        }
        let typed = String::from_utf8_lossy(&bench.world.panes[&0].input).into_owned();
        assert_eq!(typed, row.typed, "{about}");
    }
}

/// An offer that nobody has answered is there after the next reboot as well.
#[test]
fn an_offer_waits() {
    let programs = Rc::new(RefCell::new(Programs::default()));
    let mut bench = Bench::new(World::around(programs.clone(), Vec::new()));
    bench.run("new-session -d -s a -x 80 -y 24");
    let running = Running {
        argv: words("vim a~file"),
        ..Running::default()
    };
    programs.borrow_mut().0.insert(0, running);
    bench.world.say(0, b"before\r\n", Crash::Never);
    bench.settle();
    let shell = Running {
        is_pane: true,
        ..Running::default()
    };
    programs.borrow_mut().0.insert(0, shell);
    // What runs is looked at when text is written; the last look counts.
    bench.world.reboot();
    for _ in 0..2 {
        bench.reboot();
    }
    bench.run("send-keys -t %0 Enter");
    assert_eq!(bench.world.panes[&0].input, b"vim 'a file'\r");
}

/// When the machine goes down, programs end before the last look: what was seen before is what had run there.
#[test]
fn a_program_that_has_just_ended_is_offered() {
    let programs = Rc::new(RefCell::new(Programs::default()));
    let mut bench = Bench::new(World::around(programs.clone(), Vec::new()));
    bench.run("new-session -d -s a -x 80 -y 24");
    let running = Running {
        argv: words("vim file"),
        cwd: "/usr/share".into(),
        ..Running::default()
    };
    programs.borrow_mut().0.insert(0, running);
    bench.world.say(0, b"before\r\n", Crash::Never);
    bench.settle();
    programs.borrow_mut().0.clear();
    bench.world.say(0, b"hangup\r\n", Crash::Never);
    bench.settle();
    bench.reboot();
    let text = bench.text(0);
    assert!(text.contains("this ran here: vim file"), "{text}");
    assert_eq!(bench.world.panes[&0].spec.cwd, "/usr/share");
}
