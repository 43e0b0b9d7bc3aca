//! An organisation and the people in it.

use chrono::NaiveTime;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::id::{OrgId, UserId};
use super::locale::Locale;

/// An organisation that is backed up. `version` counts its changes and makes each conditional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// Its name, as shown in manifests and mails.
    pub name: String,
    /// The IANA zone in which its calendar months and schedules are counted.
    pub time_zone: Tz,
    /// Name of its plan; see [`super::allowance::Plans`].
    pub plan: String,
    /// The time of day of scheduled runs; none is the service's default.
    #[serde(default)]
    pub time_of_day: Option<NaiveTime>,
    /// SHA-256, in hexadecimal, of the key of the calendar link; none while there is no such link.
    #[serde(default)]
    pub calendar_key: Option<String>,
    /// Zero before it is stored.
    pub version: u64,
}

/// Who did something, as history and the API show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The user's id in the CRM.
    pub id: UserId,
    /// The display name.
    pub name: String,
    /// The user's id at the identity provider.
    pub zuid: UserId,
}

/// Where a person is written to, and in which language. As the person's last token said; kept apart from what they did, so that the
/// event log holds no address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The person.
    pub user: UserId,
    /// Their mail address, where the identity provider gives one.
    pub email: Option<String>,
    /// Their language.
    pub locale: Locale,
}

/// What a user may do (R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May schedule, see, download, stop and buy.
    Administrator,
    /// May do none of that.
    User,
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The organisation that the token is for.
    pub org: OrgId,
    /// The user.
    pub person: Person,
    /// The user's role in that organisation.
    pub role: Role,
    /// The user's mail address, where the token has one.
    #[serde(default)]
    pub email: Option<String>,
    /// The user's language.
    #[serde(default)]
    pub locale: Locale,
}

impl Caller {
    /// Where this caller is written to.
    pub fn contact(&self) -> Contact {
        Contact { user: self.person.id, email: self.email.clone(), locale: self.locale }
    }
}
