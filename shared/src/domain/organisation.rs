//! An organisation and the people in it.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::id::{OrgId, UserId};

/// An organisation that is backed up.
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
}
