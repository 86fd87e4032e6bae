// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bare devices: as many as the parameter says, at any time, and as good as
 * any others.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

#define DEVICES		"/sys/module/vfio_mig_sim/parameters/devices"
#define MANY		1000
#define QUIET_MS	200

FIXTURE(sim) {
	struct nl nl;
	struct nl mon;
	struct req req;
	__u32 others;
	__u32 types;
};

static __u32 count(struct __test_metadata *_metadata, struct nl *nl)
{
	struct status status;

	EXPECT_EQ(0, nl_status(nl, &status));
	return status.devices;
}

FIXTURE_SETUP(sim)
{
	struct status status;

	if (run("modprobe -q vfio_mig_sim"))
		SKIP(return, "needs vfio_mig_sim");
	ASSERT_EQ(0, file_write("0", DEVICES));
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_open(&self->mon));
	ASSERT_EQ(0, nl_join(&self->mon));
	ASSERT_EQ(0, nl_status(&self->nl, &status));
	self->others = status.devices;
	self->types = status.types;
}

FIXTURE_TEARDOWN_PARENT(sim)
{
	file_write("0", DEVICES);
}

static void expect_event(struct __test_metadata *_metadata, struct nl *mon,
			 __u8 cmd, unsigned int n)
{
	struct obj event;
	char name[16];

	snprintf(name, sizeof(name), "sim%u", n);
	ASSERT_EQ(0, nl_event(mon, &event, SOON_MS));
	EXPECT_EQ(cmd, event.cmd);
	EXPECT_STREQ("sim", event.bus);
	EXPECT_STREQ(name, event.name);
}

TEST_F(sim, up_and_down)
{
	struct obj event;
	int i;

	ASSERT_EQ(0, file_write("5", DEVICES));
	for (i = 0; i < 5; i++)
		expect_event(_metadata, &self->mon,
			     VFIO_MIG_CMD_DEV_ADD_NTF, i);
	EXPECT_EQ(self->others + 5, count(_metadata, &self->nl));
	ASSERT_EQ(0, file_write("2", DEVICES));
	for (i = 4; i >= 2; i--)
		expect_event(_metadata, &self->mon,
			     VFIO_MIG_CMD_DEV_DEL_NTF, i);
	ASSERT_EQ(0, file_write("3", DEVICES));
	expect_event(_metadata, &self->mon, VFIO_MIG_CMD_DEV_ADD_NTF, 2);
	EXPECT_EQ(self->others + 3, count(_metadata, &self->nl));
	EXPECT_EQ(-EAGAIN, nl_event(&self->mon, &event, QUIET_MS));
}

TEST_F(sim, wrong_numbers)
{
	static const char * const wrong[] = {
		"100001", "4294967296", "-1", "x", "1 2", " ",
	};
	char now[16];
	size_t i;

	ASSERT_EQ(0, file_write("3", DEVICES));
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_NE(0, file_write(wrong[i], DEVICES));
		EXPECT_EQ(self->others + 3, count(_metadata, &self->nl));
	}
	EXPECT_EQ(-ERANGE, file_write(wrong[0], DEVICES));
	ASSERT_EQ(0, file_read(now, sizeof(now), DEVICES));
	EXPECT_STREQ("3", now);
}

/* Its number, and nothing else. */
TEST_F(sim, profile)
{
	const struct nlattr *nla = NULL;
	unsigned int attrs = 0;
	struct obj obj;
	__u64 index;
	__u32 rule;

	ASSERT_EQ(0, file_write("8", DEVICES));
	ASSERT_EQ(0, nl_get_sim(&self->nl, 7, &obj));
	while ((nla = attr_next(nla, obj.wire, obj.len)))
		attrs += attr_type(nla) == VFIO_MIG_A_OBJECT_ATTR;
	EXPECT_EQ(1, attrs);
	nla = obj_value(&obj, "sim.index", VFIO_MIG_A_ATTR_U64);
	ASSERT_NE(NULL, nla);
	memcpy(&index, attr_data(nla), sizeof(index));
	EXPECT_EQ(7, index);
	nla = obj_value(&obj, "sim.index", VFIO_MIG_A_ATTR_RULE);
	ASSERT_NE(NULL, nla);
	memcpy(&rule, attr_data(nla), sizeof(rule));
	EXPECT_EQ(VFIO_MIG_RULE_ANY, rule);
}

/* A request that sets @n attributes of a device. */
static __u32 set_many(struct req *req, const struct nl *nl, __u32 id,
		      unsigned int n)
{
	__u32 nest, offs = 0;
	unsigned int i;
	char name[16];

	req_init(req, nl->family, VFIO_MIG_CMD_ATTR_SET, 0);
	nest = req_nest(req, VFIO_MIG_A_CHANGE_TARGET);
	req_put_u32(req, VFIO_MIG_A_OBJECT_ID, id);
	req_nest_end(req, nest);
	for (i = 0; i < n; i++) {
		offs = req_nest(req, VFIO_MIG_A_CHANGE_ATTR);
		snprintf(name, sizeof(name), "a%u", i);
		req_put_str(req, VFIO_MIG_A_ATTR_NAME, name);
		req_put(req, VFIO_MIG_A_ATTR_BOOL, "\1", 1);
		req_nest_end(req, offs);
	}
	return offs;
}

TEST_F(sim, administrator)
{
	struct obj obj, event;
	struct ack ack;
	__u32 offs;

	ASSERT_EQ(0, file_write("1", DEVICES));
	expect_event(_metadata, &self->mon, VFIO_MIG_CMD_DEV_ADD_NTF, 0);
	ASSERT_EQ(0, nl_get_sim(&self->nl, 0, &obj));

	offs = set_many(&self->req, &self->nl, obj.id, VFIO_MIG_ATTRS_MAX);
	EXPECT_EQ(-EDQUOT, nl_ack(&self->nl, &self->req, &ack));
	EXPECT_TRUE(ack.has_msg);
	EXPECT_EQ(offs, ack.offs);

	set_many(&self->req, &self->nl, obj.id, VFIO_MIG_ATTRS_MAX - 1);
	ASSERT_EQ(0, nl_ack(&self->nl, &self->req, &ack)) {
		TH_LOG("%s", ack.msg);
	}
	expect_event(_metadata, &self->mon, VFIO_MIG_CMD_DEV_CHANGE_NTF, 0);
	EXPECT_EQ(-EAGAIN, nl_event(&self->mon, &event, QUIET_MS));
	ASSERT_EQ(0, nl_get_sim(&self->nl, 0, &obj));
	EXPECT_NE(NULL, obj_attr(&obj, "a62"));
	EXPECT_NE(NULL, obj_attr(&obj, "sim.index"));
}

TEST_F(sim, many)
{
	struct dump dump = {};
	struct obj first;
	__u32 nest;

	ASSERT_EQ(0, file_write("1000", DEVICES));
	EXPECT_EQ(self->others + MANY, count(_metadata, &self->nl));
	ASSERT_EQ(0, nl_dump(&self->nl, VFIO_MIG_CMD_DEV_GET, &dump, NULL));
	EXPECT_EQ(self->others + MANY, dump.messages);
	EXPECT_FALSE(dump.intr);

	/* the first against all others */
	ASSERT_EQ(0, nl_get_sim(&self->nl, 0, &first));
	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_CHECK, NLM_F_DUMP);
	nest = req_nest(&self->req, VFIO_MIG_A_CHECK_SOURCE);
	req_put_u32(&self->req, VFIO_MIG_A_OBJECT_ID, first.id);
	req_nest_end(&self->req, nest);
	ASSERT_EQ(0, nl_dump_req(&self->nl, &self->req, &dump, NULL));
	EXPECT_EQ(self->others + self->types + MANY - 1, dump.messages);
	EXPECT_FALSE(dump.intr);
}

/* With their module they go, and it comes back with as many as it is told. */
TEST_F(sim, module)
{
	ASSERT_EQ(0, file_write("100", DEVICES));
	ASSERT_EQ(0, mod_remove("vfio_mig_sim"));
	EXPECT_EQ(self->others, count(_metadata, &self->nl));
	ASSERT_EQ(0, run("modprobe vfio_mig_sim devices=7"));
	EXPECT_EQ(self->others + 7, count(_metadata, &self->nl));
}

TEST_HARNESS_MAIN
