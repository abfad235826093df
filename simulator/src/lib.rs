//! A stand-in for Interactive Brokers, over the real wire: any client that speaks the gateway's protobuf
//! dialect (server versions 213 to 226) or its text dialect (157 to 178) connects to it without knowing.
//!
//! It has two parts that can be stopped apart, as in the world: the [`exchange`] owns the market and goes
//! on when nobody is connected; the [`gateway`] owns the sockets, and can be told to misbehave ([`faults`]).

mod command;
pub mod exchange;
pub mod faults;
pub mod gateway;
mod notice;
pub mod replay;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;

use domain::clock::Clock;

use crate::exchange::{Exchange, ExchangeOptions};
use crate::gateway::{Gateway, GatewayOptions};
use crate::replay::Replay;

/// What a simulator is started with.
#[derive(Clone)]
pub struct SimulatorOptions {
    /// Where the gateway listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Which market is generated.
    pub seed: u64,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// A running exchange with a gateway in front of it. Dropping the last handle of either ends it.
#[derive(Clone, Debug)]
pub struct Simulator {
    /// The market.
    pub exchange: Exchange,
    /// The sockets.
    pub gateway: Gateway,
}

/// Starts an exchange, and a gateway in front of it.
pub async fn start(options: SimulatorOptions) -> std::io::Result<Simulator> {
    let exchange = Exchange::start(ExchangeOptions { seed: options.seed, clock: options.clock });
    let gateway = Gateway::start(exchange.clone(), GatewayOptions::new(options.listen)).await?;
    Ok(Simulator { exchange, gateway })
}

/// Starts an exchange that plays a recorded day, and a gateway in front of it.
pub async fn start_replay(listen: SocketAddr, replay: Replay) -> std::io::Result<Simulator> {
    let exchange = Exchange::replay(replay);
    let gateway = Gateway::start(exchange.clone(), GatewayOptions::new(listen)).await?;
    Ok(Simulator { exchange, gateway })
}
