"""Why a published call has the amount it has: the call out of an edition, charged again by the present reference book.

For the command and for the page alike: which edition, and what its viewer may see of it, is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from orchestration.errors import UsageError
from orchestration.rating.charging import Charge, charge_call
from orchestration.rating.tariffs import NoCharge, Row, Tariffs
from orchestration.reference_book.reading import ReferenceBook


@dataclass(frozen=True)
class Explanation:
    """A published call and what the present book makes of it.

    `state` is rated, duplicate, or the state of a suspended call. `charge` is None where the book has no price (`no_charge` says why) or
    the call is not rated; `differences` are (what, as published, by the present book).
    """

    edition: str
    state: str
    call: Row
    charge: Charge | None = None
    no_charge: str | None = None
    differences: tuple[tuple[str, str, str], ...] = ()


class CallNotFound(UsageError):
    """No published call has the id."""


class PublishedCalls(Protocol):
    """An edition that is asked for a call by its id."""

    @property
    def name(self) -> str:
        """The edition's name."""

    def query(self, name: str, **parameters: object) -> Sequence[Mapping[str, Any]]:
        """The rows of one of the edition's queries."""


def explain_call(edition: PublishedCalls, book: ReferenceBook, call_id: str) -> Explanation:
    """Find a call in an edition and charge it again. Raises CallNotFound where no published call has the id."""
    state, call = find_call(edition, call_id)
    if state != "rated":
        return Explanation(edition.name, call.get("state", state), call)
    tariffs = Tariffs(book)
    try:
        charge = charge_again(tariffs, call)
    except NoCharge as fault:
        return Explanation(edition.name, state, call, no_charge=str(fault))
    return Explanation(edition.name, state, call, charge, differences=tuple(differences(call, charge)))


def find_call(edition: PublishedCalls, call_id: str) -> tuple[str, Row]:
    """(rated, suspended or duplicate; the call). Raises CallNotFound where no published call has the id."""
    for state in ("rated", "suspended", "duplicate"):
        for call in edition.query(f"call_{state}", call_id=call_id):
            return state, call
    raise CallNotFound(
        f"edition {edition.name} has no rated, suspended or duplicate call {call_id}; a call's id is "
        "<file_id>:<record_number>, and calls that were not answered or are charged to nobody are not listed"
    )


def who_is_charged(call: Row) -> str:
    """Whose number the charged number of a published call is: the record's own word, else that of a party of the call."""
    # An edition of an earlier release has no such word.
    if call.get("is_charged_as_recorded"):
        return "recorded"
    return "calling" if call["charged_number"] == call["calling_number"] else "called"


def charge_again(tariffs: Tariffs, call: Row) -> Charge:
    """The charge of a published call from its dialled number on. Raises NoCharge.

    The number's own plan is not published: where no code selects one, the call's plan is taken as it was published.
    """
    day = call["started_at"].date()
    dialled = tariffs.dial(call["called_number"], day, call["exchange_id"])
    plan = tariffs.plan_of(dialled, call["tariff_plan_id"], call["customer_class"], day)
    return charge_call(tariffs, plan, dialled, call["started_at"], call["duration_seconds"])


def differences(call: Row, charge: Charge) -> list[tuple[str, str, str]]:
    """(what, as published, by the charge) of every fact of a rated call that the charge does not bear out."""
    facts = [
        # Without a stripped code there is no text; the rest of the number, in every edition since the rules exist, shows any other case.
        ("access code", call.get("access_code"), charge.dialled.access_code),
        ("number it is rated by", call.get("rated_number"), charge.dialled.rated_number),
        ("plan", call["tariff_plan_id"], charge.plan["tariff_plan_id"]),
        ("destination prefix", call["destination_prefix"], charge.destination_prefix),
        ("zone", call["zone_id"], charge.zone_id),
        ("rate version", call["rate_valid_from"], charge.rate_valid_from),
        ("connect fee", call["connect_fee"], charge.connect_fee),
        ("steps", call["charge_steps"], charge.charge_steps),
        ("charged seconds", call["charged_seconds"], charge.charged_seconds),
        ("amount before rounding", _published_total(call), charge.unrounded),
        # What a package or a maximum price takes off is not part of the tariff's charge.
        ("amount", call["amount"] if call.get("list_amount") is None else call["list_amount"], charge.amount),
    ]
    # An edition of an earlier release, and a call closed by one, does not have the steps of the charge.
    return [(what, str(said), str(now)) for what, said, now in facts if said is not None and said != now]


def _published_total(call: Row) -> Fraction | None:
    if call["unrounded_numerator"] is None:
        return None
    return Fraction(int(call["unrounded_numerator"]), int(call["unrounded_denominator"]))
