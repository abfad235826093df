//! What can go wrong with orders on their way to the exchange and back. Each fault is armed for so many
//! times, or stays until it is lifted; they can be combined.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Faults;

/// How far an order gets before the socket on which it came is dropped. Orders are all messages that
/// place, change, preview or cancel orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropPoint {
    /// The gateway has not read it; the socket is reset.
    Unread,
    /// The gateway has read it; the exchange never hears of it.
    Read,
    /// The exchange has it; the client is not told.
    Taken,
    /// The client is told the first thing that comes of it.
    Acknowledged,
}

impl DropPoint {
    const ALL: [(Self, &str); 4] = [
        (Self::Unread, "unread"),
        (Self::Read, "read"),
        (Self::Taken, "taken"),
        (Self::Acknowledged, "acknowledged"),
    ];

    /// The point of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(point, _)| point)
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(point, _)| *point == self).map_or("", |(_, name)| name)
    }
}

/// Something that goes wrong so many times more.
#[derive(Debug, Default)]
struct Countdown(AtomicU32);

impl Countdown {
    fn arm(&self, times: u32) {
        self.0.store(times, Ordering::Relaxed);
    }

    /// Whether it goes wrong this time.
    fn take(&self) -> bool {
        let less = |left: u32| left.checked_sub(1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    fn left(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is wrong with orders at the moment.
#[derive(Debug, Default)]
pub(crate) struct OrderFaults {
    /// Where sockets are dropped, and how many more.
    drops: Mutex<Option<(DropPoint, u32)>>,
    repeated: Countdown,
    lateness_us: AtomicU64,
    ids_back: AtomicI32,
    executions_first: Countdown,
    lost_statuses: Countdown,
    new_perm_ids: Countdown,
    endless_lists: Countdown,
    overridable: Countdown,
    read_only: AtomicBool,
}

impl OrderFaults {
    fn drops(&self) -> MutexGuard<'_, Option<(DropPoint, u32)>> {
        self.drops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the socket is dropped on the way of this order.
    pub(crate) fn take_drop(&self) -> Option<DropPoint> {
        let mut drops = self.drops();
        let (point, left) = (*drops)?;
        *drops = left.checked_sub(1).filter(|left| *left > 0).map(|left| (point, left));
        Some(point)
    }

    /// Whether this event is told twice.
    pub(crate) fn take_repetition(&self) -> bool {
        self.repeated.take()
    }

    /// How much later than they happen events are told.
    pub(crate) fn lateness(&self) -> Duration {
        Duration::from_micros(self.lateness_us.load(Ordering::Relaxed))
    }

    /// By how much the next order id is too small.
    pub(crate) fn ids_back(&self) -> i32 {
        self.ids_back.load(Ordering::Relaxed)
    }

    /// Whether this new order's first execution is told before the order.
    pub(crate) fn take_execution_first(&self) -> bool {
        self.executions_first.take()
    }

    /// Whether this status is not told.
    pub(crate) fn take_lost_status(&self) -> bool {
        self.lost_statuses.take()
    }

    /// Whether this change of an order gives it a new permanent id.
    pub(crate) fn take_new_perm_id(&self) -> bool {
        self.new_perm_ids.take()
    }

    /// Whether the end of this list is not told.
    pub(crate) fn take_endless_list(&self) -> bool {
        self.endless_lists.take()
    }

    /// Whether this order is refused unless it overrides that.
    pub(crate) fn take_overridable(&self) -> bool {
        self.overridable.take()
    }

    /// Whether no orders are taken.
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only.load(Ordering::Relaxed)
    }

    /// What is wrong, in the words that one types to make it so.
    pub(super) fn active(&self) -> Vec<String> {
        let counts = [
            ("events repeat", self.repeated.left()),
            ("executions first", self.executions_first.left()),
            ("status lose", self.lost_statuses.left()),
            ("perm-id change", self.new_perm_ids.left()),
            ("lists endless", self.endless_lists.left()),
            ("orders overridable", self.overridable.left()),
            ("ids back", u32::try_from(self.ids_back()).unwrap_or_default()),
            ("events late", u32::try_from(self.lateness().as_millis()).unwrap_or(u32::MAX)),
        ];
        let drops = *self.drops();
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        counts
            .map(|(words, count)| format!("{words} {count}"))
            .chain(drops.map(|(point, left)| format!("orders drop {} {left}", point.name())))
            .chain(self.is_read_only().then(|| "orders off".to_owned()))
            .collect()
    }

    /// Makes everything right.
    pub(super) fn lift(&self) {
        *self.drops() = None;
        for countdown in [
            &self.repeated,
            &self.executions_first,
            &self.lost_statuses,
            &self.new_perm_ids,
            &self.endless_lists,
            &self.overridable,
        ] {
            countdown.arm(0);
        }
        self.lateness_us.store(0, Ordering::Relaxed);
        self.ids_back.store(0, Ordering::Relaxed);
        self.read_only.store(false, Ordering::Relaxed);
    }
}

/// The switches for orders.
impl Faults {
    fn orders(&self) -> &OrderFaults {
        &self.state().orders
    }

    /// Drops the sockets of the next so many orders, at this point of their way.
    pub fn drop_orders(&self, point: DropPoint, times: u32) {
        *self.orders().drops() = (times > 0).then_some((point, times));
    }

    /// Tells the next so many order events twice.
    pub fn repeat_events(&self, times: u32) {
        self.orders().repeated.arm(times);
    }

    /// Tells what comes of orders this much later than it happens, while questions are still answered at
    /// once; zero lifts it. Order is kept among what is late.
    pub fn delay_events(&self, lateness: Duration) {
        let micros = u64::try_from(lateness.as_micros()).unwrap_or(u64::MAX);
        self.orders().lateness_us.store(micros, Ordering::Relaxed);
    }

    /// Tells clients next order ids that are this much too small, though never less than 1; zero lifts it.
    /// The exchange still knows which were used.
    pub fn roll_ids_back(&self, by: i32) {
        self.orders().ids_back.store(by.max(0), Ordering::Relaxed);
    }

    /// Of the next so many new orders, tells the first execution before it tells the order. Of one that is
    /// not executed at once, nothing is told until something else happens to it.
    pub fn tell_executions_first(&self, times: u32) {
        self.orders().executions_first.arm(times);
    }

    /// Does not tell the next so many statuses of orders.
    pub fn lose_statuses(&self, times: u32) {
        self.orders().lost_statuses.arm(times);
    }

    /// Gives orders new permanent ids with the next so many changes by their owners.
    pub fn change_perm_ids(&self, times: u32) {
        self.orders().new_perm_ids.arm(times);
    }

    /// Leaves out the end of the next so many lists of open orders, completed orders or executions.
    pub fn withhold_ends(&self, times: u32) {
        self.orders().endless_lists.arm(times);
    }

    /// Refuses the next so many new orders (201) in a way that the client can override.
    pub fn refuse_overridably(&self, times: u32) {
        self.orders().overridable.arm(times);
    }

    /// Takes no orders (321): the gateway is in read-only mode.
    pub fn refuse_orders(&self) {
        self.orders().read_only.store(true, Ordering::Relaxed);
    }

    /// Takes orders again.
    pub fn take_orders(&self) {
        self.orders().read_only.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_armed_for_so_many_times() {
        let faults = OrderFaults::default();
        assert!(!faults.take_lost_status());
        faults.lost_statuses.arm(2);
        assert_eq!([(); 3].map(|()| faults.take_lost_status()), [true, true, false]);
        *faults.drops() = Some((DropPoint::Taken, 2));
        assert_eq!(faults.active(), ["orders drop taken 2"]);
        let drops = [(); 3].map(|()| faults.take_drop());
        assert_eq!(drops, [Some(DropPoint::Taken), Some(DropPoint::Taken), None]);
    }

    #[test]
    fn every_fault_is_named_and_lifted() {
        let faults = OrderFaults::default();
        faults.repeated.arm(1);
        faults.executions_first.arm(2);
        faults.ids_back.store(4, Ordering::Relaxed);
        faults.lateness_us.store(250_000, Ordering::Relaxed);
        faults.read_only.store(true, Ordering::Relaxed);
        let expected =
            ["events repeat 1", "executions first 2", "ids back 4", "events late 250", "orders off"];
        assert_eq!(faults.active(), expected);
        faults.lift();
        assert_eq!(faults.active(), [""; 0]);
    }

    #[test]
    fn points_are_known_by_name() {
        for (point, name) in DropPoint::ALL {
            assert_eq!((DropPoint::from_name(name), point.name()), (Some(point), name));
        }
        assert_eq!(DropPoint::from_name("never"), None);
    }
}
