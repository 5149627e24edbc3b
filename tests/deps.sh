#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what building and testing need, from the distribution's packages. Does nothing when all is there.
set -eu
build="gcc make pkg-config clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev libxml2-dev libjson-c-dev
libpcre2-dev libarchive-dev libssl-dev libcurl4-openssl-dev"
tests="python3 libcmocka-dev docker.io containerd runc iptables busybox-static openscap-scanner openscap-common
libxml2-utils ssg-debian debootstrap file clang-format cppcheck libclang-rt-14-dev mandoc"
if ! command -v dpkg-query >/dev/null 2>&1; then
	echo "deps: not a Debian system; install these packages' equivalents yourself:" $build $tests >&2
	exit 0
fi
missing=
for p in $build $tests; do
	dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || { echo "deps: need root to install:$missing" >&2; exit 1; }
	sudo=sudo
fi
echo "deps: installing$missing"
$sudo apt-get update -q >/dev/null
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
