//! Makes finished generations current, and deletes those that nobody reads any more.

use chrono::{DateTime, TimeDelta, Utc};

use super::keys::{Generation, module_prefix};
use super::native_writer::delete_all;
use crate::domain::crm::Module;
use crate::domain::id::OrgId;
use crate::ports::{Bucket, Catalogue, ObjectRef, Objects, PortError};

/// How long a generation stays readable after a newer one was begun; [`crate::ports::Source`] promises that.
const KEPT: TimeDelta = TimeDelta::days(2);

/// Makes these modules the current ones, each at once and whole, then sweeps what they supersede.
pub async fn publish(
    catalogue: &dyn Catalogue,
    objects: &dyn Objects,
    org: OrgId,
    modules: &[Module],
    now: DateTime<Utc>,
) -> Result<(), PortError> {
    for module in modules {
        catalogue.publish(org, module).await?;
    }
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
