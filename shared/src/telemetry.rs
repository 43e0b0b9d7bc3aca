//! Logging: JSON lines on Lambda. Customers' rows, tokens and links never go there.

use std::error::Error;
use std::fmt;

use tracing_subscriber::EnvFilter;

/// Starts logging; `RUST_LOG` chooses what is shown, by default `info`.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_target(false).without_time().init();
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
