//! Clients that are created on first use.

use std::sync::LazyLock;

/// A client that is created on first use, to keep cold starts short.
pub type Lazily<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;
