//! Paste buffers.

use crate::Core;
use crate::control::notes::Note;
use crate::jobs::{Asked, Then};
use crate::model::Buffer;
use crate::model::ids::ClientId;
use crate::save::Tracked;

impl Core {
    /// Names of the buffers, newest first.
    pub fn buffers_by_age(&self) -> Vec<String> {
        let mut names: Vec<(u64, &String)> = self
            .model
            .buffers
            .iter()
            .map(|(name, buffer)| (buffer.order, name))
            .collect();
        names.sort_by_key(|(order, _)| std::cmp::Reverse(*order));
        names.into_iter().map(|(_, name)| name.clone()).collect()
    }

    /// The newest buffer that we have named.
    pub fn top_buffer(&self) -> Option<String> {
        let automatic = self
            .model
            .buffers
            .iter()
            .filter(|(_, buffer)| buffer.automatic);
        automatic
            .max_by_key(|(_, buffer)| buffer.order)
            .map(|(name, _)| name.clone())
    }

    /// Adds an automatic buffer; the oldest of these go at buffer-limit. Empty text makes none.
    pub fn add_buffer(&mut self, data: Vec<u8>) -> Option<String> {
        if data.is_empty() {
            return None;
        }
        let limit = usize::try_from(self.server_chain().number("buffer-limit"))
            .unwrap_or(50)
            .max(1);
        loop {
            let automatic: Vec<(u64, String)> = self
                .model
                .buffers
                .iter()
                .filter(|(_, buffer)| buffer.automatic)
                .map(|(name, buffer)| (buffer.order, name.clone()))
                .collect();
            if automatic.len() < limit {
                break;
            }
            match automatic.into_iter().min() {
                Some((_, oldest)) => self.remove_buffer(&oldest),
                None => break,
            }
        }
        let name = loop {
            let name = format!("buffer{}", self.model.global.next_buffer);
            self.model.global.next_buffer += 1;
            if !self.model.buffers.contains_key(&name) {
                break name;
            }
        };
        self.put_buffer(&name, data, true);
        Some(name)
    }

    /// Sets a named buffer.
    pub fn set_buffer(&mut self, name: &str, data: Vec<u8>) {
        if !data.is_empty() {
            self.put_buffer(name, data, false);
        }
    }

    fn put_buffer(&mut self, name: &str, data: Vec<u8>, automatic: bool) {
        let order = self
            .model
            .buffers
            .values()
            .map(|buffer| buffer.order)
            .max()
            .unwrap_or(0)
            + 1;
        let buffer = Buffer {
            data,
            automatic,
            created: self.now.unix,
            order,
        };
        self.model
            .buffers
            .insert(name.to_string(), Tracked::new(buffer));
        self.note(Note::BufferChanged(name.to_string()));
    }

    /// Takes a buffer away.
    pub fn remove_buffer(&mut self, name: &str) {
        if self.model.buffers.remove(name).is_some() {
            self.note(Note::BufferDeleted(name.to_string()));
        }
    }

    /// A file for load-buffer has been read.
    pub(crate) fn buffer_read(
        &mut self,
        client: Option<ClientId>,
        path: &str,
        name: Option<String>,
        clipboard: Option<ClientId>,
        result: Result<Vec<u8>, String>,
    ) {
        match result {
            Err(error) => self.error(client, None, &format!("{error}: {path}")),
            Ok(data) => {
                if let Some(client) = clipboard {
                    self.copy_to_client(client, &data);
                }
                match name {
                    Some(name) => self.set_buffer(&name, data),
                    None => {
                        self.add_buffer(data);
                    }
                }
            }
        }
    }

    /// Asks for a file to be written.
    pub(crate) fn write_file(
        &mut self,
        queue: Option<ClientId>,
        client: Option<ClientId>,
        path: &str,
        full: String,
        bytes: Vec<u8>,
        append: bool,
    ) -> u64 {
        let then = Then::Saved {
            path: path.to_string(),
        };
        self.start_job(
            Some(queue),
            client,
            Asked::Write {
                path: full,
                bytes,
                append,
            },
            then,
        )
    }
}
