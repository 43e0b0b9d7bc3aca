//! Which call does what: its kind, its module, its credits and its scope.

use crate::asked::{Asked, Replied};
use crate::organisation::Organisation;

/// Answers a call.
pub type Handler = fn(&mut Organisation, &Asked) -> Replied;

/// A call of the API, found by method and path.
pub struct Route {
    /// Kind, for usage and faults.
    pub kind: &'static str,
    /// Service of the scope that it needs.
    pub service: &'static str,
    pub credits: u64,
    pub handler: Handler,
    pub version: String,
    /// Variable parts of the path; the first is the module, if it is about one.
    pub path: Vec<String>,
    pub is_write: bool,
    /// Whether few of these calls may run at once.
    pub is_heavy: bool,
}

/// Credits of a bulk job (Zoho CRM API v8: API limits).
const BULK_CREDITS: u64 = 50;

impl Route {
    /// Finds the call; `None` if there is none.
    pub fn find(method: &str, path: &[&str]) -> Option<Self> {
        match path {
            ["v2", "crm", zgid, "backup", id, name] => {
                let route =
                    Self { credits: 0, ..Self::new("backup_download", "files", &["", id, name], Organisation::backup_zip) };
                (method == "GET" && !zgid.is_empty()).then(|| route.of("v2"))
            }
            ["crm", "bulk", version, rest @ ..] => Self::bulk(method, rest).map(|route| route.of(version)),
            ["crm", version, rest @ ..] if version.starts_with('v') => {
                let found = if method == "GET" {
                    Self::organisation(rest).or_else(|| Self::reading(rest))
                } else {
                    Self::writing(method, rest)
                };
                found.map(|route| route.of(version))
            }
            _ => None,
        }
    }

    fn new(kind: &'static str, service: &'static str, path: &[&str], handler: Handler) -> Self {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        Self { kind, service, credits: 1, handler, version: String::new(), path, is_write: false, is_heavy: false }
    }

    fn of(self, version: &str) -> Self {
        Self { version: version.to_owned(), ..self }
    }

    fn bulk(method: &str, path: &[&str]) -> Option<Self> {
        let route = match (method, path) {
            ("POST", ["read"]) => {
                Self { credits: BULK_CREDITS, ..Self::new("bulk_create", "bulk", &[], Organisation::bulk_create) }
            }
            ("GET", ["read", id]) => Self::new("bulk_status", "bulk", &["", id], Organisation::bulk_status),
            ("GET", ["read", id, "result"]) => Self::new("bulk_result", "bulk", &["", id], Organisation::bulk_result),
            ("POST", ["backup"]) => {
                Self { is_write: true, ..Self::new("backup_ask", "backup", &[], Organisation::ask_for_backup) }
            }
            ("GET", ["backup"]) => Self::new("backup_status", "backup", &[], Organisation::current_backup),
            ("GET", ["backup", "urls"]) => Self::new("backup_urls", "backup", &[], Organisation::backup_urls),
            _ => return None,
        };
        Some(route)
    }

    fn organisation(path: &[&str]) -> Option<Self> {
        let route = match path {
            ["settings", "modules"] => Self::new("metadata", "settings", &[], Organisation::all_modules),
            ["settings", "modules", module] => Self::new("metadata", "settings", &[module], Organisation::one_module),
            ["settings", "fields"] => Self::new("metadata", "settings", &[], Organisation::fields),
            ["settings", "layouts"] => Self::new("metadata", "settings", &[], Organisation::layouts),
            ["settings", "roles"] => Self::new("metadata", "settings", &[], Organisation::roles),
            ["settings", "profiles"] => Self::new("metadata", "settings", &[], Organisation::profiles),
            ["users"] => Self::new("users", "users", &[], Organisation::users),
            ["org"] => Self::new("org", "org", &[], Organisation::org),
            ["settings", "recycle_bin"] => Self::new("recycle_bin", "settings", &[], Organisation::recycle_bin),
            ["org", "currencies"] => Self::new("metadata", "settings", &[], Organisation::currencies),
            _ => return None,
        };
        Some(route)
    }

    fn reading(path: &[&str]) -> Option<Self> {
        const OF: &str = "modules";
        let route = match path {
            ["Attachments"] => Self::new("attachments", OF, &["Attachments"], Organisation::list),
            [module] => Self::new("list", OF, &[module], Organisation::list),
            [module, "deleted"] => Self::new("deleted", OF, &[module], Organisation::deleted),
            [module, id] => Self::new("record", OF, &[module, id], Organisation::record),
            [module, "actions", "count"] => Self::new("count", OF, &[module], Organisation::counted),
            [module, "actions", "fetch_full_data"] => Self::new("full_data", OF, &[module], Organisation::full_data),
            [module, id, "actions", "fetch_full_data"] => Self::new("full_data", OF, &[module, id], Organisation::full_data),
            [module, id, "actions", "download_fields_attachment"] => {
                Self::new("field_file", OF, &[module, id], Organisation::field_file)
            }
            [module, id, "photo"] => Self::new("photo", OF, &[module, id], Organisation::photo_of),
            [module, id, children @ ("Attachments" | "Notes")] => {
                Self::new("attachment", OF, &[module, id, children], Organisation::related)
            }
            [module, record, "Attachments", id] => Self::new("download", OF, &[module, record, id], Organisation::download),
            _ => return None,
        };
        Some(route)
    }

    fn writing(method: &str, path: &[&str]) -> Option<Self> {
        if let ("POST", ["coql"]) = (method, path) {
            return Some(Self { is_heavy: true, ..Self::new("coql", "coql", &[], Organisation::coql) });
        }
        let of_bin = match (method, path) {
            ("POST", ["settings", "recycle_bin", "actions", "restore"]) => Some(Organisation::bring_back as Handler),
            ("DELETE", ["settings", "recycle_bin"]) => Some(Organisation::purge_records as Handler),
            _ => None,
        };
        if let Some(handler) = of_bin {
            return Some(Self { is_write: true, ..Self::new("recycle_bin", "settings", &[], handler) });
        }
        let (path, handler): (&[&str], Handler) = match (method, path) {
            ("POST", [_]) => (path, Organisation::insert_records),
            ("POST", [module, "upsert"]) => (&[*module], Organisation::upsert_records),
            ("PUT", [_] | [_, _]) => (path, Organisation::update_records),
            ("DELETE", [_] | [_, _]) => (path, Organisation::delete_records),
            ("POST", [module, id, "Attachments"]) => (&[*module, *id], Organisation::upload),
            ("DELETE", [module, record, "Attachments", id]) => (&[*module, *record, *id], Organisation::delete_attachment),
            ("POST" | "DELETE", [module, id, "photo"]) => (&[*module, *id], Organisation::change_photo),
            _ => return None,
        };
        Some(Self { is_write: true, ..Self::new("write", "modules", path, handler) })
    }

    /// The module that the call is about.
    pub fn module(&self) -> Option<&str> {
        self.path.first().map(String::as_str).filter(|module| !module.is_empty())
    }
}
