# Everything here needs only make and Python 3.11 or newer: the rest is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TORCH := 2.13.0

# `make demo PHOTO=mine.jpg RESULT=mine-sheet.png SIZE=512` draws the sheet of another photo.
SIZE ?= 320
RESULT ?= out/demo.png
PHOTO ?= $(shell $(BIN)/python -c "import importlib.util as u; \
	print(u.find_spec('skimage').submodule_search_locations[0] + '/data/coffee.png')")

.DEFAULT_GOAL := help
.PHONY: help install demo test lint format constraints clean

help:
	@echo 'make demo         a photo in the styles of all brushes, on one sheet; PHOTO=, SIZE= and RESULT= name others'
	@echo 'make test         all checks: lint, then pytest'
	@echo 'make lint         ruff, mypy --strict and the import rules'
	@echo 'make format       let ruff format, and repair what it can'
	@echo 'make install      make $(VENV) with all that constraints.txt pins; the others do this on their own'
	@echo 'make constraints  renew the pins in constraints.txt'
	@echo 'make clean        remove $(VENV), caches and builds'
	@echo 'PYTHON=python3.12 chooses another Python for $(VENV)'

install: $(STAMP)

# setuptools for pyvips, where its registry has no wheel of it: what a Python comes with may be too old to make one.
# The stamp is written last, and taken away first: an environment without it was left half made, and is made anew.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
		'impasto needs Python 3.11 or newer, and $(PYTHON) is not; name one: make PYTHON=python3.12' >&2; exit 1; }
	test -f $@ || $(PYTHON) -m venv --clear $(VENV)
	rm -f $@
	$(BIN)/python -m pip install --constraint constraints.txt hatchling editables setuptools
	$(BIN)/python -m pip install --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	touch $@

demo: $(STAMP)
	@mkdir -p '$(dir $(RESULT))'
	$(BIN)/impasto styles --sheet '$(PHOTO)' --size '$(SIZE)' -o '$(RESULT)'
	@echo 'the picture is $(abspath $(RESULT))'

# One thread unless told otherwise: the tests' pictures are small, and tests share their machine.
test: lint
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(BIN)/python -m pytest

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

constraints:
	set -e; fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	$(PYTHON) -m venv "$$fresh"; \
	"$$fresh/bin/python" -m pip install hatchling editables; \
	"$$fresh/bin/python" -m pip install --no-build-isolation --editable '.[dev]' torch==$(TORCH); \
	"$$fresh/bin/python" -m pip freeze --all --exclude pip --exclude impasto > "$$fresh/frozen"; \
	{ echo '# Every package of an environment with impasto[dev], pinned. `make constraints` writes this file.'; \
	  echo '# No build of torch is named, so that whoever installs can choose one: CPU, CUDA, ROCm.'; \
	  sed 's/^\(torch==[^+]*\)+.*/\1/' "$$fresh/frozen"; } > constraints.txt

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench -name __pycache__ -prune -exec rm -rf {} +
