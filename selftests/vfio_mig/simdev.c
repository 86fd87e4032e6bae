// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated mediated devices: what they are, that their state goes from one to
 * another or is refused, and that nothing breaks them on the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "../kselftest_harness.h"

#include "attr.h"
#include "env.h"
#include "nl.h"
#include "simdev.h"

#define REGISTERS	0x10000000000ULL
#define UNIT		65536
#define STREAM_MAX	(4 << 20)

static const struct type {
	const char *name;
	unsigned int units;
	unsigned int regions;
} types[] = {
	{ "gpu-1", 8, 1 }, { "gpu-2", 4, 1 }, { "gpu-4", 2, 1 },
	{ "gpu-8", 1, 1 }, { "net", 1, 2 }, { "gen1", 2, 1 },
	{ "gen2", 2, 1 }, { "ccw", 1, 1 },
};

static int region(const struct dev *dev, unsigned int index,
		  struct vfio_region_info *info)
{
	*info = (struct vfio_region_info) {
		.argsz = sizeof(*info), .index = index,
	};
	return ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, info) ? -errno : 0;
}

static size_t mem_size(const struct dev *dev)
{
	struct vfio_region_info info;

	return region(dev, 0, &info) ? 0 : info.size;
}

/* What memory is filled with differs from one @seed to another. */
static void pattern(__u8 *buf, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		buf[i] = i * 7 + (i >> 8) * 13 + seed * 31 + 1;
}

static __u8 mem[8 * UNIT * 2], wanted[8 * UNIT * 2];

static bool fill(const struct dev *dev, unsigned int seed)
{
	size_t size = mem_size(dev);

	pattern(wanted, size, seed);
	return pwrite(dev->fd, wanted, size, 0) == (ssize_t)size;
}

static bool filled(const struct dev *dev, size_t size, unsigned int seed)
{
	pattern(wanted, size, seed);
	return pread(dev->fd, mem, size, 0) == (ssize_t)size &&
	       !memcmp(mem, wanted, size);
}

static bool zero(const struct dev *dev)
{
	size_t size = mem_size(dev);

	memset(wanted, 0, size);
	return pread(dev->fd, mem, size, 0) == (ssize_t)size &&
	       !memcmp(mem, wanted, size);
}

static __u64 mig_flags(const struct dev *dev)
{
	struct vfio_device_feature_migration mig = {};

	if (feature(dev, VFIO_DEVICE_FEATURE_GET |
		    VFIO_DEVICE_FEATURE_MIGRATION, &mig, sizeof(mig)))
		return 0;
	return mig.flags;
}

static int mig_reset(const struct dev *dev)
{
	return ioctl(dev->fd, VFIO_DEVICE_RESET) ? -errno : 0;
}

static __u8 stream[STREAM_MAX];

/* Reads to the end, @piece bytes at a time. */
static ssize_t save(const struct dev *dev, size_t piece)
{
	ssize_t len, n = 0;
	int fd, err;

	err = mig_set(dev, VFIO_DEVICE_STATE_STOP_COPY, &fd);
	if (err)
		return err;
	while ((len = read(fd, stream + n, piece)) > 0)
		n += len;
	if (len < 0)
		n = -errno;
	close(fd);
	err = mig_set(dev, VFIO_DEVICE_STATE_RUNNING, &fd);
	return err ?: n;
}

/* The first error, of writing or of the arc at the end. */
static int restore(const struct dev *dev, size_t len, size_t piece)
{
	size_t at;
	int fd, err;

	err = mig_set(dev, VFIO_DEVICE_STATE_RESUMING, &fd);
	if (err)
		return err;
	for (at = 0; !err && at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		ssize_t done = write(fd, stream + at, n);

		if (done != (ssize_t)n)
			err = done < 0 ? -errno : -EIO;
	}
	close(fd);
	if (!err)
		err = mig_set(dev, VFIO_DEVICE_STATE_RUNNING, &fd);
	return err;
}

FIXTURE(simdev) {
	struct nl nl;
	struct nl mon;
	struct req req;
	struct obj dev;
};

FIXTURE_SETUP(simdev)
{
	if (run("modprobe -q " NAME) || !file_is(PARENTS))
		SKIP(return, "needs vfio_mig_sim");
	ASSERT_EQ(0, file_write("2", PARENTS));
	destroy_all();
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_open(&self->mon));
	ASSERT_EQ(0, nl_join(&self->mon));
}

FIXTURE_TEARDOWN_PARENT(simdev)
{
	destroy_all();
	file_write("0", PARENTS);
	file_write("0", "/sys/module/vfio_mig_sim/parameters/devices");
}

/* Creates @n, and opens it. */
static void start(struct __test_metadata *_metadata, struct dev *dev,
		  unsigned int n, unsigned int parent, const char *type)
{
	ASSERT_EQ(0, mdev_create(n, parent, type));
	ASSERT_EQ(0, dev_open(dev, n));
}

static __u64 available(struct __test_metadata *_metadata, unsigned int parent,
		       const char *type)
{
	__u64 n = ~0;

	EXPECT_EQ(0, file_num(&n, TYPE_FMT "/available_instances", parent,
			      type));
	return n;
}

TEST_F(simdev, every_type)
{
	unsigned int i, index;
	char api[32];

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct vfio_device_info info = { .argsz = sizeof(info) };
		struct vfio_region_info reg;
		struct dev dev;

		ASSERT_EQ(0, file_read(api, sizeof(api),
				       TYPE_FMT "/device_api", 0,
				       types[i].name));
		EXPECT_STREQ("vfio-platform", api);
		start(_metadata, &dev, 0, 0, types[i].name);
		ASSERT_EQ(0, ioctl(dev.fd, VFIO_DEVICE_GET_INFO, &info));
		EXPECT_EQ(VFIO_DEVICE_FLAGS_PLATFORM | VFIO_DEVICE_FLAGS_RESET,
			  info.flags);
		EXPECT_EQ(types[i].regions, info.num_regions);
		EXPECT_EQ(0, info.num_irqs);
		for (index = 0; index < types[i].regions; index++)
			EXPECT_EQ(0, region(&dev, index, &reg));
		EXPECT_EQ(-EINVAL, region(&dev, index, &reg));
		EXPECT_EQ(types[i].units * UNIT, mem_size(&dev));
		EXPECT_EQ(VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P,
			  mig_flags(&dev) & ~VFIO_MIGRATION_PRE_COPY);
		EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, mig_get(&dev));
		dev_close(&dev);
		ASSERT_EQ(0, mdev_destroy(0));
	}
}

/* All types share what there is. */
TEST_F(simdev, units)
{
	unsigned int i, left = 8, n = 0;

	while (left) {
		const struct type *type = &types[left >= 4 ? 1 : 3];

		ASSERT_EQ(0, mdev_create(n++, 0, type->name));
		left -= type->units;
		for (i = 0; i < ARRAY_SIZE(types); i++) {
			EXPECT_EQ(left / types[i].units,
				  available(_metadata, 0, types[i].name));
			EXPECT_EQ(8 / types[i].units,
				  available(_metadata, 1, types[i].name));
		}
	}
	for (i = 0; i < ARRAY_SIZE(types); i++)
		EXPECT_EQ(-ENOSPC, mdev_create(n, 0, types[i].name));
	ASSERT_EQ(0, mdev_destroy(0));
	EXPECT_EQ(2, available(_metadata, 0, "gen1"));
	ASSERT_EQ(0, mdev_create(0, 0, "gen1"));
	EXPECT_EQ(1, available(_metadata, 0, "gen1"));
}

TEST_F(simdev, memory)
{
	struct dev dev;
	__u8 byte = 5;

	start(_metadata, &dev, 0, 0, "gen1");
	EXPECT_TRUE(zero(&dev));
	ASSERT_TRUE(fill(&dev, 1));
	EXPECT_TRUE(filled(&dev, 2 * UNIT, 1));
	ASSERT_EQ(1, pwrite(dev.fd, &byte, 1, 1000));
	byte = 0;
	ASSERT_EQ(1, pread(dev.fd, &byte, 1, 1000));
	EXPECT_EQ(5, byte);

	/* not beyond its end */
	EXPECT_EQ(10, pread(dev.fd, mem, 100, 2 * UNIT - 10));
	EXPECT_EQ(10, pwrite(dev.fd, mem, 100, 2 * UNIT - 10));
	EXPECT_EQ(-1, pread(dev.fd, mem, 1, 2 * UNIT));
	EXPECT_EQ(-1, pwrite(dev.fd, mem, 1, 2 * UNIT));
	EXPECT_EQ(-1, pread(dev.fd, mem, 1, REGISTERS));
	EXPECT_EQ(-1, pread(dev.fd, mem, 1, REGISTERS << 20));

	/* nobody finds what was there before */
	EXPECT_EQ(0, mig_reset(&dev));
	EXPECT_TRUE(zero(&dev));
	ASSERT_TRUE(fill(&dev, 2));
	dev_close(&dev);
	ASSERT_EQ(0, dev_open(&dev, 0));
	EXPECT_TRUE(zero(&dev));
	dev_close(&dev);
}

static __u64 reg_read(const struct dev *dev, unsigned int at)
{
	__u64 value = ~0;

	if (pread(dev->fd, &value, 8, REGISTERS + at) != 8)
		return ~0;
	return value;
}

static int reg_write(const struct dev *dev, unsigned int at, __u64 value)
{
	return pwrite(dev->fd, &value, 8, REGISTERS + at) == 8 ? 0 : -errno;
}

TEST_F(simdev, negotiation)
{
	struct dev dev;

	ASSERT_EQ(0, file_write("0x7", PARENT_FMT "/features", 0));
	start(_metadata, &dev, 0, 0, "net");
	EXPECT_EQ(7, reg_read(&dev, 0));
	EXPECT_EQ(0, reg_read(&dev, 8));
	EXPECT_EQ(0, reg_write(&dev, 8, 5));
	EXPECT_EQ(5, reg_read(&dev, 8));
	EXPECT_EQ(-EOPNOTSUPP, reg_write(&dev, 8, 9));
	EXPECT_EQ(-EINVAL, reg_write(&dev, 0, 1));
	EXPECT_EQ(-EINVAL, reg_write(&dev, 4, 1));
	EXPECT_EQ(-1, pwrite(dev.fd, mem, 4, REGISTERS + 8));
	EXPECT_EQ(-1, pread(dev.fd, mem, 8, REGISTERS + 16));
	EXPECT_EQ(5, reg_read(&dev, 8));
	EXPECT_EQ(0, mig_reset(&dev));
	EXPECT_EQ(0, reg_read(&dev, 8));
	dev_close(&dev);
}

/* From any type to any: it is taken or refused, and then nothing is changed. */
TEST_F(simdev, migrate)
{
	static const size_t pieces[] = { 1 << 20, 4096, 777, 65537 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct dev source;
		ssize_t len;

		start(_metadata, &source, 0, 0, types[i].name);
		ASSERT_TRUE(fill(&source, i));
		len = save(&source, pieces[i % ARRAY_SIZE(pieces)]);
		ASSERT_LT((ssize_t)mem_size(&source), len);
		EXPECT_TRUE(filled(&source, mem_size(&source), i));
		EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, mig_get(&source));

		for (j = 0; j < ARRAY_SIZE(types); j++) {
			bool fits = i == j || (!strcmp(types[i].name, "gen1") &&
					       !strcmp(types[j].name, "gen2"));
			struct dev target;
			int err;

			start(_metadata, &target, 1, 1, types[j].name);
			ASSERT_TRUE(fill(&target, 99));
			err = restore(&target, len,
				      pieces[j % ARRAY_SIZE(pieces)]);
			EXPECT_EQ(fits, !err) {
				TH_LOG("%s to %s: %d", types[i].name,
				       types[j].name, err);
			}
			EXPECT_TRUE(filled(&target, mem_size(&target),
					   err ? 99 : i));
			EXPECT_EQ(err ? VFIO_DEVICE_STATE_ERROR :
				  VFIO_DEVICE_STATE_RUNNING, mig_get(&target));
			dev_close(&target);
			ASSERT_EQ(0, mdev_destroy(1));
		}
		dev_close(&source);
		ASSERT_EQ(0, mdev_destroy(0));
	}
}

/* A target may have more memory than the source, but not less. */
TEST_F(simdev, more_memory)
{
	struct dev small, large;
	ssize_t len;

	ASSERT_EQ(0, file_write("131072", PARENT_FMT "/memory", 1));
	start(_metadata, &small, 0, 0, "ccw");
	start(_metadata, &large, 1, 1, "ccw");
	ASSERT_EQ(UNIT, mem_size(&small));
	ASSERT_EQ(2 * UNIT, mem_size(&large));

	ASSERT_TRUE(fill(&small, 3));
	ASSERT_TRUE(fill(&large, 4));
	len = save(&small, 4096);
	ASSERT_LT(UNIT, len);
	ASSERT_EQ(0, restore(&large, len, 4096));
	EXPECT_TRUE(filled(&large, UNIT, 3));
	memset(wanted, 0, UNIT);
	ASSERT_EQ(UNIT, pread(large.fd, mem, UNIT, UNIT));
	EXPECT_EQ(0, memcmp(wanted, mem, UNIT));

	len = save(&large, 4096);
	ASSERT_LT(2 * UNIT, len);
	EXPECT_NE(0, restore(&small, len, 4096));
	EXPECT_EQ(VFIO_DEVICE_STATE_ERROR, mig_get(&small));
	dev_close(&small);
	dev_close(&large);
}

static void describe(struct __test_metadata *_metadata, struct nl *nl,
		     unsigned int n, struct obj *obj)
{
	char uuid[64];

	snprintf(uuid, sizeof(uuid), UUID_FMT, n);
	ASSERT_EQ(0, nl_get_handle(nl, VFIO_MIG_CMD_DEV_GET, "mdev", NULL, uuid,
				   obj));
}

/* What is negotiated is described, and so in a stream, a moment later. */
static void negotiate(struct __test_metadata *_metadata, struct nl *nl,
		      const struct dev *source, __u64 features)
{
	static struct obj before, now;
	unsigned int left = 1000;

	describe(_metadata, nl, 0, &before);
	ASSERT_EQ(0, reg_write(source, 8, features));
	do {
		usleep(10000);
		describe(_metadata, nl, 0, &now);
	} while (now.seq == before.seq && --left);
	ASSERT_LT(0, left);
}

/* What a guest has negotiated comes along, if the target offers it. */
TEST_F(simdev, features_follow)
{
	struct dev source, target;
	ssize_t len;

	ASSERT_EQ(0, file_write("0x7", PARENT_FMT "/features", 0));
	ASSERT_EQ(0, file_write("0x6", PARENT_FMT "/features", 1));
	start(_metadata, &source, 0, 0, "net");
	start(_metadata, &target, 1, 1, "net");
	negotiate(_metadata, &self->nl, &source, 4);
	len = save(&source, 4096);
	ASSERT_EQ(0, restore(&target, len, 4096));
	EXPECT_EQ(4, reg_read(&target, 8));

	negotiate(_metadata, &self->nl, &source, 5);
	len = save(&source, 4096);
	EXPECT_NE(0, restore(&target, len, 4096));
	EXPECT_EQ(4, reg_read(&target, 8));
	dev_close(&source);
	dev_close(&target);
}

/* The difference that nothing tells, but the migration itself. */
TEST_F(simdev, firmware)
{
	struct dev source, target;
	ssize_t len;

	ASSERT_EQ(0, file_write("7", PARENT_FMT "/firmware", 0));
	start(_metadata, &source, 0, 0, "ccw");
	start(_metadata, &target, 1, 1, "ccw");
	len = save(&source, 4096);
	EXPECT_EQ(-EOPNOTSUPP, restore(&target, len, 4096));
	EXPECT_EQ(VFIO_DEVICE_STATE_ERROR, mig_get(&target));
	ASSERT_EQ(0, mig_reset(&target));
	ASSERT_EQ(0, file_write("7", PARENT_FMT "/firmware", 1));
	EXPECT_EQ(0, restore(&target, len, 4096));
	dev_close(&source);
	dev_close(&target);
}

TEST_F(simdev, pre_copy)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };
	struct dev source, target;
	struct pollfd pfd = { .events = POLLIN };
	ssize_t len, n = 0;
	int fd, none;

	start(_metadata, &source, 0, 0, "ccw");
	start(_metadata, &target, 1, 1, "ccw");
	if (!(mig_flags(&source) & VFIO_MIGRATION_PRE_COPY)) {
		EXPECT_EQ(-EINVAL,
			  mig_set(&source, VFIO_DEVICE_STATE_PRE_COPY, &fd));
		SKIP(goto out, "this kernel has no pre-copy");
	}

	ASSERT_TRUE(fill(&source, 1));
	ASSERT_EQ(0, mig_set(&source, VFIO_DEVICE_STATE_PRE_COPY, &fd));
	ASSERT_LE(0, fd);
	pfd.fd = fd;
	ASSERT_EQ(0, ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info));
	EXPECT_LT(UNIT, info.initial_bytes);
	EXPECT_EQ(0, info.dirty_bytes);
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	ASSERT_EQ(1000, read(fd, stream, 1000));
	n = info.initial_bytes;
	ASSERT_EQ(0, ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info));
	EXPECT_EQ(n - 1000, info.initial_bytes);
	ASSERT_EQ(n - 1000, read(fd, stream + 1000, STREAM_MAX - 1000));
	ASSERT_EQ(0, ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info));
	EXPECT_EQ(0, info.initial_bytes);
	EXPECT_EQ(-1, read(fd, stream + n, 1));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	info.argsz = 8;
	EXPECT_EQ(-1, ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info));
	EXPECT_EQ(-1, ioctl(fd, VFIO_DEVICE_GET_INFO, &info));
	EXPECT_EQ(ENOTTY, errno);

	/* it ran on, and was changed */
	ASSERT_TRUE(fill(&source, 2));
	ASSERT_EQ(0, mig_set(&source, VFIO_DEVICE_STATE_STOP_COPY, &none));
	EXPECT_EQ(-1, none);
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	info.argsz = sizeof(info);
	EXPECT_EQ(-1, ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info));
	EXPECT_EQ(EINVAL, errno);
	while ((len = read(fd, stream + n, 5000)) > 0)
		n += len;
	EXPECT_EQ(0, len);
	ASSERT_EQ(0, restore(&target, n, 4096));
	EXPECT_TRUE(filled(&target, UNIT, 2));

	/* what was copied first is not enough */
	EXPECT_EQ(-ENODATA, restore(&target, n / 2, 4096));
	close(fd);
out:
	dev_close(&source);
	dev_close(&target);
}

/* What is refused is refused by an errno, and a reset makes good. */
TEST_F(simdev, damage)
{
	static const unsigned int reg_bits[] = { 0, 7 };
	struct dev source, target;
	ssize_t len, at;
	unsigned int i;

	ASSERT_EQ(0, file_write("4096", PARENT_FMT "/memory", 0));
	ASSERT_EQ(0, file_write("4096", PARENT_FMT "/memory", 1));
	start(_metadata, &source, 0, 0, "net");
	start(_metadata, &target, 1, 1, "net");
	ASSERT_TRUE(fill(&source, 1));
	len = save(&source, 100000);
	ASSERT_LT(4096, len);

	/* each byte in front of the memory, some of it */
	for (at = 0; at < len; at += at < len - 4096 ? 1 : 511) {
		for (i = 0; i < ARRAY_SIZE(reg_bits); i++) {
			stream[at] ^= 1 << reg_bits[i];
			EXPECT_GT(0, restore(&target, len, 100000)) {
				TH_LOG("byte %zd, bit %u", at, reg_bits[i]);
			}
			stream[at] ^= 1 << reg_bits[i];
			ASSERT_EQ(0, mig_reset(&target));
			EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, mig_get(&target));
			EXPECT_TRUE(zero(&target));
		}
	}
	EXPECT_EQ(-EINVAL, restore(&target, len + 1, 100000));
	EXPECT_EQ(VFIO_DEVICE_STATE_ERROR, mig_get(&target));
	EXPECT_EQ(-EINVAL, mig_set(&target, VFIO_DEVICE_STATE_RUNNING,
				   &(int){ 0 }));
	ASSERT_EQ(0, mig_reset(&target));
	EXPECT_EQ(0, restore(&target, len, 100000));
	EXPECT_TRUE(filled(&target, 4096, 1));
	dev_close(&source);
	dev_close(&target);
}

/* Too little is refused in the end, and the rest comes too late. */
TEST_F(simdev, truncated)
{
	struct dev source, target;
	ssize_t len, cut;
	int fd, none;

	ASSERT_EQ(0, file_write("4096", PARENT_FMT "/memory", 0));
	ASSERT_EQ(0, file_write("4096", PARENT_FMT "/memory", 1));
	start(_metadata, &source, 0, 0, "ccw");
	start(_metadata, &target, 1, 1, "ccw");
	ASSERT_TRUE(fill(&source, 1));
	len = save(&source, 100000);
	ASSERT_LT(4096, len);
	for (cut = 0; cut < len; cut += cut < len - 4096 ? 1 : 500) {
		EXPECT_GT(0, restore(&target, cut, 100000));
		EXPECT_TRUE(zero(&target));
		ASSERT_EQ(0, mig_reset(&target));
	}
	ASSERT_EQ(0, mig_set(&target, VFIO_DEVICE_STATE_RESUMING, &fd));
	ASSERT_EQ(len - 9, write(fd, stream, len - 9));
	EXPECT_EQ(-ENODATA, mig_set(&target, VFIO_DEVICE_STATE_STOP, &none));
	EXPECT_EQ(VFIO_DEVICE_STATE_ERROR, mig_get(&target));
	EXPECT_EQ(-1, write(fd, stream + len - 9, 9));
	close(fd);
	ASSERT_EQ(0, mig_reset(&target));
	EXPECT_EQ(0, restore(&target, len, 100000));
	EXPECT_TRUE(filled(&target, 4096, 1));
	dev_close(&source);
	dev_close(&target);
}

/* The device's next event; what becomes of types does not matter. */
static void next_change(struct __test_metadata *_metadata, struct nl *mon,
			struct obj *dev)
{
	struct obj event;

	do {
		ASSERT_EQ(0, nl_event(mon, &event, SOON_MS));
	} while (event.id != dev->id);
	EXPECT_EQ(VFIO_MIG_CMD_DEV_CHANGE_NTF, event.cmd);
	*dev = event;
}

/* Units can be set as long as nobody has opened the device. */
TEST_F(simdev, set_units)
{
	struct dev dev;
	struct obj obj;
	struct ack ack;
	__u32 offs;

	ASSERT_EQ(0, mdev_create(0, 0, "gpu-8"));
	ASSERT_EQ(0, mdev_create(1, 0, "gpu-4"));
	describe(_metadata, &self->nl, 0, &self->dev);
	EXPECT_EQ(1, number(&self->dev, "units", VFIO_MIG_A_ATTR_U64));
	/* until it is said that the other one has its share */
	drain(&self->mon);

	SET();
	put_u64(&self->req, "units", 4);
	ASSERT_EQ(0, nl_ack(&self->nl, &self->req, &ack)) {
		TH_LOG("%s", ack.msg);
	}
	next_change(_metadata, &self->mon, &self->dev);
	EXPECT_EQ(4, number(&self->dev, "units", VFIO_MIG_A_ATTR_U64));
	EXPECT_EQ(2, available(_metadata, 0, "gpu-8"));
	drain(&self->mon);

	ASSERT_EQ(0, dev_open(&dev, 0));
	EXPECT_EQ(4 * UNIT, mem_size(&dev));
	EXPECT_TRUE(fill(&dev, 1));
	describe(_metadata, &self->nl, 0, &self->dev);
	SET();
	offs = put_u64(&self->req, "units", 2);
	REFUSED(.err = -EBUSY, .text = "open", .offs = offs);
	EXPECT_TRUE(filled(&dev, 4 * UNIT, 1));
	dev_close(&dev);

	SET();
	put_u64(&self->req, "units", 7);
	EXPECT_GT(0, nl_ack(&self->nl, &self->req, &ack));
	SET();
	put_u64(&self->req, "units", 6);
	ASSERT_EQ(0, nl_ack(&self->nl, &self->req, &ack)) {
		TH_LOG("%s", ack.msg);
	}
	EXPECT_EQ(0, available(_metadata, 0, "gpu-8"));
	ASSERT_EQ(0, dev_open(&dev, 0));
	EXPECT_EQ(6 * UNIT, mem_size(&dev));
	EXPECT_TRUE(zero(&dev));
	dev_close(&dev);
	describe(_metadata, &self->nl, 1, &obj);
	EXPECT_EQ(2, number(&obj, "units", VFIO_MIG_A_ATTR_U64));
}

/* What is set of a parent is told of its devices, and of no others. */
TEST_F(simdev, events)
{
	struct obj other, same;
	struct dev dev;
	__u64 bits = 0;

	ASSERT_EQ(0, mdev_create(1, 1, "net"));
	start(_metadata, &dev, 0, 0, "net");
	drain(&self->mon);
	describe(_metadata, &self->nl, 0, &self->dev);
	describe(_metadata, &self->nl, 1, &other);

	ASSERT_EQ(0, file_write("4.0.0", PARENT_FMT "/version", 0));
	next_change(_metadata, &self->mon, &self->dev);
	EXPECT_NE(NULL, obj_attr(&self->dev, "version"));
	ASSERT_EQ(0, file_write("0x3", PARENT_FMT "/features", 0));
	next_change(_metadata, &self->mon, &self->dev);
	ASSERT_EQ(0, reg_write(&dev, 8, 1));
	next_change(_metadata, &self->mon, &self->dev);
	ASSERT_NE(NULL, obj_value(&self->dev, "features",
				  VFIO_MIG_A_ATTR_BITS));
	memcpy(&bits, attr_data(obj_value(&self->dev, "features",
					  VFIO_MIG_A_ATTR_BITS)), 1);
	EXPECT_EQ(1, bits);
	ASSERT_EQ(0, file_write("0", PARENT_FMT "/provider", 0));
	next_change(_metadata, &self->mon, &self->dev);
	EXPECT_EQ(NULL, obj_attr(&self->dev, "version"));

	/* nobody is told what nobody is told of */
	drain(&self->mon);
	ASSERT_EQ(0, file_write("5", PARENT_FMT "/firmware", 1));
	EXPECT_EQ(-EAGAIN, nl_event(&self->mon, &same, QUIET_MS));
	describe(_metadata, &self->nl, 1, &same);
	EXPECT_TRUE(obj_same(&other, &same));
	dev_close(&dev);
}

static bool has_state(const struct dev *dev, unsigned int state)
{
	if (state == VFIO_DEVICE_STATE_ERROR ||
	    state > VFIO_DEVICE_STATE_PRE_COPY_P2P)
		return false;
	return state < VFIO_DEVICE_STATE_PRE_COPY ||
	       (mig_flags(dev) & VFIO_MIGRATION_PRE_COPY);
}

/* From every state to every other, and out of every one by closing. */
TEST_F(simdev, states)
{
	unsigned int from, to;
	struct dev dev;
	char byte;

	ASSERT_EQ(0, mdev_create(0, 0, "ccw"));
	for (from = 0; from < 10; from++) {
		for (to = 0; to < 10; to++) {
			int first, second, err;

			ASSERT_EQ(0, dev_open(&dev, 0));
			EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING, mig_get(&dev));
			err = mig_set(&dev, from, &first);
			EXPECT_EQ(has_state(&dev, from), !err);
			if (err) {
				EXPECT_EQ(VFIO_DEVICE_STATE_RUNNING,
					  mig_get(&dev));
				dev_close(&dev);
				break;
			}
			EXPECT_EQ(from, mig_get(&dev));
			err = mig_set(&dev, to, &second);
			if (!has_state(&dev, to)) {
				EXPECT_NE(0, err);
				EXPECT_EQ(from, mig_get(&dev));
			} else if (from == VFIO_DEVICE_STATE_STOP_COPY &&
				   to >= VFIO_DEVICE_STATE_PRE_COPY) {
				EXPECT_EQ(-EINVAL, err);
			} else if (from == VFIO_DEVICE_STATE_RESUMING &&
				   to != from) {
				EXPECT_EQ(-ENODATA, err);
			} else {
				EXPECT_EQ(0, err);
				EXPECT_EQ(to, mig_get(&dev));
			}
			dev_close(&dev);
			/* what is left is dead, and does no harm */
			if (first >= 0) {
				EXPECT_GT(0, read(first, &byte, 1));
				EXPECT_GT(0, write(first, &byte, 1));
				close(first);
			}
			if (second >= 0)
				close(second);
		}
	}
}

TEST_F(simdev, settings)
{
	static const struct {
		const char *file;
		const char *good;
		const char *wrong[7];
	} cases[] = {
		{ "version", "4.5.6", { "1.2", "1.2.3.4", "01.2.3", "a.b.c",
		  "1.2.4294967296", "-1.0.0", " " } },
		{ "interface", "0.0.0", { "1..2", "1.2.3 4", "+1.2.3" } },
		{ "accept", "1.0.0,2.0.2-2.0.4,2.1.0-",
		  { "2.0.4-2.0.2", "1.0.0,", ",1.0.0", "1.0.0--",
		    "1.0.0-1.0.1-1.0.2", "x" } },
		{ "features", "0xff", { "-1", "x", "0x10000000000000000" } },
		{ "memory", "4096", { "0", "4097", "2097152", "-4096" } },
		{ "chpid_type", "0x1b,0x1a", { "x", "1,", ",1",
		  "1,2,3,4,5,6,7,8,9" } },
		{ "subchannel_type", "0x3", { "x", "1 2" } },
		{ "firmware", "77", { "4294967296", "x" } },
		{ "provider", "0", { "2x", "x" } },
	};
	char was[256], now[256];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *file = cases[i].file;

		ASSERT_EQ(0, file_read(was, sizeof(was), PARENT_FMT "/%s", 0,
				       file));
		for (j = 0; j < 7 && cases[i].wrong[j]; j++) {
			EXPECT_NE(0, file_write(cases[i].wrong[j],
						PARENT_FMT "/%s", 0, file)) {
				TH_LOG("%s: %s", file, cases[i].wrong[j]);
			}
			ASSERT_EQ(0, file_read(now, sizeof(now),
					       PARENT_FMT "/%s", 0, file));
			EXPECT_STREQ(was, now);
		}
		EXPECT_EQ(0, file_write(cases[i].good, PARENT_FMT "/%s", 0,
					file));
		ASSERT_EQ(0, file_read(now, sizeof(now), PARENT_FMT "/%s", 0,
				       file));
		EXPECT_STREQ(cases[i].good, now);
		/* the other parent is another host */
		ASSERT_EQ(0, file_read(now, sizeof(now), PARENT_FMT "/%s", 1,
				       file));
		EXPECT_STREQ(was, now);
	}
	EXPECT_EQ(0, file_write("\n", PARENT_FMT "/accept", 0));
	ASSERT_EQ(0, file_read(now, sizeof(now), PARENT_FMT "/accept", 0));
	EXPECT_STREQ("", now);
}

TEST_F(simdev, parents)
{
	static const char * const wrong[] = { "17", "-1", "x", "4294967296" };
	struct dev dev;
	unsigned int i;
	char now[16];

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_NE(0, file_write(wrong[i], PARENTS));
	ASSERT_EQ(0, file_write("16", PARENTS));
	EXPECT_TRUE(file_is(PARENT_FMT, 15));
	ASSERT_EQ(0, file_write("3", PARENTS));
	EXPECT_FALSE(file_is(PARENT_FMT, 3));
	EXPECT_TRUE(file_is(PARENT_FMT, 2));

	/* one that is in use stays, with all that would have gone */
	start(_metadata, &dev, 0, 1, "ccw");
	ASSERT_EQ(0, mdev_create(1, 2, "ccw"));
	EXPECT_EQ(-EBUSY, file_write("0", PARENTS));
	ASSERT_EQ(0, file_read(now, sizeof(now), PARENTS));
	EXPECT_STREQ("3", now);
	EXPECT_TRUE(file_is(PARENT_FMT, 2));
	EXPECT_TRUE(fill(&dev, 1));
	EXPECT_EQ(0, file_write("2", PARENTS));
	EXPECT_FALSE(file_is(MDEV_FMT, 1));
	dev_close(&dev);
	ASSERT_EQ(0, dev_open(&dev, 0));
	dev_close(&dev);
	EXPECT_EQ(0, file_write("0", PARENTS));
	EXPECT_FALSE(file_is(MDEV_FMT, 0));
}

/* It stays as long as anybody has anything of it. */
TEST_F(simdev, module)
{
	struct dev dev;
	char byte;
	int fd;

	start(_metadata, &dev, 0, 0, "ccw");
	ASSERT_EQ(0, mdev_create(1, 1, "net"));
	EXPECT_EQ(-EAGAIN, mod_remove(NAME));
	ASSERT_EQ(0, mig_set(&dev, VFIO_DEVICE_STATE_STOP_COPY, &fd));
	dev_close(&dev);
	EXPECT_EQ(-EAGAIN, mod_remove(NAME));
	ASSERT_EQ(0, mdev_destroy(0));
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-EAGAIN, mod_remove(NAME));
	close(fd);
	ASSERT_EQ(0, mod_remove(NAME));
	EXPECT_FALSE(file_is(MDEV_FMT, 1));
	ASSERT_EQ(0, run("modprobe " NAME " parents=1"));
	EXPECT_TRUE(file_is(PARENT_FMT, 0));
	EXPECT_FALSE(file_is(PARENT_FMT, 1));
}

TEST_HARNESS_MAIN
