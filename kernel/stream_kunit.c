// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands in front of a stream: byte by byte as it is documented, whole in
 * whatever pieces it arrives, and refused wherever a bit of it is wrong.
 */

#include <linux/crc32.h>
#include <linux/slab.h>
#include <linux/vfio.h>
#include <linux/vfio_mig.h>

#include "discover.h"
#include "kunit.h"
#include "order.h"
#include "registry.h"

#define HEAD	24

/**
 * struct published - a device that is none, but is published as one
 * @vdev: what a driver would have
 * @root: what it would be of
 * @obj: what is published
 * @header: what its stream begins with
 * @len: bytes at @header
 */
struct published {
	struct vfio_device vdev;
	struct device *root;
	struct vfio_mig_object *obj;
	u8 *header;
	size_t len;
};

static u32 get32(const u8 *at)
{
	return le32_to_cpup((const __le32 *)at);
}

static struct vfio_mig_profile *describe(struct kunit *test,
					 struct vfio_mig_object *obj,
					 u64 value)
{
	struct vfio_mig_draft *draft = begin_draft(test);
	struct vfio_mig_profile *profile;

	vfio_mig_draft_u64(draft, "x", value);
	vfio_mig_draft_version(draft, "v", 1, 2, 3);
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_SEMVER);
	profile = vfio_mig_draft_seal(draft, obj->id, &obj->handle);
	vfio_mig_draft_free(draft);
	return profile;
}

static int stream_test_init(struct kunit *test)
{
	struct vfio_mig_handle handle = { .bus = "none" };
	struct vfio_mig_profile *profile;
	struct published *p;

	p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	test->priv = p;
	p->root = root_device_register("vfio_mig_kunit");
	if (IS_ERR(p->root))
		return PTR_ERR(p->root);
	p->vdev.dev = p->root;

	handle.name = dev_name(p->root);
	p->obj = vfio_mig_object_alloc(VFIO_MIG_KIND_DEVICE, &handle);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p->obj);
	p->obj->owner = &p->vdev;
	profile = describe(test, p->obj, 7);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, profile);
	KUNIT_ASSERT_EQ(test, 0, vfio_mig_object_publish(p->obj, profile));

	p->header = vfio_mig_stream_header(&p->vdev, &p->len);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p->header);
	return 0;
}

static void stream_test_exit(struct kunit *test)
{
	struct published *p = test->priv;

	kfree(p->header);
	p->obj->owner = NULL;
	vfio_mig_object_remove(p->obj);
	root_device_unregister(p->root);
}

static void begins_as_documented(struct kunit *test)
{
	struct published *p = test->priv;
	u32 n = get32(p->header + 12);
	u32 crc;

	KUNIT_EXPECT_EQ(test, 0, memcmp(p->header, "VFIO_MIG", 8));
	KUNIT_EXPECT_EQ(test, 1, get32(p->header + 8));
	KUNIT_EXPECT_EQ(test, p->len, HEAD + n);
	KUNIT_EXPECT_EQ(test, 0, get32(p->header + 16));
	crc = crc32_le(~0, p->header, 20);
	crc = ~crc32_le(crc, p->header + HEAD, n);
	KUNIT_EXPECT_EQ(test, crc, get32(p->header + 20));
}

/* Feeds all of it in pieces, and what follows. Returns what becomes of it. */
static int feed(struct kunit *test, const void *data, size_t len, size_t piece)
{
	struct published *p = test->priv;
	struct vfio_mig_stream *stream;
	ssize_t used;
	size_t at = 0;
	int err = 0;

	stream = vfio_mig_stream_begin(&p->vdev);
	KUNIT_ASSERT_NOT_NULL(test, stream);
	while (at < len) {
		size_t n = min(piece, len - at);
		u8 *copy = kmemdup(data + at, n, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, copy);
		used = vfio_mig_stream_feed(stream, copy, n);
		kfree(copy);
		if (used < 0) {
			err = used;
			/* and it stays so */
			KUNIT_EXPECT_EQ(test, err,
					vfio_mig_stream_feed(stream, data, 1));
			break;
		}
		at += used;
		if (used < n)
			break;
	}
	if (!err)
		err = vfio_mig_stream_end(stream);
	KUNIT_EXPECT_EQ(test, !err, !!vfio_mig_stream_verdict(stream));
	KUNIT_EXPECT_EQ(test, !err, !*vfio_mig_stream_reason(stream));
	if (!err)
		KUNIT_EXPECT_EQ(test, p->len, at);
	vfio_mig_stream_free(stream);
	return err;
}

static void in_pieces(struct kunit *test)
{
	struct published *p = test->priv;
	size_t piece, more = p->len + 100;
	u8 *data = kunit_kzalloc(test, more, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, data);
	memcpy(data, p->header, p->len);
	for (piece = 1; piece <= more; piece++) {
		KUNIT_EXPECT_EQ(test, 0, feed(test, data, p->len, piece));
		/* what follows is left to the driver */
		KUNIT_EXPECT_EQ(test, 0, feed(test, data, more, piece));
	}
}

static void cut_off(struct kunit *test)
{
	struct published *p = test->priv;
	size_t len;

	for (len = 0; len < p->len; len++)
		KUNIT_EXPECT_EQ(test, -ENODATA,
				feed(test, p->header, len, 16));
}

static void damaged(struct kunit *test)
{
	struct published *p = test->priv;
	unsigned int bit;

	for (bit = 0; bit < 8 * p->len; bit++) {
		int want = bit / 32 == 2 ? -EPROTONOSUPPORT : -EBADMSG;
		int err;

		p->header[bit / 8] ^= 1 << bit % 8;
		err = feed(test, p->header, p->len, 32);
		/* a longer one is waited for */
		if (bit / 32 == 3 && err == -ENODATA)
			err = want;
		KUNIT_EXPECT_EQ(test, want, err);
		p->header[bit / 8] ^= 1 << bit % 8;
	}
	KUNIT_EXPECT_EQ(test, 0, feed(test, p->header, p->len, 32));
}

/* The checksum is right, and what it is of is not. */
static void forged(struct kunit *test)
{
	struct published *p = test->priv;
	u32 crc, n = get32(p->header + 12);
	unsigned int bit, refused = 0;

	for (bit = 8 * HEAD; bit < 8 * p->len; bit++) {
		int err;

		p->header[bit / 8] ^= 1 << bit % 8;
		crc = crc32_le(~0, p->header, 20);
		crc = ~crc32_le(crc, p->header + HEAD, n);
		*(__le32 *)(p->header + 20) = cpu_to_le32(crc);
		err = feed(test, p->header, p->len, p->len);
		KUNIT_EXPECT_TRUE(test, !err || err == -EBADMSG ||
				  err == -EINVAL);
		refused += !!err;
		p->header[bit / 8] ^= 1 << bit % 8;
	}
	KUNIT_EXPECT_GE(test, refused, 200);
}

/* It was of this device, which has become another since. */
static void of_another(struct kunit *test)
{
	struct published *p = test->priv;
	struct vfio_mig_profile *profile;

	profile = describe(test, p->obj, 8);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, profile);
	mutex_lock(&p->obj->guard);
	KUNIT_EXPECT_EQ(test, 0, vfio_mig_object_update(p->obj, profile, NULL));
	mutex_unlock(&p->obj->guard);
	KUNIT_EXPECT_EQ(test, -EINVAL, feed(test, p->header, p->len, 8));
}

/* The other byte order and back is what it was. */
static void swapped(struct kunit *test)
{
	struct published *p = test->priv;
	size_t n = p->len - HEAD;
	u8 *wire = kunit_kzalloc(test, n, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, wire);
	memcpy(wire, p->header + HEAD, n);
	vfio_mig_order_swap(wire, n, true);
	KUNIT_EXPECT_NE(test, 0, memcmp(wire, p->header + HEAD, n));
	vfio_mig_order_swap(wire, n, false);
	KUNIT_EXPECT_EQ(test, 0, memcmp(wire, p->header + HEAD, n));
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE(begins_as_documented),
	KUNIT_CASE(in_pieces),
	KUNIT_CASE(cut_off),
	KUNIT_CASE(damaged),
	KUNIT_CASE(forged),
	KUNIT_CASE(of_another),
	KUNIT_CASE(swapped),
	{}
};

static struct kunit_suite stream_suite = {
	.name = "vfio_mig_stream",
	.init = stream_test_init,
	.exit = stream_test_exit,
	.test_cases = stream_cases,
};

kunit_test_suite(stream_suite);
