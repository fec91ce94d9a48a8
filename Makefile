# BENCH selects benchmarks, BENCHTIME and FUZZTIME say how long each runs.
BENCH ?= .
BENCHTIME ?= 1s
FUZZTIME ?= 10s

.PHONY: test lint bench fuzz example deps

# Every module's tests, after installing what they need where that is allowed.
test: deps
	.ci/test

# Formatting, vet, staticcheck, tidy modules, import floors.
lint:
	.ci/lint

bench:
	.ci/each "$(CURDIR)/.ci/bench" '$(BENCH)' '$(BENCHTIME)'

fuzz:
	.ci/each "$(CURDIR)/.ci/fuzz" '$(FUZZTIME)'

# The shop on one address and the fake vendor on another.
example:
	go run ./example

deps:
	.ci/deps
