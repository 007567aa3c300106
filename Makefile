# Set up this machine, run, test. `testbed --help` has everything else.
AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo)
BIN := .venv/bin

.PHONY: run test lint bench docs setup clean

run: setup ## the headline question: full against incremental, on a small cluster
	$(AS_ROOT) $(BIN)/testbed run incremental --profile quick

test: setup ## rules without root, then real OVN
	$(AS_ROOT) $(BIN)/pytest -m "not slow" tests/unit tests/system

lint: setup ## style, types, layers, no write past the diff, no shell
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m lint.no_bypass
	$(BIN)/python -m lint.no_shell

bench: setup ## the slow tests, and speed as ratios side by side
	$(AS_ROOT) $(BIN)/pytest -m "slow" tests/unit tests/system
	$(AS_ROOT) $(BIN)/pytest tests/benchmarks

docs: setup ## the documentation, into build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

setup: ## install what is missing
	@sh setup/setup.sh

clean: ## remove what a power cut or kill -9 left of emulated clusters
	$(AS_ROOT) $(BIN)/testbed clean
