# Sourced by run.sh: what RESULTS.md says of the parts of cluster.sh.

report_storm() {
	local kind
	heading storm 'A storm: all viewers lose it at once'
	echo 'All viewers lose their connection in one moment, while 2 deltas a second go on, and come back by the rules of `web/client`:'
	echo 'each after a time of its own, up to 1.5 s, then up to 3, 6, 12, 20 s; it gives a try up after 6 s. All share one machine with the'
	echo 'servers and do their work on the same cores. "In sync" is exact again, with'
	echo 'snapshot and recent; waits are counted from the loss. The operator logs in with a password ten times a second over TCP, from'
	echo 'one second before to one second after; what fails there fell into the moment in which nobody listened.'
	echo '"Packed" rows follow the packed feed, the others JSON; how many bytes of payload a viewer joins with stands beside it.'
	echo
	echo '| what happened | viewers | to join | lost it | 50 % in sync after | 99 % | all: the longest wait | connects | refused | failed | gave up | publisher: in, refused, failed, slowest | operator: in, refused, failed, slowest | feed faults |'
	echo '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|'
	for kind in $all_storm_kinds; do
		[ -f "$results/storm-$kind.json" ] || continue
		q 'def s: . / 1000 | fixed(1) + " s";
		def logins: if .in + .refused + .failed == 0 then "stayed" else "\(.in), \(.refused), \(.failed), \(.slowest_ms | fixed(0)) ms" end;
		.viewers as $n | .payloads as $join | (faults + undelivered - .storm.counts.lost) as $faults | .storm
		| "| \($name) | \($n) | \(if $join then $join.snapshot + $join.recent else "" end) | \(.counts.lost) | \(.back_ms.p50 | s) | \(.back_ms.p99 | s) | \(if .in_sync < $n then "\($n - .in_sync) not back after \(.seconds | fixed(0)) s" else (.back_ms.max | s) end) | \(.counts.dialled) | \(.counts.refused) | \(.counts.failed) | \(.counts.timeouts) | \(.publisher | logins) | \(.operator | logins) | \($faults) |"' \
			--arg name "$(storm_name "$kind")" "$results/storm-$kind.json"
	done
	echo
	echo 'Goals: no viewer waits more than 30 s; publisher and operator are never refused. A subscription in Mosquitto 2.0 is compared with'
	echo 'each subscriber that the topic has already (`perf`: `strcmp`, below `sub__add`), so the last of 10,000 costs much more than the first; when'
	echo 'all are let in at once, all are served too late, give up, and come again. The plugin with the shipped policy lets in 4,000, then'
	echo '2,000 a second, and refuses the rest before they subscribe.'
}

report_scale() {
	local f
	heading scale 'Many viewers over a hub and edges'
	echo "A hub and $scale_edges edges with the plugin; viewers are connected to the edges directly, over WebSocket. One delta every 2 s."
	echo 'Memory and CPU are the sum over hub and edges.'
	echo
	echo '| viewers | in sync | all in sync after | memory per viewer | CPU per delivery | deliveries | p50 | p99 | max | feed faults | connections lost |'
	echo '|---|---|---|---|---|---|---|---|---|---|---|'
	for f in "$results"/scale-*.json; do
		q '"| \(.viewers) | \(.in_sync) | \(.connect_all_s | fixed(1)) s | \(.arms[0].kb_per_viewer | fixed(2)) kB | \(win(.cpu_us_per_delivery) | fixed(2)) us | \([.windows[].deliveries] | add) | \(win(.latency_ms.p50) | fixed(1)) ms | \(win(.latency_ms.p99) | fixed(1)) ms | \([.windows[].latency_ms.max] | max | fixed(1)) ms | \(faults - .counts.lost + undelivered) | \(.counts.lost) |"' "$f"
	done
}
