//! Addresses of databases, as people enter them on a command line.

use super::connection::{AddressError, CapturedBy, DatabaseKind, DatabaseSettings, SourceSettings, Tls};

impl SourceSettings {
    /// Reads an address of a database of any kind. Returns the settings and the password.
    pub fn parse(address: &str) -> Result<(Self, Option<String>), AddressError> {
        let (kind, rest) = kind_and_rest(address)?;
        let (settings, password) = DatabaseSettings::parse_rest(kind, rest)?;
        Ok((kind.source(settings), password))
    }
}

impl DatabaseSettings {
    /// Reads an address, for example `postgres://user:password@host:5432/database?sslmode=verify-full&schemas=public` or
    /// `mysql://user:password@host:3306/database`. Returns the settings and the password. TLS is required unless the database runs
    /// on the same machine; the modes `require` and `verify-ca` are raised to `verify-full`.
    pub fn parse(address: &str) -> Result<(Self, Option<String>), AddressError> {
        let (kind, rest) = kind_and_rest(address)?;
        Self::parse_rest(kind, rest)
    }

    /// Reads what follows the scheme.
    fn parse_rest(kind: DatabaseKind, rest: &str) -> Result<(Self, Option<String>), AddressError> {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').ok_or(AddressError::Database)?;
        let (credentials, server) = authority.rsplit_once('@').ok_or(AddressError::User)?;
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(decoded(password)?)),
            None => (credentials, None),
        };
        let (host, port) = host_and_port(server, kind.default_port())?;
        let mut settings = Self {
            tls: Tls::default_for(&host),
            host,
            port,
            database: decoded(database)?,
            user: decoded(user)?,
            ca: None,
            schemas: Vec::new(),
            views: Vec::new(),
            files: None,
            captured_by: CapturedBy::Service,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "sslmode" | "ssl-mode" => settings.tls = tls_of(&value)?,
                "views" => settings.views = names(&value),
                "schemas" if kind.has_schemas() => settings.schemas = names(&value),
                _ => return Err(AddressError::Parameter),
            }
        }
        settings.validate()?;
        Ok((settings, password))
    }
}

fn kind_and_rest(address: &str) -> Result<(DatabaseKind, &str), AddressError> {
    let (scheme, rest) = address.split_once("://").ok_or(AddressError::NotAnAddress)?;
    match scheme {
        "postgres" | "postgresql" => Ok((DatabaseKind::Postgres, rest)),
        "mysql" | "mariadb" => Ok((DatabaseKind::Mysql, rest)),
        _ => Err(AddressError::Scheme),
    }
}

fn host_and_port(server: &str, default_port: u16) -> Result<(String, u16), AddressError> {
    let (host, port) = match server.strip_prefix('[') {
        Some(address) => {
            let (host, rest) = address.split_once(']').ok_or(AddressError::Host)?;
            (host, rest.strip_prefix(':'))
        }
        None => match server.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (server, None),
        },
    };
    let port = port.map_or(Ok(default_port), |port| port.parse().map_err(|_| AddressError::Host))?;
    Ok((decoded(host)?, port))
}

fn decoded(text: &str) -> Result<String, AddressError> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8().map_err(|_| AddressError::NotAnAddress)?;
    Ok(decoded.into_owned())
}

/// Names in a list that commas separate.
fn names(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).collect()
}

fn tls_of(mode: &str) -> Result<Tls, AddressError> {
    match mode.to_ascii_lowercase().replace('_', "-").as_str() {
        "disable" | "disabled" => Ok(Tls::Off),
        "require" | "required" | "verify-ca" | "verify-full" | "verify-identity" => Ok(Tls::VerifyFull),
        _ => Err(AddressError::SslMode),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(address: &str) -> (DatabaseSettings, Option<String>) {
        DatabaseSettings::parse(address).unwrap_or_else(|error| panic!("{address}: {error}"))
    }

    #[test]
    fn addresses_are_read_as_other_clients_read_them() {
        let (settings, password) = parsed("postgresql://hozon:p%40ss%3Aw@db.example.com/crm?schemas=public,%20sales");
        assert_eq!((settings.host.as_str(), settings.port, settings.database.as_str()), ("db.example.com", 5432, "crm"));
        assert_eq!((settings.user.as_str(), password.as_deref()), ("hozon", Some("p@ss:w")));
        assert_eq!(
            (settings.tls, settings.schemas.as_slice()),
            (Tls::VerifyFull, &["public".to_owned(), "sales".to_owned()][..])
        );
        let (settings, password) = parsed("postgres://crm@[::1]:5433/%E9%A1%A7%E5%AE%A2");
        assert_eq!((settings.shown().as_str(), settings.tls, password), ("[::1]:5433/顧客", Tls::Off, None));
        assert_eq!(parsed("postgres://crm@db.example.com/crm?sslmode=require").0.tls, Tls::VerifyFull);
        for scheme in ["mysql", "mariadb"] {
            let address = format!("{scheme}://crm:x@db.example.com/crm?ssl-mode=VERIFY_IDENTITY");
            let (source, password) = SourceSettings::parse(&address).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(
                (source.kind(), source.shown().as_str(), password.as_deref()),
                ("mysql", "db.example.com:3306/crm", Some("x"))
            );
        }
    }

    #[test]
    fn what_is_missing_or_unsafe_is_refused_with_its_field() {
        for (address, refused) in [
            ("db.example.com", AddressError::NotAnAddress),
            ("oracle://a:b@c/d", AddressError::Scheme),
            ("postgres://db.example.com/crm", AddressError::User),
            ("postgres://:x@db.example.com/crm", AddressError::User),
            ("postgres://a@db.example.com", AddressError::Database),
            ("postgres://a@db.example.com/", AddressError::Database),
            ("postgres://a@/crm", AddressError::Host),
            ("postgres://a@host:x/crm", AddressError::Host),
            ("postgres://a@host:0/crm", AddressError::Host),
            ("postgres://a@host/crm?sslmode=prefer", AddressError::SslMode),
            ("postgres://a@host/crm?sslmode=disable", AddressError::Unencrypted),
            ("postgres://a@host/crm?options=-c", AddressError::Parameter),
            ("mysql://a@host/crm?schemas=a", AddressError::Parameter),
        ] {
            assert_eq!(DatabaseSettings::parse(address).expect_err(address), refused, "{address}");
        }
    }
}
