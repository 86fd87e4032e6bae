#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The KUnit suites, which are in a vfio_mig.ko of their own, or in the kernel:
# reports each case, and of one with parameters those that fail.
#
# usage: kunit.sh [MODULE]

results=/sys/kernel/debug/kunit
top=$(cd "$(dirname "$0")/../.." && pwd)
module=${1:-$top/build/${KERNEL:-}/kunit/vfio_mig.ko}

skip()
{
	echo "1..0 # SKIP $*"
	exit 4
}

die()
{
	echo "Bail out! $*"
	exit 1
}

restore()
{
	[ -z "$loaded" ] || rmmod vfio_mig
	modprobe -q vfio_mig
}

loaded=
[ -d "$results" ] || skip "a kernel without KUnit, or without debugfs"
if [ ! -e "$results/vfio_mig_match/results" ]; then
	[ -e "$module" ] || skip "no module with the suites: $module"
	modprobe -q vfio
	rmmod vfio_mig_provider vfio_mig_nomem vfio_mig_sim vfio_mig 2>/dev/null
	trap restore EXIT
	insmod "$module" || die "cannot load $module"
	loaded=yes
fi

cat "$results"/vfio_mig_{match,draft,stream}/results |
	awk '
	# cases stand four spaces in, their parameters deeper
	/^    # Subtest: / { suite = $3 }
	/^    (not )?ok [0-9]/ {
		bad = /^    not/
		sub(/^ *(not )?ok [0-9]+ /, "")
		lines[++n] = (bad ? "not ok " : "ok ") n " " suite ": " $0
		failed += bad
		next
	}
	/^     +ok [0-9]/ { params++; next }
	/^     +not ok [0-9]/ { params++ }
	/EXPECTATION|ASSERTION|Expected|==|not ok/ { print "# " $0 }
	END {
		print "1.." n
		for (i = 1; i <= n; i++)
			print lines[i]
		print "# " params " parameters"
		# a run of nothing is none
		exit failed || n < 15 || params < 50
	}'
