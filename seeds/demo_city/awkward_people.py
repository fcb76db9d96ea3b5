"""Awkward customers, accounts and numbers, planted and counted: conflicts, gaps in the records, churn, merges.

Most lines made here are quiet: only planted calls use them. Calls are in awkward_calls, money in
payments.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from seeds.demo_city.book import Row
from seeds.demo_city.people import City, Interval, Line, midnight

STAMP = "%Y-%m-%d %H:%M:%S"


class Cast:
    """The lines that planted calls and payments use, by the part they play."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}

    def __getitem__(self, part: str) -> Line:
        return self.lines[part]


def plant_people(city: City) -> Cast:
    """Plant every awkward case of customers, numbers, orders, merges and complaints."""
    cast = Cast()
    _quiet_lines(city, cast)
    _number_conflicts(city)
    _unknown_owners(city, cast)
    _incomplete_records(city, cast)
    _churn(city)
    _merges(city, cast)
    _promotion_example(city, cast)
    _moves_and_keys(city)
    _complaints(city)
    _channels(city, cast)
    _facts_of_then(city, cast)
    return cast


def quiet_line(
    city: City,
    customer_class: str = "residential",
    unit: str = "BU01",
    plan: str = "",
    starts: date | None = None,
    ends: date | None = None,
    agent: bool | None = False,
    method: str = "counter",
    rental: str | None = None,
    promotion: str = "",
) -> Line:
    """A line of its own customer and account, used by planted calls only."""
    usage = {"staff": "residential"}.get(customer_class, customer_class)
    number, number_range = city.numbers.draw(usage, unit)
    begins = starts or city.calendar.first_day - timedelta(days=500)
    customer = city.add_customer(customer_class, number_range, begins, agent)
    account = city.add_account(customer, method)
    return city.add_line(
        customer, account, number, number_range["exchange_id"], begins, ends, plan, True, rental, promotion
    )


def _quiet_lines(city: City, cast: Cast) -> None:
    parts: dict[str, tuple[str, str]] = {
        "resident": ("residential", ""),
        "resident_2": ("residential", ""),
        "family": ("residential", "FAMILY"),
        "business": ("business", ""),
        "public": ("public_phone", ""),
        "trunk": ("trunk_line", ""),
        "staff": ("staff", ""),
        "dialler": ("residential", ""),
        "sleepless": ("residential", ""),
        "clumsy": ("business", ""),
        "busy": ("business", ""),
    }
    for part, (customer_class, plan) in parts.items():
        cast.lines[part] = quiet_line(city, customer_class, plan=plan)
    number, number_range = city.numbers.draw("toll_free")
    owner = cast["business"]
    cast.lines["toll_free"] = city.add_line(
        owner.customer,
        owner.account,
        number,
        number_range["exchange_id"],
        city.calendar.first_day - timedelta(300),
        plan="BUSINESS",
        quiet=True,
        rental="TOLLFREE_NUMBER",
    )


def _number_conflicts(city: City) -> None:
    planted, calendar = city.planted, city.calendar
    for same_start in (False, False, True):
        line, other = quiet_line(city), quiet_line(city)
        start = line.interval.valid_from if same_start else calendar.at(0.4, "00:00:00")
        number = line.interval.service_number
        city.intervals.append(Interval(number, other.account.account_id, line.interval.exchange_id, "", start, None))
        planted.add("double_assignment", number)
    for part in range(2):
        number, number_range = city.numbers.draw("residential", f"BU0{part + 3}")
        outlet = _outlet_of(city, number_range["sales_area_id"])
        for hours in (9, 33):
            city.add_order(number, outlet, calendar.at(0.6, "00:00:00") + timedelta(hours=hours), "open")
        planted.add("double_order", number)
    for number, outlet in (("7231001", "OU05"), ("7231002", "")):
        line = quiet_line(city)
        line.interval.service_number = number
        line.rental.service_number = number
        if outlet:
            city.add_order(number, outlet, line.interval.valid_from - timedelta(hours=30), "done")
        planted.add("number_outside_range", number)
        planted.add("incomplete_number_outside_range", number)
    for unit, outlet in (("BU02", "OU09"), ("BU06", "OU01")):
        number, _ = city.numbers.draw("residential", unit)
        city.add_order(number, outlet, calendar.at(0.5, "10:12:00"), "open")
        planted.add("number_other_area", number)


def _outlet_of(city: City, sales_area_id: str) -> str:
    return next(o["outlet_id"] for o in city.book["outlets"] if o["sales_area_id"] == sales_area_id)


def _unknown_owners(city: City, cast: Cast) -> None:
    """Numbers whose owner the export lacks, wholly or until its last snapshot."""
    planted, calendar = city.planted, city.calendar
    orphan = quiet_line(city)
    city.accounts.remove(orphan.account)
    city.subscriptions.remove(orphan.rental)
    cast.lines["no_account"] = orphan
    planted.add("interval_without_account", orphan.interval.service_number)
    fatherless = quiet_line(city)
    city.customers.remove(fatherless.customer)
    cast.lines["no_customer"] = fatherless
    planted.add("interval_without_customer", fatherless.interval.service_number)
    planted.add("incomplete_account_without_customer", fatherless.account.account_id)
    late = quiet_line(city, starts=calendar.share(0.3))
    for record in (late.customer, late.account, late.interval):
        record.known_from = calendar.last_day
    cast.lines["late"] = late
    planted.add(
        "documented_only_in_last_snapshot",
        late.interval.service_number,
        valid_from=late.interval.valid_from.strftime(STAMP),
        snapshot=calendar.last_day.isoformat(),
    )
    begins = quiet_line(city, starts=calendar.share(0.5))
    cast.lines["begins"] = begins
    returns = quiet_line(city, ends=calendar.share(0.35))
    cast.lines["ends"] = returns


def _incomplete_records(city: City, cast: Cast) -> None:
    planted, first = city.planted, city.calendar.first_day
    line = quiet_line(city)
    line.customer.name = ""
    planted.add("incomplete_no_name", line.customer.customer_id)
    line = quiet_line(city)
    line.customer.customer_class = "vip"
    cast.lines["vip"] = line
    planted.add("incomplete_unknown_class", line.customer.customer_id)
    line = quiet_line(city)
    line.customer.business_unit_id = "BU99"
    planted.add("incomplete_unknown_unit", line.customer.customer_id)
    line = quiet_line(city)
    line.customer.outlet_id = "OU77"
    planted.add("incomplete_unknown_outlet", line.customer.customer_id)
    line = quiet_line(city)
    line.customer.closed_on = line.customer.opened_on - timedelta(days=30)
    planted.add("incomplete_opened_after_closed", line.customer.customer_id)
    line = quiet_line(city, method="debit")
    line.account.bank_code = ""
    planted.add("incomplete_debit_without_bank", line.account.account_id)
    line = quiet_line(city, method="debit")
    line.account.bank_account = ""
    planted.add("incomplete_debit_without_bank_account", line.account.account_id)
    line = quiet_line(city, starts=first - timedelta(days=40))
    line.account.opened_on = first - timedelta(days=40)
    line.account.closed_on = first - timedelta(days=45)
    planted.add("incomplete_account_opened_after_closed", line.account.account_id)


def _churn(city: City) -> None:
    """New and short-lived numbers of agents' customers, and rentals that begin or end within a month."""
    planted, calendar = city.planted, city.calendar
    first = calendar.first_day
    for number in range(3):
        starts = first + timedelta(days=4 + number)
        line = quiet_line(city, unit=f"BU0{number + 1}", starts=starts, agent=True)
        line.quiet = False
        planted.add(
            "activation",
            {
                "service_number": line.interval.service_number,
                "agent_id": line.customer.agent_id,
                "on": starts.isoformat(),
            },
        )
    spans = (
        (first - timedelta(days=20), first + timedelta(days=13)),
        (first + timedelta(days=2), first + timedelta(days=16)),
    )
    later = (first - timedelta(days=5), min(calendar.share(0.55), first + timedelta(days=45)))
    for number, (starts, ends) in enumerate((*spans, later)):
        line = quiet_line(city, unit=f"BU0{number + 1}", starts=starts, ends=ends, agent=True)
        line.quiet = False
        planted.add(
            "clawback",
            {
                "service_number": line.interval.service_number,
                "agent_id": line.customer.agent_id,
                "from": starts.isoformat(),
                "to": ends.isoformat(),
            },
        )
    line = quiet_line(city, starts=first - timedelta(days=700), ends=first + timedelta(days=9), agent=True)
    planted.add("termination_after_clawback_days", line.interval.service_number)


def _merges(city: City, cast: Cast) -> None:
    """A chain of two, one merge with arrears, one without. Payments of them are in payments.py."""
    planted, calendar = city.planted, city.calendar
    chain = [quiet_line(city, unit="BU03") for _ in range(3)]
    for place, fraction in ((0, 0.2), (1, 0.3)):
        _merge(city, chain[place], chain[place + 1], calendar.at(fraction, "10:00:00"))
    for part, line in zip(("chain_first", "chain_second", "chain_last"), chain, strict=True):
        cast.lines[part] = line
    planted.add("merge_chain", [line.account.account_id for line in chain])
    debtor, survivor = quiet_line(city, unit="BU04"), quiet_line(city, unit="BU04")
    cast.lines["debtor"], cast.lines["survivor"] = debtor, survivor
    if calendar.ended_months():
        merge_id = _merge(city, debtor, survivor, calendar.at(0.9, "15:30:00"))
        planted.add("merge_with_arrears", {"merge_id": merge_id, "from_account_id": debtor.account.account_id})
    tidy, host = quiet_line(city, unit="BU05"), quiet_line(city, unit="BU05")
    _merge(city, tidy, host, calendar.at(0.1, "11:45:00"))
    planted.add("merge_without_arrears", {"from_account_id": tidy.account.account_id})


def _merge(city: City, line: Line, into: Line, merged_at: datetime) -> str:
    merge_id = f"M{len(city.merges) + 1:04d}"
    row: Row = {
        "merge_id": merge_id,
        "from_account_id": line.account.account_id,
        "into_account_id": into.account.account_id,
        "merged_at": merged_at.strftime(STAMP),
        "outlet_id": line.customer.outlet_id,
    }
    city.merges.append(row)
    return merge_id


def _promotion_example(city: City, cast: Cast) -> None:
    """SPEC 6's example: rental 18.00 and a service 2.80, matched by calls of 12.00 in each month."""
    line = quiet_line(city, rental="LINE_HOME_COUNTY", promotion="RENTAL_MATCH")
    city.subscribe(line.account, line.interval.service_number, "CALL_WAITING", line.rental.valid_from)
    cast.lines["example"] = line
    account, number = line.account.account_id, line.interval.service_number
    city.planted.add("rental_match_example", {"account_id": account, "service_number": number, "payable": "20.80"})
    for part, customer_class, promotion in (
        ("percent", "business", "DOMESTIC_20"),
        ("credit", "residential", "RENTAL_CREDIT_5"),
    ):
        line = quiet_line(city, customer_class, promotion=promotion)
        cast.lines[f"promotion_{part}"] = line


def _moves_and_keys(city: City) -> None:
    """Customers who change agent between snapshots; key accounts whose usage falls and rises."""
    planted, calendar = city.planted, city.calendar
    agents = [row for row in city.book["outlets"] if row["outlet_kind"] == "agent"]
    movers = [line.customer for line in city.lines if line.customer.agent_id and not line.quiet][:3]
    for place, customer in enumerate(movers):
        target = next(
            row
            for row in agents[place:] + agents
            if row["business_unit_id"] == customer.business_unit_id and row["agent_id"] != customer.agent_id
        )
        customer.agent_from = (calendar.share(0.5), target["outlet_id"], target["agent_id"])
        planted.add("customer_changed_agent", customer.customer_id, on=calendar.share(0.5).isoformat())
    months = calendar.month_starts
    if len(calendar.ended_months()) < 2:
        return
    steady = [line for line in city.lines if line.customer.customer_class == "trunk_line" and not line.quiet]
    steady += [line for line in city.lines if line.customer.customer_class == "business" and not line.quiet]
    customers = list({line.customer.customer_id: line.customer for line in steady}.values())[:2]
    for customer, case, factors in zip(
        customers, ("key_account_fall", "key_account_rise"), ((2.0, 0.3), (0.3, 2.4)), strict=False
    ):
        customer.is_key_account = True
        for line in steady:
            if line.customer is customer:
                line.month_factors = dict(zip(months[-3:-1], factors, strict=False))
        planted.add(case, customer.customer_id, billing_period=months[-2].strftime("%Y-%m"))


def _complaints(city: City) -> None:
    owners = [line for line in city.lines if line.account in city.accounts and line.customer in city.customers]
    kinds = (
        ("billing", True),
        ("billing", False),
        ("billing", True),
        ("service", False),
        ("fault", False),
        ("billing", True),
    )
    for place, (kind, is_error) in enumerate(kinds):
        line = owners[place * 7 % len(owners)]
        opened = city.calendar.at(0.3 + 0.1 * place, "09:20:00")
        closed = opened + timedelta(days=3)
        complaint_id = f"K{place + 1:04d}"
        city.complaints.append(
            {
                "complaint_id": complaint_id,
                "account_id": line.account.account_id,
                "outlet_id": line.customer.outlet_id,
                "opened_at": opened.strftime(STAMP),
                "closed_at": closed.strftime(STAMP) if closed < midnight(city.calendar.last_day) else "",
                "kind": kind,
                "was_billing_error": "true" if is_error else "false",
            }
        )
        if is_error:
            city.planted.add("billing_error_complaint", complaint_id)
    # Two that are open: one opened yesterday, one of three weeks ago, which is overdue.
    for place, days in enumerate((1, 21), start=len(kinds)):
        line = owners[place * 7 % len(owners)]
        opened = midnight(city.calendar.last_day) - timedelta(days=days) + timedelta(hours=9)
        city.complaints.append(
            {
                "complaint_id": f"K{place + 1:04d}",
                "account_id": line.account.account_id,
                "outlet_id": line.customer.outlet_id,
                "opened_at": opened.strftime(STAMP),
                "closed_at": "",
                "kind": "fault",
                "was_billing_error": "false",
            }
        )


def _channels(city: City, cast: Cast) -> None:
    """An ISDN basic-rate line: two calls at once are as many as it has channels, a third is one too many."""
    line = quiet_line(city, "business")
    line.interval.channels = 2
    cast.lines["isdn"] = line


def _facts_of_then(city: City, cast: Cast) -> None:
    """Rows that later snapshots change or lack: a class, a whole customer, an interval of the wrong account."""
    planted, calendar = city.planted, city.calendar
    if not calendar.ended_months():
        return
    last, changed = calendar.last_day, calendar.share(0.5)
    line = quiet_line(city)
    line.customer.class_from = (changed, "business")
    planted.add("customer_changed_class", line.customer.customer_id, on=changed.isoformat())
    leaver = quiet_line(city)
    for record in (leaver.customer, leaver.account, leaver.interval, leaver.rental):
        record.gone_from = last
    cast.lines["leaver"] = leaver
    planted.add(
        "customer_left_exports",
        {"account_id": leaver.account.account_id, "customer_id": leaver.customer.customer_id},
        first_without=last.isoformat(),
    )
    planted.add("number_vanished", leaver.interval.service_number, first_without=last.isoformat())
    right, wrong = quiet_line(city), quiet_line(city)
    second = calendar.snapshot_days()[1]
    entered = Interval(
        right.interval.service_number,
        wrong.account.account_id,
        right.interval.exchange_id,
        "",
        right.interval.valid_from,
        gone_from=second,
    )
    right.interval.known_from = second
    city.intervals.append(entered)
    planted.add(
        "number_of_wrong_account_corrected",
        {"service_number": entered.service_number, "account_id": right.account.account_id},
    )
