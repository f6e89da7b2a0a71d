//! Big values for `decide`: a cache over the store. What was just made is here before it is durable.

use serde_json::Value as Json;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use store::Store;
use workflow::{Blob, Digest, Values};

/// How much the cache keeps, in bytes of JSON text; then it begins anew.
const CACHE_BYTES: usize = 64 << 20;

/// The cache of one engine.
pub(crate) struct StoredValues {
    store: Arc<Store>,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    values: HashMap<Digest, Arc<Json>>,
    bytes: usize,
}

impl StoredValues {
    pub(crate) fn new(store: Arc<Store>) -> StoredValues {
        StoredValues {
            store,
            cache: Mutex::default(),
        }
    }

    /// Keeps what was just made.
    pub(crate) fn remember(&self, blobs: &[Blob]) {
        for blob in blobs {
            if let Ok(value) = serde_json::from_slice(&blob.body) {
                self.keep(blob.sha256, Arc::new(value), blob.body.len());
            }
        }
    }

    fn keep(&self, sha256: Digest, value: Arc<Json>, bytes: usize) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.bytes + bytes > CACHE_BYTES {
            *cache = Cache::default();
        }
        if cache.values.insert(sha256, value).is_none() {
            cache.bytes += bytes;
        }
    }
}

impl Values for StoredValues {
    fn get(&self, sha256: &Digest) -> Option<Arc<Json>> {
        let cached = self
            .cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values
            .get(sha256)
            .cloned();
        if cached.is_some() {
            return cached;
        }
        let body = self.store.read().blob(sha256).ok()??;
        let value = Arc::new(serde_json::from_slice(&body).ok()?);
        self.keep(*sha256, Arc::clone(&value), body.len());
        Some(value)
    }
}
