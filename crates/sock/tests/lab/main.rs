//! Tests inside network namespaces that they make themselves: `./check.sh lab`.
//!
//! A scenario is a file of `scenarios/`: a network with its faults, and what a tool must find of it. `scenario` reads
//! it, `network` builds it, `figures` compares what a tool has found with the truth. `known` holds the tools that
//! everybody knows against every scenario, and so tests the laboratory itself.
//!
//! They need rights that a newcomer may lack, so `cargo test` leaves them out and only this name runs them.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends at its first surprise")]

/// A test of every scenario, named after it, in the room that asks: `$play` has the test's name and the scenario's.
macro_rules! every_scenario {
    ($room:literal, $play:path) => {
        every_scenario!(@ $room, $play:
            delayed duplicated firewall_drops firewall_rejects half_silent lossy many_hosts mtu_black_hole
            mtu_step mtu_steps no_route plain quiet_target reordered routing_loop silent two_paths);
    };
    (@ $room:literal, $play:path: $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                $play(concat!($room, "::", stringify!($name)), stringify!($name));
            }
        )*

        #[test]
        fn no_scenario_is_left_out() {
            crate::scenario::assert_these_are_all(&[$(stringify!($name)),*]);
        }
    };
}

#[path = "../../../berkeley/tests/it/bounded.rs"]
mod bounded;
mod figures;
#[path = "../kit/mod.rs"]
mod kit;
mod known;
#[path = "../../../berkeley/tests/it/limit.rs"]
mod limit;
mod loopback;
mod many;
mod network;
mod ping;
mod scenario;
#[path = "../../../berkeley/tests/it/skip.rs"]
mod skip;
mod trace;
