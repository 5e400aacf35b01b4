# Each target installs what it needs into .venv, and changes nothing else.
# PYTHON names the interpreter to use.

.DEFAULT_GOAL := help
.PHONY: help demo test test-browser lint fix docs bench faults histories fuzz lock clean

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)) python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# The repositories of tests are many small files. Memory is twice as fast, if 2 GB are free.
MEMORY := $(shell df --output=avail /dev/shm 2>/dev/null | awk 'END { exit !($$1 > 2000000) }' &&\
	! grep -q ' /dev/shm .*noexec' /proc/mounts && echo TMPDIR=/dev/shm)

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

.venv/.made:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Can't find $(PYTHON). Install Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "This is `$(PYTHON) --version`: Python 3.11 or newer is required. Pass one: make PYTHON=/path/to/python3 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. Install it (on Debian and Ubuntu: apt install python3-venv)."; exit 1; }
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/.run: .venv/.made requirements.txt pyproject.toml
	@echo "Setting up .venv ..."
	@$(PIP) --require-hashes --requirement requirements.txt
	@$(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	@$(PIP) --require-hashes --requirement requirements-dev.txt
	@touch $@

demo: .venv/.run ## Validate, plan, and apply on the sandbox
	@PATH="$(CURDIR)/$(BIN):$$PATH" ./inventory/demo/demo.sh

test: .venv/.dev ## Run the tests
	@$(MEMORY) $(BIN)/python -m pytest -n 3 --dist worksteal

.venv/.browser: .venv/.dev tests/browser/requirements.txt
	@$(PIP) --require-hashes --requirement tests/browser/requirements.txt
	@touch $@

test-browser: .venv/.browser ## Run the tests of HTML pages in Chromium
	@$(BIN)/python -m pytest tests/browser/check_pages.py

lint: .venv/.dev ## Check style, types, and imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@output=$$($(BIN)/lint-imports --no-cache) || { echo "$$output"; exit 1; }

fix: .venv/.dev ## Fix style problems
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

.venv/.docs: .venv/.run docs/requirements.txt
	@$(PIP) --require-hashes --requirement docs/requirements.txt
	@touch $@

docs: .venv/.docs ## Build the documentation into build/site
	@$(BIN)/sphinx-build -n -W -E --keep-going -q docs build/site
	@echo "Open build/site/index.html"

.venv/.bench: .venv/.dev benchmarks/requirements.txt
	@$(PIP) --require-hashes --requirement benchmarks/requirements.txt
	@touch $@

bench: .venv/.bench ## Measure speed, memory, and requests
	@$(BIN)/python -m benchmarks

SEEDS ?= 20

faults: .venv/.dev ## Run the fault table with SEEDS seeds (20)
	@cd tests && ../$(BIN)/python -m faults $(SEEDS)

histories: .venv/.dev ## Run random histories of a shop
	@cd tests && ../$(BIN)/python -m histories

fuzz: .venv/.dev ## Fuzz the YAML reader for a minute
	@cd tests && ../$(BIN)/python fuzz.py

lock: .venv/.dev ## Update the locked versions
	@$(PIP) uv
	@cd . && $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 pyproject.toml --group build --output-file requirements.txt
	@cd . && $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 pyproject.toml --group dev --output-file requirements-dev.txt
	@cd . && $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 .ci/workflows.in --output-file .ci/workflows.txt
	@cd . && $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --constraint requirements-dev.txt benchmarks/requirements.in --output-file benchmarks/requirements.txt
	@cd . && $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --constraint requirements-dev.txt docs/requirements.in --output-file docs/requirements.txt
	@cd . && $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --constraint requirements-dev.txt tests/browser/requirements.in --output-file tests/browser/requirements.txt

clean: ## Delete generated files
	@rm -rf .venv .reconciler .mypy_cache .ruff_cache .pytest_cache dist build
