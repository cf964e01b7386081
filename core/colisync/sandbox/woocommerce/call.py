"""One request as the shop understands it, and one answer as it sends it."""

from dataclasses import dataclass, field
from typing import Any

from colisync.sandbox.woocommerce.php import JsonObject
from colisync.sandbox.woocommerce.settings import ApiKey


@dataclass(slots=True)
class Call:
    """A request: `route` is the REST route (`/wc/v3/orders`), `query` what PHP made of the query.

    `method` is the one asked for by an override, `verb` the one on the wire; `body` is None where
    there was none, `...` where it was no JSON.
    """

    method: str
    verb: str
    route: str
    path: str
    raw_query: str
    query: JsonObject
    headers: dict[str, str]
    body: Any
    form: bool
    tls: bool
    home: str
    permalinks: str = "pretty"
    key: ApiKey | None = None

    @property
    def namespace(self) -> str:
        """`/wc/v3` of `/wc/v3/orders`."""
        return "/".join(self.route.split("/")[:3])

    @property
    def fields(self) -> JsonObject:
        """The body as an object; an absent body or a list is an empty one."""
        return self.body if isinstance(self.body, dict) else {}

    def param(self, name: str) -> Any:
        """The parameter `name`, from the body or else the query."""
        found = self.fields.get(name)
        return self.query.get(name) if found is None else found

    def flag(self, name: str) -> bool:
        """The parameter `name` read as a boolean."""
        return truthy(self.param(name))


def truthy(value: object) -> bool:
    """What WordPress takes for true."""
    return value is True or str(value).lower() in ("1", "true")


@dataclass(slots=True)
class Answer:
    """An answer: `body` is JSON to encode, or bytes already encoded (without the home address)."""

    body: Any
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    total: int | None = None
    pages: int = 0
    link: str = ""
