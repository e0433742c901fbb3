//! What a person or a program reads from the command.
//!
//! Two promises hold for everything printed: a peer's bytes never reach a terminal unescaped, and a reader that stalls
//! never stops the sockets.
//!
//! | file | holds |
//! |---|---|
//! | [`console`] | standard error, of which it is the one owner |
//! | [`errno`] | the names of error numbers |
//! | [`escape`] | bytes as text that cannot drive a terminal |
//! | [`hex`] | bytes as a hex dump, over any number of pieces |
//! | [`json`] | events, one JSON object a line, for `--json` |
//! | [`lines`] | the lines for people: what stands before them, bounded and escaped |
//! | [`live`] | a live view on a terminal: a frame that changes in place |
//! | [`log`] | the lines on standard error, through a bounded queue |
//! | [`output`] | standard output for a command that must not wait |
//! | [`patience`] | reading and writing that wait, in non-blocking mode too |
//! | [`table`] | rows of name, value and meaning, in the columns of a terminal |
//! | [`terminal`] | a peer's stream made safe for a terminal |
//! | [`time`] | the time of day in RFC 3339 |
//! | [`utf8`] | letters that come in two pieces |

pub mod console;
pub mod errno;
pub mod escape;
pub mod hex;
pub mod json;
pub mod lines;
pub mod live;
pub mod log;
pub mod output;
pub mod patience;
#[cfg(test)]
pub(crate) mod pty;
pub mod table;
pub mod terminal;
pub mod time;
pub mod utf8;
