//! What a value consists of, in the shapes that derived code asks for: items, entries, a variant.

use super::Slim;
use serde::{
    Deserializer,
    de::{
        DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
        Visitor, value::U64Deserializer,
    },
};
use serde_json::Error;
use std::{mem, slice, vec};

/// The items of a list, or the fields of an object in the order in which a struct asks for them. One type for both: what
/// stands in lists and in structs is read by the same code.
pub(super) enum Items {
    List(vec::IntoIter<Slim>),
    Fields(Vec<(String, Slim)>, slice::Iter<'static, &'static str>),
}

impl Items {
    fn next(&mut self) -> Option<Slim> {
        match self {
            Items::List(items) => items.next(),
            Items::Fields(fields, names) => {
                let wanted = names.next()?;
                let field = fields.iter_mut().find(|(name, _)| name == wanted);
                Some(field.map(|(_, value)| mem::take(value)).unwrap_or_default())
            }
        }
    }
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(item) = self.next() else {
            return Ok(None);
        };
        let missing = matches!(item, Slim::Missing);
        match seed.deserialize(item) {
            Ok(read) => Ok(Some(read)),
            // Now the derived code takes the default, or says that the field is missing.
            Err(_) if missing => Ok(None),
            Err(why) => Err(why),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        match self {
            Items::List(items) => Some(items.len()),
            Items::Fields(..) => None,
        }
    }
}

/// What a map consists of.
pub(super) struct Entries {
    rest: vec::IntoIter<(String, Slim)>,
    value: Slim,
}

impl Entries {
    pub(super) fn of(fields: Vec<(String, Slim)>) -> Entries {
        Entries {
            rest: fields.into_iter(),
            value: Slim::Missing,
        }
    }

    fn next(&mut self) -> Option<Slim> {
        let (key, value) = self.rest.next()?;
        self.value = value;
        Some(Slim::Text(key))
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        match self.next() {
            Some(key) => seed.deserialize(key).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(mem::take(&mut self.value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// A variant: its number among those of its type, and what stands in it.
pub(super) struct Variant {
    pub(super) number: u64,
    pub(super) content: Slim,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Slim;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Slim), Error> {
        let number: U64Deserializer<Error> = self.number.into_deserializer();
        Ok((seed.deserialize(number)?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Slim {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(self.fields("the fields of a variant", fields)?)
    }
}
