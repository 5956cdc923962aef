"""A provider of sign-in that a test can make lie, break off or fall silent: a small server on loopback."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, SECRET = "samsyn-here", "the-secret-of-this-client"


class Faulty:
    """`claims` are put over those of the next token; `broken` names an address (`discovery`, `token`, `keys`) and
    what it answers: a status, a text, or a dict put over what is true."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.broken: dict[str, Any] = {}
        self.key, self.kid = new_key(), "first"
        self.published = [(self.key, self.kid)]
        self.asked: dict[str, str] = {}  # what somebody was sent here with
        self.token_requests: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_about: Any) -> None:
                pass

            def do_GET(self) -> None:
                outer.answer(self, "discovery" if "well-known" in self.path else "keys")

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                outer.token_requests.append(dict(parse_qsl(self.rfile.read(length).decode())))
                outer.answer(self, "token")

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"

    def come(self, address: str, subject: str = "karin-there") -> str:
        """Somebody is sent here and says yes; gives the address that leads back to Samsyn."""
        parts = urlsplit(address)
        self.asked = dict(parse_qsl(parts.query))
        self.claims.setdefault("sub", subject)
        back = urlsplit(self.asked["redirect_uri"])
        return f"{back.path}?code=a-code&state={self.asked['state']}"

    def answer(self, asked: BaseHTTPRequestHandler, what: str) -> None:
        wrong = self.broken.get(what)
        true = {"discovery": self.discovery, "keys": self.keys, "token": self.token}[what]
        status, body = 200, ""
        if isinstance(wrong, int):
            status = wrong
        elif isinstance(wrong, str):
            body = wrong
        else:
            body = json.dumps({**true(), **(wrong or {})})
        asked.send_response(status)
        asked.send_header("Content-Type", "application/json")
        asked.send_header("Content-Length", str(len(body.encode())))
        asked.end_headers()
        asked.wfile.write(body.encode())

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [public(key, kid) for key, kid in self.published]}

    def token(self) -> dict[str, Any]:
        posted, now = self.token_requests[-1], int(time.time())
        challenge = base64.urlsafe_b64encode(hashlib.sha256(posted["code_verifier"].encode()).digest()).rstrip(b"=")
        right = (challenge.decode(), posted["client_secret"], posted["client_id"])
        if right != (self.asked["code_challenge"], SECRET, CLIENT_ID):
            return {"error": "invalid_grant"}
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": self.asked["nonce"]}
        said = {key: value for key, value in {**claims, **self.claims}.items() if value is not None}
        signed = jwt.encode(said, self.key, algorithm="RS256", headers={"kid": self.kid})
        return {"access_token": "an-access-token", "token_type": "Bearer", "id_token": signed}


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def public(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    return {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}


@contextmanager
def faulty_provider() -> Iterator[Faulty]:
    found = Faulty()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.server.shutdown()
        found.server.server_close()
