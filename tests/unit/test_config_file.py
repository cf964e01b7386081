"""Client files as people write them, and as they get them wrong."""

from pathlib import Path

import pytest

from colisync.errors import ConfigurationError
from colisync.services.config_file import read_documents

WORKSPACE = '[workspace]\nkey = "atelier"\n'
SHOP = '[[shops]]\nkey = "boutique"\nplatform = "fake"\n'


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def refused(*paths: Path, **environ: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read_documents(paths, environ)
    return caught.value


def test_a_broken_file_is_named_with_line_and_column(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "a.toml", '[workspace]\nkey = "a"\nname = = "x"\n'))
    assert error.key == "config.not_toml"
    assert (error.params["line"], error.params["column"]) == (3, 8)
    assert str(error.params["file"]).endswith("a.toml")


def test_a_file_that_ends_too_soon_is_named_with_its_last_line(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "a.toml", '[workspace]\nkey = ["a",\n'))
    assert (error.key, error.params["line"]) == ("config.not_toml", 2)


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.toml").key == "config.unreadable_file"
    (tmp_path / "latin.toml").write_bytes(b'[workspace]\nkey = "\xe9"\n')
    assert refused(tmp_path / "latin.toml").key == "config.not_utf8"


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "a.toml", WORKSPACE + "[[contract]]\nkey = 1\n"))
    assert (error.key, error.params["nearest"]) == ("config.unknown_key", "contracts")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('shops = "x"\n' + WORKSPACE, "config.wrong_shape"),
        (WORKSPACE + '[shops]\nkey = "boutique"\n', "config.wrong_shape"),
        (WORKSPACE + '[[shops]]\nplatform = "fake"\n', "config.no_key"),
        (WORKSPACE + '[[shops]]\nkey = "a/b"\n', "config.bad_key"),
        (WORKSPACE + SHOP + SHOP, "config.key_twice"),
        (SHOP, "config.no_workspace"),
        ("extends = 3\n" + WORKSPACE, "config.wrong_shape"),
        (WORKSPACE + SHOP + "credentials = 3\n", "config.wrong_shape"),
        (WORKSPACE + SHOP + "credentials = { pin = 12 }\n", "config.wrong_shape"),
        ("workspace = 3\n", "config.wrong_shape"),
        ("[workspace]\nkey = ''\n", "config.bad_key"),
    ],
)
def test_a_wrong_shape_is_refused(tmp_path: Path, text: str, key: str) -> None:
    assert refused(write(tmp_path / "a.toml", text)).key == key


def test_extends_is_relative_and_the_later_wins_block_by_block(tmp_path: Path) -> None:
    (tmp_path / "agency").mkdir()
    base = WORKSPACE + 'name = "Base"\nlanguage = "en"\n' + SHOP + 'name = "Old"\n'
    base += 'statuses = { labelled = "sent", delivered = "done" }\n[[rules]]\nuse = {hold = true}\n'
    write(tmp_path / "agency" / "base.toml", base)
    over = 'extends = "agency/base.toml"\n[workspace]\nkey = "lyon"\n' + SHOP
    over += 'statuses = { labelled = "gone" }\n[[shops]]\nkey = "second"\n'
    (document,) = read_documents([write(tmp_path / "lyon.toml", over)], {})
    assert document.workspace == {"key": "lyon", "name": "Base", "language": "en"}
    assert list(document.blocks["shops"]) == ["boutique", "second"]
    assert document.blocks["shops"]["boutique"]["name"] == "Old"
    statuses = document.blocks["shops"]["boutique"]["statuses"]
    assert statuses == {"labelled": "gone", "delivered": "done"}
    assert document.rules == [{"use": {"hold": True}}]


def test_extends_in_a_circle_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.toml", 'extends = "b.toml"\n' + WORKSPACE)
    write(tmp_path / "b.toml", 'extends = "a.toml"\n')
    error = refused(tmp_path / "a.toml")
    assert error.key == "config.extends_circle"
    assert error.params["files"] == "a.toml → b.toml → a.toml"


def test_several_files_make_one_document_per_workspace(tmp_path: Path) -> None:
    first = write(tmp_path / "1.toml", WORKSPACE + SHOP)
    more = write(tmp_path / "2.toml", '[[shops]]\nkey = "second"\n')
    other = write(tmp_path / "3.toml", '[workspace]\nkey = "other"\n')
    documents = read_documents([first, more, other], {})
    assert [one.key for one in documents] == ["atelier", "other"]
    assert list(documents[0].blocks["shops"]) == ["boutique", "second"]


def test_secrets_come_from_the_environment_and_from_files_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    write(tmp_path / "keys" / "secret", "cs_file\n")
    text = WORKSPACE + SHOP
    text += 'credentials = { one = "env:WC", two = "file:keys/secret", three = "plain" }\n'
    (document,) = read_documents([write(tmp_path / "a.toml", text)], {"WC": "ck_env"})
    credentials = document.blocks["shops"]["boutique"]["credentials"]
    values = {name: value.get_secret_value() for name, value in credentials.items()}
    assert values == {"one": "ck_env", "two": "cs_file", "three": "plain"}
    assert "ck_env" not in repr(document)
    assert "cs_file" not in repr(document)


def test_nested_credentials_are_flat(tmp_path: Path) -> None:
    text = WORKSPACE + '[[contracts]]\nkey = "cp"\ncarrier = "fake"\n'
    text += '[contracts.credentials.home_fr]\nusername = "env:CP_USER"\n'
    (document,) = read_documents([write(tmp_path / "a.toml", text)], {"CP_USER": "lumiere"})
    credentials = document.blocks["contracts"]["cp"]["credentials"]
    assert credentials["home_fr.username"].get_secret_value() == "lumiere"


@pytest.mark.parametrize(
    ("source", "key", "name"),
    [("env:WC_KEY", "config.no_variable", "WC_KEY"), ("file:no", "config.no_secret_file", "no")],
)
def test_a_missing_secret_is_named(tmp_path: Path, source: str, key: str, name: str) -> None:
    text = WORKSPACE + SHOP + f'credentials = {{ one = "{source}" }}\n'
    error = refused(write(tmp_path / "a.toml", text), OTHER="s3cret")
    assert error.key == key
    assert name in error.params.values()
    assert "shops.boutique.credentials.one" in error.params.values()
    assert "s3cret" not in str(error)


def test_sealed_in_a_later_file_wins_over_credentials(tmp_path: Path) -> None:
    first = write(tmp_path / "1.toml", WORKSPACE + SHOP + 'credentials = { one = "x" }\n')
    later = write(tmp_path / "2.toml", SHOP + 'credentials = "sealed"\n')
    (document,) = read_documents([first, later], {})
    assert document.blocks["shops"]["boutique"]["credentials"] == "sealed"
