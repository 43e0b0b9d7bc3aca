//! The subject of a message.

use hozon_shared::domain::event::Event;
use hozon_shared::domain::id::{EventId, OrgId};
use hozon_shared::domain::organisation::{Contact, Organisation};
use hozon_shared::ports::{EventQuery, PortError};

use crate::ports::NotifyPorts;

/// An event and the data needed to write about it.
pub struct Notice {
    pub organisation: Organisation,
    pub event: Event,
    /// The administrator concerned; `None` for a person without stored contact data.
    pub contact: Option<Contact>,
}

impl Notice {
    /// Reads the data of an event; `None` if the organisation does not exist any more.
    pub async fn about(ports: &NotifyPorts, org: OrgId, event: Event) -> Result<Option<Self>, PortError> {
        let Some(organisation) = ports.store.organisation(org).await? else { return Ok(None) };
        let contact = ports.schedules.contact(org, event.by.id).await?;
        Ok(Some(Self { organisation, event, contact }))
    }

    /// Reads an event and its data; `None` if one of them does not exist any more.
    pub async fn read(ports: &NotifyPorts, org: OrgId, event: EventId) -> Result<Option<Self>, PortError> {
        let before = Some(EventId(event.0.saturating_add(1)));
        let found = ports.store.events(org, EventQuery { before, limit: 1 }).await?.events.pop();
        match found.filter(|found| found.id == event) {
            Some(event) => Self::about(ports, org, event).await,
            None => Ok(None),
        }
    }
}
