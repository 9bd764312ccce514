#!/bin/sh
# Does the tree obey .clang-format, and is no line longer than 144 columns unless it holds a string? Names the files that fail. With --fix it makes
# the files obey .clang-format; long lines are left to you. Exits with 0: passed, 1: failed, 77: skipped.
#
# .clang-format has no limit of columns (ColumnLimit: 0), because with one clang-format fills lines up: stories of tests, a step a line, are
# packed into columns. So the author breaks the lines, and their length is checked here.
#
# Versions of clang-format break lines differently, so that one has to be the judge: 14, Debian 12's. Where it is not installed nothing is
# checked, rather than another version asked.
cd "$(dirname "$0")/../.." || exit 1
for tool in clang-format-14 clang-format ''; do
	[ -n "$tool" ] || { echo "house/format: skipped: clang-format 14 is not installed"; exit 77; }
	"$tool" --version 2>/dev/null | grep -q 'version 14\.' && break
done

ours() {
	find base bench mosquitto-plugin publisher tests -name node_modules -prune -o -name '*.[ch]' -print
}

case ${1:-} in
--fix) ours | xargs "$tool" -i ;;
*)
	bad=0
	for file in $(ours); do
		"$tool" "$file" | cmp -s - "$file" || { echo "$file: does not obey .clang-format: tests/house/format.sh --fix"; bad=1; }
		expand "$file" | awk -v file="$file" 'length > 144 && !/"/ { print file ":" FNR ": longer than 144 columns"; bad = 1 }
			END { exit bad }' || bad=1
	done
	exit $bad
	;;
esac
