//! What the gateway says about the world behind it: its own link to Interactive Brokers, and the data farms.

use std::collections::BTreeSet;

use domain::world::Environment;

const SERVERS_LOST: i32 = 1100;
const RESTORED_DATA_LOST: i32 = 1101;
const RESTORED_DATA_KEPT: i32 = 1102;
const SERVERS_BROKEN: i32 = 2110;

/// What a notice changes for the subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing.
    Nothing,
    /// Something broke, or is as before again.
    Changed,
    /// The link is back, but the gateway has forgotten every subscription.
    DataLost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Farm {
    MarketData,
    History,
}

/// How the world behind the gateway is. A new connection starts with no trouble: the gateway repeats what is
/// wrong.
#[derive(Debug, Default)]
pub(super) struct Upstream {
    servers_lost: Option<i32>,
    broken: BTreeSet<(Farm, String)>,
}

impl Upstream {
    /// Takes note of a notice that concerns no single request.
    pub(super) fn hear(&mut self, code: i32, text: &str) -> Heard {
        match code {
            SERVERS_LOST | SERVERS_BROKEN => self.servers_lost = Some(code),
            RESTORED_DATA_LOST => {
                self.servers_lost = None;
                return Heard::DataLost;
            }
            RESTORED_DATA_KEPT => self.servers_lost = None,
            2103 => self.broke(Farm::MarketData, text),
            2105 => self.broke(Farm::History, text),
            2104 | 2108 => self.mended(Farm::MarketData, text),
            2106 | 2107 => self.mended(Farm::History, text),
            _ => return Heard::Nothing,
        }
        Heard::Changed
    }

    /// What is wrong, in a sentence for the user; `None` where all is well.
    pub(super) fn trouble(&self) -> Option<String> {
        if let Some(code) = self.servers_lost {
            return Some(format!("the gateway has lost its connection to Interactive Brokers ({code})"));
        }
        self.broken.first().map(|(farm, name)| {
            let (what, code) = match farm {
                Farm::MarketData => ("market data", 2103),
                Farm::History => ("historical data", 2105),
            };
            let name = if name.is_empty() { String::new() } else { format!(" '{name}'") };
            format!("Interactive Brokers' {what} farm{name} is down ({code})")
        })
    }

    /// [`Self::trouble`], where it concerns quotes: history comes from farms of its own.
    pub(super) fn quote_trouble(&self) -> Option<String> {
        let concerned = |(farm, _): &(Farm, String)| *farm == Farm::MarketData;
        (self.servers_lost.is_some() || self.broken.iter().any(concerned)).then(|| self.trouble()).flatten()
    }

    fn broke(&mut self, farm: Farm, text: &str) {
        self.broken.insert((farm, farm_name(text).to_owned()));
    }

    fn mended(&mut self, farm: Farm, text: &str) {
        match farm_name(text) {
            "" => self.broken.retain(|(broken, _)| *broken != farm),
            name => {
                self.broken.remove(&(farm, name.to_owned()));
                self.broken.remove(&(farm, String::new()));
            }
        }
    }
}

/// The farm in `Market data farm connection is broken:usfarm`.
fn farm_name(text: &str) -> &str {
    text.rsplit_once(':').map_or("", |(_, name)| name.trim())
}

/// The world of a gateway, told by its accounts. Where there is any doubt, it is real money.
pub(super) fn environment_of(accounts: &[String]) -> Environment {
    let all = |prefix: &[&str]| {
        !accounts.is_empty()
            && accounts.iter().all(|account| prefix.iter().any(|prefix| account.starts_with(prefix)))
    };
    if all(&["SIM"]) {
        Environment::Simulated
    } else if all(&["D"]) {
        Environment::Paper
    } else {
        Environment::Live
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_told_by_the_accounts() {
        let cases: [(&[&str], Environment); 7] = [
            (&["SIM0000001"], Environment::Simulated),
            (&["DU1234567"], Environment::Paper),
            (&["DF123", "DU124"], Environment::Paper),
            (&["U1234567"], Environment::Live),
            (&["DU1234567", "U1234567"], Environment::Live),
            (&["SIM0000001", "DU1234567"], Environment::Live),
            (&[], Environment::Live),
        ];
        for (accounts, expected) in cases {
            let accounts: Vec<String> = accounts.iter().map(ToString::to_string).collect();
            assert_eq!(environment_of(&accounts), expected, "{accounts:?}");
        }
    }

    #[test]
    fn notices_make_and_end_trouble() {
        type Case<'a> = (&'a [(i32, &'a str)], Option<&'a str>, Heard);
        let broken = "Market data farm connection is broken:usfarm";
        let mended = "Market data farm connection is OK:usfarm";
        let other = "Market data farm connection is OK:eufarm";
        let cases: [Case<'_>; 11] = [
            (&[(2104, mended)], None, Heard::Changed),
            (&[(2103, broken)], Some("'usfarm'"), Heard::Changed),
            (&[(2103, broken), (2104, other)], Some("'usfarm'"), Heard::Changed),
            (&[(2103, broken), (2104, mended)], None, Heard::Changed),
            (&[(2103, broken), (2104, "")], None, Heard::Changed),
            (&[(2105, "")], Some("historical"), Heard::Changed),
            (&[(2105, ""), (2106, "is OK:ushmds")], None, Heard::Changed),
            (&[(1100, "")], Some("(1100)"), Heard::Changed),
            (&[(1100, ""), (1101, "")], None, Heard::DataLost),
            (&[(2110, ""), (1102, "")], None, Heard::Changed),
            (&[(2158, "Sec-def data farm connection is OK:secdefil")], None, Heard::Nothing),
        ];
        for (notices, expected, heard) in cases {
            let mut upstream = Upstream::default();
            let last = notices.iter().map(|(code, text)| upstream.hear(*code, text)).last();
            assert_eq!(last, Some(heard), "{notices:?}");
            let trouble = upstream.trouble();
            match expected {
                None => assert_eq!(trouble, None, "{notices:?}"),
                Some(part) => assert!(trouble.unwrap().contains(part), "{notices:?}"),
            }
        }
    }
}
