//! File names for downloads. A saved file names its organisation and day, so that files of several organisations and
//! days fit into one folder. The API keeps the plain names.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// Maximum number of characters kept from an organisation's name.
const LONGEST_NAME: usize = 60;

/// Returns a name such as `Sakura_2026-11-26_Data_001.zip`: organisation, day of the request in its time zone, and the
/// zip's own name. Characters that a file system may reject become `_`.
pub fn saved_as(organisation: &str, zone: Tz, created: DateTime<Utc>, file: &str) -> String {
    let day = created.with_timezone(&zone).format("%Y-%m-%d");
    match kept(organisation).as_str() {
        "" => format!("{day}_{file}"),
        organisation => format!("{organisation}_{day}_{file}"),
    }
}

/// Replaces each run of characters other than letters, digits, `-` and `.` with one underscore.
fn kept(organisation: &str) -> String {
    let mut name = String::new();
    for letter in organisation.chars().take(LONGEST_NAME) {
        let is_kept = letter.is_alphanumeric() || letter == '-' || (letter == '.' && !name.is_empty());
        if is_kept {
            name.push(letter);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    name.trim_end_matches(['_', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_file_says_whose_it_is_and_of_which_day() {
        let created = "2026-11-25T16:00:00Z".parse().expect("a time");
        for (organisation, wanted) in [
            ("Sakura", "Sakura_2026-11-26_Data_001.zip"),
            ("桜商事 Sakura K.K.", "桜商事_Sakura_K.K_2026-11-26_Data_001.zip"),
            ("../a/b:\"c\"\r\n", "a_b_c_2026-11-26_Data_001.zip"),
            ("  ", "2026-11-26_Data_001.zip"),
        ] {
            assert_eq!(saved_as(organisation, Tz::Asia__Tokyo, created, "Data_001.zip"), wanted);
        }
        assert_eq!(saved_as(&"a".repeat(5000), Tz::UTC, created, "x.zip").len(), 60 + "_2026-11-25_x.zip".len());
    }
}
