"""WooCommerce, beside its emulator, keeps what every shop connector promises."""

from collections.abc import Iterator

import pytest

from colisync.sandbox.server import Server
from colisync.sandbox.woocommerce import WooCommerceSettings as Emulated
from colisync.sandbox.woocommerce import WooCommerceShop
from colisync.testing.contracts.shop import ShopConnectorContract
from colisync.testing.contracts.shop_rig import ShopRig
from colisync.testing.drivers import WooCommerceDriver
from colisync_woocommerce import WooCommerceConnector
from colisync_woocommerce.settings import WooCommerceSettings


@pytest.fixture(params=[True, False], ids=["hpos", "posts"])
def rig(request: pytest.FixtureRequest) -> Iterator[ShopRig]:
    emulated = Emulated(shipment_tracking=True, hpos=request.param)
    driver = WooCommerceDriver(WooCommerceShop(emulated), webhook_secret="sesame")
    key, secret = emulated.consumer_key, emulated.consumer_secret
    with Server(driver.app) as server:
        right = WooCommerceSettings(url=server.url, local=True, consumer_key=key,
            consumer_secret=secret, webhook_secret="sesame")  # fmt: skip
        wrong = right.model_validate(right.model_dump() | {"consumer_secret": "cs_" + "9" * 40})
        keys = {"consumer_key": emulated.readonly_key, "consumer_secret": emulated.readonly_secret}
        read_only = right.model_validate(right.model_dump() | keys)
        rig = ShopRig(WooCommerceConnector, right, wrong, read_only, driver, server.url,
            "/orders", "/orders", (key, secret, "cs_" + "9" * 40))  # fmt: skip
        yield rig
        rig.close()


class TestWooCommerce(ShopConnectorContract):
    """Nothing of its own."""
