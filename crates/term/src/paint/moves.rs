//! The shortest way of the cursor from where it is to where it must be.

use super::caps::Caps;
use super::sgr::push_number;

/// Where the outer terminal's cursor is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Column from 0; None after the last column was written (a terminal may or may not be about to wrap) and after
    /// a cluster whose width terminals disagree on.
    pub x: Option<u16>,
    /// Row from 0.
    pub y: u16,
}

/// Digits of a number.
fn digits(n: u16) -> usize {
    match n {
        0..=9 => 1,
        10..=99 => 2,
        100..=999 => 3,
        1000..=9999 => 4,
        _ => 5,
    }
}

/// `CSI n final`, n left out when it is 1.
pub(super) fn csi(out: &mut Vec<u8>, n: u16, last: u8) {
    out.extend_from_slice(b"\x1b[");
    if n != 1 {
        push_number(out, n.into());
    }
    out.push(last);
}

fn csi_len(n: u16) -> usize {
    if n == 1 { 3 } else { 3 + digits(n) }
}

/// Appends the shortest move. `from` None: anywhere.
pub(super) fn spell_move(from: Option<Place>, x: u16, y: u16, caps: &Caps, out: &mut Vec<u8>) {
    let Some(from) = from else {
        return absolute(x, y, out);
    };
    if from == (Place { x: Some(x), y }) {
        return;
    }
    // To the row first, keeping the column or going to column 0 by CR, then to the column.
    let down = vertical(from.y, y, caps);
    let whole = absolute_len(x, y);
    let kept = horizontal(from.x, x, caps).map(|h| (h, h.len() + down.len()));
    let returned = horizontal(Some(0), x, caps).map(|h| (h, 1 + h.len() + down.len()));
    let best = [(kept, false), (returned, true)]
        .into_iter()
        .filter_map(|(way, cr)| way.map(|(h, len)| (h, len, cr)))
        .min_by_key(|(_, len, _)| *len);
    match best {
        // A vertical move with an unsure column would carry a pending wrap along in some terminals.
        Some((h, len, cr)) if len <= whole && (cr || from.x.is_some() || from.y == y) => {
            if cr {
                out.push(b'\r');
            }
            down.spell(out);
            h.spell(out);
        }
        _ => absolute(x, y, out),
    }
}

fn absolute(x: u16, y: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[");
    if y > 0 {
        push_number(out, u32::from(y) + 1);
    }
    if x > 0 {
        out.push(b';');
        push_number(out, u32::from(x) + 1);
    }
    out.push(b'H');
}

fn absolute_len(x: u16, y: u16) -> usize {
    let row = if y > 0 { digits(y + 1) } else { 0 };
    let col = if x > 0 { 1 + digits(x + 1) } else { 0 };
    3 + row + col
}

/// One way of moving in one direction.
#[derive(Clone, Copy)]
enum Way {
    Stay,
    /// A byte or two, so often.
    Repeat(&'static [u8], u16),
    /// `CSI n final`.
    Csi(u16, u8),
}

impl Way {
    fn len(&self) -> usize {
        match self {
            Way::Stay => 0,
            Way::Repeat(bytes, n) => bytes.len() * usize::from(*n),
            Way::Csi(n, _) => csi_len(*n),
        }
    }
    fn spell(&self, out: &mut Vec<u8>) {
        match self {
            Way::Stay => {}
            Way::Repeat(bytes, n) => (0..*n).for_each(|_| out.extend_from_slice(bytes)),
            Way::Csi(n, last) => csi(out, *n, *last),
        }
    }
    fn shorter(self, other: Way) -> Way {
        if other.len() < self.len() {
            other
        } else {
            self
        }
    }
}

fn vertical(from: u16, to: u16, caps: &Caps) -> Way {
    let way = match to.cmp(&from) {
        std::cmp::Ordering::Equal => return Way::Stay,
        // The scrolling region is the whole screen between scrolls, and the target is on it: LF cannot scroll.
        std::cmp::Ordering::Greater => {
            Way::Csi(to - from, b'B').shorter(Way::Repeat(b"\n", to - from))
        }
        std::cmp::Ordering::Less => {
            Way::Csi(from - to, b'A').shorter(Way::Repeat(b"\x1bM", from - to))
        }
    };
    if caps.absolute {
        way.shorter(Way::Csi(to + 1, b'd'))
    } else {
        way
    }
}

fn horizontal(from: Option<u16>, to: u16, caps: &Caps) -> Option<Way> {
    let relative = from.map(|from| match to.cmp(&from) {
        std::cmp::Ordering::Equal => Way::Stay,
        std::cmp::Ordering::Greater => Way::Csi(to - from, b'C'),
        std::cmp::Ordering::Less => {
            Way::Csi(from - to, b'D').shorter(Way::Repeat(b"\x08", from - to))
        }
    });
    let absolute = caps.absolute.then_some(Way::Csi(to + 1, b'G'));
    match (relative, absolute) {
        (Some(r), Some(a)) => Some(r.shorter(a)),
        (r, a) => r.or(a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortest_move_is_taken() {
        let at = |x, y| Some(Place { x: Some(x), y });
        let unsure = |y| Some(Place { x: None, y });
        let rows: &[(Option<Place>, u16, u16, &str)] = &[
            (None, 0, 0, "\x1b[H"),
            (None, 4, 0, "\x1b[;5H"),
            (None, 0, 4, "\x1b[5H"),
            (None, 4, 6, "\x1b[7;5H"),
            (at(4, 6), 4, 6, ""),
            (at(4, 6), 0, 6, "\r"),
            (at(4, 6), 3, 6, "\x08"),
            (at(4, 6), 2, 6, "\x08\x08"),
            (at(4, 6), 5, 6, "\x1b[C"),
            (at(4, 6), 50, 6, "\x1b[46C"),
            (at(4, 6), 103, 6, "\x1b[99C"),
            (at(109, 6), 4, 6, "\x1b[5G"),
            (at(50, 6), 0, 7, "\r\n"),
            (at(50, 6), 50, 7, "\n"),
            (at(50, 6), 50, 5, "\x1bM"),
            (at(50, 6), 50, 20, "\x1b[14B"),
            (at(50, 30), 50, 8, "\x1b[9d"),
            (at(50, 6), 49, 7, "\n\x08"),
            (at(50, 6), 100, 20, "\x1b[21;101H"),
            (unsure(6), 0, 6, "\r"),
            (unsure(6), 9, 6, "\x1b[10G"),
            (unsure(6), 0, 7, "\r\n"),
            (unsure(6), 79, 7, "\x1b[8;80H"),
        ];
        for (from, x, y, expected) in rows {
            let mut out = Vec::new();
            spell_move(*from, *x, *y, &Caps::FULL, &mut out);
            assert_eq!(out, expected.as_bytes(), "{from:?} to {x},{y}");
        }
        let mut out = Vec::new();
        spell_move(unsure(6), 9, 6, &Caps::NONE, &mut out);
        assert_eq!(out, b"\r\x1b[9C");
    }
}
