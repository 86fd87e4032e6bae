# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# How tools/kit/get compiles a kernel that looks for bugs: from the
# distribution's source, with nothing but what tools/kit/machine.config and the
# kernel's own file name.
#
# It takes about 20 minutes on two processors. What was compiled until it was
# interrupted is not compiled again.
#
# shellcheck disable=SC2154

# One waits for it as many times as long as for another kernel.
slow=6

# kernel_make ARG...: in the source's folder.
kernel_make()
{
	(
		# Options of a make that runs this are not meant for this one.
		unset MAKEFLAGS MFLAGS
		exec make -s -C "$work/source" "$@"
	) >"$work/log" 2>&1 && return
	tail -n 30 "$work/log" | sed 's/^/	/' >&2
	die "cannot compile the kernel"
}

# fetch_source: into $work/source, whole or not at all.
fetch_source()
{
	rm -rf "$work"
	mkdir -p "$work/new"
	# shellcheck disable=SC2086 # a list of words
	apt_setup "kit-$kernel" $suites
	download "linux-source-$version"
	unpack "$work/new"
	mkdir "$work/tree"
	tar -x -J -f "$work/new/usr/src/linux-source-$version.tar.xz" \
		-C "$work/tree" --strip-components=1 ||
		die "cannot unpack the kernel's source"
	rm -rf "$work/new"
	mv "$work/tree" "$work/source"
}

# configure: Kconfig drops what depends on something else that is not there,
# without a word.
configure()
{
	cat "$here/machine.config" "$here/$kernel.config" >"$work/config"
	kernel_make "KCONFIG_ALLCONFIG=$work/config" allnoconfig
	dropped=$(grep -E '^(# )?CONFIG_' "$work/config" |
		  grep -v -x -F -f "$work/source/.config") || return 0
	die "$kernel.config or machine.config has what this kernel does" \
		"not accept:" "$dropped"
}

prepare_compiled()
{
	need_tools bc bison flex gcc make
	version=$(source_version "$kernel")
	apt=$cache/apt/kit-$kernel
	work=$cache/kit/.work-$kernel
	[ -d "$work/source" ] || fetch_source
	configure
	say "compiling the kernel (some 20 minutes on two processors)"
	kernel_make -j "$(nproc)" vmlinux modules
	release=$(cat "$work/source/include/config/kernel.release")
	kernel_make modules_install "INSTALL_MOD_PATH=$new"
	# shellcheck disable=SC2016 # make's, not the shell's
	kernel_make run-command KBUILD_RUN_COMMAND='$(srctree)/scripts/package/install-extmod-build $(KIT)/build' \
		"KIT=$new"
	ln -sfn ../../../build "$new/lib/modules/$release/build"
	mv "$work/source/vmlinux" "$new/vmlinux"
	cp "$work/source/.config" "$new/config"
	echo "$slow" >"$new/slow"
	rm -rf "$work"
}
