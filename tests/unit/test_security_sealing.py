"""Sealing: only the right key opens, and nobody else can read the key."""

import threading
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from colisync.errors import ConfigurationError
from colisync.ports.secrets import SecretBox
from colisync.security.sealing import FernetBox, load_key, read_keys
from colisync.settings import Settings

VALUES = {"api_key": "s3cret-é", "contract": "900001"}


def key() -> str:
    return Fernet.generate_key().decode()


def test_what_is_sealed_opens_again_and_does_not_show() -> None:
    box: SecretBox = FernetBox([key()])
    sealed = box.seal(VALUES)
    assert box.open(sealed) == VALUES
    assert "s3cret" not in sealed


def test_another_key_does_not_open() -> None:
    sealed = FernetBox([key()]).seal(VALUES)
    with pytest.raises(ConfigurationError) as caught:
        FernetBox([key()]).open(sealed)
    assert caught.value.key == "security.wrong_key"
    with pytest.raises(ConfigurationError):
        FernetBox([key()]).reseal(sealed)


@pytest.mark.parametrize("spoilt", ["", "x", "é", "gAAAAA"])
def test_what_was_never_sealed_does_not_open(spoilt: str) -> None:
    with pytest.raises(ConfigurationError):
        FernetBox([key()]).open(spoilt)


def test_keys_can_be_turned_over() -> None:
    old, new = key(), key()
    sealed = FernetBox([old]).seal(VALUES)
    both = FernetBox([new, old])
    assert both.open(sealed) == VALUES
    resealed = both.reseal(sealed)
    assert FernetBox([new]).open(resealed) == VALUES
    assert FernetBox([new]).open(both.seal(VALUES)) == VALUES


@pytest.mark.parametrize("bad", ["short", "é" * 44, "!" * 44, "A" * 60])
def test_a_bad_key_is_refused_without_being_shown(bad: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        FernetBox([bad])
    assert caught.value.key == "security.bad_key"
    assert bad not in str(caught.value)
    assert bad not in repr(caught.value)


def test_no_key_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        read_keys(Settings(secret_key=SecretStr(" , ")))
    with pytest.raises(ConfigurationError):
        FernetBox([])


def test_the_environment_comes_first_and_may_hold_several(tmp_path: Path) -> None:
    new, old = key(), key()
    settings = Settings(data=tmp_path, secret_key=SecretStr(f"{new}, {old}"))
    assert read_keys(settings) == (new, old)
    assert load_key(settings).open(FernetBox([old]).seal(VALUES)) == VALUES
    assert not settings.key_file.exists()


def test_the_first_start_makes_a_key_of_one_s_own(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "new" / "data")
    sealed = load_key(settings).seal(VALUES)
    assert settings.key_file.stat().st_mode & 0o777 == 0o600
    assert settings.data.stat().st_mode & 0o077 == 0
    assert load_key(settings).open(sealed) == VALUES
    assert [path.name for path in settings.data.iterdir()] == ["secret.key"]


def test_two_first_starts_at_once_agree(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    found: list[tuple[str, ...]] = []
    together = threading.Barrier(8)

    def start() -> None:
        together.wait()
        found.append(read_keys(settings))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    settings = Settings(data=tmp_path)
    settings.key_file.write_text(key())
    settings.key_file.chmod(mode)
    with pytest.raises(ConfigurationError) as caught:
        load_key(settings)
    assert caught.value.key == "security.key_exposed"
    assert caught.value.params["file"] == str(settings.key_file)


def test_a_directory_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError) as caught:
        load_key(Settings(data=tmp_path / "file" / "data"))
    assert caught.value.key == "security.key_unreadable"


def test_an_empty_or_spoilt_key_file_is_refused(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    settings.key_file.touch(mode=0o600)
    for spoilt in (b"", b"\xff\xfe", b"not a key"):
        settings.key_file.write_bytes(spoilt)
        with pytest.raises(ConfigurationError) as caught:
            load_key(settings)
        assert caught.value.key == "security.bad_key"


def test_the_box_does_not_show_its_key() -> None:
    one = key()
    assert one not in repr(FernetBox([one]))
