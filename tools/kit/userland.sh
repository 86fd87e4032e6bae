# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# How tools/kit/get brings the programs that modules of a kernel are built
# with, where that kernel's own ones do not run here: they need a newer libc.
# It is the /usr of a small system of that release, unpacked, not installed.
#
# shellcheck disable=SC2154

# Beside the compiler, which the kernel's headers depend on.
builders="bash binutils coreutils dash findutils gawk grep make sed sparse
xz-utils zstd"

# bring_userland: into $new/root. What the headers' packages hold themselves is
# in the kit already.
bring_userland()
{
	root=$new/root
	mkdir -p "$root"
	for folder in bin sbin lib lib64; do
		mkdir -p "$root/usr/$folder"
		ln -s "usr/$folder" "$root/$folder"
	done
	# shellcheck disable=SC2086 # a list of words
	download_all "linux-headers-$release" $builders
	debs=$(echo "$debs" | grep -v '^linux-')
	unpack "$root"
	# that is for the installation to choose
	ln -sf gawk "$root/usr/bin/awk"
	# where tools/kit/enter puts this machine's
	mkdir -p "$root/usr/local" "$root/usr/src"
	find "$root" -mindepth 1 -maxdepth 1 ! -name usr -exec rm -rf {} +
	rm -rf "$root/usr/share/doc" "$root/usr/share/man" \
		"$root/usr/share/locale"
}
