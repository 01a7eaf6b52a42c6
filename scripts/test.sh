#!/usr/bin/env bash
# Runs every test, prints a time per suite and what was skipped. In CI a skip is
# a failure: CI installs what the tests need.
set -uo pipefail
cd "$(dirname "$0")/.."
scripts/packages.sh
unformatted=$(gofmt -l internal cmd bench scripts scenarios)
[ -z "$unformatted" ] || { echo "not formatted: $unformatted"; exit 1; }
go vet ./... || exit 1
go vet -tags failpoints ./... || exit 1
CGO_ENABLED=0 go build -o /dev/null ./cmd/einlass || exit 1
race=""
if command -v gcc >/dev/null && [ "$(go env CGO_ENABLED)" = 1 ]; then race="-race"; fi
# First as the product is built, then the rooms with goroutines under the race detector.
go test -json -timeout 20m ./... | go run ./scripts/testsum || exit 1
echo "with failpoints (100 kills of the real server, crashes between relay and mark):"
go test -json -tags failpoints -timeout 20m -run 'TestKill' ./internal/app ./internal/outbox | go run ./scripts/testsum || exit 1
if [ -n "$race" ]; then
  echo "under the race detector:"
  go test -json -short $race -timeout 20m ./internal/committer ./internal/store ./internal/store/storetest ./internal/booking ./internal/web ./internal/outbox ./internal/app | go run ./scripts/testsum || exit 1
fi
