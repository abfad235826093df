//! A quote on the screen: which way it moved, and how far it can be trusted.

use crate::graphql::quote::{FeedState, Quote};
use crate::live::{Link, LinkState};
use crate::number::Direction;

/// The generation that no socket has.
pub const NO_SOCKET: u32 = 0;

/// A quote as it came, with what the screen needs to know of its past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldQuote {
    /// The quote.
    pub quote: Quote,
    /// The socket over which it came; none once nobody follows it any more.
    generation: u32,
    /// Which way the price moved last.
    pub moved: Option<Direction>,
    /// How often it moved.
    pub moves: u32,
}

impl HeldQuote {
    /// A quote and what came before it.
    pub fn after(previous: Option<&Self>, quote: Quote, generation: u32) -> Self {
        let mut held = Self { quote, generation, moved: None, moves: 0 };
        if let Some(previous) = previous {
            let (from, to) = (previous.quote.reference_price(), held.quote.reference_price());
            let moved = from.zip(to).and_then(|(from, to)| Direction::between(from, to));
            held.moved = moved.or(previous.moved);
            held.moves = previous.moves + u32::from(moved.is_some());
        }
        held
    }

    /// Nobody follows it any more, so that it grows old unseen.
    pub fn let_go(&mut self) {
        self.generation = NO_SOCKET;
    }

    /// How far it can be trusted: as the server says, unless the line to the server is down, or has been
    /// since it came, or nobody followed it since.
    pub fn trust(&self, link: Link) -> FeedState {
        if link.state == LinkState::Online && link.generation == self.generation {
            self.quote.state
        } else {
            FeedState::Stale
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONLINE: Link = Link { state: LinkState::Online, generation: 2 };

    fn quote(last: &str) -> Quote {
        Quote::with_last("i", last)
    }

    #[test]
    fn a_quote_is_stale_once_its_socket_is_gone() {
        let held = HeldQuote::after(None, quote("1"), 2);
        let check = |link: Link, expect: FeedState| assert_eq!(held.trust(link), expect, "{link:?}");
        check(ONLINE, FeedState::Live);
        check(Link { state: LinkState::Offline, ..ONLINE }, FeedState::Stale);
        check(Link { state: LinkState::Connecting, ..ONLINE }, FeedState::Stale);
        check(Link { generation: 3, ..ONLINE }, FeedState::Stale);
    }

    #[test]
    fn a_quote_that_nobody_follows_is_stale_until_the_next_one_comes() {
        let mut held = HeldQuote::after(None, quote("1"), 2);
        held.let_go();
        assert_eq!(held.trust(ONLINE), FeedState::Stale);
        assert_eq!(HeldQuote::after(Some(&held), quote("1"), 2).trust(ONLINE), FeedState::Live);
    }

    #[test]
    fn only_a_move_of_the_price_flashes() {
        let first = HeldQuote::after(None, quote("10.00"), 2);
        assert_eq!((first.moved, first.moves), (None, 0));
        let up = HeldQuote::after(Some(&first), quote("10.01"), 2);
        assert_eq!((up.moved, up.moves), (Some(Direction::Up), 1));
        let same = HeldQuote::after(Some(&up), quote("10.010"), 2);
        assert_eq!((same.moved, same.moves), (Some(Direction::Up), 1));
        let down = HeldQuote::after(Some(&same), quote("9.99"), 2);
        assert_eq!((down.moved, down.moves), (Some(Direction::Down), 2));
    }
}
