# Everything runs in .venv, which is made and kept up to date on the way.
# EXTRAS adds optional parts: make setup EXTRAS=dev,gpu
# The versions are those of constraints.txt; make setup UPGRADE=1 takes the newest that
# pyproject.toml allows.
EXTRAS ?= dev
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready-$(EXTRAS)
# Test processes; compiling keeps one core busy each.
WORKERS ?= 2
# The oldest Python that constraints.txt is resolved for.
OLDEST := 3.11

# The first that runs and is new enough; 3.11 first, for it carries the JAX that was measured.
PYTHON ?= $(shell for p in python3.11 python3.12 python3 python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

.PHONY: setup constraints hooks graphics demo test test-all test-against lint types format docs \
  wheel-smoke bench FORCE
.DEFAULT_GOAL := setup

setup: $(READY)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "metaworldx needs Python 3.11 or newer (set PYTHON=...)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "could not make $(VENV); on Debian install python3-venv" >&2; exit 1; }

ifdef UPGRADE
VERSIONS := --upgrade --upgrade-strategy eager
$(READY): FORCE
else
VERSIONS := --constraint constraints.txt
$(READY): constraints.txt
endif

$(READY): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(VERSIONS) -e '.[$(EXTRAS)]'
	@rm -f $(VENV)/.ready-*
	@touch $@

FORCE:

# What is installed here becomes the tested versions; other extras, systems and Pythons are resolved
# to go with it. Run the tests before it.
constraints: | $(READY)
	@mkdir -p .cache
	@$(BIN)/python -m pip freeze --exclude-editable >.cache/freeze.txt
	@full=$$($(BIN)/python -c 'import platform; print(platform.python_version())') && \
	  sed "s/$$/ ; python_version == '$${full%.*}' and python_full_version >= '$$full'/" \
	  .cache/freeze.txt >.cache/installed.txt
	@cp constraints.txt .cache/constraints.txt
	$(BIN)/uv pip compile --quiet --universal --python-version $(OLDEST) --all-extras \
	  --no-annotate --no-header --constraint .cache/installed.txt \
	  --output-file .cache/constraints.txt pyproject.toml
	@{ echo "# The versions that were tested, for every extra and Python from $(OLDEST) on."; \
	  echo "# Written by: make constraints"; cat .cache/constraints.txt; } >constraints.txt

hooks: setup
	$(BIN)/pre-commit install

# Rendering without a screen needs EGL. Only pictures and videos need it; all else goes on.
DEBIAN_PACKAGES := libegl1 libgl1-mesa-dri
EGL_WORKS := MUJOCO_GL=egl $(BIN)/python -c 'import mujoco; mujoco.GLContext(8, 8).make_current()' >/dev/null 2>&1

graphics: $(VENV)/.graphics

$(VENV)/.graphics: | $(READY)
	@if $(EGL_WORKS); then touch $@; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing $(DEBIAN_PACKAGES) for rendering"; \
	  { apt-get install -qq -y $(DEBIAN_PACKAGES) || \
	    { apt-get update -qq && apt-get install -qq -y $(DEBIAN_PACKAGES); }; } >/dev/null && \
	  $(EGL_WORKS) && touch $@; \
	fi; \
	test -e $@ || echo "no EGL here, so nothing can be rendered; on Debian: apt-get install $(DEBIAN_PACKAGES)" >&2

demo: setup graphics
	rm -rf out/demo
	$(BIN)/metaworldx run --preset quickstart --out out/demo

test: setup graphics
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

test-all: setup graphics
	$(BIN)/python -m pytest -n $(WORKERS)

# Today's tests on the source of another commit: make test-against REV=604b963 TESTS=tests/test_x.py
AGAINST := .cache/against/$(REV)

test-against: setup graphics
	@test -n "$(REV)" -a -n "$(TESTS)" || { echo "say which: make test-against REV=604b963 TESTS=tests/test_x.py" >&2; exit 2; }
	@rm -rf $(AGAINST) && mkdir -p $(AGAINST) && git archive $(REV) src assets | tar -x -C $(AGAINST)
	PYTHONPATH=$(CURDIR)/$(AGAINST)/src $(BIN)/python -m pytest -p no:cacheprovider $(TESTS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/lint-imports
	$(BIN)/pyright

types: setup
	$(BIN)/pyright

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

wheel-smoke: setup
	.ci/wheel_smoke.sh $(BIN)/python

bench: setup
	$(BIN)/metaworldx bench env
