//! Statements that lock, read and write records. Values are constants without a type, which the server reads as it has written them.

use hozon_shared::domain::writing::{RecordWrite, WriteStep};

use super::table::CellPlaces;
use crate::names::{literal, quoted};

impl CellPlaces {
    /// Locks the records of these keys, and reads their cells.
    pub(crate) fn select(&self, keys: &[Vec<&str>]) -> String {
        let names = self.key.iter().map(|at| quoted(&self.fields[*at])).collect::<Vec<_>>().join(", ");
        let keys: Vec<String> = keys
            .iter()
            .map(|key| format!("({})", key.iter().map(|value| literal(value)).collect::<Vec<_>>().join(", ")))
            .collect();
        let read: Vec<String> = self.fields.iter().zip(self.read()).map(|(name, is_read)| selected(name, is_read)).collect();
        format!(
            "select {} from {} where ({names}) in ({}) order by {names} for update",
            read.join(", "),
            self.source,
            keys.join(", ")
        )
    }

    /// For each field, whether it is read: those that count, and those of the key.
    fn read(&self) -> impl Iterator<Item = bool> {
        self.counts.iter().enumerate().map(|(at, counts)| *counts || self.key.contains(&at))
    }

    /// The statement that writes a record; `None` if nothing is to be done.
    pub(crate) fn statement(&self, write: &RecordWrite, step: &WriteStep) -> Option<String> {
        let (wanted, seen) = (write.wanted.as_deref().unwrap_or_default(), write.seen.as_deref().unwrap_or_default());
        match step {
            WriteStep::Leave(_) => None,
            WriteStep::Create => Some(self.insert(wanted)),
            WriteStep::Change(at) => Some(self.update(wanted, seen, at)),
            WriteStep::Delete => Some(format!("delete from {} where {}", self.source, self.condition(seen))),
        }
    }

    /// The statement that creates a record.
    pub(crate) fn insert(&self, cells: &[Option<String>]) -> String {
        let written = || self.fields.iter().zip(cells).zip(&self.counts).filter(|(_, counts)| **counts).map(|(cell, _)| cell);
        let names: Vec<String> = written().map(|(name, _)| quoted(name)).collect();
        let values: Vec<String> = written().map(|(_, cell)| constant(cell.as_deref())).collect();
        let (named, names, values) = (&self.named, names.join(", "), values.join(", "));
        format!("insert into {named} ({names}) overriding system value values ({values})")
    }

    fn update(&self, wanted: &[Option<String>], seen: &[Option<String>], at: &[usize]) -> String {
        let changes: Vec<String> =
            at.iter().map(|at| format!("{} = {}", quoted(&self.fields[*at]), constant(wanted[*at].as_deref()))).collect();
        format!("update {} set {} where {}", self.source, changes.join(", "), self.condition(seen))
    }

    fn condition(&self, cells: &[Option<String>]) -> String {
        let is = |at: &usize| format!("{} = {}", quoted(&self.fields[*at]), constant(cells[*at].as_deref()));
        self.key.iter().map(is).collect::<Vec<_>>().join(" and ")
    }
}

/// What is not read takes its place as NULL.
fn selected(name: &str, is_read: bool) -> String {
    if is_read { quoted(name) } else { "null".to_owned() }
}

fn constant(cell: Option<&str>) -> String {
    cell.map_or_else(|| "null".to_owned(), literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_and_can_be_written_is_named() {
        let places = CellPlaces {
            source: "only \"s\".\"t\"".to_owned(),
            named: "\"s\".\"t\"".to_owned(),
            fields: ["id", "na\"me", "twice"].map(str::to_owned).to_vec(),
            counts: vec![true, true, false],
            key: vec![0],
        };
        let cells = |text: [Option<&str>; 3]| Some(text.map(|cell| cell.map(str::to_owned)).to_vec());
        let (before, after) = (cells([Some("1"), Some("a"), Some("2")]), cells([Some("1"), None, Some("2")]));
        let change = RecordWrite { seen: before.clone(), wanted: after.clone() };
        assert_eq!(
            places.statement(&change, &WriteStep::Change(vec![1])).as_deref(),
            Some(r#"update only "s"."t" set "na""me" = null where "id" = '1'"#)
        );
        assert_eq!(
            places.statement(&RecordWrite { seen: None, wanted: before.clone() }, &WriteStep::Create).as_deref(),
            Some(r#"insert into "s"."t" ("id", "na""me") overriding system value values ('1', 'a')"#)
        );
        assert_eq!(
            places.statement(&RecordWrite { seen: before, wanted: None }, &WriteStep::Delete).as_deref(),
            Some(r#"delete from only "s"."t" where "id" = '1'"#)
        );
        assert_eq!(
            places.select(&[vec!["1"], vec!["it's"]]),
            r#"select "id", "na""me", null from only "s"."t" where ("id") in (('1'), ('it''s')) order by "id" for update"#
        );
    }
}
