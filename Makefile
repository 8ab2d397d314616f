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
SERVICES ?= gateway training inference marketplace monitoring ray
# What .env says to Docker Compose of the images' names; the environment goes before it.
from_env = $(shell sed -nE "s/^(export +)?$(1)=['\"]?([^'\" \#]*).*/\2/p" .env 2>/dev/null | tail -n 1)
IMAGES = $(or $(MODELBOURSE_IMAGES),$(call from_env,MODELBOURSE_IMAGES),modelbourse)
TAG ?= $(or $(MODELBOURSE_TAG),$(call from_env,MODELBOURSE_TAG),0.1.0)
PY := $(VENV)/bin/python
export PORT RUN_DIR
# This checkout's own packages, whatever the environment's installation points at.
export PYTHONPATH := $(CURDIR):$(CURDIR)/libs/client$(if $(PYTHONPATH),:$(PYTHONPATH))

.PHONY: help setup setup-demo setup-platform demo up down status logs admin check test soak bench openapi generate record doctor
.PHONY: images images-check audit secrets compose-config compose-smoke
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

COMPILE = --no-compile
INSTALL = $(PY) -m pip install --quiet $(COMPILE) --disable-pip-version-check
HASHED = $(INSTALL) --require-hashes
# PyTorch's own build for CPUs: PyPI's is another file. Whoever has a folder of wheels (PIP_FIND_LINKS) has it there.
TORCH_INDEX ?= $(if $(PIP_FIND_LINKS),,https://download.pytorch.org/whl/cpu)
# What an extra needs, each file held to its hash in constraints.txt; our own two packages, which are folders, have none.
install = $(PY) -m deploy.images.needs $(1) | $(HASHED) -c constraints.txt -r /dev/stdin && \
	PYTHONWARNINGS=ignore $(INSTALL) --no-deps --no-build-isolation -e ./libs/client -e .

# A stamp for each set of packages; made again when what it was made from changes.
$(VENV)/.demo: $(VENV)/bin/python pyproject.toml libs/client/pyproject.toml constraints.txt data-requirements.txt
	@# The installer first, held to its hash: older ones take no hashes from constraints.
	grep -E '^(pip|setuptools)==' constraints.txt | $(HASHED) --no-deps -r /dev/stdin
	$(call install,demo)
	$(HASHED) --no-deps -r data-requirements.txt
	$(PY) -m deploy.local.warm # what is imported; pip would compile all there is, which is half of an installation's time
	@touch $@

$(VENV)/.platform: $(VENV)/.demo backbone-requirements.txt
	$(HASHED) --no-deps -c constraints.txt $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) torch
	$(call install,platform)
	$(HASHED) --no-deps -r backbone-requirements.txt
	$(PY) -m deploy.local.warm
	@touch $@

$(VENV)/.secrets: $(VENV)/bin/python constraints.txt
	grep -E '^(pip|setuptools)==' constraints.txt | $(HASHED) --no-deps -r /dev/stdin
	$(HASHED) -c constraints.txt cryptography python-dotenv
	@touch $@

$(VENV)/.dev: private COMPILE = # what tests import is compiled here, before several processes would at once
$(VENV)/.dev: $(VENV)/.platform tools-requirements.txt
	$(call install,dev)
	$(HASHED) --no-deps -r tools-requirements.txt
	@touch $@

setup: $(VENV)/.dev ## Install everything development needs into .venv
setup-demo: $(VENV)/.demo
setup-platform: $(VENV)/.platform

demo: ## The main job, end to end, on embedded servers (KEEP=1 leaves it running)
	@began=$$(date +%s); [ -f $(VENV)/.demo ] || echo "installing what the demo runs into $(VENV) (once, a minute or two) …"; \
	$(MAKE) $(if $(KEEP),setup-platform,setup-demo); \
	$(PY) -m deploy.local demo $(if $(KEEP),--keep --run-dir $(RUN_DIR) --port $(PORT) --replicas "$(REPLICAS)") --began $$began

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

check: setup ## ruff, strict types, import rules, Kubernetes manifests, shape and size
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --python-version 3.10 -p modelbourse # the client's oldest Python
	$(VENV)/bin/lint-imports
	$(VENV)/bin/docker-compose --profile '*' config --quiet
	$(PY) -m deploy.k8s.validate
	$(PY) -m pytest -q tests/architecture

test: setup ## Everything, on servers of its own (T="-k name" to choose)
	-@deploy/install-debian-packages.sh browser
	$(PY) -m pytest -n 3 $(T)

soak: setup ## What the suite leaves out, properties on new examples, then long chaos: hundreds of kills (BROKER=embedded|apache-kafka SEED=… JOBS=30)
	$(PY) -m pytest -m "soak or hypothesis" --hypothesis-profile=search $(T)
	$(PY) -m tests.journeys.soak

# Others to be measured beside, in an environment of their own: where it cannot be made, their rows say so.
build/rivals/done: bench-requirements.txt | setup
	@rm -rf build/rivals && $(PYTHON) -m venv build/rivals \
	  && build/rivals/bin/pip install -q --disable-pip-version-check --no-deps --require-hashes -r bench-requirements.txt && touch $@ \
	  || { rm -rf build/rivals; echo "measured without MLflow, shapiq and woodelf-explainer: they cannot be installed here"; }

bench: setup build/rivals/done ## Measure the hot paths; writes build/bench.json
	$(PY) -m tests.bench

openapi: setup-platform ## Write build/openapi.json
	@mkdir -p build && $(PY) -m services.gateway openapi build/openapi.json

generate: setup ## Regenerate the schemas and the generated pages in docs/
	$(PY) -m deploy.local.generate

web: setup ## Build the scripts of others that pages load, from archives known by hash (needs the network)
	$(PY) -m deploy.web

screenshots: setup ## Picture the web UI of a platform that runs, into docs/pictures: URL=http://127.0.0.1:8000
	-@deploy/install-debian-packages.sh browser
	$(PY) -m deploy.web.screenshots $(URL)

record: setup ## Record what this release writes into tests/fixtures/releases/, once, when it is made
	$(PY) -m tests.releases.record

images: ## Build every image with Docker: SERVICES="gateway inference" for some, TAG=0.1.0, BUILD_ARGS="--build-arg BASE=…"
	@command -v docker >/dev/null || { echo "docker is needed; where there is none, make images-check builds with buildah"; exit 1; }
	@for service in $(SERVICES); do \
	  docker build --build-arg SERVICE=$$service --build-arg VERSION=$(TAG) --build-arg REVISION=$$(git rev-parse HEAD) $(BUILD_ARGS) \
	    -t $(IMAGES)/$$service:$(TAG) . || exit 1; done

images-check: setup ## Lint the Dockerfile, build the images without a registry and try each (root; SERVICES="gateway" for some)
	-@deploy/install-debian-packages.sh images
	@$(PY) -m deploy.images.check $(SERVICES)

audit: setup ## Ask PyPI's advisories about every pinned package (needs the network)
	@[ build/audit/done -nt audit-requirements.txt ] || { rm -rf build/audit && $(PYTHON) -m venv build/audit \
	  && build/audit/bin/pip install -q --disable-pip-version-check --no-deps --require-hashes -r audit-requirements.txt && touch build/audit/done; } \
	  || { rm -rf build/audit; echo "not audited: pip-audit cannot be installed here; it and PyPI's advisories need the network"; exit 1; }
	@# strict: where advisories cannot be had the scanner would skip every package and find nothing.
	@build/audit/bin/pip-audit --strict --disable-pip --require-hashes -r constraints.txt -r data-requirements.txt -r backbone-requirements.txt -r tools-requirements.txt -r audit-requirements.txt -r bench-requirements.txt

doctor: setup-platform ## Say what is found and what is missing on this machine
	@$(VENV)/bin/modelbourse doctor

secrets: $(VENV)/.secrets ## Write the passwords and certificates of docker-compose.yml: what is missing, or ends soon
	@$(PY) -m deploy.compose.write_secrets

compose-config: setup ## Check docker-compose.yml with every profile, by Docker Compose itself
	$(VENV)/bin/docker-compose --profile '*' config --quiet

compose-smoke: setup ## Start docker-compose.yml, do the main job through its gateway, and end it (needs a container engine)
	@$(PY) -m deploy.compose.smoke
