//! Logging: JSON lines on Lambda. Customers' rows, tokens and links never go there.

use std::error::Error;
use std::fmt;

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::{Filter, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging; `RUST_LOG` chooses what is shown, by default `info`.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = layer().json().with_target(false).without_time();
    tracing_subscriber::registry().with(filter).with(lines.with_filter(harmless())).init();
}

/// Starts logging on a terminal's standard error; `RUST_LOG` chooses what is shown, by default warnings.
pub fn start_on_terminal() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let lines = layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(filter).with(lines.with_filter(harmless())).init();
}

/// Other people's crates tell whole requests in their finer levels and their spans: signatures, keys, rows. Whatever `RUST_LOG` asks for,
/// only what they tell at `info` and above is shown.
fn harmless<S>() -> impl Filter<S> {
    filter_fn(is_harmless)
}

fn is_harmless(metadata: &Metadata<'_>) -> bool {
    let is_ours = metadata.target().starts_with("hozon");
    is_ours || (metadata.is_event() && *metadata.level() <= Level::INFO)
}

/// An error with everything below it, in one line. In JSON lines an error alone shows no cause.
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
