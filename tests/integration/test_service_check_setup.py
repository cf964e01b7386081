"""`check`: what answers is used, what does not is told, with what to do."""

from datetime import UTC, datetime
from typing import Any

import pytest

from colisync.errors import AuthenticationFailed, ConfigurationError, Exchange, Unreachable
from colisync.model.attention import Attention, Outcome
from colisync.model.workspace import RuleUse, Sender, ShippingRule, Statuses
from colisync.ports.carrier import CarrierIdentity
from colisync.ports.shop import Finding, ShopIdentity
from colisync.services.check_setup import check_setup
from colisync.storage import exchanges, workspaces
from colisync.storage.store import Store
from colisync.testing.doubles import FakeCarrier
from colisync.testing.factories import Seed, make_sender

EXCHANGE = Exchange(
    "GET", "https://x", 401, {}, "", {}, "no", datetime(2026, 11, 23, tzinfo=UTC), 9
)


def check(seed: Seed, **options: Any) -> Outcome:
    return check_setup(seed.bench, seed.workspace, **{"public_url": "https://c.example", **options})


def found(outcome: Outcome, code: str) -> Attention:
    (one,) = [one for one in outcome.attention if one.code == code]
    return one


def test_all_well_is_said_and_kept(store: Store) -> None:
    seed = Seed(store)
    outcome = check(seed)
    assert outcome.ok
    assert outcome.notes == ()
    assert outcome.counts == {"shops": 1, "shops_ok": 1, "contracts": 1, "contracts_ok": 1}
    with store.read() as connection:
        assert workspaces.identity(connection, "atelier", seed.shop_id) == seed.shop.identity
        contract = workspaces.contract(connection, "atelier", "colissimo")
        identity = workspaces.contract_identity(connection, "atelier", contract.id)
    assert identity == CarrierIdentity(account="fake")


def test_refused_credentials_pause_the_shop_until_they_work(store: Store) -> None:
    seed = Seed(store)
    seed.shop.faults.append(AuthenticationFailed("woo.key_refused", exchange=EXCHANGE))
    outcome = check(seed)
    attention = found(outcome, "woo.key_refused")
    assert attention.params["shop"] == "boutique"
    assert attention.command == "colisync apply FILE"
    assert outcome.counts["contracts_ok"] == 1
    with store.read() as connection:
        assert workspaces.shop(connection, "atelier", "boutique").paused == "woo.key_refused"
        assert exchanges.last_exchanges(connection, "atelier", "shop:boutique") == [EXCHANGE]
    assert check(seed).ok
    with store.read() as connection:
        assert workspaces.shop(connection, "atelier", "boutique").paused == ""


def test_a_carrier_that_is_away_is_told_and_not_paused(store: Store) -> None:
    class Away(FakeCarrier):
        def check(self) -> CarrierIdentity:
            raise Unreachable("wire.unreachable")

    seed = Seed(store)
    seed.backends.carriers["colissimo"] = Away()
    attention = found(check(seed), "wire.unreachable")
    assert attention.params == {"contract": "colissimo"}
    with store.read() as connection:
        assert workspaces.contract(connection, "atelier", "colissimo").paused == ""


def test_findings_and_statuses_are_told(store: Store) -> None:
    statuses = Statuses(labelled="complete", delivered="")
    seed = Seed(store, shop={"statuses": statuses, "buyer_mail": "colisync"})
    warning = Finding(level="warning", key="woo.other_tool", params={"tool": "Boxtal"})
    seed.shop.identity = ShopIdentity(
        name="Fake",
        url="https://fake.example",
        statuses={"processing": "En cours", "completed": "Terminée"},
        can_write=False,
        findings=(warning, Finding(level="ok", key="woo.fine")),
    )
    outcome = check(seed)
    assert found(outcome, "woo.other_tool").params == {"tool": "Boxtal", "shop": "boutique"}
    status = found(outcome, "config.unknown_status")
    assert (status.field, status.params["nearest"]) == ("statuses.labelled", "completed")
    assert found(outcome, "config.mail_not_yet").field == "buyer_mail"
    assert found(outcome, "config.cannot_write").params == {"shop": "boutique"}
    assert not any(one.code == "woo.fine" for one in outcome.attention)


def test_what_is_missing_without_asking_anybody(store: Store) -> None:
    rules = [
        ShippingRule(use=RuleUse(contract="colisimo", method="home")),
        ShippingRule(use=RuleUse(contract="colissimo", method="hom")),
    ]
    seed = Seed(store, rules=rules)
    with store.write() as connection:
        bare = make_sender(phone="", email="")
        workspaces.put_sender(connection, "atelier", Sender(key="depot", address=bare))
    outcome = check(seed, public_url="")
    assert found(outcome, "config.unknown_contract").params["nearest"] == "colissimo"
    assert found(outcome, "config.unknown_method").params["nearest"] == "home"
    assert found(outcome, "config.sender_incomplete").params["fields"] == "phone, email"
    assert [note.code for note in outcome.notes] == ["config.no_public_url"]


def test_an_empty_workspace_says_all_it_lacks(store: Store) -> None:
    seed = Seed(store)
    with store.write() as connection:
        noun = workspaces.workspace(connection, "atelier").model_copy(update={"key": "new"})
        workspaces.put_workspace(connection, "new", noun, seed.clock.now())
    outcome = check_setup(seed.bench, "new")
    assert {one.code for one in outcome.attention} == {
        "config.no_shops",
        "config.no_contracts",
        "config.no_senders",
        "config.no_rules",
    }
    with pytest.raises(ConfigurationError, match="atelier, new"):
        check_setup(seed.bench, "other")


def test_rehearsal_asks_the_stand_in(store: Store) -> None:
    seed = Seed(store, client={"mode": "rehearsal"})
    check(seed)
    assert seed.backends.rehearsals == [True]
