//! Bulk Read: jobs whose results are zips with one CSV file.

use std::io::Write;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::asked::{Asked, FileReply, Replied, Reply};
use crate::conditions::{Comparator, Condition};
use crate::csv;
use crate::jobs::{BulkQuery, BulkResult, Job};
use crate::organisation::Organisation;
use crate::people;
use crate::refusal::Refusal;
use crate::rows::written;
use crate::schema::FieldKind;

/// Fields of one job, and pages of one query.
const FIELDS: usize = 200;
const PAGES: u64 = 500;

impl Organisation {
    /// `POST /crm/bulk/v8/read`
    pub fn bulk_create(&mut self, asked: &Asked) -> Replied {
        let body = asked.json()?;
        let query = self.bulk_query(&body)?;
        if body["file_type"].as_str().is_some_and(|kind| kind != "csv") {
            return Err(Refusal::new(400, "INVALID_REQUEST", "the file type is not supported", json!({})));
        }
        let (id, now, takes) = (self.new_id(), self.now(), self.options.bulk_job);
        let fails = self.faults.bulk_fails(&query.module);
        self.jobs.add(id, query, now, takes, fails);
        let details = json!({
            "id": id.to_string(), "operation": "read", "state": "ADDED", "created_by": people::user(0), "created_time": written(now),
        });
        let added =
            json!({"status": "success", "code": "ADDED_SUCCESSFULLY", "message": "Added successfully.", "details": details});
        Ok(Reply::Created(json!({"data": [added], "info": {}})))
    }

    fn bulk_query(&self, body: &Value) -> Result<BulkQuery, Refusal> {
        let query = &body["query"];
        let module = query["module"]["api_name"].as_str().or(query["module"].as_str()).unwrap_or_default().to_owned();
        let refuse = |code: &str, message: &str| Err(Refusal::new(400, code, message, json!({})));
        let Some(spec) = self.spec(&module) else { return refuse("MODULE_NOT_AVAILABLE", "the module is not available") };
        if !spec.is_bulk_readable {
            return refuse("MODULE_NOT_SUPPORTED", "the module is not supported");
        }
        let names = query["fields"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut fields: Vec<String> = names.map(str::to_owned).collect();
        if fields.is_empty() {
            fields = spec
                .fields
                .iter()
                .filter(|field| !matches!(field.kind, FieldKind::Subform(_)))
                .map(|field| field.api_name.clone())
                .collect();
        }
        if fields.len() > FIELDS {
            return refuse("INVALID_REQUEST", "more than 200 fields");
        }
        for name in fields.iter().map(|name| name.split('.').next().unwrap_or_default()) {
            match spec.field(name) {
                None if name != "id" => return refuse("FIELD_NOT_AVAILABLE", name),
                Some(field) if matches!(field.kind, FieldKind::Subform(_)) => return refuse("FIELD_NOT_SUPPORTED", name),
                _ => {}
            }
        }
        let page = query["page"].as_u64().unwrap_or(1);
        if !(1..=PAGES).contains(&page) {
            return Err(Refusal::new(400, "PAGE_RANGE_EXCEEDED", "the page is out of range", json!({"max_limit": PAGES})));
        }
        if !query["criteria"].is_null() {
            condition(&query["criteria"])?;
        }
        let (page, after) = match query["page_token"].as_str() {
            Some(token) => parse_token(token).map(|(page, id)| (page, Some((0, id)))).ok_or_else(|| {
                Refusal::new(400, "INVALID_REQUEST", "the page token is invalid", json!({"param_name": "page_token"}))
            })?,
            None => (page, None),
        };
        Ok(BulkQuery { module, fields, page, after, shown: query.clone() })
    }

    /// `GET /crm/bulk/v8/read/{id}`
    pub fn bulk_status(&mut self, asked: &Asked) -> Replied {
        let id = asked.id(1)?;
        let job = self.job(id)?;
        let state = job.state(self.now());
        let (version, size) = (&asked.version, self.options.bulk_rows);
        let mut shown = json!({
            "id": id.to_string(), "operation": "read", "state": state, "query": job.query.shown, "created_by": people::user(0),
            "created_time": written(job.created), "file_type": "csv",
        });
        if let Some(result) = job.result.as_ref().filter(|_| state == "COMPLETED") {
            let last = result.ids.last().filter(|_| result.more).map(|id| token(job.query.page + 1, *id));
            shown["result"] = json!({
                "page": job.query.page, "per_page": size, "count": result.ids.len(), "more_records": result.more, "next_page_token": last,
                "download_url": format!("/crm/bulk/{version}/read/{id}/result"),
            });
        }
        Ok(Reply::Json(json!({"data": [shown]})))
    }

    /// `GET /crm/bulk/v8/read/{id}/result`
    pub fn bulk_result(&mut self, asked: &Asked) -> Replied {
        let id = asked.id(1)?;
        let now = self.now();
        let job = self.job(id)?;
        if job.state(now) != "COMPLETED" {
            return Err(not_found(400, id));
        }
        if !self.jobs.may_download(now) {
            return Err(Refusal::new(429, "TOO_MANY_REQUESTS", "Only 10 downloads are allowed per minute", json!({})));
        }
        let result = job.result.ok_or_else(|| not_found(400, id))?;
        let (fields, every) = (job.query.fields, self.faults.omitted(&job.query.module));
        Ok(Reply::Later(Box::new(move || {
            let rows = csv::rows(&result.table, &result.ids, &fields, every);
            FileReply { name: format!("{id}.zip"), media_type: "application/x-download", bytes: zip(&format!("{id}.csv"), &rows) }
        })))
    }

    /// A job as it is now. Its rows are those of the first look after it ended.
    fn job(&mut self, id: u64) -> Result<Job, Refusal> {
        let now = self.now();
        self.jobs.forget(now);
        let job = self.jobs.job(id).cloned().ok_or_else(|| not_found(404, id))?;
        if job.is_forgotten || job.result.is_some() || job.state(now) != "COMPLETED" {
            return Ok(job);
        }
        let result = self.read(&job.query)?;
        let job = self.jobs.job(id).ok_or_else(|| not_found(404, id))?;
        job.result = Some(Arc::new(result));
        Ok(job.clone())
    }

    fn read(&self, query: &BulkQuery) -> Result<BulkResult, Refusal> {
        let table = self.known(&query.module)?.into_owned();
        let size = self.options.bulk_rows;
        let skipped =
            if query.after.is_some() { 0 } else { usize::try_from(query.page - 1).unwrap_or(usize::MAX).saturating_mul(size) };
        let condition = if query.shown["criteria"].is_null() { None } else { Some(condition(&query.shown["criteria"])?) };
        let is_wanted = |id: &u64| condition.as_ref().is_none_or(|condition| condition.holds(&table, *id));
        let mut ids = table.ids(query.after.map_or(0, |(_, id)| id)).filter(is_wanted).skip(skipped);
        let found: Vec<u64> = ids.by_ref().take(size).collect();
        let more = ids.next().is_some();
        drop(ids);
        Ok(BulkResult { table, ids: found, more })
    }
}

fn not_found(status: u16, id: u64) -> Refusal {
    Refusal::new(status, "RESOURCE_NOT_FOUND", "the resource is not found", json!({"resource": id.to_string()}))
}

fn token(page: u64, id: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{page}:{id}"))
}

fn parse_token(token: &str) -> Option<(u64, u64)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (page, id) = text.split_once(':')?;
    Some((page.parse().ok()?, id.parse().ok()?))
}

/// Reads a job's criteria.
fn condition(criteria: &Value) -> Result<Condition, Refusal> {
    let wrong = || Refusal::new(400, "INVALID_CRITERIA", "the criteria are invalid", json!({}));
    if let Some(group) = criteria["group"].as_array() {
        let inner = group.iter().map(condition).collect::<Result<Vec<_>, _>>()?;
        return match criteria["group_operator"].as_str() {
            Some(operator) if operator.eq_ignore_ascii_case("or") => Ok(Condition::Any(inner)),
            Some(_) => Ok(Condition::All(inner)),
            None => Err(wrong()),
        };
    }
    let name = criteria["field"]["api_name"].as_str().or(criteria["api_name"].as_str()).ok_or_else(wrong)?.to_owned();
    let comparator = match criteria["comparator"].as_str().unwrap_or_default() {
        "equal" if criteria["value"] == "${EMPTY}" => Comparator::Null,
        "not_equal" if criteria["value"] == "${EMPTY}" => Comparator::NotNull,
        "equal" => Comparator::Equal,
        "not_equal" => Comparator::NotEqual,
        "in" => Comparator::In,
        "not_in" => Comparator::NotIn,
        "less_than" => Comparator::Less,
        "less_equal" => Comparator::LessEqual,
        "greater_than" => Comparator::Greater,
        "greater_equal" => Comparator::GreaterEqual,
        "between" => Comparator::Between,
        _ => return Err(wrong()),
    };
    let values = criteria["value"].as_array().cloned().unwrap_or_else(|| vec![criteria["value"].clone()]);
    Ok(Condition::of(name, comparator, values))
}

/// A zip with one deflated file.
fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    zipped(name, bytes, &mut out).expect("memory takes everything");
    out
}

fn zipped(name: &str, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), rawzip::Error> {
    let mut archive = rawzip::ZipArchiveWriter::new(out);
    let (mut entry, config) = archive.new_file(name).compression_method(rawzip::CompressionMethod::DEFLATE).start()?;
    let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
    let mut writer = config.wrap(encoder);
    writer.write_all(bytes)?;
    let (encoder, descriptor) = writer.finish()?;
    encoder.finish()?;
    entry.finish(descriptor)?;
    archive.finish()?;
    Ok(())
}
