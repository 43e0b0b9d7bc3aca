//! The connection of an organisation that has set none: the store that its platform writes.

use chrono::DateTime;

use super::connection::{Connection, ConnectionRole, SourceSettings};
use super::id::{ConnectionId, OrgId, UserId};
use super::organisation::Person;
use super::selection::Selection;

/// Id of the settings that nobody has set.
const UNSET: u64 = 0;

impl Connection {
    /// Stands for the native store of an organisation that has set no connection.
    pub fn of_native_store(org: OrgId) -> Self {
        let nobody = Person { id: UserId(UNSET), name: String::new(), zuid: UserId(UNSET) };
        let (source, selection, set_at) = (SourceSettings::Native {}, Selection::default(), DateTime::UNIX_EPOCH);
        let (id, role) = (ConnectionId(UNSET), ConnectionRole::Source);
        Self { org, id, role, source, selection, drills: false, set_by: nobody, set_at, version: 0 }
    }
}
