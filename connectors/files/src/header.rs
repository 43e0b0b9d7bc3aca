//! The header of a module's CSV files: validated, or completed in a lenient import.

use std::collections::HashSet;

use super::csv_file::{CsvFile, CsvSource};
use super::error::{ImportError, RowFault};
use super::notes::Note;

/// Maximum number of changed rows per file that are reported individually.
const MAX_LISTED: u64 = 20;

/// Returns the header that all files of a module share; `None` if all files are empty and may be skipped.
pub async fn common(files: &mut Vec<CsvSource>, notes: &mut Vec<Note>) -> Result<Option<Vec<String>>, ImportError> {
    let mut first: Option<Vec<String>> = None;
    let (mut at, mut width) = (0, 0);
    while at < files.len() {
        let mut csv = CsvFile::open(&files[at]).await?;
        let Some(header) = csv.header().await? else {
            if !files[at].lenient {
                return Err(csv.fault(1, RowFault::NoHeader));
            }
            notes.push(Note::EmptyFile(files.remove(at).file.name));
            continue;
        };
        if !files[at].lenient {
            check(&header).map_err(|fault| csv.fault(csv.line(), fault))?;
        }
        match &first {
            Some(first) if *first != header => return Err(csv.fault(csv.line(), RowFault::OtherHeader)),
            Some(_) => {}
            None => first = Some(header.clone()),
        }
        if files[at].lenient {
            width = width.max(survey(&files[at], header.len(), notes).await?);
        }
        at += 1;
    }
    let Some(header) = first else { return Ok(None) };
    let is_lenient = files.iter().any(|file| file.lenient);
    Ok(Some(if is_lenient { completed(header, width, &files[0].file.name, notes) } else { header }))
}

fn check(names: &[String]) -> Result<(), RowFault> {
    let mut seen = HashSet::new();
    for (at, name) in names.iter().enumerate() {
        if name.trim().is_empty() {
            return Err(RowFault::NamelessColumn { column: at + 1 });
        }
        if !seen.insert(name) {
            return Err(RowFault::SameColumn { name: name.clone() });
        }
    }
    Ok(())
}

/// Names unnamed and duplicate columns, adds columns up to the longest row, and notes each change.
fn completed(mut names: Vec<String>, width: usize, file: &str, notes: &mut Vec<Note>) -> Vec<String> {
    names.resize(names.len().max(width), String::new());
    let mut taken: HashSet<String> = names.iter().filter(|name| !name.trim().is_empty()).cloned().collect();
    let mut seen = HashSet::new();
    for (at, name) in names.iter_mut().enumerate() {
        let is_nameless = name.trim().is_empty();
        if !is_nameless && seen.insert(name.clone()) {
            continue;
        }
        let forms = |number: usize| match (is_nameless, number) {
            (true, 1) => format!("Column {}", at + 1),
            (true, _) => format!("Column {} ({number})", at + 1),
            (false, _) => format!("{name} ({})", number + 1),
        };
        let Some(free) = (1..).map(forms).find(|form| !taken.contains(form)) else { continue };
        taken.insert(free.clone());
        seen.insert(free.clone());
        notes.push(Note::Column { file: file.to_owned(), column: at + 1, name: free.clone(), repeated: !is_nameless });
        *name = free;
    }
    names
}

/// Scans a lenient file for ragged rows, and returns the largest number of cells, not counting empty ones at the end.
pub async fn survey(source: &CsvSource, columns: usize, notes: &mut Vec<Note>) -> Result<usize, ImportError> {
    let mut csv = CsvFile::open(source).await?;
    csv.header().await?;
    let (mut width, mut listed, mut more) = (columns, 0, 0);
    while csv.next_of_any_width().await? {
        let found = csv.cells().count();
        if found == columns {
            continue;
        }
        width = width.max(found);
        if listed == MAX_LISTED {
            more += 1;
            continue;
        }
        listed += 1;
        let (file, line) = (source.file.name.clone(), csv.line());
        notes.push(match found < columns {
            true => Note::ShortRow { file, line, found, columns },
            false => Note::LongRow { file, line, found, header: columns },
        });
    }
    if more > 0 {
        notes.push(Note::More { file: source.file.name.clone(), count: more });
    }
    Ok(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn empty_and_repeated_names_are_refused() {
        assert_eq!(check(&names(&["Id", " "])), Err(RowFault::NamelessColumn { column: 2 }));
        assert_eq!(check(&names(&["Id", "Id"])), Err(RowFault::SameColumn { name: "Id".into() }));
        assert_eq!(check(&names(&["Id", "id"])), Ok(()));
    }

    #[test]
    fn a_lenient_header_is_completed_and_every_change_is_told() {
        let mut notes = Vec::new();
        let given = names(&["Id", "Email", "Email", "", "Email (2)"]);
        let completed = completed(given, 6, "x.csv", &mut notes);
        assert_eq!(completed, ["Id", "Email", "Email (3)", "Column 4", "Email (2)", "Column 6"]);
        assert_eq!(notes.len(), 3, "{notes:?}");
    }
}
