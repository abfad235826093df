//! In which media type a client wants its answer.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// The media types of GraphQL over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: well-formed requests are answered with 200, whatever became of them.
    Json,
    /// `application/graphql-response+json`: the status tells whether the operation was executed.
    GraphQl,
}

impl Media {
    /// The `Content-Type` of an answer.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// The type that fits the `Accept` header best; `None` where none fits.
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        let mut ranges = headers.get_all(ACCEPT).iter().peekable();
        if ranges.peek().is_none() {
            return Some(Self::Json);
        }
        let text: Vec<&str> = ranges.filter_map(|value| value.to_str().ok()).collect();
        let ranges: Vec<Range<'_>> =
            text.iter().flat_map(|text| text.split(',')).filter_map(Range::parse).collect();
        let json = quality(&ranges, "application", "json");
        let graphql = quality(&ranges, "application", "graphql-response+json");
        // Where a client has no preference it gets what every client understands, unless it names the other.
        let named = |subtype| ranges.iter().position(|range| range.subtype == subtype && range.quality > 0);
        match (json, graphql) {
            (0, 0) => None,
            (json, graphql) if graphql > json => Some(Self::GraphQl),
            (json, graphql) if json > graphql => Some(Self::Json),
            _ => match (named("graphql-response+json"), named("json")) {
                (Some(graphql), Some(json)) if graphql < json => Some(Self::GraphQl),
                (Some(_), None) => Some(Self::GraphQl),
                _ => Some(Self::Json),
            },
        }
    }
}

/// One entry of an `Accept` header; its quality in thousandths.
struct Range<'t> {
    kind: &'t str,
    subtype: &'t str,
    quality: u32,
}

impl<'t> Range<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1_000), parse_quality)?;
        Some(Self { kind, subtype, quality })
    }
}

fn parse_quality(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u32 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" => Some(1_000),
        _ => None,
    }
}

/// How much a type is wanted, by the most specific range that covers it; 0 for not at all.
fn quality(ranges: &[Range<'_>], kind: &str, subtype: &str) -> u32 {
    let specificity = |range: &Range<'_>| match (range.kind, range.subtype) {
        (a, b) if a.eq_ignore_ascii_case(kind) && b.eq_ignore_ascii_case(subtype) => Some(2),
        (a, "*") if a.eq_ignore_ascii_case(kind) => Some(1),
        ("*", "*") => Some(0),
        _ => None,
    };
    let fitting = ranges.iter().filter_map(|range| Some((specificity(range)?, range.quality)));
    fitting.max_by_key(|(specificity, _)| *specificity).map_or(0, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_best_fitting_type_is_taken() {
        use Media::{GraphQl, Json};
        let cases = [
            ("application/json", Some(Json)),
            ("application/graphql-response+json", Some(GraphQl)),
            (
                "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
                Some(GraphQl),
            ),
            ("application/json, application/graphql-response+json", Some(Json)),
            ("application/json;q=0.9, application/graphql-response+json", Some(GraphQl)),
            ("application/graphql-response+json;q=0.5, application/json;q=0.7", Some(Json)),
            ("*/*", Some(Json)),
            ("application/*", Some(Json)),
            ("application/graphql-response+json, */*", Some(GraphQl)),
            ("application/json;q=0, */*", Some(GraphQl)),
            ("text/html", None),
            ("text/html, */*;q=0.8", Some(Json)),
            ("*/*;q=0", None),
            ("", None),
            ("application/json;q=high", None),
        ];
        for (accept, expected) in cases {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_str(accept).unwrap())]);
            assert_eq!(Media::accepted(&headers), expected, "{accept}");
        }
        assert_eq!(Media::accepted(&HeaderMap::new()), Some(Json));
    }
}
