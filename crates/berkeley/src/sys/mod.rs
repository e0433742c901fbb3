//! The system calls: the only room of the library that may hold `unsafe`, on libc alone.
//!
//! What goes in and out is descriptors, integers and byte slices; what a byte means is decided above. Every call runs
//! through [`call::run`], so that one place counts it, reports it (feature `tracing`) and can make it fail
//! (feature `fault`). Nothing here waits twice, retries or allocates for an error.
//!
//! A platform must supply, each in the file that has its name:
//!
//! | file | items |
//! |---|---|
//! | `errno` | `Errno` with its named values, `Errno::message` |
//! | `socket` | `RawAddress`, `AddressRoom`; `socket`, `socket_pair`, `bind`, `listen`, `accept` |
//! | | `connect`, `shutdown`, `local_address`, `peer_address`, `last_peer_address` |
//! | `transfer` | `recv`, `recv_uninit`, `recv_into_vec`, `recv_from`, `send`, `send_to` |
//! | | `recv_sink`, `recv_from_sink`, `send_source`, `send_source_to` |
//! | `memory` | `Source`, `Sink`, `Control`: public, for bindings |
//! | `message` | `send_message`, `receive_message` |
//! | `alloc` | `with_room`, `push`, `collect`, `copy_text`, `copy_str`, `zeroed`, which may fail |
//! | `batch` | `Outbox`, `Inbox` |
//! | `control` | `ControlData`, `Scratch`, `Walk`, `descriptors_in` |
//! | `option` | `option`, `option_i32`, `peer_pidfd`, `set_option` |
//! | `filter` | `attach` |
//! | `raw` | `option`, `set_option`, `set_option_length`, for any numbers: public |
//! | `fd` | `duplicate`, `duplicate_lowest`, `close`, `set_nonblocking`, `is_nonblocking`, `from_raw_fd` |
//! | | `is_inheritable`, `set_inheritable`, `at_mark`, `unsent` |
//! | `inherited` | `take`, `take_sockets`: the descriptors that the process was started with |
//! | `file` | `send_file`, `read_at`, `pipe`, `set_pipe_capacity`, `pipe_capacity`, `splice_in`, `splice_out`, `read` |
//! | `netdb` | `Host`, `Service`; `host_by_name`, `host_by_address`, `service_by_name`, `service_by_port` |
//! | | `protocol_by_name`, `host_message` |
//! | `hostname` | `host_name`, `set_host_name` |
//! | `identity` | `own` |
//! | `poll` | `poll`, `poll_many`, `poll_entries`; `PollEntry`, public |
//! | `quirks` | `Quirks` |
//! | `resolve` | `LookupError`, `AddressInfo`, `AddressHints`; `address_info`, `name_info`, `resolve_message` |
//! | `interface` | `interface_index`, `interface_name`, `interface_names` |
//! | `ring` | `Mapping`, `Held`, `page_size`, the layout of blocks and packets |
//! | `process` | `incarnation`, `PerProcess` |
//! | `child` | `DescriptorLimit`: public; `set_up` |
//! | `signal` | `block_all` |
//! | `words` | `errno`, `lookup`, `host`: the words of errors |
//! | `layout` | the offsets and sizes of the kernel's structures |
//! | `constants` | the kernel's numbers, by their C names |
#![allow(unsafe_code, reason = "the kernel is called by pointers; everything above this room passes slices")]

pub(crate) mod alloc;
mod arguments;
pub(crate) mod batch;
pub(crate) mod call;
pub(crate) mod child;
pub(crate) mod constants;
pub(crate) mod control;
pub(crate) mod errno;
pub(crate) mod fd;
pub(crate) mod file;
pub(crate) mod filter;
pub(crate) mod hostname;
pub(crate) mod identity;
pub(crate) mod inherited;
pub(crate) mod interface;
pub(crate) mod layout;
pub(crate) mod memory;
pub(crate) mod message;
pub(crate) mod netdb;
pub(crate) mod option;
pub(crate) mod poll;
pub(crate) mod process;
pub(crate) mod quirks;
pub mod raw;
pub(crate) mod resolve;
pub(crate) mod ring;
pub(crate) mod signal;
mod sigpipe;
pub(crate) mod socket;
pub(crate) mod transfer;
pub(crate) mod words;

#[cfg(feature = "fault")]
pub mod fault;
#[cfg(not(feature = "fault"))]
#[path = "fault_off.rs"]
pub(crate) mod fault;

#[cfg(feature = "tracing")]
mod trace;
#[cfg(not(feature = "tracing"))]
#[path = "trace_off.rs"]
mod trace;

pub(crate) use errno::Errno;

/// What a system call gives: its value, or the errno it failed with.
pub(crate) type Result<T> = std::result::Result<T, Errno>;
