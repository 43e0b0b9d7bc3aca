//! The AWS services that Hozon uses, embedded in a process: each answers the calls that the functions make, and refuses all others.

pub mod access_events;
pub mod lambda;
pub mod mail;
pub mod s3;
pub mod scheduler;
pub mod secrets;
pub mod states;
pub mod stores;
pub mod stream;
pub mod table;
