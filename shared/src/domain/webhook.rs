//! Webhooks as defined by the Standard Webhooks specification, version 1: signatures, retries, and the addresses that
//! may be called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::id::{EventId, OrgId, WebhookId};

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

    /// Computes the `webhook-signature` header: HMAC-SHA256 over the message's id, time in seconds and body.
    pub fn sign(&self, id: &str, at: DateTime<Utc>, body: &str) -> String {
        let key = STANDARD.decode(self.0.trim_start_matches("whsec_")).unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
        mac.update(format!("{id}.{}.{body}", at.timestamp()).as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// A message that has not been delivered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub org: OrgId,
    pub webhook: WebhookId,
    /// Together with the webhook, this identifies the delivery.
    pub event: EventId,
    pub body: String,
    /// Number of failed attempts.
    pub attempts: u32,
    /// Time of the next attempt.
    pub next: DateTime<Utc>,
}

impl Delivery {
    /// Returns the message id, identical in every attempt.
    pub fn message_id(&self) -> String {
        format!("evt_{}", self.event)
    }

    /// Schedules the next attempt after a failure. Returns `None` when the attempts are exhausted, after about three
    /// days.
    #[must_use]
    pub fn failed(self, at: DateTime<Utc>) -> Option<Self> {
        const WAITS: [TimeDelta; 8] = [
            TimeDelta::seconds(5),
            TimeDelta::minutes(5),
            TimeDelta::minutes(30),
            TimeDelta::hours(2),
            TimeDelta::hours(5),
            TimeDelta::hours(10),
            TimeDelta::hours(24),
            TimeDelta::hours(30),
        ];
        let wait = WAITS.get(self.attempts as usize)?;
        Some(Self { attempts: self.attempts + 1, next: at + *wait, ..self })
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
    fn names_that_can_never_be_reached_are_told_from_those_that_may() {
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
    fn an_organisation_has_five_places_for_webhooks() {
        let created: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().expect("a time");
        let webhook = |slot| {
            let (org, id, url) = (OrgId(1), WebhookId(2), String::new());
            Webhook { org, id, url, secret: Secret::of(&[0; 24]), created, disabled: None, slot }
        };
        let free = |slots: &[Option<u8>]| free_slot(&slots.iter().copied().map(webhook).collect::<Vec<_>>());
        assert_eq!(free(&[]), Some(0));
        assert_eq!(free(&[Some(0), Some(2)]), Some(1));
        assert_eq!(free(&[None, Some(0)]), Some(2), "one of an earlier version has the first that is left");
        assert_eq!(free(&[Some(4), Some(3), Some(2), Some(1), Some(0)]), None);
        assert_eq!(free(&[None, None, None, None, Some(0)]), None);
    }

    #[test]
    fn a_message_is_tried_for_about_three_days() {
        let start: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().expect("a time");
        let body = String::new();
        let mut delivery = Delivery { org: OrgId(1), webhook: WebhookId(2), event: EventId(3), body, attempts: 0, next: start };
        let mut attempts = 1;
        while let Some(next) = delivery.clone().failed(delivery.next) {
            assert!(next.next > delivery.next);
            delivery = next;
            attempts += 1;
        }
        assert_eq!(attempts, 9);
        assert!((TimeDelta::days(2)..TimeDelta::days(4)).contains(&(delivery.next - start)));
    }

    #[test]
    fn a_signature_is_the_specifications() {
        let at = DateTime::from_timestamp(1_614_265_330, 0).expect("a time");
        let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, "{\"test\": 2432232314}");
        let verifier = standardwebhooks::Webhook::new(secret.reveal()).expect("a secret");
        let theirs = verifier.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at.timestamp(), b"{\"test\": 2432232314}").expect("signs");
        assert_eq!(signature, theirs);
    }
}
