// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file through which a device's state is read: a header, and its state as
 * it was when copying began; if the device went on running meanwhile, then
 * its state as it was when it had stopped, once more and as a whole.
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
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio_mig.h>

#include "sim.h"

/**
 * struct sim_saving - a state that is read
 * @vdev: whose it is, while the file is not dead
 * @filp: the file
 * @wait: for more of the state, or the end
 * @lock: guards what follows
 * @dead: the device has nothing to do with it any more
 * @running: the device still runs, and there will be more to read
 * @buf: the stream, as far as it is known
 * @size: bytes there is room for in @buf
 * @filled: bytes in @buf
 * @at: how many of them were read
 */
struct sim_saving {
	struct vfio_device *vdev;
	struct file *filp;
	wait_queue_head_t wait;
	struct mutex lock; /* guards what follows */
	bool dead;
	bool running;
	u8 *buf;
	size_t size;
	size_t filled;
	size_t at;
};

static size_t record_size(const struct sim_vdev *sv)
{
	return sizeof(struct sim_record) + sv->mem_size;
}

/**
 * sim_save_size - how much there is to read of a device that is stopped
 * @sv: the device
 *
 * Return: bytes, without the header.
 */
size_t sim_save_size(const struct sim_vdev *sv)
{
	return record_size(sv);
}

static void add_record(struct sim_saving *s, struct sim_vdev *sv, u32 flags)
{
	struct sim_record record = {
		.magic = cpu_to_le64(SIM_RECORD_MAGIC),
		.flags = cpu_to_le32(flags),
		.kind = cpu_to_le32(sv->type->info->kind),
		.memory = cpu_to_le64(sv->mem_size),
	};
	u8 *to = s->buf + s->filled;
	u32 crc;

	mutex_lock(&sv->parent->lock);
	record.firmware = cpu_to_le32(sv->parent->config.firmware);
	record.units = cpu_to_le32(sv->units);
	record.features = cpu_to_le64(sv->negotiated);
	mutex_unlock(&sv->parent->lock);

	mutex_lock(&sv->mem_lock);
	memcpy(to + sizeof(record), sv->mem, sv->mem_size);
	mutex_unlock(&sv->mem_lock);

	crc = crc32_le(~0, (u8 *)&record, sizeof(record));
	crc = crc32_le(crc, to + sizeof(record), sv->mem_size);
	record.crc = cpu_to_le32(crc);
	memcpy(to, &record, sizeof(record));

	s->filled += record_size(sv);
	s->running = !(flags & SIM_RECORD_LAST);
}

static ssize_t save_read(struct file *filp, char __user *buf, size_t count,
			 loff_t *pos)
{
	struct sim_saving *s = filp->private_data;
	ssize_t ret;

	mutex_lock(&s->lock);
	if (s->dead) {
		ret = -ENODEV;
		goto out_unlock;
	}
	count = min_t(size_t, count, s->filled - s->at);
	if (!count && s->running) {
		ret = -ENOMSG;
		goto out_unlock;
	}
	if (copy_to_user(buf, s->buf + s->at, count)) {
		ret = -EFAULT;
		goto out_unlock;
	}
	s->at += count;
	ret = count;

out_unlock:
	mutex_unlock(&s->lock);
	return ret;
}

static __poll_t save_poll(struct file *filp, struct poll_table_struct *table)
{
	struct sim_saving *s = filp->private_data;
	__poll_t mask = 0;

	poll_wait(filp, &s->wait, table);

	mutex_lock(&s->lock);
	if (s->dead)
		mask = EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	else if (s->at < s->filled || !s->running)
		mask = EPOLLIN | EPOLLRDNORM;
	mutex_unlock(&s->lock);
	return mask;
}

/* What changes while the device runs is read when it has stopped. */
static long save_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct sim_saving *s = filp->private_data;
	struct vfio_precopy_info info = {};
	int err;

	mutex_lock(&s->lock);
	if (s->dead) {
		err = -ENODEV;
		goto out_unlock;
	}
	err = vfio_check_precopy_ioctl(s->vdev, cmd, arg, &info);
	if (err)
		goto out_unlock;
	if (!s->running) {
		err = -EINVAL;
		goto out_unlock;
	}
	info.initial_bytes = s->filled - s->at;
	info.dirty_bytes = 0;
	if (copy_to_user((void __user *)arg, &info,
			 offsetofend(struct vfio_precopy_info, dirty_bytes)))
		err = -EFAULT;

out_unlock:
	mutex_unlock(&s->lock);
	return err;
}

static int save_release(struct inode *inode, struct file *filp)
{
	struct sim_saving *s = filp->private_data;

	kvfree(s->buf);
	mutex_destroy(&s->lock);
	kfree(s);
	return 0;
}

static const struct file_operations save_fops = {
	.owner = THIS_MODULE,
	.read = save_read,
	.poll = save_poll,
	.unlocked_ioctl = save_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = save_release,
};

/* The header, and room for as many records as there will be. */
static int begin(struct sim_saving *s, struct sim_vdev *sv, unsigned int n)
{
	size_t len;
	void *head;

	head = vfio_mig_stream_header(&sv->vdev, &len);
	if (IS_ERR(head))
		return PTR_ERR(head);

	s->size = len + n * record_size(sv);
	s->buf = kvzalloc(s->size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (s->buf) {
		memcpy(s->buf, head, len);
		s->filled = len;
	}
	kfree(head);
	return s->buf ? 0 : -ENOMEM;
}

/**
 * sim_save_start - begin to save a device
 * @sv: the device, the state of which is locked
 * @precopy: it runs on, and sim_save_finish() follows when it has stopped
 *
 * Return: the file, one reference of which is the caller's, or an ERR_PTR.
 */
struct file *sim_save_start(struct sim_vdev *sv, bool precopy)
{
	struct sim_saving *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	int err;

	lockdep_assert_held(&sv->state_lock);

	if (!s)
		return ERR_PTR(-ENOMEM);
	s->vdev = &sv->vdev;
	mutex_init(&s->lock);
	init_waitqueue_head(&s->wait);

	err = begin(s, sv, precopy ? 2 : 1);
	if (err)
		goto err_free;
	add_record(s, sv, precopy ? 0 : SIM_RECORD_LAST);

	s->filp = anon_inode_getfile("[vfio_mig_sim]", &save_fops, s,
				     O_RDONLY);
	if (IS_ERR(s->filp)) {
		err = PTR_ERR(s->filp);
		goto err_free;
	}
	stream_open(file_inode(s->filp), s->filp);
	sv->saving = s;
	return get_file(s->filp);

err_free:
	kvfree(s->buf);
	kfree(s);
	return ERR_PTR(err);
}

/**
 * sim_save_finish - the device has stopped: add what it has become
 * @sv: the device, the state of which is locked
 */
void sim_save_finish(struct sim_vdev *sv)
{
	struct sim_saving *s = sv->saving;

	lockdep_assert_held(&sv->state_lock);

	mutex_lock(&s->lock);
	add_record(s, sv, SIM_RECORD_LAST);
	mutex_unlock(&s->lock);
	wake_up_all(&s->wait);
}

/**
 * sim_save_end - saving is over, whether all was read or not
 * @sv: the device, the state of which is locked; perhaps it is not saved
 */
void sim_save_end(struct sim_vdev *sv)
{
	struct sim_saving *s = sv->saving;

	lockdep_assert_held(&sv->state_lock);

	if (!s)
		return;
	sv->saving = NULL;

	mutex_lock(&s->lock);
	s->dead = true;
	kvfree(s->buf);
	s->buf = NULL;
	mutex_unlock(&s->lock);
	wake_up_all(&s->wait);
	fput(s->filp);
}
