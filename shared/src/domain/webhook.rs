//! Webhooks: addresses of an organisation's own services and chat channels, the secret that messages to services are signed with (Standard
//! Webhooks specification, version 1), and which addresses may be called at all.

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

#[cfg(test)]
mod tests {
    use super::*;

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
