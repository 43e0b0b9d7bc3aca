//! Contract of `Catalogue`: the current version of each module, and the modules of the newest capture.

use hozon_shared::domain::crm::{Module, captured_version};
use hozon_shared::ports::ErrorKind;

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::module;

#[tokio::test]
async fn modules_come_by_their_order_and_then_by_name() {
    let emulators = Emulators::start().await;
    let catalogue = &emulators.ports.catalogue;
    assert!(catalogue.modules(ORG).await.unwrap().is_empty());
    let published = [module("Leads", 2), module("Deals", 10), module("案件", 1), module("Calls", 2)];
    catalogue.publish(ORG, &published).await.unwrap();
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
        catalogue.publish(ORG, std::slice::from_ref(&published)).await.unwrap();
        assert_eq!(catalogue.modules(ORG).await.unwrap(), [published]);
    }
}

#[tokio::test]
async fn more_modules_than_a_transaction_takes_become_current_at_once_and_others_stay() {
    let emulators = Emulators::start().await;
    let catalogue = &emulators.ports.catalogue;
    catalogue.publish(ORG, &[module("Kept", 0), module("M000", 1)]).await.unwrap();
    let many: Vec<Module> =
        (0..130).map(|at| Module { version: "2".to_owned(), ..module(&format!("M{at:03}"), at + 1) }).collect();
    catalogue.publish(ORG, &many).await.unwrap();
    let current = catalogue.modules(ORG).await.unwrap();
    assert_eq!(current[0], module("Kept", 0));
    assert_eq!(current[1..], many);
}

/// The table rejects items over 400 KB. Items of the failed publication that were written before are never read.
#[tokio::test]
async fn a_failed_publication_leaves_the_current_versions() {
    let emulators = Emulators::start().await;
    let catalogue = &emulators.ports.catalogue;
    let before = [module("Deals", 1), module("Leads", 2)];
    catalogue.publish(ORG, &before).await.unwrap();
    let newer = Module { version: "2".to_owned(), rows: 99, ..module("Deals", 1) };
    let too_large = Module { version: "2".to_owned(), label: "x".repeat(500_000), ..module("Leads", 2) };
    catalogue.publish(ORG, &[newer, too_large]).await.unwrap_err();
    assert_eq!(catalogue.modules(ORG).await.unwrap(), before);
    let newest = Module { version: "3".to_owned(), ..module("Leads", 2) };
    catalogue.publish(ORG, std::slice::from_ref(&newest)).await.unwrap();
    assert_eq!(catalogue.modules(ORG).await.unwrap(), [module("Deals", 1), newest], "the failed version stays unread");
}

#[tokio::test]
async fn a_capture_replaces_the_one_before_and_touches_nothing_that_a_platform_writes() {
    let emulators = Emulators::start().await;
    let catalogue = &emulators.ports.catalogue;
    let captured = |name: &str, capture: u64| Module { version: captured_version(capture), ..module(name, 1) };
    catalogue.publish_capture(ORG, &[captured("deal", 1), captured("note", 1)]).await.unwrap();
    assert!(catalogue.modules(ORG).await.unwrap().is_empty());
    catalogue.publish(ORG, &[module("deal", 1)]).await.unwrap();
    catalogue.publish_capture(ORG, &[captured("deal", 2)]).await.unwrap();
    assert_eq!(catalogue.captured(ORG).await.unwrap(), [captured("deal", 2)]);
    let newer = Module { version: "2".to_owned(), ..module("deal", 1) };
    catalogue.publish(ORG, std::slice::from_ref(&newer)).await.unwrap();
    catalogue.publish_capture(ORG, &[captured("log", 3)]).await.unwrap();
    assert_eq!(catalogue.modules(ORG).await.unwrap(), [newer]);
    assert_eq!(catalogue.captured(ORG).await.unwrap(), [captured("log", 3)]);
    assert!(catalogue.captured(OTHER).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_publication_over_other_versions_than_the_current_ones_changes_nothing() {
    let emulators = Emulators::start().await;
    let catalogue = &emulators.ports.catalogue;
    let deals = |version: &str| Module { version: version.to_owned(), ..module("Deals", 1) };
    let over = async |new: &str, over: &[Module]| catalogue.publish_over(ORG, &[deals(new)], over).await;
    // The first of all.
    over("1", &[]).await.unwrap();
    catalogue.publish(ORG, &[module("Leads", 2), deals("2")]).await.unwrap();
    for stale in [&[][..], &[deals("1")], &[module("Leads", 2)]] {
        assert_eq!(over("3", stale).await.unwrap_err().kind, ErrorKind::Conflict);
    }
    assert_eq!(catalogue.modules(ORG).await.unwrap(), [deals("2"), module("Leads", 2)]);
    over("3", &[deals("2"), module("Other", 3)]).await.unwrap();
    assert_eq!(catalogue.modules(ORG).await.unwrap(), [deals("3"), module("Leads", 2)]);
    // One that has become current meanwhile.
    let gone = catalogue.publish_over(ORG, &[Module { version: "4".to_owned(), ..module("Leads", 2) }], &[deals("3")]).await;
    assert_eq!(gone.unwrap_err().kind, ErrorKind::Conflict);
}
