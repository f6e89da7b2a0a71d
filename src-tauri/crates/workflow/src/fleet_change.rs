//! What a call changes in the fleet's home: the inventory and the trusted host keys (semantics.md 18). It becomes a
//! record in the append of the call's own result, so exactly once and audited. The rows are the crate `fleet`'s
//! business: here they are data.

use crate::slim::tagged;
use serde_json::Value as Json;

tagged! {
    by "change";

    /// One change of the inventory or of the trusted host keys.
    #[derive(Clone, Debug, PartialEq)]
    #[expect(
        missing_docs,
        reason = "agent_id: its id; row: the agent, as `fleet::Agent`; host, port: as in known_hosts; key: algorithm and base64, as in known_hosts"
    )]
    pub enum FleetChange {
        /// A host is an agent from now on. Refused when the id is taken.
        AgentRegistered { agent_id: String, row: Json },
        /// Its row is another one: labels, state. Refused when there is no such agent.
        AgentChanged { agent_id: String, row: Json },
        /// It is no agent any more.
        AgentRemoved { agent_id: String },
        /// This host key is trusted.
        KeyTrusted {
            host: String,
            port: u16,
            key: String,
        },
        /// It no longer is.
        KeyUntrusted {
            host: String,
            port: u16,
            key: String,
        },
    }
}
