"""The long form of the test on random tariff books: `python -m tests.rating --calls 200000 [--seed N]`."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path

from tests.rating.random_books import disagreements

CALLS_PER_BOOK = 20_000


def main() -> int:
    """Draw books until so many calls were compared; 0 where all agree."""
    parser = argparse.ArgumentParser(prog="python -m tests.rating", description=__doc__)
    parser.add_argument("--calls", type=int, default=200_000, help="how many calls (default 200 000, 20 000 to a book)")
    parser.add_argument("--seed", type=int, help="what everything is drawn by (default: drawn itself, and printed)")
    arguments = parser.parse_args()
    seed = secrets.randbelow(10**6) if arguments.seed is None else arguments.seed
    compared = priced = differ = 0
    begun_at = time.monotonic()
    while compared < arguments.calls:
        with tempfile.TemporaryDirectory(prefix="rating-") as folder:
            with_price, wrong = disagreements(Path(folder), seed + compared, 40, CALLS_PER_BOOK)
        compared, priced, differ = compared + CALLS_PER_BOOK, priced + with_price, differ + len(wrong)
        print(
            "\n".join(wrong[:5]) or f"{time.monotonic() - begun_at:6.1f} s  {compared} calls, {priced} with a price",
            flush=True,
        )
    print(
        f"seed {seed}: {compared} calls by {compared // CALLS_PER_BOOK} books, {priced} with a price, {differ} differences"
    )
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
