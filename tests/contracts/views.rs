//! Views that a connection names are modules too.

use hozon_connector_mysql::Mysql;
use hozon_connector_postgres::Postgres;
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::connection::DatabaseSettings;
use hozon_shared::domain::source::{GapKind, SourceErrorKind};
use hozon_shared::domain::structure::TableKind;
use hozon_shared::ports::{Connector, HeldState, Protection};
use hozon_tests::{MariadbServer, PostgresServer};

use crate::sources::{module, rows};

fn check_named(state: &dyn HeldState) {
    let named: Vec<_> = state.modules().iter().map(|module| module.api_name.as_str()).collect();
    assert!(named.contains(&"won") && !named.contains(&"other"), "{named:?}");
    let won = module(state, "won");
    assert!(won.key.is_empty() && won.structure.as_ref().is_some_and(|known| known.kind == TableKind::View));
    let gaps: Vec<_> = state.gaps().iter().map(|gap| (gap.module.as_str(), gap.kind)).collect();
    assert_eq!(gaps, [("gone", GapKind::Missing)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn named_views_of_postgresql_are_read_in_the_same_state() {
    let server = PostgresServer::start("").await;
    server
        .sql(
            "create table deal (id int primary key, sum int) partition by range (id);
             create table deal_1 partition of deal for values from (0) to (10); insert into deal values (1, 5), (2, 0);
             create view best as select * from deal where sum > 0; create view won as select id, sum * 2 as twice from best;
             create view other as select 1 as one; create materialized view kept as select * from deal;
             create schema more; create view more.won as select 1 as one",
        )
        .await;
    let connector = |views: &str| {
        let address = format!("{}?views={views}", server.address("postgres", "secret"));
        let (settings, password) = DatabaseSettings::parse(&address).unwrap();
        Postgres::new(settings, password, Addresses::Any)
    };
    let plain = server.owner().check().await.unwrap();
    assert_eq!(plain.views, ["more.won", "public.best", "public.kept", "public.other", "public.won"]);
    assert!(plain.modules.iter().all(|module| module.api_name == "deal"));
    let state = connector("public.won,kept,gone").hold(Protection::Notice).await.unwrap();
    check_named(&*state);
    server.sql("update deal set sum = 100").await;
    assert_eq!(rows(&*state, module(&*state, "won")).await.unwrap(), [[Some("1".to_owned()), Some("10".to_owned())]]);
    assert_eq!(rows(&*state, module(&*state, "kept")).await.unwrap().len(), 2);
    state.confirm(module(&*state, "won")).await.unwrap();
    server.sql("truncate deal_1").await;
    let refused = state.confirm(module(&*state, "won")).await.expect_err("what the view reads was emptied");
    assert_eq!(refused.kind, SourceErrorKind::Changed("won".to_owned()));
    let locked = connector("public.won,kept").hold(Protection::Lock).await.unwrap();
    assert!(rows(&*locked, module(&*locked, "won")).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn named_views_of_mariadb_are_read_in_the_same_state() {
    let server = MariadbServer::start(&[]).await;
    server
        .sql(
            "create table deal (id int primary key, sum int); insert into deal values (1, 5), (2, 0);
             create view won as select id, sum * 2 as twice from deal where sum > 0; create view other as select 1 as one"
                .replace("; ", ";\n")
                .as_str(),
        )
        .await;
    let connector = |views: &str| {
        let (settings, password) =
            DatabaseSettings::parse(&format!("{}?views={views}", server.address("root", "secret"))).unwrap();
        Mysql::new(settings, password, Addresses::Any)
    };
    assert_eq!(server.owner().check().await.unwrap().views, ["other", "won"]);
    let state = connector("won,gone").hold(Protection::Notice).await.unwrap();
    check_named(&*state);
    server.sql("update deal set sum = 100").await;
    assert_eq!(rows(&*state, module(&*state, "won")).await.unwrap(), [[Some("1".to_owned()), Some("10".to_owned())]]);
    let state = connector("won").hold(Protection::Notice).await.unwrap();
    server.sql("create or replace view won as select id, sum as twice from deal").await;
    let refused = rows(&*state, module(&*state, "won")).await.expect_err("is another view now");
    assert_eq!(refused.kind, SourceErrorKind::Changed("won".to_owned()));
}
