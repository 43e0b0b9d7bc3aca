//! Webhooks: addresses of an organisation's own services and chat channels, the secret that messages to services are signed with (Standard
//! Webhooks specification, version 1), and which addresses may be called at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::{OrgId, WebhookId};

/// Maximum number of webhooks per organisation.
pub const MAX_WEBHOOKS: usize = 5;

/// A subscriber URL of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    pub org: OrgId,
    pub id: WebhookId,
    /// Where messages are posted.
    pub url: String,
    /// Signing secret.
    pub secret: Secret,
    pub created: DateTime<Utc>,
    /// When the webhook was disabled; `None` while it is active.
    pub disabled: Option<DateTime<Utc>>,
    /// Index among the organisation's [`MAX_WEBHOOKS`] slots; `None` for webhooks created by earlier versions.
    #[serde(default)]
    pub slot: Option<u8>,
    /// The format of its messages; JSON for those of earlier versions.
    #[serde(default)]
    pub kind: WebhookKind,
}

impl Webhook {
    /// The URL as lists show it. Whoever knows the address of a chat channel can write to the channel, so only its host and its last four
    /// characters are shown.
    pub fn shown_url(&self) -> String {
        if !self.kind.is_chat() {
            return self.url.clone();
        }
        let host = self.url.find("://").map_or(0, |scheme| scheme + 3);
        let path = self.url[host..].find(['/', '?', '#']).map_or(self.url.len(), |length| host + length);
        let (origin, secret) = self.url.split_at(path);
        let end: Vec<char> = secret.chars().skip(1).collect();
        let shown: String = end.iter().skip(end.len().saturating_sub(4)).filter(|_| end.len() >= 16).collect();
        format!("{origin}/…{shown}")
    }
}

/// The format of a webhook's messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookKind {
    /// Hozon's own JSON, signed.
    #[default]
    Json,
    /// Block Kit, for Slack's incoming webhooks and those compatible with them.
    Slack,
    /// An Adaptive Card, for Microsoft Teams' Workflows and those compatible with them.
    Teams,
}

impl WebhookKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Json, Self::Slack, Self::Teams];

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Slack => "slack",
            Self::Teams => "teams",
        }
    }

    /// Whether people read the messages in a chat. Those are not signed: the address itself is the secret.
    pub fn is_chat(self) -> bool {
        self != Self::Json
    }
}

/// Returns the first free slot of an organisation, or `None` if all are taken. Webhooks without a slot count as holding
/// the first free ones, so that concurrent calls arrive at the same slot and only one of them acquires it.
pub fn free_slot(webhooks: &[Webhook]) -> Option<u8> {
    let is_taken = |slot: &u8| webhooks.iter().any(|webhook| webhook.slot == Some(*slot));
    let placeless = webhooks.iter().filter(|webhook| webhook.slot.is_none()).count();
    (0..).take(MAX_WEBHOOKS).filter(|slot| !is_taken(slot)).nth(placeless)
}

/// A signing secret in the specification's form: `whsec_` followed by Base64. Its `Debug` output reveals nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Creates a secret from 24 to 64 random bytes.
    pub fn of(random: &[u8]) -> Self {
        Self(format!("whsec_{}", STANDARD.encode(random)))
    }

    /// Returns the text, which is shown only once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Which addresses webhooks may call.
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

    #[test]
    fn the_shown_address_of_a_chat_channel_does_not_allow_posting() {
        let shown = |kind, url: &str| {
            let secret = Secret::of(&[0; 24]);
            let (org, id, created) = (OrgId(1), WebhookId(2), DateTime::UNIX_EPOCH);
            Webhook { org, id, url: url.to_owned(), secret, created, disabled: None, slot: None, kind }.shown_url()
        };
        let slack = "https://hooks.slack.com/services/T0000/B0000/XXXXXXXXwxyz";
        assert_eq!(shown(WebhookKind::Slack, slack), "https://hooks.slack.com/…wxyz");
        assert_eq!(
            shown(WebhookKind::Teams, "https://flow.example:444?sig=0123456789abcdefghij"),
            "https://flow.example:444/…ghij"
        );
        assert_eq!(shown(WebhookKind::Slack, "https://chat.example/short"), "https://chat.example/…");
        assert_eq!(shown(WebhookKind::Teams, "https://chat.example"), "https://chat.example/…");
        assert_eq!(shown(WebhookKind::Json, slack), slack);
    }

    #[test]
    fn an_organisation_has_five_places_for_webhooks() {
        let created: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().expect("a time");
        let webhook = |slot| {
            let (org, id, url) = (OrgId(1), WebhookId(2), String::new());
            Webhook { org, id, url, secret: Secret::of(&[0; 24]), created, disabled: None, slot, kind: WebhookKind::Json }
        };
        let free = |slots: &[Option<u8>]| free_slot(&slots.iter().copied().map(webhook).collect::<Vec<_>>());
        assert_eq!(free(&[]), Some(0));
        assert_eq!(free(&[Some(0), Some(2)]), Some(1));
        assert_eq!(free(&[None, Some(0)]), Some(2), "one of an earlier version has the first that is left");
        assert_eq!(free(&[Some(4), Some(3), Some(2), Some(1), Some(0)]), None);
        assert_eq!(free(&[None, None, None, None, Some(0)]), None);
    }
}
