"""`/healthz` and `/readyz`, for whatever watches the process."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from colisync.app import App
from colisync.errors import ColisyncError
from colisync.storage.migrate import is_current


def routes(app: App) -> APIRouter:
    """Both routes, over `app`."""
    router = APIRouter()

    @router.get("/healthz")
    def alive() -> JSONResponse:
        return _answer(200, {"ok": True})

    @router.get("/readyz")
    def ready() -> JSONResponse:
        """503 with a catalogue key where the database is away or of another version."""
        try:
            current = is_current(app.bench.store)
        except ColisyncError as error:
            return _answer(503, {"ok": False, "key": error.key})
        if not current:
            return _answer(503, {"ok": False, "key": "storage.old_schema"})
        return _answer(200, {"ok": True})

    return router


def _answer(status: int, content: dict[str, object]) -> JSONResponse:
    return JSONResponse(content, status, headers={"Cache-Control": "no-store"})
