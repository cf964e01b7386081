"""Shipments, their orders, lines and corrections."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The tables are there."""
    op.create_table(
        "shipments",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("direction", sa.String(length=8), server_default="outward", nullable=False),
        sa.Column("decision", sa.String(length=16), server_default="draft", nullable=False),
        sa.Column("attention", sa.Text(), server_default="", nullable=False),
        sa.Column("sender_key", sa.Text(), server_default="", nullable=False),
        sa.Column("contract_key", sa.Text(), server_default="", nullable=False),
        sa.Column("method", sa.Text(), server_default="", nullable=False),
        sa.Column("recipient", sa.Text(), server_default="", nullable=False),
        sa.Column("pickup_point", sa.Text(), server_default="", nullable=False),
        sa.Column("insurance_eur", sa.Integer(), server_default="0", nullable=False),
        sa.Column("packaging_g", sa.Integer(), server_default="0", nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("options", sa.Text(), server_default="{}", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("order_fingerprint", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("updated_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.key"], name=op.f("fk_shipments_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
    )
    op.create_index(
        op.f("ix_shipments_workspace_decision"),
        "shipments",
        ["workspace", "decision"],
        unique=False,
    )
    op.create_table(
        "shipment_orders",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("shipment_id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), server_default="1", nullable=False),
        sa.Column("direction", sa.String(length=8), server_default="outward", nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_shipment_orders_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_shipment_orders_shipment_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.key"], name=op.f("fk_shipment_orders_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_orders")),
        sa.UniqueConstraint(
            "order_id",
            "ordinal",
            "direction",
            name=op.f("uq_shipment_orders_order_id_ordinal_direction"),
        ),
    )
    op.create_index(
        op.f("ix_shipment_orders_shipment_id"), "shipment_orders", ["shipment_id"], unique=False
    )
    op.create_table(
        "shipment_lines",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("shipment_id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("line_id", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_lines_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_shipment_lines_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_shipment_lines_shipment_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.key"], name=op.f("fk_shipment_lines_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_lines")),
        sa.UniqueConstraint(
            "shipment_id",
            "order_id",
            "line_id",
            name=op.f("uq_shipment_lines_shipment_id_order_id_line_id"),
        ),
    )
    op.create_index(
        op.f("ix_shipment_lines_order_id"), "shipment_lines", ["order_id"], unique=False
    )
    op.create_table(
        "corrections",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("shipment_id", ID, nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.Column("shop_value", sa.Text(), server_default="", nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_corrections_shipment_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.key"], name=op.f("fk_corrections_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_index(
        op.f("ix_corrections_shipment_id"), "corrections", ["shipment_id"], unique=False
    )
