//! How a value is read as a type: the calls of derived code, each answered with the smallest of its visitor's methods.

use super::{Entries, Items, Slim, parts::Variant};
use serde::{
    Deserializer,
    de::{Error as _, Visitor},
    forward_to_deserialize_any,
};
use serde_json::Error;

// What is the same for every type stands here, not in the generic methods below, which are there once for each type.
impl Slim {
    #[cold]
    fn wrong<T>(&self, expected: &str) -> Result<T, Error> {
        let found = match self {
            Slim::Missing => "nothing",
            Slim::Null => "null",
            Slim::Bool(_) => "true or false",
            Slim::Natural(_) | Slim::Negative(_) | Slim::Real(_) => "a number",
            Slim::Text(_) => "a text",
            Slim::List(_) => "a list",
            Slim::Object(_) => "an object",
        };
        Err(Error::custom(format_args!(
            "expected {expected}, found {found}"
        )))
    }

    fn bool(self) -> Result<bool, Error> {
        if let Slim::Bool(value) = self {
            Ok(value)
        } else {
            self.wrong("true or false")
        }
    }

    fn u64(self) -> Result<u64, Error> {
        if let Slim::Natural(value) = self {
            Ok(value)
        } else {
            self.wrong("a whole number from 0")
        }
    }

    fn i64(self) -> Result<i64, Error> {
        if let Slim::Negative(value) = self {
            Ok(value)
        } else if let Slim::Natural(value) = self
            && let Ok(value) = i64::try_from(value)
        {
            Ok(value)
        } else {
            self.wrong("a whole number")
        }
    }

    fn f64(self) -> Result<f64, Error> {
        if let Slim::Real(value) = self {
            Ok(value)
        } else if let Slim::Natural(value) = self {
            Ok(value as f64)
        } else if let Slim::Negative(value) = self {
            Ok(value as f64)
        } else {
            self.wrong("a number")
        }
    }

    fn text(self) -> Result<String, Error> {
        if let Slim::Text(text) = self {
            Ok(text)
        } else {
            self.wrong("a text")
        }
    }

    fn null(self) -> Result<(), Error> {
        if let Slim::Null = self {
            Ok(())
        } else {
            self.wrong("null")
        }
    }

    pub(super) fn object(self, expected: &str) -> Result<Vec<(String, Slim)>, Error> {
        if let Slim::Object(fields) = self {
            Ok(fields)
        } else {
            self.wrong(expected)
        }
    }

    /// The items of a list; of `len`, where there is one.
    fn items(self, len: Option<usize>) -> Result<Items, Error> {
        let Slim::List(items) = self else {
            return self.wrong("a list");
        };
        if len.is_some_and(|len| len != items.len()) {
            return Err(Error::custom("expected a list of another length"));
        }
        Ok(Items::List(items.into_iter()))
    }

    pub(super) fn fields(self, of: &str, names: &'static [&'static str]) -> Result<Items, Error> {
        Ok(Items::Fields(self.object(of)?, names.iter()))
    }

    fn entries(self) -> Result<Entries, Error> {
        Ok(Entries::of(self.object("an object")?))
    }

    /// Just the name of a variant, or an object with one field of that name.
    fn variant(self, of: &str, names: &'static [&'static str]) -> Result<Variant, Error> {
        let (name, content) = if let Slim::Text(name) = self {
            (name, Slim::Missing)
        } else {
            let mut fields = self.object(of)?;
            match (fields.pop(), fields.pop()) {
                (Some(only), None) => only,
                _ => return Err(Error::custom("expected an object with one field")),
            }
        };
        match names.iter().zip(0..).find(|(known, _)| **known == name) {
            Some((_, number)) => Ok(Variant { number, content }),
            None => Err(Error::unknown_variant(&name, names)),
        }
    }
}

/// Numbers of every width: the visitor checks what it can hold.
macro_rules! numbers {
    ($($method:ident $visit:ident $value:ident),*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.$value()?)
        }
    )* };
}

impl<'de> Deserializer<'de> for Slim {
    type Error = Error;

    numbers! {
        deserialize_i8 visit_i64 i64, deserialize_i16 visit_i64 i64, deserialize_i32 visit_i64 i64,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u64 u64, deserialize_u16 visit_u64 u64,
        deserialize_u32 visit_u64 u64, deserialize_u64 visit_u64 u64, deserialize_f32 visit_f64 f64,
        deserialize_f64 visit_f64 f64
    }

    forward_to_deserialize_any! { i128 u128 char bytes byte_buf ignored_any }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Slim::Missing => self.wrong("a value"),
            Slim::Null => visitor.visit_unit(),
            Slim::Bool(value) => visitor.visit_bool(value),
            Slim::Natural(value) => visitor.visit_u64(value),
            Slim::Negative(value) => visitor.visit_i64(value),
            Slim::Real(value) => visitor.visit_f64(value),
            Slim::Text(text) => visitor.visit_string(text),
            Slim::List(items) => visitor.visit_seq(Items::List(items.into_iter())),
            Slim::Object(fields) => visitor.visit_map(Entries::of(fields)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.bool()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if matches!(self, Slim::Missing | Slim::Null) {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.null()?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self.items(None)?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self.items(Some(len))?)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self.entries()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(self.fields(name, fields)?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.variant(name, variants)?)
    }
}
