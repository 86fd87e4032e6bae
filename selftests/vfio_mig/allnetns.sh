#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# One monitor for all network namespaces: those that have a number are heard,
# those that get one later as well, and those that have none are not.
#
# shellcheck disable=SC2154 # out and err are ktap.sh's
# shellcheck disable=SC2317 # the tests are called by their names

unset NO_COLOR
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/vfio_mig/ktap.sh
. ./ktap.sh

devices=/sys/module/vfio_mig_sim/parameters/devices

needs vfiomig ip unshare setpriv
needs_module vfio_mig_sim "$devices"
needs_root move anything
before=$(cat "$devices")

# json FILE CONDITION...
json()
{
	./jsoncheck.py "$@" || fail "JSON"
}

done_so()
{
	expect 0 vfiomig "$@"
	empty "$out"
	empty "$err"
}

# setup [NETNS]: vm1 has a number, the other one has none.
setup()
{
	# who has failed leaves nobody behind
	trap 'kill $(jobs -p) 2>/dev/null' EXIT
	echo 3 >"$devices"
	ip netns add vm1 || fail "no namespace"
	ip netns set vm1 71 || fail "no number"
	[ $# -eq 0 ] || ip netns add "$1" || fail "no namespace"
}

ktap_cleanup()
{
	local name

	for name in vm1 vm2 vm3 tmp; do
		ip netns del "$name" 2>/dev/null
	done
	echo 0 >"$devices"
}

# start FILE WORD...: sets $monitor once it listens.
start()
{
	local file=$1

	shift
	vfiomig -j "$@" --snapshot 'sim/*' >"$file" 2>"$ktap_dir/err" &
	monitor=$!
	wait_for 20 grep -qs '"synced","seq":[0-9]*,"time":"[^"]*"}' "$file" ||
		fail "the monitor does not start: $(cat "$ktap_dir/err")"
}

# stop FILE: after all that has happened was told
stop()
{
	done_so dev attr set sim/sim2 the.end true
	wait_for 20 grep -q the.end "$1" || fail "the end is not told"
	kill "$monitor"
	wait "$monitor" || fail "the monitor has failed"
	empty "$ktap_dir/err"
}

# has_met FILE N: a namespace of the number 71, for the Nth time
has_met()
{
	[ "$(grep -c '"synced".*"nsid":71' "$1")" -ge "$2" ]
}

# In short: event, number of the namespace, device; without what stop() does.
events='[(e["event"], e.get("nsid"), e.get("device", {}).get("handle")) for e in d[:-1]]'

is_home()
{
	vfiomig dev show "$1" >/dev/null 2>&1
}

test_hears_who_has_a_number()
{
	local log=$ktap_dir/log

	setup vm2
	done_so dev set sim/sim0 netns vm1
	done_so dev set sim/sim1 netns vm2
	start "$log" monitor --all-netns
	json --lines "$log" \
		'[(e["event"], e.get("nsid"), e.get("netns")) for e in d] == [("add", None, None), ("add", 71, "vm1"), ("synced", 71, "vm1"), ("synced", None, None)]' \
		'all(e.get("snapshot") for e in d if e["event"] == "add")' \
		'd[1]["device"]["handle"] == "sim/sim0"' \
		'd[2]["seq"] == d[1]["seq"] == 1'
	done_so -n vm1 dev attr set sim/sim0 heard 1
	done_so -n vm2 dev attr set sim/sim1 not.heard 1
	done_so dev attr set sim/sim2 heard 2
	# it gets a number: what is there is told, and from now on all
	ip netns set vm2 auto
	wait_for 20 grep -q '"netns":"vm2"}' "$log" || fail "it does not come"
	done_so -n vm2 dev attr set sim/sim1 heard 3
	stop "$log"
	json --lines "$log" \
		'[e["event"] for e in d[4:-1]] == ["change", "change", "add", "synced", "change"]' \
		'[e.get("netns") for e in d[4:-1]] == ["vm1", None, "vm2", "vm2", "vm2"]' \
		'[e["changes"][0]["new"]["value"] for e in d[4:-1] if e["event"] == "change"] == [1, 2, 3]' \
		'd[4]["seq"] == 2' \
		'd[6]["resync"] and values(d[6]["device"])["not.heard"] == 1' \
		'd[7]["seq"] == 2 and d[8]["seq"] == 3'
}

test_one_who_comes_later()
{
	local log=$ktap_dir/log

	setup
	start "$log" monitor --all-netns
	ip netns add vm3
	ip netns set vm3 auto
	done_so dev set sim/sim0 netns vm3
	done_so -n vm3 dev set sim/sim0 netns 1
	stop "$log"
	# it may be found there, or heard to come
	json --lines "$log" \
		'all(e["netns"] == "vm3" and "partial" not in e for e in d[5:] if "nsid" in e)' \
		'[e["event"] for e in d[5:] if e.get("nsid") and "device" in e] in (["add", "del"], [])' \
		'[e["event"] for e in d[5:-1] if "nsid" not in e] == ["del", "add"]' \
		'any(e["event"] == "synced" for e in d[5:])'
}

test_moves()
{
	local log=$ktap_dir/log

	setup vm2
	ip netns set vm2 72
	# ours may have a number as well, and is no other one for that
	ip netns attach tmp $$ && ip netns set tmp 70 && ip netns del tmp
	start "$log" monitor --all-netns
	done_so dev set sim/sim0 netns vm1
	done_so -n vm1 dev set sim/sim0 netns vm2
	done_so -n vm2 dev set sim/sim0 netns 1
	stop "$log"
	json --lines "$log" \
		"$events"'[6:] == [("del", None, "sim/sim0"), ("add", 71, "sim/sim0"), ("del", 71, "sim/sim0"), ("add", 72, "sim/sim0"), ("del", 72, "sim/sim0"), ("add", None, "sim/sim0")]' \
		'not any("resync" in e for e in d)' \
		'len({e["device"]["id"] for e in d[6:-1]}) == 1' \
		'[e["seq"] for e in d[6:-1] if "nsid" in e] == [1, 2, 1, 2]'
}

test_death()
{
	local log=$ktap_dir/log i

	setup
	done_so dev set sim/sim0 netns vm1
	done_so dev set sim/sim1 netns vm1
	start "$log" monitor --all-netns
	ip netns del vm1
	wait_for 20 is_home sim/sim0 || fail "it does not come"
	wait_for 20 is_home sim/sim1 || fail "it does not come"
	# whose number is given anew
	for i in 1 2 3; do
		ip netns add vm1
		ip netns set vm1 71
		wait_for 20 has_met "$log" $((i + 1)) || fail "it is not met"
		done_so dev set sim/sim0 netns vm1
		ip netns del vm1
		wait_for 20 is_home sim/sim0 || fail "it does not come"
	done
	stop "$log"
	json --lines "$log" \
		'[e["event"] for e in d if e.get("device", {}).get("handle") == "sim/sim0"] == ["add"] + 7 * ["del", "add"]' \
		'["nsid" in e for e in d if e.get("device", {}).get("handle") == "sim/sim0"] == [True] + [True, False] + 3 * [False, True, True, False]' \
		'[e["event"] for e in d if e.get("device", {}).get("handle") == "sim/sim1"] == ["add", "del", "add"]' \
		'all(e["resync"] for e in d if e["event"] == "del" and "nsid" in e)' \
		'not any(e["event"] == "overrun" for e in d)'
}

is_apart() # PID
{
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# It is called nothing, but has a number: it cannot be asked.
test_without_a_name()
{
	local log=$ktap_dir/log sleeper

	setup
	unshare -n sleep 1000 &
	sleeper=$!
	wait_for 20 is_apart "$sleeper" || fail "no namespace"
	done_so dev set sim/sim0 netns "$sleeper"
	ip netns attach tmp "$sleeper"
	ip netns set tmp 73
	ip netns del tmp
	start "$log" monitor --all-netns
	done_so -n "$sleeper" dev attr set sim/sim0 heard 1
	done_so dev set sim/sim1 netns "$sleeper"
	done_so -n "$sleeper" dev attr set sim/sim1 heard 2
	kill "$sleeper"
	wait_for 20 is_home sim/sim0 || fail "it does not come"
	wait_for 20 is_home sim/sim1 || fail "it does not come"
	stop "$log"
	json --lines "$log" \
		'[(e["event"], e.get("nsid"), e.get("partial")) for e in d[2:5]] == [("synced", 71, None), ("synced", 73, True), ("synced", None, None)]' \
		'[(e["event"], e["device"]["handle"], e.get("resync")) for e in d if e.get("nsid") == 73 and "device" in e][:3] == [("add", "sim/sim0", True), ("add", "sim/sim1", None), ("change", "sim/sim1", None)]' \
		'sorted((e["event"], e["device"]["handle"], e["resync"]) for e in d[5:] if e.get("nsid") == 73 and e["event"] == "del") == [("del", "sim/sim0", True), ("del", "sim/sim1", True)]' \
		'not any("netns" in e for e in d if e.get("nsid") == 73)'
}

# They are heard, but not entered.
test_right_to_hear_alone()
{
	local log=$ktap_dir/log

	setup
	done_so dev set sim/sim0 netns vm1
	setpriv --reuid=65534 --clear-groups --inh-caps=-all,+net_broadcast \
		--ambient-caps=-all,+net_broadcast \
		vfiomig monitor --all-netns --snapshot 'sim/*' >"$log" \
		2>"$ktap_dir/err" &
	monitor=$!
	wait_for 20 grep -qsx synced "$log" ||
		fail "the monitor does not start: $(cat "$ktap_dir/err")"
	done_so -n vm1 dev attr set sim/sim0 heard 1
	done_so -n vm1 dev attr set sim/sim0 heard 2
	stop "$log"
	says "$log" "synced netns vm1 (events only)"
	says "$log" "add device sim/sim0 netns vm1 (resync)"
	says "$log" "change device sim/sim0 netns vm1: heard 1 -> 2"
}

# In the eyes of another one: what has a number there.
test_from_elsewhere()
{
	local log=$ktap_dir/log

	setup vm2
	ip netns exec vm1 ip netns set vm2 5
	start "$log" -n vm1 monitor --all-netns
	done_so dev set sim/sim0 netns vm1
	done_so -n vm1 dev set sim/sim0 netns vm2
	wait_for 20 grep -q '"add".*"nsid":5' "$log" || fail "it does not come"
	kill "$monitor"
	wait "$monitor"
	json --lines "$log" \
		'[(e["event"], e.get("nsid"), e.get("netns")) for e in d] == [("synced", 5, "vm2"), ("synced", None, None), ("add", None, None), ("del", None, None), ("add", 5, "vm2")]'
}

test_rights()
{
	setup
	expect 6 setpriv --reuid=65534 --clear-groups vfiomig monitor --all-netns
	says "$err" "CAP_NET_BROADCAST"
	expect 6 unshare -U vfiomig -j monitor --all-netns
	json "$out" 'd["error"]["errno"] == "EPERM"' \
		'"CAP_NET_BROADCAST" in d["error"]["message"]'
	# who has it over his own hears of his own
	expect 0 unshare -Urn vfiomig monitor --all-netns --snapshot --timeout 0
	says "$out" "synced"
}

ktap_run "$@"
rc=$?
echo "$before" >"$devices"
exit $rc
