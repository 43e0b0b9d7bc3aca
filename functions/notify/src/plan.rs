//! Plans the deliveries of an event and stores each of them once, so that no receiver is left out or notified twice.

use hozon_shared::domain::delivery::{Delivery, Receiver};
use hozon_shared::domain::event::Event;
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::{Change, ErrorKind, PortError};

use crate::notice::Notice;
use crate::notify::Notify;

impl Notify {
    /// Stores the deliveries of an event and sends its mails.
    pub(crate) async fn event(&self, org: OrgId, event: &Event) -> Result<(), PortError> {
        if event.what.notification().is_none() {
            return Ok(());
        }
        let Some(notice) = Notice::about(&self.ports, org, event.clone()).await? else { return Ok(()) };
        let webhooks = self.ports.webhooks.webhooks(org).await?;
        let now = self.ports.clock.now();
        let planned = self.channels.all().into_iter().flat_map(|channel| channel.plan(&notice, &webhooks, now));
        // The attempt to send a mail begins with its delivery.
        let begun = planned.map(|delivery| if is_mail(&delivery) { delivery.begin_attempt(now) } else { delivery }).collect();
        let written = self.write(org, begun).await?;
        self.send_mails(&notice, written.into_iter().filter(is_mail).collect()).await;
        Ok(())
    }

    /// Stores the new deliveries. All are new unless the stream repeats a record.
    async fn write(&self, org: OrgId, deliveries: Vec<Delivery>) -> Result<Vec<Delivery>, PortError> {
        let change = |delivery: &Delivery| Change::Delivery(Box::new(delivery.clone()));
        if deliveries.is_empty() {
            return Ok(deliveries);
        }
        match self.ports.store.commit(org, deliveries.iter().map(change).collect()).await {
            Ok(()) => return Ok(deliveries),
            Err(error) if error.kind == ErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
        let mut written = Vec::new();
        for delivery in deliveries {
            match self.ports.store.commit(org, vec![change(&delivery)]).await {
                Ok(()) => written.push(delivery),
                Err(error) if error.kind == ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }
}

fn is_mail(delivery: &Delivery) -> bool {
    matches!(delivery.id.receiver, Receiver::Mail(_))
}
