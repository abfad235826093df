//! What the feed has to know of the bus: when it is back, and whether another desk leads.

use domain::bus::{Delivery, Message, Topic};
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::leader::Leadership;

/// Yields each time that the bus is back after an interruption. Ends this leadership where the bus tells of a later
/// one: the database may be out of reach for this desk alone.
pub(super) fn watch(this: &Leadership, ended: CancellationToken) -> BoxStream<'static, ()> {
    let (bus, retry, epoch) = (this.ports.bus.clone(), this.options.demand_every, this.epoch);
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        let listen = async {
            loop {
                if let Ok(mut deliveries) = bus.subscribe(Topic::Desk).await {
                    while let Some(delivery) = deliveries.next().await {
                        match delivery {
                            Delivery::Resumed => {
                                let _ = sender.try_send(());
                            }
                            Delivery::Message(message) if tells_of_later(&message, epoch) => return,
                            Delivery::Message(_) | Delivery::Interrupted => {}
                        }
                    }
                }
                tokio::time::sleep(retry).await;
            }
        };
        tokio::select! {
            () = ended.cancelled() => {}
            () = listen => {
                warn!(epoch, "another desk leads by now");
                ended.cancel();
            }
        }
    });
    tokio_stream::wrappers::ReceiverStream::new(receiver).boxed()
}

fn tells_of_later(message: &Message, epoch: u64) -> bool {
    matches!(message, Message::Desk(status) if status.epoch > epoch)
}
