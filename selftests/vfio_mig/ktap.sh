# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For tests in shell: every function whose name begins with test_ is a test, in
# the order in which they stand in the script. It runs in a shell of its own,
# and passes if it comes to its end. The script must be in its own folder.

# fail WORD...: end the test, which has failed.
fail()
{
	echo "# $*"
	exit 1
}

# skip WORD...: end the test, which cannot be run here.
skip()
{
	echo "$*" >"$ktap_dir/reason"
	exit 4
}

# skip_all WORD...: none of the tests can be run here. Before ktap_run.
skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

# needs PROGRAM...: or all tests are skipped.
needs()
{
	local program

	for program; do
		type -P "$program" >/dev/null ||
			skip_all "no $program in the PATH"
	done
}

# needs_module NAME FILE: likewise; built in, it has the file.
needs_module()
{
	modprobe -q "$1" || [ -e "$2" ] || skip_all "no module $1"
}

# needs_root WORD...: likewise; what only root may do.
needs_root()
{
	[ "$(id -u)" = 0 ] || skip_all "only root may $*"
}

# expect STATUS COMMAND...: run a command that must end so. What it prints is
# in the files $out and $err.
expect()
{
	local want=$1 status

	shift
	"$@" >"$out" 2>"$err"
	status=$?
	[ "$status" -eq "$want" ] && return
	sed 's/^/# /' "$out" "$err"
	fail "'$*' ended with $status, and not $want"
}

# says FILE WORDS: somewhere in the file stand these words.
says()
{
	grep -qF -e "$2" "$1" && return
	sed 's/^/# /' "$1"
	fail "nowhere stands '$2'"
}

# exactly STATUS COMMAND...: what it prints is on standard input. There stands
# RELEASE for the kernel's, and BDF for what $bdf is.
exactly()
{
	local words=$*

	cat >"$ktap_dir/want"
	expect "$@"
	empty "$err"
	sed -e "s/$(uname -r)/RELEASE/g" ${bdf:+-e "s/$bdf/BDF/g"} "$out" |
		diff -u "$ktap_dir/want" - >"$ktap_dir/diff" && return
	sed 's/^/# /' "$ktap_dir/diff"
	fail "'$words' does not print that"
}

empty()
{
	[ ! -s "$1" ] && return
	sed 's/^/# /' "$1"
	fail "this should not have been printed"
}

# wait_for SECONDS COMMAND...: until the command succeeds. It is given more time
# than it should need: the machine may be busy, or its kernel a slow one.
wait_for()
{
	local end=$((SECONDS + $1 * 4 * ${SLOW:-1}))

	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return
		sleep 0.05
	done
}

# ktap_run [TEST...]: to be called at the end of the script. ktap_cleanup, if
# there is one, is called after each test.
ktap_run()
{
	local tests test count=0 failed=0 status began

	mapfile -t tests < <(sed -n 's/^\(test_[a-z0-9_]*\)()$/\1/p' "./${0##*/}")
	[ $# -eq 0 ] || tests=("${@/#/test_}")
	ktap_dir=$(mktemp -d) || exit 1
	trap 'rm -rf "$ktap_dir"' EXIT
	out=$ktap_dir/out
	err=$ktap_dir/err

	echo "TAP version 13"
	echo "1..${#tests[@]}"
	for test in "${tests[@]}"; do
		count=$((count + 1))
		rm -f "$ktap_dir"/*
		began=$SECONDS
		("$test")
		status=$?
		if declare -F ktap_cleanup >/dev/null; then
			ktap_cleanup
		fi
		echo "# $test took $((SECONDS - began)) s"
		case $status in
		0)	echo "ok $count ${test#test_}" ;;
		4)	echo "ok $count ${test#test_} # SKIP $(cat "$ktap_dir/reason")" ;;
		*)	echo "not ok $count ${test#test_}"
			failed=$((failed + 1)) ;;
		esac
	done
	[ "$failed" -eq 0 ]
}
