"""Parcels, attempts, documents and orphans."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The tables are there."""
    op.create_table(
        "parcels",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("shipment_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.String(length=16), server_default="pending", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=True),
        sa.Column("request", sa.Text(), server_default="", nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("lease_host", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_pid", sa.Integer(), nullable=True),
        sa.Column("lease_process", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_until", sa.String(27), nullable=True),
        sa.Column("contract_key", sa.Text(), server_default="", nullable=False),
        sa.Column("method", sa.Text(), server_default="", nullable=False),
        sa.Column("specimen", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("partner_number", sa.Text(), server_default="", nullable=False),
        sa.Column("label_url", sa.Text(), server_default="", nullable=False),
        sa.Column("postcode", sa.Text(), server_default="", nullable=False),
        sa.Column("country", sa.Text(), server_default="", nullable=False),
        sa.Column("warnings", sa.Text(), server_default="[]", nullable=False),
        sa.Column("labelled_at", sa.String(27), nullable=True),
        sa.Column("printed_at", sa.String(27), nullable=True),
        sa.Column("handed_over_at", sa.String(27), nullable=True),
        sa.Column("changed_after_label", sa.Text(), server_default="", nullable=False),
        sa.Column("tracking_status", sa.String(length=20), nullable=True),
        sa.Column("tracking_reason", sa.String(length=20), nullable=True),
        sa.Column("tracking_at", sa.String(27), nullable=True),
        sa.Column("track_next_at", sa.String(27), nullable=True),
        sa.Column("track_failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("track_problem", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_parcels_shipment_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.key"], name=op.f("fk_parcels_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcels")),
        sa.UniqueConstraint("reference", name=op.f("uq_parcels_reference")),
        sa.UniqueConstraint("shipment_id", "ordinal", name=op.f("uq_parcels_shipment_id_ordinal")),
    )
    op.create_index(op.f("ix_parcels_number"), "parcels", ["number"], unique=False)
    op.create_index(op.f("ix_parcels_track_next_at"), "parcels", ["track_next_at"], unique=False)
    op.create_index(
        op.f("ix_parcels_workspace_state"), "parcels", ["workspace", "state"], unique=False
    )
    op.create_table(
        "attempts",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("parcel_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("contract_key", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_attempts_parcel_id")),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.key"], name=op.f("fk_attempts_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("parcel_id", "attempt", name=op.f("uq_attempts_parcel_id_attempt")),
        sa.UniqueConstraint("reference", name=op.f("uq_attempts_reference")),
    )
    op.create_table(
        "documents",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("parcel_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("format", sa.String(length=24), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_documents_parcel_id")),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.key"], name=op.f("fk_documents_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint(
            "parcel_id", "attempt", "kind", name=op.f("uq_documents_parcel_id_attempt_kind")
        ),
    )
    op.create_table(
        "orphans",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("parcel_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("possible", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("scanned_at", sa.String(27), nullable=True),
        sa.Column("look_next_at", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_orphans_parcel_id")),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspaces.key"], name=op.f("fk_orphans_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orphans")),
        sa.UniqueConstraint("parcel_id", "attempt", name=op.f("uq_orphans_parcel_id_attempt")),
    )
    op.create_index(op.f("ix_orphans_number"), "orphans", ["number"], unique=False)
