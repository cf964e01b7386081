"""Every count, state and column that a screen can show has its words, French and English."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import colisync
from colisync.model.attention import ShipmentState
from colisync.model.order import Standing
from colisync.model.parcel import ParcelState
from colisync.model.tracking import TrackingReason, TrackingStatus
from colisync.model.writeback import EffectState
from colisync.rendering.message import LANGUAGES, Catalogue
from colisync.services.apply_config import _COUNTS

CORE = Path(colisync.__file__).parent
SCREEN = re.compile(r"(count|state|column|init|cli|serve|worker|db|apply|doctor)\.[a-z_0-9.]+")
STATES = {*ShipmentState, *ParcelState, *Standing, "changed_after_label"}
HOUSE_WORDS = {
    "draft": "Sans mode de livraison",
    "ready": "À étiqueter",
    "held": "En attente",
    "attention": "À corriger",
    "buying": "Étiquette en cours",
    "announced": "Étiquette en cours",
    "labelled": "Étiquette prête",
    "uncertain": "Réponse perdue, vérification en cours : ne rien refaire",
    "handed_over": "Remis au transporteur",
    "delivered": "Livré",
    "shipped_elsewhere": "Expédié par un autre outil",
    "void": "Étiquette annulée : à détruire",
}
"""House rules §3, to the letter."""


def counted() -> Iterator[tuple[str, str]]:
    """Every literal name that a service counts, and its module."""
    for path in sorted((CORE / "services").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name: ast.expr | None = None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name = node.args[0] if node.func.attr == "count" and node.args else None
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript):
                name = node.target.slice
            either = (name.body, name.orelse) if isinstance(name, ast.IfExp) else (name,)
            for one in either:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value, path.name


def built() -> set[str]:
    """Names that are put together from a state or a level."""
    return {
        *(state.value for state in (*ShipmentState, *Standing)),
        *(state.value for state in (EffectState.SKIPPED, EffectState.FAILED)),
        *(f"state_{state.value}" for state in (*ShipmentState, *ParcelState) if state != "pending"),
        *("due_uncertain", "due_announced", "warnings", "errors"),
        *(f"doctor_{level}" for level in ("ok", "note", "warning", "error")),
        *_COUNTS.values(),
    }


def literals() -> set[str]:
    """Every key of the screen that stands in the interfaces' source."""
    found = set()
    for path in (CORE / "interfaces").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if SCREEN.fullmatch(node.value) else set()
    return found


def own(language: str) -> Catalogue:
    """The texts of one language alone: what falls back to the other is missing."""

    class Alone(Catalogue):
        def __init__(self) -> None:
            super().__init__(language)
            self._texts = self._texts[:1]

    return Alone()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_count_has_words(language: str) -> None:
    names = dict(counted())
    assert {"labels", "orders_read", "voided"} <= names.keys(), "the walk finds them"
    catalogue = own(language)
    wanted = {*names, *built()}
    assert {name for name in wanted if catalogue.text(f"count.{name}") == f"count.{name}"} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_status_and_reason_has_words(language: str) -> None:
    catalogue = own(language)
    keys = {f"state.{state}" for state in STATES}
    keys |= {f"tracking.{status}" for status in TrackingStatus}
    keys |= {f"reason.{reason}" for reason in TrackingReason}
    assert {key for key in keys if catalogue.text(key) == key} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_the_interfaces_has_words(language: str) -> None:
    catalogue = own(language)
    wanted = literals()
    assert {"column.state", "init.welcome", "serve.started"} <= wanted, "the walk finds them"
    groups = {key for key in wanted if key.endswith((".", ".key"))}
    assert {key for key in wanted - groups if catalogue.text(key) == key} == set()


def test_states_are_the_house_rules_words() -> None:
    french = own("fr")
    shown = {state: french.text(f"state.{state}") for state in HOUSE_WORDS}
    assert shown == HOUSE_WORDS
    assert french.text("tracking.at_pickup_point") == "Disponible au point de retrait"
    assert french.text("tracking.attempt_failed") == "Livraison non aboutie"
    assert french.text("tracking.returning") == "Retour à l'expéditeur"
