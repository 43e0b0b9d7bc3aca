//! Makes finished generations current, and deletes those that nobody reads any more.

use chrono::{DateTime, TimeDelta, Utc};

use super::keys::{Generation, module_prefix};
use super::writer::delete_all;
use crate::domain::crm::{Field, Module};
use crate::domain::id::OrgId;
use crate::ports::{Bucket, Catalogue, ObjectRef, Objects, PortError};

/// Bytes that the table takes for one item; DynamoDB developer guide: "Item size" is 400 KB with the names of attributes.
const MAX_ITEM_BYTES: usize = 400 << 10;
/// Room for a module's own attributes and its key beside its fields.
const OWN_ATTRIBUTES: usize = 4 << 10;
/// Names of a field's four attributes, its kind, and one byte for each element of the map and of the list, three for the map itself.
const FIELD_OVERHEAD: usize = 8 + 5 + 9 + 8 + 11 + 8;

/// How far a module's fields fill its item in the catalogue, in bytes: above [`MAX_FIELD_BYTES`] it cannot be published.
pub fn field_bytes(fields: &[Field]) -> usize {
    let of = |field: &Field| field.api_name.len() + field.label.len() + field.data_type.len() + FIELD_OVERHEAD;
    fields.iter().map(of).sum()
}

/// Most bytes of a module's fields, by [`field_bytes`].
pub const MAX_FIELD_BYTES: usize = MAX_ITEM_BYTES - OWN_ATTRIBUTES;

/// How long a generation stays readable after a newer one was begun; [`crate::ports::SnapshotReader`] promises that.
const KEPT: TimeDelta = TimeDelta::days(2);

/// Makes these modules the current ones, all at once, then sweeps what they supersede.
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

/// Deletes the generations of a module that came before the one before `current`, as far as two days have passed since a newer
/// one was begun: a backup that planned with them may still read until then. Tells how many objects went.
pub async fn sweep(
    objects: &dyn Objects,
    org: OrgId,
    api_name: &str,
    current: &str,
    now: DateTime<Utc>,
) -> Result<u64, PortError> {
    let current = Generation::new(org, api_name, current);
    let keys = objects.list(Bucket::Crm, &module_prefix(org, api_name)).await?;
    let older = older_generations(&keys, current.prefix());
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

/// Prefix and first key of each generation before the current one, oldest first.
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
