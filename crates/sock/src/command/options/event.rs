//! Options for programs: an event for the socket, one for each option, and a summary.

use berkeley::option::{Field, Value};
use serde_json::{Map, Number, Value as Json, json};

use super::reading::{Reading, in_words, meaning};
use super::select::Selection;
use super::subject::Subject;
use crate::report::json::Event;

/// Every line.
pub(super) fn all(subject: &Subject, readings: &[Reading], selection: &Selection) -> String {
    let mut lines = socket(subject);
    lines.extend(readings.iter().map(option));
    let read = readings.iter().filter(|reading| reading.value.is_ok()).count();
    lines
        + &Event::new("summary")
            .field("options", readings.len())
            .field("read", read)
            .field("hidden", selection.hidden)
            .into_line()
}

fn socket(subject: &Subject) -> String {
    Event::new("socket")
        .field("transport", subject.kind)
        .field("family", format!("{:?}", subject.family))
        .field("state", subject.state.word())
        .field("address", subject.local.map(|address| address.to_string()))
        .field("peer", subject.peer.map(|address| address.to_string()))
        .into_line()
}

fn option(reading: &Reading) -> String {
    let option = reading.option;
    let event = Event::new("option")
        .field("name", option.to_string())
        .field("c_name", option.c_name)
        .field("access", option.access.to_string())
        .field("when", option.when.to_string())
        .field("unit", reading.unit())
        .field("meaning", meaning(option.about));
    let value = match &reading.value {
        Ok(value) => value,
        Err(reason) => return event.field("value", Json::Null).field("reason", reason.as_str()).into_line(),
    };
    match value.fields() {
        None => event.field("value", json_of(value)).field("text", reading.text()).into_line(),
        Some(fields) => structure(event, &fields).into_line(),
    }
}

/// The values of all fields in one object, and in another what each is.
fn structure(event: Event, fields: &[Field]) -> Event {
    let value = |field: &Field| field.value.as_ref().map_or(Json::Null, json_of);
    let told = |field: &Field| {
        let text = field.value.as_ref().map(|value| in_words(value, field.unit));
        json!({"unit": field.unit, "meaning": meaning(field.about), "text": text})
    };
    let object = |part: &dyn Fn(&Field) -> Json| {
        fields.iter().map(|field| (field.name.to_owned(), part(field))).collect::<Map<_, _>>()
    };
    event.field("value", object(&value)).field("fields", object(&told))
}

/// A number where it is one, a duration in seconds; else what a person reads.
fn json_of(value: &Value) -> Json {
    match value {
        Value::Flag(on) => (*on).into(),
        Value::Integer(number) => (*number).into(),
        Value::Unsigned(number) => (*number).into(),
        Value::Duration(duration) | Value::Linger(Some(duration)) => {
            Number::from_f64(duration.as_secs_f64()).map_or(Json::Null, Json::Number)
        }
        Value::Linger(None) => Json::Null,
        Value::Text(text) => text.as_str().into(),
        Value::Numbers(numbers) => numbers.as_slice().into(),
        value => value.to_string().into(),
    }
}
