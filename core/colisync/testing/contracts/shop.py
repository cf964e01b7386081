"""The suite that every shop connector inherits: capabilities choose the tests, never names.

A backend's file gives the fixture `rig`, over a driver that does in the shop what people do
there, and an empty subclass of `ShopConnectorContract`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from colisync.errors import (
    AuthenticationFailed,
    NotFound,
    RemoteError,
    UnsupportedFeature,
    WebhookRejected,
)
from colisync.model.writeback import (
    Effect,
    EffectState,
    OrderUpdate,
)
from colisync.ports.shop import ReadManyOrders, ShopCapability, SignalKind
from colisync.sandbox.faults import Fault
from colisync.testing.contracts import Contract
from colisync.testing.contracts.shop_rig import (
    MET_AND_STATUS,
    Draft,
    ShopRig,
    ids,
    read_all,
    states,
    update,
)


def _needs(rig: ShopRig, capability: ShopCapability) -> None:
    if capability not in rig.backend.capabilities:
        pytest.skip(f"{rig.backend.key} does not declare {capability}")


class ShopConnectorContract(Contract):
    """What every connector promises."""

    def test_opening_calls_nothing(self, rig: ShopRig) -> None:
        rig.open()
        assert rig.shop.requests() == 0

    def test_check_says_who_answers(self, rig: ShopRig) -> None:
        rig.shop.add_order(Draft())
        identity = rig.open().check()
        assert identity.name
        assert identity.currency == "EUR"
        assert identity.time_zone == "Europe/Paris"
        assert identity.can_write
        assert rig.shop.to_ship in identity.statuses
        assert rig.shop.writes() == 0

    def test_wrong_credentials_are_named_and_kept_secret(self, rig: ShopRig) -> None:
        with pytest.raises(AuthenticationFailed) as caught:
            rig.open(rig.wrong).check()
        told = f"{caught.value!r} {caught.value} {caught.value.exchange}"
        assert caught.value.exchange is not None
        assert not [secret for secret in rig.secrets if secret in told]

    def test_a_read_only_key_is_found_and_stops_writing(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft())
        shop = rig.open(rig.read_only)
        assert not shop.check().can_write
        with pytest.raises(AuthenticationFailed):
            shop.write_back([self._told(rig, order, "6A1")])

    def test_every_order_comes_oldest_first(self, rig: ShopRig) -> None:
        placed = {rig.shop.add_order(Draft()) for _ in range(25)}
        orders, cursor = read_all(rig.open(page_size=10))
        assert ids(orders) == placed
        assert cursor is not None
        assert [o.modified_at for o in orders] == sorted(o.modified_at for o in orders)

    def test_an_unchanged_shop_costs_three_requests(self, rig: ShopRig) -> None:
        for _ in range(25):
            rig.shop.add_order(Draft())
        rig.shop.wait()
        _, cursor = read_all(rig.open(page_size=10))
        before = rig.shop.requests()
        orders, again = read_all(rig.open(page_size=10), cursor)
        assert orders == []
        assert again
        assert rig.shop.requests() - before <= 3

    def test_a_changed_order_comes_again(self, rig: ShopRig) -> None:
        order, other = rig.shop.add_order(Draft()), rig.shop.add_order(Draft())
        _, cursor = read_all(rig.open())
        rig.shop.change_street(order, "9 quai Perrache")
        changed, _ = read_all(rig.open(), cursor)
        assert other not in ids(changed)
        assert [o.recipient.street for o in changed] == ["9 quai Perrache"]

    def test_orders_that_move_while_pages_are_read_are_not_lost(self, rig: ShopRig) -> None:
        placed = [rig.shop.add_order(Draft()) for _ in range(40)]
        rig.shop.wait()
        seen: set[str] = set()
        shop, cursor = rig.open(page_size=10, pages_in_flight=2), None
        for number, page in enumerate(shop.changed_orders(None)):
            seen |= ids(list(page.orders))
            cursor = page.cursor
            for order in placed[number * 3 : number * 3 + 3]:
                rig.shop.change_street(order, f"{number} rue qui bouge")
        orders, _ = read_all(rig.open(), cursor)
        assert seen | ids(orders) == set(placed)

    def test_a_reading_cut_short_goes_on_from_its_last_cursor(self, rig: ShopRig) -> None:
        placed = {rig.shop.add_order(Draft()) for _ in range(30)}
        rig.shop.wait()
        pages = rig.open(page_size=10).changed_orders(None)
        first = next(pages)
        pages.close()  # type: ignore[attr-defined]
        rest, _ = read_all(rig.open(page_size=10), first.cursor)
        assert ids(list(first.orders)) | ids(rest) == placed

    def test_orders_before_the_merchants_day_are_left_alone(self, rig: ShopRig) -> None:
        today = datetime.now(UTC).date()
        old = rig.shop.add_order(Draft(placed_on=today - timedelta(days=40)))
        new = rig.shop.add_order(Draft(placed_on=today - timedelta(days=2)))
        shop = rig.open(orders_since=today - timedelta(days=14))
        orders, cursor = read_all(shop)
        assert ids(orders) == {new}
        rig.shop.change_street(old, "1 rue ancienne")
        assert old not in ids(
            read_all(rig.open(orders_since=today - timedelta(days=14)), cursor)[0]
        )

    def test_a_trashed_order_is_gone(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft())
        _, cursor = read_all(rig.open())
        rig.shop.trash(order)
        changed, _ = read_all(rig.open(), cursor)
        assert [(o.external_id, o.gone) for o in changed] == [(order, True)]
        assert rig.open().order(order).gone

    def test_a_deleted_order_is_not_found(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft())
        rig.shop.delete(order)
        with pytest.raises(NotFound):
            rig.open().order(order)

    def test_one_order_reads_as_in_the_list(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft(note="Sonnez 🔔 <b>deux</b> fois"))
        shop = rig.open()
        listed, _ = read_all(shop)
        single = shop.order(order)
        assert [single] == listed
        assert single.buyer_note == "Sonnez 🔔 <b>deux</b> fois"
        assert single.recipient.email
        assert single.recipient.phone
        assert single.status == rig.shop.to_ship

    def test_weights_are_grams_of_what_is_left_to_ship(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft(lines=((250, 3), (1200, 1))))
        assert rig.open().order(order).weight_g == 1950
        rig.shop.refund(order, 2)
        after = rig.open().order(order)
        assert [(line.quantity, line.ordered_quantity) for line in after.lines] == [(1, 3), (1, 1)]
        assert after.weight_g == 1450

    def test_a_line_without_weight_says_so(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft(lines=((250, 1), (None, 1))))
        assert rig.open().order(order).weight_g is None

    def test_an_empty_shipping_address_is_the_billing_one(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft(shipping_empty=True, street="3 place du Marché"))
        assert rig.open().order(order).recipient.street == "3 place du Marché"

    def test_overseas_is_a_country_of_its_own(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft(postcode="97400"))
        assert rig.open().order(order).recipient.country == "RE"

    def test_an_order_shipped_by_another_tool_says_so(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft(shipped_by_other="6A99999999999"))
        foreign = rig.open().order(order).foreign_shipment
        assert foreign is not None
        assert foreign.numbers == ("6A99999999999",)

    def test_a_number_of_ours_is_ours(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft())
        shop = rig.open()
        shop.write_back([self._told(rig, order, "6A11111111111", effects=frozenset(Effect))])
        read = shop.order(order)
        assert read.our_numbers == ("6A11111111111",)
        assert read.foreign_shipment is None

    def test_number_and_status_are_told_once(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft())
        news = self._told(rig, order, "6A11111111111")
        receipt = rig.open().write_back([news])[0]
        assert receipt.key == news.key
        assert set(states(receipt).values()) == {EffectState.DONE}
        assert rig.shop.status(order) == rig.shop.done
        writes = rig.shop.writes()
        again = rig.open().write_back([news.model_copy(update={"repeated": True})])[0]
        assert set(states(again).values()) == {EffectState.DONE}
        assert rig.shop.writes() == writes

    def test_many_orders_at_once(self, rig: ShopRig) -> None:
        orders = [rig.shop.add_order(Draft()) for _ in range(30)]
        news = [self._told(rig, order, f"6A{at:011d}") for at, order in enumerate(orders)]
        shop = rig.open(batch_size=10)
        assert [r.key for r in shop.write_back(news)] == [u.key for u in news]
        assert {rig.shop.status(order) for order in orders} == {rig.shop.done}
        assert [shop.order(o).our_numbers for o in orders] == [(u.parcel.number,) for u in news]

    def test_two_parcels_keep_both_numbers(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft())
        shop = rig.open()
        shop.write_back([self._told(rig, order, "6A1"), self._told(rig, order, "6A2")])
        shop.write_back([self._told(rig, order, "6A3")])
        assert set(shop.order(order).our_numbers) == {"6A1", "6A2", "6A3"}

    def test_a_new_label_replaces_the_old_number_only(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft())
        shop = rig.open()
        shop.write_back([self._told(rig, order, "6A1"), self._told(rig, order, "6A2")])
        shop.write_back([self._told(rig, order, "6A9", replaces=("6A1",))])
        assert set(shop.order(order).our_numbers) == {"6A2", "6A9"}
        assert shop.order(order).foreign_shipment is None

    def test_a_withdrawn_number_is_taken_out_alone(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft())
        shop = rig.open()
        shop.write_back([self._told(rig, order, "6A1"), self._told(rig, order, "6A2")])
        gone = self._told(rig, order, "6A1", withdraw=True, effects=frozenset({Effect.META}))
        assert states(shop.write_back([gone])[0]) == {Effect.META: EffectState.DONE}
        assert shop.order(order).our_numbers == ("6A2",)

    def test_a_status_is_left_where_the_order_moved_on(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft())
        rig.shop.set_status(order, "cancelled")
        receipt = rig.open().write_back([self._told(rig, order, "6A1")])[0]
        assert states(receipt)[Effect.STATUS] is EffectState.SKIPPED
        assert rig.shop.status(order) == "cancelled"

    def test_a_status_the_shop_does_not_have_is_never_sent(self, rig: ShopRig) -> None:
        orders = [rig.shop.add_order(Draft()) for _ in range(2)]
        news = [self._told(rig, order, "6A1", status="no-such-status") for order in orders]
        for receipt in rig.open().write_back(news):
            assert receipt.results[Effect.STATUS].state is EffectState.FAILED
            assert not receipt.results[Effect.STATUS].retryable
            assert states(receipt)[Effect.META] is EffectState.DONE
        assert {rig.shop.status(order) for order in orders} == {rig.shop.to_ship}

    def test_a_trashed_order_is_never_revived(self, rig: ShopRig) -> None:
        trashed, kept = rig.shop.add_order(Draft()), rig.shop.add_order(Draft())
        rig.shop.trash(trashed)
        first, second = rig.open().write_back(
            [self._told(rig, trashed, "6A1"), self._told(rig, kept, "6A2")]
        )
        assert set(states(first).values()) == {EffectState.SKIPPED}
        assert set(states(second).values()) == {EffectState.DONE}
        assert rig.open().order(trashed).gone

    def test_an_order_that_is_gone_stops_no_other(self, rig: ShopRig) -> None:
        deleted, kept = rig.shop.add_order(Draft()), rig.shop.add_order(Draft())
        rig.shop.delete(deleted)
        first, second = rig.open().write_back(
            [self._told(rig, deleted, "6A1"), self._told(rig, kept, "6A2")]
        )
        assert first.results[Effect.META].state is EffectState.FAILED
        assert not first.results[Effect.META].retryable
        assert set(states(second).values()) == {EffectState.DONE}

    @pytest.mark.parametrize("kind", ["lost_answer", "status_after", "truncate"])
    def test_a_lost_answer_tells_nothing_twice(self, rig: ShopRig, kind: Any) -> None:
        order = rig.shop.add_order(Draft())
        rig.shop.app.add(Fault(kind=kind, path=rig.write_path, method="PUT"))
        rig.shop.app.add(Fault(kind=kind, path=f"{order}/notes", method="POST"))
        news = self._told(rig, order, "6A1", effects=MET_AND_STATUS | {Effect.NOTE})
        receipts = rig.open().write_back([news])
        if any(result.retryable for result in receipts[0].results.values()):
            receipts = rig.open().write_back([news.model_copy(update={"repeated": True})])
        assert set(states(receipts[0]).values()) == {EffectState.DONE}
        assert len([note for note, _ in rig.shop.notes(order) if "6A1" in note]) == 1
        assert rig.shop.status(order) == rig.shop.done
        assert rig.open().order(order).our_numbers == ("6A1",)

    def test_a_shop_that_is_down_fails_for_later(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft())
        shop = rig.open()
        shop.order(order)
        rig.shop.app.add(Fault(kind="status", status=500, times=50))
        receipt = shop.write_back([self._told(rig, order, "6A1")])[0]
        assert {r.state for r in receipt.results.values()} == {EffectState.FAILED}
        assert all(result.retryable and result.key for result in receipt.results.values())

    @pytest.mark.parametrize(
        "fault",
        [
            Fault(kind="status", status=500, body="<html>oops</html>", times=50),
            Fault(kind="status", status=429, body="slow down", times=50),
            Fault(kind="status", status=200, body="<html><body>Bonjour</body></html>", times=50),
            Fault(kind="status", status=200, body='[{"id": 1, "status": "proc', times=50),
            Fault(kind="truncate", times=50),
            Fault(kind="reset", times=50),
        ],
        ids=["500", "429", "page", "half", "truncated", "reset"],
    )
    def test_a_broken_shop_gives_a_typed_error(self, rig: ShopRig, fault: Fault) -> None:
        rig.shop.add_order(Draft())
        shop = rig.open()
        shop.check()
        rig.shop.app.add(fault.model_copy(update={"path": rig.list_path}))
        with pytest.raises(RemoteError) as caught:
            read_all(shop)
        assert caught.value.key

    def test_the_mail_is_left_to_others(self, rig: ShopRig) -> None:
        order = rig.shop.add_order(Draft())
        news = self._told(rig, order, "6A1", effects=frozenset({Effect.MAIL}))
        assert states(rig.open().write_back([news])[0]) == {Effect.MAIL: EffectState.SKIPPED}
        assert rig.shop.mails(order) == 0

    def test_buyer_notes_are_mailed_and_staff_notes_are_not(self, rig: ShopRig) -> None:
        _needs(rig, ShopCapability.BUYER_NOTE)
        order, note = rig.shop.add_order(Draft()), frozenset({Effect.NOTE})
        shop = rig.open()
        shop.write_back([self._told(rig, order, "6A1", effects=note)])
        assert rig.shop.mails(order) == 0
        for _ in range(2):
            shop.write_back([self._told(rig, order, "6A2", effects=note, buyer_note=True)])
        assert rig.shop.mails(order) == 1
        assert ("Colis 6A2", True) in rig.shop.notes(order)

    def test_tracking_entries_are_made_once_and_replaced(self, rig: ShopRig) -> None:
        _needs(rig, ShopCapability.TRACKING_ENTRY)
        order, entry = rig.shop.add_order(Draft()), frozenset({Effect.TRACKING_ENTRY})
        shop = rig.open()
        assert ShopCapability.TRACKING_ENTRY in shop.check().features
        for _ in range(2):
            shop.write_back([self._told(rig, order, n, effects=entry) for n in ("6A1", "6A2")])
        assert sorted(rig.shop.entries(order)) == ["6A1", "6A2"]
        shop.write_back([self._told(rig, order, "6A3", effects=entry, replaces=("6A1",))])
        assert sorted(rig.shop.entries(order)) == ["6A2", "6A3"]
        assert shop.order(order).foreign_shipment is None

    def test_entries_are_refused_where_undeclared(self, rig: ShopRig) -> None:
        if ShopCapability.TRACKING_ENTRY in rig.backend.capabilities:
            pytest.skip("declared")
        self._refused(rig, lambda shop: shop.write_back(
            [self._told(rig, "1", "6A1", effects=frozenset({Effect.TRACKING_ENTRY}))]
        ))  # fmt: skip

    def test_choices_are_what_orders_name(self, rig: ShopRig) -> None:
        if ShopCapability.SHIPPING_CHOICES not in rig.backend.capabilities:
            self._refused(rig, lambda shop: shop.shipping_choices())
            return
        wanted = rig.shop.add_choice()
        assert wanted in [choice.id for choice in rig.open().shipping_choices()]
        order = rig.shop.add_order(Draft())
        choice = rig.open().order(order).choice
        assert choice is not None
        assert choice.id == wanted

    def test_many_orders_are_read_in_few_requests(self, rig: ShopRig) -> None:
        _needs(rig, ShopCapability.READ_MANY)
        kept = [rig.shop.add_order(Draft()) for _ in range(20)]
        trashed, deleted = rig.shop.add_order(Draft()), rig.shop.add_order(Draft())
        rig.shop.trash(trashed)
        rig.shop.delete(deleted)
        shop = rig.open()
        assert isinstance(shop, ReadManyOrders)
        before = rig.shop.requests()
        found = shop.orders([*kept, trashed, deleted])
        assert set(found) == {*kept, trashed}
        assert [key for key, order in found.items() if order.gone] == [trashed]
        assert rig.shop.requests() - before < 10

    def test_a_webhook_is_verified_before_it_is_read(self, rig: ShopRig) -> None:
        if ShopCapability.WEBHOOKS not in rig.backend.capabilities:
            self._refused(rig, lambda shop: shop.read_webhook({}, b""))
            return
        order = rig.shop.add_order(Draft())
        headers, body = rig.shop.webhook(order)
        signals = rig.open().read_webhook(headers, body)
        assert [(s.kind, s.external_id) for s in signals] == [(SignalKind.ORDER_CHANGED, order)]
        upper = {name.upper(): value for name, value in headers.items()}
        assert rig.open().read_webhook(upper, body) == signals
        with pytest.raises(WebhookRejected):
            rig.open().read_webhook(headers, body + b" ")
        with pytest.raises(WebhookRejected):
            rig.open().read_webhook({}, b"not even JSON")

    def _told(self, rig: ShopRig, external_id: str, number: str, **fields: Any) -> OrderUpdate:
        usual: Mapping[str, Any] = {"status": rig.shop.done, "while_in": (rig.shop.to_ship,)}
        return update(external_id, number, **{**usual, **fields})

    def _refused(self, rig: ShopRig, call: Any) -> None:
        with pytest.raises(UnsupportedFeature):
            call(rig.open())
        assert rig.shop.requests() == 0
