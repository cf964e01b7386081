"""Credentials sealed with a key that is not in the database."""

import contextlib
import json
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from colisync.errors import ConfigurationError
from colisync.settings import Settings


class FernetBox:
    """Implements `ports.secrets.SecretBox`. The first key seals, all open: put a new key first,
    `reseal` what is stored, then drop the old one."""

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise ConfigurationError("security.bad_key") from error

    def __repr__(self) -> str:
        return "FernetBox(***)"

    def seal(self, values: Mapping[str, str]) -> str:
        """`values` as a text that only these keys open."""
        return self._fernet.encrypt(json.dumps(dict(values)).encode()).decode()

    def open(self, sealed: str) -> dict[str, str]:
        """What was sealed. Raises ConfigurationError when no key fits."""
        try:
            opened = self._fernet.decrypt(sealed.encode())
        except InvalidToken as error:
            raise ConfigurationError("security.wrong_key") from error
        return {str(name): str(value) for name, value in json.loads(opened).items()}

    def reseal(self, sealed: str) -> str:
        """The same content under the first key. Raises ConfigurationError when no key fits."""
        try:
            return self._fernet.rotate(sealed.encode()).decode()
        except InvalidToken as error:
            raise ConfigurationError("security.wrong_key") from error


def load_key(settings: Settings) -> FernetBox:
    """The process's box, over `read_keys`."""
    return FernetBox(read_keys(settings))


def read_keys(settings: Settings) -> tuple[str, ...]:
    """The secret keys, newest first: `COLISYNC_SECRET_KEY` (several parted by commas), else the
    lines of `secret.key`, which is made at the first start.

    Raises ConfigurationError where the file can be read by others, or not at all.
    """
    if settings.secret_key is not None:
        keys = settings.secret_key.get_secret_value().replace(",", " ").split()
    else:
        keys = _read_file(settings.key_file).split()
    if not keys:
        raise ConfigurationError("security.bad_key")
    return tuple(keys)


def _read_file(path: Path) -> str:
    try:
        if not path.exists():
            _make_file(path)
        _refuse_readable(path)
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise ConfigurationError(
            "security.key_unreadable",
            params={"file": str(path), "detail": error.strerror or str(error)},
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError("security.bad_key") from error


def _refuse_readable(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ConfigurationError(
            "security.key_exposed", params={"file": str(path), "mode": f"{mode:04o}"}
        )


def _make_file(path: Path) -> None:
    """Returns when the file holds a key, ours or that of a process which was faster.

    The file is written whole under another name and then linked, so nobody reads half a key.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
