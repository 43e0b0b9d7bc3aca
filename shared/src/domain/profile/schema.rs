//! JSON Schema of the format of profiles, for editors.

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::format::Profile;

/// Returns the schema as JSON, made of the same descriptions that the API's document is made of.
pub fn json_schema() -> Result<String, serde_json::Error> {
    let mut parts = Vec::new();
    <Profile as ToSchema>::schemas(&mut parts);
    let parts: Result<Map<String, Value>, _> =
        parts.into_iter().map(|(name, part)| Ok((name, serde_json::to_value(part)?))).collect();
    let mut schema = serde_json::to_value(Profile::schema())?;
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("Profile of a CRM for Hozon");
    schema["$defs"] = Value::Object(parts?);
    Ok(serde_json::to_string_pretty(&schema)?.replace("#/components/schemas/", "#/$defs/") + "\n")
}
