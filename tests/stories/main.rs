//! Stories: what users do, through HTTP or the command line, verified down to the reopened zip.
#![allow(clippy::unwrap_used, reason = "a story that meets None has failed")]
#![allow(clippy::print_stdout, reason = "stories print their figures, which --nocapture shows")]

mod allowance;
mod back_up_now;
mod bad_requests;
mod broken_storage;
mod channels;
mod command;
mod composing;
mod console;
mod damage;
mod database_faults;
mod database_kills;
mod databases;
mod downloads;
mod edge;
mod full_disk;
mod hostile_data;
mod idempotency;
mod imports;
mod kills;
mod large_zips;
mod links;
mod logs;
mod mails;
mod notices;
mod openapi;
mod payments;
mod program;
mod purchases;
mod repeats;
mod restarts;
mod reverse_proxy;
mod schedules;
mod snapshots;
mod splicing;
mod splitting;
mod stopped_import;
mod strangers;
mod subscriptions;
mod terminal;
mod terminal_in_japanese;
mod throttling;
mod triggers;
mod unchanged;
mod webhooks;
