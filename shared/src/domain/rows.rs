//! Rows of a CRM module on their way from a source to an archive, in pages. A cell is text or NULL; each store decides how
//! it encodes them.

/// A cell of a row. `None` is NULL, which differs from the empty text.
pub type Cell<'a> = Option<&'a str>;

/// Consecutive whole rows of one module.
#[derive(Debug, Clone)]
pub struct RowPage {
    /// All cells, each with a byte of ASCII behind it, as sources separate them. The text of a NULL cell has no meaning.
    text: String,
    /// End of each cell in `text`.
    ends: Vec<usize>,
    /// Indexes of the NULL cells, ascending.
    nulls: Vec<usize>,
    columns: usize,
}

/// Stands behind a cell.
const SEPARATOR: char = '\t';

/// Error returned when cells do not form whole rows, or when text cannot be split at their ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cells do not make up whole rows")]
pub struct UnevenRows;

impl RowPage {
    /// Creates an empty page for rows of `columns` cells; 0 counts as 1.
    pub fn new(columns: usize) -> Self {
        Self { text: String::new(), ends: Vec::new(), nulls: Vec::new(), columns: columns.max(1) }
    }

    /// Creates an empty page for as many rows as this one has.
    #[must_use]
    pub fn next(&self) -> Self {
        let (text, ends) = (String::with_capacity(self.text.len()), Vec::with_capacity(self.ends.len()));
        Self { text, ends, nulls: Vec::with_capacity(self.nulls.len()), columns: self.columns }
    }

    /// Appends a row.
    pub fn push(&mut self, cells: &[Cell<'_>]) -> Result<(), UnevenRows> {
        if cells.len() != self.columns {
            return Err(UnevenRows);
        }
        for cell in cells {
            match cell {
                Some(text) => self.text.push_str(text),
                None => self.nulls.push(self.ends.len()),
            }
            self.ends.push(self.text.len());
            self.text.push(SEPARATOR);
        }
        Ok(())
    }

    /// Appends the row that a line holds, whose cells are separated by one byte of ASCII each. `cells` gives for each cell its end
    /// in the line, and whether it is NULL, whatever its text is; or `None` if the line must not be appended as it is.
    pub fn push_line(&mut self, line: &str, cells: impl Iterator<Item = Option<(usize, bool)>>) -> Result<(), UnevenRows> {
        let (start, first, nulls) = (self.text.len(), self.ends.len(), self.nulls.len());
        let mut is_refused = false;
        for cell in cells {
            let Some((end, is_null)) = cell else {
                is_refused = true;
                break;
            };
            if is_null {
                self.nulls.push(self.ends.len());
            }
            self.ends.push(start + end);
        }
        if is_refused || self.ends.len() != first + self.columns {
            self.ends.truncate(first);
            self.nulls.truncate(nulls);
            return Err(UnevenRows);
        }
        self.text.push_str(line);
        self.text.push(SEPARATOR);
        Ok(())
    }

    /// Returns the number of cells in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> u64 {
        (self.ends.len() / self.columns) as u64
    }

    /// Returns the size of the text in bytes.
    pub fn size(&self) -> usize {
        self.text.len() - self.ends.len()
    }

    /// Calls `each` with the cells of every row in order, and stops at the first error.
    pub fn for_each<E>(&self, mut each: impl FnMut(&[Cell<'_>]) -> Result<(), E>) -> Result<(), E> {
        let mut rows = self.cursor();
        let mut cells = Vec::with_capacity(self.columns);
        while rows.read(&mut cells) {
            each(&cells)?;
        }
        Ok(())
    }

    /// Begins to read the rows one by one.
    pub fn cursor(&self) -> RowCursor<'_> {
        RowCursor { page: self, nulls: &self.nulls, first: 0, start: 0 }
    }

    /// Returns the cells of the last row; none if there is no row.
    pub fn last_row(&self) -> Vec<Cell<'_>> {
        let first = self.ends.len().saturating_sub(self.columns);
        let nulls = &self.nulls[self.nulls.partition_point(|null| *null < first)..];
        let mut cells = Vec::new();
        RowCursor { page: self, nulls, first, start: self.start_of(first) }.read(&mut cells);
        cells
    }

    /// Returns a page without the first `skip` rows and with at most `take` of the rest.
    #[must_use]
    pub fn slice(&self, skip: u64, take: u64) -> Self {
        let first = usize::try_from(skip.min(self.rows())).unwrap_or(0) * self.columns;
        let cells = usize::try_from(take.min(self.rows())).unwrap_or(0) * self.columns;
        let behind = (first + cells).min(self.ends.len());
        let (start, end) = (self.start_of(first), self.start_of(behind));
        let ends = self.ends[first..behind].iter().map(|end| end - start).collect();
        let nulls = self.nulls.iter().filter(|null| (first..behind).contains(null)).map(|null| null - first).collect();
        Self { text: self.text[start..end].to_owned(), ends, nulls, columns: self.columns }
    }

    /// Where the text of a cell begins, or that of all cells ends.
    fn start_of(&self, cell: usize) -> usize {
        if cell == 0 { 0 } else { self.ends[cell - 1] + SEPARATOR.len_utf8() }
    }
}

/// The cells of one row while a source decodes them. Keeps its memory from row to row.
#[derive(Debug, Default)]
pub struct RowBuffer {
    /// The cells, each with a separator behind it.
    text: String,
    /// End of each cell in `text`, and whether it is NULL.
    cells: Vec<(usize, bool)>,
}

impl RowBuffer {
    /// Begins a row.
    pub fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
    }

    /// Text to which the next cell is appended.
    pub fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// Ends a cell: what was appended to the text since the one before.
    pub fn end_cell(&mut self) {
        self.end(false);
    }

    /// Adds a NULL cell.
    pub fn null(&mut self) {
        self.end(true);
    }

    fn end(&mut self, is_null: bool) {
        self.cells.push((self.text.len(), is_null));
        self.text.push(SEPARATOR);
    }

    /// Appends the row to a page.
    pub fn append_to(&self, page: &mut RowPage) -> Result<(), UnevenRows> {
        page.push_line(self.text.strip_suffix(SEPARATOR).unwrap_or_default(), self.cells.iter().copied().map(Some))
    }
}

/// Reads the rows of a page in order.
#[derive(Debug)]
pub struct RowCursor<'a> {
    page: &'a RowPage,
    /// NULL cells from the next row on.
    nulls: &'a [usize],
    /// Index of the next row's first cell.
    first: usize,
    /// Where the next row's text starts.
    start: usize,
}

impl<'a> RowCursor<'a> {
    /// Replaces `cells` with the next row; returns false at the end.
    pub fn read(&mut self, cells: &mut Vec<Cell<'a>>) -> bool {
        let behind = self.first + self.page.columns;
        let Some(ends) = self.page.ends.get(self.first..behind) else { return false };
        cells.clear();
        let (text, mut start) = (self.page.text.as_str(), self.start);
        cells.extend(ends.iter().map(|&end| {
            let cell = &text[start..end];
            start = end + SEPARATOR.len_utf8();
            Some(cell)
        }));
        self.start = start;
        while let Some((null, rest)) = self.nulls.split_first().filter(|(null, _)| **null < behind) {
            cells[null - self.first] = None;
            self.nulls = rest;
        }
        self.first = behind;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Row = Vec<Option<String>>;

    fn page_of(rows: &[Row], columns: usize) -> RowPage {
        let mut page = RowPage::new(columns);
        for row in rows {
            page.push(&row.iter().map(Option::as_deref).collect::<Vec<_>>()).expect("a whole row");
        }
        page
    }

    fn rows_of(page: &RowPage) -> Vec<Row> {
        let mut rows = Vec::new();
        page.for_each(|cells| {
            rows.push(cells.iter().map(|cell| cell.map(str::to_owned)).collect());
            Ok::<(), std::convert::Infallible>(())
        })
        .expect("infallible");
        rows
    }

    proptest! {
        #[test]
        fn any_slice_of_a_page_is_its_rows(
            rows in proptest::collection::vec(proptest::collection::vec(any::<Option<String>>(), 2), 0..20),
            skip in 0u64..25,
            take in 0u64..25,
        ) {
            let page = page_of(&rows, 2);
            prop_assert_eq!(&rows_of(&page), &rows);
            let expected: Vec<_> = rows.into_iter().skip(skip as usize).take(take as usize).collect();
            prop_assert_eq!(rows_of(&page.slice(skip, take)), expected);
        }
    }

    proptest! {
        #[test]
        fn a_buffer_appends_the_row_that_was_put_into_it(rows in proptest::collection::vec(proptest::collection::vec(any::<Option<String>>(), 3), 0..10)) {
            let (mut page, mut buffer) = (RowPage::new(3), RowBuffer::default());
            for row in &rows {
                buffer.clear();
                for cell in row {
                    match cell {
                        Some(text) => {
                            buffer.text().push_str(text);
                            buffer.end_cell();
                        }
                        None => buffer.null(),
                    }
                }
                prop_assert_eq!(buffer.append_to(&mut page), Ok(()));
            }
            buffer.null();
            prop_assert_eq!(buffer.append_to(&mut page), Err(UnevenRows));
            prop_assert_eq!(rows_of(&page), rows);
        }
    }

    proptest! {
        #[test]
        fn a_line_is_its_cells_and_the_last_row_is_found(rows in proptest::collection::vec(proptest::collection::vec(any::<Option<String>>(), 3), 0..10)) {
            let mut page = RowPage::new(3).next();
            for row in &rows {
                let texts: Vec<_> = row.iter().map(|cell| cell.as_deref().unwrap_or("NULL")).collect();
                let cells = || row.iter().enumerate().map(|(at, cell)| Some((texts[..=at].join(",").len(), cell.is_none())));
                prop_assert_eq!(page.push_line("a,b", cells().take(2)), Err(UnevenRows));
                prop_assert_eq!(page.push_line("a,b,c", cells().chain([None])), Err(UnevenRows));
                prop_assert_eq!(page.push_line(&texts.join(","), cells()), Ok(()));
                prop_assert_eq!(page.last_row(), row.iter().map(Option::as_deref).collect::<Vec<_>>());
            }
            prop_assert_eq!(rows_of(&page), rows);
        }
    }

    #[test]
    fn null_is_not_the_empty_text() {
        let row = vec![None, Some(String::new())];
        assert_eq!(rows_of(&page_of(std::slice::from_ref(&row), 2)), [row]);
        assert!(RowPage::new(2).last_row().is_empty());
    }

    #[test]
    fn cells_that_make_no_whole_rows_are_refused() {
        assert_eq!(RowPage::new(2).push(&[Some("a")]), Err(UnevenRows));
    }
}
