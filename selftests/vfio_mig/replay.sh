#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Plays again what the netlink fuzzer has found worth keeping: each file in
# reproducers/ is a series of requests, and of all that comes back nothing may
# be wrong.

cd "$(dirname "$0")" || exit 1
fuzzer=../../build/fuzz/netlink

if [ ! -x $fuzzer ]; then
	echo "1..0 # SKIP no $fuzzer"
	exit 4
fi
if ! modprobe -q vfio_mig_sim; then
	echo "1..0 # SKIP no module vfio_mig_sim"
	exit 4
fi
exec $fuzzer --replay reproducers/*
