//! What can be typed while the simulator runs: one command a line, each answered by one line.

use std::time::Duration;

use crate::Simulator;
use crate::faults::{DropPoint, Faults, MarketDataRefusal};

/// All commands, for `help`.
pub const HELP: &str = "drop | silent on|off | delay <ms> | notice <code> | refuse on|off | busy-client-id | \
                        market-data 354|10089|10167|10197|off | history on|off | depth reset | gateway stop|start | \
                        exchange stop|start | orders drop unread|read|taken|acknowledged <n> | \
                        orders overridable <n> | orders on|off | events repeat <n> | events late <ms> | \
                        ids back <n> | executions first <n> | status lose <n> | perm-id change <n> | \
                        lists endless <n> | lift | status | help";

impl Simulator {
    /// Does what a typed line says, and answers with one line.
    pub async fn obey(&self, line: &str) -> String {
        match self.try_obey(line).await {
            Ok(answer) => answer,
            Err(answer) => format!("error: {answer}"),
        }
    }

    async fn try_obey(&self, line: &str) -> Result<String, String> {
        let faults = self.gateway.faults();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["help"] => return Ok(HELP.to_owned()),
            ["status"] => return Ok(self.status()),
            ["drop"] => faults.drop_sockets(),
            ["silent", "on"] => faults.go_silent(),
            ["silent", "off"] => faults.speak(),
            ["delay", milliseconds] => faults.delay(Duration::from_millis(number(milliseconds)?)),
            ["notice", code] => faults.notice(number(code)?),
            ["refuse", "on"] => faults.refuse_connections().await,
            ["refuse", "off"] => faults.accept_connections().await.map_err(|error| error.to_string())?,
            ["busy-client-id"] => faults.busy_client_id(),
            ["market-data", "off"] => faults.serve_market_data(),
            ["market-data", code] => faults.refuse_market_data(refusal(code)?),
            ["history", "on"] => faults.serve_history(),
            ["history", "off"] => faults.refuse_history(),
            ["depth", "reset"] => faults.reset_depth(),
            ["gateway", "stop"] => self.gateway.stop().await,
            ["gateway", "start"] => self.gateway.restart().await.map_err(|error| error.to_string())?,
            ["exchange", "stop"] => self.exchange.stop(),
            ["exchange", "start"] => self.exchange.resume(),
            ["lift"] => faults.lift().await.map_err(|error| error.to_string())?,
            words if spoil_orders(&faults, words)? => {}
            _ => return Err(format!("'{}' is not a command; use one of: {HELP}", line.trim())),
        }
        Ok(format!("ok: {}", words.join(" ")))
    }

    fn status(&self) -> String {
        let exchange = if self.exchange.is_open() { "open" } else { "stopped" };
        format!(
            "gateway {}, {} clients, {} market-data lines, {} tapes, {} books; exchange {exchange}; {:?}",
            self.gateway.address(),
            self.gateway.connected_clients(),
            self.gateway.lines_in_use(),
            self.gateway.tick_by_tick_streams_in_use(),
            self.gateway.depth_instruments_in_use(),
            self.gateway.faults(),
        )
    }
}

/// Does what these words say of orders; whether they say anything.
fn spoil_orders(faults: &Faults, words: &[&str]) -> Result<bool, String> {
    match words {
        ["orders", "on"] => faults.take_orders(),
        ["orders", "off"] => faults.refuse_orders(),
        ["orders", "overridable", times] => faults.refuse_overridably(number(times)?),
        ["orders", "drop", point, times] => faults.drop_orders(drop_point(point)?, number(times)?),
        ["events", "repeat", times] => faults.repeat_events(number(times)?),
        ["events", "late", milliseconds] => {
            faults.delay_events(Duration::from_millis(number(milliseconds)?));
        }
        ["ids", "back", by] => faults.roll_ids_back(number(by)?),
        ["executions", "first", times] => faults.tell_executions_first(number(times)?),
        ["status", "lose", times] => faults.lose_statuses(number(times)?),
        ["perm-id", "change", times] => faults.change_perm_ids(number(times)?),
        ["lists", "endless", times] => faults.withhold_ends(number(times)?),
        _ => return Ok(false),
    }
    Ok(true)
}

fn drop_point(name: &str) -> Result<DropPoint, String> {
    let known = DropPoint::from_name(name);
    known.ok_or_else(|| {
        format!("'{name}' is no point of an order's way; use unread, read, taken or acknowledged")
    })
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("'{text}' is not a number"))
}

fn refusal(code: &str) -> Result<MarketDataRefusal, String> {
    let known = MarketDataRefusal::from_code(number(code)?);
    known.ok_or_else(|| format!("market data cannot be refused with {code}; use 354, 10089, 10167 or 10197"))
}
