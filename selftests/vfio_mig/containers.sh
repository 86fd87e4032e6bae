#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Real containers: each sees nothing, is given a device, works with it, loses it
# to the host, is given it again and dies. All the time it listens, and so does
# the host.
#
# shellcheck disable=SC2154 # out and err are ktap.sh's
# shellcheck disable=SC2317 # the tests are called by their names

unset NO_COLOR
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/vfio_mig/ktap.sh
. ./ktap.sh

devices=/sys/module/vfio_mig_sim/parameters/devices
mapped=100000

needs vfiomig ip unshare setpriv busybox
needs_module vfio_mig_sim "$devices"
needs_root give anything to a container
before=$(cat "$devices")

# The containers' files, which everybody may read. What one of them has to say
# is in its folder share, which everybody may write to.
top=$(mktemp -d) || exit 1
chmod 755 "$top"
root=$top/root
share=$root/share
podman=(podman --root "$top/podman" --runroot "$top/podman-run"
	--tmpdir "$top/podman-tmp" --storage-driver vfs
	--cgroup-manager cgroupfs --events-backend file)

# What goes on in a container.
life()
{
	cat <<-'END'
		cd /share
		vfiomig dev show >nothing 2>why
		echo $? >nothing.status
		vfiomig -j monitor --snapshot >told &
		until grep -qs synced told; do sleep 0.2; done
		>ready
		until grep -q '"add"' told; do sleep 0.2; done
		vfiomig -j dev show >answers
		vfiomig profile save >mine.json
		vfiomig -j check ./mine.json sim/sim0 >>answers
		echo $? >checked.status
		vfiomig -j check sim/sim0 sim/sim1 >unseen
		echo $? >unseen.status
		vfiomig dev attr set sim/sim0 said.inside 1 2>refused
		echo $? >changed.status
		>done
		wait
	END
}

# A program, with the libraries that it needs.
install_vfiomig()
{
	local program lib

	program=$(type -P vfiomig)
	cp "$program" "$root/bin/" || return
	ldd "$program" | grep -o '/[^ ]*' | while read -r lib; do
		cp -L "$lib" "$root/lib/"
		case ${lib##*/} in
		ld-*)	mkdir -p "$root${lib%/*}"
			cp -L "$lib" "$root$lib" ;;
		esac
	done
}

make_root()
{
	local name

	mkdir -p "$root"/{bin,lib,proc,sys,dev,tmp,etc,run,usr,var} "$share"
	chmod 777 "$share"
	cp "$(type -P busybox)" "$root/bin/busybox" || return
	for name in sh cat grep sleep; do
		ln -sf busybox "$root/bin/$name"
	done
	# where a container has no /dev of its own
	mknod -m 666 "$root/dev/null" c 1 3 || return
	install_vfiomig || return
	life >"$root/life"
	# as root in there, for whom it is to be made complete
	chown -R "$mapped:$mapped" "$root"
	chroot "$root" /bin/vfiomig -V >/dev/null
}

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
	rm -f "$share"/*
	echo 3 >"$devices"
	vfiomig -j monitor --snapshot sim/sim0 >"$top/host" 2>"$top/log" &
	echo $! >"$top/monitor"
	wait_for 60 grep -q synced "$top/host" || fail "the host hears nothing"
}

ktap_cleanup()
{
	local pid

	[ ! -e "$top/podman" ] || "${podman[@]}" rm -f -t 0 vfio_mig \
		>/dev/null 2>&1
	! type -P crun >/dev/null || crun delete -f vfio_mig 2>/dev/null
	ip netns pids vfio_mig 2>/dev/null | xargs -r kill -KILL
	ip netns del vfio_mig 2>/dev/null
	for pid in "$top/pid" "$top/monitor"; do
		[ ! -e "$pid" ] || kill -KILL "$(cat "$pid")" 2>/dev/null
		rm -f "$pid"
	done
	echo 0 >"$devices"
}

is_home()
{
	vfiomig dev show sim/sim0 >/dev/null 2>&1
}

has() # FILE
{
	[ -e "$share/$1" ]
}

# The container is ready, and listens.
began()
{
	wait_for 60 has ready && return
	tail -n 20 "$top/log" | sed 's/^/# /'
	fail "the container does nothing"
}

# apart PID: its namespaces are its own, and root's ids mean nothing outside
apart()
{
	local kind

	for kind in net user; do
		[ "$(readlink "/proc/$1/ns/$kind")" != \
		  "$(readlink "/proc/self/ns/$kind")" ] ||
			fail "$kind namespace: it is the host's"
	done
	[ "$(awk '{ print $2 }' "/proc/$1/uid_map")" = "$2" ] ||
		fail "its root is $(cat "/proc/$1/uid_map")"
}

status_is() # FILE STATUS
{
	[ "$(cat "$share/$1.status")" = "$2" ] && return
	fail "$1: $(cat "$share/$1.status"), and not $2"
}

times() # NUMBER FILE WORD
{
	[ "$(grep -c "$3" "$2")" -eq "$1" ]
}

# story NETNS: all but the container's death
story()
{
	status_is nothing 0
	empty "$share/nothing"
	says "$share/why" "not the initial one"

	done_so dev set sim/sim0 netns "$1"
	wait_for 60 has 'done' || fail "it is not told"
	expect 7 vfiomig dev show sim/sim0
	status_is checked 0
	status_is unseen 7
	status_is changed 0
	json --lines "$share/answers" \
		'[o["handle"] for o in d[0]["devices"]] == ["sim/sim0"]' \
		'[(t["target"], t["verdict"], t["by"]) for t in d[1]["targets"]] == [("sim/sim0", "compatible", "kernel")]'

	done_so -n "$1" dev set sim/sim0 netns 1
	wait_for 60 times 1 "$share/told" '"del"' || fail "it is not told"
	done_so dev set sim/sim0 netns "$1"
	wait_for 60 times 2 "$share/told" '"add"' || fail "it is not told"
}

# The container is dead, or about to die.
ends()
{
	wait_for 60 is_home || fail "the device does not come home"
	wait_for 60 times 3 "$top/host" '"add"' || fail "the host is not told"
	kill "$(cat "$top/monitor")"
	wait "$(cat "$top/monitor")"
	json --lines "$top/host" \
		'[e["event"] for e in d] == ["add", "synced", "del", "add", "del", "add"]' \
		'[e["seq"] - d[2]["seq"] for e in d[2:]] == [0, 1, 2, 3]' \
		'all("said.inside" not in values(e["device"]) for e in d if "device" in e)'
	json --lines "$share/told" \
		'[e["event"] for e in d] == ["synced", "add", "change", "del", "add"]' \
		'[e["seq"] for e in d[1:]] == [1, 2, 3, 4]' \
		'[c["attr"] for c in d[2]["changes"]] == ["said.inside"]' \
		'"said.inside" in values(d[3]["device"])' \
		'"said.inside" not in values(d[4]["device"])'
}

test_ip_netns()
{
	setup
	ip netns add vfio_mig || fail "no namespace"
	ip netns exec vfio_mig chroot "$root" /bin/sh /life >"$top/log" 2>&1 &
	echo $! >"$top/pid"
	disown
	began
	story vfio_mig
	ip netns pids vfio_mig | xargs kill -KILL
	ip netns del vfio_mig
	ends
}

# By a user who has no rights at all.
test_unshare()
{
	local nobody=65534 pid
	local drop=(setpriv --reuid "$nobody" --regid "$nobody" --clear-groups)

	"${drop[@]}" unshare -Urn true 2>"$err" ||
		skip "users may not make namespaces: $(tail -n 1 "$err")"
	setup
	"${drop[@]}" unshare -Urn --root="$root" /bin/sh /life \
		>"$top/log" 2>&1 &
	pid=$!
	echo "$pid" >"$top/pid"
	disown
	began
	apart "$pid" "$nobody"
	story "$pid"
	kill -KILL "$pid" "$(pgrep -P "$pid")"
	ends
}

# crun_bundle CAPABILITY...: what crun would do, and what else it is to do
crun_bundle()
{
	rm -rf "$top/bundle"
	mkdir "$top/bundle"
	(cd "$top/bundle" && crun spec) || return
	python3 - "$top/bundle/config.json" "$root" "$mapped" "$@" <<-'END'
		import json, sys
		path, root, first, *capabilities = sys.argv[1:]
		with open(path) as file:
		    config = json.load(file)
		process = config["process"]
		process["terminal"] = False
		process["args"] = ["/bin/sh", "/life"]
		for names in process["capabilities"].values():
		    names += capabilities
		config["root"] = {"path": root, "readonly": False}
		linux = config["linux"]
		linux["namespaces"].append({"type": "user"})
		ids = {"containerID": 0, "hostID": int(first), "size": 65536}
		linux["uidMappings"] = linux["gidMappings"] = [ids]
		with open(path, "w") as file:
		    json.dump(config, file)
	END
}

start_crun()
{
	type -P crun >/dev/null || skip "no crun in the PATH"
	crun_bundle "$@" || fail "no configuration"
	setup
	crun run --detach --pid-file "$top/pid" --bundle "$top/bundle" \
		vfio_mig >"$top/log" 2>&1 </dev/null ||
		skip "crun cannot run here: $(tail -n 1 "$top/log")"
	began
	apart "$(cat "$top/pid")" "$mapped"
}

test_crun()
{
	start_crun CAP_NET_ADMIN
	story "$(cat "$top/pid")"
	crun kill vfio_mig KILL || fail "it cannot be killed"
	ends
}

# As crun would have it: who may not change his own network, neither may this.
test_crun_without_rights()
{
	start_crun
	done_so dev set sim/sim0 netns "$(cat "$top/pid")"
	wait_for 60 has 'done' || fail "it is not told"
	status_is checked 0
	status_is changed 6
	says "$share/refused" CAP_NET_ADMIN
	crun kill vfio_mig KILL || fail "it cannot be killed"
	wait_for 60 is_home || fail "the device does not come home"
}

test_podman()
{
	type -P podman >/dev/null || skip "no podman in the PATH"
	setup
	"${podman[@]}" run --detach --name vfio_mig --pidfile "$top/pid" \
		--network none --cap-add NET_ADMIN \
		--uidmap "0:$mapped:65536" --gidmap "0:$mapped:65536" \
		--rootfs "$root" /bin/sh /life >"$top/log" 2>&1 </dev/null ||
		skip "podman cannot run here: $(tail -n 1 "$top/log")"
	began
	apart "$(cat "$top/pid")" "$mapped"
	story "$(cat "$top/pid")"
	"${podman[@]}" kill vfio_mig >"$top/log" 2>&1 ||
		fail "it cannot be killed: $(tail -n 1 "$top/log")"
	ends
}

if ! make_root 2>"$top/log"; then
	echo "1..0 # SKIP no files for a container: $(tail -n 1 "$top/log")"
	rm -rf "$top"
	exit 4
fi
ktap_run "$@"
rc=$?
echo "$before" >"$devices"
rm -rf "$top"
exit $rc
