//! `Catalogue`: which version of each module is the current one.

use hozon_shared::domain::crm::Module;

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::module;

#[tokio::test]
async fn modules_come_by_their_order_and_then_by_name() {
    let emulators = Emulators::start().await;
    let catalogue = &emulators.ports.catalogue;
    assert!(catalogue.modules(ORG).await.unwrap().is_empty());
    for published in [module("Leads", 2), module("Deals", 10), module("案件", 1), module("Calls", 2)] {
        catalogue.publish(ORG, &published).await.unwrap();
    }
    let expected = [module("案件", 1), module("Calls", 2), module("Leads", 2), module("Deals", 10)];
    assert_eq!(catalogue.modules(ORG).await.unwrap(), expected);
    assert!(catalogue.modules(OTHER).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_version_published_last_is_the_current_one() {
    let emulators = Emulators::start().await;
    let catalogue = &emulators.ports.catalogue;
    let second = Module { version: "2".to_owned(), fields: Vec::new(), rows: 0, ..module("Leads", 1) };
    for published in [module("Leads", 1), module("Leads", 1), second] {
        catalogue.publish(ORG, &published).await.unwrap();
        assert_eq!(catalogue.modules(ORG).await.unwrap(), [published]);
    }
}
