//! Takes rows from both backups and drops those that both have.

use std::cmp::Ordering;

use super::batch::RowCursor;
use super::error::CompareError;
use super::remainder::Remainder;

/// Number of rows by which one backup may be ahead of the other.
const MAX_AHEAD: i64 = 50_000;

/// Reads all rows of both, and returns those that only one of them has. Where both are in the same order, a row meets its
/// partner at once; else it waits for it in the remainder.
pub fn pair_rows(mut before: RowCursor, mut after: RowCursor, mut remainder: Remainder) -> Result<Remainder, CompareError> {
    let mut ahead = 0;
    loop {
        let sides = match (before.has_row(), after.has_row()) {
            (false, false) => return Ok(remainder),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (true, true) if before.row().0 == after.row().0 => {
                before.advance();
                after.advance();
                continue;
            }
            (true, true) if ahead > MAX_AHEAD => Ordering::Greater,
            (true, true) if ahead < -MAX_AHEAD => Ordering::Less,
            (true, true) => before.row().cmp_key(after.row()),
        };
        if sides.is_le() {
            remainder.add(before.row(), 1)?;
            before.advance();
            ahead += 1;
        }
        if sides.is_ge() {
            remainder.add(after.row(), -1)?;
            after.advance();
            ahead -= 1;
        }
    }
}
