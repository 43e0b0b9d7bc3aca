//! Rows of a CRM module on their way from a source to an archive, in pages. A cell is text or NULL; each store decides how
//! it encodes them.

/// A cell of a row. `None` is NULL, which differs from the empty text.
pub type Cell<'a> = Option<&'a str>;

/// Consecutive whole rows of one module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPage {
    text: String,
    /// End of each cell in `text`.
    ends: Vec<usize>,
    /// Indexes of the NULL cells, ascending.
    nulls: Vec<usize>,
    columns: usize,
}

/// Error returned when cells do not form whole rows, or when text cannot be split at their ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cells do not make up whole rows")]
pub struct UnevenRows;

impl RowPage {
    /// Creates an empty page for rows of `columns` cells; 0 counts as 1.
    pub fn new(columns: usize) -> Self {
        Self { text: String::new(), ends: Vec::new(), nulls: Vec::new(), columns: columns.max(1) }
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
        }
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
        self.text.len()
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

    /// Returns a page without the first `skip` rows and with at most `take` of the rest.
    #[must_use]
    pub fn slice(&self, skip: u64, take: u64) -> Self {
        let first = usize::try_from(skip.min(self.rows())).unwrap_or(0) * self.columns;
        let cells = usize::try_from(take.min(self.rows())).unwrap_or(0) * self.columns;
        let behind = (first + cells).min(self.ends.len());
        let kept = &self.ends[first..behind];
        let start = if first == 0 { 0 } else { self.ends[first - 1] };
        let end = kept.last().copied().unwrap_or(start);
        let ends = kept.iter().map(|end| end - start).collect();
        let nulls = self.nulls.iter().filter(|null| (first..behind).contains(null)).map(|null| null - first).collect();
        Self { text: self.text[start..end].to_owned(), ends, nulls, columns: self.columns }
    }
}

/// The cells of one row while a source decodes them. Keeps its memory from row to row.
#[derive(Debug, Default)]
pub struct RowBuffer {
    text: String,
    /// End of each cell in `text`; `None` for NULL.
    ends: Vec<Option<usize>>,
}

impl RowBuffer {
    /// Begins a row.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Text to which the next cell is appended.
    pub fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// Ends a cell: what was appended to the text since the one before.
    pub fn end_cell(&mut self) {
        self.ends.push(Some(self.text.len()));
    }

    /// Adds a NULL cell.
    pub fn null(&mut self) {
        self.ends.push(None);
    }

    /// Returns a cell of the row; `None` if it is NULL or not there.
    pub fn cell(&self, at: usize) -> Cell<'_> {
        let end = self.ends.get(at).copied().flatten()?;
        let start = self.ends[..at].iter().rev().find_map(|end| *end).unwrap_or(0);
        self.text.get(start..end)
    }

    /// Appends the row to a page.
    pub fn append_to(&self, page: &mut RowPage) -> Result<(), UnevenRows> {
        if self.ends.len() != page.columns {
            return Err(UnevenRows);
        }
        let (start, mut end) = (page.text.len(), 0);
        page.text.push_str(&self.text);
        for cell in &self.ends {
            match cell {
                Some(at) => end = *at,
                None => page.nulls.push(page.ends.len()),
            }
            page.ends.push(start + end);
        }
        Ok(())
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
        for &end in ends {
            cells.push(Some(&self.page.text[self.start..end]));
            self.start = end;
        }
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
            prop_assert_eq!(page, page_of(&rows, 3));
        }
    }

    #[test]
    fn null_is_not_the_empty_text() {
        let row = vec![None, Some(String::new())];
        assert_eq!(rows_of(&page_of(std::slice::from_ref(&row), 2)), [row]);
    }

    #[test]
    fn cells_that_make_no_whole_rows_are_refused() {
        assert_eq!(RowPage::new(2).push(&[Some("a")]), Err(UnevenRows));
    }
}
