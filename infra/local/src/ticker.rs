//! Time-driven work of the local program: due schedules, the sweep, renewals, and the deletion of expired zips.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hozon_emulator_aws::scheduler::{LambdaTarget, Scheduler};
use hozon_emulator_stripe::StripeServer;
use hozon_shared::ports::{Ports, Triggers};
use hozon_shared::snapshots::retained::RetentionDefaults;
use hozon_shared::telemetry::Causes;
use hozon_trigger::{Trigger, TriggerPorts};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::housekeeping;

/// ARN of the `trigger` function.
pub const TRIGGER: &str = "arn:aws:lambda:us-east-1:000000000000:function:trigger";
/// Time between two ticks.
const TICK: Duration = Duration::from_millis(200);
/// How often the sweep runs, as in infra/template.yaml.
const SWEEP_EVERY: TimeDelta = TimeDelta::minutes(2);
/// How often expired zips are deleted; on AWS a lifecycle rule does this.
const CLEAN_EVERY: TimeDelta = TimeDelta::hours(1);

/// Number of deliveries by result.
pub type Counts = Arc<std::sync::Mutex<BTreeMap<String, u64>>>;

/// The `trigger` function as the target of schedules, invoked in this process.
pub struct TriggerFunction {
    pub trigger: Trigger,
    /// Its answers, counted by result.
    pub counts: Counts,
}

#[async_trait]
impl LambdaTarget for TriggerFunction {
    async fn call(&self, function: &str, input: Value) -> Result<()> {
        if function != TRIGGER {
            bail!("there is no function {function}");
        }
        let answer = self.trigger.handle(input).await?;
        if let Some(came_to) = answer["delivery"].as_str() {
            let mut counts = self.counts.lock().expect("nothing panics while it is held");
            *counts.entry(came_to.to_owned()).or_default() += 1;
        }
        Ok(())
    }
}

/// Runs time-driven work.
#[derive(Clone)]
pub struct Ticker {
    ports: Ports,
    scheduler: Scheduler,
    trigger: Trigger,
    stripe: StripeServer,
    counts: Counts,
    retention: RetentionDefaults,
    swept: Arc<Mutex<DateTime<Utc>>>,
    cleaned: Arc<Mutex<DateTime<Utc>>>,
}

impl Ticker {
    /// Creates a ticker; everything is due at the first tick.
    pub fn new(
        ports: Ports,
        scheduler: Scheduler,
        trigger: Trigger,
        stripe: StripeServer,
        counts: Counts,
        retention: RetentionDefaults,
    ) -> Self {
        let never = || Arc::new(Mutex::new(DateTime::<Utc>::MIN_UTC));
        Self { ports, scheduler, trigger, stripe, counts, retention, swept: never(), cleaned: never() }
    }

    /// Ticks until it is stopped.
    pub async fn run(self, stop: CancellationToken) {
        let looking = async {
            loop {
                self.tick().await;
                tokio::time::sleep(TICK).await;
            }
        };
        // Interrupted work would fail anyway, because all other parts stop too.
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = looking => {}
        }
    }

    /// Does everything that is due now.
    pub async fn tick(&self) {
        let now = self.ports.clock.now();
        self.scheduler.fire_due(now).await;
        self.stripe.tick().await;
        let mut swept = self.swept.lock().await;
        if is_due(*swept, now, SWEEP_EVERY) {
            let is_first = *swept == DateTime::<Utc>::MIN_UTC;
            *swept = now;
            self.sweep(is_first).await;
        }
        drop(swept);
        let mut cleaned = self.cleaned.lock().await;
        if is_due(*cleaned, now, CLEAN_EVERY) {
            *cleaned = now;
            self.clean().await;
        }
    }

    /// Number of deliveries by result since the start.
    pub fn deliveries(&self) -> BTreeMap<String, u64> {
        self.counts.lock().expect("nothing panics while it is held").clone()
    }

    /// Delivers an input as Scheduler would.
    pub async fn deliver(&self, input: Value) -> Result<Value> {
        Ok(self.trigger.handle(input).await?)
    }

    /// Next time at which a schedule fires.
    pub fn next_fire(&self) -> Option<DateTime<Utc>> {
        self.scheduler.next_fire(self.ports.clock.now())
    }

    async fn sweep(&self, after_a_stop: bool) {
        if let Err(error) = self.trigger.handle(json!({ "sweep": { "after_a_stop": after_a_stop } })).await {
            tracing::error!(error = %Causes(&error), "the sweep failed; it is tried again in two minutes");
        }
    }

    async fn clean(&self) {
        let archives = housekeeping::delete_expired(&self.ports).await;
        let snapshots = housekeeping::delete_old_snapshots(&self.ports, self.retention).await;
        let contents = housekeeping::delete_old_contents(&self.ports).await;
        let work = housekeeping::delete_old_work(&self.ports, self.retention.run).await;
        let files = housekeeping::delete_old_files(&self.ports).await;
        let rest = contents.map(drop).and(work.map(drop)).and(files.map(drop));
        if let Err(error) = archives.map(drop).and(snapshots.map(drop)).and(rest) {
            tracing::error!(error = %Causes(&error), "what has expired could not be deleted; tried again in an hour");
        }
    }
}

/// The ticker, and the scheduler that it fires, of a data folder.
pub fn start(
    data: &Path,
    ports: &Ports,
    triggers: &Arc<dyn Triggers>,
    stripe: &StripeServer,
    retention: RetentionDefaults,
) -> Result<(Ticker, Scheduler)> {
    let trigger = Trigger { ports: TriggerPorts::from(ports), triggers: triggers.clone() };
    let counts = Counts::default();
    let called = Arc::new(TriggerFunction { trigger: trigger.clone(), counts: counts.clone() });
    let scheduler = Scheduler::load(data.join("scheduler"), called, ports.clock.now())?;
    Ok((Ticker::new(ports.clone(), scheduler.clone(), trigger, stripe.clone(), counts, retention), scheduler))
}

/// Returns whether work that was last done at `last` is due; also true if the clock was set back before that.
pub fn is_due(last: DateTime<Utc>, now: DateTime<Utc>, every: TimeDelta) -> bool {
    now < last || now - last >= every
}
