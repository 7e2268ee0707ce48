//! How many columns a grapheme cluster takes (facts: unicode-width, with our overrides in one table).
