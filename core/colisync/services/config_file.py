"""Client files: TOML as people write it, `extends` followed, blocks merged by key.

What the blocks mean is read in `config_blocks`; here only their shape is known.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from colisync.errors import ConfigurationError, Scalar

Block = dict[str, Any]
SEALED = "sealed"
"""Written for credentials: those already here."""
LISTS = ("senders", "shops", "contracts")
_KNOWN = ("extends", "workspace", *LISTS, "rules")
_POSITION = re.compile(r"^(?P<detail>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+))?.*\)$")
_KEY = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")


@dataclass(frozen=True, slots=True)
class Document:
    """What the files say of one workspace. `blocks` are by list and key; `rules` is None where no
    file has any. Credentials are flat ("home_fr.username"), their values secret."""

    workspace: Block = field(default_factory=dict)
    blocks: dict[str, dict[str, Block]] = field(default_factory=dict)
    rules: list[Block] | None = None

    @property
    def key(self) -> str:
        """The workspace's key; empty where no file gives it."""
        return str(self.workspace.get("key", ""))


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like `word`; "–" where none is known."""
    return next(iter(difflib.get_close_matches(word, list(known), 1, cutoff=0.0)), "–")


def read_documents(
    paths: Sequence[Path], environ: Mapping[str, str] | None = None
) -> list[Document]:
    """One document per workspace; of several files on one workspace, the later wins.

    A file without `[workspace]` goes on with the workspace of the file before it. `env:NAME` and
    `file:PATH` are read here. Raises ConfigurationError naming file, line and column, or key.
    """
    found: dict[str, Document] = {}
    key = ""
    for path in paths:
        document = _load(path, os.environ if environ is None else environ, ())
        key = document.key or key
        if not key:
            raise ConfigurationError("config.no_workspace", params={"file": str(path)})
        found[key] = merge(found.get(key, Document()), document)
    return list(found.values())


def merge(base: Document, over: Document) -> Document:
    """Both, `over` winning: tables key by key, blocks by their key, rules as a whole."""
    return Document(
        workspace=_merged(base.workspace, over.workspace),
        blocks={
            name: _merged(base.blocks.get(name, {}), over.blocks.get(name, {})) for name in LISTS
        },
        rules=base.rules if over.rules is None else over.rules,
    )


def _merged(base: Block, over: Block) -> Block:
    result = dict(base)
    for name, value in over.items():
        old = result.get(name)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[name] = _merged(old, value) if both and isinstance(old, dict) else value
    return result


def _load(path: Path, environ: Mapping[str, str], chain: tuple[Path, ...]) -> Document:
    place = path.resolve()
    if place in chain:
        circle = " → ".join(one.name for one in (*chain, place))
        raise ConfigurationError("config.extends_circle", params={"files": circle})
    raw = _parse(path)
    for name in raw:
        if name not in _KNOWN:
            raise unknown_key(name, name, _KNOWN, file=str(path))
    extends = raw.pop("extends", None)
    own = _document(raw, path, environ)
    if extends is None:
        return own
    if not isinstance(extends, str) or not extends:
        raise wrong_shape("extends", "text", path)
    return merge(_load(place.parent / extends, environ, (*chain, place)), own)


def _parse(path: Path) -> Block:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        params: dict[str, Scalar] = {"file": str(path), "detail": error.strerror or ""}
        raise ConfigurationError("config.unreadable_file", params=params) from error
    except UnicodeDecodeError as error:
        params = {"file": str(path), "byte": error.start}
        raise ConfigurationError("config.not_utf8", params=params) from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, text, str(error)) from None


def _not_toml(path: Path, text: str, message: str) -> ConfigurationError:
    """The error with line and column, which the parser tells in its text only."""
    match = _POSITION.match(message)
    lines = text.splitlines() or [""]
    line, column = len(lines), len(lines[-1]) + 1  # "(at end of document)"
    if match and match["line"]:
        line, column = int(match["line"]), int(match["column"])
    params: dict[str, Scalar] = {
        "file": str(path),
        "line": line,
        "column": column,
        "detail": match["detail"] if match else message,
    }
    return ConfigurationError("config.not_toml", params=params)


def _document(raw: Block, path: Path, environ: Mapping[str, str]) -> Document:
    workspace = raw.get("workspace", {})
    if not isinstance(workspace, dict):
        raise wrong_shape("workspace", "[workspace]", path)
    if "key" in workspace:
        _check_key(workspace["key"], "workspace", path)
    rules = _tables(raw, "rules", path) if "rules" in raw else None
    blocks = {name: _by_key(_tables(raw, name, path), name, path) for name in LISTS}
    for name in ("shops", "contracts"):
        for key, block in blocks[name].items():
            _read_credentials(block, f"{name}.{key}.credentials", path, environ)
    return Document(workspace, blocks, rules)


def _tables(raw: Block, name: str, path: Path) -> list[Block]:
    tables = raw.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise wrong_shape(name, f"[[{name}]]", path)
    return tables


def _by_key(tables: list[Block], name: str, path: Path) -> dict[str, Block]:
    found: dict[str, Block] = {}
    for number, table in enumerate(tables, start=1):
        key = table.get("key")
        _check_key(key, f"{name}[{number}]", path)
        if key in found:
            params: dict[str, Scalar] = {"block": name, "key": str(key), "file": str(path)}
            raise ConfigurationError("config.key_twice", params=params)
        found[str(key)] = {name: value for name, value in table.items() if name != "key"}
    return found


def _check_key(key: object, block: str, path: Path) -> None:
    if not isinstance(key, str) or not _KEY.match(key):
        params: dict[str, Scalar] = {
            "block": block,
            "key": "" if key is None else str(key),
            "file": str(path),
        }
        name = "config.no_key" if key is None else "config.bad_key"
        raise ConfigurationError(name, params=params)


def _read_credentials(block: Block, where: str, path: Path, environ: Mapping[str, str]) -> None:
    """`credentials` of the block become flat and secret, unless they are "sealed"."""
    written = block.get("credentials")
    if written is not None and written != SEALED:
        flat = _flat(written, where, path)
        values = {
            name: SecretStr(_secret(value, f"{where}.{name}", path, environ))
            for name, value in flat.items()
        }
        block["credentials"] = values


def _flat(written: object, where: str, path: Path, prefix: str = "") -> dict[str, str]:
    if not isinstance(written, dict):
        raise wrong_shape(where, '{ name = "env:NAME" } | "sealed"', path)
    flat: dict[str, str] = {}
    for name, value in written.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{where}.{name}", path, f"{prefix}{name}.")
        elif isinstance(value, str):
            flat[prefix + name] = value
        else:  # a number would lose its leading zeros
            raise wrong_shape(f"{where}.{name}", '"…"', path)
    return flat


def _secret(value: str, where: str, path: Path, environ: Mapping[str, str]) -> str:
    """The value that `env:NAME` or `file:PATH` stands for; never shown, not even in errors."""
    source, colon, name = value.partition(":")
    if not colon or source not in ("env", "file"):
        return value
    if source == "env":
        if name not in environ:
            raise ConfigurationError("config.no_variable", params={"name": name, "key": where})
        return environ[name].strip()
    try:
        return (path.resolve().parent / name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        params: dict[str, Scalar] = {"file": name, "key": where}
        raise ConfigurationError("config.no_secret_file", params=params) from None


def unknown_key(where: str, name: str, known: Iterable[str], file: str = "") -> ConfigurationError:
    """The error for a key that means nothing, naming the nearest that does."""
    names = sorted(known)
    params: dict[str, Scalar] = {
        "key": where,
        "nearest": nearest(name, names),
        "known": ", ".join(names),
        "file": file,
    }
    return ConfigurationError("config.unknown_key", params=params)


def wrong_shape(where: str, expected: str, path: Path) -> ConfigurationError:
    """The error for a value of the wrong kind."""
    params: dict[str, Scalar] = {"key": where, "expected": expected, "file": str(path)}
    return ConfigurationError("config.wrong_shape", params=params)
