//! The machine's databases of hosts, services and protocols: hosts(5), services(5), protocols(5).
//!
//! These are the questions of `netdb.h` that have one answer each. The C library answers them as it answers every other
//! program: from files, DNS and what else nsswitch.conf(5) names. All block for as long as it does.
//!
//! For the addresses of a host, [`resolve`](crate::resolve()) is the newer question: it knows both families, and has a
//! form with a deadline.
//!
//! ```
//! use berkeley::Protocol;
//! use berkeley::netdb::{protocol_by_name, service_by_name};
//!
//! assert_eq!(protocol_by_name("tcp")?, Protocol::TCP);
//! if let Ok(service) = service_by_name("https", Some("tcp")) {
//!     assert_eq!(service.port, 443);
//! }
//! # Ok::<(), berkeley::Error>(())
//! ```

mod hosts;
mod protocols;
mod services;
mod words;

pub use hosts::{HostEntry, host_by_address, host_by_name};
pub use protocols::{protocol_by_name, protocol_by_number};
pub use services::{ServiceEntry, service_by_name, service_by_port};
pub(crate) use words::{beginning, c_string, lossy_beginning, no_service, shown};
