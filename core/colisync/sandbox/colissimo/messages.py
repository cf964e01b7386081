"""Messages of the label service: a code, its French text, the values put into it."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Literal

SUCCESS_ID = "0"


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of `messages`; `text` replaces the table's own words."""

    id: str
    type: Literal["INFOS", "WARNING", "ERROR"] = "ERROR"
    values: tuple[tuple[str, str], ...] = ()
    text: str = ""

    def to_json(self) -> dict[str, Any]:
        """The entry as the service writes it: the id is a string."""
        return {
            "id": self.id,
            "type": self.type,
            "messageContent": self.text or _text(self.id, self.values),
            "replacementValues": [
                {"field": name, "value": value, "key": None, "translatable": False}
                for name, value in self.values
            ],
        }


SUCCESS = Message(SUCCESS_ID, "INFOS")


class Refused(Exception):
    """The label service says no: one ERROR message and the HTTP status it comes with."""

    FUNCTIONAL: ClassVar[int] = 400

    def __init__(self, message: Message, status: int = FUNCTIONAL) -> None:
        super().__init__(message.id)
        self.message = message
        self.status = status


def refuse(code: str, **values: str) -> Refused:
    """The refusal with that code; raise it."""
    return Refused(Message(code, values=tuple(values.items())))


@cache
def texts() -> dict[str, str]:
    """Code → French text, `{0}` and `{1}` standing for the values."""
    path = files("colisync.sandbox.colissimo") / "data" / "messages.json"
    table: dict[str, str] = json.loads(path.read_text("utf-8"))["texts"]
    return table


def _text(code: str, values: tuple[tuple[str, str], ...]) -> str:
    text = texts().get(code, texts()["1"])
    for index, (_, value) in enumerate(values):
        text = text.replace("{" + str(index) + "}", value)
    return text
