"""The columns of a call, declared once: those that a switch writes, those of the raw zone and the warehouse, those of a closed period.

Lists, types and select lists of these columns are made from here. How a column is read, decided or priced is not here. What dbt's
models say of it is held equal to this by tests/dbt/test_declared_columns.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum


class Said(Enum):
    """Whether a column is in the record of a switch."""

    ALWAYS = "every format says it"
    BY_SOME = "some formats say it; of others it is empty"
    NEVER = "it is worked out when the record is read"


class Stage(IntEnum):
    """How far a column of a record goes, unchanged, on the way into the warehouse."""

    RAW_ZONE = 1  # the Parquet files raw/calls and raw/pieces
    RAW_SCHEMA = 2  # the view raw.calls, which dbt reads
    STAGING = 3  # the model stg_switch__calls


@dataclass(frozen=True)
class CallColumn:
    """A column of a call: its name, its type in DuckDB, and what it is."""

    name: str
    type: str
    meaning: str
    said: Said = Said.NEVER
    last_stage: Stage = Stage.STAGING
    #: Its name in staging, where it is another.
    staged_as: str = ""
    #: Of a closed call: the value, as SQL, for calls that were closed before the column was there; null without one.
    if_closed_before: str = ""

    @property
    def staged_name(self) -> str:
        """Its name in staging."""
        return self.staged_as or self.name


#: A record of a call file, in the order in which the raw zone has its columns.
RECORD = (
    CallColumn("file_id", "varchar", "The file that the record is from."),
    CallColumn("record_number", "bigint", "Its number in the file, from 1.", Said.ALWAYS),
    CallColumn("line_number", "bigint", "Its line in the file.", last_stage=Stage.RAW_SCHEMA),
    CallColumn("calling_number", "varchar", "Who called; empty where a caller over a trunk withholds it.", Said.ALWAYS),
    CallColumn("called_number", "varchar", "What was dialled; a service code keeps its * and #.", Said.ALWAYS),
    CallColumn("trunk_group_in", "varchar", "The trunk group it came in over; null: from a subscriber.", Said.ALWAYS),
    CallColumn("trunk_group_out", "varchar", "The trunk group it left over; null: to a subscriber.", Said.ALWAYS),
    CallColumn(
        "charged_number",
        "varchar",
        "The number that pays, where the switch says so (forwarding, third-party charging).",
        Said.BY_SOME,
        staged_as="recorded_charged_number",
    ),
    CallColumn("started_at", "timestamp", "The answer, else the seizure, on the branch's wall clock.", Said.ALWAYS),
    CallColumn("started_at_utc", "timestamp", "The instant of the start, where the record's time says it."),
    CallColumn("call_date", "date", "The day of the start."),
    CallColumn("duration_seconds", "integer", "How long the conversation lasted; 0: not answered.", Said.ALWAYS),
    CallColumn("release_cause", "integer", "Why it ended, by ITU-T Q.850.", Said.ALWAYS),
    CallColumn("is_other_day", "boolean", "Whether it began on a day that is not its file's (SPEC 4)."),
    CallColumn(
        "call_kind", "varchar", "subscriber, or transit: the switch itself says that it is a tandem call.", Said.BY_SOME
    ),
    CallColumn(
        "charge_party",
        "varchar",
        "Who is to be charged for the record: calling, called or any other (a carrier).",
        Said.BY_SOME,
    ),
    CallColumn(
        "partial_kind",
        "varchar",
        "single, or which piece of a long call that is written in pieces: first, middle, last.",
        Said.BY_SOME,
    ),
    CallColumn("call_reference", "varchar", "What ties the pieces of one call together on its switch.", Said.BY_SOME),
    CallColumn(
        "exact_micros", "bigint", "Of a piece: its microseconds before they are rounded.", last_stage=Stage.RAW_ZONE
    ),
    CallColumn("rounding", "varchar", "Of a piece: how its format rounds durations.", last_stage=Stage.RAW_ZONE),
    CallColumn("key_hash", "ubigint", "Hash of the key by which duplicates are found.", last_stage=Stage.RAW_SCHEMA),
)

#: What staging adds to a record: its file and switch, and the long call that it is a piece of.
STAGED_BESIDES = (
    CallColumn("call_id", "varchar", "<file_id>:<record_number>, the same in every run."),
    CallColumn("file_name", "varchar", "The name of its file as delivered."),
    CallColumn("switch_id", "varchar", "The switch that wrote it."),
    CallColumn("is_partial", "boolean", "Whether it is a piece that is part of another row's call, or that waits."),
    CallColumn("joined_call_id", "varchar", "The joined call that it is a piece of."),
    CallColumn("joined_pieces", "integer", "Of how many pieces the call was joined; null: of one record."),
    CallColumn("joined_seconds", "integer", "The seconds of all its pieces, rounded once."),
    CallColumn("joining_note", "varchar", "What it waits for, what is missing of it, or of which call it is a piece."),
)

#: A piece of a long call, as raw.joined_pieces and closed.joined_pieces have it, in their order.
JOINED_PIECE = (
    CallColumn("call_id", "varchar", "<file_id>:<record_number> of the piece."),
    CallColumn("file_id", "varchar", "The file that the piece is from."),
    CallColumn("record_number", "bigint", "Its number in the file."),
    CallColumn("call_date", "date", "The day on which the piece began."),
    CallColumn("joined_call_id", "varchar", "The call that it is a piece of; null while that waits."),
    CallColumn("is_partial", "boolean", "False for the piece that represents the joined call."),
    CallColumn("reason", "varchar", "What the call waits for, what is missing of it, or of which call it is a piece."),
    CallColumn("joined_seconds", "integer", "Of the first piece: the seconds of all, rounded once."),
    CallColumn("joined_pieces", "integer", "Of the first piece: how many there are."),
    CallColumn("release_cause", "integer", "Of the first piece: the release cause of the last."),
)

_STAGED = {column.name: column for column in (*RECORD, *STAGED_BESIDES)}


def _as_staged(names: str) -> tuple[CallColumn, ...]:
    return tuple(_STAGED[name] for name in names.split())


#: A rated call, in the order of the mart rated_calls, which has its `reason` as joining_note besides.
RATED_CALL = (
    *_as_staged("call_id switch_id"),
    CallColumn("exchange_id", "varchar", "The exchange of the switch."),
    *_as_staged("trunk_group_in trunk_group_out calling_number called_number"),
    CallColumn("charged_number", "varchar", "The number that pays."),
    CallColumn(
        "is_charged_as_recorded", "boolean", "Whether the record itself says who pays.", if_closed_before="false"
    ),
    *_as_staged("started_at started_at_utc call_date duration_seconds"),
    CallColumn("account_id", "varchar", "The account that held the charged number at that time."),
    CallColumn("customer_id", "varchar", "The customer of the account."),
    CallColumn("customer_class", "varchar", "The customer's class, which decides the plan."),
    CallColumn("business_unit_id", "varchar", "The customer's business unit."),
    CallColumn("agent_id", "varchar", "The customer's agent."),
    CallColumn("outlet_id", "varchar", "The customer's outlet."),
    *_as_staged("file_name record_number"),
    CallColumn("access_code", "varchar", "The codes that the dialling rules stripped."),
    CallColumn("rated_number", "varchar", "What they left of the called number.", if_closed_before="called_number"),
    CallColumn("destination_prefix", "varchar", "The longest prefix in force that starts it."),
    CallColumn("zone_id", "varchar", "The tariff zone."),
    CallColumn("call_category", "varchar", "The call category of the zone."),
    CallColumn("bill_item_id", "varchar", "The bill item that the call goes to."),
    CallColumn("tariff_plan_id", "varchar", "The plan that it is charged by."),
    CallColumn("charged_seconds", "bigint", "Seconds charged, in whole increments."),
    CallColumn("amount", "decimal(18, 6)", "What the call costs, rounded once."),
    CallColumn("rate_valid_from", "date", "From when the version of the rates holds."),
    CallColumn("band_at_start", "varchar", "The time band in which it began."),
    CallColumn("connect_fee", "decimal(18, 6)", "The fee of its start."),
    CallColumn("charge_steps", "varchar", "The steps of its charge, for `tollhouse explain`."),
    CallColumn("unrounded_numerator", "decimal(38, 0)", "Numerator of the exact charge."),
    CallColumn("unrounded_denominator", "decimal(38, 0)", "Denominator of the exact charge."),
    CallColumn("list_amount", "decimal(18, 6)", "What it would cost without package and cap."),
    CallColumn("package_id", "varchar", "The package that it draws on."),
    CallColumn("package_number", "varchar", "The number whose package that is."),
    CallColumn("covered_seconds", "bigint", "Seconds that the package covers."),
    CallColumn("covered_amount", "decimal(18, 6)", "The amount that the package covers."),
    CallColumn("is_capped", "boolean", "Whether it costs the maximum of its plan and zone.", if_closed_before="false"),
    CallColumn("billing_period", "varchar", "The month that it is billed in."),
    *_as_staged("joined_pieces"),
)

#: A call with its state, as int_calls_judged and closed.calls have it; in no order of their own.
JUDGED_CALL = (
    *RATED_CALL,
    *_as_staged("file_id release_cause"),
    CallColumn("state", "varchar", "The state of the record (SPEC 4)."),
    CallColumn("reason", "varchar", "Why it waits; of a joined call, what its pieces lack."),
    CallColumn("original_call_id", "varchar", "The record that it is a duplicate of."),
    CallColumn("caller_class", "varchar", "The class of the calling number's holder."),
    *_as_staged("joined_call_id"),
    CallColumn("twin_call_id", "varchar", "The first of the settlement records of one call that it belongs to."),
    CallColumn("is_chargeable", "boolean", "Whether it could be charged if it were rated.", if_closed_before="true"),
)

#: What makes two records the same call (SPEC 4, state 3).
IDENTITY = (
    "switch_id",
    "calling_number",
    "called_number",
    "started_at",
    "started_at_utc",
    "duration_seconds",
    "trunk_group_in",
    "trunk_group_out",
)


def up_to(stage: Stage) -> tuple[CallColumn, ...]:
    """The columns of a record that go as far as a stage."""
    return tuple(column for column in RECORD if column.last_stage >= stage)


def types_of(columns: Iterable[CallColumn]) -> dict[str, str]:
    """Name → type."""
    return {column.name: column.type for column in columns}


def columns_sql(columns: Iterable[CallColumn]) -> str:
    """The columns as a statement that creates a table lists them."""
    return ", ".join(f"{column.name} {column.type}" for column in columns)
