"""Who may call: an application key in a header or login and password, whichever is sent."""

import hmac
from collections.abc import Mapping

from colisync.sandbox.colissimo.messages import Message, Refused, refuse
from colisync.sandbox.colissimo.settings import ColissimoSettings

_FORBIDDEN = 403


def key_is_right(settings: ColissimoSettings, key: str) -> bool:
    """Whether it is the contract's application key."""
    return hmac.compare_digest(key.encode(), settings.api_key.encode())


def login_is_right(settings: ColissimoSettings, login: str, password: str) -> bool:
    """Whether these are the contract's number and password."""
    right = hmac.compare_digest(password.encode(), settings.password.encode())
    return right and login == settings.contract_number


def check_header(settings: ColissimoSettings, headers: Mapping[str, str]) -> bool:
    """Whether the header `apiKey` opened the door; a wrong one raises 403.

    False: no key was sent, the body must hold login and password.
    """
    key = headers.get("apikey")
    if key is None:
        return False
    if not key_is_right(settings, key):
        raise Refused(Message("30000"), _FORBIDDEN)
    if not settings.active:
        raise Refused(Message("30007"), _FORBIDDEN)
    return True


def check_login(settings: ColissimoSettings, login: str, password: str) -> None:
    """Raises 30000 unless login and password are the contract's."""
    if not login_is_right(settings, login, password):
        raise refuse("30000")
    if not settings.active:
        raise Refused(Message("30007"), _FORBIDDEN)


def check_account(settings: ColissimoSettings, account: str) -> None:
    """Raises 403 when the request names an account that is neither ours nor our parent's."""
    if account and account not in (settings.contract_number, settings.parent_account):
        raise Refused(Message("30007"), _FORBIDDEN)
