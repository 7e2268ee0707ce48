//! Escape sequences, modes, operating system commands, device control strings.

use outlast_term::dcs::DCS;
use outlast_term::dispatch::{CSI, ESC};
use outlast_term::modes::{Kind, MODES};
use outlast_term::osc::OSC;

use super::{code, plain, table};

pub(super) fn sequences() -> String {
    let mut out = String::from(
        "What a program in a pane may send. Anything else is data that is passed over, never an error. `CSI` is `ESC [`, \
         `OSC` is `ESC ]`, `DCS` is `ESC P`. Colours and attributes of `SGR`, and the sets of `ESC ( ) * +`, are as xterm \
         has them. Answers come from a closed list of templates.\n\n## Control sequences\n\n",
    );
    let heads = ["sequence", "what it does"];
    out += &table(
        heads,
        CSI.iter().map(|row| {
            [
                code(&sequence("CSI", row.prefix, row.inter, row.last)),
                plain(row.name),
            ]
        }),
    );
    out += "\n## Escape sequences\n\n";
    out += &table(
        heads,
        ESC.iter().map(|row| {
            [
                code(&sequence("ESC", 0, row.inter, row.last)),
                plain(row.name),
            ]
        }),
    );
    out += "\n## Modes\n\n`CSI ? n h` sets a private mode, `CSI n h` one of ECMA-48's; `l` in place of `h` resets it, and \
            `CSI ? n $ p` asks. Of those that are fixed the answer says so.\n\n";
    let mut modes: Vec<_> = MODES.iter().collect();
    modes.sort_by_key(|mode| (!mode.private, mode.number));
    out += &table(
        ["mode", "what it is", "fixed"],
        modes.iter().map(|mode| {
            let fixed = match mode.kind {
                Kind::Fixed(true) => "always on",
                Kind::Fixed(false) => "always off",
                _ => "no",
            };
            let mark = if mode.private { "?" } else { "" };
            [
                code(&format!("{mark}{}", mode.number)),
                plain(mode.name),
                fixed.to_string(),
            ]
        }),
    );
    out += "\n## Operating system commands\n\n";
    out += &table(
        heads,
        OSC.iter().map(|row| {
            let numbers = if row.first == row.last {
                row.first.to_string()
            } else {
                format!("{} to {}", row.first, row.last)
            };
            [code(&format!("OSC {numbers}")), plain(row.name)]
        }),
    );
    out += "\n## Device control strings\n\n";
    out += &table(
        heads,
        DCS.iter().map(|row| {
            [
                code(&sequence("DCS", 0, row.inter, row.last)),
                plain(row.name),
            ]
        }),
    );
    out
}

/// As a manual writes it: `CSI ? J`, `CSI SP q`.
fn sequence(begin: &str, prefix: u8, inter: u8, last: u8) -> String {
    let mut out = begin.to_string();
    for byte in [prefix, inter, last] {
        match byte {
            0 => {}
            b' ' => out += " SP",
            byte => {
                out.push(' ');
                out.push(char::from(byte));
            }
        }
    }
    out
}
