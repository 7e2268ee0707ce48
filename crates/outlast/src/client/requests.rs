//! What we have asked and the server has not accepted yet. It is asked again on every new connection.

use std::collections::VecDeque;

use outlast_wire::client::ToServer;

struct Request {
    seq: u64,
    frame: Vec<u8>,
    /// Typed bytes in it.
    typed: usize,
}

/// Requests, numbered from 1.
#[derive(Default)]
pub struct Requests {
    last: u64,
    waiting: VecDeque<Request>,
    outstanding: usize,
    accepted: u64,
}

impl Requests {
    /// One more, which `make` is given the number of and which holds so many typed bytes. Its frame.
    pub fn add(&mut self, typed: usize, make: impl FnOnce(u64) -> ToServer) -> &[u8] {
        self.last += 1;
        let mut frame = Vec::new();
        make(self.last).encode(&mut frame);
        self.outstanding += typed;
        self.waiting.push_back(Request {
            seq: self.last,
            frame,
            typed,
        });
        self.waiting.back().map_or(&[], |request| &request.frame)
    }

    /// Everything up to `seq` is accepted. Whether that is news.
    pub fn accept(&mut self, seq: u64) -> bool {
        while let Some(request) = self.waiting.front().filter(|request| request.seq <= seq) {
            self.outstanding -= request.typed;
            self.waiting.pop_front();
        }
        let news = seq > self.accepted;
        self.accepted = self.accepted.max(seq);
        news
    }

    /// Typed bytes that are not accepted.
    pub fn outstanding(&self) -> usize {
        self.outstanding
    }

    /// The highest that was accepted; 0: none.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Frames of what is not accepted, in order.
    pub fn frames(&self) -> impl Iterator<Item = &[u8]> {
        self.waiting.iter().map(|request| &*request.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_accepted_is_asked_again() {
        let mut requests = Requests::default();
        let mut sent = Vec::new();
        for byte in *b"abc" {
            let bytes = vec![byte];
            sent.push(
                requests
                    .add(1, |seq| ToServer::Input { seq, bytes })
                    .to_vec(),
            );
        }
        assert_eq!(requests.frames().collect::<Vec<_>>(), sent);
        assert!(requests.accept(2));
        assert!(!requests.accept(1));
        assert_eq!(requests.frames().collect::<Vec<_>>(), sent[2..]);
        assert_eq!((requests.outstanding(), requests.accepted()), (1, 2));
    }
}
