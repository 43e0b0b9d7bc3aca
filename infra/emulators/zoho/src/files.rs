//! Attachments, photos and files in fields.

use serde_json::{Value, json};

use crate::asked::{Asked, FileReply, Replied, Reply};
use crate::multipart;
use crate::organisation::Organisation;
use crate::people;
use crate::records::shown;
use crate::refusal::Refusal;
use crate::rows::written;
use crate::table::id_in;
use crate::words;

const BINARY: &str = "application/octet-stream";

impl Organisation {
    /// `GET /{module}/{id}/Attachments` and `…/Notes`
    pub fn related(&mut self, asked: &Asked) -> Replied {
        let (module, id, children) = (asked.part(0), asked.id(1)?, asked.part(2));
        if !self.known(module)?.contains(id) {
            return Err(Refusal::invalid_id());
        }
        let fields = asked.names("fields");
        if fields.is_empty() && !asked.is_old() {
            return Err(Refusal::missing("fields"));
        }
        let (page, size) = (asked.number("page", 1, 1000)?, asked.number("per_page", 200, 200)?);
        let table = self.known(children)?;
        let parent = json!(id.to_string());
        let only = ["Parent_Id".to_owned()];
        let is_child =
            |id: &u64| table.part(*id, &only).is_some_and(|row| row.get("Parent_Id").is_some_and(|found| found["id"] == parent));
        let rows = table.ids(0).filter(is_child).filter_map(|id| table.get(id));
        let mut rows = rows.skip((page - 1) * size);
        let data: Vec<Value> = rows.by_ref().take(size).map(|row| shown(&row, &table.spec, &fields)).collect();
        if data.is_empty() {
            return Ok(Reply::Empty);
        }
        let info = json!({"per_page": size, "count": data.len(), "page": page, "more_records": rows.next().is_some()});
        Ok(Reply::Json(json!({"data": data, "info": info})))
    }

    /// `GET /{module}/{record}/Attachments/{id}`
    pub fn download(&mut self, asked: &Asked) -> Replied {
        let (record, id) = (asked.id(1)?, asked.id(2)?);
        self.known(asked.part(0))?;
        if let Some(status) = self.faults.attachment_gone(id) {
            return Err(gone(status));
        }
        let row = self.known("Attachments")?.get(id).ok_or_else(|| gone(400))?;
        let value = |name: &str| row.get(name).cloned().unwrap_or_default();
        if value("Parent_Id")["id"] != json!(record.to_string()) || value("$se_module") != json!(asked.part(0)) {
            return Err(Refusal::invalid("the relation id given seems to be invalid", json!({"resource_path_index": 1})));
        }
        let bytes = self.attachment_bytes(id).filter(|_| !self.faults.not_allowed().contains(&id));
        let bytes =
            bytes.ok_or_else(|| Refusal::new(400, "DOWNLOAD_NOT_ALLOWED", "the attachment cannot be downloaded", json!({})))?;
        let name = value("File_Name").as_str().unwrap_or_default().to_owned();
        Ok(Reply::File(FileReply { name, media_type: BINARY, bytes: bytes.to_vec() }))
    }

    /// `POST /{module}/{record}/Attachments`
    pub fn upload(&mut self, asked: &Asked) -> Replied {
        let (module, record) = (asked.part(0), asked.id(1)?);
        let id = if let Some(url) = asked.parameter("attachmentUrl") {
            self.attach_link((module, record), asked.parameter("title").unwrap_or(url), url)
        } else {
            let file = multipart::file(asked).ok_or_else(|| Refusal::missing("file"))?;
            self.attach((module, record), &file.name, file.bytes)
        };
        let id = id.ok_or_else(Refusal::invalid_id)?;
        Ok(Reply::Json(json!({"data": [self.uploaded(id)]})))
    }

    fn uploaded(&self, id: u64) -> Value {
        let now = written(self.now());
        json!({
            "code": "SUCCESS",
            "details": {
                "id": id.to_string(), "Created_Time": now, "Modified_Time": now, "Created_By": people::user(0), "Modified_By": people::user(0),
            },
            "message": "attachment uploaded successfully",
            "status": "success",
        })
    }

    /// `DELETE /{module}/{record}/Attachments/{id}`
    pub fn delete_attachment(&mut self, asked: &Asked) -> Replied {
        let id = asked.id(2)?;
        if !self.delete("Attachments", id, true) {
            return Err(gone(400));
        }
        Ok(Reply::Json(
            json!({"data": [{"code": "SUCCESS", "details": {"id": id.to_string()}, "message": "record deleted", "status": "success"}]}),
        ))
    }

    /// `GET /{module}/{id}/photo`
    pub fn photo_of(&mut self, asked: &Asked) -> Replied {
        let id = asked.id(1)?;
        if !self.known(asked.part(0))?.contains(id) {
            return Err(Refusal::invalid_id());
        }
        match self.photo(asked.part(0), id) {
            Some(bytes) => {
                Ok(Reply::File(FileReply { name: format!("{id}.png"), media_type: "image/png", bytes: bytes.to_vec() }))
            }
            None => Ok(Reply::Empty),
        }
    }

    /// `POST` and `DELETE /{module}/{id}/photo`
    pub fn change_photo(&mut self, asked: &Asked) -> Replied {
        let file = multipart::file(asked);
        let message = if file.is_some() { "photo uploaded successfully" } else { "Photo deleted" };
        if !self.set_photo(asked.part(0), asked.id(1)?, file.map(|file| file.bytes)) {
            return Err(Refusal::invalid_id());
        }
        Ok(Reply::Json(json!({"code": "SUCCESS", "details": {}, "message": message, "status": "success"})))
    }

    /// `GET /{module}/{id}/actions/download_fields_attachment`
    pub fn field_file(&mut self, asked: &Asked) -> Replied {
        let wanted = asked.parameter("fields_attachment_id").ok_or_else(|| Refusal::missing("fields_attachment_id"))?;
        let files = self.field_files(asked.part(0), asked.id(1)?);
        let found = files.into_iter().find(|(id, _, _)| id == wanted);
        let (_, name, bytes) =
            found.ok_or_else(|| Refusal::invalid("invalid attachment id", json!({"param_name": "fields_attachment_id"})))?;
        Ok(Reply::File(FileReply { name, media_type: BINARY, bytes }))
    }

    /// Files in the fields of a record: id, name, contents.
    pub fn field_files(&self, module: &str, record: u64) -> Vec<(String, String, Vec<u8>)> {
        let Some(table) = self.table(module) else { return Vec::new() };
        let Some(row) = table.get(record) else { return Vec::new() };
        let is_files =
            |name: &str| table.spec.field(name).is_some_and(|field| matches!(field.kind.types().0, "fileupload" | "imageupload"));
        let values = row.iter().filter(|(name, _)| is_files(name)).filter_map(|(_, value)| value.as_array());
        let file = |file: &Value| {
            let row = file.as_object()?;
            let size = file["Size__s"].as_str()?.parse().ok()?;
            let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
            Some((text("id"), text("File_Name__s"), words::content(id_in(row), size)))
        };
        values.flatten().filter_map(file).collect()
    }
}

/// An attachment that is not there.
fn gone(status: u16) -> Refusal {
    Refusal::new(status, "INVALID_DATA", "the attachment id given seems to be invalid", json!({"resource_path_index": 3}))
}
