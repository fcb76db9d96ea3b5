"""How fast the pages of the demo city come: at the server, for one reader and for twenty at once, and in a browser.

`python -m tests.benchmarks.site HOME` measures the edition of a home and prints the figures; a part of `make bench`. Cold is the
first answer of a page, warm one that the server has kept. Every page is asked for in both languages.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from dashboards.i18n import LANGUAGES
from dashboards.site_map import PAGES
from tests.benchmarks.measuring import PROJECT, measured

USERS, SECONDS_OF_USERS = 20, 20.0
_START_SECONDS = 60.0
_TOLLHOUSE = Path(sys.executable).parent / "tollhouse"

Figures = dict[str, Any]


def measure_demo(folder: Path) -> Figures:
    """The figures of the demo city, made and run in a folder."""
    home = folder / "demo"
    ran = measured([str(_TOLLHOUSE), "demo"], {"TOLLHOUSE_HOME": str(home)})
    if ran.exit_code:
        raise SystemExit(f"the demo city failed:\n{ran.errors[-2000:]}")
    figures = measure_site(home)
    shutil.rmtree(home)
    return figures


def measure_site(home: Path) -> Figures:
    """The figures of the current edition of a home, served by a process of its own."""
    paths = [f"/{language}/{spec.name}" for spec in PAGES for language in LANGUAGES]
    with _server(home) as origin, httpx.Client(base_url=origin, timeout=60) as client:
        first = _seconds(client, paths[0])
        cold = [_seconds(client, path) for path in paths[1:]]
        warm = [_seconds(client, path) for _ in range(5) for path in paths]
        answers = {path: client.get(path) for path in paths}
        sizes = {path: len(answer.content) for path, answer in answers.items()}
        zipped = {path: int(answer.headers["content-length"]) for path, answer in answers.items()}
        largest = max(zipped, key=lambda path: zipped[path])
        return {
            "pages": len(paths),
            "first_page_seconds": first,
            "cold_p95_seconds": p95(cold),
            "warm_p95_seconds": p95(warm),
            "users": USERS,
            "users_p95_seconds": p95(_of_users(origin, paths)),
            "largest_page": largest,
            "largest_page_kb": zipped[largest] / 1000,
            "largest_page_unpacked_kb": max(sizes.values()) / 1000,
            "first_paint_p95_seconds": _first_paint(origin, paths),
        }


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, -(-len(ordered) * 95 // 100) - 1)]


def rows(figures: Figures) -> list[tuple[str, str, str, str]]:
    """(measure, target, measured, met) of the figures."""
    found = []
    for what, name, most in (
        ("a page that the server has kept, p95", "warm_p95_seconds", 0.15),
        ("the first answer of a page, p95", "cold_p95_seconds", 0.6),
        (f"{figures['users']} readers at once, p95", "users_p95_seconds", 1.0),
        ("first paint in chromium, p95", "first_paint_p95_seconds", 1.0),
    ):
        value = figures[name]
        if value is None:
            found.append((f"site: {what}", f"≤ {most * 1000:.0f} ms", "not measured: no chromium", "–"))
            continue
        verdict = "met" if value <= most else "not met"
        found.append((f"site: {what}", f"≤ {most * 1000:.0f} ms", f"{value * 1000:.0f} ms", verdict))
    size = figures["largest_page_kb"]
    text = f"{size:.0f} kB packed, {figures['largest_page_unpacked_kb']:.0f} kB unpacked ({figures['largest_page']})"
    found.append(
        ("site: the largest page beside the shared script", "≤ 300 kB", text, "met" if size <= 300 else "not met")
    )
    return found


@contextmanager
def _server(home: Path) -> Iterator[str]:
    """The address of `tollhouse serve` over a home."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: value for name, value in os.environ.items() if not name.startswith("TOLLHOUSE_")}
    process = subprocess.Popen(
        [str(_TOLLHOUSE), "serve", "--port", str(port)],
        cwd=PROJECT,
        env={**own, "TOLLHOUSE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        origin = f"http://127.0.0.1:{port}"
        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                httpx.get(f"{origin}/assets/", timeout=5)
                break
            except httpx.TransportError:
                if time.monotonic() > until or process.poll() is not None:
                    raise SystemExit(f"tollhouse serve over {home} does not answer") from None
                time.sleep(0.1)
        yield origin
    finally:
        process.terminate()
        process.wait(timeout=30)


def _seconds(client: httpx.Client, path: str) -> float:
    begun = time.perf_counter()
    answer = client.get(path)
    seconds = time.perf_counter() - begun
    if answer.status_code != 200:
        raise SystemExit(f"{path} answers {answer.status_code}")
    return seconds


def _of_users(origin: str, paths: Sequence[str]) -> list[float]:
    """What each answer took while so many readers ask for one page after the other, each from another place of the list."""
    found: list[float] = []
    until = time.monotonic() + SECONDS_OF_USERS

    def read(start: int) -> None:
        with httpx.Client(base_url=origin, timeout=60) as client:
            at = start
            while time.monotonic() < until:
                found.append(_seconds(client, paths[at % len(paths)]))
                at += 1
                time.sleep(0.2)  # even who leafs through takes a moment

    readers = [threading.Thread(target=read, args=(number * 3,)) for number in range(USERS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return found


def _first_paint(origin: str, paths: Sequence[str]) -> float | None:
    """When a browser that has the scripts already first paints a page; None without chromium."""
    from playwright.sync_api import sync_playwright

    chromium = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if chromium is None:
        return None
    paint = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if os.getuid() == 0 else []
        )
        page = browser.new_page()
        page.goto(f"{origin}{paths[0]}")
        for path in paths:
            page.goto(f"{origin}{path}")
            page.wait_for_function(f"() => ({paint})() !== undefined")
            found.append(page.evaluate(paint) / 1000)
        browser.close()
    return p95(found)


def main() -> int:
    """Measure the edition of a home and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.site", description=__doc__)
    parser.add_argument("home", type=Path, help="TOLLHOUSE_HOME of the edition")
    figures = measure_site(parser.parse_args().home)
    print(json.dumps(figures, indent=1))
    for measure, target, value, met in rows(figures):
        print(f"{met:8} {measure}: {value} ({target})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
