//! A person's own recipes, in a file: `[name]`, and `key = value` below it, in the words of the table's fields.

use super::{EMPTY, Hooks, Recipe, named};

/// The names of a file's lines, and what they set.
const KEYS: &[&str] = &[
    "batch",
    "chooses",
    "home",
    "hooks",
    "keeps",
    "lost",
    "named",
    "packages",
    "programs",
    "prompt",
    "resume",
    "shorten",
    "start",
    "title",
    "transcript",
];

/// Reads a person's own: `[name]`, and `key = value` below it. Err: a line for each mistake.
pub fn parse(file: &str) -> Result<Vec<Recipe>, Vec<String>> {
    let (mut recipes, mut wrong) = (Vec::<Recipe>::new(), Vec::new());
    for (number, line) in file.lines().enumerate() {
        let line = line.trim();
        let mut bad = |what: String| wrong.push(format!("line {}: {what}", number + 1));
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
            if name.is_empty() || !name.chars().all(plain) {
                bad(format!("bad name [{name}]: letters, digits, - and _"));
            }
            if recipes.iter().any(|recipe| recipe.name == name) {
                bad(format!("[{name}] is there already"));
            }
            let name = &*name.to_string().leak();
            recipes.push(named(name).copied().unwrap_or(Recipe {
                name,
                title: name,
                programs: name,
                ..EMPTY
            }));
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            bad(format!("{line}: a line is [NAME] or KEY = VALUE"));
            continue;
        };
        let (key, value) = (key.trim(), value.trim().to_string());
        let Some(recipe) = recipes.last_mut() else {
            bad(format!("{key} comes before the first [NAME]"));
            continue;
        };
        let strange = value.split('{').skip(1).find_map(|piece| {
            let place = piece.split('}').next().unwrap_or_default();
            let known = ["id", "args", "hooks", "name", "prompt"];
            (!known.contains(&place)).then(|| place.to_string())
        });
        if let Some(place) = strange {
            bad(format!(
                "{key} has {{{place}}}; there are {{id}} {{args}} {{hooks}} {{name}} {{prompt}}"
            ));
            continue;
        }
        match set(recipe, key, value) {
            Ok(()) => {}
            Err(text) => bad(text),
        }
    }
    for recipe in &recipes {
        let name = &recipe.name;
        if recipe.start.is_empty() {
            wrong.push(format!(
                "[{name}] has no start = …: the words that start it"
            ));
        }
        if !recipe.resume.is_empty() && !recipe.resume.contains("{id}") {
            wrong.push(format!(
                "[{name}] resume has no {{id}}: it would go on with any conversation"
            ));
        }
    }
    match wrong.is_empty() {
        true => Ok(recipes),
        false => Err(wrong),
    }
}

fn set(recipe: &mut Recipe, key: &str, value: String) -> Result<(), String> {
    let field = match key {
        "batch" => &mut recipe.batch,
        "chooses" => &mut recipe.chooses,
        "home" => &mut recipe.home,
        "keeps" => &mut recipe.keeps,
        "lost" => &mut recipe.lost,
        "named" => &mut recipe.named,
        "packages" => &mut recipe.packages,
        "programs" => &mut recipe.programs,
        "prompt" => &mut recipe.prompt,
        "resume" => &mut recipe.resume,
        "shorten" => &mut recipe.shorten,
        "start" => &mut recipe.start,
        "title" => &mut recipe.title,
        "transcript" => &mut recipe.transcript,
        "hooks" => {
            recipe.hooks = match value.as_str() {
                "settings" => Hooks::Settings,
                "overrides" => Hooks::Overrides,
                "installed" => Hooks::Installed,
                "none" => Hooks::None,
                _ => {
                    return Err(format!(
                        "hooks is settings, overrides, installed or none, not {value}"
                    ));
                }
            };
            return Ok(());
        }
        _ => return Err(format!("unknown key {key}; there are {}", KEYS.join(", "))),
    };
    *field = value.leak();
    Ok(())
}
