//! What the server owes a client, by the rules of websockets and of `graphql-transport-ws`.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tests::client::Client;
use tests::wire::{Frame, Heard, Wire, opcode};

use super::meaning::Meaning;
use super::step::{Case, Fault, Operation, Pace, Said, Step};

/// How long the server may take to answer or to close.
const LIMIT: Duration = Duration::from_secs(20);

/// What became of something that must hold; the sentence says what did not.
type Verdict<T> = Result<T, String>;

/// A client's socket, and what the client knows of it.
pub struct Session<'c> {
    wire: Wire,
    client: &'c Client,
    instrument: &'c str,
    acknowledged: bool,
    /// The operations that go on.
    live: BTreeSet<String>,
    /// Those that the client has ended since the last pong: a last event may be on its way.
    ending: BTreeSet<String>,
    count: u32,
}

impl<'c> Session<'c> {
    /// Plays a case on a socket of its own; how it ended in a word, or what went wrong.
    pub async fn play(client: &'c Client, instrument: &'c str, case: &Case) -> Verdict<String> {
        let wire = Wire::open(client.address()).await;
        let mut session = Self {
            wire,
            client,
            instrument,
            acknowledged: false,
            live: BTreeSet::new(),
            ending: BTreeSet::new(),
            count: 0,
        };
        match case.pace {
            Pace::Patient => session.play_patiently(case).await,
            Pace::Burst => session.play_at_once(case).await,
        }
    }

    async fn play_patiently(&mut self, case: &Case) -> Verdict<String> {
        for step in &case.steps {
            if let Some(code) = self.take(step).await.map_err(|why| format!("{why}, after {step:?}"))? {
                return Ok(code.to_string());
            }
        }
        match &case.fault {
            Some(fault) => self.break_rules(fault).await,
            None => self.lives().await.map(|()| "well".to_owned()),
        }
    }

    /// Sends everything without waiting. Then the server has closed the socket for a reason, or goes on.
    async fn play_at_once(&mut self, case: &Case) -> Verdict<String> {
        let mut bytes = Vec::new();
        for step in &case.steps {
            match step {
                Step::Say(said, cut) => bytes.extend(cut.frames(&self.text(said)).concat()),
                Step::Ping(payload) => bytes.extend(Frame::whole(opcode::PING, payload.clone()).bytes()),
                Step::Pong(payload) => bytes.extend(Frame::whole(opcode::PONG, payload.clone()).bytes()),
            }
        }
        if let Some(fault) = &case.fault {
            bytes.extend(fault.pieces().concat());
        } else {
            bytes.extend(Frame::whole(opcode::TEXT, r#"{"type":"ping","payload":{"the":"end"}}"#).bytes());
        }
        let sent = self.wire.write(&bytes).await;
        if case.fault.is_some() {
            self.wire.end().await;
            // What was closed before all was sent may be reset, and the reason lost on its way.
            let closed = self.wire.closed(LIMIT).await;
            return Ok(closed.map_or_else(|| "gone".to_owned(), |(code, _)| code.to_string()));
        }
        loop {
            match self.hear("the last pong or a close").await? {
                Heard::Message(message) if message["payload"] == json!({ "the": "end" }) => {
                    return Ok("well".into());
                }
                Heard::Closed(code, reason) => {
                    return fits(code, &reason, &[4400, 4401, 4403, 4409, 4429]).map(|code| code.to_string());
                }
                Heard::Gone if sent.is_err() => return Ok("gone".to_owned()),
                Heard::Gone => return Err("the connection was cut without a close".to_owned()),
                _ => {}
            }
        }
    }

    /// Takes a step, and waits for what the server owes; the code where it has closed the socket.
    async fn take(&mut self, step: &Step) -> Verdict<Option<u16>> {
        match step {
            Step::Ping(payload) => {
                self.send(&[Frame::whole(opcode::PING, payload.clone()).bytes()]).await?;
                self.await_control(payload).await?;
                Ok(None)
            }
            Step::Pong(payload) => {
                self.send(&[Frame::whole(opcode::PONG, payload.clone()).bytes()]).await?;
                Ok(None)
            }
            Step::Say(said, cut) => {
                let text = self.text(said);
                let meaning = Meaning::of(said, &text);
                if matches!(&meaning, Meaning::Subscribe(id, _) if self.ending.contains(id)) {
                    // Whatever is still on its way for this id is of the operation before.
                    self.lives().await?;
                }
                self.send(&cut.frames(&text)).await?;
                for payload in cut.controls() {
                    self.await_control(&payload).await?;
                }
                self.owed(meaning).await
            }
        }
    }

    /// Waits for what the server owes after a message.
    async fn owed(&mut self, meaning: Meaning) -> Verdict<Option<u16>> {
        match meaning {
            Meaning::Nothing => self.closes(&[4400]).await.map(Some),
            Meaning::Pong => Ok(None),
            Meaning::Ping(payload) => self.await_pong(payload.as_ref()).await.map(|()| None),
            Meaning::Init(_) if self.acknowledged => self.closes(&[4429]).await.map(Some),
            Meaning::Init(payload) if payload.get("accessToken").is_none() => {
                self.closes(&[4403]).await.map(Some)
            }
            Meaning::Init(_) => {
                self.acknowledged = true;
                self.await_message(|message| message == &json!({ "type": "connection_ack" }))
                    .await
                    .map(|_| None)
            }
            Meaning::WithoutDocument if !self.acknowledged => self.closes(&[4400, 4401]).await.map(Some),
            Meaning::WithoutDocument => self.refuses_or_closes().await,
            Meaning::Subscribe(..) if !self.acknowledged => self.closes(&[4401]).await.map(Some),
            Meaning::Subscribe(id, _) if self.live.contains(&id) => self.closes(&[4409]).await.map(Some),
            Meaning::Subscribe(id, operation) => self.answers(id, operation).await.map(|()| None),
            Meaning::Complete(id) => {
                if self.live.remove(&id) {
                    self.ending.insert(id);
                }
                Ok(None)
            }
        }
    }

    async fn answers(&mut self, id: String, operation: Operation) -> Verdict<()> {
        self.live.insert(id.clone());
        let kind = self.await_message(|message| message["id"] == id.as_str()).await?["type"].clone();
        match operation {
            Operation::Quotes | Operation::System if kind == "next" => Ok(()),
            Operation::Query if kind == "next" => {
                let done = json!({ "type": "complete", "id": id });
                self.await_message(|message| message == &done).await?;
                self.live.remove(&id);
                Ok(())
            }
            Operation::Malformed | Operation::Unknown | Operation::TwoRoots if kind == "error" => {
                self.live.remove(&id);
                Ok(())
            }
            _ => Err(format!("{operation:?} is answered by {kind}")),
        }
    }

    async fn refuses_or_closes(&mut self) -> Verdict<Option<u16>> {
        loop {
            match self.hear("an error or a close").await? {
                Heard::Message(message) if message["type"] == "error" => return Ok(None),
                Heard::Message(message) => self.expected(&message)?,
                Heard::Closed(code, reason) => {
                    return fits(code, &reason, &[4400, 4409]).map(Some);
                }
                other => return Err(format!("instead of an error: {other:?}")),
            }
        }
    }

    /// The socket still does what it should.
    async fn lives(&mut self) -> Verdict<()> {
        self.count += 1;
        let payload = json!({ "count": self.count });
        let ping = json!({ "type": "ping", "payload": payload }).to_string();
        self.send(&[Frame::whole(opcode::TEXT, ping).bytes()]).await?;
        self.await_pong(Some(&payload)).await
    }

    /// Breaks the rules of frames; the server must say which, where it can know.
    async fn break_rules(&mut self, fault: &Fault) -> Verdict<String> {
        // Where the server has closed it already, it may not take everything.
        for bytes in fault.pieces() {
            let _ = self.wire.write(&bytes).await;
        }
        match fault {
            Fault::Frame(_) | Fault::Frames(_) => {
                let code = self.closes(&[1002, 1003, 1007, 1009, 4400]).await;
                code.map(|code| code.to_string()).map_err(|why| format!("{why}, after {fault:?}"))
            }
            Fault::Close(_) | Fault::Truncated(_) | Fault::Garbage(_) => {
                self.wire.end().await;
                let closed = self.wire.closed(LIMIT).await;
                Ok(closed.map_or_else(|| "gone".to_owned(), |(code, _)| code.to_string()))
            }
        }
    }

    async fn await_pong(&mut self, payload: Option<&Value>) -> Verdict<()> {
        let expected = match payload {
            Some(payload) => json!({ "type": "pong", "payload": payload }),
            None => json!({ "type": "pong" }),
        };
        self.await_message(|message| message == &expected).await?;
        self.ending.clear();
        Ok(())
    }

    async fn await_message(&mut self, fits: impl Fn(&Value) -> bool) -> Verdict<Value> {
        loop {
            match self.hear("an answer").await? {
                Heard::Message(message) if fits(&message) => return Ok(message),
                Heard::Message(message) => self.expected(&message)?,
                Heard::Pong(_) => {}
                other => return Err(format!("instead of an answer: {other:?}")),
            }
        }
    }

    async fn await_control(&mut self, payload: &[u8]) -> Verdict<()> {
        loop {
            match self.hear("a control pong").await? {
                Heard::Pong(answer) if answer == payload => return Ok(()),
                Heard::Message(message) => self.expected(&message)?,
                other => return Err(format!("instead of a pong to {payload:?}: {other:?}")),
            }
        }
    }

    /// The code with which the server closes the socket, which must be one of these.
    async fn closes(&mut self, codes: &[u16]) -> Verdict<u16> {
        loop {
            match self.hear("a close").await? {
                Heard::Closed(code, reason) => return fits(code, &reason, codes),
                Heard::Message(message) if message["type"] == "next" || message["type"] == "ping" => {}
                Heard::Pong(_) => {}
                other => return Err(format!("instead of a close with one of {codes:?}: {other:?}")),
            }
        }
    }

    /// Whether a message may come at any time.
    fn expected(&self, message: &Value) -> Verdict<()> {
        let id = message["id"].as_str().unwrap_or_default();
        let known = self.live.contains(id) || self.ending.contains(id);
        match message["type"].as_str() {
            Some("ping") => Ok(()),
            Some("next") if known => Ok(()),
            _ => Err(format!("nobody asked for {message}")),
        }
    }

    async fn hear(&mut self, what: &str) -> Verdict<Heard> {
        loop {
            let heard = tokio::time::timeout(LIMIT, self.wire.hear()).await;
            match heard.map_err(|_| format!("not in time: {what}"))? {
                Heard::Ping(payload) => self.send(&[Frame::whole(opcode::PONG, payload).bytes()]).await?,
                heard => return Ok(heard),
            }
        }
    }

    async fn send(&mut self, pieces: &[Vec<u8>]) -> Verdict<()> {
        for piece in pieces {
            self.wire.write(piece).await.map_err(|error| format!("the socket is gone: {error}"))?;
        }
        Ok(())
    }

    fn text(&self, said: &Said) -> String {
        said.text(&self.client.token().unwrap_or_default(), self.instrument)
    }
}

fn fits(code: u16, reason: &str, codes: &[u16]) -> Verdict<u16> {
    if codes.contains(&code) && reason.len() > 10 {
        return Ok(code);
    }
    Err(format!("closed with {code} '{reason}' instead of one of {codes:?} and a reason"))
}
