# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
#
# The front door: each target is one line about what it does and one script that does it. Meson does the building.

# The release binary is linked with link-time optimization; LTO=false links faster.
LTO ?= true
# Lines of src/ that tests must run, in percent.
COVERAGE_LIMIT ?= 85
SIM_SECONDS ?= 60
SIM_LEAST ?= 10000
FUZZ_SECONDS ?= 60
ARGS ?=
PREFIX ?= /usr/local

TEST_OPTIONS = -Dtests=true -Doptimization=1 -Db_lundef=false
comma := ,
export FUZZ_SECONDS COVERAGE_LIMIT

.DEFAULT_GOAL := release
.PHONY: release run run-cluster test test-cluster unit bench bench-cluster bench-gateway lint format fuzz tsan coverage sim mutation install package test-package clean install-packages help

release: ## the binary, build/footfall
	@tools/install-packages build
	@tools/build build -Db_lto=$(LTO)

run: release ## build, then start it with every role in one process: make run ARGS='...'
	@exec build/footfall run $(ARGS)

run-cluster: release ## build, then start Kafka, Cassandra and every role as a process of its own; Ctrl-C stops all
	@tools/install-packages cluster
	@exec tools/run-cluster $(ARGS)

test: ## unit, contract and end-to-end tests under the address and undefined behaviour sanitizers
	@tools/install-packages build test
	@tools/install-node-packages
	@tools/run-tests build-test unit,contract,e2e $(TEST_OPTIONS) -Db_sanitize=address,undefined

test-cluster: ## against real Kafka and Cassandra, one node and three: contracts, end to end as separate processes, faults
	@tools/install-packages build test cluster
	@tools/install-node-packages
	@tools/run-tests build-test cluster $(TEST_OPTIONS) -Db_sanitize=address,undefined

unit: ## the quick part of test: unit and contract only
	@tools/install-packages build test
	@tools/run-tests build-test unit,contract $(TEST_OPTIONS) -Db_sanitize=address,undefined

tsan: ## the same under the thread sanitizer; E2E='expression' adds the end-to-end tests pytest -k selects
	@tools/install-packages build test
	@tools/run-tests build-tsan unit,contract$(if $(E2E),$(comma)e2e) $(TEST_OPTIONS) -Db_sanitize=thread -Dkafka=disabled

coverage: ## which lines of src/ the tests run; fails below COVERAGE_LIMIT percent
	@tools/install-packages build test coverage
	@tools/install-node-packages
	@tools/coverage

lint: ## formatting, static analysis, include directions, sizes, banned calls, scripts
	@tools/install-packages build lint
	@tools/lint/run

format: ## rewrite the C sources the way lint wants them
	@tools/install-packages lint
	@tools/lint/format --write

fuzz: ## every fuzz target for FUZZ_SECONDS, two at a time
	@tools/install-packages build fuzz
	@tools/fuzz

sim: ## random histories of log, store and faults, for SIM_SECONDS and at least SIM_LEAST: make sim ARGS='--seed 42'
	@tools/install-packages build test
	@tools/build build-sim -Dtests=true test/sim/footfall-sim
	@build-sim/test/sim/footfall-sim --jobs $$(nproc) --seconds $(SIM_SECONDS) --least $(SIM_LEAST) $(ARGS)

mutation: ## breaks what makes counting exact, line by line; a test must notice each: make mutation ARGS='dedupe'
	@tools/install-packages build test
	@test/mutation/run $(ARGS)

install: ## the release binary with units, manual, completions, dashboards: make install DESTDIR=/tmp/root PREFIX=/usr
	@tools/install-packages build
	@tools/build build -Db_lto=$(LTO) -Dprefix=$(PREFIX)
	@meson install -C build --no-rebuild --quiet $(if $(DESTDIR),--destdir '$(abspath $(DESTDIR))')

package: ## the Debian package, build-deb/footfall_*.deb
	@tools/install-packages build package
	@tools/package-deb build-deb

test-package: ## the package on a clean Debian with systemd: installed, used, upgraded, purged
	@tools/install-packages build package
	@tools/package-deb build-deb
	@tools/test-package build-deb

bench: release ## the tables of measured figures
	@tools/install-packages bench
	@bench/run $(ARGS)

bench-cluster: release ## the same with every role a process, on real Kafka and Cassandra
	@tools/install-packages bench cluster
	@tools/build build -Db_lto=$(LTO) bench/floor_cassandra
	@bench/run --cluster $(ARGS)

bench-gateway: release ## the front door beside nginx and HAProxy: proxying, idle connections, TLS, HTTP/2
	@tools/install-packages bench cluster
	@bench/run --gateway $(ARGS)

install-packages: ## every Debian package any target needs
	@tools/install-packages build test cluster coverage lint fuzz bench

clean: ## remove everything that was built
	@[ ! -e build-cluster ] || tools/cluster --dir build-cluster wipe all
	@rm -rf build build-cluster build-test build-tsan build-coverage build-lint build-fuzz build-sim build-mutation

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 18
