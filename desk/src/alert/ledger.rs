//! What is to be written down of alerts, one thing after another: they meet at the same rows, and what is told of an alert
//! is written in the order in which it was told.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use domain::alert::{AlertId, AlertWatchStore, Fired, Firing, Pruned, Seen};
use domain::store::StoreError;
use domain::user::UserId;
use time::OffsetDateTime;
use tokio::time::Instant;

/// How often those are ended whose time is over.
const EXPIRE_EVERY: Duration = Duration::from_secs(5);

/// How often it is looked for events that are kept no longer.
const PRUNE_EVERY: Duration = Duration::from_hours(1);

/// How many are written down at once.
const AT_ONCE: usize = 200;

/// How long is waited after the database did not answer.
const RETRY: Duration = Duration::from_secs(1);

/// One thing to write.
pub(super) enum Line {
    /// These went off.
    Fire(Vec<Firing>),
    /// These are not watched, for this reason; or they are.
    Note(Vec<AlertId>, Option<String>),
    /// This was seen.
    Keep(Vec<Seen>),
    /// It is this late.
    Expire(OffsetDateTime),
    /// The same; everything up to this user is looked through.
    Prune(Option<UserId>, OffsetDateTime),
}

/// What came of writing it.
pub(super) enum Written {
    Fired(Vec<Fired>),
    Noted,
    Kept,
    Expired(u64),
    Pruned(Pruned),
}

impl Line {
    pub(super) async fn write(&self, store: &dyn AlertWatchStore, epoch: u64) -> Result<Written, StoreError> {
        Ok(match self {
            Self::Fire(firings) => Written::Fired(store.trigger(epoch, firings).await?),
            Self::Note(alerts, reason) => {
                store.note(epoch, alerts, reason.as_deref()).await?;
                Written::Noted
            }
            Self::Keep(seen) => {
                store.keep(epoch, seen).await?;
                Written::Kept
            }
            Self::Expire(now) => Written::Expired(store.expire(epoch, *now).await?),
            Self::Prune(after, now) => Written::Pruned(store.prune(epoch, *after, *now).await?),
        })
    }
}

/// What waits to be written. Of each alert it is little, so that it is bounded.
pub(super) struct Ledger {
    firings: VecDeque<Firing>,
    notes: BTreeMap<AlertId, Option<String>>,
    seen: VecDeque<Seen>,
    is_writing: bool,
    /// How many are tried together.
    at_once: usize,
    write_at: Instant,
    expire_at: Instant,
    prune_at: Instant,
    pruned_through: Option<UserId>,
}

impl Ledger {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            firings: VecDeque::new(),
            notes: BTreeMap::new(),
            seen: VecDeque::new(),
            is_writing: false,
            at_once: AT_ONCE,
            write_at: now,
            expire_at: now,
            prune_at: now + EXPIRE_EVERY,
            pruned_through: None,
        }
    }

    pub(super) fn fire(&mut self, firings: impl IntoIterator<Item = Firing>) {
        self.firings.extend(firings);
    }

    /// What was told of an alert before, and is not written yet, is void.
    pub(super) fn note(&mut self, alert: AlertId, reason: Option<String>) {
        self.notes.insert(alert, reason);
    }

    pub(super) fn keep(&mut self, seen: Vec<Seen>) {
        self.seen.extend(seen);
    }

    /// Whether everything that was seen is written.
    pub(super) fn has_kept(&self) -> bool {
        self.seen.is_empty()
    }

    pub(super) fn is_writing(&self) -> bool {
        self.is_writing
    }

    /// What is to be written now, unless something is being written.
    pub(super) fn next(&mut self, now: Instant, at: OffsetDateTime) -> Option<Line> {
        if self.is_writing || now < self.write_at {
            return None;
        }
        // What went off in time is written down before its alert is ended.
        let line = self.pop().or_else(|| self.upkeep(now, at));
        self.is_writing = line.is_some();
        line
    }

    /// The next of what is lost if it is not written.
    pub(super) fn pop(&mut self) -> Option<Line> {
        if !self.firings.is_empty() {
            let count = self.firings.len().min(self.at_once);
            return Some(Line::Fire(self.firings.drain(..count).collect()));
        }
        self.at_once = AT_ONCE;
        if let Some((_, reason)) = self.notes.first_key_value() {
            let reason = reason.clone();
            let of_reason = self.notes.iter().filter(|(_, told)| **told == reason).map(|(alert, _)| *alert);
            let alerts: Vec<AlertId> = of_reason.take(AT_ONCE).collect();
            for alert in &alerts {
                self.notes.remove(alert);
            }
            return Some(Line::Note(alerts, reason));
        }
        let count = self.seen.len().min(AT_ONCE);
        (count > 0).then(|| Line::Keep(self.seen.drain(..count).collect()))
    }

    fn upkeep(&mut self, now: Instant, at: OffsetDateTime) -> Option<Line> {
        if now >= self.expire_at {
            self.expire_at = now + EXPIRE_EVERY;
            return Some(Line::Expire(at));
        }
        if now >= self.prune_at {
            self.prune_at = now + PRUNE_EVERY;
            return Some(Line::Prune(self.pruned_through, at));
        }
        None
    }

    /// It was written. Where it was a part, the rest follows at once.
    pub(super) fn wrote(&mut self, written: &Written, now: Instant) {
        self.is_writing = false;
        match written {
            Written::Expired(1..) => self.expire_at = now,
            Written::Pruned(Pruned::More) => self.prune_at = now,
            Written::Pruned(Pruned::Through(user)) => {
                self.pruned_through = Some(*user);
                self.prune_at = now;
            }
            Written::Pruned(Pruned::All) => self.pruned_through = None,
            Written::Expired(0) | Written::Fired(_) | Written::Noted | Written::Kept => {}
        }
    }

    /// It was not written, and is tried again; firings at which the database stumbles are tried one by one. Returns the
    /// one that cannot be written: it must not hold up the others.
    pub(super) fn failed(&mut self, line: Line, error: &StoreError, now: Instant) -> Option<Firing> {
        self.is_writing = false;
        self.write_at = now + RETRY;
        let is_passing = matches!(error, StoreError::Unavailable(_));
        match line {
            Line::Fire(mut firings) if !is_passing && firings.len() == 1 => return firings.pop(),
            Line::Fire(firings) => {
                if !is_passing {
                    self.at_once = 1;
                }
                firings.into_iter().rev().for_each(|firing| self.firings.push_front(firing));
            }
            Line::Note(alerts, reason) if is_passing => {
                for alert in alerts {
                    self.notes.entry(alert).or_insert_with(|| reason.clone());
                }
            }
            Line::Keep(seen) if is_passing => {
                seen.into_iter().rev().for_each(|seen| self.seen.push_front(seen));
            }
            Line::Note(..) | Line::Keep(_) | Line::Expire(_) | Line::Prune(..) => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use domain::alert::{AlertEventId, DeliveryId};
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const AT: OffsetDateTime = datetime!(2026-11-20 15:00 UTC);

    fn id(number: usize) -> AlertId {
        AlertId(Uuid::from_u128(number as u128))
    }

    fn firing(number: usize) -> Firing {
        Firing {
            alert: id(number),
            owner: UserId(Uuid::nil()),
            arming: 1,
            event: AlertEventId(Uuid::nil()),
            deliveries: [DeliveryId(Uuid::nil()); 2],
            text: String::new(),
            value: 1.into(),
            at: AT,
            armed: true,
            failure: None,
        }
    }

    fn away() -> StoreError {
        StoreError::Unavailable("away".into())
    }

    fn wrong() -> StoreError {
        StoreError::Fault("a bad row".into())
    }

    /// A ledger whose upkeep is done, and the moment.
    fn ledger() -> (Ledger, Instant) {
        let now = Instant::now();
        let mut ledger = Ledger::new(now);
        assert!(matches!(ledger.next(now, AT), Some(Line::Expire(_))));
        ledger.wrote(&Written::Expired(0), now);
        assert!(ledger.next(now, AT).is_none());
        (ledger, now)
    }

    fn fired(line: Option<Line>) -> Vec<AlertId> {
        let Some(Line::Fire(firings)) = line else { panic!("it does not fire") };
        firings.iter().map(|firing| firing.alert).collect()
    }

    #[test]
    fn one_thing_is_written_after_another() {
        let (mut ledger, now) = ledger();
        let seen = Seen { alert: id(1), arming: 1, last: 1.into(), armed: true };
        ledger.keep(vec![seen]);
        ledger.note(id(2), Some("no line".into()));
        ledger.note(id(1), Some("no line".into()));
        ledger.note(id(2), None);
        ledger.fire([firing(1), firing(2)]);
        assert_eq!(fired(ledger.next(now, AT)), [id(1), id(2)]);
        assert!(ledger.next(now, AT).is_none(), "one at a time");
        ledger.wrote(&Written::Fired(Vec::new()), now);
        let Some(Line::Note(alerts, Some(reason))) = ledger.next(now, AT) else { panic!("the first") };
        assert_eq!((alerts, reason.as_str()), (vec![id(1)], "no line"));
        ledger.wrote(&Written::Noted, now);
        let Some(Line::Note(alerts, None)) = ledger.next(now, AT) else { panic!("what was told last") };
        assert_eq!(alerts, [id(2)]);
        ledger.wrote(&Written::Noted, now);
        assert!(!ledger.has_kept());
        let Some(Line::Keep(kept)) = ledger.next(now, AT) else { panic!("what was seen") };
        assert_eq!(kept, [seen]);
        assert!(ledger.has_kept());
    }

    #[test]
    fn what_was_not_written_is_tried_again_in_its_order() {
        let (mut ledger, now) = ledger();
        let seen = |last: i64| Seen { alert: id(1), arming: 1, last: last.into(), armed: true };
        ledger.note(id(1), Some("old".into()));
        ledger.keep(vec![seen(1)]);
        let note = ledger.next(now, AT).unwrap();
        ledger.note(id(1), Some("new".into()));
        assert!(ledger.failed(note, &away(), now).is_none());
        assert!(ledger.next(now, AT).is_none(), "it waits a little");
        let later = now + RETRY;
        let Some(Line::Note(_, reason)) = ledger.next(later, AT) else { panic!("the note") };
        assert_eq!(reason.as_deref(), Some("new"), "what was told last counts");
        ledger.wrote(&Written::Noted, later);
        let keep = ledger.next(later, AT).unwrap();
        ledger.keep(vec![seen(2)]);
        ledger.failed(keep, &away(), later);
        let Some(Line::Keep(kept)) = ledger.next(later + RETRY, AT) else { panic!("what was seen") };
        assert_eq!(kept, [seen(1), seen(2)]);
    }

    #[test]
    fn one_that_cannot_be_written_does_not_hold_up_the_others() {
        let (mut ledger, mut now) = ledger();
        ledger.fire((1..=3).map(firing));
        let mut written = Vec::new();
        let mut given_up = Vec::new();
        while let Some(Line::Fire(firings)) = ledger.next(now, AT) {
            let ids: Vec<AlertId> = firings.iter().map(|firing| firing.alert).collect();
            if ids.contains(&id(2)) {
                given_up.extend(ledger.failed(Line::Fire(firings), &wrong(), now));
                now += RETRY;
            } else {
                written.extend(ids);
                ledger.wrote(&Written::Fired(Vec::new()), now);
            }
        }
        assert_eq!(written, [id(1), id(3)]);
        assert_eq!(given_up.iter().map(|firing| firing.alert).collect::<Vec<_>>(), [id(2)]);
    }

    #[test]
    fn old_events_are_looked_for_user_by_user() {
        let (mut ledger, now) = ledger();
        let (now, user) = (now + PRUNE_EVERY, UserId(Uuid::from_u128(7)));
        assert!(matches!(ledger.next(now, AT), Some(Line::Expire(_))));
        ledger.wrote(&Written::Expired(3), now);
        assert!(matches!(ledger.next(now, AT), Some(Line::Expire(_))), "there may be more");
        ledger.wrote(&Written::Expired(0), now);
        for (pruned, next) in [(Pruned::More, None), (Pruned::Through(user), Some(user))] {
            assert!(matches!(ledger.next(now, AT), Some(Line::Prune(None, _))));
            ledger.wrote(&Written::Pruned(pruned), now);
            assert_eq!(ledger.pruned_through, next);
        }
        assert!(matches!(ledger.next(now, AT), Some(Line::Prune(Some(_), _))));
        ledger.wrote(&Written::Pruned(Pruned::All), now);
        assert!(ledger.next(now, AT).is_none(), "all was looked through");
        assert_eq!(ledger.pruned_through, None);
    }
}
