//! Finds columns by their labels, which Zoho writes in the language of the organisation.

use hozon_shared::archive::zoho_layout::{ID_PREFIX, folded};

/// Labels of the column with the records' ids, folded.
const ID_LABELS: [&str; 9] = [
    "recordid",
    "idrecord",
    "レコードid",
    "datensatzid",
    "iddelregistro",
    "iddenregistrement",
    "idenregistrement",
    "iddoregistro",
    "recordidentifier",
];
/// End of the labels of ids of lookups.
const LOOKUP: &str = ".id";

/// Finds a column by the first of some folded labels that the header has.
pub fn column(header: &[String], labels: &[&str]) -> Option<usize> {
    labels.iter().find_map(|label| header.iter().position(|name| folded(name) == *label))
}

/// Finds the column with the records' ids: by its label, or the first column if its values are ids of records and no
/// lookup.
pub fn id_column(header: &[String], first_row: Option<&[String]>) -> Option<usize> {
    let by_label = column(header, &ID_LABELS);
    by_label.or_else(|| {
        let is_id = first_row.and_then(|row| row.first()).is_some_and(|cell| cell.starts_with(ID_PREFIX));
        (is_id && !header.first()?.ends_with(LOOKUP)).then_some(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(labels: &[&str]) -> Vec<String> {
        labels.iter().map(|label| (*label).to_owned()).collect()
    }

    #[test]
    fn the_column_of_ids_is_found_in_any_language() {
        let row = header(&["zcrm_5361", "x"]);
        assert_eq!(id_column(&header(&["Name", "Record Id"]), None), Some(1));
        assert_eq!(id_column(&header(&["Kenmerk", "Naam"]), Some(&row)), Some(0));
        assert_eq!(id_column(&header(&["Owner.id", "Naam"]), Some(&row)), None);
        assert_eq!(id_column(&header(&["Naam"]), Some(&header(&["x"]))), None);
    }
}
