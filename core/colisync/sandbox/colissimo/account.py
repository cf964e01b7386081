"""The account service: what the contract may do (reference §0.2)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from colisync.sandbox.colissimo.access import key_is_right, login_is_right
from colisync.sandbox.colissimo.settings import ColissimoSettings

_WRONG = "Identifiant ou mot de passe incorrect"


class _Credential(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)

    api_key: str = ""
    other_key: str = Field(default="", alias="apikey")
    login: str = ""
    password: str = ""
    partner_client_code: str = ""


class _AccountRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)

    credential: _Credential
    partner_client_code: str = ""
    tag_info_partner: str = ""


def additional_information(body: bytes, settings: ColissimoSettings) -> tuple[int, dict[str, Any]]:
    """(HTTP status, JSON). Wrong credentials are told in `messageErreur`, HTTP 200."""
    try:
        request = _AccountRequest.model_validate_json(body)
    except ValidationError as error:
        return 422, _account(settings, f"{error.error_count()} champ(s) incorrect(s)")
    credential = request.credential
    key = credential.api_key or credential.other_key
    right = (
        key_is_right(settings, key)
        if key
        else login_is_right(settings, credential.login, credential.password)
    )
    account = request.partner_client_code or credential.partner_client_code
    known = account in ("", settings.contract_number, settings.parent_account)
    return 200, _account(settings, None if right and known and settings.active else _WRONG)


def _account(settings: ColissimoSettings, error: str | None) -> dict[str, Any]:
    open_ = error is None
    return {
        "cgv": {"accepted": settings.conditions_accepted} if open_ else None,
        "contractType": settings.contract_type if open_ else None,
        "optionRetourToken": False,
        "statutCodeBloquant": open_ and settings.blocking_code,
        "statutTunnelCommande": False,
        "siteDepotList": [],
        "hazmatStatus": False,
        "hazmatCategories": [],
        "messageErreur": error,
    }
