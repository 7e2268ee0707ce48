//! Large digits of five by five cells, for display-panes and the clock: seven segments, and what a clock needs besides.

/// Rows and columns of a digit.
pub(crate) const SIZE: u16 = 5;

// Segments: the three bars from above, then the four sides.
const TOP: u8 = 1;
const MIDDLE: u8 = 2;
const BOTTOM: u8 = 4;
const UPPER_LEFT: u8 = 8;
const UPPER_RIGHT: u8 = 16;
const LOWER_LEFT: u8 = 32;
const LOWER_RIGHT: u8 = 64;
const LEFT: u8 = UPPER_LEFT | LOWER_LEFT;
const RIGHT: u8 = UPPER_RIGHT | LOWER_RIGHT;

const SEGMENTS: &[(char, u8)] = &[
    ('0', TOP | BOTTOM | LEFT | RIGHT),
    ('1', RIGHT),
    ('2', TOP | MIDDLE | BOTTOM | UPPER_RIGHT | LOWER_LEFT),
    ('3', TOP | MIDDLE | BOTTOM | RIGHT),
    ('4', MIDDLE | UPPER_LEFT | RIGHT),
    ('5', TOP | MIDDLE | BOTTOM | UPPER_LEFT | LOWER_RIGHT),
    ('6', TOP | MIDDLE | BOTTOM | LEFT | LOWER_RIGHT),
    ('7', TOP | RIGHT),
    ('8', TOP | MIDDLE | BOTTOM | LEFT | RIGHT),
    ('9', TOP | MIDDLE | BOTTOM | UPPER_LEFT | RIGHT),
    ('A', TOP | MIDDLE | LEFT | RIGHT),
    ('P', TOP | MIDDLE | LEFT | UPPER_RIGHT),
];

/// Whether the cell at a column and row of a character's picture is set.
pub(crate) fn is_set(c: char, x: u16, y: u16) -> bool {
    match c {
        ':' => x == 2 && (y == 1 || y == 3),
        'M' => x == 0 || x == 4 || (y == 1 && x != 2) || (y == 2 && x == 2),
        _ => {
            let found = SEGMENTS.iter().find(|(of, _)| *of == c);
            let on = found.map_or(0, |(_, segments)| *segments);
            let has = |segment: u8| on & segment != 0;
            let bar = match y {
                0 => has(TOP),
                2 => has(MIDDLE),
                4 => has(BOTTOM),
                _ => false,
            };
            let side = |upper: u8, lower: u8| match y {
                0 | 1 => has(upper),
                2 => has(upper | lower),
                _ => has(lower),
            };
            bar || (x == 0 && side(UPPER_LEFT, LOWER_LEFT))
                || (x == 4 && side(UPPER_RIGHT, LOWER_RIGHT))
        }
    }
}
