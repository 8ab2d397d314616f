"""A webhook's secret, and the headers that let its receiver check who sent a delivery and that nobody changed it."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
AGENT: Final = "Modelbourse-Webhooks/1"


def new_secret() -> str:
    """Return a fresh secret of 256 random bits as Standard Webhooks writes it: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(secret: str, *, event: str, message_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """Return a delivery's headers.

    `X-Sharewise-Signature` is the hex HMAC-SHA256 of the body, keyed with the secret as it is shown. The `webhook-…` headers are those
    of Standard Webhooks 1.0.0 (symmetric, `v1`): base64 of the HMAC-SHA256 of `id.timestamp.body`, keyed with the secret's decoded
    bytes, the timestamp in whole seconds.
    """
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    standard = hmac.digest(base64.b64decode(secret.removeprefix(PREFIX)), signed, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "X-Sharewise-Event": event,
        "X-Sharewise-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(standard).decode()}",
    }
