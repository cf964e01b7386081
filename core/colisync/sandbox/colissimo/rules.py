"""What the label service refuses, in its own order; the first fault is the answer.

Credentials (read in `access`), output, product and date, sender, addressee, parcel, pick-up
point, customs: reference §13, "Emulator must" (1).
"""

from datetime import date

from colisync.sandbox.colissimo.addresses import check_addressee, check_sender
from colisync.sandbox.colissimo.customs import check_customs
from colisync.sandbox.colissimo.formats import cn23_formats, label_formats
from colisync.sandbox.colissimo.messages import refuse
from colisync.sandbox.colissimo.parcel import check_parcel, check_pickup
from colisync.sandbox.colissimo.products import Product, products, sold_from, sold_to
from colisync.sandbox.colissimo.request import CheckRequest, Fields, Letter, Service
from colisync.sandbox.colissimo.shipment import Shipment
from colisync.sandbox.colissimo.texts import check_characters

_RETURN_AS_PRIORITY, _DO_NOT_RETURN = 2, 3


def examine(
    request: CheckRequest, letter: Letter, today: date, refused_products: frozenset[str]
) -> Shipment:
    """The shipment when nothing is wrong with it; raises the first fault otherwise."""
    product = _product(letter.service, refused_products)
    _check_output(request, product)
    shipment = Shipment(letter, product, request.output_format, request.fields, today)
    _check_service(shipment)
    check_sender(shipment)
    if not sold_from(product, shipment.sender_place):
        raise refuse("30545" if product.code == "CORI" else "30109")
    check_addressee(shipment)
    if not sold_to(product.code, shipment.sender_place, shipment.place):
        raise refuse("30213")
    check_parcel(shipment)
    check_pickup(shipment)
    check_customs(shipment)
    return shipment


def _product(service: Service, refused: frozenset[str]) -> Product:
    if not service.product_code:
        raise refuse("30014")
    if service.product_code in refused:
        raise refuse("30700")
    product = products().get(service.product_code)
    if product is None:
        raise refuse("30109")  # not 30015: seen live, reference §7
    return product


def _check_output(request: CheckRequest, product: Product) -> None:
    if not request.sent("output_format"):
        return
    printing = request.output_format.output_printing_type
    if not printing:
        raise refuse("30025")
    if printing not in label_formats() or _cn23(request.fields) not in cn23_formats():
        raise refuse("30026")
    if product.code == "CORI" and printing != "PDF_A4_300dpi":
        raise refuse("30026")


def _cn23(fields: Fields) -> str:
    return fields.get("OUTPUT_PRINT_TYPE_CN23") or "PDF_A4_300dpi"


def _check_service(shipment: Shipment) -> None:
    service, product = shipment.letter.service, shipment.product
    if not service.deposit_date:
        raise refuse("30010")
    if service.deposit_date[:10] < shipment.today.isoformat():
        raise refuse("30002")
    if product.relay and not service.commercial_name.strip():
        raise refuse("30018")
    if service.return_type_choice not in (0, _RETURN_AS_PRIORITY, _DO_NOT_RETURN):
        raise refuse("30324")
    _check_letter_box(service, product)
    check_characters(
        iter(
            [
                ("service.orderNumber", service.order_number),
                ("service.commercialName", service.commercial_name),
                ("parcel.instructions", shipment.letter.parcel.instructions),
            ]
        )
    )


def _check_letter_box(service: Service, product: Product) -> None:
    if service.mail_box_picking and product.code != "CORE":
        raise refuse("30807")
    if service.mail_box_picking and not service.mail_box_picking_date:
        raise refuse("30813")
    if service.mail_box_picking_date and not service.mail_box_picking:
        raise refuse("30809")
