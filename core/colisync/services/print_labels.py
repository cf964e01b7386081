"""Labels on paper: one file for the printer, numbered, and marked printed once it is written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from colisync.errors import ConfigurationError
from colisync.model.attention import Outcome
from colisync.rendering.pdf import join
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
        sheets = documents.sheets(connection, workspace, _choose(connection, workspace, wanted))
    if not sheets:
        raise ConfigurationError("print.nothing")
    target = output or Path(f"labels{_suffix(sheets)}")
    _write(target, _together(sheets))
    if not wanted.reprint:
        with bench.store.write() as connection:
            ids = [sheet.parcel_id for sheet in sheets]
            documents.mark_printed(connection, workspace, ids, bench.clock.now())
    report.count("printed", len(sheets))
    return report.outcome()


def _choose(connection: Connection, workspace: str, wanted: Wanted) -> list[int]:
    if wanted.order:
        return labelled_parcels(connection, workspace, wanted.order)
    if wanted.reprint:
        return _slice(documents.printed_last(connection, workspace), wanted.reprint)
    if wanted.not_printed:
        return documents.not_printed(connection, workspace)
    raise ConfigurationError("print.which")


def _slice(batch: Sequence[int], text: str) -> list[int]:
    match = _RANGE.match(text)
    if match is None:
        raise ConfigurationError("print.bad_range", params={"range": text})
    first = int(match[1])
    last = int(match[2] or match[1])
    return list(batch[first - 1 : last])


def _suffix(sheets: Sequence[Sheet]) -> str:
    return "." + sheets[0].format.split("_")[0]


def _together(sheets: Sequence[Sheet]) -> bytes:
    kinds = {_suffix([sheet]) for sheet in sheets}
    if len(kinds) > 1:
        raise ConfigurationError(
            "print.mixed_formats", params={"formats": ", ".join(sorted(kinds))}
        )
    contents = [content for sheet in sheets for content in sheet.contents]
    # Printer languages are sequences of jobs: one after the other is all there is to joining them.
    return join(contents) if kinds == {".pdf"} else b"\n".join(contents)


def _write(target: Path, content: bytes) -> None:
    try:
        target.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(
            "print.not_written", params={"file": str(target), "detail": error.strerror or ""}
        ) from error
