use super::*;

fn rows_of_pieces(pieces: &[&str]) -> Result<Vec<(u64, Vec<String>)>, CsvFault> {
    let mut reader = CsvRows::default();
    let mut found = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        reader.push(piece);
        while let Some(row) = reader.next_row(number + 1 == pieces.len())? {
            found.push((row.line(), row.cells().map(str::to_owned).collect()));
        }
    }
    Ok(found)
}

fn rows(text: &str) -> Result<Vec<(u64, Vec<String>)>, CsvFault> {
    rows_of_pieces(&[text])
}

fn owned(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

#[test]
fn any_line_end_ends_a_row_and_the_last_needs_none() {
    let expected = vec![(1, owned(&["a", "b"])), (2, owned(&["c", ""])), (3, owned(&["", "d"]))];
    for text in ["a,b\nc,\n,d", "a,b\r\nc,\r\n,d\r\n", "a,b\rc,\r,d\r"] {
        assert_eq!(rows(text), Ok(expected.clone()), "{text:?}");
    }
}

#[test]
fn quoted_lines_count_as_an_editor_counts_them() {
    let text = "\"one\r\ntwo\nthree\rfour\",x\r\n\r\n\"say \"\"hi\"\"\",y\n";
    let expected = vec![(1, owned(&["one\r\ntwo\nthree\rfour", "x"])), (6, owned(&["say \"hi\"", "y"]))];
    assert_eq!(rows(text), Ok(expected));
}

#[test]
fn an_empty_line_is_no_row_but_an_empty_quoted_cell_is() {
    assert_eq!(rows("a\n\n\"\"\n"), Ok(vec![(1, owned(&["a"])), (3, owned(&[""]))]));
}

#[test]
fn an_unclosed_quote_is_named_by_the_line_where_it_opens() {
    assert_eq!(rows("a,b\n1,\"two\nthree\n"), Err(CsvFault::UnclosedQuote { line: 2 }));
}

#[test]
fn text_after_a_closing_quote_is_refused() {
    assert_eq!(rows("a\n\"x\ny\"z\n"), Err(CsvFault::TextAfterQuote { line: 3 }));
}

#[test]
fn a_quote_inside_a_plain_cell_is_text() {
    assert_eq!(rows("5\" disk,x"), Ok(vec![(1, owned(&["5\" disk", "x"]))]));
}

#[test]
fn a_row_has_a_bound_whatever_it_is_made_of() {
    for unit in ["x", "\n", "\"\"", "\r\n"] {
        let mut reader = CsvRows { max_row_bytes: 1 << 20, ..CsvRows::default() };
        reader.push("a\n\"");
        let piece = unit.repeat((64 << 10) / unit.len());
        let refused = (0..40).find_map(|_| {
            let refused = reader.next_row(false).err();
            reader.push(&piece);
            refused
        });
        assert_eq!(refused, Some(CsvFault::RowTooLong { line: 2 }), "{unit:?}");
        assert!(reader.row.text.len() <= (1 << 20) + piece.len());
    }
}

#[test]
fn a_header_has_a_smaller_bound_in_bytes_and_in_cells() {
    assert_eq!(rows(&",".repeat(20_000)), Err(CsvFault::TooManyCells { line: 1 }));
    assert_eq!(rows(&format!("a\n{}", ",".repeat(20_000))), Err(CsvFault::TooManyCells { line: 2 }));
    assert_eq!(rows(&format!("\"{}\"", "\n".repeat(5 << 20))), Err(CsvFault::RowTooLong { line: 1 }));
}

#[test]
fn other_separators_and_blanks_around_quotes_are_read_when_asked_for() {
    let read = |separator, lenient, text: &str| {
        let mut reader = CsvRows::new(separator, lenient);
        reader.push(text);
        reader.next_row(true).map(|row| row.map(|row| row.cells().map(str::to_owned).collect::<Vec<_>>()))
    };
    assert_eq!(read(b';', false, "a,b;\"c;d\""), Ok(Some(owned(&["a,b", "c;d"]))));
    assert_eq!(read(b',', true, "1, \"A, B\" ,\tx"), Ok(Some(owned(&["1", "A, B", "\tx"]))));
    assert_eq!(read(b',', false, "1, \"A, B\""), Ok(Some(owned(&["1", " \"A", " B\""]))));
}

proptest::proptest! {
    #[test]
    fn what_the_csv_crate_writes_comes_back_however_it_is_cut(
        table in proptest::collection::vec(proptest::collection::vec("[a,\"\r\nあ\u{0}=]{0,6}", 2), 1..6),
        cuts in proptest::collection::vec(0usize..200, 0..6),
    ) {
        let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        for row in &table {
            writer.write_record(row).expect("writes to memory");
        }
        let text = String::from_utf8(writer.into_inner().expect("flushes")).expect("is text");
        let read = rows_of_pieces(&cut(&text, cuts)).expect("is CSV");
        let read: Vec<_> = read.into_iter().map(|(_, cells)| cells).collect();
        proptest::prop_assert_eq!(read, table);
    }

    #[test]
    fn any_text_is_read_or_refused_alike_however_it_is_cut(
        text in "[a,\"\r\nあ]{0,40}",
        cuts in proptest::collection::vec(0usize..60, 0..6),
    ) {
        proptest::prop_assert_eq!(rows_of_pieces(&cut(&text, cuts)), rows(&text));
    }
}

fn cut(text: &str, mut cuts: Vec<usize>) -> Vec<&str> {
    cuts.retain(|&at| text.is_char_boundary(at));
    cuts.sort_unstable();
    let mut pieces = Vec::new();
    let mut from = 0;
    for at in cuts.into_iter().chain([text.len()]) {
        pieces.push(&text[from..at]);
        from = at;
    }
    pieces
}
