//! set-environment and show-environment.

use super::{Ctx, Flow, Outcome};
use crate::model::Environment;
use crate::model::ids::SessionId;

/// The session whose environment is meant; None for the global one.
fn place(ctx: &Ctx<'_>) -> Result<Option<SessionId>, String> {
    if ctx.has('g') {
        return Ok(None);
    }
    ctx.target
        .session
        .map(Some)
        .ok_or_else(|| match ctx.args.get('t') {
            Some(target) => format!("no such session: {target}"),
            None => "no current session".to_string(),
        })
}

pub(super) fn set_environment(ctx: &mut Ctx<'_>) -> Outcome {
    let name = ctx.args.word(0).unwrap_or_default();
    if name.is_empty() {
        return Err("empty variable name".to_string());
    }
    if name.contains('=') {
        return Err("variable name contains =".to_string());
    }
    let value = match ctx.args.word(1) {
        Some(value) if ctx.has('F') => Some(ctx.expand(&value)),
        value => value,
    };
    let place = place(ctx)?;
    let (unset, remove, hidden) = (ctx.has('u'), ctx.has('r'), ctx.has('h'));
    if let (true, Some(_)) = (unset || remove, &value) {
        return Err(format!(
            "can't specify a value with -{}",
            if unset { 'u' } else { 'r' }
        ));
    }
    let environment: &mut Environment = match place {
        None => &mut ctx.core.model.environment,
        Some(session) => match ctx.core.model.sessions.get_mut(&session) {
            Some(session) => &mut session.environment,
            None => return Ok(Flow::Normal),
        },
    };
    if unset {
        environment.vars.remove(&name);
    } else if remove {
        environment.clear(&name);
    } else {
        environment.set(&name, &value.ok_or("no value specified")?, hidden);
    }
    ctx.core.touch_all();
    Ok(Flow::Normal)
}

pub(super) fn show_environment(ctx: &mut Ctx<'_>) -> Outcome {
    if let (Some(target), None) = (ctx.args.get('t'), ctx.target.session) {
        return Err(format!("no such session: {target}"));
    }
    let none = Environment::default();
    let environment = match place(ctx)? {
        None => &*ctx.core.model.environment,
        Some(session) => ctx
            .core
            .model
            .sessions
            .get(&session)
            .map_or(&none, |session| &session.environment),
    };
    let (hidden, shell) = (ctx.has('h'), ctx.has('s'));
    let line = |name: &str, (value, is_hidden): &(Option<String>, bool)| {
        (*is_hidden == hidden).then(|| line(name, value.as_deref(), shell))
    };
    let lines: Vec<String> = match ctx.args.word(0) {
        Some(name) => {
            let variable = environment
                .vars
                .get(&name)
                .ok_or_else(|| format!("unknown variable: {name}"))?;
            line(&name, variable).into_iter().collect()
        }
        None => environment
            .vars
            .iter()
            .filter_map(|(name, variable)| line(name, variable))
            .collect(),
    };
    if !lines.is_empty() {
        ctx.print(&lines.join("\n"));
    }
    Ok(Flow::Normal)
}

/// A variable as it is, or (`shell`) as a command for a shell.
fn line(name: &str, value: Option<&str>, shell: bool) -> String {
    match (value, shell) {
        (Some(value), false) => format!("{name}={value}"),
        (None, false) => format!("-{name}"),
        (None, true) => format!("unset {name};"),
        (Some(value), true) => {
            let mut escaped = String::with_capacity(value.len());
            for c in value.chars() {
                if matches!(c, '$' | '`' | '"' | '\\') {
                    escaped.push('\\');
                }
                escaped.push(c);
            }
            format!("{name}=\"{escaped}\"; export {name};")
        }
    }
}
