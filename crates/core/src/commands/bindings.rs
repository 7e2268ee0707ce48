//! CLAIMED: a colleague is writing this file at this moment; do not write or overwrite it. It exports fn(&mut Ctx<'_>) -> Outcome: bind_key unbind_key list_keys list_commands.
