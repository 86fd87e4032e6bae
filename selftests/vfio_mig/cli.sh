#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vfiomig, the command: what it prints, and how it ends.
#
# shellcheck disable=SC2154 # out and err are ktap.sh's
# shellcheck disable=SC2317 # the tests are called by their names

unset NO_COLOR
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/vfio_mig/ktap.sh
. ./ktap.sh

nobody=65534
mtty=/sys/class/mdev_bus/mtty/mdev_supported_types
mdevs=/sys/bus/mdev/devices
uuid=5e1f7e57-0000-4000-8000-0000000000c
override=/run/modprobe.d/vfio_mig_selftests.conf
vfio_pci=/sys/bus/pci/drivers/vfio-pci
read -r -a bdfs <<<"${VFIO_MIG_SELFTESTS_BDF:-}"

needs vfiomig
needs_module vfio_mig /sys/module/vfio_mig

# it holds the other, which comes and goes here
[ ! -e /sys/module/vfio_mig_sim ] || modprobe -r vfio_mig_sim

# json FILE CONDITION...
json()
{
	./jsoncheck.py "$@" || fail "JSON"
}

# an_error CODE CONDITION...: what an error looks like under -j.
an_error()
{
	local code=$1

	shift
	empty "$err"
	json "$out" 'list(d) == ["error"]' "d['error']['code'] == $code" \
		'len(d["error"]["message"]) > 0' \
		'd["error"].get("errno", "E").startswith("E")' "$@"
}

# errors CODE CONDITION...: the same of many, which $all holds.
errors()
{
	local code=$1

	shift
	json --lines "$all" 'all(list(e) == ["error"] for e in d)' \
		"all(e['error']['code'] == $code for e in d)" \
		'all(len(e["error"]["message"]) > 0 for e in d)' \
		'all(e["error"].get("errno", "E").startswith("E") for e in d)' \
		"$@"
}

# refused CODE ARGUMENT... : without -j, an error is one line, and not among
# what was asked for.
refused()
{
	expect "$@"
	empty "$out"
	[ "$(wc -l <"$err")" -eq 1 ] || fail "more than a line: $(cat "$err")"
	says "$err" "vfiomig: "
}

need_bdf()
{
	[ ${#bdfs[@]} -gt 0 ] ||
		skip "needs a PCI device in VFIO_MIG_SELFTESTS_BDF"
}

need_mtty()
{
	[ -e "$mtty" ] || modprobe -q mtty || skip "no mtty: no types"
}

rebind()
{
	echo "$1" >"$vfio_pci/unbind" && echo "$1" >"$vfio_pci/bind"
}

ktap_cleanup()
{
	local bdf i

	if [ -e "$override" ]; then
		rm -f "$override"
	fi
	modprobe -q vfio_mig
	if [ -e /run/vfio_mig_rmem_max ]; then
		cat /run/vfio_mig_rmem_max >/proc/sys/net/core/rmem_max
		rm /run/vfio_mig_rmem_max
	fi
	for i in 0 1 2; do
		[ ! -e "$mdevs/$uuid$i" ] || echo 1 >"$mdevs/$uuid$i/remove"
	done
	for bdf in "${bdfs[@]}"; do
		[ -e "$vfio_pci/$bdf" ] || echo "$bdf" >"$vfio_pci/bind"
	done
}

test_status()
{
	local n

	n=$(find /sys/class/vfio-dev -mindepth 1 2>/dev/null | wc -l)
	expect 0 vfiomig -j status
	empty "$err"
	json "$out" "d['devices'] == $n" 'd["types"] == 0' \
		'd["undescribed"] == 0' 'int(d["instance"]) > 0' \
		'int(d["seq"]) >= d["devices"]'
	expect 0 vfiomig status
	empty "$err"
	says "$out" "instance"
}

test_dev_show()
{
	local n

	n=$(find /sys/class/vfio-dev -mindepth 1 2>/dev/null | wc -l)
	[ "$n" -gt 0 ] || skip "no VFIO device"
	expect 0 vfiomig -j dev show
	empty "$err"
	json "$out" 'list(d) == ["devices"]' "len(d['devices']) == $n" \
		'len({o["handle"] for o in d["devices"]}) == len(d["devices"])' \
		'all(o["id"] > 0 and o["seq"] > 0 for o in d["devices"])' \
		'all(os.path.isdir("/sys/bus/{}/devices/{}/vfio-dev".format(*o["handle"].split("/", 1))) for o in d["devices"])' \
		'all(a["origin"] == "vfio" and a["rule"] and a["severity"] and a["missing"] for o in d["devices"] for a in o["attrs"])'
	cp "$out" "$ktap_dir/compact"

	expect 0 vfiomig -j -p dev show
	json --pretty "$out" "d == load(open('$ktap_dir/compact').read())"

	# for people: a line for each device, below a line of titles
	expect 0 vfiomig dev show
	empty "$err"
	[ "$(wc -l <"$out")" -eq $((n + 1)) ] || fail "$(cat "$out")"
}

test_pci_is_what_sysfs_says()
{
	local name conditions=()

	need_bdf
	for name in vendor device class revision subsystem-vendor \
		    subsystem-device; do
		conditions+=("all(values(o)['pci.$name'] == int(sysfs('/sys/bus/pci/devices/' + o['handle'][4:] + '/${name/-/_}'), 16) for o in d['devices'] if o['handle'].startswith('pci/'))")
	done
	expect 0 vfiomig -j dev show
	json "$out" "${conditions[@]}" \
		"len([o for o in d['devices'] if o['handle'].startswith('pci/')]) >= ${#bdfs[@]}"
	json "$out" 'all(values(o)["driver"] == link("/sys/bus/pci/devices/" + o["handle"][4:] + "/driver") for o in d["devices"] if o["handle"].startswith("pci/"))' \
		'all(values(o)["device_api"] == "vfio-pci" for o in d["devices"] if o["handle"].startswith("pci/"))' \
		'all(values(o)["declared"] is False for o in d["devices"])'
}

test_dev_show_one()
{
	local handle

	need_bdf
	handle=pci/${bdfs[0]}
	expect 0 vfiomig -j dev show
	cp "$out" "$ktap_dir/all"
	expect 0 vfiomig -j dev show "$handle"
	empty "$err"
	json "$out" 'len(d["devices"]) == 1' \
		"d['devices'][0] == find(load(open('$ktap_dir/all').read())['devices'], '$handle')"
	expect 0 vfiomig dev show "$handle"
	says "$out" "pci.vendor"
	says "$out" "1b36"
}

# What stays is in every answer, and no answer is a mistake.
test_dev_show_while_devices_come_and_go()
{
	local i stayers churn all=$ktap_dir/all

	[ ${#bdfs[@]} -gt 1 ] ||
		skip "needs two PCI devices in VFIO_MIG_SELFTESTS_BDF"
	stayers=$(printf "'pci/%s', " "${bdfs[@]:1}")
	touch "$ktap_dir/go_on"
	while [ -e "$ktap_dir/go_on" ]; do
		rebind "${bdfs[0]}"
	done &
	churn=$!
	for i in {1..20}; do
		expect 0 vfiomig -j dev show
		empty "$err"
		cat "$out" >>"$all"
	done
	rm "$ktap_dir/go_on"
	wait "$churn"
	json --lines "$all" 'len(d) == 20' \
		"all([o['handle'] for o in e['devices']].count(s) == 1 for e in d for s in [$stayers])" \
		"all([o['handle'] for o in e['devices']].count('pci/${bdfs[0]}') < 2 for e in d)"
}

test_unknown_handle()
{
	local what all=$ktap_dir/all

	for what in dev/pci/ffff:ff:1f.7 dev/mdev/no-such dev/none/x \
		    type/mdev/none/none-1; do
		expect 7 vfiomig -j "${what%%/*}" show "${what#*/}"
		empty "$err"
		says "$out" "${what#*/}"
		cat "$out" >>"$all"
		refused 7 vfiomig "${what%%/*}" show "${what#*/}"
		says "$err" "${what#*/}"
	done

	errors 7 'len(d) == 4' \
		'all(e["error"]["errno"] == "ENODEV" for e in d)'

	# in the kernel's own words, and with the attribute that is at fault
	expect 7 vfiomig -j dev show pci/ffff:ff:1f.7
	an_error 7 'd["error"]["attribute"] == "name"' \
		'"no device of this handle" in d["error"]["message"]'
	refused 7 vfiomig dev show pci/ffff:ff:1f.7
	says "$err" "no device of this handle"
	says "$err" "name"
	expect 7 vfiomig -j profile save pci/ffff:ff:1f.7
	an_error 7
}

test_bad_arguments()
{
	local long args all=$ktap_dir/all

	long=$(printf '%300s' '' | tr ' ' x)
	while read -r -a args; do
		expect 2 vfiomig -j "${args[@]}"
		empty "$err"
		cat "$out" >>"$all"
		expect 2 vfiomig "${args[@]}"
		empty "$out"
		says "$err" "vfiomig: "
	done <<-EOT
		dev show nohandle
		dev show pci/
		dev show /0000:00:00.0
		dev show pci/$long
		dev show $long/0000:00:00.0
		dev show pci/a pci/b
		type show mdev
		type show mdev/parent/
		type show mdev//type
		nosuchcommand
		dev nosuchcommand
		type nosuchcommand
		profile nosuchcommand
		profile save nohandle
		monitor too many
		status much
		--nosuchoption
		dev show --nosuchoption
	EOT
	expect 2 vfiomig -j dev show ""
	cat "$out" >>"$all"
	errors 2 'len(d) == 19'
}

test_no_family()
{
	local command all=$ktap_dir/all

	mkdir -p "${override%/*}"
	echo "install vfio_mig /bin/false" >"$override"
	modprobe -r vfio_mig || fail "cannot remove the module"

	for command in status "dev show" "dev show pci/0000:00:00.0" \
		       "type show" "profile save" monitor; do
		# shellcheck disable=SC2086 # words
		expect 5 timeout 60 vfiomig -j $command
		empty "$err"
		cat "$out" >>"$all"
		# shellcheck disable=SC2086 # words
		refused 5 timeout 60 vfiomig $command
		says "$err" "vfio_mig"
	done
	errors 5 'len(d) == 6' \
		'all("vfio_mig" in e["error"]["message"] for e in d)'

	# this needs nobody
	for command in help "help dev" --help -h "dev --help" --version -V; do
		# shellcheck disable=SC2086 # words
		expect 0 vfiomig $command
		empty "$err"
		[ -s "$out" ] || fail "nothing from $command"
	done
	[ ! -e /sys/module/vfio_mig ] || fail "who has loaded it?"

	# and what is malformed is told so first
	expect 2 vfiomig dev show nohandle
	rm "$override"
	expect 0 vfiomig status
	[ -e /sys/module/vfio_mig ] || fail "it was not loaded"
}

as_nobody()
{
	setpriv --reuid=$nobody --regid=$nobody --clear-groups "$@"
}

test_as_nobody()
{
	local command

	[ "$(id -u)" = 0 ] || skip "only root can become nobody"
	as_nobody vfiomig --version >/dev/null 2>&1 ||
		skip "nobody may not run vfiomig"
	for command in status "dev show" "type show"; do
		# shellcheck disable=SC2086 # words
		expect 0 vfiomig -j $command
		cp "$out" "$ktap_dir/root"
		# shellcheck disable=SC2086 # words
		expect 0 as_nobody vfiomig -j $command
		cmp "$out" "$ktap_dir/root" || fail "nobody sees another $command"
	done
}

# start_monitor FILE ARGUMENT...: sets $monitor once it listens.
start_monitor()
{
	local file=$1

	shift
	vfiomig monitor --snapshot "$@" >"$file" 2>"$ktap_dir/err" &
	monitor=$!
	wait_for 20 grep -qs synced "$file" || fail "the monitor does not start"
}

# stop_monitor SIGNAL: it ends well.
stop_monitor()
{
	local status

	kill "-$1" "$monitor"
	wait "$monitor"
	status=$?
	[ "$status" -eq 0 ] || fail "SIG$1 ends it with $status"
	empty "$ktap_dir/err"
}

# lines FILE N: has the monitor printed so many?
lines()
{
	[ "$(wc -l <"$1")" -ge "$2" ]
}

test_monitor()
{
	local n bdf=${bdfs[0]:-} log=$ktap_dir/log

	need_bdf
	start_monitor "$log" -j
	n=$(wc -l <"$log")
	vfiomig -j dev show >"$out"
	json --lines "$log" \
		'all(e["event"] == "add" and e["snapshot"] is True for e in d[:-1])' \
		'd[-1]["event"] == "synced"' \
		"[e['device'] for e in d if 'device' in e] == load(open('$out').read())['devices']"
	rebind "$bdf"
	# as soon as they have happened, not when a buffer is full
	wait_for 10 lines "$log" $((n + 2)) || fail "$(tail -n +$((n + 1)) "$log")"
	vfiomig -j dev show "pci/$bdf" >"$out"
	stop_monitor INT
	json --lines "$log" "len(d) == $n + 2" \
		"[e['event'] for e in d[-2:]] == ['del', 'add']" \
		"all(e['device']['handle'] == 'pci/$bdf' for e in d[-2:])" \
		'd[-1]["seq"] == d[-2]["seq"] + 1 == d[-3]["seq"] + 2' \
		'all(rfc3339(e["time"]) for e in d)' \
		'not any("snapshot" in e or "resync" in e for e in d[-2:])' \
		"d[-1]['device'] == load(open('$out').read())['devices'][0]" \
		'd[-2]["device"]["id"] < d[-1]["device"]["id"]'
}

test_monitor_for_people()
{
	local n bdf=${bdfs[0]:-} log=$ktap_dir/log

	need_bdf
	start_monitor "$log"
	n=$(wc -l <"$log")
	rebind "$bdf"
	wait_for 10 lines "$log" $((n + 2)) || fail "$(cat "$log")"
	stop_monitor TERM
	[ "$(tail -n 2 "$log" | grep -c "$bdf")" -eq 2 ] || fail "$(cat "$log")"
	tail -n 2 "$log" | head -n 1 | grep -qw del || fail "$(cat "$log")"
	tail -n 1 "$log" | grep -qw add || fail "$(cat "$log")"
}

# It was held up, and there was more than it has room for: it says so, and then
# finds out by itself what it has missed.
test_monitor_overrun()
{
	local i bdf=${bdfs[0]:-} log=$ktap_dir/log

	need_bdf
	[ "$(id -u)" = 0 ] || skip "only root can become nobody"
	as_nobody vfiomig --version >/dev/null 2>&1 ||
		skip "nobody may not run vfiomig"
	# who is not root gets no more than this
	cat /proc/sys/net/core/rmem_max >/run/vfio_mig_rmem_max
	echo 4096 >/proc/sys/net/core/rmem_max
	setpriv --reuid=$nobody --regid=$nobody --clear-groups \
		vfiomig -j monitor --snapshot >"$log" 2>"$ktap_dir/err" &
	monitor=$!
	wait_for 20 grep -qs synced "$log" || fail "it does not start"

	kill -STOP "$monitor"
	for i in 1 2 3 4 5 6 7 8; do
		rebind "$bdf"
	done
	kill -CONT "$monitor"
	wait_for 20 occurs 1 '"event":"overrun"' "$log" ||
		fail "$(cut -c -200 "$log")"
	wait_for 20 occurs 2 '"event":"synced"' "$log" ||
		fail "$(cut -c -200 "$log")"
	stop_monitor INT
	vfiomig -j dev show >"$out"
	json --lines "$log" \
		'any(e.get("resync") for e in d)' \
		"sorted((e['device']['handle'], e['device']['id']) for e in {e['device']['handle']: e for e in d if 'device' in e}.values() if e['event'] != 'del') == sorted((o['handle'], o['id']) for o in load(open('$out').read())['devices'])"
}

# Who has read enough closes the pipe: no reason to complain.
test_monitor_into_a_closed_pipe()
{
	local bdf=${bdfs[0]:-} status

	need_bdf
	mkfifo "$ktap_dir/pipe"
	vfiomig -j monitor >"$ktap_dir/pipe" 2>"$err" &
	monitor=$!
	exec {pipe}<"$ktap_dir/pipe"
	sleep "$((2 * ${SLOW:-1}))"
	rebind "$bdf"
	read -r -u "$pipe" line || fail "not an event"
	exec {pipe}<&-
	rebind "$bdf"
	wait_for 10 ended "$monitor" || fail "it goes on"
	wait "$monitor"
	status=$?
	[ "$status" -eq 0 ] || fail "it ends with $status"
	empty "$err"
	echo "$line" >"$out"
	json "$out" 'd["event"] == "del"'
}

# ended PID: whether or not somebody has waited for it yet.
ended()
{
	[ ! -e "/proc/$1" ] || grep -qs '^State:.*Z' "/proc/$1/status"
}

test_monitor_outlives_the_module()
{
	local i n bdf=${bdfs[0]:-} log=$ktap_dir/log

	need_bdf
	start_monitor "$log" -j
	n=$(wc -l <"$log")
	for i in 1 2; do
		modprobe -r vfio_mig || fail "the monitor holds the module"
		wait_for 10 occurs $i '"event":"family-gone"' "$log" ||
			fail "$(cut -c -300 "$log")"
		modprobe vfio_mig
		wait_for 10 occurs $i '"event":"family-back"' "$log" ||
			fail "$(cut -c -300 "$log")"
	done
	# it has found its feet when it has told what there is now
	wait_for 10 occurs 3 '"event":"synced"' "$log" || :
	rebind "$bdf"
	vfiomig -j dev show "pci/$bdf" >"$out"
	wait_for 10 last_is_add "$log" "$bdf" || fail "$(cut -c -300 "$log")"
	stop_monitor INT
	json --lines "$log" \
		'[e["event"] for e in d if e["event"].startswith("family-")] == ["family-gone", "family-back"] * 2' \
		"d[-1]['device'] == load(open('$out').read())['devices'][0]" \
		'd[-2]["event"] == "del"'
	# what a client holds that believes it all is what there is
	vfiomig -j dev show >"$out"
	./jsoncheck.py --lines "$log" \
		"{e['device']['handle']: e['event'] for e in d if 'device' in e} == {o['handle']: 'add' for o in load(open('$out').read())['devices']}" ||
		fail "its last words are not what there is"
}

occurs()
{
	[ "$(grep -c "$2" "$3")" -ge "$1" ]
}

last_is_add()
{
	tail -n 1 "$1" | grep -q '"event":"add".*"pci/'"$2"'"'
}

monitor_fails()
{
	timeout 60 vfiomig "$@" monitor --snapshot >/dev/full 2>"$err"
	case $? in
	0)	fail "the monitor: nothing is wrong?" ;;
	124)	fail "the monitor goes on" ;;
	esac
}

# A disk that is full is an error, and not for nobody to see.
test_output_that_fails()
{
	local command json

	for command in status "dev show" "type show" "profile save" help \
		       --version; do
		for json in "" -j; do
			# shellcheck disable=SC2086 # words
			timeout 60 vfiomig $json $command >"$out" 2>"$err"
			# what has nothing to say cannot fail to
			[ -s "$out" ] || continue
			# shellcheck disable=SC2086 # words
			timeout 60 vfiomig $json $command >/dev/full 2>"$err"
			case $? in
			0)	fail "$json $command: nothing is wrong?" ;;
			124)	fail "$json $command goes on" ;;
			esac
		done
	done
	monitor_fails
	monitor_fails -j
}

types_now()
{
	expect 0 vfiomig -j type show
	empty "$err"
	json "$out" 'len(d["types"]) == 2' \
		"[t['handle'] for t in d['types']] == ['mdev/mtty/mtty-1', 'mdev/mtty/mtty-2']" \
		"all(t['available'] == int(sysfs('$mtty/' + t['handle'].split('/')[2] + '/available_instances')) for t in d['types'])" \
		"all(values(t)['mdev.name'] == sysfs('$mtty/' + t['handle'].split('/')[2] + '/name') for t in d['types'])" \
		"all(values(t)['device_api'] == sysfs('$mtty/' + t['handle'].split('/')[2] + '/device_api') for t in d['types'])" \
		"all(values(t)['mdev.type'] == t['handle'].split('/')[2] for t in d['types'])" "$@"
}

test_types()
{
	local i

	need_mtty
	[ "$(find $mdevs -mindepth 1 | wc -l)" -eq 0 ] ||
		skip "there are mediated devices of others"

	# nobody has told the kernel yet of the parent
	types_now 'all(t["by"] == "sysfs" for t in d["types"])'
	expect 0 vfiomig type show
	says "$out" sysfs
	expect 0 vfiomig -j type show mdev/mtty/mtty-1
	json "$out" 'len(d["types"]) == 1' 'd["types"][0]["by"] == "sysfs"'

	for i in 0 1 2; do
		echo "$uuid$i" >"$mtty/mtty-$((1 + i % 2))/create" ||
			fail "no mdev"
		types_now 'not any(t.get("by") == "sysfs" for t in d["types"])' \
			'all(values(t)["driver"] == "mtty" for t in d["types"])'
		expect 0 vfiomig -j dev show "mdev/$uuid$i"
		json "$out" "values(d['devices'][0])['mdev.type'] == 'mtty-$((1 + i % 2))'" \
			"values(d['devices'][0])['driver'] == link('$mdevs/$uuid$i/driver')"
	done
	expect 0 vfiomig type show
	says "$out" kernel

	for i in 0 1; do
		echo 1 >"$mdevs/$uuid$i/remove"
		sleep 2
		types_now 'not any(t.get("by") == "sysfs" for t in d["types"])'
	done
	echo 1 >"$mdevs/${uuid}2/remove"
	types_now 'all(t["by"] == "sysfs" for t in d["types"])'
}

# On kernels whose mtty migrates, its devices are shown so.
test_mdevs_migrate()
{
	need_mtty
	echo "${uuid}0" >"$mtty/mtty-1/create"
	echo "${uuid}1" >"$mtty/mtty-2/create"
	expect 0 vfiomig -j dev show "mdev/${uuid}0"
	json "$out" "values(d['devices'][0])['mdev.name'] == 'Single port serial'" \
		"values(d['devices'][0])['declared'] is False"
	./jsoncheck.py "$out" "values(d['devices'][0])['migratable'] is True" \
		>/dev/null || skip "this kernel's mtty does not migrate"
	json "$out" "{'stop-copy', 'p2p', 'pre-copy'} <= set(values(d['devices'][0])['migration'])"
	expect 0 vfiomig -j dev show "mdev/${uuid}1"
	json "$out" "values(d['devices'][0])['migratable'] is True" \
		"{'stop-copy', 'p2p', 'pre-copy'} <= set(values(d['devices'][0])['migration'])" \
		"values(d['devices'][0])['mdev.type'] == 'mtty-2'" \
		"values(d['devices'][0])['mdev.name'] == 'Dual port serial'"
	expect 0 vfiomig -j type show
	json "$out" 'all(values(t)["migratable"] is True for t in d["types"])'
}

test_profile_save()
{
	local handle json

	expect 0 vfiomig -j dev show
	cp "$out" "$ktap_dir/devs"
	expect 0 vfiomig -j type show
	cp "$out" "$ktap_dir/types"
	for json in "" -j; do
		expect 0 vfiomig ${json:+"$json"} profile save
		empty "$err"
		[ "$(wc -l <"$out")" -eq 1 ] || json=--pretty
		[ "$json" = --pretty ] || json=
		json ${json:+"$json"} "$out" \
			'd["schema"] == "vfio_mig/profile/1"' \
			'd["host"] == os.uname().nodename' \
			'd["kernel"].startswith(os.uname().release)' \
			'rfc3339(d["taken_at"])' \
			"d['devices'] == load(open('$ktap_dir/devs').read())['devices']" \
			"d['types'] == load(open('$ktap_dir/types').read())['types']"
	done

	need_bdf
	handle=pci/${bdfs[0]}
	expect 0 vfiomig -j profile save "$handle"
	json "$out" "[o['handle'] for o in d['devices']] == ['$handle']" \
		'd.get("types", []) == []'
}

# An empty answer elsewhere says why it is empty.
test_other_namespace()
{
	expect 0 unshare -n vfiomig -j dev show
	json "$out" 'd["devices"] == []'
	expect 0 unshare -n vfiomig dev show
	cat "$out" "$err" >"$ktap_dir/both"
	says "$ktap_dir/both" namespace
	need_bdf
	expect 7 unshare -n vfiomig -j dev show "pci/${bdfs[0]}"
	an_error 7 '"namespace" in d["error"]["message"]'
}

coloured()
{
	grep -q $'\033\[' "$1"
}

test_colour()
{
	local escape

	need_bdf
	expect 0 env TERM=xterm vfiomig dev show
	! coloured "$out" || fail "colour in a pipe"
	expect 7 env TERM=xterm vfiomig dev show pci/nothing
	! coloured "$err" || fail "colour in a pipe"

	type -P script >/dev/null || skip "no script(1), to make a terminal"
	escape=$ktap_dir/terminal
	TERM=xterm script -qec "vfiomig dev show" "$escape" >/dev/null </dev/null
	says "$escape" "${bdfs[0]}"
	coloured "$escape" || fail "no colour on a terminal"
	TERM=xterm script -qec "vfiomig --no-color dev show" "$escape" \
		>/dev/null </dev/null
	! coloured "$escape" || fail "colour in spite of --no-color"
	NO_COLOR=1 TERM=xterm script -qec "vfiomig dev show" "$escape" \
		>/dev/null </dev/null
	! coloured "$escape" || fail "colour in spite of NO_COLOR"
	TERM=xterm script -qec "vfiomig -j dev show" "$escape" \
		>/dev/null </dev/null
	! coloured "$escape" || fail "colour in JSON"
}

ktap_run "$@"
