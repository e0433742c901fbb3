//! Packets as text: a grammar in which they are written, built and printed.
