// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in front of a device's state in the stream.
 */

#include <linux/slab.h>
#include <linux/string.h>

#include "sim.h"

#define MAGIC	"VFIO_MIG_SIM 01"

/**
 * sim_stream_write - write the header
 * @vdev: the device that is saved
 * @data: becomes the header, which the caller frees with kfree()
 * @len: becomes how many bytes it has
 *
 * Return: 0 or a negative error.
 */
int sim_stream_write(struct vfio_device *vdev, void **data, size_t *len)
{
	*len = sizeof(MAGIC);
	*data = kmemdup(MAGIC, sizeof(MAGIC), GFP_KERNEL);
	return *data ? 0 : -ENOMEM;
}

/**
 * sim_stream_begin - begin to read a header
 * @stream: what reads it
 * @vdev: the device that is resumed
 *
 * Return: 0 or a negative error.
 */
int sim_stream_begin(struct sim_stream *stream, struct vfio_device *vdev)
{
	stream->vdev = vdev;
	stream->n = 0;
	return 0;
}

/**
 * sim_stream_feed - read of the header what there is of it
 * @stream: what reads it
 * @data: what comes next in the stream
 * @len: how many bytes of it there are
 * @used: becomes how many of them were the header's
 *
 * Return: 1 if that was the header, and it is accepted; 0 if there must be
 * more of it; or why it is refused.
 */
int sim_stream_feed(struct sim_stream *stream, const u8 *data, size_t len,
		    size_t *used)
{
	*used = min(len, sizeof(stream->head) - stream->n);
	memcpy(stream->head + stream->n, data, *used);
	stream->n += *used;
	if (stream->n < sizeof(stream->head))
		return 0;
	return memcmp(stream->head, MAGIC, sizeof(MAGIC)) ? -EINVAL : 1;
}

/**
 * sim_stream_end - no more of it will be read
 * @stream: what reads it
 */
void sim_stream_end(struct sim_stream *stream)
{
	stream->vdev = NULL;
}
