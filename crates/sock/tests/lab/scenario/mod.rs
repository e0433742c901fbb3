//! A scenario: a network, and what is true of it, as a file of `scenarios/` tells them. README.md there has the format.

mod check;
mod routes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use sock::access::Network;

pub(crate) use routes::routes;

/// What a file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// One sentence for people.
    pub(crate) about: String,
    #[serde(rename = "link")]
    pub(crate) links: Vec<Link>,
    /// What is special about a node, by its name.
    #[serde(default, rename = "node")]
    pub(crate) nodes: BTreeMap<String, Node>,
    #[serde(rename = "truth")]
    pub(crate) truths: Vec<Truth>,
}

/// A cable between two nodes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    /// The first has the network's address 1, the second its address 2.
    pub(crate) between: [String; 2],
    #[serde(default)]
    v4: Option<Net>,
    #[serde(default)]
    v6: Option<Net>,
    #[serde(default = "ethernet")]
    pub(crate) mtu: u32,
}

/// What is special about a node; nothing is, unless its file says so.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Node {
    /// Sends no ICMP errors.
    pub(crate) silent: bool,
    /// Sends each Nth ICMP error not.
    pub(crate) silent_every: Option<u64>,
    pub(crate) lose: Option<Every>,
    pub(crate) duplicate: Option<Every>,
    pub(crate) reorder: Option<Every>,
    /// How long it holds each packet that it forwards.
    pub(crate) delay_ms: Option<u64>,
    pub(crate) drop: Option<Rule>,
    pub(crate) reject: Option<Rule>,
    /// Whether it answers what is sent to itself.
    pub(crate) answers: bool,
    /// Networks of which it has every address.
    owns: Vec<Net>,
    /// Where it sends what goes to a network, in place of the shortest way: the neighbour.
    #[serde(rename = "route")]
    pub(crate) detours: Vec<Detour>,
}

/// Each Nth packet that goes to a neighbour.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Every {
    pub(crate) every: u64,
    pub(crate) toward: String,
}

/// All packets of these kinds that go to a neighbour.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) what: Vec<Kind>,
    pub(crate) toward: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Detour {
    to: Net,
    pub(crate) via: String,
}

/// A kind of packet, and of probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Echo requests.
    Icmp,
    Udp,
    Tcp,
}

/// What a tool must find of the way to one target.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Truth {
    #[serde(default = "client")]
    pub(crate) from: String,
    pub(crate) target: IpAddr,
    /// The kinds of probes of which this is true.
    #[serde(default = "every_kind")]
    pub(crate) probes: Vec<Kind>,
    /// Who is on the way; of a loop, the first turns.
    pub(crate) hops: Vec<Hop>,
    /// The round trip to each of them, in milliseconds; nothing where it is left out.
    #[serde(default)]
    pub(crate) delays_ms: Vec<u64>,
    #[serde(default)]
    pub(crate) ends: Ends,
    pub(crate) lost: Option<Share>,
    pub(crate) duplicated: Option<Share>,
    /// Of the answers, each Nth is overtaken by the next.
    pub(crate) reordered: Option<Share>,
    pub(crate) unanswered: Option<Unanswered>,
    /// The largest packet that arrives, where that is less than what leaves.
    pub(crate) mtu: Option<u32>,
    /// Who says so; nobody, and larger packets vanish.
    pub(crate) mtu_from: Option<IpAddr>,
}

/// Each Nth of the probes that go beyond a hop, which is counted from 1.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Share {
    pub(crate) every: u64,
    pub(crate) beyond: usize,
}

/// Each Nth of the probes at which a hop should answer that their TTL is used up.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unanswered {
    pub(crate) every: u64,
    pub(crate) at: usize,
}

/// Who answers at one distance: nobody; one router; one of several, for each flow another.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Hop(Vec<IpAddr>);

/// How a way ends.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ends {
    /// The last hop is the target, which answers.
    #[default]
    Answered,
    /// Behind the last hop nobody answers.
    Silence,
    /// The last hop forbids it.
    Prohibited,
    /// The last hop has no route to the target.
    NoRoute,
    /// The last hops send it round and round.
    Loop,
}

/// A network as a scenario writes it: with its prefix, and of more than one address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Net(Network);

/// IPv4 or IPv6.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Family {
    V4,
    V6,
}

/// Where the scenarios are.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/lab/scenarios")
}

/// Reads a scenario of the folder, by its name without `.toml`.
#[track_caller]
pub(crate) fn load(name: &str) -> Scenario {
    let path = folder().join(format!("{name}.toml"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Scenario::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Fails unless the folder holds just these.
#[track_caller]
pub(crate) fn assert_these_are_all(names: &[&str]) {
    let files =
        fs::read_dir(folder()).expect("the folder is there").map(|entry| entry.expect("a file").path());
    let is_scenario = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "toml");
    let stem = |path: PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut found: Vec<String> = files.filter(is_scenario).filter_map(stem).collect();
    found.sort();
    assert_eq!(found, names, "the list of `every_scenario!` in alphabetical order");
}

impl Scenario {
    /// Reads a file's text. The error says where it is, or of which node, link or truth.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let scenario: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        check::check(&scenario)?;
        Ok(scenario)
    }

    /// Every node, in the order of the links.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.links.iter().flat_map(|link| &link.between) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    pub(crate) fn links_of<'a>(&'a self, node: &'a str) -> impl Iterator<Item = &'a Link> {
        self.links.iter().filter(move |link| link.between.iter().any(|end| end == node))
    }

    pub(crate) fn is_router(&self, node: &str) -> bool {
        self.links_of(node).count() > 1
    }

    /// Whether the laboratory's own router stands in for the kernel's.
    pub(crate) fn is_tun(&self, node: &str) -> bool {
        self.nodes.get(node).is_some_and(Node::is_tun)
    }

    pub(crate) fn has_tun(&self) -> bool {
        self.nodes.values().any(Node::is_tun)
    }
}

impl Link {
    /// Its network, as it is written.
    pub(crate) fn network(&self, family: Family) -> Option<Network> {
        let net = match family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        };
        net.map(|net| net.0)
    }

    /// The node at the other end.
    pub(crate) fn neighbour(&self, node: &str) -> &str {
        if self.between[0] == node { &self.between[1] } else { &self.between[0] }
    }

    /// The address that an end has.
    pub(crate) fn address(&self, node: &str, family: Family) -> Option<IpAddr> {
        let number = if self.between[0] == node { 1 } else { 2 };
        self.network(family).map(|network| match network.address() {
            IpAddr::V4(first) => IpAddr::from((u32::from(first) + number).to_be_bytes()),
            IpAddr::V6(first) => IpAddr::from((u128::from(first) + u128::from(number)).to_be_bytes()),
        })
    }
}

impl Node {
    fn is_tun(&self) -> bool {
        self.delay_ms.is_some() || self.duplicate.is_some() || self.reorder.is_some()
    }

    pub(crate) fn owns(&self, family: Family) -> impl Iterator<Item = Network> {
        self.owns.iter().map(|net| net.0).filter(move |network| Family::of(network.address()) == family)
    }
}

impl Default for Node {
    fn default() -> Self {
        Self {
            silent: false,
            silent_every: None,
            lose: None,
            duplicate: None,
            reorder: None,
            delay_ms: None,
            drop: None,
            reject: None,
            answers: true,
            owns: Vec::new(),
            detours: Vec::new(),
        }
    }
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Icmp, Self::Udp, Self::Tcp];
}

impl Detour {
    pub(crate) fn to(&self) -> Network {
        self.to.0
    }
}

impl Truth {
    pub(crate) fn family(&self) -> Family {
        Family::of(self.target)
    }

    pub(crate) fn is_of(&self, kind: Kind) -> bool {
        self.probes.contains(&kind)
    }

    /// Whether there are equal paths, of which a flow takes one.
    pub(crate) fn has_paths(&self) -> bool {
        self.ends == Ends::Answered && self.hops.iter().any(|hop| hop.addresses().len() > 1)
    }

    /// The round trip to the hop of this distance, counted from 1.
    pub(crate) fn delay(&self, distance: usize) -> Duration {
        Duration::from_millis(self.delays_ms.get(distance - 1).copied().unwrap_or(0))
    }

    /// The round trip to the target, or to who answers in its place.
    pub(crate) fn whole_delay(&self) -> Duration {
        self.delay(self.hops.len())
    }
}

impl Share {
    /// How many of `packets`, counted from the network's first.
    pub(crate) fn of(self, packets: u64) -> u64 {
        packets / self.every
    }
}

impl Hop {
    pub(crate) fn is_silent(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn addresses(&self) -> &[IpAddr] {
        &self.0
    }
}

impl TryFrom<String> for Hop {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "silent" {
            return Ok(Self(Vec::new()));
        }
        let address = |word: &str| {
            let wanted = "an address, several with ` or ` between them, or `silent`";
            word.parse().map_err(|_| format!("`{word}` is no address; a hop is {wanted}"))
        };
        text.split(" or ").map(address).collect::<Result<_, _>>().map(Self)
    }
}

impl TryFrom<String> for Net {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let network: Network = text.parse().map_err(|error| format!("`{text}`: {error}"))?;
        let bits = if network.address().is_ipv4() { 32 } else { 128 };
        if bits - network.prefix() < 2 {
            return Err(format!(
                "`{text}` has no room for two nodes: a network of a link ends in /30 or less (IPv6 /126)"
            ));
        }
        Ok(Self(network))
    }
}

impl Family {
    pub(crate) const ALL: [Self; 2] = [Self::V4, Self::V6];

    pub(crate) fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

fn ethernet() -> u32 {
    1500
}

fn client() -> String {
    "client".to_owned()
}

fn every_kind() -> Vec<Kind> {
    Kind::ALL.to_vec()
}
