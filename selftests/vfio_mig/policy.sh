#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the operator knows: said once, it holds for devices that come later, and
# again after the module was loaded anew, by the command of the systemd unit.
#
# shellcheck disable=SC2154 # out and err are ktap.sh's
# shellcheck disable=SC2317 # the tests are called by their names

unset NO_COLOR
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/vfio_mig/ktap.sh
. ./ktap.sh

unit=../../userspace/systemd/vfiomig-policy.service.in
folder=/etc/vfiomig/policy.d
mtty=/sys/class/mdev_bus/mtty/mdev_supported_types
mdevs=/sys/bus/mdev/devices
uuid=5e1f7e57-0000-4000-8000-0000000000f
port="region=0 offset=7 length=1 region=0 offset=3 length=1"
port+=" region=1 offset=7 length=1 region=1 offset=3 length=1"

for vfio_migrate in ./vfio_migrate ../../build/selftests/vfio_migrate; do
	[ ! -x "$vfio_migrate" ] || break
done
needs vfiomig jq unshare setpriv
if ! modprobe -a -q vfio_mig mtty vfio_iommu_type1 && [ ! -e "$mtty" ]; then
	skip_all "no mtty"
fi

ktap_cleanup()
{
	for dev in "$mdevs/$uuid"*; do
		[ ! -e "$dev" ] || echo 1 >"$dev/remove"
	done
	modprobe -q vfio_mig
	nothing | vfiomig policy load --replace -
	rm -rf "${folder%/*}"
}

nothing()
{
	echo '{"schema": "vfio_mig/policy/1", "scopes": []}'
}

# create N: the N-th of the mediated devices, all of one type.
create()
{
	echo "$uuid$1" >"$mtty/mtty-2/create" || fail "no mdev"
}

of_driver() # N
{
	vfiomig -j dev show "mdev/$uuid$1" | jq -r '.devices[0].attrs[] |
		select(.name == "driver").value'
}

# vouch DRIVER: a document that does
vouch()
{
	jq -n --arg driver "$1" '{schema: "vfio_mig/policy/1", scopes: [{
		scope: "driver", driver: $driver,
		attrs: [{name: "declared", rule: "any"}]}]}'
}

# What systemd would run.
unit_command()
{
	sed -n 's/^ExecStart=@BINDIR@.//p' "$unit"
}

migrates()
{
	vfiomig -j dev show "mdev/${uuid}1" | jq -e '.devices[0].attrs[] |
		select(.name == "migratable").value' >/dev/null
}

verdict() # N N
{
	vfiomig -j check "mdev/$uuid$1" "mdev/$uuid$2" |
		jq -r '.targets[0].verdict'
}

test_said_once()
{
	local driver command

	mkdir -p "$folder"
	create 1
	create 2
	driver=$(of_driver 1)
	migrates || skip "mtty does not migrate on $(uname -r)"
	[ "$(verdict 1 2)" = undecided ] || fail "it is decided already"
	vouch "$driver" >"$folder/10.json"
	expect 0 vfiomig policy load "$folder/10.json"
	empty "$out"
	[ "$(verdict 1 2)" = compatible ] || fail "not by what is there"
	create 3
	[ "$(verdict 1 3)" = compatible ] || fail "not by what came later"

	for dev in "$mdevs/$uuid"*; do
		echo 1 >"$dev/remove"
	done
	modprobe -r vfio_mig_sim 2>/dev/null
	modprobe -r vfio_mig || fail "the module does not go"
	modprobe vfio_mig
	create 1
	create 2
	[ "$(verdict 1 2)" = undecided ] || fail "it is not a new beginning"
	command=$(unit_command)
	says "$unit" "ExecStart=@BINDIR@/vfiomig policy load --replace $folder"
	# shellcheck disable=SC2086 # words
	expect 0 $command
	[ "$(verdict 1 2)" = compatible ] || fail "not by the unit's command"
	printf 'source=%s target=%s %s\n' "mdev/${uuid}1" "mdev/${uuid}2" \
		"$port" >"$ktap_dir/job"
	expect 0 "$vfio_migrate" --batch <"$ktap_dir/job"
	[ "$(jq -r .result "$out")" = same ] || fail "it has not arrived"
}

test_in_the_first_event()
{
	local events=$ktap_dir/events

	vouch vfio_mtty >"$ktap_dir/p.json"
	jq '.scopes += [{scope: "all", attrs: [{name: "hypervisor",
		type: "version", value: "9.2.4", rule: "at-least"}]}]' \
		"$ktap_dir/p.json" >"$ktap_dir/q.json"
	expect 0 vfiomig policy load "$ktap_dir/q.json"
	vfiomig -j monitor --snapshot --event add,synced --timeout 20 \
		>"$events" &
	wait_for 10 grep -q synced "$events" || fail "no monitor"
	create 4
	wait_for 10 grep -q "mdev/${uuid}4" "$events" || fail "no event"
	kill $!
	wait
	jq -e --arg handle "mdev/${uuid}4" 'select(.device.handle == $handle) |
		.device.attrs | map(select(.scope == "all" and
		.name == "hypervisor" and .value == "9.2.4")) | length == 1' \
		"$events" >/dev/null || fail "$(cat "$events")"
	# its type is under it, too
	vfiomig -j type show | jq -e '[.types[] |
		select(.handle | startswith("mdev/mtty/")) |
		any(.attrs[]; .name == "hypervisor" and .scope == "all")] |
		length > 0 and all' >/dev/null || fail "not the types"
}

test_mistakes_change_nothing()
{
	local before

	mkdir -p "$folder"
	vouch vfio_mtty >"$folder/10-right.json"
	vouch vfio_mtty | jq '.scopes[0].attrs[0].ruel = "any"' \
		>"$folder/20-wrong.json"
	echo '{' >"$folder/30-wrong.json"
	before=$(vfiomig policy show -j)
	expect 2 vfiomig policy load "$folder"
	says "$err" "20-wrong.json:"
	says "$err" 'no key "ruel"'
	says "$err" "30-wrong.json:"
	[ "$(wc -l <"$err")" = 2 ] || fail "a line each: $(cat "$err")"
	[ "$(vfiomig policy show -j)" = "$before" ] || fail "it has changed"

	# what only the kernel can tell: it has refused the second scope
	jq -n '{schema: "vfio_mig/policy/1", scopes: [
		{scope: "all", attrs: [{name: "a", type: "u64", value: 1}]},
		{scope: "driver", driver: "d", attrs: [range(17) |
			{name: "b\(.)", type: "u64", value: .}]}]}' \
		>"$folder/20-wrong.json"
	rm "$folder/30-wrong.json"
	expect 8 vfiomig policy load "$folder"
	says "$err" "more than 16"
	[ "$(vfiomig policy show -j | jq '.scopes | length')" = 0 ] ||
		fail "half of it is said: $(vfiomig policy show)"
}

# crowd DRIVER N M: a document with N values of all, and M of a driver
crowd()
{
	jq -n --arg driver "$1" --argjson n "$2" --argjson m "$3" '
		def values($name; $n): [range($n) |
			{name: "\($name)\(.)", type: "u64", value: .}];
		{schema: "vfio_mig/policy/1", scopes: [
		{scope: "all", attrs: values("a"; $n)},
		{scope: "driver", driver: $driver, attrs: values("b"; $m)}]}'
}

said()
{
	vfiomig policy save | jq -c '[.scopes[].attrs[].name]'
}

test_room_between()
{
	local driver before

	create 5
	driver=$(of_driver 5)
	crowd "$driver" 0 14 >"$ktap_dir/before.json"
	crowd "$driver" 10 2 >"$ktap_dir/after.json"
	expect 0 vfiomig policy load --replace "$ktap_dir/before.json"
	expect 0 vfiomig policy load --replace "$ktap_dir/after.json"
	[ "$(vfiomig -j dev show "mdev/${uuid}5" | jq '[.devices[0].attrs[] |
		select(.origin == "admin")] | length')" = 12 ] ||
		fail "not all of it: $(vfiomig dev show "mdev/${uuid}5")"

	# this has no room in the end, either: it is as before
	before=$(said)
	crowd "$driver" 4 13 >"$ktap_dir/more.json"
	expect 8 vfiomig policy load --replace "$ktap_dir/more.json"
	[ "$(said)" = "$before" ] || fail "$(said)"
}

test_too_much_together()
{
	mkdir -p "$folder"
	crowd d 0 40 >"$folder/10.json"
	crowd d 0 40 | jq '.scopes[1].attrs[].name |= "c" + .' \
		>"$folder/20.json"
	expect 2 vfiomig policy load --dry-run "$folder"
	says "$err" "driver d: more than 64 attributes: there are 80"
	expect 2 vfiomig policy load "$folder"
	[ "$(said)" = "[]" ] || fail "$(said)"
}

test_dry_run()
{
	vouch vfio_mtty >"$ktap_dir/p.json"
	expect 0 vfiomig policy load --dry-run "$ktap_dir/p.json"
	says "$out" "+ driver vfio_mtty: declared rule any"
	expect 0 vfiomig policy show
	empty "$out"
}

test_save_and_load()
{
	expect 0 vfiomig policy set all firmware 2.1.3 rule one-of \
		accept 2.0.2-2.0.4,2.1.0-
	expect 0 vfiomig policy set driver d driver.build rule one-of accept a,b
	expect 0 vfiomig policy set driver d pci.revision rule one-of accept 1-3
	vfiomig policy save >"$ktap_dir/p.json"
	nothing | vfiomig policy load --replace - || fail "not emptied"
	expect 0 vfiomig policy load "$ktap_dir/p.json"
	[ "$(vfiomig policy save | jq -S 'del(.taken_at, .scopes[].seq)')" = \
	  "$(jq -S 'del(.taken_at, .scopes[].seq)' "$ktap_dir/p.json")" ] ||
		fail "$(vfiomig policy save)"
	expect 0 vfiomig policy load "$ktap_dir/p.json" --dry-run
	empty "$out"
}

test_rights_and_namespaces()
{
	expect 0 vfiomig policy set all a 1
	expect 6 setpriv --reuid=65534 --clear-groups vfiomig policy set all b 1
	expect 6 setpriv --reuid=65534 --clear-groups vfiomig policy del all a
	expect 0 setpriv --reuid=65534 --clear-groups vfiomig policy show
	says "$out" a
	# each has its own, and its owner may say what he likes
	expect 0 unshare -Urn sh -c 'vfiomig policy show -j &&
		vfiomig policy set all c 3 && vfiomig policy show -j'
	[ "$(head -n 1 "$out")" = '{"scopes":[]}' ] || fail "it leaks"
	says "$out" '"name":"c"'
	[ "$(vfiomig policy show -j | jq -c '[.scopes[].attrs[].name]')" = \
	  '["a"]' ] || fail "it leaks out"
}

ktap_run "$@"
