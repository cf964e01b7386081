"""What a shop has been told, what is left to tell, and how a lost answer is looked up."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from colisync.errors import (
    AuthenticationFailed,
    NotFound,
    OutcomeUnknown,
    Rejected,
    RemoteError,
    RemoteUnavailable,
)
from colisync.model.told import (
    DONE,
    OrderChange,
    OrderNow,
    entries_after,
    our_entries,
)
from colisync.model.writeback import Effect, EffectResult, EffectState, OrderUpdate
from colisync.testing.contracts.shop_rig import update
from colisync.wire.fields import Row, unreadable
from colisync.wire.order_telling import OrderTelling, enter_once, note_once, note_told


def told(number: str = "6A1", order: str = "1", **fields: Any) -> OrderUpdate:
    usual = {"status": "done", "while_in": ("open",)}
    return update(order, number, **{**usual, **fields})


class Book:
    """A ledger in memory. `faults` are raised by the next writes, after they are done where
    `after` says so."""

    remote = "test"

    def __init__(self, *orders: str, after: bool = False) -> None:
        self.orders: dict[str, Row] = {
            each: {"id": each, "status": "open", "entries": []} for each in orders
        }
        self.faults: list[RemoteError] = []
        self.after = after
        self.told: list[tuple[str, str]] = []
        self.end = DONE

    def rows(self, external_ids: Sequence[str]) -> dict[str, Row]:
        return {each: self.orders[each] for each in external_ids if each in self.orders}

    def now(self, row: Row) -> OrderNow:
        if "bad" in row:
            raise unreadable("bad")
        return OrderNow(row["status"], row["entries"], trashed=row["status"] == "trash")

    def statuses(self) -> set[str]:
        return {"open", "done", "other"}

    def write(self, changes: Mapping[str, OrderChange]) -> dict[str, str | RemoteError]:
        fault = self.faults.pop() if self.faults else None
        if fault and not self.after:
            raise fault
        for each, change in changes.items():
            self.told.append((each, f"write {change.status}".strip()))
            row = self.orders[each]
            row["status"] = change.status or row["status"]
            row["entries"] = list(change.entries or row["entries"])
        if fault:
            raise fault
        return {each: self.orders[each]["status"] for each in changes}

    def enter(self, row: Row, update: OrderUpdate) -> EffectResult:
        self.told.append((str(row["id"]), "enter"))
        return self.end

    def note(self, row: Row, update: OrderUpdate) -> EffectResult:
        self.told.append((str(row["id"]), "note"))
        return DONE

    def tell(self, *updates: OrderUpdate, batch: int = 10) -> list[dict[Effect, EffectResult]]:
        receipts = OrderTelling(self, batch=batch, in_flight=2).run(updates)
        assert [receipt.key for receipt in receipts] == [each.key for each in updates]
        return [receipt.results for receipt in receipts]


def ends(results: dict[Effect, EffectResult]) -> set[tuple[EffectState, str]]:
    return {(result.state, result.key) for result in results.values()}


def test_number_and_status_go_in_one_write_and_not_again() -> None:
    book = Book("1", "2")
    updates = [told("6A1"), told("6A2"), told("6A3", "2")]
    assert all(ends(each) == {(EffectState.DONE, "")} for each in book.tell(*updates))
    assert book.told == [("1", "write done"), ("2", "write done")]
    assert [entry["number"] for entry in book.orders["1"]["entries"]] == ["6A1", "6A2"]
    book.tell(*updates)
    assert len(book.told) == 2


def test_number_first_status_last() -> None:
    book = Book("1")
    results = book.tell(told(effects=frozenset(Effect), note="x"))[0]
    assert [what for _, what in book.told] == ["write", "enter", "note", "write done"]
    assert results.pop(Effect.MAIL).key == "test.mail_elsewhere"
    assert ends(results) == {(EffectState.DONE, "")}


def test_a_failed_entry_holds_the_status_back() -> None:
    book = Book("1")
    book.end = EffectResult(state=EffectState.FAILED, key="test.x")
    effects = frozenset({Effect.TRACKING_ENTRY, Effect.STATUS})
    result = book.tell(told(effects=effects))[0][Effect.STATUS]
    assert (result.key, result.retryable) == ("test.status_waits", True)
    assert book.orders["1"]["status"] == "open"


@pytest.mark.parametrize(
    ("now", "fields", "state", "key"),
    [
        ("open", {"status": ""}, EffectState.SKIPPED, "test.status_left"),
        ("open", {"status": "nope"}, EffectState.FAILED, "test.status_unknown"),
        ("other", {}, EffectState.SKIPPED, "test.status_moved"),
        ("done", {}, EffectState.DONE, ""),
        ("trash", {}, EffectState.SKIPPED, "test.order_trashed"),
    ],
)
def test_a_status_is_only_moved_as_agreed(
    now: str, fields: dict[str, Any], state: EffectState, key: str
) -> None:
    book = Book("1")
    book.orders["1"]["status"] = now
    result = book.tell(told(**fields))[0][Effect.STATUS]
    assert (result.state, result.key) == (state, key)
    assert book.orders["1"]["status"] == now


def test_what_is_gone_or_does_not_read_stops_no_other() -> None:
    book = Book("1", "2")
    book.orders["2"]["bad"] = 1
    first, second, third = book.tell(told(), told("6A2", "2"), told("6A3", "3"))
    assert ends(first) == {(EffectState.DONE, "")}
    assert ends(second) == {(EffectState.FAILED, "test.order_unreadable")}
    assert ends(third) == {(EffectState.FAILED, "test.order_gone")}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_lost_answer_is_looked_up_then_written_once_more(after: bool) -> None:
    book = Book("1", after=after)
    book.faults = [OutcomeUnknown("wire.unknown_broken")]
    assert ends(book.tell(told())[0]) == {(EffectState.DONE, "")}
    assert len(book.told) == 1


def test_an_answer_lost_twice_is_for_later() -> None:
    book = Book("1")
    book.faults = [RemoteUnavailable("test.down"), RemoteUnavailable("test.down")]
    results = book.tell(told())[0]
    assert ends(results) == {(EffectState.FAILED, "test.down")}
    assert all(result.retryable for result in results.values())


def test_a_batch_that_is_refused_is_halved_and_one_order_pays() -> None:
    book = Book("1", "2", "3")
    book.faults = [Rejected("test.rejected", code="413", text="big") for _ in range(2)]
    results = book.tell(told(), told("6A2", "2"), told("6A3", "3"))
    assert [ends(each) for each in results] == [
        {(EffectState.FAILED, "test.rejected")},
        {(EffectState.DONE, "")},
        {(EffectState.DONE, "")},
    ]


def test_refused_credentials_stop_everything() -> None:
    book = Book("1")
    book.faults = [AuthenticationFailed("test.key")]
    with pytest.raises(AuthenticationFailed):
        book.tell(told())


def test_a_withdrawal_without_words_says_nothing() -> None:
    results = Book("1").tell(told(withdraw=True, note="", effects=frozenset({Effect.NOTE})))[0]
    assert results[Effect.NOTE].key == "test.nothing_to_say"


def test_entries_keep_other_parcels_and_mark_what_is_gone() -> None:
    first = entries_after([], [told("6A1"), told("6A2")])
    assert entries_after(first, [told("6A1")]) == first
    after = entries_after(first, [told("6A3", replaces=("6A1",))])
    assert [(e["number"], e.get("void", False)) for e in after] == [
        ("6A1", True), ("6A2", False), ("6A3", False)]  # fmt: skip
    gone = entries_after(after, [told("6A2", withdraw=True)])
    assert [e["number"] for e in gone if not e.get("void")] == ["6A3"]


@pytest.mark.parametrize("value", [None, "x", {}, [1], [{"number": 5}], [{"key": "k"}]])
def test_a_list_that_is_not_ours_is_none(value: Any) -> None:
    assert our_entries(value) == []


def test_a_note_is_known_by_its_number_a_withdrawal_by_its_words() -> None:
    notes = ["Suivi : <a href='https://x/?code=6A1'>6A1</a>"]
    assert note_told(notes, told("6A1"))
    assert not note_told(notes, told("6A2"))
    withdrawn = told("6A1", withdraw=True, note="Étiquette 6A1 annulée & détruite")
    assert not note_told(notes, withdrawn)
    assert note_told(["<p>Étiquette 6A1 annulée &amp; détruite</p>"], withdrawn)


def test_a_number_is_entered_once_and_the_old_one_dropped() -> None:
    shop = {"6A0": "7"}

    def add() -> None:
        shop["6A1"] = "8"

    news = told("6A1", replaces=("6A0",))
    ids = {"7": "6A0", "8": "6A1"}
    for _ in range(2):
        end = enter_once(news, lambda: dict(shop), lambda each: shop.pop(ids[each]), add)
        assert end == DONE
    assert shop == {"6A1": "8"}
    enter_once(told("6A1", withdraw=True), lambda: dict(shop), lambda e: shop.pop(ids[e]), add)
    assert shop == {}


@pytest.mark.parametrize("written", [False, True])
def test_a_note_whose_answer_is_lost_is_looked_up_and_never_repeated(written: bool) -> None:
    notes: list[str] = []
    posts: list[int] = []

    def add() -> None:
        posts.append(1)
        notes.extend(["6A1"] if written else [])
        raise OutcomeUnknown("wire.unknown_timeout")

    end = note_once(told("6A1", note="6A1"), lambda: notes, add)
    assert len(posts) == 1
    assert (end == DONE) is written
    assert end.retryable is not written


def test_an_entry_that_cannot_be_told_raises() -> None:
    def add() -> None:
        raise NotFound("test.no_route")

    with pytest.raises(NotFound):
        enter_once(told("6A1"), dict, lambda _: None, add)
