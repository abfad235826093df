//! The news of the system: what happened to connections, desk and feed while the page was open.

use std::collections::VecDeque;

use crate::graphql::alert_event::AlertEvent;
use crate::graphql::instrument::InstrumentId;
use crate::graphql::quote::FeedState;
use crate::graphql::system::{Component, ComponentState, ConnectionState, DeskState, System};
use crate::live::LinkState;

/// How many are kept.
const MOST: usize = 500;

/// What happens to many instruments within this time is one piece of news.
const TOGETHER_MS: i64 = 3_000;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The line to the server.
    Link(LinkState),
    /// The desk.
    Desk(DeskState),
    /// A connection to the outside.
    Connection {
        /// Which.
        id: String,
        /// How it is now.
        state: ConnectionState,
        /// More about that.
        message: Option<String>,
    },
    /// The database.
    Database(ComponentState),
    /// The message bus.
    Bus(ComponentState),
    /// How far quotes can be trusted.
    Feed {
        /// Whose.
        instruments: Vec<InstrumentId>,
        /// How far.
        state: FeedState,
        /// Why.
        reason: Option<String>,
    },
    /// An alert has told.
    Alert(Box<AlertEvent>),
}

/// A piece of news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// When, by the server's clock.
    pub at: i64,
    /// Its number.
    pub number: u64,
    /// What.
    pub what: What,
}

/// The news, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    happenings: VecDeque<Happening>,
    told: u64,
}

impl News {
    /// Everything that is kept, newest first.
    pub fn all(&self) -> impl Iterator<Item = &Happening> {
        self.happenings.iter()
    }

    /// Something happened.
    pub fn tell(&mut self, at: i64, what: What) {
        if let Some(newest) = self.happenings.front_mut()
            && at - newest.at < TOGETHER_MS
            && joined(&mut newest.what, &what)
        {
            return;
        }
        self.told += 1;
        self.happenings.push_front(Happening { at, number: self.told, what });
        self.happenings.truncate(MOST);
    }
}

/// Joins a piece of news to the one before it, where both tell the same of different instruments.
fn joined(newest: &mut What, what: &What) -> bool {
    let (
        What::Feed { instruments, state, reason },
        What::Feed { instruments: more, state: other, reason: why },
    ) = (newest, what)
    else {
        return false;
    };
    if state != other || reason != why {
        return false;
    }
    for id in more {
        if !instruments.contains(id) {
            instruments.push(id.clone());
        }
    }
    true
}

/// What changed from one state of the installation to the next.
pub fn changes(before: &System, after: &System) -> Vec<What> {
    let mut found = Vec::new();
    if before.desk.state != after.desk.state {
        found.push(What::Desk(after.desk.state));
    }
    for now in &after.connections {
        let was = before.connections.iter().find(|was| was.id == now.id);
        if was.is_none_or(|was| was.state != now.state) {
            let (id, state, message) = (now.id.clone(), now.state, now.message.clone());
            found.push(What::Connection { id, state, message });
        }
    }
    let changed = |was: &Component, now: &Component| (was.state != now.state).then_some(now.state);
    found.extend(changed(&before.database, &after.database).map(What::Database));
    found.extend(changed(&before.bus, &after.bus).map(What::Bus));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::scalar::DateTime;
    use crate::graphql::system::{ConnectionStatus, Desk};

    fn system(desk: DeskState, connection: ConnectionState, bus: ComponentState) -> System {
        System {
            version: "0".into(),
            time: DateTime::from_millis(0),
            desk: Desk { state: desk, market_data_lines_used: None, market_data_line_limit: None },
            connections: vec![ConnectionStatus {
                id: "ib".into(),
                environment: None,
                state: connection,
                message: None,
                since: DateTime::from_millis(0),
            }],
            database: Component { state: ComponentState::Up, message: None },
            bus: Component { state: bus, message: None },
        }
    }

    #[test]
    fn only_what_changed_is_news() {
        use ComponentState::{Down, Up};
        use ConnectionState::{Connected, Disconnected};
        let good = system(DeskState::Leading, Connected, Up);
        assert_eq!(changes(&good, &good), []);
        let bad = system(DeskState::Missing, Disconnected, Down);
        let expect = [
            What::Desk(DeskState::Missing),
            What::Connection { id: "ib".into(), state: Disconnected, message: None },
            What::Bus(Down),
        ];
        assert_eq!(changes(&good, &bad), expect);
        let mut unknown = good.clone();
        unknown.connections.clear();
        assert_eq!(changes(&unknown, &good).len(), 1, "a connection that is new is news");
    }

    #[test]
    fn what_happens_to_many_at_once_is_told_once() {
        let feed = |id: &str, state| What::Feed { instruments: vec![id.into()], state, reason: None };
        let mut news = News::default();
        news.tell(0, feed("a", FeedState::Stale));
        news.tell(10, feed("b", FeedState::Stale));
        news.tell(20, feed("b", FeedState::Stale));
        news.tell(30, feed("a", FeedState::Live));
        news.tell(9_000, feed("b", FeedState::Live));
        let told: Vec<_> = news.all().map(|happening| happening.what.clone()).collect();
        let both =
            What::Feed { instruments: vec!["a".into(), "b".into()], state: FeedState::Stale, reason: None };
        assert_eq!(told, [feed("b", FeedState::Live), feed("a", FeedState::Live), both]);
        for at in 0..2_000 {
            news.tell(at * 10_000, What::Link(LinkState::Offline));
        }
        assert_eq!(news.all().count(), MOST);
    }
}
