# One word for each task. `make demo` and `make test` only need Python 3.11 or newer and git.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help setup demo test check bench prove lock generate clean

help:
	@echo "make demo      set up, then take a day of returns through the embedded sandbox, twice"
	@echo "make test      set up, then run the tests"
	@echo "make check     format, lint, types, import layers, dependencies, stale generated files"
	@echo "make prove     the long proofs: the whole kill matrix and more random histories"
	@echo "make bench     the benchmarks; writes the figures into docs/performance.md"
	@echo "make generate  regenerate the files that are made from the code"
	@echo "make lock      pin the newest versions of the dependencies"

setup: $(READY)

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned dependencies into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	@$(BIN)/returnsync demo

# Tests sync thousands of small files, so these are kept in memory if there is room for them.
IN_MEMORY := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "/dev/shm" }')

test: setup
	@$(if $(IN_MEMORY),TMPDIR=$(IN_MEMORY)) $(BIN)/python -m pytest -m "not prove" --numprocesses=auto --dist=loadfile \
		--no-loadscope-reorder -o tmp_path_retention_policy=failed

prove: setup
	@$(BIN)/python -m pytest -m prove --hypothesis-profile=prove

bench: setup
	@$(BIN)/python benchmarks/run.py --write docs/performance.md

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry .
	@$(BIN)/python -m returnsync.config.example --check
	@$(BIN)/python -m returnsync.cli.reference --check

generate: setup
	@$(BIN)/python -m returnsync.config.example
	@$(BIN)/python -m returnsync.cli.reference
	@$(BIN)/python -m returnsync.cli.demo_picture

# requirements-dev.lock is what `make setup` installs; requirements.lock is the part of it that a run needs, for images.
LOCK = $(VENV)-lock/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock:
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip install --quiet --disable-pip-version-check pip-tools
	@$(LOCK) --upgrade --extra dev --output-file requirements-dev.lock pyproject.toml
	@$(LOCK) --constraint requirements-dev.lock --extra mail --output-file requirements.lock pyproject.toml
	@rm -rf $(VENV)-lock

clean:
	@rm -rf $(VENV) demo build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage
