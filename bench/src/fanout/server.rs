//! The servers that are measured: ours, and its peers. Each measurement gets a fresh process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde_json::json;
use tests::client::{Client, PASSWORD, USERNAME};
use tests::program::Tickgraph;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::ground::Ground;
use crate::load::Plan;
use crate::process::{Usage, usage};

/// How long a server may take to come up.
const STARTING_TAKES: Duration = Duration::from_secs(30);

/// The same six fields, in the same order, for every server.
const FIELDS: &str = "sequence state last { price size } bid { price } ask { price }";

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// Ours: `tickgraph api`.
    Tickgraph,
    /// async-graphql-axum as it comes.
    Stock,
    /// mercurius with mqemitter-redis.
    Mercurius,
    /// graphql-ws on ws, with ioredis.
    GraphqlWs,
}

impl Peer {
    /// Everybody.
    pub const ALL: [Self; 4] = [Self::Tickgraph, Self::Stock, Self::Mercurius, Self::GraphqlWs];

    /// The name in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tickgraph => "Tickgraph",
            Self::Stock => "async-graphql-axum",
            Self::Mercurius => "mercurius",
            Self::GraphqlWs => "graphql-ws",
        }
    }
}

/// How many subscribe to what.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// How many sockets, with one subscription each.
    pub sockets: usize,
    /// How many of them never read.
    pub stalled: usize,
    /// How many instruments each subscription names.
    pub instruments: usize,
}

/// A running server; ends when dropped.
pub struct Server {
    peer: Peer,
    address: SocketAddr,
    token: Option<String>,
    id: u32,
    _program: Program,
}

/// What is held of a process to keep it running.
enum Program {
    Ours { _tickgraph: Box<Tickgraph> },
    Peer { _child: Child },
}

impl Server {
    /// Starts one, and waits until it serves.
    pub async fn start(peer: Peer, ground: &mut Ground) -> anyhow::Result<Self> {
        match peer {
            Peer::Tickgraph => Self::start_ours(ground).await,
            Peer::Stock | Peer::Mercurius | Peer::GraphqlWs => Self::start_peer(peer, ground).await,
        }
    }

    async fn start_ours(ground: &mut Ground) -> anyhow::Result<Self> {
        let mut tickgraph = ground.cores.for_server(|| Tickgraph::start("api", &ground.settings))?;
        let address = tickgraph.address().await;
        let client = Client::of(address);
        if !ground.is_set_up {
            let token = tickgraph.set_up_token().await;
            client.set_up(&token).await;
            ground.is_set_up = true;
        }
        client.log_in(USERNAME, PASSWORD).await;
        let token = Some(client.token().context("not logged in")?);
        let id = tickgraph.id().context("tickgraph has ended")?;
        let program = Program::Ours { _tickgraph: Box::new(tickgraph) };
        Ok(Self { peer: Peer::Tickgraph, address, token, id, _program: program })
    }

    async fn start_peer(peer: Peer, ground: &Ground) -> anyhow::Result<Self> {
        let mut command = match peer {
            Peer::Mercurius => script("mercurius.mjs"),
            Peer::GraphqlWs => script("graphql-ws.mjs"),
            Peer::Stock | Peer::Tickgraph => {
                let mut this = Command::new(std::env::current_exe()?);
                this.arg("stock");
                this
            }
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = ground.cores.for_server(|| command.spawn())?.with_context(|| {
            format!("{} could not be started; 'cargo xtask bench fanout' installs what it needs", peer.name())
        })?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        stdin.write_all(ground.redis_url().as_bytes()).await?;
        drop(stdin);
        let mut lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        let line = timeout(STARTING_TAKES, lines.next_line()).await.context("it does not serve")??;
        let Some(address) = line.as_deref().and_then(|line| line.strip_prefix("listening on http://")) else {
            bail!("{} says {line:?}", peer.name());
        };
        let (address, id) = (address.parse()?, child.id().context("it has ended")?);
        Ok(Self { peer, address, token: None, id, _program: Program::Peer { _child: child } })
    }

    /// What a load generator has to do.
    pub fn plan(&self, crowd: Crowd, ground: &Ground) -> Plan {
        let query = match self.peer {
            Peer::Tickgraph => format!(
                "subscription Load($instruments: [ID!]!) {{ quotes(instruments: $instruments, maxHz: 50) {{ ... on Quote {{ {FIELDS} }} }} }}"
            ),
            Peer::Stock | Peer::Mercurius | Peer::GraphqlWs => format!(
                "subscription Load($instruments: [ID!]!) {{ quotes(instruments: $instruments) {{ {FIELDS} }} }}"
            ),
        };
        let Crowd { sockets, stalled, instruments } = crowd;
        Plan {
            address: self.address,
            token: self.token.clone(),
            query,
            variables: json!({ "instruments": ground.ids(self.peer, instruments) }),
            instruments,
            sockets,
            stalled,
        }
    }

    /// What it has used so far.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        usage(self.id)
    }
}

/// A script of the peers' folder. It gets the address of Redis through standard input.
fn script(name: &str) -> Command {
    let mut node = Command::new("node");
    node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name));
    node
}
