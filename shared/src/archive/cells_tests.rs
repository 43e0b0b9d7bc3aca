use proptest::prelude::*;

use super::*;

const ON: CsvOptions = CsvOptions { bom: true, escape_formulas: true, protect: true };
const FORMULAS_ONLY: CsvOptions = CsvOptions { bom: true, escape_formulas: true, protect: false };
const OFF: CsvOptions = CsvOptions { bom: true, escape_formulas: false, protect: false };
const KINDS: [CellKind; 4] = [CellKind::Text, CellKind::Number, CellKind::Date, CellKind::Boolean];

#[test]
fn the_manifests_vectors_are_undone_as_they_say() {
    for (written, cell) in VECTORS {
        assert_eq!(undo(written), cell, "{written:?}");
    }
}

#[test]
fn ids_lookups_and_what_a_spreadsheet_would_change_are_marked_in_text() {
    for cell in ["4876876000000000001", "+8190", "0000037", "1e5", "1-2", "=1+1", "'=1", "'90s", "TRUE", "1.50", " 1"] {
        assert_eq!(escape(cell, CellKind::Text, ON), format!("'{cell}"));
    }
    for cell in ["", "Sakura", "37", "-5", "1200.5", "03-1234-5678", "a=b", "見積書 3"] {
        assert_eq!(escape(cell, CellKind::Text, ON), cell);
    }
    assert_eq!(escape("a\r\nb\0␍", CellKind::Text, ON), "'a␍\nb␀␛␍");
}

#[test]
fn values_of_typed_fields_are_marked_only_where_they_would_not_come_back_equal() {
    let unmarked =
        [("1200.50", CellKind::Number), ("1,234", CellKind::Number), ("2026-11-26", CellKind::Date), ("true", CellKind::Boolean)];
    for (cell, kind) in unmarked {
        assert_eq!(escape(cell, kind, ON), cell);
        assert_eq!(escape(cell, CellKind::Text, ON), format!("'{cell}"));
    }
    let marked = [
        ("4876876000000000001", CellKind::Number),
        ("1e5", CellKind::Number),
        ("11/26/2026", CellKind::Date),
        ("1", CellKind::Boolean),
    ];
    for (cell, kind) in &marked[..3] {
        assert_eq!(escape(cell, *kind, ON), format!("'{cell}"));
    }
    assert_eq!(escape(marked[3].0, marked[3].1, ON), "1", "a number of one digit changes nowhere");
}

#[test]
fn options_turn_escaping_off() {
    assert_eq!(escape("0000037", CellKind::Text, FORMULAS_ONLY), "0000037");
    assert_eq!(escape("=1+1", CellKind::Text, FORMULAS_ONLY), "'=1+1");
    assert_eq!(escape("'90s", CellKind::Text, FORMULAS_ONLY), "''90s");
    for cell in ["0000037", "=1+1", "'90s", "a\rb"] {
        assert_eq!(escape(cell, CellKind::Text, OFF), cell);
    }
}

fn hostile_cell() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec![
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        "＝",
        "'",
        "\"",
        ",",
        ";",
        " ",
        "\0",
        "1",
        "0",
        "1.5",
        "e",
        "%",
        "あ",
        "👩‍👩‍👧",
        "x",
        "\r\n",
        "\u{FEFF}",
        "␀",
        "␍",
        "␛",
        "\u{1D}",
        "/",
        ":",
        "年",
        "Mar ",
        "true",
        "１",
    ]);
    proptest::collection::vec(sign, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn every_cell_comes_back_exactly_whatever_its_field(cell in prop_oneof![hostile_cell(), any::<String>()]) {
        for kind in KINDS {
            for options in [ON, FORMULAS_ONLY] {
                let written = escape(&cell, kind, options);
                prop_assert_eq!(undo(&written), cell.as_str());
                prop_assert!(options == FORMULAS_ONLY || !written.contains(['\r', '\0']));
            }
        }
    }

    #[test]
    fn signs_in_parts_of_a_cell_are_those_of_the_whole(cell in hostile_cell(), at in 0usize..8) {
        let at = cell.floor_char_boundary(at.min(cell.len()));
        let (head, tail) = cell.split_at(at);
        prop_assert_eq!([with_signs(head), with_signs(tail)].concat(), with_signs(&cell).into_owned());
    }
}

/// A cell of any kind of part: words and units of values, signs, digits, letters of several scripts.
fn any_cell() -> impl Strategy<Value = String> {
    let words: Vec<_> = crate::archive::words::all().collect();
    let signs: Vec<_> =
        "+-.,:/%()'$\\ \t\0\u{7F}#_@&=!;\"あー商年１Ｔ＝￥é³٣\u{3000}\u{A0}\u{FEFF}".chars().map(String::from).collect();
    let part = prop_oneof![
        prop::sample::select(words.clone()),
        prop::sample::select(words).prop_map(|word| word.to_uppercase()),
        prop::sample::select(signs),
        prop::sample::select("e t z a p am pm m s h r".split(' ').collect::<Vec<_>>()).prop_map(str::to_owned),
        "[0-9]{1,5}",
        "[a-z]{1,18}",
        "[A-Z][a-z]{0,3}",
        "[ -~]{0,4}",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// What is judged at a glance is what the rules say.
    #[test]
    fn a_glance_anticipates_the_rules(cell in any_cell()) {
        let bytes = CellBytes::of(&cell);
        if cell.is_empty() || cell.starts_with('\'') || bytes.has(CellBytes::LOST) {
            return Ok(());
        }
        let is_changed = is_changed(&cell, CellKind::Text);
        match glance(&cell, bytes) {
            Glance::Harmless => prop_assert!(!is_changed, "{:?}", cell),
            Glance::Value => prop_assert!(is_changed, "{:?}", cell),
            Glance::Unknown => {}
        }
    }
}

#[test]
fn most_cells_are_judged_at_a_glance() {
    for cell in [
        "Sakura",
        "商談 5",
        "Called the customer 3日",
        "c4ca4238",
        "167c8",
        "a@b.jp",
        "37",
        "2020.75",
        "-2020.75",
        "03-1234-5678",
    ] {
        assert_eq!(glance(cell, CellBytes::of(cell)), Glance::Harmless, "{cell}");
    }
    for cell in ["4876876000000000001", "007", "2026-11-26", "2026-11-26 04:00:05.5+00", "1.50", "+81 90", "=1", "-5-"] {
        assert_eq!(glance(cell, CellBytes::of(cell)), Glance::Value, "{cell}");
    }
    for cell in ["March", "Mä", "5 usd", "年", " 1", "true", "8月"] {
        assert_eq!(glance(cell, CellBytes::of(cell)), Glance::Unknown, "{cell}");
    }
}
