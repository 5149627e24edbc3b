#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes sure a Docker daemon answers: starts one when none does, and leaves it running. usage: dockerd.sh LOGDIR
set -eu
logdir=${1:?log directory}
answers() { timeout 20 docker version >/dev/null 2>&1; }

answers && exit 0
command -v dockerd >/dev/null || { echo "dockerd.sh: docker is not installed" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || { echo "dockerd.sh: starting dockerd needs root" >&2; exit 1; }
mkdir -p "$logdir"
if [ -d /run/systemd/system ] && systemctl start docker 2>/dev/null && answers; then
	exit 0
fi
# every test container runs without a network, so a host that refuses bridges and iptables will do too
for network in "" "--bridge=none --iptables=false"; do
	# shellcheck disable=SC2086
	setsid dockerd $network >"$logdir/dockerd.log" 2>&1 </dev/null &
	pid=$!
	tries=0
	while kill -0 "$pid" 2>/dev/null && [ $tries -lt 150 ]; do
		answers && exit 0
		tries=$((tries + 1))
		sleep 0.2
	done
	kill "$pid" 2>/dev/null || true
	wait "$pid" || true
done
echo "dockerd.sh: dockerd does not start; the end of $logdir/dockerd.log:" >&2
tail -n 5 "$logdir/dockerd.log" >&2
exit 1
