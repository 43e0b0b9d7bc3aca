//! Makes finished generations current and deletes those that no backup can be reading any more.

use chrono::{DateTime, TimeDelta, Utc};

use super::keys::{Generation, capture_prefix, captures_prefix, module_prefix};
use super::writer::delete_all;
use crate::domain::crm::{Field, Module};
use crate::domain::id::OrgId;
use crate::ports::{Bucket, Catalogue, ObjectRef, Objects, PortError};

/// Maximum size of a DynamoDB item in bytes, names of attributes included (DynamoDB developer guide, "Item size").
const MAX_ITEM_BYTES: usize = 400 << 10;
/// Space reserved for a module's other attributes and its key.
const OWN_ATTRIBUTES: usize = 4 << 10;
/// Overhead of a field in bytes: the names of its four attributes, its kind, one byte per element of the map and the
/// list, and three for the map.
const FIELD_OVERHEAD: usize = 8 + 5 + 9 + 8 + 11 + 8;

/// Returns the size of a module's fields in its catalogue item, in bytes. A module above [`MAX_FIELD_BYTES`] cannot
/// be published.
pub fn field_bytes(fields: &[Field]) -> usize {
    let of = |field: &Field| field.api_name.len() + field.label.len() + field.data_type.len() + FIELD_OVERHEAD;
    fields.iter().map(of).sum()
}

/// Maximum size of a module's fields in bytes, as [`field_bytes`] measures it.
pub const MAX_FIELD_BYTES: usize = MAX_ITEM_BYTES - OWN_ATTRIBUTES;

/// How long a generation stays readable after a newer one is begun, as [`crate::ports::SnapshotReader`] promises.
const KEPT: TimeDelta = TimeDelta::days(2);

/// Makes modules current in one transaction, then sweeps the generations that they supersede.
pub async fn publish(
    catalogue: &dyn Catalogue,
    objects: &dyn Objects,
    org: OrgId,
    modules: &[Module],
    now: DateTime<Utc>,
) -> Result<(), PortError> {
    catalogue.publish(org, modules).await?;
    for module in modules {
        sweep(objects, org, &module.api_name, &module.version, now).await?;
    }
    Ok(())
}

/// Deletes the generations of a module older than the one before `current`, each once its successor is more than two
/// days old, because a backup that planned with it may read it until then. Returns the number of deleted objects.
pub async fn sweep(
    objects: &dyn Objects,
    org: OrgId,
    api_name: &str,
    current: &str,
    now: DateTime<Utc>,
) -> Result<u64, PortError> {
    let current = Generation::new(org, api_name, current);
    sweep_below(objects, &module_prefix(org, api_name), current.prefix(), now).await
}

/// Deletes captures by the same rule, with all of their modules.
pub async fn sweep_captures(objects: &dyn Objects, org: OrgId, current: &str, now: DateTime<Utc>) -> Result<u64, PortError> {
    sweep_below(objects, &captures_prefix(org), &capture_prefix(org, current), now).await
}

/// Deletes a capture that was not published.
pub async fn delete_capture(objects: &dyn Objects, org: OrgId, generation: &str) -> Result<u64, PortError> {
    delete_all(objects, &capture_prefix(org, generation)).await
}

async fn sweep_below(objects: &dyn Objects, all: &str, current: &str, now: DateTime<Utc>) -> Result<u64, PortError> {
    let keys = objects.list(Bucket::Crm, all).await?;
    let older = older_generations(&keys, current);
    let mut deleted = 0;
    for pair in older.windows(2) {
        let [(prefix, _), (_, first_of_newer)] = pair else { continue };
        let Some(newer) = objects.head(&ObjectRef::crm(*first_of_newer)).await? else { continue };
        if now - newer.modified > KEPT {
            deleted += delete_all(objects, prefix).await?;
        }
    }
    Ok(deleted)
}

/// Lists the prefix and the first key of each generation before the current one, oldest first.
fn older_generations<'a>(keys: &'a [String], current: &str) -> Vec<(&'a str, &'a str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    let depth = current.matches('/').count();
    for key in keys {
        let Some((end, _)) = key.match_indices('/').nth(depth - 1) else { continue };
        let prefix = &key[..=end];
        if prefix < current && found.last().is_none_or(|(last, _)| *last != prefix) {
            found.push((prefix, key));
        }
    }
    found
}
