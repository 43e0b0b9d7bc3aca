//! Contract of `Requests`: of several attempts with one key, exactly one carries the request out and may store its
//! answer.

use futures_util::future::join_all;
use hozon_shared::domain::id::UserId;
use hozon_shared::domain::request::{Request, StoredAnswer};
use hozon_shared::ports::{Change, ErrorKind};

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::{event, kind, now};

fn attempt(name: &str, token: u64) -> Request {
    Request::begin(UserId(1), name.to_owned(), "digest".to_owned(), token, now())
}

fn answer() -> StoredAnswer {
    StoredAnswer { status: 201, body: Some("{}".to_owned()) }
}

#[tokio::test]
async fn of_concurrent_attempts_one_begins() {
    let emulators = Emulators::start().await;
    let requests = &emulators.ports.requests;
    let attempts: Vec<_> = (1..=8).map(|token| attempt("a", token)).collect();
    let begun = join_all(attempts.iter().map(|attempt| requests.begin(ORG, attempt, now().timestamp()))).await;
    let begun: Vec<_> = begun.into_iter().map(Result::unwrap).collect();
    let winner = begun.iter().position(Option::is_none).expect("one begins");
    assert_eq!(begun.iter().filter(|known| known.is_none()).count(), 1, "{begun:?}");
    assert!(begun.iter().flatten().all(|known| *known == attempts[winner]), "the others see it: {begun:?}");
    for (org, name) in [(ORG, "b"), (OTHER, "a")] {
        assert_eq!(requests.begin(org, &attempt(name, 9), now().timestamp()).await.unwrap(), None);
    }
    let other_user = Request { user: UserId(2), ..attempt("a", 9) };
    assert_eq!(requests.begin(ORG, &other_user, now().timestamp()).await.unwrap(), None);
}

#[tokio::test]
async fn an_answer_is_stored_with_its_effect_by_the_attempt_that_has_the_key() {
    let emulators = Emulators::start().await;
    let (requests, store) = (&emulators.ports.requests, &emulators.ports.store);
    let first = attempt("a", 1);
    assert_eq!(requests.begin(ORG, &first, now().timestamp()).await.unwrap(), None);
    let lapsed = first.kept_until;
    let second = Request { kept_until: lapsed + 60, ..attempt("a", 2) };
    assert_eq!(requests.begin(ORG, &second, lapsed - 1).await.unwrap().map(|known| known.token), Some(1));
    assert_eq!(requests.begin(ORG, &second, lapsed).await.unwrap(), None, "the first one's time is over");
    let commit = |request: &Request, id| {
        let answered = request.clone().answered(answer(), now());
        store.commit(ORG, vec![Change::Event(event(id)), Change::Answered(Box::new(answered))])
    };
    assert_eq!(kind(commit(&first, 1).await), Some(ErrorKind::Conflict), "who was overtaken has no effect");
    commit(&second, 2).await.unwrap();
    assert_eq!(kind(commit(&second, 3).await), Some(ErrorKind::Conflict), "there is one answer");
    let known = requests.begin(ORG, &attempt("a", 3), lapsed).await.unwrap().unwrap();
    assert_eq!((known.token, known.answer), (2, Some(answer())));
}

#[tokio::test]
async fn a_key_is_given_up_by_its_own_attempt_only() {
    let emulators = Emulators::start().await;
    let (requests, store) = (&emulators.ports.requests, &emulators.ports.store);
    let (first, other) = (attempt("a", 1), attempt("a", 2));
    let begins = async |request: &Request| requests.begin(ORG, request, now().timestamp()).await.unwrap().is_none();
    assert!(begins(&first).await);
    requests.release(ORG, &other).await.unwrap();
    assert!(!begins(&other).await, "the first one still has it");
    requests.release(ORG, &first).await.unwrap();
    assert!(begins(&other).await);
    store.commit(ORG, vec![Change::Answered(Box::new(other.clone().answered(answer(), now())))]).await.unwrap();
    requests.release(ORG, &other).await.unwrap();
    assert!(!begins(&first).await, "an answer is kept");
    requests.retract(ORG, &first).await.unwrap();
    assert!(!begins(&first).await, "by others too");
    requests.retract(ORG, &other).await.unwrap();
    assert!(begins(&first).await, "unless its effect was undone");
}
