# From a fresh clone, `make run` runs the pipeline on the bundled sample, and `make test` runs all
# tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# uv reads no setting of pip, so it gets the index that pip uses. The address is written nowhere: it
# may hold a password.
UV := UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$${UV_INDEX_URL:-$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get \
  global.index-url 2>/dev/null)}}}" $(BIN)/uv --quiet
# The tests of a file stay in one process: many share a fixture of the file. tests/conftest.py gives the
# order of the files.
TESTS := $(BIN)/pytest --numprocesses logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder
PACKAGES := mtqg flows publish connectors expectations warehouse program
UV_INSTALL := $(UV) pip install --python $(BIN)/python

# Images of containers often set it. Then each process compiles again all that it imports, and takes two to
# three times the processor to start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run national test test-fast check browser-test corpora docs lint types layers complexity format lock migration samples rules clean

help:  ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: $(VENV)/.run  ## Run the pipeline on the bundled sample; safe to repeat
	@$(BIN)/python -m examples.settled
	@$(BIN)/mtqg run $(ARGS)

national: $(VENV)/.run  ## The country's figures and pages from the sample's province, after `make run`
	@$(BIN)/mtqg export -o var/national/data --national var/national
	@MTQG_PACK=config/national $(BIN)/mtqg national build var/national -o var/national/national.duckdb
	@MTQG_PACK=config/national $(BIN)/mtqg national site var/national/national.duckdb -o var/national/site

test: $(VENV)/.test  ## Run all tests
	@$(TESTS) $(ARGS)

test-fast: $(VENV)/.test  ## Run the tests that are not slow, for the inner loop
	@$(TESTS) -m "not slow" $(ARGS)

check: lint types layers complexity  ## Lint, types, layers and complexity

browser-test: $(VENV)/.test  ## Look at the page in headless Chromium (needs chromium on the machine)
	@$(BIN)/pytest tests/browser

corpora: $(VENV)/.test  ## Read the test files of spreadsheet libraries: each must get a verdict (ARGS="--set all" for all 2,600)
	@$(BIN)/python -m tests.corpora --fetch var/corpora $(or $(ARGS),--set ci)

docs: $(VENV)/.test  ## Build the docs site in var/docs/site; a dead link or a request to another host fails it
	@$(BIN)/python -m docs.build_site

lint: $(VENV)/.test
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.test
	@$(BIN)/mypy

layers: $(VENV)/.test
	@$(BIN)/lint-imports

# lizard counts comprehensions, `and` and `or`; ruff's C901 does not.
complexity: $(VENV)/.test
	@$(BIN)/lizard --CCN 12 --warnings_only --languages python $(PACKAGES)

format: $(VENV)/.test  ## Format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

lock: $(VENV)/.test  ## Renew the lock files from pyproject.toml (hashes, and no registry's address)
	@$(UV) pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url --no-emit-find-links --upgrade -o requirements.lock
	@$(UV) pip compile pyproject.toml --extra build --extra draft --extra docs --extra sftp \
	  --extra s3 --extra webdav --extra dask --extra otel --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url --no-emit-find-links -c requirements.lock -o requirements-dev.lock

migration: $(VENV)/.test  ## Draft the next migration: make migration MESSAGE="what changes"
	@$(BIN)/python -m warehouse.migrations.draft "$(MESSAGE)"

samples: $(VENV)/.run  ## Write the sample workbooks and the Word templates again
	@$(BIN)/python -m examples.seed_report && $(BIN)/python -m examples.published_reports && \
	  $(BIN)/python -m examples.synthetic && $(BIN)/python -m examples.office_documents

rules: $(VENV)/.run  ## Write the pages of the rules, docs/rules/, from their YAML and examples
	@$(BIN)/mtqg rules pages

clean:  ## Remove what was built and what runs wrote (never needed before run or test)
	rm -rf $(VENV) var .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# pip is the fallback if uv is missing or fails: it reads settings (proxy, certificate, local folder)
# that uv does not. The lock is its constraints file too: without it, pip looks for the newest version
# of a package with an extra (decision 23).
define install
{ test -x $(BIN)/uv && $(UV_INSTALL) --require-hashes -r $(1); } || { \
  echo "uv cannot install $(1) here; pip does, in a minute or two …" >&2; \
  $(PIP) --require-hashes -r $(1) -c $(1); }
endef

# uv comes in the version and with the hashes of requirements-dev.lock. If pip cannot get it, the set-up
# continues without it.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name one: make run PYTHON=python3.12")'
	@echo "setting up $(VENV) (once, about a quarter of a minute) …" >&2
	@$(PYTHON) -m venv $(VENV)
	@awk '/^[^ ]/ {wanted = /^uv==/} wanted' requirements-dev.lock | $(PIP) --require-hashes -r /dev/stdin || true

# The stamps make a second call quick: nothing is installed while the locks do not change.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@$(call install,requirements.lock)
	@{ test -x $(BIN)/uv && $(UV_INSTALL) --no-deps --no-build-isolation -e .; } || $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements-dev.lock $(VENV)/.run
	@echo "setting up the tools for tests …" >&2
	@$(call install,requirements-dev.lock)
	@touch $@
