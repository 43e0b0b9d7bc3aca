//! Names of tables and columns for people.

/// Longest comment that is taken as a label, in characters.
const LONGEST_LABEL: usize = 60;

/// Returns a short comment in one line as the label; otherwise the name.
pub fn label(comment: Option<&str>, name: &str) -> String {
    let is_label =
        |comment: &&str| (1..=LONGEST_LABEL).contains(&comment.chars().count()) && !comment.chars().any(char::is_control);
    comment.filter(is_label).unwrap_or(name).to_owned()
}
