/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VFIO drivers of PCI devices: those of this kernel, and those of Linux. */
#ifndef VFIOMIG_VARIANT_H
#define VFIOMIG_VARIANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The driver that takes every PCI device, and migrates none. */
#define VMIG_VFIO_PCI "vfio-pci"

struct vmig_alias;

/**
 * struct vmig_aliases - the VFIO drivers of this kernel
 * @errnum: why they are not known, or 0
 * @n: how many aliases there are
 * @list: the aliases
 */
struct vmig_aliases {
	int errnum;
	size_t n;
	struct vmig_alias *list;
};

int vmig_aliases_read(struct vmig_aliases *aliases, const char *path);
void vmig_aliases_free(struct vmig_aliases *aliases);
const char *vmig_aliases_best(const struct vmig_aliases *aliases,
			      const char *modalias);
bool vmig_is_vfio_pci(const char *driver);

/**
 * struct vmig_variant - a driver of Linux that migrates
 * @vendor: PCI vendor of the devices it is for
 * @first: the first of their PCI device numbers
 * @last: the last of them
 * @module: name of its module
 * @option: what it is built by
 * @enable: how a device is told to migrate, or NULL
 */
struct vmig_variant {
	uint16_t vendor;
	uint16_t first;
	uint16_t last;
	const char *module;
	const char *option;
	const char *enable;
};

const struct vmig_variant *vmig_variant_find(unsigned int vendor,
					     unsigned int device);

/**
 * enum vmig_option - what is known of an option of this kernel
 * @VMIG_OPTION_UNKNOWN: nothing
 * @VMIG_OPTION_ABSENT: there is no such option
 * @VMIG_OPTION_OFF: it is not set
 * @VMIG_OPTION_MODULE: it is m
 * @VMIG_OPTION_BUILTIN: it is y
 */
enum vmig_option {
	VMIG_OPTION_UNKNOWN,
	VMIG_OPTION_ABSENT,
	VMIG_OPTION_OFF,
	VMIG_OPTION_MODULE,
	VMIG_OPTION_BUILTIN,
};

enum vmig_option vmig_option_read(const char *path, const char *option);

#endif /* VFIOMIG_VARIANT_H */
