//! Contract of `SourceCredits`: API credits of the last 24 hours, shared by all workers of a connection.

use chrono::TimeDelta;
use hozon_shared::domain::id::ConnectionId;

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::now;

const CONNECTION: ConnectionId = ConnectionId(7);

#[tokio::test]
async fn credits_of_all_workers_add_up() {
    let emulators = Emulators::start().await;
    let credits = &emulators.ports.credits;
    assert_eq!(credits.spend(ORG, CONNECTION, 0, now()).await.unwrap(), 0);
    let spending = (0..20).map(|_| credits.spend(ORG, CONNECTION, 20, now()));
    let sums = futures_util::future::try_join_all(spending).await.unwrap();
    assert_eq!(sums.iter().max(), Some(&400));
    assert_eq!(credits.spend(ORG, CONNECTION, 0, now()).await.unwrap(), 400);
    assert_eq!(credits.spend(ORG, ConnectionId(8), 0, now()).await.unwrap(), 0);
    assert_eq!(credits.spend(OTHER, CONNECTION, 0, now()).await.unwrap(), 0);
}

#[tokio::test]
async fn credits_come_back_after_a_day() {
    let emulators = Emulators::start().await;
    let credits = &emulators.ports.credits;
    let spend = async |count, later| credits.spend(ORG, CONNECTION, count, now() + later).await.unwrap();
    assert_eq!(spend(100, TimeDelta::hours(0)).await, 100);
    assert_eq!(spend(10, TimeDelta::hours(12)).await, 110);
    assert_eq!(spend(1, TimeDelta::hours(24) - TimeDelta::minutes(1)).await, 111, "a day is not over");
    // An hour counts until its last minute is a day ago.
    assert_eq!(spend(0, TimeDelta::hours(25)).await, 11);
    assert_eq!(spend(1, TimeDelta::hours(36)).await, 12);
    assert_eq!(spend(0, TimeDelta::hours(37)).await, 2);
    assert_eq!(spend(5, TimeDelta::hours(100)).await, 5);
}

#[tokio::test]
async fn hours_that_do_not_count_any_more_are_forgotten() {
    let emulators = Emulators::start().await;
    for hour in 0..60 {
        emulators.ports.credits.spend(ORG, CONNECTION, 1, now() + TimeDelta::hours(hour)).await.unwrap();
    }
    let items = emulators.items().await;
    let [item] = items.as_slice() else { panic!("{} items", items.len()) };
    let kept = item.as_object().unwrap().keys().filter(|name| name.starts_with("hour_")).count();
    assert_eq!(kept, 25);
    let end = (now() + TimeDelta::hours(59 + 48)).timestamp().to_string();
    assert_eq!(item["ttl"]["N"], serde_json::Value::from(end));
}
