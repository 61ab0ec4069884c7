//! Sets and maps: named ones element by element, anonymous ones of a rule at once.

use super::converter::Converter;
use super::data_type::DataType;
use super::fields;
use super::json::Json;
use super::rate::is_limited;
use super::table::{Data, SetType, TableReader};
use crate::Interest;
use crate::model::{Contents, Element, Elements, MappedValue, Range, Ranges, Set};

/// Elements kept of a named set before only those of interest are.
const KEPT_WHOLE: usize = 1024;

/// A set being read.
pub(super) struct SetBuilder {
    set_type: SetType,
    elements: Vec<Element>,
    /// What a map holds for every other key.
    otherwise: Option<MappedValue>,
    read: u64,
    not_understood: u64,
    /// Only elements of interest are kept from now on.
    thinned: bool,
    /// Elements were left out.
    left_out: bool,
}

impl SetBuilder {
    pub(super) const fn new(set_type: SetType) -> Self {
        Self {
            set_type,
            elements: Vec::new(),
            otherwise: None,
            read: 0,
            not_understood: 0,
            thinned: false,
            left_out: false,
        }
    }

    /// Adds an element as it is listed.
    pub(super) fn push(&mut self, json: &Json<'_>, table: &mut TableReader) {
        self.read += 1;
        let (key, value) = match (&self.set_type.data, json) {
            (Data::None, key) => (key, None),
            (_, Json::List(pair)) if pair.len() == 2 => (&pair[0], Some(&pair[1])),
            _ => {
                self.not_understood += 1;
                return;
            }
        };
        let value = match value {
            Some(value) => match self.value(value, table) {
                Some(value) => Some(value),
                None => Some(MappedValue::NotUnderstood("a map's value".into())),
            },
            None => None,
        };
        let attributes = match key.sole() {
            Some(("elem", attributes)) => Some(attributes),
            _ => None,
        };
        let plain = attributes.map_or(key, |attributes| attributes.get("val"));
        if let Some(attributes) = attributes {
            self.set_type.limited |= is_limited(attributes);
        }
        let is_otherwise = plain.text() == Some("*");
        if let Some(value) = value.as_ref().filter(|_| is_otherwise) {
            self.otherwise = Some(value.clone());
            return;
        }
        let Some(ranges) = self.key(plain) else {
            self.not_understood += 1;
            return;
        };
        let mut element = Element::of(ranges);
        element.value = value.filter(|_| self.set_type.data != Data::Objects);
        if let Some(attributes) = attributes {
            element.expires_s = attributes.get("expires").unsigned();
            element.comment = attributes.get("comment").text().map(Into::into);
        }
        self.elements.push(element);
    }

    /// Leaves out what no packet of interest can meet, once the set is large.
    pub(super) fn thin_out(&mut self, interest: &Interest) {
        if self.thinned {
            let is_wanted = |last: &Element| self.interests(interest, last);
            if !self.elements.last().is_none_or(is_wanted) {
                self.elements.pop();
                self.left_out = true;
            }
        } else if self.elements.len() > KEPT_WHOLE {
            self.thinned = true;
            let before = self.elements.len();
            let elements = std::mem::take(&mut self.elements);
            let kept = elements
                .into_iter()
                .filter(|element| self.interests(interest, element))
                .collect();
            self.elements = kept;
            self.left_out = self.elements.len() < before;
        }
    }

    fn interests(&self, interest: &Interest, element: &Element) -> bool {
        let components = fields::components(&self.set_type.key);
        interest.keeps_element(&components, &element.key)
    }

    fn key(&self, json: &Json<'_>) -> Option<Box<[Range]>> {
        let types = &self.set_type.key;
        if json.text() == Some("*") {
            return Some(vec![Range::ANY; types.len().max(1)].into());
        }
        ranges(types, json)
    }

    fn value(&self, json: &Json<'_>, table: &mut TableReader) -> Option<MappedValue> {
        match &self.set_type.data {
            Data::Verdicts => {
                let (word, body) = json.sole()?;
                table.verdict(word, body).map(MappedValue::Verdict)
            }
            Data::Values(types) => ranges(types, json).map(MappedValue::Data),
            Data::Objects => Some(MappedValue::NotUnderstood("an object's name".into())),
            Data::None => None,
        }
    }

    /// All of it; `interest` is what elements were left out by.
    pub(super) fn finish(mut self, interest: &Interest) -> (Contents, SetType) {
        if let Some(value) = self.otherwise.take() {
            self.push_otherwise(value);
        }
        self.elements.shrink_to_fit();
        let contents = Contents::Elements {
            elements: Elements::new(self.elements),
            read: self.read,
            not_understood: self.not_understood,
            kept_for: self.left_out.then(|| interest.kept_for()),
        };
        (contents, self.set_type)
    }

    /// The element `*` of a map counts only where no other does.
    fn push_otherwise(&mut self, value: MappedValue) {
        let width = self.set_type.key.len();
        if width != 1 {
            let mut element = Element::of(vec![Range::ANY; width]);
            element.value = Some(MappedValue::NotUnderstood(
                "the value for every other key of several components".into(),
            ));
            return self.elements.push(element);
        }
        let taken = Ranges::new(
            self.elements
                .iter()
                .filter_map(|element| element.key.first().copied()),
        );
        let mut next = Some(0);
        let mut free = Vec::new();
        for range in taken.as_slice() {
            if let Some(low) = next
                && low < range.low
            {
                free.push(Range::new(low, range.low - 1));
            }
            next = range.high.checked_add(1);
        }
        free.extend(next.map(|low| Range::new(low, u128::MAX)));
        for range in free {
            let mut element = Element::of([range]);
            element.value = Some(value.clone());
            self.elements.push(element);
        }
    }
}

/// One range for each component.
fn ranges(types: &[DataType], json: &Json<'_>) -> Option<Box<[Range]>> {
    let parts = match json.sole() {
        Some(("concat", parts)) => parts.items(),
        _ => std::slice::from_ref(json),
    };
    if parts.len() != types.len() {
        return None;
    }
    types
        .iter()
        .zip(parts)
        .map(|(data_type, part)| data_type.range(part))
        .collect()
}

impl Converter<'_> {
    /// A set written in the rule itself.
    pub(super) fn anonymous_set(&mut self, elements: &[Json<'_>], types: &[DataType]) -> u32 {
        self.anonymous(
            elements,
            SetType {
                key: types.into(),
                ..SetType::default()
            },
        )
    }

    fn anonymous(&mut self, elements: &[Json<'_>], set_type: SetType) -> u32 {
        let components = fields::components(&set_type.key);
        let mut builder = SetBuilder::new(set_type);
        for element in elements {
            builder.push(element, self.table);
        }
        self.odd |= builder.not_understood > 0;
        let (contents, set_type) = builder.finish(&Interest::everything());
        let set = Set {
            name: None,
            handle: None,
            components,
            dynamic: false,
            contents,
            comment: None,
        };
        self.table.push_set(set, set_type)
    }

    /// The map of a `map` or `vmap`: named, or written in the rule.
    pub(super) fn map_reference(&mut self, data: &Json<'_>, types: &[DataType]) -> u32 {
        if let Some(name) = data.text() {
            return self.table.set_id(name.strip_prefix('@').unwrap_or(name));
        }
        let elements = match data.sole() {
            Some(("set", elements)) => elements.items(),
            _ => data.items(),
        };
        let first = match elements.first() {
            Some(Json::List(pair)) => pair.get(1),
            _ => None,
        };
        let set_type = SetType {
            key: types.into(),
            data: first.map_or(Data::Verdicts, kind_of_data),
            limited: false,
        };
        self.anonymous(elements, set_type)
    }

    /// Data types of a declaration: a name, several, or expressions (`typeof`).
    pub(super) fn declared_types(&mut self, json: &Json<'_>) -> Box<[DataType]> {
        match json {
            Json::Text(text) => text.split(" . ").map(DataType::of_name).collect(),
            Json::List(names) => names
                .iter()
                .map(|name| DataType::of_name(name.text().unwrap_or_default()))
                .collect(),
            Json::Object(_) => match json.sole() {
                Some(("typeof", expression)) => self
                    .key(expression)
                    .iter()
                    .map(|part| part.data_type)
                    .collect(),
                _ => Box::default(),
            },
            _ => Box::default(),
        }
    }

    /// What a declaration says that a map holds.
    pub(super) fn declared_data(&mut self, json: &Json<'_>) -> Data {
        match json {
            Json::Null => Data::None,
            Json::Text(text) => match &**text {
                "verdict" => Data::Verdicts,
                "counter" | "quota" | "limit" | "ct helper" | "ct timeout" | "ct expectation"
                | "secmark" | "synproxy" => Data::Objects,
                _ => Data::Values(self.declared_types(json)),
            },
            _ => Data::Values(self.declared_types(json)),
        }
    }
}

/// What a map written in a rule holds, judged by one of its values.
fn kind_of_data(value: &Json<'_>) -> Data {
    match value.sole() {
        Some(("concat", parts)) => Data::Values(parts.items().iter().map(written_as).collect()),
        Some((
            "accept" | "drop" | "continue" | "return" | "jump" | "goto" | "queue" | "break",
            _,
        )) => Data::Verdicts,
        _ => Data::Values(Box::new([written_as(value)])),
    }
}

/// The type that a constant looks like.
fn written_as(value: &Json<'_>) -> DataType {
    match value.sole() {
        Some(("range", ends)) => return ends.items().first().map_or(DataType::Unknown, written_as),
        Some(("prefix", prefix)) => return written_as(prefix.get("addr")),
        _ => {}
    }
    match value {
        Json::Number(_) | Json::Boolean(_) => DataType::Integer(128),
        _ => [DataType::Ip4, DataType::Ip6, DataType::Ether]
            .into_iter()
            .find(|data_type| data_type.constant(value).is_some())
            .unwrap_or(DataType::Unknown),
    }
}
