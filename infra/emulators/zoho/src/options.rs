//! Limits of the server, and sizes of the sample organisation.

use chrono::Duration;

use crate::people;

/// Limits, which tests may change while the server runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// `Free`, `Standard`, `Professional`, `Enterprise` or `Ultimate`.
    pub edition: String,
    /// Credits of a rolling day; `None` for those of the edition.
    pub credits: Option<u64>,
    /// Calls at once; `None` for those of the edition.
    pub concurrency: Option<usize>,
    /// Lifetime of an access token.
    pub token_seconds: i64,
    /// How long one bulk job takes.
    pub bulk_job: Duration,
    /// Rows of one bulk job.
    pub bulk_rows: usize,
    /// Records that page tokens lead to.
    pub page_limit: usize,
    /// How long every call takes.
    pub latency: std::time::Duration,
    /// Whether the attachments of the whole organisation can be listed.
    pub organisation_attachments: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            edition: "Enterprise".to_owned(),
            credits: None,
            concurrency: None,
            token_seconds: 3600,
            bulk_job: Duration::milliseconds(40),
            bulk_rows: 200_000,
            page_limit: 100_000,
            latency: std::time::Duration::ZERO,
            organisation_attachments: true,
        }
    }
}

impl Options {
    /// Credits of a rolling day (Zoho CRM API v8: API limits).
    pub fn daily_credits(&self) -> u64 {
        let of_user = match self.edition.as_str() {
            "Free" => return self.credits.unwrap_or(5_000),
            "Standard" => 250,
            "Professional" => 500,
            "Ultimate" => 2_000,
            _ => 1_000,
        };
        self.credits.unwrap_or(50_000 + of_user * people::LICENCES)
    }

    /// Calls at once.
    pub fn calls_at_once(&self) -> usize {
        let of_edition = match self.edition.as_str() {
            "Free" => 5,
            "Standard" => 10,
            "Professional" => 15,
            "Ultimate" => 25,
            _ => 20,
        };
        self.concurrency.unwrap_or(of_edition)
    }
}

/// Number of records at the start.
#[derive(Debug, Clone)]
pub struct SampleSize {
    /// By module; those not named have none.
    pub records: Vec<(&'static str, u64)>,
}

impl SampleSize {
    /// Some hundred records, more than one page in each of the larger modules.
    pub fn small() -> Self {
        Self::of([450, 120, 620, 260, 230, 40, 30, 25, 60, 45, 240, 130])
    }

    /// Three modules of 250,000 records, and 3,000 attachments.
    pub fn large() -> Self {
        Self::of([250_000, 20_000, 250_000, 40_000, 250_000, 5_000, 5_000, 500, 2_000, 1_000, 10_000, 3_000])
    }

    fn of(counts: [u64; 12]) -> Self {
        const MODULES: [&str; 12] = [
            "Leads",
            "Accounts",
            "Contacts",
            "Deals",
            "Tasks",
            "Events",
            "Calls",
            "Products",
            "Quotes",
            "Inspections",
            "Notes",
            "Attachments",
        ];
        Self { records: MODULES.into_iter().zip(counts).collect() }
    }
}
