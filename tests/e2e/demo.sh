#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make demo: the whole job on a real container. Scans it, watches it, breaks rules in it, and shows one combined result.
# usage: demo.sh BUILD. Ends with 0 only when the demo showed what it should.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "${1:?build directory}" && pwd)
stigwatch=$build/stigwatch
name="stigwatch-demo"
image="stigwatch-demo:latest"
work=$build/demo
content=$root/../shared/data/ssg-chainguard-gpos-ds.xml
[ -e "$content" ] || content=$root/content/sample-ds.xml
[ -e "$content" ] || content=$root/tests/fixtures/mini-ds.xml
job=

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
show() { printf '   $ %s\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }
cleanup() {
	[ -z "$job" ] || kill "$job" 2>/dev/null || true
	docker rm -f "$name" >/dev/null 2>&1 || true
}

# waits until a command succeeds: SECONDS COMMAND...
await() {
	local tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		[ -z "$job" ] || kill -0 "$job" 2>/dev/null || return 1
		sleep 0.1
	done
}

make_image() {
	local rootfs=$work/rootfs
	rm -rf "$rootfs"
	mkdir -p "$rootfs"/{bin,etc/apk,etc/ssl/certs,lib/apk/db,usr/lib,usr/bin,srv,tmp,var/log,dev,proc,sys}
	chmod 1777 "$rootfs/tmp"
	cp /bin/busybox "$rootfs/bin/busybox"
	for applet in sh ls cat httpd sleep chmod; do ln -s busybox "$rootfs/bin/$applet"; done
	cp "$build/actors/noop" "$rootfs/usr/bin/web-helper"
	echo '<p>hello</p>' >"$rootfs/srv/index.html"
	echo 'https://packages.example.dev/os' >"$rootfs/etc/apk/repositories"
	printf 'P:busybox\nV:1.37.0-r46\n\n' >"$rootfs/lib/apk/db/installed"
	printf 'root:*::0:::::\n' >"$rootfs/etc/shadow"
	printf 'root:x:0:0:root:/root:/bin/false\n' >"$rootfs/etc/passwd"
	printf 'ID=wolfi\nNAME="Wolfi"\n' >"$rootfs/etc/os-release"
	tar -C "$rootfs" --owner=0 --group=0 -c . |
		docker import --change 'CMD ["/bin/httpd","-f","-p","8080","-h","/srv"]' - "$image" >/dev/null
}

verdict_of() {
	xmllint --xpath "string(//*[local-name()='rule-result'][@idref='xccdf_io.stigwatch_rule_$1']/*[local-name()='result'])" \
		"$work/out.xml" 2>/dev/null
}

expect() {
	local found
	found=$(verdict_of "$1")
	printf '   %-22s %s\n' "$1" "$found"
	[ "$found" = "$2" ] || die "$1 should be $2"
}

[ "$(id -u)" -eq 0 ] || die "needs root: eBPF programs and a Docker daemon"
[ -x "$stigwatch" ] || die "$stigwatch is not built"
"$here/dockerd.sh" "$build" || die "no Docker daemon"
trap cleanup EXIT
docker rm -f "$name" >/dev/null 2>&1 || true
rm -rf "$work"
mkdir -p "$work"

step "An image: a web server on busybox, $(basename "$content") to judge it by"
make_image
docker image inspect -f '   {{.Id}}' "$image"

step "Scan and watch, from before the container exists"
show "stigwatch run container:$name --content $(basename "$content") --for 20s --evidence ... -o xccdf=out.xml -o html=out.html -o text=-"
"$stigwatch" run "container:$name" --content "$content" --for 20s --evidence "$work/evidence" \
	-o "xccdf=$work/out.xml" -o "html=$work/out.html" -o text=- >"$work/output" 2>"$work/messages" &
job=$!
await 60 grep -q '^stigwatch: ready: ' "$work/messages" || { cat "$work/messages" >&2; die "the watch did not begin"; }
sed 's/^/   /' "$work/messages"

step "The container starts, and serves"
docker run -d --network none --name "$name" "$image" >/dev/null
docker ps --filter "name=$name" --format '   {{.Names}}  {{.Status}}  {{.Command}}'

step "Somebody enters it, and makes a program of the image writable"
show "docker exec $name sh -c 'chmod 0777 /usr/bin/web-helper'"
docker exec "$name" /bin/sh -c 'chmod 0777 /usr/bin/web-helper'

step "Alerts, as they come"
for rule in no-shell immutable-files no-entry; do
	await 15 grep -q "alert: xccdf_io.stigwatch_rule_$rule" "$work/messages" || die "no alert for $rule"
done
grep 'alert: ' "$work/messages" | cut -c1-170 | sed 's/^/   /; s/$/.../'

step "The time is over: the combined result"
status=0
wait "$job" || status=$?
job=
grep -v -e 'alert: ' -e 'ready: ' "$work/messages" | sed 's/^/   /' || true
sed 's/^/   /' "$work/output"
[ "$status" -eq 2 ] || die "run ended with $status, and 2 (rules failed) was due"
for row in no-shell:fail no-package-manager:pass immutable-files:fail no-drift-exec:pass no-new-namespaces:pass no-entry:fail \
	no-mount:pass no-privilege-gain:pass no-injection:pass no-kernel-change:pass; do
	expect "${row%:*}" "${row#*:}"
done
runtime=$(xmllint --xpath "count(//*[local-name()='rule-result'][contains(@idref,'xccdf_io.stigwatch_rule_')])" "$work/out.xml")
n=$(xmllint --xpath "count(//*[local-name()='rule-result'])" "$work/out.xml")
[ "$n" -gt "$runtime" ] || die "the static rules are missing"
printf '   and %s static rules beside them, in one XCCDF TestResult\n' "$((n - runtime))"

step "Is the evidence whole?"
show "stigwatch verify $work/evidence"
"$stigwatch" verify "$work/evidence" | sed 's/^/   /'
[ -s "$work/out.html" ] || die "no page was written"

step "Done. Look at these:"
printf '   %s\n' "$work/out.html" "$work/out.xml" "$work/evidence"
