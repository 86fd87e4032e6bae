# SPDX-License-Identifier: GPL-2.0-only

# The kernel of the virtual machine, by default the release's own.
KERNEL ?=
# The kernels that `make check` tests with.
KERNELS ?= 6.1 6.12 7.2
# Of a shell command line for the virtual machine.
CMD ?=
# How long each of the fuzzers runs.
SECONDS ?= 60

PREFIX ?= /usr/local
DESTDIR ?=

ifeq ($(KERNEL),)
release := $(shell . /etc/os-release 2>/dev/null && echo $$VERSION_ID)
KERNEL := $(if $(filter 13,$(release)),6.12,6.1)
endif

.PHONY: help all deps modules userspace selftests demo check check-debug check-kcsan \
	lint unit fuzz fuzz-kernel coverage bench vm load unload regen install clean

help:		## Show this list
	@awk -F '##' '/^[a-z-]+:.*##/ { sub(/:.*/, "", $$1); \
		printf "  make %-12s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  KERNEL=6.1|6.12|7.2|debug|kcsan"
	@echo "                     for all that starts a virtual machine; now $(KERNEL)."
	@echo "                     debug, with KASAN, lockdep, kmemleak and more, and"
	@echo "                     kcsan are compiled once, in some 20 minutes each"
	@echo "  KERNELS=\"...\"      for check and lint; now $(KERNELS)"

all: modules userspace ## Build the module, the library and the program

demo: all	## Show it at work, in a virtual machine
	tools/demo/run --kernel $(KERNEL)

check: userspace selftests $(KERNELS:%=test-modules-%) ## Run every test there is
	tools/check/run $(KERNELS)

check-debug: userspace selftests test-modules-debug ## The kernel's tests, in a kernel that finds bugs
	VFIO_MIG_SHARES=$${VFIO_MIG_SHARES:-3} tools/check/run --kselftests debug

check-kcsan: userspace selftests test-modules-kcsan ## The same, in a kernel that finds data races
	VFIO_MIG_SHARES=$${VFIO_MIG_SHARES:-3} tools/check/run --kselftests kcsan

lint: deps	## Check the sources without running them
	tools/lint/run $(KERNELS)

unit: userspace	## Run the unit tests of library and program
	$(MAKE) -C userspace check

fuzz: deps	## Feed any bytes to what reads profiles, for SECONDS=N each
	tools/fuzz/run $(SECONDS)

fuzz-kernel: userspace test-modules-debug ## Feed the debug kernel requests of all kinds, for SECONDS=N, or an hour
	tools/fuzz/kernel $(if $(filter file,$(origin SECONDS)),3600,$(SECONDS))

# KERNEL=debug has what only that kernel can run, too
coverage: selftests test-modules-6.12 $(filter test-modules-debug,test-modules-$(KERNEL)) ## Find out which lines and branches the tests reach
	@tools/build/deps tools/coverage/packages
	tools/coverage/run --seconds $(SECONDS) $(if $(filter debug,$(KERNEL)),--debug)

bench: userspace test-modules-$(KERNEL) ## Measure what it costs
	tools/build/modules $(KERNEL) --peers
	tools/vm/run --kernel $(KERNEL) --icount --memory 3G -- tools/bench/run
	tools/bench/offline
	tools/bench/plot

vm: userspace test-modules-$(KERNEL) ## Run CMD='...' in a virtual machine, or a shell
	@tools/vm/run --kernel $(KERNEL) $(if $(CMD),-- sh -c '$(subst ','\'',$(CMD))')

load: userspace	## Build for the running kernel, and load the module there
	tools/build/kbuild running kernel build/running CONFIG_VFIO_MIG=m
	modprobe vfio
	insmod build/running/vfio_mig.ko

unload:		## Take the module out of the running kernel
	rmmod vfio_mig

regen: deps	## Generate anew what comes from uapi/vfio_mig.yaml
	tools/build/regen

install: userspace ## Install library, program and manuals (DESTDIR, PREFIX)
	$(MAKE) -C userspace install DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)'

clean:		## Remove what was built; the kernel kits stay in the cache
	rm -rf build

deps:		## Install the packages that all this needs
	@tools/build/deps

modules: modules-$(KERNEL)

# Standard output is for what is asked for, such as that of `make vm CMD=...`.
modules-%: deps
	@tools/build/modules $* >&2

test-modules-%: modules-%
	@tools/build/modules $* --tests >&2

userspace: deps
	@$(MAKE) -s -C userspace all >&2

selftests: deps
	@$(MAKE) -s -C selftests/vfio_mig >&2
	@$(MAKE) -s -C userspace live >&2
	@$(MAKE) -s -C tools/fuzz B=$(CURDIR)/build netlink >&2
	@tools/vm/near >build/near
