//! Why some quotes do not come, as the server said, until they come or are asked for again.

use std::collections::HashMap;

use crate::graphql::failure::Failure;
use crate::graphql::instrument::{Instrument, InstrumentId};

/// What the server refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// By instrument.
    each: HashMap<InstrumentId, Failure>,
    /// What is about no instrument in particular.
    general: Option<Failure>,
}

impl Refusals {
    /// Takes in a refusal; returns which instrument it is about.
    pub fn add(&mut self, failure: Failure) -> Option<InstrumentId> {
        if let Failure::Refused { instrument: Some(id), .. } = &failure {
            let id = id.clone();
            self.each.insert(id.clone(), failure);
            return Some(id);
        }
        self.general = Some(failure);
        None
    }

    /// These instruments are asked for again.
    pub fn start_over(&mut self, instruments: &[InstrumentId]) {
        self.general = None;
        self.each.retain(|id, _| !instruments.contains(id));
    }

    /// This instrument's quote came, so that nothing is refused any more.
    pub fn answered(&mut self, instrument: &InstrumentId) {
        self.general = None;
        self.each.remove(instrument);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.general.is_none() && self.each.is_empty()
    }

    /// Why this instrument's quote does not come.
    pub fn about(&self, instrument: &InstrumentId) -> Option<&Failure> {
        self.each.get(instrument)
    }

    /// What has to be told over a list of these instruments: each reason once, with the symbols that it is
    /// about, or none where it is about all.
    pub fn told<'a>(&'a self, instruments: &'a [Instrument]) -> Vec<(Vec<&'a str>, &'a Failure)> {
        let mut told: Vec<(Vec<&str>, &Failure)> =
            self.general.iter().map(|failure| (Vec::new(), failure)).collect();
        for instrument in instruments {
            let Some(failure) = self.about(&instrument.id) else { continue };
            match told.iter_mut().find(|(_, known)| known.says_the_same(failure)) {
                Some((symbols, _)) => symbols.push(&instrument.symbol),
                None => told.push((vec![&instrument.symbol], failure)),
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::instrument::AssetClass;
    use crate::graphql::system::Environment;

    fn refused(code: &str, instrument: Option<&str>) -> Failure {
        let instrument = instrument.map(InstrumentId::new);
        Failure::Refused { code: code.into(), message: "no".into(), instrument }
    }

    fn instrument(id: &str) -> Instrument {
        Instrument {
            id: id.into(),
            symbol: id.to_uppercase(),
            name: String::new(),
            asset_class: AssetClass::Stock,
            exchange: String::new(),
            primary_exchange: None,
            currency: String::new(),
            price_increment: "0.01".parse().unwrap(),
            environment: Environment::Simulated,
        }
    }

    #[test]
    fn a_refusal_stands_until_its_instrument_answers_or_is_asked_for_again() {
        let mut refusals = Refusals::default();
        let (a, b) = (InstrumentId::new("a"), InstrumentId::new("b"));
        assert_eq!(refusals.add(refused("LINES", Some("a"))), Some(a.clone()));
        assert_eq!(refusals.add(refused("LINES", Some("b"))), Some(b.clone()));
        assert_eq!(refusals.add(Failure::Unreachable), None);
        refusals.answered(&a);
        assert_eq!((refusals.about(&a), refusals.about(&b).is_some()), (None, true));
        assert!(refusals.told(&[]).is_empty(), "an answer shows that not everything is refused");
        refusals.add(Failure::Unreachable);
        refusals.start_over(std::slice::from_ref(&a));
        assert!(refusals.about(&b).is_some(), "asked for elsewhere");
        refusals.start_over(&[b]);
        assert!(refusals.is_empty());
    }

    #[test]
    fn a_list_tells_each_reason_once_with_its_own_symbols() {
        let mut refusals = Refusals::default();
        for failure in [
            refused("LINES", Some("a")),
            refused("NONE", Some("b")),
            refused("LINES", Some("c")),
            refused("LINES", Some("elsewhere")),
            Failure::Unreachable,
        ] {
            refusals.add(failure);
        }
        let list = ["a", "b", "c", "d"].map(instrument);
        let expect = [
            (vec![], &Failure::Unreachable),
            (vec!["A", "C"], &refused("LINES", Some("a"))),
            (vec!["B"], &refused("NONE", Some("b"))),
        ];
        assert_eq!(refusals.told(&list), expect);
    }
}
