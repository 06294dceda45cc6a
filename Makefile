# Leeway. `make help` lists what there is; each target makes the environment that it needs, from hashed requirements.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
# Tests on servers mostly wait, so there are more of them at a time than cores, each worker with servers of its own.
PARALLEL := -n 2
ON_SERVERS := -n 3 --dist loadfile --no-loadscope-reorder
ENVS := .leeway/bench/envs
PEERS := bytewax quix
ALONGSIDE := evidently nannyml river
DRIFT_PEERS := evidently nannyml alibi
ALL_PEERS := $(PEERS) $(ALONGSIDE) alibi
PACKAGES := schemas infra producers streams consumers

.DEFAULT_GOAL := help
.PHONY: help demo test test-containers chart check up down bench bench-replay bench-demo bench-serving bench-scaling \
  bench-backlog bench-reload bench-drift bench-retention bench-bad-records slo shuffled economy calibrate verdicts \
  faults fuzz kills alerts rehearse-alerts metrics boards readme lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

demo: $(VENV)/runtime ## a real year of flights through the whole loop: about five minutes
	$(BIN)/leeway demo

test: $(VENV)/dev check ## everything: checks, unit, contracts, integration and end-to-end on real servers
	$(BIN)/pytest $(ON_SERVERS) tests/e2e tests/faults tests/integration tests/contracts

check: $(VENV)/dev ## the quick half: style, types, imports, unit tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest $(PARALLEL) tests/unit

test-containers: $(VENV)/dev ## the integration tests against containers (needs Docker): the very same tests
	docker build --quiet -f infra/Dockerfile --target mlflow -t leeway-mlflow:3.17.2 .
	$(BIN)/pytest --servers containers --ignore tests/integration/test_embedded.py tests/integration

up: $(VENV)/runtime ## Kafka, PostgreSQL, MLflow and the flights stream on this machine
	$(BIN)/leeway up flights.toml

down: ## stop what `make up` started
	@test ! -x $(BIN)/leeway || $(BIN)/leeway down

bench: $(VENV)/bench $(PEERS:%=$(ENVS)/%/ready) ## beside peers, latency, cost: about 20 minutes -> docs/performance.md; ONLY=part,...
	$(BIN)/python -m benchmarks.compare $(if $(ONLY),--only $(ONLY))
	$(BIN)/python -m benchmarks.performance

bench-replay: $(VENV)/runtime ## samples/s of the flights year at full speed -> benchmarks/results/replay.json
	$(BIN)/python -m benchmarks.replay

bench-demo: $(VENV)/runtime ## the demo twice in a row -> benchmarks/results/demo.json, docs/demo.png
	$(BIN)/python -m benchmarks.demo

bench-reload: $(VENV)/runtime ## three reloads under load: stall, skew, loss -> benchmarks/results/reload.json, docs/reload.png
	$(BIN)/python -m benchmarks.reload

bench-serving: $(VENV)/runtime ## what each way to serve a model costs -> benchmarks/results/serving.json
	$(BIN)/python -m benchmarks.serving

faults: $(VENV)/dev ## FAULTS=30 SEED=1: random faults, then every record is counted -> docs/faults.md, faults.png
	PYTHONPATH=tests $(BIN)/python -m faults --faults $(or $(FAULTS),30) --seed $(or $(SEED),1)

bench-backlog: $(VENV)/runtime ## RECORDS (10000000) samples drain: memory over time -> benchmarks/results/backlog.json
	$(BIN)/python -m benchmarks.backlog --records $(or $(RECORDS),10000000)

fuzz: $(VENV)/dev ## RECORDS (1000000) fuzzed records from SEED (1), each accounted for -> benchmarks/results/fuzz.json, docs/fuzz.md
	PYTHONPATH=tests $(BIN)/python -m fuzz --records $(or $(RECORDS),1000000) --seed $(or $(SEED),1)

bench-bad-records: $(VENV)/dev ## a frame with bad records against its parts -> benchmarks/results/bad-records.json
	PYTHONPATH=tests $(BIN)/python -m fuzz.cost

bench-retention: $(VENV)/runtime ## bytes of frames, state and sketches over a simulated year -> benchmarks/results/retention.json, docs/retention.png
	$(BIN)/python -m benchmarks.retention

bench-scaling: $(VENV)/runtime ## from one core to 10 million samples/s -> benchmarks/results/scaling.json, docs/scaling.md
	$(BIN)/python -m benchmarks.scaling measure

bench-drift: $(VENV)/runtime $(DRIFT_PEERS:%=$(ENVS)/%/ready) ## D and PSI of windows beside peers: 3 minutes -> docs/drift-speed.md
	$(BIN)/python -m benchmarks.drift

slo: $(VENV)/runtime ## from a shift to its event by real processes, REPEATS (20) of each kind: a quarter of an hour -> docs/slo.md, slo.png
	$(BIN)/python -m benchmarks.slo --repeats $(or $(REPEATS),20)

calibrate: $(VENV)/bench $(ALONGSIDE:%=$(ENVS)/%/ready) ## false alarms and power, beside peers: about 15 minutes -> docs/calibrate.png, docs/verdicts.md
	$(BIN)/python -m benchmarks.calibrate

verdicts: $(VENV)/runtime ## docs/verdicts.md out of the result files of calibrate, shuffled and slo
	$(BIN)/python -m benchmarks.verdicts

economy: $(VENV)/runtime ## policies of retraining: 25 minutes, 5 with the fits kept -> docs/economy.md, economy.png
	$(BIN)/python -m benchmarks.economy

shuffled: $(VENV)/runtime ## no incident in the flights year shuffled in time -> benchmarks/results/shuffled.json, docs/shuffled.png
	$(BIN)/python -m benchmarks.shuffled

alerts: ## Prometheus' own check of configuration and rules, and its unit tests of each alert
	@command -v promtool >/dev/null || { echo "There is no promtool on PATH: apt install prometheus, or run it in the image prom/prometheus"; exit 1; }
	promtool check config infra/prometheus/prometheus.yml
	cd infra/prometheus && promtool check rules rules/*.yml && promtool test rules tests.yml

rehearse-alerts: $(VENV)/dev ## each alert by its fault on a real stream; needs `prometheus` on PATH; 20 minutes -> docs/alerts.md
	PYTHONPATH=tests $(BIN)/python -m rehearsal

metrics: $(VENV)/runtime ## docs/metrics.md out of the catalogue
	$(BIN)/python -m infra.metrics.page

boards: $(VENV)/dev ## infra/grafana/boards out of infra/grafana/build
	$(BIN)/python -m infra.grafana.build

kills: $(VENV)/dev ## a retrainer killed before and after every step -> benchmarks/results/kills.json, docs/retraining.md
	PYTHONPATH=tests:. $(BIN)/python -m support.kills

readme: $(VENV)/runtime ## fill the README's figures and tables from result files and code
	$(BIN)/python -m benchmarks.readme

chart: $(ENVS)/chart/ready ## lint and render infra/chart again, for the tests of `make check`
	PYTHONPATH=tests $(ENVS)/chart/bin/python -m support.chart

lock: ## resolve requirements/*.in again (needs uv)
	cd requirements && for set in runtime dev bench image mlflow build chart $(ALL_PEERS:%=peer-%); do uv pip compile --upgrade --quiet \
	  --no-strip-extras --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --universal -o $$set.txt $$set.in; done

clean: down ## remove the environment, the deployment's data and every cache in this folder
	rm -rf $(VENV) .leeway .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find $(PACKAGES) tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Leeway needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(VENV): about 130 packages, two minutes the first time"
	$(PIP) -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements/dev.txt $(VENV)/runtime
	$(PIP) -r requirements/dev.txt
	@touch $@

$(VENV)/bench: requirements/bench.txt $(VENV)/runtime
	$(PIP) -r requirements/bench.txt
	@touch $@

$(ENVS)/chart/ready: requirements/chart.txt | $(VENV)/bin/python
	$(BIN)/python -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(ENVS)/%/ready: requirements/peer-%.txt | $(VENV)/bin/python # a peer that cannot be had is said in the result
	$(BIN)/python -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && touch $@ \
	  || echo "$* cannot be set up on this machine: the result will say so"
