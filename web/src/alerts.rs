//! The alerts of the person: what is watched, what happened, and what has not been read yet.

use std::future::Future;

use cynic::SubscriptionBuilder;
use dioxus::core::Runtime;
use dioxus::prelude::*;
use gloo_timers::future::TimeoutFuture;

use crate::feed::Feed;
use crate::graphql::alert::{self, Alert, AlertId};
use crate::graphql::alert_event::{self, AlertEvent, Happening, LiveAlertEvents, LiveAlertEventsVariables};
use crate::graphql::failure::Failure;
use crate::graphql::instrument::{Instrument, InstrumentId};
use crate::graphql::scalar::Decimal;
use crate::graphql::user_error::{Refusal, UserErrorCode};
use crate::live::{Event, Live};
use crate::news::What;
use crate::session::Session;

/// How long to wait before what ended is started again.
const AGAIN_MS: u32 = 5_000;

/// How long until the list is read again.
const RELOAD_MS: u32 = 60_000;

/// How long a toast stays.
const TOAST_MS: u32 = 12_000;

/// The most toasts at once.
const MOST_TOASTS: usize = 4;

/// The most events that are kept on the screen.
const MOST_EVENTS: usize = 500;

/// The most pages of alerts that are read.
const MOST_PAGES: usize = 100;

/// How far something has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Asked for.
    Loading,
    /// Could not be read.
    Failed(Failure),
    /// Is there.
    Ready,
}

/// What the form is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Of which instrument.
    pub instrument: Instrument,
    /// The alert that is changed; a new one where there is none.
    pub alert: Option<Alert>,
    /// The price to begin with.
    pub price: Option<Decimal>,
}

/// The alerts, for every component that is logged in.
#[derive(Clone, Copy, PartialEq)]
pub struct Alerts {
    scope: ScopeId,
    session: Session,
    feed: Feed,
    /// What is watched.
    pub list: Signal<Vec<Alert>>,
    /// How far that has been read.
    pub reading: Signal<Reading>,
    /// What happened, newest first.
    pub events: Signal<Vec<AlertEvent>>,
    /// How far that has been read.
    pub events_reading: Signal<Reading>,
    /// What has just happened.
    pub toasts: Signal<Vec<AlertEvent>>,
    /// The form that is open.
    pub form: Signal<Option<Draft>>,
    /// Why the last thing that was done with an alert was refused.
    pub refusal: Signal<Option<Refusal>>,
}

impl Alerts {
    /// The alerts before anything is known.
    pub fn new(session: Session, feed: Feed) -> Self {
        Self {
            scope: dioxus::core::current_scope_id(),
            session,
            feed,
            list: Signal::new(Vec::new()),
            reading: Signal::new(Reading::Loading),
            events: Signal::new(Vec::new()),
            events_reading: Signal::new(Reading::Loading),
            toasts: Signal::new(Vec::new()),
            form: Signal::new(None),
            refusal: Signal::new(None),
        }
    }

    /// Runs a task that outlives the panel that started it.
    pub fn run(self, task: impl Future<Output = ()> + 'static) {
        Runtime::current().in_scope(self.scope, || spawn(task));
    }

    /// Opens the form for a new alert.
    pub fn compose(mut self, instrument: Instrument, price: Option<Decimal>) {
        self.form.set(Some(Draft { instrument, alert: None, price }));
    }

    /// Opens the form for an alert that exists.
    pub fn edit(mut self, alert: Alert) {
        self.form.set(Some(Draft { instrument: alert.instrument.clone(), alert: Some(alert), price: None }));
    }

    /// The alerts on an instrument; the chart draws them as lines.
    pub fn on(self, instrument: &InstrumentId) -> Vec<Alert> {
        self.list.read().iter().filter(|alert| alert.instrument.id == *instrument).cloned().collect()
    }

    /// Reads what is watched.
    pub async fn load(mut self) {
        let (mut found, mut after) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            match alert::page(self.session, after).await {
                Ok(page) => {
                    found.extend(page.items);
                    after = page.next;
                }
                // Alerts that are on the screen are better than none.
                Err(_) if *self.reading.peek() == Reading::Ready => return,
                Err(failure) => return self.reading.set(Reading::Failed(failure)),
            }
            if after.is_none() {
                break;
            }
        }
        self.list.set(found);
        self.reading.set(Reading::Ready);
    }

    /// Reads what happened, and then hears what happens.
    pub async fn follow(self, live: Live) {
        self.read_events().await;
        loop {
            // Nothing is missed between the two: the stream begins after the last that is known.
            let since = self.events.peek().first().map_or(Decimal::ZERO, |event| event.number);
            let variables = LiveAlertEventsVariables { since: Some(since) };
            let mut happening = live.subscribe(&LiveAlertEvents::build(variables));
            while let Some(event) = happening.next().await {
                match event {
                    Event::Data(told) => self.hear(told.alert_events),
                    // What changed without an event is not known.
                    Event::Restarted => self.run(self.load()),
                    // The last number that is known is none of the server's: it began anew, or forgot what is that old.
                    Event::Failed(Failure::Refused { code, .. }) if code == "OUTDATED" => {
                        self.read_events().await;
                    }
                    Event::Failed(_) => {}
                }
            }
            TimeoutFuture::new(AGAIN_MS).await;
        }
    }

    /// Reads the list again and again: an alert that ended, or cannot be watched for now, has no event.
    pub async fn keep(self) {
        loop {
            self.load().await;
            TimeoutFuture::new(RELOAD_MS).await;
        }
    }

    /// Reads what happened, until that is known.
    async fn read_events(mut self) {
        loop {
            match alert_event::latest(self.session).await {
                Ok(page) => {
                    self.events.set(page.items);
                    return self.events_reading.set(Reading::Ready);
                }
                Err(failure) => self.events_reading.set(Reading::Failed(failure)),
            }
            TimeoutFuture::new(AGAIN_MS).await;
        }
    }

    fn hear(mut self, Happening { event, alert }: Happening) {
        // After a new socket the stream begins where it began.
        if self.events.peek().iter().any(|known| known.number == event.number) {
            return;
        }
        self.feed.news.write().tell(event.at.millis(), What::Alert(Box::new(event.clone())));
        let number = event.number;
        let mut toasts = self.toasts.write();
        toasts.push(event.clone());
        let surplus = toasts.len().saturating_sub(MOST_TOASTS);
        toasts.drain(..surplus);
        drop(toasts);
        let mut events = self.events.write();
        events.insert(0, event);
        events.truncate(MOST_EVENTS);
        drop(events);
        if let Some(alert) = alert {
            self.put(alert);
        }
        self.run(async move {
            TimeoutFuture::new(TOAST_MS).await;
            self.dismiss(number);
        });
    }

    /// Takes a toast away.
    pub fn dismiss(mut self, number: Decimal) {
        self.toasts.write().retain(|toast| toast.number != number);
    }

    /// How many events have not been read.
    pub fn unread(self) -> usize {
        self.events.read().iter().filter(|event| event.read_at.is_none()).count()
    }

    /// Everything up to the newest event has been read.
    pub async fn read(mut self) {
        let newest = self.events.peek().first().map(|event| (event.number, event.read_at));
        let Some((through, None)) = newest else { return };
        if let Ok(through) = alert_event::read(self.session, through).await {
            let now = crate::graphql::scalar::DateTime::from_millis(self.session.server_now());
            for event in self.events.write().iter_mut().filter(|event| event.number <= through) {
                event.read_at = event.read_at.or(Some(now));
            }
        }
    }

    /// Takes in an alert as the server has it now.
    pub fn put(mut self, alert: Alert) {
        let mut list = self.list.write();
        match list.iter_mut().find(|known| known.id == alert.id) {
            Some(known) => *known = alert,
            None => list.insert(0, alert),
        }
    }

    /// Waits for a change of an alert and takes it in.
    pub async fn changed(mut self, change: impl Future<Output = Result<Alert, Refusal>>) {
        match change.await {
            Ok(alert) => {
                self.refusal.set(None);
                self.put(alert);
            }
            Err(refusal) => self.refuse(refusal).await,
        }
    }

    /// Deletes an alert.
    pub async fn delete(mut self, id: AlertId) {
        match alert::delete(self.session, id.clone()).await {
            Ok(()) => {
                self.refusal.set(None);
                self.list.write().retain(|alert| alert.id != id);
            }
            Err(refusal) => self.refuse(refusal).await,
        }
    }

    async fn refuse(mut self, refusal: Refusal) {
        if refusal.has(UserErrorCode::Outdated) || refusal.has(UserErrorCode::NotFound) {
            self.load().await;
        }
        self.refusal.set(Some(refusal));
    }
}
