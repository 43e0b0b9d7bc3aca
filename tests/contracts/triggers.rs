//! Contract of `Triggers`: an organisation has at most one trigger, stored in the form that EventBridge Scheduler
//! requires.

use chrono_tz::Tz;
use hozon_shared::domain::id::{OrgId, ScheduleId};
use hozon_shared::ports::ScheduleTrigger;
use serde_json::{Value, json};

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::schedule;

fn trigger(org: OrgId, schedule: u64, expression: &str) -> ScheduleTrigger {
    ScheduleTrigger { org, schedule: ScheduleId(schedule), expression: expression.to_owned(), zone: Tz::Asia__Tokyo }
}

/// Returns the inputs of stored triggers.
fn inputs(stored: &[Value]) -> Vec<Value> {
    let input = |schedule: &Value| serde_json::from_str(schedule["Target"]["Input"].as_str().expect("text")).expect("JSON");
    stored.iter().map(input).collect()
}

fn input(org: OrgId, schedule: &str) -> Value {
    json!({ "org": org.to_string(), "schedule": schedule, "at": "<aws.scheduler.scheduled-time>" })
}

#[tokio::test]
async fn a_trigger_is_stored_with_all_that_its_calls_need() {
    let emulators = Emulators::start().await;
    emulators.triggers(15).put(&ScheduleTrigger::of(&schedule(ORG, 5))).await.unwrap();
    let (settings, stored) = (emulators.trigger_settings(), emulators.stored_triggers().await);
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0]["ScheduleExpression"], "cron(0 4 ? * 2 *)");
    assert_eq!(stored[0]["ScheduleExpressionTimezone"], "UTC");
    assert_eq!(stored[0]["FlexibleTimeWindow"], json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15 }));
    let target = &stored[0]["Target"];
    assert_eq!(target["Arn"], settings.function);
    assert_eq!(target["RoleArn"], settings.role);
    assert_eq!(target["DeadLetterConfig"], json!({ "Arn": settings.dead_letters }));
    assert_eq!(target["RetryPolicy"], json!({ "MaximumEventAgeInSeconds": 21_600, "MaximumRetryAttempts": 20 }));
    assert_eq!(inputs(&stored), [input(ORG, "5")]);
}

#[tokio::test]
async fn without_a_window_triggers_come_at_once() {
    let emulators = Emulators::start().await;
    emulators.triggers(0).put(&trigger(ORG, 5, "cron(0 4 ? * 2 *)")).await.unwrap();
    assert_eq!(emulators.stored_triggers().await[0]["FlexibleTimeWindow"], json!({ "Mode": "OFF" }));
}

#[tokio::test]
async fn a_new_trigger_replaces_the_previous_one() {
    let emulators = Emulators::start().await;
    let triggers = emulators.triggers(15);
    for (schedule, expression) in [(5, "cron(0 4 ? * 2 *)"), (5, "cron(0 4 ? * 2 *)"), (6, "cron(30 4 15 * ? *)")] {
        triggers.put(&trigger(ORG, schedule, expression)).await.unwrap();
        let stored = emulators.stored_triggers().await;
        assert_eq!(inputs(&stored), [input(ORG, &schedule.to_string())]);
        assert_eq!(stored[0]["ScheduleExpression"], expression);
        assert_eq!(stored[0]["ScheduleExpressionTimezone"], "Asia/Tokyo");
    }
}

#[tokio::test]
async fn a_trigger_is_removed_whether_or_not_it_exists() {
    let emulators = Emulators::start().await;
    let triggers = emulators.triggers(15);
    triggers.delete(ORG).await.expect("one that was never there is no error");
    triggers.put(&trigger(ORG, 5, "cron(0 4 ? * 2 *)")).await.unwrap();
    triggers.put(&trigger(OTHER, 6, "cron(0 4 ? * 3 *)")).await.unwrap();
    for _ in 0..2 {
        triggers.delete(ORG).await.unwrap();
        assert_eq!(inputs(&emulators.stored_triggers().await), [input(OTHER, "6")]);
    }
    triggers.put(&trigger(ORG, 7, "cron(0 4 ? * 2 *)")).await.expect("sets it again");
    assert_eq!(emulators.stored_triggers().await.len(), 2);
}
