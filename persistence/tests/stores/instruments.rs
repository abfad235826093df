use domain::instrument::{AssetClass, Instrument, InstrumentStore};
use domain::world::Environment;

use super::Pair;
use crate::at_once;
use crate::samples::{MOST, id_of, instrument};

pub async fn contract(pair: &Pair) {
    round_trip(pair).await;
    many_at_once(pair).await;
}

async fn round_trip(pair: &Pair) {
    let plain = instrument(1);
    let odd = Instrument {
        asset_class: AssetClass::Fx,
        environment: Environment::Live,
        primary_exchange: None,
        multiplier: MOST.parse().unwrap(),
        price_increment: "0.00".parse().unwrap(),
        ..instrument(2)
    };
    pair.one.put(&[plain.clone(), odd.clone()]).await.unwrap();
    let mut found = pair.other.find(&[odd.id, id_of(999_999), plain.id]).await.unwrap();
    found.sort_by_key(|instrument| instrument.broker_id);
    // Decimals compare by value; their scale matters as well.
    assert_eq!(found[1].price_increment.to_string(), "0.00");
    assert_eq!(found[0].multiplier.to_string(), "1.00");
    assert_eq!(found, [plain.clone(), odd]);

    let renamed = Instrument { symbol: "META".into(), ..plain.clone() };
    // Of two that are the same, the later one counts.
    pair.one.put(&[plain.clone(), renamed.clone()]).await.unwrap();
    assert_eq!(pair.one.find(&[plain.id]).await.unwrap(), [renamed]);

    pair.one.put(&[]).await.unwrap();
    assert!(pair.one.find(&[]).await.unwrap().is_empty());
}

/// Several writers of the same instruments, in other orders, wait for each other without a deadlock.
async fn many_at_once(pair: &Pair) {
    let results = at_once(6, |number| {
        let sql = pair.of(number);
        let mut instruments: Vec<_> = (1_000..2_200).map(instrument).collect();
        if number % 2 == 1 {
            instruments.reverse();
        }
        async move { sql.put(&instruments).await }
    })
    .await;
    for result in results {
        result.unwrap();
    }
    let ids: Vec<_> = (1_000..2_200).map(id_of).collect();
    assert_eq!(pair.one.find(&ids).await.unwrap().len(), ids.len());
}
