//! Logging: JSON lines on Lambda. Log lines never contain customers' rows, tokens or links.

use std::error::Error;
use std::fmt;

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::{Filter, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Initialises JSON logging. `RUST_LOG` sets the filter; the default level is `info`.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = layer().json().with_target(false).without_time();
    tracing_subscriber::registry().with(filter).with(lines.with_filter(harmless())).init();
}

/// Initialises logging to a terminal's standard error. `RUST_LOG` sets the filter; the default level is `warn`.
pub fn start_on_terminal() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let lines = layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(filter).with(lines.with_filter(harmless())).init();
}

/// Filters third-party crates, whose spans and debug levels contain whole requests with signatures, keys and rows.
/// Whatever `RUST_LOG` says, only their events at `info` and above are logged, and none of `s3s`, which reports each
/// request that the S3 emulator refuses as an error, with the body of a malformed one. The emulator logs its own errors.
fn harmless<S>() -> impl Filter<S> {
    filter_fn(is_harmless)
}

fn is_harmless(metadata: &Metadata<'_>) -> bool {
    let is_ours = metadata.target().starts_with("hozon");
    let is_of_refusals = metadata.target().starts_with("s3s::");
    is_ours || (!is_of_refusals && metadata.is_event() && *metadata.level() <= Level::INFO)
}

/// Formats an error with its chain of causes on one line. In JSON logs an error alone would show no cause.
pub struct Causes<'a>(pub &'a dyn Error);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut below = self.0.source();
        while let Some(cause) = below {
            write!(f, ": {cause}")?;
            below = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Causes;
    use crate::ports::{ErrorKind, PortError};

    #[test]
    fn a_line_of_the_log_says_what_lies_below_an_error() {
        let error = PortError::with(ErrorKind::Unavailable, "send a mail", std::io::Error::other("SES answered AccessDenied"));
        assert_eq!(Causes(&error).to_string(), "send a mail: Unavailable: SES answered AccessDenied");
    }
}
