//! What a client may do, and how likely it does it.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use tests::wire::{Frame, opcode};

/// A client's life on one socket.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it does before it ends.
    pub steps: Vec<Step>,
    /// How it breaks the rules of frames at the end, where it does.
    pub fault: Option<Fault>,
    /// Whether it waits for answers.
    pub pace: Pace,
}

/// Whether a client waits for answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// After each step.
    Patient,
    /// Everything is sent at once.
    Burst,
}

/// One thing that a client does by the rules of frames.
#[derive(Clone, Debug)]
pub enum Step {
    /// A message, of the protocol or not.
    Say(Said, Cut),
    /// A sign of life is asked for by a control frame.
    Ping(Vec<u8>),
    /// A control frame that answers nothing.
    Pong(Vec<u8>),
}

/// A message.
#[derive(Clone, Debug)]
pub enum Said {
    /// `connection_init` with the access token.
    Init,
    /// An operation.
    Subscribe(u8, Operation),
    /// Something in JSON.
    Json(Value),
    /// Some text.
    Text(String),
}

/// An operation whose answer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Follows the quotes of one instrument.
    Quotes,
    /// Follows the installation's state.
    System,
    /// Asks once.
    Query,
    /// Cannot be parsed.
    Malformed,
    /// Asks for what is not there.
    Unknown,
    /// Has two root fields.
    TwoRoots,
}

/// How a message goes over the wire.
#[derive(Clone, Debug)]
pub enum Cut {
    /// In one frame.
    Whole,
    /// In frames of these lengths and one for the rest, with control frames between them.
    Parts(Vec<usize>),
    /// In one frame, whose bytes come in small pieces of this length.
    Dribble(usize),
}

/// A breach of the rules of frames.
#[derive(Clone, Debug)]
pub enum Fault {
    /// A frame that must not be.
    Frame(Frame),
    /// Two frames that must not follow each other.
    Frames([Frame; 2]),
    /// A close that is no good one.
    Close(Vec<u8>),
    /// The beginning of a frame, and then the end of the connection.
    Truncated(usize),
    /// Any bytes, and then the end of the connection.
    Garbage(Vec<u8>),
}

/// Any case.
pub fn case() -> impl Strategy<Value = Case> {
    let steps = vec(step(), 0..10);
    // Most clients begin well: without that, hardly any would get anywhere.
    let begin = prop_oneof![4 => Just(vec![Step::Say(Said::Init, Cut::Whole)]), 1 => Just(Vec::new())];
    let pace = prop_oneof![3 => Just(Pace::Patient), 1 => Just(Pace::Burst)];
    (begin, steps, option::weighted(0.6, fault()), pace).prop_map(|(mut begin, steps, fault, pace)| {
        begin.extend(steps);
        Case { steps: begin, fault, pace }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let said = prop_oneof![
        1 => Just(Said::Init),
        20 => (0..4_u8, operation()).prop_map(|(id, operation)| Said::Subscribe(id, operation)),
        12 => (0..4_u8).prop_map(|id| Said::Json(json!({ "type": "complete", "id": id.to_string() }))),
        12 => option::of(json_object()).prop_map(|payload| Said::Json(with(json!({ "type": "ping" }), "payload", payload))),
        2 => Just(Said::Json(json!({ "type": "pong" }))),
        2 => shaped().prop_map(Said::Json),
        1 => any_json().prop_map(Said::Json),
        1 => "\\PC{0,40}".prop_map(Said::Text),
    ];
    prop_oneof![
        8 => (said, cut()).prop_map(|(said, cut)| Step::Say(said, cut)),
        1 => vec(any::<u8>(), 0..=125).prop_map(Step::Ping),
        1 => vec(any::<u8>(), 0..=125).prop_map(Step::Pong),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation::{Malformed, Query, Quotes, System, TwoRoots, Unknown};
    select(vec![Quotes, System, Query, Malformed, Unknown, TwoRoots])
}

fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![
        3 => Just(Cut::Whole),
        2 => vec(0..60_usize, 1..5).prop_map(Cut::Parts),
        1 => (1..20_usize).prop_map(Cut::Dribble),
    ]
}

/// Messages of about the right shape.
fn shaped() -> impl Strategy<Value = Value> {
    let kinds = [
        "connection_init",
        "ping",
        "pong",
        "subscribe",
        "complete",
        "connection_ack",
        "next",
        "start",
        "ka",
        "",
    ];
    let kind = prop_oneof![9 => select(kinds.to_vec()).prop_map(Value::from), 1 => any_json()];
    let id = prop_oneof![4 => (0..4_u8).prop_map(|id| json!(id.to_string())), 1 => Just(json!("")), 1 => any_json()];
    let query = prop_oneof![Just(json!("{ viewer { role } }")), Just(json!("{")), any_json()];
    let request = (query, option::of(any_json()), option::of(any_json()), option::of(any_json())).prop_map(
        |(query, variables, name, extensions)| {
            let request = with(json!({ "query": query }), "variables", variables);
            with(with(request, "operationName", name), "extensions", extensions)
        },
    );
    let payload = prop_oneof![3 => request, 1 => json_object(), 1 => any_json()];
    (option::weighted(0.95, kind), option::weighted(0.8, id), option::weighted(0.8, payload)).prop_map(
        |(kind, id, payload)| with(with(with(json!({}), "type", kind), "id", id), "payload", payload),
    )
}

fn with(mut object: Value, name: &str, value: Option<Value>) -> Value {
    if let Some(value) = value {
        object[name] = value;
    }
    object
}

fn json_object() -> impl Strategy<Value = Value> {
    vec(("[a-z]{1,6}", any_json()), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("[a-z]{1,6}", inner), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn fault() -> impl Strategy<Value = Fault> {
    let text = || Frame::whole(opcode::TEXT, r#"{"type":"ping"}"#);
    let head = |head: u8| Fault::Frame(Frame { head, ..Frame::whole(opcode::TEXT, r#"{"type":"ping"}"#) });
    let claims =
        |length: u64| Fault::Frame(Frame { claims: Some(length), ..Frame::whole(opcode::TEXT, "{}") });
    let invalid = vec![&b"\"\xff\""[..], b"\"\xc3\x28\"", b"\"\xed\xa0\x80\"", b"\"\xf5\x80\x80\x80\""];
    prop_oneof![
        Just(Fault::Frame(Frame { masked: false, ..text() })),
        (1..8_u8).prop_map(move |bits| head(0x80 | (bits << 4) | opcode::TEXT)),
        select(vec![3_u8, 4, 5, 6, 7, 11, 12, 13, 14, 15]).prop_map(move |opcode| head(0x80 | opcode)),
        select(vec![opcode::CLOSE, opcode::PING, opcode::PONG])
            .prop_map(|opcode| Fault::Frame(Frame::whole(opcode, vec![b'a'; 126]))),
        select(vec![opcode::PING, opcode::PONG]).prop_map(|opcode| Fault::Frame(Frame::part(opcode, "a"))),
        Just(Fault::Frame(Frame::whole(opcode::CONTINUATION, "a"))),
        Just(Fault::Frames([Frame::part(opcode::TEXT, "{"), text()])),
        Just(Fault::Frame(Frame::whole(opcode::BINARY, "{}"))),
        select(invalid.clone()).prop_map(|bytes| Fault::Frame(Frame::whole(opcode::TEXT, bytes))),
        select(invalid).prop_map(|bytes| {
            Fault::Frames([
                Frame::part(opcode::TEXT, &bytes[..2]),
                Frame::whole(opcode::CONTINUATION, &bytes[2..]),
            ])
        }),
        (200_000..u64::MAX).prop_map(claims),
        select(vec![1_u64 << 31, 1 << 32, 1 << 62, 1 << 63, u64::MAX]).prop_map(claims),
        (70_000..200_000_usize)
            .prop_map(|length| Fault::Frame(Frame::whole(opcode::TEXT, vec![b'a'; length]))),
        Just(Fault::Frames([
            Frame::part(opcode::TEXT, vec![b'a'; 60_000]),
            Frame::part(opcode::CONTINUATION, vec![b'a'; 60_000]),
        ])),
        select(vec![vec![3], vec![0, 1], vec![3, 0xed], vec![0xff, 0xff], b"\x03\xe8\xff".to_vec(), vec![]])
            .prop_map(Fault::Close),
        (1..20_usize).prop_map(Fault::Truncated),
        vec(any::<u8>(), 1..200).prop_map(Fault::Garbage),
    ]
}

impl Said {
    /// The text of it.
    pub fn text(&self, token: &str, instrument: &str) -> String {
        match self {
            Self::Init => {
                let payload = json!({ "accessToken": token });
                json!({ "type": "connection_init", "payload": payload }).to_string()
            }
            Self::Subscribe(id, operation) => {
                let query = match operation {
                    Operation::Quotes => {
                        format!(
                            "subscription {{ quotes(instruments: [\"{instrument}\"]) {{ __typename ... on Quote {{ sequence state }} }} }}"
                        )
                    }
                    Operation::System => "subscription { system { time desk { state } } }".to_owned(),
                    Operation::Query => "{ viewer { username } }".to_owned(),
                    Operation::Malformed => "subscription { quotes(".to_owned(),
                    Operation::Unknown => "subscription { nothing }".to_owned(),
                    Operation::TwoRoots => {
                        "subscription { a: system { time } b: system { time } }".to_owned()
                    }
                };
                json!({ "type": "subscribe", "id": id.to_string(), "payload": { "query": query } })
                    .to_string()
            }
            Self::Json(value) => value.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Cut {
    /// The bytes of a message, in the pieces in which they are written.
    pub fn frames(&self, text: &str) -> Vec<Vec<u8>> {
        let text = text.as_bytes();
        match self {
            Self::Whole => vec![Frame::whole(opcode::TEXT, text).bytes()],
            Self::Dribble(length) => {
                Frame::whole(opcode::TEXT, text).bytes().chunks(*length).map(<[u8]>::to_vec).collect()
            }
            Self::Parts(lengths) => {
                let (mut pieces, mut rest, mut kind) = (Vec::new(), text, opcode::TEXT);
                for (length, control) in lengths.iter().zip(self.controls()) {
                    let (part, others) = rest.split_at(rest.len().min(*length));
                    pieces.push(Frame::part(kind, part).bytes());
                    pieces.push(Frame::whole(opcode::PING, control).bytes());
                    (rest, kind) = (others, opcode::CONTINUATION);
                }
                pieces.push(Frame::whole(kind, rest).bytes());
                pieces
            }
        }
    }

    /// What the control frames between the parts carry.
    pub fn controls(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Parts(lengths) => (0..lengths.len()).map(|n| format!("part {n}").into_bytes()).collect(),
            Self::Whole | Self::Dribble(_) => Vec::new(),
        }
    }
}

impl Fault {
    /// What goes over the wire.
    pub fn pieces(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Frame(frame) => vec![frame.bytes()],
            Self::Frames(frames) => frames.iter().map(Frame::bytes).collect(),
            Self::Close(payload) => vec![Frame::whole(opcode::CLOSE, payload.clone()).bytes()],
            Self::Truncated(length) => {
                let whole = Frame::whole(opcode::TEXT, r#"{"type":"ping","payload":{}}"#).bytes();
                vec![whole[..*length].to_vec()]
            }
            Self::Garbage(bytes) => vec![bytes.clone()],
        }
    }
}
