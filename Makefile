# make alone prints this help.
.DEFAULT_GOAL := help
.PHONY: help demo test bench sim bugs lint shots fuzz build

GO ?= go

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: ## watch a crowd take 4,000 appointments, then click through the shop
	$(GO) run ./cmd/einlass demo $(ARGS)

build: ## the one binary, without cgo, into ./einlass
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags="-s -w" -o einlass ./cmd/einlass

test: ## everything CI runs; names what was skipped
	@scripts/test.sh

bugs: ## switch on each planted bug and name the test that catches it
	$(GO) run ./scripts/bugs

bench: ## the figures (docs/bench.md): engine, server, waiting room; plain and with +3 ms a sync
	$(GO) run ./bench
	EINLASS_FAILPOINTS=store.before-commit=delay:3ms $(GO) run -tags failpoints ./bench -sync-delay 3ms

sim: ## the long hunts: 10,000 power cuts, random histories
	EINLASS_CUTS=10000 $(GO) test ./internal/store/storetest -run 'TestPowerCuts' -v -timeout 60m
	$(GO) test ./internal/inventory -rapid.checks=200000 -timeout 30m

lint: ## vet, format, staticcheck
	$(GO) vet ./...
	@test -z "$$(gofmt -l internal cmd bench scripts scenarios)" || { gofmt -l internal cmd bench scripts scenarios; exit 1; }
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

shots: ## a screenshot of every page into out/shots, and the desk by keyboard alone in a real browser
	mkdir -p out/shots
	EINLASS_SHOTS=$(CURDIR)/out/shots $(GO) test -tags shots ./internal/web -run 'TestShots|TestByKeyboard' -v -count=1

fuzz: ## every fuzz target for 20 seconds
	@scripts/fuzz.sh 20s
