//! What the dashboard shows: the watchlists as the server has them, which one is open, which instrument is
//! chosen. Nothing changes here before the server has said so.

use std::future::Future;

use dioxus::core::Runtime;
use dioxus::prelude::*;

use crate::browser;
use crate::graphql::failure::Failure;
use crate::graphql::instrument::{Instrument, InstrumentId};
use crate::graphql::user_error::{Refusal, UserErrorCode};
use crate::graphql::watchlist::{self, Watchlist, WatchlistId};
use crate::session::Session;

const LIST_KEY: &str = "tickgraph.watchlist";
const INSTRUMENT_KEY: &str = "tickgraph.instrument";

/// The watchlists, as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lists {
    /// Asked for.
    Loading,
    /// Could not be read.
    Failed(Failure),
    /// As the server last told them.
    Ready(Vec<Watchlist>),
}

/// Which way an instrument moves in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Towards the top.
    Earlier,
    /// Towards the bottom.
    Later,
}

/// The order after one instrument took a step; none where it stands at the end already.
pub fn reordered(order: &[InstrumentId], moved: &InstrumentId, step: Step) -> Option<Vec<InstrumentId>> {
    let from = order.iter().position(|id| id == moved)?;
    let to = match step {
        Step::Earlier => from.checked_sub(1)?,
        Step::Later => from + 1,
    };
    if to >= order.len() {
        return None;
    }
    let mut order = order.to_vec();
    order.swap(from, to);
    Some(order)
}

/// The state that the panels of the dashboard share.
#[derive(Clone, Copy, PartialEq)]
pub struct Board {
    scope: ScopeId,
    session: Session,
    /// The watchlists.
    pub lists: Signal<Lists>,
    /// The chosen instrument.
    pub chosen: Signal<Option<Instrument>>,
    /// Why the last change was not made.
    pub refusal: Signal<Option<Refusal>>,
    /// Whether a change is on its way.
    pub busy: Signal<bool>,
    /// Whether the open list is being edited.
    pub editing: Signal<bool>,
    /// Whether a new list is being named.
    pub naming: Signal<bool>,
    open: Signal<Option<WatchlistId>>,
}

impl Board {
    /// A board of which nothing is known yet.
    pub fn new(session: Session) -> Self {
        Self {
            scope: dioxus::core::current_scope_id(),
            session,
            lists: Signal::new(Lists::Loading),
            chosen: Signal::new(None),
            refusal: Signal::new(None),
            busy: Signal::new(false),
            editing: Signal::new(false),
            naming: Signal::new(false),
            open: Signal::new(browser::remembered(LIST_KEY).map(WatchlistId::new)),
        }
    }

    /// Runs a task that outlives the row or the form that started it, but not the board.
    pub fn run(self, task: impl Future<Output = ()> + 'static) {
        Runtime::current().in_scope(self.scope, || spawn(task));
    }

    /// Reads the watchlists.
    pub async fn load(mut self) {
        if matches!(*self.lists.peek(), Lists::Failed(_)) {
            self.lists.set(Lists::Loading);
        }
        match watchlist::all(self.session).await {
            Ok(lists) => {
                self.lists.set(Lists::Ready(lists));
                self.choose_something();
            }
            // Lists that are on the screen are better than none.
            Err(_) if matches!(*self.lists.peek(), Lists::Ready(_)) => {}
            Err(failure) => self.lists.set(Lists::Failed(failure)),
        }
    }

    /// The list that is open: the one asked for, else the first.
    pub fn open_list(self) -> Option<Watchlist> {
        let lists = self.lists.read();
        let Lists::Ready(lists) = &*lists else { return None };
        let open = self.open.read();
        let asked = lists.iter().find(|list| Some(&list.id) == open.as_ref());
        asked.or(lists.first()).cloned()
    }

    /// Opens a list.
    pub fn open(mut self, list: &WatchlistId) {
        browser::remember(LIST_KEY, list.inner());
        self.refusal.set(None);
        self.editing.set(false);
        self.open.set(Some(list.clone()));
        self.choose_something();
    }

    /// Chooses an instrument.
    pub fn choose(mut self, instrument: &Instrument) {
        browser::remember(INSTRUMENT_KEY, instrument.id.inner());
        if self.chosen.peek().as_ref() != Some(instrument) {
            self.chosen.set(Some(instrument.clone()));
        }
    }

    /// Where nothing is chosen: what was chosen last time, else the first of the open list.
    fn choose_something(mut self) {
        let Some(list) = self.open_list() else { return };
        if self.chosen.peek().is_some() {
            return;
        }
        let before = browser::remembered(INSTRUMENT_KEY);
        let again =
            list.instruments.iter().find(|instrument| Some(instrument.id.inner()) == before.as_deref());
        self.chosen.set(again.or(list.instruments.first()).cloned());
    }

    /// Whose quotes the dashboard needs.
    pub fn wanted(self) -> Vec<InstrumentId> {
        let list = self.open_list();
        let mut wanted: Vec<_> =
            list.iter().flat_map(|list| &list.instruments).map(|instrument| instrument.id.clone()).collect();
        if let Some(chosen) = self.chosen.read().as_ref().filter(|chosen| !wanted.contains(&chosen.id)) {
            wanted.push(chosen.id.clone());
        }
        wanted
    }

    /// Makes a list and opens it.
    pub async fn create(mut self, name: String) -> bool {
        let Some(list) = self.changed(watchlist::create(self.session, name)).await else { return false };
        self.open(&list.id);
        self.naming.set(false);
        true
    }

    /// Renames a list.
    pub async fn rename(mut self, list: WatchlistId, name: String) {
        if self.changed(watchlist::rename(self.session, list, name)).await.is_some() {
            self.editing.set(false);
        }
    }

    /// Adds an instrument to the open list and chooses it; makes a list of this name where there is none.
    pub async fn add(self, instrument: Instrument, name_of_first: String) {
        if self.open_list().is_none() && !self.create(name_of_first).await {
            return;
        }
        let Some(list) = self.open_list() else { return };
        if self.changed(watchlist::add(self.session, list.id, instrument.id.clone())).await.is_some() {
            self.choose(&instrument);
        }
    }

    /// Takes an instrument out of a list.
    pub async fn remove(self, list: WatchlistId, instrument: InstrumentId) {
        self.changed(watchlist::remove(self.session, list, instrument)).await;
    }

    /// Moves an instrument one step in the open list.
    pub async fn step(self, instrument: InstrumentId, step: Step) {
        let Some(list) = self.open_list() else { return };
        let order: Vec<_> = list.instruments.iter().map(|instrument| instrument.id.clone()).collect();
        if let Some(order) = reordered(&order, &instrument, step) {
            self.changed(watchlist::reorder(self.session, list.id, order)).await;
        }
    }

    /// Deletes a list.
    pub async fn delete(mut self, list: WatchlistId) {
        let Some(done) = self.guarded(watchlist::delete(self.session, list.clone())).await else { return };
        if done.is_ok() {
            self.editing.set(false);
            if let Lists::Ready(lists) = &mut *self.lists.write() {
                lists.retain(|known| known.id != list);
            }
        }
        self.settle(done).await;
    }

    /// Waits for a change and takes in the list as it is now.
    async fn changed(
        mut self,
        change: impl Future<Output = Result<Watchlist, Refusal>>,
    ) -> Option<Watchlist> {
        let done = self.guarded(change).await?;
        if let Ok(changed) = &done
            && let Lists::Ready(lists) = &mut *self.lists.write()
        {
            match lists.iter_mut().find(|list| list.id == changed.id) {
                Some(list) => *list = changed.clone(),
                None => lists.push(changed.clone()),
            }
        }
        self.settle(done).await
    }

    /// One change at a time: each builds on what the last one left.
    async fn guarded<T>(mut self, change: impl Future<Output = T>) -> Option<T> {
        if *self.busy.peek() {
            return None;
        }
        self.busy.set(true);
        let done = change.await;
        self.busy.set(false);
        Some(done)
    }

    /// Shows why a change was not made; where the lists here were out of date, reads them again.
    async fn settle<T>(mut self, done: Result<T, Refusal>) -> Option<T> {
        match done {
            Ok(value) => {
                self.refusal.set(None);
                Some(value)
            }
            Err(refusal) => {
                let outdated = [UserErrorCode::Outdated, UserErrorCode::NotFound];
                if matches!(&refusal, Refusal::User(errors) if errors.iter().any(|error| outdated.contains(&error.code)))
                {
                    self.load().await;
                }
                self.refusal.set(Some(refusal));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_swaps_neighbours_and_stops_at_the_ends() {
        let order: Vec<InstrumentId> = ["a", "b", "c"].map(InstrumentId::new).to_vec();
        let check = |moved: &str, step: Step, expect: Option<[&str; 3]>| {
            let result = reordered(&order, &InstrumentId::new(moved), step);
            let expect = expect.map(|order| order.map(InstrumentId::new).to_vec());
            assert_eq!(result, expect, "{moved} {step:?}");
        };
        check("b", Step::Earlier, Some(["b", "a", "c"]));
        check("b", Step::Later, Some(["a", "c", "b"]));
        check("a", Step::Earlier, None);
        check("c", Step::Later, None);
        check("x", Step::Later, None);
    }
}
