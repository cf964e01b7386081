"""An emulator of Colissimo's web services, strict and with books.

Spoken: SLS 3.1 and 2.0 `generateLabel`, `checkGenerateLabel`, `getLabel`; the tracking timeline
`timelineCompany`; the account's `additionalinformations`. Not spoken: deposit slips, pick-up point
search, documents, tokens, letter-box collection, SOAP.
Stricter than the remote, on purpose: a number or boolean sent as a string is refused (422).
A pick-up point's kind is read from the last digit of its code (0-4 shop, 5-7 post office, 8-9
post office in France and locker abroad); `000000` does not exist.
Source: reference/colissimo.md and the published schema of SLS 3.1.
"""

from colisync.sandbox.colissimo.emulator import ColissimoCarrierEmulator
from colisync.sandbox.colissimo.settings import ColissimoSettings

__all__ = ["ColissimoCarrierEmulator", "ColissimoSettings"]
