#!/bin/bash
# In the machine, in a login session of logind: each check is a line, ok or FAIL.
exec 2>&1
cd || exit 1
echo "-- login as $(id -un), part $1, $(sed s/^0::// /proc/self/cgroup)"
# check NAME COMMAND: until it is true, for eighty seconds and more.
check() {
    local name=$1 n
    shift
    for n in $(seq 160); do
        if eval "$*" > /tmp/said 2>&1; then
            echo "ok   $name"
            return
        fi
        sleep 0.5
    done
    echo "FAIL $name: $*"
    sed 's/^/     | /' /tmp/said
    outlast status 2>&1 | sed 's/^/     | /'
}
cat > hog.py <<'P'
import time
held = []
while True:
    held.append(bytearray(4000000))
    time.sleep(0.05)
P
says() { outlast status "$1" | grep -q "$2"; }
case $1 in
first)
    check 'doctor finds no boot unit and no lingering' \
        'outlast doctor > d; grep -q "^hint boot:" d && grep -q "^hint linger:" d'
    check 'setup boot writes, verifies, enables, lingers' \
        'outlast setup boot --yes > s; cat s; grep -q "^done: systemd-analyze" s && grep -q "^outlast.service is enabled, u lingers" s'
    check 'systemd and logind have it' \
        'systemctl --user is-enabled outlast.service && loginctl show-user u -p Linger | grep -q yes'
    check 'doctor is content with both' 'outlast doctor > d; grep -q "^ok   boot:" d && grep -q "^ok   linger:" d'
    outlast new-session -d -s other 'exec cat'
    outlast run --name hog --memory-max 64M --max-restarts 1 --delay 1s -- python3 hog.py > /dev/null
    check 'a scope of the user manager holds its memory' 'says hog "memory 64M (control group)"'
    outlast wait hog
    check 'the kernel ended it, and it is named' \
        'says hog "failed" && says hog "killed by signal 9 (KILL) .*: out of memory ("'
    check 'no other pane has paid for it' '[ "$(outlast display -p -t other "#{pane_dead}")" = 0 ]'
    outlast new-session -d -s work 'exec cat'
    outlast limit work --memory-max 96M > /dev/null
    outlast set -t work -w remain-on-exit on
    outlast split-window -d -t work 'exec python3 hog.py'
    outlast respawn-pane -k -t work:0.0 'exec cat'
    check 'a slice of the user manager holds a session together' \
        'outlast limit work | grep -q "^work: memory 96M (control group)" || outlast list-panes -t work -F "#{pane_dead}" | grep -q 1'
    check 'of a session over its limit the largest is ended, and named' \
        'outlast capture-pane -pJ -t work:0.1 | grep -q "out of memory"'
    check 'and the other pane of it lives' '[ "$(outlast display -p -t work:0.0 "#{pane_dead}")" = 0 ]'
    outlast run --name tick --boot --awake -- sh -c 'while :; do date; sleep 1; done' > /dev/null
    check 'logind holds sleep or idleness off for it' 'systemd-inhibit --list | grep -q "^outlast .* block"'
    outlast display -p -t tick '#{pane_pid}' > pid
    outlast show-messages | grep -i 'awake\|sleep\|inhibit' | head -3
    ;;
second)
    # The first login has ended: so has its session, if that is how logind is set.
    check 'what was started in a login outlives it' '[ "$(outlast display -p -t tick "#{pane_pid}")" = "$(cat pid)" ]'
    outlast stop tick > /dev/null
    check 'sleep is let go of' '! systemd-inhibit --list | grep -q ^outlast'
    outlast start tick > /dev/null
    check 'it runs again' 'says tick running'
    check 'and is held off again' 'systemd-inhibit --list | grep -q "^outlast "'
    ;;
logout)
    # From here on logind ends what a login leaves behind (KillUserProcesses=yes).
    check 'doctor knows how logouts end' 'outlast doctor > d; grep -i "killuserprocesses" d'
    outlast -L login new-session -d -s kept 'exec cat'
    outlast -L login display -p -t kept '#{pane_pid}' > kept
    check 'a server of the login is out of its scope' \
        '! grep -q "session-.*scope" /proc/$(outlast -L login display -p "#{pid}")/cgroup'
    setsid sleep 100000 < /dev/null > /dev/null 2>&1 &
    echo $! > sleeper
    ;;
after)
    check 'logind has ended what else the login left' '! kill -0 $(cat sleeper)'
    check 'a pane that was started there lives' \
        '[ "$(outlast -L login display -p -t kept "#{pane_pid}")" = "$(cat kept)" ] && kill -0 $(cat kept)'
    check 'the run of the unit lives' 'says tick running'
    outlast -L login kill-server
    outlast rename-window -t other: kept-name
    outlast send-keys -t other 'typed before the reboot' Enter
    check 'the disk has it' 'grep -aq kept-name ~/.local/state/outlast/default/state && sleep 12'
    ;;
third)
    check 'the unit is up after the reboot' 'systemctl --user is-active outlast.service'
    check 'the marked run goes on' 'says tick running'
    check 'what was not marked is offered' 'outlast capture-pane -pJ -t hog | grep -q "Enter starts it again"'
    check 'and does not run' '! pgrep -u u -f hog.py'
    check 'sessions, names of windows and text are back' \
        'outlast list-windows -t other -F "#{window_name}" | grep -q kept-name && outlast capture-pane -pJ -t other | grep -q "typed before the reboot"'
    check 'what ran in a plain pane is offered' 'outlast capture-pane -pJ -t other | grep -q "this ran here: .*cat"'
    outlast send-keys -t other Enter
    check 'and one key starts it' 'outlast list-panes -t other -F "#{pane_current_command}" | grep -x cat || { outlast capture-pane -p -t other; false; }'
    check 'keeper and server are of the unit' 'systemctl --user status outlast.service | grep -q "outlast keeper"'
    kill -9 $(pgrep -u u -f 'outlast (keeper|server)')
    check 'killed together, they come back by the unit' \
        '[ "$(systemctl --user show outlast.service -P NRestarts)" != 0 ] && says tick running'
    systemctl --user stop outlast.service
    check 'a stop of the unit ends the programs in order' '! pgrep -u u -f "outlast (keeper|server)"'
    systemctl --user start outlast.service
    check 'and its start brings them back' 'says tick running'
    check 'doctor finds nothing' 'outlast doctor > d; cat d; ! grep -q "^\(hint\|bad\)" d'
    check 'undone, nothing is left' \
        'outlast setup boot --undo --yes; ! systemctl --user is-enabled outlast.service; loginctl show-user u -p Linger | grep -q no'
    ;;
esac
