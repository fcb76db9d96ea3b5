"""The same work in PostgreSQL: a server of its own on a socket in a temporary folder, tuned for one big load.

Each file is copied into a partition of its own (as many at a time as there are threads), and the SQL is that of the bare
work with PostgreSQL's own means. Rated calls go to an unlogged table: nothing is written twice or synced.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.benchmarks.outcome import Outcome
from tests.benchmarks.tariff import HEAD_DIGITS, Book
from tests.benchmarks.workload import Workload

SETTINGS = {
    "shared_buffers": "2GB", "work_mem": "512MB", "maintenance_work_mem": "512MB", "effective_cache_size": "8GB",
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0",
    "max_wal_size": "8GB", "autovacuum": "off", "jit": "off", "parallel_setup_cost": "10", "parallel_tuple_cost": "0.001",
    "min_parallel_table_scan_size": "0", "listen_addresses": "''",
}  # fmt: skip
_COLUMNS = "record_number, calling_number, called_number, trunk_group_in, trunk_group_out, started_at, duration_seconds, release_cause"
_KEY = "switch_id, calling_number, called_number, started_at, duration_seconds, trunk_group_in, trunk_group_out"


def programs() -> Path | None:
    """The folder of the newest server's programs, None where none is installed."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    return max(found, key=lambda path: float(path.parent.name)) if found else Path(on_path).parent if on_path else None


def version() -> str:
    """What the server calls itself."""
    folder = programs()
    if folder is None:
        return "not installed"
    return subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout.strip()


class Server:
    """A server at work; `sql` runs statements through psql."""

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self.folder, self.bin_folder = folder, bin_folder

    def command(self, program: str, *words: str) -> list[str]:
        """A program's command line; by the user `postgres` (or nobody) where this is root, whom the server refuses."""
        typed = [str(self.bin_folder / program), *words]
        return typed if os.geteuid() else ["setpriv", "--reuid", _user(), "--regid", _user(), "--clear-groups", *typed]

    def sql(self, text: str) -> list[list[str]]:
        """Run statements, as whoever this is and by the name of the cluster's owner; the rows of the last."""
        psql = shutil.which("psql") or str(self.bin_folder / "psql")
        typed = [
            psql,
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            str(self.folder),
            "-d",
            "postgres",
            "-U",
            "owner",
        ]
        done = subprocess.run([*typed, "-f", "-"], input=text, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [line.split("|") for line in done.stdout.splitlines() if line]


def _user() -> str:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"


@contextmanager
def server(threads: int) -> Iterator[Server]:
    """A new cluster, ended and removed afterwards. Raises RuntimeError where no server is installed.

    It lies in the system's temporary folder: its user must reach it, and a socket's path is short.
    """
    bin_folder = programs()
    if bin_folder is None:
        raise RuntimeError("no PostgreSQL server is installed")
    folder = Path(tempfile.mkdtemp(prefix="tollhouse-pg-"))
    if not os.geteuid():
        shutil.chown(folder, _user())
    made = Server(folder, bin_folder)
    data = folder / "data"
    subprocess.run(
        made.command("initdb", "-D", str(data), "-A", "trust", "-E", "UTF8", "--locale", "C", "-N", "-U", "owner"),
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    settings = {**SETTINGS, "max_parallel_workers_per_gather": str(threads), "max_parallel_workers": str(threads)}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    log = str(folder / "log")
    start = ["pg_ctl", "-D", str(data), "-l", log, "-w", "-o", f"-k {folder} {options}"]
    subprocess.run(made.command(*start, "start"), check=True, capture_output=True, cwd=folder)
    try:
        yield made
    finally:
        stop = ["pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop"]
        subprocess.run(made.command(*stop), check=True, capture_output=True, cwd=folder)
        shutil.rmtree(folder)


def run(made: Workload, book: Book, day: date, work: Path, threads: int) -> Outcome:
    """Do the work once; the start of the server and the reading of the small book are not part of the time."""
    with server(threads) as at_work:
        return _run(at_work, made, book, day, threads)


def _run(at_work: Server, made: Workload, book: Book, day: date, threads: int) -> Outcome:
    seconds: dict[str, float] = {}
    files = made.call_files()
    at_work.sql(_book_tables(book))
    at_work.sql(
        "create unlogged table calls (file_order int, switch_id text, record_number int, calling_number text, called_number text, "
        "trunk_group_in text, trunk_group_out text, started_at timestamp, duration_seconds int, release_cause int) "
        "partition by list (file_order);\n"
        "create unlogged table files (file_order int, file_name text, exchange_id text);\n"
        + "".join(
            f"create unlogged table calls_{at} partition of calls (file_order default {at}, switch_id default "
            f"'{path.name.split('_')[0]}') for values in ({at});\n"
            f"insert into files values ({at}, '{path.name}', '{book.exchanges[path.name.split('_')[0]]}');\n"
            for at, path in enumerate(files)
        )
        + "create unlogged table numbers (service_number text, account_id text, exchange_id text, tariff_plan_id text, "
        "valid_from timestamp, valid_to timestamp);\n"
        "create unlogged table accounts (account_id text, customer_id text, payment_method text, bank_code text, bank_account text, "
        "opened_on date, closed_on date);\n"
        "create unlogged table customers (customer_id text, name text, customer_class text, is_key_account boolean, "
        "business_unit_id text, outlet_id text, agent_id text, opened_on date, closed_on date);\n"
    )

    def step(name: str, *texts: str) -> None:
        begun = time.perf_counter()
        with ThreadPoolExecutor(threads) as several:
            list(several.map(at_work.sql, texts))
        seconds[name] = round(time.perf_counter() - begun, 3)

    # psql's \copy reads the file itself, so the server's user need not be allowed to.
    step(
        "load",
        *(f"\\copy calls_{at} ({_COLUMNS}) from '{path}' (format csv, header)\n" for at, path in enumerate(files)),
    )
    step("analyze", "analyze calls; analyze heads; analyze rates;")
    step(
        "dedup",
        f"""
        create unlogged table repeated as
        select file_order, record_number from (
            select file_order, record_number, row_number() over (partition by {_KEY} order by file_order, record_number) as nth
            from calls
        ) as numbered where nth > 1;
        analyze repeated;""",
    )
    step(
        "holders",
        "".join(
            f"\\copy {table} from '{made.export(export)}' (format csv, header)\n"
            for table, export in {
                "numbers": "service_numbers",
                "accounts": "accounts",
                "customers": "customers",
            }.items()
        )
        + """
        create unlogged table holders as
        select service_number, valid_from, coalesce(valid_to, 'infinity') as valid_to, account_id, customer_id, customer_class,
            business_unit_id, agent_id, outlet_id, coalesce(numbers.tariff_plan_id, class_plans.tariff_plan_id) as tariff_plan_id
        from numbers inner join accounts using (account_id) inner join customers using (customer_id)
        left join class_plans using (customer_class);
        analyze holders;""",
    )
    step("assign, rate and write", _judged(book, day))
    step(
        "usage",
        "create unlogged table states as select file_name, state, count(*) as records from judged group by 1, 2;\n"
        "create unlogged table usage as select account_id, charged_number, bill_item_id, count(*) as calls, sum(amount) as amount, "
        "sum(charged_seconds) as charged_seconds from judged where state = 'rated' group by 1, 2, 3;",
    )
    states = {state: int(n) for state, n in at_work.sql("select state, sum(records) from states group by state")}
    ((lines, amount, charged),) = at_work.sql("select count(*), sum(amount), sum(charged_seconds) from usage")
    return Outcome(states, Decimal(amount), int(charged), int(lines), seconds)


def _book_tables(book: Book) -> str:
    heads, longer = book.heads()
    roundings = {rounding.plan: rounding for rounding in book.roundings}
    tiers = [
        f"{part}_{name}"
        for part in ("first", "then")
        for name in ("until", "increment", "price", "increment_after", "price_after")
    ]
    tables: dict[str, tuple[list[str], list[tuple[object, ...]]]] = {
        "heads": (["head", "prefix"], list(heads.items())),
        **{f"long_{length}": (["prefix"], [(p,) for p in prefixes]) for length, prefixes in longer.items()},
        "zoned_prefixes": (
            ["prefix", "zone_id", "call_category", "bill_item_id", "is_charged_to_called boolean"],
            [(prefix, zone, *book.zones[zone]) for prefix, zone in book.destinations.items()],
        ),
        "class_plans": (["customer_class", "tariff_plan_id"], list(book.class_plans.items())),
        "rates": (
            ["tariff_plan_id", "zone_id", *(f"{name} bigint" for name in ("start_hour", "connect_price", "band_ends", "factor", "shift",
             "divisor", "unit", *tiers))],
            [
                (s.plan, s.zone, s.hour, s.connect_price, s.band_ends, roundings[s.plan].factor, roundings[s.plan].offset,
                 roundings[s.plan].divisor, roundings[s.plan].unit, *vars(s.first).values(), *vars(s.then).values())
                for s in book.starts
            ],
        ),
    }  # fmt: skip
    text = ""
    for name, (columns, rows) in tables.items():
        typed = ", ".join(column if " " in column else f"{column} text" for column in columns)
        text += f"create unlogged table {name} ({typed});\ncopy {name} from stdin;\n"
        text += "".join("\t".join(str(value) for value in row) + "\n" for row in rows) + "\\.\n"
    return text


def _judged(book: Book, day: date) -> str:
    _, longer = book.heads()
    tried = "".join(
        f" left join long_{length} on substring(calls.called_number, 1, {length}) = long_{length}.prefix"
        for length in longer
    )
    longest = ", ".join([*(f"long_{length}.prefix" for length in longer), "heads.prefix"])

    def count(length: str, increment: str) -> str:
        return f"(greatest({length}, 0) + {increment} - 1) / {increment}"

    # `offset 0` keeps the planner from putting one step's expressions into the next, where they would be reckoned again.
    return f"""
        create unlogged table judged as
        with prefixed as (
            select calls.*, repeated.record_number is not null as is_repeated, coalesce({longest}) as prefix
            from calls left join repeated using (file_order, record_number)
            left join heads on substring(calls.called_number, 1, {HEAD_DIGITS}) = heads.head{tried}
        ),
        zoned as (
            select prefixed.*, zone_id, call_category, bill_item_id, is_charged_to_called,
                case when is_charged_to_called then called_number else calling_number end as charged_number
            from prefixed left join zoned_prefixes using (prefix)
        ),
        assigned as (
            select zoned.*, account_id, customer_id, customer_class, business_unit_id, agent_id, outlet_id, tariff_plan_id,
                case
                    when started_at::date <> date '{day}' and not (started_at::date = date '{day}' - 1
                        and started_at + make_interval(secs => duration_seconds) >= timestamp '{day}') then 'other_day'
                    when is_repeated then 'duplicate'
                    when duration_seconds = 0 then 'not_answered'
                    when trunk_group_in is not null and not coalesce(is_charged_to_called, false) then 'not_charged'
                    when account_id is null then 'undocumented'
                end as early_state,
                extract(epoch from started_at::time)::bigint as start_second
            from zoned left join holders on zoned.charged_number = holders.service_number
                and zoned.started_at >= holders.valid_from and zoned.started_at < holders.valid_to
            offset 0
        ),
        one as (
            select assigned.*, connect_price, factor, shift, divisor, unit, first_increment, first_price, first_increment_after,
                first_price_after, then_until, then_increment, then_price, then_increment_after, then_price_after,
                least(duration_seconds, band_ends - start_second) as room,
                {count("least(duration_seconds, band_ends - start_second, first_until)", "first_increment")} as n1
            from assigned left join rates on case when early_state is null then assigned.tariff_plan_id end = rates.tariff_plan_id
                and assigned.zone_id = rates.zone_id and assigned.start_second / 3600 = rates.start_hour
            offset 0
        ),
        two as (
            select one.*, {count("room - n1 * first_increment", "first_increment_after")} as n2 from one offset 0
        ),
        three as (
            select two.*, n1 * first_increment + n2 * first_increment_after as before,
                {count("least(duration_seconds, then_until) - n1 * first_increment - n2 * first_increment_after", "then_increment")} as n3
            from two offset 0
        ),
        four as (
            select three.*, {count("duration_seconds - before - n3 * then_increment", "then_increment_after")} as n4
            from three offset 0
        )
        select coalesce(early_state, case when n1 is null then 'unrated' else 'rated' end) as state,
            replace(file_name, '.csv', ':') || record_number as call_id, switch_id, exchange_id, trunk_group_in, trunk_group_out,
            calling_number, called_number, charged_number, started_at, started_at::date as call_date, duration_seconds, account_id,
            customer_id, customer_class, business_unit_id, agent_id, outlet_id, file_name, record_number,
            prefix as destination_prefix, zone_id, call_category, bill_item_id, tariff_plan_id,
            before + n3 * then_increment + n4 * then_increment_after as charged_seconds,
            (((connect_price + n1 * first_price + n2 * first_price_after + n3 * then_price + n4 * then_price_after) * factor + shift)
                / divisor * unit)::numeric * 0.000001 as amount,
            '{day:%Y-%m}' as billing_period
        from four inner join files using (file_order);
        analyze judged;"""
