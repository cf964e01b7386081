"""Everything that is set up, tried: shops and contracts asked, what they miss told."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from colisync.errors import AuthenticationFailed, ColisyncError, ConfigurationError, Scalar
from colisync.model.attention import Attention, Outcome
from colisync.model.workspace import Contract, Mode, Sender, Shop
from colisync.ports.carrier import CarrierIdentity
from colisync.ports.shop import Finding, ShopIdentity
from colisync.services.apply_config import read_setup
from colisync.services.config_diff import Setup
from colisync.services.config_file import nearest
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import exchanges, workspaces
from colisync.storage.store import Connection

_NEEDED = ("street", "postcode", "city", "country", "phone", "email")


def check_setup(bench: Workbench, workspace: str, *, public_url: str = "") -> Outcome:
    """Counts of shops and contracts asked and answering; an attention for each thing missing.

    What answers is worked for again, what refuses our credentials pauses. `notes` of the outcome
    say what is lost without being wrong. Raises ConfigurationError for an unknown workspace.
    """
    with bench.store.read() as connection:
        client = workspaces.workspace(connection, workspace)
        setup = read_setup(connection, workspace)
    report = Report()
    methods: dict[str, list[str]] = {}
    work = len(setup.shops) + len(setup.contracts)
    with bench.watched("progress.check", work) as progress:
        for shop in setup.shops.values():
            _check_shop(bench, shop, report)
            progress.advance()
        for contract in setup.contracts.values():
            rehearsal = client.mode is Mode.REHEARSAL
            methods[contract.key] = _check_contract(bench, contract, report, rehearsal)
            progress.advance()
    for attention in (*_own_findings(setup), *_rule_findings(setup, methods)):
        report.attend(attention)
    if not public_url:
        report.note(Attention(code="config.no_public_url"))
    return report.outcome()


def _check_shop(bench: Workbench, shop: Shop, report: Report) -> None:
    report.count("shops")
    try:
        identity = bench.backends.shop(shop).check()
    except ColisyncError as error:
        _failed(bench, error, shop, report)
        return
    with bench.store.write() as connection:
        workspaces.put_identity(connection, shop.workspace, shop.id, identity)
        if shop.paused:
            workspaces.resume_shop(connection, shop.workspace, shop.key)
    report.count("shops_ok")
    _tell_findings(identity.findings, {"shop": shop.key}, report)
    for attention in _shop_findings(shop, identity):
        report.attend(attention)


def _check_contract(
    bench: Workbench, contract: Contract, report: Report, rehearsal: bool
) -> list[str]:
    """The methods that its carrier sells; none where it could not be opened."""
    methods: list[str] = []
    report.count("contracts")
    try:
        carrier = bench.backends.carrier(contract, rehearsal=rehearsal)
        methods = [name for name, method in carrier.methods.items() if not method.is_return]
        identity = carrier.check()
    except ColisyncError as error:
        _failed(bench, error, contract, report)
        return methods
    with bench.store.write() as connection:
        _keep_contract(connection, contract, identity)
    report.count("contracts_ok")
    _tell_findings(identity.findings, {"contract": contract.key}, report)
    return methods


def _keep_contract(connection: Connection, contract: Contract, identity: CarrierIdentity) -> None:
    key = contract.workspace
    workspaces.put_contract_identity(connection, key, contract.id, identity)
    if contract.paused:
        workspaces.resume_contract(connection, key, contract.key)


def _failed(bench: Workbench, error: ColisyncError, noun: Shop | Contract, report: Report) -> None:
    """The failure is told and its exchange kept; refused credentials pause the shop or contract."""
    kind = "shop" if isinstance(noun, Shop) else "contract"
    pause: Callable[[Connection, str, str, str], None] = (
        workspaces.pause_shop if kind == "shop" else workspaces.pause_contract
    )
    with bench.store.write() as connection:
        if isinstance(error, AuthenticationFailed):
            pause(connection, noun.workspace, noun.key, error.key)
        if error.exchange is not None:
            remote = f"{kind}:{noun.key}"
            exchanges.keep_exchange(connection, noun.workspace, remote, error.exchange)
    cure = isinstance(error, AuthenticationFailed | ConfigurationError)
    command = "colisync apply FILE" if cure else "colisync check"
    attention = Attention.of(error, order=noun.key, command=command)
    report.attend(attention.model_copy(update={"params": {**error.params, kind: noun.key}}))


def _tell_findings(
    findings: Iterable[Finding], about: Mapping[str, Scalar], report: Report
) -> None:
    for finding in findings:
        if finding.level in ("warning", "error"):
            report.count(f"{finding.level}s")
            params = {**finding.params, **about}
            report.attend(Attention(code=finding.key, order=_named(about), params=params))


def _named(about: Mapping[str, Scalar]) -> str:
    """The shop or contract that a finding is about: with several, its words alone do not say."""
    return str(next(iter(about.values())))


def _shop_findings(shop: Shop, identity: ShopIdentity) -> Iterator[Attention]:
    """What the shop's answer says against what is set up for it."""
    told = any(finding.level == "error" for finding in identity.findings)
    if shop.write_back != "never" and not identity.can_write and not told:
        yield _wrong("config.cannot_write", shop=shop.key)
    if shop.buyer_mail == "colisync":
        yield _wrong("config.mail_not_yet", "buyer_mail", shop=shop.key)
    wanted = [
        *(("ship_statuses", status) for status in shop.ship_statuses),
        ("statuses.labelled", shop.statuses.labelled),
        ("statuses.delivered", shop.statuses.delivered),
    ]
    for field, status in wanted:
        if status and identity.statuses and status not in identity.statuses:
            near, known = _near(status, identity.statuses)
            yield _wrong(
                "config.unknown_status",
                field,
                shop=shop.key,
                field=field,
                status=status,
                nearest=near,
                known=known,
            )


def _own_findings(setup: Setup) -> Iterator[Attention]:
    """What can be seen without asking anybody."""
    for present, code in (
        (setup.shops, "config.no_shops"),
        (setup.contracts, "config.no_contracts"),
        (setup.senders, "config.no_senders"),
        (setup.rules, "config.no_rules"),
    ):
        if not present:
            yield _wrong(code)
    senders = setup.senders.values()
    if len(senders) > 1 and not any(sender.default for sender in senders):
        known = ", ".join(setup.senders)
        yield _wrong("storage.no_default_sender", key="", known=known)
    for sender in senders:
        yield from _missing(sender)


def _missing(sender: Sender) -> Iterator[Attention]:
    fields = [name for name in _NEEDED if not getattr(sender.address, name)]
    if not sender.address.name:
        fields.insert(0, "company")
    if fields:
        names = ", ".join(fields)
        yield _wrong("config.sender_incomplete", fields[0], sender=sender.key, fields=names)


def _rule_findings(setup: Setup, methods: Mapping[str, list[str]]) -> Iterator[Attention]:
    for position, rule in enumerate(setup.rules, start=1):
        use, where = rule.use, f"rules[{position}].use"
        sold = methods.get(use.contract, [])
        if use.contract and use.contract not in setup.contracts:
            near, known = _near(use.contract, setup.contracts)
            yield _wrong(
                "config.unknown_contract", key=where, name=use.contract, nearest=near, known=known
            )
        elif sold and use.method not in sold:
            near, known = _near(use.method, sold)
            yield _wrong(
                "config.unknown_method", key=where, name=use.method, nearest=near, known=known
            )


def _near(word: str, known: Iterable[str]) -> tuple[str, str]:
    names = sorted(known)
    return nearest(word, names), ", ".join(names)


def _wrong(code: str, at_field: str = "", /, **params: Scalar) -> Attention:
    return Attention(code=code, field=at_field, params=params, command="colisync apply FILE")
