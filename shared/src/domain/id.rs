//! Identifiers: time-ordered 64-bit numbers, written as decimal strings in JSON. Each kind is a type of its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Error returned when a text is not a decimal 64-bit number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal 64-bit id")]
pub struct InvalidId;

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let digits_only = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                let value = digits_only.then(|| text.parse().ok()).flatten().ok_or(InvalidId)?;
                Ok(Self(value))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

id_types! {
    /// An organisation, which is one CRM account.
    OrgId,
    /// A user of the CRM.
    UserId,
    BackupId,
    ScheduleId,
    WebhookId,
    /// One state of the settings of a connection.
    ConnectionId,
    OrderId,
    SubscriptionId,
    RestoreId,
    /// A drill of a backup.
    DrillId,
    /// An erasure of records.
    ErasureId,
    /// An entry of an organisation's event log.
    EventId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn travels_as_a_decimal_string() {
        let json = serde_json::to_string(&BackupId(4_876_876_000_001_593_003)).expect("serializes");
        assert_eq!(json, "\"4876876000001593003\"");
        assert_eq!(serde_json::from_str::<BackupId>(&json).expect("parses"), BackupId(4_876_876_000_001_593_003));
    }

    #[test]
    fn refuses_signs_blanks_and_overflow() {
        for text in ["", "+1", "-1", " 1", "1x", "18446744073709551616"] {
            assert_eq!(text.parse::<OrgId>(), Err(InvalidId), "{text:?}");
        }
    }
}
