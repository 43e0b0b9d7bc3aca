//! Where a data folder is served, for commands beside the running program: its address, and its clock where that is not the system's. A
//! file in the data folder says it for as long as the program runs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::Role;
use serde::{Deserialize, Serialize};

use crate::language::say;
use crate::registry::{Entry, Registry};
use crate::secrets::Secrets;
use crate::tokens::Issuer;

const FILE: &str = "serving.json";
const WEEK_SECONDS: f64 = 7.0 * 86_400.0;

/// Where a data folder is served.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Serving {
    /// The program's URL, without a slash at its end.
    pub url: String,
    clock: Option<OtherClock>,
}

/// A clock that began at a chosen time and goes at most this fast.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct OtherClock {
    from: DateTime<Utc>,
    began: DateTime<Utc>,
    speed: f64,
}

/// Takes the file away when the program ends.
#[derive(Debug)]
pub struct Announced(PathBuf);

impl Drop for Announced {
    fn drop(&mut self) {
        // The next start writes it anew; until then its address answers nobody.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Serving {
    /// Says that the folder is served there, by a clock that began now at that time with that speed, or by the system's.
    pub fn announce(data: &Path, url: &str, clock: Option<(DateTime<Utc>, f64)>) -> Result<Announced> {
        let clock = clock.map(|(from, speed)| OtherClock { from, began: Utc::now(), speed });
        let path = data.join(FILE);
        let file = tempfile::NamedTempFile::new_in(data)?;
        serde_json::to_writer(&file, &Self { url: url.to_owned(), clock })?;
        file.persist(&path).with_context(|| format!("write {}", path.display()))?;
        Ok(Announced(path))
    }

    /// Where the folder is served; `None` while no program does.
    pub fn read(data: &Path) -> Result<Option<Self>> {
        match std::fs::read(data.join(FILE)) {
            Ok(json) => {
                Ok(Some(serde_json::from_slice(&json).with_context(|| format!("understand {}", data.join(FILE).display()))?))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("read {}", data.join(FILE).display())),
        }
    }
}

/// The organisations of a data folder and tokens for them, also while a program serves it.
pub struct Known {
    registry: Registry,
    issuer: Issuer,
    now: DateTime<Utc>,
}

impl Known {
    /// Reads a data folder that is there.
    pub fn read(data: &Path) -> Result<Self> {
        let secrets = data.join("secrets.json");
        let folder = data.display();
        ensure!(
            secrets.exists(),
            say(
                format!("{folder} is no data folder; `hozon demo` or `hozon import` makes one (--data names another)"),
                format!(
                    "{folder} はデータフォルダーではありません。`hozon demo` または `hozon import` で作成できます（--data で別のフォルダーを指定）"
                )
            )
        );
        let secrets = Secrets::load(&secrets)?;
        let registry = Registry::load(&data.join("organisations.json"))?;
        let clock = Serving::read(data)?.and_then(|serving| serving.clock);
        // A token for another clock counts from that clock's beginning, and ends a week after the latest time that it can show.
        let (now, speed) = clock.map_or((Utc::now(), 1.0), |clock| {
            let passed = (Utc::now() - clock.began).as_seconds_f64().max(0.0);
            (clock.from, clock.speed * (1.0 + passed / WEEK_SECONDS))
        });
        Ok(Self { registry, issuer: Issuer::new(secrets.issuer(), speed)?, now })
    }

    /// The organisations, oldest first.
    pub fn organisations(&self) -> &[Entry] {
        self.registry.entries()
    }

    /// A token for the administrator or the plain user of an organisation; it works for seven days.
    pub fn token(&self, org: OrgId, role: Role, locale: Locale) -> Result<String> {
        self.issuer.token(org, role, locale, self.now)
    }
}
