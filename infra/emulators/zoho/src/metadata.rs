//! What the organisation is: modules, fields, layouts, roles, profiles, users, currencies.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::asked::{Asked, Replied, Reply};
use crate::organisation::Organisation;
use crate::people;
use crate::refusal::Refusal;
use crate::rows::written;
use crate::schema::{FieldKind, FieldSpec, ModuleSpec, id_of, kinds};
use crate::words::hash;

/// Modules that the API names and does not serve.
const UNSUPPORTED: [&str; 4] = ["Home", "Feeds", "Reports", "Dashboards"];

impl Organisation {
    /// `GET /settings/modules`
    pub fn all_modules(&mut self, _: &Asked) -> Replied {
        let now = written(self.now());
        let mut modules: Vec<Value> = self.specs().iter().map(|spec| module(spec, &now)).collect();
        modules.extend(UNSUPPORTED.iter().zip(90..).map(|(name, number)| unsupported(name, number)));
        Ok(Reply::Json(json!({"modules": modules})))
    }

    /// `GET /settings/modules/{module}`
    pub fn one_module(&mut self, asked: &Asked) -> Replied {
        let spec = self.spec(asked.part(0)).ok_or_else(Refusal::invalid_module)?;
        Ok(Reply::Json(json!({"modules": [module(&spec, &written(self.now()))]})))
    }

    /// `GET /settings/fields?module=`
    pub fn fields(&mut self, asked: &Asked) -> Replied {
        let spec = self.asked_module(asked)?;
        Ok(Reply::Json(json!({"fields": fields(&spec)})))
    }

    /// `GET /settings/layouts?module=`
    pub fn layouts(&mut self, asked: &Asked) -> Replied {
        let spec = self.asked_module(asked)?;
        let layout = id_of(kinds::LAYOUTS, spec.number).to_string();
        let section = json!({
            "id": id_of(kinds::LAYOUTS, 1000 + spec.number).to_string(),
            "name": format!("{} Information", spec.labels.0),
            "api_name": format!("{}_Information", spec.labels.0),
            "display_label": format!("{} Information", spec.labels.0),
            "sequence_number": 1,
            "column_count": 2,
            "tab_traversal": 2,
            "isSubformSection": false,
            "generated_type": "default",
            "type": "used",
            "fields": fields(&spec),
        });
        let profiles: Vec<Value> = people::profiles()
            .iter()
            .map(|profile| json!({"id": profile["id"], "name": profile["name"], "default": true}))
            .collect();
        let layout = json!({
            "id": layout, "name": "Standard", "api_name": "Standard", "display_label": "Standard", "visible": true, "status": "active",
            "generated_type": "default", "source": "crm", "mode": "view", "created_time": null, "modified_time": null,
            "created_for": null, "created_by": null, "modified_by": null, "profiles": profiles, "sections": [section],
        });
        Ok(Reply::Json(json!({"layouts": [layout]})))
    }

    fn asked_module(&self, asked: &Asked) -> Result<Arc<ModuleSpec>, Refusal> {
        let module = asked.parameter("module").ok_or_else(|| Refusal::missing("module"))?;
        self.spec(module).ok_or_else(Refusal::invalid_module)
    }

    pub fn roles(&mut self, _: &Asked) -> Replied {
        Ok(Reply::Json(json!({"roles": people::roles()})))
    }

    pub fn profiles(&mut self, _: &Asked) -> Replied {
        Ok(Reply::Json(json!({"profiles": people::profiles()})))
    }

    /// `GET /users?type=`
    pub fn users(&mut self, asked: &Asked) -> Replied {
        let users = people::users(asked.parameter("type").unwrap_or("AllUsers"), &written(self.now()));
        if users.is_empty() {
            return Ok(Reply::Empty);
        }
        let (page, size) = (asked.number("page", 1, 1000)?, asked.number("per_page", 200, 200)?);
        let count = users.len();
        let users: Vec<Value> = users.into_iter().skip((page - 1) * size).take(size).collect();
        let info = json!({"per_page": size, "count": users.len(), "page": page, "more_records": count > page * size});
        Ok(Reply::Json(json!({"users": users, "info": info})))
    }

    /// `GET /org`
    pub fn org(&mut self, _: &Asked) -> Replied {
        let org = json!({
            "id": id_of(kinds::ORGANISATION, 0).to_string(),
            "zgid": "80012345", "ezgid": "0f1e2d3c4b5a", "primary_zuid": "80000000",
            "company_name": "保存商事株式会社", "alias": null, "domain_name": "org80012345",
            "country": "Japan", "country_code": "JP", "time_zone": "Asia/Tokyo", "type": "production",
            "currency": "Japanese Yen - JPY", "currency_locale": "ja_JP", "currency_symbol": "¥", "iso_code": "JPY",
            "mc_status": false, "max_per_page": 200, "primary_email": "admin@example.jp", "employee_count": "25",
            "created_time": "2019-12-01T09:00:00+09:00", "gapps_enabled": false, "translation_enabled": false,
            "privacy_settings": false, "hipaa_compliance_enabled": false, "oauth_presence": true, "lite_users_enabled": false,
            "license_details": {
                "paid": self.options.edition != "Free", "paid_type": self.options.edition.to_lowercase(), "paid_expiry": null,
                "trial_type": null, "trial_expiry": null, "trial_action": null, "users_license_purchased": people::LICENCES,
            },
        });
        Ok(Reply::Json(json!({"org": [org]})))
    }

    /// `GET /org/currencies`
    pub fn currencies(&mut self, _: &Asked) -> Replied {
        let yen = json!({
            "id": id_of(kinds::CURRENCIES, 0).to_string(), "name": "Japanese Yen - JPY", "iso_code": "JPY", "symbol": "¥", "is_base": true,
            "is_active": true, "prefix_symbol": true, "exchange_rate": "1.000000000", "created_time": "2019-12-01T09:00:00+09:00",
            "modified_time": "2019-12-01T09:00:00+09:00", "created_by": people::user(0), "modified_by": people::user(0),
            "format": {"decimal_separator": "Period", "thousand_separator": "Comma", "decimal_places": "0"},
        });
        Ok(Reply::Json(json!({"currencies": [yen]})))
    }
}

fn module(spec: &ModuleSpec, now: &str) -> Value {
    let is_subform = spec.parent.is_some();
    let profiles: Vec<Value> =
        people::profiles().iter().map(|profile| json!({"id": profile["id"], "name": profile["name"]})).collect();
    json!({
        "id": id_of(kinds::MODULES, spec.number).to_string(),
        "api_name": spec.api_name,
        "module_name": if spec.generated == "custom" { format!("CustomModule{}", spec.number) } else { spec.api_name.clone() },
        "singular_label": spec.labels.0, "plural_label": spec.labels.1,
        "generated_type": spec.generated, "api_supported": true, "status": if is_subform { "user_hidden" } else { "visible" },
        "visible": !is_subform, "viewable": true, "creatable": true, "editable": true, "deletable": true,
        "visibility": 1, "sequence_number": spec.number, "show_as_tab": !is_subform, "profile_count": profiles.len(), "profiles": profiles,
        "parent_module": spec.parent.map_or_else(|| json!({}), |parent| json!({"api_name": parent, "id": null})),
        "modified_time": (spec.generated == "custom").then_some(now), "modified_by": null, "description": null, "web_link": null,
        "quick_create": true, "feeds_required": false, "scoring_supported": true, "webform_supported": true, "arguments": [],
        "presence_sub_menu": true, "triggers_supported": true, "chart_view": true, "filter_supported": true, "emailTemplate_support": true,
        "inventory_template_supported": false, "global_search_supported": true, "recycle_bin_on_delete": true, "isBlueprintSupported": true,
        "business_card_field_limit": 5, "track_current_data": false, "has_more_profiles": false,
    })
}

fn unsupported(name: &str, number: u64) -> Value {
    json!({
        "id": id_of(kinds::MODULES, number).to_string(), "api_name": name, "module_name": name, "singular_label": name, "plural_label": name,
        "generated_type": "default", "api_supported": false, "status": "visible", "visible": true, "viewable": true, "creatable": false,
        "editable": false, "deletable": false, "sequence_number": number, "profiles": [], "parent_module": {}, "modified_time": null,
    })
}

fn fields(spec: &ModuleSpec) -> Vec<Value> {
    let mut fields: Vec<Value> = spec.fields.iter().zip(1..).map(|(of, number)| field(spec, of, number)).collect();
    let id = FieldSpec {
        api_name: "id".to_owned(),
        label: "Record Id".to_owned(),
        kind: FieldKind::BigInteger,
        is_mandatory: false,
        is_custom: false,
        is_system: true,
    };
    fields.push(field(spec, &id, 0));
    fields
}

fn field(spec: &ModuleSpec, of: &FieldSpec, number: u64) -> Value {
    let (data_type, json_type) = of.kind.types();
    let mut field = json!({
        "id": id_of(kinds::FIELDS, spec.number * 1000 + number).to_string(),
        "api_name": of.api_name, "field_label": of.label, "display_label": of.label, "data_type": data_type, "json_type": json_type,
        "length": of.kind.length(), "decimal_place": null, "custom_field": of.is_custom, "system_mandatory": of.is_mandatory,
        "read_only": of.is_system, "field_read_only": of.is_system, "visible": true, "virtual_field": false, "searchable": true,
        "type": "used", "sequence_number": number, "pick_list_values": [],
    });
    let more = json!({
        "filterable": true, "sortable": true, "unique": {}, "lookup": {}, "multiselectlookup": {}, "multiuserlookup": {}, "subform": null,
        "auto_number": {}, "formula": {}, "currency": {}, "external": null, "tooltip": null, "crypt": null, "profiles": [],
        "pick_list_values_sorted_lexically": false, "default_value": null,
        "created_source": if of.is_custom { "crm" } else { "default" }, "mass_update": !of.is_system, "webhook": true, "blueprint_supported": true,
        "view_type": {"view": true, "edit": !of.is_system, "quick_create": false, "create": !of.is_system},
        "operation_type": {"web_update": !of.is_system, "api_create": !of.is_system, "web_create": !of.is_system, "api_update": !of.is_system},
        "history_tracking_enabled": false, "ui_type": 1, "display_field": of.api_name == spec.name_field, "allowed_modules": [],
    });
    if let (Some(field), Value::Object(mut more)) = (field.as_object_mut(), more) {
        field.append(&mut more);
    }
    complete(&mut field, of, spec.number * 1000 + number);
    field
}

/// Adds what depends on the field's type.
fn complete(field: &mut Value, of: &FieldSpec, number: u64) {
    match &of.kind {
        FieldKind::PickList(values) | FieldKind::MultiPickList(values) => {
            let value = |(value, at): (&&str, u64)| {
                json!({
                    "id": id_of(kinds::PICK_LISTS, number * 100 + at).to_string(), "display_value": value, "actual_value": value,
                    "reference_value": value, "sequence_number": at, "type": "used", "colour_code": null,
                })
            };
            field["pick_list_values"] = values.iter().zip(1..).map(value).collect();
        }
        FieldKind::Lookup(module) if !module.is_empty() => {
            let module =
                json!({"api_name": module, "id": id_of(kinds::MODULES, hash(module) % 1000).to_string(), "module_name": module});
            field["lookup"] =
                json!({"api_name": null, "display_label": of.label, "id": null, "module": module, "query_details": {}});
        }
        FieldKind::Subform(module) => {
            field["subform"] = json!({"module": module, "id": id_of(kinds::LAYOUTS, 2000 + number).to_string()});
        }
        FieldKind::AutoNumber => field["auto_number"] = json!({"prefix": "No-", "suffix": "", "start_number": 1}),
        FieldKind::Currency => {
            field["decimal_place"] = json!(2);
            field["currency"] = json!({"rounding_option": "normal", "precision": 2});
        }
        FieldKind::Double => field["decimal_place"] = json!(2),
        FieldKind::ExternalId => field["unique"] = json!({"case_sensitive": "false"}),
        FieldKind::LongText => field["textarea"] = json!({"type": "large"}),
        _ => {}
    }
}
