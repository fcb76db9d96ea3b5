"""`make torture`: the tests of reliability in their long form, each with its figures. docs/reliability.md says what they show."""

from __future__ import annotations

import argparse
import logging
import os
import platform
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tests.dbt.restated_settlements import faults_of_draw
from tests.robustness import changing_exports
from tests.robustness.branch import Branch, new_branch
from tests.torture import (
    concurrency,
    disk,
    fuzzing,
    kills,
    known_damages,
    lost_state,
    meaning,
    order,
    poison,
    upkeep_kills,
)
from tests.torture.commands import in_memory, runner
from tests.torture.deliveries import DELIVERIES

DAMAGES_OF_A_HOME, DAMAGED_PAIRS = 20, 4
WHOLE_FUZZ_RUNS, WHOLE_POISON_RUNS, FILES_IN_A_WHOLE_RUN = 3, 2, 60

Part = Callable[[argparse.Namespace, Path, Callable[[str], None]], list[str]]


def main() -> int:
    """Run the parts, say what each came to; 0 where all of it held (else the failure's traceback)."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, help="how many kills (default: 50, with --full 200)")
    parser.add_argument(
        "--full", action="store_true", help="the full form: 200 kills, 120 orders, some 70 000 damaged files"
    )
    parser.add_argument("--seed", type=int, help="what everything is drawn by (default: drawn itself, and printed)")
    parser.add_argument("--only", choices=PARTS, action="append", help="only this part; may be given more than once")
    arguments = parser.parse_args()
    arguments.seed = secrets.randbelow(10**9) if arguments.seed is None else arguments.seed
    arguments.kills = arguments.kills or (200 if arguments.full else 50)
    begun_at = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begun_at:7.1f} s  {text}", flush=True)

    date = datetime.now(UTC).date()
    say(
        f"seed {arguments.seed}; {date}, {os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}"
    )
    figures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="torture-", dir=in_memory()) as folder:
        for name in arguments.only or PARTS:
            place, part_begun_at = Path(folder) / name, time.monotonic()
            place.mkdir()
            lines = PARTS[name](arguments, place, say)
            figures += [f"{name} ({time.monotonic() - part_begun_at:.0f} s):", *(f"  {line}" for line in lines)]
    print("\n".join(["", f"All of it held. Seed {arguments.seed}.", *figures]))
    return 0


def _kills(arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[str]:
    with runner() as running:
        calm = kills.undisturbed(running, folder / "undisturbed", len(DELIVERIES), say)
        done = kills.kill_test(running, folder, calm, arguments.kills, arguments.kills // 5, arguments.seed, say)
    return list(kills.told(done))


def _upkeep_kills(arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[str]:
    random, results = Random(arguments.seed), {}
    with runner() as running:
        for name, scene in upkeep_kills.SCENES.items():
            each = 3 if scene.needs_run or name.startswith("rebuild") else 10
            place = folder / name.replace(" ", "-")
            results[name] = upkeep_kills.torment(
                running, scene, place, each * (4 if arguments.full else 1), random, say
            )
    return upkeep_kills.told(results)


def _fuzz(arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[str]:
    logging.disable(logging.CRITICAL)  # libraries log what is wrong with each file
    lines = []
    for kind in fuzzing.SEEDS:
        begun_at = time.monotonic()
        files = fuzzing.fuzz(kind, 1000 if arguments.full else 250, arguments.seed)
        lines.append(f"{files} damaged {kind} files in {time.monotonic() - begun_at:.0f} s, every line accounted for")
        say(lines[-1])
    with runner() as running:
        for number in range(WHOLE_FUZZ_RUNS):
            fuzzing.through_a_whole_run(running, folder / f"{number}", FILES_IN_A_WHOLE_RUN, arguments.seed + number)
    lines.append(f"{WHOLE_FUZZ_RUNS} whole runs over {FILES_IN_A_WHOLE_RUN} damaged files each: published, states sum")
    return lines


def _disk(arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[str]:
    home, small = folder / "undisturbed", folder / "small"
    small.mkdir()
    with runner() as running:
        calm = kills.undisturbed(running, home, 1, say)
        try:
            struck = disk.fill_the_disk(running, small, calm, home, disk.SHARES, say)
        except disk.CannotMount as error:
            return [f"skipped: {error}"]
    return [f"{len(struck)} runs on a full disk, at: {', '.join(struck)}; then row for row the undisturbed edition"]


def _order(arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[str]:
    rounds, random = 20 if arguments.full else 5, Random(arguments.seed)
    with runner() as running:
        expected = order.at_once(running, folder / "at once")
        for number in range(rounds):
            order.in_disorder(running, folder / f"{number}", expected, random, say)
    return [f"{rounds * len(order.SWITCHES)} orders, each over {order.RUNS} runs: the marts of one run over everything"]


def _exports(arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[str]:
    seeds, days = range(arguments.seed, arguments.seed + (25 if arguments.full else 3)), 6
    with runner() as running:

        def type_(branch: Branch, *words: str) -> None:
            ended = running.forked(branch.settings, *words)
            assert ended.status == 0, (words, ended.errors)

        decisions: Counter[str] = Counter()
        for seed in seeds:
            drawn = changing_exports.drawn(seed, days)
            decided, found = changing_exports.compared(folder / f"{seed}", drawn, days, type_, seed)
            assert not found, "\n".join([f"seed {seed}, {decided}", *found[:20]])
            decisions.update(" ".join(words.split()[:-1]) for words in decided)
            say(
                f"exports of seed {seed}: {days} runs and {decided}: the marts of one run over everything and of the oracle"
            )
    return [
        f"{len(seeds)} branches of changing exports, {days} runs each: the marts of one run, and the oracle's",
        f"decided in between: {dict(decisions)}; what was closed or locked has not moved",
    ]


def _settlements(arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[str]:
    seeds, restated = range(arguments.seed, arguments.seed + (40 if arguments.full else 5)), 0
    for seed in seeds:
        faults, lines = faults_of_draw(folder / f"{seed}", seed)
        assert not faults, "\n".join([f"seed {seed}", *faults[:20]])
        restated += lines
        say(f"settlements of seed {seed}: {lines} lines restated, locked and restated are what the oracle has")
    return [
        f"{len(seeds)} draws of 200 accounts, four settlements locked in each: {restated} lines restated, to the cent"
    ]


def _concurrency(arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[str]:
    with runner() as running:
        readings, editions = concurrency.read_while_publishing(running, folder / "read", 10, say)
    branch = new_branch(folder / "two")
    for file in DELIVERIES[0]:
        file.to(branch)
    codes = concurrency.two_at_once(branch)
    return [
        f"{readings} readings of {editions} editions while 10 runs published, each whole",
        f"two runs at once: exit codes {codes}",
    ]


def _meaning(arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[str]:
    tried, moved = meaning.fuzz_meaning(folder, None if arguments.full else 30, arguments.seed)
    assert not moved, "\n".join(["moved without a word:", *moved])
    say(f"{tried} files damaged in their meaning")
    return [
        f"{tried} files damaged in their meaning: no issued bill, no received sum, no as-of date moved without a word"
    ]


def _poison(arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[str]:
    begun_at = time.monotonic()
    ends, most = poison.in_limited_memory(2000 if arguments.full else 100, arguments.seed)
    say(f"poisoned files: {', '.join(ends)}")
    lines = [
        f"poisoned files in {time.monotonic() - begun_at:.0f} s, at most {most:.0f} MB resident; no other file changed:",
        *(f"  {end}" for end in ends),
    ]
    with runner() as running:
        for number in range(WHOLE_POISON_RUNS):
            ended = poison.through_a_whole_run(
                running, folder / f"{number}", FILES_IN_A_WHOLE_RUN, arguments.seed + number
            )
            say(f"a whole run over {FILES_IN_A_WHOLE_RUN} poisoned files: {ended}")
    lines.append(f"{WHOLE_POISON_RUNS} whole runs over {FILES_IN_A_WHOLE_RUN} poisoned files each: published, twice")
    return lines


def _lost_state(arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[str]:
    lines = []
    with runner() as running:
        type_ = lost_state.forked_from(running)
        homes = lost_state.homes(folder, type_)
        for name, home in homes.items():
            chosen = [[one] for one in lost_state.victims(home.branch.home, arguments.full)]
            random = Random(arguments.seed)
            if not arguments.full:
                chosen = random.sample(chosen, min(len(chosen), DAMAGES_OF_A_HOME))
            chosen += lost_state.pairs(home.branch.home, 200 if arguments.full else DAMAGED_PAIRS, random)
            struck = []
            for damages in chosen:
                struck.append(lost_state.strike(home, damages, type_))
                say(f"{name}: {struck[-1].what}: {struck[-1].result}")
            lines += [f"{name}: {line}" for line in lost_state.told(struck)]
        rows = list(known_damages.table(homes, type_))
        lines.append(f"{len(rows) - 2} damages of which earlier versions knew nothing: each is named, or made good")
    return lines


PARTS: dict[str, Part] = {
    "kills": _kills,
    "upkeep_kills": _upkeep_kills,
    "disk": _disk,
    "order": _order,
    "exports": _exports,
    "settlements": _settlements,
    "concurrency": _concurrency,
    "fuzz": _fuzz,
    "meaning": _meaning,
    "poison": _poison,
    "lost-state": _lost_state,
}

if __name__ == "__main__":
    sys.exit(main())
