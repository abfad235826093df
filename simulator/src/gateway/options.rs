//! What a gateway is started with.

use std::net::SocketAddr;
use std::time::Duration;

/// What a gateway is started with.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The accounts of its user; empty for all that the exchange has. The exchange knows no others, so
    /// nothing can be asked of them.
    pub accounts: Vec<String>,
    /// How many market-data lines the user has.
    pub market_data_lines: usize,
    /// How many streams of tick-by-tick data the user may have: one for twenty lines.
    pub tick_by_tick_streams: usize,
    /// How long the broker objects to a second request for the ticks of one instrument (10190): 15 seconds in truth,
    /// here nothing unless it is set.
    pub tick_by_tick_interval: Duration,
    /// Of how many instruments the user may follow the book at a time.
    pub depth_instruments: usize,
    /// How many messages a client may send in a second.
    pub messages_per_second: usize,
    /// How many clients can be connected at a time.
    pub clients: usize,
    /// How many bytes may wait for a client that reads too slowly, before its socket is closed.
    pub backlog: usize,
}

impl GatewayOptions {
    /// A gateway at this address, for all accounts, with the broker's usual limits.
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            accounts: Vec::new(),
            market_data_lines: 100,
            tick_by_tick_streams: 5,
            tick_by_tick_interval: Duration::ZERO,
            depth_instruments: 3,
            messages_per_second: 50,
            clients: 32,
            backlog: 16 << 20,
        }
    }
}
