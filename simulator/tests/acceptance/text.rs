//! The text dialect, on the socket: what each kind of client hears, and what becomes of garbage.
//! (The clients themselves are run in `tests/features/ib_clients.rs`.)

use simulator::Simulator;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{connect, listing, start, start_with, trade, until, within};

/// A client of the text dialect.
pub struct TextClient {
    socket: TcpStream,
    version: String,
}

impl TextClient {
    /// Connects with this offer of versions; it is through with the handshake, and was told of the farms.
    pub async fn connect(simulator: &Simulator, offer: &str, client_id: i32) -> Self {
        let mut client = Self::greet(simulator, offer).await;
        client.send(&format!("71|2|{client_id}||")).await;
        for start in ["15|1|SIM0000001,SIM0000002|", "9|1|1|", "4|2|-1|2104|", "4|2|-1|2106|", "4|2|-1|2158|"]
        {
            let message = client.read().await.expect("the socket is open");
            assert!(message.starts_with(start), "{message}");
        }
        client
    }

    /// Agrees on a version, and no more.
    async fn greet(simulator: &Simulator, offer: &str) -> Self {
        let mut socket = TcpStream::connect(simulator.gateway.address()).await.unwrap();
        socket.write_all(&[b"API\0".to_vec(), frame(offer.as_bytes())].concat()).await.unwrap();
        let mut client = Self { socket, version: String::new() };
        let words = client.read().await.expect("a version is agreed upon");
        let (version, time) = words.split_once('|').unwrap();
        assert!(time.ends_with(" US/Eastern|"), "{time}");
        version.clone_into(&mut client.version);
        client
    }

    /// Sends a message, with `|` for the zero that ends a field.
    pub async fn send(&mut self, message: &str) {
        self.socket.write_all(&frame(message.replace('|', "\0").as_bytes())).await.unwrap();
    }

    /// The next message, with `|` for the zero that ends a field; `None` where the socket is closed.
    pub async fn read(&mut self) -> Option<String> {
        within(async {
            let length = self.socket.read_u32().await.ok()?;
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.socket.read_exact(&mut payload).await.ok()?;
            assert!(payload.is_ascii(), "{payload:?}");
            Some(String::from_utf8(payload).unwrap().replace('\0', "|"))
        })
        .await
    }

    /// Reads messages until one begins like this.
    pub async fn until(&mut self, start: &str) -> String {
        loop {
            let message = self.read().await.unwrap_or_else(|| panic!("closed before {start}"));
            if message.starts_with(start) {
                return message;
            }
        }
    }
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend_from_slice(payload);
    bytes
}

#[tokio::test]
async fn each_client_gets_the_newest_version_that_both_speak() {
    let simulator = start().await;
    let offers = [
        ("v157..178", "178"),
        ("v157..176", "176"),
        ("v100..157", "157"),
        ("v100..158", "157"),
        ("v176..193 +PACEAPI", "178"),
        ("v100..203", "178"),
    ];
    for (client_id, (offer, version)) in (10..).zip(offers) {
        let mut client = TextClient::connect(&simulator, offer, client_id).await;
        assert_eq!(client.version, version, "{offer}");
        client.send("49|1|").await;
        assert!(client.read().await.unwrap().starts_with("49|1|17"), "{offer}");
        client.send("17|1|").await;
        assert_eq!(client.read().await.unwrap(), "15|1|SIM0000001,SIM0000002|");
        client.send("8|1|1|").await;
        assert_eq!(client.read().await.unwrap(), "9|1|1|");
    }
}

#[tokio::test]
async fn both_dialects_are_spoken_beside_each_other() {
    let simulator = start().await;
    let newer = connect(&simulator, 1).await;
    let mut older = TextClient::connect(&simulator, "v157..178", 2).await;
    let aapl = listing(&simulator, "AAPL").con_id;
    let [details] = &within(newer.contract_details(&crate::support::stock("AAPL"))).await.unwrap()[..] else {
        panic!("one contract")
    };
    older.send("9|8|3|0|AAPL|STK||0.0|||SMART||USD|||0||||").await;
    let message = older.until("10|3|").await;
    let fields: Vec<&str> = message.split('|').collect();
    assert_eq!(fields[2..5], ["AAPL", "STK", ""]);
    assert_eq!(fields[12].parse::<i32>().unwrap(), aapl);
    assert_eq!(details.contract.contract_id, aapl);
    assert_eq!(fields[19], details.long_name);
    assert_eq!(older.read().await.unwrap(), "52|1|3|");
}

#[tokio::test]
async fn a_client_id_is_used_once_whatever_the_dialect() {
    let simulator = start().await;
    let _first = connect(&simulator, 5).await;
    let mut second = TextClient::greet(&simulator, "v157..178").await;
    second.send("71|2|5||").await;
    assert!(second.read().await.unwrap().starts_with("4|2|-1|326|Unable to connect as the client id"));
    assert_eq!(second.read().await, None);
}

#[tokio::test]
async fn prices_are_told_as_they_are() {
    let simulator = start().await;
    let aapl = listing(&simulator, "AAPL").con_id;
    simulator.exchange.hold(aapl);
    let mut client = TextClient::connect(&simulator, "v100..157", 2).await;
    client.send(&format!("1|11|7|{aapl}|||||||SMART|||||0||0|0||")).await;
    assert_eq!(client.read().await.unwrap(), "58|1|7|1|");
    assert_eq!(client.read().await.unwrap(), "81|7|0.01|9c0001|3|");
    client.until("45|6|7|49|0|").await;
    trade(&simulator, "AAPL", 123);
    assert_eq!(client.until("1|6|7|4|").await, "1|6|7|4|123|3|1|");
    client.send("2|2|7|").await;
    client.send("2|2|7|").await;
    assert_eq!(client.until("4|").await, "4|2|7|300|Can't find EId with tickerId:7|");
}

#[tokio::test]
async fn bars_come_in_one_message_with_their_end() {
    let simulator = start().await;
    let mut client = TextClient::connect(&simulator, "v157..178", 2).await;
    client.send("20|7|0|AAPL|STK||0|||SMART||USD|||0||1 min|600 S|0|TRADES|2|0||").await;
    let message = client.read().await.unwrap();
    let fields: Vec<&str> = message.split('|').collect();
    assert_eq!((fields[0], fields[1]), ("17", "7"));
    assert!(fields[2].ends_with("US/Eastern") && fields[3].ends_with("US/Eastern"), "{message}");
    let bars: usize = fields[4].parse().unwrap();
    assert!((9..=11).contains(&bars), "{bars}");
    assert_eq!(fields.len(), 5 + bars * 8 + 1);
    client.send("87|8|0|AAPL|STK||0|||SMART||USD|||0|0|TRADES|1|").await;
    assert_eq!(client.read().await.unwrap(), "88|8|20100101-00:00:00|");
}

#[tokio::test]
async fn garbage_is_refused_and_the_session_lives_on() {
    let simulator = start().await;
    let mut client = TextClient::connect(&simulator, "v157..178", 9).await;
    let cases: [(&str, &[u8], &str); 10] = [
        ("an unknown message", b"999\x001\0", "4|2|-1|320|"),
        ("a message of newer versions", b"105\0", "4|2|-1|320|"),
        ("a negative id", b"-1\0", "4|2|-1|320|"),
        ("a field too few", b"94\x0022\0SIM0000001\0\0", "4|2|22|320|"),
        ("a field too many", b"94\x0022\0SIM0000001\0\x001\x002\0", "4|2|22|320|"),
        ("a last field without an end", b"94\x0022\0SIM0000001\0\x001", "4|2|22|320|"),
        ("a word for a number", b"94\x0022\0SIM0000001\0\0one\0", "4|2|22|320|"),
        ("no text", b"94\x0022\0\xff\xfe\0\x001\0", "4|2|22|320|"),
        ("an id above all ids", b"94\x0099999999999\0\0\x001\0", "4|2|-1|320|"),
        (
            "a lie about a list",
            b"1\x0011\x005\x000\0A,B\0BAG\0\x000\0\0\0\0\0\0\0\x002000000000\x001\0",
            "4|2|5|320|",
        ),
    ];
    for (what, bytes, answer) in cases {
        client.socket.write_all(&frame(bytes)).await.unwrap();
        let message = client.read().await.unwrap_or_else(|| panic!("{what} closes the socket"));
        assert!(message.starts_with(answer), "{what}: {message}");
    }
    for (message, answer) in [
        ("9|8|3|0||||||||||||0||||", "4|2|3|321|"),
        ("9|8|3|0|NOSUCH|STK||0.0|||SMART||USD|||0||||", "4|2|3|200|"),
        ("59|1|9|", "4|2|-1|321|"),
        ("49|1|", "49|1|"),
    ] {
        client.send(message).await;
        let heard = client.read().await.unwrap();
        assert!(heard.starts_with(answer), "{message}: {heard}");
    }
}

#[tokio::test]
async fn frames_without_sense_end_the_session_alone() {
    let simulator = start().await;
    let other = connect(&simulator, 1).await;
    let endless = 0x0100_0000_u32.to_be_bytes().to_vec();
    for bytes in [vec![0; 4], frame(b"49"), frame(b"hello\x001\0"), frame(b"\xff\xff\0"), endless] {
        let mut client = TextClient::connect(&simulator, "v157..178", 9).await;
        client.socket.write_all(&bytes).await.unwrap();
        assert_eq!(client.read().await, None, "{bytes:?}");
        until("it is gone", || simulator.gateway.connected_clients() == 1).await;
    }
    for first in ["49|1|", "71|2|one||", "71|2|"] {
        let mut client = TextClient::greet(&simulator, "v157..178").await;
        client.send(first).await;
        let refusal = client.read().await.unwrap();
        assert!(refusal.starts_with("4|2|-1|504|") || refusal.starts_with("4|2|-1|320|"), "{refusal}");
        assert_eq!(client.read().await, None, "{first}");
    }
    within(other.server_time()).await.unwrap();
}

/// Real requests, each cut and changed at every place: whatever it comes to, the session goes on.
#[tokio::test]
async fn no_mutilated_request_does_harm() {
    let simulator = start_with(|options| {
        options.messages_per_second = usize::MAX;
        options.backlog = 256 << 20;
    })
    .await;
    let mut client = TextClient::connect(&simulator, "v157..178", 9).await;
    let requests = [
        "1|11|7|0|AAPL|STK||0.0|||SMART||USD|||0|233|0|0||",
        "3|5|0|AAPL|STK||0.0|||SMART||USD|||||BUY|1|LMT|100||DAY||||0||1|0|0|0|0|0|0|0||0.0||||||\
         |0||-1|0|||0|||0|0||0||||||0|||||0|||||||||||0|||0|0|||0||0|0|0|0|||||||0|||||||||0|0|0||||0|||",
        "4|1|5||",
        "7|3|8|0||20261123 09:30:00|AAPL|STK||BUY|",
        "6|2|1|SIM0000001|",
        "9|8|3|0|AAPL|STK||0.0|||SMART||USD|||0||||",
        "10|5|16|0|AAPL|STK||0.0|||SMART||USD|||5|1||",
        "20|8|0|AAPL|STK||0|||SMART||USD|||0||1 hour|1 D|0|TRADES|2|0||",
        "22|9|-1|STK|STK.US.MAJOR|TOP_PERC_GAIN||||||||||||||0||||||",
        "50|3|11|0|AAPL|STK||0.0|||SMART||USD|||5|TRADES|0||",
        "62|1|6|All|TotalCashValue|",
        "78|4|AAPL||STK|100001|",
        "83|18|9c0001|",
        "86|19|100001|BRFG|||10||",
        "87|8|0|AAPL|STK||0|||SMART||USD|||0|0|TRADES|1|",
        "96|6|0|AAPL|STK||0.0|||SMART||USD|||0|20261120-10:00:00||10|TRADES|0|0||",
        "97|12|0|AAPL|STK||0.0|||SMART||USD|||Last|0|0|",
    ];
    let mut sent = 0;
    for request in requests {
        let whole = request.replace('|', "\0").into_bytes();
        let (id, _) = request.split_once('|').unwrap();
        for at in id.len() + 1..whole.len() {
            for byte in [0, b'-', 0xff] {
                let mut changed = whole.clone();
                changed[at] = byte;
                client.socket.write_all(&frame(&changed)).await.unwrap();
            }
            client.socket.write_all(&frame(&whole[..at])).await.unwrap();
            sent += 4;
        }
        // Nothing is left behind for the next one.
        for cancel in ["2|2|7|", "11|1|16|1|", "25|1|8|", "23|1|9|", "51|1|11|", "63|1|6|", "98|12|"] {
            client.send(cancel).await;
        }
        client.send("49|1|").await;
        client.until("49|1|").await;
    }
    assert!(sent > 2_000, "{sent}");
}
