//! Columns of the index of attachments, whose labels are in the language of the organisation.

use hozon_shared::archive::zoho_layout::folded;

use super::labels::{column, id_column};

/// Labels of the id of the record, folded, from the surest one.
const PARENTS: [&str; 9] =
    ["parentidid", "parentid", "idprincipaleid", "idprincipale", "parentrecordid", "親idid", "親id", "関連先id", "entityid"];
const FILE_NAMES: [&str; 6] = ["filename", "nomefile", "ファイル名", "dateiname", "nomdefichier", "nombredelarchivo"];
const SIZES: [&str; 6] = ["size", "filesize", "dimensione", "サイズ", "größe", "taille"];
const CREATED: [&str; 5] = ["createdtime", "oracreazione", "作成日時", "createddate", "addedtime"];
const LINKS: [&str; 3] = ["linkurl", "link", "url"];
/// Lookups that are never the record.
const OTHER_LOOKUPS: [&str; 6] = ["ownerid", "createdbyid", "modifiedbyid", "layoutid", "fieldid", "attachmentownerid"];

/// Where the index says what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexColumns {
    /// Id of the attachment.
    pub id: usize,
    /// Ids of records: one column if its label is known, else all lookups.
    pub parents: Vec<usize>,
    /// Module of the record.
    pub module: Option<usize>,
    pub file_name: Option<usize>,
    pub size: Option<usize>,
    pub created: Option<usize>,
    pub link: Option<usize>,
}

impl IndexColumns {
    pub fn of(header: &[String]) -> Self {
        let parents = match column(header, &PARENTS) {
            Some(at) => vec![at],
            None => lookups(header),
        };
        Self {
            id: id_column(header, None).unwrap_or(0),
            parents,
            module: header.iter().position(|label| label.ends_with(".Module")),
            file_name: column(header, &FILE_NAMES),
            size: column(header, &SIZES),
            created: column(header, &CREATED),
            link: column(header, &LINKS),
        }
    }
}

fn lookups(header: &[String]) -> Vec<usize> {
    let is_lookup = |label: &String| label.ends_with(".id") && !OTHER_LOOKUPS.contains(&folded(label).as_str());
    header.iter().enumerate().filter(|(_, label)| is_lookup(label)).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(labels: &[&str]) -> IndexColumns {
        IndexColumns::of(&labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_record_is_found_by_the_label_or_among_the_lookups() {
        let english = of(&["Record Id", "Parent Id", "Parent Id.id", "File Name", "Size", "Created Time", "Link URL"]);
        assert_eq!((english.id, english.parents, english.file_name, english.link), (0, vec![2], Some(3), Some(6)));
        assert_eq!(of(&["Record Id", "Parent.id"]).parents, [1]);
        let italian = of(&["ID record", "Nome file", "Dimensione", "ID  principale.id", "Parent Id.Module", "Ora creazione"]);
        assert_eq!((italian.id, italian.parents, italian.size, italian.module), (0, vec![3], Some(2), Some(4)));
        assert_eq!(italian.created, Some(5));
        assert_eq!(of(&["Kenmerk", "Eigenaar.id", "Owner.id", "Hoort bij.id"]).parents, [1, 3]);
    }
}
