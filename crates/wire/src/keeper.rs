//! Frozen messages between keeper and server. Layouts stand in each message's doc comment.
