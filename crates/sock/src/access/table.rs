//! Who may come, by address: the longest prefix wins. No socket, no file.
//!
//! Networks lie within one another or apart, so all of them together cut the addresses into stretches that have one
//! answer each. A lookup finds its stretch by halving: 17 steps among 100,000 networks.

use std::net::IpAddr;

use super::network::Network;

/// What is said to a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It may come.
    Admitted,
    /// `--deny` names it.
    Denied,
    /// Others are allowed, and it is not among them.
    Unlisted,
}

/// The answer for each address, of both families.
#[derive(Debug)]
pub struct Table {
    v4: Stretches<u32>,
    v6: Stretches<u128>,
}

impl Table {
    /// The longest prefix that contains an address decides; of one network that is allowed and denied, the denial.
    /// Where none contains it, it is refused if there is a list of those that are allowed, be that empty, and admitted
    /// if not.
    pub fn new(allow: Option<&[Network]>, deny: &[Network]) -> Self {
        let rest = if allow.is_none() { Verdict::Admitted } else { Verdict::Unlisted };
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        let lists = [(allow.unwrap_or_default(), Verdict::Admitted), (deny, Verdict::Denied)];
        for (network, verdict) in
            lists.into_iter().flat_map(|(list, verdict)| list.iter().map(move |it| (*it, verdict)))
        {
            match network.address() {
                IpAddr::V4(address) => v4.push(Rule::new(network.range_v4(address).into_inner(), verdict)),
                IpAddr::V6(address) => v6.push(Rule::new(network.range_v6(address).into_inner(), verdict)),
            }
        }
        Self { v4: Stretches::new(v4, rest), v6: Stretches::new(v6, rest) }
    }

    /// What is said to a client of this address; a mapped address is the IPv4 address.
    pub fn verdict(&self, address: IpAddr) -> Verdict {
        match address.to_canonical() {
            IpAddr::V4(address) => self.v4.find(address.into()),
            IpAddr::V6(address) => self.v6.find(address.into()),
        }
    }
}

/// A network as numbers.
struct Rule<A> {
    first: A,
    last: A,
    verdict: Verdict,
}

impl<A> Rule<A> {
    fn new((first, last): (A, A), verdict: Verdict) -> Self {
        Self { first, last, verdict }
    }
}

/// The addresses of a family as numbers, cut where the answer changes: each stretch goes on to the next one's start.
#[derive(Debug)]
struct Stretches<A> {
    starts: Vec<(A, Verdict)>,
    /// The answer before the first.
    rest: Verdict,
}

/// The number of an address.
trait Number: Copy + Ord {
    /// The next; `None` behind the last.
    fn next(self) -> Option<Self>;
}

impl Number for u32 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Number for u128 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl<A: Number> Stretches<A> {
    /// Walks the rules from the lowest address to the highest; a rule within another interrupts that.
    fn new(mut rules: Vec<Rule<A>>, rest: Verdict) -> Self {
        // Of those that start together the widest comes first; of those that are the same, the denial last.
        rules.sort_by_key(|rule| (rule.first, std::cmp::Reverse(rule.last), rule.verdict == Verdict::Denied));
        let mut stretches = Self { starts: Vec::with_capacity(2 * rules.len()), rest };
        let mut around: Vec<Rule<A>> = Vec::new();
        for rule in rules {
            stretches.leave(&mut around, Some(rule.first));
            stretches.begin(rule.first, rule.verdict);
            around.push(rule);
        }
        stretches.leave(&mut around, None);
        stretches.starts.shrink_to_fit();
        stretches
    }

    /// Ends the rules that end before `next`, the innermost first; what is around each goes on behind it.
    fn leave(&mut self, around: &mut Vec<Rule<A>>, next: Option<A>) {
        while let Some(rule) = around.pop_if(|rule| next.is_none_or(|next| rule.last < next)) {
            if let Some(behind) = rule.last.next() {
                self.begin(behind, around.last().map_or(self.rest, |outer| outer.verdict));
            }
        }
    }

    fn begin(&mut self, start: A, verdict: Verdict) {
        // What has begun here before is no longer than nothing.
        self.starts.pop_if(|(last, _)| *last == start);
        if self.starts.last().map_or(self.rest, |(_, last)| *last) != verdict {
            self.starts.push((start, verdict));
        }
    }

    fn find(&self, address: A) -> Verdict {
        let behind = self.starts.partition_point(|(start, _)| *start <= address);
        behind.checked_sub(1).map_or(self.rest, |at| self.starts[at].1)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn networks(list: &str) -> Vec<Network> {
        list.split_whitespace().map(|word| word.parse().expect(word)).collect()
    }

    #[test]
    fn the_longest_prefix_wins_and_the_denial_of_two_that_are_the_same() {
        use Verdict::{Admitted, Denied, Unlisted};
        let rows = [
            // Allowed, denied, who comes, what is said.
            ("", "", "192.0.2.1", Admitted),
            ("192.0.2.0/24", "", "192.0.2.1", Admitted),
            ("192.0.2.0/24", "", "192.0.3.1", Unlisted),
            ("192.0.2.0/24", "", "::1", Unlisted),
            ("", "192.0.2.0/24", "192.0.2.1", Denied),
            ("", "192.0.2.0/24", "192.0.1.255", Admitted),
            ("", "192.0.2.0/24", "192.0.3.0", Admitted),
            ("192.0.2.0/24", "192.0.2.0/24", "192.0.2.1", Denied),
            ("192.0.2.0/24", "192.0.2.128/25", "192.0.2.127", Admitted),
            ("192.0.2.0/24", "192.0.2.128/25", "192.0.2.128", Denied),
            ("192.0.2.128/25", "192.0.2.0/24", "192.0.2.128", Admitted),
            ("192.0.2.0/25", "192.0.2.0/24", "192.0.2.0", Admitted),
            ("192.0.2.0/25", "192.0.2.0/24", "192.0.2.128", Denied),
            ("0.0.0.0/0 192.0.2.7", "192.0.2.0/24", "192.0.2.7", Admitted),
            ("0.0.0.0/0 192.0.2.7", "192.0.2.0/24", "192.0.2.8", Denied),
            ("0.0.0.0/0 192.0.2.7", "192.0.2.0/24", "198.51.100.1", Admitted),
            ("0.0.0.0/0", "255.255.255.255", "255.255.255.255", Denied),
            ("0.0.0.0/0", "255.255.255.255", "255.255.255.254", Admitted),
            ("", "0.0.0.0", "0.0.0.1", Admitted),
            ("", "0.0.0.0/0", "::1", Admitted),
            ("", "::/0", "192.0.2.1", Admitted),
            ("", "::/0", "::ffff:192.0.2.1", Admitted),
            ("", "192.0.2.0/24", "::ffff:192.0.2.1", Denied),
            ("", "::ffff:192.0.2.0/120", "192.0.2.1", Denied),
            ("2001:db8::/32", "2001:db8:1::/48", "2001:db8:1::1", Denied),
            ("2001:db8::/32", "2001:db8:1::/48", "2001:db8:2::1", Admitted),
            ("::/0", "::/0", "::1", Denied),
            (
                "",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                Denied,
            ),
        ];
        for (allow, deny, client, want) in rows {
            let allowed = networks(allow);
            let table = Table::new((!allowed.is_empty()).then_some(&allowed), &networks(deny));
            assert_eq!(table.verdict(client.parse().expect(client)), want, "{allow:?} {deny:?} {client}");
        }
    }

    /// The same, by looking at every network.
    fn naive(allow: &[Network], deny: &[Network], client: IpAddr) -> Verdict {
        let best =
            |list: &[Network]| list.iter().filter(|it| it.contains(client)).map(|it| it.prefix()).max();
        match (best(allow), best(deny)) {
            (Some(allowed), denied) if denied.is_none_or(|denied| denied < allowed) => Verdict::Admitted,
            (_, Some(_)) => Verdict::Denied,
            (_, None) if allow.is_empty() => Verdict::Admitted,
            _ => Verdict::Unlisted,
        }
    }

    /// Few addresses, near the ends and the middle of all that there are, so that networks meet.
    fn address() -> impl Strategy<Value = IpAddr> {
        let v4 = prop_oneof![0..16_u32, (u32::MAX - 16)..=u32::MAX, (1 << 31)..(1 << 31) + 16_u32];
        let v6 = prop_oneof![0..16_u128, (u128::MAX - 16)..=u128::MAX, (1 << 127)..(1 << 127) + 16_u128];
        prop_oneof![
            v4.prop_map(|number| IpAddr::from(Ipv4Addr::from(number))),
            v6.prop_map(|number| IpAddr::from(Ipv6Addr::from(number))),
        ]
    }

    fn network() -> impl Strategy<Value = Network> {
        let prefix = prop_oneof![4 => 0..=6_u8, 1 => 0..=32_u8, 1 => 0..=128_u8];
        (address(), prefix).prop_map(|(address, short)| {
            let bits: u8 = if address.is_ipv4() { 32 } else { 128 };
            let prefix = bits.saturating_sub(short);
            let first = match address {
                IpAddr::V4(it) => {
                    let rest = u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
                    IpAddr::from(Ipv4Addr::from(u32::from(it) & !rest))
                }
                IpAddr::V6(it) => {
                    let rest = u128::MAX.checked_shr(prefix.into()).unwrap_or(0);
                    IpAddr::from(Ipv6Addr::from(u128::from(it) & !rest))
                }
            };
            format!("{first}/{prefix}").parse().expect("a network")
        })
    }

    proptest! {
        #[test]
        fn the_table_says_what_a_look_at_every_network_says(
            allow in prop::collection::vec(network(), 0..24),
            deny in prop::collection::vec(network(), 0..24),
            clients in prop::collection::vec(address(), 1..64),
        ) {
            let table = Table::new((!allow.is_empty()).then_some(&allow), &deny);
            for client in clients {
                let want = naive(&allow, &deny, client);
                prop_assert_eq!(table.verdict(client), want, "{} {:?} {:?}", client, allow, deny);
            }
        }
    }

    #[test]
    fn a_list_without_networks_allows_nobody() {
        let table = Table::new(Some(&[]), &networks("192.0.2.0/24"));
        let rows =
            [("192.0.2.1", Verdict::Denied), ("192.0.3.1", Verdict::Unlisted), ("::1", Verdict::Unlisted)];
        for (client, want) in rows {
            assert_eq!(table.verdict(client.parse().expect(client)), want, "{client}");
        }
    }

    #[test]
    fn a_lookup_among_a_hundred_thousand_networks_takes_as_many_steps_as_halving_does() {
        let deny: Vec<Network> =
            (0..100_000_u32).map(|number| Network::of(Ipv4Addr::from(number << 8).into())).collect();
        let table = Table::new(None, &deny);
        assert_eq!(table.v4.starts.len(), 200_000, "one stretch a network, and one behind it");
        for number in (0..100_000_u32).step_by(997) {
            let denied = Ipv4Addr::from(number << 8).into();
            let admitted = Ipv4Addr::from((number << 8) + 1).into();
            assert_eq!(
                (table.verdict(denied), table.verdict(admitted)),
                (Verdict::Denied, Verdict::Admitted)
            );
        }
    }
}
