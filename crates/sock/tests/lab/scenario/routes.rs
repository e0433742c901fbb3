//! Who sends what where: the shortest way to every network, and all of them where several are equally short.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sock::access::Network;

use super::{Family, Link, Scenario};

/// A network that is not a node's own, and the neighbours through which the node sends what goes there.
pub(crate) type Route = (Network, Vec<IpAddr>);

/// The routes of a node; of a host, the one by default.
pub(crate) fn routes(scenario: &Scenario, node: &str, family: Family) -> Vec<Route> {
    if !scenario.is_router(node) {
        let gateways = links(scenario, node, family).filter_map(|link| gateway(link, node, family));
        return gateways.map(|gateway| (everything(family), vec![gateway])).collect();
    }
    let shortest = networks(scenario, family).into_iter().filter_map(|(network, owners)| {
        let distances = distances(scenario, &owners, family);
        let own = distances.get(node).copied()?;
        let is_nearer =
            |link: &&Link| distances.get(link.neighbour(node)).is_some_and(|other| *other + 1 == own);
        let nearer = links(scenario, node, family).filter(is_nearer);
        let gateways: Vec<_> = nearer.filter_map(|link| gateway(link, node, family)).collect();
        (!gateways.is_empty()).then_some((network, gateways))
    });
    let detours = scenario.nodes.get(node).map_or(&[][..], |node| &node.detours);
    let detours = detours.iter().filter(|detour| Family::of(detour.to().address()) == family);
    let detours = detours.filter_map(|detour| {
        let link = links(scenario, node, family).find(|link| link.neighbour(node) == detour.via)?;
        Some((detour.to(), vec![gateway(link, node, family)?]))
    });
    // The last route to a network replaces the others.
    shortest.chain(detours).collect()
}

fn links<'a>(scenario: &'a Scenario, node: &'a str, family: Family) -> impl Iterator<Item = &'a Link> {
    scenario.links_of(node).filter(move |link| link.network(family).is_some())
}

fn gateway(link: &Link, node: &str, family: Family) -> Option<IpAddr> {
    link.address(link.neighbour(node), family)
}

fn everything(family: Family) -> Network {
    let all = match family {
        Family::V4 => "0.0.0.0/0",
        Family::V6 => "::/0",
    };
    all.parse().expect("a network")
}

/// Every network, and the nodes that have addresses of it.
fn networks(scenario: &Scenario, family: Family) -> Vec<(Network, Vec<&str>)> {
    let of_links = scenario.links.iter().filter_map(|link| {
        let owners = link.between.iter().map(String::as_str).collect();
        link.network(family).map(|network| (network, owners))
    });
    let of_nodes = scenario
        .nodes
        .iter()
        .flat_map(|(name, node)| node.owns(family).map(move |network| (network, vec![name.as_str()])));
    of_links.chain(of_nodes).collect()
}

/// How many links each node is away from the nearest of `owners`.
fn distances<'a>(scenario: &'a Scenario, owners: &[&'a str], family: Family) -> BTreeMap<&'a str, usize> {
    let mut distances: BTreeMap<&str, usize> = owners.iter().map(|owner| (*owner, 0)).collect();
    let mut front = owners.to_vec();
    for distance in 1.. {
        let beyond = |node: &&'a str| {
            links(scenario, node, family).map(|link| link.neighbour(node)).collect::<Vec<_>>()
        };
        front = front.iter().flat_map(beyond).filter(|node| !distances.contains_key(node)).collect();
        if front.is_empty() {
            break;
        }
        distances.extend(front.iter().map(|node| (*node, distance)));
    }
    distances
}
