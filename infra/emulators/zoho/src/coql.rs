//! COQL: the part of the query language that reads records.

use serde_json::{Value, json};

use crate::asked::{Asked, Replied, Reply};
use crate::conditions::{Comparator, Condition};
use crate::organisation::Organisation;
use crate::query_words::{Word, words, wrong};
use crate::refusal::Refusal;
use crate::rows::Row;
use crate::schema::{FieldKind, ModuleSpec};
use crate::table::{SortBy, Sorting, Table};

/// Rows of one call, and rows that `LIMIT` and `OFFSET` lead to (Zoho CRM API v8: COQL limitations).
const ROWS: usize = 2_000;
const REACH: usize = 100_000;
const COLUMNS: usize = 500;
const DEFAULT_ROWS: usize = 200;

/// A query.
#[derive(Debug)]
struct Query {
    columns: Vec<String>,
    /// Whether it asks for `COUNT(id)` only.
    is_count: bool,
    module: String,
    condition: Condition,
    order: Option<(String, bool)>,
    limit: usize,
    offset: usize,
}

impl Organisation {
    /// `POST /coql`
    pub fn coql(&mut self, asked: &Asked) -> Replied {
        let body = asked.json()?;
        let text = body["select_query"].as_str().ok_or_else(|| Refusal::missing("select_query"))?;
        let query = Query::parse(text)?;
        let more = match query.limit {
            0..=200 => 0,
            201..=1_000 => 1,
            _ => 2,
        };
        self.charge_more("coql", more);
        let table = self.known(&query.module)?;
        query.check(&table.spec)?;
        if query.is_count {
            let count = table.ids(query.condition.after_id()).filter(|id| query.condition.holds(&table, *id)).count();
            let row = json!({ "COUNT(id)": count });
            return Ok(Reply::Json(json!({"data": [row], "info": {"count": 1, "more_records": false}})));
        }
        let (found, more) = query.run(&table)?;
        if found.is_empty() {
            return Ok(Reply::Empty);
        }
        let data: Vec<Value> = found
            .iter()
            .filter_map(|id| table.part(*id, &query.columns))
            .map(|row| self.columns_of(&row, &query, &table.spec))
            .collect();
        let info = json!({"count": data.len(), "more_records": more});
        Ok(Reply::Json(json!({"data": data, "info": info})))
    }

    fn columns_of(&self, row: &Row, query: &Query, spec: &ModuleSpec) -> Value {
        let mut shown: Row = query.columns.iter().map(|column| (column.clone(), self.column(row, column, spec))).collect();
        shown.insert("id".to_owned(), row.get("id").cloned().unwrap_or_default());
        Value::Object(shown)
    }

    /// A column's value. Lookups are shown by their id only; a dot leads to the field of the record that is referred to.
    pub fn column(&self, row: &Row, column: &str, spec: &ModuleSpec) -> Value {
        let (name, inner) = column.split_once('.').map_or((column, None), |(name, inner)| (name, Some(inner)));
        let value = row.get(name).cloned().unwrap_or_default();
        let kind = spec.field(name).map(|field| &field.kind);
        match (kind, inner) {
            (Some(FieldKind::Lookup(_) | FieldKind::User), None) if value.is_object() => json!({"id": value["id"]}),
            (Some(FieldKind::Lookup(module)), Some(inner)) => {
                let id = value["id"].as_str().and_then(|id| id.parse().ok());
                let found = id.and_then(|id| self.table(module)?.get(id));
                found.and_then(|row| row.get(inner).cloned()).unwrap_or_default()
            }
            (Some(FieldKind::User), Some(inner)) => value[inner.to_lowercase()].clone(),
            _ => value,
        }
    }
}

impl Query {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let words = words(text)?;
        let mut reader = Reader { words: &words };
        reader.expect("select")?;
        let mut columns = vec![reader.name()?];
        let is_count = columns[0].eq_ignore_ascii_case("count") && reader.sign("(");
        if is_count {
            columns = vec![reader.name()?];
            if !reader.sign(")") {
                return Err(wrong(")"));
            }
        }
        while reader.sign(",") {
            columns.push(reader.name()?);
        }
        reader.expect("from")?;
        let module = reader.name()?;
        if !reader.keyword("where") {
            return Err(Refusal::new(400, "SYNTAX_ERROR", "missing clause", json!({"clause": "where"})));
        }
        let condition = reader.condition()?;
        let order = if reader.keyword("order") { Some(reader.order()?) } else { None };
        let (limit, offset) = reader.limit()?;
        if let Some(word) = reader.words.first() {
            return Err(wrong(&format!("{word:?}")));
        }
        if limit > ROWS || offset + limit > REACH || columns.len() > COLUMNS {
            return Err(Refusal::new(400, "LIMIT_EXCEEDED", "Limit exceeded", json!({"clause": "limit", "limit": ROWS})));
        }
        Ok(Self { columns, is_count, module, condition, order, limit, offset })
    }

    /// Refuses columns that do not exist or cannot be selected.
    fn check(&self, spec: &ModuleSpec) -> Result<(), Refusal> {
        let named = self.columns.iter().map(String::as_str).chain(self.condition.fields());
        for column in named.chain(self.order.iter().map(|(column, _)| column.as_str())) {
            let name = column.split('.').next().unwrap_or_default();
            let invalid = |message: &str| Refusal::new(400, "INVALID_QUERY", message, json!({"column_name": column}));
            match spec.field(name) {
                None if name != "id" && !name.starts_with('$') => return Err(invalid("column given seems to be invalid")),
                Some(field) if matches!(field.kind, FieldKind::Subform(_) | FieldKind::Images | FieldKind::Photo) => {
                    return Err(invalid("data type not supported"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The ids of the rows, and whether there are more.
    fn run(&self, table: &Table) -> Result<(Vec<u64>, bool), Refusal> {
        let (name, is_descending) =
            self.order.as_ref().map_or(("id", false), |(name, is_descending)| (name.as_str(), *is_descending));
        let by = match name {
            "id" => SortBy::Id,
            "Created_Time" => SortBy::Created,
            "Modified_Time" => SortBy::Modified,
            _ => {
                return Err(Refusal::new(
                    400,
                    "INVALID_QUERY",
                    "the test server orders by id and times only",
                    json!({"column_name": name}),
                ));
            }
        };
        let ids: Box<dyn Iterator<Item = u64>> = if by == SortBy::Id && !is_descending {
            Box::new(table.ids(self.condition.after_id()))
        } else {
            table.sorted(Sorting { by, is_descending }, None)
        };
        let mut ids = ids.filter(|id| self.condition.holds(table, *id)).skip(self.offset);
        let found: Vec<u64> = ids.by_ref().take(self.limit).collect();
        Ok((found, ids.next().is_some()))
    }
}

struct Reader<'a> {
    words: &'a [Word],
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<&'a Word, Refusal> {
        let (first, rest) = self.words.split_first().ok_or_else(|| wrong("end of the query"))?;
        self.words = rest;
        Ok(first)
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let is_next = matches!(self.words.first(), Some(Word::Name(name)) if name.eq_ignore_ascii_case(keyword));
        self.words = if is_next { &self.words[1..] } else { self.words };
        is_next
    }

    fn sign(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.words.first(), Some(Word::Sign(found)) if found == sign);
        self.words = if is_next { &self.words[1..] } else { self.words };
        is_next
    }

    fn expect(&mut self, keyword: &str) -> Result<(), Refusal> {
        if self.keyword(keyword) { Ok(()) } else { Err(wrong(keyword)) }
    }

    fn name(&mut self) -> Result<String, Refusal> {
        match self.next()? {
            Word::Name(name) => Ok(name.clone()),
            other => Err(wrong(&format!("{other:?}"))),
        }
    }

    fn value(&mut self) -> Result<Value, Refusal> {
        match self.next()? {
            Word::Value(value) => Ok(value.clone()),
            other => Err(wrong(&format!("{other:?}"))),
        }
    }

    /// Two conditions at most; more need brackets.
    fn condition(&mut self) -> Result<Condition, Refusal> {
        let first = self.term()?;
        let make: fn(Vec<Condition>) -> Condition = if self.keyword("and") {
            Condition::All
        } else if self.keyword("or") {
            Condition::Any
        } else {
            return Ok(first);
        };
        let both = make(vec![first, self.term()?]);
        if self.keyword("and") || self.keyword("or") {
            return Err(wrong("more than two criteria need brackets"));
        }
        Ok(both)
    }

    fn term(&mut self) -> Result<Condition, Refusal> {
        if self.sign("(") {
            let inner = self.condition()?;
            return if self.sign(")") { Ok(inner) } else { Err(wrong(")")) };
        }
        let name = self.name()?;
        let (comparator, values) = self.comparison()?;
        Ok(Condition::of(name, comparator, values))
    }

    fn comparison(&mut self) -> Result<(Comparator, Vec<Value>), Refusal> {
        let is_not = self.keyword("not");
        if self.keyword("is") {
            let is_not = self.keyword("not");
            self.expect("null")?;
            return Ok((if is_not { Comparator::NotNull } else { Comparator::Null }, Vec::new()));
        }
        if self.keyword("in") {
            return Ok((if is_not { Comparator::NotIn } else { Comparator::In }, self.values()?));
        }
        if self.keyword("like") {
            return Ok((if is_not { Comparator::NotLike } else { Comparator::Like }, vec![self.value()?]));
        }
        if self.keyword("between") {
            let first = self.value()?;
            self.expect("and")?;
            return Ok((Comparator::Between, vec![first, self.value()?]));
        }
        let comparator = match self.next()? {
            Word::Sign(sign) => match sign.as_str() {
                "=" => Comparator::Equal,
                "!=" => Comparator::NotEqual,
                "<" => Comparator::Less,
                "<=" => Comparator::LessEqual,
                ">" => Comparator::Greater,
                ">=" => Comparator::GreaterEqual,
                other => return Err(wrong(other)),
            },
            other => return Err(wrong(&format!("{other:?}"))),
        };
        Ok((comparator, vec![self.value()?]))
    }

    fn values(&mut self) -> Result<Vec<Value>, Refusal> {
        if !self.sign("(") {
            return Err(wrong("("));
        }
        let mut values = vec![self.value()?];
        while self.sign(",") {
            values.push(self.value()?);
        }
        if self.sign(")") { Ok(values) } else { Err(wrong(")")) }
    }

    fn order(&mut self) -> Result<(String, bool), Refusal> {
        self.expect("by")?;
        let name = self.name()?;
        let is_descending = self.keyword("desc");
        let _ = self.keyword("asc");
        Ok((name, is_descending))
    }

    /// `LIMIT n`, `LIMIT offset, n` or `LIMIT n OFFSET m`.
    fn limit(&mut self) -> Result<(usize, usize), Refusal> {
        if !self.keyword("limit") {
            return Ok((DEFAULT_ROWS, 0));
        }
        let first = self.count()?;
        if self.sign(",") {
            return Ok((self.count()?, first));
        }
        let offset = if self.keyword("offset") { self.count()? } else { 0 };
        Ok((first, offset))
    }

    fn count(&mut self) -> Result<usize, Refusal> {
        let value = self.value()?;
        value.as_u64().and_then(|count| usize::try_from(count).ok()).ok_or_else(|| wrong("limit"))
    }
}
