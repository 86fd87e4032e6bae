#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Simulated devices: two parents are two hosts, and the verdicts are those that
# people want of them.
#
# shellcheck disable=SC2154 # out and err are ktap.sh's
# shellcheck disable=SC2317 # the tests are called by their names

unset NO_COLOR
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/vfio_mig/ktap.sh
. ./ktap.sh

parents=/sys/module/vfio_mig_sim/parameters/parents
parent=/sys/class/mdev_bus/vfio_mig_sim
mdevs=/sys/bus/mdev/devices
uuid=51135000-0000-4000-8000-0000000000

# what check ends with
compatible=0 incompatible=1 adjustable=3 undecided=4

needs vfiomig
if ! modprobe -q vfio_mig_sim || [ ! -e $parents ]; then
	skip_all "no module vfio_mig_sim"
fi

# make HOST TYPE DIGITS: the device's handle is mdev/$uuid and the digits.
make()
{
	echo "$uuid$3" >"$parent.$1/mdev_supported_types/vfio_mig_sim-$2/create" ||
		fail "no device of $2"
}

# hosts TYPE TYPE: a device 00 of the one host, and 01 of the other.
hosts()
{
	echo 0 >$parents
	echo 2 >$parents
	make 0 "$1" 00
	make 1 "$2" 01
}

# verdict STATUS FROM TO
verdict()
{
	expect "$1" vfiomig -j check "mdev/$uuid$2" "mdev/$uuid$3"
}

# What was changed is described a moment later.
soon()
{
	wait_for 10 vfiomig_says "$@" || fail "mdev/$uuid$1 is never $2 $3"
}

# vfiomig_says DIGITS ATTRIBUTE VALUE
vfiomig_says()
{
	vfiomig -j dev show "mdev/$uuid$1" |
		jq -e --arg name "$2" --argjson value "$3" \
		'.devices[0].attrs[] | select(.name == $name) |
		.value == $value' >/dev/null
}

# type_says HANDLE FILTER
type_says()
{
	vfiomig -j type show "$1" | jq -e ".types[0] | $2" >/dev/null
}

ktap_cleanup()
{
	echo 0 >$parents
}

test_types_are_there_without_devices()
{
	echo 1 >$parents
	type=mdev/vfio_mig_sim.0/vfio_mig_sim
	for name in gpu-1 gpu-2 gpu-4 gpu-8 net gen1 gen2 ccw; do
		type_says $type-$name '.attrs[] | select(.name == "declared") |
			.value' || fail "$name is not declared"
		type_says $type-$name '.attrs[] | select(.name == "migratable") |
			.value' || fail "$name does not tell that it migrates"
	done
	type_says $type-gpu-8 '.available == 8' || fail "not 8 left"
	make 0 gpu-2 00
	wait_for 10 type_says $type-gpu-8 '.available == 4' ||
		fail "not 4 left"
	echo 1 >$mdevs/${uuid}00/remove
	wait_for 10 type_says $type-gpu-8 '.available == 8' ||
		fail "not 8 left again"
	echo 0 >$parents
	expect 7 vfiomig type show $type-gpu-8
}

test_same()
{
	for type in gpu-1 gpu-4 net gen1 gen2 ccw; do
		hosts $type $type
		verdict $compatible 00 01
	done
}

test_version()
{
	hosts ccw ccw
	echo 1.3.0 >$parent.1/version
	soon 01 version '"1.3.0"'
	verdict $compatible 00 01
	verdict $incompatible 01 00
	echo 2.0.0 >$parent.1/version
	soon 01 version '"2.0.0"'
	verdict $incompatible 00 01
}

test_generations()
{
	hosts gen1 gen2
	verdict $compatible 00 01
	verdict $incompatible 01 00
	echo 2.0.5 >$parent.0/interface
	soon 00 vfio_mig_sim.interface '"2.0.5"'
	verdict $incompatible 00 01
	echo 2.0.5,3.0.0- >$parent.1/accept
	wait_for 10 vfiomig -j check mdev/${uuid}00 mdev/${uuid}01 >"$out" ||
		fail "2.0.5 is never accepted"
}

test_features()
{
	hosts net net
	echo 0x4200a1 >$parent.1/features
	soon 01 features '["csum","mac","guest-tso4","ctrl-vq","mq"]'
	verdict $incompatible 00 01
	verdict $incompatible 01 00
	echo 0x200001 >$parent.1/features
	soon 01 features '["csum", 21]'
	verdict $incompatible 01 00
	echo 0x400001 >$parent.1/features
	soon 01 features '["csum", "mq"]'
	verdict $compatible 01 00
	verdict $incompatible 00 01
}

test_channel_types()
{
	hosts ccw ccw
	echo 0x1b >$parent.0/chpid_type
	soon 00 vfio_mig_sim.chpid-type 27
	verdict $incompatible 00 01
	echo 0x1a,0x1b >$parent.1/chpid_type
	wait_for 10 vfiomig -j check mdev/${uuid}00 mdev/${uuid}01 >"$out" ||
		fail "0x1b is never accepted"
	verdict $incompatible 01 00
}

test_memory()
{
	echo 2 >$parents
	echo 131072 >$parent.1/memory
	make 0 net 00
	make 1 net 01
	make 0 gpu-4 02
	make 1 gpu-4 03
	verdict $compatible 00 01
	verdict $incompatible 01 00
	verdict $compatible 02 03
	verdict $incompatible 03 02
}

test_units()
{
	hosts gpu-4 gpu-8
	verdict $adjustable 00 01
	jq -e '.targets[0].set == [{"attr": "units", "value": 2}]' "$out" \
		>/dev/null || fail "not 2 units"
	# a half and a quarter leave an eighth twice
	make 1 gpu-2 02
	make 1 gpu-4 03
	make 0 gpu-4 04
	verdict $adjustable 00 01
	make 1 gpu-8 05
	wait_for 10 units_gone || fail "units can be set that are not there"
	verdict $compatible 00 03
}

units_gone()
{
	vfiomig -j check mdev/${uuid}00 mdev/${uuid}01 >"$out"
	[ $? -eq $incompatible ]
}

# A vendor forgot it: that is what is wrong with a wrong provider. Where nobody
# says anything, nobody says anything wrong.
test_firmware()
{
	hosts ccw ccw
	echo 9 >$parent.1/firmware
	verdict $compatible 00 01
	echo 0 >$parent.0/provider
	echo 0 >$parent.1/provider
	soon 00 declared false
	soon 01 declared false
	verdict $undecided 00 01
	echo 1 >$parent.0/provider
	soon 00 declared true
	verdict $undecided 00 01
	verdict $undecided 01 00
}

ktap_run "$@"
