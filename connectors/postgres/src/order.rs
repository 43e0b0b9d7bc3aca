//! The order in which the rows of a table are read. Two backups of unchanged rows read them in the same order, and the server
//! neither sorts much nor reads its disk at random for it.

use serde::{Deserialize, Serialize};

/// Largest table that may be sorted, in bytes. It fits in the memory that a server gives to a sort by default.
const MAX_SORTED_BYTES: u64 = 4 << 20;
/// Least correlation of the key's first column with the order of the file. PostgreSQL measures it from a sample.
const MIN_CORRELATION: f64 = 0.99;
/// Largest run of rows with the same first column of the key, in bytes. The other columns of the key may order them otherwise than
/// the file, and the server reads them from memory.
const MAX_RUN_BYTES: f64 = 4_194_304.0;

/// What the server knows about the file of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Layout {
    /// Size of the rows without indexes and long values.
    pub bytes: u64,
    /// Correlation of the key's first column with the order of the file; the lowest of all partitions. `None` if unknown.
    pub correlation: Option<f64>,
    /// Number of different values of that column; the lowest of all partitions. `None` if unknown.
    pub distinct: Option<f64>,
    /// Whether the rows were once put in the order of the key by `CLUSTER`.
    pub is_clustered: bool,
    /// Number of columns of the key.
    pub key_columns: usize,
}

/// Order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RowOrder {
    Key,
    /// As they lie in the file.
    File,
}

impl Layout {
    /// Chooses the order of the key where it costs little.
    pub(crate) fn order(&self) -> RowOrder {
        if self.key_columns == 0 {
            return RowOrder::File;
        }
        let follows_key = match self.correlation {
            Some(correlation) => correlation >= MIN_CORRELATION && self.has_short_runs(),
            None => self.is_clustered,
        };
        if follows_key || self.bytes <= MAX_SORTED_BYTES { RowOrder::Key } else { RowOrder::File }
    }

    fn has_short_runs(&self) -> bool {
        let run = |distinct: f64| self.bytes as f64 / distinct.max(1.0);
        self.key_columns == 1 || self.distinct.is_some_and(|distinct| run(distinct) <= MAX_RUN_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: Layout =
        Layout { bytes: 10 << 30, correlation: Some(1.0), distinct: Some(1e6), is_clustered: false, key_columns: 1 };

    #[test]
    fn a_table_is_read_in_the_order_of_its_key_where_that_costs_little() {
        for (order, layout) in [
            (RowOrder::Key, LARGE),
            (RowOrder::File, Layout { correlation: Some(0.98), ..LARGE }),
            (RowOrder::File, Layout { correlation: Some(-1.0), ..LARGE }),
            (RowOrder::File, Layout { correlation: None, ..LARGE }),
            (RowOrder::Key, Layout { correlation: None, is_clustered: true, ..LARGE }),
            (RowOrder::File, Layout { correlation: Some(0.1), is_clustered: true, ..LARGE }),
            (RowOrder::Key, Layout { correlation: Some(0.1), bytes: MAX_SORTED_BYTES, ..LARGE }),
            (RowOrder::File, Layout { key_columns: 0, bytes: 0, ..LARGE }),
        ] {
            assert_eq!(layout.order(), order, "{layout:?}");
        }
    }

    #[test]
    fn further_columns_of_a_key_must_not_order_many_rows_otherwise_than_the_file() {
        let of_a_tenant = Layout { key_columns: 2, distinct: Some(3.0), ..LARGE };
        assert_eq!(of_a_tenant.order(), RowOrder::File);
        assert_eq!(Layout { key_columns: 1, ..of_a_tenant }.order(), RowOrder::Key);
        assert_eq!(Layout { distinct: None, ..of_a_tenant }.order(), RowOrder::File);
        assert_eq!(Layout { distinct: Some(1e5), ..of_a_tenant }.order(), RowOrder::Key);
    }
}
