"""What a merchant says about a WooCommerce shop."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from colisync.wire.home_address import home_address

_KEYS = "WooCommerce › Settings › Advanced › REST API › Add key (permissions: Read/Write)"


class WooCommerceSettings(BaseModel):
    """One shop and its key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="Address of the shop, as in Settings › General › Site Address")
    local: bool = Field(
        default=False, description="Allow a loopback or private address (a shop on this machine)"
    )
    orders_since: date | None = Field(
        default=None, description="Orders placed before this day are left alone"
    )
    ship_statuses: tuple[str, ...] = Field(
        default=("processing",),
        description="Order statuses that count as to ship (WooCommerce › Orders)",
    )
    consumer_key: SecretStr = Field(description=f"Begins with ck_. {_KEYS}")
    consumer_secret: SecretStr = Field(
        description=f"Begins with cs_; shown once, when the key is made. {_KEYS}"
    )
    webhook_secret: SecretStr | None = Field(
        default=None, description="Secret of WooCommerce › Settings › Advanced › Webhooks"
    )
    auth: Literal["auto", "basic", "query", "oauth1"] = Field(
        default="auto",
        description="How the key travels; auto finds it out. A shop on http always uses oauth1",
    )
    page_size: int = Field(
        default=100, ge=1, le=100, description="Orders per page; lower it for a slow host"
    )
    pages_in_flight: int = Field(
        default=3, ge=1, le=8, description="Pages asked for at once; hosts like two to four"
    )
    batch_size: int = Field(
        default=20, ge=1, le=100, description="Orders written per request; 10 to 25 suits all hosts"
    )

    @field_validator("url")
    @classmethod
    def _home(cls, value: str) -> str:
        """The home: `HTTPS://` would be taken for plain http by the woocommerce package, 3.0.0."""
        return home_address(value, within=("/wp-json", "/wp-admin", "/index.php"))
