//! How many tries may be under way, so that receivers that hang delay their owners alone.
//!
//! Letters and posts have places of their own: posts that hang take none from letters. Of these, a machine gets only so
//! many, so that it is not flooded, and a user only so many, so that there are some left for the others.

use std::collections::HashMap;

use time::OffsetDateTime;

use crate::alert::DeliveryChannel;
use crate::user::UserId;

/// How many tries of one channel may be under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// In all.
    pub at_once: usize,
    /// To one machine.
    pub per_host: usize,
    /// Of one user.
    pub per_owner: usize,
}

impl DeliveryChannel {
    /// The places of this channel. E-mail goes to one machine, the mail server.
    pub fn room(self) -> Room {
        match self {
            Self::Email => Room { at_once: 4, per_host: 4, per_owner: 2 },
            Self::Webhook => Room { at_once: 64, per_host: 4, per_owner: 8 },
        }
    }
}

/// Who takes up a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Receiver {
    /// The machine.
    pub host: String,
    /// Whose delivery it is.
    pub owner: UserId,
}

/// What is claimed: deliveries of one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The channel.
    pub channel: DeliveryChannel,
    /// Deliveries that are due now.
    pub now: OffsetDateTime,
    /// The tries that are under way.
    pub under_way: Vec<Receiver>,
}

/// The places that are taken.
#[derive(Debug)]
pub struct Load {
    room: Room,
    total: usize,
    hosts: HashMap<String, usize>,
    owners: HashMap<UserId, usize>,
}

impl Load {
    /// Those that are taken by what is under way.
    pub fn of(claim: &Claim) -> Self {
        let (mut hosts, mut owners) = (HashMap::new(), HashMap::new());
        for receiver in &claim.under_way {
            *hosts.entry(receiver.host.clone()).or_default() += 1;
            *owners.entry(receiver.owner).or_default() += 1;
        }
        Self { room: claim.channel.room(), total: claim.under_way.len(), hosts, owners }
    }

    /// Machines that take no more.
    pub fn full_hosts(&self) -> impl Iterator<Item = &str> {
        let full = self.hosts.iter().filter(|(_, count)| **count >= self.room.per_host);
        full.map(|(host, _)| host.as_str())
    }

    /// Users of whom no more is tried.
    pub fn full_owners(&self) -> impl Iterator<Item = UserId> {
        self.owners.iter().filter(|(_, count)| **count >= self.room.per_owner).map(|(owner, _)| *owner)
    }

    /// Takes a place where there is one; returns whether there was.
    pub fn take(&mut self, receiver: &Receiver) -> bool {
        let host = self.hosts.entry(receiver.host.clone()).or_default();
        let owner = self.owners.entry(receiver.owner).or_default();
        let is_free =
            self.total < self.room.at_once && *host < self.room.per_host && *owner < self.room.per_owner;
        if is_free {
            self.total += 1;
            *host += 1;
            *owner += 1;
        }
        is_free
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn receiver(host: u128, owner: u128) -> Receiver {
        Receiver { host: format!("{host}.example.com"), owner: UserId(Uuid::from_u128(owner)) }
    }

    fn load(channel: DeliveryChannel, under_way: Vec<Receiver>) -> Load {
        Load::of(&Claim { channel, now: OffsetDateTime::UNIX_EPOCH, under_way })
    }

    #[test]
    fn a_machine_a_user_and_all_have_bounds() {
        for channel in [DeliveryChannel::Email, DeliveryChannel::Webhook] {
            let room = channel.room();
            assert!(room.per_owner < room.at_once, "one user does not fill {channel:?}");
            let mut load = load(channel, vec![receiver(0, 1)]);
            let taken = (0..1_000).filter(|number| load.take(&receiver(*number, 1))).count();
            assert_eq!(1 + taken, room.per_owner, "{channel:?}");
            assert_eq!(load.full_owners().collect::<Vec<_>>(), [UserId(Uuid::from_u128(1))]);
            let more = (2..1_000).filter(|owner| load.take(&receiver(1_000, *owner))).count();
            assert_eq!(more, room.per_host.min(room.at_once - room.per_owner), "{channel:?}");
            let rest = (2..1_000).filter(|owner| load.take(&receiver(2_000 + *owner, *owner))).count();
            assert_eq!(1 + taken + more + rest, room.at_once, "{channel:?}");
        }
    }

    #[test]
    fn a_full_machine_is_named() {
        let room = DeliveryChannel::Webhook.room();
        let under_way = (0..).take(room.per_host).map(|owner| receiver(7, owner)).collect();
        let mut load = load(DeliveryChannel::Webhook, under_way);
        assert_eq!(load.full_hosts().collect::<Vec<_>>(), ["7.example.com"]);
        assert!(!load.take(&receiver(7, 99)));
        assert!(load.take(&receiver(8, 99)), "another is free");
        assert_eq!(load.full_owners().count(), 0);
    }
}
