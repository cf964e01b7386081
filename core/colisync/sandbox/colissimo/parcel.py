"""Rules for the box, its options and its pick-up point (reference §1.2, §1.9, §7)."""

import re

from colisync.sandbox.colissimo.messages import refuse
from colisync.sandbox.colissimo.products import point_kind
from colisync.sandbox.colissimo.shipment import Shipment
from colisync.sandbox.colissimo.territories import table

_HEAVIEST_KG = 30.0
_HEAVIEST_IN_A_SHOP_KG = 20.0
_COD_PRODUCTS = ("DOS", "COL")
_POINT = re.compile(r"(?!000000)\d{6}")
_SHOP_PRODUCTS = ("A2P", "CMT", "PCS")
_SIZES = ("LENGTH", "WIDTH", "HEIGHT")
_MOST_PARCELS = 5


def check_parcel(shipment: Shipment) -> None:
    """Raises the parcel's first fault."""
    _check_weight(shipment)
    _check_recommendation(shipment)
    _check_insurance(shipment)
    _check_options(shipment)
    _check_duties(shipment)
    _check_hazmat(shipment)
    _check_several(shipment)


def check_pickup(shipment: Shipment) -> None:
    """Raises when the point is missing, malformed, or given with a product that has none."""
    point = shipment.letter.parcel.pickup_location_id
    if not shipment.product.relay:
        if point:
            raise refuse("30401")
        return
    if not point:
        raise refuse("30400")
    if not _POINT.fullmatch(point):
        raise refuse("30401")


def _check_weight(shipment: Shipment) -> None:
    parcel = shipment.letter.parcel
    if not parcel.sent("weight"):
        raise refuse("30300")
    hundredths = parcel.weight * 100
    if abs(hundredths - round(hundredths)) > 1e-6:
        raise refuse("30301")
    if not 0.01 <= parcel.weight <= _heaviest(shipment):
        raise refuse("30301")


def _heaviest(shipment: Shipment) -> float:
    product, point = shipment.product, shipment.letter.parcel.pickup_location_id
    shop = product.code in _SHOP_PRODUCTS or (
        product.code == "HD" and point != "" and point_kind(shipment.place, point) != "office"
    )
    return _HEAVIEST_IN_A_SHOP_KG if shop else _HEAVIEST_KG


def _check_recommendation(shipment: Shipment) -> None:
    parcel = shipment.letter.parcel
    if parcel.recommendation_level and parcel.insurance_value:
        raise refuse("14040")
    if parcel.recommendation_level:
        raise refuse("30306")


def _check_insurance(shipment: Shipment) -> None:
    cents = shipment.letter.parcel.insurance_value
    if not cents:
        return
    insurable = shipment.place not in table().uninsurable
    if not insurable or not 0 < cents <= shipment.product.insured_up_to:
        raise refuse("30309")


def _check_options(shipment: Shipment) -> None:
    parcel, product = shipment.letter.parcel, shipment.product
    if parcel.non_machinable and product.relay:
        raise refuse("30303")
    if parcel.return_receipt and not product.signed:
        raise refuse("30325")
    if parcel.ftd and shipment.place not in table().duties_paid_overseas:
        raise refuse("30326")
    if parcel.cod != (parcel.codamount > 0) or parcel.codamount < 0:
        raise refuse("30017")
    if parcel.cod and (product.code not in _COD_PRODUCTS or shipment.place != "FR"):
        raise refuse("30017")


def _check_duties(shipment: Shipment) -> None:
    """Duties paid by the sender: only some countries, and the box's size in whole centimetres.

    The reference found no code for these; 30317 says that the options do not fit together.
    """
    if not shipment.letter.parcel.ddp:
        return
    sizes = [shipment.fields.get(key) for key in _SIZES]
    if shipment.product.code != "DOS" or shipment.place not in table().duties_paid:
        raise refuse("30317")
    if not all(size.isdecimal() for size in sizes):
        raise refuse("30317")
    length, width, height = map(int, sizes)
    if not length >= width >= height > 0:
        raise refuse("30317")


def _check_hazmat(shipment: Shipment) -> None:
    parcel = shipment.letter.parcel
    if not parcel.hazmat_flag:
        return
    inside = shipment.sender_place == "FR" and shipment.place == "FR"
    if shipment.product.returns or not inside or parcel.hazmat_category not in tuple("ABCDE"):
        raise refuse("30317")


def _check_several(shipment: Shipment) -> None:
    kind = shipment.fields.get("TYPE_MULTI_PARCEL")
    if not kind:
        return
    total = shipment.fields.get("TOTAL_NUMBER_PARCEL")
    rank = shipment.fields.get("PARCEL_ITERATION_NUMBER")
    if kind not in ("MASTER", "FOLLOWER") or not total.isdecimal():
        raise refuse("30317")
    if not 2 <= int(total) <= _MOST_PARCELS:
        raise refuse("30317")
    if kind == "FOLLOWER" and not (rank.isdecimal() and 1 <= int(rank) <= int(total)):
        raise refuse("30317")
