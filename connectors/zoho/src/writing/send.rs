//! Sends what is to be written, and notes what became of each record.

use hozon_shared::domain::writing::{Refusal, WriteOutcome};
use hozon_shared::ports::SourceError;
use serde_json::{Map, Value};

use super::batch::Batch;
use super::results::RecordResult;
use crate::call::Call;
use crate::columns::ColumnKind;
use crate::errors::Unexpected;

/// Records of one call.
const AT_ONCE: usize = 100;

/// Records that are sent, each with the position of its write.
type Sent = Vec<(usize, Map<String, Value>)>;

impl Batch<'_> {
    /// Creates records.
    pub(super) async fn insert(&mut self, records: Sent) -> Result<(), SourceError> {
        self.send(records, |module, records| Call::insert(module, records), |batch, at, id| batch.created(at, id)).await
    }

    /// Changes records.
    pub(super) async fn update(&mut self, records: Sent) -> Result<(), SourceError> {
        let written = |_: &mut Self, _, _| WriteOutcome::Written { new_id: None };
        self.send(records, |module, records| Call::update(module, records), written).await
    }

    fn created(&mut self, at: usize, id: String) -> WriteOutcome {
        let old = self.old_id(&self.writes[at]).unwrap_or_default().to_owned();
        self.before.new_ids.insert(old, id.clone());
        WriteOutcome::Written { new_id: Some(id) }
    }

    /// Sends records. Where Zoho does not take a user any more, it is sent once more without that user.
    async fn send(
        &mut self,
        mut records: Sent,
        call: impl Fn(&str, Vec<Value>) -> Call<'_>,
        written: impl Fn(&mut Self, usize, String) -> WriteOutcome,
    ) -> Result<(), SourceError> {
        let module = self.module;
        while !records.is_empty() {
            let rest = records.split_off(records.len().min(AT_ONCE));
            let values = records.iter().map(|(_, record)| Value::Object(record.clone())).collect();
            let results = self.results(call(&module.api_name, values), records.len()).await?;
            let mut again = Vec::new();
            for ((at, record), result) in records.into_iter().zip(results) {
                let Some(result) = result else {
                    self.outcomes[at] = Some(WriteOutcome::Refused { reason: Refusal::NoPermission });
                    continue;
                };
                match (result.written.clone(), self.without_user(&record, &result)) {
                    (Some(id), _) => self.outcomes[at] = Some(written(self, at, id)),
                    (None, Some(record)) => again.push((at, record)),
                    (None, None) => self.outcomes[at] = Some(result.refusal()),
                }
            }
            again.extend(rest);
            records = again;
        }
        Ok(())
    }

    /// The record without the user whom Zoho does not take; `None` if there is no such user, or nothing else to write.
    fn without_user(&self, record: &Map<String, Value>, result: &RecordResult) -> Option<Map<String, Value>> {
        let field = result.field.as_ref()?;
        let is_user = self.table.fields().any(|(column, _)| column.api_name == *field && column.kind == ColumnKind::User);
        let mut rest = record.clone();
        let is_sent = rest.remove(field).is_some();
        let is_left = rest.keys().any(|name| name != "id");
        (is_user && is_sent && is_left).then_some(rest)
    }

    /// Makes a call, and reads what became of each record; `None` for each if the user may not write the module.
    async fn results(&self, call: Call<'_>, count: usize) -> Result<Vec<Option<RecordResult>>, SourceError> {
        match self.client.results(call).await {
            Ok(results) if results.len() == count => Ok(results.iter().map(|result| Some(RecordResult::of(result))).collect()),
            Ok(_) => Err(Unexpected("what became of each record").into()),
            Err(failed) => {
                failed.filter(|error| error.is_forbidden()).map_err(|failed| failed.about(&self.module.api_name))?;
                Ok(vec![None; count])
            }
        }
    }

    /// Deletes records, which go into the recycle bin.
    pub(super) async fn delete(&mut self, positions: &[usize]) -> Result<(), SourceError> {
        for part in positions.chunks(AT_ONCE) {
            let ids: Vec<String> = part.iter().map(|at| self.id(*at)).collect();
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let results = self.results(Call::delete(&self.module.api_name, &ids), ids.len()).await?;
            for (at, result) in part.iter().zip(results) {
                self.outcomes[*at] = Some(match result {
                    Some(result) if result.written.is_some() => WriteOutcome::Written { new_id: None },
                    Some(result) => result.refusal(),
                    None => WriteOutcome::Refused { reason: Refusal::NoPermission },
                });
            }
        }
        Ok(())
    }
}
