//! The simulated gateway in this process, and prices that a test dictates.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use domain::bar::BarSize;
use domain::clock::{Clock, SystemClock};
use engine::listing::{Listing, ListingKind};
use engine::tick::{BarPrice, MarketBar, Tick, TickKind};
use rust_decimal::Decimal;
use simulator::exchange::broker::OrderRow;
use simulator::{Simulator, SimulatorOptions};
use time::OffsetDateTime;

use crate::wait::{SOON, within};

/// The seed of every test's market.
pub const SEED: u64 = 20_261_122;

/// A market whose gateway can be broken, and whose prices can be set.
pub struct Market {
    simulator: Simulator,
}

impl Market {
    /// Starts the exchange and the gateway on a free port.
    pub async fn open() -> Self {
        let clock = Arc::new(SystemClock);
        let options =
            SimulatorOptions { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), seed: SEED, clock };
        Self { simulator: simulator::start(options).await.expect("the simulator starts") }
    }

    /// The gateway's address.
    pub fn address(&self) -> SocketAddr {
        self.simulator.gateway.address()
    }

    /// The gateway's faults.
    pub fn faults(&self) -> simulator::faults::Faults {
        self.simulator.gateway.faults()
    }

    /// Ends the gateway; the exchange goes on.
    pub async fn stop_gateway(&self) {
        self.simulator.gateway.stop().await;
    }

    /// Starts the gateway again, on the same port.
    pub async fn restart_gateway(&self) {
        self.simulator.gateway.restart().await.expect("the gateway starts again");
    }

    /// Waits until somebody is connected to the gateway.
    pub async fn connected(&self) {
        within(SOON, "a client connects to the gateway", || async {
            (self.simulator.gateway.connected_clients() > 0).then_some(())
        })
        .await;
    }

    /// The listing of this symbol.
    pub fn listing(&self, symbol: &str) -> &Listing {
        let found =
            self.simulator.exchange.market().listings().iter().find(|listing| listing.local_symbol == symbol);
        found.unwrap_or_else(|| panic!("the market lists no {symbol}"))
    }

    /// Stops the generated ticks of an instrument; from now on the test sets its price.
    pub fn hold(&self, symbol: &str) {
        self.simulator.exchange.hold(self.listing(symbol).con_id);
    }

    /// One trade at this price, with a bid and an ask around it.
    pub fn trade(&self, symbol: &str, price: &str) {
        let listing = self.listing(symbol);
        let (size, price) = (Decimal::from(7), price.parse::<Decimal>().unwrap());
        let kinds = [
            TickKind::Bid { price: price - listing.tick, size },
            TickKind::Ask { price: price + listing.tick, size },
            TickKind::Trade { price, size },
        ];
        self.publish(symbol, &kinds);
    }

    /// Sends these ticks of an instrument at once.
    pub fn publish(&self, symbol: &str, kinds: &[TickKind]) {
        let at = SystemClock.now();
        let ticks: Vec<_> = kinds.iter().map(|kind| Tick { at, kind: *kind }).collect();
        self.simulator.exchange.publish(self.listing(symbol).con_id, ticks);
    }

    /// A client's order of this number, as the exchange has it.
    pub fn order(&self, client_id: i32, order_id: i32) -> Option<OrderRow> {
        self.simulator.exchange.order(client_id, order_id)
    }

    /// Waits until the gateway tells this many streams of single trades.
    pub async fn tells_trades(&self, streams: usize) {
        within(SOON, "the gateway tells single trades", || async {
            (self.simulator.gateway.tick_by_tick_streams_in_use() == streams).then_some(())
        })
        .await;
    }

    /// The bars that this market must have.
    pub fn bars(
        &self,
        symbol: &str,
        size: BarSize,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Vec<MarketBar> {
        let listing = self.listing(symbol);
        let price = if listing.kind == ListingKind::Fx { BarPrice::MidPoint } else { BarPrice::Trades };
        self.simulator.exchange.market().bars(listing.con_id, size, price, from, to)
    }
}
