// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file through which a device's state is written. It is read as it comes,
 * in pieces of any size, and nothing of it is believed: all of the device's
 * state that it replaces waits elsewhere until the last byte was good.
 *
 *	EINVAL		this is no stream, or there is too much of it
 *	EOPNOTSUPP	of a device that this one cannot become
 *	ENOSPC		its memory is larger than this one's
 *	EBADMSG		it was damaged on its way
 *	ENODATA		it ended too early
 *
 * and what vfio_mig_stream_feed() says of the header. Whatever it is, it is
 * told with its reason in the log, and by vfio_mig; after it no more is taken.
 *
 * Whoever has the file may keep it for longer than the device lives. It is
 * told to be dead then, and looks at the device no more.
 */

#include <linux/anon_inodes.h>
#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio_mig.h>

#include "sim.h"

/* How much is taken from the user at a time. */
#define PIECE	PAGE_SIZE

enum part {
	PART_HEADER,
	PART_RECORD,
	PART_MEMORY,
	PART_END,
};

/**
 * struct sim_resuming - a state that is written
 * @filp: the file
 * @lock: guards what follows
 * @sv: whose it is, NULL when it has nothing to do with this any more
 * @err: why the stream was refused, 0 if it was not
 * @part: what comes next
 * @n: bytes of it that were there
 * @stream: reads the header
 * @record: the record
 * @mem: the memory that belongs to it, room for the device's
 * @piece: what the user wrote, or a part of it
 */
struct sim_resuming {
	struct file *filp;
	struct mutex lock; /* guards what follows */
	struct sim_vdev *sv;
	int err;
	enum part part;
	size_t n;
	struct vfio_mig_stream *stream;
	struct sim_record record;
	u8 *mem;
	u8 *piece;
};

/* The first reason counts. */
static int refuse(struct sim_resuming *r, int err, const char *reason)
{
	return vfio_mig_stream_refuse(r->stream, err, reason);
}

static bool kind_fits(enum sim_kind target, u32 source)
{
	return source == target ||
	       (target == SIM_GEN2 && source == SIM_GEN1);
}

/* What the device itself knows, whether or not it has told anybody. */
static int check_device(struct sim_resuming *r)
{
	const struct sim_record *record = &r->record;
	u64 features = le64_to_cpu(record->features);
	const struct sim_vdev *sv = r->sv;
	const struct sim_config *config = &sv->parent->config;
	const char *what = NULL;

	mutex_lock(&sv->parent->lock);
	if (!kind_fits(sv->type->info->kind, le32_to_cpu(record->kind)))
		what = "the stream is of another kind of device";
	else if (le32_to_cpu(record->firmware) != config->firmware)
		what = "the stream is of another firmware";
	else if (le32_to_cpu(record->units) != sv->units)
		what = "the stream is of a device of other units";
	else if (features & ~config->features)
		what = "the stream's guest uses features that are not here";
	mutex_unlock(&sv->parent->lock);

	return what ? refuse(r, -EOPNOTSUPP, what) : 0;
}

static int check_record(struct sim_resuming *r)
{
	const struct sim_record *record = &r->record;
	u64 memory = le64_to_cpu(record->memory);

	if (le64_to_cpu(record->magic) != SIM_RECORD_MAGIC ||
	    (le32_to_cpu(record->flags) & ~SIM_RECORD_LAST) ||
	    record->zero || !memory)
		return refuse(r, -EINVAL,
			      "what follows the header is no state");
	if (memory > r->sv->mem_size)
		return refuse(r, -ENOSPC,
			      "the stream's memory is larger than the device's");
	return check_device(r);
}

static int check_crc(struct sim_resuming *r)
{
	struct sim_record copy = r->record;
	u32 crc;

	copy.crc = 0;
	crc = crc32_le(~0, (u8 *)&copy, sizeof(copy));
	crc = crc32_le(crc, r->mem, le64_to_cpu(copy.memory));
	if (crc == le32_to_cpu(r->record.crc))
		return 0;
	return refuse(r, -EBADMSG,
		      "the state was damaged, its checksum is wrong");
}

/* Takes what is missing of @size bytes at @to. */
static size_t take(struct sim_resuming *r, void *to, size_t size,
		   const u8 *data, size_t len)
{
	len = min(len, size - r->n);
	memcpy(to + r->n, data, len);
	r->n += len;
	return len;
}

static void next_part(struct sim_resuming *r, enum part part)
{
	r->part = part;
	r->n = 0;
}

/* Returns how many bytes of @data, at least one, were used. */
static ssize_t feed(struct sim_resuming *r, const u8 *data, size_t len)
{
	struct sim_record *record = &r->record;
	size_t memory = le64_to_cpu(record->memory);
	ssize_t used = 0;
	int err = 0;

	switch (r->part) {
	case PART_HEADER:
		used = vfio_mig_stream_feed(r->stream, data, len);
		if (used < 0)
			return used;
		if (vfio_mig_stream_verdict(r->stream))
			next_part(r, PART_RECORD);
		break;
	case PART_RECORD:
		used = take(r, record, sizeof(*record), data, len);
		if (r->n < sizeof(*record))
			break;
		err = check_record(r);
		next_part(r, PART_MEMORY);
		break;
	case PART_MEMORY:
		used = take(r, r->mem, memory, data, len);
		if (r->n < memory)
			break;
		err = check_crc(r);
		if (le32_to_cpu(record->flags) & SIM_RECORD_LAST)
			next_part(r, PART_END);
		else
			next_part(r, PART_RECORD);
		break;
	case PART_END:
		err = refuse(r, -EINVAL, "the stream goes on behind its end");
		break;
	}
	return err ?: used;
}

static int feed_all(struct sim_resuming *r, const u8 *data, size_t len)
{
	while (len) {
		ssize_t used = feed(r, data, len);

		if (used < 0)
			return used;
		data += used;
		len -= used;
	}
	return 0;
}

static void tell(const struct sim_resuming *r)
{
	dev_notice(r->sv->vdev.dev, "refused to resume: %s\n",
		   vfio_mig_stream_reason(r->stream));
}

static ssize_t write_piece(struct sim_resuming *r, const char __user *buf,
			   size_t count)
{
	if (!r->sv)
		return -ENODEV;
	if (r->err)
		return r->err;
	if (copy_from_user(r->piece, buf, count))
		return -EFAULT;
	r->err = feed_all(r, r->piece, count);
	if (r->err)
		tell(r);
	return r->err ?: count;
}

static ssize_t resume_write(struct file *filp, const char __user *buf,
			    size_t count, loff_t *pos)
{
	struct sim_resuming *r = filp->private_data;
	size_t done = 0;
	ssize_t ret = 0;

	while (ret >= 0 && done < count) {
		if (fatal_signal_pending(current))
			return done ?: -EINTR;
		mutex_lock(&r->lock);
		ret = write_piece(r, buf + done, min(count - done, PIECE));
		mutex_unlock(&r->lock);
		if (ret > 0)
			done += ret;
		cond_resched();
	}
	/* a stream that is refused is not taken in part */
	if (ret == -EFAULT && done)
		return done;
	return ret < 0 ? ret : done;
}

static int resume_release(struct inode *inode, struct file *filp)
{
	struct sim_resuming *r = filp->private_data;

	mutex_destroy(&r->lock);
	kfree(r);
	return 0;
}

static const struct file_operations resume_fops = {
	.owner = THIS_MODULE,
	.write = resume_write,
	.release = resume_release,
};

/**
 * sim_resume_start - begin to resume a device
 * @sv: the device, the state of which is locked
 *
 * Return: the file, one reference of which is the caller's, or an ERR_PTR.
 */
struct file *sim_resume_start(struct sim_vdev *sv)
{
	struct sim_resuming *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	int err = -ENOMEM;

	lockdep_assert_held(&sv->state_lock);

	if (!r)
		return ERR_PTR(-ENOMEM);
	r->sv = sv;
	mutex_init(&r->lock);
	r->piece = kmalloc(PIECE, GFP_KERNEL_ACCOUNT);
	r->mem = kvzalloc(sv->mem_size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!r->piece || !r->mem)
		goto err_free;
	r->stream = vfio_mig_stream_begin(&sv->vdev);
	if (!r->stream)
		goto err_free;

	r->filp = anon_inode_getfile("[vfio_mig_sim]", &resume_fops, r,
				     O_WRONLY);
	if (IS_ERR(r->filp)) {
		err = PTR_ERR(r->filp);
		goto err_free;
	}
	stream_open(file_inode(r->filp), r->filp);
	sv->resuming = r;
	return get_file(r->filp);

err_free:
	vfio_mig_stream_free(r->stream);
	kvfree(r->mem);
	kfree(r->piece);
	kfree(r);
	return ERR_PTR(err);
}

/* What would have to be there is there, and nothing was refused. */
static int check_end(struct sim_resuming *r)
{
	if (r->err)
		return r->err;

	switch (r->part) {
	case PART_HEADER:
		return vfio_mig_stream_end(r->stream);
	case PART_END:
		return 0;
	default:
		return refuse(r, -ENODATA, "the stream ended inside the state");
	}
}

static int load(struct sim_resuming *r, struct sim_vdev *sv)
{
	size_t memory;
	int err;

	err = check_end(r);
	if (err)
		return err;

	/* what is offered may have changed since it was checked */
	err = sim_vdev_negotiate(sv, le64_to_cpu(r->record.features));
	if (err)
		return refuse(r, err, "features were taken back meanwhile");

	memory = le64_to_cpu(r->record.memory);
	mutex_lock(&sv->mem_lock);
	memcpy(sv->mem, r->mem, memory);
	memset(sv->mem + memory, 0, sv->mem_size - memory);
	mutex_unlock(&sv->mem_lock);
	return 0;
}

/**
 * sim_resume_load - the stream is at its end: become what it says
 * @sv: the device, the state of which is locked
 *
 * Return: 0, or why the stream was refused.
 */
int sim_resume_load(struct sim_vdev *sv)
{
	struct sim_resuming *r = sv->resuming;
	int err;

	lockdep_assert_held(&sv->state_lock);

	mutex_lock(&r->lock);
	err = load(r, sv);
	if (err && !r->err) {
		r->err = err;
		tell(r);
	}
	mutex_unlock(&r->lock);
	return err;
}

/**
 * sim_resume_failed - was a stream refused?
 * @sv: the device, the state of which is locked; perhaps it is not resumed
 *
 * Return: true if it was.
 */
bool sim_resume_failed(const struct sim_vdev *sv)
{
	struct sim_resuming *r = sv->resuming;
	bool failed;

	lockdep_assert_held(&sv->state_lock);

	if (!r)
		return false;
	mutex_lock(&r->lock);
	failed = r->err;
	mutex_unlock(&r->lock);
	return failed;
}

/**
 * sim_resume_end - resuming is over, whether it went well or not
 * @sv: the device, the state of which is locked; perhaps it is not resumed
 */
void sim_resume_end(struct sim_vdev *sv)
{
	struct sim_resuming *r = sv->resuming;

	lockdep_assert_held(&sv->state_lock);

	if (!r)
		return;
	sv->resuming = NULL;

	mutex_lock(&r->lock);
	r->sv = NULL;
	vfio_mig_stream_free(r->stream);
	kvfree(r->mem);
	kfree(r->piece);
	mutex_unlock(&r->lock);
	fput(r->filp);
}
