//! `hozon serve`: the API and the console, until Ctrl-C.

use anyhow::Result;
use hozon::Local;
use hozon_shared::domain::organisation::Role;

use super::{Place, until_interrupted};

pub async fn run(place: Place) -> Result<()> {
    let local = place.start().await?;
    until_interrupted(local, async |local| {
        introduce(local)?;
        std::future::pending().await
    })
    .await
}

/// Prints where the service is, and tokens to try it with.
pub fn introduce(local: &Local) -> Result<()> {
    println!("\nConsole:  {}/", local.url);
    println!("API:      {}/crm/bulk/v8/backup", local.url);
    for organisation in local.organisations() {
        println!("\nTokens for {}, seven days (send as `Authorization: Zoho-oauthtoken ...`):", organisation.name);
        println!("  administrator  {}", local.token(organisation.id, Role::Administrator)?);
        println!("  plain user     {}", local.token(organisation.id, Role::User)?);
    }
    println!("\nCtrl-C stops it.");
    Ok(())
}
