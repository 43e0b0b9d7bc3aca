//! Checks whether a request came through CloudFront, where a firewall inspects it, or directly to the API. CloudFront
//! adds a secret header to the requests that it forwards (CloudFront developer guide: Add custom headers to origin
//! requests, "Control access to content").

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::ports::{Clock, OriginSecrets, PortError};
use hozon_shared::telemetry::Causes;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

/// Name of the header that CloudFront adds.
pub const ORIGIN_HEADER: &str = "x-hozon-origin";
/// How long secrets are used before they are read again, so that an old one stops working.
const KEPT: TimeDelta = TimeDelta::hours(1);
/// How long to wait after the last read before an unknown secret causes another one. It may be a newly rotated secret.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// Verifies the header.
pub struct OriginCheck {
    secrets: Arc<dyn OriginSecrets>,
    clock: Arc<dyn Clock>,
    read: Mutex<Option<CachedSecrets>>,
}

struct CachedSecrets {
    digests: Vec<[u8; 32]>,
    at: DateTime<Utc>,
}

impl OriginCheck {
    /// Creates the check without reading the secrets.
    pub fn new(secrets: Arc<dyn OriginSecrets>, clock: Arc<dyn Clock>) -> Self {
        Self { secrets, clock, read: Mutex::new(None) }
    }

    /// Returns whether the header contains a current secret. While the secrets cannot be read, the last known ones stay
    /// valid.
    pub async fn admits(&self, header: Option<&str>) -> Result<bool, PortError> {
        let Some(header) = header else { return Ok(false) };
        // Comparing digests keeps the duration independent of the secret.
        let given: [u8; 32] = Sha256::digest(header).into();
        let now = self.clock.now();
        let mut read = self.read.lock().await;
        let (is_known, age) = match read.as_ref() {
            Some(read) => (read.digests.contains(&given), Some(now - read.at)),
            None => (false, None),
        };
        let is_due = age.is_none_or(|age| age >= if is_known { KEPT } else { PAUSE });
        if !is_due {
            return Ok(is_known);
        }
        match self.secrets.current_and_previous().await {
            Ok(secrets) => {
                let digests: Vec<[u8; 32]> = secrets.iter().map(|secret| Sha256::digest(secret).into()).collect();
                let is_known = digests.contains(&given);
                *read = Some(CachedSecrets { digests, at: now });
                Ok(is_known)
            }
            Err(error) if is_known => {
                tracing::warn!(error = %Causes(&error), "reading the origin secrets failed; the last known ones stay in use");
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as SyncMutex;

    use async_trait::async_trait;
    use hozon_shared::ports::ErrorKind;

    use super::*;

    /// A fake Secrets Manager, which can be out of reach, and a manual clock.
    struct World {
        secrets: SyncMutex<Option<Vec<&'static str>>>,
        now: SyncMutex<DateTime<Utc>>,
        readings: SyncMutex<u32>,
    }

    #[async_trait]
    impl OriginSecrets for World {
        async fn current_and_previous(&self) -> Result<Vec<String>, PortError> {
            *self.readings.lock().expect("lock") += 1;
            let held = self.secrets.lock().expect("lock").clone();
            let held = held.ok_or_else(|| PortError::new(ErrorKind::Unavailable, "read keys"))?;
            Ok(held.into_iter().map(str::to_owned).collect())
        }
    }

    impl Clock for World {
        fn now(&self) -> DateTime<Utc> {
            *self.now.lock().expect("lock")
        }
    }

    impl World {
        fn holding(secrets: &[&'static str]) -> (Arc<Self>, OriginCheck) {
            let world = Arc::new(Self {
                secrets: SyncMutex::new(Some(secrets.to_vec())),
                now: SyncMutex::new(DateTime::UNIX_EPOCH),
                readings: SyncMutex::new(0),
            });
            (world.clone(), OriginCheck::new(world.clone(), world))
        }

        fn hold(&self, secrets: Option<&[&'static str]>) {
            *self.secrets.lock().expect("lock") = secrets.map(<[_]>::to_vec);
        }

        fn pass(&self, time: TimeDelta) {
            *self.now.lock().expect("lock") += time;
        }
    }

    #[tokio::test]
    async fn only_a_request_with_the_secret_is_admitted() {
        let (_, origin) = World::holding(&["new", "old"]);
        assert!(origin.admits(Some("new")).await.expect("reads"));
        assert!(origin.admits(Some("old")).await.expect("reads"));
        assert!(!origin.admits(Some("other")).await.expect("reads"));
        assert!(!origin.admits(Some("")).await.expect("reads"));
        assert!(!origin.admits(None).await.expect("reads"));
    }

    #[tokio::test]
    async fn guesses_have_the_secrets_read_once_a_minute_at_most() {
        let (world, origin) = World::holding(&["new"]);
        for _ in 0..100 {
            assert!(!origin.admits(Some("guess")).await.expect("reads"));
        }
        assert_eq!(*world.readings.lock().expect("lock"), 1);
    }

    #[tokio::test]
    async fn a_new_secret_works_within_a_minute_and_the_one_before_ends_within_an_hour() {
        let (world, origin) = World::holding(&["one"]);
        assert!(origin.admits(Some("one")).await.expect("reads"));
        world.hold(Some(&["two"]));
        world.pass(PAUSE);
        assert!(origin.admits(Some("two")).await.expect("reads"));
        assert!(!origin.admits(Some("one")).await.expect("reads"));
    }

    #[tokio::test]
    async fn a_secret_read_before_works_while_secrets_manager_is_out_of_reach() {
        let (world, origin) = World::holding(&["one"]);
        assert!(origin.admits(Some("one")).await.expect("reads"));
        world.hold(None);
        world.pass(KEPT);
        assert!(origin.admits(Some("one")).await.expect("goes on"));
        assert!(origin.admits(Some("two")).await.is_err());
    }
}
