//! What a row of a table of calls is, and the macro that makes the types of one. The tables: `call`, `desktop`.

use serde::{Serialize, de::DeserializeOwned};

/// One call of the table.
pub trait Call: Serialize + DeserializeOwned {
    /// Its name: of the Tauri command, the permission and the line on the socket.
    const NAME: &'static str;
    /// What it gives.
    type Reply: Serialize + DeserializeOwned;
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallInfo {
    /// The call's name.
    pub name: &'static str,
    /// Can it change a run or the data folder?
    pub changes: bool,
}

macro_rules! calls {
    ($all:ident $for_each:ident; $( $(#[$doc:meta])* $changes:literal $name:ident as $call:ident -> $reply:ty { $( $(#[$field_doc:meta])* $field:ident : $type:ty ),* $(,)? } )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
            pub struct $call { $( $(#[$field_doc])* pub $field: $type, )* }
            impl $crate::Call for $call {
                const NAME: &'static str = stringify!($name);
                type Reply = $reply;
            }
        )*
        /// Every call of this table.
        pub const $all: &[$crate::CallInfo] = &[ $( $crate::CallInfo { name: stringify!($name), changes: $changes } ),* ];

        /// Hands a name and JSON arguments to the typed handler of that call. `$handler` is a macro that takes the
        /// call's type: see `engine::dispatch`.
        #[macro_export]
        macro_rules! $for_each {
            ($handler:ident) => { $( $handler!($name, $call); )* };
        }
    };
}
pub(crate) use calls;
