//! What stands on the wire, letter by letter: nodes of two versions may run side by side.

use domain::depth::{Depth, DepthValues};
use domain::desk::DeskAnswer;
use domain::error::RefusalCode;
use domain::quote::{FeedRefusal, StreamGap};
use domain::trade::Trade;
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-22 13:47:38 UTC);

fn instrument() -> InstrumentId {
    InstrumentId::from_uuid(Uuid::from_u128(1))
}

fn price(text: &str) -> Price {
    Price::new(text.parse().unwrap())
}

fn print() -> TradeValues {
    TradeValues {
        price: price("187.340"),
        size: Quantity::new("100".parse().unwrap()),
        exchange: Some("ARCA".into()),
        conditions: None,
        unreported: false,
        past_limit: false,
        source_at: Some(NOW),
    }
}

fn trade() -> Trade {
    Trade {
        instrument: instrument(),
        values: print(),
        side: Some(TradeSide::Buy),
        received_at: NOW,
        stamp: Stamp { epoch: 3, sequence: 9 },
        state: FeedState::Live,
    }
}

fn depth() -> Depth {
    let level = |text, exchange: Option<&str>| DepthLevel {
        price: price(text),
        size: Quantity::new("300".parse().unwrap()),
        exchange: exchange.map(Into::into),
    };
    Depth {
        instrument: instrument(),
        values: DepthValues { bids: vec![level("187.33", Some("ARCA"))], asks: vec![level("187.35", None)] },
        received_at: Some(NOW),
        stamp: Stamp { epoch: 3, sequence: 9 },
        state: FeedState::Live,
        reason: None,
    }
}

#[test]
fn messages_are_written_like_this() {
    let gap = StreamGap { instrument: instrument(), after: None, at: NOW, reason: "an outage".into() };
    let refusal = FeedRefusal {
        instrument: instrument(),
        code: RefusalCode::InstrumentDelisted,
        message: "gone".into(),
        at: NOW,
    };
    let odd = Trade {
        values: TradeValues {
            size: None,
            exchange: None,
            conditions: Some(" I".into()),
            unreported: true,
            past_limit: true,
            source_at: None,
            ..print()
        },
        side: None,
        ..trade()
    };
    let cases = [
        (
            Message::Trade(trade()),
            r#"{"t":{"i":"00000000-0000-0000-0000-000000000001","v":{"p":"187.340","z":"100","e":"ARCA","t":1795355258000000000},"d":"BUY","t":1795355258000000000,"n":[3,9],"s":"LIVE"}}"#,
        ),
        (
            Message::Trade(odd),
            r#"{"t":{"i":"00000000-0000-0000-0000-000000000001","v":{"p":"187.340","c":" I","u":true,"l":true},"t":1795355258000000000,"n":[3,9],"s":"LIVE"}}"#,
        ),
        (
            Message::Depth(depth()),
            r#"{"m":{"i":"00000000-0000-0000-0000-000000000001","v":{"b":[["187.33","300","ARCA"]],"a":[["187.35","300",null]]},"t":1795355258000000000,"n":[3,9],"s":"LIVE"}}"#,
        ),
        (
            Message::Gap(LineKind::Trades, gap),
            r#"{"g":["trades",{"i":"00000000-0000-0000-0000-000000000001","t":1795355258000000000,"y":"an outage"}]}"#,
        ),
        (
            Message::Refused(LineKind::Depth, refusal.clone()),
            r#"{"r":["depth",{"i":"00000000-0000-0000-0000-000000000001","c":"InstrumentDelisted","m":"gone","t":1795355258000000000}]}"#,
        ),
        (
            Message::BarsRefused(BarSize::Min1, refusal),
            r#"{"x":["MIN_1",{"i":"00000000-0000-0000-0000-000000000001","c":"InstrumentDelisted","m":"gone","t":1795355258000000000}]}"#,
        ),
    ];
    for (message, expected) in cases {
        let written = write_message(&message).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), expected);
        let read = read_message(expected.as_bytes()).unwrap();
        assert_eq!(format!("{read:?}"), format!("{message:?}"));
    }
}

#[test]
fn questions_and_answers_about_trades_are_written_like_this() {
    let question = DeskQuestion::Ticks { instrument: instrument(), count: 100 };
    let request = Request { node: Uuid::from_u128(2), number: 7, question };
    let written = String::from_utf8(write(&request).unwrap()).unwrap();
    let expected = r#"{"node":"00000000-0000-0000-0000-000000000002","number":7,"question":{"Ticks":{"instrument":"00000000-0000-0000-0000-000000000001","count":100}}}"#;
    assert_eq!(written, expected);
    assert_eq!(read::<Request>(expected.as_bytes()).unwrap(), request);

    let response = Response { number: 7, reply: Ok(DeskAnswer::Ticks(vec![print()])) };
    let written = String::from_utf8(write(&response).unwrap()).unwrap();
    let expected =
        r#"{"number":7,"reply":{"Ticks":[{"p":"187.340","z":"100","e":"ARCA","t":1795355258000000000}]}}"#;
    assert_eq!(written, expected);
    assert_eq!(read::<Response>(expected.as_bytes()).unwrap(), response);
}

#[test]
fn topics_have_names_and_names_have_topics() {
    let cases = [
        (Topic::Quotes(instrument()), "quotes:00000000-0000-0000-0000-000000000001"),
        (Topic::Trades(instrument()), "trades:00000000-0000-0000-0000-000000000001"),
        (Topic::Depth(instrument()), "depth:00000000-0000-0000-0000-000000000001"),
        (Topic::Desk, "desk"),
    ];
    for (topic, name) in cases {
        assert_eq!(topic_name(topic), name);
        assert_eq!(topic_of_name(name), Some(topic));
    }
    for name in ["trades", "depth:", "trades:1:2", "tape:00000000-0000-0000-0000-000000000001"] {
        assert_eq!(topic_of_name(name), None, "{name}");
    }
}
