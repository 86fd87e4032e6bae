#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vfiomig doctor in a machine without an IOMMU, for tools/vm/selftest.
#
# shellcheck disable=SC2154 # out and err are ktap.sh's
# shellcheck disable=SC2317 # the tests are called by their names

unset NO_COLOR
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/vfio_mig/ktap.sh
. ./ktap.sh

if [ "$(ls -A /sys/class/iommu)" ]; then
	skip_all "there is an IOMMU"
fi

iommu="\
   where  /sys/class/iommu
   means  it is the IOMMU that keeps a device to the memory of its virtual machine: without one VFIO gives no physical device away
   do     switch VT-d or AMD-Vi on in the firmware's setup; VT-d may take intel_iommu=on on the kernel's command line, too"

# find_pf: the disk that can have virtual functions.
find_pf()
{
	modprobe nvme || fail "no nvme"
	for pf in /sys/bus/pci/devices/*/sriov_totalvfs; do
		pf=${pf%/*}
		[ "$(cat "$pf/class")" != 0x010802 ] || return 0
	done
	fail "no disk with SR-IOV"
}

is_live()
{
	[ "$(cat "$pf"/nvme/nvme*/state 2>/dev/null)" = live ]
}

test_host()
{
	modprobe -q vfio_mig || skip "no module vfio_mig"
	exactly 1 vfiomig doctor -v <<-EOF
		this host
		1. fail: no IOMMU is at work
		$iommu
	EOF
}

# It cannot be bound, which is not what is to be mended first.
test_vf()
{
	find_pf
	wait_for 60 is_live || fail "the disk does not come"
	echo 0 >"$pf/sriov_drivers_autoprobe"
	echo 1 >"$pf/sriov_numvfs"
	bdf=$(readlink -f "$pf/virtfn0")
	bdf=${bdf##*/}
	modprobe vfio-pci || fail "no vfio-pci"
	echo vfio-pci >"$pf/virtfn0/driver_override"
	echo "$bdf" >/sys/bus/pci/drivers_probe
	[ ! -e "$pf/virtfn0/driver" ] || fail "it was bound all the same"
	exactly 1 vfiomig doctor "$bdf" <<-EOF
		pci/BDF
		1. fail: no IOMMU is at work
		$iommu
		2. undecided: no driver is bound to it
		   where  /sys/bus/pci/devices/BDF/driver
		   means  it is no VFIO device yet; libvirt makes it one when it starts the virtual machine (managed='yes')
		   do     nothing if libvirt does it; else modprobe vfio_pci; echo vfio-pci > /sys/bus/pci/devices/BDF/driver_override; echo BDF > /sys/bus/pci/drivers_probe
		3. fail: no VFIO driver but vfio-pci is for it (1b36:0010)
		   where  /lib/modules/RELEASE/modules.alias
		   means  vfio-pci can migrate no device
		   do     ask its maker for a VFIO driver that migrates it; or take it out of the virtual machine for the time of the migration
	EOF
	expect 1 vfiomig -j doctor
	./jsoncheck.py "$out" \
		'[o["check"] for o in d["host"]["obstacles"]] == ["iommu"]' \
		'[(o["check"], o["scope"]) for o in d["devices"][0]["obstacles"]] == [("iommu", "host"), ("binding", "own"), ("variant", "own")]' ||
		fail "JSON"
}

ktap_run "$@"
