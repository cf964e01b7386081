"""Faults on demand: what breaks between an emulator and its caller, whatever the emulator.

`POST /_sandbox/faults` takes one `Fault` as JSON, `DELETE /_sandbox/faults` forgets them all.
"""

import asyncio
from collections.abc import MutableMapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FaultKind = Literal[
    "status",  # refused before the emulator sees it: `status`, `headers`, `body`
    "reset",  # connection closed before the emulator sees it
    "delay",  # the emulator answers after `seconds`
    "lost_answer",  # the emulator does its work, then the connection closes without an answer
    "hang",  # the emulator does its work, then nothing comes for `seconds`
    "status_after",  # the emulator does its work, then `status`, `headers`, `body` come instead
    "truncate",  # half of the emulator's answer, then the connection closes
    "drip",  # the emulator's answer, one byte every `seconds`
    "prefix",  # `body` comes before the emulator's answer, as a PHP warning does
]


class Fault(BaseModel):
    """One thing that goes wrong, `times` times, for requests whose path holds `path` and whose
    body holds `text`."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    path: str = ""
    method: str = ""
    text: str = ""
    times: int = 1
    status: int = 503
    headers: dict[str, str] = {}
    body: str = ""
    seconds: float = 30.0


class FaultyApp:
    """The emulator `app`, with its faults in front of it; each answer begins `latency` seconds
    after its request."""

    def __init__(self, app: ASGIApp, *, latency: float = 0.0) -> None:
        self.app = app
        self.latency = latency
        self.faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """The next `fault.times` matching requests meet `fault`."""
        self.faults.append(fault)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        if scope["path"] == "/_sandbox/faults":
            await self._control(scope["method"], body, send)
            return
        if self.latency and not scope["path"].startswith("/_sandbox"):
            send = _late(send, asyncio.get_running_loop().time() + self.latency)
        fault = self._take(scope, body)
        if fault is None:
            await self.app(scope, _replay(body), send)
            return
        await self._break(fault, scope, body, send)

    async def _control(self, method: str, body: bytes, send: Send) -> None:
        if method == "DELETE":
            self.faults.clear()
        elif method == "POST":
            self.add(Fault.model_validate_json(body))
        await _answer(send, 204, {}, b"")

    def _take(self, scope: Scope, body: bytes) -> Fault | None:
        for fault in self.faults:
            if (
                fault.path in scope["path"]
                and fault.method in ("", scope["method"])
                and fault.text.encode() in body
            ):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    async def _break(self, fault: Fault, scope: Scope, body: bytes, send: Send) -> None:
        if fault.kind == "status":
            await _answer(send, fault.status, fault.headers, fault.body.encode())
            return
        if fault.kind == "reset":
            _abort(send)
            return
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            await self.app(scope, _replay(body), send)
            return
        status, headers, content = await self._work(scope, body)
        await _spoil(fault, send, status, headers, content)

    async def _work(
        self, scope: Scope, body: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """What the emulator would have answered; its work is done."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(scope, _replay(body), keep)
        content = b"".join(m.get("body", b"") for m in messages[1:])
        return messages[0]["status"], list(messages[0].get("headers", [])), content


def _late(send: Send, due: float) -> Send:
    """`send`, but no answer begins before `due`: work takes part of the latency, as with a real
    remote far away."""

    async def later(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(due - asyncio.get_running_loop().time())
        await send(message)

    later.__self__ = getattr(send, "__self__", None)  # type: ignore[attr-defined]  # see _abort
    return later


async def _spoil(
    fault: Fault, send: Send, status: int, headers: list[tuple[bytes, bytes]], content: bytes
) -> None:
    if fault.kind == "lost_answer":
        _abort(send)
    elif fault.kind == "hang":
        await asyncio.sleep(fault.seconds)
        _abort(send)
    elif fault.kind == "status_after":
        await _answer(send, fault.status, fault.headers, fault.body.encode())
    elif fault.kind == "truncate":
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send(
            {
                "type": "http.response.body",
                "body": content[: len(content) // 2],
                "more_body": True,
            }
        )
        await asyncio.sleep(0.05)
        _abort(send)
    elif fault.kind == "drip":
        await _drip(send, status, headers, content, fault.seconds)
    elif fault.kind == "prefix":
        kept = [(k, v) for k, v in headers if k.lower() != b"content-length"]
        await send({"type": "http.response.start", "status": status, "headers": kept})
        await send({"type": "http.response.body", "body": fault.body.encode() + content})


async def _drip(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], content: bytes, seconds: float
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for index in range(len(content)):
        await send(
            {
                "type": "http.response.body",
                "body": content[index : index + 1],
                "more_body": index + 1 < len(content),
            }
        )
        await asyncio.sleep(seconds)


async def _answer(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    raw = [(k.lower().encode(), v.encode()) for k, v in headers.items()]
    if not any(k == b"content-type" for k, _ in raw):
        raw.append((b"content-type", b"text/html; charset=UTF-8"))
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _replay(body: bytes) -> Receive:
    sent = False

    async def receive() -> MutableMapping[str, Any]:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _abort(send: Send) -> None:
    # uvicorn hands the bound method of its request cycle, which owns the transport (0.54).
    transport = send.__self__.transport  # type: ignore[attr-defined]
    transport.abort()
