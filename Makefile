# make demo    the main job on the default model and the bundled problems
# make test    all tests
# make lint    format of Go and C, vet, staticcheck, govulncheck, go.mod, layering, documentation
# make check   lint and the tests
# make help    the rest

SHELL := bash
.DEFAULT_GOAL := build
export CGO_ENABLED = 1

.PHONY: dist dist-vulkan dist-cuda packages vulkan cuda gpu-bundle help setup deps build demo test test-data test-cpython race lint check fmt fuzz bench-engine bench-sandbox bench-budget bench-humaneval bench-session clean

help:
	@sed -n 's/^# make/make/p' Makefile

# make setup   installs what the machine lacks (needs root or sudo)
setup:
	@scripts/setup.sh

# make deps    builds what the Go code links to: llama.cpp, Wasmtime's library,
#              the sandbox guest if it changed (minutes the first time, cached afterwards)
deps: setup
	@scripts/link-wasmtime.sh
	@scripts/build-llama.sh
	@scripts/build-guest.sh

# make packages  the packages guest, lib/coderm/coderm-guest-packages.tar.zst: what programs
#              can import beside the library (minutes the first time, cached afterwards)
packages:
	@scripts/build-packages.sh

# make build   bin/coderm
build: deps
	@[ -e bin/coderm ] || echo "compiling coderm itself (minutes of processor time, once)" >&2
	go build -o bin/coderm ./cmd/coderm

demo: build
	@scripts/demo.sh

# Where the recorded data are at hand, no test may be skipped.
test: export CODERM_DATA ?= $(wildcard $(abspath ../shared/data))
test: build test-data
	go test -timeout 30m ./...
	go -C examples/cluster/kubernetes test ./...

test-data: build
	@scripts/setup.sh tests
	@scripts/test-data.sh

# make race    the packages with goroutines under the race detector, with strict
#              checks of what goes through cgo; RACE=./... for all
RACE ?= ./engine/... ./pipeline ./journal ./server ./sandbox/... ./kernels/... ./weights/chunk
race: deps
	GODEBUG=cgocheck=1 GOEXPERIMENT=cgocheck2 go test -race -short -timeout 60m $(RACE)

lint: deps
	@scripts/setup.sh lint
	@scripts/lint.sh

check: lint test

# make fmt     formats the code, and wraps the documentation
fmt:
	@scripts/setup.sh lint
	gofmt -w .
	scripts/format-c.sh
	git ls-files '*.md' | xargs go run ./internal/docs/wrap

# make fuzz    every fuzz target for FUZZTIME (default 10s)
FUZZTIME ?= 10s
fuzz: deps
	@scripts/fuzz.sh $(FUZZTIME)

# make bench-engine      beside llama.cpp's own tools, in turns
bench-engine: build
	benchmarks/engine/build-baselines.sh
	benchmarks/engine/compare.py

# make bench-sandbox     beside native CPython, in turns
bench-sandbox: deps
	go run ./benchmarks/sandbox compare

# make test-cpython      CPython's own tests in the sandbox's guest
test-cpython: deps
	@guest=$$(scripts/build-packages.sh --suite) && CODERM_GUEST_PACKAGES=$$guest go run ./benchmarks/sandbox suite

# make bench-budget      budget policies on recorded matrices
bench-budget: build
	scripts/bench-budget.sh

# make bench-humaneval   all of HumanEval with recorded solutions and tests
bench-humaneval: build
	scripts/bench-humaneval.sh

# make bench-session     what a user does with recorded files, with the time of each step
bench-session: build
	scripts/bench-session.sh

# make vulkan  the GPU backend for Vulkan; make cuda, that for NVIDIA (long builds)
vulkan cuda:
	@scripts/build-gpu.sh $@

# make gpu-bundle  what 'scripts/gpu-check.sh' needs on a machine without a network
gpu-bundle: deps
	@scripts/gpu-bundle.sh

# make dist    packages for others, in dist/: any Linux from 2018 on, x86-64 and ARM (long)
dist: deps
	@scripts/setup.sh dist
	@scripts/dist.sh

# make dist-vulkan  the package of a GPU backend beside those; make dist-cuda, NVIDIA's (hours)
dist-vulkan dist-cuda:
	@scripts/setup.sh dist
	@scripts/dist-gpu.sh $(@:dist-%=%)

# make clean   removes what was built here (not the shared cache)
clean:
	rm -rf bin build dist
