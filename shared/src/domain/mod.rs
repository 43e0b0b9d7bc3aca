//! Decisions, as pure code: no I/O, no clock, no AWS, HTTP or Lambda type.

pub mod allowance;
pub mod archive_options;
pub mod backup;
pub mod change;
pub mod crm;
pub mod download;
pub mod event;
pub mod file_name;
pub mod id;
pub mod ledger;
pub mod locale;
pub mod money;
pub mod order;
pub mod organisation;
pub mod payment;
pub mod plan;
pub mod price;
pub mod product;
pub mod progress;
pub mod purchase;
pub mod recurrence;
pub mod rule;
pub mod schedule;
pub mod subscription;
pub mod trigger;
pub mod webhook;
