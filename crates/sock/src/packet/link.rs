//! The link types of captures, by name.

use berkeley_packet::LinkType;

/// The names, as `--link` takes them.
pub const LINKS: &[(&str, LinkType)] = &[
    ("ethernet", LinkType::ETHERNET),
    ("raw", LinkType::RAW),
    ("ipv4", LinkType::IPV4),
    ("ipv6", LinkType::IPV6),
    ("null", LinkType::NULL),
    ("loop", LinkType::LOOP),
    ("sll", LinkType::LINUX_SLL),
    ("sll2", LinkType::LINUX_SLL2),
];

/// The link type of that name, or of that `LINKTYPE_` number.
///
/// # Errors
///
/// Where it is neither: what was wanted.
pub fn link_type(text: &str) -> Result<LinkType, String> {
    let named = LINKS.iter().find(|(name, _)| *name == text).map(|(_, link)| *link);
    let numbered = || text.parse().ok().map(LinkType::from_raw);
    named.or_else(numbered).ok_or_else(|| {
        let names: Vec<&str> = LINKS.iter().map(|(name, _)| *name).collect();
        format!("no link type: wants {}, or a number", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_type_has_a_name_or_a_number() {
        assert_eq!(link_type("ethernet"), Ok(LinkType::ETHERNET));
        assert_eq!(link_type("276"), Ok(LinkType::LINUX_SLL2));
        for text in ["", "Ethernet2", "65536", "-1"] {
            assert!(link_type(text).is_err_and(|error| error.contains("sll2")), "{text}");
        }
    }
}
