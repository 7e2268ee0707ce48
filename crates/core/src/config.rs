//! Commands from text: configuration files, prompts, arguments.

use outlast_lang::format::is_true;
use outlast_lang::options::Options;
use outlast_lang::parse::{
    Argument, CommandList, ParseContext, ParseError, parse_arguments, parse_argv, parse_text,
};

use crate::Core;
use crate::commands;
use crate::control::notes::Note;
use crate::formats::{self, FormatContext};
use crate::model::ids::ClientId;
use crate::queue::{Action, State};
use crate::target::Find;

/// What parsing asks the core, and what it wants changed: environment is set while a file is parsed.
struct Context<'a> {
    core: &'a Core,
    find: FormatContext,
    set: Vec<(String, String, bool)>,
    aliases: Vec<(String, String)>,
    /// One of them was used.
    aliased: std::cell::Cell<bool>,
}

impl ParseContext for Context<'_> {
    fn environment(&self, name: &str) -> Option<String> {
        let set = self
            .set
            .iter()
            .rev()
            .find(|(other, ..)| other == name)
            .map(|(_, value, _)| value.clone());
        set.or_else(|| self.core.model.environment.get(name).map(str::to_string))
    }
    fn set_environment(&mut self, name: &str, value: &str, hidden: bool) {
        self.set.push((name.to_string(), value.to_string(), hidden));
    }
    fn home(&self, user: Option<&str>) -> Option<String> {
        match user {
            None => self
                .environment("HOME")
                .filter(|home| !home.is_empty())
                .or_else(|| self.core.probe.home(None)),
            Some(user) => self.core.probe.home(Some(user)),
        }
    }
    fn expand(&mut self, format: &str) -> String {
        formats::expand(self.core, format, &self.find, false)
    }
    fn alias(&self, name: &str) -> Option<String> {
        let found = self.aliases.iter().find(|(alias, _)| alias == name);
        self.aliased.set(self.aliased.get() || found.is_some());
        found.map(|(_, text)| text.clone())
    }
}

impl Core {
    fn context(&self, find: FormatContext) -> Context<'_> {
        let aliases = self.server_chain().array("command-alias");
        let split = |text: &String| {
            text.split_once('=')
                .map(|(name, text)| (name.to_string(), text.to_string()))
        };
        Context {
            core: self,
            find,
            set: Vec::new(),
            aliases: aliases.iter().filter_map(split).collect(),
            aliased: Default::default(),
        }
    }

    fn set_parsed(&mut self, set: Vec<(String, String, bool)>) {
        for (name, value, hidden) in set {
            self.model.environment.set(&name, &value, hidden);
        }
    }

    /// Commands of a text that is no file. Err is tmux's text.
    pub fn parse_commands(&mut self, text: &str) -> Result<CommandList, String> {
        let mut context = self.context(FormatContext::default());
        let parsed = parse_text(text, None, &mut context);
        let Context { set, aliased, .. } = context;
        self.aliased = aliased.get();
        self.set_parsed(set);
        let list = parsed.map_err(|error| error.message)?;
        commands::check(&list, None).map_err(|error| error.message)?;
        Ok(list)
    }

    /// Commands of an argument of a command at this place: a block as it is, text parsed. Err is tmux's text.
    pub(crate) fn commands_of(
        &mut self,
        argument: &Argument,
        place: Option<&(String, u32)>,
    ) -> Result<CommandList, String> {
        let text = match argument {
            Argument::Block(list) => return Ok(list.clone()),
            Argument::Text(text) => text,
        };
        self.parse_commands(text).map_err(|error| match place {
            Some((file, line)) => format!("{file}:{line}: {error}"),
            None => error,
        })
    }

    /// Commands of a hook, which has been checked when it was set.
    pub(crate) fn parse_quietly(&self, text: &str) -> Option<CommandList> {
        parse_text(text, None, &mut self.context(FormatContext::default())).ok()
    }

    /// Commands of a command line. Err is tmux's text.
    pub(crate) fn parse_argv(&mut self, argv: &[String]) -> Result<CommandList, String> {
        let mut context = self.context(FormatContext::default());
        let parsed = parse_argv(argv, &mut context);
        self.aliased = context.aliased.get();
        let list = parsed.map_err(|error| error.message)?;
        commands::check(&list, None).map_err(|error| error.message)?;
        Ok(list)
    }

    /// Commands of words that may be blocks (bind-key). Err is tmux's text.
    pub(crate) fn parse_words(&mut self, words: &[Argument]) -> Result<CommandList, String> {
        let mut context = self.context(FormatContext::default());
        let parsed = parse_arguments(words, &mut context);
        self.aliased = context.aliased.get();
        let list = parsed.map_err(|error| error.message)?;
        commands::check(&list, None).map_err(|error| error.message)?;
        Ok(list)
    }

    /// Commands of a configuration file.
    pub(crate) fn parse_file(
        &mut self,
        file: &str,
        text: &str,
        find: &Find,
        parse_only: bool,
    ) -> Result<CommandList, ParseError> {
        let mut format = FormatContext::of(find);
        format
            .extra
            .push(("current_file".to_string(), file.to_string()));
        format.no_jobs = true;
        let mut context = self.context(format);
        let parsed = parse_text(text, Some(file), &mut context);
        let Context { set, aliased, .. } = context;
        self.aliased = aliased.get();
        if !parse_only {
            self.set_parsed(set);
        }
        let list = parsed?;
        commands::check(&list, Some(file))?;
        Ok(list)
    }

    /// The files of the first start. Their commands run before those of any client.
    pub(crate) fn config_files(&mut self, files: Vec<(String, Result<String, String>)>) {
        if self.model.global.configured {
            return;
        }
        // The configuration may name variables of the environment, which is that of the first client.
        if !self.model.global.had_client {
            self.model.global.waiting_config = Some(files);
            return;
        }
        self.options_of_environment();
        for (path, content) in files {
            // A relative name comes with the directory that it was typed in before `/./`.
            let path = match path.rsplit_once("/./") {
                Some((_, name)) => name.to_string(),
                None => path,
            };
            self.model.global.config_files.push(path.clone());
            match content {
                Err(error) => self
                    .model
                    .global
                    .config_errors
                    .push(format!("{path}: {error}")),
                Ok(text) => match self.parse_file(&path, &text, &Find::default(), false) {
                    Err(error) => self.model.global.config_errors.push(error.to_string()),
                    Ok(list) => {
                        let variables = vec![("current_file".to_string(), path.clone())];
                        let state = State {
                            file: Some(path),
                            variables,
                            binds: true,
                            ..State::default()
                        };
                        self.append_as(None, &list, state);
                    }
                },
            }
        }
        self.append_action(None, Action::Configured);
    }

    /// The editor and its keys are as the environment of who started the server says.
    fn options_of_environment(&mut self) {
        let environment = &self.model.environment;
        let mut names = ["VISUAL", "EDITOR"].into_iter();
        let Some(editor) = names.find_map(|name| environment.get(name)) else {
            return;
        };
        let editor = editor.to_string();
        let name = editor.rsplit('/').next().unwrap_or_default();
        let keys = if name.contains("vi") { "vi" } else { "emacs" };
        let model = &mut self.model;
        let set = |options: &mut Options, name: &str, value: &str| {
            if let Ok(row) = outlast_lang::options::find(name) {
                // Of the right kind, all of them.
                let _ = options.set(row, None, value, false);
            }
        };
        set(&mut model.server_options, "editor", &editor);
        set(&mut model.session_options, "status-keys", keys);
        set(&mut model.window_options, "mode-keys", keys);
    }

    /// Whether a queue has to wait until the configuration has run.
    pub(crate) fn waits_for_config(&self, key: Option<ClientId>) -> bool {
        let global = &self.model.global;
        // While it runs, nobody's queue has its end in it.
        let runs = self.model.queues.contains_key(&None);
        !global.configured && key.is_some() && (key == global.config_client || !runs)
    }

    /// All of the configuration has run: the command lines that wait may go on.
    pub(crate) fn configured(&mut self) {
        self.model.global.configured = true;
        self.note_baseline();
        self.restore_saved();
        self.read_prompt_history();
        self.read_record();
        self.show_config_errors();
    }

    /// Shows the errors of the configuration to the first client there is: one that is attached sees a message, a
    /// command line gets them on stderr.
    pub(crate) fn show_config_errors(&mut self) {
        if self.model.global.config_errors.is_empty() || !self.model.global.configured {
            return;
        }
        let Some(client) = self.attached_clients().map(|client| client.state.id).next() else {
            return;
        };
        let errors = std::mem::take(&mut self.model.global.config_errors);
        if self.control(client).is_some() {
            for error in errors {
                self.tell_note(&Note::Line(format!("%config-error {error}")), client);
            }
            return;
        }
        self.print(Some(client), &errors.join("\n"));
    }

    /// if-shell -F and the like: whether a format is true.
    pub(crate) fn is_true(&self, template: &str, context: &FormatContext) -> bool {
        is_true(&formats::expand(self, template, context, false))
    }
}
