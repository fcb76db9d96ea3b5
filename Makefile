# Everything a newcomer or CI types. `make demo` and `make test` need python3 >= 3.11, make and git; both set up first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= 2
CALLS ?= 1000000
# Tests that share a file or a city stay together, slow ones begin first (tests/conftest.py).
PROCESSES = -n $(JOBS) --dist loadfile --no-loadscope-reorder
# Compiled once by set-up: without it every command would compile Dagster, dbt and Great Expectations again (6 s).
unexport PYTHONDONTWRITEBYTECODE
export DO_NOT_TRACK = 1
export DBT_SEND_ANONYMOUS_USAGE_STATS = false
export DAGSTER_DISABLE_TELEMETRY = yes

.PHONY: help setup demo run test test-fast e2e coverage torture bench check lint types sql conventions ui serve wheel plotly-js lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(STAMP) ## make .venv with the command .venv/bin/tollhouse

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Tollhouse needs Python 3.11, 3.12 or 3.13; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 setup")'
	$(PYTHON) -m venv $(VENV)
	awk '/^uv==/ {on = 1} on {print} on && !/\\$$/ {exit}' requirements.lock > $(VENV)/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/python -W ignore -c 'import orchestration.definitions, expectations.engine; from orchestration.warehouse.dbt_runner import ensure_manifest; ensure_manifest()'
	@touch $(STAMP)

demo: setup ## make the demo city's files, run everything, say where to look
	$(BIN)/tollhouse demo

run: setup ## one run over what lies in the inbox
	$(BIN)/tollhouse run

test: setup ## all tests, in two processes (JOBS=n for others)
	$(BIN)/python -m pytest $(PROCESSES)

test-fast: setup ## the tests without a whole run and without a browser, for the loop of a change
	$(BIN)/python -m pytest $(PROCESSES) -m "not whole_run" --ignore tests/e2e

e2e: setup ## every page, file and role in a browser (chromium), without the other tests
	TOLLHOUSE_E2E=whole $(BIN)/python -m pytest $(PROCESSES) tests/e2e

coverage: setup ## which lines the fast tests reach; fails below the floor in pyproject.toml
	$(BIN)/python -m pytest $(PROCESSES) -m "not whole_run" --ignore tests/e2e --cov --cov-report=term:skip-covered

torture: setup ## kills, full disks, disorder and damage: 40 minutes (FORM=--full: hours)
	$(BIN)/python -W ignore -m tests.torture $(FORM)

bench: setup ## measure speed against bare SQL and peers: 20 minutes (CALLS=n; FORM=--full: 10 million calls, an hour)
	$(BIN)/python -W ignore -m tests.benchmarks --calls $(CALLS) $(FORM)

check: setup ## what CI runs: lint, types, SQL lint, dbt parse, conventions, tests
	$(MAKE) --no-print-directory -j $(JOBS) lint types sql conventions
	$(MAKE) --no-print-directory test

lint: setup ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## mypy
	$(BIN)/mypy

sql: setup ## SQL lint of the models
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models

conventions: setup ## dbt parse, lock file, house rules
	$(BIN)/python -m tests.conventions

ui: setup ## the Dagster UI with daemon, on http://127.0.0.1:3000
	$(BIN)/tollhouse ui

serve: setup ## the dashboards, on http://127.0.0.1:8600
	$(BIN)/tollhouse serve

wheel: setup ## build the wheel in dist/
	rm -rf build dist
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir dist .
	rm -rf build

plotly-js: ## bundle plotly.js anew from packaging/plotly_js (needs node and npm)
	work=$$(mktemp -d) && cp packaging/plotly_js/* $$work && cd $$work && npm install --silent --no-package-lock && \
	node build.js $(CURDIR)/dashboards/renderers/plotly.min.js && rm -r $$work

lock: ## resolve requirements.lock anew, with hashes and without index addresses
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --quiet --output-file requirements.lock
	$(BIN)/python -m tests.conventions mark-lock

clean: ## remove the demo's state (var/) and what dbt generated; .venv stays
	rm -rf var dbt_project/target dbt_project/logs logs
