#!/bin/sh
# The test of bench/plan; skipped where there is no Node.js.
command -v node >/dev/null || { echo "planning: skipped: node is not installed"; exit 77; }
exec node --test --test-reporter=spec "$(dirname "$0")/planning.test.mjs"
