"""A passkey made of Python: what a telephone signs, for tests without a browser."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

ORIGIN, HOST = "http://localhost", "localhost"
PRESENT, VERIFIED, MADE = 0x01, 0x04, 0x40
SCRIPT = {"X-Samsyn": "script"}


@dataclass
class Passkey:
    """One key on one device. `flags` without `VERIFIED` is a device that asks for neither face, finger nor PIN."""

    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    handle: str = ""
    flags: int = PRESENT | VERIFIED
    origin: str = ORIGIN

    def _data(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _about(self, flags: int, more: bytes = b"") -> bytes:
        return hashlib.sha256(HOST.encode()).digest() + bytes([flags]) + (0).to_bytes(4, "big") + more

    def _told(self, answer: dict[str, bytes], extensions: dict[str, Any]) -> str:
        return json.dumps({
            "id": websafe_encode(self.id), "rawId": websafe_encode(self.id), "type": "public-key",
            "response": {name: websafe_encode(value) for name, value in answer.items()},
            "clientExtensionResults": extensions,
        })  # fmt: skip

    def made(self, options: dict[str, Any]) -> str:
        """What the browser posts after `navigator.credentials.create`."""
        self.handle = options["user"]["id"]
        public = cbor.encode(ES256.from_cryptography_key(self.key.public_key()))
        held = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        attested = {"fmt": "none", "attStmt": {}, "authData": self._about(self.flags | MADE, held)}
        client = self._data("webauthn.create", options)
        answer = {"clientDataJSON": client, "attestationObject": cbor.encode(attested)}
        return self._told(answer, {"credProps": {"rk": True}})

    def signed(self, options: dict[str, Any], **other: bytes) -> str:
        """What the browser posts after `navigator.credentials.get`."""
        client, about = self._data("webauthn.get", options), self._about(self.flags)
        signature = self.key.sign(about + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {"clientDataJSON": client, "authenticatorData": about, "signature": signature,
                  "userHandle": websafe_decode(self.handle), **other}  # fmt: skip
        return self._told(answer, {})


def asked(person: Any, path: str, **more: str) -> dict[str, Any]:
    """What the page's script is told to sign."""
    answer = person.post(path, {"do": "ask", "credential": "", **more}, headers=SCRIPT)
    assert answer.status_code == 200, answer.content
    options: dict[str, Any] = answer.json()["options"]
    return options


def add(person: Any, key: Passkey | None = None, name: str = "Telefonen") -> Passkey:
    """Add a passkey on the account page of whoever is signed in."""
    key = key or Passkey()
    credential = key.made(asked(person, "/konto/passnycklar/ny/"))
    told = person.post("/konto/passnycklar/ny/", {"credential": credential, "name": name})
    assert told.status_code == 302, told.content.decode()
    return key


def sign_in(person: Any, key: Passkey, **more: str) -> Any:
    """Press *sign in with a passkey*."""
    return person.post("/konto/passnyckel/", {"credential": key.signed(asked(person, "/konto/passnyckel/")), **more})
