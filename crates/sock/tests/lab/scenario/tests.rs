//! That a file is read as it is meant, and that its faults are named.

use super::{Ends, Family, Scenario, routes};

/// A network on which the rows below put a fault.
const SOUND: &str = r#"
about = "Two routers."

[[link]]
between = ["client", "r1"]
v4 = "10.0.1.0/24"

[[link]]
between = ["r1", "r2"]
v4 = "10.0.2.0/24"
mtu = 1400

[[link]]
between = ["r2", "server"]
v4 = "10.0.3.0/24"

[node.r2]
silent = true

[[truth]]
target = "10.0.3.2"
hops = ["10.0.1.2", "silent", "10.0.3.2"]
"#;

#[test]
fn what_a_file_leaves_out_is_the_usual() {
    let scenario = Scenario::parse(SOUND).expect("a sound scenario");
    assert_eq!(scenario.links[0].mtu, 1500);
    let truth = &scenario.truths[0];
    assert_eq!(
        (truth.from.as_str(), truth.ends, truth.whole_delay().as_millis()),
        ("client", Ends::Answered, 0)
    );
    assert!(truth.hops[1].is_silent() && !truth.hops[0].is_silent());
    assert!(scenario.nodes["r2"].answers, "silent is of errors alone");
}

#[test]
fn a_fault_is_named_with_its_place() {
    for (sound, faulty, wanted) in [
        ("silent = true", "quiet = true", "unknown field `quiet`, expected one of `silent`"),
        ("silent = true", "silent = 1", "line 18"),
        (
            "silent = true",
            "lose = { every = 10, toward = \"server\" }\n[node.r3]",
            "node.r3: no link has this node",
        ),
        (
            "silent = true",
            "lose = { every = 10, toward = \"client\" }",
            "node.r2: `lose`: client is no neighbour",
        ),
        ("silent = true", "lose = { every = 1, toward = \"server\" }", "node.r2: `lose`: every 2nd packet"),
        (
            "silent = true",
            "silent = true\ndelay_ms = 5",
            "node.r2: a router that holds packets stands between",
        ),
        ("silent = true", "drop = { what = [\"igmp\"], toward = \"r1\" }", "unknown variant `igmp`"),
        ("mtu = 1400", "mtu = 1000", "link between r1 and r2: `mtu` is 1280 or more"),
        ("v4 = \"10.0.2.0/24\"", "", "link between r1 and r2: `v4`, `v6` or both are missing"),
        ("v4 = \"10.0.2.0/24\"", "v6 = \"10.0.2.0/24\"", "`v6` has a network of the other family"),
        ("10.0.2.0/24", "10.0.2.0/31", "has no room for two nodes"),
        ("[\"r1\", \"r2\"]", "[\"r1\", \"client\"]", "there is a link between them already"),
        ("[\"r1\", \"r2\"]", "[\"r1\", \"R 2\"]", "`R 2` is no name of a node"),
        ("\"silent\"", "\"nobody\"", "`nobody` is no address"),
        ("\"silent\"", "\"fd00::1\"", "fd00::1 is of the other family"),
        (
            "\"silent\", \"10.0.3.2\"",
            "\"silent\"",
            "the last hop of a way that ends \"answered\" is the target",
        ),
        ("hops =", "delays_ms = [1]\nhops =", "`delays_ms` has a number for each hop"),
        ("hops =", "from = \"x\"\nhops =", "no link has a node x"),
    ] {
        let text = SOUND.replacen(sound, faulty, 1);
        assert_ne!(text, SOUND, "{sound}");
        let error = Scenario::parse(&text).expect_err(faulty);
        assert!(error.contains(wanted), "{faulty}: {error}");
    }
}

#[test]
fn equally_short_ways_are_all_taken() {
    let square = r#"
        about = "A square."
        link = [
            { between = ["client", "r1"], v4 = "10.0.1.0/24" },
            { between = ["r1", "a"], v4 = "10.0.2.0/24" },
            { between = ["r1", "b"], v4 = "10.0.3.0/24" },
            { between = ["a", "r2"], v4 = "10.0.4.0/24" },
            { between = ["b", "r2"], v4 = "10.0.5.0/24" },
            { between = ["r2", "server"], v4 = "10.0.6.0/24" },
        ]
        node.r1.route = [{ to = "10.0.5.0/24", via = "a" }]
        [[truth]]
        target = "10.0.6.2"
        hops = ["10.0.1.2", "10.0.2.2 or 10.0.3.2", "10.0.4.2 or 10.0.5.2", "10.0.6.2"]
    "#;
    let scenario = Scenario::parse(square).expect("a sound scenario");
    let told = |node: &str| {
        let shown = routes(&scenario, node, Family::V4).into_iter().map(|(network, gateways)| {
            let gateways: Vec<_> = gateways.iter().map(ToString::to_string).collect();
            format!("{network} {}", gateways.join(" "))
        });
        shown.collect::<Vec<_>>()
    };
    assert_eq!(told("client"), ["0.0.0.0/0 10.0.1.2"]);
    let r1 = [
        "10.0.4.0/24 10.0.2.2",
        "10.0.5.0/24 10.0.3.2",
        "10.0.6.0/24 10.0.2.2 10.0.3.2",
        "10.0.5.0/24 10.0.2.2",
    ];
    assert_eq!(told("r1"), r1);
    assert!(routes(&scenario, "r1", Family::V6).is_empty());
}
