//! HTTP concerns that all API functions share: identity, errors, and the wire format. Only this module knows status
//! codes.

mod allowance;
mod auth_refusal;
mod changes;
pub mod closed_sets;
mod drills;
mod error;
mod etag;
mod extract;
mod files;
mod identity;
mod once;
mod openapi;
mod page_tokens;
mod pages;
mod reported;
mod searched_words;
mod shown_values;
mod wire;

pub use allowance::AllowanceOut;
pub use auth_refusal::AuthRefusal;
pub use changes::{ChangesOut, CountedOut, UnusualLossOut};
pub use drills::{BackupDrillOut, DrillTotalsOut};
pub use error::{ApiError, Envelope};
pub use etag::{tag_matches, tag_of, unless_known};
pub use extract::{Body, Params, named};
pub use files::{BackupOut, GapOut, LossesOut};
pub use identity::{Administrator, Identity};
pub use once::{Once, OncePorts, with_idempotency};
pub use openapi::{AnyError, Documented, ErrorOut, FailureOut, document, without_unused_schemas};
pub use page_tokens::{NextPage, invalid_token, page_token, read_page_token};
pub use pages::{Page, PageInfo, Paged, read_per_page};
pub use reported::{REPORT_COLUMNS, ReportedRow};
pub use searched_words::read_searched_words;
pub use shown_values::ShownValues;
pub use wire::{BackupEnvelope, Changed, LocalTime, PersonOut, Success, local_time, with_fallbacks, with_versions};
