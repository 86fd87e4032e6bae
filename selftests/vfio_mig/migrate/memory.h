/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of a device's state can be written and read back, and so tells whether
 * the state arrived.
 */
#ifndef SELFTESTS_VFIO_MIG_MEMORY_H
#define SELFTESTS_VFIO_MIG_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "device.h"

#define RANGES_MAX	8
#define RANGE_REST	(~0ULL)

/**
 * struct range - part of a region
 * @region:	the region's index
 * @offset:	where in it
 * @length:	how much; RANGE_REST: to the region's end
 */
struct range {
	__u32 region;
	__u64 offset;
	__u64 length;
};

/**
 * struct ranges - all that is filled and compared
 * @n:		how many; with 0 the device is searched for memory
 * @range:	each of them
 */
struct ranges {
	unsigned int n;
	struct range range[RANGES_MAX];
};

/**
 * struct memory - the ranges of one device
 * @n:		how many pieces
 * @size:	of all of them
 * @piece:	where each is in the device's file
 */
struct memory {
	unsigned int n;
	size_t size;
	struct {
		__u64 pos;
		size_t length;
	} piece[RANGES_MAX];
};

int memory_find(struct device *dev, const struct ranges *ranges,
		struct memory *memory, struct fault *fault);
void memory_pattern(void *buf, size_t size, __u64 seed, bool inverted);
int memory_write(struct device *dev, const struct memory *memory,
		 const void *buf, struct fault *fault);
int memory_read(struct device *dev, const struct memory *memory, void *buf,
		struct fault *fault);

#endif
