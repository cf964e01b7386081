"""One emulator in a process of its own: `emulators.py woocommerce|colissimo LATENCY`.

The first line printed is its address.
"""

import sys
import threading

from colisync.sandbox.colissimo import ColissimoCarrierEmulator, ColissimoSettings
from colisync.sandbox.server import Server
from colisync.sandbox.woocommerce import WooCommerceShop


def main(kind: str, latency: float) -> None:
    """Serves until the process is ended."""
    if kind == "woocommerce":
        app = WooCommerceShop(latency=latency).app
    else:
        app = ColissimoCarrierEmulator(ColissimoSettings(fates="delivered"), latency=latency).app
    with Server(app) as server:
        print(server.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
