"""No article is lost or sent twice, however an order and its shipments change."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from colisync.services.allocation import allocate

QUANTITIES = st.dictionaries(st.sampled_from("abc"), st.integers(1, 5))


@given(QUANTITIES, st.lists(QUANTITIES, max_size=2), st.lists(QUANTITIES, min_size=1, max_size=3))
def test_open_shipments_hold_exactly_what_is_left(
    wanted: dict[str, int], sent: list[dict[str, int]], still_open: list[dict[str, int]]
) -> None:
    given_out = allocate(wanted, sent, still_open)
    total, gone = Counter[str](), Counter[str]()
    for part in given_out:
        assert all(quantity > 0 for quantity in part.values())
        total.update(part)
    for part in sent:
        gone.update(part)
    assert total == Counter(wanted) - gone


@given(QUANTITIES, st.lists(QUANTITIES, min_size=2, max_size=2))
def test_nothing_moves_that_need_not(wanted: dict[str, int], held: list[dict[str, int]]) -> None:
    first, second = allocate(wanted, [], held)
    assert all(quantity <= held[1].get(line, 0) for line, quantity in second.items())
    assert allocate(wanted, [], [first, second]) == [first, second]


def test_without_an_open_shipment_a_person_decides() -> None:
    assert allocate({"a": 3}, [{"a": 1}], []) == []
