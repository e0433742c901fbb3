//! Packets as lines, boxes and JSON.
