//! The settings of the protocol: whom it believes, what it executes, and how much of it.

use api::{Budget, DocumentPolicy, HttpStatus, Limits, ProtocolOptions};
use domain::address::AddressRange;

use super::{BadSetting, bounded, shown};

/// The most that a limit of the protocol can be set to.
const MAX_COUNT: u32 = 1_000_000_000;

const COUNT: &str = "a whole number from 1 to 1000000000";

/// Reads the settings of the protocol.
pub fn read<'a>(get: &impl Fn(&'static str) -> Option<&'a str>) -> Result<ProtocolOptions, BadSetting> {
    let defaults = Limits::default();
    let count = |name, default| bounded(get, name, default, 1..=MAX_COUNT, COUNT);
    let cost = Budget {
        capacity: count("TICKGRAPH_COST_CAPACITY", defaults.cost.capacity)?,
        per_second: count("TICKGRAPH_COST_PER_SECOND", defaults.cost.per_second)?,
    };
    let documents = [("any", DocumentPolicy::Any), ("registered", DocumentPolicy::Registered)];
    let statuses = [("audit", HttpStatus::Audit), ("2026", HttpStatus::Draft2026)];
    Ok(ProtocolOptions {
        trusted_proxies: proxies(get("TICKGRAPH_TRUSTED_PROXIES").unwrap_or_default())?,
        documents: one_of(get, "TICKGRAPH_DOCUMENTS", &documents, "any or registered")?,
        http_status: one_of(get, "TICKGRAPH_HTTP_STATUS", &statuses, "audit or 2026")?,
        operations: None,
        limits: Limits {
            cost,
            sockets_per_user: count("TICKGRAPH_SOCKETS_PER_USER", defaults.sockets_per_user)?,
            sockets_per_address: count("TICKGRAPH_SOCKETS_PER_ADDRESS", defaults.sockets_per_address)?,
            streams_per_user: count("TICKGRAPH_STREAMS_PER_USER", defaults.streams_per_user)?,
            ..defaults
        },
    })
}

fn one_of<'a, T: Copy + Default>(
    get: &impl Fn(&'static str) -> Option<&'a str>,
    name: &'static str,
    choices: &[(&str, T)],
    expected: &'static str,
) -> Result<T, BadSetting> {
    let Some(text) = get(name) else { return Ok(T::default()) };
    let chosen = choices.iter().find(|(choice, _)| *choice == text).map(|(_, value)| *value);
    chosen.ok_or_else(|| BadSetting { name, found: shown(text), expected })
}

fn proxies(list: &str) -> Result<Vec<AddressRange>, BadSetting> {
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let bad = |entry: &str| BadSetting {
        name: "TICKGRAPH_TRUSTED_PROXIES",
        found: shown(entry),
        expected: "addresses or ranges, as 10.0.0.1 or 10.0.0.0/8, comma-separated",
    };
    entries.map(|entry| entry.parse().map_err(|_| bad(entry))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(&str, &'static str)]) -> ProtocolOptions {
        let get = |name| values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        read(&get).unwrap()
    }

    #[test]
    fn the_protocol_is_set_up_by_name() {
        let protocol = of(&[
            ("TICKGRAPH_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::1"),
            ("TICKGRAPH_DOCUMENTS", "registered"),
            ("TICKGRAPH_HTTP_STATUS", "2026"),
            ("TICKGRAPH_COST_CAPACITY", "7"),
            ("TICKGRAPH_COST_PER_SECOND", "3"),
            ("TICKGRAPH_SOCKETS_PER_USER", "5"),
            ("TICKGRAPH_SOCKETS_PER_ADDRESS", "4"),
            ("TICKGRAPH_STREAMS_PER_USER", "5"),
        ]);
        let proxies: Vec<String> = protocol.trusted_proxies.iter().map(ToString::to_string).collect();
        assert_eq!(proxies, ["10.0.0.0/8", "2001:db8::1"]);
        assert_eq!(protocol.documents, DocumentPolicy::Registered);
        assert_eq!(protocol.http_status, HttpStatus::Draft2026);
        assert_eq!(protocol.limits.cost, Budget { capacity: 7, per_second: 3 });
        assert_eq!((protocol.limits.sockets_per_user, protocol.limits.sockets_per_address), (5, 4));
        let defaults = of(&[]);
        assert_eq!(defaults.limits, Limits::default());
        assert_eq!((defaults.documents, defaults.http_status), (DocumentPolicy::Any, HttpStatus::Audit));
    }
}
