// SPDX-License-Identifier: GPL-2.0-only
/*
 * Types of mediated devices: there from a parent's first device to its last,
 * with what can be told of them, and how many more can be created.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

/* Types are looked at again a moment after a device came, however slowly. */
#define QUIET_MS	(300 * slowness())
#define TYPES		"/sys/class/mdev_bus/mtty/mdev_supported_types"
#define MDEVS_MAX	30

FIXTURE(types) {
	struct nl nl;
	struct nl mon;
	struct status begin;
};

static struct objs before, after, devs;

FIXTURE_SETUP(types)
{
	if (!mtty_there())
		SKIP(return, "no mtty: no types");
	mtty_clean();
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_status(&self->nl, &self->begin));
	if (self->begin.types)
		SKIP(return, "there are mediated devices of others");
	ASSERT_EQ(0, nl_open(&self->mon));
	ASSERT_EQ(0, nl_join(&self->mon));
}

FIXTURE_TEARDOWN_PARENT(types)
{
	mtty_clean();
}

/* Ports of each of mtty's types. */
static const unsigned int ports[] = { 1, 2 };

static void type_name(char *buf, size_t size, unsigned int n)
{
	snprintf(buf, size, "mtty-%u", n);
}

static int get_type(struct nl *nl, unsigned int n, struct obj *obj)
{
	char name[16];

	type_name(name, sizeof(name), n);
	return nl_get_handle(nl, VFIO_MIG_CMD_TYPE_GET, "mdev", "mtty", name,
			     obj);
}

static __u64 sysfs_available(struct __test_metadata *_metadata, unsigned int n)
{
	__u64 value = 0;

	EXPECT_EQ(0, file_num(&value, TYPES "/mtty-%u/available_instances",
			      n));
	return value;
}

/* What sysfs says at this moment is what the family says. */
static void available_now(struct __test_metadata *_metadata, struct nl *nl)
{
	unsigned int i;
	struct obj obj;

	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		ASSERT_EQ(0, get_type(nl, ports[i], &obj));
		EXPECT_TRUE(obj.has_available);
		EXPECT_EQ(sysfs_available(_metadata, ports[i]),
			  obj.available);
	}
}

/* A driver may take its time to give back what a device has used. */
static void available_soon(struct __test_metadata *_metadata, struct nl *nl)
{
	__u64 end = now_ms() + SOON_MS;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		struct obj obj;

		do {
			ASSERT_EQ(0, get_type(nl, ports[i], &obj));
			if (obj.available == sysfs_available(_metadata,
							     ports[i]))
				break;
			sleep_ms(10);
		} while (now_ms() < end);
		EXPECT_EQ(sysfs_available(_metadata, ports[i]),
			  obj.available);
	}
}

static struct obj event;

static void next_event(struct __test_metadata *_metadata, struct nl *mon,
		       __u8 cmd, __u64 *seq)
{
	ASSERT_EQ(0, nl_event(mon, &event, SOON_MS));
	EXPECT_EQ(cmd, event.cmd);
	EXPECT_EQ(++*seq, event.seq);
}

static void no_event(struct __test_metadata *_metadata, struct nl *mon)
{
	EXPECT_EQ(-EAGAIN, nl_event(mon, &event, QUIET_MS)) {
		TH_LOG("event %llu (%u) of %s", event.seq, event.cmd,
		       event.name);
	}
}

static void drain(struct nl *mon)
{
	while (!nl_event(mon, &event, QUIET_MS))
		;
}

TEST_F(types, from_first_device_to_last)
{
	__u64 seq = self->begin.seq;
	struct status status;
	struct obj obj;
	char uuid[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ports); i++)
		EXPECT_EQ(-ENODEV, get_type(&self->nl, ports[i], &obj));
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_TYPE_GET, &before));
	EXPECT_EQ(0, before.n);

	/* the first device: both types, and then the device itself */
	ASSERT_EQ(0, mtty_create(0, 1));
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_TYPE_GET, &before));
	EXPECT_EQ(ARRAY_SIZE(ports), before.n);
	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		struct obj *held;

		next_event(_metadata, &self->mon, VFIO_MIG_CMD_TYPE_ADD_NTF,
			   &seq);
		held = objs_find(&before, event.id);
		ASSERT_NE(NULL, held);
		EXPECT_TRUE(obj_same(held, &event));
		EXPECT_STREQ("mdev", event.bus);
		EXPECT_STREQ("mtty", event.parent);
	}
	next_event(_metadata, &self->mon, VFIO_MIG_CMD_DEV_ADD_NTF, &seq);
	mtty_uuid(uuid, sizeof(uuid), 0);
	EXPECT_STREQ("mdev", event.bus);
	EXPECT_STREQ("", event.parent);
	EXPECT_STREQ(uuid, event.name);
	no_event(_metadata, &self->mon);
	ASSERT_EQ(0, nl_status(&self->nl, &status));
	EXPECT_EQ(ARRAY_SIZE(ports), status.types);
	EXPECT_EQ(self->begin.devices + 1, status.devices);
	EXPECT_EQ(seq, status.seq);

	/* not the last one goes */
	ASSERT_EQ(0, mtty_create(1, 2));
	ASSERT_EQ(0, mtty_remove(0));
	available_soon(_metadata, &self->nl);
	drain(&self->mon);
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_TYPE_GET, &before));
	EXPECT_EQ(ARRAY_SIZE(ports), before.n);
	ASSERT_EQ(0, nl_status(&self->nl, &status));
	seq = status.seq;

	/* and with the last one, both types, told as they last were */
	ASSERT_EQ(0, mtty_remove(1));
	next_event(_metadata, &self->mon, VFIO_MIG_CMD_DEV_DEL_NTF, &seq);
	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		struct obj *held;

		next_event(_metadata, &self->mon, VFIO_MIG_CMD_TYPE_DEL_NTF,
			   &seq);
		held = objs_find(&before, event.id);
		ASSERT_NE(NULL, held);
		EXPECT_TRUE(obj_same_but_seq(held, &event));
	}
	no_event(_metadata, &self->mon);
	for (i = 0; i < ARRAY_SIZE(ports); i++)
		EXPECT_EQ(-ENODEV, get_type(&self->nl, ports[i], &obj));
	ASSERT_EQ(0, nl_status(&self->nl, &status));
	EXPECT_EQ(0, status.types);
	EXPECT_EQ(self->begin.devices, status.devices);
	EXPECT_EQ(seq, status.seq);

	/* what comes back is another one */
	ASSERT_EQ(0, mtty_create(0, 2));
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_TYPE_GET, &after));
	for (i = 0; i < after.n; i++)
		EXPECT_EQ(NULL, objs_find(&before, after.o[i].id));
}

TEST_F(types, available_follows)
{
	unsigned int n, round;

	for (round = 0; round < 2; round++) {
		for (n = 0; n < 6; n++) {
			ASSERT_EQ(0, mtty_create(n, 1 + n % 2));
			available_now(_metadata, &self->nl);
		}
		for (n = 0; n < 5; n++) {
			ASSERT_EQ(0, mtty_remove(n));
			available_soon(_metadata, &self->nl);
		}
		/* all at once, too */
		for (n = 0; n < 5; n++)
			ASSERT_EQ(0, mtty_create(n, 1));
		available_now(_metadata, &self->nl);
		for (n = 0; n < 5; n++)
			ASSERT_EQ(0, mtty_remove(n));
		available_soon(_metadata, &self->nl);
		ASSERT_EQ(0, mtty_remove(5));
	}
}

/* A removal is followed closely, however long nothing had happened before. */
TEST_F(types, available_follows_after_a_while)
{
	struct obj obj;
	__u64 end;

	ASSERT_EQ(0, mtty_create(0, 1));
	ASSERT_EQ(0, mtty_create(1, 1));
	/* by now, nobody looks again for as long */
	sleep_ms(11000);
	ASSERT_EQ(0, mtty_remove(0));
	end = now_ms() + 5000;
	do {
		ASSERT_EQ(0, get_type(&self->nl, 1, &obj));
		if (obj.available == sysfs_available(_metadata, 1))
			break;
		sleep_ms(10);
	} while (now_ms() < end);
	EXPECT_EQ(sysfs_available(_metadata, 1), obj.available);
}

/* None left is a number, too; and a device that did not come is no event. */
TEST_F(types, used_up)
{
	unsigned int n = mtty_fill(0, MDEVS_MAX);
	struct status status, now;
	struct obj obj;

	ASSERT_LT(1, n);
	ASSERT_GT(MDEVS_MAX, n);
	ASSERT_EQ(0, get_type(&self->nl, 1, &obj));
	EXPECT_TRUE(obj.has_available);
	EXPECT_EQ(0, obj.available);
	available_now(_metadata, &self->nl);
	drain(&self->mon);

	ASSERT_EQ(0, nl_status(&self->nl, &status));
	EXPECT_NE(0, mtty_create(n, 1));
	no_event(_metadata, &self->mon);
	ASSERT_EQ(0, nl_status(&self->nl, &now));
	EXPECT_EQ(status.seq, now.seq);
	EXPECT_EQ(self->begin.devices + n, now.devices);

	ASSERT_EQ(0, mtty_remove(0));
	available_soon(_metadata, &self->nl);
	ASSERT_EQ(0, get_type(&self->nl, 1, &obj));
	EXPECT_EQ(1, obj.available);
}

/* A type that is what it was is not told of. */
TEST_F(types, change_only_when_changed)
{
	unsigned int n, i;

	ASSERT_EQ(0, mtty_create(0, 1));
	drain(&self->mon);

	for (n = 1; n < 8; n++) {
		unsigned int want = 0, changes = 0, adds = 0;
		struct status status, now;

		ASSERT_EQ(0, nl_status(&self->nl, &status));
		ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_TYPE_GET,
					 &before));
		ASSERT_EQ(0, mtty_create(n, n == 4 ? 2 : 1));
		ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_TYPE_GET,
					 &after));
		ASSERT_EQ(before.n, after.n);
		for (i = 0; i < after.n; i++) {
			struct obj *old = objs_find(&before, after.o[i].id);

			ASSERT_NE(NULL, old);
			if (!obj_same_but_seq(old, &after.o[i])) {
				want++;
				continue;
			}
			EXPECT_EQ(old->seq, after.o[i].seq);
		}
		/* one is used up by every device, of the other half of one */
		EXPECT_LE(1, want);

		while (!nl_event(&self->mon, &event, QUIET_MS)) {
			struct obj *held = objs_find(&after, event.id);

			EXPECT_EQ(++status.seq, event.seq);
			if (event.cmd == VFIO_MIG_CMD_DEV_ADD_NTF) {
				adds++;
				continue;
			}
			EXPECT_EQ(VFIO_MIG_CMD_TYPE_CHANGE_NTF, event.cmd);
			ASSERT_NE(NULL, held);
			EXPECT_TRUE(obj_same(held, &event));
			changes++;
		}
		EXPECT_EQ(1, adds);
		EXPECT_EQ(want, changes);
		ASSERT_EQ(0, nl_status(&self->nl, &now));
		EXPECT_EQ(status.seq, now.seq);
	}
}

/* Whether a type's devices migrate is known once one of them lives. */
TEST_F(types, learn_from_the_living)
{
	const struct nlattr *of_dev, *of_type;
	struct obj obj;
	char uuid[64];

	ASSERT_EQ(0, mtty_create(0, 1));
	ASSERT_EQ(0, get_type(&self->nl, 2, &obj));
	EXPECT_EQ(NULL, obj_attr(&obj, "migratable"));
	ASSERT_EQ(0, get_type(&self->nl, 1, &obj));
	of_type = obj_attr(&obj, "migratable");
	ASSERT_NE(NULL, of_type);

	/* and then it is what the device says */
	mtty_uuid(uuid, sizeof(uuid), 0);
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_DEV_GET, &devs));
	ASSERT_NE(NULL, objs_find_name(&devs, uuid));
	of_dev = obj_attr(objs_find_name(&devs, uuid), "migratable");
	ASSERT_NE(NULL, of_dev);
	ASSERT_EQ(attr_len(of_dev), attr_len(of_type));
	EXPECT_EQ(0, memcmp(attr_data(of_dev), attr_data(of_type),
			    attr_len(of_dev)));

	drain(&self->mon);
	ASSERT_EQ(0, mtty_create(1, 2));
	ASSERT_EQ(0, get_type(&self->nl, 2, &obj));
	EXPECT_NE(NULL, obj_attr(&obj, "migratable"));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));

	/* it does not forget it with the device */
	ASSERT_EQ(0, mtty_remove(1));
	available_soon(_metadata, &self->nl);
	ASSERT_EQ(0, get_type(&self->nl, 2, &obj));
	EXPECT_NE(NULL, obj_attr(&obj, "migratable"));
}

TEST_HARNESS_MAIN
