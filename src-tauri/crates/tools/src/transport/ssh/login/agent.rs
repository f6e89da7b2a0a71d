//! Logging in with what an ssh-agent holds. It signs; its keys are never seen here, and it is never forwarded.

use super::{Attempt, shown, within};
use crate::fault::fault as fault_of;
use crate::ssh_config::Resolved;
use fleet::visible;
use russh::keys::agent::{AgentIdentity, client::AgentClient};
use russh::keys::{Certificate, HashAlg, PublicKey};
use russh::{AgentAuthError, MethodKind, Signer};
use tokio::net::UnixStream;
use tokio::time::timeout;
use workflow::{ErrorClass, ToolError};

/// A conversation with an ssh-agent.
pub(super) type Agent = AgentClient<UnixStream>;

impl Attempt<'_> {
    /// The ssh-agent that the config or the environment names.
    pub(super) async fn agent(&self, config: &Resolved) -> Result<Agent, ToolError> {
        let unavailable = |why: String| {
            fault_of(
                "agent_unavailable",
                format!("The ssh-agent does not answer: {why}."),
                "Start it and add the key (ssh-add), or choose another credential for this host.",
            )
            .not_started(ErrorClass::Auth)
        };
        let Some(socket) = &config.identity_agent else {
            let why = "neither SSH_AUTH_SOCK nor the ssh config names one";
            return Err(unavailable(why.to_owned()));
        };
        let mut agent = match timeout(self.hosts.limits.auth, Agent::connect_uds(socket)).await {
            Ok(Ok(agent)) => agent,
            Ok(Err(error)) => {
                let why = format!("{}: {}", shown(socket), visible(&error.to_string(), 200));
                return Err(unavailable(why));
            }
            Err(_) => return Err(unavailable(shown(socket))),
        };
        if let Some(binding) = self.handle.agent_session_binding() {
            // An older agent does not know this and says so; keys that are bound to hosts need it.
            let _ = timeout(self.hosts.limits.auth, agent.bind_session(binding, false)).await;
        }
        Ok(agent)
    }

    pub(super) async fn identities(&self, agent: &mut Agent) -> Option<Vec<AgentIdentity>> {
        timeout(self.hosts.limits.auth, agent.request_identities())
            .await
            .ok()?
            .ok()
    }

    /// The keys and certificates of the agent: first those that the config names, then, unless only these are wanted,
    /// the others.
    pub(super) async fn agent_keys(
        &mut self,
        agent: &mut Agent,
        wanted: &[PublicKey],
        only_wanted: bool,
    ) -> Result<bool, ToolError> {
        let mut held = self.identities(agent).await.unwrap_or_default();
        if held.is_empty() {
            self.tried
                .push("the ssh-agent, which holds no key".to_owned());
        }
        let is_wanted = |identity: &AgentIdentity| {
            let key = public_key(identity);
            wanted
                .iter()
                .any(|wanted| wanted.key_data() == key.key_data())
        };
        held.retain(|identity| !only_wanted || is_wanted(identity));
        held.sort_by_key(|identity| !is_wanted(identity));
        for identity in held {
            if !self.takes(MethodKind::PublicKey) {
                return Ok(false);
            }
            let print = public_key(&identity).fingerprint(HashAlg::Sha256);
            let logged_in = match identity.clone() {
                AgentIdentity::Certificate { certificate, .. } => {
                    let what = format!("certificate of the ssh-agent ({print})");
                    self.certificate_of_agent(what, certificate, agent, &identity)
                        .await?
                }
                AgentIdentity::PublicKey { key, .. } => {
                    self.tried.push(format!("key of the ssh-agent ({print})"));
                    let hash = self.hash_for(&key.algorithm()).await;
                    let user = self.target.user.as_str();
                    let asked = self
                        .handle
                        .authenticate_publickey_with(user, key, hash, agent);
                    let result = within(self.hosts, self.target, asked).await?;
                    // The agent may refuse to sign (asked for a confirmation): as if it did not hold the key.
                    match result {
                        Ok(result) => self.came(result)?,
                        Err(_) => false,
                    }
                }
            };
            if logged_in {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) async fn certificate_of_agent(
        &mut self,
        what: String,
        certificate: Certificate,
        agent: &mut Agent,
        holds: &AgentIdentity,
    ) -> Result<bool, ToolError> {
        self.tried.push(what);
        let hash = self.hash_for(&certificate.algorithm()).await;
        let mut signer = KeySigner { agent, holds };
        let user = self.target.user.as_str();
        let asked = self
            .handle
            .authenticate_certificate_with(user, certificate, hash, &mut signer);
        match within(self.hosts, self.target, asked).await? {
            Ok(result) => self.came(result),
            Err(_) => Ok(false),
        }
    }
}

/// Signs with what the agent holds: it may have the key of a certificate without having the certificate.
struct KeySigner<'a> {
    agent: &'a mut Agent,
    holds: &'a AgentIdentity,
}

impl Signer for KeySigner<'_> {
    type Error = AgentAuthError;

    async fn auth_sign(
        &mut self,
        _identity: &AgentIdentity,
        hash: Option<HashAlg>,
        to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, AgentAuthError> {
        Ok(self.agent.sign_request(self.holds, hash, to_sign).await?)
    }
}

/// The key of what an agent holds, be it a certificate.
pub(super) fn public_key(identity: &AgentIdentity) -> PublicKey {
    match identity {
        AgentIdentity::PublicKey { key, .. } => key.clone(),
        AgentIdentity::Certificate { certificate, .. } => {
            PublicKey::new(certificate.public_key().clone(), "")
        }
    }
}
