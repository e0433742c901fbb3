//! A browser of packets in the terminal: `decode --browse` and `capture --browse`.
//!
//! A list of packets, the layers of the selected one, its bytes; a filter as it is typed; conversations. What is
//! selected and what a key means is [`state`], which draws nothing; [`draw`] makes screens of it; where packets come
//! from is the [`store`], into which an [`index`] of a file or a capture under way puts them. The loop of all that is
//! [`run`].
//!
//! Nothing here makes others wait: packets are found, filtered, searched and put together by threads of their own, and
//! the store is locked for slices of some hundred packets. No lock is held while the terminal is written to, which may
//! be stopped. Memory is bounded: 32 bytes a packet of a file, and for what is in no file [`MOST_MEMORY`], beyond which
//! the oldest packets go.
//!
//! | file | holds |
//! |---|---|
//! | [`draw`] | the screen, drawn from the state |
//! | [`find`] | the next packet that holds a text |
//! | [`firsts`] | from where the sequence numbers of a connection count |
//! | [`index`] | a capture file's packets, found by a thread |
//! | [`key`] | keys, from what a terminal sends |
//! | [`prompt`] | a line that is typed |
//! | [`run`] | the loop |
//! | [`screen`] | the terminal, taken and given back |
//! | [`sieve`] | which packets are shown |
//! | [`state`] | what is selected, and what each key does |
//! | [`store`] | the packets |
//! | [`stream`] | a conversation |
//! | [`tree`] | the layers of a packet as rows |
//! | [`wake`] | what wakes the loop |

mod draw;
mod find;
mod firsts;
mod index;
mod key;
mod prompt;
mod run;
mod screen;
mod sieve;
mod state;
mod store;
mod stream;
mod tree;
mod wake;

pub(crate) use index::Capture;
pub(crate) use run::{Browser, Left};
pub(crate) use screen::Screen;
pub(crate) use store::{Batch, MOST_MEMORY, Store};
