//! What becomes of an alert: each change arms it anew, and what was seen under an earlier arming is void.

use time::OffsetDateTime;

use crate::alert::{Alert, AlertState, Firing, Repeat, Watched};

impl Watched {
    /// One that was just made.
    pub fn new(alert: Alert) -> Self {
        Self { alert, arming: 1, last: None, armed: true }
    }

    /// Its owner changed it: name, condition, repetition, channels and end are those of `wanted`. One that its owner told
    /// to rest goes on resting; any other is watched as if it were new.
    #[must_use]
    pub fn changed(self, wanted: &Alert) -> Self {
        let state =
            if self.alert.state == AlertState::Paused { AlertState::Paused } else { AlertState::Active };
        let alert = Alert {
            name: wanted.name.clone(),
            condition: wanted.condition.clone(),
            repeat: wanted.repeat,
            email: wanted.email,
            webhook: wanted.webhook,
            expires_at: wanted.expires_at,
            ..self.alert
        };
        Self { alert, ..self }.armed_anew(state)
    }

    /// Its owner lets it rest. One that is not active rests already, and stays as it is.
    #[must_use]
    pub fn paused(self) -> Self {
        if self.alert.state == AlertState::Active { self.armed_anew(AlertState::Paused) } else { self }
    }

    /// Its owner has it watched again, as if it were new, whatever made it rest; `None` where its time is over.
    pub fn resumed(self, now: OffsetDateTime) -> Option<Self> {
        if self.alert.expires_at.is_some_and(|end| end <= now) {
            return None;
        }
        Some(if self.alert.state == AlertState::Active { self } else { self.armed_anew(AlertState::Active) })
    }

    /// It went off, or failed; `None` where it is no longer active under the same arming.
    pub fn fired(self, firing: &Firing) -> Option<Self> {
        let is_due = self.alert.id == firing.alert
            && self.alert.owner == firing.owner
            && self.alert.state == AlertState::Active
            && self.arming == firing.arming;
        if !is_due {
            return None;
        }
        let state = match (&firing.failure, self.alert.repeat) {
            (Some(_), _) => AlertState::Failed,
            (None, Repeat::Once) => AlertState::Triggered,
            (None, Repeat::EveryTime) => AlertState::Active,
        };
        let triggered_at = if firing.failure.is_none() { Some(firing.at) } else { self.alert.triggered_at };
        Some(Self {
            alert: Alert { state, reason: firing.failure.clone(), triggered_at, ..self.alert },
            arming: self.arming + 1,
            last: Some(firing.value),
            armed: firing.armed,
        })
    }

    fn armed_anew(self, state: AlertState) -> Self {
        let version = self.alert.version + 1;
        let alert = Alert { state, reason: None, version, ..self.alert };
        Self { alert, arming: self.arming + 1, last: None, armed: true }
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use time::Duration;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::alert::{
        AlertCondition, AlertEventId, AlertId, AlertName, AlertSubject, Comparison, DeliveryId, PriceField,
    };
    use crate::instrument::InstrumentId;
    use crate::user::UserId;

    const NOW: OffsetDateTime = datetime!(2026-11-22 14:30 UTC);

    fn alert() -> Alert {
        Alert {
            id: AlertId(Uuid::nil()),
            owner: UserId(Uuid::nil()),
            instrument: InstrumentId::from_uuid(Uuid::nil()),
            name: None,
            condition: AlertCondition {
                subject: AlertSubject::Price(PriceField::Last),
                comparison: Comparison::CrossesUp,
                threshold: Decimal::ONE_HUNDRED,
            },
            repeat: Repeat::Once,
            state: AlertState::Active,
            reason: None,
            email: false,
            webhook: None,
            expires_at: None,
            created_at: NOW,
            triggered_at: None,
            version: 1,
        }
    }

    /// One of which something was seen, in this state.
    fn seen(state: AlertState) -> Watched {
        let alert = Alert { state, reason: Some("no line".into()), ..alert() };
        Watched { last: Some(Decimal::ONE), armed: false, arming: 5, ..Watched::new(alert) }
    }

    fn firing(arming: u64) -> Firing {
        Firing {
            alert: AlertId(Uuid::nil()),
            owner: UserId(Uuid::nil()),
            arming,
            event: AlertEventId(Uuid::nil()),
            deliveries: [DeliveryId(Uuid::nil()); 2],
            text: String::new(),
            value: Decimal::TEN,
            at: NOW,
            armed: true,
            failure: None,
        }
    }

    fn is_armed_anew(watched: &Watched) -> bool {
        let Watched { alert, arming, last, armed } = watched;
        (alert.version, *arming, *last, *armed) == (2, 6, None, true) && alert.reason.is_none()
    }

    #[test]
    fn what_its_owner_does_arms_it_anew() {
        use AlertState::{Active, Expired, Failed, Paused, Triggered};
        // (before, after a change, after a pause, after a resumption)
        let cases = [
            (Active, Active, Paused, Active),
            (Paused, Paused, Paused, Active),
            (Triggered, Active, Triggered, Active),
            (Expired, Active, Expired, Active),
            (Failed, Active, Failed, Active),
        ];
        for (before, changed, paused, resumed) in cases {
            let wanted =
                Alert { name: Some(AlertName::parse("new").unwrap()), email: true, version: 7, ..alert() };
            let after = seen(before).changed(&wanted);
            assert!(after.alert.state == changed && is_armed_anew(&after), "{before:?}");
            assert_eq!((&after.alert.name, after.alert.email), (&wanted.name, true));
            for (after, state) in
                [(seen(before).paused(), paused), (seen(before).resumed(NOW).unwrap(), resumed)]
            {
                assert_eq!(after.alert.state, state, "{before:?}");
                assert!(if state == before { after == seen(before) } else { is_armed_anew(&after) });
            }
        }
    }

    #[test]
    fn what_is_over_is_not_resumed() {
        let ends = |at| {
            let watched = seen(AlertState::Triggered);
            Watched { alert: Alert { expires_at: Some(at), ..watched.alert }, ..watched }
        };
        assert_eq!(ends(NOW).resumed(NOW), None);
        assert!(ends(NOW + Duration::SECOND).resumed(NOW).is_some());
    }

    #[test]
    fn an_arming_goes_off_once() {
        let failure = Firing { failure: Some("delisted".into()), ..firing(5) };
        let of = |repeat| {
            let watched = seen(AlertState::Active);
            Watched { alert: Alert { repeat, ..watched.alert }, ..watched }
        };
        // (repetition, what it does, its state, when it went off, why it failed)
        let cases = [
            (Repeat::Once, firing(5), AlertState::Triggered, Some(NOW)),
            (Repeat::EveryTime, firing(5), AlertState::Active, Some(NOW)),
            (Repeat::Once, failure.clone(), AlertState::Failed, None),
            (Repeat::EveryTime, failure, AlertState::Failed, None),
        ];
        for (repeat, firing, state, triggered_at) in cases {
            let after = of(repeat).fired(&firing).unwrap();
            assert_eq!((after.alert.state, after.alert.triggered_at), (state, triggered_at));
            assert_eq!(after.alert.reason, firing.failure);
            assert_eq!((after.arming, after.last, after.armed), (6, Some(Decimal::TEN), true));
            assert_eq!(after.alert.version, 1, "its owner changed nothing");
            assert_eq!(after.fired(&firing), None, "of the arming before");
        }
        assert_eq!(seen(AlertState::Paused).fired(&firing(5)), None);
        let stranger = Firing { owner: UserId(Uuid::max()), ..firing(5) };
        assert_eq!(seen(AlertState::Active).fired(&stranger), None);
    }
}
