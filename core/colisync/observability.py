"""Logs on standard error, without secrets."""

import logging
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("colisync")

MASK = "***"
_SHORTEST = 4
_INTERNAL = ("_record", "_from_structlog")
_SECRET_KEY = re.compile(
    r"authorization|cookie|passw|pwd|passphrase|secret|token|credential|signature"
    r"|(?:api|access|consumer|control|private|webservice)[_-]?key",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"([\w-]*(?:passw(?:or)?d|secret|token|signature|(?:api|access|consumer|control|private)[_-]?key"
    r")[\w-]*=)[^&\s\"'<>]+",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(Basic|Bearer) [\w.~+/=-]{6,}")
_USERINFO = re.compile(r"(//)[^/\s@\"'<>]+@")


class LogMask:
    """Masks registered secrets and what is named like one."""

    def __init__(self) -> None:
        self._secrets: re.Pattern[str] | None = None
        self._forms: frozenset[str] = frozenset()

    def register(self, secrets: Iterable[str]) -> None:
        """Returns once these values are masked from every later line, in any usual spelling.

        Values shorter than four characters are left: they would blot out every line.
        """
        found = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        self._forms |= found
        longest_first = sorted(self._forms, key=len, reverse=True)
        if longest_first:
            self._secrets = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str) -> str:
        """`text` without secrets."""
        if self._secrets is not None:
            text = self._secrets.sub(MASK, text)
        text = _USERINFO.sub(rf"\1{MASK}@", _SCHEME.sub(rf"\1 {MASK}", text))
        return _PAIR.sub(rf"\1{MASK}", text)

    def value(self, value: object) -> object:
        """`value` without secrets, however deep they are."""
        if isinstance(value, Mapping):
            return {
                self.text(str(key)): MASK if _SECRET_KEY.search(str(key)) else self.value(item)
                for key, item in value.items()
            }
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value if not self._is_secret(value) else MASK
        if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
            return [self.value(item) for item in value]
        return self.text(str(value))

    def _is_secret(self, value: object) -> bool:
        return str(value) in self._forms

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """The event with every value masked: a structlog processor."""
        kept = {key: event.pop(key) for key in _INTERNAL if key in event}
        masked = self.value(event)
        return {**masked, **kept} if isinstance(masked, dict) else kept


mask = LogMask()
"""The process's own: `mask.register(...)` whenever credentials are opened."""


def _forms(secret: str) -> set[str]:
    encoded = b64encode(secret.encode()).decode()
    escaped = repr(secret)[1:-1]
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), encoded, escaped}


def configure_logging(
    json: bool = False, level: str = "INFO", *, also: Callable[[str], str] | None = None
) -> None:
    """Returns with structlog and the standard library's loggers writing to standard error.

    `json` writes one object a line, else lines for people. `also` masks a text further, after
    `mask`. Libraries speak from WARNING on: urllib3 shows whole URLs below.
    """
    chain: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
    ]
    if also is not None:
        chain.append(_each_text(also))
    renderer = _renderer(json)
    structlog.configure(
        processors=[*chain, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    _configure_library(chain, renderer, level)


def _configure_library(chain: list[Processor], renderer: Processor, level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.getLogger("colisync").setLevel(level)


def _renderer(json: bool) -> Processor:
    if json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _each_text(also: Callable[[str], str]) -> Processor:
    def process(logger: WrappedLogger, method: str, event: EventDict) -> Mapping[str, Any]:
        return {k: also(v) if isinstance(v, str) else v for k, v in event.items()}

    return process
