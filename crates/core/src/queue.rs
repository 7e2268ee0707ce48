//! The command queue.
