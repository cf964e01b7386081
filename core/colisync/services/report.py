"""What a service did, as it goes along."""

from collections import Counter

from colisync.errors import ColisyncError
from colisync.model.attention import Attention, Outcome


class Report:
    """Counts and attentions of one command; `outcome()` at the end."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.attention: list[Attention] = []
        self.notes: list[Attention] = []

    def count(self, name: str, number: int = 1) -> None:
        """`number` more of `name`."""
        self.counts[name] += number

    def attend(self, attention: Attention) -> None:
        """One more thing for a person."""
        self.attention.append(attention)

    def note(self, attention: Attention) -> None:
        """One more thing worth knowing that asks for nothing."""
        self.notes.append(attention)

    def fail(
        self, error: ColisyncError, *, order: str = "", parcel: str = "", command: str = ""
    ) -> None:
        """What `error` asks of a person."""
        self.attend(Attention.of(error, order=order, parcel=parcel, command=command))

    def add(self, outcome: Outcome) -> None:
        """What another service did, too."""
        self.counts.update(outcome.counts)
        self.attention.extend(outcome.attention)
        self.notes.extend(outcome.notes)

    def outcome(self) -> Outcome:
        """The whole."""
        return Outcome(
            counts=dict(self.counts), attention=tuple(self.attention), notes=tuple(self.notes)
        )
