"""The language of whoever reads a page."""

from functools import cache

from fastapi import Request

from colisync.app import catalogue_directories
from colisync.rendering.message import LANGUAGES, Catalogue


def accepted(request: Request) -> str:
    """The first language of the browser's list that we have, else French."""
    for part in request.headers.get("accept-language", "").lower().split(","):
        code = part.partition(";")[0].strip().partition("-")[0]
        if code in LANGUAGES:
            return code
    return LANGUAGES[0]


@cache
def catalogue(language: str) -> Catalogue:
    """The texts of `language`, read once."""
    return Catalogue(language, catalogue_directories())
