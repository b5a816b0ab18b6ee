# perfsite: `make run` serves it, `make check` is what CI runs.
.POSIX:
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help setup run test soak lint check mutants bench lock clean port deployable packages python dev

PYTHON ?= python3
PORT ?= 8000
DATA_DIR ?= var
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet install --require-hashes
JOBS := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
TESTERS := $(shell expr $(JOBS) + 1)
STATIC_SOURCES := $(shell find static -type f 2>/dev/null) perfsite/staticfiles.py
RUN = env HTTPS=off DEMO_PASSWORD="$${DEMO_PASSWORD:-demo}" PORT=$(PORT) DATA_DIR=$(DATA_DIR)
IS_EMPTY = 'import sys; from apps.chat.models import User; sys.exit(User.objects.exists())'
MUTANTS_KILLED = 'import json, sys; n = json.load(open("mutants/mutmut-cicd-stats.json")); score = n["killed"] / n["total"]; \
	print(n["killed"], "of", n["total"], "killed:", f"{score:.1%}"); sys.exit(score < 0.9)'
PYTEST = $(BIN)/coverage run -m pytest --numprocesses=$(TESTERS) --dist=worksteal --durations=30

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' Makefile | while IFS=: read -r name text; do printf '%-8s%s\n' "$$name" "$$text"; done

setup: $(VENV)/.base.stamp $(DATA_DIR)/.static.stamp ## virtual environment, locked dependencies, collected static files

$(VENV)/.base.stamp: requirements/base.txt
	@$(MAKE) --no-print-directory python
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Installing the locked dependencies into $(VENV) …'
	@$(PIP) -r requirements/base.txt
	@touch $@

$(VENV)/.dev.stamp: $(VENV)/.base.stamp requirements/dev.txt
	@echo 'Installing what tests and checks need into $(VENV) …'
	@$(PIP) -r requirements/dev.txt
	@touch $@

$(DATA_DIR)/.static.stamp: $(VENV)/.base.stamp $(STATIC_SOURCES)
	@echo 'Collecting and compressing static files …'
	@mkdir -p $(DATA_DIR)
	@$(RUN) $(BIN)/python manage.py collectstatic --noinput --verbosity=0
	@touch $@

dev: $(VENV)/.dev.stamp

python:
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'perfsite needs Python 3.11 or newer, $(PYTHON) is older or missing: on Debian 12 and later, apt-get install python3;' \
			'with another interpreter, make PYTHON=/path/to/python3.' >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo 'This Python cannot make virtual environments: on Debian, apt-get install python3-venv.' >&2; exit 1; }

port: python
	@$(PYTHON) -c 'import socket, sys; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", int(sys.argv[1])))' \
		'$(PORT)' 2>/dev/null || { \
		echo 'Port $(PORT) on 127.0.0.1 is taken, or is no port number. Is perfsite running already? Another port: make run PORT=8001.' >&2; \
		exit 1; }

run: port setup ## serve on http://127.0.0.1:8000 (PORT=… for another), with demo data in a new database
	@$(RUN) $(BIN)/python manage.py migrate --noinput --verbosity=0
	@if $(RUN) $(BIN)/python manage.py shell --verbosity=0 --command=$(IS_EMPTY); then $(RUN) $(BIN)/python manage.py demo_data; fi
	@echo "Open http://127.0.0.1:$(PORT) and sign in as demo1, password $${DEMO_PASSWORD:-demo}. Ctrl-C ends it."
	@exec $(RUN) $(BIN)/python manage.py serve --host=127.0.0.1 --port=$(PORT)

packages:
	@tests/packages

test: dev packages ## every test, against servers it starts itself, with branch coverage
	@rm -f .coverage .coverage.*
	@status=0; set -x; \
		$(PYTEST) || status=1; \
		TEST_ENGINE=postgresql $(PYTEST) tests/chat tests/tuning tests/deduplication/idempotency tests/caching/test_stores.py || status=1; \
		$(BIN)/coverage combine --quiet; \
		$(BIN)/coverage report || status=1; \
		exit $$status

lint: dev ## ruff, mypy strict, import contracts, templates, migrations, check --deploy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
	@$(MAKE) --no-print-directory deployable

deployable:
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && export DATA_DIR="$$scratch" DEBUG=off HTTPS=on && set -x && \
		$(BIN)/python manage.py check --deploy --fail-level WARNING && \
		$(BIN)/python manage.py makemigrations --check --dry-run

soak: dev packages ## the long tests in their whole length, one after the other
	TEST_SOAK=1 $(BIN)/python -m pytest -m soak --durations=0

check: lint test ## what CI runs

mutants: dev ## changes state machines and fences bit by bit: nine of ten changes must fail a test
	@rm -rf mutants
	$(BIN)/mutmut run --max-children=$(JOBS)
	$(BIN)/mutmut results
	@$(BIN)/mutmut export-cicd-stats >/dev/null
	@$(BIN)/python -c $(MUTANTS_KILLED)

bench: dev ## the README's figures, into benchmarks/results
	$(BIN)/python -m benchmarks

lock: dev ## resolve requirements/*.in anew, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements/base.in --output-file requirements/base.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements/dev.in --constraints requirements/base.txt --output-file requirements/dev.txt

clean: ## remove what tests and checks left; keeps .venv and the data
	rm -rf .coverage .coverage.* htmlcov test-results .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis mutants
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
