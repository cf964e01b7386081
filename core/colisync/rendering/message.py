"""What happened and what to do next, in the reader's language."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from colisync.errors import ColisyncError, InvalidShipment, RateLimited, Scalar

CORE_LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES = ("fr", "en")


class Catalogue:
    """The texts of `language`, from `<directory>/<language>/*.po` of each directory; our own
    directory where none is named. A text that is missing is taken from the other language."""

    def __init__(self, language: str, directories: Sequence[Path] = (CORE_LOCALE,)) -> None:
        self.language = language
        order = (language, *(other for other in LANGUAGES if other != language))
        self._texts = [_texts(directory, name) for name in order for directory in directories]

    def text(self, key: str, params: Mapping[str, Scalar] | None = None) -> str:
        """The text of `key` with its parameters; the key itself where there is none.

        Never raises: a parameter that is not given shows as its name in brackets.
        """
        return self._find(key, params) or key

    def remedy(self, key: str, params: Mapping[str, Scalar] | None = None) -> str:
        """What to do about `key`, "" where nothing is said."""
        return self._find(f"{key}.remedy", params)

    def _find(self, key: str, params: Mapping[str, Scalar] | None) -> str:
        found = next((texts[key] for texts in self._texts if key in texts), "")
        return _filled(found, params or {})


def explain(error: ColisyncError, catalogue: Catalogue) -> tuple[str, str]:
    """The text of an error, and what to do next (its own hint where the catalogue is silent)."""
    params = dict(error.params)
    if isinstance(error, InvalidShipment):
        params.setdefault("field", error.field)
    if isinstance(error, RateLimited):
        params.setdefault("retry_after", error.retry_after)
    remedy = catalogue.remedy(error.key, params) or error.hint or ""
    return catalogue.text(error.key, params), remedy


class _Named(dict[str, Scalar]):
    def __missing__(self, name: str) -> str:
        return f"[{name}]"


def _filled(text: str, params: Mapping[str, Scalar]) -> str:
    if "%" not in text:
        return text
    shown = {name: "" if value is None else value for name, value in params.items()}
    try:
        return text % _Named(shown)
    except (ValueError, TypeError):
        return text


@cache
def _texts(directory: Path, language: str) -> dict[str, str]:
    # Imported late: it is only needed once there is something to say.
    from babel.messages.pofile import read_po

    texts: dict[str, str] = {}
    for path in sorted((directory / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if isinstance(message.id, str) and message.id and message.string:
                    texts[message.id] = str(message.string)
    return texts
