//! A server that answers each request as it is told, over real connections.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Method and path.
    pub(super) line: String,
    /// In lower case.
    pub(super) headers: String,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let line = self.headers.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.map(str::to_owned)
    }
}

type Answer = dyn Fn(usize, &Seen) -> Value + Send + Sync;

pub(super) struct Scripted {
    pub(super) url: String,
    pub(super) seen: Arc<Mutex<Vec<Seen>>>,
}

impl Scripted {
    /// Answers by the lines in turn, then as the service would.
    pub(super) async fn lines(lines: Vec<Value>) -> Self {
        Self::answering(move |at, _| lines.get(at).cloned().unwrap_or(json!("ok"))).await
    }

    /// What `answer` says to the request of a number: `"ok"`, `"cut"`, `"hang"`, `"half"` or a status with what belongs to it.
    pub(super) async fn answering(answer: impl Fn(usize, &Seen) -> Value + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let kept = seen.clone();
        let answer: Arc<Answer> = Arc::new(answer);
        // It ends with the runtime of its test.
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (kept, answer) = (kept.clone(), answer.clone());
                tokio::spawn(async move { serve(socket, &kept, &*answer).await });
            }
        });
        Self { url, seen }
    }

    pub(super) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

async fn serve(socket: TcpStream, kept: &Mutex<Vec<Seen>>, answer: &Answer) {
    let mut socket = BufReader::new(socket);
    while let Some(seen) = read(&mut socket).await {
        let at = {
            let mut all = kept.lock().unwrap();
            all.push(seen.clone());
            all.len() - 1
        };
        let line = answer(at, &seen);
        match line.as_str() {
            Some("cut") => return,
            Some("hang") => std::future::pending().await,
            Some("half") => {
                let half =
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"valid\": true";
                socket.write_all(half.as_bytes()).await.unwrap();
                std::future::pending().await
            }
            _ => {
                let whole = whole(&line, &seen);
                if socket.write_all(whole.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn read(socket: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if socket.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let (line, headers) = head.split_once("\r\n").unwrap();
    let mut seen = Seen {
        line: line.trim_end_matches(" HTTP/1.1").to_owned(),
        headers: headers
            .lines()
            .map(|line| {
                line.split_once(": ")
                    .map_or(String::new(), |(name, value)| format!("{}: {value}\n", name.to_lowercase()))
            })
            .collect(),
        body: String::new(),
    };
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.ok()?;
    seen.body = String::from_utf8(body).unwrap();
    Some(seen)
}

fn whole(line: &Value, seen: &Seen) -> String {
    let issues = seen.line.starts_with("POST") && !seen.line.ends_with("/verify");
    let ok = json!({ "status": if issues { 201 } else { 200 }, "body": record() });
    let line = if line == "ok" { &ok } else { line };
    let status = line["status"].as_u64().unwrap();
    let is_page = line["html"] == true;
    let kind = if is_page { "text/html" } else { "application/json" };
    let body = match &line["body"] {
        _ if is_page => "<html>A page</html>".to_owned(),
        Value::Null => json!({ "message": "As the script says.", "code": line["code"], "details": { "requestId": "req_scripted" } }).to_string(),
        body => body.to_string(),
    };
    let retry_after = line["retryAfter"].as_u64().map_or(String::new(), |wait| format!("retry-after: {wait}\r\n"));
    let location = if status == 301 { "location: /elsewhere\r\n" } else { "" };
    let limit = line["limit"].as_str().map_or(String::new(), |limit| format!("ratelimit: {limit}\r\n"));
    format!(
        "HTTP/1.1 {status} As told\r\ncontent-type: {kind}\r\nx-request-id: req_scripted\r\n{retry_after}{location}{limit}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A verification as the service answers it, to what a vector says about it.
pub(super) fn verification(answer: &Value) -> Value {
    let code = answer["code"].as_str().unwrap_or("VALID");
    let staleness = answer["staleness"].as_u64().unwrap_or(0);
    let refused = code == "RATE_LIMITED";
    let limit = json!({ "level": "key", "name": "burst", "limit": 10, "windowMs": 1000, "remaining": 0, "resetMs": 700, "retryAfterMs": 1200 });
    json!({
        "valid": code == "VALID", "code": code, "keyId": "key_made", "name": "Scripted", "organizationId": "org_made", "sessionId": "ses_made",
        "environment": "production", "permissions": ["*"], "domain": null, "externalId": null, "metadata": { "tier": "gold" }, "expiresAt": null,
        "rateLimits": if refused || answer["limited"] == true { vec![limit] } else { vec![] },
        "credits": answer["credits"].as_u64().map(|left| json!({ "remaining": left })),
        "limitedBy": if refused { json!({ "level": "key", "name": "burst" }) } else { Value::Null },
        "verificationId": "ver_made",
        "freshness": { "mode": if staleness > 0 { "leased" } else { "strict" }, "asOf": "2026-01-02T03:04:05.678Z", "maxStalenessMs": staleness },
    })
}

/// What is a verification, an issued key and a changed one at once.
fn record() -> Value {
    let mut record = verification(&Value::Null);
    let more = json!({
        "id": "key_made", "shortId": "made", "status": "active", "active": true, "start": "sk_made", "last4": "made", "permission": null,
        "domainVerified": null, "ipAllowList": [], "notBefore": null, "lastUsedAt": null, "createdAt": "2026-01-02T03:04:05.678Z",
        "createdBy": { "type": "user", "id": null }, "updatedAt": "2026-01-02T03:04:05.678Z", "revokedAt": null, "revocationReason": null,
        "rotatedFrom": null, "rotatedTo": null, "key": "made-key", "effectiveAt": "2026-01-02T03:04:05.678Z",
    });
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    record
}
