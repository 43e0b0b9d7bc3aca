//! What a connection is for: the CRM that is backed up, or the restore target.

use serde::{Deserialize, Serialize};

use super::{Connection, SourceSettings};

impl Connection {
    /// Reads a restore target as the connected CRM is read: with its profile and its schemas, where the target names none of its own.
    /// Otherwise both would not have the same modules.
    #[must_use]
    pub fn read_as(mut self, crm: Option<&Self>) -> Self {
        let Some(crm) = crm else { return self };
        if self.selection.profile.is_none() {
            self.selection.profile.clone_from(&crm.selection.profile);
        }
        if let (SourceSettings::Postgres(own), SourceSettings::Postgres(known)) = (&mut self.source, &crm.source)
            && own.schemas.is_empty()
        {
            own.schemas.clone_from(&known.schemas);
        }
        self
    }
}

/// What a connection is for. An organisation has at most one of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConnectionRole {
    /// The CRM. It is backed up, and restores write into it.
    #[default]
    #[serde(rename = "connection")]
    Source,
    /// A second database, which only restores write into.
    #[serde(rename = "restore_target")]
    RestoreTarget,
}

impl ConnectionRole {
    /// Returns the role by its name in the API.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Source, Self::RestoreTarget].into_iter().find(|known| known.name() == name)
    }

    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "connection",
            Self::RestoreTarget => "restore_target",
        }
    }

    /// Whether it is the CRM.
    pub fn is_source(&self) -> bool {
        *self == Self::Source
    }
}
