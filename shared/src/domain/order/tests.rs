use super::*;
use crate::domain::id::UserId;
use crate::domain::price::Terms;

fn terms() -> Terms {
    Terms::parse(Plans::default(), include_str!("../../../../infra/prices.toml")).expect("prices")
}

fn items(wanted: &[(&str, u32)]) -> Vec<OrderItem> {
    wanted.iter().map(|(name, quantity)| OrderItem { product: name.parse().expect("a product"), quantity: *quantity }).collect()
}

fn quoted(country: &str, plan: &str, wanted: &[(&str, u32)]) -> Result<Vec<Line>, OrderRejection> {
    let terms = terms();
    let prices = terms.prices.as_ref().expect("prices").of(Some(country)).clone();
    quote(&prices, &terms.plans, BuyerState { plan, has_weekly: false }, &items(wanted))
}

fn order(country: &str, wanted: &[(&str, u32)]) -> Order {
    let tax = terms().prices.expect("prices").of(Some(country)).tax.clone();
    let person = Person { id: UserId(1), name: "A".to_owned(), zuid: UserId(1) };
    let lines = quoted(country, "Free", wanted).expect("is sold");
    Order::place(OrgId(1), OrderId(2), person, Origin::BackupPage, lines, tax, at("2026-11-24T00:00:00Z"))
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

#[test]
fn totals_are_right_to_the_unit_in_every_currency() {
    let all = [("one_time", 3), ("weekly", 1), ("plan:Standard", 1)];
    for (country, total, tax) in [
        ("JP", "JPY 9780", "JPY 889"),
        ("US", "USD 68.00", "USD 0.00"),
        ("GB", "GBP 66.00", "GBP 11.00"),
        ("DE", "EUR 65.00", "EUR 10.38"),
        ("KW", "KWD 21.000", "KWD 0.000"),
    ] {
        let order = order(country, &all);
        assert_eq!((order.total().to_string().as_str(), order.tax_total().to_string().as_str()), (total, tax), "{country}");
        assert_eq!((order.backups(), order.plan(), order.monthly().count()), (3, Some("Standard"), 2));
    }
}

#[test]
fn only_what_makes_sense_can_be_ordered() {
    for (plan, wanted, refused) in [
        ("Free", vec![], OrderRejection::Empty),
        ("Free", vec![("one_time", 0)], OrderRejection::Quantity(0)),
        ("Free", vec![("one_time", 101)], OrderRejection::Quantity(0)),
        ("Free", vec![("weekly", 2)], OrderRejection::Quantity(0)),
        ("Free", vec![("weekly", 1), ("weekly", 1)], OrderRejection::Twice(1)),
        ("Free", vec![("plan:Standard", 1), ("plan:Ultimate", 1)], OrderRejection::NotAnUpgrade(1)),
        ("Ultimate", vec![("plan:Standard", 1)], OrderRejection::NotAnUpgrade(0)),
        ("Free", vec![("one_time", 1), ("plan:Nothing", 1)], OrderRejection::NotAnUpgrade(1)),
        ("Ultimate", vec![("plan:Own", 1)], OrderRejection::NotSold(0)),
        ("Own", vec![("one_time", 1)], OrderRejection::Unlimited(0)),
        ("Own", vec![("weekly", 1)], OrderRejection::Unlimited(0)),
    ] {
        assert_eq!(quoted("JP", plan, &wanted), Err(refused), "{wanted:?}");
    }
    let terms = terms();
    let prices = terms.prices.as_ref().expect("prices").of(None).clone();
    let buyer = BuyerState { plan: "Free", has_weekly: true };
    assert_eq!(quote(&prices, &terms.plans, buyer, &items(&[("weekly", 1)])), Err(OrderRejection::HasWeekly(0)));
}

#[test]
fn an_order_follows_its_checkout_and_money_is_never_lost() {
    let now = at("2026-11-24T01:00:00Z");
    let link = CheckoutLink { id: "cs".to_owned(), url: "https://pay".to_owned() };
    let open = order("JP", &[("one_time", 1)]).confirm(link.clone(), now).expect("is a draft");
    assert_eq!(open.follow("cs", CheckoutStatus::Open, now), None);
    let paid = open.follow("cs", CheckoutStatus::Paid, now).expect("is news");
    assert_eq!((paid.status, paid.paid), (OrderStatus::Paid, Some(now)));
    for later in [CheckoutStatus::Paid, CheckoutStatus::Expired, CheckoutStatus::Failed, CheckoutStatus::Pending] {
        assert_eq!(paid.follow("cs", later, now), None, "{later:?}");
    }
    let pending = open.follow("cs", CheckoutStatus::Pending, now).expect("is news");
    assert_eq!(pending.follow("cs", CheckoutStatus::Failed, now).expect("is news").status, OrderStatus::Failed);
    let closing = open.clone().start_cancelling(&open.buyer, now).expect("is open");
    let cancelled = closing.clone().cancel();
    assert_eq!(cancelled.follow("cs", CheckoutStatus::Expired, now), None);
    assert_eq!(open.follow("cs", CheckoutStatus::Expired, now).expect("is news").status, OrderStatus::Expired);
    assert_eq!(closing.follow("cs", CheckoutStatus::Expired, now).expect("is news").status, OrderStatus::Cancelled);
    assert_eq!(cancelled.follow("cs", CheckoutStatus::Paid, now).expect("is news").status, OrderStatus::Paid);
    assert_eq!(paid.start_cancelling(&open.buyer, now), Err(OrderTransitionError(OrderStatus::Paid)));
    let late = order("JP", &[("one_time", 1)]).confirm(link, now + DRAFT_LIFE);
    assert_eq!(late, Err(OrderTransitionError(OrderStatus::Expired)));
}

#[test]
fn a_checkout_that_was_given_up_matters_only_when_it_is_paid() {
    let now = at("2026-11-24T01:00:00Z");
    let draft = order("JP", &[("one_time", 1)]);
    let next = draft.clone().abandon_checkout(0).expect("is counted");
    assert_eq!((next.abandoned_checkouts, next.clone().abandon_checkout(0)), (1, None));
    let link = CheckoutLink { id: "cs_2".to_owned(), url: "https://pay".to_owned() };
    let open = next.clone().confirm(link, now).expect("is a draft");
    assert_eq!(open.clone().abandon_checkout(1), None, "it is stored");
    for order in [next, open] {
        for status in [CheckoutStatus::Expired, CheckoutStatus::Failed, CheckoutStatus::Pending] {
            assert_eq!(order.follow("cs_1", status, now), None, "{status:?}");
        }
        assert_eq!(order.follow("cs_1", CheckoutStatus::Paid, now).expect("is news").status, OrderStatus::Paid);
    }
}

#[test]
fn money_paid_back_is_worth_whole_backups() {
    let mut order = order("JP", &[("one_time", 3), ("weekly", 1)]);
    for (refunded, backups) in [(0, 0), (1499, 0), (1500, 1), (4499, 2), (4500, 3), (8100, 3)] {
        order.refunded = refunded;
        assert_eq!(order.backups_refunded(), backups, "{refunded}");
    }
    assert!(order.is_paid_back());
}
