"""What a booking of camt.054 or camt.053 is: a debit that was collected, one that went back, or neither; and its amounts.

A booked amount is the sum of its details and the charges that the bank has booked with them; `InstdAmt` is the requested
debit. The message around the bookings is read in iso20022.py.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from orchestration.ingestion.bank.formats.iso20022_elements import (
    ElementFault,
    account_number,
    amount_in,
    children,
    day_of,
    find,
    iso_amount,
    text_of,
)
from orchestration.ingestion.bank.formats.reading import DEBIT, OTHER, PENDING, ResultLine

BOOKED, REVERSED = "BOOK", "RVSL"
_CREDIT, _DEBIT = "CRDT", "DBIT"
_DEBIT_FAMILY = "IDDT"  # issued direct debits, of the external code set BankTransactionFamily
_OTHERS_DEBITS = "RDDT"  # received direct debits: those that others collect from this account
_UNPAID = {"UPDD", "PRDD", "RCDD"}  # unpaid, reversed and cancelled direct debits, of BankTransactionSubFamily
_CHARGES = {"CHRG", "COMM", "COMI", "COMT", "FEES"}  # charges and commissions, of BankTransactionSubFamily
_NOT_BOOKED = ("PDNG", "INFO", "FUTR")  # on its way, for information, in the future
_TRUE = ("true", "1")
_NOTHING = Decimal("0.00")


class Entry:
    """A booking (Ntry) and its transactions, each read with what it adds to the booking's amount."""

    def __init__(self, element: Any, currency: str, is_by_exception: bool = False) -> None:
        """`is_by_exception`: requests count as collected where nothing comes back, so a credit of several needs no details."""
        self.element, self.currency, self.is_by_exception = element, currency, is_by_exception
        self.direction = text_of(element, "CdtDbtInd")
        self.status = text_of(element, "Sts", "Cd") or text_of(element, "Sts", "Prtry") or text_of(element, "Sts")
        self.day = next(
            (
                day
                for name, form in (("BookgDt", "Dt"), ("BookgDt", "DtTm"), ("ValDt", "Dt"), ("ValDt", "DtTm"))
                if (day := day_of(text_of(element, name, form))) is not None
            ),
            None,
        )
        self.groups = children(element, "NtryDtls")
        self.details = [(group, tx) for group in self.groups for tx in children(group, "TxDtls")]
        self.amount_element = find(element, "Amt")
        self.total = None if self.amount_element is None else iso_amount((self.amount_element.text or "").strip())

    @property
    def is_booked(self) -> bool:
        """Whether it is booked already; others are on their way."""
        return self.status in (None, BOOKED)

    @property
    def transactions(self) -> list[tuple[Any, Any]]:
        """The transactions, each with its group; the booking itself where it has none."""
        return self.details or [(None, self.element)]

    @property
    def signed_total(self) -> Decimal:
        """What it adds to the balance of the account."""
        total = self.total or _NOTHING
        return -total if self.direction == _DEBIT else total

    def difference(self) -> str | None:
        """How the transactions do not make the booking's amount, with or without the charges; None where they do, or
        where not every one of them has an amount in the booking's currency."""
        if not self.details or self.total is None:
            return None
        try:
            return self._difference()
        except ElementFault:
            return None  # charges that cannot be read: the transaction is set aside for them

    def _difference(self) -> str | None:
        without, with_charges = _NOTHING, _NOTHING
        for _, transaction in self.details:
            own = self.own_amount(transaction)
            if own is None:
                return None
            sign = 1 if self.direction_of(transaction) == self.direction else -1
            without += sign * own
            with_charges += sign * own + self._signed(self.charges_of(transaction))
        of_entry = self._signed(self.charges_of(self.element))
        if self.total in (without, with_charges, without + of_entry):
            return None
        return f"{self.total}, found {with_charges if with_charges != without else without + of_entry}"

    def _own_element(self, transaction: Any) -> Any:
        """The amount that a transaction has itself. What was asked for is one only where the booking is of several."""
        if transaction is self.element:
            return None
        found = find(transaction, "AmtDtls", "TxAmt", "Amt")
        found = find(transaction, "Amt") if found is None else found
        if found is None and len(self.details) > 1:
            found = find(transaction, "AmtDtls", "InstdAmt", "Amt")
        return found

    def own_amount(self, transaction: Any) -> Decimal | None:
        """The amount that a transaction has itself, in the booking's currency."""
        found = self._own_element(transaction)
        if found is None or found.get("Ccy") != self.amount_element.get("Ccy"):
            return None
        return iso_amount((found.text or "").strip())

    def direction_of(self, transaction: Any) -> str | None:
        """Credit or debit: the transaction's own, else the booking's."""
        return text_of(transaction, "CdtDbtInd") or self.direction

    def charges_of(self, element: Any) -> Decimal:
        """What the bank has charged for a transaction or the booking, in its currency; what it gave back is taken off."""
        total = _NOTHING
        for record in _charge_records(element):
            found = find(record, "Amt")
            found = find(record, "TtlChrgsAndTaxAmt") if found is None else found
            if found is not None and found.get("Ccy") == self.amount_element.get("Ccy"):
                charge = amount_in(found, "Chrgs", None)
                total += -charge if text_of(record, "CdtDbtInd") == _CREDIT else charge
        return total

    def _signed(self, charge: Decimal) -> Decimal:
        """What a charge adds to a booking: it makes a debit greater and a credit less."""
        return charge if self.direction == _DEBIT else -charge

    def line(self, group: Any, transaction: Any, number: int) -> ResultLine:
        """One transaction as a line. Raises ElementFault where it cannot be used."""
        kind, code, is_return = self._kind(transaction)
        account = text_of(transaction, "Refs", "EndToEndId")
        debit, charge = _NOTHING, _NOTHING
        if kind == DEBIT and not is_return and self.is_collective(transaction):
            kind = OTHER
        if kind == OTHER:
            element = self._own_element(transaction)
            debit = amount_in(self.amount_element if element is None else element, "Amt", None)
            charge = debit if self._is_charge(transaction) else _NOTHING
        else:
            debit, charge = self._amounts(transaction)
            charge += self._charge_of_all(transaction)
            if not account or account == "NOTPROVIDED":
                raise ElementFault("EndToEndId", "is missing: it says whose debit it was")
        if kind == DEBIT and self.status not in (None, BOOKED, *_NOT_BOOKED):
            raise ElementFault("Sts", f"is {self.status}, which does not say whether it is booked")
        if kind == DEBIT and not self.is_booked:
            kind = PENDING
        return ResultLine(
            line=number,
            account_id=account or "",
            bank_account=account_number(find(transaction, "RltdPties", "DbtrAcct")),
            amount=debit,
            result_code=code,
            reason_text=text_of(transaction, "RtrInf", "AddtlInf"),
            line_kind=kind,
            is_return=is_return,
            reference=_reference(group, transaction, account) if kind == DEBIT else None,
            charge_amount=charge,
            debited_on=self.day if kind == DEBIT else None,
        )

    def _kind(self, transaction: Any) -> tuple[str, str, bool]:
        """What a transaction is, its result code, and whether money went back."""
        family = self._code(transaction, "Cd")
        sub_family = self._code(transaction, "SubFmlyCd")
        has_mandate = text_of(transaction, "Refs", "MndtId") is not None
        says_returned = find(transaction, "RtrInf") is not None or sub_family in _UNPAID
        direction = self.direction_of(transaction)
        # Where a bank has codes of its own alone: what comes back and takes money off the account is a direct debit.
        has_family = family == _DEBIT_FAMILY or (family is None and says_returned and direction == _DEBIT)
        if family == _OTHERS_DEBITS or not (has_family or has_mandate) or sub_family in _CHARGES:
            return OTHER, BOOKED, False
        is_reversal = text_of(self.element, "RvslInd") in _TRUE
        if direction == _CREDIT and (is_reversal or not says_returned):
            # The reversal of a debit of the account is that of a return: what went back has come again.
            return (DEBIT, BOOKED, False) if family == _DEBIT_FAMILY or not is_reversal else (OTHER, BOOKED, False)
        if direction == _CREDIT and family == _DEBIT_FAMILY:
            raise ElementFault("CdtDbtInd", "is CRDT, and the booking says that a debit went back")
        has_account = (text_of(transaction, "Refs", "EndToEndId") or "NOTPROVIDED") != "NOTPROVIDED"
        if direction == _DEBIT and (says_returned or is_reversal or (family == _DEBIT_FAMILY and has_account)):
            return DEBIT, _return_reason(transaction) or REVERSED, True
        return OTHER, BOOKED, False

    def is_collective(self, transaction: Any) -> bool:
        """Whether it is one booking for debits of which none is listed, by a bank that lists failures only."""
        says_whose = (text_of(transaction, "Refs", "EndToEndId") or "NOTPROVIDED") != "NOTPROVIDED"
        return self.is_by_exception and self.direction_of(transaction) == _CREDIT and not says_whose

    def _code(self, transaction: Any, name: str) -> str | None:
        """Family or sub-family of a transaction: its own, else the booking's."""
        path = ("BkTxCd", "Domn", "Fmly", name)
        return text_of(transaction, *path) or text_of(self.element, *path)

    def _is_charge(self, transaction: Any) -> bool:
        """Whether it is a charge for direct debits that is booked by itself."""
        is_debit = self.direction_of(transaction) == _DEBIT
        return (
            is_debit
            and self._code(transaction, "Cd") == _DEBIT_FAMILY
            and self._code(transaction, "SubFmlyCd") in _CHARGES
        )

    def _amounts(self, transaction: Any) -> tuple[Decimal, Decimal]:
        """The debit, and what the bank has charged with it."""
        element, instructed_element = self._own_element(transaction), find(transaction, "AmtDtls", "InstdAmt", "Amt")
        if element is None and len(self.details) > 1:
            raise ElementFault("Amt", "is missing, and the entry's is that of several transactions")
        booked = amount_in(self.amount_element if element is None else element, "Amt", self.currency)
        charge = self.charges_of(transaction)
        if not charge and len(self.transactions) == 1:
            charge = self.charges_of(self.element)
        with_charge = charge if self.direction_of(transaction) == _DEBIT else -charge
        instructed = None
        if instructed_element is not None and instructed_element.get("Ccy", self.currency) == self.currency:
            instructed = amount_in(instructed_element, "InstdAmt", self.currency)
        if instructed is None:
            is_within = element is None or (self.total == self._sum_of_own() and _is_included(transaction))
            return (booked - with_charge if charge and is_within else booked), abs(charge)
        if booked in (instructed, instructed + with_charge):
            return instructed, abs(charge)
        more = booked - instructed if self.direction_of(transaction) == _DEBIT else instructed - booked
        if charge or more < 0:
            raise ElementFault(
                "InstdAmt", f"is {instructed}, which with charges of {charge} is not the booked {booked}"
            )
        return instructed, more

    def _charge_of_all(self, transaction: Any) -> Decimal:
        """The charge of a booking of several, where none of them has its own: it is kept with the first."""
        if len(self.details) < 2 or transaction is not self.details[0][1]:
            return _NOTHING
        if any(_charge_records(each) for _, each in self.details):
            return _NOTHING
        return abs(self.charges_of(self.element))

    def _sum_of_own(self) -> Decimal:
        own = [self.own_amount(transaction) for _, transaction in self.details]
        return sum((amount for amount in own if amount is not None), _NOTHING)


def _charge_records(element: Any) -> list[Any]:
    """The charges of a transaction or booking: records since version 4, before that each by itself."""
    return [record for charges in children(element, "Chrgs") for record in (children(charges, "Rcrd") or [charges])]


def _is_included(transaction: Any) -> bool:
    """Whether the charges of a transaction say that they are a part of its amount."""
    records = _charge_records(transaction)
    return bool(records) and all(text_of(record, "ChrgInclInd") in _TRUE for record in records)


def _return_reason(transaction: Any) -> str | None:
    """Why a debit came back; the first version has another name for it."""
    paths = [("RtrInf", name, kind) for name in ("Rsn", "RtrRsn") for kind in ("Cd", "Prtry")]
    return next((text for path in paths if (text := text_of(transaction, *path)) is not None), None)


def _reference(group: Any, transaction: Any, account: str | None) -> str | None:
    """Which debit of which request it is: message id, else payment information id, and end-to-end id."""
    for name in ("MsgId", "PmtInfId"):
        request = text_of(transaction, "Refs", name) or (None if group is None else text_of(group, "Btch", name))
        if request is not None and account is not None:
            return f"{request}/{account}"
    return None
