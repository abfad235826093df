//! A recorded day, from the file to subscribers and to the screen.

use std::path::PathBuf;

use engine::lean::best::{BestQuotes, Side};
use engine::lean::tick::{self, TradeTick};
use engine::lean::{ExchangeDay, File};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::browser::Browser;
use tests::client::{Client, PASSWORD, USERNAME};
use tests::installation::GENEROUS;
use tests::program::{Settings, Tickgraph};
use tests::skip;
use time::format_description::well_known::Rfc3339;
use time::macros::{date, format_description};
use time::{Date, Duration, OffsetDateTime, Time};

const DATE: Date = date!(2013 - 10 - 07);

const TRADES: &str = "subscription($instrument: ID!) { trades(instrument: $instrument) { __typename \
    ... on Trade { price size exchange sourceAt } ... on StreamGap { reason } } }";

/// A folder of recorded data.
struct Recorded(PathBuf);

/// A trade as it must be told.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    at: OffsetDateTime,
    price: Decimal,
    size: Decimal,
    exchange: String,
}

impl Recorded {
    #[allow(clippy::disallowed_methods, reason = "the harness is no part of the product")]
    fn folder() -> Option<Self> {
        let folder =
            std::env::var_os("TICKGRAPH_TEST_DATA").map(|shared| PathBuf::from(shared).join("data/lean"));
        let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
            skip::because(
                "there is no recorded data; set TICKGRAPH_TEST_DATA to the folder that holds data/lean",
            );
            return None;
        };
        Some(Self(folder))
    }

    /// `tickgraph serve` that plays the day.
    fn play(&self, how: &str, data: &TempDir) -> Tickgraph {
        let folder = self.0.to_str().unwrap();
        assert!(!folder.contains(char::is_whitespace), "the folder's name has a blank: {folder}");
        let settings = Settings::in_folder(data.path());
        let settings = GENEROUS.iter().fold(settings, |settings, (name, value)| settings.with(name, *value));
        Tickgraph::start(&format!("serve --replay {folder} --date {DATE} {how}"), &settings)
    }

    fn bytes(&self, symbol: &str, content: &str) -> Vec<u8> {
        let name = format!("equity/usa/tick/{symbol}/20131007_{content}.zip");
        std::fs::read(self.0.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The trades of the file; the gateway's protocol tells their times in whole seconds.
    fn trades(&self, symbol: &str) -> Vec<Told> {
        let bytes = self.bytes(symbol, "trade");
        let read = tick::trades(File { name: "trades", bytes: &bytes }).unwrap();
        let day = ExchangeDay::new(DATE);
        let told = |row: &TradeTick| {
            let at = day.at(row.time).unwrap().truncate_to_second();
            let (price, size) = (row.price.decimal(), Decimal::from(row.size));
            Told { at, price, size, exchange: tick::exchange(row.exchange) }
        };
        read.rows.iter().filter(|row| !row.suspicious).map(told).collect()
    }

    /// The best bid and ask that the file leaves behind.
    fn best(&self, symbol: &str) -> [Decimal; 2] {
        let bytes = self.bytes(symbol, "quote");
        let read = tick::quotes(File { name: "quotes", bytes: &bytes }).unwrap();
        let mut best = BestQuotes::default();
        for row in &read.rows {
            drop(best.take(row));
        }
        [Side::Bid, Side::Ask].map(|side| best.best(side).unwrap().price.decimal())
    }
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap_or_else(|| panic!("no number: {value}")).parse().unwrap()
}

fn told(trade: &Value) -> Told {
    let at = OffsetDateTime::parse(trade["sourceAt"].as_str().unwrap(), &Rfc3339).unwrap();
    let exchange = trade["exchange"].as_str().unwrap().to_owned();
    Told { at, price: decimal(&trade["price"]), size: decimal(&trade["size"]), exchange }
}

async fn administrator(server: &mut Tickgraph) -> Client {
    let client = Client::of(server.address().await);
    let payload = client.set_up(&server.set_up_token().await).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    assert_eq!(client.log_in(USERNAME, PASSWORD).await["sessionCreate"]["userErrors"], json!([]));
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn prints_are_those_of_the_file_in_order_and_without_a_hole() {
    const COUNT: usize = 1_000;
    let Some(recorded) = Recorded::folder() else { return };
    let (data, expected) = (TempDir::new().unwrap(), recorded.trades("bac"));
    let mut server = recorded.play("--from 09:40 --speed 20", &data);
    let client = administrator(&mut server).await;
    let bank = client.instrument("BAC").await;
    let mut trades = client.subscribe(TRADES, json!({ "instrument": bank })).await;
    let mut heard = Vec::new();
    while heard.len() < COUNT {
        let payload = trades.payload().await;
        let trade = &payload["data"]["trades"];
        assert_eq!(trade["__typename"], "Trade", "{payload}");
        heard.push(told(trade));
    }
    let agree = |part: &[Told]| part.iter().zip(&heard).take_while(|(file, heard)| file == heard).count();
    let longest = expected.windows(COUNT).map(agree).max().unwrap();
    assert_eq!(longest, COUNT, "the first that does not follow in the file: {:?}", heard.get(longest));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_quote_of_the_day_is_the_files() {
    let Some(recorded) = Recorded::folder() else { return };
    let data = TempDir::new().unwrap();
    let mut server = recorded.play("--from 15:58 --speed max", &data);
    let client = administrator(&mut server).await;
    let bank = client.instrument("BAC").await;
    let mut quotes = client.quotes(&[&bank]).await;
    let quote = quotes.until_state(&["CLOSED"]).await;
    let shown = ["bid", "ask"].map(|side| decimal(&quote[side]["price"]));
    assert_eq!(shown, recorded.best("bac"), "{quote}");
}

/// The trades in the table on the screen, newest first: `13:30:05.000`, price, size.
fn shown(table: &str) -> Vec<(OffsetDateTime, Decimal, Decimal)> {
    let words: Vec<&str> = table.split_whitespace().collect();
    let number = |word: &&str| {
        let digits = word.replace(',', "");
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        digits[..end].parse::<Decimal>().ok()
    };
    let trade = |place: usize, word: &str| {
        let at =
            Time::parse(word, format_description!("[hour]:[minute]:[second].[subsecond digits:3]")).ok()?;
        let mut numbers = words[place + 1..].iter().filter_map(number);
        Some((DATE.with_time(at).assume_utc(), numbers.next()?, numbers.next()?))
    };
    words.iter().enumerate().filter_map(|(place, word)| trade(place, word)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_shows_what_the_file_has_at_that_moment() {
    let Some(recorded) = Recorded::folder() else { return };
    let Some(browser) = Browser::open().await else { return };
    let (data, expected) = (TempDir::new().unwrap(), recorded.trades("ibm"));
    let mut server = recorded.play("--from 09:35", &data);
    browser.visit(&server.set_up_link().await).await;
    browser.fill("username", USERNAME).await;
    browser.fill("password", PASSWORD).await;
    browser.click("setup-submit").await;
    browser.fill("search-input", "IBM").await;
    browser.click("search-result-IBM").await;
    browser.click("watchlist-row-IBM").await;

    let table = browser.text("trades-table", "five trades", |text| shown(text).len() >= 5).await;
    let row = browser.text("quote-last-IBM", "a price", |text| text.parse::<Decimal>().is_ok()).await;
    let later = browser
        .text("trades-table", "a newer trade", |text| shown(text).first() > shown(&table).first())
        .await;

    let trades = shown(&later);
    for (at, price, size) in &trades {
        let is_recorded = |it: &Told| (it.at, it.price, it.size) == (*at, *price, *size);
        assert!(expected.iter().any(is_recorded), "{price} x {size} at {at} is not in the file:\n{later}");
    }
    let (from, to) = (shown(&table)[0].0 - Duration::seconds(20), trades[0].0);
    let price: Decimal = row.parse().unwrap();
    let is_recorded = |it: &Told| it.at >= from && it.at <= to && it.price == price;
    assert!(expected.iter().any(is_recorded), "IBM at {row} is not in the file between {from} and {to}");
}
