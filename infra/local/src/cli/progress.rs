//! Progress on the terminal: a progress bar, or an occasional line where standard error is not a terminal.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use hozon::import::ImportProgress;
use hozon::language::say;
use hozon_shared::domain::progress::{Amount, CaptureProgress};
use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Time between two lines without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Displays progress.
pub struct ProgressDisplay {
    bar: ProgressBar,
    what: &'static str,
    begun: Instant,
    last_line: Option<Instant>,
}

impl ProgressDisplay {
    /// Starts the display; `what` names the activity.
    pub fn new(what: &'static str) -> Self {
        let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:30}] {percent:>3}%  {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(what);
        Self { bar, what, begun: Instant::now(), last_line: None }
    }

    /// Displays a count.
    pub fn count(&mut self, done: u64, total: u64, of_what: &str) {
        self.show(done, total, &format!("{} / {} {of_what}", HumanCount(done), HumanCount(total)));
    }

    /// Displays what has no total.
    pub fn text(&mut self, message: &str) {
        self.show(0, 0, message);
    }

    /// Displays what was read of a module.
    pub fn import(&mut self, step: &ImportProgress<'_>) {
        self.text(&format!("{}: {} {}", step.module, HumanCount(step.rows), say("rows", "行")));
    }

    /// Displays items, rows, bytes, rate and remaining time.
    pub fn amount(&mut self, done: Amount, total: Amount, seconds_left: Option<u64>) {
        let rate = done.bytes as f64 / self.begun.elapsed().as_secs_f64().max(0.001);
        let left = seconds_left
            .map(|left| say(format!(", {} left", HumanDuration(Duration::from_secs(left))), format!("、残り約 {left} 秒")))
            .unwrap_or_default();
        let message = format!(
            "{}/{} {}, {} {}, {} / {}, {}/s{left}",
            done.items,
            total.items,
            say("items", "件"),
            HumanCount(done.rows),
            say("rows", "行"),
            HumanBytes(done.bytes),
            HumanBytes(total.bytes),
            HumanBytes(rate as u64),
        );
        self.show(done.bytes.min(total.bytes), total.bytes, &message);
    }

    /// Displays how far a database has been read.
    pub fn capture(&mut self, read: CaptureProgress) {
        let (modules, total, rows) = (read.modules, read.total_modules, HumanCount(read.rows));
        let about = HumanCount(read.expected_rows);
        let message = match read.expected_rows {
            0 => say(format!("{modules}/{total} modules, {rows} rows"), format!("モジュール {modules}/{total}、{rows} 行")),
            _ => say(
                format!("{modules}/{total} modules, {rows} of about {about} rows"),
                format!("モジュール {modules}/{total}、{rows} / 約 {about} 行"),
            ),
        };
        self.show(read.rows.min(read.expected_rows), read.expected_rows, &message);
    }

    /// Removes the progress bar and returns the elapsed time.
    pub fn finish(self) -> Duration {
        self.bar.finish_and_clear();
        self.begun.elapsed()
    }

    fn show(&mut self, position: u64, length: u64, message: &str) {
        self.bar.set_length(length);
        self.bar.set_position(position);
        self.bar.set_message(message.to_owned());
        if self.bar.is_hidden() && self.last_line.is_none_or(|last| last.elapsed() > LINE_EVERY) {
            eprintln!("{}: {message}", self.what);
            self.last_line = Some(Instant::now());
        }
    }
}
