#!/bin/sh
# In the machine, as root, by a unit that is started at each boot: plays a part for the user u, then the machine goes on.
echo x >> /var/boots
boots=$(wc -l < /var/boots)
echo "== boot $boots"
as_user() {
    systemd-run --quiet --pipe --wait -p User=u -p PAMName=login -E TERM=xterm-256color -E SYSTEMD_PAGER= \
        -E SYSTEMD_COLORS=0 /usr/local/bin/as-user "$1" | cat
}
case $boots in
1)
    as_user first
    as_user second
    mkdir -p /etc/systemd/logind.conf.d
    printf '[Login]\nKillUserProcesses=yes\n' > /etc/systemd/logind.conf.d/kill.conf
    systemctl restart systemd-logind
    as_user logout
    as_user after
    systemctl reboot
    ;;
*)
    as_user third
    systemctl poweroff
    ;;
esac
