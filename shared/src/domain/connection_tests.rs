//! Tests of connections.

use super::*;

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
