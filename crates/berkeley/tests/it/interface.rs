//! Network interfaces: names, indexes, addresses.

use std::fs;
use std::net::Ipv4Addr;

#[cfg(feature = "fault")]
use berkeley::fault;
use berkeley::interface::{
    InterfaceFlags, interface_index, interface_name, interface_name_bytes, interface_names, interfaces,
};

#[cfg(feature = "fault")]
use crate::support::{alone, open_descriptors};

#[cfg(feature = "fault")]
const EMFILE: i32 = 24;

#[test]
fn interfaces_have_an_index_and_a_name() {
    let index = interface_index("lo").unwrap();
    assert_eq!(interface_name(index).unwrap(), "lo");
    let rows = [
        (interface_index("nosuch0").unwrap_err(), "interface_index nosuch0: no such device (os error 19)"),
        (
            interface_name(2_147_483_647).unwrap_err(),
            "interface_name 2147483647: no such device or address (os error 6)",
        ),
        (
            interface_index("l\0o").unwrap_err(),
            r"interface_index l\0o: the interface's name holds a NUL, where the kernel would cut it",
        ),
    ];
    for (error, want) in rows {
        assert_eq!(error.to_string(), want);
    }
}

#[test]
fn the_kernel_lists_its_interfaces_with_their_addresses() {
    let found = interfaces().unwrap();
    let lo = found.iter().find(|interface| interface.name == "lo").unwrap();
    assert_eq!(lo.index, interface_index("lo").unwrap());
    assert!(lo.flags.contains(InterfaceFlags::LOOPBACK) && !lo.flags.contains(InterfaceFlags::BROADCAST));
    assert_eq!(lo.hardware_address, [0; 6]);
    let mtu = fs::read_to_string("/sys/class/net/lo/mtu").unwrap();
    assert_eq!(lo.mtu, mtu.trim().parse::<u32>().unwrap());
    let four = lo.addresses.iter().find(|address| address.ip == Ipv4Addr::LOCALHOST).unwrap();
    assert_eq!((four.prefix, four.peer), (8, None));
    for interface in &found {
        assert_eq!(interface_name(interface.index).unwrap(), interface.name);
    }
    let mut indexes: Vec<u32> = found.iter().map(|interface| interface.index).collect();
    indexes.sort_unstable();
    indexes.dedup();
    assert_eq!(indexes.len(), found.len(), "each once");
}

#[cfg(feature = "fault")]
#[test]
fn a_list_of_interfaces_that_fails_anywhere_leaves_nothing_open() {
    alone(|| {
        let counted = fault::arm(fault::Plan::count());
        interfaces().unwrap();
        let calls = counted.seen();
        drop(counted);
        let before = open_descriptors();
        for nth in 1..=calls {
            let armed = fault::arm(fault::Plan::fail_any(nth, EMFILE));
            let error = interfaces().unwrap_err();
            assert!(armed.struck());
            drop(armed);
            assert_eq!(error.to_string(), "interfaces netlink: too many open files (os error 24)");
            assert_eq!(open_descriptors(), before, "call {nth}");
        }
    });
}

#[test]
fn interfaces_have_names_of_bytes() {
    let names = interface_names().unwrap();
    assert_eq!(names.len(), interfaces().unwrap().len());
    for (index, name) in names {
        assert_eq!(interface_name_bytes(index).unwrap(), name);
        assert_eq!(interface_index(name.as_bytes()).unwrap(), index);
    }
}
