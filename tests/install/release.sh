#!/bin/bash
# release.sh - ./package --tagged refuses what is no release, and says which file differs: in a repository of the test's own, with the files that name the version.
# 0 passed, 1 failed.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$(mktemp -d)
trap 'rm -rf "$root" "$root.said"' EXIT
failed=0
fail() { echo "release: $*"; failed=1; }
git() { command git -c user.name=test -c user.email=test@example.org -c core.excludesFile= "$@"; }
# shellcheck disable=SC2046 # where a hook of git runs this, GIT_DIR is somebody's own repository
unset $(command git rev-parse --local-env-vars)
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
command -v node >/dev/null || { echo "release: node is missing"; exit 77; }

mkdir -p "$root/scripts" "$root/web/client" "$root/schema"
cp package CMakeLists.txt "$root/"
cp scripts/*.sh "$root/scripts/"
cp web/package-lock.json "$root/web/"
cp web/client/package.json "$root/web/client/"
cp schema/asyncapi.yaml "$root/schema/"
cd "$root" || exit 1
version=$(sed -n 's/^project(scoreboard-mqtt VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)
printf '# Changelog\n\n## %s (2026-01-31)\n\n- x\n\n## 0.0.1 (2025-01-31)\n' "$version" >CHANGELOG.md
git init -q . && git add . && git commit -qm 'a release' && git tag "v$version" || exit 1

# What comes after the look at the release: nothing has built the pages here.
./package --tagged --no-install >"$root.said" 2>&1
grep -q 'the pages lack' "$root.said" || { cat "$root.said"; fail "a release is refused"; }

refused() { # WORDS WHAT-DIFFERS
	./package --tagged --no-install >"$root.said" 2>&1 && fail "taken for a release: $2"
	[ "$(grep -cvE '^\./package: ' "$root.said")" = 1 ] && grep -qxF -- "$1" "$root.said" && grep -q "this is no release of $version" "$root.said" || { cat "$root.said"; fail "not said, or not alone: $1"; }
}
differs() { # FILE SED WORDS: in the next commit, which gets the tag
	sed -i "$2" "$1" && git commit -qam 'another' && git tag -f "v$version" >/dev/null
	refused "$3" "$1"
	git revert --no-edit HEAD >/dev/null && git tag -f "v$version" >/dev/null
}
differs web/client/package.json 's/^\(.*"version": "\).*/\19.9.9",/' "web/client/package.json names 9.9.9, not $version"
differs web/package-lock.json '/^\t\t"client": {/,/}/s/"version": ".*"/"version": "9.9.9"/' "web/package-lock.json names 9.9.9, not $version"
differs schema/asyncapi.yaml 's/^  version: .*/  version: 9.9.9/' "schema/asyncapi.yaml names 9.9.9, not $version"
differs CHANGELOG.md "s/^## $version .*/## $version (unreleased)/" "the newest section of CHANGELOG.md names $version (unreleased), not $version"
differs CHANGELOG.md "/^## $version/d" "the newest section of CHANGELOG.md names 0.0.1, not $version"
git tag -d "v$version" >/dev/null && refused "HEAD names no version, not $version" 'a commit without a tag'
git tag "v$version" && touch new && refused 'not everything is committed: git status' 'a file that git does not know'
exit $failed
