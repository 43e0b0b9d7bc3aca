//! The functions' API as one router.

use std::sync::Arc;

use hozon_activity::ActivityPorts;
use hozon_connection::ConnectionPorts;
use hozon_connectors::Connectors;
use hozon_download::DownloadPorts;
use hozon_explore::ExplorePorts;
use hozon_purchase::{Billing, PurchasePorts, Shop};
use hozon_restore::RestorePorts;
use hozon_schedule::{App, SchedulePorts};
use hozon_shared::api::{Documented, document};
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::price::Terms;
use hozon_shared::domain::profile::Profiles;
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::payments::Stripe;
use hozon_shared::ports::{Ports, Triggers};
use hozon_shared::settings::default_time_of_day;

/// What an operator may replace or extend.
pub struct OperatorChoices {
    pub terms: Arc<Terms>,
    pub profiles: Arc<Profiles>,
    pub connectors: Connectors,
}

/// Returns the routes of all functions with their document. `console` is the URL to which buyers and consents return.
pub fn router(
    ports: &Ports,
    triggers: Arc<dyn Triggers>,
    choices: OperatorChoices,
    payments: Arc<Stripe>,
    addresses: Addresses,
    run_length: RunLength,
    console: &str,
) -> Documented {
    let OperatorChoices { terms, profiles, connectors } = choices;
    let billing = Billing { ports: PurchasePorts::from(ports), terms: terms.clone() };
    let shop = Shop::new(&billing, payments, console);
    let app =
        App { ports: SchedulePorts::from(ports), triggers, terms, time_of_day: default_time_of_day(), run_length, addresses };
    Documented::with_openapi(document())
        .merge(hozon_schedule::router(app))
        .merge(hozon_connection::router(ConnectionPorts::new(ports, connectors, profiles, console)))
        .merge(hozon_download::router(DownloadPorts::from(ports)))
        .merge(hozon_activity::router(ActivityPorts::from(ports)))
        .merge(hozon_explore::router(ExplorePorts::from(ports)))
        .merge(hozon_restore::router(RestorePorts::new(ports, run_length)))
        .merge(hozon_purchase::router(billing, Some(shop)))
}
