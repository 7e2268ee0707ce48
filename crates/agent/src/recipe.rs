//! Agents, a row each: how one is recognised, started under a session id that we know, given hooks, resumed, asked to stop.
//!
//! A person's own are written in a file ([`parse`]) in the words of the table's fields. A line of words is split at blanks; a
//! word may be `{id}` (the session's), `{args}` (what the person gave), `{name}`, `{prompt}` or `{hooks}`.

mod given;
pub mod hooks;
mod own;

pub use given::{Given, given, without_settings};
pub use own::parse;

/// A text of the table, or of a file, which is read once and stays.
pub type Text = &'static str;

/// How an agent is given hooks for one run, without a file of the person's being touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hooks {
    /// `--settings JSON`, as Claude Code takes it.
    Settings,
    /// `-c hooks.EVENT=…`, as Codex takes them; it asks once whether it may run them.
    Overrides,
    /// A plugin of ours that its environment names, as opencode takes it.
    Plugin,
    /// Only by files of its own (`outlast setup agents`).
    Installed,
    /// It has none: what it does is known from its terminal.
    None,
}

/// What its transcripts look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transcripts {
    /// Claude Code's lines of JSON.
    Claude,
    /// Codex's rollouts.
    Codex,
    /// None that is read.
    None,
}

/// An agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// What people call it, and the verb that starts it.
    pub name: Text,
    /// Its name in sentences.
    pub title: Text,
    /// Names of its program.
    pub programs: Text,
    /// Pieces of the paths of its program where an interpreter runs it.
    pub packages: Text,
    /// The words that start it.
    pub start: Text,
    /// The words that resume one conversation; empty: it cannot.
    pub resume: Text,
    /// What is put behind either for a first prompt; empty: it takes none.
    pub prompt: Text,
    /// What is put behind `start` for a name; empty: it takes none.
    pub named: Text,
    /// How it is given hooks.
    pub hooks: Hooks,
    /// What its transcripts look like.
    pub transcripts: Transcripts,
    /// Where the transcript of `{id}` is below the home directory, as a pattern of the shell; `{short}` is the first eight
    /// characters of the id; empty: nowhere to be looked at.
    pub transcript: Text,
    /// A variable that names another directory than the first of `transcript`.
    pub home: Text,
    /// The words by which it lists its conversations as JSON; empty: they are found by their transcripts, or not at all.
    pub list: Text,
    /// What it says of a conversation that it does not have.
    pub lost: Text,
    /// A prompt that has it go on from a summary; empty: it cannot.
    pub shorten: Text,
    /// Its flags: `=` behind those with a value, `=...` behind those with several. They are given again when it is resumed;
    /// what is not among them is not.
    pub keeps: Text,
    /// Its flags and words that choose a conversation, in the same form, `=id` behind those that name the one to resume.
    pub chooses: Text,
    /// Its flags and words that make it something without a terminal.
    pub batch: Text,
    /// The version that it was tried with; empty: the row is from its documents alone.
    pub tried: Text,
}

const EMPTY: Recipe = Recipe {
    name: "",
    title: "",
    programs: "",
    packages: "",
    start: "",
    resume: "",
    prompt: "{prompt}",
    named: "",
    hooks: Hooks::None,
    transcripts: Transcripts::None,
    transcript: "",
    home: "",
    list: "",
    lost: "",
    shorten: "",
    keeps: "",
    chooses: "",
    batch: "",
    tried: "",
};

/// The agents that we know how to start and to resume.
pub const RECIPES: &[Recipe] = &[
    Recipe {
        name: "claude",
        title: "Claude Code",
        programs: "claude",
        packages: "@anthropic-ai/claude-code",
        start: "claude --session-id {id} {hooks} {args}",
        resume: "claude --resume {id} {hooks} {args}",
        named: "--name {name}",
        hooks: Hooks::Settings,
        transcripts: Transcripts::Claude,
        transcript: ".claude/projects/*/{id}.jsonl",
        home: "CLAUDE_CONFIG_DIR",
        lost: "No conversation found",
        shorten: "/compact",
        keeps: "--add-dir=... --agent= --agents= --allow-dangerously-skip-permissions --allowed-tools=... --allowedTools=... \
             --append-system-prompt= --autocompact= --bare --betas=... --chrome --dangerously-skip-permissions --debug \
             --disallowed-tools=... --disallowedTools=... --effort= --fallback-model= --ide --mcp-config=... --model= \
             --no-chrome --permission-mode= --plugin-dir= --restricted --safe-mode --setting-sources= --settings= \
             --strict-mcp-config --system-prompt= --tools=... --verbose",
        chooses: "-c --continue -r=id --resume=id --session-id= --fork-session --from-pr=? --cloud=? --teleport=?",
        batch: "-p --print --bg --background -h --help -v --version -w=? --worktree=? --tmux agents attach auth daemon doctor \
             install logs mcp plugin respawn rm setup-token stop update",
        tried: "2.1.329",
        ..EMPTY
    },
    Recipe {
        name: "codex",
        title: "Codex",
        programs: "codex",
        packages: "@openai/codex",
        start: "codex {hooks} {args}",
        resume: "codex resume {id} {hooks} {args}",
        hooks: Hooks::Overrides,
        transcripts: Transcripts::Codex,
        transcript: ".codex/sessions/*/*/*/rollout-*-{id}.jsonl",
        home: "CODEX_HOME",
        lost: "No saved session found",
        shorten: "",
        keeps: "-m= --model= -p= --profile= -s= --sandbox= -a= --ask-for-approval= -C= --cd= -c= --config= --enable= --disable= \
             --add-dir= --search --oss --local-provider= --no-alt-screen --dangerously-bypass-approvals-and-sandbox --dangerously-bypass-hook-trust --yolo --remote=",
        chooses: "resume fork",
        batch: "-h --help -V --version exec e review login logout mcp mcp-server app-server completion sandbox apply cloud \
             features debug agents archive delete doctor exec-server help migrate-nfs-db migrate-rollouts plugin queue remote-control unarchive update",
        tried: "0.169.0",
        ..EMPTY
    },
    Recipe {
        name: "opencode",
        title: "opencode",
        programs: "opencode",
        packages: "/opencode-ai/",
        start: "opencode {args}",
        resume: "opencode --session {id} {args}",
        prompt: "--prompt {prompt}",
        hooks: Hooks::Plugin,
        list: "opencode session list --format json --max-count 500",
        keeps: "-m= --model= --agent= --auto --port= --hostname= --mdns --cors= --print-logs --log-level=",
        chooses: "-c --continue -s=id --session=id --fork",
        batch: "-h --help -v --version acp agent attach auth debug export github import mcp models run serve session stats \
             uninstall upgrade web",
        tried: "1.18.33",
        ..EMPTY
    },
    Recipe {
        name: "gemini",
        title: "Gemini CLI",
        programs: "gemini",
        packages: "@google/gemini-cli",
        start: "gemini --session-id {id} {args}",
        resume: "gemini --resume {id} {args}",
        prompt: "--prompt-interactive {prompt}",
        transcript: ".gemini/tmp/*/chats/session-*-{short}.json*",
        lost: "Invalid session identifier",
        keeps: "-m= --model= -s --sandbox -y --yolo --approval-mode= -e= --extensions= --include-directories= -d --debug \
             --allowed-mcp-server-names= --allowed-tools= --skip-trust --policy= --admin-policy= --screen-reader --raw-output \
             --accept-raw-output-risk",
        chooses: "-r=id --resume=id --session-id= --session-file=",
        batch: "-p= --prompt= -h --help -v --version -l --list-extensions -o= --output-format= --list-sessions --delete-session= \
             -w=? --worktree=? --acp --experimental-acp mcp extensions skills hooks gemma",
        tried: "0.61.0, without a model",
        ..EMPTY
    },
    Recipe {
        name: "grok",
        title: "Grok Build",
        programs: "grok",
        packages: "",
        start: "grok --session-id {id} {args}",
        resume: "grok --resume {id} {args}",
        keeps: "-m= --model=",
        chooses: "-c --continue -r=id --resume=id -s= --session-id= --fork-session",
        batch: "-p= --single= -h --help -v --version --worktree agent dashboard export import inspect login logout mcp memory \
             models plugin sessions worktree wrap",
        ..EMPTY
    },
];

/// Programs that are agents by their name and have no row: in the foreground they work or wait for somebody.
pub const OTHERS: &[&str] = &[
    "aider",
    "amp",
    "copilot",
    "crush",
    "cursor-agent",
    "goose",
    "qwen",
];

/// The row of that name.
pub fn named(name: &str) -> Option<&'static Recipe> {
    RECIPES.iter().find(|recipe| recipe.name == name)
}

/// Which agent these words start, perhaps behind its interpreter's. Names without a row are those of [`OTHERS`].
pub fn recognised<T: AsRef<str>>(words: &[T]) -> Option<&'static str> {
    let file = |word: &str| {
        let file = word.rsplit('/').next().unwrap_or_default();
        let bare = file.strip_suffix(".js").or(file.strip_suffix(".py"));
        bare.unwrap_or(file).to_string()
    };
    let known = |word: &str| {
        let program = file(word);
        let row = RECIPES.iter().find(|recipe| {
            let mut packages = recipe.packages.split_whitespace();
            recipe
                .programs
                .split_whitespace()
                .any(|name| name == program)
                || packages.any(|package| word.contains(package))
        });
        row.map(|recipe| recipe.name)
            .or_else(|| OTHERS.iter().find(|name| **name == program).copied())
    };
    words.iter().take(2).find_map(|word| known(word.as_ref()))
}

/// What is put in the places of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places<'a> {
    /// `{id}`.
    pub id: &'a str,
    /// `{args}`.
    pub args: &'a [String],
    /// `{hooks}`.
    pub hooks: &'a [String],
    /// `{name}`.
    pub name: &'a str,
    /// `{prompt}`.
    pub prompt: &'a str,
}

/// The words of a line. A word is never split again, whatever is put in.
pub fn words(line: &str, places: &Places<'_>) -> Vec<String> {
    let mut out = Vec::new();
    for word in line.split_whitespace() {
        match word {
            "{args}" => out.extend(places.args.iter().cloned()),
            "{hooks}" => out.extend(places.hooks.iter().cloned()),
            _ => {
                let mut text = String::new();
                let mut rest = word;
                // What is put in is not looked at again.
                while let Some(at) = rest.find('{') {
                    text.push_str(&rest[..at]);
                    rest = &rest[at..];
                    let known = [
                        ("{id}", places.id),
                        ("{name}", places.name),
                        ("{prompt}", places.prompt),
                    ];
                    match known.iter().find(|(place, _)| rest.starts_with(place)) {
                        Some((place, value)) => {
                            text.push_str(value);
                            rest = &rest[place.len()..];
                        }
                        None => {
                            text.push('{');
                            rest = &rest[1..];
                        }
                    }
                }
                text.push_str(rest);
                out.push(text);
            }
        }
    }
    out
}

impl Recipe {
    /// The words that resume a conversation by hand, in a shell: without hooks of ours. None: it cannot.
    pub fn resume_words(&self, id: &str, args: &[String]) -> Option<Vec<String>> {
        let places = Places {
            id,
            args,
            ..Places::default()
        };
        (!self.resume.is_empty() && !id.is_empty()).then(|| words(self.resume, &places))
    }

    /// Whether its session has an id before it is started.
    pub fn knows_id(&self) -> bool {
        self.start.contains("{id}")
    }
}

#[cfg(test)]
mod tests;
