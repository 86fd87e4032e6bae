// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the family refuses, and how it says so: the error, a text that a person
 * understands, the attribute that is at fault, or the one that is missing.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

#define NOBODY		65534
#define MSG_MAX		79
#define NO_ID		0xfffffff0

FIXTURE(refusals) {
	struct nl nl;
	struct req req;
	struct obj dev;
	bool has_dev;
};

FIXTURE_VARIANT(refusals) {
	bool unprivileged;
};

FIXTURE_VARIANT_ADD(refusals, root) {};

/* Reading is for everybody: nobody is told the same as root. */
FIXTURE_VARIANT_ADD(refusals, nobody) {
	.unprivileged = true,
};

static struct objs devs;

FIXTURE_SETUP(refusals)
{
	struct nl probe;

	/* loading the module is left to somebody who may */
	ASSERT_EQ(0, nl_open(&probe));
	nl_close(&probe);

	if (variant->unprivileged) {
		if (geteuid())
			SKIP(return, "only root can become nobody");
		ASSERT_EQ(0, setgroups(0, NULL));
		ASSERT_EQ(0, setgid(NOBODY));
		ASSERT_EQ(0, setuid(NOBODY));
	}
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_DEV_GET, &devs));
	if (devs.n) {
		self->dev = devs.o[0];
		self->has_dev = true;
	}
}

FIXTURE_TEARDOWN(refusals)
{
	nl_close(&self->nl);
}

/* What a refusal must say. */
struct want {
	int err;
	/* words that must stand in the text */
	const char *text;
	/* where the attribute at fault stands in the request, or 0 */
	__u32 offs;
	/* the attribute that is missing, or 0 */
	__u32 miss;
};

static void check_ack(struct __test_metadata *_metadata,
		      const struct ack *ack, const struct want *want,
		      bool text_only)
{
	EXPECT_EQ(want->err, ack->err);
	ASSERT_TRUE(ack->has_msg);
	EXPECT_GT(strlen(ack->msg), 0);
	EXPECT_LE(strlen(ack->msg), MSG_MAX);
	EXPECT_NE(NULL, strstr(ack->msg, want->text)) {
		TH_LOG("'%s' does not say '%s'", ack->msg, want->text);
	}

	if (text_only && !ack->has_offs && !ack->has_miss)
		return;
	EXPECT_EQ(!!want->offs, ack->has_offs);
	EXPECT_EQ(want->offs, ack->offs);
	EXPECT_EQ(!!want->miss, ack->has_miss);
	EXPECT_EQ(want->miss, ack->miss);
}

static void refused(struct __test_metadata *_metadata, struct nl *nl,
		    struct req *req, const struct want *want)
{
	struct status status;
	struct ack ack;

	EXPECT_EQ(want->err, nl_do(nl, req, NULL, &ack));
	check_ack(_metadata, &ack, want, false);
	/* and the family goes on as if nothing had been */
	EXPECT_EQ(0, nl_status(nl, &status));
}

#define REFUSED(...) \
	refused(_metadata, &self->nl, &self->req, \
		&(struct want) { __VA_ARGS__ })

/* Kernels differ in how much they say of a dump that they refuse. */
static void dump_refused(struct __test_metadata *_metadata, struct nl *nl,
			 struct req *req, const struct want *want)
{
	struct dump dump = { .bufsize = 65536 };

	EXPECT_EQ(want->err, nl_dump_req(nl, req, &dump, NULL));
	EXPECT_EQ(0, dump.messages);
	check_ack(_metadata, &dump.ack, want, true);
}

#define DUMP_REFUSED(...) \
	dump_refused(_metadata, &self->nl, &self->req, \
		     &(struct want) { __VA_ARGS__ })

#define GET(cmd) req_init(&self->req, self->nl.family, cmd, 0)
#define PUT_STR(type, value) req_put_str(&self->req, type, value)
#define PUT_U32(type, value) req_put_u32(&self->req, type, value)

TEST_F(refusals, dev_unknown_id)
{
	__u32 offs;

	GET(VFIO_MIG_CMD_DEV_GET);
	offs = PUT_U32(VFIO_MIG_A_OBJECT_ID, NO_ID);
	REFUSED(-ENODEV, "no device of this id", offs);
}

TEST_F(refusals, dev_unknown_handle)
{
	__u32 offs;

	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, "pci");
	offs = PUT_STR(VFIO_MIG_A_OBJECT_NAME, "ffff:ff:1f.7");
	REFUSED(-ENODEV, "no device of this handle", offs);

	/* in any order */
	GET(VFIO_MIG_CMD_DEV_GET);
	offs = PUT_STR(VFIO_MIG_A_OBJECT_NAME, "ffff:ff:1f.7");
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, "pci");
	REFUSED(-ENODEV, "no device of this handle", offs);
}

/* A right name on a wrong bus, and the other way round. */
TEST_F(refusals, dev_half_right_handle)
{
	__u32 offs;

	if (!self->has_dev)
		SKIP(return, "no VFIO device");

	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, "pcj");
	offs = PUT_STR(VFIO_MIG_A_OBJECT_NAME, self->dev.name);
	REFUSED(-ENODEV, "no device of this handle", offs);

	self->dev.name[strlen(self->dev.name) - 1] = '\0';
	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, self->dev.bus);
	offs = PUT_STR(VFIO_MIG_A_OBJECT_NAME, self->dev.name);
	REFUSED(-ENODEV, "no device of this handle", offs);
}

TEST_F(refusals, dev_nameless)
{
	GET(VFIO_MIG_CMD_DEV_GET);
	REFUSED(-EINVAL, "by its id, or by bus and name", 0,
		VFIO_MIG_A_OBJECT_ID);
}

TEST_F(refusals, dev_bus_without_name)
{
	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, "pci");
	REFUSED(-EINVAL, "bus and name together", 0, VFIO_MIG_A_OBJECT_NAME);

	/* an id beside it does not make it whole */
	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_U32(VFIO_MIG_A_OBJECT_ID, self->has_dev ? self->dev.id : 1);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, "pci");
	REFUSED(-EINVAL, "bus and name together", 0, VFIO_MIG_A_OBJECT_NAME);
}

TEST_F(refusals, dev_name_without_bus)
{
	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_STR(VFIO_MIG_A_OBJECT_NAME, "0000:00:00.0");
	REFUSED(-EINVAL, "bus and name together", 0, VFIO_MIG_A_OBJECT_BUS);
}

TEST_F(refusals, dev_id_contradicts_handle)
{
	__u32 offs;

	if (devs.n < 2)
		SKIP(return, "needs two VFIO devices");

	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_U32(VFIO_MIG_A_OBJECT_ID, devs.o[0].id);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, devs.o[1].bus);
	offs = PUT_STR(VFIO_MIG_A_OBJECT_NAME, devs.o[1].name);
	REFUSED(-EINVAL, "different objects", offs);
}

/* One of the two is right, which does not help the other. */
TEST_F(refusals, dev_id_or_handle_unknown)
{
	__u32 offs;

	if (!self->has_dev)
		SKIP(return, "no VFIO device");

	GET(VFIO_MIG_CMD_DEV_GET);
	offs = PUT_U32(VFIO_MIG_A_OBJECT_ID, NO_ID);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, self->dev.bus);
	PUT_STR(VFIO_MIG_A_OBJECT_NAME, self->dev.name);
	REFUSED(-ENODEV, "no device of this id", offs);

	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_U32(VFIO_MIG_A_OBJECT_ID, self->dev.id);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, "pci");
	offs = PUT_STR(VFIO_MIG_A_OBJECT_NAME, "ffff:ff:1f.7");
	REFUSED(-ENODEV, "no device of this handle", offs);
}

/* What is not wrong is not refused: all three that fit together. */
TEST_F(refusals, dev_id_and_handle_agree)
{
	struct obj by_id = {}, by_handle = {}, got[3];
	struct ack ack;
	int i;

	if (!self->has_dev)
		SKIP(return, "no VFIO device");

	by_id.id = self->dev.id;
	memcpy(by_handle.bus, self->dev.bus, sizeof(by_handle.bus));
	memcpy(by_handle.name, self->dev.name, sizeof(by_handle.name));
	ASSERT_EQ(0, nl_get(&self->nl, VFIO_MIG_CMD_DEV_GET, &by_id, &got[0],
			    &ack));
	ASSERT_EQ(0, nl_get(&self->nl, VFIO_MIG_CMD_DEV_GET, &by_handle,
			    &got[1], &ack));
	ASSERT_EQ(0, nl_get(&self->nl, VFIO_MIG_CMD_DEV_GET, &self->dev,
			    &got[2], &ack));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(VFIO_MIG_CMD_DEV_GET, got[i].cmd);
		EXPECT_TRUE(obj_same(&self->dev, &got[i]));
	}
}

TEST_F(refusals, dev_id_zero)
{
	__u32 offs;

	GET(VFIO_MIG_CMD_DEV_GET);
	offs = PUT_U32(VFIO_MIG_A_OBJECT_ID, 0);
	REFUSED(-ERANGE, "out of range", offs);
}

TEST_F(refusals, dev_unknown_attribute)
{
	static const __u16 types[] = {
		VFIO_MIG_A_OBJECT_SEQ, VFIO_MIG_A_OBJECT_AVAILABLE,
		VFIO_MIG_A_OBJECT_ATTR, VFIO_MIG_A_OBJECT_MAX + 1, 99, 0x3fff,
	};
	__u32 offs;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		GET(VFIO_MIG_CMD_DEV_GET);
		PUT_U32(VFIO_MIG_A_OBJECT_ID, 1);
		offs = PUT_U32(types[i], 1);
		REFUSED(-EINVAL, "nknown attribute", offs);
	}
}

/* A device has no parent; a type has. */
TEST_F(refusals, dev_parent)
{
	__u32 offs;

	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, "pci");
	offs = PUT_STR(VFIO_MIG_A_OBJECT_PARENT, "0000:00:00.0");
	PUT_STR(VFIO_MIG_A_OBJECT_NAME, "0000:00:00.0");
	REFUSED(-EINVAL, "attribute", offs);
}

TEST_F(refusals, dev_wrong_width)
{
	static const char zeroes[16];
	static const size_t widths[] = { 0, 1, 2, 3, 5, 8, 16 };
	__u32 offs;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		GET(VFIO_MIG_CMD_DEV_GET);
		offs = req_put(&self->req, VFIO_MIG_A_OBJECT_ID, zeroes,
			       widths[i]);
		REFUSED(-EINVAL, "attribute length", offs);
	}
}

/* A nest flag or byte order on what is neither. */
TEST_F(refusals, dev_flags_of_attribute)
{
	__u32 offs;

	GET(VFIO_MIG_CMD_DEV_GET);
	offs = PUT_U32(VFIO_MIG_A_OBJECT_ID | NLA_F_NESTED, 1);
	REFUSED(-EINVAL, "NLA_F_NESTED", offs);
}

static const struct limit {
	__u16 type;
	size_t max;
} limits[] = {
	{ VFIO_MIG_A_OBJECT_BUS, VFIO_MIG_BUS_MAX },
	{ VFIO_MIG_A_OBJECT_PARENT, VFIO_MIG_HANDLE_PART_MAX },
	{ VFIO_MIG_A_OBJECT_NAME, VFIO_MIG_HANDLE_PART_MAX },
};

TEST_F(refusals, string_too_long)
{
	char str[VFIO_MIG_HANDLE_PART_MAX + 2];
	__u32 offs[ARRAY_SIZE(limits)];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		GET(VFIO_MIG_CMD_TYPE_GET);
		for (j = 0; j < ARRAY_SIZE(limits); j++) {
			size_t len = limits[j].max + (j == i);

			memset(str, 'x', len);
			str[len] = '\0';
			offs[j] = PUT_STR(limits[j].type, str);
		}
		REFUSED(-EINVAL, "ttribute", offs[i]);
	}

	/* the longest that are allowed are only unknown */
	GET(VFIO_MIG_CMD_TYPE_GET);
	for (j = 0; j < ARRAY_SIZE(limits); j++) {
		memset(str, 'x', limits[j].max);
		str[limits[j].max] = '\0';
		offs[j] = PUT_STR(limits[j].type, str);
	}
	REFUSED(-ENODEV, "no type of this handle", offs[2]);
}

TEST_F(refusals, string_without_end)
{
	__u32 offs;

	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, "pci");
	offs = req_put(&self->req, VFIO_MIG_A_OBJECT_NAME, "0000:00:00.0",
		       strlen("0000:00:00.0"));
	REFUSED(-EINVAL, "ttribute", offs);

	GET(VFIO_MIG_CMD_DEV_GET);
	offs = req_put(&self->req, VFIO_MIG_A_OBJECT_BUS, "pci", 3);
	PUT_STR(VFIO_MIG_A_OBJECT_NAME, "0000:00:00.0");
	REFUSED(-EINVAL, "ttribute", offs);
}

TEST_F(refusals, string_empty)
{
	__u32 offs;

	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, "");
	offs = PUT_STR(VFIO_MIG_A_OBJECT_NAME, "");
	REFUSED(-ENODEV, "no device of this handle", offs);

	/* not even the NUL */
	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, "pci");
	offs = req_put(&self->req, VFIO_MIG_A_OBJECT_NAME, "", 0);
	REFUSED(-EINVAL, "ttribute", offs);
}

/* Bytes behind the attributes, too few to be one. */
TEST_F(refusals, trailing_bytes)
{
	struct ack ack;

	GET(VFIO_MIG_CMD_DEV_GET);
	PUT_U32(VFIO_MIG_A_OBJECT_ID, NO_ID);
	self->req.len += 3;
	EXPECT_EQ(-EINVAL, nl_do(&self->nl, &self->req, NULL, &ack));
	EXPECT_TRUE(ack.has_msg);
}

/* An attribute that claims to be longer than the message. */
TEST_F(refusals, attribute_past_the_end)
{
	struct nlattr *nla;
	struct ack ack;
	__u32 offs;

	GET(VFIO_MIG_CMD_DEV_GET);
	offs = PUT_STR(VFIO_MIG_A_OBJECT_BUS, "pci");
	nla = (struct nlattr *)(self->req.buf + offs);
	nla->nla_len = 200;
	EXPECT_EQ(-EINVAL, nl_do(&self->nl, &self->req, NULL, &ack));
	EXPECT_TRUE(ack.has_msg);
}

TEST_F(refusals, type_unknown_id)
{
	__u32 offs;

	GET(VFIO_MIG_CMD_TYPE_GET);
	offs = PUT_U32(VFIO_MIG_A_OBJECT_ID, NO_ID);
	REFUSED(-ENODEV, "no type of this id", offs);
}

/* A device's id is not a type's. */
TEST_F(refusals, type_by_id_of_device)
{
	__u32 offs;

	if (!self->has_dev)
		SKIP(return, "no VFIO device");

	GET(VFIO_MIG_CMD_TYPE_GET);
	offs = PUT_U32(VFIO_MIG_A_OBJECT_ID, self->dev.id);
	REFUSED(-ENODEV, "no type of this id", offs);
}

TEST_F(refusals, type_unknown_handle)
{
	__u32 offs;

	GET(VFIO_MIG_CMD_TYPE_GET);
	PUT_STR(VFIO_MIG_A_OBJECT_BUS, "mdev");
	PUT_STR(VFIO_MIG_A_OBJECT_PARENT, "nothing");
	offs = PUT_STR(VFIO_MIG_A_OBJECT_NAME, "nothing-1");
	REFUSED(-ENODEV, "no type of this handle", offs);
}

TEST_F(refusals, type_nameless)
{
	GET(VFIO_MIG_CMD_TYPE_GET);
	REFUSED(-EINVAL, "by its id, or by bus, parent and name", 0,
		VFIO_MIG_A_OBJECT_ID);
}

TEST_F(refusals, type_part_of_handle)
{
	static const char together[] = "bus, parent and name together";
	unsigned int mask;

	/* every choice of the three but none and all */
	for (mask = 1; mask < 7; mask++) {
		__u32 miss = 0;

		GET(VFIO_MIG_CMD_TYPE_GET);
		if (mask & 4)
			PUT_STR(VFIO_MIG_A_OBJECT_NAME, "mtty-1");
		else
			miss = VFIO_MIG_A_OBJECT_NAME;
		if (mask & 2)
			PUT_STR(VFIO_MIG_A_OBJECT_PARENT, "mtty");
		else
			miss = VFIO_MIG_A_OBJECT_PARENT;
		if (mask & 1)
			PUT_STR(VFIO_MIG_A_OBJECT_BUS, "mdev");
		else
			miss = VFIO_MIG_A_OBJECT_BUS;
		REFUSED(-EINVAL, together, 0, miss);
	}
}

TEST_F(refusals, status_with_attribute)
{
	__u32 offs;

	GET(VFIO_MIG_CMD_STATUS_GET);
	offs = PUT_U32(VFIO_MIG_A_STATUS_INSTANCE, 1);
	PUT_U32(99, 1);
	REFUSED(-EINVAL, "ttribute", offs);
}

TEST_F(refusals, dump_with_attribute)
{
	static const __u8 cmds[] = {
		VFIO_MIG_CMD_DEV_GET, VFIO_MIG_CMD_TYPE_GET,
	};
	__u32 offs;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		req_init(&self->req, self->nl.family, cmds[i], NLM_F_DUMP);
		offs = PUT_U32(VFIO_MIG_A_OBJECT_ID, 1);
		DUMP_REFUSED(-EINVAL, "ttribute", offs);

		req_init(&self->req, self->nl.family, cmds[i], NLM_F_DUMP);
		offs = PUT_STR(VFIO_MIG_A_OBJECT_BUS, "pci");
		PUT_STR(VFIO_MIG_A_OBJECT_NAME, "0000:00:00.0");
		DUMP_REFUSED(-EINVAL, "ttribute", offs);

		req_init(&self->req, self->nl.family, cmds[i], NLM_F_DUMP);
		offs = PUT_U32(99, 1);
		DUMP_REFUSED(-EINVAL, "ttribute", offs);
	}
}

TEST_F(refusals, dump_of_status)
{
	struct dump dump = { .bufsize = 65536 };

	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_STATUS_GET,
		 NLM_F_DUMP);
	EXPECT_EQ(-EOPNOTSUPP, nl_dump_req(&self->nl, &self->req, &dump,
					   NULL));
}

/* An event cannot be asked for, nor what does not exist. */
TEST_F(refusals, unknown_command)
{
	static const __u8 cmds[] = {
		0, VFIO_MIG_CMD_DEV_ADD_NTF, VFIO_MIG_CMD_DEV_DEL_NTF,
		VFIO_MIG_CMD_DEV_CHANGE_NTF, VFIO_MIG_CMD_TYPE_ADD_NTF,
		VFIO_MIG_CMD_TYPE_DEL_NTF, VFIO_MIG_CMD_TYPE_CHANGE_NTF,
		VFIO_MIG_CMD_MAX + 1, 255,
	};
	struct dump dump = { .bufsize = 65536 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		req_init(&self->req, self->nl.family, cmds[i], 0);
		EXPECT_EQ(-EOPNOTSUPP, nl_do(&self->nl, &self->req, NULL,
					     NULL));
		req_init(&self->req, self->nl.family, cmds[i], NLM_F_DUMP);
		EXPECT_EQ(-EOPNOTSUPP, nl_dump_req(&self->nl, &self->req,
						   &dump, NULL));
	}
}

/* What is reserved in the header may come to mean something. */
TEST_F(refusals, reserved_of_header)
{
	struct genlmsghdr *genl = NLMSG_DATA(&self->req.nlh);
	struct ack ack;

	GET(VFIO_MIG_CMD_STATUS_GET);
	genl->reserved = 1;
	EXPECT_EQ(-EINVAL, nl_do(&self->nl, &self->req, NULL, &ack));
	EXPECT_TRUE(ack.has_msg);
}

TEST_HARNESS_MAIN
