# Two commands for everyone: `make tour` and `make test`. Each does all of its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 24

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Trivium needs Python 3.11 or newer; set PYTHON=…" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(STAMPS)/install: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@$(BIN)/python -m compileall -q server models/trivium_models
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/install-test: $(STAMPS)/install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@

.PHONY: install
install: $(STAMPS)/install ## install Trivium into .venv

.PHONY: tour
tour: $(STAMPS)/install ## see all three arts at work on a copy of this project
	@$(BIN)/trivium tour

.PHONY: check
check: $(STAMPS)/install-test ## ruff, ruff format and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: weights
weights: $(STAMPS)/install ## fetch and verify the default models
	@$(BIN)/trivium models pull

.PHONY: test
test: check weights ## everything that can be tested on this machine
	$(BIN)/python -m pytest

.PHONY: format
format: $(STAMPS)/install-test ## let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

BENCHES := start search embed query incremental scale completion completion-quality memory \
	rewrite rewrite-sure publish
.PHONY: $(addprefix bench-,$(BENCHES))
$(addprefix bench-,$(BENCHES)): $(STAMPS)/install-test
	$(BIN)/python -m benchmarks.$(subst -,_,$(patsubst bench-%,%,$@)) $(ARGS)

bench-%: export PYTHONPATH = tests:models

.PHONY: clean
clean: ## remove what these commands made inside this folder
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
