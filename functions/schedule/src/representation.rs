//! `Prefer: return=representation` (RFC 7240, section 4.2): a change answers with the summary that it leads to, so that a page that shows
//! the summary need not read it again. Callers that do not ask for it, such as Zoho's SDKs, get the answers that they know.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, header};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use hozon_shared::api::{Administrator, ApiError};
use serde_json::Value;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::summary;

const PREFER: &str = "prefer";
const APPLIED: &str = "preference-applied";
const REPRESENTATION: &str = "return=representation";
/// Largest answer of a change.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// Lets every change of a router answer with the summary, and its document say so.
pub fn with_representation(router: OpenApiRouter<App>, app: &App) -> OpenApiRouter<App> {
    let mut router = router.route_layer(middleware::from_fn_with_state(app.clone(), handle));
    for path in router.get_openapi_mut().paths.paths.values_mut() {
        [&mut path.post, &mut path.put, &mut path.delete].into_iter().flatten().for_each(describe);
    }
    router
}

fn describe(operation: &mut Operation) {
    let description = "`return=representation`: the answer has the summary that the change leads to beside it, as `summary`. \
                       RFC 7240, section 4.2";
    let header = ParameterBuilder::new().name("Prefer").parameter_in(ParameterIn::Header).required(Required::False);
    let text = ObjectBuilder::new().schema_type(Type::String);
    let header = header.description(Some(description)).schema(Some(text)).build();
    operation.parameters.get_or_insert_default().push(header.into());
}

async fn handle(State(app): State<App>, request: Request, next: Next) -> Response<Body> {
    if request.method() == Method::GET || !is_wanted(request.headers()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let caller = Administrator::from_request_parts(&mut parts, &app).await;
    let answer = next.run(Request::from_parts(parts, body)).await;
    match caller {
        Ok(caller) if answer.status().is_success() => {
            extend(&app, &caller, answer).await.unwrap_or_else(IntoResponse::into_response)
        }
        _ => answer,
    }
}

fn is_wanted(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    preferences.flat_map(|value| value.split([',', ';'])).any(|wanted| wanted.trim().eq_ignore_ascii_case(REPRESENTATION))
}

/// Puts the summary beside an answer. An answer that is no JSON object stays as it is.
async fn extend(app: &App, Administrator(caller): &Administrator, answer: Response<Body>) -> Result<Response<Body>, ApiError> {
    let (mut parts, body) = answer.into_parts();
    let bytes = to_bytes(body, MAX_ANSWER_BYTES).await.map_err(|_| ApiError::body_not_readable())?;
    let Ok(Value::Object(mut object)) = serde_json::from_slice(&bytes) else {
        return Ok(Response::from_parts(parts, Body::from(bytes)));
    };
    if let Value::Object(read) = serde_json::to_value(summary::read(app, caller).await?).unwrap_or_default() {
        object.extend(read);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(APPLIED, HeaderValue::from_static(REPRESENTATION));
    Ok(Response::from_parts(parts, Body::from(Value::Object(object).to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preference_is_found_among_others() {
        let of = |value: &'static str| {
            HeaderMap::from_iter([(header::HeaderName::from_static(PREFER), HeaderValue::from_static(value))])
        };
        assert!(is_wanted(&of("return=representation")));
        assert!(is_wanted(&of("wait=10, Return=Representation; foo=bar")));
        assert!(!is_wanted(&of("return=minimal")));
        assert!(!is_wanted(&HeaderMap::new()));
    }
}
