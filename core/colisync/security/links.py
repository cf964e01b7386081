"""Links to labels that end by themselves and that nobody else can make."""

import base64
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from colisync.errors import ColisyncError, UnsupportedFeature

_PURPOSE = b"colisync label link 1"
_DAY = 86400


class LabelLinks:
    """Signs and reads `/l/<token>`; a link is good for `days`.

    `box_key` is the secret key, or all of them with the newest first; the signing key is derived
    from it, so neither tells the other. Without a `public_url` there are no links.
    """

    def __init__(self, box_key: str | Sequence[str], public_url: str, days: int) -> None:
        keys = [box_key] if isinstance(box_key, str) else list(box_key)
        self._url = public_url.rstrip("/")
        self._seconds = days * _DAY
        # itsdangerous signs with the last key of its list.
        self._signer = URLSafeTimedSerializer([_derived(key) for key in reversed(keys)])

    def __repr__(self) -> str:
        return f"LabelLinks({self._url!r})"

    def url(self, parcel_id: int, workspace: str) -> str:
        """The link to the label of this parcel, good from now on.

        Raises UnsupportedFeature where Colisync has no public URL.
        """
        if not self._url:
            raise UnsupportedFeature("security.no_public_url")
        return f"{self._url}/l/{self._signer.dumps([workspace, parcel_id])}"

    def read(self, token: str) -> tuple[str, int]:
        """The workspace and parcel of a link.

        Raises ColisyncError: `security.link_expired` where it was good once,
        `security.link_forged` where we never made it.
        """
        try:
            content: Any = self._signer.loads(token, max_age=self._seconds)
        except SignatureExpired as error:
            raise ColisyncError(
                "security.link_expired", params={"days": self._seconds // _DAY}
            ) from error
        except BadSignature as error:
            raise ColisyncError("security.link_forged") from error
        workspace, parcel_id = content
        return str(workspace), int(parcel_id)


def _derived(key: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
