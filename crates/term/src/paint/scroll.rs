//! Finding rows that only moved, so that they need not be painted again.
//!
//! Rows are voted for by a hash of their text: every row that can be found elsewhere in the shown picture votes for
//! its distance. For the distances with most votes the best region is the contiguous stretch with the greatest sum
//! of what it saves less what it destroys (Kadane). Only full-width regions are looked for, which is what DECSTBM has.

use super::diff::{Op, Pair};
use super::glyph::Row;

/// At most so many scrolls in one frame: panes above each other scroll on their own.
const MOST: usize = 3;
/// At most so many distances are weighed.
const CANDIDATES: usize = 3;
/// The longest distance that is looked for, in rows.
const FARTHEST: usize = 250;
/// What a scroll costs, in columns painted.
const COST: i32 = 16;

/// Hash and weight (columns up to the last that is not blank, plus the move there) of a row's text.
fn measure(row: Row<'_>, cols: usize) -> (u64, i32) {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut end = 0;
    for (x, cell) in row.cells().iter().take(cols).enumerate() {
        let text = match cell.text {
            0 | 0x20 => 0,
            text => {
                end = x + 1;
                // Clusters are numbered by row.
                text | (text >> 31).wrapping_neg()
            }
        };
        hash = (hash ^ u64::from(text))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(23);
    }
    // A row of blanks can be found anywhere and votes for nothing.
    if end == 0 {
        (0, 4)
    } else {
        (hash | 1, end as i32 + 4)
    }
}

/// A region and how far it moves up (negative: down).
struct Move {
    top: usize,
    bottom: usize,
    lines: isize,
    gain: i32,
}

/// Finds the scrolls that save painting, appends them and applies them to `base`, the rows as shown, and to
/// `changed`, the rows that differ.
pub(super) fn find<'a>(
    pair: &Pair<'a>,
    base: &mut [Row<'a>],
    changed: &mut Vec<usize>,
    ops: &mut Vec<Op<'a>>,
) {
    let rows = base.len();
    let cols = pair.width();
    let mut differs = vec![false; rows];
    for y in changed.iter() {
        differs[*y] = true;
    }
    let next: Vec<(u64, i32)> = (0..rows).map(|y| measure(pair.next_row(y), cols)).collect();
    let mut shown: Vec<u64> = base.iter().map(|r| measure(*r, cols).0).collect();
    let mut any = false;
    for _ in 0..MOST {
        let candidates = vote(&shown, &next, &differs);
        let weigh = |lines: &isize| best_region(&shown, &next, &differs, *lines);
        let Some(best) = candidates.iter().filter_map(weigh).max_by_key(|m| m.gain) else {
            break;
        };
        if best.gain <= 0 {
            break;
        }
        any = true;
        ops.push(Op::Scroll {
            top: best.top as u16,
            bottom: best.bottom as u16,
            lines: best.lines as i16,
        });
        apply(base, &mut shown, &best);
        for y in best.top..=best.bottom {
            differs[y] = shown[y] != next[y].0 || !pair.same(base[y], pair.next_row(y));
        }
    }
    if any {
        changed.clear();
        changed.extend((0..rows).filter(|y| differs[*y]));
    }
}

/// The distances that most changed rows could have come from, most votes first.
fn vote(shown: &[u64], next: &[(u64, i32)], differs: &[bool]) -> Vec<isize> {
    let rows = shown.len();
    let far = FARTHEST.min(rows - 1);
    let mut votes = vec![0u32; 2 * far + 1];
    for y in (0..rows).filter(|y| differs[*y] && next[*y].0 != 0) {
        for from in y.saturating_sub(far)..=(y + far).min(rows - 1) {
            if shown[from] == next[y].0 {
                votes[from + far - y] += 1;
            }
        }
    }
    votes[far] = 0;
    let mut order: Vec<usize> = (0..votes.len()).filter(|i| votes[*i] > 0).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(votes[*i]), i.abs_diff(far)));
    order.truncate(CANDIDATES);
    order
        .into_iter()
        .map(|i| i as isize - far as isize)
        .collect()
}

/// The region in which moving up by `lines` saves most.
fn best_region(shown: &[u64], next: &[(u64, i32)], differs: &[bool], lines: isize) -> Option<Move> {
    let rows = shown.len();
    let distance = lines.unsigned_abs();
    // The rows of the next picture that can have come from somewhere.
    let range = if lines > 0 {
        0..rows - distance
    } else {
        distance..rows
    };
    // A row that stands where it should loses by the move; the others cannot.
    let lost = |y: usize| if differs[y] { 0 } else { next[y].1 };
    let mut best: Option<Move> = None;
    let (mut start, mut sum) = (range.start, 0);
    for y in range {
        let from = y.wrapping_add_signed(lines);
        // By the text alone: should its colours differ, less is saved, but what is painted is right all the same.
        let moved = shown[from] == next[y].0;
        let value = match moved {
            true if differs[y] => next[y].1,
            true => 0,
            false => -lost(y) - 1,
        };
        if sum <= 0 {
            (start, sum) = (y, 0);
        }
        sum += value;
        let (top, bottom) = if lines > 0 {
            (start, y + distance)
        } else {
            (start - distance, y)
        };
        if value <= 0 {
            continue;
        }
        let incoming = if lines > 0 {
            y + 1..bottom + 1
        } else {
            top..start
        };
        let gain = sum - incoming.map(lost).sum::<i32>() - COST;
        if best.as_ref().is_none_or(|b| gain > b.gain) {
            best = Some(Move {
                top,
                bottom,
                lines,
                gain,
            });
        }
    }
    best
}

/// Does to the rows what the scroll does to the viewer's.
fn apply(base: &mut [Row<'_>], shown: &mut [u64], m: &Move) {
    let distance = m.lines.unsigned_abs();
    let (base, shown) = (&mut base[m.top..=m.bottom], &mut shown[m.top..=m.bottom]);
    let kept = base.len() - distance;
    let incoming = if m.lines > 0 {
        base.rotate_left(distance);
        shown.rotate_left(distance);
        kept..base.len()
    } else {
        base.rotate_right(distance);
        shown.rotate_right(distance);
        0..distance
    };
    base[incoming.clone()].fill(Row::BLANK);
    shown[incoming].fill(0);
}
