#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what building and testing need, from the distribution's packages. Does nothing when all is there.
# usage: deps.sh [bench]: with "bench" also the peers that make bench compares with
set -eu
build="gcc make pkg-config clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev libxml2-dev libjson-c-dev
libpcre2-dev libarchive-dev nettle-dev libcurl4-openssl-dev libyaml-dev libcap-ng-dev"
tests="python3 libcmocka-dev docker.io containerd runc iptables busybox-static openscap-scanner openscap-common
libxml2-utils ssg-debian ssg-applications rpm gpg gpg-agent db5.3-util debootstrap file clang-format cppcheck qemu-system-x86 kmod libclang-rt-14-dev mandoc"
[ "${1:-}" != bench ] || tests="$tests auditd"
if ! command -v dpkg-query >/dev/null 2>&1; then
	echo "deps: not a Debian system; install these packages' equivalents yourself:" $build $tests >&2
	exit 0
fi
missing=
for p in $build $tests; do
	dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || missing="$missing $p"
done
# oscap reads the mount table at /etc/mtab to tell local file systems; without it every file object with
# recurse_file_system="local" is an error there, and comparing verdicts has no oracle. systemd makes the link at boot;
# a system that was never booted, as debootstrap leaves it, has none.
mtab=
[ -e /etc/mtab ] || mtab=yes
[ -n "$missing$mtab" ] || exit 0
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || { echo "deps: need root to install:$missing${mtab:+ /etc/mtab}" >&2; exit 1; }
	sudo=sudo
fi
[ -z "$mtab" ] || $sudo ln -s ../proc/self/mounts /etc/mtab
[ -n "$missing" ] || exit 0
echo "deps: installing$missing"
$sudo apt-get update -q >/dev/null
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
