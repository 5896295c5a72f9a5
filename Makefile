# Every target does its own set-up. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

PYTHON ?= python3
python := PYTHONPATH="$(CURDIR)/lib:$(CURDIR)" .venv/bin/python
checked := lib jobs tests
# A Spark session plans on one core: two processes of tests, each with one, leave none idle.
workers := -n 2 --no-loadscope-reorder

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: .venv/.core build/jars/.ok build/demo/keys.env ## run the whole line on real data; FULL=1 SEED=n HOUSEHOLDS=n
	@$(python) -m motherlode.setup check
	@$(python) -m motherlode.simulate --out build/demo/logs --cache build/cache \
	    $(if $(FULL),--households all) $(if $(SEED),--seed "$(SEED)") $(if $(HOUSEHOLDS),--households "$(HOUSEHOLDS)")
	@set -a; . build/demo/keys.env; exec ./spark-submit.sh pipeline --profile demo

.PHONY: test
test: .venv/.dev build/jars/.ok ## run the tests; ARGS="-k identity -x -n 0" goes to pytest; THOROUGH=1
	@$(python) -m motherlode.setup check
	@$(python) -m pytest $(workers) $(ARGS)

.PHONY: faults
faults: .venv/.dev build/jars/.ok ## kill the pipeline everywhere, again and again; goes on where it was interrupted; FRESH=1
	@$(python) -m motherlode.setup check
	@$(python) -m tests.faults.matrix $(if $(FRESH),--fresh)

.PHONY: bench
bench: .venv/.dev build/jars/.ok ## our figures beside those of peers, into build/bench.json; ARGS="ingest --lines 1000000"
	@$(python) -m motherlode.setup check
	@$(python) -m tests.bench $(ARGS)

.PHONY: lint
lint: .venv/.dev ## ruff's rules and format, and strict types
	@.venv/bin/ruff check $(checked)
	@.venv/bin/ruff format --check $(checked)
	@.venv/bin/mypy

.PHONY: format
format: .venv/.dev ## put the code into ruff's format and mend what ruff can
	@.venv/bin/ruff check --fix-only $(checked)
	@.venv/bin/ruff format $(checked)

.PHONY: notebook
notebook: .venv/.dev ## execute notebooks/ on the demo's tables, into build/notebooks
	@mkdir -p build/notebooks
	@PYTHONPATH="$(CURDIR)/lib:$(CURDIR)" .venv/bin/jupyter-execute notebooks/*.ipynb \
	    --output='../build/notebooks/{notebook_name}'

.PHONY: docs
docs: .venv/.core ## write the data dictionary, the formats' and the schedulers' page from the code
	@$(python) -m motherlode.contracts.docs
	@$(python) -m motherlode.sources.docs
	@$(python) -m motherlode.runner.schedulers

.PHONY: setup
setup: .venv/.core build/jars/.ok ## only the set-up: the virtual environment and the Delta jars

.PHONY: lock
lock: .venv/bin/python ## resolve requirements.lock; UPGRADE=1 takes the newest that pyproject.toml allows
	@$(python) -m motherlode.setup lock $(if $(UPGRADE),--upgrade)

.PHONY: clean-demo
clean-demo: ## remove the demo: logs, tables, report, models, keys
	rm -rf build/demo

.PHONY: clean
clean: ## remove all that make made
	rm -rf build .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Set-up. The stamps cost nothing once they are there, and are made again when what they rest on changes.
needed := motherlode: Python 3.11 or newer is needed and
how := install it, or name another: make PYTHON=/path/to/python3.12

.venv/bin/python:
	@command -v "$(PYTHON)" >/dev/null || { echo "$(needed) there is no $(PYTHON): $(how)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "$(needed) $(PYTHON) is older: $(how)" >&2; exit 1; }
	@export PYTHONPATH=lib PYTHONDONTWRITEBYTECODE=1; \
	    "$(PYTHON)" -m motherlode.setup check && "$(PYTHON)" -m motherlode.setup create

.venv/.core: .venv/bin/python requirements.lock pyproject.toml
	@$(python) -m motherlode.setup install
	@touch $@

.venv/.dev: .venv/.core
	@$(python) -m motherlode.setup install --dev
	@touch $@

build/jars/.ok: lib/motherlode/setup/jars.py | .venv/.core
	@$(python) -m motherlode.setup jars --to build/jars
	@touch $@

build/demo/keys.env: | .venv/.core
	@$(python) -m motherlode.setup keys --to $@
