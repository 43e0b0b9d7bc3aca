//! Results for `benches/run`.

/// Prints a result for `benches/run`.
#[expect(clippy::print_stdout, reason = "standard output is what the caller reads")]
pub fn tell(result: &serde_json::Value) {
    println!("{result}");
}
