//! Signing of statements, and the chain of statements and the holds in the table.

use hozon::verify::{StatementFiles, read_key, read_statement};
use hozon_shared::domain::change;
use hozon_shared::domain::hold::Hold;
use hozon_shared::domain::id::{BackupId, EventId, UserId};
use hozon_shared::domain::organisation::Person;
use hozon_shared::domain::statement::{MAX_STATEMENT_BYTES, SignedStatement, StatedBackup, Statement};
use hozon_shared::ports::{Change, ErrorKind};

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::{kind, now};

async fn signed(emulators: &Emulators, backup: u64, after: Option<&SignedStatement>) -> SignedStatement {
    let signer = &emulators.ports.signer;
    let stated = StatedBackup { org: ORG, backup: BackupId(backup), zips: 0, list: b"[]", at: now(), replaces: None };
    let statement = Statement::after(
        after.map(std::slice::from_ref).unwrap_or_default(),
        &stated,
        &signer.public_key().await.expect("a key"),
    );
    let text = statement.text().expect("JSON");
    let signature = signer.sign(text.as_bytes()).await.expect("signs");
    statement.signed(text, &signature)
}

#[tokio::test]
async fn a_signature_is_verified_with_the_public_key() {
    let emulators = Emulators::start().await;
    let signer = &emulators.ports.signer;
    let (folder, key) = (tempfile::tempdir().unwrap(), signer.public_key().await.expect("a key"));
    let statement = signed(&emulators, 1, None).await;
    let place = |name: &str| folder.path().join(name);
    let files = StatementFiles::beside(&place("statement.json"));
    std::fs::write(place("key.pem"), key.pem()).unwrap();
    std::fs::write(&files.statement, &statement.text).unwrap();
    std::fs::write(&files.signature, signer.sign(statement.text.as_bytes()).await.expect("signs")).unwrap();
    std::fs::write(&files.zips, "[]").unwrap();
    let read = read_key(&place("key.pem")).expect("reads");
    let trusted = read_statement(&files, &read).expect("is right");
    assert_eq!((&read, read.fingerprint()), (&key, trusted.statement.key));
    std::fs::write(&files.statement, statement.text.replace("\"number\":1", "\"number\":2")).unwrap();
    assert!(read_statement(&files, &read).is_err(), "a changed statement");
}

#[tokio::test]
async fn a_text_that_is_too_long_is_refused() {
    let emulators = Emulators::start().await;
    let sign = async |bytes: usize| kind(emulators.ports.signer.sign(&vec![b' '; bytes]).await);
    assert_eq!(sign(MAX_STATEMENT_BYTES).await, None);
    assert_eq!(sign(MAX_STATEMENT_BYTES + 1).await, Some(ErrorKind::Refused));
}

#[tokio::test]
async fn statements_are_appended_to_their_chain_and_never_replaced() {
    let emulators = Emulators::start().await;
    let (store, statements) = (&emulators.ports.store, &emulators.ports.statements);
    assert_eq!(statements.statements(ORG, 1).await.unwrap(), []);
    let mut chain: Vec<SignedStatement> = Vec::new();
    for backup in 1..=11 {
        let next = signed(&emulators, backup, chain.last()).await;
        store.commit(ORG, vec![Change::Statement(Box::new(next.clone()))]).await.unwrap();
        chain.push(next);
    }
    let newest: Vec<u64> = statements.statements(ORG, 3).await.unwrap().iter().map(|one| one.number).collect();
    assert_eq!(newest, [11, 10, 9], "newest first");
    assert_eq!(statements.statement(ORG, 10).await.unwrap().as_ref(), chain.get(9));
    assert_eq!(statements.statement(ORG, 12).await.unwrap(), None);
    assert_eq!(statements.statements(OTHER, 3).await.unwrap(), []);
    let second = signed(&emulators, 99, chain.get(9)).await;
    assert_eq!(second.number, 11);
    assert_eq!(kind(store.commit(ORG, vec![Change::Statement(Box::new(second))]).await), Some(ErrorKind::Conflict));
    assert_eq!(statements.statement(ORG, 11).await.unwrap().as_ref(), chain.last(), "the first one stays");
}

#[tokio::test]
async fn a_hold_is_set_once_and_lifted_once() {
    let emulators = Emulators::start().await;
    let (store, holds) = (&emulators.ports.store, &emulators.ports.holds);
    let by = Person { id: UserId(1), name: "A".to_owned(), zuid: UserId(1) };
    let hold = |backup: u64| Hold { backup: BackupId(backup), at: now(), by: by.clone() };
    let event = |number: u64| EventId(number);
    for (number, backup) in [(1, 30), (2, 4)] {
        store.commit(ORG, change::hold(hold(backup), event(number))).await.unwrap();
    }
    assert_eq!(holds.holds(ORG).await.unwrap(), [hold(4), hold(30)], "by backup");
    assert_eq!(kind(store.commit(ORG, change::hold(hold(4), event(3))).await), Some(ErrorKind::Conflict));
    let lift = async |number: u64| store.commit(ORG, change::lift_hold(BackupId(4), &by, now(), event(number))).await;
    lift(4).await.unwrap();
    assert_eq!(kind(lift(5).await), Some(ErrorKind::Conflict));
    assert_eq!(holds.holds(ORG).await.unwrap(), [hold(30)]);
    assert_eq!(holds.holds(OTHER).await.unwrap(), []);
}
