//! Opening prompts: what the flags of command-prompt and confirm-before ask for.

use outlast_lang::args::Args;
use outlast_lang::parse::{Argument, CommandList};

use super::prompt::{ChooserAsk, Entry, KINDS, Prompt, Purpose, report};
use crate::Core;
use crate::formats::{self, FormatContext};
use crate::model::ids::{ClientId, PaneId};

/// Opens the prompt of `command-prompt`. False when the client has one already. `ticket` is the queue item that waits,
/// None with -b and -i.
pub fn command_prompt(
    core: &mut Core,
    client: ClientId,
    args: &Args,
    context: &FormatContext,
    ticket: Option<u64>,
) -> Result<bool, String> {
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return Ok(false);
    };
    if state.prompt.is_some() {
        return Ok(false);
    }
    let mut template = args.words.first().cloned().unwrap_or_else(|| "%1".into());
    if args.has('F')
        && let Argument::Text(text) = &mut template
    {
        *text = formats::expand(core, text, context, false);
    }
    let kind = args.get('T').unwrap_or("command");
    if !KINDS.contains(&kind) {
        return Err(format!("unknown type: {kind}"));
    }
    let (labels, space) = match (args.get('p'), args.words.first()) {
        (Some(labels), _) => (labels.to_string(), " "),
        (None, Some(word)) => {
            let text = word.as_text();
            (
                format!("({})", text.split([' ', ',']).next().unwrap_or("")),
                " ",
            )
        }
        (None, None) => (":".to_string(), ""),
    };
    let inputs = args.get('I').unwrap_or("");
    let asks = if args.has('l') {
        vec![(labels, inputs.to_string())]
    } else {
        let mut inputs = inputs.split(',');
        labels
            .split(',')
            .map(|label| {
                (
                    format!("{label}{space}"),
                    inputs.next().unwrap_or("").to_string(),
                )
            })
            .collect()
    };
    let entry = [
        ('1', Entry::Single),
        ('N', Entry::Number),
        ('i', Entry::Incremental),
        ('k', Entry::Key),
        ('e', Entry::BackspaceLeaves),
    ]
    .into_iter()
    .find(|(flag, _)| args.has(*flag))
    .map_or(Entry::Line, |(_, entry)| entry);
    open(
        core,
        client,
        asks,
        entry,
        kind,
        Purpose::Command { template },
        context,
        ticket,
    );
    Ok(true)
}

/// Opens the prompt of `confirm-before`; `commands` is its argument parsed.
pub fn confirm_before(
    core: &mut Core,
    client: ClientId,
    args: &Args,
    commands: CommandList,
    context: &FormatContext,
    ticket: Option<u64>,
) -> Result<bool, String> {
    let mut key = 'y';
    if let Some(text) = args.get('c') {
        let mut chars = text.chars();
        key = match (chars.next(), chars.next()) {
            (Some(c @ ' '..='~'), None) => c,
            _ => return Err("invalid confirm key".to_string()),
        };
    }
    let label = match args.get('p') {
        Some(label) => format!("{label} "),
        None => {
            let name = commands
                .commands
                .first()
                .map(|(_, command)| command.name.clone())
                .unwrap_or_default();
            let full = crate::commands::lookup(&name).map_or(name.as_str(), |row| row.name);
            format!("Confirm '{full}'? ({key}/n) ")
        }
    };
    let purpose = Purpose::Confirm {
        commands,
        key,
        default_yes: args.has('y'),
    };
    open(
        core,
        client,
        vec![(label, String::new())],
        Entry::Single,
        "command",
        purpose,
        context,
        ticket,
    );
    Ok(true)
}

/// Opens a prompt of a chooser. `label` and `input` are shown as they are; `single`: one key is the answer.
pub(crate) fn for_chooser(
    core: &mut Core,
    client: ClientId,
    pane: PaneId,
    label: &str,
    input: &str,
    what: ChooserAsk,
    single: bool,
) {
    if core
        .model
        .clients
        .get(&client)
        .is_none_or(|client| client.state.prompt.is_some())
    {
        return;
    }
    let literal = |text: &str| text.replace('#', "##").replace('%', "%%");
    let kind = match what {
        ChooserAsk::Search | ChooserAsk::Filter => "search",
        _ => "command",
    };
    let context = crate::draw::context(core, client, None);
    open(
        core,
        client,
        vec![(literal(label), String::new())],
        if single { Entry::Single } else { Entry::Line },
        kind,
        Purpose::Chooser { pane, what },
        &context,
        None,
    );
    if let Some(client) = core.model.clients.get_mut(&client)
        && let Some(prompt) = &mut client.state.prompt
    {
        prompt.set(input);
    }
}

#[allow(clippy::too_many_arguments)]
fn open(
    core: &mut Core,
    client: ClientId,
    asks: Vec<(String, String)>,
    entry: Entry,
    kind: &str,
    purpose: Purpose,
    context: &FormatContext,
    ticket: Option<u64>,
) {
    let first = asks
        .first()
        .map(|(_, input)| input.clone())
        .unwrap_or_default();
    let first = formats::expand(core, &first, context, true);
    let mut prompt = Prompt {
        asks,
        answers: Vec::new(),
        input: Vec::new(),
        cursor: 0,
        entry,
        kind: kind.to_string(),
        command_mode: false,
        quote_next: false,
        saved: None,
        last: String::new(),
        history: 0,
        purpose,
        ticket,
        typed: false,
    };
    if entry == Entry::Incremental {
        prompt.last = first;
    } else {
        prompt.set(&first);
    }
    if let Some(client) = core.model.clients.get_mut(&client) {
        client.state.message = None;
        client.state.prompt = Some(prompt);
        client.stale = true;
    }
    if entry == Entry::Incremental {
        report(core, client, '=');
    }
}
