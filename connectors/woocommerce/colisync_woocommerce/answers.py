"""What the shop's refusals mean, and those of what stands before it."""

from colisync.errors import AuthenticationFailed, ConfigurationError, NotFound, RemoteUnavailable
from colisync.wire.json_answers import Dialect, Refusal

UNSEEN = "woocommerce_rest_cannot"
INVALID_ID = "woocommerce_rest_shop_order_invalid_id"
_CLOCK_LIMIT, _DAY = 14 * 60, 86_400
DIALECT = Dialect(
    remote="woocommerce",
    refusals=(
        Refusal(401, UNSEEN, AuthenticationFailed, "woocommerce.key_unseen"),
        Refusal(401, "", AuthenticationFailed, "woocommerce.rest_closed"),
        Refusal(403, UNSEEN, AuthenticationFailed, "woocommerce.role_missing"),
        Refusal(403, "", RemoteUnavailable, "woocommerce.firewall"),
        Refusal(406, "", RemoteUnavailable, "woocommerce.firewall"),
        Refusal(404, "rest_no_route", NotFound, "woocommerce.no_route"),
        Refusal(404, ".", NotFound, "woocommerce.not_found"),
        Refusal(404, "", ConfigurationError, "woocommerce.no_api"),
        Refusal(410, "", NotFound, "woocommerce.not_found"),
        Refusal(400, INVALID_ID, NotFound, "woocommerce.not_found"),
        Refusal(503, "wp_die", RemoteUnavailable, "woocommerce.maintenance"),
    ),
    walls=(("wp-login", "woocommerce.login_wall"),),
    stays="woocommerce.plain_permalinks",
    within=("/wp-json", "/index.php"),
)


def bad_key(*, writes: bool, signed: bool, skew: int) -> Refusal:
    """Which of the refusals that share one code a 401 is. `writes`: to a key that has read before;
    `signed`: with OAuth; `skew`: seconds between both clocks, modulo a day."""
    if writes:
        key = "woocommerce.key_read_only"
    elif not signed:
        key = "woocommerce.secret_wrong"
    elif _CLOCK_LIMIT < skew < _DAY - _CLOCK_LIMIT:
        key = "woocommerce.clock_off"
    else:
        key = "woocommerce.signature_refused"
    return Refusal(401, "woocommerce_rest_authentication", AuthenticationFailed, key)
