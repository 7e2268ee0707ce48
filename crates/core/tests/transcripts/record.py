#!/usr/bin/env python3
"""Records the answers of a tmux to the command lines of the transcripts: record.py TMUX FILE..."""
import os, shlex, subprocess, sys, tempfile, time

tmux, files = sys.argv[1], sys.argv[2:]
for path in files:
    home = tempfile.mkdtemp()
    env = {"HOME": "/home/u", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LANG": "C.UTF-8", "TERM": "xterm-256color", "TMUX_TMPDIR": home}
    conf = os.path.join(home, "conf")
    open(conf, "w").write("set -g default-command cat\n")
    open("/tmp/outlast-transcript.conf", "w").write("set -g @sourced yes\n")
    out = []
    for line in open(path):
        line = line.rstrip("\n")
        if line.startswith("# "):
            out.append(line)
        if not line.startswith("$ "):
            continue
        out.append(line)
        done = subprocess.run([tmux, "-f", conf] + shlex.split(line[2:]), env=env, cwd="/tmp", capture_output=True, text=True, stdin=subprocess.DEVNULL)
        out += done.stdout.splitlines()
        out += ["! " + text for text in done.stderr.splitlines()]
        if done.returncode:
            out.append(f"? {done.returncode}")
        time.sleep(0.6)
    subprocess.run([tmux, "kill-server"], env=env, capture_output=True)
    open(path, "w").write("\n".join(out) + "\n")
