//! Users, read from /etc/passwd.
//!
//! Not by getpwnam: it needs dlopen, which a static binary has not. Users that only a directory service knows have
//! HOME and SHELL in their environment.

use std::path::PathBuf;

/// A line of /etc/passwd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Home directory.
    pub home: PathBuf,
    /// Login shell, may be empty.
    pub shell: PathBuf,
}

/// Our effective user id.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether we may make files in a directory, or write a file, as far as that can be told without trying.
pub fn may_write(path: &std::path::Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

/// The user with this id.
pub fn by_uid(uid: u32) -> Option<User> {
    find(|user| user.uid == uid)
}

/// The user of this name.
pub fn by_name(name: &str) -> Option<User> {
    find(|user| user.name == name)
}

fn find(wanted: impl Fn(&User) -> bool) -> Option<User> {
    let passwd = std::fs::read("/etc/passwd").ok()?;
    passwd
        .split(|byte| *byte == b'\n')
        .filter_map(|line| parse(&String::from_utf8_lossy(line)))
        .find(wanted)
}

fn parse(line: &str) -> Option<User> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, _, _, home, shell] = fields[..] else {
        return None;
    };
    Some(User {
        name: name.into(),
        uid: uid.parse().ok()?,
        home: home.into(),
        shell: shell.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_user() {
        let user = parse("ann:x:1000:1000:Ann,,,:/home/ann:/bin/zsh").unwrap();
        assert_eq!((user.name.as_str(), user.uid), ("ann", 1000));
        assert_eq!(
            (user.home, user.shell),
            ("/home/ann".into(), "/bin/zsh".into())
        );
        assert_eq!(parse("+nis"), None);
        assert_eq!(parse("ann:x:many:1000::/:/bin/sh"), None);
    }
}
