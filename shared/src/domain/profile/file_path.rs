//! Paths of files, made of the columns of a row.

/// A path with places for columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTemplate {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The first of the columns that is not empty.
    Columns(Vec<ColumnPiece>),
}

/// A column, or some of its characters.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ColumnPiece {
    column: String,
    characters: Option<(usize, usize)>,
}

/// Error of a path that is not written as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write columns in braces, such as upload/{{id}}")]
pub struct NotATemplate;

impl PathTemplate {
    /// Parses text such as `upload/{id}`, `{source_id|id}` or `{digest[0..2]}/{digest}`.
    pub fn parse(text: &str) -> Result<Self, NotATemplate> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let (columns, after) = after.split_once('}').ok_or(NotATemplate)?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let columns: Result<_, _> = columns.split('|').map(ColumnPiece::parse).collect();
            pieces.push(Piece::Columns(columns?));
            rest = after;
        }
        let has_columns = pieces.iter().any(|piece| matches!(piece, Piece::Columns(_)));
        if rest.contains('}') || !has_columns {
            return Err(NotATemplate);
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// The columns that it needs, each once.
    pub fn columns(&self) -> Vec<&str> {
        let mut found = Vec::new();
        for piece in &self.pieces {
            let Piece::Columns(columns) = piece else { continue };
            for column in columns {
                if !found.contains(&column.column.as_str()) {
                    found.push(column.column.as_str());
                }
            }
        }
        found
    }

    /// Columns of which one each must have a text.
    pub fn required(&self) -> Vec<Vec<&str>> {
        let groups = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Columns(columns) => Some(columns.iter().map(|column| column.column.as_str()).collect()),
        });
        groups.collect()
    }

    /// Fills the columns of a row in; `None` if one is NULL or empty and has no other in its place.
    pub fn fill<'a>(&self, cell: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
        let mut path = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => path.push_str(text),
                Piece::Columns(columns) => {
                    let filled =
                        columns.iter().find_map(|column| Some((column, cell(&column.column).filter(|cell| !cell.is_empty())?)));
                    let (column, cell) = filled?;
                    path.extend(column.of(cell));
                }
            }
        }
        Some(path)
    }
}

impl ColumnPiece {
    fn parse(text: &str) -> Result<Self, NotATemplate> {
        let (column, characters) = match text.strip_suffix(']').map(|text| text.split_once('[')) {
            None => (text, None),
            Some(Some((column, range))) => {
                let (from, to) = range.split_once("..").ok_or(NotATemplate)?;
                let number = |text: &str| text.parse::<usize>().map_err(|_| NotATemplate);
                (column, Some((number(from)?, number(to)?)))
            }
            Some(None) => return Err(NotATemplate),
        };
        let is_valid = !column.is_empty() && characters.is_none_or(|(from, to)| from < to);
        is_valid.then(|| Self { column: column.to_owned(), characters }).ok_or(NotATemplate)
    }

    fn of<'a>(&self, cell: &'a str) -> impl Iterator<Item = char> + 'a {
        let (from, to) = self.characters.unwrap_or((0, usize::MAX));
        cell.chars().skip(from).take(to - from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, row: &[(&str, &'static str)]) -> Option<String> {
        let template = PathTemplate::parse(template).expect(template);
        template.fill(|column| row.iter().find(|(name, _)| *name == column).map(|(_, cell)| *cell))
    }

    #[test]
    fn paths_are_made_of_columns() {
        let row = [("id", "5f2c"), ("source_id", ""), ("folder", "societe/7"), ("name", "見積 1.pdf")];
        for (template, wanted) in [
            ("upload/{id}", Some("upload/5f2c")),
            ("data/{source_id|id}.bin", Some("data/5f2c.bin")),
            ("{id[0..2]}/{id[2..4]}/{id}", Some("5f/2c/5f2c")),
            ("{folder}/{name}", Some("societe/7/見積 1.pdf")),
            ("{name[0..2]}", Some("見積")),
            ("{source_id}", None),
            ("{gone}", None),
        ] {
            assert_eq!(filled(template, &row).as_deref(), wanted, "{template}");
        }
    }

    #[test]
    fn what_names_no_column_is_no_template() {
        for text in ["", "upload", "{", "{}", "{a", "a}", "{a|}", "{a[1]}", "{a[2..1]}", "{a]}", "{a}}"] {
            assert_eq!(PathTemplate::parse(text), Err(NotATemplate), "{text}");
        }
        assert_eq!(PathTemplate::parse("{a|b}/{a}").expect("a template").columns(), ["a", "b"]);
    }
}
