#!/usr/bin/env bash
# Every fuzz target for the given time.
set -euo pipefail
cd "$(dirname "$0")/.."
for file in $(grep -rl --include='*_test.go' '^func Fuzz' internal); do
  for name in $(grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | awk '{print $2}'); do
    echo "$name"
    go test "./$(dirname "$file")" -run '^$' -fuzz "^$name\$" -fuzztime "${1:-20s}" -fuzzminimizetime 5x
  done
done
