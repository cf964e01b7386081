"""Client files → what is set up. Can be run again at any time: the second time changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from colisync.errors import ConfigurationError
from colisync.model.attention import Attention, Outcome
from colisync.model.workspace import Contract, Sender, ShippingRule, Shop
from colisync.plugins import carrier_class
from colisync.ports.secrets import SecretBox
from colisync.services.config_blocks import (
    known_or_refused,
    read_contract,
    read_rule,
    read_sender,
    read_shop,
    read_workspace,
)
from colisync.services.config_diff import RULES, WORKSPACE, Change, Diff, Setup, compare
from colisync.services.config_file import Document
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import applied, workspaces
from colisync.storage.store import Connection

_COUNTS = {"+": "blocks_new", "~": "blocks_changed", "-": "blocks_removed"}


def plan(
    bench: Workbench, box: SecretBox, documents: Sequence[Document], *, prune: bool = False
) -> list[Diff]:
    """What `apply_config` would do, workspace by workspace; nothing is changed.

    Raises ConfigurationError naming what is wrong in the files, UnsupportedFeature.
    """
    with bench.store.read() as connection:
        return [_Application(connection, box, one, prune=prune).diff() for one in documents]


def apply_config(
    bench: Workbench,
    box: SecretBox,
    documents: Sequence[Document],
    *,
    dry_run: bool = False,
    prune: bool = False,
    take_file: bool = False,
) -> Outcome:
    """Counts of blocks new, changed, removed and unchanged; an attention per conflict.

    All or nothing: one transaction for all files, and with a conflict nothing is written unless
    `take_file`. Raises as `plan`.
    """
    if dry_run:
        diffs = plan(bench, box, documents, prune=prune)
        return _outcome(diffs, [], conflicts=not take_file)
    notes: list[Attention] = []
    with bench.store.write() as connection:
        work = [_Application(connection, box, one, prune=prune) for one in documents]
        diffs = [one.diff() for one in work]
        if take_file or not any(diff.conflicts for diff in diffs):
            for one, diff in zip(work, diffs, strict=True):
                notes += one.write(diff, bench.clock.now())
    return _outcome(diffs, notes, conflicts=not take_file)


def read_setup(connection: Connection, workspace: str) -> Setup:
    """What is set up now; empty where there is no such workspace. Blocks that `--prune` took out
    but orders hang on are left out."""
    if workspace not in workspaces.workspaces(connection):
        return Setup()
    shops = workspaces.shops(connection, workspace)
    contracts = workspaces.contracts(connection, workspace)
    return Setup(
        workspace=workspaces.workspace(connection, workspace),
        senders={one.key: one for one in workspaces.senders(connection, workspace)},
        shops={one.key: one for one in shops if one.paused != applied.PRUNED},
        contracts={one.key: one for one in contracts if one.paused != applied.PRUNED},
        rules=tuple(workspaces.rules(connection, workspace)),
    )


class _Application:
    """One document against what is set up for its workspace."""

    def __init__(
        self, connection: Connection, box: SecretBox, document: Document, *, prune: bool
    ) -> None:
        self._connection = connection
        self._key = document.key
        self._prune = prune
        self._now = read_setup(connection, document.key)
        self._known = applied.applied_blocks(connection, document.key)
        file = _described(document, self._now, box)
        self._in_file = frozenset(file.nouns())
        self._asked = file if prune else _over(self._now, file, document)
        _check_names(self._asked)

    def diff(self) -> Diff:
        """What would change."""
        return compare(self._key, self._now, self._asked, self._known, prune=self._prune)

    def write(self, diff: Diff, at: datetime) -> list[Attention]:
        """The diff is stored; what could not be deleted is told."""
        notes: list[Attention] = []
        for block, sign in diff.touched.items():
            if sign != "-":
                self._put(block, at)
        for block, sign in diff.touched.items():
            if sign == "-":
                notes += self._remove(block)
        for block, digest in self._asked.digests().items():
            written = block in self._in_file or block in diff.touched
            if written and self._known.get(block) != digest:
                applied.put_applied_block(self._connection, self._key, block, digest, at)
        return notes

    def _put(self, block: str, at: datetime) -> None:
        kind, _, key = block.partition(":")
        if kind == WORKSPACE and self._asked.workspace is not None:
            workspaces.put_workspace(self._connection, self._key, self._asked.workspace, at)
        elif kind == "sender":
            workspaces.put_sender(self._connection, self._key, self._asked.senders[key])
        elif kind == "shop":
            self._put_shop(self._asked.shops[key])
        elif kind == "contract":
            self._put_contract(self._asked.contracts[key])
        elif kind == RULES:
            workspaces.put_rules(self._connection, self._key, self._asked.rules)

    def _put_shop(self, shop: Shop) -> None:
        shop_id = workspaces.put_shop(self._connection, self._key, shop)
        before = self._now.shops.get(shop.key)
        if before is None or before.sealed != shop.sealed:
            workspaces.resume_shop(self._connection, self._key, shop.key)
        if before is None or _reads_other_orders(before, shop):
            workspaces.read_from_the_start(self._connection, self._key, shop_id)

    def _put_contract(self, contract: Contract) -> None:
        workspaces.put_contract(self._connection, self._key, contract)
        before = self._now.contracts.get(contract.key)
        if before is None or before.sealed != contract.sealed:
            workspaces.resume_contract(self._connection, self._key, contract.key)

    def _remove(self, block: str) -> list[Attention]:
        kind, _, key = block.partition(":")
        remove = {
            "sender": applied.remove_sender,
            "shop": applied.remove_shop,
            "contract": applied.remove_contract,
        }
        applied.forget_applied_block(self._connection, self._key, block)
        if kind == RULES:
            workspaces.put_rules(self._connection, self._key, ())
        elif not remove[kind](self._connection, self._key, key):
            return [Attention(code=f"config.{kind}_kept", params={"key": key})]
        return []


def _reads_other_orders(before: Shop, after: Shop) -> bool:
    """True where orders already passed over may now count."""
    return any(
        getattr(before, name) != getattr(after, name)
        for name in ("url", "orders_since", "ship_statuses")
    )


def _described(document: Document, now: Setup, box: SecretBox) -> Setup:
    """What the document describes; a bare `key` only says which workspace is meant."""
    bare = now.workspace is not None and set(document.workspace) <= {"key"}
    described = read_workspace({**document.workspace, "key": document.key})
    workspace = now.workspace if bare and now.workspace else described
    senders = document.blocks.get("senders", {})
    shops = document.blocks.get("shops", {})
    contracts = document.blocks.get("contracts", {})
    return Setup(
        workspace=workspace,
        senders=_one_default({}, {key: read_sender(key, one) for key, one in senders.items()}),
        shops={
            key: read_shop(workspace, key, one, now.shops.get(key), box)
            for key, one in shops.items()
        },
        contracts={
            key: read_contract(workspace, key, one, now.contracts.get(key), box)
            for key, one in contracts.items()
        },
        rules=tuple(read_rule(at, one) for at, one in enumerate(document.rules or (), start=1)),
    )


def _over(now: Setup, file: Setup, document: Document) -> Setup:
    """Everything that is set up once the file is applied: what it does not name stays."""
    return Setup(
        workspace=file.workspace,
        senders=_one_default(now.senders, file.senders),
        shops={**now.shops, **file.shops},
        contracts={**now.contracts, **file.contracts},
        rules=now.rules if document.rules is None else file.rules,
    )


def _one_default(now: Mapping[str, Sender], file: Mapping[str, Sender]) -> dict[str, Sender]:
    """All senders; a default one in the file takes the place of another."""
    defaults = [key for key, sender in file.items() if sender.default]
    if len(defaults) > 1:
        raise ConfigurationError("config.two_defaults", params={"keys": ", ".join(defaults)})
    found = {**now, **file}
    for key, sender in found.items():
        if defaults and sender.default and key not in defaults:
            found[key] = sender.model_copy(update={"default": False})
    return found


def _check_names(setup: Setup) -> None:
    """Returns where every name that one block uses is another's key."""
    places: dict[tuple[str, str], str] = {}
    for shop in setup.shops.values():
        place = (shop.platform, shop.url)
        if place in places:
            params = {"key": shop.key, "other": places[place], "url": shop.url}
            raise ConfigurationError("config.same_shop", params=params)
        places[place] = shop.key
    for position, rule in enumerate(setup.rules, start=1):
        _check_rule(f"rules[{position}]", rule, setup)


def _check_rule(where: str, rule: ShippingRule, setup: Setup) -> None:
    use = rule.use
    for key in rule.when.shop:
        known_or_refused(key, setup.shops, f"{where}.when.shop", "config.unknown_shop")
    if use.sender:
        known_or_refused(use.sender, setup.senders, f"{where}.use.sender", "config.unknown_sender")
    if use.contract:
        key = f"{where}.use.contract"
        known_or_refused(use.contract, setup.contracts, key, "config.unknown_contract")
    if use.contract and use.method:
        methods = carrier_class(setup.contracts[use.contract].carrier).methods
        outward = [name for name, method in methods.items() if not method.is_return]
        known_or_refused(use.method, outward, f"{where}.use.method", "config.unknown_method")


def _outcome(diffs: Sequence[Diff], notes: Sequence[Attention], *, conflicts: bool) -> Outcome:
    report = Report()
    refused = [(diff, change) for diff in diffs for change in diff.conflicts if conflicts]
    for diff, change in refused:
        report.count("conflicts")
        report.attend(_conflict(diff.workspace, change))
    if not refused:
        for diff in diffs:
            for sign in diff.touched.values():
                report.count(_COUNTS[sign])
    for note in notes:
        report.attend(note)
    return report.outcome()


def _conflict(workspace: str, change: Change) -> Attention:
    return Attention(
        code="config.conflict",
        field=change.field,
        params={"workspace": workspace, "change": str(change)},
        command="colisync apply FILE --take-file",
    )
