"""The document of one parcel, in the printing type that was asked for."""

from colisync.sandbox.colissimo.facts import LabelFacts
from colisync.sandbox.colissimo.formats import label_formats
from colisync.sandbox.colissimo.pdf_label import pdf_label
from colisync.sandbox.colissimo.request import OutputFormat
from colisync.sandbox.colissimo.thermal_label import dpl_label, zpl_label


def label(facts: LabelFacts, output: OutputFormat) -> bytes:
    """PDF, ZPL or DPL bytes; the printing type is one of `label_formats`."""
    form = label_formats()[output.output_printing_type]
    if form.language == "ZPL":
        return zpl_label(facts, form)
    if form.language == "DPL":
        return dpl_label(facts, form)
    return pdf_label(facts, form, output.x, output.y)
