# What people and CI run. Needs make and Python 3.11 or newer; everything else goes into .venv.
#   make demo [FOR=60s] [SPEED=45] [SEED=1]    the whole bot with nothing set up
#   make test                                  every test but the slow ones
#   make check                                 lint, types, import contracts, tests
#   make bench                                 the fast paths beside their floors

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.PHONY: venv demo test test-all lint check bench lock
.DEFAULT_GOAL := check

venv: $(READY)

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

demo: venv
	@$(BIN)/python -m bot demo $(if $(FOR),--for $(FOR)) $(if $(SPEED),--speed $(SPEED)) $(if $(SEED),--seed $(SEED)) $(ARGS)

test: venv
	$(BIN)/python -m pytest -n auto -m "not slow" $(ARGS)

test-all: venv
	$(BIN)/python -m pytest -n auto $(ARGS)

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# One after the other even under `make -j`: the tests come last.
check: venv
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory test

bench: venv
	$(BIN)/python -m bench

# Needs uv. The locks hold names, versions and hashes only; where packages come from is each machine's own business.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev \
		pyproject.toml -o requirements-dev.lock
	echo 'setuptools>=77' | uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		-c requirements-dev.lock - -o requirements-build.lock
