"""The carrier's host: its services at the paths they have, and our control paths beside them."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from colisync.sandbox.colissimo.account import additional_information
from colisync.sandbox.colissimo.control import Control
from colisync.sandbox.colissimo.labelling import LabelService
from colisync.sandbox.colissimo.lives import Lives
from colisync.sandbox.colissimo.multipart import Answer, single
from colisync.sandbox.colissimo.tracking import timeline

_SLS = "/sls-ws/SlsServiceWSRest/{version}/{method}"
_TIMELINE = "/tracking-timeline-ws/rest/tracking/timelineCompany"
_ACCOUNT = "/api-ewe/v1/rest/additionalinformations"
_VERSIONS = ("2.0", "3.1")
_NOT_FOUND, _NOT_JSON = 404, 415


@dataclass
class _Services:
    labels: LabelService
    lives: Lives

    async def sls(self, request: Request) -> Response:
        """The label service, by version and method."""
        version, method = request.path_params["version"], request.path_params["method"]
        methods: dict[str, Callable[..., Answer]] = {
            "generateLabel": self.labels.generate,
            "checkGenerateLabel": self.labels.check,
            "getLabel": self.labels.reprint,
        }
        if version not in _VERSIONS or method not in methods:
            return Response(status_code=_NOT_FOUND)
        refused = self._received(request)
        if refused:
            return refused
        return _sent(methods[method](version, request.headers, await request.body()))

    async def timeline(self, request: Request) -> Response:
        """The tracking timeline."""
        refused = self._received(request)
        if refused:
            return refused
        now = self.labels.clock.now()
        books, settings = self.labels.books, self.labels.settings
        found = timeline(await request.body(), settings, books, self.lives, now)
        return _sent(single(found))

    async def account(self, request: Request) -> Response:
        """What the contract may do."""
        refused = self._received(request)
        if refused:
            return refused
        status, found = additional_information(await request.body(), self.labels.settings)
        return _sent(single(found, status))

    def _received(self, request: Request) -> Response | None:
        """Counts the request; an answer when it is not JSON."""
        self.labels.books.requests += 1
        kind = request.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() == "application/json":
            return None
        return Response(status_code=_NOT_JSON)


def application(labels: LabelService, lives: Lives) -> Starlette:
    """The ASGI application over one contract's services."""
    services = _Services(labels, lives)
    routes = [
        Route(_SLS, services.sls, methods=["POST"]),
        Route(_TIMELINE, services.timeline, methods=["POST"]),
        Route(_ACCOUNT, services.account, methods=["POST"]),
        *Control(labels, lives, labels.clock).routes(),
    ]
    return Starlette(routes=routes)


def _sent(answer: Answer) -> Response:
    return Response(
        answer.body, status_code=answer.status, headers={"content-type": answer.content_type}
    )
