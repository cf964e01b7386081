"""Everything that the WooCommerce connector says exists in French and English."""

import re
from pathlib import Path

import pytest

import colisync
import colisync_woocommerce
from colisync.rendering.message import Catalogue
from colisync_woocommerce.settings import WooCommerceSettings

HOME = Path(colisync_woocommerce.__file__).parent
SOURCE = "\n".join(path.read_text() for path in sorted(HOME.glob("*.py")))
LITERAL = re.compile(r'"woocommerce\.([a-z_]+)"')
WARNED = re.compile(r'\.warn\([^"]*"([a-z_]+)"')
SHARED = re.compile(r'\{[\w.]*remote\}\.([a-z_]+)"')
"""Keys that the core puts together with the prefix of a platform."""
CORE = Path(colisync.__file__).parent
FROM_CORE = "\n".join(
    path.read_text()
    for folder in ("wire", "model")
    for path in sorted((CORE / folder).glob("*.py"))
)
WARNINGS = WARNED.findall(SOURCE + (CORE / "wire" / "shop_findings.py").read_text())
KEYS = sorted({*LITERAL.findall(SOURCE), *SHARED.findall(FROM_CORE), *WARNINGS})


def _entries(language: str) -> set[str]:
    text = (HOME / "locale" / language / "woocommerce.po").read_text()
    return set(re.findall(r'^msgid "(.+)"$', text, re.MULTILINE))


def _params(language: str, key: str) -> set[str]:
    catalogue = Catalogue(language, [HOME / "locale"])
    return set(re.findall(r"\[(\w+)\]", catalogue.text(key) + catalogue.remedy(key)))


def test_the_keys_are_found() -> None:
    assert len(KEYS) > 40


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_key_has_text_and_remedy(language: str) -> None:
    wanted = {f"woocommerce.{key}{end}" for key in KEYS for end in ("", ".remedy")}
    assert wanted - _entries(language) == set()


def test_no_entry_is_left_over_and_both_languages_agree() -> None:
    wanted = {f"woocommerce.{key}{end}" for key in KEYS for end in ("", ".remedy")}
    assert _entries("fr") == _entries("en") == wanted
    for key in KEYS:
        assert _params("fr", f"woocommerce.{key}") == _params("en", f"woocommerce.{key}")


def test_every_setting_is_described() -> None:
    for name, field in WooCommerceSettings.model_fields.items():
        assert field.description, name
