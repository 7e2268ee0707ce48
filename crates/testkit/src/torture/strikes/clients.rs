//! A further client comes, and is killed, closed, stopped, not read, resized.

use std::time::Duration;

use rustix::process::Signal;

use super::super::hand::Hand;
use crate::world::patience;
use crate::{Client, Result, proc};

/// One that looks at the full-screen program and has no say in its size.
fn attached(hand: &Hand<'_>) -> Result<Client> {
    let words = ["attach-session", "-f", "ignore-size", "-t", "paint"];
    let client = hand.world.client(80, 25, &words)?;
    client.wait_text("[paint]", patience())?;
    Ok(client)
}

/// The server has forgotten it.
fn forgotten(hand: &Hand<'_>, pid: u32) -> Result<()> {
    let pid = pid.to_string();
    let words = ["list-clients", "-F", "#{client_pid}"];
    let gone = |text: &str| text.lines().all(|line| line != pid);
    hand.world.until(&words, gone).map(drop)
}

/// It leaves in order.
fn detached(hand: &Hand<'_>, mut client: Client) -> Result<()> {
    client.keys("C-b d")?;
    let status = client.wait_end(patience())?;
    client.wait_text("[detached (from session", patience())?;
    if !status.success() {
        return Err(format!("the client's exit status is {status}"));
    }
    forgotten(hand, client.pid())
}

/// It ends without a word.
pub fn end(hand: &mut Hand<'_>, way: &'static str) -> Result<()> {
    let mut client = attached(hand)?;
    hand.moment(Duration::from_millis(50));
    match way {
        "kill" => client.signal(Signal::KILL)?,
        "hang up" => client.signal(Signal::HUP)?,
        _ => {
            if hand.rng.one_in(2) {
                client.pause(true);
            }
            client.cut();
        }
    }
    client.wait_end(patience())?;
    forgotten(hand, client.pid())
}

/// It stands still, or its terminal is not read, while other things happen; then it goes on and is up to date.
pub fn stand_still(hand: &mut Hand<'_>, way: &'static str) -> Result<()> {
    let client = attached(hand)?;
    match way {
        "stop" => proc::signal(client.pid(), Signal::STOP)?,
        _ => client.pause(true),
    }
    hand.lasts(move |hand| {
        let total = client.total();
        match way {
            "stop" => proc::signal(client.pid(), Signal::CONT)?,
            _ => client.pause(false),
        }
        client.wait_bytes(total, patience())?;
        // What it shows becomes what the client shows that was always read; but for the status line, where each has the
        // notices of its own time.
        client
            .wait_picture(patience(), |seen| {
                let (seen, wanted) = (seen.rows(), hand.viewer.picture().rows());
                seen.split_last().map(|(_, rows)| rows) == wanted.split_last().map(|(_, rows)| rows)
            })
            .map_err(|error| format!("it is not up to date: {error}"))?;
        detached(hand, client)
    });
    Ok(())
}

/// It looks at the floods and its terminal changes its size again and again.
pub fn resize(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    let words = ["attach-session", "-t", "floods"];
    let mut client = hand.world.client(90, 30, &words)?;
    client.wait_text("[floods]", patience())?;
    for _ in 0..2 + hand.rng.below(4) {
        let cols = 30 + hand.rng.below(170) as u16;
        client.resize(cols, 10 + hand.rng.below(50) as u16)?;
        hand.moment(Duration::from_millis(30));
    }
    detached(hand, client)
}
