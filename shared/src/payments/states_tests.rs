//! Tests of the conversion, with Stripe's objects in the shapes of both supported API versions.

use serde_json::{Value, json};

use super::*;
use crate::domain::id::{OrderId, OrgId};

macro_rules! fixture {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("fixtures/", $name, ".json"))).expect("JSON")
    };
}

const OURS: Owner = Owner { org: OrgId(4_876_876_000_000_000_007), order: OrderId(4_876_876_000_000_000_008) };

fn state_of_session(session: Value) -> CheckoutState {
    checkout(&serde_json::from_value(session).expect("a session"), None).expect("a state")
}

fn state_of_subscription(found: Value) -> SubscriptionState {
    subscription(&serde_json::from_value(found).expect("a subscription")).expect("a state")
}

fn state_of_charge(found: Value, disputes: &[&str]) -> ChargeState {
    let disputes: Vec<Dispute> = disputes.iter().map(|status| Dispute { status: (*status).to_owned() }).collect();
    charge(&serde_json::from_value(found).expect("a charge"), &disputes).expect("a state")
}

#[test]
fn a_paid_session_has_its_owner_total_and_receipt() {
    let payment = state_of_session(fixture!("session_payment"));
    assert_eq!((payment.owner, payment.status, payment.total.minor), (Some(OURS), CheckoutStatus::Paid, 1500));
    assert_eq!(payment.receipt_url.as_deref(), Some("https://pay.stripe.com/receipts/ch_1"));
    let mut of_subscription = fixture!("session_subscription");
    let state = state_of_session(of_subscription.clone());
    assert_eq!((state.owner, state.status), (Some(OURS), CheckoutStatus::Paid));
    assert_eq!(state.receipt_url.as_deref(), Some("https://pay.stripe.com/receipts/ch_2"));
    of_subscription["invoice"]["charge"] = Value::Null;
    let state = state_of_session(of_subscription);
    assert_eq!(state.receipt_url.as_deref(), Some("https://invoice.stripe.com/i/in_1"));
}

#[test]
fn money_that_comes_later_is_pending_until_it_fails() {
    for (status, payment, intent, wanted) in [
        ("open", "unpaid", "requires_payment_method", CheckoutStatus::Open),
        ("complete", "unpaid", "processing", CheckoutStatus::Pending),
        ("complete", "unpaid", "requires_payment_method", CheckoutStatus::Failed),
        ("complete", "unpaid", "canceled", CheckoutStatus::Failed),
        ("complete", "no_payment_required", "succeeded", CheckoutStatus::Paid),
        ("expired", "unpaid", "canceled", CheckoutStatus::Expired),
    ] {
        let mut of_payment = fixture!("session_payment");
        let mut of_subscription = fixture!("session_subscription");
        of_payment["payment_intent"]["status"] = json!(intent);
        of_subscription["invoice"]["payment_intent"]["status"] = json!(intent);
        for mut session in [of_payment, of_subscription] {
            session["status"] = json!(status);
            session["payment_status"] = json!(payment);
            assert_eq!(state_of_session(session).status, wanted, "{status} {payment} {intent}");
        }
    }
    let mut open = fixture!("session_payment");
    (open["status"], open["payment_status"], open["payment_intent"]) = (json!("open"), json!("unpaid"), Value::Null);
    assert_eq!(state_of_session(open).status, CheckoutStatus::Open);
}

#[test]
fn subscriptions_of_both_api_versions_are_read_alike() {
    let older = state_of_subscription(fixture!("subscription_2024_06_20"));
    assert_eq!(older, state_of_subscription(fixture!("subscription_2025_03_31")));
    assert_eq!(older.owner, Some(OURS));
    assert_eq!(older.period_end.to_rfc3339(), "2027-01-31T07:00:00+00:00");
    assert_eq!(older.products, ["addon", "extra_backup"], "and none that we did not make");
    assert!(!older.ends_with_period);
}

#[test]
fn every_status_has_its_standing() {
    for (status, wanted) in [
        ("incomplete", Standing::Incomplete),
        ("active", Standing::Active),
        ("trialing", Standing::Active),
        ("past_due", Standing::PastDue),
        ("canceled", Standing::Ended),
        ("unpaid", Standing::Ended),
        ("incomplete_expired", Standing::Ended),
        ("paused", Standing::Ended),
    ] {
        let mut found = fixture!("subscription_2024_06_20");
        found["status"] = json!(status);
        assert_eq!(state_of_subscription(found).standing, wanted, "{status}");
    }
    let mut unknown = fixture!("subscription_2024_06_20");
    unknown["status"] = json!("new");
    assert!(serde_json::from_value::<Subscription>(unknown).is_err());
}

#[test]
fn the_first_charge_of_a_subscription_is_the_orders_and_later_ones_are_not() {
    let first = state_of_charge(fixture!("charge_of_subscription"), &[]);
    assert_eq!((first.owner, first.paid.minor, first.refunded.minor, first.disputed), (Some(OURS), 2300, 300, false));
    let mut renewal = fixture!("charge_of_subscription");
    renewal["invoice"]["billing_reason"] = json!("subscription_cycle");
    assert_eq!(state_of_charge(renewal, &[]).owner, None);
    let mut payment = fixture!("charge_of_subscription");
    payment["invoice"] = Value::Null;
    payment["metadata"] = json!({ "org": OURS.org, "order": OURS.order });
    assert_eq!(state_of_charge(payment.clone(), &[]).owner, Some(OURS));
    payment["metadata"] = json!({ "org": "seven" });
    assert_eq!(state_of_charge(payment, &[]).owner, None);
}

#[test]
fn only_a_dispute_that_holds_the_money_counts() {
    for (disputes, wanted) in [
        (&["needs_response"][..], true),
        (&["under_review"], true),
        (&["lost"], true),
        (&["won"], false),
        (&["warning_needs_response"], false),
        (&["warning_closed"], false),
        (&["won", "needs_response"], true),
        (&[], false),
    ] {
        assert_eq!(state_of_charge(fixture!("charge_of_subscription"), disputes).disputed, wanted, "{disputes:?}");
    }
}

#[test]
fn a_charge_that_failed_paid_nothing() {
    let mut failed = fixture!("charge_of_subscription");
    (failed["paid"], failed["amount_refunded"]) = (json!(false), json!(0));
    assert_eq!(state_of_charge(failed, &[]).paid.minor, 0);
}

#[test]
fn messages_name_the_object_that_changed() {
    let read = |event: Value| message(&serde_json::from_value(event).expect("an event"));
    for event in [fixture!("invoice_paid_2024_06_20"), fixture!("invoice_paid_2025_03_31")] {
        let found = read(event);
        assert_eq!((found.id.as_str(), found.about), ("evt_1", About::Subscription("sub_1".to_owned())));
    }
    for (kind, object, wanted) in [
        ("checkout.session.completed", json!({ "id": "cs_1" }), About::Checkout("cs_1".to_owned())),
        ("checkout.session.expired", json!({ "id": "cs_1" }), About::Checkout("cs_1".to_owned())),
        ("customer.subscription.deleted", json!({ "id": "sub_1" }), About::Subscription("sub_1".to_owned())),
        ("charge.refunded", json!({ "id": "ch_1" }), About::Charge("ch_1".to_owned())),
        ("charge.dispute.created", json!({ "id": "du_1", "charge": "ch_1" }), About::Charge("ch_1".to_owned())),
        ("charge.refund.updated", json!({ "id": "re_1", "charge": "ch_1" }), About::Charge("ch_1".to_owned())),
        ("refund.created", json!({ "id": "re_1", "charge": { "id": "ch_1" } }), About::Charge("ch_1".to_owned())),
        ("invoice.paid", json!({ "id": "in_1", "subscription": null }), About::Nothing),
        ("customer.created", json!({ "id": "cus_1" }), About::Nothing),
        ("charge.refunded", json!([]), About::Nothing),
    ] {
        let event = json!({ "id": "evt_1", "type": kind, "data": { "object": object } });
        assert_eq!(read(event).about, wanted, "{kind}");
    }
}
