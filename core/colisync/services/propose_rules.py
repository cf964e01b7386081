"""A shop's shipping choices → a method for each, to be accepted or changed by a person. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from colisync.model.noun import Noun
from colisync.model.shipping import ShippingChoice, ShippingMethod
from colisync.model.workspace import RuleUse, RuleWhen, ShippingRule

_WITHOUT_SIGNATURE = re.compile(r"\b(sans|without|no|non) (une? )?sign|\blpc nosign")
_SIGNATURE = re.compile(r"\bsign|\bmain propre\b|\blpc sign\b")
_POINT = re.compile(
    r"\b(relais|relay|pick ?up|consignes?|lockers?|lpc relay|bureau de poste|post office"
    r"|points? (de )?(retrait|colissimo)|service points?|parcel shops?)\b"
)
_IN_STORE = re.compile(
    r"\b(local pickup|pickup location|click (and |et )?collect|(retrait|enlevement|collecte?)"
    r" (en|au|a|sur|dans|from|at|in)\b.*\b(magasin|boutique|place|atelier|depot|store|shop))"
)
_OTHER_CARRIERS = re.compile(
    r"\b(mondial|chronopost|chrono ?\d\d|ups|fedex|dhl|dpd|gls|tnt|colis prive|relais colis"
    r"|amazon|inpost|vinted|stuart|coursier|courier)\b"
)


class Proposal(Noun):
    """What is proposed for one choice; `method` is empty where no label is to be made for it."""

    choice: ShippingChoice
    contract: str
    method: str = ""

    def rule(self) -> ShippingRule | None:
        """The rule that says so; None without a method: such an order waits for a person."""
        if not self.method:
            return None
        return ShippingRule(
            when=RuleWhen(choice=(self.choice.id,)),
            use=RuleUse(contract=self.contract, method=self.method),
        )


def propose_rules(
    choices: Iterable[ShippingChoice],
    contract: str,
    methods: Mapping[str, ShippingMethod],
    carrier_name: str = "",
) -> list[Proposal]:
    """One proposal for each choice, in their order, by the words of its title and id.

    Buyers who collect in the shop, and choices that name a carrier other than `carrier_name`, get
    none.
    """
    return [
        Proposal(
            choice=choice, contract=contract, method=_method(choice, methods, _plain(carrier_name))
        )
        for choice in choices
    ]


def outward_methods(methods: Mapping[str, ShippingMethod]) -> list[str]:
    """The methods that go to a buyer."""
    return [key for key, method in methods.items() if not method.is_return]


def _method(choice: ShippingChoice, methods: Mapping[str, ShippingMethod], own: str) -> str:
    words = _plain(f"{choice.id} {choice.title}")
    sold = outward_methods(methods)
    others = _OTHER_CARRIERS.search(words)
    if _IN_STORE.search(words) or (others and others[0] not in own):
        return ""
    if choice.pickup or _POINT.search(words):
        return _first(key for key in sold if methods[key].needs_pickup_point)
    home = [key for key in sold if not methods[key].needs_pickup_point]
    if _SIGNATURE.search(words) and not _WITHOUT_SIGNATURE.search(words):
        return _first(key for key in home if key.endswith("signature")) or _first(home)
    return _first(home)


def _first(keys: Iterable[str]) -> str:
    return next(iter(keys), "")


def _plain(text: str) -> str:
    """Small letters without accents, everything else a single space."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(one for one in letters if not unicodedata.combining(one))
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def rules(proposals: Sequence[Proposal]) -> list[ShippingRule]:
    """The rules of the proposals that have a method."""
    return [rule for proposal in proposals if (rule := proposal.rule()) is not None]
