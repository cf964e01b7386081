"""`/_sandbox/…`: what a test or the demo does to the carrier from outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from colisync.sandbox.colissimo.clock import SandboxClock
from colisync.sandbox.colissimo.labelling import LabelService, Refusal, bodies
from colisync.sandbox.colissimo.lives import Happening, Lives

_M = TypeVar("_M", bound=BaseModel)
_Handler = Callable[[Request], Awaitable[Response]]


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _NewEvent(_Order):
    code: str
    at: AwareDatetime | None = None


class _NewLife(_Order):
    codes: list[str]


class _NewTime(_Order):
    now: datetime | None = None
    advance_seconds: float = 0.0


@dataclass
class Control:
    """The handlers; every one that changes something answers with what is now true."""

    labels: LabelService
    lives: Lives
    clock: SandboxClock

    def routes(self) -> list[Route]:
        """All of them, under `/_sandbox`."""
        handlers: dict[tuple[str, str], _Handler] = {
            ("GET", "books"): self.books,
            ("GET", "bodies"): self.bodies,
            ("POST", "parcels/{number}/events"): self.add_event,
            ("POST", "parcels/{number}/live"): self.live,
            ("GET", "time"): self.time,
            ("POST", "time"): self.set_time,
            ("POST", "refuse"): self.refuse,
            ("DELETE", "refuse"): self.refuse_no_more,
        }
        return [
            Route(f"/_sandbox/{path}", _guarded(handler), methods=[method])
            for (method, path), handler in handlers.items()
        ]

    async def books(self, request: Request) -> Response:
        """The books."""
        return JSONResponse(self.labels.books.to_json())

    async def bodies(self, request: Request) -> Response:
        """Bodies of the labels made; `?of=checks` those of the checks."""
        checks = request.query_params.get("of") == "checks"
        return JSONResponse(bodies(self.labels.books, checks=checks))

    async def add_event(self, request: Request) -> Response:
        """Adds one event to a parcel, any code."""
        event = await _body(_NewEvent, request)
        now = self.clock.now()
        number = request.path_params["number"]
        self.lives.add(number, Happening(event.at or now, event.code), now)
        return self._events(number)

    async def live(self, request: Request) -> Response:
        """Gives a parcel these events and no others."""
        life = await _body(_NewLife, request)
        number = request.path_params["number"]
        self.lives.live(number, life.codes, self.clock.now())
        return self._events(number)

    async def time(self, request: Request) -> Response:
        """What time it is here."""
        return JSONResponse({"now": self.clock.now().isoformat()})

    async def set_time(self, request: Request) -> Response:
        """Sets the time, then moves it."""
        moved = await _body(_NewTime, request)
        if moved.now is not None:
            self.clock.set(moved.now)
        self.clock.advance(moved.advance_seconds)
        return await self.time(request)

    async def refuse(self, request: Request) -> Response:
        """Has the carrier refuse the shipments described."""
        self.labels.refusals.append(await _body(Refusal, request))
        return self._refusals()

    async def refuse_no_more(self, request: Request) -> Response:
        """Forgets every such refusal."""
        self.labels.refusals.clear()
        return self._refusals()

    def _refusals(self) -> Response:
        return JSONResponse([refusal.model_dump() for refusal in self.labels.refusals])

    def _events(self, number: str) -> Response:
        events = self.lives.events(number, self.clock.now()) or []
        return JSONResponse([{"at": e.at.isoformat(), "code": e.code} for e in events])


async def _body(kind: type[_M], request: Request) -> _M:
    return kind.model_validate_json(await request.body())


def _guarded(handler: _Handler) -> _Handler:
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except ValidationError as error:
            found: list[Any] = error.errors(include_url=False, include_context=False)
            return JSONResponse({"errors": found}, status_code=400)

    return guarded
