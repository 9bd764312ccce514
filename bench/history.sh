#!/usr/bin/env bash
# history.sh BUILD [SECONDS] - what --history costs: bytes and CPU of a game of 18,000 keys that is played for SECONDS (480, as long as the recording)
# as fast as it was, and how long answers take where there are 1,000 games. Prints a line for each.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1 seconds=${2:-480}
dir=$(mktemp -d) port=18970 pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT

# The recorded game, whose state has as many jams of the past as a long game would: 18,000 keys.
python3 - "$dir/game.jsonl" <<'P'
import gzip, json, sys
out, grown = open(sys.argv[1], "w"), False
for line in gzip.open("tests/fixtures/game-whole.jsonl.gz", "rt"):
    entry = json.loads(line)
    state = entry.get("frame", {}).get("state", {})
    if not grown and "ScoreBoard.CurrentGame.Game" in state:
        grown, n = True, 0
        while sum(key.startswith("ScoreBoard.CurrentGame.") for key in state) < 18000:
            n += 1
            for k in range(375):
                state[f"ScoreBoard.CurrentGame.Period(1).Jam({n}).TeamJam(1).Value({k})"] = n * 1000 + k
    print(json.dumps(entry), file=out)
P

start() { # FILE SOURCE
	"$build/publisher/scoreboard-publisher" --source "$2" --register full --schema schema/crg.json --broker none --state-file none \
		--history "$1" --http 127.0.0.1:$port >"$dir/log" 2>&1 &
	pid=$!
	for _ in $(seq 100); do
		! curl -sf "http://127.0.0.1:$port/healthz" >/dev/null || return 0
		sleep 0.1
	done
	cat "$dir/log"
	exit 1
}
stop() { kill "$pid"; wait "$pid" || true; pid=; }
cpu_of() { # of the thread of this name: seconds
	local t
	for t in /proc/"$pid"/task/*; do
		[ "$(cat "$t/comm")" != history ] || awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); printf "%.2f", ($12 + $13) / hz }' "$t/stat"
	done
}
times() { # HOW-OFTEN URL: median and maximum, milliseconds
	for _ in $(seq "$1"); do curl -s -o /dev/null -w '%{time_total}\n' "http://127.0.0.1:$port/scoreboard/$2"; done |
		sort -n | awk '{ t[NR] = $1 * 1000 } END { printf "median %.1f ms, longest %.1f ms", t[int((NR + 1) / 2)], t[NR] }'
}

start "$dir/game.db" "file:$dir/game.jsonl"
sleep "$seconds"
cpu=$(cpu_of)
stop
bytes=$(stat -c %s "$dir/game.db")
awk -v b="$bytes" -v s="$seconds" -v c="$cpu" 'BEGIN {
	printf "a game of 18,000 keys, %d s: %d bytes, that is %.1f MB in two hours; the history'"'"'s thread %.2f s of CPU, %.2f %% of a core\n", s, b, b / s * 7200 / 1e6, c, c / s * 100 }'

python3 - "$dir/game.db" <<'P'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
n, = db.execute("SELECT game FROM event GROUP BY game ORDER BY count(*) DESC LIMIT 1").fetchone()
for i in range(1, 1000):
    db.execute("INSERT INTO game SELECT ?, id || '-' || ?, title, first - ?, last - ?, begin, over, view, chapter, numbers, series, result FROM game WHERE n = ?",
               (1000 + i, i, i * 7200000, i * 7200000, n))
    db.execute("INSERT INTO chapter SELECT ?, n, number, begin, end, before, after, change FROM chapter WHERE game = ?", (1000 + i, n))
db.commit()
P
start "$dir/game.db" ws://127.0.0.1:9/ # no scoreboard is there
sleep 1
id=$(python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT id FROM game, event WHERE game.n = game GROUP BY game ORDER BY count(*) DESC").fetchone()[0])' "$dir/game.db")
echo "games.json of $(curl -s "http://127.0.0.1:$port/scoreboard/games.json" | grep -o '"id"' | wc -l) games, 50 times: $(times 50 games.json)"
echo "one game, 50 times: $(times 50 "games/$id.json")"
echo "at.json, 200 times: $(times 200 "games/$id/at.json")"
