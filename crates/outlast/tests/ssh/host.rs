//! A far host on this machine: OpenSSH's sshd with keys and configuration of its own in a throw-away folder, run by
//! whoever runs the test.

use std::fs::{self, File};
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use outlast_testkit::world::patience;
use outlast_testkit::{Client, Signal, World, proc, roles};

/// sshd, and how to call it.
pub struct Host {
    dir: PathBuf,
    sshd: Child,
    /// Where it listens.
    pub port: u16,
    user: String,
}

/// The path of a program of OpenSSH.
fn program(name: &str) -> Result<String, String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin", "/usr/local/sbin"]);
    let mut files = folders.map(|folder| Path::new(folder).join(name));
    let found = files.find(|file| file.is_file());
    found
        .map(|file| file.to_string_lossy().into_owned())
        .ok_or_else(|| {
            format!(
                "{name} is not installed: this test needs OpenSSH's server (./test installs it)"
            )
        })
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_string()),
        false => Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

impl Host {
    /// Makes keys and configuration below the world and starts sshd on a free port of this machine.
    pub fn new(world: &World) -> Result<Host, String> {
        let dir = world.dir().join("ssh");
        fs::create_dir_all(&dir).map_err(|error| format!("ssh: {error}"))?;
        for key in ["host_key", "key"] {
            let file = dir.join(key);
            run(Command::new(program("ssh-keygen")?)
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(file))?;
        }
        let text = |error: std::io::Error| format!("ssh: {error}");
        fs::copy(dir.join("key.pub"), dir.join("authorized_keys")).map_err(text)?;
        let user = run(Command::new("id").arg("-un"))?;
        if user == "root" {
            // Where sshd locks itself in before it knows who calls; the system makes it at boot if sshd is a service.
            fs::create_dir_all("/run/sshd").map_err(|error| format!("/run/sshd: {error}"))?;
            fs::set_permissions("/run/sshd", fs::Permissions::from_mode(0o755)).map_err(text)?;
        }
        // What the session's shell finds; the account's own home and its files are left alone.
        let env: String = world
            .env()
            .iter()
            .map(|(name, value)| format!("export {name}={}\n", roles::quote(value)))
            .collect();
        let home = roles::quote(&world.home().to_string_lossy());
        let login = format!("{env}cd {home}\nexec \"$@\"\n");
        fs::write(dir.join("login"), login).map_err(text)?;
        // Between looking for a free port and taking it somebody else may.
        let mut last = String::new();
        for _ in 0..5 {
            match start(&dir, world) {
                Ok((sshd, port)) => {
                    let host = Host {
                        dir,
                        sshd,
                        port,
                        user,
                    };
                    host.introduce()?;
                    return Ok(host);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// ssh knows the host's key already, and uses no file of the account's.
    fn introduce(&self) -> Result<(), String> {
        let text = |error: std::io::Error| format!("ssh: {error}");
        let key = fs::read_to_string(self.dir.join("host_key.pub")).map_err(text)?;
        fs::write(self.dir.join("known_hosts"), format!("host {key}")).map_err(text)?;
        let dir = self.dir.display();
        let config = format!(
            "Host host\n HostName 127.0.0.1\n HostKeyAlias host\n User {user}\n IdentityFile {dir}/key\n \
             IdentitiesOnly yes\n IdentityAgent none\n UserKnownHostsFile {dir}/known_hosts\n \
             GlobalKnownHostsFile /dev/null\n StrictHostKeyChecking yes\n BatchMode yes\n LogLevel ERROR\n",
            user = self.user
        );
        fs::write(self.dir.join("config"), config).map_err(text)
    }

    /// `ssh -tt` on a terminal of its own, through this port, running a command of outlast there.
    pub fn ssh(
        &self,
        world: &World,
        port: u16,
        size: (u16, u16),
        words: &[&str],
    ) -> Result<Client, String> {
        let outlast = world.binary().path.to_string_lossy();
        let far = std::iter::once(&*outlast).chain(words.iter().copied());
        self.call(world, port, size, &far.collect::<Vec<_>>())
    }

    /// The same for any program.
    pub fn call(
        &self,
        world: &World,
        port: u16,
        size: (u16, u16),
        words: &[&str],
    ) -> Result<Client, String> {
        let dir = self.dir.display();
        let far: Vec<String> = words.iter().map(|word| roles::quote(word)).collect();
        let mut argv = vec![program("ssh")?];
        argv.extend(["-tt", "-F"].map(String::from));
        argv.extend([format!("{dir}/config"), "-p".into(), port.to_string()]);
        argv.extend(["host".into(), format!("sh {dir}/login {}", far.join(" "))]);
        let home = world.home().to_string_lossy().into_owned();
        Client::spawn(&argv, &world.env(), &home, size.0, size.1)
    }

    /// The processes of sshd that serve a connection.
    pub fn sessions(&self) -> Vec<u32> {
        let children = proc::children();
        let (mut found, mut left) = (Vec::new(), vec![self.sshd.id()]);
        while let Some(parent) = left.pop() {
            for child in children.get(&parent).into_iter().flatten() {
                let name = fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
                if name.starts_with("sshd") {
                    found.push(*child);
                    left.push(*child);
                }
            }
        }
        found
    }

    /// What sshd has said.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("sshd.log")).unwrap_or_default()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        for pid in self.sessions() {
            let _ = proc::signal(pid, Signal::KILL);
        }
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
    }
}

/// Whether sshd can give a terminal. Where the system makes terminals in another group than `tty`, sshd changes that
/// and ends if it may not: it may only as root.
pub fn has_terminals(world: &World) -> Result<bool, String> {
    let group = run(Command::new("getent").args(["group", "tty"]))?;
    let group = group.split(':').nth(2).and_then(|id| id.parse().ok());
    let words = ["sh", "-c", "stat -c %g \"$(tty)\"; cat"].map(String::from);
    let home = world.home().to_string_lossy().into_owned();
    let client = Client::spawn(&words, &world.env(), &home, 20, 2)?;
    let seen = client.wait_picture(patience(), |seen| !seen.row(0).is_empty())?;
    Ok(seen.row(0).parse::<u32>().ok() == group || run(Command::new("id").arg("-u"))? == "0")
}

/// Starts sshd on a port that is free.
fn start(dir: &Path, world: &World) -> Result<(Child, u16), String> {
    let text = |error: std::io::Error| format!("sshd: {error}");
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(text)?
        .port();
    let shown = dir.display();
    let home = world.home();
    let config = format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey {shown}/host_key\nPidFile none\n\
         AuthorizedKeysFile {shown}/authorized_keys\nStrictModes no\nUsePAM {pam}\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
         PrintMotd no\nPrintLastLog no\nUseDNS no\nTCPKeepAlive no\nLogLevel VERBOSE\nSetEnv HOME={home}\n",
        pam = if is_locked() { "yes" } else { "no" },
        home = home.display()
    );
    let file = dir.join("sshd_config");
    fs::write(&file, config).map_err(text)?;
    let log = File::create(dir.join("sshd.log")).map_err(text)?;
    let mut sshd = Command::new(program("sshd")?)
        .args(["-D", "-e", "-f"])
        .arg(&file)
        .envs(world.env())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(text)?;
    let end = Instant::now() + patience();
    loop {
        if let Ok(Some(status)) = sshd.try_wait() {
            let said = fs::read_to_string(dir.join("sshd.log")).unwrap_or_default();
            return Err(format!("sshd ended ({status}): {said}"));
        }
        if greets(port) {
            return Ok((sshd, port));
        }
        if Instant::now() > end {
            let _ = sshd.kill();
            let _ = sshd.wait();
            return Err("sshd does not listen".into());
        }
        // No event says that another process listens.
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether an sshd answers there.
fn greets(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return false;
    };
    let mut words = [0; 4];
    stream.set_read_timeout(Some(patience())).is_ok()
        && stream.read_exact(&mut words).is_ok()
        && words == *b"SSH-"
}

/// Without PAM sshd lets nobody in whose password is locked with `!`, key or not. Only root can see that, and only
/// root's sshd looks.
fn is_locked() -> bool {
    let shadow = fs::read_to_string("/etc/shadow").unwrap_or_default();
    let root = shadow.lines().find_map(|line| line.strip_prefix("root:"));
    root.is_some_and(|rest| rest.starts_with('!'))
}
