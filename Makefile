# Short names for what CONTRIBUTING.md explains.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: install demo serve test browser lint format types ci

install:  ## everything for working on the code
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test]'

demo:  ## the demo review in the browser
	$(BIN)/python manage.py demo

serve:  ## your own reviews in the browser
	$(BIN)/python manage.py serve

test:  ## all tests on SQLite
	$(BIN)/python -m pytest -n 2

browser:  ## only the journeys in Chromium
	$(BIN)/python -m pytest -m browser

lint:
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-cache

format:
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

types:
	$(BIN)/mypy

ci:  ## what must pass before a change lands
	.ci/run
