//! The list of attachments. One call gives those of 200 records of the whole organisation; where Zoho does not give that list, each record
//! has its own (Zoho CRM API v8, "Attachments").

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hozon_shared::ports::SourceError;
use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::deleted::time;
use crate::errors::ApiError;
use crate::records::id_of;
use crate::values::{take, text};

/// What is asked of an attachment.
const FIELDS: &str = "id,File_Name,Size,Parent_Id,Created_Time,Modified_Time,$type,$link_url,$se_module";

/// An attachment of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attachment {
    pub record: u64,
    pub id: u64,
    pub name: String,
    pub size: Option<u64>,
    pub created: Option<DateTime<Utc>>,
    /// Address of an attachment that is a link.
    pub link: Option<String>,
}

/// All attachments of an organisation by module, in the order of records and ids.
pub(crate) type ByModule = HashMap<String, Vec<Attachment>>;

/// Lists the attachments of the organisation; `None` if Zoho does not give that list. Page tokens end at 100,000: what is behind them is
/// read from the other end.
pub(crate) async fn of_organisation(client: &Client) -> Result<Option<ByModule>, SourceError> {
    let mut all = HashMap::new();
    let walked = match walk(client, None, &mut all).await? {
        Walked::Cut { is_ascending: true } => walk(client, Some("desc"), &mut all).await?,
        Walked::Cut { is_ascending: false } => walk(client, Some("asc"), &mut all).await?,
        other => other,
    };
    Ok(matches!(walked, Walked::Whole).then(|| by_module(all)))
}

/// Attachments by id, each with its module.
type Found = HashMap<u64, (String, Attachment)>;

/// How a walk through the list has ended.
enum Walked {
    Whole,
    /// Page tokens have ended.
    Cut {
        is_ascending: bool,
    },
    /// Zoho does not give the list.
    NoList,
}

/// Walks through the list until it ends, or reaches what is known.
async fn walk(client: &Client, order: Option<&str>, all: &mut Found) -> Result<Walked, SourceError> {
    let (mut token, mut first, mut is_ascending): (Option<String>, _, _) = (None, None, false);
    loop {
        let mut query = vec![("fields", FIELDS), ("per_page", "200")];
        query.extend(order.into_iter().flat_map(|order| [("sort_by", "id"), ("sort_order", order)]));
        query.extend(token.as_deref().map(|token| ("page_token", token)));
        let body = match client.try_call(Call::get("Attachments", "Attachments", &query)).await {
            Ok(answer) => answer.body,
            Err(failed) => {
                // The list is not in the reference: whatever Zoho says of it, each record has its own.
                let is_answer = |error: &ApiError| !error.is_passing() && !error.is_about_token();
                let error = failed.filter(is_answer).map_err(|failed| failed.about("Attachments"))?;
                let is_cut = error.code == "PAGINATION_LIMIT_EXCEEDED";
                return Ok(if is_cut { Walked::Cut { is_ascending } } else { Walked::NoList });
            }
        };
        token = body.pointer("/info/next_page_token").and_then(Value::as_str).map(str::to_owned);
        let has_more = body.pointer("/info/more_records").and_then(Value::as_bool) == Some(true);
        for attachment in take(body, "data").as_array().into_iter().flatten() {
            let (Some(module), Some(read)) = (module_of(attachment), read(attachment)) else { return Ok(Walked::NoList) };
            is_ascending = read.id > *first.get_or_insert(read.id);
            let is_known = all.insert(read.id, (module.to_owned(), read)).is_some();
            if is_known && order.is_some() {
                return Ok(Walked::Whole);
            }
        }
        match (has_more, &token) {
            (false, _) => return Ok(Walked::Whole),
            (true, None) => return Ok(Walked::NoList),
            (true, Some(_)) => {}
        }
    }
}

fn by_module(all: Found) -> ByModule {
    let mut found: ByModule = HashMap::new();
    for (module, attachment) in all.into_values() {
        found.entry(module).or_default().push(attachment);
    }
    found.values_mut().for_each(|of_module| of_module.sort_by_key(|found| (found.record, found.id)));
    found
}

/// Lists the attachments of one record.
pub(crate) async fn of_record(client: &Client, module: &str, record: u64) -> Result<Vec<Attachment>, SourceError> {
    let (mut found, mut page) = (Vec::new(), 1_u32);
    loop {
        let number = page.to_string();
        let query = [("fields", FIELDS), ("per_page", "200"), ("page", number.as_str())];
        let is_gone = |error: &ApiError| error.status == 404 || error.code == "INVALID_DATA";
        let body = match client.try_call(Call::get(module, &format!("{module}/{record}/Attachments"), &query)).await {
            Ok(answer) => answer.body,
            Err(failed) => {
                failed.filter(is_gone).map_err(|failed| failed.about(module))?;
                return Ok(Vec::new());
            }
        };
        let has_more = body.pointer("/info/more_records").and_then(Value::as_bool) == Some(true);
        found.extend(take(body, "data").as_array().into_iter().flatten().filter_map(read));
        if !has_more {
            found.sort_by_key(|attachment: &Attachment| attachment.id);
            return Ok(found.into_iter().map(|attachment| Attachment { record, ..attachment }).collect());
        }
        page += 1;
    }
}

fn module_of(attachment: &Value) -> Option<&str> {
    let named = attachment.pointer("/Parent_Id/module/api_name").or_else(|| attachment.get("$se_module"));
    named.and_then(Value::as_str)
}

fn read(attachment: &Value) -> Option<Attachment> {
    let link = Some(text(attachment, "$link_url")).filter(|link| !link.is_empty()).map(str::to_owned);
    Some(Attachment {
        record: attachment.pointer("/Parent_Id/id").and_then(id_of).unwrap_or_default(),
        id: id_of(attachment.get("id")?)?,
        name: text(attachment, "File_Name").to_owned(),
        size: attachment.get("Size").and_then(id_of),
        created: time(attachment, "Created_Time"),
        link,
    })
}
