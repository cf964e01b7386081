"""The label behind a signed link, as a browser or a printer takes it."""

from dataclasses import dataclass

from colisync.errors import ColisyncError
from colisync.model.label import LabelFormat, LabelKind
from colisync.model.parcel import WITH_LABEL
from colisync.rendering.pdf import join
from colisync.services.workbench import Workbench
from colisync.storage import documents, workspaces

_MEDIA_TYPES = {
    LabelKind.PDF: "application/pdf",
    LabelKind.ZPL: "application/zpl",
    LabelKind.DPL: "application/octet-stream",
}


@dataclass(frozen=True, slots=True)
class LabelFile:
    """Bytes to print, their media type, and a name for the file."""

    content: bytes
    media_type: str
    filename: str


def open_label(bench: Workbench, workspace: str, parcel_id: int) -> LabelFile:
    """The current label of the parcel, its CN23 behind it. Nothing is marked printed.

    Raises ColisyncError: `label.void` where it was taken back, `label.none` where there is none.
    """
    with bench.store.read() as connection:
        known = workspace in workspaces.workspaces(connection)
        sheets = documents.sheets(connection, workspace, [parcel_id]) if known else []
    if not sheets:
        raise ColisyncError("label.none")
    sheet = sheets[0]
    if sheet.state not in WITH_LABEL:
        raise ColisyncError("label.void")
    kind = LabelFormat.parse(sheet.format).kind
    pdf = kind is LabelKind.PDF and len(sheet.contents) > 1
    content = join(sheet.contents) if pdf else b"\n".join(sheet.contents)
    return LabelFile(content, _MEDIA_TYPES[kind], f"{sheet.number}.{kind.value}")
