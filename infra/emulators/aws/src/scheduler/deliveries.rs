//! Invocations of targets. Each is retried until it succeeds or its retry policy ends.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use super::target::{LambdaTarget, RetryPolicy, Target};

/// Maximum wait between two attempts.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// Invocations that have not succeeded yet.
pub struct Invocations {
    open: Vec<Invocation>,
    dead_letters: PathBuf,
}

struct Invocation {
    function: String,
    input: Value,
    policy: RetryPolicy,
    since: DateTime<Utc>,
    next: DateTime<Utc>,
    tries: u32,
}

impl Invocations {
    /// Starts without invocations. Failed ones are appended to the given file as dead letters.
    pub fn new(dead_letters: PathBuf) -> Self {
        Self { open: Vec::new(), dead_letters }
    }

    /// Adds an invocation for the time at which a schedule fired.
    pub fn add(&mut self, target: &Target, scheduled: DateTime<Utc>, now: DateTime<Utc>) {
        let time = scheduled.to_rfc3339_opts(SecondsFormat::Secs, true);
        let input = target.input.replace("<aws.scheduler.scheduled-time>", &time);
        let input = serde_json::from_str(&input).unwrap_or(Value::String(input));
        let (function, policy) = (target.arn.clone(), target.retry_policy.clone());
        self.open.push(Invocation { function, input, policy, since: now, next: now, tries: 0 });
    }

    /// Makes the attempts that are due.
    pub async fn deliver(&mut self, called: &dyn LambdaTarget, now: DateTime<Utc>) {
        for mut delivery in std::mem::take(&mut self.open) {
            // A longer wait means that the clock was set back.
            if delivery.next > now && delivery.next - now <= LONGEST_WAIT {
                self.open.push(delivery);
                continue;
            }
            let Err(error) = called.call(&delivery.function, delivery.input.clone()).await else { continue };
            delivery.tries += 1;
            if delivery.is_spent(now) && self.is_buried(&delivery, &error, now) {
                continue;
            }
            delivery.next = now + delivery.wait();
            self.open.push(delivery);
        }
    }

    /// Keeps a failed delivery as a dead letter. If that fails, it is tried again, so that the input is not lost.
    fn is_buried(&self, delivery: &Invocation, error: &anyhow::Error, now: DateTime<Utc>) -> bool {
        tracing::error!(error = format!("{error:#}"), "a scheduled invocation failed for good");
        let letter = json!({ "at": now, "function": delivery.function, "input": delivery.input, "error": format!("{error:#}") });
        let append = || -> Result<()> {
            let mut file = std::fs::File::options().create(true).append(true).open(&self.dead_letters)?;
            Ok(writeln!(file, "{letter}")?)
        };
        append().map_err(|error| tracing::error!(error = format!("{error:#}"), "storing a dead letter failed")).is_ok()
    }
}

impl Invocation {
    fn is_spent(&self, now: DateTime<Utc>) -> bool {
        self.tries > self.policy.maximum_retry_attempts
            || now - self.since >= TimeDelta::seconds(self.policy.maximum_event_age_in_seconds)
    }

    fn wait(&self) -> TimeDelta {
        TimeDelta::minutes(1 << self.tries.min(6)).min(LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Fails a number of times, then succeeds.
    struct Failing(AtomicU32);

    #[async_trait::async_trait]
    impl LambdaTarget for Failing {
        async fn call(&self, _: &str, input: Value) -> Result<()> {
            assert_eq!(input, json!({ "at": "2027-01-01T00:00:00Z" }));
            let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            if left.is_ok() { anyhow::bail!("told to") } else { Ok(()) }
        }
    }

    fn target(maximum_retry_attempts: u32) -> Target {
        Target {
            arn: "f".to_owned(),
            role_arn: "r".to_owned(),
            input: "{\"at\":\"<aws.scheduler.scheduled-time>\"}".to_owned(),
            retry_policy: RetryPolicy { maximum_event_age_in_seconds: 3600, maximum_retry_attempts },
            dead_letter_config: Value::Null,
        }
    }

    async fn run(failures: u32, attempts: u32) -> (usize, bool, u32) {
        let folder = tempfile::tempdir().expect("a folder");
        let letters = folder.path().join("dead");
        let (mut deliveries, called) = (Invocations::new(letters.clone()), Failing(AtomicU32::new(failures)));
        let mut now = "2027-01-01T00:00:00Z".parse().expect("a time");
        deliveries.add(&target(attempts), now, now);
        for _ in 0..600 {
            deliveries.deliver(&called, now).await;
            now += TimeDelta::minutes(1);
        }
        (deliveries.open.len(), letters.exists(), called.0.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn a_call_is_tried_until_it_succeeds() {
        assert_eq!(run(3, 10).await, (0, false, 0));
    }

    #[tokio::test]
    async fn a_dead_letter_that_cannot_be_stored_is_not_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let letters = folder.path().join("absent").join("dead");
        let (mut deliveries, called) = (Invocations::new(letters.clone()), Failing(AtomicU32::new(900)));
        let mut now = "2027-01-01T00:00:00Z".parse().expect("a time");
        deliveries.add(&target(0), now, now);
        deliveries.deliver(&called, now).await;
        assert_eq!(deliveries.open.len(), 1);
        std::fs::create_dir(folder.path().join("absent")).expect("makes it");
        now += LONGEST_WAIT;
        deliveries.deliver(&called, now).await;
        assert!(deliveries.open.is_empty() && letters.exists());
    }

    #[tokio::test]
    async fn a_call_that_never_succeeds_becomes_a_dead_letter() {
        assert_eq!(run(9, 3).await, (0, true, 5), "four tries");
        let (open, is_dead, left) = run(900, 1000).await;
        assert!(open == 0 && is_dead && left > 800, "an hour is enough");
    }
}
