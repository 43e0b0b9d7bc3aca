//! Deliveries: one message about one event to one receiver, from when it is written down until it has arrived or is given up.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::id::{EventId, InvalidId, OrgId, WebhookId};

/// Whom a delivery goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    /// A webhook, of a service or of a chat channel.
    Webhook(WebhookId),
    /// A mail address.
    Mail(AddressDigest),
}

/// Stands for a mail address in the table, which needs no second copy of addresses. Letters of either case are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressDigest([u8; 16]);

impl AddressDigest {
    /// The digest of an address.
    pub fn of(address: &str) -> Self {
        let digest = Sha256::digest(address.to_ascii_lowercase());
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        Self(first)
    }
}

impl fmt::Display for AddressDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for AddressDigest {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map(|()| Self(bytes)).map_err(|_| InvalidId)
    }
}

impl Serialize for AddressDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AddressDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Names a delivery: there is one for each event and receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DeliveryId {
    /// The organisation.
    pub org: OrgId,
    /// What the message is about.
    pub event: EventId,
    /// Whom it goes to.
    #[serde(flatten)]
    pub receiver: Receiver,
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its name.
    #[serde(flatten)]
    pub id: DeliveryId,
    /// The message; `None` for a mail, which is written when it is sent, and for a delivery that has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Attempts that have begun.
    pub attempts: u32,
    /// When the next attempt may begin.
    pub next: DateTime<Utc>,
    /// How it ended; `None` while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// The end of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub outcome: DeliveryOutcome,
}

/// How a delivery ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// The receiver has it, or wants it no more.
    Done,
    /// It is not tried again.
    GivenUp,
}

/// Waits between the attempts to reach a webhook; together about three days. None is shorter than an attempt may last.
const WEBHOOK_WAITS: [TimeDelta; 8] = [
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(24),
    TimeDelta::hours(30),
];
/// The longest wait between the attempts to send a mail: failures that go on are seen in each period of the alarm that counts them.
const LONGEST_MAIL_WAIT: i64 = 4;
/// Attempts to send a mail; together about three days.
const MAIL_ATTEMPTS: u32 = 1080;
/// How long the last attempt is left alone. Where it was cut short, another one is made.
const LAST_ATTEMPT: TimeDelta = TimeDelta::minutes(10);

impl Receiver {
    /// The wait after so many attempts; `None` when no more are made.
    fn wait(self, attempts: u32) -> Option<TimeDelta> {
        match self {
            Self::Webhook(_) => WEBHOOK_WAITS.get(usize::try_from(attempts).ok()?.checked_sub(1)?).copied(),
            Self::Mail(_) if attempts >= MAIL_ATTEMPTS => None,
            Self::Mail(_) => Some(TimeDelta::minutes(i64::from(attempts.max(1)).min(LONGEST_MAIL_WAIT))),
        }
    }
}

impl Delivery {
    /// A delivery that may be tried at once.
    pub fn new(id: DeliveryId, body: Option<String>, at: DateTime<Utc>) -> Self {
        Self { id, body, attempts: 0, next: at, ended: None }
    }

    /// The message's id, the same in each attempt.
    pub fn message_id(&self) -> String {
        format!("evt_{}", self.id.event)
    }

    /// Whether an attempt may begin.
    pub fn is_due(&self, at: DateTime<Utc>) -> bool {
        self.ended.is_none() && self.next <= at
    }

    /// Begins an attempt. Whoever stores this makes the attempt; until `next` nobody else does, and then it counts as failed.
    #[must_use]
    pub fn begin_attempt(self, at: DateTime<Utc>) -> Self {
        let attempts = self.attempts + 1;
        let wait = self.id.receiver.wait(attempts).unwrap_or(LAST_ATTEMPT);
        Self { attempts, next: at + wait, ..self }
    }

    /// Whether no attempt follows the one that has begun.
    pub fn is_last_attempt(&self) -> bool {
        self.id.receiver.wait(self.attempts).is_none()
    }

    /// Puts the next attempt off for as long as the receiver asks, at most a day.
    #[must_use]
    pub fn put_off(self, at: DateTime<Utc>, wait: TimeDelta) -> Self {
        let next = self.next.max(at + wait.min(TimeDelta::days(1)));
        Self { next, ..self }
    }

    /// Ends the delivery. The message is not kept.
    #[must_use]
    pub fn end(self, outcome: DeliveryOutcome, at: DateTime<Utc>) -> Self {
        Self { body: None, ended: Some(Ended { at, outcome }), ..self }
    }

    /// Opens a delivery that was given up, for a new series of attempts.
    #[must_use]
    pub fn reopen(self, at: DateTime<Utc>) -> Self {
        Self { attempts: 0, next: at, ended: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn start() -> DateTime<Utc> {
        "2026-11-24T00:00:00Z".parse().expect("a time")
    }

    /// Attempts until the last, and how long they take together.
    fn series(receiver: Receiver) -> (u32, TimeDelta) {
        let id = DeliveryId { org: OrgId(1), event: EventId(3), receiver };
        let mut delivery = Delivery::new(id, None, start()).begin_attempt(start());
        while !delivery.is_last_attempt() {
            let at = delivery.next;
            delivery = delivery.begin_attempt(at);
            assert!(delivery.next > at && delivery.attempts < 10_000);
        }
        (delivery.attempts, delivery.next - LAST_ATTEMPT - start())
    }

    #[test]
    fn a_message_is_tried_for_about_three_days() {
        let about = TimeDelta::days(2)..TimeDelta::days(4);
        let (attempts, time) = series(Receiver::Webhook(WebhookId(2)));
        assert!(attempts == 9 && about.contains(&time), "{attempts} in {time}");
        let (attempts, time) = series(Receiver::Mail(AddressDigest::of("a@example.com")));
        assert!(attempts == MAIL_ATTEMPTS && about.contains(&time), "{attempts} in {time}");
    }

    #[test]
    fn an_attempt_in_progress_cannot_be_begun_again() {
        let id = DeliveryId { org: OrgId(1), event: EventId(3), receiver: Receiver::Webhook(WebhookId(2)) };
        let open = Delivery::new(id, Some("{}".to_owned()), start());
        assert!(open.is_due(start()));
        let begun = open.begin_attempt(start());
        assert!(!begun.is_due(start() + TimeDelta::seconds(30)) && begun.is_due(start() + TimeDelta::minutes(1)));
        let later = begun.clone().put_off(start(), TimeDelta::hours(1));
        assert_eq!(later.next, start() + TimeDelta::hours(1));
        assert_eq!(later.put_off(start(), TimeDelta::seconds(1)).next, start() + TimeDelta::hours(1));
        let ended = begun.end(DeliveryOutcome::GivenUp, start());
        assert!(!ended.is_due(start() + TimeDelta::days(9)) && ended.body.is_none());
        assert!(ended.reopen(start()).is_due(start()));
    }

    #[test]
    fn an_open_delivery_of_an_earlier_version_is_read() {
        let stored = json!({
            "org": "1", "webhook": "2", "event": "3", "body": "{}", "attempts": 4, "next": "2026-11-24T00:00:00Z",
            "pk": "ORG#1", "sk": "DELIVERY#2#3", "due_at": "2026-11-24T00:00:00Z",
        });
        let id = DeliveryId { org: OrgId(1), event: EventId(3), receiver: Receiver::Webhook(WebhookId(2)) };
        let read: Delivery = serde_json::from_value(stored).expect("readable");
        assert_eq!(read, Delivery { id, body: Some("{}".to_owned()), attempts: 4, next: start(), ended: None });
    }

    #[test]
    fn addresses_that_differ_in_case_only_are_one_receiver() {
        let digest = AddressDigest::of("Taro@Example.com");
        assert_eq!(digest, AddressDigest::of("taro@example.com"));
        assert_ne!(digest, AddressDigest::of("jiro@example.com"));
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("+0000000000000000000000000000001".parse::<AddressDigest>().is_err());
    }
}
