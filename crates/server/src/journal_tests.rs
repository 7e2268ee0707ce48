//! Torn writes, compaction, damage: on a memory that remembers every byte written, in order.

use outlast_core::save::Entry;

use super::*;

/// One byte at a time, as the worst machine would do it.
#[derive(Clone, Default)]
struct Recorder {
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Step {
    Grow(usize, usize),
    Byte(usize, usize, u8),
    Word(usize, usize, u64),
}

thread_local!(static STEPS: std::cell::RefCell<Vec<Step>> = const { std::cell::RefCell::new(Vec::new()) });

struct Traced(usize, Recorder);

impl Memory for Traced {
    fn len(&self) -> usize {
        self.1.bytes.len()
    }
    fn grow(&mut self, len: usize) -> std::io::Result<()> {
        STEPS.with_borrow_mut(|s| s.push(Step::Grow(self.0, len)));
        self.1.bytes.resize(len, 0);
        Ok(())
    }
    fn clear(&mut self) -> std::io::Result<()> {
        for at in (0..self.1.bytes.len())
            .rev()
            .filter(|at| at % 7 == 0 || *at < 64)
        {
            self.write(at, &[0]);
        }
        Ok(())
    }
    fn bytes(&self) -> &[u8] {
        &self.1.bytes
    }
    fn write(&mut self, at: usize, bytes: &[u8]) {
        STEPS.with_borrow_mut(|s| {
            s.extend(
                bytes
                    .iter()
                    .enumerate()
                    .map(|(i, b)| Step::Byte(self.0, at + i, *b)),
            )
        });
        self.1.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }
    fn publish(&mut self, at: usize, value: u64) {
        STEPS.with_borrow_mut(|s| s.push(Step::Word(self.0, at, value)));
        self.1.bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    fn published(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.1.bytes[at..at + 8].try_into().unwrap())
    }
}

fn apply(slots: &mut [Traced; 2], step: Step) {
    match step {
        Step::Grow(slot, len) => slots[slot].1.bytes.resize(len, 0),
        Step::Byte(slot, at, byte) => slots[slot].1.bytes[at] = byte,
        Step::Word(slot, at, value) => {
            slots[slot].1.bytes[at..at + 8].copy_from_slice(&value.to_le_bytes())
        }
    }
}

fn fresh() -> [Traced; 2] {
    [
        Traced(0, Recorder::default()),
        Traced(1, Recorder::default()),
    ]
}

fn turn(turn: u64) -> Transaction {
    Transaction {
        turn,
        entries: vec![
            Entry::Section(
                format!("session/{turn}"),
                Some(vec![b'x'; turn as usize * 3]),
            ),
            Entry::Section("window/1".into(), None),
            Entry::Heard(1, turn * 10),
            Entry::Op(1, 5, b"{}".to_vec()),
            Entry::Did(2, turn),
            Entry::Input(3, 7, b"ls\r".to_vec()),
            Entry::Message(2, 1, b"text".to_vec()),
            Entry::Received(2, 1),
            Entry::Shell(9, vec![1, 2, 3]),
        ],
    }
}

/// After each single store the journal reads as some whole number of turns, and never goes back.
#[test]
fn a_kill_between_any_two_bytes_leaves_the_old_state_or_the_new() {
    STEPS.with_borrow_mut(Vec::clear);
    let mut journal = Journal::create(fresh());
    let mut expected = vec![(0, Vec::new())];
    let mut now = vec![turn(1)];
    let mark = |now: &Vec<Transaction>, expected: &mut Vec<(usize, Vec<Transaction>)>| {
        expected.push((STEPS.with_borrow(Vec::len), now.clone()));
    };
    journal.compact(&now).unwrap();
    mark(&now, &mut expected);
    for n in 2..5 {
        journal.append(&turn(n)).unwrap();
        now.push(turn(n));
        mark(&now, &mut expected);
    }
    now = vec![turn(3), turn(4)];
    journal.compact(&now).unwrap();
    mark(&now, &mut expected);
    journal.append(&turn(5)).unwrap();
    now.push(turn(5));
    mark(&now, &mut expected);
    now = vec![turn(5)];
    journal.compact(&now).unwrap();
    mark(&now, &mut expected);
    let steps = STEPS.with_borrow_mut(std::mem::take);

    let mut slots = fresh();
    let mut reached = 0;
    for (done, step) in steps.iter().enumerate() {
        apply(&mut slots, *step);
        let copies = [Traced(0, slots[0].1.clone()), Traced(1, slots[1].1.clone())];
        let turns = match Journal::open(copies) {
            Ok((_, turns, damage)) => {
                assert_eq!(damage, None, "step {done} {step:?}");
                turns
            }
            Err(JournalError::Empty) => Vec::new(),
            Err(error) => panic!("step {done} {step:?}: {error}"),
        };
        if turns != expected[reached].1 {
            reached += 1;
            assert_eq!(turns, expected[reached].1, "step {done} {step:?}");
        }
        assert!(
            done < expected.get(reached + 1).map_or(usize::MAX, |e| e.0),
            "step {done}: not in force in time"
        );
    }
    assert_eq!(reached, expected.len() - 1);
}

#[test]
fn an_opened_journal_goes_on() {
    let mut journal = Journal::create(fresh());
    journal.compact(&[turn(1)]).unwrap();
    journal.append(&turn(2)).unwrap();
    let Journal { slots, .. } = journal;
    let (mut journal, turns, _) = Journal::open(slots).unwrap();
    assert_eq!(turns, [turn(1), turn(2)]);
    journal.append(&turn(3)).unwrap();
    journal.compact(&[turn(3)]).unwrap();
    journal.append(&turn(4)).unwrap();
    let Journal { slots, .. } = journal;
    let (_, turns, _) = Journal::open(slots).unwrap();
    assert_eq!(turns, [turn(3), turn(4)]);
}

#[test]
fn damage_costs_the_tail_and_is_reported() {
    let mut journal = Journal::create(fresh());
    journal.compact(&[turn(1)]).unwrap();
    let second = HEADER_LEN + journal.committed;
    journal.append(&turn(2)).unwrap();
    journal.append(&turn(3)).unwrap();
    let current = journal.current;
    let Journal { mut slots, .. } = journal;
    slots[current].1.bytes[second + 20] ^= 1;
    let (mut journal, turns, damage) = Journal::open(slots).unwrap();
    assert_eq!(turns, [turn(1)]);
    assert_eq!(damage, Some(JournalError::Damaged(second - HEADER_LEN)));
    journal.append(&turn(4)).unwrap();
    let Journal { slots, .. } = journal;
    assert_eq!(Journal::open(slots).unwrap().1, [turn(1), turn(4)]);
}

#[test]
fn it_wants_compaction_when_it_has_grown() {
    let mut journal = Journal::create(fresh());
    journal.compact(&[]).unwrap();
    let large = Transaction {
        turn: 1,
        entries: vec![Entry::Input(1, 0, vec![b'x'; 100_000])],
    };
    for _ in 0..2 {
        journal.append(&large).unwrap();
        assert!(!journal.wants_compaction());
    }
    journal.append(&large).unwrap();
    assert!(journal.wants_compaction());
    journal.compact(&[large.clone(), large.clone()]).unwrap();
    for _ in 0..6 {
        assert!(!journal.wants_compaction());
        journal.append(&large).unwrap();
    }
    journal.append(&large).unwrap();
    assert!(journal.wants_compaction(), "four times its base");
}
