//! Which addresses of the network may be called for an organisation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which addresses webhooks and connections may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    /// Only the public internet, and only by HTTPS. For a service that hosts other organisations.
    Public,
    /// Any address, also by HTTP. For self-hosted installations that call their own network.
    Any,
}

impl Addresses {
    /// Returns whether an IP address may be called.
    pub fn allow(self, address: IpAddr) -> bool {
        self == Self::Any || is_public(address)
    }

    /// Returns whether a host name can resolve to an allowed address at all.
    pub fn allow_name(self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let labels: Vec<&str> = name.split('.').collect();
        let is_name = name.len() <= 253 && labels.iter().all(|label| is_label(label)) && !is_number(labels[labels.len() - 1]);
        is_name && (self == Self::Any || (labels.len() > 1 && !is_special_use(&labels)))
    }
}

/// A host name label (RFC 1123 section 2.1), or one with an underscore, which is common in practice.
fn is_label(label: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=63).contains(&label.len()) && label.bytes().all(is_letter) && !label.starts_with('-') && !label.ends_with('-')
}

/// A last label that turns the host into an IPv4 address (WHATWG URL Standard, "ends in a number").
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || label.bytes().all(|byte| byte.is_ascii_digit())
}

/// Names that public DNS never resolves: IANA's Special-Use Domain Names, ICANN's reserved `internal`, and names that
/// home routers assign.
fn is_special_use(labels: &[&str]) -> bool {
    let last = labels[labels.len() - 1];
    let is_home = labels.ends_with(&["home", "arpa"]);
    let special = [
        "alt",
        "corp",
        "example",
        "home",
        "internal",
        "intranet",
        "invalid",
        "lan",
        "local",
        "localdomain",
        "localhost",
        "onion",
        "test",
    ];
    is_home || special.contains(&last)
}

/// Returns whether an address is public according to IANA's special-purpose registries.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !is_special
}

/// Global unicast is `2000::/3`. Teredo, benchmarking, documentation and 6to4 (which can hide any IPv4 address) are
/// excluded.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_special = matches!((a, b), (0x2001, 0..=0x1ff | 0xdb8) | (0x2002, _) | (0x3ff0..=0x3fff, _));
    a & 0xe000 == 0x2000 && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_called() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "64:ff9b::a00:1",
        ] {
            assert!(!Addresses::Public.allow(address.parse().expect("an address")), "{address}");
            assert!(Addresses::Any.allow(address.parse().expect("an address")), "{address}");
        }
        for address in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2001:4860:4860::8888"] {
            assert!(Addresses::Public.allow(address.parse().expect("an address")), "{address}");
        }
    }

    #[test]
    fn unreachable_host_names_are_refused() {
        for name in ["example.com", "hooks.example.co.jp", "a_b.example.com", "xn--wgv71a.jp", "EXAMPLE.com.", "1.example.com"] {
            assert!(Addresses::Public.allow_name(name), "{name}");
        }
        let long = format!("{}.com", "a".repeat(64));
        for name in
            ["", ".", "a..com", "-a.com", "a-.com", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "host.0x7f", "a b.com", &long]
        {
            assert!(!Addresses::Public.allow_name(name) && !Addresses::Any.allow_name(name), "{name}");
        }
        for name in
            ["intranet", "localhost", "crm.local", "crm.internal", "crm.invalid", "crm.test", "router.home.arpa", "x.onion"]
        {
            assert!(!Addresses::Public.allow_name(name) && Addresses::Any.allow_name(name), "{name}");
        }
    }
}
