#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Network namespaces: a device is told of, and asked for, where it is, goes
# where it is sent to, and comes home when that is gone.
#
# shellcheck disable=SC2154 # out and err are ktap.sh's
# shellcheck disable=SC2317 # the tests are called by their names

unset NO_COLOR
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/vfio_mig/ktap.sh
. ./ktap.sh

devices=/sys/module/vfio_mig_sim/parameters/devices

needs vfiomig ip unshare
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

setup()
{
	echo 2 >"$devices"
	ip netns add vm1 || fail "no namespace"
	ip netns add vm2 || fail "no namespace"
}

ktap_cleanup()
{
	ip netns del vm1 2>/dev/null
	ip netns del vm2 2>/dev/null
	echo 0 >"$devices"
}

is_home()
{
	vfiomig dev show "$1" >/dev/null 2>&1
}

is_seen_in() # HANDLE NETNS...
{
	local handle=$1 netns

	shift
	for netns in 1 vm1 vm2; do
		case " $* " in
		*" $netns "*)
			expect 0 vfiomig -n "$netns" dev show "$handle"
			;;
		*)
			expect 7 vfiomig -n "$netns" dev show "$handle"
			;;
		esac
	done
}

test_goes_and_comes_home()
{
	setup
	is_seen_in sim/sim0 1
	done_so dev set sim/sim0 netns vm1
	is_seen_in sim/sim0 vm1
	# from there to a third one, and home by the number of a process
	done_so -n vm1 dev set sim/sim0 netns /run/netns/vm2
	is_seen_in sim/sim0 vm2
	done_so -n vm2 dev set sim/sim0 netns 1
	is_seen_in sim/sim0 1
	# where it is already it stays, without a word
	vfiomig -j status >"$ktap_dir/status1"
	done_so dev set sim/sim0 netns 1
	vfiomig -j status | cmp - "$ktap_dir/status1" || fail "an event"
}

test_is_told_in_both()
{
	local m1 m2

	setup
	vfiomig -j monitor sim/sim0 >"$ktap_dir/home" &
	m1=$!
	vfiomig -j -n vm1 monitor --snapshot sim/sim0 >"$ktap_dir/away" &
	m2=$!
	wait_for 20 grep -q synced "$ktap_dir/away" || fail "it does not come"
	sleep 1
	done_so dev set sim/sim0 netns vm1
	done_so -n vm1 dev set sim/sim0 netns 1
	wait_for 20 grep -q '"add"' "$ktap_dir/home" || fail "it does not come"
	wait_for 20 grep -q '"del"' "$ktap_dir/away" || fail "it does not come"
	kill "$m1" "$m2"
	wait "$m1" "$m2"
	json --lines "$ktap_dir/home" \
		'[e["event"] for e in d] == ["del", "add"]' \
		'd[1]["seq"] == d[0]["seq"] + 1' \
		'd[0]["device"]["id"] == d[1]["device"]["id"]'
	json --lines "$ktap_dir/away" \
		'[e["event"] for e in d] == ["synced", "add", "del"]' \
		'[e["seq"] for e in d[1:]] == [1, 2]'
}

test_comes_home_when_the_namespace_dies()
{
	local i

	setup
	done_so dev set sim/sim0 netns vm1
	done_so dev set sim/sim1 netns vm1
	ip netns del vm1
	wait_for 20 is_home sim/sim0 || fail "it does not come"
	wait_for 20 is_home sim/sim1 || fail "it does not come"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		ip netns add "vm-$i"
		done_so dev set sim/sim0 netns "vm-$i"
		ip netns del "vm-$i"
		wait_for 20 is_home sim/sim0 || fail "it does not come"
	done
	# and can go while it is away, or while its namespace dies
	done_so dev set sim/sim1 netns vm2
	ip netns del vm2
	echo 0 >"$devices"
	expect 7 vfiomig dev show sim/sim1
}

test_what_is_said_elsewhere_stays_there()
{
	setup
	done_so dev attr set sim/sim0 at-home 1
	done_so dev set sim/sim0 netns vm1
	done_so -n vm1 dev attr set sim/sim0 away true
	done_so -n vm1 dev attr set sim/sim0 at-home 2
	done_so -n vm1 dev set sim/sim0 netns vm2
	expect 0 vfiomig -j -n vm2 dev show sim/sim0
	json "$out" '{a["name"]: a["value"] for a in d["devices"][0]["attrs"] if a["origin"] == "admin"} == {"at-home": 1}'
	done_so -n vm2 dev attr del sim/sim0 at-home
	ip netns del vm2
	wait_for 20 is_home sim/sim0 || fail "it does not come"
	expect 0 vfiomig -j dev show sim/sim0
	json "$out" '{a["name"]: a["value"] for a in d["devices"][0]["attrs"] if a["origin"] == "admin"} == {"at-home": 1}'
}

test_a_check_sees_its_own_namespace_only()
{
	setup
	done_so dev set sim/sim0 netns vm1
	expect 7 vfiomig check sim/sim1 sim/sim0
	expect 7 vfiomig check sim/sim0
	expect 9 vfiomig -n vm1 check sim/sim0
	expect 0 vfiomig -j -n vm1 dev show
	json "$out" 'len(d["devices"]) == 1'
	expect 0 vfiomig -j -n vm1 status
	json "$out" 'd["devices"] == 1' 'd["types"] == 0'
}

is_apart() # PID
{
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

inside() # PID COMMAND...
{
	nsenter -U -n --preserve-credentials -t "$@"
}

# In a user namespace of its own, which owns the network namespace as well.
contained()
{
	unshare -Urn --fork bash -c "$1"
}

test_rights()
{
	local sleeper

	setup
	# what is not here is not there, whatever rights one has elsewhere
	expect 7 contained 'vfiomig dev show sim/sim0'
	expect 7 contained 'vfiomig dev set sim/sim0 netns $$'
	# who may not change the one it is in
	expect 6 setpriv --reuid=65534 --clear-groups \
		vfiomig dev set sim/sim0 netns /run/netns/vm1
	says "$err" "CAP_NET_ADMIN"

	# given to a container, which may speak of it, and not send it out
	unshare -Urn sleep 1000 &
	sleeper=$!
	wait_for 20 is_apart "$sleeper" || fail "no namespace"
	done_so dev set sim/sim0 netns "$sleeper"
	expect 7 vfiomig dev show sim/sim0
	exec 9</proc/self/ns/net
	expect 0 inside "$sleeper" vfiomig dev show sim/sim0
	expect 0 inside "$sleeper" vfiomig dev attr set sim/sim0 said.inside 1
	expect 7 inside "$sleeper" vfiomig dev show sim/sim1
	expect 7 inside "$sleeper" vfiomig check sim/sim0 sim/sim1
	expect 6 inside "$sleeper" \
		vfiomig dev set sim/sim0 netns /proc/self/fd/9
	says "$err" "CAP_NET_ADMIN over"
	expect 0 inside "$sleeper" vfiomig dev show sim/sim0
	kill "$sleeper"
	wait_for 20 is_home sim/sim0 || fail "it does not come"
	expect 0 vfiomig -j dev show sim/sim0
	json "$out" 'all(a["name"] != "said.inside" for a in d["devices"][0]["attrs"])'
}

test_mistakes()
{
	setup
	expect 2 vfiomig dev set sim/sim0 netns nowhere
	says "$err" "/run/netns"
	expect 2 vfiomig dev set sim/sim0 netns /etc/passwd
	says "$err" "no network namespace"
	expect 2 vfiomig dev set sim/sim0 netns
	expect 2 vfiomig dev set sim/sim0 colour red
	expect 7 vfiomig dev set sim/sim9 netns vm1
	expect 2 vfiomig -n nowhere dev show
	is_seen_in sim/sim0 1
}

ktap_run "$@"
rc=$?
echo "$before" >"$devices"
exit $rc
