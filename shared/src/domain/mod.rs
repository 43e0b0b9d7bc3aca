//! Decisions, as pure code: no I/O, no clock, no AWS, HTTP or Lambda type.

pub mod allowance;
pub mod archive_options;
pub mod backup;
pub mod change;
pub mod crm;
pub mod event;
pub mod id;
pub mod locale;
pub mod money;
pub mod organisation;
pub mod payment;
pub mod progress;
pub mod recurrence;
pub mod rule;
pub mod schedule;
pub mod trigger;
pub mod webhook;
