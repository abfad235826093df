//! Finding instruments.

use domain::RefusalCode;
use domain::instrument::{AssetClass, Instrument, InstrumentId};
use domain::market_data::{MarketDataSource, SourceError};
use domain::world::{ConnectionId, Environment};
use rust_decimal::Decimal;

use crate::harness::{World, soon};

async fn search(world: &World, text: &str) -> Vec<Instrument> {
    soon("a search", world.source.search(text)).await.unwrap()
}

#[tokio::test]
async fn a_stock_is_found_in_full() {
    let world = World::start().await;
    let found = search(&world, "aapl").await;
    let aapl = &found[0];
    assert_eq!((aapl.symbol.as_str(), aapl.asset_class), ("AAPL", AssetClass::Stock));
    assert_eq!((aapl.exchange.as_str(), aapl.primary_exchange.as_deref()), ("SMART", Some("NASDAQ")));
    assert_eq!((aapl.currency.as_str(), aapl.time_zone.as_str()), ("USD", "America/New_York"));
    assert_eq!((aapl.price_increment, aapl.multiplier), (Decimal::new(1, 2), Decimal::ONE));
    assert_eq!((aapl.environment, aapl.connection.as_str()), (Environment::Simulated, "ib"));
    let id = InstrumentId::derive(&ConnectionId::new("ib"), Environment::Simulated, aapl.broker_id);
    assert_eq!(aapl.id, id);
    assert_eq!(search(&world, "AAPL").await, found, "the second time, from what is known");
}

#[tokio::test]
async fn a_name_is_enough() {
    let world = World::start().await;
    assert!(search(&world, "apple").await.iter().any(|found| found.symbol == "AAPL"));
    assert_eq!(world.find("SPY").await.asset_class, AssetClass::Etf);
}

#[tokio::test]
async fn a_pair_is_found_by_each_of_its_spellings() {
    let world = World::start().await;
    for text in ["EURUSD", "eur.usd", "EUR/USD"] {
        let pair = world.find(text).await;
        assert_eq!((pair.symbol.as_str(), pair.asset_class), ("EUR.USD", AssetClass::Fx));
        assert_eq!((pair.exchange.as_str(), pair.currency.as_str()), ("IDEALPRO", "USD"));
    }
}

#[tokio::test]
async fn a_root_finds_its_next_futures_and_a_local_symbol_finds_one() {
    let world = World::start().await;
    let futures: Vec<Instrument> = search(&world, "ES")
        .await
        .into_iter()
        .filter(|found| found.asset_class == AssetClass::Future)
        .collect();
    assert!((1..=4).contains(&futures.len()), "{futures:?}");
    for future in &futures {
        assert!(future.symbol.starts_with("ES"), "{future:?}");
        assert_eq!((future.multiplier, future.price_increment), (Decimal::from(50), Decimal::new(25, 2)));
        assert_eq!(world.find(&future.symbol).await, *future);
    }
}

#[tokio::test]
async fn what_is_unknown_finds_nothing() {
    let world = World::start().await;
    for text in ["NOSUCHTHING", "ZZZZ9", "USDUSD", "%_*", "日本"] {
        assert_eq!(search(&world, text).await, Vec::new(), "{text}");
    }
}

#[tokio::test]
async fn a_bad_text_is_refused() {
    let world = World::start().await;
    for text in ["", " ", "A\u{7}", &"x".repeat(51)] {
        let refused = world.source.search(text).await.unwrap_err();
        assert!(matches!(refused, SourceError::Rejected { code: RefusalCode::Invalid, .. }), "{text:?}");
    }
}

#[tokio::test]
async fn without_the_broker_a_search_is_unavailable() {
    let world = World::start().await;
    world.gateway.faults().notice(1100);
    world.status(domain::market_data::ConnectionState::Degraded).await;
    let answer = soon("a search", world.source.search("AAPL")).await;
    assert!(matches!(answer, Err(SourceError::Unavailable(_))), "{answer:?}");
}

#[tokio::test]
async fn what_is_named_exactly_is_found_in_its_order() {
    let world = World::start().await;
    let wanted = [
        ("ES", AssetClass::Future),
        ("SPY", AssetClass::Etf),
        ("NOSUCH", AssetClass::Stock),
        ("EUR.USD", AssetClass::Fx),
        ("AAPL", AssetClass::Stock),
    ];
    let wanted = wanted.map(|(symbol, class)| (symbol.to_owned(), class));
    let found = soon("the instruments", world.source.named(&wanted)).await.unwrap();
    let nearest = search(&world, "ES").await.into_iter().find(|it| it.asset_class == AssetClass::Future);
    let symbols: Vec<_> = found.iter().map(|instrument| instrument.symbol.as_str()).collect();
    assert_eq!(symbols, [nearest.unwrap().symbol.as_str(), "SPY", "EUR.USD", "AAPL"]);
}
