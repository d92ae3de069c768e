# One folder for everything installed, .venv; one for everything made, var (HUBBUB_DATA, or DATA, moves it).
PORT ?= 8000
DATA ?= $(or $(HUBBUB_DATA),var)
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && exit; \
	done)

VENV = .venv
PY = $(VENV)/bin/python
PIP = $(PY) -m pip --disable-pip-version-check --quiet
# What is imported is compiled then: nine seconds less than to compile all that there is.
LOCKED = $(PIP) install --no-compile --no-deps --require-hashes --requirement
LOCK = $(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --custom-compile-command 'make lock' pyproject.toml --group build
RUN = $(VENV)/run.stamp
DEV = $(VENV)/dev.stamp

# Some environments set it: then each of a thousand starts would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: run setup test test-all test-fast test-postgresql matrix soak test-slow simulation check format bench lock upgrade clean

run: $(RUN)
	@exec $(PY) -m hubbub serve --port $(PORT) --data "$(DATA)"

setup: $(RUN)

# The tests over both databases, in random order, without those that take long together
# (tests/long.py); with ARGS what they say, such as a folder.
test: $(DEV)
	$(PY) -m $(if $(strip $(ARGS)),pytest -m "not slow" $(ARGS),tests.whole)

# All but the slow ones, as CI does.
test-all: $(DEV)
	ALL=1 $(PY) -m tests.whole

# What needs no server, no browser and no PostgreSQL.
test-fast: $(DEV)
	$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not slow and not process and not long" $(ARGS)

test-postgresql: $(DEV)
	$(PY) -m tests.journal.postgresql $(PY) -m pytest -m "not slow" $(or $(ARGS),tests/journal tests/bus)

# The quick ones under each Python, Django and PostgreSQL that is here; CELLS="oldest python-3.13".
matrix: $(DEV)
	$(PY) -m tests.matrix $(CELLS)

# The long runs, of minutes each.
soak test-slow: $(DEV)
	$(PY) -m pytest -m slow $(ARGS)

# A night of it: SEEDS and ARGS="--first 20000"; ARGS="--seed 4711" tells one run in full.
SEEDS ?= 10000
simulation: $(DEV)
	$(PY) -m tests.simulation --seeds $(SEEDS) $(ARGS)

check: $(DEV)
	$(PY) -m checks.file_sizes
	$(PY) -m checks.locks
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check --quiet .
	$(VENV)/bin/lint-imports
	$(PY) -m mypy
	HUBBUB_DATA=var/check $(PY) -m hubbub manage makemigrations --check --dry-run

format: $(DEV)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: $(DEV)
	$(PY) -m benchmarks $(ARGS)

# Keeps the versions that still fit; `make upgrade` takes the newest.
lock: $(DEV)
	$(LOCK) --output-file requirements/run.txt $(ARGS)
	$(LOCK) --group dev --constraints requirements/run.txt --output-file requirements/dev.txt $(ARGS)

upgrade:
	$(MAKE) lock ARGS=--upgrade

clean:
	rm -rf $(VENV) .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Hubbub needs Python 3.11 or newer: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

# The project itself comes last, from this folder, with nothing but what the lock has installed.
$(RUN): requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(LOCKED) requirements/run.txt
	$(PIP) install --no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	$(LOCKED) requirements/dev.txt
	@touch $@
