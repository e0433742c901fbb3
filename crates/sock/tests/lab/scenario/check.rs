//! What a scenario must keep to beside its grammar. Each message says of what it speaks.

use std::net::IpAddr;

use super::{Ends, Every, Family, Hop, Link, Node, Rule, Scenario, Truth};

/// Interfaces are called by the neighbour behind them, and have 15 letters (`IFNAMSIZ`).
const LONGEST_NAME: usize = 15;

/// IPv6 asks it of every link (RFC 8200, section 5).
const SMALLEST_MTU: u32 = 1280;

pub(super) fn check(scenario: &Scenario) -> Result<(), String> {
    for (number, link) in scenario.links.iter().enumerate() {
        let [one, other] = &link.between;
        check_link(scenario, number).map_err(|error| format!("link between {one} and {other}: {error}"))?;
    }
    for (name, node) in &scenario.nodes {
        check_node(scenario, name, node).map_err(|error| format!("node.{name}: {error}"))?;
    }
    for truth in &scenario.truths {
        check_truth(scenario, truth).map_err(|error| format!("truth of {}: {error}", truth.target))?;
    }
    Ok(())
}

fn check_link(scenario: &Scenario, number: usize) -> Result<(), String> {
    let link = &scenario.links[number];
    let [one, other] = &link.between;
    for name in &link.between {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if name.is_empty() || name.len() > LONGEST_NAME || !is_plain {
            return Err(format!("`{name}` is no name of a node: a-z and 0-9, {LONGEST_NAME} at most"));
        }
    }
    if one == other {
        return Err("a node is not its own neighbour".to_owned());
    }
    let is_same = |before: &Link| before.between.contains(one) && before.between.contains(other);
    if scenario.links[..number].iter().any(is_same) {
        return Err("there is a link between them already".to_owned());
    }
    if Family::ALL.iter().all(|family| link.network(*family).is_none()) {
        return Err("`v4`, `v6` or both are missing".to_owned());
    }
    for family in Family::ALL {
        if link.network(family).is_some_and(|network| Family::of(network.address()) != family) {
            return Err(format!(
                "`{}` has a network of the other family",
                if family == Family::V4 { "v4" } else { "v6" }
            ));
        }
    }
    if link.mtu < SMALLEST_MTU {
        return Err(format!("`mtu` is {SMALLEST_MTU} or more"));
    }
    if scenario.is_tun(one) && scenario.is_tun(other) {
        return Err("two routers that hold packets need one that does not between them".to_owned());
    }
    Ok(())
}

fn check_node(scenario: &Scenario, name: &str, node: &Node) -> Result<(), String> {
    if !scenario.names().contains(&name) {
        return Err("no link has this node".to_owned());
    }
    let counted = [("lose", &node.lose), ("duplicate", &node.duplicate), ("reorder", &node.reorder)];
    for (key, every) in counted {
        if let Some(Every { every, toward }) = every {
            check_every(key, *every)?;
            check_neighbour(scenario, name, key, toward)?;
        }
    }
    for (key, rule) in [("drop", &node.drop), ("reject", &node.reject)] {
        if let Some(Rule { toward, .. }) = rule {
            check_neighbour(scenario, name, key, toward)?;
        }
    }
    for detour in &node.detours {
        check_neighbour(scenario, name, "route", &detour.via)?;
    }
    if let Some(every) = node.silent_every {
        check_every("silent_every", every)?;
    }
    if node.is_tun() { check_tun(scenario, name, node) } else { Ok(()) }
}

/// What the laboratory's own router can do.
fn check_tun(scenario: &Scenario, name: &str, node: &Node) -> Result<(), String> {
    let links: Vec<_> = scenario.links_of(name).collect();
    if links.len() != 2 || links[0].mtu != links[1].mtu {
        return Err("a router that holds packets stands between two links of the same MTU".to_owned());
    }
    let is_plain = !node.silent && node.silent_every.is_none() && node.answers && node.owns.is_empty();
    if !is_plain || node.drop.is_some() || node.reject.is_some() || !node.detours.is_empty() {
        return Err(
            "a router that holds packets can also lose, duplicate and reorder, and nothing else".to_owned()
        );
    }
    Ok(())
}

fn check_truth(scenario: &Scenario, truth: &Truth) -> Result<(), String> {
    if !scenario.names().contains(&truth.from.as_str()) {
        return Err(format!("`from`: no link has a node {}", truth.from));
    }
    if truth.hops.is_empty() {
        return Err("`hops` is empty".to_owned());
    }
    let addresses = truth.hops.iter().flat_map(Hop::addresses).chain(&truth.mtu_from);
    let is_other = |address: &&IpAddr| Family::of(**address) != truth.family();
    if let Some(other) = { addresses }.find(is_other) {
        return Err(format!("{other} is of the other family"));
    }
    if !truth.delays_ms.is_empty() && truth.delays_ms.len() != truth.hops.len() {
        return Err("`delays_ms` has a number for each hop, or is left out".to_owned());
    }
    let last = truth.hops.last().map_or(&[][..], |hop| hop.addresses());
    if truth.ends == Ends::Answered && last != [truth.target] {
        return Err("the last hop of a way that ends \"answered\" is the target".to_owned());
    }
    for (key, share) in
        [("lost", truth.lost), ("duplicated", truth.duplicated), ("reordered", truth.reordered)]
    {
        share.map_or(Ok(()), |share| check_every(key, share.every))?;
    }
    truth.unanswered.map_or(Ok(()), |unanswered| check_every("unanswered", unanswered.every))
}

fn check_every(key: &str, every: u64) -> Result<(), String> {
    if every < 2 {
        Err(format!("`{key}`: every 2nd packet or fewer of them, not every {every}"))
    } else {
        Ok(())
    }
}

fn check_neighbour(scenario: &Scenario, node: &str, key: &str, neighbour: &str) -> Result<(), String> {
    if scenario.links_of(node).any(|link| link.neighbour(node) == neighbour) {
        return Ok(());
    }
    Err(format!("`{key}`: {neighbour} is no neighbour"))
}
