//! Emulators for the AWS services that Hozon uses, embedded in a process. Each answers the calls that the functions
//! make, and rejects all others.

pub mod access_events;
mod aws_json;
pub mod kms;
pub mod lambda;
pub mod mail;
pub mod queues;
pub mod s3;
pub mod scheduler;
pub mod secrets;
pub mod states;
pub mod stores;
pub mod stream;
pub mod table;
