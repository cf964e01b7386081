"""Webhooks' bodies, believed only with their signature."""

import hmac
from base64 import b64encode
from hashlib import sha256

from pydantic import SecretStr

from colisync.errors import WebhookRejected


def require_signature(body: bytes, signature: str, secret: SecretStr | None, remote: str) -> None:
    """Returns where `signature` is the base64 of the body's HMAC-SHA256 under `secret`.

    Raises WebhookRejected, in the words of `remote`: no secret is set, or another signed.
    """
    if secret is None:
        raise WebhookRejected(f"{remote}.webhook_no_secret")
    right = b64encode(hmac.new(secret.get_secret_value().encode(), body, sha256).digest())
    if not hmac.compare_digest(right, signature.encode()):
        raise WebhookRejected(f"{remote}.webhook_signature")
