//! Finds records that the plan did not see: those that were created again before, and those in the recycle bin.

use std::collections::HashSet;
use std::time::Duration;

use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::writing::Cells;
use hozon_shared::ports::SourceError;
use serde_json::Value;

use super::batch::Batch;
use super::described::CellPart;
use super::results::RecordResult;
use crate::call::Call;
use crate::changes::{MARGIN, ids_since};
use crate::columns::ColumnKind;
use crate::errors::ApiError;
use crate::values::{take, text};

/// Values of one query.
const VALUES: usize = 50;
/// How often it is looked whether records that come back later are there.
const LOOKS: u32 = 60;
const LOOK_EVERY: Duration = Duration::from_secs(5);

impl Batch<'_> {
    /// Positions of writes whose records are to be there and are not.
    fn missing(&self) -> Vec<usize> {
        let is_missing = |at: &usize| {
            let write = &self.writes[*at];
            self.outcomes[*at].is_none()
                && write.wanted.is_some()
                && write.seen.is_none()
                && !self.now.contains_key(&self.id(*at))
        };
        (0..self.writes.len()).filter(is_missing).collect()
    }

    /// Looks for records that are missing.
    pub(super) async fn find_missing(&mut self) -> Result<(), SourceError> {
        if let Some(field) = self.external {
            self.find_by_external_id(field).await?;
        }
        if self.before.may_be_written {
            self.find_written().await?;
        }
        self.bring_back().await
    }

    /// Looks for records whose ids of before are in the field for external ids.
    async fn find_by_external_id(&mut self, field: &str) -> Result<(), SourceError> {
        let module = self.module.api_name.as_str();
        for part in self.missing().chunks(VALUES) {
            let ids: Vec<String> =
                part.iter().filter_map(|at| self.old_id(&self.writes[*at])).map(|id| format!("'{id}'")).collect();
            let query = format!("select id, {field} from {module} where {field} in ({}) order by id asc", ids.join(","));
            let answer = self.client.call(Call::coql(module, &query, 200)).await?;
            let (mut pairs, rows) = (Vec::new(), take(answer.body, "data"));
            for row in rows.as_array().into_iter().flatten() {
                let is_of = |at: &&usize| self.old_id(&self.writes[**at]) == Some(text(row, field));
                pairs.extend(part.iter().find(is_of).map(|at| (*at, text(row, "id").to_owned())));
            }
            let ids: Vec<String> = pairs.iter().map(|(_, id)| id.clone()).collect();
            self.read(&ids).await?;
            pairs.into_iter().for_each(|(at, id)| self.note(at, id));
        }
        Ok(())
    }

    /// Looks for records that a call has created which has ended before it could say so: those that are new, and have the values that are
    /// wanted.
    async fn find_written(&mut self) -> Result<(), SourceError> {
        let missing = self.missing();
        if missing.is_empty() {
            return Ok(());
        }
        let known: HashSet<&String> = self.before.new_ids.values().chain(self.now.keys()).collect();
        let new = ids_since(self.client, &self.module.api_name, "Created_Time", self.begun - MARGIN).await?;
        let new: Vec<String> = new.into_iter().map(|id| id.to_string()).filter(|id| !known.contains(id)).collect();
        self.read(&new).await?;
        let mut free = new;
        for at in missing {
            let Some(wanted) = &self.writes[at].wanted else { continue };
            let is_same = |id: &String| self.now.get(id).is_some_and(|now| self.is_created(now, wanted));
            if let Some(found) = free.iter().position(is_same) {
                let id = free.swap_remove(found);
                self.note(at, id);
            }
        }
        Ok(())
    }

    /// Whether a record may have been created with these cells. Users who cannot own records are left out when records are created.
    fn is_created(&self, now: &Cells, wanted: &Cells) -> bool {
        let reader = self.reader();
        let counts = reader.counts(|rights| rights.may_create);
        let (now, wanted) = (reader.of_crm().comparable(now), reader.comparable(wanted));
        let is_user = |at: usize| {
            self.places[at].is_some_and(|place| {
                place.part == CellPart::Id && self.table.table.columns[place.column].kind == ColumnKind::User
            })
        };
        let is_external = |at: usize| Some(self.module.fields[at].api_name.as_str()) == self.external;
        (0..counts.len()).all(|at| !counts[at] || is_user(at) || is_external(at) || now[at] == wanted[at])
    }

    fn note(&mut self, at: usize, id: String) {
        if let Some(old) = self.old_id(&self.writes[at]) {
            let old = old.to_owned();
            self.before.new_ids.insert(old, id);
            self.found.insert(at);
        }
    }

    /// Brings missing records back out of the recycle bin, as far as they are there, and reads them.
    async fn bring_back(&mut self) -> Result<(), SourceError> {
        let missing: Vec<(usize, String)> = self.missing().into_iter().map(|at| (at, self.id(at))).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = missing.iter().map(|(_, id)| id.as_str()).collect();
        let results = match self.client.results(Call::bring_back(&self.module.api_name, &ids)).await {
            Ok(results) => results,
            Err(failed) => {
                let is_none = |error: &ApiError| error.is_unknown() || error.code == "INVALID_DATA";
                failed.filter(is_none).map_err(|failed| failed.about(&self.module.api_name))?;
                return Ok(());
            }
        };
        let (back, scheduled) = sorted(&results);
        let ids: Vec<String> = back.iter().chain(&scheduled).cloned().collect();
        self.read(&ids).await?;
        self.wait_for(scheduled).await?;
        let is_back = |(at, id): (usize, String)| ids.contains(&id).then_some(at);
        self.brought_back.extend(missing.into_iter().filter_map(is_back));
        Ok(())
    }

    /// Waits until records are there that Zoho brings back later.
    async fn wait_for(&mut self, scheduled: Vec<String>) -> Result<(), SourceError> {
        for _ in 0..LOOKS {
            let awaited: Vec<String> = scheduled.iter().filter(|id| !self.now.contains_key(*id)).cloned().collect();
            if awaited.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
            self.read(&awaited).await?;
        }
        Err(SourceErrorKind::Interrupted.into())
    }
}

/// Ids of records that are back, and of those that will be.
fn sorted(results: &[Value]) -> (Vec<String>, Vec<String>) {
    let (mut back, mut scheduled) = (Vec::new(), Vec::new());
    for result in results.iter().map(RecordResult::of) {
        let is_scheduled = result.is_scheduled;
        let list = if is_scheduled { &mut scheduled } else { &mut back };
        list.extend(result.written);
    }
    (back, scheduled)
}
