"""Labels on paper: one file for the printer, numbered, and marked printed once it is written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from colisync.errors import ConfigurationError, Scalar
from colisync.model.attention import Attention, Outcome
from colisync.model.parcel import WITH_LABEL
from colisync.rendering.pdf import is_readable, join
from colisync.services.find_order import labelled_parcels
from colisync.services.report import Report
from colisync.services.workbench import Workbench
from colisync.storage import documents
from colisync.storage.documents import Sheet
from colisync.storage.store import Connection

_RANGE = re.compile(r"^(\d+)(?:\.\.(\d+))?$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which labels: an order's, those that nobody printed, or a range of the last batch."""

    order: str = ""
    not_printed: bool = False
    reprint: str = ""


def print_labels(bench: Workbench, workspace: str, wanted: Wanted, output: Path | None) -> Outcome:
    """The labels in one file at `output`; in the workspace's last batch from then on.

    A reprint leaves the batch as it was, so that 37..60 means the same labels each time.
    """
    report = Report()
    with bench.store.read() as connection:
        batch = _batch(connection, workspace, wanted)
        chosen = _slice(batch, wanted.reprint) if wanted.reprint else batch
        found = documents.sheets(connection, workspace, chosen)
    sheets = [sheet for sheet in found if _is_printable(sheet, report)]
    if not sheets and not found:
        raise ConfigurationError("print.nothing")
    if not sheets:
        return report.outcome()
    ids = [sheet.parcel_id for sheet in sheets]
    target = output or Path(f"labels{_suffix(sheets)}")
    _write(target, _together(sheets, batch if wanted.reprint else ids))
    if not wanted.reprint:
        with bench.store.write() as connection:
            documents.mark_printed(connection, workspace, ids, bench.clock.now())
    report.count("printed", len(sheets))
    return report.outcome()


def _batch(connection: Connection, workspace: str, wanted: Wanted) -> list[int]:
    """The parcels to number, of which a reprint takes some."""
    if wanted.order:
        return labelled_parcels(connection, workspace, wanted.order)
    if wanted.reprint:
        return documents.printed_last(connection, workspace)
    if wanted.not_printed:
        return documents.not_printed(connection, workspace)
    raise ConfigurationError("print.which")


def _is_printable(sheet: Sheet, report: Report) -> bool:
    """False, and a word about it, for a label that was taken back or whose file is damaged: one of
    them may not keep the others from the printer."""
    order = sheet.order
    if sheet.state not in WITH_LABEL:
        code, command = "label.void", f"colisync status {order}"
    elif _suffix([sheet]) == ".pdf" and not all(map(is_readable, sheet.contents)):
        code, command = "print.broken", f"colisync relabel {order}"
    else:
        return True
    params: dict[str, Scalar] = {"number": sheet.number}
    report.attend(
        Attention(code=code, order=order, parcel=sheet.number, params=params, command=command)
    )
    return False


def _slice(batch: Sequence[int], text: str) -> list[int]:
    match = _RANGE.match(text)
    if match is None:
        raise ConfigurationError("print.bad_range", params={"range": text})
    first = int(match[1])
    last = int(match[2] or match[1])
    return list(batch[first - 1 : last])


def _suffix(sheets: Sequence[Sheet]) -> str:
    return "." + sheets[0].format.split("_")[0]


def _together(sheets: Sequence[Sheet], batch: Sequence[int]) -> bytes:
    kinds = {_suffix([sheet]) for sheet in sheets}
    if len(kinds) > 1:
        raise ConfigurationError(
            "print.mixed_formats", params={"formats": ", ".join(sorted(kinds))}
        )
    contents = [content for sheet in sheets for content in sheet.contents]
    if kinds == {".pdf"}:
        return join(contents, _stamps(sheets, batch))
    # Printer languages are sequences of jobs: one after the other is all there is to joining them.
    return b"\n".join(contents)


def _stamps(sheets: Sequence[Sheet], batch: Sequence[int]) -> list[str]:
    """The number of each label in its batch ("37/60"), nothing on the papers behind it; none at all
    on a label alone."""
    total = len(batch)
    numbers = {parcel_id: f"{number}/{total}" for number, parcel_id in enumerate(batch, 1)}
    stamps = []
    for sheet in sheets:
        own = numbers.get(sheet.parcel_id, "") if total > 1 else ""
        stamps += [own] + [""] * (len(sheet.contents) - 1)
    return stamps


def _write(target: Path, content: bytes) -> None:
    try:
        target.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(
            "print.not_written", params={"file": str(target), "detail": error.strerror or ""}
        ) from error
