//! Tests of connections.

use super::*;
use crate::domain::id::UserId;

#[test]
fn a_folder_of_files_stays_with_the_database_that_the_operator_named_it_for() {
    let source = |address: &str| SourceSettings::parse(address).expect(address).0;
    let mut here = source("postgres://crm@db.example.com/crm");
    if let SourceSettings::Postgres(settings) = &mut here {
        settings.files = Some("/srv/crm".to_owned());
    }
    let keeps = |address: &str, present: Option<&SourceSettings>| {
        let mut wanted = source(address);
        wanted.keep_files(present);
        wanted.has_files()
    };
    assert!(keeps("postgres://crm@db.example.com/crm?schemas=sales", Some(&here)));
    assert!(!keeps("postgres://crm@db.example.com/crm", None));
    for other in [
        "postgres://crm@db.example.com/other",
        "postgres://root@db.example.com/crm",
        "postgres://crm@evil.example.com/crm",
        "mysql://crm@db.example.com:5432/crm",
    ] {
        assert!(!keeps(other, Some(&here)), "{other}");
    }
}

#[test]
fn a_restore_target_is_told_from_the_connected_crm_by_its_address() {
    let source = |address: &str| SourceSettings::parse(address).expect(address).0;
    let here = source("postgres://crm@db.example.com/crm");
    assert!(here.is_same_database(&source("postgres://other@DB.example.com:5432/crm?schemas=sales")));
    for other in
        ["postgres://crm@db.example.com/test", "postgres://crm@test.example.com/crm", "mysql://crm@db.example.com:5432/crm"]
    {
        assert!(!here.is_same_database(&source(other)), "{other}");
    }
    assert!(!SourceSettings::Native {}.is_same_database(&SourceSettings::Native {}));
}

#[test]
fn a_restore_target_is_read_as_the_connected_crm() {
    let connection = |address: &str, profile: Option<&str>| Connection {
        org: OrgId(1),
        id: ConnectionId(2),
        role: ConnectionRole::Source,
        source: SourceSettings::parse(address).expect(address).0,
        selection: Selection { omitted: Vec::new(), profile: profile.map(str::to_owned) },
        drills: false,
        set_by: Person { id: UserId(1), name: "A".to_owned(), zuid: UserId(1) },
        set_at: DateTime::UNIX_EPOCH,
        version: 1,
    };
    let crm = connection("postgres://crm@db.example.com/crm?schemas=sales", Some("creme"));
    let read = |address: &str, profile| {
        let read = connection(address, profile).read_as(Some(&crm));
        let schemas = read.source.database().expect("a database").schemas.join(",");
        (read.selection.profile.expect("a profile"), schemas)
    };
    let of = |profile: &str, schemas: &str| (profile.to_owned(), schemas.to_owned());
    assert_eq!(read("postgres://crm@test.example.com/crm", None), of("creme", "sales"));
    assert_eq!(read("postgres://crm@test.example.com/crm?schemas=b", Some("tryton")), of("tryton", "b"));
    assert_eq!(read("mysql://crm@test.example.com/crm", None), of("creme", ""));
    let alone = connection("postgres://crm@test.example.com/crm", None);
    assert_eq!(alone.clone().read_as(None), alone);
}

#[test]
fn a_password_goes_to_no_other_server_and_user() {
    let settings = |address: &str| DatabaseSettings::parse(address).expect(address).0;
    let here = settings("postgres://crm:x@db.example.com/crm");
    assert!(here.is_same_login(&settings("postgres://crm@db.example.com:5432/other?schemas=a")));
    for other in
        ["postgres://crm@evil.example.com/crm", "postgres://root@db.example.com/crm", "postgres://crm@db.example.com:5433/crm"]
    {
        assert!(!here.is_same_login(&settings(other)), "{other}");
    }
    let with = |ca: String| DatabaseSettings { ca: Some(ca), ..here.clone() }.validate();
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    assert_eq!(with(pem.to_owned()), Ok(()));
    assert_eq!(
        (with("x".to_owned()), with(pem.repeat(2000))),
        (Err(AddressError::Certificates), Err(AddressError::Certificates))
    );
    assert!(!here.is_same_login(&DatabaseSettings { ca: Some("another".to_owned()), ..here.clone() }));
}
