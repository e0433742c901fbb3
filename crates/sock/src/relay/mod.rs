//! The one pump: what one stream gives goes to another, both ways, until both are done.

mod ending;
mod later;
#[cfg(test)]
mod property;
mod pump;
mod splice;
#[cfg(test)]
mod tests;

pub use ending::{End, Rules, Side};
pub use pump::{Meter, Report, relay};
