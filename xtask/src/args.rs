//! Words after a chore's name: flags, values, the rest.

/// The words that are left.
pub struct Args(Vec<String>);

impl Args {
    /// All of them.
    pub fn new(words: impl Iterator<Item = String>) -> Args {
        Args(words.collect())
    }

    /// Takes `--name`.
    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() != before
    }

    /// Takes one `--name VALUE`.
    pub fn value(&mut self, name: &str) -> Result<Option<String>, String> {
        let Some(at) = self.0.iter().position(|word| word == name) else {
            return Ok(None);
        };
        if at + 1 == self.0.len() {
            return Err(format!("{name} wants a value"));
        }
        self.0.remove(at);
        Ok(Some(self.0.remove(at)))
    }

    /// Takes one `--name NUMBER`.
    pub fn number(&mut self, name: &str) -> Result<Option<u64>, String> {
        match self.value(name)? {
            None => Ok(None),
            Some(text) => text
                .parse()
                .map(Some)
                .map_err(|_| format!("{name}: no number: {text}")),
        }
    }

    /// What is left; flags that nobody took are an error.
    pub fn rest(self) -> Result<Vec<String>, String> {
        match self.0.iter().find(|word| word.starts_with("--")) {
            Some(word) => Err(format!("no such flag: {word}")),
            None => Ok(self.0),
        }
    }
}

/// The checkout's root.
pub fn root() -> std::path::PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
