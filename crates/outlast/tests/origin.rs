//! An agent cannot answer for itself: a script in a pane tries every way there is, and none succeeds, while a person's key
//! and a command from another terminal do.

use std::time::{Duration, Instant};

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Client, Signal, World, proc};

type Result<T> = std::result::Result<T, String>;

fn world() -> Result<World> {
    World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast")))
}

/// The pane that asks: its hook waits, and what is typed into it is written down.
const ASKS: &str = r#"stty raw -echo
tmux agent-hook -a claude -t $TMUX_PANE "$(cat ask.json)" > answer 2> answer.err &
echo asking
exec cat > typed"#;

fn request(number: u32) -> String {
    format!(
        r#"{{"session_id":"s{number}","transcript_path":"/t.jsonl","cwd":"/w","prompt_id":"p{number}",
        "permission_mode":"default","hook_event_name":"PermissionRequest","tool_name":"Bash",
        "tool_input":{{"command":"rm -rf build{number}","description":"tidy"}}}}"#
    )
}

/// What the agent beside it does. $ID is the request, $PERSON the terminal of the person's client.
const TRIES: &str = r##"
try() { echo "== $*" >> tries; "$@" >> tries 2>&1 < /dev/null; }
for event in PostToolUse Stop SessionEnd; do
over='{"hook_event_name":"'$event'","session_id":"s1","tool_name":"Bash","tool_input":{"command":"rm -rf build1","description":"tidy"}}'
try tmux agent-hook -a claude -t %0 "$over"
try setsid -w sh -c "tmux agent-hook -a claude -t %0 '$over'"
( setsid sh -c "sleep 0.1; tmux agent-hook -a claude -t %0 '$over'; echo lie >> ended" & )
done
yes="approve-request $ID"
type="send-keys -t %0 y Enter"
try tmux $yes
try tmux approve-request -a $ID
try tmux deny-request $ID
try tmux answer-request $ID 1
try tmux choose-requests
try tmux $type
try tmux set-buffer y \; paste-buffer -t %0
try tmux pipe-pane -I -t %0 'echo y'
try tmux respawn-pane -k -t %0 'echo evil'
try setsid tmux $yes
try setsid -w sh -c "tmux $yes"
try nohup tmux $yes
( setsid sh -c "sleep 0.1; tmux $yes; tmux $type; echo orphan >> ended" & )
command -v script > /dev/null && try script -qec "tmux $yes; tmux $type" /dev/null
command -v python3 > /dev/null && try python3 -c "import os, pty
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        pty.spawn(['tmux', 'approve-request', '$ID'])
        pty.spawn(['tmux', 'send-keys', '-t', '%0', 'y'])
        open('ended', 'a').write('python\n')
        os._exit(0)
    os._exit(0)"
try env -i PATH="$PATH" tmux -S "${TMUX%%,*}" $yes
try sh -c "printf '%s\n' '$yes' '$type' '' | tmux -C attach -t x"
try tmux run-shell "tmux $yes; tmux $type"
try tmux run-shell -C "$yes"
try tmux run-shell -C "$type"
try tmux if-shell true "$yes" 
try tmux if-shell -F 1 "$yes"
printf '%s\n' "$yes" "$type" > evil.conf
try tmux source-file evil.conf
try tmux display-message -p "#(tmux $yes; tmux $type)"
try tmux set-option -g status-right "#(tmux $yes; tmux $type)"
try tmux set-option -g default-client-command "$yes"
try tmux set-option -s command-alias[90] "list-sessions=$yes ; $type"
try tmux set-option -s command-alias[91] "list-requests=$yes ; $type"
try tmux set-hook -g after-select-pane "$yes"
try tmux set-hook -ga after-select-pane "$type"
try tmux set-hook -g client-attached "$yes"
try tmux set-hook -g session-window-changed "$yes"
try tmux select-pane -t %1
try tmux bind-key -n F9 "$yes"
try tmux bind-key -n F10 "$type"
try tmux bind-key F8 "$yes ; $type"
try tmux send-keys -K -c $PERSON F9
try tmux send-keys -K -c $PERSON F10
try tmux send-keys -K -c $PERSON C-b A
try tmux display-menu -c $PERSON now a "$yes" &
try tmux send-keys -K -c $PERSON a
try tmux confirm-before -b -t $PERSON "$yes"
try tmux send-keys -K -c $PERSON y
try tmux command-prompt -b -t $PERSON -I "$yes" "%%"
try tmux send-keys -K -c $PERSON Enter
try tmux display-popup -c $PERSON -E "tmux $yes; tmux $type" &
try tmux set-option -w synchronize-panes on
try tmux send-keys -t %1 ''
try tmux set-option -w synchronize-panes off
try tmux select-pane -t %0 \; send-keys -K -c $PERSON y \; select-pane -t %1
( unset TMUX; tmux -L other new-session -d -x 80 -y 24 "tmux -S '${TMUX%%,*}' $yes; tmux -S '${TMUX%%,*}' $type; echo other >> ended" ) >> tries 2>&1
kill -9 $(tmux display-message -p '#{pid}')
try tmux $yes
try tmux $type
try tmux detach-client -s nobody
echo all >> ended
exec cat
"##;

struct Scene {
    world: World,
    person: Client,
}

impl Scene {
    fn new() -> Result<Scene> {
        Scene::of(ASKS)
    }

    fn of(script: &str) -> Result<Scene> {
        let world = world()?;
        world.write("ask.json", &request(1))?;
        world.session("x", (80, 24), script)?;
        let mut scene = Scene {
            person: world.client(80, 24, &["attach", "-t", "x"])?,
            world,
        };
        scene.person.wait_text("asking", patience())?;
        scene.id()?;
        Ok(scene)
    }

    /// The name of the request that waits.
    fn id(&mut self) -> Result<String> {
        let words = ["list-requests", "-F", "#{request_id}"];
        let found = self.world.until(&words, |out| !out.trim().is_empty())?;
        Ok(found.trim().to_string())
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.world.home().join(name)).unwrap_or_default()
    }

    fn wait_file(&self, name: &str, done: impl Fn(&str) -> bool) -> Result<String> {
        let end = Instant::now() + patience() * 6;
        loop {
            let text = self.file(name);
            if done(&text) {
                return Ok(text);
            }
            if Instant::now() > end {
                return Err(format!("{name}: {text:?}\n{}", self.file("tries")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Presses a key of the view of requests until it is taken: for a moment it takes none.
    fn decide(&mut self, key: &str) -> Result<()> {
        let end = Instant::now() + patience();
        while self.person.picture().text().contains("Requests ") {
            if Instant::now() > end {
                return Err(self.person.picture().framed());
            }
            self.person.type_text(key)?;
            let gone = |picture: &outlast_testkit::Picture| !picture.text().contains("Requests ");
            let _ = self.person.wait_picture(Duration::from_millis(500), gone);
        }
        Ok(())
    }
}

#[test]
fn an_agent_tries_every_way_and_none_succeeds() -> Result<()> {
    let mut scene = Scene::new()?;
    let id = scene.id()?;
    scene.world.write("tries.sh", TRIES)?;
    let script = format!(
        "export ID={id} PERSON={}; cd; . ./tries.sh",
        scene.person.tty()
    );
    scene.world.ok(&["split-window", "-t", "%0", &script])?;
    let ways = |text: &str| {
        text.contains("all")
            && text.matches("lie").count() == 3
            && text.contains("orphan")
            && text.contains("other")
    };
    scene.wait_file("ended", ways)?;
    // The person comes by, presses keys and calls commands that the agent has put something behind.
    scene.person.keys("F9 F10 C-b F8 C-b o C-b o C-b o")?;
    for words in [&["list-sessions"][..], &["list-requests"], &[]] {
        let mut called = scene.world.client(80, 24, words)?;
        if !words.is_empty() {
            called.wait_end(patience())?;
        }
    }
    assert_eq!(scene.file("answer"), "", "{}", scene.file("tries"));
    // A prompt of the agent's that still stood there has taken the prefix: the next key is the person's own, for the program.
    let typed = scene.file("typed").replace("\x1b[19~", "");
    assert_eq!(typed, "", "{}", scene.file("tries"));
    let show = [
        "display-message",
        "-p",
        "-t",
        "%0",
        "#{pane_dead} #{pane_pipe}",
    ];
    assert_eq!(scene.world.ok(&show)?, "0 0\n");
    let tries = scene.file("tries");
    assert!(tries.contains("from inside a pane"), "{tries}");
    // Who was attached before all that answers, over the same server's successor.
    scene
        .world
        .ok(&["set-option", "-su", "command-alias[91]"])?;
    assert_eq!(scene.id()?, id);
    Ok(())
}

/// An agent whose dialog is open, and which says of itself that it is not.
const LIES: &str = r#"stty raw -echo
printf '\033]7501;state=blocked:app=x:kind=permission\033\\'
tmux agent-hook -a claude -t $TMUX_PANE "$(cat ask.json)" > answer 2> answer.err &
(
say() { tmux agent-hook -a claude -t $TMUX_PANE "$1"; }
type() { tmux send-keys -t $TMUX_PANE 1; tmux set-buffer 1 \; paste-buffer -t $TMUX_PANE; setsid -w tmux send-keys -t $TMUX_PANE 1; }
step() { while [ ! -e $1 ]; do sleep 0.05; done; }
step go; type
say '{"hook_event_name":"PostToolUse","session_id":"s1","tool_name":"Bash","tool_input":{"command":"rm -rf build1","description":"tidy"}}'; type
printf '\033]7501;state=working:app=x\033\\' > /dev/tty; type
say '{"hook_event_name":"PermissionRequest","session_id":"s1","tool_name":"Bash","tool_input":{"command":"ls"}}'; type
say '{"hook_event_name":"Stop","session_id":"s1"}'; type
printf '\033]7501;state=clear\033\\\033]133;A\033\\' > /dev/tty; type
echo lies >> ended
step typed.on; tmux send-keys -t $TMUX_PANE 2; echo on >> ended
) < /dev/null >> tries 2>&1 &
echo asking
exec cat > typed"#;

#[test]
fn an_agent_s_word_that_its_dialog_is_over_opens_nothing() -> Result<()> {
    let mut scene = Scene::of(LIES)?;
    let rules = ["accept-rules", "allow tool=Bash command=ls"];
    let mut called = scene.world.client(80, 24, &rules)?;
    called.wait_end(patience())?;
    scene.world.write("go", "")?;
    scene.wait_file("ended", |text| text.contains("lies"))?;
    let tries = scene.file("tries");
    assert_eq!(scene.file("typed"), "", "{tries}");
    assert!(tries.contains("nobody was seen to answer"), "{tries}");
    assert!(tries.contains(r#""behavior":"allow""#), "{tries}");
    // A person has answered: from then on it is a pane like others.
    scene.person.type_text("y")?;
    scene.wait_file("typed", |text| text == "y")?;
    scene.world.write("typed.on", "")?;
    scene.wait_file("ended", |text| text.contains("on"))?;
    scene.wait_file("typed", |text| text == "y2")?;
    Ok(())
}

#[test]
fn a_person_s_key_answers() -> Result<()> {
    let mut scene = Scene::new()?;
    scene.person.keys("C-b A")?;
    let shown = scene.person.wait_text("Requests 1/1", patience())?;
    assert!(shown.text().contains("rm -rf build1"), "{}", shown.framed());
    scene.decide("y")?;
    let answer = scene.wait_file("answer", |text| !text.is_empty())?;
    assert!(answer.contains(r#""behavior":"allow""#), "{answer}");
    Ok(())
}

#[test]
fn a_command_from_another_terminal_answers_and_a_killed_tree_proves_nothing() -> Result<()> {
    let mut scene = Scene::new()?;
    let id = scene.id()?;
    // A person may type into the pane itself.
    scene.person.type_text("k")?;
    scene.wait_file("typed", |text| text == "k")?;
    // Without keeper and anchor orphans of a pane look like anybody's.
    let keeper = scene.world.keeper_pid()?;
    let anchor = proc::stat(keeper).ok_or("no keeper")?.ppid;
    proc::signal(anchor, Signal::KILL)?;
    let mut late = scene.world.client(80, 24, &["approve-request", &id])?;
    late.wait_end(patience())?;
    let own = std::fs::metadata("/proc/self").map_err(|error| error.to_string())?;
    if std::os::unix::fs::MetadataExt::uid(&own) == 0 {
        // All of a test's ancestors are the same user's.
        assert_eq!(scene.file("answer"), "");
        assert!(
            late.picture().text().contains("were killed"),
            "{}",
            late.picture().framed()
        );
    }
    scene.person.keys("C-b A")?;
    if scene.file("answer").is_empty() {
        scene.person.wait_text("Requests 1/1", patience())?;
        scene.decide("y")?;
    }
    scene.wait_file("answer", |text| text.contains("allow"))?;
    // Another tree, another terminal.
    let mut scene = Scene::new()?;
    let id = scene.id()?;
    let mut called = scene
        .world
        .client(80, 24, &["deny-request", "-m", "not now", &id])?;
    called.wait_end(patience())?;
    let answer = scene.wait_file("answer", |text| !text.is_empty())?;
    assert!(answer.contains("not now"), "{answer}");
    Ok(())
}
