//! Marks for modules and fields with mail, document or integration data, which backups leave out.

use std::str::FromStr;

use hozon_shared::domain::crm::DataCategory;

use super::error::ImportError;
use super::module_plan::ModulePlan;

/// A mark such as `Emails=mail` or `Contacts.Synced_Notes=integration`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryMark {
    module: String,
    field: Option<String>,
    contents: DataCategory,
}

/// Error returned when a text is not a mark.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write a mark as Module=mail or Module.Field=integration; the kinds are mail, document, integration and crm")]
pub struct InvalidMark;

impl FromStr for CategoryMark {
    type Err = InvalidMark;

    fn from_str(text: &str) -> Result<Self, InvalidMark> {
        let (name, kind) = text.rsplit_once('=').ok_or(InvalidMark)?;
        let contents = match kind {
            "mail" => DataCategory::Mail,
            "document" => DataCategory::Document,
            "integration" => DataCategory::Integration,
            "crm" => DataCategory::Crm,
            _ => return Err(InvalidMark),
        };
        let (module, field) = match name.split_once('.') {
            Some((module, field)) => (module, Some(field.to_owned())),
            None => (name, None),
        };
        Ok(Self { module: module.to_owned(), field, contents })
    }
}

/// Applies marks to the modules that are about to be loaded.
pub(super) fn apply(marks: &[CategoryMark], plans: &mut [ModulePlan]) -> Result<(), ImportError> {
    for mark in marks {
        let module = plans.iter_mut().find(|plan| plan.head.api_name == mark.module);
        let place = module.and_then(|plan| match &mark.field {
            None => Some(&mut plan.head.contents),
            Some(name) => plan.head.fields.iter_mut().find(|field| field.api_name == *name).map(|field| &mut field.contents),
        });
        let Some(place) = place else {
            let field = mark.field.as_ref().map(|field| format!(".{field}")).unwrap_or_default();
            return Err(ImportError::UnknownMark { name: format!("{}{field}", mark.module) });
        };
        *place = mark.contents;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read() {
        let mark: CategoryMark = "Contacts.Synced=integration".parse().expect("a mark");
        assert_eq!(
            mark,
            CategoryMark { module: "Contacts".into(), field: Some("Synced".into()), contents: DataCategory::Integration }
        );
        assert_eq!("Emails=mail".parse::<CategoryMark>().map(|mark| mark.field), Ok(None));
        assert_eq!("Emails".parse::<CategoryMark>(), Err(InvalidMark));
        assert_eq!("Emails=other".parse::<CategoryMark>(), Err(InvalidMark));
    }
}
