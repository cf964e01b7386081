"""A waiting job in bytes: the key that tells equal jobs, then JSON. Never a pickle: whoever may
write the queue must not be able to run code here."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from huey.registry import Message
from huey.serializer import Serializer

KEY_LENGTH = 32


def job_key(job: str, args: Mapping[str, str]) -> str:
    """The same for the same job with the same arguments, in any order."""
    content = json.dumps([job, sorted(args.items())])
    return hashlib.sha256(content.encode()).hexdigest()[:KEY_LENGTH]


class JobSerializer(Serializer):
    """Writes and reads Huey's messages of our one task."""

    def serialize(self, data: Any) -> bytes:
        """The bytes of `data`, a Message; its id is the job's key."""
        eta = data.eta.isoformat() if data.eta else None
        content = {"name": data.name, "eta": eta, "args": list(data.args)}
        return bytes(data.id, "ascii") + json.dumps(content).encode()

    def deserialize(self, data: bytes) -> Message:
        """The message that was written."""
        key, content = data[:KEY_LENGTH].decode("ascii"), json.loads(data[KEY_LENGTH:])
        eta = datetime.fromisoformat(content["eta"]) if content["eta"] else None
        return Message(
            id=key,
            name=content["name"],
            eta=eta,
            retries=0,
            retry_delay=0,
            args=tuple(content["args"]),
            kwargs={},
        )
