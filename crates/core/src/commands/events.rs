//! show-events.

use super::{Ctx, Flow, Outcome};
use crate::events::Wanted;
use crate::jobs::{Asked, Then};

pub(super) fn show_events(ctx: &mut Ctx<'_>) -> Outcome {
    let number = |flag: char, what: &str| match ctx.args.get(flag) {
        None => Ok(None),
        Some(text) => text
            .parse::<u64>()
            .map(Some)
            .map_err(|_| format!("bad {what}: {text}")),
    };
    let wanted = Wanted {
        after: number('s', "number")?,
        since: number('t', "time")?.map(|unix| i64::try_from(unix).unwrap_or(i64::MAX)),
        last: number('n', "count")?.map(|count| usize::try_from(count).unwrap_or(usize::MAX)),
        head: ctx.has('m'),
    };
    let wanted = ctx.core.first_event(wanted);
    if ctx.has('w') && !ctx.core.has_events(&wanted) {
        let asked = Asked::Program;
        let wait = Then::Event(wanted);
        let ticket = ctx.core.start_job(Some(ctx.asked), ctx.client, asked, wait);
        return Ok(Flow::Wait(ticket));
    }
    ctx.core.print_events(ctx.client, &wanted);
    Ok(Flow::Normal)
}
