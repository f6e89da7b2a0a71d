//! Reading logs: by call and byte offset, and by words (FTS5). Not their writing: see `log_write.rs`.

use crate::{ReadFault, Reader, log_write::end_offset, records::as_i64};
use rusqlite::{named_params, params};
use workflow::{Digest, RunId};

/// What to look for in logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogText {
    /// Words, all of which must stand in the same chunk; the last one may be the beginning of a word.
    pub words: String,
    /// Only in the logs of this run.
    pub run: Option<RunId>,
    /// Only in the log of this call.
    pub call: Option<Digest>,
    /// How many chunks with hits; 0: 50.
    pub limit: usize,
}

/// A line that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHit {
    /// The run.
    pub run: RunId,
    /// The call.
    pub call: Digest,
    /// Where the line begins in the log of the call, in bytes.
    pub offset: u64,
    /// The line, without its end. Bytes that are no UTF-8 are replaced.
    pub line: String,
}

/// A piece of the log of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSlice {
    /// Where the bytes begin; more than was asked for when older ones were pruned.
    pub from_offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where the log ends at the moment.
    pub durable_offset: u64,
}

impl Reader {
    /// Where the log of a call ends; 0 when it has none. The next chunk goes on from here.
    pub fn durable_offset(&self, call: &Digest) -> Result<u64, ReadFault> {
        self.logs
            .with(|conn| end_offset(conn, call).map_err(ReadFault::sqlite("the end of a log")))
    }

    /// At most `max_bytes` of the log of a call from byte `from` on.
    pub fn log(&self, call: &Digest, from: u64, max_bytes: usize) -> Result<LogSlice, ReadFault> {
        let failed = ReadFault::sqlite("a log");
        self.logs.with(|conn| {
            let durable_offset = end_offset(conn, call).map_err(&failed)?;
            let mut slice = LogSlice { from_offset: from, bytes: Vec::new(), durable_offset };
            // The chunk that holds byte `from` begins at or before it.
            let sql = "SELECT from_offset, body FROM chunks WHERE call = ?1 AND end_offset > ?2 AND from_offset >=
                           coalesce((SELECT max(from_offset) FROM chunks WHERE call = ?1 AND from_offset <= ?2), 0)
                       ORDER BY from_offset";
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let mut rows = statement.query(params![call.as_bytes(), as_i64(from)]).map_err(&failed)?;
            while slice.bytes.len() < max_bytes
                && let Some(row) = rows.next().map_err(&failed)?
            {
                let begins: u64 = row.get(0).map_err(&failed)?;
                let body = row.get_ref(1).and_then(|value| Ok(value.as_blob()?)).map_err(&failed)?;
                if slice.bytes.is_empty() {
                    slice.from_offset = from.max(begins);
                }
                let skipped = usize::try_from(slice.from_offset.saturating_sub(begins)).unwrap_or(usize::MAX);
                let skipped = if slice.bytes.is_empty() { skipped.min(body.len()) } else { 0 };
                let room = max_bytes - slice.bytes.len();
                let end = body.len().min(skipped.saturating_add(room));
                slice.bytes.extend_from_slice(&body[skipped..end]);
            }
            Ok(slice)
        })
    }

    /// Lines with the given words, the newest chunks first. Upper and lower case are the same, and so are letters
    /// with and without accents.
    pub fn search_logs(&self, wanted: &LogText) -> Result<Vec<LogHit>, ReadFault> {
        let words: Vec<&str> = wanted.words.split_whitespace().collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let failed = ReadFault::sqlite("the index of the logs");
        let sql = "SELECT chunks.run_id, chunks.call, chunks.from_offset, chunks.body FROM
                   words JOIN chunks ON chunks.id = words.rowid
                   WHERE words MATCH :match AND (:run IS NULL OR chunks.run_id = :run)
                       AND (:call IS NULL OR chunks.call = :call)
                   ORDER BY words.rowid DESC LIMIT :limit";
        self.logs.with(|conn| {
            let mut statement = conn.prepare_cached(sql).map_err(&failed)?;
            let limit = if wanted.limit == 0 { 50 } else { wanted.limit };
            let mut rows = statement
                .query(named_params! {
                    ":match": match_expression(&words, wanted),
                    ":run": wanted.run.as_ref().map(|run| &run.0),
                    ":call": wanted.call.as_ref().map(Digest::as_bytes),
                    ":limit": as_i64(limit as u64),
                })
                .map_err(&failed)?;
            let mut hits = Vec::new();
            while let Some(row) = rows.next().map_err(&failed)? {
                let body = row
                    .get_ref(3)
                    .and_then(|value| Ok(value.as_blob()?))
                    .map_err(&failed)?;
                let (within, line) = best_line(body, &words);
                hits.push(LogHit {
                    run: RunId(row.get(0).map_err(&failed)?),
                    call: Digest::from_bytes(row.get(1).map_err(&failed)?),
                    offset: row.get::<_, u64>(2).map_err(&failed)? + within as u64,
                    line,
                });
            }
            Ok(hits)
        })
    }
}

/// Every word as a quoted phrase, so that nothing a person types is FTS5 syntax. Run and call are words of the
/// index too: the filter is an intersection, not a walk through all hits.
pub(crate) fn match_expression(words: &[&str], wanted: &LogText) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    let mut expression = format!("text : ({}*)", quoted.join(" AND "));
    if let Some(run) = &wanted.run {
        expression += &format!(" AND run : {}", quote(&run.0));
    }
    if let Some(call) = &wanted.call {
        expression += &format!(" AND call : {}", quote(&call.to_string()));
    }
    expression
}

fn quote(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

/// The line of a chunk with the most of the words, and where it begins in the chunk.
pub(crate) fn best_line(body: &[u8], words: &[&str]) -> (usize, String) {
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let mut best = (0, String::new(), 0);
    let mut begins = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\n', '\r']);
        let lower = text.to_lowercase();
        let found = words
            .iter()
            .filter(|word| lower.contains(word.as_str()))
            .count();
        if found > best.2 || (begins == 0 && best.2 == 0) {
            best = (begins, text.to_owned(), found);
        }
        if best.2 == words.len() {
            break;
        }
        begins += line.len();
    }
    (best.0, best.1)
}
