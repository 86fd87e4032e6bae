#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Verdicts against migrations: what vfiomig check says of two devices, and what
# becomes of it when one really migrates to the other. vfio_migrate does that.
#
# shellcheck disable=SC2154 # out and err are ktap.sh's
# shellcheck disable=SC2317 # the tests are called by their names

unset NO_COLOR
cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/vfio_mig/ktap.sh
. ./ktap.sh

mtty=/sys/class/mdev_bus/mtty/mdev_supported_types
mdevs=/sys/bus/mdev/devices
uuid=5e1f7e57-0000-4000-8000-0000000000e
a=mdev/${uuid}1
b=mdev/${uuid}2

# What a serial port keeps of what is written to it: its scratch register and
# its line control register. Two ports have them twice.
port0="region=0 offset=7 length=1 region=0 offset=3 length=1"
port1="region=1 offset=7 length=1 region=1 offset=3 length=1"

# In a kernel's tree, and in ours.
for vfio_migrate in ./vfio_migrate ../../build/selftests/vfio_migrate; do
	[ ! -x "$vfio_migrate" ] || break
done
needs vfiomig
needs_module vfio_mig /sys/module/vfio_mig
if ! modprobe -a -q mtty vfio_iommu_type1 && [ ! -e "$mtty" ]; then
	skip_all "no mtty: nothing that migrates"
fi

ktap_cleanup()
{
	for dev in "$mdevs/$uuid"*; do
		[ ! -e "$dev" ] || echo 1 >"$dev/remove"
	done
}

# make_pair TYPE TYPE: of mtty, their handles are $a and $b.
make_pair()
{
	echo "${a#mdev/}" >"$mtty/$1/create" || fail "no mdev of $1"
	echo "${b#mdev/}" >"$mtty/$2/create" || fail "no mdev of $2"
}

migrates()
{
	vfiomig -j dev show "$1" |
		jq -e '.devices[0].attrs[] | select(.name == "migratable").value' \
		>/dev/null
}

# make_migrating TYPE TYPE: or skip.
make_migrating()
{
	make_pair "$@"
	migrates "$a" || skip "mtty does not migrate on $(uname -r)"
}

# job STATUS WORD...: one job of vfio_migrate ends so; its answer is in $out.
job()
{
	local status=$1

	shift
	printf '%s\n' "$*" >"$ktap_dir/jobs"
	expect "$status" "$vfio_migrate" --batch <"$ktap_dir/jobs"
	echo "# $(cat "$out")"
}

# is FILTER: holds for the answer.
is()
{
	jq -e "$1" "$out" >/dev/null || fail "not so: $1: $(cat "$out")"
}

refused()
{
	is ".result == \"refused\" and .error.on == \"target\" and
		.error.step == \"$1\" and .error.errno == \"$2\""
}

test_a_device_that_does_not_migrate()
{
	local pci

	make_pair mtty-1 mtty-1
	if migrates "$a"; then
		pci=$(vfiomig -j dev show | jq -r '[.devices[].handle |
			select(startswith("pci/"))][0] // empty')
		[ -n "$pci" ] || skip "mtty migrates here, there is nothing else"
		job 4 "source=$pci" "target=$a" "$port0"
		is '.error.on == "source"'
	else
		job 4 "source=$a" "target=$b" "$port0"
	fi
	is '.result == "unable" and .error.errno == "ENOTTY"'
}

test_mistakes()
{
	expect 2 "$vfio_migrate" --source
	expect 2 "$vfio_migrate" --source "$a"
	expect 2 "$vfio_migrate" --sauce "$a" --target "$b"
	expect 2 "$vfio_migrate" --source "$a" --target "$a"
	expect 2 "$vfio_migrate" --source "$a" --target "$b" --cut=-1
	expect 5 "$vfio_migrate" --source "$a" --target "$b"
	is '.error.step == "find" and .error.errno == "ENODEV"'
}

test_same_type_arrives()
{
	make_migrating mtty-2 mtty-2
	job 0 "source=$a target=$b $port0 $port1"
	is '.result == "same" and .memory == 4 and .source_kept'
	job 0 "source=$a target=$b $port0 $port1 pre-copy=2"
	is '.result == "same" and .pre_copy > 0'
	job 0 "source=$b target=$a $port0 $port1 chunk=1"
	is '.result == "same" and .reads > .stream'
}

# Nothing that is no memory may pass for it.
test_no_memory()
{
	make_migrating mtty-1 mtty-1
	job 5 "source=$a target=$b"
	is '.error.step == "memory"'
	job 5 "source=$a target=$b region=0 offset=6 length=1"
	is '.error.message | contains("whatever is written")'
}

test_no_provider_is_undecided()
{
	make_migrating mtty-2 mtty-2
	expect 4 vfiomig check "$a" "$b"
	says "$out" declared
	expect 4 vfiomig check "$b" "$a"
}

test_other_type_is_refused()
{
	make_migrating mtty-1 mtty-2
	expect 1 vfiomig check "$a" "$b"
	says "$out" mdev.type
	job 3 "source=$a target=$b $port0"
	refused write EFAULT
	is '.source_kept'

	expect 1 vfiomig check "$b" "$a"
	job 3 "source=$b target=$a $port0"
	refused write ENOMEM
	job 3 "source=$b target=$a $port0 chunk=8"
	refused write EFAULT
}

# What the administrator vouches for is compatible, and so it is.
test_vouched_for_is_compatible()
{
	make_migrating mtty-2 mtty-2
	vfiomig help 2>&1 | grep -q 'dev attr' ||
		skip "this vfiomig sets no attributes"
	expect 0 vfiomig dev attr set "$a" declared rule any
	expect 0 vfiomig dev attr set "$b" declared rule any
	expect 0 vfiomig check "$a" "$b"
	job 0 "source=$a target=$b $port0 $port1"
	expect 0 vfiomig check "$b" "$a"
	job 0 "source=$b target=$a $port0 $port1"
}

test_hundreds_of_them()
{
	local i

	make_migrating mtty-2 mtty-2
	for ((i = 0; i < 150; i++)); do
		echo "source=$a target=$b $port0 $port1"
		echo "source=$b target=$a $port0 $port1 pre-copy"
	done >"$ktap_dir/jobs"
	expect 0 "$vfio_migrate" --batch <"$ktap_dir/jobs"
	[ "$(jq -c 'select(.result == "same" and .source_kept)' "$out" |
		wc -l)" -eq 300 ] || fail "not all of them"
}

test_by_way_of_a_file()
{
	local file=$ktap_dir/stream

	make_migrating mtty-1 mtty-2
	job 0 "source=$a save=$file $port0 seed=7"
	is '.result == "saved"'
	job 0 "load=$file target=$a $port0 seed=7"
	is '.result == "same"'
	job 1 "load=$file target=$a $port0 seed=8"
	is '.result == "different" and .first_difference == 0'
	job 3 "load=$file target=$b $port0"
	refused write EFAULT
}

# The header of an mtty's stream is checked bit by bit, its length as a whole.
test_damaged_streams()
{
	make_migrating mtty-1 mtty-1
	job 0 "source=$a target=$b $port0 sweep=cut"
	is '.alive and .variants == .stream and .refused == .variants'
	job 0 "source=$a target=$b $port0 sweep=flip count=192"
	is '.alive and .refused == 192 and (.refusals | length == 1) and
		.refusals[0].errno == "EFAULT" and .refusals[0].step == "write"'
	job 0 "source=$a target=$b $port0 sweep=flip"
	is '.alive and .variants == .stream * 8 and .same > 0 and
		.different == 16 and (.different_examples | length == 16)'
	job 0 "source=$a target=$b $port0 sweep=replay,swap,drop,endless chunk=8"
	is '.alive and .refused > 0'
	job 0 "source=$a target=$b $port0 sweep=random count=3000 chunk=4"
	is '.alive and .variants == 3000 and .refused > 0'
	job 3 "source=$a target=$b $port0 endless"
	refused write ENOMEM
}

# The sample ends PRE_COPY without ENOMSG, and remembers its state when it is
# closed: that both are found out shows that the checks can fail.
test_protocol()
{
	local dev skip=

	make_migrating mtty-1 mtty-2
	# asked for a forbidden arc, the VFIO core hangs, and the machine with it
	[ "$(uname -r | cut -d. -f1)" -ge 7 ] || skip=,forbidden
	for dev in "$a" "$b"; do
		job 0 "arcs=$dev $port0 skip=enomsg,close$skip"
		is '.result == "kept" and .checks > 300 and .flags == 7'
	done
	[ -n "$skip" ] || skip=,user
	job 1 "arcs=$a $port0 skip=${skip#,}"
	is '.result == "broken" and
		([.failures[].check] | unique == ["close", "enomsg"])'
}

ktap_run "$@"
