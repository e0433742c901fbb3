//! Packets for people and programs: a line, boxes, JSON, a hex dump.
