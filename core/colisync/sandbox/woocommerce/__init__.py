"""A WooCommerce shop on loopback, as strict and as odd as the real one.

Emulated, after 318 exchanges recorded from WooCommerce 10.5.0 (2026-11-21): `wc/v3` (and `wc/v2`)
orders with their lists, filters, paging and dates under HPOS and posts storage, single and batch
writes, meta, notes, refunds, statuses, totals; products, variations, units; zones, methods;
options, system status; webhooks with pings and signed deliveries; Basic, query and OAuth 1.0a keys,
scopes, roles, application passwords; the three kinds of permalinks; Shipment Tracking, AST and
fulfilments; older versions that ignore what they do not know; a host that drops Authorization or
caches answers.

Not emulated: writing products, customers, coupons, taxes and stock; `wc/v4`; the wc-auth page; the
texts of descriptions; translated messages. Breakage in transit is `colisync.sandbox.faults`.
"""

from colisync.sandbox.woocommerce.settings import ApiKey, WooCommerceSettings
from colisync.sandbox.woocommerce.shop import WooCommerceShop

__all__ = ["ApiKey", "WooCommerceSettings", "WooCommerceShop"]
