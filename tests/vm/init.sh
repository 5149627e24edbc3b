#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# Init of the guest's initramfs: builds a root on the ext4 disk, binds the machine's own directories into it (read-only
# over 9p, under an overlay of memory), and starts tests/vm/guest.py there. It never judges; the last thing it does is to
# switch the machine off.
#
# Why ext4 is the root and not the overlay: a file of the sensors is (device, inode), and an overlay whose layers lie on
# several file systems shows other device numbers to stat(2) than its super block has.
export PATH=/bin
/bin/busybox --install -s /bin
say() { echo "vm: $*" >/dev/console; }
off() { sync; echo o >/proc/sysrq-trigger; sleep 60; }
must() { "$@" || { say "failed: $*"; off; }; }

mkdir -p /proc /sys /dev /lower /memory /machine /root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
# sw.repo: the checkout, at the same path as outside; sw.share: where results go; sw.dirs: what the guest sees of the root
for word in $(cat /proc/cmdline); do
	case $word in
	sw.repo=*) repo=${word#sw.repo=} ;;
	sw.dirs=*) dirs=$(echo "${word#sw.dirs=}" | tr , ' ') ;;
	esac
done
while read -r module; do must insmod "/modules/$module"; done </modules/order

must mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=262144 root /lower
must mount -t tmpfs -o size=60% memory /memory
mkdir /memory/upper /memory/work
must mount -t overlay -o lowerdir=/lower,upperdir=/memory/upper,workdir=/memory/work machine /machine
must mount -t ext4 -o noatime /dev/vda /root

cd /root || off
mkdir -p proc sys dev run tmp var/tmp var/lib/docker srv mnt
ln -s /run var/run
chmod 1777 tmp var/tmp
for d in $dirs; do
	if [ -L "/machine/$d" ]; then
		ln -s "$(readlink "/machine/$d")" "$d"
	else
		mkdir -p "$d"
		must mount --bind "/machine/$d" "$d"
	fi
done
mkdir -p ".$repo"
must mount --bind "/machine$repo" ".$repo"

mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm
mount -t devpts devpts dev/pts
mount -t tmpfs shm dev/shm
mount -t tmpfs run run
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t bpf bpf sys/fs/bpf
mount -t tracefs tracefs sys/kernel/tracing
mount -t securityfs securityfs sys/kernel/security
mkdir run/share
must mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 share run/share
ip link set lo up
hostname guest
umount /proc /sys /dev 2>/dev/null

# shellcheck disable=SC2016 # expanded in the guest
exec switch_root /root /bin/sh -c '
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
	python3 "$0/tests/vm/guest.py" /run/share >/dev/console 2>&1
	sync
	echo o >/proc/sysrq-trigger
	sleep 60' "$repo"
