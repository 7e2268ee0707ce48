//! A world with real agents in it, and a stub of their models behind them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Client, World};

use super::{PROGRAMS, Result};

const KEY: &str = "sk-ant-stub-key-00000000000";

/// The world.
pub struct Stage {
    /// Around the binary.
    pub world: World,
    program: PathBuf,
    packages: PathBuf,
    script: PathBuf,
    stub: Child,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.stub.kill();
        let _ = self.stub.wait();
    }
}

/// An error as words.
pub fn text<T>(result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| error.to_string())
}

impl Stage {
    /// A world, with all agents installed, that asks this script for what a model says.
    pub fn new(program: &Path, packages: &Path, script: &Path) -> Result<Stage> {
        let mut stub = Command::new("python3")
            .arg(script)
            .args(["--port", "0", "--log", "/dev/null"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("python3: {error}"))?;
        let mut line = String::new();
        let out = stub.stdout.take().ok_or("no output of the stub")?;
        text(BufReader::new(out).read_line(&mut line))?;
        let digits = line.trim().rsplit(|c: char| !c.is_ascii_digit()).next();
        let port = digits
            .filter(|port| !port.is_empty())
            .ok_or(format!("no port: {line}"))?;
        let mut world = World::new(&Binary::outlast(program))?;
        let bin = world.home().join("bin");
        text(fs::create_dir_all(&bin))?;
        for (name, path) in PROGRAMS {
            if let Ok(from) = fs::canonicalize(packages.join("node_modules").join(path)) {
                text(std::os::unix::fs::symlink(from, bin.join(name)))?;
            }
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let base = format!("http://127.0.0.1:{port}");
        for (name, value) in [
            ("PATH", format!("{}:{path}", bin.display())),
            ("ANTHROPIC_BASE_URL", base.clone()),
            ("ANTHROPIC_API_KEY", KEY.into()),
            ("STUB_KEY", "x".into()),
            ("DISABLE_AUTOUPDATER", "1".into()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".into()),
            ("OPENCODE_DISABLE_AUTOUPDATE", "1".into()),
            // It waits half a minute for a list that it cannot have.
            ("OPENCODE_DISABLE_MODELS_FETCH", "1".into()),
            // Nobody answers there: the stub does not speak its model's language.
            ("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:9".into()),
            ("GEMINI_API_KEY", "x".into()),
        ] {
            world.set_env(name, Some(&value));
        }
        let home = world.home().to_string_lossy().into_owned();
        let project = format!("{home}/proj");
        text(fs::create_dir_all(&project))?;
        let write = |name: &str, content: String| {
            let path = PathBuf::from(format!("{home}/{name}"));
            let parent = path.parent().unwrap_or(Path::new("/"));
            text(fs::create_dir_all(parent))?;
            text(fs::write(&path, content))
        };
        write(
            ".claude.json",
            format!(
                "{{\"hasCompletedOnboarding\":true,\"theme\":\"dark\",\"customApiKeyResponses\":{{\"approved\":[\"{}\"],\
                 \"rejected\":[]}},\"projects\":{{\"{project}\":{{\"hasTrustDialogAccepted\":true}}}}}}",
                &KEY[KEY.len() - 20..]
            ),
        )?;
        write(
            ".codex/config.toml",
            format!(
                "model_provider = \"stub\"\nmodel = \"stub\"\napproval_policy = \"on-request\"\n\
                 [model_providers.stub]\nname = \"stub\"\nbase_url = \"{base}/v1\"\nenv_key = \"STUB_KEY\"\n\
                 wire_api = \"responses\"\n[projects.\"{project}\"]\ntrust_level = \"trusted\"\n"
            ),
        )?;
        write(
            ".gemini/settings.json",
            "{\"security\":{\"auth\":{\"selectedType\":\"gemini-api-key\"}},\"general\":{\"disableAutoUpdate\":true},\
             \"privacy\":{\"usageStatisticsEnabled\":false}}"
                .into(),
        )?;
        write(
            ".config/opencode/opencode.json",
            format!(
                "{{\"provider\":{{\"stub\":{{\"npm\":\"@ai-sdk/openai-compatible\",\"options\":{{\"baseURL\":\"{base}/v1\",\
                 \"apiKey\":\"x\"}},\"models\":{{\"stub\":{{\"name\":\"stub\"}}}}}}}},\"model\":\"stub/stub\",\
                 \"permission\":{{\"bash\":\"ask\"}},\"autoupdate\":false}}"
            ),
        )?;
        world.session("first", (80, 24), "cat")?;
        Ok(Stage {
            world,
            program: program.to_path_buf(),
            packages: packages.to_path_buf(),
            script: script.to_path_buf(),
            stub,
        })
    }

    /// Whether that agent is installed.
    pub fn has(&self, agent: &str) -> bool {
        self.world.home().join("bin").join(agent).exists()
    }

    /// Another world like this one.
    pub fn another(&self) -> Result<Stage> {
        self.of(&self.program)
    }

    /// The same of another program.
    pub fn of(&self, program: &Path) -> Result<Stage> {
        Stage::new(program, &self.packages, &self.script)
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A file of the project.
    pub fn project(&self, file: &str) -> PathBuf {
        self.world.home().join("proj").join(file)
    }

    /// One of our verbs on a terminal of its own, in the project; its output when it ends well.
    pub fn own(&self, words: &[&str]) -> Result<String> {
        self.own_within(words, 1)
    }

    /// The same for what takes longer: so many times our patience.
    pub fn own_within(&self, words: &[&str], times: u32) -> Result<String> {
        let mut client = self.start(words)?;
        let status = client.wait_end(patience() * times)?;
        let said = String::from_utf8_lossy(&client.raw()).into_owned();
        match status.success() {
            true => Ok(said),
            false => Err(format!("{words:?}: {status}: {said}")),
        }
    }

    /// One of our verbs on a terminal of its own, in the project.
    pub fn start(&self, words: &[&str]) -> Result<Client> {
        let socket = self.world.socket();
        let program = self.program.to_string_lossy().into_owned();
        let head = [program.as_str(), "-S", &socket];
        let argv: Vec<String> = head.iter().chain(words).map(ToString::to_string).collect();
        let cwd = self.project("").to_string_lossy().into_owned();
        Client::spawn(&argv, &self.world.env(), &cwd, 100, 30)
    }

    /// Waits until a format says so.
    pub fn until(&self, target: &str, format: &str, wanted: &str) -> Result<()> {
        let words = ["display-message", "-p", "-t", target, "-F", format];
        self.world
            .until(&words, |said| said.trim_end() == wanted)
            .map(drop)
            .map_err(|error| format!("{error}\n{}", self.screen(target)))
    }

    /// Waits until the agent does so.
    pub fn state(&self, target: &str, wanted: &str) -> Result<()> {
        self.until(target, "#{agent_state}", wanted)
    }

    /// What a pane shows.
    pub fn screen(&self, target: &str) -> String {
        self.world
            .ok(&["capture-pane", "-p", "-t", target])
            .unwrap_or_default()
    }

    /// Waits until a pane shows a text.
    pub fn shows(&self, target: &str, wanted: &str) -> Result<()> {
        let words = ["capture-pane", "-p", "-J", "-t", target];
        self.world
            .until(&words, |said| said.contains(wanted))
            .map(drop)
    }

    /// The one request that is open.
    pub fn request(&self) -> Result<String> {
        let id = self
            .world
            .until(&["list-requests", "-F", "#{request_id}"], |said| {
                !said.is_empty()
            })?;
        Ok(id.trim().to_string())
    }

    /// Waits until no request is open.
    pub fn settled(&self) -> Result<()> {
        self.world
            .until(&["list-requests"], str::is_empty)
            .map(drop)
    }

    /// A person in front of a session types.
    pub fn types(&self, session: &str, keys: &str) -> Result<()> {
        let mut client = self.start(&["attach-session", "-t", session])?;
        self.until(session, "#{session_attached}", "1")?;
        client.write(keys.as_bytes())?;
        // What was typed has been heard when the server has handled what follows it.
        client.write(b"\x02d")?;
        client.wait_end(patience()).map(drop)
    }
}
