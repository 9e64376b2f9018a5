# Every target is a line of `make help`; the recipes below are all there is to know.
SHELL := /bin/sh
BIN := .venv/bin
MEMBERS := services/contracts services/chassis services/mediation services/host \
	intake triage routing mediator-registry analytics gateway
INSIDE := not slow and not kafka and not postgres
FAST := $(INSIDE) and not thorough
PARALLEL := -q -n 2 --dist worksteal

# Compiled files are kept whatever the shell says: half of a test run would be compiling otherwise.
unexport PYTHONDONTWRITEBYTECODE

# Where `make kafka` and `make postgres` listen, on 127.0.0.1 only.
KAFKA_PORT ?= 19092
POSTGRES_PORT ?= 55432
DATA ?= .data
SERVERS = FENGQIAO_DATABASE_URL=postgresql+asyncpg://fengqiao@127.0.0.1:$(POSTGRES_PORT)/postgres \
	FENGQIAO_KAFKA_BOOTSTRAP=127.0.0.1:$(KAFKA_PORT)

.DEFAULT_GOAL := help
.PHONY: help setup demo console test check bench screenshots kafka postgres fmt clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: ## Install everything that Fengqiao needs beside the sources (.venv, .tools)
	@deploy/bootstrap.sh

demo: setup $(if $(filter kafka,$(DEMO)),kafka postgres) ## Run the platform with a synthetic city on port 8080 (DEMO=kafka: on PostgreSQL and Kafka)
	@deploy/console.sh build || echo "控制台未能构建, 演示只有接口 · the console could not be built: the demo has the API alone" >&2
	@$(if $(filter kafka,$(DEMO)),$(SERVERS)) $(BIN)/fengqiao demo

console: setup ## Build the web console where its sources changed (TYPES=1 makes its API types anew first)
	@$(if $(TYPES),$(BIN)/python -m fengqiao_host.document > .data/openapi.json && deploy/console.sh npm run --silent types)
	@deploy/console.sh build

test: setup ## Run all tests, on both databases and both buses (TESTS=tests/bus for a part)
	@deploy/console.sh build
	@$(BIN)/pytest $(PARALLEL) -m "$(INSIDE)" $(TESTS) || [ $$? = 5 ]
	@$(BIN)/pytest -m "not ($(INSIDE))" $(TESTS) || [ $$? = 5 ]

check: setup ## Format, lint, types, import rules, lock, deployment files, fast tests: under a minute
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=target $(STEPS)

bench: setup ## Measure throughput, start and memory (medians, CPU per case and stage)
	@$(BIN)/fengqiao bench

screenshots: setup ## Make docs/screenshots anew, from a demo in a real browser
	@deploy/console.sh build
	@$(BIN)/python tests/console/screenshots.py docs/screenshots

kafka: ## Start a real Kafka broker on loopback, data in .data/kafka (STOP=1 stops it)
ifdef STOP
	@deploy/kafka/kafka.sh stop $(DATA)/kafka
else
	@deploy/kafka/kafka.sh start $(DATA)/kafka $(KAFKA_PORT) $$(($(KAFKA_PORT) + 1))
	@echo "export FENGQIAO_KAFKA_BOOTSTRAP=127.0.0.1:$(KAFKA_PORT)"
endif

postgres: ## Start a real PostgreSQL on loopback, data in .data/postgres (STOP=1 stops it)
ifdef STOP
	@deploy/postgres/pg.sh stop $(DATA)/postgres
else
	@deploy/postgres/pg.sh start $(DATA)/postgres $(POSTGRES_PORT)
	@echo "export FENGQIAO_DATABASE_URL=$$(deploy/postgres/pg.sh url $(POSTGRES_PORT))"
endif

fmt: setup ## Format the sources and mend what the linter can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

clean: ## Stop the servers and delete their data, caches and environments
	@deploy/kafka/kafka.sh stop $(DATA)/kafka
	@deploy/postgres/pg.sh stop $(DATA)/postgres
	rm -rf gateway/console/node_modules gateway/console/dist
	rm -rf .data .venv .tools .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- the steps of `make check`; the longest come first ----
STEPS := step-tests step-pyright step-mypy step-format step-lint step-imports step-dependencies \
	step-console step-lock step-deploy step-docs
.PHONY: $(STEPS)
TYPED := $(shell find $(MEMBERS:=/src) -name __pycache__ -prune -o \( -type d -o -name '*.py' \) -print)
step-tests:
	@$(BIN)/pytest $(PARALLEL) -m "$(FAST)"
step-mypy:
	@$(BIN)/mypy --no-error-summary
step-pyright: .data/pyright.passed
.data/pyright.passed: pyproject.toml uv.lock $(TYPED) # it keeps no cache of its own: 30 s each time
	@$(BIN)/basedpyright
	@mkdir -p .data && touch $@
step-console: .data/console.passed
CONSOLE := $(shell find gateway/console \( -name node_modules -o -name dist \) -prune -o -type f -print)
.data/console.passed: $(CONSOLE) $(TYPED) # types, lint, unit tests; that the types are those of this API
	@mkdir -p .data
	@$(BIN)/python -m fengqiao_host.document > .data/openapi.json
	@deploy/console.sh npm run --silent check > .data/console.log 2>&1 || { cat .data/console.log; exit 1; }
	@touch $@
step-format:
	@$(BIN)/ruff format --quiet --check .
step-lint:
	@$(BIN)/ruff check --quiet .
step-imports:
	@$(BIN)/lint-imports
step-dependencies:
	@printf '%s\n' $(MEMBERS) | xargs -P 2 -I{} sh -c 'cd {} && $(CURDIR)/$(BIN)/deptry src'
step-lock: # the lock names the public index only: no mirror of the person who wrote it
	@env -u UV_INDEX -u UV_INDEX_URL -u UV_DEFAULT_INDEX deploy/bootstrap.sh lock --check --quiet --no-config
	@! grep -oE 'https?://[^/"]+' uv.lock | grep -vE '^https://(pypi\.org|files\.pythonhosted\.org)$$'
step-deploy:
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/compose/compose.yaml
	@$(BIN)/hadolint deploy/Dockerfile
	@$(BIN)/shellcheck -x deploy/*.sh deploy/kafka/kafka.sh deploy/postgres/pg.sh .ci/run
step-docs:
	@$(BIN)/python -m fengqiao_host.docs --check
