"""The tables, the same on SQLite and PostgreSQL. Design §1 and §2 say what each must hold.

Times are UTC text of fixed width (`moments.py`), so that they sort and compare alike on both
engines. Structured columns hold JSON text written by pydantic.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from colisync.storage.moments import Moment

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=_NAMES)

_Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", _Id, primary_key=True, autoincrement=True)


def _workspace() -> Column[str]:
    return Column("workspace", String(64), ForeignKey("workspaces.key"), nullable=False)


def _text(name: str, default: str = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=str(default))


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, _Id, ForeignKey(target), nullable=nullable)


workspaces = Table(
    "workspaces",
    metadata,
    Column("key", String(64), primary_key=True),
    _text("content"),  # model.workspace.Workspace as JSON
    Column("created_at", Moment, nullable=False),
)

senders = Table(
    "senders",
    metadata,
    _id(),
    _workspace(),
    Column("key", String(64), nullable=False),
    _text("content"),
    UniqueConstraint("workspace", "key"),
)

shops = Table(
    "shops",
    metadata,
    _id(),
    _workspace(),
    Column("key", String(64), nullable=False),
    Column("platform", String(32), nullable=False),
    _text("content"),  # model.workspace.Shop as JSON, without what has a column here
    _text("sealed"),
    _text("identity"),  # ports.shop.ShopIdentity of the last check, JSON, or empty
    _text("cursor"),
    _text("paused"),  # catalogue key of the reason; empty while it works
    Column("first_batch_confirmed_at", Moment),
    Column("synced_at", Moment),
    UniqueConstraint("workspace", "key"),
)

contracts = Table(
    "contracts",
    metadata,
    _id(),
    _workspace(),
    Column("key", String(64), nullable=False),
    Column("carrier", String(32), nullable=False),
    _text("content"),
    _text("sealed"),
    _text("identity"),  # ports.carrier.CarrierIdentity of the last check, JSON, or empty
    _text("paused"),
    UniqueConstraint("workspace", "key"),
)

rules = Table(
    "rules",
    metadata,
    _id(),
    _workspace(),
    _number("position"),
    _text("content"),
    UniqueConstraint("workspace", "position"),
)

applied_blocks = Table(  # what `apply` last wrote, to tell a console's change from a file's
    "applied_blocks",
    metadata,
    _id(),
    _workspace(),
    Column("block", String(160), nullable=False),  # "shop:boutique", "rules", …
    Column("digest", String(64), nullable=False),
    Column("applied_at", Moment, nullable=False),
    UniqueConstraint("workspace", "block"),
)

orders = Table(
    "orders",
    metadata,
    _id(),
    _workspace(),
    _ref("shop_id", "shops.id"),
    Column("external_id", String(64), nullable=False),
    Column("number", String(64), nullable=False),
    Column("status", String(64), nullable=False),
    Column("modified_at", Moment, nullable=False),
    Column("fingerprint", String(64), nullable=False),  # of what matters to shipping
    _text("content"),  # model.order.Order as JSON, without raw
    _text("raw"),
    # to_ship | waiting (status not shippable yet) | shipped_elsewhere | cancelled | nothing_to_ship
    # | unreadable | gone
    Column("standing", String(24), nullable=False),
    _text("attention"),  # Attention as JSON where the order itself cannot be read or shipped
    Column("first_seen_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    UniqueConstraint("shop_id", "external_id"),
    Index(None, "workspace", "number"),
    Index(None, "workspace", "standing"),
)

shipments = Table(
    "shipments",
    metadata,
    _id(),
    _workspace(),
    Column("direction", String(8), nullable=False, server_default="outward"),
    Column("decision", String(16), nullable=False, server_default="draft"),
    _text("attention"),
    _text("sender_key"),
    _text("contract_key"),
    _text("method"),
    _text("recipient"),  # Address as JSON: the shop's, with the corrections on it
    _text("pickup_point"),
    _number("insurance_eur"),
    _number("packaging_g"),
    Column("weight_g", Integer),  # contents, without packaging; NULL = unknown
    _text("options", "{}"),
    _text("reason"),  # of a reship
    _text("order_fingerprint"),  # of the orders it was computed from
    _number("version"),  # raised by each change; a claim of another version is refused
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index(None, "workspace", "decision"),
)

shipment_orders = Table(
    "shipment_orders",
    metadata,
    _id(),
    _workspace(),
    _ref("shipment_id", "shipments.id"),
    _ref("order_id", "orders.id"),
    _number("ordinal", 1),  # 1 = the import's; 2… = split, reship
    Column("direction", String(8), nullable=False, server_default="outward"),
    UniqueConstraint("order_id", "ordinal", "direction"),  # two importers, one shipment
    Index(None, "shipment_id"),
)

shipment_lines = Table(
    "shipment_lines",
    metadata,
    _id(),
    _workspace(),
    _ref("shipment_id", "shipments.id"),
    _ref("order_id", "orders.id"),
    Column("line_id", String(64), nullable=False),
    _number("quantity"),
    UniqueConstraint("shipment_id", "order_id", "line_id"),
    Index(None, "order_id"),
    CheckConstraint("quantity > 0", name="positive"),
)

corrections = Table(
    "corrections",
    metadata,
    _id(),
    _workspace(),
    _ref("shipment_id", "shipments.id"),
    Column("field", String(64), nullable=False),
    _text("value"),  # JSON
    _text("shop_value"),  # JSON: what the shop said when it was corrected
    Column("author", String(120), nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "shipment_id"),
)

parcels = Table(
    "parcels",
    metadata,
    _id(),
    _workspace(),
    _ref("shipment_id", "shipments.id"),
    _number("ordinal", 1),
    Column("state", String(16), nullable=False, server_default="pending"),
    _number("attempt"),
    Column("reference", String(12), unique=True),  # the current attempt's
    _text("request"),  # LabelRequest of the current attempt as JSON: the snapshot
    Column("weight_g", Integer),  # a person's, for this box; NULL = its share of the shipment
    # the lease: who may store the answer of the current attempt
    _text("lease_host"),
    Column("lease_pid", Integer),
    _text("lease_process"),
    Column("lease_until", Moment),
    # what was bought
    _text("contract_key"),
    _text("method"),
    Column("specimen", Boolean, nullable=False, server_default="0"),  # of the sandbox's carrier
    Column("number", String(40)),
    _text("partner_number"),
    _text("label_url"),
    _text("postcode"),
    _text("country"),
    _text("warnings", "[]"),
    Column("labelled_at", Moment),
    Column("printed_at", Moment),
    Column("handed_over_at", Moment),
    _text("changed_after_label"),  # JSON {field: [then, now]}; empty = nothing
    # following
    Column("tracking_status", String(20)),
    Column("tracking_reason", String(20)),
    Column("tracking_at", Moment),  # of the event that gave the status
    Column("track_next_at", Moment),  # NULL = not followed
    _number("track_failures"),
    _text("track_problem"),  # catalogue key while a number is in quarantine
    UniqueConstraint("shipment_id", "ordinal"),
    Index(None, "workspace", "state"),
    Index(None, "number"),
    Index(None, "track_next_at"),
)

attempts = Table(  # every attempt ever made; a reference is never reused
    "attempts",
    metadata,
    _id(),
    _workspace(),
    _ref("parcel_id", "parcels.id"),
    _number("attempt"),
    Column("reference", String(12), nullable=False, unique=True),
    Column("contract_key", String(64), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    # bought | announced | refused | unsent | uncertain | late | superseded
    _text("outcome"),
    _text("error"),  # Attention as JSON
    UniqueConstraint("parcel_id", "attempt"),
)

documents = Table(
    "documents",
    metadata,
    _id(),
    _workspace(),
    _ref("parcel_id", "parcels.id"),
    _number("attempt"),
    Column("kind", String(16), nullable=False),
    Column("format", String(24), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("parcel_id", "attempt", "kind"),
)

orphans = Table(  # labels that exist, or may, and serve no parcel
    "orphans",
    metadata,
    _id(),
    _workspace(),
    _ref("parcel_id", "parcels.id"),
    _number("attempt"),
    Column("reference", String(12), nullable=False),
    Column("number", String(40)),  # NULL = not known
    Column("possible", Boolean, nullable=False),  # true = it is not known whether it exists
    _text("reason"),  # late | settled | voided
    Column("content", LargeBinary),
    Column("created_at", Moment, nullable=False),
    Column("scanned_at", Moment),  # scanned all the same: an alarm
    Column("look_next_at", Moment),  # when the carrier is asked again; NULL = not asked yet
    UniqueConstraint("parcel_id", "attempt"),
    Index(None, "number"),
)

write_backs = Table(  # one row per effect told to a shop or a buyer
    "write_backs",
    metadata,
    _id(),
    _workspace(),
    _ref("shop_id", "shops.id"),
    _ref("order_id", "orders.id"),
    _ref("parcel_id", "parcels.id"),
    _number("attempt"),
    Column("effect", String(16), nullable=False),
    Column("state", String(12), nullable=False, server_default="waiting"),
    Column("withdraw", Boolean, nullable=False, server_default="0"),
    _text("status_wanted"),
    _number("tries"),
    Column("due_at", Moment),  # NULL = waits for something else (a scan, a person)
    # the lease of the call under way
    _text("lease_host"),
    Column("lease_pid", Integer),
    _text("lease_process"),
    Column("lease_until", Moment),
    _text("problem"),  # Attention as JSON
    Column("done_at", Moment),
    UniqueConstraint("parcel_id", "attempt", "order_id", "effect", "withdraw"),
    Index(None, "workspace", "state", "due_at"),
    Index(None, "order_id"),
)

tracking_events = Table(
    "tracking_events",
    metadata,
    _id(),
    _workspace(),
    _ref("parcel_id", "parcels.id"),
    Column("at", Moment, nullable=False),
    Column("code", String(24), nullable=False),
    Column("status", String(20)),
    Column("reason", String(20)),
    _text("text"),
    _text("place"),
    Column("seen_at", Moment, nullable=False),
    UniqueConstraint("parcel_id", "at", "code"),
)

unknown_codes = Table(
    "unknown_codes",
    metadata,
    _id(),
    _workspace(),
    Column("carrier", String(32), nullable=False),
    Column("code", String(24), nullable=False),
    _number("count"),
    _text("sample"),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    UniqueConstraint("workspace", "carrier", "code"),
)

alarms = Table(  # what must be looked at, beside the shipments' own attention
    "alarms",
    metadata,
    _id(),
    _workspace(),
    Column("code", String(80), nullable=False),
    Column("subject", String(120), nullable=False),
    _text("params", "{}"),
    Column("raised_at", Moment, nullable=False),
    Column("settled_at", Moment),
    UniqueConstraint("workspace", "code", "subject"),
)

exchanges = Table(  # the last failures of each remote, redacted
    "exchanges",
    metadata,
    _id(),
    _workspace(),
    Column("remote", String(80), nullable=False),  # "shop:boutique", "contract:colissimo"
    _text("content"),
    Column("at", Moment, nullable=False),
    Index(None, "workspace", "remote"),
)
