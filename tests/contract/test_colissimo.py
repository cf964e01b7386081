"""Colissimo, beside its emulator, keeps what every carrier promises."""

from collections.abc import Iterator

import pytest

from colisync.carriers.colissimo import ColissimoCarrier, ColissimoSettings
from colisync.model.label import LabelRequest
from colisync.model.pickup import PickupPoint
from colisync.sandbox.colissimo import ColissimoCarrierEmulator
from colisync.sandbox.server import Server
from colisync.testing.contracts.carrier import RECIPIENT, CarrierContract, CarrierRig, label_request

KEYS = {"api_key": "sandbox-colissimo-key"}, {"api_key": "not-the-right-key"}
LOGINS = [{"contract_number": "900001", "password": word} for word in ("Sandbox1", "Wrong-one-2")]
SECRETS = ("sandbox-colissimo-key", "not-the-right-key", "Sandbox1", "Wrong-one-2")
UNSOLD = label_request(recipient=RECIPIENT.model_copy(update={"country": "DE"}))


def _request(method: str, point: str = "012345") -> LabelRequest:
    chosen = PickupPoint(id=point, country="FR") if method == "pickup" else None
    return label_request(method=method, pickup_point=chosen)


@pytest.fixture(params=[KEYS, LOGINS], ids=["key", "login"])
def rig(request: pytest.FixtureRequest) -> Iterator[CarrierRig]:
    emulator, refused = ColissimoCarrierEmulator(), _request("pickup", "000000")
    with Server(emulator.app) as server:
        right, wrong = (
            ColissimoSettings(base_url=server.url, local=True, **words) for words in request.param
        )
        rig = CarrierRig(ColissimoCarrier, right, wrong, emulator, server.url, "generateLabel",
                         _request, refused, UNSOLD, "LIVCFM", "6A00000000000", SECRETS)  # fmt: skip
        yield rig
        rig.close()


class TestColissimo(CarrierContract):
    """Nothing of its own."""
