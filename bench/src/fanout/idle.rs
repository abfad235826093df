//! The memory of sockets that are subscribed to what does not move.

use std::fmt::Write as _;

use super::ground::Ground;
use super::row::Case;
use super::sample::Stage;
use super::server::Peer;
use super::table::{float, spread};
use crate::say;

/// What was found.
pub struct Idle {
    /// Who was measured.
    pub peer: Peer,
    /// How many sockets there were.
    pub sockets: usize,
    /// Bytes per socket, one per round.
    pub bytes: Vec<u64>,
}

/// How many sockets a server is measured with, unless told otherwise.
pub fn sockets(peer: Peer) -> &'static [usize] {
    match peer {
        Peer::Tickgraph => &[2_000, 10_000],
        Peer::Stock | Peer::Mercurius | Peer::GraphqlWs => &[2_000],
    }
}

/// Connects everybody, and looks at the memory.
pub async fn measure(peer: Peer, sockets: usize, ground: &mut Ground) -> anyhow::Result<u64> {
    let stage = Stage::open(peer, Case::of(sockets, 1, 1.0).crowd, ground).await?;
    let bytes = stage.bytes_per_socket();
    say(&format!("  {} with {sockets} sockets: {bytes} bytes each", peer.name()));
    stage.close().await?;
    Ok(bytes)
}

/// Prints what was found.
pub fn print(title: &str, found: &[Idle]) {
    let mut text = format!("\n### {title}\n\n| server | sockets | KiB per socket |\n|---|---|---|");
    for Idle { peer, sockets, bytes } in found {
        let kib = bytes.iter().map(|bytes| float(*bytes) / 1_024.0).collect();
        let _ = write!(text, "\n| {} | {sockets} | {} |", peer.name(), spread(kib, 1));
    }
    say(&text);
}
