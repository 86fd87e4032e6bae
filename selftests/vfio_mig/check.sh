#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vfiomig check: the kernel's verdict, and that files come to the same.
#
# shellcheck disable=SC2154 # out and err are ktap.sh's
# shellcheck disable=SC2317 # the tests are called by their names

unset NO_COLOR
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/vfio_mig/ktap.sh
. ./ktap.sh

mtty=/sys/class/mdev_bus/mtty/mdev_supported_types
mdevs=/sys/bus/mdev/devices
uuid=5e1f7e57-0000-4000-8000-0000000000d

needs vfiomig
needs_module vfio_mig /sys/module/vfio_mig

# make_mdev TYPE DIGIT: its handle is $mdev.
make_mdev()
{
	[ -e "$mtty" ] || modprobe -q mtty || skip "no mtty: no types"
	echo "$uuid$2" >"$mtty/$1/create" || fail "no mdev of $1"
	mdev=mdev/$uuid$2
}

ktap_cleanup()
{
	for dev in "$mdevs/$uuid"*; do
		[ ! -e "$dev" ] || echo 1 >"$dev/remove"
	done
}

handles()
{
	{ vfiomig -j dev show; vfiomig -j type show; } |
		jq -r '(.devices // .types)[] | select(.by == null) | .handle'
}

# What must be the same whoever judges, in one order.
answer()
{
	jq -cS '.targets | map(del(.by, .file, .host, .in_use)) |
		sort_by(.target)' "$1"
}

# compare SOURCE: the kernel, a file as source, and files alone.
compare()
{
	vfiomig -j check "$1" >"$ktap_dir/kernel"
	vfiomig -j check "$all#$1" "$all" >"$ktap_dir/files"
	jq -e 'all(.targets[]; .by == "kernel")' "$ktap_dir/kernel" >/dev/null ||
		fail "the kernel has not judged"
	jq -e 'all(.targets[]; .by == "library")' "$ktap_dir/files" >/dev/null ||
		fail "the library has not judged"
	[ "$(answer "$ktap_dir/kernel")" = "$(answer "$ktap_dir/files")" ] || {
		diff <(answer "$ktap_dir/kernel") <(answer "$ktap_dir/files") |
			sed 's/^/# /'
		fail "kernel and files differ for $1"
	}

	# the same source as a profile on the wire, itself among the targets
	vfiomig -j check "$all#$1" >"$ktap_dir/wire"
	jq --arg self "$1" 'del(.targets[] | select(.target == $self))' \
		"$ktap_dir/wire" >"$ktap_dir/others"
	[ "$(answer "$ktap_dir/kernel")" = "$(answer "$ktap_dir/others")" ] ||
		fail "the kernel judges $1 otherwise as a profile"
}

test_kernel_and_files_agree()
{
	local n=0 source

	if [ -e "$mtty" ] || modprobe -q mtty; then
		make_mdev mtty-1 1
		make_mdev mtty-1 2
		make_mdev mtty-2 3
		# the driver's count of what is left comes to rest
		sleep 0.5
	fi
	all=$ktap_dir/all.json
	vfiomig profile save >"$all" || fail "nothing to save"
	for source in $(handles); do
		compare "$source"
		n=$((n + 1))
	done
	echo "# $n sources, each against all others, three ways"
	[ "$n" -gt 1 ] || fail "there are too few devices"
}

test_plain_vfio_pci_cannot_migrate()
{
	local a b

	read -r a b < <(vfiomig -j dev show | jq -r '[.devices[] |
		select(.handle | startswith("pci/")) | .handle] | join(" ")')
	[ -n "$b" ] || skip "needs two PCI devices"
	expect 1 vfiomig check "$a" "${b%% *}"
	says "$out" "migratable"
}

test_same_type_is_undecided()
{
	local a

	[ "$(uname -r | cut -d. -f1-2)" != 6.1 ] ||
		skip "this kernel's mtty does not migrate"
	make_mdev mtty-1 1
	a=$mdev
	make_mdev mtty-1 2
	expect 4 vfiomig check "$a" "$mdev"
	says "$out" "declared"
	make_mdev mtty-2 3
	expect 1 vfiomig check "$a" "$mdev"
	says "$out" "mdev.type"
	expect 4 vfiomig check "$a" mdev/mtty/mtty-1
}

test_type_in_sysfs()
{
	[ -e "$mtty" ] || modprobe -q mtty || skip "no mtty: no types"
	vfiomig profile save >"$ktap_dir/all.json"
	vfiomig -j check "$ktap_dir/all.json#$(handles | head -n 1)" \
		mdev/mtty/mtty-1 >"$out"
	jq -e '.targets[0].by == "library" and .targets[0].kind == "type"' \
		"$out" >/dev/null || fail "$(cat "$out")"
}

test_unknown_target()
{
	local a

	a=$(handles | head -n 1)
	expect 7 vfiomig check "$a" pci/0000:ff:1f.7
	expect 7 vfiomig check pci/0000:ff:1f.7
}

test_for_everybody()
{
	local a

	a=$(handles | head -n 1)
	setpriv --reuid=65534 --clear-groups vfiomig -j check "$a" >"$out"
	jq -e '.targets | length > 0' "$out" >/dev/null || fail "$(cat "$out")"
}

ktap_run "$@"
