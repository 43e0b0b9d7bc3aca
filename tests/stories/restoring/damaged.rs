//! A CRM in PostgreSQL with foreign keys, a circle of them among its tables, and damage to it.

use std::collections::BTreeMap;

use hozon_tests::PostgresServer;

/// The tables, by their names as modules.
pub const TABLES: [&str; 4] = ["company", "contact", "deal", "note"];

/// Rows as text by their ids, by table.
pub type Rows = BTreeMap<&'static str, BTreeMap<String, String>>;

const SCHEMA: &str = "
create table company (id int primary key, name text not null, main_contact_id int, changed timestamptz);
create table contact (id int primary key, company_id int not null references company (id), manager_id int references contact (id), name text,
    upper_name text generated always as (upper(name)) stored);
alter table company add constraint company_main_contact foreign key (main_contact_id) references contact (id);
create table deal (id int primary key, company_id int not null references company (id), contact_id int references contact (id),
    amount numeric(12, 2), tags text[]);
create table note (id int generated always as identity primary key, deal_id int not null references deal (id), body text);
";

/// Makes the tables without records.
pub async fn prepare_empty(server: &PostgresServer) {
    server.sql(SCHEMA).await;
}

/// Makes the tables, with so many times a few hundred records.
pub async fn prepare(server: &PostgresServer, times: u32) {
    server.sql(SCHEMA).await;
    let (companies, contacts, deals, notes) = (100 * times, 300 * times, 200 * times, 400 * times);
    server
        .sql(&format!(
            "insert into company select n, 'Company ' || n, null, '2026-01-01Z'::timestamptz + n * interval '1 hour' from generate_series(1, {companies}) n;
             insert into contact (id, company_id, manager_id, name)
                 select n, 1 + n % {companies}, case when n > 1 then n / 2 end, case when n % 9 > 0 then '連絡先 ' || n end from generate_series(1, {contacts}) n;
             update company set main_contact_id = (select min(c.id) from contact c where c.company_id = company.id);
             insert into deal select n, c.company_id, c.id, n * 1.5, case when n % 3 = 0 then array['a', null, 'b,c'] end
                 from generate_series(1, {deals}) n join contact c on c.id = 1 + n % {contacts};
             insert into note (deal_id, body) select 1 + n % {deals}, repeat(md5(n::text), 1 + n % 5) from generate_series(1, {notes}) n"
        ))
        .await;
}

/// Deletes and garbles records of all tables, and adds newer ones.
pub async fn damage(server: &PostgresServer) {
    server
        .sql(
            "create temp table gone as select id from company where id % 20 = 3;
             update company set main_contact_id = null where id in (select id from gone);
             update company set main_contact_id = null where main_contact_id in (select id from contact where company_id in (select id from gone));
             delete from note where deal_id in (select id from deal where company_id in (select id from gone));
             delete from deal where company_id in (select id from gone);
             update deal set contact_id = null where contact_id in (select id from contact where company_id in (select id from gone));
             update contact set manager_id = null where manager_id in (select id from contact where company_id in (select id from gone));
             delete from contact where company_id in (select id from gone);
             delete from company where id in (select id from gone);
             update contact set name = 'garbled' where id % 20 = 7;
             update company set name = '?', changed = null where id % 20 = 9;
             update deal set amount = -1, tags = null where id % 20 = 11;
             update note set body = null where id % 20 = 13;
             insert into company values (900001, 'Newer', null, now());
             insert into contact (id, company_id, manager_id, name) values (900001, 900001, 900001, 'Newer'), (900002, 1, 900001, 'Newer');
             update company set main_contact_id = 900002 where id = 900001;
             insert into deal values (900001, 900001, 900001, 1, null);
             insert into note (deal_id, body) select d.id, 'newer' from deal d where d.id in (900001, (select min(id) from deal))",
        )
        .await;
}

/// The rows of all tables.
pub fn rows(server: &PostgresServer) -> Rows {
    let of = |table: &'static str| {
        let text = server.psql(&format!("select t.id, t::text from {table} t order by t.id"));
        let row = |line: &str| line.split_once('|').map(|(id, row)| (id.to_owned(), row.to_owned())).expect("a row");
        (table, text.lines().map(row).collect())
    };
    TABLES.map(of).into()
}

/// What a restore does with each record that differs; `newer` with those that are newer.
pub fn differing(then: &Rows, now: &Rows, table: &str, newer: &str) -> BTreeMap<String, String> {
    let (then, now) = (&then[table], &now[table]);
    let mut found = BTreeMap::new();
    for (id, row) in then {
        match now.get(id) {
            None => found.insert(id.clone(), "create".to_owned()),
            Some(other) if other != row => found.insert(id.clone(), "change".to_owned()),
            Some(_) => None,
        };
    }
    found.extend(now.keys().filter(|id| !then.contains_key(*id)).map(|id| (id.clone(), newer.to_owned())));
    found
}
