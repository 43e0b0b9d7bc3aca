//! Columns of Zoho's CSV files. Headers are labels in the language of the organisation, which may repeat; a lookup has a
//! column for the name and one for the id, as in `Owner` and `Owner.id`.

use std::collections::HashSet;

use hozon_shared::archive::zoho_layout::api_name_of;
use hozon_shared::domain::crm::{DataCategory, Field};

use super::metadata::FieldRow;

/// API name of the column with the records' ids.
const ID: &str = "id";
/// Ends of the second columns of lookups.
const SUFFIXES: [&str; 2] = [".id", ".Module"];
/// Describes the fields of a module. Labels stay as they are. API names come from the metadata, where it is clear which
/// field is meant, or are made of the labels; each is unique.
pub fn fields(header: &[String], id_column: Option<usize>, described: &[FieldRow]) -> Vec<Field> {
    let mut taken = HashSet::new();
    let mut fields = Vec::with_capacity(header.len());
    for (at, label) in header.iter().enumerate() {
        let known = description(header, at, described);
        let wished = match known {
            Some(row) if !row.api_name.is_empty() => row.api_name.clone(),
            _ if id_column == Some(at) => ID.to_owned(),
            _ => made_name(label, described),
        };
        let wished = if wished.is_empty() { format!("Column_{}", at + 1) } else { wished };
        let api_name = unique(wished, &mut taken);
        let data_type = known.map_or("", |row| row.data_type.as_str());
        let data_type = if data_type.is_empty() { "text" } else { data_type }.to_owned();
        let original = known.map(|row| &row.original).filter(|label| !label.is_empty());
        let label = original.unwrap_or(label).clone();
        fields.push(Field { api_name, label, data_type, contents: DataCategory::Crm });
    }
    fields
}

/// Finds the description of a column. Of a label that repeats, the columns and the descriptions are in the same order if
/// there are as many of them.
fn description<'a>(header: &[String], at: usize, described: &'a [FieldRow]) -> Option<&'a FieldRow> {
    let label = &header[at];
    let mut known = described.iter().filter(|row| row.label == *label);
    let columns = header.iter().filter(|name| *name == label).count();
    if known.clone().count() != columns {
        return None;
    }
    known.nth(header[..at].iter().filter(|name| *name == label).count())
}

/// Makes an API name of a label. The id of a lookup has the lookup's name and the end of the label.
fn made_name(label: &str, described: &[FieldRow]) -> String {
    let lookup = SUFFIXES.iter().find_map(|suffix| label.strip_suffix(suffix).map(|base| (base, *suffix)));
    let Some((base, suffix)) = lookup else { return api_name_of(label) };
    let mut known = described.iter().filter(|row| row.label == base && !row.api_name.is_empty());
    match (known.next(), known.next()) {
        (Some(row), None) => format!("{}{suffix}", row.api_name),
        _ => format!("{}{suffix}", api_name_of(base)),
    }
}

fn unique(wished: String, taken: &mut HashSet<String>) -> String {
    let forms = (1..).map(|number: u32| if number == 1 { wished.clone() } else { format!("{wished}_{number}") });
    for form in forms {
        if taken.insert(form.clone()) {
            return form;
        }
    }
    wished
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(labels: &[&str]) -> Vec<String> {
        labels.iter().map(|label| (*label).to_owned()).collect()
    }

    fn row(label: &str, api_name: &str, data_type: &str) -> FieldRow {
        let [label, api_name, data_type] = [label, api_name, data_type].map(str::to_owned);
        FieldRow { label, api_name, data_type, original: String::new() }
    }

    #[test]
    fn labels_that_repeat_have_names_that_do_not() {
        let header = header(&["Record Id", "Owner.id", "Owner", "Status", "Status", "", "Size (m2)"]);
        let described = [row("Owner", "Account_Owner", "ownerlookup"), row("Size (m2)", "Area", "double")];
        let found = fields(&header, Some(0), &described);
        let names: Vec<_> = found.iter().map(|field| field.api_name.as_str()).collect();
        assert_eq!(names, ["id", "Account_Owner.id", "Account_Owner", "Status", "Status_2", "Column_6", "Area"]);
        assert_eq!(found.iter().map(|field| field.label.clone()).collect::<Vec<_>>(), header);
        assert_eq!(
            (found[2].data_type.as_str(), found[6].data_type.as_str(), found[3].data_type.as_str()),
            ("ownerlookup", "double", "text")
        );
    }

    #[test]
    fn descriptions_of_a_repeated_label_apply_only_if_there_are_as_many() {
        let header = header(&["Status", "Status"]);
        let both = [row("Status", "Status", "picklist"), row("Status", "Status1", "text")];
        let names =
            |described: &[FieldRow]| fields(&header, None, described).into_iter().map(|field| field.api_name).collect::<Vec<_>>();
        assert_eq!(names(&both), ["Status", "Status1"]);
        assert_eq!(names(&both[1..]), ["Status", "Status_2"]);
    }
}
