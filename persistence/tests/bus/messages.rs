use domain::bus::{Delivery, Message, Topic};
use futures::{FutureExt, StreamExt};

use super::{Nodes, next, next_message};
use crate::samples::{id_of, messages, quote, series};

pub async fn contract(nodes: &Nodes) {
    every_kind_arrives(nodes).await;
    the_last_is_kept(nodes).await;
    in_order_to_everybody(nodes).await;
    a_slow_listener(nodes).await;
    a_listener_that_left(nodes).await;
}

async fn every_kind_arrives(nodes: &Nodes) {
    let topics = [
        Topic::Quotes(id_of(1)),
        Topic::Trades(id_of(1)),
        Topic::Depth(id_of(1)),
        Topic::Bars(series(1)),
        Topic::Desk,
    ];
    let mut heard = Vec::new();
    for topic in topics {
        heard.push((topic, nodes.other.subscribe(topic).await.unwrap()));
    }
    let sent = messages();
    nodes.one.publish(&sent).await.unwrap();
    for (topic, stream) in &mut heard {
        for message in sent.iter().filter(|message| message.topic() == *topic) {
            let received = next_message(stream).await;
            assert_eq!(&received, message);
            // Decimals compare by value; their scale matters as well.
            assert_eq!(format!("{received:?}"), format!("{message:?}"));
        }
        assert!(stream.next().now_or_never().is_none(), "nothing else on {topic:?}");
    }
    nodes.one.publish(&[]).await.unwrap();
}

async fn the_last_is_kept(nodes: &Nodes) {
    // Left by the case before: the gap and the refusal that came after the quote are not kept.
    let known = [Topic::Desk, Topic::Quotes(id_of(404)), Topic::Quotes(id_of(1)), Topic::Desk];
    let kept = nodes.other.latest(&known).await.unwrap();
    assert!(matches!(kept[0].as_deref(), Some(Message::Desk(_))), "{kept:?}");
    assert_eq!(kept[1], None);
    assert!(matches!(kept[2].as_deref(), Some(Message::Quote(_))), "{kept:?}");
    assert_eq!(kept[3], kept[0]);
    assert_eq!(nodes.one.latest(&[]).await.unwrap(), []);
    let kept = nodes.other.latest(&[Topic::Trades(id_of(1)), Topic::Depth(id_of(1))]).await.unwrap();
    assert_eq!(kept[0], None, "a trade is told once");
    assert!(matches!(kept[1].as_deref(), Some(Message::Depth(_))), "{kept:?}");

    let batch: Vec<_> = (1..=3).map(|sequence| Message::Quote(quote(2, sequence))).collect();
    nodes.one.publish(&batch).await.unwrap();
    let kept = nodes.other.latest(&[Topic::Quotes(id_of(2))]).await.unwrap();
    assert_eq!(kept[0].as_deref(), batch.last(), "of several in one call, the last");
}

async fn in_order_to_everybody(nodes: &Nodes) {
    let topic = Topic::Quotes(id_of(3));
    let mut listeners = Vec::new();
    for node in [&nodes.one, &nodes.one, &nodes.other] {
        listeners.push(node.subscribe(topic).await.unwrap());
    }
    let elsewhere = nodes.one.subscribe(Topic::Quotes(id_of(4))).await.unwrap();
    let sent: Vec<_> = (1..=200).map(|sequence| Message::Quote(quote(3, sequence))).collect();
    for some in sent.chunks(7) {
        nodes.one.publish(some).await.unwrap();
    }
    for listener in &mut listeners {
        for message in &sent {
            assert_eq!(&next_message(listener).await, message);
        }
    }
    let mut elsewhere = elsewhere;
    assert!(elsewhere.next().now_or_never().is_none(), "another topic hears nothing");
}

async fn a_slow_listener(nodes: &Nodes) {
    let topic = Topic::Quotes(id_of(5));
    let mut slow = nodes.one.subscribe(topic).await.unwrap();
    let mut quick = nodes.one.subscribe(topic).await.unwrap();
    let sent: Vec<_> = (1..=3_000).map(|sequence| Message::Quote(quote(5, sequence))).collect();
    for some in sent.chunks(100) {
        nodes.other.publish(some).await.unwrap();
        for message in some {
            assert_eq!(&next_message(&mut quick).await, message, "one that keeps up misses nothing");
        }
    }
    let mut deliveries = Vec::new();
    loop {
        let delivery = next(&mut slow).await;
        let is_last = matches!(&delivery, Delivery::Message(message) if Some(&**message) == sent.last());
        deliveries.push(delivery);
        if is_last {
            break;
        }
    }
    assert!(deliveries.len() < 2_000, "its queue is bounded: {}", deliveries.len());
    let told = deliveries.iter().position(|delivery| *delivery == Delivery::Interrupted).unwrap();
    assert_eq!(deliveries[told + 1], Delivery::Resumed, "the bus itself was never away");
}

async fn a_listener_that_left(nodes: &Nodes) {
    let topic = Topic::Quotes(id_of(6));
    let left = nodes.one.subscribe(topic).await.unwrap();
    let mut stays = nodes.one.subscribe(topic).await.unwrap();
    drop(left);
    let message = Message::Quote(quote(6, 1));
    nodes.other.publish(std::slice::from_ref(&message)).await.unwrap();
    assert_eq!(next_message(&mut stays).await, message);
    drop(stays);
    // Listening anew right after the last one left misses nothing that comes later.
    for sequence in 2..50 {
        let mut again = nodes.one.subscribe(topic).await.unwrap();
        let message = Message::Quote(quote(6, sequence));
        nodes.other.publish(std::slice::from_ref(&message)).await.unwrap();
        assert_eq!(next_message(&mut again).await, message);
    }
}
