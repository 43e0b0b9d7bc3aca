//! Generators of ids and secrets.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};

/// Generates ids. A later id is larger than an earlier one, at the resolution of a millisecond.
pub trait Ids: Send + Sync {
    /// Returns a new id, which fits into a signed 64-bit integer.
    fn next(&self, now: DateTime<Utc>) -> u64;
}

/// Generates ids of 42 bits of milliseconds since 2020 followed by a 21-bit counter that starts at random. The ids of
/// one process never decrease, even when its clock is set back.
#[derive(Debug)]
pub struct RandomIds {
    count: AtomicU64,
    latest: AtomicU64,
}

impl Default for RandomIds {
    fn default() -> Self {
        use std::hash::{BuildHasher, Hasher};
        let seed = std::collections::hash_map::RandomState::new().build_hasher().finish();
        Self { count: AtomicU64::new(seed), latest: AtomicU64::new(0) }
    }
}

impl Ids for RandomIds {
    fn next(&self, now: DateTime<Utc>) -> u64 {
        const EPOCH_2020_MS: i64 = 1_577_836_800_000;
        let millis = u64::try_from(now.timestamp_millis() - EPOCH_2020_MS).unwrap_or(0);
        let millis = self.latest.fetch_max(millis, Ordering::Relaxed).max(millis);
        (millis << 21) | (self.count.fetch_add(1, Ordering::Relaxed) & 0x1F_FFFF)
    }
}

/// Generates secrets.
pub trait Secrets: Send + Sync {
    /// Returns a new 256-bit secret as 64 hexadecimal digits.
    fn token(&self) -> String;
}

/// Generates secrets from the operating system's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSecrets;

impl Secrets for SystemSecrets {
    fn token(&self) -> String {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the operating system has random numbers");
        hex::encode(bytes)
    }
}
