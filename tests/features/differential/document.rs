//! Subscriptions at random: written in many ways, most of them valid.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::writing::{NAMED, is_used, name_fragments, spaced};

/// The response key of the field that cannot be shared.
pub const OWN: &str = "zzz";

/// Stands for the place of that field, at the end of the root field's selection.
const PLACE: &str = "%OWN%";

/// What is followed.
#[derive(Clone, Debug)]
pub struct Topic {
    instruments: Vec<String>,
    event: Kind,
    root: Root,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Quotes,
    Bars,
}

impl Topic {
    /// The quotes of one or two of these.
    pub fn quotes(instruments: [String; 2]) -> Self {
        Self { instruments: instruments.into(), event: QUOTE, root: Root::Quotes }
    }

    /// The bars of a day.
    pub fn bars(instruments: [String; 1]) -> Self {
        Self { instruments: instruments.into(), event: BAR_UPDATE, root: Root::Bars }
    }

    /// What cannot be shared.
    fn own(&self) -> String {
        match self.root {
            Root::Quotes => format!("... on Quote {{ {OWN}: ageMs }}"),
            Root::Bars => format!("... on BarUpdate {{ {OWN}: instrument {{ quote {{ state }} }} }}"),
        }
    }
}

/// A type with its fields: those without fields of their own, and the others.
#[derive(Clone, Copy, Debug)]
struct Kind {
    name: &'static str,
    leaves: &'static [&'static str],
    objects: &'static [(&'static str, Kind)],
}

const INSTRUMENT: Kind = Kind {
    name: "Instrument",
    leaves: &["id", "symbol", "name", "assetClass", "exchange", "currency", "priceIncrement", "environment"],
    objects: &[],
};
const LEVEL: Kind = Kind { name: "QuoteLevel", leaves: &["price", "size"], objects: &[] };
const QUOTE: Kind = Kind {
    name: "Quote",
    leaves: &[
        "open",
        "high",
        "previousClose",
        "volume",
        "change",
        "sourceAt",
        "receivedAt",
        "state",
        "reason",
        "epoch",
        "sequence",
    ],
    objects: &[("instrument", INSTRUMENT), ("bid", LEVEL), ("ask", LEVEL), ("last", LEVEL)],
};
const BAR: Kind =
    Kind { name: "Bar", leaves: &["time", "open", "high", "low", "close", "volume"], objects: &[] };
const BAR_UPDATE: Kind = Kind {
    name: "BarUpdate",
    leaves: &["size", "phase", "state", "epoch", "sequence"],
    objects: &[("instrument", INSTRUMENT), ("bar", BAR)],
};
const GAP: Kind =
    Kind { name: "StreamGap", leaves: &["afterSequence", "at"], objects: &[("instrument", INSTRUMENT)] };

/// A request.
#[derive(Clone, Debug)]
pub struct Document {
    text: String,
    own: String,
    name: Option<String>,
    variables: Map<String, Value>,
    instruments: Vec<String>,
}

impl Document {
    /// The payload of `subscribe`, as it is or as one of its own.
    pub fn payload(&self, own: Option<()>) -> Value {
        let field = own.map_or("", |()| self.own.as_str());
        json!({ "query": self.text.replace(PLACE, field), "operationName": self.name, "variables": self.variables })
    }

    /// Whether it is about this instrument.
    pub fn follows(&self, instrument: &str) -> bool {
        self.instruments.iter().any(|known| known == instrument)
    }
}

/// Any subscription to this topic. What it is told can be told apart by the keys `k0` and `k1`.
pub fn any(topic: &Topic) -> BoxedStrategy<Document> {
    let key = format!("... on {} {{ k0: sequence k1: instrument {{ id }} }}", topic.event.name);
    let parts = vec(part(topic.event), 0..6).prop_map(|parts| parts.join(" "));
    let selection = prop_oneof![
        3 => parts.clone().prop_map({ let key = key.clone(); move |parts| format!("{key} {parts}") }),
        2 => parts.prop_map(move |parts| format!("{parts} {key}")),
    ];
    let alias = select(vec!["", "", "r: ", "quotes: "]);
    let others =
        select(vec!["", "", "query Other { __typename }", "subscription Other { system { version } }"]);
    let topic = topic.clone();
    (selection, root(&topic), alias, others, vec(blank(), 16))
        .prop_map(move |(selection, root, alias, others, blanks)| {
            assemble(&topic, &Draft { selection, root, alias, others, blanks })
        })
        // One alias more must not pass the limit of aliases.
        .prop_filter("few aliases", |document| document.text.matches(':').count() < 28)
        .boxed()
}

/// The parts of a document.
struct Draft {
    selection: String,
    root: (String, Vec<String>),
    alias: &'static str,
    others: &'static str,
    blanks: Vec<&'static str>,
}

/// The root field with its arguments, and which instruments it names.
fn root(topic: &Topic) -> BoxedStrategy<(String, Vec<String>)> {
    let hz = select(vec!["maxHz: 50", "maxHz: $hz", "maxHz: 50.0"]);
    if topic.root == Root::Bars {
        let ids = topic.instruments.clone();
        let instrument = select(vec!["$id".to_owned(), format!("{:?}", ids[0])]);
        return (instrument, hz)
            .prop_map(move |(id, hz)| (format!("bars(instrument: {id}, size: DAY_1, {hz})"), ids.clone()))
            .boxed();
    }
    let [first, second] = [topic.instruments[0].clone(), topic.instruments[1].clone()];
    let both = vec![first.clone(), second.clone()];
    let named = vec![
        (format!("[{first:?}]"), vec![first.clone()]),
        (format!("{first:?}"), vec![first.clone()]),
        (format!("[{first:?}, {second:?}]"), both.clone()),
        (format!("[{second:?}, {first:?}, {second:?}]"), both.clone()),
        ("$ids".to_owned(), both),
        ("[$id]".to_owned(), vec![first]),
    ];
    (select(named), hz)
        .prop_map(|((ids, known), hz)| (format!("quotes({hz}, instruments: {ids})"), known))
        .boxed()
}

/// A part of the root field's selection, which is a union.
fn part(event: Kind) -> BoxedStrategy<String> {
    let of = move |kind: Kind| {
        let fragment = prop_oneof![
            3 => Just(format!("... on {}", kind.name)),
            2 => Just(format!("{NAMED}{}", kind.name)),
        ];
        (fragment, directive(), selection(kind, 3))
            .prop_map(|(begin, directive, fields)| format!("{begin}{directive} {{ {fields} }}"))
    };
    prop_oneof![
        2 => alias("__typename"),
        6 => of(event),
        3 => of(GAP),
        1 => (of(event), directive()).prop_map(|(inner, directive)| format!("...{directive} {{ {inner} }}")),
        1 => rare_fault(),
    ]
    .boxed()
}

/// Mostly nothing of note; sometimes a fault.
fn rare_fault() -> impl Strategy<Value = String> {
    prop_oneof![6 => Just("__typename".to_owned()), 1 => Just("... on Quote { nothing }".to_owned()), 1 => Just("... on Nothing { at }".to_owned())]
}

/// Some fields of a type, at least one.
fn selection(kind: Kind, depth: u32) -> BoxedStrategy<String> {
    let leaf = select(kind.leaves).prop_flat_map(alias);
    let leaf = (leaf, directive()).prop_map(|(name, directive)| format!("{name}{directive}"));
    // The library does not look into the directives of a __typename, and takes its variables for unused.
    let mut fields = vec![(6, leaf.boxed()), (1, alias("__typename").boxed())];
    if !kind.objects.is_empty() {
        let object = select(kind.objects).prop_flat_map(move |(name, below)| {
            (alias(name), directive(), selection(below, depth.saturating_sub(1)))
                .prop_map(|(name, directive, below)| format!("{name}{directive} {{ {below} }}"))
        });
        fields.push((4, object.boxed()));
    }
    if depth > 0 {
        let begin =
            select(vec!["...".to_owned(), format!("... on {}", kind.name), format!("{NAMED}{}", kind.name)]);
        let fragment = (begin, directive(), selection(kind, depth - 1))
            .prop_map(|(begin, directive, fields)| format!("{begin}{directive} {{ {fields} }}"));
        fields.push((2, fragment.boxed()));
    }
    vec(proptest::strategy::Union::new_weighted(fields), 1..5).prop_map(|fields| fields.join(" ")).boxed()
}

/// A field under its own name or one of two others, which no other field has.
fn alias(name: &'static str) -> impl Strategy<Value = String> {
    select(vec![name.to_owned(), name.to_owned(), format!("x_{name}: {name}"), format!("y_{name}: {name}")])
}

fn directive() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        6 => Just(""),
        1 => select(vec![
            " @include(if: $yes)",
            " @skip(if: $yes)",
            " @include(if: $no)",
            " @skip(if: $no)",
            " @skip(if: false)",
            " @include(if: true) @skip(if: $no)",
        ]),
    ]
}

/// What may stand where a space stands.
fn blank() -> impl Strategy<Value = &'static str> {
    select(vec![" ", " ", " ", "  ", "\t", ", ", "\n", "\r\n", " # a comment { \"\n", "\u{feff} "])
}

fn assemble(topic: &Topic, draft: &Draft) -> Document {
    let (root, instruments) = &draft.root;
    let body = format!("{{ {}{root} {{ {} {PLACE}\n }} }}", draft.alias, draft.selection);
    let (body, fragments) = name_fragments(&body);
    let everything = format!("{body} {fragments}");
    let known = [
        ("$yes: Boolean!", json!(true)),
        ("$no: Boolean = false", Value::Null),
        ("$hz: Float", json!(50)),
        ("$ids: [ID!]!", json!(topic.instruments)),
        ("$id: ID!", json!(topic.instruments[0])),
    ];
    let used = known
        .into_iter()
        .filter(|(declared, _)| is_used(&everything, declared.split(':').next().unwrap_or_default()));
    let (mut declared, mut variables) = (Vec::new(), Map::new());
    for (definition, value) in used {
        declared.push(definition);
        // A variable without a value takes its default.
        if !value.is_null() {
            let name = definition[1..].split(':').next().unwrap_or_default();
            variables.insert(name.to_owned(), value);
        }
    }
    let declared = if declared.is_empty() { String::new() } else { format!("({})", declared.join(", ")) };
    let text = spaced(&format!("subscription S{declared} {body}"), &draft.blanks);
    let name = (!draft.others.is_empty()).then(|| "S".to_owned());
    let text = format!("{text}\n{}\n{}", spaced(&fragments, &draft.blanks), draft.others);
    Document { text, own: topic.own(), name, variables, instruments: instruments.clone() }
}
