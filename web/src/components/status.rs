//! Whether everything between the market and this screen is up, as one light and, opened, part by part.

use dioxus::prelude::*;

use crate::feed::Feed;
use crate::graphql::system::{
    Component as Part, ComponentState, ConnectionState, ConnectionStatus, DeskState, System,
};
use crate::live::{Link, LinkState};
use crate::preferences::{use_clock, use_text};
use crate::text::{Catalogue, Text};
use crate::ui::menu::Menu;

/// How good or bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// Not in use.
    Unused,
    /// As it should be.
    Good,
    /// Works, or will soon.
    Fair,
    /// Does not work.
    Bad,
}

impl Health {
    fn class(self) -> &'static str {
        match self {
            Self::Unused => "light",
            Self::Good => "light light-good",
            Self::Fair => "light light-fair",
            Self::Bad => "light light-bad",
        }
    }
}

/// The worst of all parts, with the words for it.
pub fn overall(link: Link, system: Option<&System>) -> (Health, Text) {
    match (link.state, system) {
        (LinkState::Connecting, _) | (LinkState::Online, None) => (Health::Fair, Text::Connecting),
        (LinkState::Offline, _) => (Health::Bad, Text::Reconnecting),
        (LinkState::Online, Some(system)) => of_system(system),
    }
}

fn of_system(system: &System) -> (Health, Text) {
    if system.desk.state == DeskState::Missing {
        return (Health::Bad, Text::DeskMissing);
    }
    let parts = [&system.database, &system.bus];
    if parts.iter().any(|part| part.state == ComponentState::Down) {
        return (Health::Bad, Text::PartDown);
    }
    let worst = system.connections.iter().map(|connection| of_connection(connection.state)).max();
    match worst {
        Some(Health::Bad) => (Health::Bad, Text::BrokerDown),
        Some(Health::Fair) => (Health::Fair, Text::BrokerDegraded),
        Some(Health::Good | Health::Unused) | None => (Health::Good, Text::Connected),
    }
}

fn of_connection(state: ConnectionState) -> Health {
    match state {
        // Off is what the owner of the installation chose.
        ConnectionState::Off => Health::Unused,
        ConnectionState::Connected => Health::Good,
        ConnectionState::Connecting | ConnectionState::Degraded => Health::Fair,
        ConnectionState::Disconnected | ConnectionState::Refused => Health::Bad,
    }
}

/// The light; a change of it is read out.
#[component]
pub fn ConnectionLight() -> Element {
    let text = use_text();
    let feed = use_context::<Feed>();
    let (health, words) = overall(feed.link.cloned(), feed.system.read().as_ref());
    rsx! {
        Menu {
            id: "connection-light",
            label: format!("{}: {}", text.say(Text::Connection), text.say(words)),
            class: "menu-right",
            button: rsx! {
                span { class: health.class(), "aria-hidden": "true" }
                span { class: "light-text", role: "status", "aria-live": "polite", {text.say(words)} }
            },
            Parts {}
        }
    }
}

#[component]
fn Parts() -> Element {
    let text = use_text();
    let feed = use_context::<Feed>();
    let link = feed.link.cloned();
    let server = match link.state {
        LinkState::Online => (Health::Good, Text::Connected),
        LinkState::Connecting => (Health::Fair, Text::Connecting),
        LinkState::Offline => (Health::Bad, Text::Reconnecting),
    };
    let system = feed.system.read();
    rsx! {
        ul { class: "parts", "data-testid": "connection-parts",
            PartLine { health: server.0, name: text.say(Text::Server), state: text.say(server.1) }
            if let Some(system) = system.as_ref() {
                PartLine {
                    health: if system.desk.state == DeskState::Leading { Health::Good } else { Health::Bad },
                    name: text.say(Text::Desk),
                    state: desk_state(text, system),
                }
                for connection in &system.connections {
                    PartLine {
                        key: "{connection.id}",
                        health: of_connection(connection.state),
                        name: connection_name(text, connection),
                        state: text.connection_state(connection.state),
                        detail: connection.message.clone(),
                        since: Some(connection.since.millis()),
                    }
                }
                PartLine {
                    health: of_part(&system.database),
                    name: text.say(Text::Database),
                    state: text.say(part_state(&system.database)),
                    detail: system.database.message.clone(),
                }
                PartLine {
                    health: of_part(&system.bus),
                    name: text.say(Text::Bus),
                    state: text.say(part_state(&system.bus)),
                    detail: system.bus.message.clone(),
                }
            }
        }
        if let Some(system) = system.as_ref() {
            p { class: "parts-version muted", "Tickgraph {system.version}" }
        }
    }
}

fn desk_state(text: Catalogue, system: &System) -> String {
    let desk = &system.desk;
    if desk.state == DeskState::Missing {
        return text.say(Text::DeskMissing).to_owned();
    }
    match (desk.market_data_lines_used, desk.market_data_line_limit) {
        (Some(used), Some(limit)) => {
            text.fill(Text::DeskLines, &[("used", &used.to_string()), ("limit", &limit.to_string())])
        }
        _ => text.say(Text::Running).to_owned(),
    }
}

fn connection_name(text: Catalogue, connection: &ConnectionStatus) -> String {
    match connection.environment {
        Some(environment) => format!("{} · {}", connection.id, text.environment(environment)),
        None => connection.id.clone(),
    }
}

fn of_part(part: &Part) -> Health {
    if part.state == ComponentState::Up { Health::Good } else { Health::Bad }
}

fn part_state(part: &Part) -> Text {
    if part.state == ComponentState::Up { Text::Running } else { Text::NotAvailable }
}

#[component]
fn PartLine(
    health: Health,
    name: String,
    state: String,
    #[props(default)] detail: Option<String>,
    #[props(default)] since: Option<i64>,
) -> Element {
    let text = use_text();
    let clock = use_clock();
    let since = since.map(|since| text.fill(Text::Since, &[("time", &clock.time(since))]));
    rsx! {
        li {
            span { class: health.class(), "aria-hidden": "true" }
            span { class: "part-name", "{name}" }
            span { class: "part-state", "{state}" }
            if detail.is_some() || since.is_some() {
                span { class: "part-detail muted",
                    {[detail, since].into_iter().flatten().collect::<Vec<_>>().join(" · ")}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::scalar::DateTime;
    use crate::graphql::system::Desk;

    fn part(state: ComponentState) -> Part {
        Part { state, message: None }
    }

    fn system(desk: DeskState, bus: ComponentState, connections: &[ConnectionState]) -> System {
        let connection = |state: &ConnectionState| ConnectionStatus {
            id: "ib".into(),
            environment: None,
            state: *state,
            message: None,
            since: DateTime::from_millis(0),
        };
        System {
            version: "0".into(),
            time: DateTime::from_millis(0),
            desk: Desk { state: desk, market_data_lines_used: None, market_data_line_limit: None },
            connections: connections.iter().map(connection).collect(),
            database: part(ComponentState::Up),
            bus: part(bus),
        }
    }

    #[test]
    fn the_light_shows_the_worst_part() {
        use ConnectionState::{Connected, Degraded, Off, Refused};
        let online = Link { state: LinkState::Online, generation: 1 };
        let good = system(DeskState::Leading, ComponentState::Up, &[Connected, Off]);
        let check = |link: Link, system: Option<&System>, expect: (Health, Text)| {
            assert_eq!(overall(link, system), expect, "{link:?} {system:?}");
        };
        check(online, Some(&good), (Health::Good, Text::Connected));
        check(online, None, (Health::Fair, Text::Connecting));
        check(
            Link { state: LinkState::Offline, generation: 1 },
            Some(&good),
            (Health::Bad, Text::Reconnecting),
        );
        let no_desk = system(DeskState::Missing, ComponentState::Up, &[Connected]);
        check(online, Some(&no_desk), (Health::Bad, Text::DeskMissing));
        let no_bus = system(DeskState::Leading, ComponentState::Down, &[Connected]);
        check(online, Some(&no_bus), (Health::Bad, Text::PartDown));
        let degraded = system(DeskState::Leading, ComponentState::Up, &[Connected, Degraded]);
        check(online, Some(&degraded), (Health::Fair, Text::BrokerDegraded));
        let refused = system(DeskState::Leading, ComponentState::Up, &[Degraded, Refused]);
        check(online, Some(&refused), (Health::Bad, Text::BrokerDown));
    }
}
