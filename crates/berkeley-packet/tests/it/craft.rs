//! Packets built from text.
