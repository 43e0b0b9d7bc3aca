//! Contract tests of the ports, run against the AWS adapters on emulators: those of the local program, or moto's server
//! if `HOZON_CONTRACTS_ENDPOINT` names it (tests/deploy/contracts.py starts it). Checks use the ports;
//! [`emulators::Emulators`] reads state that no port exposes.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod access_tokens;
mod captures;
mod catalogue;
mod changes;
mod checksums;
mod drills;
mod emulators;
mod erasures;
mod known;
mod links;
mod locks;
mod mailer;
mod mariadb;
mod mariadb_writing;
mod objects;
mod order;
mod outbox;
mod postgres;
mod postgres_handover;
mod postgres_writing;
mod progress;
mod purchases;
mod requests;
mod restores;
mod restoring;
mod running;
mod samples;
mod schedules;
mod secrets;
mod signing;
mod source_credits;
mod sources;
mod store;
mod structure;
mod triggers;
mod uploads;
mod versions;
mod views;
mod webhooks;
mod workflow;
