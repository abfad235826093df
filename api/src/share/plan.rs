//! What a subscription asks for, in a form that does not depend on how it was written.
//!
//! Fragments are written out, directives and variables are resolved, and fields of one response key are merged, for
//! each type that an event may have. Whatever is not surely the same for everybody makes no plan, and goes the
//! plain way: that costs time, never correctness. What is *valid* is for the library to say, before.

use std::fmt::Write as _;

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{ID, InputType, Name, Positioned, Value, Variables};
use domain::bar::Series;
use domain::instrument::InstrumentId;

use crate::feed::Pace;
use crate::graphql::bar::BarSize;
use crate::graphql::depth::parse_levels;
use crate::graphql::indicator::{IndicatorInput, parse_indicators, written};
use crate::graphql::node::{self, GlobalId};
use crate::graphql::quote::{MAX_INSTRUMENTS, parse_pace};
use crate::share::shape::{self, Type};

/// The longest selection that is shared, written out: it is kept for each subject.
const MAX_SELECTION: usize = 4_096;

/// What one shared execution is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The quotes of an instrument.
    Quotes(InstrumentId),
    /// The live bar of a series.
    Bars(Series),
    /// The trades of an instrument.
    Trades(InstrumentId),
    /// So many levels of the depth of an instrument's market.
    Depth(InstrumentId, usize),
    /// Indicators of a series; which, the plan tells.
    Indicators(Series),
}

/// A subscription that can be shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is followed; each is executed once, for all who ask for it with the same selection.
    pub subjects: Vec<Subject>,
    /// How often.
    pub pace: Pace,
    /// How much the execution of one subject keeps in memory: 1, or of indicators so many as there are.
    pub load: u32,
    head: String,
    /// Arguments that all subjects have in common.
    common: String,
    selection: String,
}

impl Plan {
    /// The plan of this operation of a valid document; `None` where it has to go the plain way.
    pub fn of(
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Option<Self> {
        if operation.ty != OperationType::Subscription || !operation.directives.is_empty() {
            return None;
        }
        let [root] = operation.selection_set.node.items.as_slice() else { return None };
        let Selection::Field(field) = &root.node else { return None };
        if !field.node.directives.is_empty() {
            return None;
        }
        let reader = Reader { document, operation, variables };
        let Root { types, subjects, pace, load, common } = reader.root(&field.node)?;
        let mut selection = String::from("{");
        for kind in types {
            let fields = reader.fields(&[&field.node.selection_set.node], kind)?;
            if !fields.is_empty() {
                let _ = write!(selection, "...on {}{{{fields}}}", kind.name);
            }
        }
        if selection.len() == 1 || selection.len() > MAX_SELECTION {
            return None;
        }
        selection.push('}');
        let mut head = String::from("subscription{");
        if let Some(alias) = &field.node.alias {
            let _ = write!(head, "{}:", alias.node);
        }
        Some(Self { subjects, pace, load, head, common, selection })
    }

    /// The document that is executed for everybody who follows this subject with this plan.
    pub fn document(&self, subject: Subject) -> String {
        let Self { head, common, selection, .. } = self;
        match subject {
            Subject::Quotes(id) => {
                format!(
                    "{head}quotes(instruments:[\"{}\"]){selection}}}",
                    GlobalId::Instrument(id).encode().0
                )
            }
            Subject::Bars(series) => {
                let id = GlobalId::Instrument(series.instrument).encode().0;
                let size = async_graphql::resolver_utils::enum_value(BarSize::from(series.size));
                format!("{head}bars(instrument:\"{id}\",size:{size}){selection}}}")
            }
            Subject::Trades(id) => {
                format!("{head}trades(instrument:\"{}\"){selection}}}", GlobalId::Instrument(id).encode().0)
            }
            Subject::Depth(id, levels) => {
                let id = GlobalId::Instrument(id).encode().0;
                format!("{head}depth(instrument:\"{id}\",levels:{levels}){selection}}}")
            }
            Subject::Indicators(series) => {
                let id = GlobalId::Instrument(series.instrument).encode().0;
                let size = async_graphql::resolver_utils::enum_value(BarSize::from(series.size));
                format!("{head}indicators(instrument:\"{id}\",size:{size},{common}){selection}}}")
            }
        }
    }
}

type Types = &'static [&'static Type];

/// What a root field is about.
struct Root {
    types: Types,
    subjects: Vec<Subject>,
    pace: Pace,
    load: u32,
    common: String,
}

/// A field of one response key, with all the selections that were made of it.
struct Merged<'d> {
    key: &'d str,
    name: &'d str,
    below: Vec<&'d SelectionSet>,
}

/// A variable has no value.
struct NotGiven;

struct Reader<'d> {
    document: &'d ExecutableDocument,
    operation: &'d OperationDefinition,
    variables: &'d Variables,
}

impl<'d> Reader<'d> {
    /// What the root field is about.
    fn root(&self, field: &Field) -> Option<Root> {
        let max_hz = <Option<f64>>::parse(self.argument(field, "maxHz")).ok()?;
        let pace = parse_pace(max_hz).ok()?;
        let about = |types, subjects| Root { types, subjects, pace, load: 1, common: String::new() };
        match field.name.node.as_str() {
            "quotes" => {
                let ids = <Vec<ID>>::parse(self.argument(field, "instruments")).ok()?;
                let mut subjects = Vec::with_capacity(ids.len().min(MAX_INSTRUMENTS));
                if ids.len() > MAX_INSTRUMENTS {
                    return None;
                }
                for id in ids {
                    let subject = Subject::Quotes(node::read(&id)?);
                    if !subjects.contains(&subject) {
                        subjects.push(subject);
                    }
                }
                (!subjects.is_empty()).then(|| about(&shape::QUOTE_EVENT, subjects))
            }
            "bars" => Some(about(&shape::BAR_EVENT, vec![Subject::Bars(self.series(field)?)])),
            "indicators" => {
                let given = <Vec<IndicatorInput>>::parse(self.argument(field, "indicators")).ok()?;
                let indicators = parse_indicators(&given).ok()?;
                let load = u32::try_from(indicators.len()).ok()?;
                let common = format!("indicators:{}", written(&indicators));
                let subjects = vec![Subject::Indicators(self.series(field)?)];
                Some(Root { load, common, ..about(&shape::INDICATOR_EVENT, subjects) })
            }
            "trades" => {
                let subjects = vec![Subject::Trades(self.instrument(field)?)];
                Some(Root { pace: Pace::AS_TAKEN, ..about(&shape::TRADE_EVENT, subjects) })
            }
            "depth" => {
                let levels = <Option<i32>>::parse(self.argument(field, "levels")).ok()?;
                let subject = Subject::Depth(self.instrument(field)?, parse_levels(levels).ok()?);
                Some(about(&shape::DEPTH_EVENT, vec![subject]))
            }
            _ => None,
        }
    }

    /// The instrument that a field names.
    fn instrument(&self, field: &Field) -> Option<InstrumentId> {
        node::read(&ID::parse(self.argument(field, "instrument")).ok()?)
    }

    /// The series that a field names.
    fn series(&self, field: &Field) -> Option<Series> {
        let instrument = self.instrument(field)?;
        let size = BarSize::parse(self.argument(field, "size")).ok()?.into();
        Some(Series { instrument, size })
    }

    /// The value of an argument; `None` where neither it nor its variable is given.
    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        field.get_argument(name)?.node.clone().into_const_with(|name| self.variable(&name)).ok()
    }

    fn variable(&self, name: &Name) -> Result<Value, NotGiven> {
        if let Some(given) = self.variables.get(name) {
            return Ok(given.clone());
        }
        let definition =
            self.operation.variable_definitions.iter().find(|known| known.node.name.node == *name);
        let default = definition.and_then(|known| known.node.default_value.as_ref());
        default.map(|value| value.node.clone()).ok_or(NotGiven)
    }

    /// What these selections ask of an object of this type, written out; `None` where something of it cannot be
    /// shared.
    fn fields(&self, sets: &[&'d SelectionSet], kind: &Type) -> Option<String> {
        let mut merged = Vec::new();
        for set in sets {
            self.collect(set, kind, &mut merged)?;
        }
        let mut written = String::new();
        for Merged { key, name, below } in merged {
            if !written.is_empty() {
                written.push(' ');
            }
            if key != name {
                let _ = write!(written, "{key}:");
            }
            written.push_str(name);
            if name == "__typename" {
                continue;
            }
            if let Some(kind) = kind.field(name)?.below {
                let fields = self.fields(&below, kind)?;
                if fields.is_empty() {
                    return None;
                }
                let _ = write!(written, "{{{fields}}}");
            }
        }
        Some(written)
    }

    /// Merges what a selection asks of this type, in the order of first mention.
    fn collect(&self, set: &'d SelectionSet, kind: &Type, into: &mut Vec<Merged<'d>>) -> Option<()> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    if !field.arguments.is_empty() {
                        return None;
                    }
                    if self.is_left_out(&field.directives)? {
                        continue;
                    }
                    let (key, name) = (field.response_key().node.as_str(), field.name.node.as_str());
                    match into.iter_mut().find(|known| known.key == key) {
                        Some(known) if known.name == name => known.below.push(&field.selection_set.node),
                        Some(_) => return None,
                        None => into.push(Merged { key, name, below: vec![&field.selection_set.node] }),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    let on = fragment.type_condition.as_ref().map(|on| on.node.on.node.as_str());
                    if !self.is_left_out(&fragment.directives)? && applies(on, kind)? {
                        self.collect(&fragment.selection_set.node, kind, into)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &self.document.fragments.get(&spread.node.fragment_name.node)?.node;
                    if !fragment.directives.is_empty() {
                        return None;
                    }
                    let on = Some(fragment.type_condition.node.on.node.as_str());
                    if !self.is_left_out(&spread.node.directives)? && applies(on, kind)? {
                        self.collect(&fragment.selection_set.node, kind, into)?;
                    }
                }
            }
        }
        Some(())
    }

    /// Whether `@skip` or `@include` leaves something out; `None` for any other directive.
    fn is_left_out(&self, directives: &[Positioned<Directive>]) -> Option<bool> {
        let mut is_left_out = false;
        for directive in directives {
            let directive = &directive.node;
            let condition = directive.get_argument("if")?.node.clone();
            let Ok(Value::Boolean(given)) = condition.into_const_with(|name| self.variable(&name)) else {
                return None;
            };
            is_left_out |= match directive.name.node.as_str() {
                "skip" => given,
                "include" => !given,
                _ => return None,
            };
        }
        Some(is_left_out)
    }
}

/// Whether a fragment on this type is about an object of `kind`; `None` for types that are not followed.
fn applies(on: Option<&str>, kind: &Type) -> Option<bool> {
    let Some(on) = on else { return Some(true) };
    let events = [
        &shape::QUOTE_EVENT,
        &shape::BAR_EVENT,
        &shape::TRADE_EVENT,
        &shape::DEPTH_EVENT,
        &shape::INDICATOR_EVENT,
    ];
    let known = events.into_iter().flatten().any(|event| event.name == on);
    (known || on == kind.name).then_some(on == kind.name)
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> String {
        GlobalId::Instrument(InstrumentId::from_uuid(Uuid::from_u128(number))).encode().0
    }

    /// The plan of the only operation of a text.
    fn only(text: &str, variables: &Variables) -> Option<Plan> {
        let document = parse_query(text).unwrap();
        let operation = &document.operations.iter().next().unwrap().1.node;
        Plan::of(&document, operation, variables)
    }

    fn plan_with(text: &str, variables: serde_json::Value) -> Option<Plan> {
        let text = text.replace("$1", &format!("{:?}", id(1)));
        only(&text, &Variables::from_json(variables))
    }

    fn plan(text: &str) -> Option<Plan> {
        plan_with(text, json!({}))
    }

    /// The plan of this selection of a quote event.
    fn quotes(selection: &str) -> Option<Plan> {
        plan(&format!("subscription {{ quotes(instruments: [$1]) {{ {selection} }} }}"))
    }

    #[test]
    fn however_it_is_written_it_is_the_same() {
        let plain = quotes("... on Quote { state b: bid { price size } } ... on StreamGap { at }").unwrap();
        let gap = "... on StreamGap { at }";
        for other in [
            format!("...on Quote{{state,b:bid{{price}}b:bid{{size}}}}{gap}"),
            format!("{gap} ... on Quote {{ state }} ... on Quote {{ b: bid {{ price size }} state }}"),
            format!(
                "... on Quote {{ state @include(if: true) ask @skip(if: true) {{ price }} b: bid {{ price ... {{ size }} }} }} {gap}"
            ),
            format!(
                "... {{ ... on Quote {{ state ... on Quote {{ b: bid {{ ... on QuoteLevel {{ price size }} }} }} }} }} {gap} # so\n"
            ),
        ] {
            assert_eq!(quotes(&other).as_ref(), Some(&plain), "{other}");
        }
        let spread = "subscription { quotes(instruments: [$1]) { ...Q ...G } }
            fragment Q on Quote { state b: bid { ...L } } fragment L on QuoteLevel { price size } fragment G on StreamGap { at }";
        assert_eq!(plan(spread), Some(plain.clone()));
        for different in [
            "... on Quote { b: bid { price size } state } ... on StreamGap { at }",
            "... on Quote { state bid { price size } } ... on StreamGap { at }",
            "... on Quote { state b: bid { price size } }",
            "__typename ... on Quote { state b: bid { price size } } ... on StreamGap { at }",
        ] {
            assert_ne!(quotes(different).expect(different), plain, "{different}");
        }
    }

    #[test]
    fn variables_are_resolved() {
        let text = "subscription($ids: [ID!]!, $hz: Float = 5, $b: Boolean!) {
            quotes(instruments: $ids, maxHz: $hz) { ... on Quote { state reason @include(if: $b) } } }";
        let with = |b| plan_with(text, json!({ "ids": [id(1), id(2), id(1)], "b": b })).unwrap();
        assert_eq!(with(true).subjects.len(), 2);
        assert_eq!(with(true).pace, Pace::of_hz(5.0).unwrap());
        assert_ne!(with(true), with(false));
        let single = plan_with(text, json!({ "ids": id(1), "b": false, "hz": 7 })).unwrap();
        assert_eq!((single.subjects.len(), single.pace), (1, Pace::of_hz(7.0).unwrap()));
        for bad in [
            json!({ "b": true }),
            json!({ "ids": [], "b": true }),
            json!({ "ids": ["AAPL"], "b": true }),
            json!({ "ids": [id(1)], "b": true, "hz": 0 }),
            json!({ "ids": [id(1)], "b": true, "hz": "fast" }),
            json!({ "ids": [id(1)], "b": "yes" }),
            json!({ "ids": [id(1)] }),
            json!({ "ids": vec![id(1); 201], "b": true }),
        ] {
            assert_eq!(plan_with(text, bad.clone()), None, "{bad}");
        }
    }

    #[test]
    fn trades_and_depth_have_plans_of_their_own() {
        let one = InstrumentId::from_uuid(Uuid::from_u128(1));
        let trades = plan("subscription { trades(instrument: $1) { ... on Trade { price side } } }").unwrap();
        assert_eq!((trades.subjects, trades.pace), (vec![Subject::Trades(one)], Pace::AS_TAKEN));
        let depth = |arguments: &str| {
            plan(&format!(
                "subscription {{ depth(instrument: $1{arguments}) {{ ... on Depth {{ bids {{ price }} asks {{ size }} }} }} }}"
            ))
        };
        let usual = depth("").unwrap();
        assert_eq!(usual.subjects, [Subject::Depth(one, 10)]);
        assert_eq!(depth(", levels: 10, maxHz: 10"), Some(usual));
        assert_eq!(depth(", levels: 3, maxHz: 2").unwrap().pace, Pace::of_hz(2.0).unwrap());
        for refused in [", levels: 0", ", levels: 51", ", maxHz: 51"] {
            assert_eq!(depth(refused), None, "{refused}");
        }
        assert_eq!(plan("subscription { depth(instrument: $1) { ... on Depth { ageMs } } }"), None);
    }

    #[test]
    fn indicators_are_the_same_however_they_are_asked_for() {
        let indicators = |text: &str| {
            plan(&format!(
                "subscription {{ indicators(instrument: $1, size: MIN_5, indicators: {text}) {{ ... on IndicatorUpdate {{ time }} }} }}"
            ))
        };
        let plain = indicators("[{ kind: MACD }, { kind: SMA, length: 20, source: CLOSE }]").unwrap();
        let other = indicators("[{ slow: 26, fast: 12, kind: MACD, signal: null }, { kind: SMA }]");
        assert_eq!(other.as_ref(), Some(&plain));
        for different in ["[{ kind: SMA }, { kind: MACD }]", "[{ kind: SMA, length: 21 }]", "{ kind: SMA }"] {
            assert_ne!(indicators(different).expect(different), plain, "{different}");
        }
        for bad in ["[]", "[{ kind: SMA, length: 0 }]", "[{ kind: OBV, length: 2 }]", "[{ kind: $1 }]"] {
            assert_eq!(indicators(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_may_differ_between_askers_or_moments_is_not_shared() {
        for selection in [
            "... on Quote { state ageMs }",
            "... on Quote { instrument { symbol quote { state } } }",
            "... on Quote { instrument { ... on Node { id } } }",
            "... on Quote { bid @skip(if: false) @other(if: true) { price } }",
            "... on Quote { unknown }",
            "... on Quote { bid { price @skip(if: true) } }",
            "... on Quote @skip(if: true) { state }",
            "... on Quote { state: reason state }",
        ] {
            assert_eq!(quotes(selection), None, "{selection}");
        }
        for text in [
            "subscription { system { version } }",
            "subscription { quotes(instruments: [$1]) @include(if: true) { ... on Quote { state } } }",
            "subscription { ... on Subscription { quotes(instruments: [$1]) { ... on Quote { state } } } }",
            "subscription @live { quotes(instruments: [$1]) { ... on Quote { state } } }",
        ] {
            assert_eq!(plan(text), None, "{text}");
        }
    }

    #[test]
    fn the_shared_document_means_the_same() {
        let texts = [
            "subscription{quotes(instruments:[$1]){...on Quote{state}}}",
            "subscription Long($unused: Int) {\n\n   q: quotes(instruments: [$1]) { __typename }\n}",
            "subscription S {\n\t\tbars(instrument: $1, size: MIN_5) { ... on BarUpdate { bar { close } } } }",
            "# a comment\n\n\nsubscription\n{\nbars(instrument: $1, size: DAY_1) { ... on StreamGap { at } } }",
            "subscription { trades(instrument: $1) { ... on Trade { price instrument { symbol } } ... on StreamGap { reason } } }",
            "subscription { d: depth(instrument: $1, levels: 7) { ... on Depth { bids { price exchange } state } } }",
            "subscription { indicators(instrument: $1, size: MIN_1, indicators: { kind: RSI }) { ... on IndicatorUpdate { indicators { lines { value } } } } }",
        ];
        for text in texts {
            let plan = plan(text).unwrap();
            let document = plan.document(plan.subjects[0]);
            let again = only(&document, &Variables::default()).unwrap();
            assert_eq!((&again.head, &again.selection), (&plan.head, &plan.selection), "{document}");
            assert_eq!(again.common, plan.common);
            assert_eq!(again.subjects, plan.subjects);
        }
        let far =
            "subscription Elsewhere {\n\n\n\n     quotes(instruments: [$1]) { ... on Quote { state } } }";
        assert_eq!(plan(far), quotes("...on Quote{state}"), "wherever it stands");
        let long =
            (0..300).map(|number| format!("a_long_alias_{number}: state ")).collect::<Vec<_>>().concat();
        assert_eq!(quotes(&format!("... on Quote {{ {long} }}")), None, "what is shared is small");
    }
}
