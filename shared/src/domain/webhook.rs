//! Webhooks after the Standard Webhooks specification (version 1): who is told, how a message is signed, when it is tried again, and
//! which addresses may be called at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::id::{EventId, OrgId, WebhookId};

/// Most webhooks of an organisation.
pub const MAX_WEBHOOKS: usize = 5;

/// An address that an organisation wants to be told at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// The organisation.
    pub org: OrgId,
    /// Its id.
    pub id: WebhookId,
    /// Where messages are posted.
    pub url: String,
    /// What messages are signed with.
    pub secret: Secret,
    /// When it was added.
    pub created: DateTime<Utc>,
    /// When it was given up; none while it is told.
    pub disabled: Option<DateTime<Utc>>,
    /// Which of the organisation's [`MAX_WEBHOOKS`] places it has, from 0 on; none for those of earlier versions.
    #[serde(default)]
    pub slot: Option<u8>,
}

/// The first place that none of an organisation's webhooks has; `None` when all are taken. Those without one have the first that are left, so
/// that all who look at the same webhooks come to the same place, and only one of them gets it.
pub fn free_slot(webhooks: &[Webhook]) -> Option<u8> {
    let is_taken = |slot: &u8| webhooks.iter().any(|webhook| webhook.slot == Some(*slot));
    let placeless = webhooks.iter().filter(|webhook| webhook.slot.is_none()).count();
    (0..).take(MAX_WEBHOOKS).filter(|slot| !is_taken(slot)).nth(placeless)
}

/// A signing secret as the specification writes it: `whsec_` and Base64. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// A secret of these random bytes, 24 to 64 of them.
    pub fn of(random: &[u8]) -> Self {
        Self(format!("whsec_{}", STANDARD.encode(random)))
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The `webhook-signature` of a message: HMAC-SHA256 over its id, its time in seconds and its body.
    pub fn sign(&self, id: &str, at: DateTime<Utc>, body: &str) -> String {
        let key = STANDARD.decode(self.0.trim_start_matches("whsec_")).unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
        mac.update(format!("{id}.{}.{body}", at.timestamp()).as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// A message that has not arrived yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The organisation.
    pub org: OrgId,
    /// To whom.
    pub webhook: WebhookId,
    /// What about; with the webhook it names the delivery.
    pub event: EventId,
    /// The message.
    pub body: String,
    /// Times that it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next: DateTime<Utc>,
}

impl Delivery {
    /// The message's id, the same in each attempt.
    pub fn message_id(&self) -> String {
        format!("evt_{}", self.event)
    }

    /// The delivery after one more failed attempt; `None` when it is given up, after about three days.
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

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    /// Only those of the public internet, and only by https. For a service that others use.
    Public,
    /// Any, also by http. For those who host for themselves and call their own network.
    Any,
}

impl Addresses {
    /// Whether this address may be called.
    pub fn allow(self, address: IpAddr) -> bool {
        self == Self::Any || is_public(address)
    }

    /// Whether this name can have such an address at all.
    pub fn allow_name(self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let labels: Vec<&str> = name.split('.').collect();
        let is_name = name.len() <= 253 && labels.iter().all(|label| is_label(label)) && !is_number(labels[labels.len() - 1]);
        is_name && (self == Self::Any || (labels.len() > 1 && !is_special_use(&labels)))
    }
}

/// A label of a host name (RFC 1123, 2.1), or one with an underscore, as many have it.
fn is_label(label: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=63).contains(&label.len()) && label.bytes().all(is_letter) && !label.starts_with('-') && !label.ends_with('-')
}

/// A last label that makes a host an IPv4 address in disguise (WHATWG URL Standard, "ends in a number").
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || label.bytes().all(|byte| byte.is_ascii_digit())
}

/// Names that the public DNS never has (IANA's Special-Use Domain Names; ICANN's resolution on `internal`; names that routers give).
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

/// Whether an address is of the public internet (by IANA's special-purpose registries).
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

/// Global unicast is `2000::/3`; of it, Teredo, benchmarking, documentation and 6to4 (which can hide any IPv4 address) are left out.
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
