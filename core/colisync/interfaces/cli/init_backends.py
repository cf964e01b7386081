"""The shop and the contract: asked for, tried at once, asked again where they are refused."""

from dataclasses import dataclass

from pydantic import BaseModel, SecretStr

from colisync.errors import AuthenticationFailed, ColisyncError, ConfigurationError
from colisync.interfaces.cli.console import Console
from colisync.interfaces.cli.init_checks import not_empty, optional
from colisync.interfaces.cli.init_questions import Answers
from colisync.interfaces.cli.init_trial import Block, Trial, secret
from colisync.model.workspace import STAND_IN, Contract, Shop, Workspace
from colisync.plugins import (
    carrier_class,
    carriers,
    connector_class,
    platforms,
    read_settings,
)
from colisync.services.config_blocks import credential_names


@dataclass(frozen=True, slots=True)
class Desk:
    """What both conversations need. `workspace` is only a name to try things under."""

    answers: Answers
    console: Console
    tried: Trial
    workspace: Workspace

    def one_of(self, name: str, known: list[str]) -> str:
        """The only one, or the chosen one."""
        if len(known) == 1:
            return known[0]
        choices = [(one, one) for one in known]
        return self.answers.ask_for(name, default=known[0], choices=choices)


class Credentials:
    """The credentials of one backend: what is secret in its settings, and what may stand beside
    it. Its other settings have defaults that a first setup need not know."""

    def __init__(
        self, desk: Desk, group: str, backend: str, model: type[BaseModel], noun: type[BaseModel]
    ) -> None:
        self._answers = desk.answers
        self._group = group
        self._backend = backend
        self._fields = model.model_fields
        self._model = model
        mine = credential_names(model, noun.model_fields)
        required = any(info.is_required() for name, info in self._fields.items() if name in mine)
        self.names = [
            name
            for name, info in self._fields.items()
            if name in mine
            and (info.is_required() if required else _is_secret(info) or info.default == "")
        ]

    @property
    def given(self) -> bool:
        """True where some were given beforehand."""
        return bool(set(self.names) & set(self._answers.given(self._group)))

    def ask(self) -> dict[str, str]:
        """What a person has in hand; one of several ways in is enough."""
        found: dict[str, str] = {}
        for name in self.names:
            info = self._fields[name]
            if _is_secret(info) and not info.is_required() and self._enough(found):
                continue
            where = f"init.where.{self._backend}.{name}"
            found[name] = self._answers.ask_for(
                f"{self._group}.{name}",
                where=self._answers.words(where, info.description or ""),
                secret=_is_secret(info),
                default=None if info.is_required() else "",
                check=not_empty if info.is_required() else optional,
            )
        return found

    def again(self, error: ColisyncError) -> dict[str, str]:
        """The credentials, after these were refused; every other answer stays."""
        self._answers.refuse(error, [f"{self._group}.{name}" for name in self.names])
        return self.ask()

    def _enough(self, found: dict[str, str]) -> bool:
        try:
            read_settings(self._model, found)
        except ConfigurationError:
            return False
        return any(found.values())


def _is_secret(info: object) -> bool:
    return SecretStr.__name__ in str(getattr(info, "annotation", ""))


def ask_shop(desk: Desk, key: str) -> Block:
    """The block of a shop that answered. Raises what a script cannot cure."""
    platform = desk.one_of("platform", platforms())
    credentials = Credentials(desk, "shop", platform, connector_class(platform).settings, Shop)
    more = desk.answers.given("shop")
    url = desk.answers.ask_for("shop.url", check=not_empty)
    local = more.pop("local", "false") == "true"
    others = {k: v for k, v in more.items() if k not in ("url", *credentials.names)}
    typed = credentials.ask()
    while True:
        block: Block = {"platform": platform, "url": url, "local": local, **others}
        block["credentials"] = secret(typed)
        try:
            identity = desk.tried.shop(desk.workspace, key, block)
        except ColisyncError as error:
            if _about_credentials(error, credentials):
                typed = credentials.again(error)
            elif _is_own_machine(desk, error):
                local = True
            else:
                desk.answers.refuse(error, ["shop.url"])
                url = desk.answers.ask_for("shop.url", default=url, check=not_empty)
        else:
            desk.console.say("init.shop_found", name=identity.name, version=identity.version)
            return block


def _about_credentials(error: ColisyncError, credentials: Credentials) -> bool:
    return isinstance(error, AuthenticationFailed) or error.params.get("field") in credentials.names


def _is_own_machine(desk: Desk, error: ColisyncError) -> bool:
    """True where a private address is meant: a shop on this very machine or network."""
    private = error.key == "wire.private_address" and not desk.answers.scripted
    return private and desk.answers.confirm("own_machine", "init.own_machine", default=False)


def ask_contract(desk: Desk) -> Block:
    """The block of a contract that answered; until one arrives, the sandbox's stand-in."""
    carrier = desk.one_of("carrier", carriers())
    kind = carrier_class(carrier)
    credentials = Credentials(desk, "contract", carrier, kind.settings, Contract)
    more = desk.answers.given("contract")
    local = more.pop("local", "false") == "true"
    others = {k: v for k, v in more.items() if k not in credentials.names}
    desk.console.say("init.about_contract", carrier=kind.name)
    have = credentials.given or desk.answers.confirm(
        "have_contract", "init.have_contract", default=not desk.answers.scripted
    )
    typed = credentials.ask() if have else {}
    while any(typed.values()):
        block: Block = {"carrier": carrier, "local": local, **others}
        block["credentials"] = secret(typed)
        try:
            identity = desk.tried.contract(desk.workspace, carrier, block)
        except ColisyncError as error:
            typed = credentials.again(error)
        else:
            words = " ".join(part for part in (identity.account, identity.offer) if part)
            desk.console.say("init.contract_found", carrier=kind.name, account=words)
            return block
    desk.console.say("init.sandbox", carrier=kind.name)
    return {"carrier": carrier, "base_url": STAND_IN}
