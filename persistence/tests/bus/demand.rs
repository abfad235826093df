use std::time::Duration;

use domain::bus::Topic;
use uuid::Uuid;

use super::{Nodes, next};
use crate::eventually;
use crate::samples::{id_of, series};

const LONG: Duration = Duration::from_mins(1);

pub async fn contract(nodes: &Nodes) {
    let (ann, bob) = (Uuid::new_v4(), Uuid::new_v4());
    let (quotes, bars, desk) = (Topic::Quotes(id_of(1)), Topic::Bars(series(1)), Topic::Desk);
    assert_eq!(nodes.one.wanted().await.unwrap(), []);

    let mut changes = nodes.other.changes().await.unwrap();
    nodes.one.announce(ann, &[quotes, bars], LONG).await.unwrap();
    next(&mut changes).await;
    assert_eq!(wanted(nodes).await, sorted([quotes, bars]));

    // What two want is wanted once; what a node says replaces what it said before.
    nodes.one.announce(bob, &[bars, desk], LONG).await.unwrap();
    next(&mut changes).await;
    assert_eq!(wanted(nodes).await, sorted([quotes, bars, desk]));
    nodes.one.announce(ann, &[], LONG).await.unwrap();
    next(&mut changes).await;
    assert_eq!(wanted(nodes).await, sorted([bars, desk]));

    // A node that goes silent is forgotten; one that speaks again is heard again.
    nodes.other.announce(bob, &[quotes], Duration::from_millis(60)).await.unwrap();
    eventually("the silent node is forgotten", || async { wanted(nodes).await.is_empty().then_some(()) })
        .await;
    nodes.other.announce(bob, &[quotes], LONG).await.unwrap();
    assert_eq!(wanted(nodes).await, sorted([quotes]));

    let lines = [Topic::Trades(id_of(1)), Topic::Depth(id_of(1)), quotes];
    nodes.other.announce(bob, &lines, LONG).await.unwrap();
    assert_eq!(wanted(nodes).await, sorted(lines));
    nodes.other.announce(bob, &[quotes], LONG).await.unwrap();

    let many: Vec<_> = (0..2_000).map(|number| Topic::Quotes(id_of(number))).collect();
    nodes.one.announce(ann, &many, LONG).await.unwrap();
    assert_eq!(wanted(nodes).await.len(), many.len());
    for node in [ann, bob] {
        nodes.one.announce(node, &[], LONG).await.unwrap();
    }
    assert_eq!(wanted(nodes).await, Vec::<String>::new());
}

async fn wanted(nodes: &Nodes) -> Vec<String> {
    sorted(nodes.other.wanted().await.unwrap())
}

fn sorted(topics: impl IntoIterator<Item = Topic>) -> Vec<String> {
    let mut names: Vec<_> = topics.into_iter().map(|topic| format!("{topic:?}")).collect();
    names.sort();
    names
}
