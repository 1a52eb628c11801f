# Needs Python 3.11 or newer and make, nothing else. `make` alone lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help up down logs status reset test check bench e2e sbom audit

# The first interpreter of these that is new enough makes the .venv; PYTHON=... overrides.
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
ARGS ?=
SBOM ?= var/sbom.json

# Images of Python often set it, and then each of a hundred processes compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z.]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: .venv ## Start the whole platform; returns when all is healthy
	@.venv/bin/squad up $(ARGS)

down: .venv ## Stop it; the data stays in var/
	@.venv/bin/squad down $(ARGS)

status: .venv ## Tell of every part whether it is healthy
	@.venv/bin/squad status $(ARGS)

logs: .venv ## Follow the logs of all processes
	@.venv/bin/squad logs $(ARGS)

reset: .venv ## Stop it and remove its data, after asking
	@.venv/bin/squad reset $(ARGS)

# A file is one worker's, so that what its tests share is made once; pytest 9.2 ignores xdist_group.
test: .venv .venv/.solver ## Run all tests, in parallel, beside a running platform or without one
	@.venv/bin/pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

e2e: .venv .venv/.solver ## Start a whole platform, drive a ticket through it, kill a process at every step
	@.venv/bin/pytest -m e2e tests/e2e $(ARGS)

bench: .venv .venv/.solver ## Measure every hot path beside its yardstick, at small size: half an hour
	@.venv/bin/squad bench all $(ARGS)

check: .venv ## Lint, format, types, import rules, SQL format
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/sqlfmt --check transforms

sbom: .venv ## Write every installed package with its licence to var/sbom.json, as CycloneDX
	@mkdir -p $(dir $(SBOM))
	@.venv/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	  --short-PURLs --output-file $(SBOM) $(ARGS) .venv

audit: .venv ## Ask for known vulnerabilities of the locked packages; needs the internet
	@.venv/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock $(ARGS)

# The stamp is written last: an interrupted installation is begun again.
.PHONY: .venv
.venv: .venv/.installed

.venv/.installed: requirements.lock requirements-bootstrap.lock pyproject.toml
	@if ! .venv/bin/python -c '' 2>/dev/null; then \
	  for python in $(PYTHONS); do \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	      found="$$python"; break; \
	    fi; \
	  done; \
	  if [ -z "$${found:-}" ]; then \
	    echo "Python 3.11 or newer is needed: install it, or say make PYTHON=/path/to/python3" >&2; \
	    exit 1; \
	  fi; \
	  echo "Making .venv with $$("$$found" --version) ..."; \
	  "$$found" -m venv --clear .venv || { \
	    echo "$$found cannot make a virtual environment: install its venv module (Debian: apt-get install python3-venv)" >&2; \
	    exit 1; \
	  }; \
	fi
	@if ! .venv/bin/uv --version >/dev/null 2>&1; then \
	  echo "Installing uv ..."; \
	  .venv/bin/python -m pip install --quiet --disable-pip-version-check \
	    --require-hashes -r requirements-bootstrap.lock; \
	fi
	@echo "Installing the locked packages ..."
	@VIRTUAL_ENV=.venv .venv/bin/uv pip sync --quiet --require-hashes requirements.lock
	@VIRTUAL_ENV=.venv .venv/bin/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# Where it is missing, every process that needs the solver compiles it for itself, at the same time.
.venv/.solver: .venv/.installed $(shell find orchestration/assignment api/sysops/assignment api/sysops/experts -name "*.py")
	@echo "Compiling the assignment solver, once: this takes a minute ..."
	@.venv/bin/python -m orchestration.assignment.warm_up
	@touch $@
