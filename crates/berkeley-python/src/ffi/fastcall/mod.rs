//! Where `CPython`'s calling convention (`METH_FASTCALL` and its kin) meets safe functions.
//!
//! | file | what it does |
//! |---|---|
//! | `call` | how a function is called, and its arguments as they came |
//! | `parse` | arguments that are not plain, by `CPython`'s own parser |
//! | `convert` | one object as a value of Rust's |
//! | `audit` | audit events |

mod audit;
mod call;
mod convert;
mod parse;

pub(crate) use audit::{audit, audit_new};
pub(crate) use call::{Args, Convention, Function, Method, add_function, method};
pub(crate) use convert::{
    exact_long, file_name, file_system_bytes, int, is_index, long, nanoseconds, natural, sequence, type_name,
    unsigned, utf8, went_well,
};
pub(crate) use parse::{Slot, count, idna, parse, parse_item, parse_named, parse_tuple};
