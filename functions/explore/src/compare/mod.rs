//! How two backups differ: by the row indexes of their snapshots, so that only blocks with differences are read.

pub mod attachments;
pub mod modules;
mod opened_pair;
pub mod records;
mod values;

use std::time::Duration;

use hozon_shared::api::{ApiError, read_per_page};
use serde::Deserialize;
use utoipa::IntoParams;

/// Time after which an answer ends with a page token.
const PATIENCE: Duration = Duration::from_secs(6);
/// Default and maximum number of records, or attachments, of a page.
const MAX_PER_PAGE: usize = 100;

/// Which page of a module's differences is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ComparedPageQuery {
    /// The earlier backup, with which the one in the path is compared.
    #[param(value_type = String)]
    with: Option<String>,
    /// Entries per page, 1 to 100. Defaults to 100. A page may have fewer although there are more.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    per_page: Option<String>,
    /// `next_page_token` of the page before.
    page_token: Option<String>,
}

impl ComparedPageQuery {
    fn per_page(&self) -> Result<usize, ApiError> {
        read_per_page(self.per_page.as_deref(), MAX_PER_PAGE, MAX_PER_PAGE)
    }
}
