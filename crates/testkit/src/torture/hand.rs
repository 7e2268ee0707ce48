//! Draws faults and moments, strikes, and looks whether it goes on.

use std::fs;
use std::time::{Duration, Instant};

use super::builds::Builds;
use super::faults::{Is, TABLE};
use super::{Board, Course, Plan};
use crate::facts::Who;
use crate::world::patience;
use crate::{Client, Result, Rng, World, proc};

/// What a strike has to do with.
pub struct Hand<'a> {
    /// The world.
    pub world: &'a World,
    /// What servers are swapped for.
    pub builds: Option<&'a Builds>,
    /// Draws for this strike alone.
    pub rng: Rng,
    /// The server as it was before the strike.
    pub server: u32,
    /// The keeper as it was before the strike.
    pub keeper: u32,
    /// An attached client that is always drawn on.
    pub viewer: &'a Client,
    /// What the threads share.
    pub(super) course: &'a Course,
    /// Where it is written down.
    pub board: &'a Board,
    /// This strike's number.
    pub number: u64,
    /// What goes on over some strikes.
    lasting: Vec<Lasting<'a>>,
    /// Something was left to last by this strike: it is held when that ends.
    left: bool,
    /// The disk is not there.
    pub diskless: bool,
}

/// How something that lasts is ended, and looked at.
type End<'a> = Box<dyn FnOnce(&mut Hand<'a>) -> Result<()> + 'a>;

struct Lasting<'a> {
    /// Strikes until it ends.
    strikes: u64,
    number: u64,
    row: usize,
    end: End<'a>,
}

impl<'a> Hand<'a> {
    /// More about this strike, for a failure's message.
    pub fn note(&self, text: &str) {
        self.board.note(self.number, text);
    }

    /// Goes on meanwhile, and is ended by `end` some strikes later.
    pub fn lasts(&mut self, end: impl FnOnce(&mut Hand<'a>) -> Result<()> + 'a) {
        let strikes = 1 + self.rng.below(4);
        self.note(&format!("for {strikes} strikes"));
        self.left = true;
        self.lasting.push(Lasting {
            strikes,
            number: self.number,
            row: 0,
            end: Box::new(end),
        });
    }

    /// Sleeps for a drawn time: the moment of a strike, not a wait for anything.
    pub fn moment(&mut self, at_most: Duration) {
        let micros = self.rng.below(at_most.as_micros() as u64);
        std::thread::sleep(Duration::from_micros(micros));
    }

    /// Waits until the server is another than `old`.
    pub fn next_server(&self, old: u32) -> Result<u32> {
        self.world.wait_for(Who::Server, old)
    }

    /// Servers that live, whether they answer or not: the one that was there, children of the keeper.
    pub fn servers(&self) -> Vec<u32> {
        let path = format!("/proc/{0}/task/{0}/children", self.keeper);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let pids = text
            .split_whitespace()
            .filter_map(|pid| pid.parse::<u32>().ok());
        pids.chain([self.server])
            .filter(|pid| proc::is_alive(*pid) && proc::command_line(*pid).contains(SERVER))
            .collect()
    }

    /// Looks again and again until there is something; `what` it is.
    pub fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> Result<T> {
        let end = Instant::now() + patience();
        loop {
            if let Some(found) = look() {
                return Ok(found);
            }
            if Instant::now() > end {
                return Err(format!("not within {:?}: {what}", patience()));
            }
            // No event says that a process of others did something.
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// What must hold after each strike.
    fn look(&mut self, row: usize) -> Result<()> {
        let fault = &TABLE[row];
        let before = self.viewer.total();
        self.viewer
            .wait_bytes(before, patience())
            .map_err(|error| format!("an attached client: {error}"))?;
        let judge = |who: &str, is: Is, was: u32, now: u32| match is {
            Is::Same if was != now => Err(format!("the {who} was {was} and is {now}")),
            Is::Another if was == now => Err(format!("the {who} is still {now}")),
            _ => Ok(()),
        };
        let server = self.world.wait_for(Who::Server, 0)?;
        let keeper = self.world.wait_for(Who::Keeper, 0)?;
        judge("server", fault.server, self.server, server)?;
        judge("keeper", fault.keeper, self.keeper, keeper)?;
        (self.server, self.keeper) = (server, keeper);
        Ok(())
    }

    /// Ends what has lasted long enough, or all of it.
    fn end_lasting(&mut self, all: bool) -> Result<()> {
        let mut ending = Vec::new();
        for lasting in &mut self.lasting {
            lasting.strikes = lasting.strikes.saturating_sub(1);
        }
        let mut at = 0;
        while at < self.lasting.len() {
            match all || self.lasting[at].strikes == 0 {
                true => ending.push(self.lasting.remove(at)),
                false => at += 1,
            }
        }
        for lasting in ending {
            let (number, row) = (lasting.number, lasting.row);
            let ended = (lasting.end)(self);
            ended.map_err(|error| {
                format!("end of strike {number} ({}): {error}", TABLE[row].name)
            })?;
            self.board.held(number);
        }
        Ok(())
    }

    fn strike(&mut self, row: usize) -> Result<()> {
        self.number = self.board.strike(row);
        self.left = false;
        let fault = &TABLE[row];
        (fault.strike)(self, fault.word)?;
        self.look(row)?;
        match self.lasting.last_mut().filter(|_| self.left) {
            Some(lasting) => lasting.row = row,
            None => self.board.held(self.number),
        }
        Ok(())
    }
}

/// What a server's command line has.
const SERVER: &str = " server --keeper-fd ";

/// Strikes until the plan is fulfilled.
pub(super) fn run(
    world: &World,
    viewer: &Client,
    builds: Option<&Builds>,
    plan: &Plan,
    rows: &[usize],
    course: &Course,
    board: &Board,
) -> Result<()> {
    if rows.is_empty() {
        while !course.is_over() && !course.is_late() {
            std::thread::sleep(Duration::from_millis(20));
        }
        return Ok(());
    }
    let mut hand = Hand {
        world,
        builds,
        rng: Rng::new(0),
        server: world.wait_for(Who::Server, 0)?,
        keeper: world.wait_for(Who::Keeper, 0)?,
        viewer,
        course,
        board,
        number: 0,
        lasting: Vec::new(),
        left: false,
        diskless: false,
    };
    let mut order = Order::new(plan, rows);
    while hand.number < plan.strikes && !course.is_over() {
        if course.is_late() && order.first.is_empty() {
            break;
        }
        let (pause, row, seed) = order.next();
        hand.rng = Rng::new(seed);
        std::thread::sleep(pause);
        hand.strike(row)
            .map_err(|error| format!("strike {} ({}): {error}", hand.number, TABLE[row].name))?;
        hand.end_lasting(false)?;
    }
    hand.end_lasting(true)
}

/// In which order and at which intervals: of the seed alone, however long a strike takes.
struct Order {
    rng: Rng,
    rows: Vec<usize>,
    /// To be struck first, the next one last.
    first: Vec<usize>,
    total: u64,
}

impl Order {
    fn new(plan: &Plan, rows: &[usize]) -> Order {
        let mut rng = Rng::new(plan.seed ^ 0x6b11);
        let mut first = Vec::new();
        if plan.each {
            first = rows.to_vec();
            for at in (1..first.len()).rev() {
                first.swap(at, rng.below(at as u64 + 1) as usize);
            }
        }
        let total = rows.iter().map(|row| TABLE[*row].weight).sum();
        Order {
            rng,
            rows: rows.to_vec(),
            first,
            total,
        }
    }

    /// Pause, row, seed of the strike's own draws.
    fn next(&mut self) -> (Duration, usize, u64) {
        // Now and then it has hardly come back; mostly it has some time.
        let limit_us = *self.rng.pick(&[
            5_000, 50_000, 50_000, 200_000, 200_000, 200_000, 400_000, 400_000,
        ]);
        let pause = Duration::from_micros(self.rng.below(limit_us));
        let mut drawn = self.rng.below(self.total);
        let seed = self.rng.next();
        let row = self.first.pop().unwrap_or_else(|| {
            let found = self.rows.iter().find(|row| {
                let weight = TABLE[**row].weight;
                let here = drawn < weight;
                drawn = drawn.saturating_sub(weight);
                here
            });
            found.copied().unwrap_or_default()
        });
        (pause, row, seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::torture::names;

    fn order(seed: u64, each: bool) -> Vec<(Duration, usize, u64)> {
        let names = names(true);
        let plan = Plan {
            each,
            ..Plan::new(seed, &names, 0, Duration::ZERO)
        };
        let rows = super::super::faults::chosen(&names).unwrap();
        let mut order = Order::new(&plan, &rows);
        (0..300).map(|_| order.next()).collect()
    }

    #[test]
    fn a_seed_says_what_happens_when() {
        assert_eq!(order(7, false), order(7, false));
        assert_ne!(order(7, false), order(8, false));
        let drawn = order(7, true);
        let count = names(true).len();
        let mut first: Vec<usize> = drawn[..count].iter().map(|(_, row, _)| *row).collect();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), count, "each once before any twice");
    }
}
