//! Reading records: lists with their pages, single records, counts and deleted ones.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use crate::asked::{Asked, Replied, Reply};
use crate::organisation::Organisation;
use crate::people;
use crate::refusal::Refusal;
use crate::rows::{Row, written};
use crate::schema::ModuleSpec;
use crate::table::{Place, SortBy, Sorting, Table};
use crate::words::hash;

/// Fields of one call.
const FIELDS: usize = 50;
/// Rows of one page.
const PAGE: usize = 200;
/// Rows that page numbers lead to; page tokens lead further.
const NUMBERED: usize = 2_000;
/// Ids of one call.
const IDS: usize = 100;

impl Organisation {
    /// The records of a module, or the refusal of an unknown one.
    pub fn known(&self, module: &str) -> Result<Cow<'_, Table>, Refusal> {
        self.table(module).ok_or_else(Refusal::invalid_module)
    }

    /// `GET /{module}`
    pub fn list(&mut self, asked: &Asked) -> Replied {
        let module = asked.part(0);
        if module == "Attachments" && !self.options.organisation_attachments {
            return Err(Refusal::invalid_module());
        }
        let fields = fields_of(asked)?;
        if asked.parameter("ids").is_some() {
            return self.by_ids(asked, &fields);
        }
        let since = asked.modified_since()?;
        let table = self.known(module)?;
        let page = Page::of(asked, &fields, self.options.page_limit, self.now())?;
        let omitted = self.faults.omitted_from_lists(module);
        let is_wanted = |id: &u64| {
            omitted.is_none_or(|every| !id.is_multiple_of(every))
                && since.is_none_or(|since| table.modified(*id).is_some_and(|at| at >= since))
        };
        let mut ids = table.sorted(page.sorting, page.after).filter(is_wanted).skip(page.skipped);
        let found: Vec<u64> = ids.by_ref().take(page.size).collect();
        let more = ids.next().is_some();
        drop(ids);
        if found.is_empty() {
            return Ok(if since.is_some() { Reply::NotModified } else { Reply::Empty });
        }
        let data: Vec<Value> =
            found.iter().filter_map(|id| table.part(*id, &fields)).map(|row| shown(&row, &table.spec, &fields)).collect();
        let last = found.last().map(|id| table.place(*id, page.sorting.by));
        let info = page.info(asked, data.len(), last.filter(|_| more), self.now());
        Ok(Reply::Json(json!({"data": data, "info": info})))
    }

    fn by_ids(&self, asked: &Asked, fields: &[String]) -> Replied {
        let ids = asked.names("ids");
        if ids.len() > IDS {
            return Err(exceeded("ids", IDS));
        }
        let table = self.known(asked.part(0))?;
        let rows = ids.iter().filter_map(|id| table.part(id.parse().ok()?, fields));
        let data: Vec<Value> = rows.map(|row| shown(&row, &table.spec, fields)).collect();
        if data.is_empty() {
            return Ok(Reply::Empty);
        }
        let info = json!({"per_page": PAGE, "count": data.len(), "page": 1, "more_records": false});
        Ok(Reply::Json(json!({"data": data, "info": info})))
    }

    /// `GET /{module}/{id}`
    pub fn record(&mut self, asked: &Asked) -> Replied {
        let table = self.known(asked.part(0))?;
        let id = asked.id(1)?;
        let Some(row) = table.get(id) else {
            return if table.was_deleted(id) { Ok(Reply::Empty) } else { Err(Refusal::invalid_id()) };
        };
        let since = asked.modified_since()?;
        if since.is_some_and(|since| table.modified(id).is_none_or(|at| at < since)) {
            return Ok(Reply::NotModified);
        }
        let fields = asked.names("fields");
        if fields.is_empty() {
            return Ok(Reply::Json(json!({"data": [whole(&row)]})));
        }
        let mut chosen: Row =
            row.iter().filter(|(name, _)| fields.contains(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
        chosen.insert("id".to_owned(), json!(id.to_string()));
        Ok(Reply::Json(json!({"data": [chosen]})))
    }

    /// `GET /{module}/actions/count`
    pub fn counted(&mut self, asked: &Asked) -> Replied {
        let count = self.known(asked.part(0))?.count();
        Ok(Reply::Json(json!({"count": count})))
    }

    /// `GET /{module}/deleted`
    pub fn deleted(&mut self, asked: &Asked) -> Replied {
        let table = self.known(asked.part(0))?;
        let (kind, since) = (asked.parameter("type").unwrap_or("all"), asked.modified_since()?);
        let (page, size) = (asked.number("page", 1, usize::MAX)?, asked.number("per_page", PAGE, PAGE)?);
        let is_wanted = |is_permanent: bool| match kind {
            "recycle" => !is_permanent,
            "permanent" => is_permanent,
            _ => true,
        };
        let mut found = table.deleted();
        found.retain(|(_, gone)| is_wanted(gone.is_permanent) && since.is_none_or(|since| gone.at >= since));
        let more = found.len() > page.saturating_mul(size);
        let data: Vec<Value> = found
            .iter()
            .skip((page - 1).saturating_mul(size))
            .take(size)
            .map(|(id, gone)| {
                json!({
                    "id": id.to_string(),
                    "display_name": gone.name,
                    "type": if gone.is_permanent { "permanent" } else { "recycle" },
                    "deleted_by": people::user(0),
                    "created_by": gone.created_by,
                    "deleted_time": written(gone.at),
                })
            })
            .collect();
        if data.is_empty() {
            return Ok(if since.is_some() { Reply::NotModified } else { Reply::Empty });
        }
        let info = json!({"per_page": size, "count": data.len(), "page": page, "more_records": more});
        Ok(Reply::Json(json!({"data": data, "info": info})))
    }

    /// `GET /{module}/{id}/actions/fetch_full_data`, and the same for several ids.
    pub fn full_data(&mut self, asked: &Asked) -> Replied {
        let ids = if asked.path.len() > 1 { vec![asked.part(1).to_owned()] } else { asked.names("ids") };
        let fields = asked.names("fields");
        let table = self.known(asked.part(0))?;
        let is_text = |name: &String| table.spec.field(name).is_some_and(|field| field.kind.types().0 == "textarea");
        let rows = ids.iter().filter_map(|id| table.get(id.parse().ok()?));
        let data: Vec<Value> = rows
            .map(|row| {
                let is_shown = |name: &String| name == "id" || (is_text(name) && (fields.is_empty() || fields.contains(name)));
                Value::Object(
                    row.iter().filter(|(name, _)| is_shown(name)).map(|(name, value)| (name.clone(), value.clone())).collect(),
                )
            })
            .collect();
        if data.is_empty() { Ok(Reply::Empty) } else { Ok(Reply::Json(json!({"data": data}))) }
    }
}

/// Reads the field list. It is mandatory, except in the oldest version.
fn fields_of(asked: &Asked) -> Result<Vec<String>, Refusal> {
    let fields = asked.names("fields");
    match fields.len() {
        0 if !asked.is_old() => Err(Refusal::missing("fields")),
        found if found > FIELDS => Err(exceeded("fields", FIELDS)),
        _ => Ok(fields),
    }
}

fn exceeded(parameter: &str, limit: usize) -> Refusal {
    let details = json!({"param_name": parameter, "limit": limit, "limit_due_to": [{"param_name": parameter, "limit": limit}]});
    Refusal::new(400, "LIMIT_EXCEEDED", &format!("{parameter} limit exceeded"), details)
}

/// A row as lists show it: the fields that were asked for.
pub fn shown(row: &Row, spec: &ModuleSpec, fields: &[String]) -> Value {
    let is_listed = |name: &str| spec.field(name).is_none_or(|field| !field.kind.is_only_in_record());
    if fields.is_empty() {
        return Value::Object(
            row.iter().filter(|(name, _)| is_listed(name)).map(|(name, value)| (name.clone(), value.clone())).collect(),
        );
    }
    let mut shown: Row =
        fields.iter().filter(|name| is_listed(name)).filter_map(|name| Some((name.clone(), row.get(name)?.clone()))).collect();
    shown.insert("id".to_owned(), row.get("id").cloned().unwrap_or_default());
    Value::Object(shown)
}

/// A record with everything, and what Zoho adds for its own screens.
fn whole(row: &Row) -> Value {
    let mut row = row.clone();
    for (name, value) in
        [("$approved", json!(true)), ("$editable", json!(true)), ("$in_merge", json!(false)), ("$currency_symbol", json!("¥"))]
    {
        row.insert(name.to_owned(), value);
    }
    Value::Object(row)
}

/// Which rows a call asks for.
struct Page {
    sorting: Sorting,
    size: usize,
    number: usize,
    /// Rows before this page, counted from `after`.
    skipped: usize,
    after: Option<Place>,
    /// Rows up to and with this page.
    reached: usize,
    fields: u64,
}

impl Page {
    fn of(asked: &Asked, fields: &[String], limit: usize, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let size = asked.number("per_page", PAGE, PAGE)?;
        let number = asked.number("page", 1, usize::MAX / PAGE)?;
        let fields = hash(&fields.join(","));
        let sorting = sorting_of(asked)?;
        let Some(token) = asked.parameter("page_token") else {
            if number * size > NUMBERED && !asked.is_old() {
                let message = "You can get only the first 2000 records without using page_token param";
                return Err(Refusal::new(400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", message, json!({"limit": NUMBERED})));
            }
            return Ok(Self { sorting, size, number, skipped: (number - 1) * size, after: None, reached: number * size, fields });
        };
        if asked.parameter("page").is_some() {
            let details = json!({"ambiguity_due_to": [{"param_name": "page"}, {"param_name": "page_token"}]});
            return Err(Refusal::new(400, "AMBIGUITY_DURING_PROCESSING", "page and page_token cannot be combined", details));
        }
        let token = Token::parse(token, asked.part(0)).filter(|token| token.fields == fields && token.sorting == sorting);
        let token = token.ok_or_else(|| Refusal::invalid("page_token is invalid", json!({"param_name": "page_token"})))?;
        if token.expires < now.timestamp() {
            return Err(Refusal::new(400, "EXPIRED_VALUE", "page_token is expired", json!({"param_name": "page_token"})));
        }
        if token.seen >= limit {
            let message = "You have reached the limit of records that page tokens lead to";
            return Err(Refusal::new(400, "PAGINATION_LIMIT_EXCEEDED", message, json!({"limit": limit})));
        }
        let (reached, number) = (token.seen + size, token.seen / size + 1);
        Ok(Self { sorting, size, number, skipped: 0, after: Some(token.place), reached, fields })
    }

    fn info(&self, asked: &Asked, count: usize, last: Option<Place>, now: DateTime<Utc>) -> Value {
        let expires = now + Duration::hours(24);
        let token = last.map(|place| {
            let (sorting, fields) = (self.sorting, self.fields);
            Token { sorting, fields, place, seen: self.reached, expires: expires.timestamp() }.written(asked.part(0))
        });
        let by = match self.sorting.by {
            SortBy::Id => "id",
            SortBy::Created => "Created_Time",
            SortBy::Modified => "Modified_Time",
        };
        let mut info = json!({"per_page": self.size, "count": count, "page": self.number, "more_records": last.is_some()});
        if !asked.is_old() {
            info["sort_by"] = json!(by);
            info["sort_order"] = json!(if self.sorting.is_descending { "desc" } else { "asc" });
            info["next_page_token"] = json!(token);
            info["previous_page_token"] = Value::Null;
            info["page_token_expiry"] = json!(token.is_some().then(|| written(expires)));
        }
        info
    }
}

fn sorting_of(asked: &Asked) -> Result<Sorting, Refusal> {
    let by = match asked.parameter("sort_by").unwrap_or("id") {
        "id" => SortBy::Id,
        "Created_Time" => SortBy::Created,
        "Modified_Time" => SortBy::Modified,
        _ => return Err(Refusal::invalid("sort_by is invalid", json!({"param_name": "sort_by"}))),
    };
    match asked.parameter("sort_order").unwrap_or("desc") {
        "asc" => Ok(Sorting { by, is_descending: false }),
        "desc" => Ok(Sorting { by, is_descending: true }),
        _ => Err(Refusal::invalid("sort_order is invalid", json!({"param_name": "sort_order"}))),
    }
}

/// What a page token says.
struct Token {
    sorting: Sorting,
    fields: u64,
    place: Place,
    seen: usize,
    expires: i64,
}

impl Token {
    fn written(&self, module: &str) -> String {
        let by = match self.sorting.by {
            SortBy::Id => 0,
            SortBy::Created => 1,
            SortBy::Modified => 2,
        };
        let (time, id) = self.place;
        let parts = json!([module, by, self.sorting.is_descending, self.fields, time, id, self.seen, self.expires]);
        URL_SAFE_NO_PAD.encode(parts.to_string())
    }

    fn parse(text: &str, module: &str) -> Option<Self> {
        let parts: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let number = |at: usize| parts[at].as_u64();
        let by = match number(1)? {
            0 => SortBy::Id,
            1 => SortBy::Created,
            _ => SortBy::Modified,
        };
        let sorting = Sorting { by, is_descending: parts[2].as_bool()? };
        let place = (parts[4].as_i64()?, number(5)?);
        let token =
            Self { sorting, fields: number(3)?, place, seen: usize::try_from(number(6)?).ok()?, expires: parts[7].as_i64()? };
        (parts[0] == module).then_some(token)
    }
}
