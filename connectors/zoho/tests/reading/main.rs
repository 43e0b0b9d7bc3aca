//! Reads the test server, which speaks Zoho CRM's API, and compares all that was read with its own state.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::print_stdout, reason = "credits used and necessary are printed side by side")]

mod faults;
mod limits;
mod support;
mod whole;
