#!/bin/sh
# prometheus.sh SOURCE - what conf/prometheus/ says is what Debian's Prometheus understands, each alert fires when it should, and every metric
# of the publisher's and of the cluster's that is named there exists. 0 passed, 1 failed, 77 skipped.
command -v promtool >/dev/null || { echo "prometheus: no promtool on this machine"; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cp "$1"/conf/prometheus/*.yml "$1"/tests/prometheus/rules.test.yml "$dir"
cd "$dir" || exit 1
promtool check config scoreboard.yml && promtool test rules rules.test.yml || exit 1
for name in $(grep -ohE 'scoreboard_publisher_[a-z_]+' scoreboard.rules.yml | sort -u); do
	row=${name#scoreboard_publisher_}
	grep -qE "\"${row%_total}\"" "$1/publisher/core/health.h" || { echo "prometheus: $name is no metric of ours"; exit 1; }
done
for name in $(grep -ohE 'scoreboard_cluster_[a-z_]+' scoreboard.rules.yml | sort -u); do
	row=${name#scoreboard_cluster_}
	grep -qE "(METRIC_PREFIX \"|\"scoreboard_cluster_)${row%_total}\"" "$1/mosquitto-plugin/core/cluster/cluster.c" \
		"$1/mosquitto-plugin/core/presence/presence.c" || { echo "prometheus: $name is no metric of ours"; exit 1; }
done
