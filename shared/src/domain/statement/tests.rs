//! Statements and their chain.

use proptest::prelude::*;

use super::*;

const LIST: &[u8] = b"[]";

fn key() -> StatementKey {
    StatementKey((0..44).collect())
}

fn stated(backup: u64) -> StatedBackup<'static> {
    let at = "2026-11-27T19:00:00.5Z".parse().expect("a time");
    StatedBackup { org: OrgId(u64::MAX), backup: BackupId(backup), zips: 1_800, list: LIST, at, replaces: None }
}

/// Appends a statement about a backup, or about an erasure.
fn append(chain: &mut Vec<SignedStatement>, is_erasure: bool) {
    let id = u64::MAX - chain.len() as u64;
    let newest: Vec<_> = chain.iter().rev().cloned().collect();
    chain.push(if is_erasure {
        let statement =
            ErasureStatement::after(chain.last(), (OrgId(u64::MAX), ErasureId(id)), (10_000, LIST), stated(id).at, &key());
        let text = statement.text().expect("JSON");
        statement.signed(text, b"signature")
    } else {
        let statement = Statement::after(&newest, &stated(id), &key());
        let text = statement.text().expect("JSON");
        statement.signed(text, b"signature")
    });
}

fn chain(length: u64) -> Vec<SignedStatement> {
    let mut chain = Vec::new();
    (0..length).for_each(|_| append(&mut chain, false));
    chain
}

fn erasures_of(statement: &SignedStatement) -> Vec<u64> {
    serde_json::from_str::<Statement>(&statement.text).expect("a statement").erasures
}

fn breaks(chain: &[SignedStatement]) -> usize {
    (0..chain.len()).filter(|at| !chain[*at].follows(at.checked_sub(1).map(|before| &chain[before]))).count()
}

#[test]
fn the_text_is_canonical_and_short() {
    let chain = chain(2);
    let text = &chain[1].text;
    let sorted: serde_json::Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(sorted.to_string(), *text, "names in order, no white space");
    assert!(text.len() < MAX_STATEMENT_BYTES / 4, "{}", text.len());
    assert!(text.contains("\"time\":\"2026-11-27T19:00:00Z\""), "{text}");
    assert!(text.contains(&format!("\"previous\":\"{}\"", chain[0].sha256())), "{text}");
}

#[test]
fn a_chain_holds_until_a_statement_is_missing() {
    let mut chain = chain(5);
    assert_eq!(breaks(&chain), 0);
    chain.remove(2);
    assert_eq!(breaks(&chain), 1);
    chain.remove(0);
    assert_eq!(breaks(&chain), 2, "the first one is missing too");
}

#[test]
fn an_erasure_is_named_by_the_next_backup_only() {
    let mut chain = chain(2);
    for is_erasure in [true, true, false, false, true, false] {
        append(&mut chain, is_erasure);
    }
    assert_eq!(breaks(&chain), 0);
    assert_eq!(erasures_of(&chain[4]), [3, 4]);
    assert_eq!(erasures_of(&chain[5]), [0; 0]);
    assert_eq!(erasures_of(&chain[7]), [7]);
    let text = &chain[2].text;
    assert_eq!(serde_json::from_str::<serde_json::Value>(text).expect("JSON").to_string(), *text, "canonical");
    assert!(text.len() < MAX_STATEMENT_BYTES / 4, "{}", text.len());
}

#[test]
fn a_statement_stays_short_however_many_erasures_there_were() {
    let mut chain = chain(1);
    (0..MAX_STATED_ERASURES + 20).for_each(|_| append(&mut chain, true));
    append(&mut chain, false);
    let last = chain.last().expect("a statement");
    assert_eq!((erasures_of(last).len(), erasures_of(last)[0]), (MAX_STATED_ERASURES, 22));
    assert!(last.text.len() < MAX_STATEMENT_BYTES / 2, "{}", last.text.len());
}

#[test]
fn a_key_is_read_back_from_its_text() {
    let pem = key().pem();
    assert!(pem.lines().all(|line| line.len() <= 64), "{pem}");
    assert_eq!(StatementKey::parse_pem(&pem.replace('\n', "\r\n")), Some(key()));
    assert_eq!(StatementKey::parse_pem("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----"), None);
}

proptest! {
    #[test]
    fn erasures_never_break_the_chain(kinds in prop::collection::vec(any::<bool>(), 1..40)) {
        let mut chain = Vec::new();
        kinds.iter().for_each(|is_erasure| append(&mut chain, *is_erasure));
        prop_assert_eq!(breaks(&chain), 0);
        // Each erasure is named by the first backup behind it.
        for (at, is_erasure) in kinds.iter().enumerate() {
            let named: Vec<usize> = (0..chain.len())
                .filter(|other| !kinds[*other] && erasures_of(&chain[*other]).contains(&(at as u64 + 1)))
                .collect();
            let next = (at..chain.len()).find(|other| !kinds[*other]).filter(|_| *is_erasure);
            prop_assert_eq!(named, next.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn any_changed_byte_of_an_earlier_statement_breaks_the_chain(at in 0usize..3, place in any::<prop::sample::Index>(), bit in 0u8..7) {
        let mut chain = chain(4);
        let mut bytes = chain[at].text.clone().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        chain[at].text = String::from_utf8(bytes).expect("ASCII");
        prop_assert!(breaks(&chain) > 0);
    }
}
