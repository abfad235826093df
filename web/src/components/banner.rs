//! Which world the prices come from, told for every connection, since worlds must not be mixed up.

use std::collections::BTreeMap;

use dioxus::prelude::*;

use crate::feed::Feed;
use crate::graphql::system::{ConnectionState, ConnectionStatus, Environment};
use crate::preferences::use_text;
use crate::text::Text;

/// The connections of each world, without those that are switched off.
fn worlds(connections: &[ConnectionStatus]) -> BTreeMap<Environment, Vec<String>> {
    let mut worlds: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for connection in connections.iter().filter(|connection| connection.state != ConnectionState::Off) {
        if let Some(environment) = connection.environment {
            worlds.entry(environment).or_default().push(connection.id.clone());
        }
    }
    worlds
}

fn class(environment: Environment) -> &'static str {
    match environment {
        Environment::Simulated => "world world-simulated",
        Environment::Paper => "world world-paper",
        Environment::Live => "world world-live",
    }
}

fn explanation(environment: Environment) -> Text {
    match environment {
        Environment::Simulated => Text::SimulatedLong,
        Environment::Paper => Text::PaperLong,
        Environment::Live => Text::LiveLong,
    }
}

/// A line for each world.
#[component]
pub fn Banner() -> Element {
    let text = use_text();
    let feed = use_context::<Feed>();
    let worlds = feed.system.read().as_ref().map(|system| worlds(&system.connections)).unwrap_or_default();
    rsx! {
        div { class: "worlds", role: "note", "data-testid": "environment-banner",
            for (environment, connections) in worlds {
                p { key: "{environment:?}", class: class(environment),
                    strong { {text.environment(environment)} }
                    span { class: "world-connections", {connections.join(", ")} }
                    span { class: "world-long", {text.say(explanation(environment))} }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::scalar::DateTime;

    #[test]
    fn connections_are_told_by_world_and_the_unused_left_out() {
        let connection = |id: &str, state, environment| ConnectionStatus {
            id: id.into(),
            environment,
            state,
            message: None,
            since: DateTime::from_millis(0),
        };
        let worlds = worlds(&[
            connection("ib", ConnectionState::Disconnected, Some(Environment::Live)),
            connection("paper", ConnectionState::Connected, Some(Environment::Paper)),
            connection("other", ConnectionState::Connected, Some(Environment::Live)),
            connection("quantconnect", ConnectionState::Off, Some(Environment::Live)),
            connection("unknown", ConnectionState::Connecting, None),
        ]);
        let expect = [
            (Environment::Paper, vec!["paper".to_owned()]),
            (Environment::Live, vec!["ib".to_owned(), "other".to_owned()]),
        ];
        assert_eq!(worlds.into_iter().collect::<Vec<_>>(), expect);
    }
}
