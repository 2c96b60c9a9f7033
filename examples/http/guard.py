# A server whose requests need a key, with nothing but Python's standard library and plain HTTP:
#
#   LATCHKEY_URL=https://keys.example.com LATCHKEY_KEY=sk_live_… python3 guard.py 8000
#
# The statuses are those of the gate (docs/API.md, "Verification codes"). Where nobody can be asked, nobody passes.
import json
import os
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

URL, KEY = os.environ["LATCHKEY_URL"], os.environ["LATCHKEY_KEY"]
REFUSED_AS_401 = {
    "NOT_FOUND", "REVOKED", "DISABLED", "EXPIRED", "NOT_YET_VALID", "ORGANIZATION_SUSPENDED", "SESSION_DISCONNECTED",
}


def verify(key, **demand):
    """The decision on a key; None if nobody could be asked."""
    body = json.dumps({"key": key, **demand}).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    question = urllib.request.Request(f"{URL}/v1/keys/verify", data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(question, timeout=5) as answer:
            return json.load(answer)
    # Also if our own key is refused: that says nothing about the one that was presented.
    except (urllib.error.URLError, OSError, ValueError):
        return None


def status_of(decision):
    if decision is None:
        return 503
    if decision["valid"] and decision["code"] == "VALID":
        return 200
    if decision["code"] in REFUSED_AS_401:
        return 401
    return 429 if decision["code"] in ("RATE_LIMITED", "USAGE_EXCEEDED") else 403


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        scheme, _, key = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            return self.answer(401, {"code": "auth_missing_credentials"})
        decision = verify(key.strip(), permissions="hello:say", ip=self.client_address[0])
        status = status_of(decision)
        if status != 200:
            return self.answer(status, {"code": decision["code"] if decision else "verification_unavailable"})
        self.answer(200, {"hello": decision["externalId"] or decision["name"]})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if status == 401:
            self.send_header("WWW-Authenticate", 'Bearer realm="hello"')
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """Nothing: a line of a log is no place for what clients send."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
