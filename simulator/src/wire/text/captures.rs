//! Messages as real gateways and real clients have written them, with `|` for the zero that ends a field.

mod order;

use super::super::account::{AccountSummaryRequest, AccountUpdatesMultiRequest, PnlSingleRequest};
use super::super::contract::{
    Contract, ContractData, ContractDataRequest, ContractDescription, ContractDetails, MarketRule,
    PriceIncrement, SymbolSamples,
};
use super::super::history::{
    HistoricalData, HistoricalDataBar, HistoricalDataEnd, HistoricalDataRequest, HistoricalDataUpdate,
    History,
};
use super::super::market_data::{MarketDataRequest, TickPrice, TickReqParams, TickSize};
use super::super::order::CompletedOrdersEnd;
use super::super::session::{ErrorMessage, ManagedAccounts, StartApiRequest};
use super::super::{Batch, Dialect, Request, Response};

#[allow(clippy::unnecessary_wraps, reason = "so are the fields of messages")]
fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

/// What a message is in the versions of the official client (157), `ib_insync` (176) and `ib_async` (178).
fn check_written(message: &impl Response, expected: &[(i32, &str)]) {
    for (version, expected) in expected {
        let mut batch = Batch::new(Dialect::Text(*version));
        batch.push(message);
        let bytes = batch.into_bytes();
        let (length, fields) = bytes.split_first_chunk().unwrap();
        assert_eq!(usize::try_from(u32::from_be_bytes(*length)).unwrap(), fields.len());
        let fields = String::from_utf8(fields.to_vec()).unwrap().replace('\0', "|");
        assert_eq!(fields, *expected, "version {version}");
    }
}

fn read<M: Request>(version: i32, message: &str) -> M {
    let bytes = message.replace('|', "\0").into_bytes();
    let (id, body) = Dialect::Text(version).split(&bytes).unwrap();
    body.read(id).unwrap_or_else(|unreadable| panic!("{message}: {}", unreadable.cause))
}

/// A future as a gateway told it in May 2025, but for its order types.
#[test]
fn a_contract_is_written_as_by_a_real_gateway() {
    let hours = "20250521:1700-20250522:1600;20250524:CLOSED";
    let message = ContractData {
        req_id: Some(9000),
        contract: Some(Contract {
            con_id: Some(620_731_015),
            symbol: text("ES"),
            sec_type: text("FUT"),
            last_trade_date_or_contract_month: text("20250620 08:30 US/Central"),
            multiplier: Some(50.0),
            exchange: text("CME"),
            currency: text("USD"),
            local_symbol: text("ESM5"),
            trading_class: text("ES"),
            ..Contract::default()
        }),
        contract_details: Some(ContractDetails {
            market_name: text("ES"),
            min_tick: text("0.25"),
            order_types: text("LMT,MKT"),
            valid_exchanges: text("CME,QBALGO"),
            price_magnifier: Some(1),
            under_con_id: Some(11_004_968),
            long_name: text("E-mini S&P 500"),
            contract_month: text("202506"),
            time_zone_id: text("US/Central"),
            trading_hours: text(hours),
            liquid_hours: text(hours),
            under_symbol: text("ES"),
            under_sec_type: text("IND"),
            market_rule_ids: text("67,67"),
            real_expiration_date: text("20250620"),
            min_size: text("1"),
            size_increment: text("1"),
            suggested_size_increment: text("1"),
            ..ContractDetails::default()
        }),
    };
    let new = "10|9000|ES|FUT|20250620 08:30 US/Central|0||CME|USD|ESM5|ES|ES|620731015|0.25|50|LMT,MKT|\
               CME,QBALGO|1|11004968|E-mini S&P 500||202506||||US/Central|\
               20250521:1700-20250522:1600;20250524:CLOSED|20250521:1700-20250522:1600;20250524:CLOSED|||0|\
               2147483647|ES|IND|67,67|20250620||1|1|1|";
    let old = "10|8|9000|ES|FUT|20250620 08:30 US/Central|0||CME|USD|ESM5|ES|ES|620731015|0.25|100|50|LMT,MKT|\
               CME,QBALGO|1|11004968|E-mini S&P 500||202506||||US/Central|\
               20250521:1700-20250522:1600;20250524:CLOSED|20250521:1700-20250522:1600;20250524:CLOSED|||0|\
               2147483647|ES|IND|67,67|20250620||";
    check_written(&message, &[(178, new), (164, new), (163, &format!("{old}1|")), (157, old)]);
}

/// Two days as a gateway told them in April 2023.
#[test]
fn bars_are_written_as_by_a_real_gateway() {
    let bar = |date: &str, prices: [f64; 4], volume: &str, wap: &str, count: i32| HistoricalDataBar {
        date: text(date),
        open: Some(prices[0]),
        high: Some(prices[1]),
        low: Some(prices[2]),
        close: Some(prices[3]),
        volume: text(volume),
        wap: text(wap),
        bar_count: Some(count),
    };
    let first = bar("20230413", [182.94, 186.5, 180.94, 185.9], "948837.22", "184.869", 324_891);
    let second = bar("20230414", [183.88, 186.28, 182.01, 185.5], "810998.27", "183.9865", 277_547);
    let history = History {
        data: HistoricalData { req_id: Some(9000), historical_data_bars: vec![first.clone(), second] },
        end: HistoricalDataEnd {
            req_id: Some(9000),
            start_date_str: text("20230413  16:31:22"),
            end_date_str: text("20230415  16:31:22"),
        },
    };
    check_written(
        &history,
        &[
            (
                178,
                "17|9000|20230413  16:31:22|20230415  16:31:22|2|\
                 20230413|182.94|186.5|180.94|185.9|948837.22|184.869|324891|\
                 20230414|183.88|186.28|182.01|185.5|810998.27|183.9865|277547|",
            ),
            (
                157,
                "17|9000|20230413  16:31:22|20230415  16:31:22|2|\
                 20230413|182.94|186.5|180.94|185.9|948837|184.869|324891|\
                 20230414|183.88|186.28|182.01|185.5|810998|183.9865|277547|",
            ),
        ],
    );
    // Open, close, high, low, and the volume last.
    let update = HistoricalDataUpdate { req_id: Some(9000), historical_data_bar: Some(first) };
    let fields = "90|9000|324891|20230413|182.94|185.9|186.5|180.94|184.869|948837.22|";
    check_written(&update, &[(178, fields)]);
}

#[test]
fn ticks_have_the_fields_that_strict_clients_count() {
    let price = TickPrice {
        req_id: Some(9000),
        tick_type: Some(1),
        price: Some(185.5),
        size: text("0.5"),
        attr_mask: Some(1),
    };
    check_written(&price, &[(178, "1|6|9000|1|185.5|0.5|1|"), (157, "1|6|9000|1|185.5|1|1|")]);
    let high = TickPrice { size: None, attr_mask: Some(0), tick_type: Some(6), ..price };
    check_written(&high, &[(178, "1|6|9000|6|185.5|0|0|"), (157, "1|6|9000|6|185.5|0|0|")]);
    let size = TickSize { req_id: Some(9000), tick_type: Some(8), size: text("1500000") };
    check_written(&size, &[(178, "2|6|9000|8|1500000|"), (157, "2|6|9000|8|1500000|")]);
    let parameters = TickReqParams {
        req_id: Some(9000),
        min_tick: text("0.01"),
        bbo_exchange: text("9c0001"),
        snapshot_permissions: Some(3),
        last_price_precision: text("0.01"),
        last_size_precision: text("1"),
    };
    check_written(&parameters, &[(178, "81|9000|0.01|9c0001|3|")]);
}

#[test]
fn other_messages_differ_by_version_where_they_should() {
    let error = ErrorMessage {
        id: Some(-1),
        error_code: Some(2104),
        error_msg: text("OK"),
        ..ErrorMessage::default()
    };
    check_written(&error, &[(178, "4|2|-1|2104|OK||"), (165, "4|2|-1|2104|OK|"), (157, "4|2|-1|2104|OK|")]);
    let accounts = ManagedAccounts { accounts_list: text("SIM1,SIM2") };
    check_written(&accounts, &[(178, "15|1|SIM1,SIM2|")]);
    check_written(&CompletedOrdersEnd {}, &[(178, "102|")]);
    let samples = SymbolSamples {
        req_id: Some(9000),
        contract_descriptions: vec![ContractDescription {
            contract: Some(Contract {
                con_id: Some(265_598),
                symbol: text("AAPL"),
                sec_type: text("STK"),
                primary_exch: text("NASDAQ"),
                currency: text("USD"),
                description: text("APPLE INC"),
                ..Contract::default()
            }),
            derivative_sec_types: vec!["OPT".to_owned(), "WAR".to_owned()],
        }],
    };
    let old = "79|9000|1|265598|AAPL|STK|NASDAQ|USD|2|OPT|WAR|";
    check_written(&samples, &[(178, &format!("{old}APPLE INC||")), (175, old)]);
    let rule = MarketRule {
        market_rule_id: Some(26),
        price_increments: vec![PriceIncrement { low_edge: Some(0.0), increment: Some(0.01) }],
    };
    check_written(&rule, &[(178, "93|26|1|0|0.01|")]);
}

/// Each as one of the three Python clients wrote it.
#[test]
fn requests_are_read_as_clients_write_them() {
    assert_eq!(read::<StartApiRequest>(178, "71|2|3||").client_id, Some(3));

    let named: ContractDataRequest = read(178, "9|8|3|0|AAPL|STK||0.0|||SMART||USD|||0||||");
    assert_eq!(read::<ContractDataRequest>(175, "9|8|3|0|AAPL|STK||0.0|||SMART||USD|||0|||"), named);
    let contract = named.contract.unwrap();
    assert_eq!((named.req_id, contract.con_id, contract.include_expired), (Some(3), Some(0), Some(false)));
    assert_eq!((contract.symbol, contract.sec_type), (text("AAPL"), text("STK")));
    assert_eq!((contract.exchange, contract.currency), (text("SMART"), text("USD")));

    let bars: HistoricalDataRequest = read(
        178,
        "20|34|300001|EUR|CASH||0.0||50|IDEALPRO|P|USD|EUR.USD|C|0|20261120-10:00:00|1 hour|1 D|1|MIDPOINT|2|1||",
    );
    let contract = bars.contract.unwrap();
    assert_eq!((contract.primary_exch, contract.multiplier), (text("P"), Some(50.0)));
    assert_eq!((contract.local_symbol, contract.trading_class), (text("EUR.USD"), text("C")));
    assert_eq!((bars.end_date_time, bars.bar_size_setting), (text("20261120-10:00:00"), text("1 hour")));
    assert_eq!((bars.duration, bars.use_rth, bars.format_date), (text("1 D"), Some(true), Some(2)));
    assert_eq!((bars.what_to_show, bars.keep_up_to_date), (text("MIDPOINT"), Some(true)));

    let line = "1|11|7|0|AAPL|STK||1.7976931348623157e+308|||SMART||USD||";
    let line: MarketDataRequest = read(157, &format!("{line}|0|233,236|1|0||"));
    assert_eq!((line.req_id, line.generic_tick_list), (Some(7), text("233,236")));
    assert_eq!((line.snapshot, line.regulatory_snapshot), (Some(true), Some(false)));
    assert_eq!(line.contract.unwrap().strike, None);
    let spread: MarketDataRequest =
        read(178, "1|11|8|0|A,B|BAG||0.0|||SMART||USD|||2|1|1|BUY|SMART|2|1|SELL|SMART|1|5|0.5|10||0|0||");
    assert_eq!((spread.req_id, spread.snapshot), (Some(8), Some(false)));

    let pnl: PnlSingleRequest = read(178, "94|22|SIM0000001||100001|");
    assert_eq!((pnl.req_id, pnl.account, pnl.con_id), (Some(22), text("SIM0000001"), Some(100_001)));
    let summary: AccountSummaryRequest = read(157, "62|1|6|All|TotalCashValue|");
    assert_eq!((summary.req_id, summary.group, summary.tags), (Some(6), text("All"), text("TotalCashValue")));
    let updates: AccountUpdatesMultiRequest = read(176, "76|1|1|SIM0000001||0|");
    assert_eq!((updates.req_id, updates.account), (Some(1), text("SIM0000001")));
}

#[test]
fn a_request_with_too_few_or_too_many_fields_is_refused_and_named() {
    let whole = "20|34|0|EUR|CASH||0.0|||IDEALPRO||USD|||0||1 hour|1 D|0|MIDPOINT|1|0||".replace('|', "\0");
    let cut = whole.rmatch_indices('\0').map(|(at, _)| whole.as_bytes()[..at].to_vec());
    let more = [whole.as_bytes(), b"x\0"].concat();
    for bytes in cut.chain([more]).filter(|bytes| bytes.contains(&0)) {
        let (id, body) = Dialect::Text(178).split(&bytes).unwrap();
        let unreadable = body.read::<HistoricalDataRequest>(id).unwrap_err();
        // The first field is the id of the request, if it is there in full.
        let request_id = if bytes.starts_with(b"20\x0034\0") { 34 } else { -1 };
        assert_eq!(unreadable.request_id, request_id, "{bytes:?}");
    }
}
