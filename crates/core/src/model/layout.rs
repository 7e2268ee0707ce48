//! Operations on layouts: split, resize, remove, presets.
