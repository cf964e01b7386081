"""Blocks of a client file → nouns: keys and values checked, credentials tested and sealed."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError

from colisync.errors import ConfigurationError, Scalar, UnsupportedFeature
from colisync.model.address import Address
from colisync.model.workspace import Contract, Mode, Sender, ShippingRule, Shop, Workspace
from colisync.plugins import carrier_class, connector_class, read_settings
from colisync.ports.secrets import SecretBox
from colisync.services.config_file import SEALED, Block, nearest, unknown_key

_Noun = TypeVar("_Noun", bound=BaseModel)
_STORED = {"workspace", "key", "options", "sealed", "id", "paused"}
_SHOP = set(Shop.model_fields) - _STORED
_CONTRACT = set(Contract.model_fields) - _STORED
_SENDER = {"default", *Address.model_fields}


def read_workspace(block: Block) -> Workspace:
    """The workspace of `[workspace]`. Raises ConfigurationError naming the key at fault."""
    return read_noun(Workspace, block, "workspace")


def read_sender(key: str, block: Block) -> Sender:
    """The sender of one of `[[senders]]`."""
    where = f"senders.{key}"
    for name in block:
        if name not in _SENDER:
            raise unknown_key(f"{where}.{name}", name, _SENDER)
    values = {name: value for name, value in block.items() if name != "default"}
    address = read_noun(Address, values, where)
    values = {"key": key, "default": block.get("default", False), "address": address}
    return read_noun(Sender, values, where)


def read_shop(
    workspace: Workspace, key: str, block: Block, current: Shop | None, box: SecretBox
) -> Shop:
    """The shop of one of `[[shops]]`, credentials sealed; an absent one keeps the one sealed.

    Its settings are tried on the connector's own model. Raises ConfigurationError.
    """
    where = f"shops.{key}"
    model = connector_class(_backend(block, "platform", where)).settings
    own, options = _sorted_out(block, where, _SHOP, model)
    values = {**own, "workspace": workspace.key, "key": key, "options": options}
    shop = read_noun(Shop, values, where)
    known = credential_names(model, _SHOP)
    sealed, credentials = _sealed(block, where, known, current.sealed if current else "", box)
    told = {name: getattr(shop, name) for name in ("url", "local", "orders_since")}
    told |= {"ship_statuses": shop.ship_statuses, **options, **credentials}
    settings = _tried(model, told, where)
    return shop.model_copy(
        update={
            "sealed": sealed,
            "url": str(getattr(settings, "url", shop.url)),  # as the connector writes it
            "ship_statuses": tuple(getattr(settings, "ship_statuses", shop.ship_statuses)),
        }
    )


def read_contract(
    workspace: Workspace, key: str, block: Block, current: Contract | None, box: SecretBox
) -> Contract:
    """The contract of one of `[[contracts]]`, as for a shop.

    Where the sandbox stands in for the carrier, no credentials are asked.
    """
    where = f"contracts.{key}"
    model = carrier_class(_backend(block, "carrier", where)).settings
    own, options = _sorted_out(block, where, _CONTRACT, model)
    values = {**own, "workspace": workspace.key, "key": key, "options": options}
    contract = read_noun(Contract, values, where)
    known = credential_names(model, _CONTRACT)
    sealed, credentials = _sealed(block, where, known, current.sealed if current else "", box)
    told = {"local": contract.local, **options, **credentials}
    if not contract.is_stand_in:
        told["base_url"] = contract.base_url
    stand_in = contract.is_stand_in or workspace.mode is Mode.REHEARSAL
    if credentials or not stand_in:
        _tried(model, told, where)
    return contract.model_copy(update={"sealed": sealed})


def read_rule(position: int, block: Block) -> ShippingRule:
    """The rule of one of `[[rules]]`; what it names is checked by the caller."""
    where = f"rules[{position}]"
    rule = read_noun(ShippingRule, block, where)
    if rule.when.served_by:
        raise UnsupportedFeature("config.served_by", params={"key": f"{where}.when.served_by"})
    if not rule.use.hold and not (rule.use.contract and rule.use.method):
        raise ConfigurationError("config.rule_without_method", params={"key": where})
    return rule


def credential_names(model: type[BaseModel], others: Iterable[str]) -> set[str]:
    """What may stand in `credentials`: the fields of the backend's settings that are not `others`,
    nested ones flat ("home_fr.username")."""
    names: set[str] = set()
    for name, info in model.model_fields.items():
        nested = _model_in(info.annotation)
        if nested is not None:
            names |= {f"{name}.{inner}" for inner in credential_names(nested, ())}
        elif name not in others:
            names.add(name)
    return names


def read_noun(model: type[_Noun], block: Mapping[str, Any], where: str) -> _Noun:
    """The noun of the block. Raises ConfigurationError naming the key at fault."""
    try:
        return model.model_validate(block)
    except ValidationError as error:
        raise _first_fault(model, error, where) from None


def _first_fault(model: type[BaseModel], error: ValidationError, where: str) -> ConfigurationError:
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"]]
    key = ".".join([where, *path])
    if first["type"] == "extra_forbidden":
        return unknown_key(key, path[-1], _fields_at(model, path[:-1]))
    params: dict[str, Scalar] = {"key": key, "detail": first["msg"]}
    if first["type"] == "literal_error":
        params["expected"] = str(first.get("ctx", {}).get("expected", ""))
        return ConfigurationError("config.not_one_of", params=params)
    return ConfigurationError("config.bad_value", params=params)


def _fields_at(model: type[BaseModel], path: list[str]) -> list[str]:
    """The field names of the model that `path` leads to."""
    here: type[BaseModel] | None = model
    for name in path:
        info = here.model_fields.get(name) if here else None
        here = _model_in(info.annotation) if info else None
    return [] if here is None else [name for name in here.model_fields if name not in _STORED]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _backend(block: Block, name: str, where: str) -> str:
    value = block.get(name)
    if not isinstance(value, str) or not value:
        raise ConfigurationError("config.missing_key", params={"key": f"{where}.{name}"})
    return value


def _sorted_out(
    block: Block, where: str, own: set[str], model: type[BaseModel]
) -> tuple[Block, Block]:
    """The block's own values, and those that are the backend's options."""
    secrets = {name for name, info in model.model_fields.items() if _is_secret(info.annotation)}
    options = set(model.model_fields) - own - secrets
    mine: Block = {}
    theirs: Block = {}
    for name, value in block.items():
        if name in own:
            mine[name] = value
        elif name in options:
            theirs[name] = value
        elif name in secrets:
            raise ConfigurationError(
                "config.outside_credentials", params={"key": f"{where}.{name}"}
            )
        elif name != "credentials":
            raise unknown_key(f"{where}.{name}", name, own | options | {"credentials"})
    return mine, theirs


def _is_secret(annotation: Any) -> bool:
    return SecretStr in (annotation, *get_args(annotation))


def _sealed(
    block: Block, where: str, known: set[str], current: str, box: SecretBox
) -> tuple[str, dict[str, str]]:
    """The credentials sealed, and open: the given ones over the present; empty takes one out."""
    given = block.get("credentials", {})
    if given == SEALED:
        if not current:
            raise ConfigurationError(
                "config.nothing_sealed", params={"key": f"{where}.credentials"}
            )
        given = {}
    for name in given:
        if name not in known:
            raise unknown_key(f"{where}.credentials.{name}", name, known)
    before = _opened(current, box, replaced=bool(given))
    new = {name: value.get_secret_value() for name, value in given.items()}
    after = {name: value for name, value in {**before, **new}.items() if value}
    if after == before:
        return current, after
    return (box.seal(after) if after else ""), after


def _opened(sealed: str, box: SecretBox, *, replaced: bool) -> dict[str, str]:
    if not sealed:
        return {}
    try:
        return box.open(sealed)
    except ConfigurationError:
        if not replaced:
            raise
        return {}  # another key sealed them; the file brings new ones


def _tried(model: type[BaseModel], values: Block, where: str) -> BaseModel:
    try:
        return read_settings(model, values)
    except ConfigurationError as error:
        params: dict[str, Scalar] = {**error.params, "block": where}
        lacks = params.get("detail") == "Field required"
        key = "config.no_credential" if lacks else "config.bad_setting"
        raise ConfigurationError(key, params=params) from None


def known_or_refused(name: str, known: Iterable[str], where: str, error_key: str) -> None:
    """Returns where `name` is one of `known`. Raises ConfigurationError naming the nearest."""
    names = sorted(known)
    if name not in names:
        params: dict[str, Scalar] = {
            "key": where,
            "name": name,
            "nearest": nearest(name, names),
            "known": ", ".join(names),
        }
        raise ConfigurationError(error_key, params=params)
