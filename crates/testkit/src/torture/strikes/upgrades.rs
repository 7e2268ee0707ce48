//! The server is swapped for another build, or is to be and is not.

use super::super::builds::Builds;
use super::super::hand::Hand;
use crate::Result;
use crate::world::Output;

fn builds<'a>(hand: &Hand<'a>) -> Result<&'a Builds> {
    hand.builds.ok_or_else(|| "there are no builds".to_string())
}

/// `outlast upgrade` by what is installed.
fn upgrade(hand: &Hand<'_>, words: &[&str]) -> Result<Output> {
    let path = hand.world.binary().path.display().to_string();
    let argv = [&[path.as_str(), "upgrade"], words].concat();
    let argv: Vec<String> = argv.into_iter().map(String::from).collect();
    hand.world.run(&argv)
}

fn expect(output: &Output, status: i32, parts: &[&str]) -> Result<()> {
    let said = format!("{}{}", output.stdout, output.stderr);
    match output.status == status && parts.iter().all(|part| said.contains(part)) {
        true => Ok(()),
        false => Err(format!("wanted {status} and {parts:?}, got {output:?}")),
    }
}

/// The last number of the server's release: after a fault of its own soon after a swap it is the former one again.
pub fn release(hand: &Hand<'_>) -> Result<u64> {
    let facts = hand.world.facts()?;
    let release = facts.get("release").cloned().unwrap_or_default();
    let last = release
        .rsplit('.')
        .next()
        .and_then(|last| last.parse().ok());
    last.ok_or_else(|| format!("the server's release is {release:?}"))
}

/// A newer one, an older one, another of the same release.
pub fn swap(hand: &mut Hand<'_>, word: &'static str) -> Result<()> {
    let builds = builds(hand)?;
    let was = release(hand)?;
    let (release, said, words) = match word {
        "newer" => (was + 1, "upgraded: ", &[][..]),
        "older" => {
            let older = was.saturating_sub(1 + hand.rng.below(3));
            (older, "downgraded: ", &["--allow-older"][..])
        }
        _ => (was, "swapped: ", &[][..]),
    };
    hand.note(&format!("{was} to {release}"));
    builds.install(release)?;
    let output = upgrade(hand, words)?;
    let now = format!(" is now 0.1000.{release} ");
    expect(&output, 0, &[said, &now, "kept: ", " panes, "])
}

/// And the keeper becomes it, too.
pub fn with_keeper(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    let builds = builds(hand)?;
    builds.install(release(hand)? + hand.rng.below(2))?;
    let output = upgrade(hand, &["--keeper"])?;
    let said = format!("the keeper, process {}, is now build ", hand.keeper);
    expect(&output, 0, &[&said, "kept: "])
}

/// It does not start, and is given up for the one that runs.
pub fn broken(hand: &mut Hand<'_>, line: &'static str) -> Result<()> {
    let builds = builds(hand)?;
    builds.install_script(line)?;
    let output = upgrade(hand, &[])?;
    expect(&output, 1, &["does not start", "goes on", "kept: "])
}
