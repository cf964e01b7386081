"""The WooCommerce connector beside its emulator: shops with their hosts' habits and breakages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    ConfigurationError,
    RemoteError,
    UnreadableAnswer,
    WebhookRejected,
)
from colisync.model.writeback import Effect, EffectState
from colisync.ports.context import BackendContext
from colisync.ports.shop import ShopCapability, ShopIdentity, SignalKind
from colisync.sandbox.faults import Fault
from colisync.sandbox.server import Server
from colisync.sandbox.woocommerce import WooCommerceSettings as Emulated
from colisync.sandbox.woocommerce import WooCommerceShop
from colisync.testing.contracts.shop_rig import Draft, read_all, states, update
from colisync.testing.drivers import WooCommerceDriver
from colisync.testing.raw_peer import make_tls
from colisync.wire.clock import SystemClock
from colisync.wire.http import RemoteSession
from colisync_woocommerce import WooCommerceConnector
from colisync_woocommerce.settings import WooCommerceSettings


class Shop:
    """An emulated shop, and connectors to it."""

    def __init__(self, emulated: Emulated, url: str, ca_file: str | None) -> None:
        self.emulated, self.url, self._ca_file = emulated, url, ca_file
        self._sessions: list[RemoteSession] = []

    def open(self, **fields: Any) -> WooCommerceConnector:
        keys = {"consumer_key": self.emulated.consumer_key}
        keys |= {"consumer_secret": self.emulated.consumer_secret}
        settings = WooCommerceSettings(**{"url": self.url, "local": True, **keys, **fields})
        session = RemoteSession(
            settings.url, local=True, ca_file=self._ca_file, deadline=3.0, read_timeout=2.0
        )
        self._sessions.append(session)
        ctx = BackendContext(http=session, clock=SystemClock())
        return WooCommerceConnector.open(settings, ctx)

    def close(self) -> None:
        for session in self._sessions:
            session.close()


@contextmanager
def serving(driver: WooCommerceDriver, tls: Path | None = None) -> Iterator[Shop]:
    made = make_tls(tls) if tls else None
    chain = str(tls / "server.pem") if tls else None
    with Server(driver.app, certfile=chain, keyfile=chain) as server:
        shop = Shop(driver.shop.settings, server.url, made.ca_file if made else None)
        try:
            yield shop
        finally:
            shop.close()


def driver_of(**emulated: Any) -> WooCommerceDriver:
    return WooCommerceDriver(WooCommerceShop(Emulated(**emulated)), webhook_secret="sesame")


def found(identity: ShopIdentity) -> set[str]:
    return {finding.key.removeprefix("woocommerce.") for finding in identity.findings}


@pytest.mark.parametrize("auth", ["auto", "basic", "query", "oauth1"])
def test_every_way_of_authentication_over_tls(tmp_path: Path, auth: str) -> None:
    driver = driver_of()
    order = driver.add_order(Draft())
    with serving(driver, tmp_path) as shop:
        connector = shop.open(auth=auth)
        identity = connector.check()
        assert found(identity) == set()
        assert connector.order(order).external_id == order
        assert connector.write_back([told(order, "6A1")])[0].results


def told(order: str, number: str, **fields: Any) -> Any:
    return update(order, number, **{"status": "completed", "while_in": ("processing",), **fields})


def test_a_server_that_drops_the_header(tmp_path: Path) -> None:
    driver = driver_of(drops_authorization=True)
    order = driver.add_order(Draft())
    with serving(driver, tmp_path) as shop:
        connector = shop.open()
        assert "header_dropped" in found(connector.check())
        assert set(states(connector.write_back([told(order, "6A1")])[0]).values()) == {
            EffectState.DONE
        }
        with pytest.raises(AuthenticationFailed) as caught:
            shop.open(auth="basic").check()
        assert caught.value.key == "woocommerce.key_unseen"


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"consumer_key": "ck_" + "0" * 40}, "key_unseen"),
        ({"consumer_secret": "cs_" + "0" * 40}, "secret_wrong"),
    ],
)
def test_wrong_key_and_wrong_secret_are_told_apart(
    tmp_path: Path, wrong: dict[str, str], key: str
) -> None:
    with serving(driver_of(), tmp_path) as shop:
        with pytest.raises(AuthenticationFailed) as caught:
            shop.open(**wrong).check()
        assert caught.value.key == f"woocommerce.{key}"
        shown = f"{caught.value} {caught.value.exchange}"
        assert not [value for value in wrong.values() if value in shown]


def test_a_key_whose_user_is_no_shop_manager(tmp_path: Path) -> None:
    pair = {"key": "ck_" + "e" * 40, "secret": "cs_" + "e" * 40, "role": "author"}
    with serving(driver_of(keys=[pair]), tmp_path) as shop:
        with pytest.raises(AuthenticationFailed) as caught:
            shop.open(consumer_key=pair["key"], consumer_secret=pair["secret"]).check()
        assert caught.value.key == "woocommerce.role_missing"


def test_path_info_where_permalinks_are_not_pretty() -> None:
    driver = driver_of(permalinks="index")
    order = driver.add_order(Draft())
    with serving(driver) as shop:
        connector = shop.open()
        assert [each.external_id for each in read_all(connector)[0]] == [order]
        assert set(states(connector.write_back([told(order, "6A1")])[0]).values()) == {
            EffectState.DONE
        }


def test_plain_permalinks_are_explained() -> None:
    with serving(driver_of(permalinks="plain")) as shop:
        with pytest.raises(ConfigurationError) as caught:
            shop.open().check()
        assert caught.value.key == "woocommerce.plain_permalinks"


def test_a_cached_answer_is_not_believed(tmp_path: Path) -> None:
    driver = driver_of(caches_rest=True)
    order = driver.add_order(Draft())
    with serving(driver, tmp_path) as shop:
        connector = shop.open()
        assert connector.order(order).recipient.street == "5 rue des Acacias"
        driver.change_street(order, "9 quai Perrache")
        assert connector.order(order).recipient.street == "9 quai Perrache"


@pytest.mark.parametrize("junk", ["\ufeff", "\r\n\r\n", "<br />\n<b>Notice</b>: [0] in x<br />\n"])
def test_what_is_printed_before_the_data_stops_neither_reading_nor_writing(junk: str) -> None:
    driver = driver_of()
    order = driver.add_order(Draft())
    driver.app.add(Fault(kind="prefix", body=junk, times=1000))
    with serving(driver) as shop:
        connector = shop.open()
        assert ("text_before_data" in found(connector.check())) is junk.startswith("<")
        receipt = connector.write_back([told(order, "6A1")])[0]
        assert set(states(receipt).values()) == {EffectState.DONE}
        assert driver.status(order) == "completed"


def test_an_answer_that_drips_for_ever_ends_at_the_deadline() -> None:
    driver = driver_of()
    driver.add_order(Draft())
    with serving(driver) as shop:
        connector = shop.open()
        connector.check()
        driver.app.add(Fault(kind="drip", path="/orders", times=100, seconds=0.2))
        with pytest.raises(RemoteError) as caught:
            connector.order("1")
        assert caught.value.retryable


def test_a_shop_that_is_not_there() -> None:
    with serving(driver_of()) as shop:
        url = shop.url
    gone = Shop(Emulated(), url, None)
    with pytest.raises(RemoteError) as caught:
        gone.open().check()
    assert caught.value.retryable
    gone.close()


@pytest.mark.parametrize("feature", ["shipment_tracking", "fulfillments"])
def test_both_kinds_of_tracking_entries(feature: str) -> None:
    driver = driver_of(**{feature: True})
    order = driver.add_order(Draft())
    entry = frozenset({Effect.TRACKING_ENTRY})
    with serving(driver) as shop:
        connector = shop.open()
        assert ShopCapability.TRACKING_ENTRY in connector.check().features
        for _ in range(2):
            receipts = connector.write_back(
                [told(order, number, effects=entry) for number in ("6A1", "6A2")]
            )
            assert {s for r in receipts for s in states(r).values()} == {EffectState.DONE}
        assert posts(driver, order) == 2
        connector.write_back([told(order, "6A3", effects=entry, replaces=("6A1",))])
        connector.write_back([told(order, "6A2", effects=entry, withdraw=True)])
        assert connector.order(order).our_numbers == ("6A3",)
        assert connector.order(order).foreign_shipment is None
        deleted = [w for w in driver.shop.books()["writes"] if w["method"] == "DELETE"]
        assert len(deleted) == 2


def posts(driver: WooCommerceDriver, order: str) -> int:
    """How many entries were posted for the order."""
    writes = driver.shop.books()["writes"]
    ends = ("shipment-trackings", "fulfillments")
    return sum(1 for w in writes if w["method"] == "POST" and w["path"].endswith(ends))


def test_a_shop_without_tracking_entries_says_so_once() -> None:
    driver = driver_of()
    orders = [driver.add_order(Draft()) for _ in range(5)]
    with serving(driver) as shop:
        connector = shop.open(pages_in_flight=1)
        assert ShopCapability.TRACKING_ENTRY not in connector.check().features
        news = [told(o, "6A1", effects=frozenset({Effect.TRACKING_ENTRY})) for o in orders]
        before = driver.requests()
        receipts = connector.write_back(news)
        assert {s for r in receipts for s in states(r).values()} == {EffectState.SKIPPED}
        assert driver.requests() - before < 5


def test_number_entry_and_note_come_before_the_status() -> None:
    driver = driver_of(shipment_tracking=True)
    order = driver.add_order(Draft())
    with serving(driver) as shop:
        connector = shop.open()
        news = told(order, "6A1", effects=frozenset(Effect), buyer_note=True)
        ends = states(connector.write_back([news])[0])
        assert ends.pop(Effect.MAIL) is EffectState.SKIPPED
        assert set(ends.values()) == {EffectState.DONE}
        told_in = [w["path"].rpartition("/")[2] for w in driver.shop.books()["writes"]]
        assert told_in == [order, "shipment-trackings", "notes", order]
        assert [w["body"].get("status") for w in driver.shop.books()["writes"]][-1] == "completed"
        assert [mail["kind"] for mail in driver.shop.books()["mails"]] == [
            "customer_note",
            "completed",
        ]


def test_a_failed_entry_holds_the_status_back() -> None:
    driver = driver_of(shipment_tracking=True)
    order = driver.add_order(Draft())
    with serving(driver) as shop:
        connector = shop.open()
        connector.check()
        driver.app.add(Fault(kind="status", path="shipment-trackings", times=99, status=500))
        effects = frozenset({Effect.META, Effect.TRACKING_ENTRY, Effect.STATUS})
        news = told(order, "6A1", effects=effects)
        receipt = connector.write_back([news])[0]
        assert states(receipt)[Effect.META] is EffectState.DONE
        assert states(receipt)[Effect.STATUS] is EffectState.FAILED
        assert receipt.results[Effect.STATUS].retryable
        assert driver.status(order) == "processing"
        driver.app.faults.clear()
        again = connector.write_back([news.model_copy(update={"repeated": True})])[0]
        assert set(states(again).values()) == {EffectState.DONE}


@pytest.mark.parametrize("kind", ["lost_answer", "truncate", "status_after", "hang"])
def test_a_batch_whose_answer_is_lost_is_looked_up(kind: Any) -> None:
    driver = driver_of()
    orders = [driver.add_order(Draft()) for _ in range(4)]
    with serving(driver) as shop:
        connector = shop.open()
        driver.app.add(Fault(kind=kind, path="/orders/batch", status=504, seconds=3))
        receipts = connector.write_back([told(order, f"6A{order}") for order in orders])
        assert {s for r in receipts for s in states(r).values()} == {EffectState.DONE}
        assert [driver.mails(order) for order in orders] == [1, 1, 1, 1]
        assert [connector.order(o).our_numbers for o in orders] == [(f"6A{o}",) for o in orders]


def test_a_host_with_a_lower_batch_limit() -> None:
    driver = driver_of()
    orders = [driver.add_order(Draft()) for _ in range(5)]
    with serving(driver) as shop:
        connector = shop.open()
        driver.app.add(Fault(kind="status", path="/orders/batch", status=413, body="{}"))
        receipts = connector.write_back([told(order, "6A1") for order in orders])
        assert {s for r in receipts for s in states(r).values()} == {EffectState.DONE}


def test_one_bad_order_costs_one_order() -> None:
    driver = driver_of()
    good, bad = driver.add_order(Draft()), driver.add_order(Draft())
    driver.shop.change_order(int(bad), currency="euros")
    with serving(driver) as shop:
        pages = list(shop.open().changed_orders(None))
        assert [o.external_id for page in pages for o in page.orders] == [good]
        unreadable = [each for page in pages for each in page.unreadable]
        assert [(each.external_id, each.params["field"]) for each in unreadable] == [
            (bad, "currency")
        ]
        with pytest.raises(UnreadableAnswer):
            shop.open().order(bad)


@pytest.mark.parametrize(
    ("unit", "weight", "grams"),
    [("g", "250", 250), ("lbs", "1", 454), ("oz", "10", 283), ("kg", "0.25", 250)],
)
def test_weights_of_products_and_variations(unit: Any, weight: str, grams: int) -> None:
    driver = driver_of(weight_unit=unit)
    parent = driver.shop.add_product(name="T-shirt", weight=weight)
    own = driver.shop.add_variation(parent, sku="S", weight=str(float(weight) * 2))
    none = driver.shop.add_variation(parent, sku="M", weight="")
    lines = [{"product_id": parent, "variation_id": v, "quantity": 1} for v in (own, none)]
    order = driver.shop.add_order(status="processing", line_items=lines)
    with serving(driver) as shop:
        first, second = shop.open().order(str(order)).lines
        assert first.weight_g in range(2 * grams - 1, 2 * grams + 2)
        assert second.weight_g == grams


def test_a_deleted_product_leaves_no_weight() -> None:
    driver = driver_of()
    order = driver.add_order(Draft())
    driver.shop.delete_product(driver.shop.order(int(order))["line_items"][0]["product_id"])
    with serving(driver) as shop:
        assert shop.open().order(order).weight_g is None


def test_findings_of_a_risky_shop() -> None:
    driver = driver_of(weight_unit="g", version="5.7.1", clock_skew_seconds=300)
    driver.shop.add_product(name="Thé", weight="0.25")
    driver.shop.add_zone("France", ["FR"], ["lpc_relay"])
    with serving(driver) as shop:
        identity = shop.open(consumer_key=shop.emulated.consumer_key).check()
        assert {"plain_http", "old_version", "weight_unit_implausible"} <= found(identity)


def test_an_old_shop_without_modified_after_loses_no_change() -> None:
    driver = driver_of(version="5.7.1")
    orders = [driver.add_order(Draft()) for _ in range(12)]
    with serving(driver) as shop:
        _, cursor = read_all(shop.open())
        driver.wait()
        _, cursor = read_all(shop.open(), cursor)
        driver.change_street(orders[0], "9 quai Perrache")
        new = driver.add_order(Draft())
        changed = {o.external_id: o for o in read_all(shop.open(), cursor)[0]}
        assert changed[orders[0]].recipient.street == "9 quai Perrache"
        assert new in changed


def test_choices_name_zone_countries_and_pickup() -> None:
    driver = driver_of()
    places = ["FR", {"code": "MC", "type": "country"}, {"code": "20*", "type": "postcode"}]
    methods = [{"method_id": "flat_rate", "title": "À domicile", "instance_id": 3}, "lpc_relay"]
    driver.shop.add_zone("France", places, [*methods, "local_pickup"])
    driver.shop.add_zone("Ailleurs", [], [{"method_id": "free_shipping", "enabled": False}])
    with serving(driver) as shop:
        choices = shop.open().shipping_choices()
        assert [choice.countries for choice in choices] == [("FR", "MC")] * 2
        assert choices[0].id == "flat_rate:3"
        assert [choice.pickup for choice in choices] == [False, True]
        assert {choice.zone for choice in choices} == {"France"}


def test_real_webhooks_are_read_and_a_clones_are_not() -> None:
    driver = driver_of()
    order = driver.add_order(Draft())
    with serving(driver) as shop:
        headers, body = driver.webhook(order)
        ping = shop.open(webhook_secret="sesame").read_webhook(
            {"content-type": "application/x-www-form-urlencoded"}, b"webhook_id=4"
        )
        assert [signal.kind for signal in ping] == [SignalKind.PING]
        clone = headers | {"X-WC-Webhook-Source": "https://staging.shop.example/"}
        for bad, secret, key in (
            (clone, "sesame", "webhook_source"),
            (headers, "other", "webhook_signature"),
            (headers, None, "webhook_no_secret"),
        ):
            with pytest.raises(WebhookRejected) as caught:
                shop.open(webhook_secret=secret).read_webhook(bad, body)
            assert caught.value.key == f"woocommerce.{key}"


def test_a_redirected_shop_names_the_right_address() -> None:
    driver = driver_of()
    target = {"location": "https://www.shop.example/wp-json/wc/v3/orders"}
    driver.app.add(Fault(kind="status", status=301, headers=target, times=99))
    with serving(driver) as shop:
        with pytest.raises(ColisyncError) as caught:
            shop.open().check()
        assert caught.value.params == {"url": "https://www.shop.example"}
