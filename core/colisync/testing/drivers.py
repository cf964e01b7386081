"""What people do in each emulated shop, for the suite of `contracts.shop`."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from hmac import new as hmac
from typing import Any

from colisync.sandbox.faults import FaultyApp
from colisync.sandbox.woocommerce import WooCommerceShop
from colisync.testing.contracts.shop_rig import Draft


class WooCommerceDriver:
    """The merchant, the buyers and another tool of one WooCommerce shop."""

    to_ship = "processing"
    done = "completed"

    def __init__(self, shop: WooCommerceShop, webhook_secret: str = "") -> None:
        self.shop = shop
        self.app: FaultyApp = shop.app
        self.source = "http://127.0.0.1/"
        self._secret = webhook_secret
        self._products: dict[int | None, int] = {}
        self._choice = "flat_rate:1"

    def add_order(self, draft: Draft) -> str:
        """The id of a new order."""
        address = {"country": draft.country, "postcode": draft.postcode}
        fields: dict[str, Any] = {
            "status": self.to_ship if draft.to_ship else "pending",
            "billing": {**address, "address_1": draft.street},
            "customer_note": draft.note,
            "line_items": [
                {"product_id": self._product(grams), "quantity": quantity}
                for grams, quantity in draft.lines
            ],
            "shipping_lines": [self._choice],
        }
        if draft.shipping_empty:
            fields["shipping"] = None
        if draft.placed_on:
            day = f"{draft.placed_on}T12:00:00"
            fields |= {"date_created_gmt": day, "date_modified_gmt": day}
        if draft.shipped_by_other:
            fields["meta_data"] = {"lpc_outward_parcel_number": draft.shipped_by_other}
        return str(self.shop.add_order(**fields))

    def change_street(self, external_id: str, street: str) -> None:
        """The merchant corrects the address."""
        self.shop.change_order(int(external_id), shipping={"address_1": street})

    def set_status(self, external_id: str, status: str) -> None:
        """The merchant sets a status."""
        self.shop.change_order(int(external_id), status=status)

    def refund(self, external_id: str, quantity: int) -> None:
        """The merchant refunds so many of the first line."""
        line = self.shop.order(int(external_id))["line_items"][0]["id"]
        self.shop.refund(int(external_id), {line: quantity})

    def trash(self, external_id: str) -> None:
        """The merchant throws the order away."""
        self.shop.trash(int(external_id))

    def delete(self, external_id: str) -> None:
        """The merchant deletes the order for good."""
        self.shop.delete(int(external_id))

    def add_choice(self) -> str:
        """The id of a new shipping choice; buyers pick it from now on."""
        self.shop.add_zone("France", ["FR"], [{"method_id": "flat_rate", "instance_id": 7}])
        self._choice = "flat_rate:7"
        return self._choice

    def wait(self) -> None:
        """Two seconds pass in the shop."""
        self.shop.set_time(advance_seconds=2)

    def status(self, external_id: str) -> str:
        """The order's status."""
        return str(self.shop.order(int(external_id))["status"])

    def entries(self, external_id: str) -> list[str]:
        """The numbers in the shop's own tracking entries."""
        items = self.shop.books()["orders"][int(external_id)]["tracking_items"]
        return [item["tracking_number"] for item in items]

    def notes(self, external_id: str) -> list[tuple[str, bool]]:
        """The order's notes, and whether each was for the buyer."""
        notes = self.shop.books()["notes"].get(int(external_id), [])
        return [(note["note"], note["customer_note"]) for note in notes]

    def mails(self, external_id: str) -> int:
        """How many mails the buyer got."""
        mails = self.shop.books()["mails"]
        return sum(1 for mail in mails if mail["order_id"] == int(external_id))

    def requests(self) -> int:
        """How many requests reached the shop."""
        return int(self.shop.books()["requests"])

    def writes(self) -> int:
        """How many of them could change something."""
        return sum(1 for write in self.shop.books()["writes"] if write["body"])

    def webhook(self, external_id: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of a signed delivery."""
        changed = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
        body = json.dumps({"id": int(external_id), "date_modified_gmt": changed}).encode()
        signature = b64encode(hmac(self._secret.encode(), body, sha256).digest()).decode()
        headers = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": self.source,
            "X-WC-Webhook-Topic": "order.updated",
            "X-WC-Webhook-Signature": signature,
        }
        return headers, body

    def _product(self, grams: int | None) -> int:
        if grams not in self._products:
            weight = "" if grams is None else str(grams / 1000)
            self._products[grams] = self.shop.add_product(name="Article", weight=weight)
        return self._products[grams]
