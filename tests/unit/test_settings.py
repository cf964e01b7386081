"""The environment."""

from pathlib import Path

import pytest

from colisync.errors import ConfigurationError
from colisync.settings import Settings


def test_defaults_live_in_the_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({})
    assert settings.data == tmp_path / "colisync-data"
    assert settings.database_url == f"sqlite:///{tmp_path}/colisync-data/colisync.db"
    assert settings.key_file == tmp_path / "colisync-data" / "secret.key"
    assert settings.secret_key is None
    assert settings.queue_url == settings.public_url == settings.mail_from == ""


def test_every_variable_is_read() -> None:
    settings = Settings.from_environment(
        {
            "COLISYNC_DATA": "/srv/colisync",
            "COLISYNC_DATABASE_URL": "postgresql://u:p@db/colisync",
            "COLISYNC_QUEUE_URL": "redis://q",
            "COLISYNC_SECRET_KEY": "k" * 44,
            "COLISYNC_PUBLIC_URL": "https://colis.example/",
            "COLISYNC_SMTP_URL": "smtps://u:p@mail.example",
            "COLISYNC_MAIL_FROM": "colis@example.org",
            "PATH": "/bin",
        }
    )
    assert settings.data == Path("/srv/colisync")
    assert settings.database_url == "postgresql://u:p@db/colisync"
    assert settings.queue_url == "redis://q"
    assert settings.secret_key is not None
    assert settings.secret_key.get_secret_value() == "k" * 44
    assert settings.public_url == "https://colis.example"
    assert settings.smtp_url == "smtps://u:p@mail.example"
    assert settings.mail_from == "colis@example.org"


def test_no_secret_shows_in_its_repr() -> None:
    shown = repr(
        Settings.from_environment(
            {
                "COLISYNC_DATABASE_URL": "postgresql://u:hidden-1@db/colisync",
                "COLISYNC_QUEUE_URL": "redis://:hidden-2@q",
                "COLISYNC_SECRET_KEY": "hidden-3",
                "COLISYNC_SMTP_URL": "smtp://u:hidden-4@mail.example",
            }
        )
    )
    assert "hidden" not in shown


def test_an_empty_value_is_no_value() -> None:
    assert Settings.from_environment({"COLISYNC_SECRET_KEY": " "}).secret_key is None


def test_an_unknown_variable_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_environment({"COLISYNC_PUBLIC_URI": "https://x.example"})
    assert caught.value.key == "settings.unknown_variable"
    assert caught.value.params == {
        "name": "COLISYNC_PUBLIC_URI",
        "nearest": "COLISYNC_PUBLIC_URL",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COLISYNC_PUBLIC_URL", "colis.example"),
        ("COLISYNC_PUBLIC_URL", "ftp://colis.example"),
        ("COLISYNC_SMTP_URL", "http://mail.example"),
        ("COLISYNC_SMTP_URL", "smtp://"),
        ("COLISYNC_MAIL_FROM", "nobody"),
        ("COLISYNC_MAIL_FROM", "a@example.org\nBcc: b@example.org"),
    ],
)
def test_a_value_that_cannot_be_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_environment({name: value})
    assert caught.value.key == "settings.invalid_variable"
    assert caught.value.params["name"] == name
    assert value not in str(caught.value)
