//! Writing records by the API.

use serde_json::{Value, json};

use crate::asked::{Asked, Replied, Reply};
use crate::organisation::Organisation;
use crate::people;
use crate::refusal::Refusal;
use crate::rows::Row;

/// Records of one call.
const RECORDS: usize = 100;
/// Records that one credit covers.
const OF_CREDIT: usize = 10;

impl Organisation {
    /// `POST /{module}`
    pub fn insert_records(&mut self, asked: &Asked) -> Replied {
        let module = asked.part(0);
        let rows = self.given(asked)?;
        let data: Vec<Value> = rows.into_iter().zip(0..).map(|(row, at)| self.inserted(module, row, at)).collect();
        Ok(Reply::Created(json!({"data": data})))
    }

    /// `PUT /{module}` and `PUT /{module}/{id}`
    pub fn update_records(&mut self, asked: &Asked) -> Replied {
        let module = asked.part(0);
        let rows = self.given(asked)?;
        let in_path = if asked.path.len() > 1 { Some(asked.id(1)?) } else { None };
        let data: Vec<Value> = rows
            .into_iter()
            .zip(0..)
            .map(|(row, at)| {
                let id = in_path.or_else(|| row.get("id")?.as_str()?.parse().ok());
                self.updated(module, id, row, at)
            })
            .collect();
        Ok(Reply::Json(json!({"data": data})))
    }

    /// `POST /{module}/upsert`
    pub fn upsert_records(&mut self, asked: &Asked) -> Replied {
        let module = asked.part(0);
        let rows = self.given(asked)?;
        let checked: Vec<String> = asked.json()?["duplicate_check_fields"]
            .as_array()
            .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            .unwrap_or_default();
        let data: Vec<Value> = rows
            .into_iter()
            .zip(0..)
            .map(|(row, at)| {
                let id = row
                    .get("id")
                    .and_then(Value::as_str)
                    .and_then(|id| id.parse().ok())
                    .or_else(|| self.same(module, &row, &checked));
                match id {
                    Some(id) => self.updated(module, Some(id), row, at),
                    None => self.inserted(module, row, at),
                }
            })
            .collect();
        Ok(Reply::Json(json!({"data": data})))
    }

    /// `DELETE /{module}?ids=` and `DELETE /{module}/{id}`
    pub fn delete_records(&mut self, asked: &Asked) -> Replied {
        let module = asked.part(0);
        self.known(module)?;
        let ids = if asked.path.len() > 1 { vec![asked.part(1).to_owned()] } else { asked.names("ids") };
        if ids.len() > RECORDS {
            return Err(too_many());
        }
        let data: Vec<Value> = ids
            .iter()
            .map(|id| {
                let is_done = id.parse().is_ok_and(|id| self.delete_with_children(module, id));
                if is_done {
                    json!({"code": "SUCCESS", "details": {"id": id}, "message": "record deleted", "status": "success"})
                } else {
                    json!({"code": "INVALID_DATA", "details": {"id": id}, "message": "record not deleted", "status": "error"})
                }
            })
            .collect();
        Ok(Reply::Json(json!({"data": data})))
    }

    fn given(&mut self, asked: &Asked) -> Result<Vec<Row>, Refusal> {
        self.known(asked.part(0))?;
        let data = asked.json()?["data"].as_array().cloned().ok_or_else(|| Refusal::missing("data"))?;
        if data.len() > RECORDS {
            return Err(too_many());
        }
        let more = (data.len().div_ceil(OF_CREDIT).max(1) - 1) as u64;
        self.charge_more("write", more);
        Ok(data.into_iter().filter_map(|row| if let Value::Object(row) = row { Some(row) } else { None }).collect())
    }

    /// Charges credits on top of the call's own.
    pub fn charge_more(&mut self, kind: &str, credits: u64) {
        let now = self.now();
        self.meter.charge(kind, credits, now);
    }

    fn inserted(&mut self, module: &str, row: Row, at: usize) -> Value {
        let row = match self.checked(module, row, None) {
            Ok(row) => row,
            Err(unfit) => return unfit.answer(at),
        };
        match self.insert(module, row) {
            Some(id) => self.written(module, id, "record added", "insert"),
            None => not_written(None),
        }
    }

    fn updated(&mut self, module: &str, id: Option<u64>, row: Row, at: usize) -> Value {
        let row = match self.checked(module, row, id.or(Some(0))) {
            Ok(row) => row,
            Err(unfit) => return unfit.answer(at),
        };
        match id {
            Some(id) if self.update(module, id, row) => self.written(module, id, "record updated", "update"),
            _ => not_written(id),
        }
    }

    fn written(&self, module: &str, id: u64, message: &str, action: &str) -> Value {
        let row = self.table(module).and_then(|table| table.get(id));
        let value = |name: &str| row.as_ref().and_then(|row| row.get(name)).cloned().unwrap_or_default();
        json!({
            "code": "SUCCESS",
            "details": {
                "id": id.to_string(), "Created_Time": value("Created_Time"), "Modified_Time": value("Modified_Time"),
                "Created_By": people::user(0), "Modified_By": people::user(0),
            },
            "message": message, "action": action, "duplicate_field": null, "status": "success",
        })
    }

    /// A record with the same values in the fields that are checked.
    fn same(&self, module: &str, row: &Row, checked: &[String]) -> Option<u64> {
        let table = self.table(module)?;
        let wanted: Vec<&String> = checked.iter().filter(|name| row.get(*name).is_some_and(|value| !value.is_null())).collect();
        if wanted.is_empty() {
            return None;
        }
        table.ids(0).find(|id| table.get(*id).is_some_and(|found| wanted.iter().all(|name| found.get(*name) == row.get(*name))))
    }
}

fn too_many() -> Refusal {
    Refusal::new(400, "LIMIT_EXCEEDED", "Record count exceeded", json!({"limit": RECORDS}))
}

fn not_written(id: Option<u64>) -> Value {
    let details = json!({"id": id.map(|id| id.to_string()), "api_name": "id"});
    json!({"code": "INVALID_DATA", "details": details, "message": "the id given seems to be invalid", "status": "error"})
}
