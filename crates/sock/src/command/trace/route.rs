//! The hops of all flows together: who answers at each, and where the paths part and join.

use std::net::IpAddr;

use super::flow::Flow;
use super::hop::Hop;

/// One line of the table: a hop, as some of the flows see it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) ttl: u8,
    /// The flows that come by here, from 0.
    pub(super) flows: Vec<usize>,
    /// What they know of it, together.
    pub(super) hop: Hop,
}

/// Where flows take different ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parting {
    /// The first hop at which they differ.
    pub(super) first: u8,
    /// The last one.
    pub(super) last: u8,
    /// Whether they are at one hop again behind it.
    pub(super) joins: bool,
    /// The most routers that are side by side.
    pub(super) ways: usize,
}

impl Row {
    /// Who answers first here; `None` where nobody does.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.hop.first()
    }
}

/// The rows, hop by hop; at one hop a row for each router, in the order of the flows.
pub(super) fn rows(flows: &[Flow]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (index, flow) in flows.iter().enumerate() {
        for (ttl, hop) in flow.hops() {
            match rows.iter_mut().find(|row| row.ttl == ttl && row.address() == hop.first()) {
                Some(row) => {
                    row.flows.push(index);
                    row.hop.absorb(hop);
                }
                None => rows.push(Row { ttl, flows: vec![index], hop: hop.clone() }),
            }
        }
    }
    rows.sort_by_key(|row| row.ttl);
    rows
}

/// Where the paths part. Hops that do not answer tell nothing of it.
pub(super) fn partings(rows: &[Row]) -> Vec<Parting> {
    let mut partings: Vec<Parting> = Vec::new();
    let mut open: Option<Parting> = None;
    for same in rows.chunk_by(|one, other| one.ttl == other.ttl) {
        let ways = same.iter().filter(|row| row.address().is_some()).count();
        let ttl = same.first().map_or(0, |row| row.ttl);
        match (&mut open, ways) {
            (_, 0) | (None, 1) => {}
            (Some(parting), 1) => {
                parting.joins = true;
                partings.extend(open.take());
            }
            (Some(parting), _) => (parting.last, parting.ways) = (ttl, parting.ways.max(ways)),
            (None, _) => open = Some(Parting { first: ttl, last: ttl, joins: false, ways }),
        }
    }
    partings.extend(open);
    partings
}

/// Numbers of flows as people count them, from 1: `1,3-5`.
pub(super) fn numbers(flows: &[usize]) -> String {
    let mut text = String::new();
    for run in flows.chunk_by(|one, next| one + 1 == *next) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        if !text.is_empty() {
            text.push(',');
        }
        text += &(first + 1).to_string();
        if last > first {
            text.push(if *last == first + 1 { ',' } else { '-' });
            text += &(last + 1).to_string();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::says::Says;
    use super::*;

    fn flow(addresses: &[u8]) -> Flow {
        let mut flow = Flow::new(1, u8::try_from(addresses.len()).unwrap());
        flow.edge = flow.most;
        for (hop, address) in flow.hops.iter_mut().zip(addresses) {
            hop.last = Some(std::time::Duration::ZERO);
            hop.sent = 1;
            if *address > 0 {
                hop.answer(IpAddr::from([10, 0, 0, *address]), Says::Expired, None, None);
            }
        }
        flow
    }

    #[test]
    fn flows_at_one_router_share_a_row() {
        let flows = [flow(&[1, 2, 5]), flow(&[1, 3, 5]), flow(&[1, 2, 5]), flow(&[1, 0, 5])];
        let rows = rows(&flows);
        let told: Vec<_> = rows.iter().map(|row| (row.ttl, numbers(&row.flows), row.hop.sent)).collect();
        let want = [(1, "1-4", 4), (2, "1,3", 2), (2, "2", 1), (2, "4", 1), (3, "1-4", 4)];
        assert_eq!(told, want.map(|(ttl, flows, sent)| (ttl, flows.to_owned(), sent)));
    }

    #[test]
    fn paths_part_and_join() {
        let part = |first, last, joins| Parting { first, last, joins, ways: 2 };
        let rows: [(&[&[u8]], Vec<Parting>); 5] = [
            (&[&[1, 2, 5], &[1, 2, 5]], vec![]),
            (&[&[1, 2, 5], &[1, 3, 5]], vec![part(2, 2, true)]),
            (&[&[1, 2, 4, 5, 7, 9], &[1, 3, 6, 5, 8, 9]], vec![part(2, 3, true), part(5, 5, true)]),
            (&[&[1, 2], &[1, 3]], vec![part(2, 2, false)]),
            (&[&[1, 2, 5], &[1, 0, 5]], vec![]),
        ];
        for (paths, want) in rows {
            let flows: Vec<Flow> = paths.iter().map(|path| flow(path)).collect();
            assert_eq!(partings(&super::rows(&flows)), want, "{paths:?}");
        }
    }

    #[test]
    fn numbers_that_follow_one_another_are_a_range() {
        let rows: [(&[usize], &str); 5] =
            [(&[], ""), (&[0], "1"), (&[0, 1], "1,2"), (&[0, 1, 2, 4], "1-3,5"), (&[1, 3, 4], "2,4,5")];
        for (flows, want) in rows {
            assert_eq!(numbers(flows), want);
        }
    }
}
