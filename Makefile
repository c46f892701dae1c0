# Two commands do all the set-up on a fresh machine: `make demo` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Test functions need no annotations; what they call is checked all the same.
TESTS_ARE_TYPED := --allow-untyped-defs --allow-incomplete-defs --allow-untyped-calls --exclude conftest

.PHONY: demo test lint bench soak docs screenshots constraints clean

$(READY): pyproject.toml requirements/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint requirements/constraints.txt --editable '.[server,dev]'
	touch $@

# A whole orgport with a sample organization; EXIT=1 ends after the first Success.
demo: $(READY)
	$(BIN)/orgport demo $(if $(EXIT),--exit)

lint: $(READY)
	$(BIN)/ruff format --check src tests bench scripts
	$(BIN)/ruff check src tests bench scripts
	$(BIN)/mypy
	$(BIN)/mypy $(TESTS_ARE_TYPED) tests
	$(BIN)/lint-imports

# One process more than processors: many tests wait for a browser, a server or a disk.
test: lint
	scripts/system-packages
	$(BIN)/pytest --numprocesses=$$(($$(nproc) + 1)) --dist=worksteal

# Ratios taken in one run on this machine, into docs/reference/performance.md.
bench: $(READY)
	$(BIN)/python bench/run.py

# The compiled list of pinned dependencies, without any index address in it.
constraints:
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --upgrade --python-version 3.11 --quiet \
	  --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	  --output-file requirements/constraints.txt

# Large packages, judged by the columnar engine and by the oracle: the same must come out. Spark reads the tables.
# Then workers are killed 200 times while they commit, undo and erase.
soak: $(READY)
	scripts/system-packages spark
	$(BIN)/pip install --quiet --constraint requirements/constraints.txt --editable '.[server,dev,spark]'
	$(BIN)/pytest tests/soak/spark_reads_the_tables.py
	SEARCH=anew $(BIN)/pytest tests/property --numprocesses=auto
	$(BIN)/python bench/compare_with_oracle.py
	KILLS=200 $(BIN)/pytest tests/faults/test_killed_at_random.py --capture=no

# What is made from the code: the page of each rule with its examples, and the reference.
docs: $(READY)
	$(BIN)/python scripts/write_rulebook.py
	$(BIN)/python scripts/write_reference.py

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .hypothesis

# Every page of the portal, light and dark, wide and narrow, into screenshots/.
screenshots: $(READY)
	scripts/system-packages
	$(BIN)/python scripts/screenshots.py
