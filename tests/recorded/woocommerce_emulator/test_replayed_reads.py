"""Recorded reads: lists, one order, errors, keys. The shop is put where the recorder's was."""

import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CROWDED = "2026-11-20T20:00:00"
LATER = {
    2158: "2026-11-20T20:25:45",
    2142: "2026-11-20T21:14:08",
    2137: "2026-11-20T23:54:02",
    2139: "2026-11-21T07:10:58",
    2138: "2026-11-21T17:55:23",
    2140: "2026-11-21T21:43:38",
    2146: "2026-11-21T21:43:39",
    2147: "2026-11-21T21:43:39",
    2156: "2026-11-21T21:43:41",
    2157: "2026-11-21T21:43:42",
}
# Cases whose rows, or counts, are those of an order or a moment that is not set up here.
LIKE = {
    *("orders_default", "orders_dp", "orders_fields", "orders_fields_nested", "orders_last_page"),
    *("orders_per_page_100_page_2", "orders_fields_ids_only", "orders_created_via"),
    *("orders_status_multi", "orders_status_array", "orders_status_trash", "orders_search"),
    *("orders_status_checkout_draft", "orders_after_before", "orders_modified_after_gmt_asc"),
    *("orders_include", "orders_include_trashed", "reports_orders_totals", "orders_offset"),
    *("orders_status_any", "orders_list_include_meta", "orders_exclude_meta", "ok_envelope"),
    # recorded after two more orders had come
    *("index_php_wp_json_basic", "ok_trailing_slash", "ok_unknown_param_ignored"),
    *("orders_filter_fulfillment_status", "rest_route_with_prefix_hint"),
    "ok_query_string_auth_https",
}
OTHER_COUNTS = {"oauth_z_date", "oauth_comma_list", "oauth_indexed_array"}


def cases(*families: str) -> list[Any]:
    found = [(f, path.stem) for f in families for path in sorted((HERE / f).glob("*.json"))]
    return [pytest.param(family, name, id=name) for family, name in found]


def recorded_body(family: str, name: str) -> Any:
    return json.loads((HERE / family / f"{name}.json").read_text("utf-8"))["response"]["body"]


def fill(shop: Any) -> None:
    """1,986 orders and 24 in the trash: 174 changed in one second, 10 later, as recorded."""
    trashed = [1874, 2068, 138, *range(4000, 4021)]
    kept = [n for n in [*range(39, 39 + 175), *range(300, 2136)] if n not in trashed]
    ids = [*kept[: 1986 - len(LATER)], *LATER]
    for rank, order_id in enumerate(ids):
        day, minute = 1 + rank % 28, rank % 60
        created = f"2026-{1 + rank % 9:02}-{day:02}T10:{minute:02}:00"
        if rank in range(400, 405):
            created = f"2026-11-01T1{rank - 400}:00:00"
        crowded = CROWDED if order_id < 300 else created
        shop.add_order(
            id=order_id,
            status=_status(rank),
            created_via="store-api" if rank % 34 == 1 and rank < 34 * 58 else "checkout",
            billing={"last_name": "Lefèvre"} if rank % 7 == 2 and rank < 7 * 260 else {},
            date_created_gmt="2026-11-20T17:57:12" if order_id == 2158 else created,
            date_modified_gmt=LATER.get(order_id, crowded),
            meta_data={"_lpc_meta_pickUpLocationId": "663766"} if order_id == 45 else {},
        )
    for order_id in trashed:
        stamp = CROWDED if order_id in (1874, 2068) else "2026-02-02T10:00:00"
        shop.add_order(id=order_id, status="trash", date_created_gmt=stamp, date_modified_gmt=stamp)


def _status(rank: int) -> str:
    if rank >= 1976:
        return "processing"
    names = (("completed", 400), ("cancelled", 796), ("processing", 1386), ("on-hold", 1531))
    return next(
        (name for name, last in names if rank < last),
        "checkout-draft" if rank < 1576 else "refunded",
    )


@pytest.fixture(scope="module")
def big_shop(replayer: Any) -> Any:
    made = replayer()
    fill(made.shop)
    return made


@pytest.mark.parametrize(("family", "name"), cases("lists"))
def test_a_list_answers_as_recorded(big_shop: Any, family: str, name: str) -> None:
    big_shop.play(family, name, exact=name not in LIKE)


@pytest.mark.parametrize(("family", "name"), cases("errors"))
def test_a_refusal_is_worded_as_recorded(big_shop: Any, family: str, name: str) -> None:
    over_http = "http" in name
    big_shop.settings.behind_tls = not over_http
    big_shop.settings.home = "http://127.0.0.1:8081" if over_http else "https://127.0.0.1:8443"
    if name == "err_401_oauth_missing_params":
        big_shop.settings.home = "http://127.0.0.1:8081"
    big_shop.play(family, name)


@pytest.mark.parametrize(("family", "name"), cases("oauth"))
def test_oauth_is_judged_as_recorded(big_shop: Any, family: str, name: str) -> None:
    tls = name == "ok_https_oauth1"
    big_shop.settings.behind_tls = tls
    big_shop.settings.home = "https://127.0.0.1:8443" if tls else "http://127.0.0.1:8081"
    big_shop.play(family, name, exact=False, totals=name not in OTHER_COUNTS)
