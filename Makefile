# What CI runs is `make check`. The Python is the activated environment's, or .venv's where none is active.
PYTHON ?= $(if $(VIRTUAL_ENV),python,$(if $(wildcard .venv/bin/python),.venv/bin/python,python))
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MENTIONS ?= 60
INTENTS ?= 100000
WEATHER ?= harsh

.PHONY: check format lint types test test-all bench chaos intents demo screenshots reality wheel
.DEFAULT_GOAL := test

check: lint types test-all wheel

format:
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

lint:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .

types:
	$(PYTHON) -m mypy

# Everything but what takes long; OUVIDOR_TEST_DATABASE=postgres runs the same on PostgreSQL.
test:
	$(PYTHON) -m pytest -m "not slow" -n auto

test-all:
	$(PYTHON) -m pytest -n auto

bench:
	$(PYTHON) -m tests.benchmarks

# Half an hour and more: the loop killed again and again among misbehaving networks, with three seeds.
chaos:
	$(PYTHON) -m tests.chaos

# Approved answers through delivery in bad weather: make intents INTENTS=100000 WEATHER=harsh
intents:
	$(PYTHON) -m tests.chaos.intents --intents $(INTENTS) --weather $(WEATHER)

demo:
	$(PYTHON) -m cli demo

screenshots:
	$(PYTHON) -m tests.screenshots docs/screenshots

# Replays recorded platform answers through the real clients: make reality RECORDED=DIR
reality:
	@test -n "$(RECORDED)" || { echo "say where the recordings are: make reality RECORDED=DIR" >&2; exit 2; }
	$(PYTHON) -m pytest tests/reality --recorded "$(RECORDED)"

# A module missing from the wheel imports fine in a checkout: so install it elsewhere, and start it from /.
wheel:
	rm -rf dist/wheel
	$(PYTHON) -m pip wheel --quiet --no-deps --wheel-dir dist/wheel .
	elsewhere=$$(mktemp -d); trap 'rm -rf "$$elsewhere"' EXIT; \
	$(PYTHON) -m venv "$$elsewhere/venv"; \
	"$$elsewhere/venv/bin/python" -m pip install --quiet -c constraints.txt dist/wheel/ouvidor-*.whl; \
	cd / && env -u PYTHONPATH "$$elsewhere/venv/bin/ouvidor" demo --once --mentions $(MENTIONS) --json
