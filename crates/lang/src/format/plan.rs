//! What the modifiers of one replacement ask for, together.

use super::modifier::Modifier;
use super::parse::strip;
use super::value::Changes;
use super::{Loop, Order};
use crate::args::number;

/// Most columns of `=` and `p`.
const MAX_WIDTH: i64 = 10_000;

/// Where the value comes from. The first of these that is asked for is done.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan<'m> {
    /// `l`.
    pub literal: bool,
    /// `a`.
    pub character: bool,
    /// `c`.
    pub colour: bool,
    /// `S`, `W`, `P`, `L`.
    pub looped: [Option<Order>; 4],
    /// `N`, `N/w`.
    pub window_name: bool,
    /// `N/s`.
    pub session_name: bool,
    /// `C`.
    pub search: Option<&'m Modifier>,
    /// `R`.
    pub repeat: bool,
    /// `!`.
    pub not: bool,
    /// `!!`.
    pub not_not: bool,
    /// `&&`, `||`.
    pub logic: Option<&'m Modifier>,
    /// `==`, `m` and their like.
    pub compare: Option<&'m Modifier>,
    /// `e`.
    pub arithmetic: Option<&'m Modifier>,
    /// What is done to the value of a variable.
    pub changes: Changes,
    /// `E`.
    pub again: bool,
    /// `T`.
    pub again_with_time: bool,
    /// `s`, in order.
    pub substitutions: Vec<&'m Modifier>,
    /// `=`; negative from the right, 0 for none.
    pub limit: i64,
    /// What stands for what `=` cut off.
    pub marker: Option<&'m str>,
    /// `p`; negative in front, 0 for none.
    pub pad: i64,
    /// `n`.
    pub length: bool,
    /// `w`.
    pub width: bool,
}

/// Loops in the order in which they are looked at.
pub(super) const LOOPS: [Loop; 4] = [Loop::Sessions, Loop::Windows, Loop::Panes, Loop::Clients];

impl<'m> Plan<'m> {
    pub fn new(modifiers: &'m [Modifier]) -> Plan<'m> {
        let mut plan = Plan::default();
        for modifier in modifiers {
            plan.add(modifier);
        }
        plan
    }

    fn add(&mut self, modifier: &'m Modifier) {
        let args = &modifier.args;
        match modifier.name.as_str() {
            "m" | "<" | ">" | "==" | "!=" | "<=" | ">=" => self.compare = Some(modifier),
            "!" => self.not = true,
            "!!" => self.not_not = true,
            "||" | "&&" => self.logic = Some(modifier),
            "C" => self.search = Some(modifier),
            "s" if args.len() >= 2 => self.substitutions.push(modifier),
            "=" if !args.is_empty() => {
                self.limit = columns(&args[0]);
                if let Some(marker) = args.get(1) {
                    self.marker = Some(marker);
                }
            }
            "p" if !args.is_empty() => self.pad = columns(&args[0]),
            "w" => self.width = true,
            "e" if (1..=3).contains(&args.len()) => self.arithmetic = Some(modifier),
            "l" => self.literal = true,
            "a" => self.character = true,
            "b" => self.changes.basename = true,
            "c" => self.colour = true,
            "d" => self.changes.dirname = true,
            "n" => self.length = true,
            "t" => {
                self.changes.time = true;
                if modifier.has('p') {
                    self.changes.pretty = true;
                } else if let (true, Some(format)) = (modifier.has('f'), args.get(1)) {
                    self.changes.time_format = Some(strip(format));
                }
            }
            "q" if args.is_empty() => self.changes.shell = true,
            "q" if modifier.has('e') || modifier.has('h') => self.changes.style = true,
            "q" if modifier.has('a') => self.changes.arguments = true,
            "E" => self.again = true,
            "T" => self.again_with_time = true,
            "N" if args.is_empty() || modifier.has('w') => self.window_name = true,
            "N" if modifier.has('s') => self.session_name = true,
            "R" => self.repeat = true,
            "S" => self.looped[0] = Some(order(modifier, true)),
            "W" => self.looped[1] = Some(order(modifier, true)),
            "P" => self.looped[2] = Some(order(modifier, false)),
            "L" => self.looped[3] = Some(order(modifier, true)),
            _ => {}
        }
    }
}

fn columns(text: &str) -> i64 {
    number(text, -MAX_WIDTH..=MAX_WIDTH).unwrap_or(0)
}

fn order(modifier: &Modifier, sorted: bool) -> Order {
    let by = ['i', 'n', 't']
        .into_iter()
        .find(|by| sorted && modifier.has(*by))
        .unwrap_or('\0');
    Order {
        by,
        reverse: modifier.has('r'),
    }
}
