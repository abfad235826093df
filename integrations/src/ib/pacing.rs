//! IB's rules for questions about the past, kept by ourselves: who breaks them is refused, and then throttled.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::bar::BarSize;
use tokio::time::Instant;

/// Bars up to this size are rationed for the whole account.
const SHORT: time::Duration = time::Duration::seconds(30);
/// A little longer than IB's windows, as our clock is not its clock.
const SHORT_RULE: Rule = Rule { most: 60, within: Duration::from_millis(600_500) };
/// IB objects to the sixth question for one contract within two seconds.
const CONTRACT_RULE: Rule = Rule { most: 5, within: Duration::from_millis(2_100) };
/// With more contracts than this on the books, those that are at rest are struck off.
const MOST_CONTRACTS: usize = 256;

struct Rule {
    most: usize,
    within: Duration,
}

impl Rule {
    /// The first moment from `now` on at which one more may start, after all that were promised before.
    fn next(&self, promised: &mut VecDeque<Instant>, now: Instant) -> Instant {
        while promised.front().is_some_and(|start| *start + self.within <= now) {
            promised.pop_front();
        }
        let queue = promised.back().copied().unwrap_or(now).max(now);
        match promised.len().checked_sub(self.most) {
            Some(index) => queue.max(promised[index] + self.within),
            None => queue,
        }
    }
}

/// Promises starting times to questions for bars, in the order of asking.
#[derive(Default)]
pub(super) struct Pacing {
    promised: Mutex<Promised>,
}

#[derive(Default)]
struct Promised {
    short: VecDeque<Instant>,
    contracts: HashMap<i32, VecDeque<Instant>>,
}

impl Pacing {
    /// When a question for bars of this contract may be sent. Where that is later than `patience` allows,
    /// nothing is promised, and the wait that would be needed is returned.
    pub(super) fn reserve(
        &self,
        contract: i32,
        size: BarSize,
        patience: Duration,
    ) -> Result<Instant, Duration> {
        let now = Instant::now();
        let mut promised = self.promised.lock().unwrap_or_else(PoisonError::into_inner);
        let Promised { short, contracts } = &mut *promised;
        if contracts.len() > MOST_CONTRACTS {
            contracts
                .retain(|_, starts| starts.back().is_some_and(|start| *start + CONTRACT_RULE.within > now));
        }
        let own = contracts.entry(contract).or_default();
        let mut start = CONTRACT_RULE.next(own, now);
        let is_short = size.duration() <= SHORT;
        if is_short {
            start = start.max(SHORT_RULE.next(short, now));
        }
        let wait = start - now;
        if wait > patience {
            return Err(wait);
        }
        own.push_back(start);
        if is_short {
            short.push_back(start);
        }
        Ok(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test(start_paused = true)]
    async fn a_contract_is_asked_for_five_times_in_two_seconds() {
        let pacing = Pacing::default();
        let now = Instant::now();
        let starts: Vec<Duration> =
            (0..12).map(|_| pacing.reserve(1, BarSize::Min1, PATIENCE).unwrap() - now).collect();
        assert_eq!(starts[4], Duration::ZERO);
        assert_eq!(starts[5], CONTRACT_RULE.within);
        assert_eq!(starts[10], CONTRACT_RULE.within * 2);
        assert_eq!(pacing.reserve(2, BarSize::Min1, PATIENCE), Ok(now));
    }

    #[tokio::test(start_paused = true)]
    async fn short_bars_are_rationed_for_all_contracts_together() {
        let pacing = Pacing::default();
        for contract in 0..60 {
            assert_eq!(pacing.reserve(contract, BarSize::Sec30, PATIENCE), Ok(Instant::now()));
        }
        assert_eq!(pacing.reserve(99, BarSize::Sec30, PATIENCE), Err(SHORT_RULE.within));
        assert_eq!(pacing.reserve(99, BarSize::Min1, PATIENCE), Ok(Instant::now()));
        tokio::time::advance(SHORT_RULE.within.saturating_sub(PATIENCE)).await;
        assert_eq!(pacing.reserve(99, BarSize::Sec1, PATIENCE), Ok(Instant::now() + PATIENCE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_promise_that_would_take_too_long_is_not_made() {
        let pacing = Pacing::default();
        let mut refused = 0;
        for _ in 0..100 {
            refused += usize::from(pacing.reserve(1, BarSize::Min5, PATIENCE).is_err());
        }
        assert_eq!(refused, 50);
        tokio::time::advance(PATIENCE + CONTRACT_RULE.within).await;
        assert_eq!(pacing.reserve(1, BarSize::Min5, PATIENCE), Ok(Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn contracts_at_rest_are_forgotten() {
        let pacing = Pacing::default();
        for contract in 0..1_000 {
            tokio::time::advance(Duration::from_millis(100)).await;
            pacing.reserve(contract, BarSize::Day1, PATIENCE).unwrap();
        }
        assert!(pacing.promised.lock().unwrap().contracts.len() <= MOST_CONTRACTS + 1);
    }
}
