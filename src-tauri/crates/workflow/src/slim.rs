//! Reading of types from JSON with as little code as can be. The code that serde derives has two ways to read a struct:
//! the fields in order, which is small, and by name, which is many times larger. Here a text becomes a value first, the
//! names are looked up in it, and the fields are handed on in order; the variants of an enum are handed on by number. So
//! the larger ways never become part of a program that reads only through here, as the window does. Not a parser: that
//! is `serde_json`.
//!
//! It reads what derived code writes. Not held: `alias` (names are counted), `deny_unknown_fields` (what no field asks
//! for is passed over), and keys of maps that are no text.

mod parts;
mod read;
#[cfg(test)]
mod tests;

use parts::{Entries, Items};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::Error;
use std::fmt;

/// Reads a value of some type from JSON text, as `serde_json::from_str` does.
///
/// # Errors
/// The text is not JSON, or not a value of that type.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str::<Slim>(text)?.read()
}

/// A JSON value that is not read as any type yet.
#[derive(Default)]
pub enum Slim {
    /// No value: a field that is not there. An `Option` reads it as none, everything else takes its default or fails.
    #[default]
    Missing,
    /// Null.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number from 0.
    Natural(u64),
    /// A whole number below 0.
    Negative(i64),
    /// Any other number.
    Real(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Slim>),
    /// An object, its fields in the order of the text.
    Object(Vec<(String, Slim)>),
}

/// Defines an enum that is written with the name of the variant (snake_case) in the field `by`, among the variant's own,
/// as `#[serde(tag = …)]` does. It is read through [`Slim`]: what serde derives for that attribute would bring all types
/// within a second time. The variants have named fields or none.
macro_rules! tagged {
    (by $tag:literal; $(#[$meta:meta])* $vis:vis enum $name:ident $body:tt) => {
        $(#[$meta])*
        #[derive(serde::Serialize)]
        #[serde(tag = $tag, rename_all = "snake_case")]
        $vis enum $name $body

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                type Tagged = $name;
                /// The same variants, each named before its fields instead of among them.
                #[derive(serde::Deserialize)]
                #[serde(remote = "Tagged", rename_all = "snake_case")]
                enum Named $body

                $crate::Slim::deserialize(deserializer)?
                    .named_by($tag)
                    .and_then(Named::deserialize)
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use tagged;

impl Slim {
    /// Reads it as a value of some type.
    ///
    /// # Errors
    /// It is not one of that type.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Error> {
        T::deserialize(self)
    }

    /// A variant whose name stands in the field `tag`, with its name before its fields.
    pub(crate) fn named_by(self, tag: &str) -> Result<Slim, Error> {
        let mut fields = self.object("an object")?;
        let name = fields.iter_mut().find(|(name, _)| name == tag);
        match name.map(|(_, value)| std::mem::take(value)) {
            Some(Slim::Text(name)) => Ok(Slim::Object(vec![(name, Slim::Object(fields))])),
            _ => Err(Error::custom(format_args!("no text in the field {tag}"))),
        }
    }
}

impl<'de> Deserialize<'de> for Slim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Slim, D::Error> {
        deserializer.deserialize_any(Whole)
    }
}

/// Takes any value as it is.
struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Slim;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Slim, E> {
        Ok(Slim::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Slim, E> {
        Ok(Slim::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Slim, E> {
        Ok(Slim::Natural(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Slim, E> {
        Ok(u64::try_from(value).map_or(Slim::Negative(value), Slim::Natural))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Slim, E> {
        Ok(Slim::Real(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Slim, E> {
        Ok(Slim::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Slim, E> {
        Ok(Slim::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Slim, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Slim::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Slim, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = object.next_entry()? {
            fields.push(field);
        }
        Ok(Slim::Object(fields))
    }
}
