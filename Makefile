# Everything runs in .venv, made on first use from the pinned versions in constraints.txt.
# PYTHON=python3.12 make test   takes another interpreter, VENV=.venv-3.12 another place.

SUPPORTED = import sys; sys.exit(sys.version_info < (3, 11))
# The first of these that is there and new enough; a name on PATH may be a shim that does not run.
PYTHON ?= $(shell for p in python3 python3.12 python3.11 python3.13; do \
  "$$p" -c '$(SUPPORTED)' 2>/dev/null && echo "$$p" && break; done)
VENV ?= .venv
READY = $(VENV)/.installed
TORCH ?= 2.13.0

.PHONY: help venv quickstart test test-slow test-long test-shapes test-torch smoke lint types clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

venv: $(READY)  ## Make .venv with everything installed

quickstart: venv  ## Train and evaluate a small model on made-up data (minutes on a CPU)
	$(VENV)/bin/python -m jaxvid.main --config=configs/quickstart.py --workdir=runs/quickstart

# A worker takes tests from the end of the other's list when its own is done: files stay together but for a few.
test: venv  ## Run the default tests on all cores
	$(VENV)/bin/python -m pytest -m "not slow" -n auto --dist worksteal

test-slow: venv  ## Run the slow tests: every smoke variant, two processes, HAPT from archive to score
	$(VENV)/bin/python -m pytest -m "slow and not long" -n auto --dist worksteal

test-long: venv  ## Run the tests that take a quarter of an hour: stickgym from nothing to score
	$(VENV)/bin/python -m pytest -m long

# Not yet tests/models, whose networks' parts disagree about the names of axes.
test-shapes: venv  ## Run the tests of ops, layers, losses and tasks with every call checked against its annotations
	$(VENV)/bin/python -m pytest -m "not slow" --shapes -n auto --dist worksteal \
	  tests/ops tests/layers tests/tasks tests/test_losses.py

# The files that say importorskip("torch").
test-torch: venv  ## Install PyTorch into .venv and run the tests that compare with it
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check torch==$(TORCH)
	$(VENV)/bin/python -m pytest -m "not slow" $$(grep -rlF 'importorskip("torch")' tests)

smoke: venv  ## Train TriDet's model for a few steps on made-up data: configs/thumos_sgp.py:smoke
	@echo "smoke: configs/thumos_sgp.py:smoke into runs/smoke"
	$(VENV)/bin/python -m jaxvid.main --config=configs/thumos_sgp.py:smoke --workdir=runs/smoke

lint: venv  ## Check the code with ruff
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check --quiet .

types: venv  ## Check the types with mypy (pyproject.toml names the modules that are left out)
	$(VENV)/bin/mypy

clean:  ## Remove .venv, caches and build products (data/ and runs/ stay)
	rm -rf .venv .venv-* .pytest_cache .ruff_cache .mypy_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last: an install that broke off is done again.
$(READY): pyproject.toml constraints.txt
	@"$(PYTHON)" -c '$(SUPPORTED)' 2>/dev/null || { \
	  echo "jaxvid needs Python 3.11 or newer and '$(or $(PYTHON),python3)' is not: make venv PYTHON=/path/to/python3.12"; \
	  exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	@echo '*' > $(VENV)/.gitignore
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
