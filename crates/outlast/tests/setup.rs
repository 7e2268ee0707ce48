//! `outlast setup` on throw-away homes: the real shells on terminals under each condition, ssh and cron and systemd's own
//! judge of units; and `outlast boot`, as a unit runs it and as the first process of a container.

#[path = "setup/kit.rs"]
mod kit;

#[path = "setup/boot.rs"]
mod boot;
#[path = "setup/files.rs"]
mod files;
#[path = "setup/shells.rs"]
mod shells;
