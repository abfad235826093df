//! Scans of the market.

use ibapi::scanner::ScannerSubscription;

use crate::support::{code, connect, next, refusal, start, within};

fn scan(code: &str) -> ScannerSubscription {
    ScannerSubscription {
        number_of_rows: 10,
        instrument: Some("STK".to_owned()),
        location_code: Some("STK.US.MAJOR".to_owned()),
        scan_code: Some(code.to_owned()),
        ..ScannerSubscription::default()
    }
}

#[tokio::test]
async fn gainers_are_the_reverse_of_losers() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let mut found = Vec::new();
    for code in ["TOP_PERC_GAIN", "TOP_PERC_LOSE", "MOST_ACTIVE", "HOT_BY_VOLUME"] {
        let wanted = ScannerSubscription { number_of_rows: 50, ..scan(code) };
        let mut stream = client.scanner_subscription(&wanted, &[]).await.unwrap();
        let rows = next(&mut stream).await.unwrap();
        assert_eq!(rows.len(), 50, "{code}");
        assert!(rows.iter().map(|row| row.rank).eq(0..50));
        let ids: Vec<i32> = rows.iter().map(|row| row.contract_details.contract.contract_id).collect();
        assert!(ids.iter().all(|id| simulator.exchange.market().listing(*id).is_some()));
        found.push(ids);
    }
    assert_ne!(found[0], found[1]);
    assert!(!found[1][..5].contains(&found[0][0]), "who gains most does not lose most");
    let spy = &simulator.exchange.market().listings().iter().find(|it| it.symbol == "NVDA").unwrap().con_id;
    assert!(found[2][..5].contains(spy), "what is traded most is among the most active");
}

#[tokio::test]
async fn filters_narrow_a_scan() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let wanted = ScannerSubscription {
        stock_type_filter: Some("ETF".to_owned()),
        above_price: Some(100.0),
        ..scan("MOST_ACTIVE")
    };
    let mut stream = client.scanner_subscription(&wanted, &[]).await.unwrap();
    let rows = next(&mut stream).await.unwrap();
    assert!(!rows.is_empty() && rows.len() < 10);
    assert!(rows.iter().all(|row| {
        let id = row.contract_details.contract.contract_id;
        simulator.exchange.market().listing(id).unwrap().kind == engine::listing::ListingKind::Etf
    }));
}

#[tokio::test]
async fn the_parameters_are_xml_that_names_the_scans() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let xml = within(client.scanner_parameters()).await.unwrap();
    assert!(xml.starts_with("<?xml"));
    assert!(xml.contains("<scanCode>TOP_PERC_GAIN</scanCode>"));
}

#[tokio::test]
async fn unknown_scans_and_too_many_are_refused() {
    let simulator = start().await;
    let client = connect(&simulator, 1).await;
    let mut stream = client.scanner_subscription(&scan("TOP_SECRET"), &[]).await.unwrap();
    let error = next(&mut stream).await.unwrap_err();
    assert_eq!(code(&error), 162);
    assert!(error.to_string().contains("TOP_SECRET"), "{error}");
    let mut open = Vec::new();
    for _ in 0..10 {
        let mut stream = client.scanner_subscription(&scan("MOST_ACTIVE"), &[]).await.unwrap();
        next(&mut stream).await.unwrap();
        open.push(stream);
    }
    let mut one_more = client.scanner_subscription(&scan("MOST_ACTIVE"), &[]).await.unwrap();
    assert_eq!(refusal(&mut one_more).await, 162);
}
