//! What commands have changed since the configuration was loaded: global options, hooks, environment, bindings.
//!
//! After a reboot the configuration is loaded as it is then, and these changes come on top. So an edited configuration
//! counts, its `run-shell` lines run, its `set -a` lines add once, and what was set by hand stays set.

use std::collections::{BTreeMap, BTreeSet};

use outlast_lang::options::{Options, Value};
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::model::{Binding, KeyTable};

/// A variable of the environment: value, hidden.
type Variable = (Option<String>, bool);

/// What the configuration has made of options, environment and tables.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Baseline {
    server: Options,
    session: Options,
    window: Options,
    environment: BTreeMap<String, Variable>,
    /// Those that differ from the built-in ones.
    tables: BTreeMap<String, KeyTable>,
}

/// Differences; None: it is gone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Changes {
    server: BTreeMap<String, Option<Value>>,
    session: BTreeMap<String, Option<Value>>,
    window: BTreeMap<String, Option<Value>>,
    environment: BTreeMap<String, Option<Variable>>,
    tables: BTreeMap<String, BTreeMap<String, Option<Binding>>>,
}

/// What is in `now` and not the same in `before`, and what is gone.
fn difference<T: Clone + PartialEq>(
    before: &BTreeMap<String, T>,
    now: &BTreeMap<String, T>,
) -> BTreeMap<String, Option<T>> {
    let gone = before.keys().filter(|name| !now.contains_key(*name));
    let changed = now
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), Some(value.clone())));
    changed
        .chain(gone.map(|name| (name.clone(), None)))
        .collect()
}

fn apply<T>(changes: BTreeMap<String, Option<T>>, to: &mut BTreeMap<String, T>) {
    for (name, value) in changes {
        match value {
            Some(value) => to.insert(name, value),
            None => to.remove(&name),
        };
    }
}

impl Core {
    /// The configuration has been loaded: this is what it has made.
    pub(crate) fn note_baseline(&mut self) {
        let model = &self.model;
        let differs = |name: &String, table: &KeyTable| {
            let default = self.default_tables.get(name);
            default.is_none_or(|default| default.bindings != table.bindings)
        };
        let tables = model
            .tables
            .iter()
            .filter(|(name, table)| differs(name, table))
            .map(|(name, table)| (name.clone(), (**table).clone()))
            .collect();
        let baseline = Baseline {
            server: (*model.server_options).clone(),
            session: (*model.session_options).clone(),
            window: (*model.window_options).clone(),
            environment: model.environment.vars.clone(),
            tables,
        };
        *self.model.baseline = baseline;
    }

    /// What has changed since.
    pub(crate) fn changes(&self) -> Changes {
        let (model, base) = (&self.model, &self.model.baseline);
        let none = BTreeMap::new();
        let bindings_before = |name: &String| {
            let table = base.tables.get(name).or(self.default_tables.get(name));
            table.map_or(&none, |table| &table.bindings)
        };
        let names: BTreeSet<&String> = model.tables.keys().chain(base.tables.keys()).collect();
        let tables = names
            .into_iter()
            .map(|name| {
                let now = model
                    .tables
                    .get(name)
                    .map_or(&none, |table| &table.bindings);
                (name.clone(), difference(bindings_before(name), now))
            })
            .filter(|(_, changes)| !changes.is_empty())
            .collect();
        Changes {
            server: difference(&base.server.values, &model.server_options.values),
            session: difference(&base.session.values, &model.session_options.values),
            window: difference(&base.window.values, &model.window_options.values),
            environment: difference(&base.environment, &model.environment.vars),
            tables,
        }
    }

    /// Makes them again.
    pub(crate) fn apply_changes(&mut self, changes: Changes) {
        apply(changes.server, &mut self.model.server_options.values);
        apply(changes.session, &mut self.model.session_options.values);
        apply(changes.window, &mut self.model.window_options.values);
        apply(changes.environment, &mut self.model.environment.vars);
        for (name, bindings) in changes.tables {
            let table = self.model.tables.entry(name).or_default();
            for (key, binding) in bindings {
                match binding {
                    Some(binding) => table.bind(&key, binding),
                    None => table.unbind(&key),
                };
            }
        }
    }
}
