"""The command that cures an error: one place, so that the same trouble has the same way out."""

from colisync.errors import (
    AuthenticationFailed,
    ColisyncError,
    ConfigurationError,
    InvalidShipment,
    OutcomeUnknown,
    UnreadableAnswer,
)
from colisync.services import corrections

_BY_HINT = {"hold": "colisync hold {order}", "split": "colisync split {order} --parcels 2"}
_EDITED_AS = {"pickup_point": corrections.POINT, "insurance_eur": corrections.INSURANCE}
"""Fields that a carrier and `colisync edit` name differently."""


def cure(error: ColisyncError, order: str, contract_key: str) -> str:
    """The command that cures `error` for `order` ("shop/number"), which goes with that contract.

    An error's `hint` names the verb where its type does not tell it.
    """
    if error.hint in _BY_HINT:
        return _BY_HINT[error.hint].format(order=order)
    if isinstance(error, OutcomeUnknown | UnreadableAnswer):
        return "colisync reconcile"
    if isinstance(error, AuthenticationFailed | ConfigurationError):
        return "colisync check"
    if isinstance(error, InvalidShipment):
        return _edit(error, order, contract_key)
    return f"colisync ship {order}" if error.retryable else f"colisync retry {order}"


def _edit(error: InvalidShipment, order: str, contract_key: str) -> str:
    field = _EDITED_AS.get(error.field, error.field)
    if field.startswith("sender."):
        return "colisync apply FILE"
    if not corrections.is_editable(field):
        return f"colisync retry {order}"
    if field != corrections.METHOD:
        return f"colisync edit {order} {field}=…"
    sold = str(error.params.get("instead") or error.params.get("sold") or "home")
    return f"colisync edit {order} method={contract_key or 'CONTRACT'}:{sold.split(',')[0]}"
