"""The one template factory: escaped, strict, without business logic."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_OWN = "colisync.rendering"
_ESCAPED = ("html.j2", "xml.j2")


def environment(packages: Sequence[str] = ()) -> "Environment":
    """The templates in `templates/` of these packages, then our own; one per set of packages.

    HTML and XML are escaped, and a value that is not given is an error.
    """
    return _environment(tuple(packages))


@cache
def _environment(packages: tuple[str, ...]) -> "Environment":
    # Imported late: most commands render nothing.
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in (*packages, _OWN)]),
        autoescape=select_autoescape(enabled_extensions=_ESCAPED, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, /, **values: object) -> str:
    """The text of one of our own templates. Raises jinja2.UndefinedError for a missing value."""
    return environment().get_template(template).render(values)
