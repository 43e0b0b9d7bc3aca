//! The organisation's users, roles and profiles.

use serde_json::{Value, json};

use crate::schema::{id_of, kinds};

/// Names, mail addresses and states of the users; the first is the one who connects.
const USERS: [(&str, &str, &str, &str); 6] = [
    ("花子", "管理", "admin@example.jp", "active"),
    ("Anna", "Müller", "anna@example.com", "active"),
    ("健", "佐藤", "sato@example.jp", "active"),
    ("José", "Álvarez", "jose@example.com", "active"),
    ("さくら", "鈴木", "suzuki@example.jp", "inactive"),
    ("Former", "Colleague", "former@example.com", "deleted"),
];

/// Number of users with a licence.
pub const LICENCES: u64 = 4;

fn full_name((first, last, _, _): &(&str, &str, &str, &str)) -> String {
    format!("{first} {last}")
}

/// A user as records show it.
pub fn user(number: u64) -> Value {
    let index = number % USERS.len() as u64;
    let user = usize::try_from(index).ok().and_then(|index| USERS.get(index)).unwrap_or(&USERS[0]);
    json!({"id": id_of(kinds::USERS, index).to_string(), "name": full_name(user), "email": user.2})
}

/// A user as records show it, of whom the id may be all that is given.
pub fn named(given: Value) -> Value {
    let id = given["id"].as_str().or(given.as_str()).unwrap_or_default();
    let number = (0..USERS.len() as u64).find(|number| id_of(kinds::USERS, *number).to_string() == id);
    number.map_or(given.clone(), user)
}

/// Whether records may belong to the user with that id.
pub fn is_active(id: &str) -> bool {
    USERS.iter().zip(0..).any(|(user, index)| user.3 == "active" && id_of(kinds::USERS, index).to_string() == id)
}

/// The users of a type, as `GET /users?type=` names it.
pub fn users(kind: &str, now: &str) -> Vec<Value> {
    let is_shown = |state: &str| match kind {
        "ActiveUsers" | "ActiveConfirmedUsers" => state == "active",
        "DeactiveUsers" => state != "active",
        "DeletedUsers" => state == "deleted",
        _ => true,
    };
    let found = USERS.iter().zip(0..).filter(|(user, _)| is_shown(user.3));
    found.map(|(user, index)| whole_user(user, index, now)).collect()
}

fn whole_user(user: &(&str, &str, &str, &str), index: u64, now: &str) -> Value {
    let (first, last, email, state) = *user;
    let (role, profile) = (&ROLES[usize::from(index > 0)], &PROFILES[usize::from(index > 0)]);
    json!({
        "id": id_of(kinds::USERS, index).to_string(),
        "first_name": first,
        "last_name": last,
        "full_name": full_name(user),
        "email": email,
        "status": state,
        "confirm": true,
        "role": {"name": role.0, "id": id_of(kinds::ROLES, role.2).to_string()},
        "profile": {"name": profile.0, "id": id_of(kinds::PROFILES, profile.1).to_string()},
        "zuid": (80_000_000 + index).to_string(),
        "language": "ja_JP",
        "locale": "ja_JP",
        "country": "JP",
        "country_locale": "ja_JP",
        "time_zone": "Asia/Tokyo",
        "created_time": "2020-01-06T09:00:00+09:00",
        "Modified_Time": now,
        "Isonline": false,
        "offset": 32_400_000,
        "category": "regular_user",
        "personal_account": false,
        "microsoft": false,
        "created_by": {"name": full_name(&USERS[0]), "id": id_of(kinds::USERS, 0).to_string()},
        "Modified_By": {"name": full_name(&USERS[0]), "id": id_of(kinds::USERS, 0).to_string()},
    })
}

/// Name, reporting to, number.
const ROLES: [(&str, Option<u64>, u64); 3] = [("CEO", None, 0), ("マネージャー", Some(0), 1), ("Sales", Some(1), 2)];

/// All roles.
pub fn roles() -> Vec<Value> {
    let reporting =
        |to: u64| json!({"name": ROLES[usize::try_from(to).unwrap_or(0)].0, "id": id_of(kinds::ROLES, to).to_string()});
    let role = |(name, to, number): &(&str, Option<u64>, u64)| {
        json!({
            "id": id_of(kinds::ROLES, *number).to_string(),
            "name": name,
            "display_label": name,
            "description": null,
            "share_with_peers": *number == 0,
            "admin_user": to.is_none(),
            "reporting_to": to.map(reporting),
            "forecast_manager": null,
            "created_by__s": null,
            "modified_by__s": null,
            "created_time__s": null,
            "modified_time__s": null,
        })
    };
    ROLES.iter().map(role).collect()
}

const PROFILES: [(&str, u64); 2] = [("Administrator", 0), ("標準", 1)];

/// All profiles.
pub fn profiles() -> Vec<Value> {
    let profile = |(name, number): &(&str, u64)| {
        json!({
            "id": id_of(kinds::PROFILES, *number).to_string(),
            "name": name,
            "display_label": name,
            "description": null,
            "category": false,
            "custom": *number > 0,
            "type": "normal_profile",
            "default": false,
            "created_time": null,
            "modified_time": null,
            "created_by": null,
            "modified_by": null,
        })
    };
    PROFILES.iter().map(profile).collect()
}
