#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vfiomig dev attr and vfiomig profile load: what an administrator says of a
# device, and that he says all of it or nothing.
#
# shellcheck disable=SC2154 # out and err are ktap.sh's
# shellcheck disable=SC2317 # the tests are called by their names

unset NO_COLOR
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/vfio_mig/ktap.sh
. ./ktap.sh

nobody=65534
devices=/sys/module/vfio_mig_sim/parameters/devices
vfio_pci=/sys/bus/pci/drivers/vfio-pci
read -r -a bdfs <<<"${VFIO_MIG_SELFTESTS_BDF:-}"

needs vfiomig
needs_module vfio_mig_sim "$devices"
needs_root change anything
before=$(cat "$devices")
errors=

# json FILE CONDITION...
json()
{
	./jsoncheck.py "$@" || fail "JSON"
}

# done_so ARGUMENT...: it succeeds, and has nothing to say.
done_so()
{
	expect 0 vfiomig "$@"
	empty "$out"
	empty "$err"
}

# refused CODE ERRNO ATTRIBUTE ARGUMENT...: with -j and without, and nothing
# has changed. What JSON says is looked at by were_refused, all at once.
refused()
{
	local code=$1 errno=$2 attribute=$3

	shift 3
	vfiomig -j dev show >"$ktap_dir/before"
	expect "$code" vfiomig "$@"
	empty "$out"
	[ "$(wc -l <"$err")" -eq 1 ] || fail "not one line: $(cat "$err")"
	says "$err" "$attribute"
	expect "$code" vfiomig -j "$@"
	empty "$err"
	cat "$out" >>"$ktap_dir/all"
	errors+="($code, '$errno', '$attribute'), "
	vfiomig -j dev show | cmp - "$ktap_dir/before" || fail "it has changed"
}

were_refused()
{
	json --lines "$ktap_dir/all" 'all(list(e) == ["error"] for e in d)' \
		"[(e['error']['code'], e['error']['errno'], e['error']['attribute']) for e in d] == [$errors]"
	rm "$ktap_dir/all"
	errors=
}

# are HANDLE ATTRIBUTE...: what the administrator says of a device, by name; what
# is as usual is left out.
are()
{
	local handle=$1 IFS=,

	shift
	expect 0 vfiomig -j dev show "$handle"
	json "$out" "[a for a in d['devices'][0]['attrs'] if a['origin'] == 'admin'] == [dict({'rule': 'equal', 'severity': 'fail', 'missing': 'fail', 'origin': 'admin', 'scope': 'device'}, **a) for a in [$*]]"
}

# Each test begins with devices of which nobody has said anything.
new_devices()
{
	if ! echo 0 >"$devices" || ! echo 3 >"$devices"; then
		fail "no devices"
	fi
}

need_vf()
{
	[ ${#bdfs[@]} -gt 0 ] ||
		skip "needs a PCI device in VFIO_MIG_SELFTESTS_BDF"
	vf=pci/${bdfs[0]}
	rebind "${bdfs[0]}" || fail "cannot rebind ${bdfs[0]}"
}

rebind()
{
	echo "$1" >"$vfio_pci/unbind" && echo "$1" >"$vfio_pci/bind"
}

ktap_cleanup()
{
	echo "$before" >"$devices"
	[ ${#bdfs[@]} -eq 0 ] || rebind "${bdfs[0]}"
}

test_set_and_del()
{
	new_devices
	done_so dev attr set sim/sim0 ecc true
	done_so dev attr set sim/sim0 memory 8192 rule at-least
	done_so dev attr set sim/sim0 firmware 22.31.1014 rule one-of \
		accept 22.30.0-22.30.9,22.32.0- severity undecided missing info
	done_so dev attr set sim/sim0 features 3,200,14 type bits rule superset
	done_so dev attr set sim/sim0 model "two words" rule one-of \
		accept a-b,c,-
	are sim/sim0 "{'name': 'ecc', 'type': 'bool', 'value': True}" \
		"{'name': 'features', 'type': 'bits', 'value': [3, 14, 200], 'rule': 'superset'}" \
		"{'name': 'firmware', 'type': 'version', 'value': '22.31.1014', 'rule': 'one-of', 'accept': [{'min': '22.30.0', 'max': '22.30.9'}, {'min': '22.32.0'}], 'severity': 'undecided', 'missing': 'info'}" \
		"{'name': 'memory', 'type': 'u64', 'value': 8192, 'rule': 'at-least'}" \
		"{'name': 'model', 'type': 'string', 'value': 'two words', 'rule': 'one-of', 'accept': ['a-b', 'c', {}]}"

	# another value keeps the type, and nothing else
	done_so dev attr set sim/sim0 model 5
	done_so dev attr set sim/sim0 memory 5 type string
	refused 2 EINVAL ecc dev attr set sim/sim0 ecc yes
	were_refused
	expect 0 vfiomig -v dev attr del sim/sim0 features firmware
	says "$out" "sim/sim0: 0 set, 2 deleted"
	are sim/sim0 "{'name': 'ecc', 'type': 'bool', 'value': True}" \
		"{'name': 'memory', 'type': 'string', 'value': '5'}" \
		"{'name': 'model', 'type': 'string', 'value': '5'}"
	expect 0 vfiomig -j dev attr set sim/sim0 model x
	json "$out" 'd == {"handle": "sim/sim0", "set": 1, "deleted": 0}'
}

# The administrator has tried it out, and vouches for it.
test_rules()
{
	need_vf
	vfiomig -j dev show "$vf" | jq .devices[0].attrs >"$ktap_dir/first"
	done_so dev attr set "$vf" declared rule any
	done_so dev attr set "$vf" pci.revision rule one-of accept 1-5,9
	expect 0 vfiomig -j dev show "$vf"
	json "$out" '[a for a in d["devices"][0]["attrs"] if a["name"] == "declared"] == [{"name": "declared", "type": "bool", "value": False, "rule": "any", "severity": "undecided", "missing": "undecided", "origin": "vfio", "scope": "device"}]' \
		'any(a["name"] == "pci.revision" and a["accept"] == [{"min": 1, "max": 5}, 9] for a in d["devices"][0]["attrs"])'

	refused 8 EINVAL pci.revision dev attr set "$vf" pci.revision \
		rule semver
	refused 8 EINVAL pci.vendor dev attr set "$vf" pci.vendor rule any
	refused 7 ENOENT nothing dev attr set "$vf" nothing rule any

	done_so dev attr del "$vf" declared pci.revision
	vfiomig -j dev show "$vf" | jq .devices[0].attrs >"$ktap_dir/last"
	cmp "$ktap_dir/first" "$ktap_dir/last" || fail "not as it was"
	refused 7 ENOENT declared dev attr del "$vf" declared
	were_refused
}

test_vouched_for_it_is_compatible()
{
	local other name

	need_vf
	[ ${#bdfs[@]} -gt 1 ] ||
		skip "needs two PCI devices in VFIO_MIG_SELFTESTS_BDF"
	other=pci/${bdfs[1]}
	vfiomig -j check "$other" "$vf" >"$out"
	json "$out" 'any(f["attr"] == "declared" for f in d["targets"][0]["findings"])'
	for name in declared pci.revision; do
		done_so dev attr set "$vf" "$name" rule any
	done
	vfiomig -j check "$other" "$vf" >"$out"
	json "$out" 'not any(f["attr"] == "declared" for f in d["targets"][0]["findings"])'
}

test_refusals()
{
	new_devices
	refused 8 EEXIST sim.index dev attr set sim/sim0 sim.index 5
	refused 7 ENOENT nothing dev attr del sim/sim0 nothing
	refused 7 ENOENT sim.index dev attr del sim/sim0 sim.index
	refused 2 EINVAL Wrong dev attr set sim/sim0 Wrong 5
	refused 2 EINVAL a dev attr set sim/sim0 a x rule semver
	refused 7 ENODEV name dev attr set sim/sim9 a 1
	expect 7 vfiomig dev attr set sim/sim9 a 1 type u64
	says "$err" "no such device"
	expect 7 vfiomig dev attr del sim/sim9 a
	says "$err" "no such device"
	refused 7 ENODEV name profile load sim/sim9 sim/sim0
	expect 2 vfiomig dev attr set sim/sim0 a 1 severity bad
	says "$err" 'severity "bad": info, undecided or fail'
	were_refused
}

test_quota()
{
	local i

	need_vf
	for i in {1..16}; do
		done_so dev attr set "$vf" "a$i" "$i"
	done
	refused 8 EDQUOT one-more dev attr set "$vf" one-more 17
	were_refused
	# another value takes no room
	done_so dev attr set "$vf" a3 33
	done_so dev attr del "$vf" a3
	done_so dev attr set "$vf" one-more 17
}

as_nobody()
{
	setpriv --reuid=$nobody --regid=$nobody --clear-groups "$@"
}

test_as_nobody()
{
	local command

	new_devices
	as_nobody vfiomig --version >/dev/null 2>&1 ||
		skip "nobody may not run vfiomig"
	done_so dev attr set sim/sim0 a 1
	vfiomig -j dev show >"$ktap_dir/before"
	for command in "dev attr set sim/sim0 b 1" "dev attr del sim/sim0 a" \
		       "profile load sim/sim0 sim/sim1"; do
		# shellcheck disable=SC2086 # words
		expect 6 as_nobody vfiomig $command
		says "$err" "not permitted"
		# shellcheck disable=SC2086 # words
		expect 6 as_nobody vfiomig -j $command
		empty "$err"
		json "$out" 'd["error"]["code"] == 6' \
			'd["error"]["errno"] == "EPERM"'
	done
	vfiomig -j dev show | cmp - "$ktap_dir/before" || fail "it has changed"
}

# everything > FILE: a profile of all there can be, at its limits.
everything()
{
	jq -nc '
	def attr($i): {name: "a\($i)"} + [
		{type: "u64", value: "18446744073709551615"},
		{type: "u64", value: "9007199254740993", rule: "at-least",
		 settable: [{min: 1, max: "9007199254740995"}]},
		{type: "version", value: "4294967295.4294967295.4294967295",
		 rule: "one-of", accept: [{min: "1.0.0"}, {}]},
		{type: "bool", value: false, severity: "undecided"},
		{type: "string", value: "\u00e4", missing: "info"},
		{type: "bits", value: [], rule: "superset"}][$i % 6];
	{schema: "vfio_mig/profile/1", devices: [{handle: "x/y", attrs: (
		[range(61) | attr(.)] +
		[{name: "long", type: "string", value: ("\u00e4" * 127 + "x")},
		 {name: "bits", type: "bits", value: [range(256)],
		  names: [{bit: 255, name: "last"}]},
		 {name: "theirs", type: "u64", value: 1, origin: "driver"}])}]}'
}

# attrs HANDLE: what the administrator says of it.
attrs()
{
	vfiomig -j dev show "$1" |
		jq -c '.devices[0].attrs | map(select(.origin == "admin"))'
}

test_save_and_load()
{
	local file=$ktap_dir/f.json

	new_devices
	everything >"$ktap_dir/all.json"
	done_so profile load sim/sim0 "$ktap_dir/all.json"
	expect 0 vfiomig -j dev show sim/sim0
	json "$out" 'len(d["devices"][0]["attrs"]) == 64' \
		'values(d["devices"][0])["a0"] == "18446744073709551615"' \
		'values(d["devices"][0])["a1"] == "9007199254740993"' \
		'values(d["devices"][0])["a2"] == "4294967295.4294967295.4294967295"' \
		'len(values(d["devices"][0])["long"].encode()) == 255' \
		'values(d["devices"][0])["bits"] == [*range(255), "last"]' \
		'"theirs" not in values(d["devices"][0])'

	vfiomig profile save sim/sim0 >"$file" || fail "save"
	expect 0 vfiomig -v profile load sim/sim1 "$file"
	says "$out" "sim/sim1: 63 set, 0 deleted"
	[ "$(attrs sim/sim0)" = "$(attrs sim/sim1)" ] || fail "not the same"
	expect 0 vfiomig check sim/sim0 sim/sim1
	expect 0 vfiomig check "$file" sim/sim1
	expect 0 vfiomig -j profile load sim/sim2 - <"$file"
	json "$out" 'd == {"handle": "sim/sim2", "set": 63, "deleted": 0}'
	[ "$(attrs sim/sim0)" = "$(attrs sim/sim2)" ] || fail "not the same"

	# labels stand for bits, and stay
	done_so dev attr set sim/sim1 bits last,7
	expect 0 vfiomig -j dev show sim/sim1
	json "$out" 'values(d["devices"][0])["bits"] == [7, "last"]'

	# what was said before is forgotten, all of it
	done_so dev attr del sim/sim0 long
	done_so dev attr set sim/sim0 a0 7
	expect 0 vfiomig -v profile load sim/sim1 sim/sim0
	says "$out" "sim/sim1: 62 set, 1 deleted"
	[ "$(attrs sim/sim0)" = "$(attrs sim/sim1)" ] || fail "not the same"
	echo 4 >"$devices" || fail "no fourth device"
	done_so profile load sim/sim1 sim/sim3
	[ "$(attrs sim/sim1)" = "[]" ] || fail "$(attrs sim/sim1)"
	expect 0 vfiomig check sim/sim3 sim/sim1
}

# One that is bad in the middle: none of them is there, and none is gone.
test_all_or_nothing()
{
	local file=$ktap_dir/f.json

	new_devices
	done_so dev attr set sim/sim0 old 1
	jq -nc '{schema: "vfio_mig/profile/1", devices: [{handle: "x/y", attrs:
		[{name: "a", type: "u64", value: 1},
		 {name: "sim.index", type: "u64", value: 1},
		 {name: "z", type: "u64", value: 1}]}]}' >"$file"
	refused 8 EEXIST sim.index profile load sim/sim0 "$file"
	jq -c '.devices[0].attrs[1] = {name: "m", type: "u64", value: -1}' \
		"$file" >"$file.json"
	refused 2 EINVAL m profile load sim/sim0 "$file.json"
	jq -c '.devices[0].attrs[1] = {name: "m", type: "u64", value: 1, new: 1}' \
		"$file" >"$file.json"
	refused 2 EINVAL m profile load sim/sim0 "$file.json"
	were_refused
	are sim/sim0 "{'name': 'old', 'type': 'u64', 'value': 1}"
}

# A VF has room for 16, and a bare device's 63 do not fit.
test_too_many_to_load()
{
	need_vf
	new_devices
	everything >"$ktap_dir/all.json"
	done_so profile load sim/sim0 "$ktap_dir/all.json"
	done_so dev attr set "$vf" old 1
	expect 8 vfiomig -j profile load "$vf" sim/sim0
	json "$out" 'd["error"]["errno"] in ("EDQUOT", "E2BIG")'
	are "$vf" "{'name': 'old', 'type': 'u64', 'value': 1}"
}

# told N FILE: so many events, at least.
told()
{
	[ "$(wc -l <"$2")" -ge "$1" ]
}

test_a_load_is_one_event()
{
	local n log=$ktap_dir/log

	new_devices
	everything >"$ktap_dir/all.json"
	done_so dev attr set sim/sim0 old 1
	vfiomig -j monitor --snapshot >"$log" 2>"$ktap_dir/err" &
	monitor=$!
	wait_for 20 grep -qs synced "$log" || fail "the monitor does not start"
	n=$(wc -l <"$log")
	done_so profile load sim/sim0 "$ktap_dir/all.json"
	# the same again is no change
	done_so profile load sim/sim0 "$ktap_dir/all.json"
	done_so dev attr del sim/sim0 long bits
	wait_for 20 told $((n + 2)) "$log" || fail "it does not tell all"
	sleep 0.3
	kill "$monitor"
	wait "$monitor" || fail "the monitor fails"
	json --lines "$log" "len(d) == $n + 2" \
		'[e["event"] for e in d[-2:]] == ["change", "change"]' \
		'[len(e["changes"]) for e in d[-2:]] == [64, 2]' \
		'all(e["device"]["handle"] == "sim/sim0" for e in d[-2:])' \
		'd[-1]["seq"] == d[-2]["seq"] + 1'
}

ktap_run "$@"
