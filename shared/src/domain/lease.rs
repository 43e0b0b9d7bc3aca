//! Leases on the stored objects of an organisation. Whoever writes a snapshot refers to objects that are there already, and
//! holds a lease while it does. A sweep deletes what no snapshot needs only while nobody holds one, and nobody takes one
//! while it sweeps. Both end by themselves, should their process be killed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Who holds leases, and whether a sweep is under way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leases {
    /// Number of changes so far.
    pub revision: u64,
    /// When the lease of each holder ends by itself.
    holders: BTreeMap<String, DateTime<Utc>>,
    /// When the sweep ends at the latest.
    #[serde(default)]
    sweeping_until: Option<DateTime<Utc>>,
}

/// Why a lease or a sweep cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored objects are in use until {until}")]
pub struct InUse {
    /// When the other one ends at the latest.
    pub until: DateTime<Utc>,
}

impl Leases {
    /// Gives `holder` a lease, or prolongs it.
    pub fn take(mut self, holder: &str, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, InUse> {
        self.forget_ended(now);
        if let Some(until) = self.sweeping_until {
            return Err(InUse { until });
        }
        self.holders.insert(holder.to_owned(), until);
        Ok(self.changed())
    }

    /// Ends the lease of `holder`; there may be none.
    #[must_use]
    pub fn release(mut self, holder: &str) -> Self {
        self.holders.remove(holder);
        self.changed()
    }

    /// Begins a sweep that ends at `until` at the latest.
    pub fn begin_sweep(mut self, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, InUse> {
        self.forget_ended(now);
        if let Some(until) = self.holders.values().copied().chain(self.sweeping_until).max() {
            return Err(InUse { until });
        }
        self.sweeping_until = Some(until);
        Ok(self.changed())
    }

    /// Prolongs the sweep that ends at `from`, which tells it from any other.
    pub fn prolong_sweep(mut self, from: DateTime<Utc>, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, InUse> {
        self.forget_ended(now);
        if self.sweeping_until != Some(from) {
            return Err(InUse { until: self.holders.values().copied().chain(self.sweeping_until).max().unwrap_or(now) });
        }
        self.sweeping_until = Some(until);
        Ok(self.changed())
    }

    /// Ends the sweep that ends at `until`; another one goes on.
    #[must_use]
    pub fn end_sweep_of(self, until: DateTime<Utc>) -> Self {
        if self.sweeping_until == Some(until) { self.end_sweep() } else { self }
    }

    /// Ends the sweep.
    #[must_use]
    pub fn end_sweep(mut self) -> Self {
        self.sweeping_until = None;
        self.changed()
    }

    /// Returns whether a sweep is under way.
    pub fn is_sweeping(&self, now: DateTime<Utc>) -> bool {
        self.sweeping_until.is_some_and(|until| until > now)
    }

    /// Whether nobody holds a lease and nothing is swept.
    pub fn are_free(&self) -> bool {
        self.holders.is_empty() && self.sweeping_until.is_none()
    }

    /// Ends all leases and the sweep: of processes that run no more.
    #[must_use]
    pub fn end_all(self) -> Self {
        Self { revision: self.revision, ..Self::default() }.changed()
    }

    fn forget_ended(&mut self, now: DateTime<Utc>) {
        self.holders.retain(|_, until| *until > now);
        self.sweeping_until = self.sweeping_until.filter(|until| *until > now);
    }

    fn changed(mut self) -> Self {
        self.revision += 1;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    #[derive(Debug, Clone)]
    enum Step {
        Take(u8, i64),
        Release(u8),
        Sweep(i64),
        Prolong(i64),
        EndSweep,
        Pass(i64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0u8..3, 1i64..10).prop_map(|(holder, minutes)| Step::Take(holder, minutes)),
            (0u8..3).prop_map(Step::Release),
            (1i64..10).prop_map(Step::Sweep),
            (1i64..10).prop_map(Step::Prolong),
            Just(Step::EndSweep),
            (0i64..6).prop_map(Step::Pass),
        ]
    }

    proptest! {
        #[test]
        fn a_sweep_and_a_lease_never_meet(steps in proptest::collection::vec(step(), 0..60)) {
            let (mut leases, mut now) = (Leases::default(), 0);
            // What the processes believe to have.
            let (mut held, mut sweep): (BTreeMap<u8, i64>, Option<i64>) = (BTreeMap::new(), None);
            for step in steps {
                match step {
                    Step::Take(holder, minutes) => {
                        if let Ok(taken) = leases.clone().take(&holder.to_string(), at(now + minutes), at(now)) {
                            leases = taken;
                            held.insert(holder, now + minutes);
                        }
                    }
                    Step::Release(holder) => {
                        leases = leases.release(&holder.to_string());
                        held.remove(&holder);
                    }
                    Step::Sweep(minutes) => {
                        if let Ok(begun) = leases.clone().begin_sweep(at(now + minutes), at(now)) {
                            leases = begun;
                            sweep = Some(now + minutes);
                        }
                    }
                    Step::Prolong(minutes) => {
                        let Some(from) = sweep else { continue };
                        if let Ok(prolonged) = leases.clone().prolong_sweep(at(from), at(now + minutes), at(now)) {
                            leases = prolonged;
                            sweep = Some(now + minutes);
                        }
                    }
                    Step::EndSweep => {
                        leases = leases.end_sweep();
                        sweep = None;
                    }
                    Step::Pass(minutes) => now += minutes,
                }
                held.retain(|_, until| *until > now);
                sweep = sweep.filter(|until| *until > now);
                prop_assert!(sweep.is_none() || held.is_empty(), "{:?} at {}", leases, now);
            }
        }
    }

    #[test]
    fn a_sweep_that_has_ended_is_not_prolonged_in_the_place_of_another() {
        let leases = Leases::default().begin_sweep(at(10), at(0)).expect("free");
        let leases = leases.prolong_sweep(at(10), at(20), at(9)).expect("prolonged");
        assert_eq!(leases.clone().prolong_sweep(at(20), at(30), at(20)), Err(InUse { until: at(20) }), "it has ended");
        let other = leases.begin_sweep(at(40), at(25)).expect("free again");
        assert!(other.clone().prolong_sweep(at(20), at(30), at(26)).is_err());
        assert!(other.end_sweep_of(at(20)).is_sweeping(at(26)));
    }

    #[test]
    fn whoever_was_killed_is_not_waited_for_for_ever() {
        let leases = Leases::default().take("run", at(10), at(0)).expect("nobody sweeps");
        assert_eq!(leases.clone().begin_sweep(at(6), at(5)), Err(InUse { until: at(10) }));
        let leases = leases.begin_sweep(at(20), at(10)).expect("the lease has ended");
        assert_eq!(leases.clone().take("run", at(30), at(15)), Err(InUse { until: at(20) }));
        leases.take("run", at(30), at(20)).expect("the sweep has ended");
    }
}
