"""Colissimo, on the merchant's own contract."""

from colisync.carriers.colissimo.carrier import ColissimoCarrier
from colisync.carriers.colissimo.settings import ColissimoSettings

__all__ = ["ColissimoCarrier", "ColissimoSettings"]
