//! How each fault is done.

pub mod clients;
pub mod disk;
pub mod keepers;
pub mod limits;
pub mod points;
pub mod poison;
pub mod servers;
pub mod sockets;
pub mod upgrades;
