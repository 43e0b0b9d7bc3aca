//! Announces where a data folder is served, for commands that run beside the program: its URL and its clock, if that is
//! not the system's. A file in the data folder contains this while the program runs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::Role;
use serde::{Deserialize, Serialize};

use crate::language::say;
use crate::local::Local;
use crate::registry::{Registry, RegistryEntry};
use crate::secrets::LocalSecrets;
use crate::tokens::Issuer;

const FILE: &str = "serving.json";
const WEEK_SECONDS: f64 = 7.0 * 86_400.0;

/// Where a data folder is served.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Serving {
    /// URL of the program, without a trailing slash.
    pub url: String,
    /// The same for people, who may come through a reverse proxy; `None` if it is the same.
    #[serde(default)]
    public_url: Option<String>,
    clock: Option<OtherClock>,
}

/// A clock with its own start and speed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct OtherClock {
    from: DateTime<Utc>,
    began: DateTime<Utc>,
    speed: f64,
}

/// Deletes the file when the program ends.
#[derive(Debug)]
pub struct Announced(PathBuf);

impl Drop for Announced {
    fn drop(&mut self) {
        // The next start overwrites the file; until then nothing answers at its URL.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Serving {
    /// Announces the URLs of a data folder, and its clock (start and speed) if it is not the system's.
    pub fn announce(data: &Path, local: &Local, clock: Option<(DateTime<Utc>, f64)>) -> Result<Announced> {
        let (url, public_url) = (local.url.clone(), Some(local.public_url.clone()));
        let clock = clock.map(|(from, speed)| OtherClock { from, began: Utc::now(), speed });
        let path = data.join(FILE);
        let file = tempfile::NamedTempFile::new_in(data)?;
        serde_json::to_writer(&file, &Self { url, public_url, clock })?;
        file.persist(&path).with_context(|| format!("write {}", path.display()))?;
        Ok(Announced(path))
    }

    /// Returns the URL that people open.
    pub fn public_url(&self) -> &str {
        self.public_url.as_deref().unwrap_or(&self.url)
    }

    /// Returns where a data folder is served; `None` if no program serves it.
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

/// Organisations of a data folder and tokens for them, available while a program serves it.
pub struct OfflineTokens {
    registry: Registry,
    issuer: Issuer,
    now: DateTime<Utc>,
}

impl OfflineTokens {
    /// Reads an existing data folder.
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
        let secrets = LocalSecrets::load(&secrets)?;
        let registry = Registry::load(&data.join("organisations.json"))?;
        let clock = Serving::read(data)?.and_then(|serving| serving.clock);
        // A token for a clock with its own speed is valid from the clock's start until a week after the latest time
        // that it can show.
        let (now, speed) = clock.map_or((Utc::now(), 1.0), |clock| {
            let passed = (Utc::now() - clock.began).as_seconds_f64().max(0.0);
            (clock.from, clock.speed * (1.0 + passed / WEEK_SECONDS))
        });
        Ok(Self { registry, issuer: Issuer::new(secrets.issuer(), speed)?, now })
    }

    /// Organisations, oldest first.
    pub fn organisations(&self) -> &[RegistryEntry] {
        self.registry.entries()
    }

    /// Issues a token for the administrator or the plain user of an organisation, valid for seven days.
    pub fn token(&self, org: OrgId, role: Role, locale: Locale) -> Result<String> {
        self.issuer.token(org, role, locale, self.now)
    }
}
