//! Every option's value there and back, as bytes and as text. The tests walk the table: a new kind without its values
//! fails.

use std::net::SocketAddr;
use std::time::Duration;

use berkeley::Family;
use berkeley::decoders::{option_bytes, option_value};
use berkeley::option::{
    self, CanFilter, Clock, IcmpFilter, Icmpv6Filter, J1939Filter, Kind, MtuDiscover, PortRange, TipcGroup,
    TransmitTime, Value,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Any value of the kind that its bytes can hold; `None` for what the kernel alone makes.
fn values(kind: Kind) -> Option<BoxedStrategy<Value>> {
    let text = "[ -~]{0,15}|[^\\x00]{0,3}".prop_filter("a short name", |name| name.len() <= 15);
    let octets = prop::collection::vec(any::<u8>(), 0..=256);
    Some(match kind {
        Kind::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        Kind::Integer | Kind::Errno => any::<i32>().prop_map(Value::Integer).boxed(),
        Kind::Unsigned | Kind::Bytes | Kind::Interface | Kind::InterfaceBigEndian | Kind::BigEndian => {
            any::<u32>().prop_map(|number| Value::Unsigned(number.into())).boxed()
        }
        Kind::Wide | Kind::WideBytes | Kind::Rate => any::<u64>().prop_map(Value::Unsigned).boxed(),
        Kind::Length => (0..=256_u64).prop_map(Value::Unsigned).boxed(),
        Kind::Text => text.prop_map(Value::Text).boxed(),
        Kind::Octets => octets.prop_map(Value::Octets).boxed(),
        Kind::Address => any::<[u8; 4]>().prop_map(|ip| Value::Address(ip.into())).boxed(),
        Kind::PortRange => {
            any::<(u16, u16)>().prop_map(|(low, high)| Value::PortRange(PortRange::new(low, high))).boxed()
        }
        Kind::Family => any::<i32>().prop_map(|raw| Value::Family(Family::from_raw(raw))).boxed(),
        Kind::MtuDiscover => {
            any::<i32>().prop_map(|raw| Value::MtuDiscover(MtuDiscover::from_raw(raw))).boxed()
        }
        Kind::Signal => Just(Value::Signal).boxed(),
        Kind::Linger | Kind::TimeValue | Kind::Seconds | Kind::Milliseconds | Kind::Microseconds => {
            durations(kind)
        }
        kind => return structures(kind),
    })
}

/// Durations of whole units.
fn durations(kind: Kind) -> BoxedStrategy<Value> {
    let count = 0..=0x7fff_ffff_u64;
    let of = |unit: fn(u64) -> Duration| move |count| Value::Duration(unit(count));
    match kind {
        Kind::Linger => {
            proptest::option::of(count.prop_map(Duration::from_secs)).prop_map(Value::Linger).boxed()
        }
        // The kernel takes fewer than the field can hold, which is as wide as half of the structure.
        Kind::TimeValue => {
            (prop_oneof![count, 0..=u64::MAX >> (65 - 4 * size_of::<libc::timeval>())], 0..1_000_000_u32)
                .prop_map(|(seconds, micros)| Value::Duration(Duration::new(seconds, micros * 1000)))
                .boxed()
        }
        Kind::Seconds => count.prop_map(of(Duration::from_secs)).boxed(),
        Kind::Milliseconds => count.prop_map(of(Duration::from_millis)).boxed(),
        _ => count.prop_map(of(Duration::from_micros)).boxed(),
    }
}

fn structures(kind: Kind) -> Option<BoxedStrategy<Value>> {
    let types = prop::collection::vec(any::<u8>(), 0..40);
    Some(match kind {
        Kind::TransmitTime => any::<(i32, bool, bool)>()
            .prop_map(|(clock, deadline, report_errors)| {
                Value::TransmitTime(
                    TransmitTime::new(Clock::from_raw(clock)).deadline(deadline).report_errors(report_errors),
                )
            })
            .boxed(),
        Kind::IcmpFilter => types
            .prop_map(|types| {
                Value::IcmpFilter(types.into_iter().fold(IcmpFilter::BLOCK_ALL, IcmpFilter::pass))
            })
            .boxed(),
        Kind::Icmpv6Filter => types
            .prop_map(|types| {
                Value::Icmpv6Filter(types.into_iter().fold(Icmpv6Filter::PASS_ALL, Icmpv6Filter::block))
            })
            .boxed(),
        Kind::CanFilters => prop::collection::vec(any::<(u32, u32)>(), 0..=512)
            .prop_map(|pairs| {
                Value::CanFilters(pairs.into_iter().map(|(id, mask)| CanFilter::new(id, mask)).collect())
            })
            .boxed(),
        Kind::TipcGroup => any::<(u32, u32, u32, u32)>()
            .prop_map(|(kind, instance, scope, flags)| {
                Value::TipcGroup(TipcGroup::default().kind(kind).instance(instance).scope(scope).flags(flags))
            })
            .boxed(),
        Kind::J1939Filters => prop::collection::vec(any::<(u64, u64, u32, u32, u8, u8)>(), 0..=100)
            .prop_map(|filters| {
                let filter = |(name, name_mask, pgn, pgn_mask, address, address_mask)| {
                    let filter = J1939Filter::default().name(name).name_mask(name_mask);
                    filter.pgn(pgn).pgn_mask(pgn_mask).address(address).address_mask(address_mask)
                };
                Value::J1939Filters(filters.into_iter().map(filter).collect())
            })
            .boxed(),
        Kind::SocketAddresses => prop::collection::vec(any::<SocketAddr>(), 1..=20)
            .prop_map(|addresses| Value::SocketAddresses(addresses.into_iter().map(without_flow).collect()))
            .boxed(),
        kind => return records(kind),
    })
}

/// Text has no flow label.
fn without_flow(mut address: SocketAddr) -> SocketAddr {
    if let SocketAddr::V6(address) = &mut address {
        address.set_flowinfo(0);
    }
    address
}

/// Any bytes of the size that a record of the kind has.
fn records(kind: Kind) -> Option<BoxedStrategy<Value>> {
    let decode = move |bytes: &[u8]| option_value(kind, bytes).ok();
    let is_record = |value: &Value| {
        let parts = value.to_string().split(':').count();
        parts > 1 && value.fields().is_some_and(|fields| fields.len() == parts)
    };
    let size = (1..=32).find(|size| decode(&vec![0; *size]).is_some_and(|value| is_record(&value)))?;
    Some(prop::collection::vec(any::<u8>(), size).prop_map(move |bytes| decode(&bytes).unwrap()).boxed())
}

/// Shows `check` some values of every option, in the same order in each run.
fn for_values_of_each_option(mut check: impl FnMut(&'static option::Description, &Value)) {
    const VALUES: u32 = 200;
    let mut runner = TestRunner::deterministic();
    for option in option::all() {
        let Some(values) = values(option.kind) else {
            assert!(!option.access.writes(), "{option} can be set, and has no values here");
            continue;
        };
        for _ in 0..VALUES {
            check(option, &values.new_tree(&mut runner).unwrap().current());
        }
    }
}

#[test]
fn every_value_that_can_be_set_decodes_to_what_was_encoded() {
    for_values_of_each_option(|option, value| {
        let bytes =
            option_bytes(option.kind, value).unwrap_or_else(|words| panic!("{option} {value:?}: {words}"));
        assert_eq!(option_value(option.kind, &bytes).as_ref(), Ok(value), "{option}");
    });
}

#[test]
fn every_value_that_an_option_takes_prints_as_text_that_parses_to_it() {
    let (mut taken, mut settable) = (std::collections::HashSet::new(), 0);
    for_values_of_each_option(|option, value| {
        // Two families have names that can be typed; the others are not what any option takes.
        let is_foreign =
            matches!(value, Value::Family(family) if ![Family::INET, Family::INET6].contains(family));
        if option.access.writes() && !is_foreign && option.check(value).is_ok() {
            let shown = value.to_string();
            assert_eq!(option.parse(Some(&shown)).ok().as_ref(), Some(value), "{option}={shown}");
            taken.insert(option.to_string());
        }
    });
    for option in option::all().filter(|option| option.access.writes()) {
        settable += 1;
        // Of the few numbers of a narrow range chance may draw none.
        let is_narrow = option.range.is_some() || option.kind == Kind::Family;
        assert!(is_narrow || taken.contains(&option.to_string()), "no value of {option} was parsed");
    }
    assert!(taken.len() * 2 > settable, "{} of {settable}", taken.len());
}

/// What only the kernel makes has no bytes to be set to.
#[test]
fn what_cannot_be_set_is_refused_in_words() {
    for option in option::all().filter(|option| values(option.kind).is_none()) {
        let words = option_bytes(option.kind, &Value::Signal).unwrap_err();
        assert!(words.starts_with("takes "), "{option}: {words}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Nothing ends early, and nothing short becomes "none".
    #[test]
    fn a_duration_between_two_units_becomes_the_longer(seconds in 0..2_000_u64, nanos in 0..1_000_000_000_u32) {
        let asked = Duration::new(seconds, nanos);
        let units = [
            (Kind::Seconds, Duration::from_secs(1)),
            (Kind::Milliseconds, Duration::from_millis(1)),
            (Kind::Microseconds, Duration::from_micros(1)),
            (Kind::TimeValue, Duration::from_micros(1)),
        ];
        for (kind, unit) in units {
            let bytes = option_bytes(kind, &Value::Duration(asked)).unwrap();
            let Ok(Value::Duration(kept)) = option_value(kind, &bytes) else { panic!("{kind:?} of {bytes:?}") };
            prop_assert!(kept >= asked && kept < asked + unit, "{:?}: {:?} for {:?}", kind, kept, asked);
        }
    }
}
