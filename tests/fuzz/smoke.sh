#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make fuzz-smoke: each fuzz target replays its past crashes and then runs for some seconds on its corpus.
# usage: smoke.sh BUILD [SECONDS]. A target without a corpus is a failure. It never adds to the tracked corpus.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?build directory}
seconds=${2:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
n=0

smoke() {
	local name=$1 binary=$2
	local corpus=$here/corpus/$name crashes=$here/crashes/$name
	if [ -z "$(ls -A "$corpus" 2>/dev/null)" ]; then
		echo "its corpus $corpus is empty"
		return 1
	fi
	mkdir -p "$work/$name"
	if [ -n "$(ls -A "$crashes" 2>/dev/null)" ]; then
		"$binary" -rss_limit_mb=2048 -timeout=10 "$crashes"/* || return 1
	fi
	"$binary" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -max_len=65536 -print_final_stats=1 \
		-artifact_prefix="$work/$name-" "$work/$name" "$corpus"
}

for source in "$here"/fuzz_*.c; do
	[ -e "$source" ] || continue
	name=$(basename "$source" .c)
	n=$((n + 1))
	if smoke "$name" "$build/tests/fuzz/$name" >"$work/log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
		printf 'ok   %-28s %s runs\n' "$name" "${runs:-?}"
	else
		bad=$((bad + 1))
		printf 'FAIL %s\n' "$name"
		tail -n 40 "$work/log" | sed 's/^/     | /'
		mkdir -p "$build/fuzz-crashes" && find "$work" -maxdepth 1 -name "$name-*" -type f -exec cp {} "$build/fuzz-crashes/" \;
	fi
done
if [ $n -eq 0 ]; then
	echo "fuzz-smoke: there is no fuzz target"
	exit 1
fi
echo "fuzz-smoke: $((n - bad)) of $n targets passed (inputs that crash are kept in $build/fuzz-crashes)"
exit $((bad > 0))
