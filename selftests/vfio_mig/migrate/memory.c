// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

#include "memory.h"
#include "uapi.h"

/* A region that is searched for: registers are fewer, apertures are more. */
#define REGION_MIN	4096
#define REGION_MAX	(16U << 20)
#define ACCESS_MAX	65536

static int region_get(struct device *dev, __u32 index,
		      struct vfio_region_info *info, struct fault *fault)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, info))
		return fault_set(fault, "memory", errno, "region %u of %s",
				 index, dev->name);
	return 0;
}

static bool usable(const struct vfio_region_info *info)
{
	return info->flags & VFIO_REGION_INFO_FLAG_READ &&
	       info->flags & VFIO_REGION_INFO_FLAG_WRITE;
}

/* The first that may be memory; of a PCI device it is one of its BARs. */
static int search(struct device *dev, struct memory *memory,
		  struct fault *fault)
{
	struct vfio_region_info info;
	struct fault none;
	__u32 i, n = dev->regions;

	if (dev->flags & VFIO_DEVICE_FLAGS_PCI && n > VFIO_PCI_ROM_REGION_INDEX)
		n = VFIO_PCI_ROM_REGION_INDEX;
	for (i = 0; i < n; i++) {
		if (region_get(dev, i, &info, &none) || !usable(&info) ||
		    info.size < REGION_MIN || info.size > REGION_MAX)
			continue;
		memory->n = 1;
		memory->size = info.size;
		memory->piece[0].pos = info.offset;
		memory->piece[0].length = info.size;
		return 0;
	}
	return fault_set(fault, "memory", ENODEV,
			 "no region of %s looks like memory: name one by region=",
			 dev->name);
}

static int add(struct device *dev, const struct range *range,
	       struct memory *memory, struct fault *fault)
{
	struct vfio_region_info info;
	__u64 length = range->length;

	if (region_get(dev, range->region, &info, fault))
		return -1;
	if (!usable(&info) || range->offset >= info.size)
		return fault_set(fault, "memory", ERANGE,
				 "region %u of %s has %llu bytes%s",
				 range->region, dev->name, info.size,
				 usable(&info) ? "" : ", not to be written");
	if (length == RANGE_REST)
		length = info.size - range->offset;
	if (!length || length > info.size - range->offset ||
	    length > REGION_MAX)
		return fault_set(fault, "memory", ERANGE,
				 "region %u of %s: %llu bytes at %llu of %llu",
				 range->region, dev->name, length,
				 range->offset, info.size);
	memory->piece[memory->n].pos = info.offset + range->offset;
	memory->piece[memory->n++].length = length;
	memory->size += length;
	return 0;
}

/**
 * memory_find() - find what to fill and compare
 * @dev:	the device
 * @ranges:	what the user named, if anything
 * @memory:	what becomes of it
 * @fault:	what went wrong
 *
 * Return: 0 or -1.
 */
int memory_find(struct device *dev, const struct ranges *ranges,
		struct memory *memory, struct fault *fault)
{
	unsigned int i;

	memset(memory, 0, sizeof(*memory));
	if (!ranges->n)
		return search(dev, memory, fault);
	for (i = 0; i < ranges->n; i++)
		if (add(dev, &ranges->range[i], memory, fault))
			return -1;
	return 0;
}

/**
 * memory_pattern() - bytes that look like any others, and come again
 * @buf:	where to
 * @size:	how many
 * @seed:	which ones
 * @inverted:	each bit the other way round
 */
void memory_pattern(void *buf, size_t size, __u64 seed, bool inverted)
{
	__u8 *to = buf;
	__u64 x = 0;
	size_t i;

	for (i = 0; i < size; i++, x >>= 8) {
		if (!(i % 8)) {
			seed += 0x9e3779b97f4a7c15ULL;
			x = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9ULL;
			x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
			x ^= x >> 31;
		}
		to[i] = inverted ? ~x : x;
	}
}

static int transfer(struct device *dev, const struct memory *memory, __u8 *buf,
		    bool in, struct fault *fault)
{
	size_t done, len;
	unsigned int i;
	ssize_t got;

	for (i = 0; i < memory->n; i++) {
		for (done = 0; done < memory->piece[i].length; done += got) {
			len = memory->piece[i].length - done;
			if (len > ACCESS_MAX)
				len = ACCESS_MAX;
			got = in ? pread(dev->fd, buf + done, len,
					 memory->piece[i].pos + done) :
				   pwrite(dev->fd, buf + done, len,
					  memory->piece[i].pos + done);
			if (got <= 0)
				return fault_set(fault, "memory",
						 got ? errno : EIO,
						 "%s %zu bytes at %zu of %s",
						 in ? "read" : "write", len,
						 done, dev->name);
		}
		buf += memory->piece[i].length;
	}
	return 0;
}

/**
 * memory_write() - fill a device's memory
 * @dev:	the device
 * @memory:	its memory
 * @buf:	what to write, as much as the memory is
 * @fault:	what went wrong
 *
 * Return: 0 or -1.
 */
int memory_write(struct device *dev, const struct memory *memory,
		 const void *buf, struct fault *fault)
{
	return transfer(dev, memory, (__u8 *)buf, false, fault);
}

/**
 * memory_read() - read a device's memory
 * @dev:	the device
 * @memory:	its memory
 * @buf:	where to, as much as the memory is
 * @fault:	what went wrong
 *
 * Return: 0 or -1.
 */
int memory_read(struct device *dev, const struct memory *memory, void *buf,
		struct fault *fault)
{
	return transfer(dev, memory, buf, true, fault);
}
