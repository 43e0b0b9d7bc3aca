//! What the steps of one erasure share.

use hozon_shared::domain::change;
use hozon_shared::domain::erasure::Erasure;
use hozon_shared::domain::event::ErasureStep;
use hozon_shared::domain::id::{ErasureId, EventId, OrgId};
use hozon_shared::erasing::WantedDocument;
use hozon_shared::ports::{Bucket, Change, PortError};

use crate::ports::ErasePorts;

/// Context of a call that works on an erasure.
pub struct Job<'a> {
    pub ports: &'a ErasePorts,
    pub org: OrgId,
    pub id: ErasureId,
}

impl Job<'_> {
    /// Stores an erasure, and returns it as it is stored. Fails with `Conflict` if it was changed concurrently.
    pub async fn store(&self, erasure: Erasure) -> Result<Erasure, PortError> {
        self.ports.store.commit(self.org, vec![Change::Erasure(Box::new(erasure.clone()))]).await?;
        Ok(Erasure { version: erasure.version + 1, ..erasure })
    }

    /// Records that this call works on it.
    pub async fn seen(&self, erasure: Erasure) -> Result<Erasure, PortError> {
        self.store(erasure.seen(self.ports.clock.now())).await
    }

    /// Stores an erasure with the event of its step, in the name of who has requested it.
    pub async fn store_step(&self, erasure: Erasure, step: ErasureStep) -> Result<(), PortError> {
        let (now, by) = (self.ports.clock.now(), erasure.requester.clone());
        let event = EventId(self.ports.ids.next(now));
        self.ports.store.commit(self.org, change::erasure(erasure, step, &by, now, event)).await
    }

    /// Reads which records are wanted.
    pub async fn wanted(&self) -> Result<WantedDocument, PortError> {
        WantedDocument::read(&*self.ports.objects, (self.org, self.id)).await
    }

    /// Writes which records are wanted.
    pub async fn keep_wanted(&self, wanted: &WantedDocument) -> Result<(), PortError> {
        wanted.keep(&*self.ports.objects, (self.org, self.id)).await
    }

    /// Deletes for good which records were wanted.
    pub async fn forget_wanted(&self) -> Result<(), PortError> {
        WantedDocument::forget(&*self.ports.objects, (self.org, self.id)).await?;
        self.ports.versions.forget_earlier(Bucket::Crm, &WantedDocument::prefix(self.org)).await.map(drop)
    }
}
