# Every recipe line is an ordinary command. On a fresh Debian 12:
#   apt install make python3-venv
PYTHON ?= python3
BIN = .venv/bin
PORT ?= 8000
FEEDGATE_HOME ?= var
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
export FEEDGATE_HOME

.PHONY: help run test check format docs wheel bench bench-quick bench-full fuzz fuzz-entry torture fidelity screenshots clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run: .venv/runs ## start the service with the demo seller on 127.0.0.1:$(PORT)
	$(BIN)/feedgate serve --demo --port $(PORT)

test: .venv/tests .venv/node ## run the whole suite
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: .venv/tests ## formatting, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/tests ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/bin/pip:
	$(PYTHON) -m venv .venv

.venv/runs: .venv/bin/pip pyproject.toml constraints.txt
	$(INSTALL) --editable '.[postgres,sqs,s3,otel]'
	touch $@

.venv/tests: .venv/runs
	$(INSTALL) --editable '.[postgres,sqs,s3,otel,test]'
	touch $@

# Clients for Node and axe-core, which tests need; without npm those tests say that they
# skip.
NODE = tests/clients/node tests/browser
.venv/node: .venv/bin/pip $(NODE:%=%/package-lock.json)
	if command -v npm >/dev/null; then \
		for folder in $(NODE); do \
			npm ci --prefix $$folder --ignore-scripts --silent || exit 1; \
		done; touch $@; \
	fi

screenshots: .venv/tests .venv/node ## look at the desk in Chromium; writes docs/images anew
	REQUIRE_BROWSER=1 $(BIN)/python -m pytest -q tests/browser/test_pages.py tests/browser/test_feeds.py tests/browser/test_figures.py
	$(BIN)/python -m tests.browser.images

bench: .venv/tests ## every figure of docs/performance.md (5 minutes); FIGURES="gate submit" for some
	$(BIN)/python -m benchmarks normal $(FIGURES)

bench-quick: .venv/tests ## the ratios (1 minute), compared with benchmarks/results.json
	$(BIN)/python -m benchmarks quick $(FIGURES)

bench-full: .venv/tests ## as bench, with feeds of 2 GiB and a million orders (an hour)
	$(BIN)/python -m benchmarks full $(FIGURES)

fuzz: .venv/tests ## every operation with 5,000 examples a property; fails over 1 s, prints the slowest answer
	FUZZ_EXAMPLES=5000 $(BIN)/python -m pytest -q -s tests/doors/test_every_operation.py

fuzz-entry: .venv/fuzz ## fuzz what strangers' bytes reach first, with atheris, for 10 minutes
	$(BIN)/python -m tests.fuzz $(ARGS)

.venv/fuzz: .venv/tests
	$(INSTALL) --editable '.[postgres,sqs,test,fuzz]'
	touch $@

torture: .venv/tests ## crash tests, the long form of half an hour; ARGS="--help" for its options
	$(BIN)/python -m tests.torture $(ARGS)
	folder=$$(mktemp -d) && $(BIN)/python -m tests.torture.full_disk $$folder 4120; \
		done=$$?; rm -rf $$folder; exit $$done

fidelity: .venv/tests ## how much is as MWS had it; writes docs/fidelity.md
	$(BIN)/python -m tests.fidelity.page --write

docs: .venv/tests ## write the reference pages anew from the code
	$(BIN)/python docs/generate.py
	$(BIN)/feedgate orders schema > docs/reference/orders.schema.json

clean: ## remove what the targets made, the data folder excepted
	rm -rf .venv dist build $(NODE:%=%/node_modules)
