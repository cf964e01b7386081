"""What is wrong or risky in any shop, told before the first order. Pure.

Findings are named in the platform's own words: `remote` is the prefix of their catalogue keys.
"""

from collections.abc import Iterable
from datetime import datetime
from statistics import median

from colisync.errors import Scalar
from colisync.model.units import is_plausible
from colisync.ports.shop import Finding

_LABEL_TOOLS = ("lpc", "colissimo", "sendcloud", "boxtal", "shippo", "shipstation", "wcshipping")
_SKEW_S = 120


class Findings:
    """The findings of one look at a shop, by `remote`'s catalogue."""

    def __init__(self, remote: str) -> None:
        self._remote = remote
        self.found: list[Finding] = []

    def warn(self, when: object, key: str, *, level: str = "warning", **params: Scalar) -> None:
        """One more finding, where `when` is true."""
        if when:
            key = f"{self._remote}.{key}"
            self.found.append(Finding(level=level, key=key, params=params))

    def clock(self, theirs: datetime, ours: datetime) -> None:
        """Clocks that differ by more than two minutes."""
        skew = round((theirs - ours).total_seconds())
        self.warn(abs(skew) > _SKEW_S, "clock_skew", seconds=skew)

    def version(self, version: str, least: tuple[int, ...]) -> None:
        """A version before `least`, where the shop tells its own."""
        numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
        self.warn(version and numbers < least, "old_version", version=version)

    def home(self, told: str, configured: str) -> None:
        """A shop that calls itself by another address."""
        other = told and told.rstrip("/").lower() != configured.lower()
        self.warn(other, "other_home", url=told)

    def label_tools(self, names: Iterable[str]) -> None:
        """Other tools that may label the same orders, by the names of a shop's parts."""
        tools = sorted(name for name in set(names) if name.startswith(_LABEL_TOOLS))
        self.warn(tools, "other_label_tool", tool=", ".join(tools))

    def weights(self, weights: Iterable[str], unit: str) -> None:
        """Products whose weights fit another unit than the shop's."""
        numbers = [number for each in weights if (number := _number(each))]
        if numbers:
            usual = median(numbers)
            wrong = not is_plausible(unit, usual)
            self.warn(wrong, "weight_unit_implausible", unit=unit, weight=f"{usual:g}")


def _number(text: str) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
