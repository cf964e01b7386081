"""`_fields` as WordPress applies it, its way with lists included.

Source: reference/woocommerce.md §1 fact 8, `orders_fields_*` recordings (2026-11-21).
"""

from typing import Any

from colisync.sandbox.woocommerce.php import JsonObject, as_list

# A name → True for the whole member, or the tree of what is wanted inside it.
FieldTree = dict[str, Any]


def field_tree(value: object) -> FieldTree | None:
    """The tree of a `_fields` parameter; None when everything is wanted."""
    if value in (None, ""):
        return None
    tree: FieldTree = {}
    for name in as_list(value):
        _plant(tree, str(name).split("."))
    return tree


def _plant(tree: FieldTree, steps: list[str]) -> None:
    for step in steps[:-1]:
        inner = tree.setdefault(step, {})
        if inner is True:
            return
        tree = inner
    tree[steps[-1]] = True


def select(data: JsonObject, tree: FieldTree | None) -> Any:
    """What is left of one object: nothing left is PHP's empty array.

    A list of which only some members are wanted disappears, without an error.
    """
    if tree is None:
        return data
    kept: JsonObject = {}
    for name, value in data.items():
        wanted = tree.get(name)
        if wanted is True:
            kept[name] = value
        elif wanted and isinstance(value, dict):
            kept[name] = select(value, wanted)
    return kept or []


def select_answer(data: Any, tree: FieldTree | None) -> Any:
    """What is left of an answer that no controller prepared field by field (batch, indexes)."""
    if tree is None:
        return data
    if isinstance(data, list):
        return [select_answer(item, tree) if isinstance(item, dict) else item for item in data]
    kept: JsonObject = {}
    for name, value in data.items():
        wanted = tree.get(name)
        if wanted is True:
            kept[name] = value
        elif wanted and isinstance(value, dict):
            kept[name] = select_answer(value, wanted)
        elif wanted and isinstance(value, list):
            kept[name] = []
    return kept or []
