//! Access tokens as an attacker would make them, and as the program does.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::clock::{Clock, SystemClock};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::installation::KEY;

/// Now, in seconds since 1970, as tokens count.
pub fn now() -> i64 {
    SystemClock.now().unix_timestamp()
}

/// What a token claims.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a token has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A token with these claims, signed as the program signs.
pub fn signed(claims: &Value) -> String {
    let mut master = [0; 32];
    for (byte, pair) in master.iter_mut().zip(KEY.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    }
    signed_with(claims, &mac(&master, b"access token"))
}

/// A token with one claim changed, signed as the program signs; null takes the claim away.
pub fn changed(claims: &Value, claim: &str, value: Value) -> String {
    let mut claims = claims.clone();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(claim)),
        value => claims[claim] = value,
    }
    signed(&claims)
}

/// A token signed by this key.
pub fn signed_with(claims: &Value, key: &[u8]) -> String {
    let text = format!("{}.{}", part(&json!({ "typ": "JWT", "alg": "HS256" })), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(mac(key, text.as_bytes()));
    format!("{text}.{signature}")
}

/// A token that says that it needs no signature.
pub fn unsigned(claims: &Value) -> String {
    format!("{}.{}.", part(&json!({ "typ": "JWT", "alg": "none" })), part(claims))
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}
