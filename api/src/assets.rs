//! The web client's files, embedded in the program.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use crate::http::App;

const INDEX: &str = "index.html";

/// The operations of the web client by their ids. They are for the server alone.
const OPERATIONS: &str = "operations.json";

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tickgraph</title>\
    <h1>The web client has not been built</h1><p>The GraphQL endpoint is at <code>/graphql</code>. \
    Build the web client with <code>cargo xtask web</code>, then start the server again.</p></html>";

#[derive(RustEmbed)]
#[folder = "../dist"]
struct Dist;

/// What is known of the files from the start.
pub(crate) struct Assets {
    script_hashes: Vec<String>,
    operations: Option<String>,
}

impl Assets {
    /// Looks at the files.
    pub fn load() -> Self {
        let text = |path| Dist::get(path).map(|file| String::from_utf8_lossy(&file.data).into_owned());
        let script_hashes = text(INDEX).as_deref().map(inline_script_hashes).unwrap_or_default();
        Self { script_hashes, operations: text(OPERATIONS) }
    }

    /// The operations of the web client, as JSON.
    pub fn operations(&self) -> Option<&str> {
        self.operations.as_deref()
    }

    /// The hashes of the scripts that stand inside the page, as a content policy names them.
    pub fn script_hashes(&self) -> &[String] {
        &self.script_hashes
    }
}

/// Serves a file; a path that is no file's is a page of the client, which finds its own way.
pub(crate) async fn serve(
    State(_): State<Arc<App>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.contains('.') {
        let found = if name.starts_with(OPERATIONS) { None } else { file(path, &headers) };
        return found.unwrap_or_else(|| (StatusCode::NOT_FOUND, "there is no such file").into_response());
    }
    file(INDEX, &headers).unwrap_or_else(not_built)
}

fn not_built() -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, NOT_BUILT).into_response()
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = Dist::get(path)?;
    let (encoding, chosen) =
        compressed(path, headers).map_or((None, None), |(name, file)| (Some(name), Some(file)));
    let kind = content_type(path, &plain);
    let body = chosen.unwrap_or(plain);
    let etag = etag(&body);
    let caching = if is_hashed(path) { FOREVER } else { ASK_FIRST };
    let unchanged = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim().trim_start_matches("W/") == etag);
    let mut answer = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let data = match body.data {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        };
        Response::new(data)
    };
    let answered = answer.headers_mut();
    answered.insert(CONTENT_TYPE, HeaderValue::from_str(&kind).ok()?);
    answered.insert(ETAG, HeaderValue::from_str(&etag).ok()?);
    answered.insert(CACHE_CONTROL, caching);
    answered.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        answered.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(answer)
}

/// The file compressed ahead of time, in the best way that the client takes.
fn compressed(path: &str, headers: &HeaderMap) -> Option<(&'static str, EmbeddedFile)> {
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts(headers, encoding))
        .find_map(|(encoding, extension)| Some((encoding, Dist::get(&format!("{path}.{extension}"))?)))
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        named
            && !parts
                .any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0)))
    })
}

fn content_type(path: &str, file: &EmbeddedFile) -> String {
    let kind = match path.rsplit('.').next() {
        Some("wasm") => "application/wasm",
        Some("js" | "mjs") => "text/javascript",
        Some("webmanifest") => "application/manifest+json",
        _ => file.metadata.mimetype(),
    };
    let is_text = kind.starts_with("text/") || kind.ends_with("json");
    if is_text { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}

fn etag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    format!("\"{}\"", STANDARD.encode(&hash[..18]))
}

/// Whether the name changes with the content: it holds eight or more hexadecimal digits between dots or dashes.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_hash = |part: &str| {
        part.len() >= 8
            && part.bytes().all(|byte| byte.is_ascii_hexdigit())
            && part.bytes().any(|byte| byte.is_ascii_digit())
    };
    name.split(['.', '-', '_']).skip(1).any(is_hash)
}

/// The hashes of the scripts that stand inside a page (an import map is one), as a content policy names them.
fn inline_script_hashes(page: &str) -> Vec<String> {
    let mut hashes = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("<script") {
        let Some((attributes, after)) = after.split_once('>') else { break };
        let Some((content, after)) = after.split_once("</script>") else { break };
        if !attributes.contains("src=") {
            hashes.push(format!("sha256-{}", STANDARD.encode(Sha256::digest(content))));
        }
        rest = after;
    }
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_name_is_told_from_a_plain_one() {
        for hashed in ["app-0a1b2c3d.wasm", "snippets/chart.9f86d081884c7d65.js", "x_00ff00ff.css"] {
            assert!(is_hashed(hashed), "{hashed}");
        }
        for plain in
            ["index.html", "app.js", "deadbeef.js", "lightweight-charts.js", "app-facade.js", "a-1234567.js"]
        {
            assert!(!is_hashed(plain), "{plain}");
        }
    }

    #[test]
    fn scripts_inside_the_page_are_hashed() {
        let page = "<head><script type=\"importmap\">{}</script><script type=\"module\" src=\"/a.js\"></script></head>";
        assert_eq!(inline_script_hashes(page), ["sha256-RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="]);
        assert!(inline_script_hashes("<p>").is_empty());
    }

    #[test]
    fn an_encoding_is_taken_where_it_is_wanted() {
        let cases = [
            ("gzip, deflate, br", true),
            ("gzip", false),
            ("br;q=0, gzip", false),
            ("br;q=0.5", true),
            ("BR", true),
            ("", false),
        ];
        for (header, expected) in cases {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(header))]);
            assert_eq!(accepts(&headers, "br"), expected, "{header}");
        }
    }
}
