//! Our hooks in a JSON file of a person's: put in and taken out as text, so that order, blanks and all else stay as they are.

use outlast_agent::recipe::hooks::is_ours;
use serde_json::Value;

/// Where a value stands, and those within it.
#[derive(Debug, Default)]
struct Place {
    start: usize,
    end: usize,
    /// Of an object or a list: where each member begins (with its key), its key, its value.
    members: Vec<(usize, String, Place)>,
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn blanks(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at = (self.at + 1).min(self.text.len());
        serde_json::from_slice(&self.text[start..self.at]).unwrap_or_default()
    }

    /// The value here. The text is JSON, as has been seen before.
    fn value(&mut self) -> Place {
        self.blanks();
        let start = self.at;
        let mut members = Vec::new();
        match self.text.get(self.at) {
            Some(b'"') => drop(self.string()),
            Some(open @ (b'{' | b'[')) => {
                let named = *open == b'{';
                self.at += 1;
                loop {
                    self.blanks();
                    match self.text.get(self.at) {
                        None | Some(b'}' | b']') => break,
                        Some(b',') => self.at += 1,
                        Some(_) => {
                            let from = self.at;
                            let mut key = String::new();
                            if named {
                                key = self.string();
                                self.blanks();
                                self.at += 1;
                            }
                            members.push((from, key, self.value()));
                        }
                    }
                }
                self.at = (self.at + 1).min(self.text.len());
            }
            _ => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || b",]}".contains(byte);
                while self.text.get(self.at).is_some_and(|byte| !ends(byte)) {
                    self.at += 1;
                }
            }
        }
        Place {
            start,
            end: self.at,
            members,
        }
    }
}

fn scan(text: &str) -> Place {
    let text = text.as_bytes();
    Scanner { text, at: 0 }.value()
}

impl Place {
    fn member(&self, key: &str) -> Option<&Place> {
        let found = self.members.iter().rev().find(|(_, name, _)| name == key);
        found.map(|(_, _, place)| place)
    }
}

/// Checks that our hooks can stand in it.
fn check(text: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
    let Value::Object(fields) = &value else {
        return Err("no JSON object".into());
    };
    let hooks = match fields.get("hooks") {
        None => return Ok(()),
        Some(Value::Object(hooks)) => hooks,
        Some(_) => return Err("hooks is not an object".into()),
    };
    match hooks.iter().find(|(_, entries)| !entries.is_array()) {
        Some((name, _)) => Err(format!("hooks.{name} is not a list")),
        None => Ok(()),
    }
}

/// What a level is indented by in this file.
fn unit(text: &str, root: &Place) -> String {
    let first = root.members.first().map(|(at, ..)| &text[..*at]);
    let blanks = first.map(|before| before.rsplit('\n').next().unwrap_or_default());
    let blanks = blanks.filter(|blanks| !blanks.is_empty() && blanks.trim().is_empty());
    blanks.unwrap_or("  ").to_string()
}

/// Puts a member behind the last one of an object or a list.
fn insert(text: &mut String, into: &Place, new: &str, unit: &str, depth: usize) {
    let indent = unit.repeat(depth);
    match into.members.last() {
        Some((_, _, last)) => text.insert_str(last.end, &format!(",\n{indent}{new}")),
        None => {
            let outer = unit.repeat(depth - 1);
            let inside = into.start + 1..into.end - 1;
            text.replace_range(inside, &format!("\n{indent}{new}\n{outer}"));
        }
    }
}

/// The text with our entries: each `(event, entry)` is there once.
pub fn put(text: Option<&str>, entries: &[(&str, Value)]) -> Result<String, String> {
    let mut text = match text {
        Some(text) if !text.trim().is_empty() => text.to_string(),
        _ => "{}\n".to_string(),
    };
    check(&text)?;
    for (event, entry) in entries {
        let root = scan(&text);
        let unit = unit(&text, &root);
        let new = entry.to_string();
        let named = format!(
            "\"{event}\": [\n{0}{new}\n{1}]",
            unit.repeat(3),
            unit.repeat(2)
        );
        let Some(hooks) = root.member("hooks") else {
            let named = format!("\"hooks\": {{\n{0}{named}\n{1}}}", unit.repeat(2), unit);
            insert(&mut text, &root, &named, &unit, 1);
            continue;
        };
        let Some(list) = hooks.member(event) else {
            insert(&mut text, hooks, &named, &unit, 2);
            continue;
        };
        match list.members.iter().find(|(_, _, place)| ours(&text, place)) {
            Some((_, _, place)) => text.replace_range(place.start..place.end, &new),
            None => insert(&mut text, list, &new, &unit, 3),
        }
    }
    Ok(text)
}

fn ours(text: &str, place: &Place) -> bool {
    serde_json::from_str(&text[place.start..place.end]).is_ok_and(|entry| is_ours(&entry))
}

/// Takes one member out, with the comma that it came with.
fn remove(text: &mut String, from: &Place, number: usize) {
    let members = &from.members;
    let (start, _, place) = &members[number];
    match (
        number.checked_sub(1).map(|at| &members[at]),
        members.get(number + 1),
    ) {
        (Some((_, _, before)), _) => text.replace_range(before.end..place.end, ""),
        (None, Some((next, ..))) => text.replace_range(*start..*next, ""),
        (None, None) => text.replace_range(from.start + 1..from.end - 1, ""),
    }
}

/// The text without our entries; lists and objects that hold nothing else go with them.
pub fn take(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Ok(text.to_string());
    }
    check(text)?;
    let mut text = text.to_string();
    loop {
        let root = scan(&text);
        let Some(at) = root.members.iter().position(|(_, key, _)| key == "hooks") else {
            return Ok(text);
        };
        let hooks = &root.members[at].2;
        let found = hooks
            .members
            .iter()
            .enumerate()
            .find_map(|(event, (_, _, list))| {
                let entry = list
                    .members
                    .iter()
                    .position(|(_, _, place)| ours(&text, place))?;
                Some((event, entry))
            });
        let Some((event, entry)) = found else {
            return Ok(text);
        };
        let list = &hooks.members[event].2;
        match (list.members.len(), hooks.members.len()) {
            (1, 1) => remove(&mut text, &root, at),
            (1, _) => remove(&mut text, hooks, event),
            _ => remove(&mut text, list, entry),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entries() -> Vec<(&'static str, Value)> {
        let entry = |n: u32| json!({"hooks": [{"type": "command", "command": "/b/outlast hook", "timeout": n}]});
        vec![
            ("Stop", entry(1)),
            ("PermissionRequest", entry(2)),
            ("SessionStart", entry(3)),
        ]
    }

    const FILES: &[&str] = &[
        "{}",
        "{\n}\n",
        "{\"a\":1}",
        "{\n  \"model\": \"opus\",\n  \"z\": [1, 2]\n}\n",
        "{\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{\"hooks\": [{\"type\": \"command\", \"command\": \"mine\"}]}\n\t\t]\n\t},\n\t\"b\": \"}]\\\"{\"\n}",
        "{\"hooks\":{\"Other\":[],\"Stop\":[{\"matcher\":\"\",\"hooks\":[]}]}}",
        "{ \"b\": {\"hooks\": {}}, \"hooks\" : { \"Stop\" : [ {\"hooks\": []} ] } , \"ä\": null }",
    ];

    #[test]
    fn what_is_put_in_is_taken_out_to_the_byte() {
        for file in FILES {
            let with = put(Some(file), &entries()).expect(file);
            let value: Value = serde_json::from_str(&with).expect(&with);
            for (event, entry) in entries() {
                let list = value["hooks"][event].as_array().expect("a list");
                assert_eq!(list.iter().filter(|one| **one == entry).count(), 1);
            }
            assert_eq!(
                put(Some(&with), &entries()).expect("again"),
                with,
                "once is enough"
            );
            let without = take(&with).expect("out");
            // An object without members may have had blanks in it.
            let plain = |text: &str| text.replace("{\n}", "{}");
            assert_eq!(plain(&without), plain(file));
        }
    }

    #[test]
    fn what_a_person_does_meanwhile_stays() {
        let with = put(Some(FILES[3]), &entries()).expect("in");
        let edited = with.replace("\"opus\"", "\"sonnet\"").replace(
            "\"Stop\": [",
            "\"Mine\": [{\"hooks\": [{\"command\": \"x\"}]}],\n    \"Stop\": [{\"hooks\": [{\"command\": \"mine\"}]},",
        );
        let without = take(&edited).expect("out");
        let value: Value = serde_json::from_str(&without).expect("JSON");
        assert_eq!(
            value,
            json!({"model": "sonnet", "z": [1, 2], "hooks": {
                "Mine": [{"hooks": [{"command": "x"}]}], "Stop": [{"hooks": [{"command": "mine"}]}]}})
        );
        assert!(without.starts_with(
            "{\n  \"model\": \"sonnet\",\n  \"z\": [1, 2],\n  \"hooks\": {\n    \"Mine\""
        ));
    }

    #[test]
    fn an_older_one_of_ours_is_replaced() {
        let with = put(Some("{}"), &entries()).expect("in");
        let moved = with.replace("/b/outlast", "/old/outlast");
        assert_eq!(put(Some(&moved), &entries()).expect("in"), with);
    }

    #[test]
    fn what_is_no_settings_is_left_alone() {
        for (file, told) in [
            ("{", "no JSON: "),
            ("[]", "no JSON object"),
            ("{\"hooks\": []}", "hooks is not an object"),
            ("{\"hooks\": {\"Stop\": {}}}", "hooks.Stop is not a list"),
            ("// mine\n{}", "no JSON: "),
        ] {
            assert!(
                put(Some(file), &entries())
                    .expect_err(file)
                    .starts_with(told),
                "{file}"
            );
            assert!(take(file).is_err());
        }
        assert_eq!(take("").as_deref(), Ok(""));
    }
}
