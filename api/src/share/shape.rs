//! Which fields may be shared: the same for whoever asks, and for as long as the value stands.
//!
//! A field that depends on the asker, takes arguments, or changes by itself (an age) is not in here; a selection
//! that holds one is executed for its subscriber alone. A test holds this against the schema.

/// A shareable field: its name, and its type where that has fields of its own.
pub struct Field {
    /// The name in the schema.
    pub name: &'static str,
    /// The object type behind it.
    pub below: Option<&'static Type>,
}

/// An object type with its shareable fields.
pub struct Type {
    /// The name in the schema.
    pub name: &'static str,
    /// What may be shared of it.
    pub fields: &'static [Field],
}

impl Type {
    /// The shareable field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

const fn leaf(name: &'static str) -> Field {
    Field { name, below: None }
}

const fn object(name: &'static str, below: &'static Type) -> Field {
    Field { name, below: Some(below) }
}

static INSTRUMENT: Type = Type {
    name: "Instrument",
    fields: &[
        leaf("id"),
        leaf("symbol"),
        leaf("name"),
        leaf("assetClass"),
        leaf("exchange"),
        leaf("primaryExchange"),
        leaf("currency"),
        leaf("priceIncrement"),
        leaf("multiplier"),
        leaf("timeZone"),
        leaf("connection"),
        leaf("environment"),
    ],
};

static LEVEL: Type = Type { name: "QuoteLevel", fields: &[leaf("price"), leaf("size")] };

static QUOTE: Type = Type {
    name: "Quote",
    fields: &[
        object("instrument", &INSTRUMENT),
        object("bid", &LEVEL),
        object("ask", &LEVEL),
        object("last", &LEVEL),
        leaf("open"),
        leaf("high"),
        leaf("low"),
        leaf("previousClose"),
        leaf("volume"),
        leaf("change"),
        leaf("changePercent"),
        leaf("sourceAt"),
        leaf("receivedAt"),
        leaf("state"),
        leaf("reason"),
        leaf("epoch"),
        leaf("sequence"),
    ],
};

static BAR: Type = Type {
    name: "Bar",
    fields: &[leaf("time"), leaf("open"), leaf("high"), leaf("low"), leaf("close"), leaf("volume")],
};

static BAR_UPDATE: Type = Type {
    name: "BarUpdate",
    fields: &[
        object("instrument", &INSTRUMENT),
        leaf("size"),
        object("bar", &BAR),
        leaf("phase"),
        leaf("state"),
        leaf("epoch"),
        leaf("sequence"),
    ],
};

static TRADE: Type = Type {
    name: "Trade",
    fields: &[
        object("instrument", &INSTRUMENT),
        leaf("price"),
        leaf("size"),
        leaf("exchange"),
        leaf("conditions"),
        leaf("side"),
        leaf("unreported"),
        leaf("pastLimit"),
        leaf("sourceAt"),
        leaf("receivedAt"),
        leaf("state"),
        leaf("epoch"),
        leaf("sequence"),
    ],
};

static INDICATOR_VALUE: Type = Type { name: "IndicatorValue", fields: &[leaf("name"), leaf("value")] };

static INDICATOR_NOW: Type =
    Type { name: "IndicatorNow", fields: &[leaf("kind"), leaf("name"), object("lines", &INDICATOR_VALUE)] };

static INDICATOR_UPDATE: Type = Type {
    name: "IndicatorUpdate",
    fields: &[
        object("instrument", &INSTRUMENT),
        leaf("size"),
        leaf("time"),
        leaf("phase"),
        object("indicators", &INDICATOR_NOW),
        leaf("state"),
        leaf("epoch"),
        leaf("sequence"),
    ],
};

static DEPTH_LEVEL: Type =
    Type { name: "DepthLevel", fields: &[leaf("price"), leaf("size"), leaf("exchange")] };

static DEPTH: Type = Type {
    name: "Depth",
    fields: &[
        object("instrument", &INSTRUMENT),
        object("bids", &DEPTH_LEVEL),
        object("asks", &DEPTH_LEVEL),
        leaf("receivedAt"),
        leaf("state"),
        leaf("reason"),
        leaf("epoch"),
        leaf("sequence"),
    ],
};

static STREAM_GAP: Type = Type {
    name: "StreamGap",
    fields: &[object("instrument", &INSTRUMENT), leaf("afterSequence"), leaf("at"), leaf("reason")],
};

/// What a subscription to quotes yields.
pub static QUOTE_EVENT: [&Type; 2] = [&QUOTE, &STREAM_GAP];

/// What a subscription to bars yields.
pub static BAR_EVENT: [&Type; 2] = [&BAR_UPDATE, &STREAM_GAP];

/// What a subscription to trades yields.
pub static TRADE_EVENT: [&Type; 2] = [&TRADE, &STREAM_GAP];

/// What a subscription to depth yields.
pub static DEPTH_EVENT: [&Type; 2] = [&DEPTH, &STREAM_GAP];
/// What a subscription to indicators yields.
pub static INDICATOR_EVENT: [&Type; 2] = [&INDICATOR_UPDATE, &STREAM_GAP];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use async_graphql::parser::parse_schema;
    use async_graphql::parser::types::{
        BaseType, FieldDefinition, ServiceDocument, TypeKind, TypeSystemDefinition,
    };

    use super::*;

    /// Every shared type.
    const SHARED: [&Type; 12] = [
        &QUOTE,
        &STREAM_GAP,
        &INSTRUMENT,
        &LEVEL,
        &BAR,
        &BAR_UPDATE,
        &INDICATOR_UPDATE,
        &INDICATOR_NOW,
        &INDICATOR_VALUE,
        &TRADE,
        &DEPTH,
        &DEPTH_LEVEL,
    ];

    /// Fields of shared types that are not shared, each for a reason.
    const PLAIN: [(&str, &str); 3] = [
        // They grow by themselves.
        ("Quote", "ageMs"),
        ("Depth", "ageMs"),
        // It is asked for anew, and would not belong to the moment of the event.
        ("Instrument", "quote"),
    ];

    fn fields<'d>(schema: &'d ServiceDocument, name: &str) -> Vec<&'d FieldDefinition> {
        let found = schema.definitions.iter().find_map(|definition| match definition {
            TypeSystemDefinition::Type(kind) if kind.node.name.node == name => match &kind.node.kind {
                TypeKind::Object(object) => Some(object.fields.iter().map(|field| &field.node).collect()),
                _ => None,
            },
            _ => None,
        });
        found.unwrap_or_else(|| panic!("{name} is an object type of the schema"))
    }

    fn base(kind: &BaseType) -> &str {
        match kind {
            BaseType::Named(name) => name,
            BaseType::List(inner) => base(&inner.base),
        }
    }

    #[test]
    fn every_field_of_a_shared_type_was_decided_upon() {
        let schema = parse_schema(crate::sdl()).unwrap();
        for kind in SHARED {
            let shared = kind.fields.iter().map(|field| field.name);
            let plain = PLAIN.iter().filter(|(name, _)| *name == kind.name).map(|(_, field)| *field);
            let decided: BTreeSet<&str> = shared.chain(plain).collect();
            let known: BTreeSet<&str> =
                fields(&schema, kind.name).iter().map(|field| field.name.node.as_str()).collect();
            assert_eq!(decided, known, "{}: share a new field, or name it in PLAIN", kind.name);
        }
    }

    #[test]
    fn shared_fields_take_no_arguments_and_have_the_types_that_are_said() {
        let schema = parse_schema(crate::sdl()).unwrap();
        for kind in SHARED {
            for field in fields(&schema, kind.name) {
                let Some(shared) = kind.field(&field.name.node) else { continue };
                assert!(field.arguments.is_empty(), "{}.{}", kind.name, shared.name);
                if let Some(below) = shared.below {
                    assert_eq!(base(&field.ty.node.base), below.name, "{}.{}", kind.name, shared.name);
                }
            }
        }
    }
}
