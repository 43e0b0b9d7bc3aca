//! Deliveries.

use async_trait::async_trait;

use super::PortError;
use crate::domain::delivery::{Delivery, DeliveryId};

/// Deliveries in the table. New ones are written by [`super::Store::commit`]; open ones are found by [`super::Schedules::due`]. Those that
/// have ended are kept for a month, so that an event that the stream delivers twice is not delivered twice.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// A delivery, open or ended.
    async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, PortError>;
    /// Writes a delivery that is stored with so many attempts. `Conflict` when somebody else has begun another one, or there is no such
    /// delivery.
    async fn put_delivery(&self, delivery: &Delivery, attempts: u32) -> Result<(), PortError>;
}
