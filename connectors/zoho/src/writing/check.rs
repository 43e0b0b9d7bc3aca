//! What hinders writing modules, found before anything is written.

use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::writing::{Hindrance, HindranceKind};
use hozon_shared::ports::SourceError;
use serde_json::Value;

use super::ZohoWriter;
use super::described::WrittenTable;
use crate::call::Call;
use crate::catalog::list;
use crate::client::{Client, Failed};
use crate::errors::ApiError;
use crate::values::text;

impl ZohoWriter {
    pub(super) async fn hindrances(&self, modules: &[Module]) -> Result<Vec<Hindrance>, SourceError> {
        let client = self.client().await?;
        let known = list(client, "settings/modules", "modules", &[]).await?;
        let (may_bring_back, mut found) = (self.may_bring_back(client).await?, Vec::new());
        for module in modules {
            let of_all = |kind| Hindrance { module: module.api_name.clone(), kind, field: None };
            let described = known.iter().find(|known| text(known, "api_name") == module.api_name);
            let table = match described {
                Some(_) => self.table(&module.api_name).await?,
                None => None,
            };
            match (described, table) {
                (Some(described), Some(table)) => {
                    let may_write = may_be_written(described) && may_bring_back && may_update(client, &module.api_name).await?;
                    found.extend((!may_write).then(|| of_all(HindranceKind::NoPermission)));
                    found.extend(of_fields(module, &table));
                }
                _ => found.push(of_all(HindranceKind::Gone)),
            }
        }
        client.budget.report().await?;
        Ok(found)
    }

    /// Whether the consent covers the recycle bin. Where Zoho does not offer it, records are created again.
    async fn may_bring_back(&self, client: &Client) -> Result<bool, SourceError> {
        may(client.results(Call::bring_back("settings", &[])).await, "settings")
    }
}

/// Asks for changes of no records: Zoho refuses it otherwise than what the consent does not cover.
async fn may_update(client: &Client, module: &str) -> Result<bool, SourceError> {
    may(client.results(Call::update(module, Vec::new())).await, module)
}

fn may(answer: Result<Vec<Value>, Failed>, about: &str) -> Result<bool, SourceError> {
    let Err(failed) = answer else { return Ok(true) };
    let is_answer = |error: &ApiError| !error.is_passing() && !error.is_about_token();
    let error = failed.filter(is_answer).map_err(|failed| failed.about(about))?;
    Ok(!error.is_forbidden() && !error.is_out_of_scope())
}

/// Whether the user's profile may create and change records of a module.
fn may_be_written(module: &Value) -> bool {
    let may = |name: &str| module.get(name).and_then(Value::as_bool) != Some(false);
    may("creatable") && may("editable")
}

fn of_fields(module: &Module, table: &WrittenTable) -> Vec<Hindrance> {
    let of = |kind, field: &str| Hindrance { module: module.api_name.clone(), kind, field: Some(field.to_owned()) };
    let contained = || module.fields.iter().filter(|field| field.contents == DataCategory::Crm);
    let places = table.places(module);
    let is_gone = |at: usize| places[at].is_none();
    let gone = module.fields.iter().enumerate().filter(|(at, field)| field.contents == DataCategory::Crm && is_gone(*at));
    let gone = gone.map(|(_, field)| of(HindranceKind::Gone, &field.api_name));
    let has = |name: &str| contained().any(|field| field.api_name == name);
    let required = table.fields().filter(|(column, rights)| rights.is_required && !has(&column.api_name));
    gone.chain(required.map(|(column, _)| of(HindranceKind::RequiredField, &column.api_name))).collect()
}
