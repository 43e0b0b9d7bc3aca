//! An attempt to capture a source in several calls, and the documents by which its calls know of one another. They are deleted with
//! the other work objects of the run.

use std::time::Duration;

use hozon_shared::captured::Captured;
use hozon_shared::domain::connection::Connection;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{Bucket, ErrorKind, HeldState, ObjectRef, StateToken, read_all};
use hozon_shared::snapshots::session::{Origin, Session};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call_time::CallTime;
use crate::caught_up::CatchUp;
use crate::error::{CaptureError, is_changed, of};
use crate::module::{Reading, add_all};
use crate::ports::CapturePorts;
use crate::publication::is_published;
use crate::source::{Chosen, Run, Source};

/// How often a call looks for a document of another.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What the first holder has opened.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Opened {
    /// The connection as it was then; a change of it is for the next run.
    pub connection: Connection,
    /// What the capture will leave, still without its modules.
    pub empty: Captured,
    /// Name of the session that the modules are written in.
    pub session: String,
    /// What the connector has noted of the state.
    pub noted: Value,
    /// Indexes of the modules that each reader reads, in this order.
    pub shares: Vec<Vec<usize>>,
    /// Whether the state stands without holders.
    #[serde(default)]
    pub is_standing: bool,
}

/// One of the two that hold a state in turn: the first has the odd turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Holder {
    First,
    Second,
}

impl Holder {
    fn of(turn: u64) -> Self {
        if turn.is_multiple_of(2) { Self::Second } else { Self::First }
    }

    /// The holder's next turn, after these of both.
    pub(crate) fn next_turn(self, taken: &[u64]) -> u64 {
        let last = taken.iter().copied().max().unwrap_or(0);
        if Self::of(last + 1) == self { last + 1 } else { last + 2 }
    }

    /// The last of these turns that the other holder has taken.
    pub(crate) fn last_of_other(self, taken: &[u64]) -> Option<u64> {
        taken.iter().copied().filter(|turn| Self::of(*turn) != self).max()
    }
}

/// Under which name a holder offers the state. It is written once for each turn, so that nobody reads it while it changes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Holding {
    pub name: String,
}

/// One call of an attempt.
pub(crate) struct Attempt<'a> {
    pub ports: &'a CapturePorts,
    pub run: Run,
    /// Distinguishes attempts of a run.
    pub id: String,
    pub time: CallTime,
}

impl<'a> Attempt<'a> {
    /// The source that the attempt reads.
    pub(crate) async fn source(&self, connection: &Connection) -> Result<Source<'a>, CaptureError> {
        Source::new(self.ports, self.run, connection).await
    }

    /// Joins the state, by way of whoever holds it. A holder may end while it is asked; then another one has taken the state over.
    pub(crate) async fn join(&self, source: &Source<'_>, opened: &Opened) -> Result<Chosen, CaptureError> {
        if opened.is_standing {
            let token = StateToken { name: String::new(), noted: opened.noted.clone() };
            return source.choose(source.connector.join(&token).await.map_err(of(&source.address))?);
        }
        let mut tried = 0;
        loop {
            let newest = self.turns().await?.into_iter().max().filter(|newest| *newest > tried);
            let newest = newest.ok_or_else(|| source.failed(SourceErrorKind::StateLost))?;
            match self.take_over(source, opened, newest).await {
                Err(error) if is_changed(&error) => tried = newest,
                state => return source.choose(state?),
            }
        }
    }

    /// Joins the state that is offered in a turn.
    pub(crate) async fn take_over(
        &self,
        source: &Source<'_>,
        opened: &Opened,
        turn: u64,
    ) -> Result<Box<dyn HeldState>, CaptureError> {
        let lost = || source.failed(SourceErrorKind::StateLost);
        let Holding { name } = self.document(&turn_name(turn)).await?.ok_or_else(lost)?;
        let token = StateToken { name, noted: opened.noted.clone() };
        source.connector.join(&token).await.map_err(of(&source.address))
    }

    /// The session that the modules are written in.
    pub(crate) async fn session(&self, opened: &Opened) -> Result<Session, CaptureError> {
        let (ports, origin) = (self.ports.session.clone(), (self.run.org, Origin::Captured));
        Ok(Session::resume(ports, origin, opened.session.clone(), self.ports.clock.now()).await?)
    }

    /// Whether all modules are stored and published.
    pub(crate) async fn is_published(&self) -> Result<bool, CaptureError> {
        is_published(self.ports, self.run).await
    }

    /// Waits for what another call writes. `None` if this call must end first, or another attempt takes the place of this one.
    pub(crate) async fn wait_for<T, F>(&self, look: impl Fn() -> F) -> Result<Option<T>, CaptureError>
    where
        F: Future<Output = Result<Option<T>, CaptureError>>,
    {
        loop {
            let found = look().await?;
            if found.is_some() || self.time.is_at_its_limit() || self.is_given_up().await? {
                return Ok(found);
            }
            self.run.require_in_progress(self.ports).await?;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    pub(crate) async fn opened(&self) -> Result<Option<Opened>, CaptureError> {
        self.document("state").await
    }

    pub(crate) async fn set_opened(&self, opened: &Opened) -> Result<(), CaptureError> {
        self.put("state", opened).await
    }

    /// The turns that holders have taken.
    pub(crate) async fn turns(&self) -> Result<Vec<u64>, CaptureError> {
        let keys = self.ports.objects.list(Bucket::Archives, &self.at("turn-").key.replace(".json", "")).await?;
        let turn = |key: &String| key.rsplit_once("turn-")?.1.strip_suffix(".json")?.parse().ok();
        Ok(keys.iter().filter_map(turn).collect())
    }

    /// Whether a holder has taken that turn.
    pub(crate) async fn is_taken(&self, turn: u64) -> Result<bool, CaptureError> {
        Ok(self.ports.objects.head(&self.at(&turn_name(turn))).await?.is_some())
    }

    pub(crate) async fn take_turn(&self, turn: u64, holding: &Holding) -> Result<(), CaptureError> {
        self.put(&turn_name(turn), holding).await
    }

    pub(crate) async fn reading(&self, module: usize) -> Result<Option<Reading>, CaptureError> {
        self.document(&format!("module-{module}")).await
    }

    pub(crate) async fn set_reading(&self, module: usize, reading: &Reading) -> Result<(), CaptureError> {
        self.put(&format!("module-{module}"), reading).await
    }

    /// The capture with everything that was read; `None` if a module is not whole.
    pub(crate) async fn add_all(&self, opened: &Opened) -> Result<Option<Captured>, CaptureError> {
        let (count, mut read) = (opened.shares.iter().map(Vec::len).sum(), Vec::new());
        for index in 0..count {
            read.extend(self.reading(index).await?);
        }
        Ok(add_all(opened.empty.clone(), read).filter(|captured| captured.modules.len() == count))
    }

    pub(crate) async fn caught_up(&self) -> Result<Option<CatchUp>, CaptureError> {
        self.document("caught-up").await
    }

    pub(crate) async fn set_caught_up(&self, progress: &CatchUp) -> Result<(), CaptureError> {
        self.put("caught-up", progress).await
    }

    /// Whether another attempt has taken the place of this one.
    pub(crate) async fn is_given_up(&self) -> Result<bool, CaptureError> {
        Ok(self.ports.objects.head(&self.at("given-up")).await?.is_some())
    }

    pub(crate) async fn give_up(&self) -> Result<(), CaptureError> {
        self.put("given-up", &true).await
    }

    /// Leaves the numbers of the readers for the state machine. Returns the key.
    pub(crate) async fn set_readers(&self, readers: usize) -> Result<String, CaptureError> {
        self.put("readers", &(0..readers).collect::<Vec<_>>()).await?;
        Ok(self.at("readers").key)
    }

    fn at(&self, name: &str) -> ObjectRef {
        let Run { org, backup } = self.run;
        ObjectRef::archives(format!("work/{org}/{backup}/capture/{}/{name}.json", self.id))
    }

    async fn document<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, CaptureError> {
        match read_all(&*self.ports.objects, &self.at(name)).await {
            Ok(json) => serde_json::from_slice(&json).map(Some).map_err(CaptureError::UnreadableCall),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn put(&self, name: &str, document: &impl Serialize) -> Result<(), CaptureError> {
        let json = serde_json::to_vec(document).map_err(CaptureError::UnreadableCall)?;
        Ok(self.ports.objects.put(&self.at(name), json.into(), "application/json").await?)
    }
}

fn turn_name(turn: u64) -> String {
    format!("turn-{turn}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_take_turns_and_one_that_is_called_again_takes_a_later_one() {
        use Holder::{First, Second};
        assert_eq!((First.next_turn(&[]), Second.next_turn(&[1])), (1, 2));
        assert_eq!((First.next_turn(&[1, 2]), First.last_of_other(&[1, 2])), (3, Some(2)));
        // The call of turn 3 has crashed.
        assert_eq!((First.next_turn(&[1, 2, 3]), First.last_of_other(&[1, 2, 3])), (5, Some(2)));
        assert_eq!((Second.next_turn(&[1, 2, 3, 5]), Second.last_of_other(&[1, 2, 3, 5])), (6, Some(5)));
        assert_eq!(Second.last_of_other(&[]), None);
    }
}
