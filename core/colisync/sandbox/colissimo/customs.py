"""Rules for the CN23 declaration (reference §1.3 and §7)."""

import re

from colisync.sandbox.colissimo.messages import refuse
from colisync.sandbox.colissimo.request import Article, Contents
from colisync.sandbox.colissimo.shipment import Shipment
from colisync.sandbox.colissimo.texts import check_characters

_CATEGORIES = range(1, 7)
_COMMERCIAL = 3
_MOST_ARTICLES = 100
_MOST_ORIGINALS = 5
_HS_CODE = re.compile(r"\d{6}|\d{8}|\d{10}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CURRENCIES = frozenset({"USD", "EUR", "CHF", "GBP", "CNY", "JPY", "CAD", "AUD", "HKD"})
_COMMENT_LENGTH = 35


def check_customs(shipment: Shipment) -> None:
    """Raises the declaration's first fault; a shipment that needs none may still carry one."""
    if not shipment.declared:
        return
    customs = shipment.letter.customs_declarations
    if not shipment.letter.sent("customs_declarations") or not customs.sent("contents"):
        raise refuse("30500")
    if shipment.letter.service.total_amount <= 0:
        raise refuse("30020")
    _check_category(customs.contents)
    _check_articles(customs.contents, shipment.letter.parcel.weight)
    if shipment.product.code == "CORI":
        _check_originals(customs.contents)
    if len(customs.comments) > _COMMENT_LENGTH:
        raise refuse("30539")


def _check_category(contents: Contents) -> None:
    if not contents.category.sent("value"):
        raise refuse("30503")
    if contents.category.value not in _CATEGORIES:
        raise refuse("30504")


def _check_articles(contents: Contents, parcel_kg: float) -> None:
    articles = contents.article
    if not articles:
        raise refuse("30505")
    if len(articles) > _MOST_ARTICLES:
        raise refuse("30506")
    for article in articles:
        _check_amounts(article)
        _check_origin(article, commercial=contents.category.value == _COMMERCIAL)
        check_characters(iter([("article.description", article.description)]))
    if len({a.currency or "EUR" for a in articles}) > 1:
        raise refuse("30537")
    if len({a.origin_country or "FR" for a in articles}) > 1:
        raise refuse("30538")
    if sum(a.weight * a.quantity for a in articles) > parcel_kg + 1e-6:
        raise refuse("30507")


def _check_amounts(article: Article) -> None:
    if not article.description.strip():
        raise refuse("30510")
    for member, absent, wrong, least in (
        ("quantity", "30512", "30513", 1),
        ("weight", "30514", "30515", 0.01),
        ("value", "30516", "30517", 0.01),
    ):
        if not article.sent(member):
            raise refuse(absent)
        if getattr(article, member) < least:
            raise refuse(wrong)


def _check_origin(article: Article, *, commercial: bool) -> None:
    if commercial and not article.hs_code:
        raise refuse("30518")
    if article.hs_code and not _HS_CODE.fullmatch(article.hs_code):
        raise refuse("30519")
    if commercial and not article.origin_country:
        raise refuse("30520")
    if article.origin_country and not _COUNTRY.fullmatch(article.origin_country):
        raise refuse("30521")
    if article.currency and article.currency not in _CURRENCIES:
        raise refuse("30544")


def _check_originals(contents: Contents) -> None:
    if not contents.original:
        raise refuse("30554")
    if len(contents.original) > _MOST_ORIGINALS:
        raise refuse("30531")
