#!/bin/sh
# Runs one of the tests of this folder: run.sh FILE.py. 0 passed, 1 failed, 77 skipped.
cd "$(dirname "$0")" || exit 1
command -v python3 >/dev/null || { echo "examples: skipped: python3 is not installed"; exit 77; }
exec python3 -B "$1"
