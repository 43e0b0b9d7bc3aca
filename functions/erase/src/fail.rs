//! Records the failure of an erasure.

use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::erasure::Erasure;
use hozon_shared::domain::event::ErasureStep;

use crate::error::{EraseError, failure};
use crate::job::Job;

/// Fails an erasure after an error of this name, unless it has ended. What it has erased stays erased.
pub async fn run(job: &Job<'_>, erasure: Erasure, name: &str) -> Result<CallOutcome, EraseError> {
    if erasure.is_open() {
        let failed = erasure.fail(failure(name), job.ports.clock.now())?;
        job.store_step(failed, ErasureStep::Failed).await?;
    }
    job.forget_wanted().await?;
    Ok(CallOutcome::Done)
}
