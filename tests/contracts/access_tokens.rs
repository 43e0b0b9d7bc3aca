//! Contract of `AccessTokens`: the newest access token of a connection, which goes with its credentials.

use hozon_shared::domain::connection::ConnectionRole;
use hozon_shared::domain::id::ConnectionId;
use hozon_shared::ports::{AccessToken, SourceSecret};

use crate::emulators::{Emulators, ORG, OTHER};
use crate::samples::hours;

const CONNECTION: ConnectionId = ConnectionId(7);

fn token(text: &str) -> AccessToken {
    AccessToken { token: text.to_owned(), expires: hours(1) }
}

#[tokio::test]
async fn the_last_token_of_a_connection_is_the_newest() {
    let emulators = Emulators::start().await;
    let tokens = &emulators.ports.tokens;
    assert_eq!(tokens.newest(ORG, CONNECTION).await.unwrap(), None);
    for text in ["first", "second"] {
        tokens.renew(ORG, CONNECTION, &token(text)).await.unwrap();
        assert_eq!(tokens.newest(ORG, CONNECTION).await.unwrap(), Some(token(text)));
    }
    assert_eq!(tokens.newest(ORG, ConnectionId(8)).await.unwrap(), None, "a token of other credentials");
    assert_eq!(tokens.newest(OTHER, CONNECTION).await.unwrap(), None);
}

#[tokio::test]
async fn a_token_goes_with_the_credentials() {
    let emulators = Emulators::start().await;
    let (tokens, credentials) = (&emulators.ports.tokens, &emulators.ports.credentials);
    let secret = SourceSecret { refresh_token: Some("refresh".to_owned()), ..SourceSecret::default() };
    credentials.put((ORG, ConnectionRole::Source), CONNECTION, &secret).await.unwrap();
    tokens.renew(ORG, CONNECTION, &token("first")).await.unwrap();
    credentials.remove((ORG, ConnectionRole::Source)).await.unwrap();
    assert_eq!(tokens.newest(ORG, CONNECTION).await.unwrap(), None);
    credentials.remove((ORG, ConnectionRole::Source)).await.unwrap();
}
