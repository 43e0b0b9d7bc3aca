//! The organisation itself: its edition, and the credits that follow from it.

use hozon_shared::ports::SourceError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::budget::daily;
use crate::call::Call;
use crate::client::{Answer, Client, share};
use crate::errors::{ApiError, Unexpected};
use crate::values::{take, text};

/// What the organisation says of itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Account {
    pub edition: String,
    pub users: u64,
    /// The whole description.
    pub described: Value,
    /// Number of seconds by which Zoho's clock is behind ours.
    #[serde(default)]
    pub behind: i64,
}

impl Account {
    /// Reads the account, and sets the budget accordingly. A client that may not read it has the credits of the smallest edition.
    pub(crate) async fn read(client: &Client, percent: u8) -> Result<Self, SourceError> {
        let now = client.now();
        let Answer { body, at } = match client.try_call(Call::get("org", "org", &[])).await {
            Ok(answer) => answer,
            Err(failed) => {
                let is_refused = |error: &ApiError| error.is_forbidden() || error.code == "OAUTH_SCOPE_MISMATCH";
                failed.filter(is_refused).map_err(|failed| failed.about("org"))?;
                return Ok(Self::default());
            }
        };
        let described = take(body, "org").get_mut(0).map(Value::take).ok_or(Unexpected("the organisation"))?;
        let license = described.get("license_details").cloned().unwrap_or_default();
        let is_free = license.get("paid").and_then(Value::as_bool) == Some(false) && text(&license, "trial_type").is_empty();
        let named = [text(&license, "paid_type"), text(&license, "trial_type")];
        let edition = if is_free { "free" } else { named.into_iter().find(|name| !name.is_empty()).unwrap_or_default() };
        let users = license.get("users_license_purchased").and_then(Value::as_u64).unwrap_or_default();
        let behind = at.map_or(0, |at| (now - at).num_seconds().max(0));
        let account = Self { edition: edition.to_owned(), users, described: described.clone(), behind };
        client.budget.set_limit(account.credits(percent));
        Ok(account)
    }

    /// Credits of 24 hours that backups may use.
    pub(crate) fn credits(&self, percent: u8) -> u64 {
        share(daily(&self.edition, self.users), percent)
    }
}
