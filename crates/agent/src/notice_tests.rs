//! A clock of our own, and what is told by it.

use super::*;

const RULES: Rules = Rules {
    later_ms: 20_000,
    typing_ms: 10_000,
    most: 3,
};

fn news(state: &str, text: &str) -> News {
    News {
        urgency: match state {
            "done" => Urgency::Later,
            _ => Urgency::Now,
        },
        state: state.into(),
        title: format!("claude {state}"),
        text: text.into(),
        ..News::default()
    }
}

/// What happens, and what is told at which millisecond.
#[derive(Default)]
struct Day {
    desk: Desk,
    now: u64,
    typed: Option<u64>,
    said: Vec<String>,
}

impl Day {
    fn act(&mut self, act: Act) {
        let text = match act {
            Act::Tell { id, news, left_out } => {
                let more = match left_out {
                    0 => String::new(),
                    count => format!(" +{count}"),
                };
                format!("{} tell {id} {} {}{more}", self.now, news.state, news.text)
            }
            Act::Withdraw { id, .. } => format!("{} back {id}", self.now),
        };
        self.said.push(text.trim_end().to_string());
    }

    /// The clock goes on, and rings whenever the desk wants it.
    fn until(&mut self, ms: u64) {
        while let Some(due) = self.desk.due().filter(|due| *due <= ms) {
            self.now = self.now.max(due);
            let typed = self.typed;
            for act in self.desk.step(self.now, &RULES, |_| typed) {
                self.act(act);
            }
            let next = self.desk.due();
            assert!(next.is_none_or(|next| next > due), "it would ring for ever");
        }
        self.now = ms;
    }

    fn does(&mut self, what: &str) {
        let mut words = what.split(' ');
        let mut word = || words.next().unwrap_or_default();
        let ms: u64 = word().parse().unwrap();
        self.until(ms);
        match word() {
            "raise" => {
                let (place, reason, state, text) = (word(), word(), word(), word());
                let mut news = news(state, text);
                if reason != STATE {
                    news.request = reason.into();
                }
                self.desk.raise(self.now, place, reason, news, &RULES);
            }
            "settle" => {
                let (place, reason) = (word().to_string(), word().to_string());
                if let Some(act) = self.desk.settle(&place, &reason) {
                    self.act(act);
                }
            }
            "key" => self.typed = Some(self.now),
            "end" => {}
            other => panic!("{other}"),
        }
        // It is saved at any time.
        let text = serde_json::to_string(&self.desk).unwrap();
        self.desk = serde_json::from_str(&text).unwrap();
    }
}

#[test]
fn what_is_told_and_when() {
    let rows: &[(&str, &[&str], &[&str])] = &[
        (
            "at once, and taken back",
            &[
                "0 raise a state waiting q",
                "9000 settle a state",
                "99000 end",
            ],
            &["500 tell 1 waiting q", "9000 back 1"],
        ),
        (
            "done comes later",
            &["0 raise a state done", "99000 end"],
            &["20000 tell 1 done"],
        ),
        (
            "settled before it was told",
            &["0 raise a state done", "19999 settle a state", "99000 end"],
            &[],
        ),
        (
            "a rule settles it at once",
            &["0 raise a r1 waiting q", "100 settle a r1", "99000 end"],
            &[],
        ),
        (
            "not while a person types there",
            &[
                "0 key",
                "1000 raise a state waiting q",
                "5000 key",
                "99000 end",
            ],
            &["15000 tell 1 waiting q"],
        ),
        (
            "who types while it waits answers it",
            &[
                "0 key",
                "1000 raise a state waiting q",
                "9000 settle a state",
                "99000 end",
            ],
            &[],
        ),
        (
            "who types after it was done has seen it",
            &["0 raise a state done", "300 key", "99000 end"],
            &[],
        ),
        (
            "who has typed before has not",
            &["0 key", "1000 raise a state done", "99000 end"],
            &["21000 tell 1 done"],
        ),
        (
            "state and request are one matter",
            &[
                "0 raise a state waiting approve",
                "100 raise a r1 waiting command",
                "900 raise a state waiting approve",
                "1000 settle a r1",
                "1100 settle a state",
                "99000 end",
            ],
            &["500 tell 1 waiting command", "1100 back 1"],
        ),
        (
            "the request may come after it was told",
            &[
                "0 raise a state waiting approve",
                "3000 raise a r1 waiting command",
                "99000 end",
            ],
            &["500 tell 1 waiting approve"],
        ),
        (
            "the next request is another",
            &[
                "0 raise a r1 waiting one",
                "0 raise a state waiting one",
                "3000 settle a r1",
                "3100 raise a r2 waiting two",
                "99000 end",
            ],
            &["500 tell 1 waiting one", "3600 tell 1 waiting two"],
        ),
        (
            "the same said again is not",
            &[
                "0 raise a state waiting q",
                "3000 raise a state waiting q",
                "6000 raise a state waiting other",
                "99000 end",
            ],
            &["500 tell 1 waiting q", "6500 tell 1 waiting other"],
        ),
        (
            "failing after having waited is another matter",
            &[
                "0 raise a state waiting q",
                "3000 settle a state",
                "3000 raise a state failed x",
                "99000 end",
            ],
            &[
                "500 tell 1 waiting q",
                "3000 back 1",
                "3500 tell 2 failed x",
            ],
        ),
        (
            "too many are told together",
            &[
                "0 raise a state waiting a",
                "0 raise b state waiting b",
                "0 raise c state waiting c",
                "1000 raise d state waiting d",
                "1000 raise e state waiting e",
                "1000 raise f state waiting f",
                "2000 settle f state",
                "99000 end",
                "99000 settle e state",
            ],
            &[
                "500 tell 1 waiting a",
                "500 tell 2 waiting b",
                "500 tell 3 waiting c",
                "60500 tell 4 waiting d +1",
            ],
        ),
    ];
    for (name, what, said) in rows {
        let mut day = Day::default();
        for row in *what {
            day.does(row);
        }
        assert_eq!(day.said, *said, "{name}");
    }
}

#[test]
fn it_is_bounded_and_clean() {
    let mut desk = Desk::default();
    for n in 0..2 * MATTERS_MOST as u64 {
        let mut news = news("waiting", &"x\u{1b}\u{202e}".repeat(9000));
        news.title = "t\u{7}\n".repeat(9000);
        desk.raise(n, &format!("place {n}"), STATE, news, &RULES);
    }
    assert_eq!(desk.matters.len(), MATTERS_MOST);
    for matter in desk.matters.values() {
        let News { title, text, .. } = &matter.news;
        assert!(title.chars().count() <= TITLE_MOST + 1 && text.chars().count() <= TEXT_MOST + 1);
        assert!(!title.chars().chain(text.chars()).any(char::is_control));
    }
}
