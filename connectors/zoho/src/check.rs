//! A check: whether the organisation can be read, what a backup would contain, and what it would cost.

use hozon_shared::domain::source::{ApiCost, SourceReport};
use hozon_shared::ports::SourceError;
use serde_json::Value;

use crate::bulk;
use crate::call::Call;
use crate::catalog::Table;
use crate::client::Client;
use crate::connection::Zoho;
use crate::records::{FieldSets, PAGE};
use crate::state::State;
use crate::values::{take, text};

/// Calls of metadata for each module: its number of records, its fields and its layouts.
const OF_MODULE: u64 = 3;
/// Calls of a catch-up for each module: changed and deleted records, and their number.
const OF_CHANGES: u64 = 3;
/// Calls for descriptions of the organisation, and for a look for new attachments.
const OF_ALL: u64 = 8;

/// Checks a connection.
pub(crate) async fn report(zoho: &Zoho) -> Result<SourceReport, SourceError> {
    let state = State::begin(zoho).await?;
    let (account, catalog) = (state.account(), state.catalog());
    let attached = attachments(state.client()).await;
    let tables = catalog.tables.iter().flat_map(|table| std::iter::once(table).chain(&table.subforms));
    let rows: u64 = tables.map(|table| credits(table, &state)).sum();
    let described = OF_ALL + (OF_MODULE + OF_CHANGES) * catalog.tables.len() as u64;
    let repeated = described + rows + attached.div_ceil(PAGE as u64);
    let cost = ApiCost { first: repeated + attached, repeated, daily: account.credits(zoho.settings.credit_share) };
    let user = take(state.client().call(Call::get("users", "users", &[("type", "CurrentUser")])).await?.body, "users");
    let tls = zoho.access.instead.is_none().then(|| "TLS".to_owned());
    state.client().budget.report().await?;
    Ok(SourceReport {
        server: format!("Zoho CRM {}", account.edition).trim().to_owned(),
        user: user.get(0).map(|user| text(user, "email")).unwrap_or_default().to_owned(),
        tls,
        modules: catalog.modules.clone(),
        gaps: catalog.gaps.clone(),
        views: Vec::new(),
        advice: Vec::new(),
        cost: Some(cost),
    })
}

/// Credits for the rows of a table.
fn credits(table: &Table, state: &State) -> u64 {
    let pages = (table.count.div_ceil(PAGE as u64)).max(1) * FieldSets::of(table).calls();
    if bulk::pays(table, state.names()) { bulk::credits(table).min(pages) } else { pages }
}

/// Number of attachments, as far as Zoho counts them.
async fn attachments(client: &Client) -> u64 {
    let counted = client.try_call(Call::get("Attachments", "Attachments/actions/count", &[])).await.ok();
    counted.and_then(|answer| answer.body.get("count").and_then(Value::as_u64)).unwrap_or_default()
}
