"""`/l/<token>`: a label to whoever holds a good link, a small page to everybody else."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from colisync.app import App
from colisync.errors import ColisyncError
from colisync.interfaces.web.language import accepted, catalogue
from colisync.observability import log
from colisync.rendering.environment import render
from colisync.services.open_label import open_label

_PRIVATE = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_PAGE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_STATUS = {"security.link_expired": 410, "label.void": 410, "storage.away": 503}
_SAID = {**_STATUS, "security.link_forged": 404, "label.none": 404}
"""What a stranger may be told; any other reason is ours, and shows as a bad link."""


def routes(app: App) -> APIRouter:
    """The route, over `app`."""
    router = APIRouter()

    @router.api_route("/l/{token}", methods=["GET", "HEAD"])
    def label(token: str, request: Request) -> Response:
        try:
            return _label(app, token)
        except ColisyncError as error:
            log.info("link.refused", error=error.key)
            return _page(error, accepted(request))

    return router


def _label(app: App, token: str) -> Response:
    if app.links is None:
        raise ColisyncError("security.link_forged")
    workspace, parcel_id = app.links.read(token)
    file = open_label(app.bench, workspace, parcel_id)
    shown = {"Content-Disposition": f'inline; filename="{file.filename}"'}
    return Response(file.content, media_type=file.media_type, headers={**_PRIVATE, **shown})


def _page(error: ColisyncError, language: str) -> Response:
    key = error.key if error.key in _SAID else "security.link_forged"
    key = "storage.away" if error.retryable else key
    words = catalogue(language)
    said = "label.later" if key == "storage.away" else key
    page = render(
        "label_page.html.j2",
        language=language,
        title=words.text("label.page_title"),
        text=words.text(said, error.params),
        remedy=words.remedy(said, error.params),
    )
    return HTMLResponse(page, _STATUS.get(key, 404), headers={**_PRIVATE, **_PAGE})
