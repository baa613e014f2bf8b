# `make run` starts the workbench, `make test` runs what CI runs. Both make their virtual environment first.

# The first of these that really runs and is of a version that all pins support.
SUPPORTED := import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))
PYTHON ?= $(firstword $(foreach one,python3 python3.12 python3.11,$(shell $(one) -c '$(SUPPORTED)' 2>/dev/null && echo $(one))) python3)
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8501
WORKERS ?= 2

.PHONY: run test slow bench lint browser clean

run: $(VENV)/.run
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(VENV)/.test browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

slow: $(VENV)/.test browser
	$(BIN)/python -m pytest -m "slow or not slow"

bench: $(VENV)/.test
	@for program in tests/benchmarks/*.py; do \
	  case $$program in */__init__.py) ;; *) echo "== $$program"; $(BIN)/python -m tests.benchmarks.$$(basename $$program .py) ;; esac; \
	done

lint: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Chromium for the browser tests: installed where it is missing and this user may; otherwise one sentence.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
	    apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } || \
	  { echo "The browser tests need Chromium: install Debian's packages chromium and fonts-dejavu-core."; exit 1; }

$(VENV)/bin/python:
	@$(PYTHON) -c '$(SUPPORTED)' 2>/dev/null || \
	  { echo "Doppel needs Python 3.11 or 3.12; this is $$($(PYTHON) --version 2>&1). Name another with: make run PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.test: tests/requirements.txt requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) shots out bench
