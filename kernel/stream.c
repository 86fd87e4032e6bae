// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands in front of a migration stream: the profile of the device that
 * was saved. Whoever resumes holds it against the device that is to go on, as
 * a check would have done beforehand, and refuses what does not fit.
 *
 * Whoever sends a stream may be anybody. What is read is bounded by what there
 * is room for from the beginning, and nothing is acted on before all of it is
 * there and its checksum is right. The checksum is against accidents, not
 * against malice: the engine reads the profile as it reads any other.
 */

#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vfio_mig.h>

#include "discover.h"
#include "match.h"
#include "order.h"
#include "phrase.h"
#include "report.h"
#include "registry.h"
#include "text.h"
#include "words.h"

static const u8 magic[8] = { 'V', 'F', 'I', 'O', '_', 'M', 'I', 'G' };

#define STREAM_VERSION	1

/**
 * struct header - what a stream begins with
 * @magic: tells it from others
 * @version: of what follows
 * @len: bytes of the profile, which follows
 * @crc: of all others, and of the profile
 * @reserved: 0
 */
struct header {
	u8 magic[8];
	__le32 version;
	__le32 len;
	__le32 reserved;
	__le32 crc;
};

/**
 * struct vfio_mig_stream - a stream that arrives
 * @vdev: the device that is to go on
 * @have: bytes of header and profile that have arrived
 * @err: why it was refused, or 0
 * @verdict: the engine's, once all has arrived
 * @reason: why it was refused, in a line
 * @index: for the engine
 * @header: what has arrived of it
 * @wire: what has arrived of the profile
 */
struct vfio_mig_stream {
	struct vfio_device *vdev;
	size_t have;
	int err;
	int verdict;
	char reason[VFIO_MIG_STRING_MAX + 1];
	struct vfio_mig_index index;
	struct header header;
	u8 wire[VFIO_MIG_PROFILE_MAX] __aligned(4);
};

/* Profiles are swapped by machines of big endian. */
static void swap_profile(void *wire, size_t len, bool ours)
{
	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		vfio_mig_order_swap(wire, len, ours);
}

static u32 checksum(const struct header *header, const void *wire, size_t len)
{
	u32 crc = crc32_le(~0, (const u8 *)header,
			   offsetof(struct header, crc));

	return ~crc32_le(crc, wire, len);
}

/**
 * vfio_mig_stream_header - make what a stream begins with
 * @vdev: the device that is saved
 * @len: how many bytes it is
 *
 * The profile is the one that is published: what vfio_mig_changed() has told
 * of a moment ago may not be in it.
 *
 * Context: may sleep. The driver sees to it that @vdev stays registered.
 * Return: the header, for the caller to put in front of its stream and to
 * kfree(), or an ERR_PTR: -ENODEV if vfio_mig does not publish @vdev, -ENOMEM.
 */
void *vfio_mig_stream_header(struct vfio_device *vdev, size_t *len)
{
	struct vfio_mig_profile *profile;
	struct header *header;
	size_t size;

	profile = vfio_mig_device_profile(vdev);
	if (!profile)
		return ERR_PTR(-ENODEV);

	size = profile->words->len;
	header = kmalloc(sizeof(*header) + size, GFP_KERNEL);
	if (!header) {
		vfio_mig_profile_put(profile);
		return ERR_PTR(-ENOMEM);
	}

	memcpy(header->magic, magic, sizeof(magic));
	header->version = cpu_to_le32(STREAM_VERSION);
	header->len = cpu_to_le32(size);
	header->reserved = 0;
	vfio_mig_words_write(profile->words, header + 1);
	swap_profile(header + 1, size, true);
	header->crc = cpu_to_le32(checksum(header, header + 1, size));

	vfio_mig_profile_put(profile);
	*len = sizeof(*header) + size;
	return header;
}
EXPORT_SYMBOL_GPL(vfio_mig_stream_header);

/**
 * vfio_mig_stream_begin - a stream is about to arrive
 * @vdev: the device that is to go on
 *
 * Context: may sleep. The driver sees to it that @vdev stays registered until
 * vfio_mig_stream_free().
 * Return: what the others here are called with, or NULL for want of memory.
 * It is some 11 KiB, and nothing more is allocated for what a stream brings.
 */
struct vfio_mig_stream *vfio_mig_stream_begin(struct vfio_device *vdev)
{
	struct vfio_mig_stream *stream = kzalloc(sizeof(*stream), GFP_KERNEL);

	if (stream)
		stream->vdev = vdev;
	return stream;
}
EXPORT_SYMBOL_GPL(vfio_mig_stream_begin);

/**
 * vfio_mig_stream_free - a stream has ended, or nobody waits for it any more
 * @stream: the stream, or NULL
 */
void vfio_mig_stream_free(struct vfio_mig_stream *stream)
{
	kfree(stream);
}
EXPORT_SYMBOL_GPL(vfio_mig_stream_free);

/**
 * struct because - why the engine says no
 * @n: findings that stand in the way
 * @reason: the first of them
 * @size: bytes at @reason
 */
struct because {
	unsigned int n;
	char *reason;
	size_t size;
};

static int stands_in_the_way(const struct vfio_mig_finding *finding, void *arg)
{
	struct because *because = arg;

	if (finding->severity != VFIO_MIG_SEVERITY_FAIL &&
	    finding->kind != VFIO_MIG_FINDING_KIND_SETTABLE)
		return 0;
	if (!because->n++)
		vfio_mig_phrase_finding(because->reason, because->size,
					finding);
	return 0;
}

static int refuse(struct vfio_mig_stream *stream, int err,
		  const char *reason)
{
	stream->err = err;
	vfio_mig_text_clean(stream->reason, sizeof(stream->reason), reason);
	vfio_mig_report_refused(stream->vdev, stream->reason, NULL, NULL);
	return err;
}

static int check_header(struct vfio_mig_stream *stream)
{
	const struct header *header = &stream->header;
	u32 version = le32_to_cpu(header->version);
	char reason[80];

	if (memcmp(header->magic, magic, sizeof(magic)))
		return refuse(stream, -EBADMSG,
			      "the stream does not begin with a header");
	if (version != STREAM_VERSION) {
		snprintf(reason, sizeof(reason),
			 "the header is of version %u, known is %u", version,
			 STREAM_VERSION);
		return refuse(stream, -EPROTONOSUPPORT, reason);
	}
	if (le32_to_cpu(header->len) > VFIO_MIG_PROFILE_MAX) {
		snprintf(reason, sizeof(reason),
			 "the profile is of %u bytes, more than %u",
			 le32_to_cpu(header->len), VFIO_MIG_PROFILE_MAX);
		return refuse(stream, -EBADMSG, reason);
	}
	if (header->reserved)
		return refuse(stream, -EBADMSG,
			      "what is reserved in the header is not 0");
	return 0;
}

static int check_profile(struct vfio_mig_stream *stream)
{
	size_t len = le32_to_cpu(stream->header.len);
	struct vfio_mig_fault fault;
	char reason[VFIO_MIG_STRING_MAX + 1];
	int err;

	if (checksum(&stream->header, stream->wire, len) !=
	    le32_to_cpu(stream->header.crc))
		return refuse(stream, -EBADMSG,
			      "the header was damaged, its checksum is wrong");

	swap_profile(stream->wire, len, false);
	err = vfio_mig_index_read(&stream->index, stream->wire, len, true,
				  &fault);
	if (!err)
		return 0;
	snprintf(reason, sizeof(reason), "the profile is wrong: %.*s%s%s",
		 fault.name ? fault.name_len : 0, fault.name ?: "",
		 fault.name ? ": " : "", fault.reason);
	return refuse(stream, -EBADMSG, reason);
}

static int hold_against(struct vfio_mig_stream *stream,
			const struct vfio_mig_profile *target)
{
	char reason[VFIO_MIG_STRING_MAX + 1] = "";
	struct because because = {
		.reason = reason,
		.size = sizeof(reason),
	};
	size_t len;
	int verdict;

	verdict = vfio_mig_match_index(&stream->index, target->words->list,
				       target->words->n, stands_in_the_way,
				       &because);
	if (verdict < 0)
		return refuse(stream, verdict, "the engine gave up");
	if (verdict == VFIO_MIG_VERDICT_COMPATIBLE ||
	    verdict == VFIO_MIG_VERDICT_UNDECIDED) {
		stream->verdict = verdict;
		return 0;
	}

	len = strlen(reason);
	if (because.n > 1)
		scnprintf(reason + len, sizeof(reason) - len, ", and %u more",
			  because.n - 1);
	stream->err = -EINVAL;
	vfio_mig_text_clean(stream->reason, sizeof(stream->reason), reason);
	vfio_mig_report_refused(stream->vdev, stream->reason, &stream->index,
				target);
	return stream->err;
}

static int judge(struct vfio_mig_stream *stream)
{
	struct vfio_mig_profile *target;
	int err;

	err = check_profile(stream);
	if (err)
		return err;

	target = vfio_mig_device_profile(stream->vdev);
	if (!target)
		return refuse(stream, -ENODEV,
			      "vfio_mig does not publish this device");
	err = hold_against(stream, target);
	vfio_mig_profile_put(target);
	return err;
}

/* Takes what is missing until there are so many bytes of header and profile. */
static size_t take(struct vfio_mig_stream *stream, void *to, size_t from,
		   size_t size, const void *data, size_t len)
{
	size_t at = stream->have - from;

	len = min(len, size - at);
	memcpy(to + at, data, len);
	stream->have += len;
	return len;
}

/**
 * vfio_mig_stream_feed - a part of the stream has arrived
 * @stream: the stream
 * @data: the part, of any length
 * @len: bytes at @data
 *
 * To be called with every part, in their order, for as long as it takes all of
 * them. When all of the header is there it is held against the device, as it
 * is at that moment: what is incompatible, and what would be adjustable, is
 * refused. An undecided stream is not, see vfio_mig_stream_verdict().
 *
 * Context: may sleep, for a short time. No two calls at once.
 * Return: how many bytes belonged to the header, and less than @len only if
 * what follows is the driver's. Or a negative error, the same at each call
 * from then on, for which there is a vfio_mig_stream_reason():
 *
 * * -EBADMSG: it is no header, or a damaged one;
 * * -EPROTONOSUPPORT: it is a header of another version;
 * * -EINVAL: the stream is of a device that does not fit;
 * * -ENODEV: vfio_mig does not publish this device.
 */
ssize_t vfio_mig_stream_feed(struct vfio_mig_stream *stream, const void *data,
			     size_t len)
{
	const size_t head = sizeof(stream->header);
	size_t used = 0, body;
	int err;

	if (stream->err)
		return stream->err;
	if (stream->verdict)
		return 0;

	if (stream->have < head) {
		used = take(stream, &stream->header, 0, head, data, len);
		if (stream->have < head)
			return used;
		err = check_header(stream);
		if (err)
			return err;
	}

	body = le32_to_cpu(stream->header.len);
	used += take(stream, stream->wire, head, body, data + used, len - used);
	if (stream->have < head + body)
		return used;
	return judge(stream) ?: used;
}
EXPORT_SYMBOL_GPL(vfio_mig_stream_feed);

/**
 * vfio_mig_stream_end - no more will arrive
 * @stream: the stream
 *
 * Context: as vfio_mig_stream_feed().
 * Return: 0 if the whole header was there, and nothing was refused. Otherwise
 * -ENODATA, or a negative error as of vfio_mig_stream_feed().
 */
int vfio_mig_stream_end(struct vfio_mig_stream *stream)
{
	char reason[80];

	if (stream->err || stream->verdict)
		return stream->err;

	snprintf(reason, sizeof(reason),
		 "the stream ended after %zu bytes, inside the header",
		 stream->have);
	return refuse(stream, -ENODATA, reason);
}
EXPORT_SYMBOL_GPL(vfio_mig_stream_end);

/**
 * vfio_mig_stream_refuse - the driver refuses what follows the header
 * @stream: the stream
 * @err: why, a negative error
 * @reason: why, a line for people; what does not fit into 255 bytes is cut off
 *
 * So that the reason does not stand in the log alone. What was refused before
 * stays refused for the first reason.
 *
 * Context: as vfio_mig_stream_feed().
 * Return: the error that the stream is refused with.
 */
int vfio_mig_stream_refuse(struct vfio_mig_stream *stream, int err,
			   const char *reason)
{
	return stream->err ?: refuse(stream, err, reason);
}
EXPORT_SYMBOL_GPL(vfio_mig_stream_refuse);

/**
 * vfio_mig_stream_verdict - what did the engine say?
 * @stream: the stream
 *
 * Return: VFIO_MIG_VERDICT_COMPATIBLE, or VFIO_MIG_VERDICT_UNDECIDED, when it
 * is for the driver to tell. 0 if the header is not all there, or was refused.
 */
enum vfio_mig_verdict
vfio_mig_stream_verdict(const struct vfio_mig_stream *stream)
{
	return stream->verdict;
}
EXPORT_SYMBOL_GPL(vfio_mig_stream_verdict);

/**
 * vfio_mig_stream_reason - why was it refused?
 * @stream: the stream
 *
 * Return: a line for the log, without a newline, which lives as long as
 * @stream. Empty if nothing was refused.
 */
const char *vfio_mig_stream_reason(const struct vfio_mig_stream *stream)
{
	return stream->reason;
}
EXPORT_SYMBOL_GPL(vfio_mig_stream_reason);
