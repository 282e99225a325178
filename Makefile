# The commands of this repository. CI calls exactly `make test`.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PROGRAMS ?= 20000
SEED   ?= 0

.PHONY: help setup check docs test fix demo bench fuzz mutants claims mistakes clean
.DEFAULT_GOAL := help

help:            ## list the commands
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## make .venv and install everything into it

# The parser's tables are made from the grammars when the package is installed.
$(STAMP): pyproject.toml hatch_build.py $(wildcard dsl/interlock_dsl/*/grammar.lark dsl/interlock_dsl/*/*/grammar.lark)
	@echo "installing into $(VENV): about a minute"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

check: $(STAMP)  ## formatting, lint, types, layers, and the examples' own checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/interlock check examples
	$(BIN)/interlock fmt --check examples

docs: $(STAMP)   ## the documentation, with the API reference, into build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

test: check docs ## everything that must hold: the checks, the documentation, then the tests
	$(BIN)/interlock test examples
	$(BIN)/pytest -n 2

fix: $(STAMP)    ## format and repair what can be repaired
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/interlock fmt examples

demo: $(STAMP)   ## a refund from the database to the audit, with an approval in between
	@$(BIN)/python examples/demo.py

bench: $(STAMP)  ## how fast, beside what: prints ratios
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	$(BIN)/python bench/decide.py
	$(BIN)/python bench/run.py
	$(BIN)/python bench/ledger.py
	$(BIN)/python bench/fanout.py
	$(BIN)/python bench/guard.py
	$(BIN)/python bench/cel.py
	$(BIN)/python bench/parse.py
	$(BIN)/python bench/check.py
	$(BIN)/python bench/bundle.py

fuzz: $(STAMP)   ## the long run: expressions for a minute, then PROGRAMS generated programs in two machines
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,fuzz]'
	@mkdir -p build/fuzz
	$(BIN)/python fuzz/cel.py -max_total_time=60 -artifact_prefix=build/fuzz/ build/fuzz fuzz/seeds/cel
	$(BIN)/python fuzz/programs.py --programs $(PROGRAMS) --seed $(SEED) --reduce

mutants: $(STAMP)   ## changes the code in COUNT small ways, and lists those that no test notices
	nice $(BIN)/python fuzz/mutants --count $(or $(COUNT),600) --seed $(or $(filter-out 0,$(SEED)),1)

claims: $(STAMP)    ## what the checker claims of COUNT generated programs, held against the evaluator
	nice $(BIN)/python fuzz/claims.py --programs $(or $(COUNT),100) --seed $(or $(SEED),0)

mistakes: $(STAMP)  ## mistakes made by chance in the examples: how many `interlock check` reports
	$(BIN)/python fuzz/mistakes.py --count $(or $(COUNT),500) --seed $(or $(SEED),1)

clean:           ## remove what was built
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
