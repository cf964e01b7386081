"""What `init` asks, in the order in which a merchant knows it, and what it becomes."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

from colisync.interfaces.cli.init_backends import Desk, ask_contract, ask_shop
from colisync.interfaces.cli.init_checks import (
    country,
    day,
    email,
    grams,
    label_format,
    not_empty,
    one_of,
    optional,
    slug,
)
from colisync.interfaces.cli.init_questions import Question
from colisync.interfaces.cli.init_trial import Block
from colisync.model.workspace import Mode
from colisync.plugins import carrier_class
from colisync.services.config_file import Document
from colisync.services.propose_rules import Proposal, outward_methods, propose_rules, rules

_SHOP, _SENDER = "boutique", "expedition"
_DAYS_BACK = 14
_FORMATS = ("pdf_10x15", "pdf_a4", "zpl_203", "zpl_300", "dpl_203", "dpl_300")
_NO_LABEL = "none"
_SENDER_CHECKS = {
    "company": not_empty,
    "street": not_empty,
    "street2": optional,
    "postcode": not_empty,
    "city": not_empty,
    "country": country,
    "phone": not_empty,
    "email": email,
}
ANSWERS = (
    *("name", "mode", "default_weight_g", "label_format", "orders_since", "platform", "carrier"),
    *("have_contract", "accept_rules", "save", "replace"),
    *("shop.*", "contract.*", "rules.*"),
    *(f"sender.{field}" for field in _SENDER_CHECKS),
)
"""The names in an answers file."""


def converse(desk: Desk, name: str, language: str) -> Document:
    """Everything, as a client's file would say it; credentials open."""
    shop = ask_shop(desk, _SHOP)
    contract = ask_contract(desk)
    sender = _sender(desk, name)
    weight = desk.answers.ask_for("default_weight_g", default="500", check=grams)
    shape = [(one, desk.answers.words(f"init.format.{one}", one)) for one in _FORMATS]
    contract["label_format"] = desk.answers.ask_for(
        "label_format", default=_FORMATS[0], choices=shape, check=label_format
    )
    start = datetime.now(UTC).date() - timedelta(days=_DAYS_BACK)
    since = desk.answers.ask_for("orders_since", default=start.isoformat(), check=day)
    shop["orders_since"] = date.fromisoformat(since)
    carrier = str(contract.pop("carrier"))
    found = rules(_proposals(desk, shop, carrier))
    return Document(
        workspace=_workspace(desk, name, language, weight),
        blocks={
            "senders": {_SENDER: sender},
            "shops": {_SHOP: shop},
            "contracts": {carrier: {**contract, "carrier": carrier}},
        },
        rules=[rule.model_dump(mode="json", exclude_defaults=True) for rule in found],
    )


def _workspace(desk: Desk, name: str, language: str, weight: str) -> Block:
    mode = desk.answers.quietly("mode", Mode.LIVE)
    block: Block = {"key": slug(name), "name": name, "language": language, "mode": mode}
    return {**block, "default_weight_g": int(weight)} if weight else block


def _sender(desk: Desk, name: str) -> Block:
    desk.console.say("init.about_sender")
    defaults = {"company": name, "street2": "", "country": "FR"}
    found = {
        field: desk.answers.ask_for(f"sender.{field}", default=defaults.get(field), check=check)
        for field, check in _SENDER_CHECKS.items()
    }
    return {"default": True, **{field: text for field, text in found.items() if text}}


def _proposals(desk: Desk, shop: Block, carrier: str) -> list[Proposal]:
    """What is proposed for each of the buyer's choices, accepted or changed."""
    kind = carrier_class(carrier)
    choices = desk.tried.choices(desk.workspace, _SHOP, shop)
    proposals = propose_rules(choices, carrier, kind.methods, kind.name)
    if not proposals:
        desk.console.say("init.no_choices")
        return []
    desk.console.say("init.about_rules")
    _show(desk, proposals, carrier)
    given = desk.answers.given("rules")
    if not given and desk.answers.confirm("accept_rules", "init.accept_rules", default=True):
        return proposals
    return [_changed(desk, one, carrier) for one in proposals]


def _changed(desk: Desk, proposal: Proposal, carrier: str) -> Proposal:
    keys = outward_methods(carrier_class(carrier).methods)
    methods = [(key, _method(desk, key, carrier)) for key in keys]
    methods.append((_NO_LABEL, desk.answers.words("init.no_label")))
    method = desk.answers.ask(
        Question(
            name=f"rules.{proposal.choice.id}",
            text=f"{proposal.choice.title} [{proposal.choice.id}]",
            default=proposal.method or _NO_LABEL,
            choices=methods,
            check=partial(one_of, known=(*keys, _NO_LABEL)),
        )
    )
    return proposal.model_copy(update={"method": "" if method == _NO_LABEL else method})


def _show(desk: Desk, proposals: list[Proposal], carrier: str) -> None:
    rows = [
        (
            one.choice.zone,
            one.choice.title,
            one.choice.id,
            _method(desk, one.method, carrier)
            if one.method
            else desk.answers.words("init.no_label"),
        )
        for one in proposals
    ]
    columns = ("column.zone", "column.choice", "column.choice_id", "column.method")
    desk.console.table(columns, rows)


def _method(desk: Desk, key: str, carrier: str) -> str:
    name = carrier_class(carrier).methods[key].name_key
    return f"{desk.answers.words(name, key)} ({carrier}:{key})"
