#!/bin/sh
# Runs one of the checks of this folder in the top of the tree: run.sh FILE.mjs ARG... Exits with 0: passed, 1: failed, 77: skipped.
cd "$(dirname "$0")/../.." || exit 1
command -v node >/dev/null || { echo "house: skipped: node is not installed"; exit 77; }
file=$1
shift
case $file in
*.test.mjs) exec node --test --test-reporter=spec "tests/house/$file" ;;
*) exec node "tests/house/$file" "$@" ;;
esac
