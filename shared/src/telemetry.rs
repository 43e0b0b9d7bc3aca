//! Logging: JSON lines on Lambda. Customers' rows, tokens and links never go there.

use tracing_subscriber::EnvFilter;

/// Starts logging; `RUST_LOG` chooses what is shown, by default `info`.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_target(false).without_time().init();
}
