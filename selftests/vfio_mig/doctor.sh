#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vfiomig doctor: what stands between a device and a live migration, word by
# word.
#
# shellcheck disable=SC2154 # out and err are ktap.sh's
# shellcheck disable=SC2317 # the tests are called by their names

unset NO_COLOR
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/vfio_mig/ktap.sh
. ./ktap.sh

mtty=/sys/class/mdev_bus/mtty/mdev_supported_types
parents=/sys/module/vfio_mig_sim/parameters/parents
sim=/sys/class/mdev_bus/vfio_mig_sim.0/mdev_supported_types/vfio_mig_sim
mdevs=/sys/bus/mdev/devices
uuid=5e1f7e57-0000-4000-8000-0000000000e0
override=/run/modprobe.d/vfio_mig_selftests.conf
vfio_pci=/sys/bus/pci/drivers/vfio-pci
read -r bdf _ <<<"${VFIO_MIG_SELFTESTS_BDF:-}"
dev=/sys/bus/pci/devices/$bdf

needs vfiomig
needs_module vfio_mig /sys/module/vfio_mig

# json FILE CONDITION...
json()
{
	./jsoncheck.py "$@" || fail "JSON"
}

# obstacles HANDLE CHECK:SEVERITY...: those of the device or type in $out.
obstacles()
{
	local handle=$1 found

	shift
	found=$(jq -r --arg handle "$handle" '[(.devices, .types)[] |
		select(.handle == $handle).obstacles[] |
		.check + ":" + .severity] | join(" ")' "$out")
	[ "$found" = "$*" ] || fail "$handle has '$found', and not '$*'"
}

need_bdf()
{
	[ -n "$bdf" ] || skip "needs a PCI device in VFIO_MIG_SELFTESTS_BDF"
}

# make_sim TYPE: a device of $uuid.
make_sim()
{
	modprobe -q vfio_mig_sim || [ -e "$parents" ] ||
		skip "no module vfio_mig_sim"
	echo 1 >"$parents"
	echo "$uuid" >"$sim-$1/create" || fail "no device of $1"
}

ktap_cleanup()
{
	rm -f "$override"
	modprobe -q vfio_mig
	[ ! -e "$mdevs/$uuid" ] || echo 1 >"$mdevs/$uuid/remove"
	[ ! -e "$parents" ] || echo 0 >"$parents"
	[ -z "$bdf" ] || [ -e "$vfio_pci/$bdf" ] || echo "$bdf" >"$vfio_pci/bind"
}

plain="no VFIO driver but vfio-pci is for it (1b36:0010)"
plain_more="\
   where  /lib/modules/RELEASE/modules.alias
   means  vfio-pci can migrate no device
   do     ask its maker for a VFIO driver that migrates it; or take it out of the virtual machine for the time of the migration"

test_vfio_pci()
{
	local word

	need_bdf
	for word in "pci/$bdf" "$bdf" "${bdf#0000:}"; do
		exactly 1 vfiomig doctor "$word" <<-EOF
			pci/BDF (vfio-pci)
			1. fail: $plain
			$plain_more
		EOF
	done
	expect 1 vfiomig -j doctor "$bdf"
	obstacles "pci/$bdf" variant:fail
	json "$out" 'list(d) == ["checked_at", "host", "devices", "types"]' \
		'rfc3339(d["checked_at"])' 'd["types"] == []' \
		'd["host"] == {"obstacles": []}' \
		"[(o['handle'], o['driver']) for o in d['devices']] == [('pci/$bdf', 'vfio-pci')]" \
		"d['devices'][0]['obstacles'][0]['seen'] == '$plain'"
}

test_unbound()
{
	need_bdf
	echo "$bdf" >"$vfio_pci/unbind"
	exactly 1 vfiomig doctor "$bdf" <<-EOF
		pci/BDF
		1. undecided: no driver is bound to it
		   where  /sys/bus/pci/devices/BDF/driver
		   means  it is no VFIO device yet; libvirt makes it one when it starts the virtual machine (managed='yes')
		   do     nothing if libvirt does it; else modprobe vfio_pci; echo vfio-pci > /sys/bus/pci/devices/BDF/driver_override; echo BDF > /sys/bus/pci/drivers_probe
		2. fail: $plain
		$plain_more
	EOF
	expect 1 vfiomig -j doctor "$bdf"
	obstacles "pci/$bdf" binding:undecided variant:fail
	jq -e '.devices[0] | has("driver") | not' "$out" >/dev/null ||
		fail "it has a driver"

	# and what it says helps
	bash -c "$(jq -r '.devices[0].obstacles[0].do' "$out" |
		sed 's/.*; else //')" || fail "that cannot be done"
	[ -e "$dev/vfio-dev" ] || fail "that does not help"
}

# Everybody may ask, and sees the same.
test_as_nobody()
{
	need_bdf
	exactly 1 setpriv --reuid=65534 --regid=65534 --clear-groups \
		vfiomig doctor "$bdf" <<-EOF
			pci/BDF (vfio-pci)
			1. fail: $plain
			$plain_more
		EOF
}

test_container()
{
	need_bdf
	exactly 1 unshare -Urn vfiomig doctor "$bdf" <<-EOF
		pci/BDF (vfio-pci)
		1. fail: $plain
		$plain_more
		2. undecided: it is not told of in this network namespace
		   where  /proc/self/ns/net
		   means  it is in another one, and can be checked there alone
		   do     look from there (vfiomig -n), or have it given to this one from there: vfiomig dev set pci/BDF netns PID
	EOF
	expect 1 unshare -Urn vfiomig -j doctor "$bdf"
	obstacles "pci/$bdf" variant:fail namespace:undecided
}

test_sim()
{
	make_sim net
	exactly 4 vfiomig doctor "mdev/$uuid" <<-EOF
		mdev/$uuid (vfio_mig_sim)
		1. undecided: it does not track which memory it has written to
		   where  vfio_mig, attribute migratable
		   means  QEMU refuses to migrate it, unless it is told to send all memory again while the machine stands still
		   do     set QEMU's enable-migration=on for it
	EOF
	expect 4 vfiomig -j doctor "mdev/$uuid"
	obstacles "mdev/$uuid" dirty-tracking:undecided
	expect 4 unshare -Urn vfiomig -j doctor "mdev/$uuid"
	# where vfio_mig tells nothing, VFIO's debugfs does, if there is one
	if [ -d /sys/kernel/debug/vfio ]; then
		obstacles "mdev/$uuid" namespace:undecided
	else
		obstacles "mdev/$uuid" migration:undecided namespace:undecided
	fi
}

test_mtty()
{
	[ -e "$mtty" ] || modprobe -q mtty || skip "no mtty"
	echo "$uuid" >"$mtty/mtty-1/create" || fail "no mtty"
	# that of an older kernel migrates nothing
	if vfiomig -j dev show "mdev/$uuid" |
	   jq -e '.devices[0].attrs[] | select(.name == "migratable") |
		  .value == false' >/dev/null; then
		exactly 1 vfiomig doctor "mdev/$uuid" <<-EOF
			mdev/$uuid (mtty)
			1. fail: the driver mtty does not migrate it
			   where  vfio_mig, attribute migratable
			   means  QEMU refuses to migrate a virtual machine that has it
			   do     ask its maker whether a newer driver or firmware, or a setting, lets it migrate
		EOF
		return
	fi
	exactly 4 vfiomig doctor "mdev/$uuid" <<-EOF
		mdev/$uuid (mtty)
		1. undecided: nobody has declared what it accepts: its driver has no provider
		   where  vfio_mig, attribute declared
		   means  a check says "undecided" at best: only the migration itself will tell
		   do     load a provider for its driver; or try it out, and say so: vfiomig dev attr set mdev/$uuid declared rule any
	EOF
	expect 4 vfiomig -j doctor "mdev/$uuid"
	obstacles "mdev/$uuid" provider:undecided

	# and what it says helps
	bash -c "$(jq -r '.devices[0].obstacles[0].do' "$out" |
		sed 's/.*: //')" || fail "that cannot be done"
	exactly 0 vfiomig doctor "mdev/$uuid" <<-EOF
		mdev/$uuid (mtty): nothing is in the way
	EOF
	expect 0 vfiomig -j doctor "mdev/$uuid"
	obstacles "mdev/$uuid"
}

test_types()
{
	local type=mdev/vfio_mig_sim.0/vfio_mig_sim-gpu-8

	make_sim gpu-1
	exactly 1 vfiomig doctor "$type" <<-EOF
		$type
		1. fail: no device of this type can be created: 0 are left
		   where  $sim-gpu-8/available_instances
		   means  no virtual machine can come here with a device of this type
		   do     remove a device of vfio_mig_sim.0 that nobody needs (echo 1 > /sys/bus/mdev/devices/UUID/remove), or take another parent
	EOF
	expect 1 vfiomig -j doctor "$type"
	obstacles "$type" instances:fail
	echo 1 >"$mdevs/$uuid/remove"
	exactly 0 vfiomig doctor "$type" <<-EOF
		$type: nothing is in the way
	EOF
	expect 4 unshare -Urn vfiomig -j doctor "$type"
	obstacles "$type" namespace:undecided
}

test_all()
{
	need_bdf
	make_sim gpu-1
	expect 1 vfiomig doctor
	empty "$err"
	grep -qx "DEVICE OR TYPE  *DRIVER  *WORST  *WHAT WAS SEEN" "$out" ||
		fail "$(cat "$out")"
	grep -q "^pci/$bdf  *vfio-pci  *fail  *no VFIO driver" "$out" ||
		fail "$(cat "$out")"
	grep -q "^mdev/$uuid  *vfio_mig_sim  *undecided  *it does not" "$out" ||
		fail "$(cat "$out")"
	expect 1 vfiomig -j doctor
	obstacles "pci/$bdf" variant:fail
	obstacles "mdev/$uuid" dirty-tracking:undecided
	obstacles mdev/vfio_mig_sim.0/vfio_mig_sim-net instances:fail
	json "$out" \
		'all(sorted(o) == ["check", "do", "means", "scope", "seen", "severity", "where"] and all(o.values()) for s in [d["host"]] + d["devices"] + d["types"] for o in s["obstacles"])' \
		"{'pci/' + b for b in '$VFIO_MIG_SELFTESTS_BDF'.split()} <= {o['handle'] for o in d['devices']}" \
		'len(d["types"]) >= 8'
	expect 1 vfiomig -v doctor
	says "$out" "this host: nothing is in the way"
	says "$out" "pci/$bdf (vfio-pci)"
}

test_nobody_there()
{
	expect 7 vfiomig doctor ffff:ff:1f.7
	says "$err" "ffff:ff:1f.7: no such device"
	expect 7 vfiomig -j doctor mdev/none/none-1
	json "$out" 'd["error"]["code"] == 7' 'd["error"]["errno"] == "ENODEV"'
	expect 2 vfiomig doctor ff:1f.8
}

test_no_module()
{
	need_bdf
	[ ! -e /sys/module/vfio_mig_sim ] || modprobe -r vfio_mig_sim
	mkdir -p "${override%/*}"
	echo "install vfio_mig /bin/false" >"$override"
	modprobe -r vfio_mig || fail "cannot remove the module"
	exactly 1 vfiomig doctor "$bdf" <<-EOF
		pci/BDF (vfio-pci)
		1. fail: $plain
		$plain_more
		2. undecided: the module vfio_mig is not loaded
		   where  /sys/module/vfio_mig
		   means  nobody can tell beforehand to which device a migration will succeed
		   do     modprobe vfio_mig; it must have been built for this kernel
	EOF
	expect 1 vfiomig -j doctor
	obstacles "pci/$bdf" variant:fail module:undecided
	json "$out" \
		'[(o["check"], o["scope"]) for o in d["host"]["obstacles"]] == [("module", "host")]'
	expect 7 vfiomig doctor ffff:ff:1f.7
	[ ! -e /sys/module/vfio_mig ] || fail "who has loaded it?"
}

ktap_run "$@"
