"""`apply`: what the file says is set up, safely, once."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from colisync import plugins
from colisync.errors import ConfigurationError, UnsupportedFeature
from colisync.model.attention import Outcome
from colisync.model.shipping import ShippingMethod
from colisync.services.apply_config import apply_config, plan
from colisync.services.config_file import Document, read_documents
from colisync.services.export_config import export_config
from colisync.services.workbench import Workbench
from colisync.storage import workspaces
from colisync.storage.applied import PRUNED
from colisync.storage.store import Store
from colisync.testing.doubles import FakeBackends, FakeCarrier, FakeShop, FixedClock
from colisync.testing.factories import Seed, make_order


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    url: str = Field(pattern="^https?://")
    local: bool = False
    orders_since: date | None = None
    ship_statuses: tuple[str, ...] = ("processing",)
    page_size: int = Field(default=100, le=100)
    consumer_key: SecretStr
    consumer_secret: SecretStr


class Account(BaseModel):
    username: str
    password: SecretStr


class CarrierSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    base_url: str = "https://carrier.example"
    local: bool = False
    contract_number: str = ""
    api_key: SecretStr | None = None
    home_fr: Account | None = None


class OwnShop(FakeShop):
    settings: ClassVar[type[BaseModel]] = Settings


class OwnCarrier(FakeCarrier):
    settings: ClassVar[type[BaseModel]] = CarrierSettings
    methods: ClassVar[Mapping[str, ShippingMethod]] = {
        **FakeCarrier.methods,
        "return_fr": ShippingMethod(key="return_fr", name_key="x", is_return=True),
    }


class Entry:
    def __init__(self, name: str, loaded: object) -> None:
        self.name, self._loaded = name, loaded

    def load(self) -> object:
        return self._loaded


@pytest.fixture(autouse=True)
def backends(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    found = {
        "colisync.connectors": [Entry("fake", OwnShop)],
        "colisync.carriers": [Entry("fake", OwnCarrier)],
    }
    monkeypatch.setattr(plugins, "entry_points", lambda group: found[group])
    plugins.connector_class.cache_clear()
    plugins.carrier_class.cache_clear()
    yield
    plugins.connector_class.cache_clear()
    plugins.carrier_class.cache_clear()


class OpenBox:
    """Seals so that the test can look; two seals of one content differ, as real ones do."""

    def __init__(self) -> None:
        self.kept: list[dict[str, str]] = []

    def seal(self, values: Mapping[str, str]) -> str:
        self.kept.append(dict(values))
        return f"sealed-{len(self.kept) - 1}"

    def open(self, sealed: str) -> dict[str, str]:
        return self.kept[int(sealed.removeprefix("sealed-"))]


FILE = """
[workspace]
key = "atelier"
name = "Atelier Lumière"
default_weight_g = 500
[[senders]]
key = "atelier"
default = true
company = "Atelier Lumière"
street = "12 rue des Lilas"
postcode = "69003"
city = "Lyon"
country = "FR"
phone = "+33400000000"
[[shops]]
key = "boutique"
platform = "fake"
url = "https://boutique.example"
orders_since = "2026-11-01"
page_size = 50
statuses = { labelled = "completed", delivered = "" }
credentials = { consumer_key = "env:WC_KEY", consumer_secret = "env:WC_SECRET" }
[[contracts]]
key = "colissimo"
carrier = "fake"
label_format = "zpl_203"
slip = { at = "16:00" }
[contracts.credentials]
api_key = "env:KEY"
contract_number = "900001"
home_fr = { username = "someone", password = "env:KEY" }
[[rules]]
when = { country = ["FR"], choice = "flat_rate:3", weight_g = { max = 20000 } }
use = { contract = "colissimo", method = "home_signature", insurance = 150 }
[[rules]]
use = { contract = "colissimo", method = "home" }
"""
ENVIRON = {"WC_KEY": "ck_1", "WC_SECRET": "cs_1", "KEY": "k3y"}


class Desk:
    """Applies texts to one store."""

    def __init__(self, store: Store, directory: Path) -> None:
        self.store, self.directory, self.box = store, directory, OpenBox()
        self.bench = Workbench(store, FakeBackends(), FixedClock())
        self.environ = dict(ENVIRON)

    def apply(self, text: str, **options: bool) -> Outcome:
        return apply_config(self.bench, self.box, self._documents(text), **options)

    def lines(self, text: str, *, prune: bool = False) -> list[str]:
        diffs = plan(self.bench, self.box, self._documents(text), prune=prune)
        return [line for diff in diffs for line in diff.lines]

    def refused(self, text: str) -> ConfigurationError:
        with pytest.raises(ConfigurationError) as caught:
            self.apply(text)
        return caught.value

    def _documents(self, text: str) -> list[Document]:
        path = self.directory / "client.toml"
        path.write_text(text, encoding="utf-8")
        return read_documents([path], self.environ)


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    return Desk(store, tmp_path)


def test_a_file_is_set_up_once(desk: Desk) -> None:
    first = desk.apply(FILE)
    assert first.ok
    assert first.counts == {"blocks_new": 5}
    with desk.store.read() as connection:
        shop = workspaces.shop(connection, "atelier", "boutique")
        contract = workspaces.contract(connection, "atelier", "colissimo")
        rules = workspaces.rules(connection, "atelier")
        assert workspaces.sender(connection, "atelier").address.city == "Lyon"
    assert shop.ship_statuses == ("processing",)
    assert shop.options == {"page_size": 50}
    assert desk.box.open(shop.sealed) == {"consumer_key": "ck_1", "consumer_secret": "cs_1"}
    assert desk.box.open(contract.sealed)["home_fr.username"] == "someone"
    assert str(contract.slip.at) == "16:00:00"
    assert [rule.use.method for rule in rules] == ["home_signature", "home"]
    assert desk.lines(FILE) == []
    assert desk.apply(FILE).counts == {}


def test_the_diff_names_what_changes_and_never_a_secret(desk: Desk) -> None:
    assert desk.lines(FILE)[0] == "+ workspace"
    desk.apply(FILE)
    desk.environ["WC_KEY"] = "ck_2"
    changed = FILE.replace("page_size = 50", 'write_back = "never"')
    changed = changed.replace('method = "home" }', 'method = "pickup" }')
    lines = desk.lines(changed)
    assert lines == [
        "~ shop boutique.write_back: at_label → never",
        "~ shop boutique.options.page_size: 50 → –",
        "~ shop boutique.credentials: changed",
        "~ rules.2: * ⇒ contract colissimo, method home → * ⇒ contract colissimo, method pickup",
    ]
    assert "ck_2" not in "".join(lines)


def test_a_dry_run_changes_nothing(desk: Desk) -> None:
    assert desk.apply(FILE, dry_run=True).counts == {"blocks_new": 5}
    with desk.store.read() as connection:
        assert workspaces.workspaces(connection) == []


def test_an_absent_secret_keeps_the_sealed_one(desk: Desk) -> None:
    desk.apply(FILE)
    desk.environ["WC_SECRET"] = "cs_2"
    one = FILE.replace('consumer_key = "env:WC_KEY", ', "")
    desk.apply(one)
    sealed = one.replace('credentials = { consumer_secret = "env:WC_SECRET" }', "")
    desk.apply(sealed.replace("page_size = 50", 'credentials = "sealed"'))
    with desk.store.read() as connection:
        shop = workspaces.shop(connection, "atelier", "boutique")
    assert desk.box.open(shop.sealed) == {"consumer_key": "ck_1", "consumer_secret": "cs_2"}


def test_blocks_gone_from_the_file_stay_unless_pruned(desk: Desk) -> None:
    more = FILE + '[[senders]]\nkey = "depot"\ncity = "Paris"\n'
    desk.apply(more)
    assert desk.lines(FILE) == []
    assert desk.lines(FILE, prune=True) == ["- sender depot"]
    assert desk.apply(FILE, prune=True).counts == {"blocks_removed": 1}
    with desk.store.read() as connection:
        assert [one.key for one in workspaces.senders(connection, "atelier")] == ["atelier"]


def test_a_pruned_shop_with_orders_is_kept_paused_and_loses_its_keys(desk: Desk) -> None:
    seed = Seed(desk.store)
    seed.orders(make_order())
    outcome = desk.apply('[workspace]\nkey = "atelier"\n', prune=True, take_file=True)
    assert [one.code for one in outcome.attention] == ["config.shop_kept"]
    with desk.store.read() as connection:
        assert workspaces.shop(connection, "atelier", "boutique").paused == PRUNED
        assert workspaces.rules(connection, "atelier") == []
        assert workspaces.contracts(connection, "atelier") == []
    assert desk.lines('[workspace]\nkey = "atelier"\n', prune=True) == []
    desk.apply(FILE)
    with desk.store.read() as connection:
        assert workspaces.shop(connection, "atelier", "boutique").paused == ""


def test_what_the_console_changed_is_a_conflict_until_the_file_is_taken(desk: Desk) -> None:
    desk.apply(FILE)
    with desk.store.write() as connection:
        shop = workspaces.shop(connection, "atelier", "boutique")
        changed = shop.model_copy(update={"labels": "automatic"})
        workspaces.put_shop(connection, "atelier", changed)
    wanted = FILE.replace("default_weight_g = 500", "default_weight_g = 700")
    outcome = desk.apply(wanted)
    assert [one.code for one in outcome.attention] == ["config.conflict"]
    assert outcome.attention[0].params["change"] == (
        "~ shop boutique.labels: automatic → on_request"
    )
    with desk.store.read() as connection:
        assert workspaces.workspace(connection, "atelier").default_weight_g == 500
    assert desk.apply(wanted, take_file=True).ok
    with desk.store.read() as connection:
        assert workspaces.workspace(connection, "atelier").default_weight_g == 700
        assert workspaces.shop(connection, "atelier", "boutique").labels == "on_request"
    assert desk.apply(wanted).counts == {}


def test_several_workspaces_are_all_set_up_or_none(desk: Desk, tmp_path: Path) -> None:
    good = tmp_path / "good.toml"
    good.write_text('[workspace]\nkey = "good"\n')
    bad = tmp_path / "bad.toml"
    bad.write_text('[workspace]\nkey = "bad"\nlanguage = "de"\n')
    with pytest.raises(ConfigurationError) as caught:
        apply_config(desk.bench, desk.box, read_documents([good, bad], {}))
    assert (caught.value.key, caught.value.params["key"]) == (
        "config.not_one_of",
        "workspace.language",
    )
    with desk.store.read() as connection:
        assert workspaces.workspaces(connection) == []
    bad.write_text('[workspace]\nkey = "bad"\n')
    apply_config(desk.bench, desk.box, read_documents([good, bad], {}))
    with desk.store.read() as connection:
        assert workspaces.workspaces(connection) == ["bad", "good"]


def test_a_bare_key_only_names_the_workspace(desk: Desk) -> None:
    desk.apply(FILE)
    desk.apply('[workspace]\nkey = "atelier"\n[[senders]]\nkey = "depot"\n')
    with desk.store.read() as connection:
        assert workspaces.workspace(connection, "atelier").name == "Atelier Lumière"


def test_another_default_sender_takes_the_place_of_the_first(desk: Desk) -> None:
    desk.apply(FILE)
    more = '[workspace]\nkey = "atelier"\n[[senders]]\nkey = "depot"\ndefault = true\n'
    assert "~ sender atelier.default: true → false" in desk.lines(more)
    assert desk.apply(more).ok
    with desk.store.read() as connection:
        assert workspaces.sender(connection, "atelier").key == "depot"
    assert desk.apply(more).counts == {}


def test_new_credentials_end_a_pause_and_older_orders_are_read_again(desk: Desk) -> None:
    desk.apply(FILE)
    at = desk.bench.clock.now()
    with desk.store.write() as connection:
        shop = workspaces.shop(connection, "atelier", "boutique")
        workspaces.pause_shop(connection, "atelier", "boutique", "x.refused")
        workspaces.move_cursor(connection, "atelier", shop.id, "42", at)
    desk.apply(FILE.replace("page_size = 50", "page_size = 40"))
    with desk.store.read() as connection:
        assert workspaces.shop(connection, "atelier", "boutique").paused == "x.refused"
        assert workspaces.cursor(connection, "atelier", shop.id) == "42"
    desk.environ["WC_KEY"] = "ck_2"
    desk.apply(FILE.replace("2026-11-01", "2026-10-01"))
    with desk.store.read() as connection:
        assert workspaces.shop(connection, "atelier", "boutique").paused == ""
        assert workspaces.cursor(connection, "atelier", shop.id) is None


def test_the_exported_file_comes_back_without_a_change(desk: Desk) -> None:
    awkward = FILE.replace("Atelier Lumière", 'L\\"Atelier\\\\ \\u007f\\n🕯')
    desk.apply(awkward)
    text = export_config(desk.bench, "atelier")
    assert 'credentials = "sealed"' in text
    assert not any(secret in text for secret in ("ck_1", "cs_1", "k3y", "someone"))
    assert desk.lines(text) == []
    assert desk.lines(text, prune=True) == []
    assert desk.apply(text, prune=True).counts == {}


@pytest.mark.parametrize(
    ("before", "after", "key", "params"),
    [
        ("orders_since", "order_since", "config.unknown_key", {"nearest": "orders_since"}),
        ("labelled", "labeled", "config.unknown_key", {"nearest": "labelled"}),
        ("max =", "maxi =", "config.unknown_key", {"key": "rules[1].when.weight_g.maxi"}),
        ("postcode", "post_code", "config.unknown_key", {"nearest": "postcode"}),
        ("{ consumer_key", "{ consumer_kee", "config.unknown_key", {"nearest": "consumer_key"}),
        ("page_size = 50", "page_size = 500", "config.bad_setting", {"field": "page_size"}),
        ("page_size = 50", 'consumer_key = "x"', "config.outside_credentials", {}),
        ('{ consumer_key = "env:WC_KEY", ', "{ ", "config.no_credential", {}),
        ("zpl_203", "zpl_10x16", "config.bad_value", {"key": "contracts.colissimo.label_format"}),
        ('"fake"', '"fak"', "plugins.unknown_platform", {"known": "fake"}),
        ('platform = "fake"', "", "config.missing_key", {"key": "shops.boutique.platform"}),
        ('"home_signature"', '"home_sign"', "config.unknown_method", {"nearest": "home_signature"}),
        ('"home_signature"', '"return_fr"', "config.unknown_method", {}),
        ('use = { contract = "colissimo"', 'use = { contract = "collisimo"',
         "config.unknown_contract", {"nearest": "colissimo", "key": "rules[1].use.contract"}),
        ("insurance = 150", 'sender = "atelyer"', "config.unknown_sender", {"nearest": "atelier"}),
        ('choice = "flat_rate:3"', 'shop = "butik"', "config.unknown_shop",
         {"nearest": "boutique"}),
        (', method = "home" }', " }", "config.rule_without_method", {"key": "rules[2]"}),
        ("https://boutique", "boutique", "config.bad_setting", {"field": "url"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    desk: Desk, before: str, after: str, key: str, params: dict[str, str]
) -> None:
    error = desk.refused(FILE.replace(before, after))
    assert error.key == key
    assert {name: error.params[name] for name in params} == params
    assert not any(secret in str(error) for secret in ENVIRON.values())


def test_sealed_credentials_must_be_there(desk: Desk) -> None:
    text = FILE.replace('{ consumer_key = "env:WC_KEY", consumer_secret = "env:WC_SECRET" }', "0")
    assert desk.refused(text.replace("= 0\n", '= "sealed"\n')).key == "config.nothing_sealed"


def test_the_same_shop_twice_is_refused(desk: Desk) -> None:
    twin = 'credentials = { consumer_key = "a", consumer_secret = "b" }\n'
    twin = '[[shops]]\nkey = "twin"\nplatform = "fake"\nurl = "https://boutique.example"\n' + twin
    assert desk.refused(FILE + twin).params["other"] == "boutique"


def test_two_default_senders_are_refused(desk: Desk) -> None:
    error = desk.refused(FILE + '[[senders]]\nkey = "b"\ndefault = true\n')
    assert error.key == "config.two_defaults"


def test_coverage_in_a_rule_is_refused_until_it_is_known(desk: Desk) -> None:
    with pytest.raises(UnsupportedFeature, match="served_by"):
        desk.apply(FILE.replace('choice = "flat_rate:3"', 'served_by = "colissimo"'))


def test_a_contract_the_sandbox_stands_in_for_needs_no_credentials(desk: Desk) -> None:
    text = '[workspace]\nkey = "a"\n[[contracts]]\nkey = "c"\ncarrier = "fake"\n'
    assert desk.apply(text + 'base_url = "sandbox"\n').ok
