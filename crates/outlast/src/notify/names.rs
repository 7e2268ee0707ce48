//! Which addresses a host has: /etc/hosts, then the name servers of /etc/resolv.conf (RFC 1035, over UDP). The C library's
//! way is not to be had in a program that is one static file: it loads parts of itself at run time. What only that knows
//! (mDNS, NIS) is not found here; systemd-resolved is, by the server that it runs.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// A name server answers within that, or the next one is asked.
const PATIENCE: Duration = Duration::from_secs(2);
/// So many name servers and search domains are looked at, as resolv.conf(5) has it.
const SERVERS_MOST: usize = 3;
const DOMAINS_MOST: usize = 6;
/// So many addresses are tried.
const ADDRESSES_MOST: usize = 8;
const A: u16 = 1;
const AAAA: u16 = 28;

/// Files as they are.
#[derive(Debug)]
pub struct Names {
    hosts: String,
    config: String,
    port: u16,
}

impl Default for Names {
    fn default() -> Names {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        Names {
            hosts: read("/etc/hosts"),
            config: read("/etc/resolv.conf"),
            port: 53,
        }
    }
}

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().ok_or(Error::HostNotFound)?;
        let port = match (uri.port_u16(), uri.scheme_str()) {
            (Some(port), _) => port,
            (None, Some("http")) => 80,
            _ => 443,
        };
        let mut found = self.empty();
        for address in self.addresses(host).into_iter().take(ADDRESSES_MOST) {
            found.push(SocketAddr::new(address, port));
        }
        match found.is_empty() {
            true => Err(Error::HostNotFound),
            false => Ok(found),
        }
    }
}

impl Names {
    /// The addresses of a host, those of IPv4 first.
    fn addresses(&self, host: &str) -> Vec<IpAddr> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = host.parse() {
            return vec![address];
        }
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let mut found = self.in_hosts(&host);
        if !found.is_empty() {
            return found;
        }
        // RFC 6761: asked of nobody.
        if host == "localhost" || host.ends_with(".localhost") {
            return vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        }
        let values = |key: &str| -> Vec<&str> {
            let lines = self.config.lines().map(str::split_whitespace);
            lines
                .filter_map(|mut words| (words.next() == Some(key)).then_some(words))
                .flatten()
                .collect()
        };
        let servers: Vec<IpAddr> = values("nameserver")
            .iter()
            .filter_map(|text| text.parse().ok())
            .take(SERVERS_MOST)
            .collect();
        let domains = [values("search"), values("domain")].concat();
        let local = domains.iter().take(DOMAINS_MOST);
        let local = local.map(|domain| format!("{host}.{}", domain.trim_matches('.')));
        let names: Vec<String> = match host.contains('.') {
            true => std::iter::once(host.clone()).chain(local).collect(),
            false => local.chain(std::iter::once(host.clone())).collect(),
        };
        for name in names {
            for kind in [A, AAAA] {
                found.extend(self.asked(&servers, &name, kind));
            }
            if !found.is_empty() {
                break;
            }
        }
        found
    }

    fn in_hosts(&self, host: &str) -> Vec<IpAddr> {
        let mut found: Vec<IpAddr> = Vec::new();
        for line in self.hosts.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let address = words.next().and_then(|text| text.parse().ok());
            if let Some(address) = address
                && words.any(|name| name.eq_ignore_ascii_case(host))
            {
                found.push(address);
            }
        }
        found.sort();
        found
    }

    /// What the first server that answers says.
    fn asked(&self, servers: &[IpAddr], name: &str, kind: u16) -> Vec<IpAddr> {
        let id = RandomState::new().build_hasher().finish() as u16;
        let Some(question) = question(id, name, kind) else {
            return Vec::new();
        };
        servers
            .iter()
            .find_map(|server| ask(SocketAddr::new(*server, self.port), &question, kind).ok())
            .unwrap_or_default()
    }
}

/// A question, recursion desired.
fn question(id: u16, name: &str, kind: u16) -> Option<Vec<u8>> {
    let mut out = id.to_be_bytes().to_vec();
    out.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        let len = u8::try_from(label.len())
            .ok()
            .filter(|len| (1..64).contains(len))?;
        out.push(len);
        out.extend(label.bytes());
    }
    out.push(0);
    out.extend(kind.to_be_bytes());
    out.extend([0, 1]);
    (out.len() <= 12 + 255 + 4).then_some(out)
}

fn ask(server: SocketAddr, question: &[u8], kind: u16) -> io::Result<Vec<IpAddr>> {
    let own: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(own)?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send(question)?;
    let mut buffer = [0; 4096];
    for _ in 0..4 {
        let len = socket.recv(&mut buffer)?;
        // Others may send to us as well: what is not an answer to this is passed over.
        if let Some(found) = answer(&buffer[..len], question, kind) {
            return Ok(found);
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// The addresses in an answer; None: it is none to this question, or the server cannot say.
fn answer(bytes: &[u8], question: &[u8], kind: u16) -> Option<Vec<IpAddr>> {
    let number = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let asked = &question[12..];
    let same = bytes.get(..2)? == &question[..2]
        && bytes.get(2)? & 0x80 != 0
        && bytes.get(12..12 + asked.len())?.eq_ignore_ascii_case(asked);
    // No error, or no such name.
    if !same || !matches!(bytes.get(3)? & 15, 0 | 3) {
        return None;
    }
    let mut at = 12 + asked.len();
    let mut found = Vec::new();
    for _ in 0..number(6)? {
        at = after_name(bytes, at)?;
        let (of, len) = (number(at)?, usize::from(number(at + 8)?));
        let data = bytes.get(at + 10..at + 10 + len)?;
        if of == kind {
            match kind {
                A => found.push(IpAddr::from(<[u8; 4]>::try_from(data).ok()?)),
                _ => found.push(IpAddr::from(<[u8; 16]>::try_from(data).ok()?)),
            }
        }
        at += 10 + len;
    }
    Some(found)
}

fn after_name(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            0 => return Some(at + 1),
            // A pointer ends a name.
            len if len & 0xc0 != 0 => return Some(at + 2),
            len => at += usize::from(*len) + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name server that knows one name, and who asks it.
    fn names(hosts: &str, config: &str) -> Names {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((len, from)) = socket.recv_from(&mut buffer) {
                let mut out = buffer[..len].to_vec();
                let known = b"\x04ntfy\x07example\x00\x00\x01";
                out[2] |= 0x80;
                if out[12..].starts_with(known) {
                    out[7] = 2;
                    // An alias, then the address.
                    out.extend(b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x01\x00\x02\xc0\x0c");
                    out.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04\xc0\x00\x02\x07");
                } else {
                    out[3] |= 3;
                }
                let _ = socket.send_to(b"nonsense", from);
                let _ = socket.send_to(&out, from);
            }
        });
        Names {
            hosts: hosts.into(),
            config: config.into(),
            port,
        }
    }

    #[test]
    fn hosts_are_found() {
        let names = names(
            "127.0.0.1 localhost # x\n::1 me Other\n192.0.2.1 me",
            "search example\nnameserver 127.0.0.1",
        );
        let rows = [
            ("192.0.2.9", "192.0.2.9"),
            ("[::1]", "::1"),
            ("me", "192.0.2.1 ::1"),
            ("OTHER.", "::1"),
            ("x.localhost", "127.0.0.1 ::1"),
            ("ntfy.example", "192.0.2.7"),
            ("ntfy", "192.0.2.7"),
            ("ntfy.invalid", ""),
        ];
        for (host, wanted) in rows {
            let found = names.addresses(host);
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found.join(" "), wanted, "{host}");
        }
    }

    #[test]
    fn no_answer_is_believed_that_makes_no_sense() {
        let asked = question(7, "a.b", A).unwrap();
        let mut good = asked.clone();
        good[2] |= 0x80;
        good[7] = 1;
        good.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04\x01\x02\x03\x04");
        assert_eq!(
            answer(&good, &asked, A),
            Some(vec![Ipv4Addr::new(1, 2, 3, 4).into()])
        );
        for len in 0..good.len() {
            assert_eq!(answer(&good[..len], &asked, A), None, "{len}");
        }
        let other = question(8, "a.b", A).unwrap();
        assert_eq!(answer(&good, &other, A), None);
        assert!(question(1, "a..b", A).is_none());
        assert!(question(1, &"x".repeat(64), A).is_none());
    }
}
