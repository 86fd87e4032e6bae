// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command check, as raw messages: what it refuses, and whom it judges.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

#define NO_ID		0xfffffff0

/* An attribute with a number in it, as it stands inside a nest. */
struct id_attr {
	struct nlattr head;
	__u32 id;
};

/* The smallest profile: one attribute, a bool. */
struct profile {
	struct nlattr nest;
	struct nlattr value_head;
	__u8 value[4];
	struct nlattr name_head;
	char name[4];
	struct nlattr rule_head;
	__u32 rule;
	struct nlattr severity_head;
	__u32 severity;
	struct nlattr missing_head;
	__u32 missing;
	struct nlattr origin_head;
	__u32 origin;
};

FIXTURE(check) {
	struct nl nl;
	struct req req;
	struct ack ack;
	struct profile profile;
};

static struct objs devs, types;

FIXTURE_SETUP(check)
{
	struct profile *p = &self->profile;

	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_DEV_GET, &devs));
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_TYPE_GET, &types));
	if (devs.n < 2)
		SKIP(return, "needs two devices");

	*p = (struct profile) {
		.nest = { sizeof(*p), VFIO_MIG_A_OBJECT_ATTR },
		.value_head = { 5, VFIO_MIG_A_ATTR_BOOL },
		.value = { 1 },
		.name_head = { 8, VFIO_MIG_A_ATTR_NAME },
		.name = "xyz",
		.rule_head = { 8, VFIO_MIG_A_ATTR_RULE },
		.rule = VFIO_MIG_RULE_EQUAL,
		.severity_head = { 8, VFIO_MIG_A_ATTR_SEVERITY },
		.severity = VFIO_MIG_SEVERITY_FAIL,
		.missing_head = { 8, VFIO_MIG_A_ATTR_MISSING },
		.missing = VFIO_MIG_SEVERITY_FAIL,
		.origin_head = { 8, VFIO_MIG_A_ATTR_ORIGIN },
		.origin = VFIO_MIG_ORIGIN_ADMIN,
	};
	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_CHECK, 0);
}

FIXTURE_TEARDOWN(check)
{
	nl_close(&self->nl);
}

static __u32 put_id(struct req *req, __u16 type, __u32 id)
{
	const struct id_attr attr = {
		.head = { sizeof(attr), VFIO_MIG_A_OBJECT_ID },
		.id = id,
	};

	return req_put(req, type | NLA_F_NESTED, &attr, sizeof(attr));
}

static void refused(struct __test_metadata *_metadata, struct nl *nl,
		    struct req *req, int err, const char *text, __u32 offs,
		    __u32 miss)
{
	struct ack ack;

	EXPECT_EQ(err, nl_do(nl, req, NULL, &ack));
	ASSERT_TRUE(ack.has_msg);
	EXPECT_NE(NULL, strstr(ack.msg, text)) {
		TH_LOG("'%s' does not say '%s'", ack.msg, text);
	}
	EXPECT_LE(strlen(ack.msg), 79);
	EXPECT_EQ(offs, ack.has_offs ? ack.offs : 0);
	EXPECT_EQ(miss, ack.has_miss ? ack.miss : 0);
}

#define REFUSED(...) refused(_metadata, &self->nl, &self->req, __VA_ARGS__)

static int count_answers(struct nl *nl, struct req *req)
{
	static __u32 buf[16384];
	int n = 0;

	if (nl_send(nl, req))
		return -1;
	for (;;) {
		ssize_t len = nl_recv(nl, buf, sizeof(buf), 0);
		struct nlmsghdr *nlh = (struct nlmsghdr *)buf;

		if (len < 0)
			return -1;
		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_type == NLMSG_DONE)
				return *(int *)NLMSG_DATA(nlh) ?: n;
			if (nlh->nlmsg_type == NLMSG_ERROR)
				return *(int *)NLMSG_DATA(nlh) ?: n;
			n++;
		}
	}
}

TEST_F(check, without_target)
{
	put_id(&self->req, VFIO_MIG_A_CHECK_SOURCE, devs.o[0].id);
	REFUSED(-EINVAL, "no target", 0, VFIO_MIG_A_CHECK_TARGET);
}

TEST_F(check, without_source)
{
	put_id(&self->req, VFIO_MIG_A_CHECK_TARGET, devs.o[0].id);
	REFUSED(-EINVAL, "no source", 0, VFIO_MIG_A_CHECK_SOURCE);
}

TEST_F(check, two_sources)
{
	__u32 offs;

	put_id(&self->req, VFIO_MIG_A_CHECK_SOURCE, devs.o[0].id);
	offs = req_put(&self->req, VFIO_MIG_A_CHECK_PROFILE, &self->profile,
		       sizeof(self->profile));
	put_id(&self->req, VFIO_MIG_A_CHECK_TARGET, devs.o[1].id);
	REFUSED(-EINVAL, "not both", offs, 0);
}

TEST_F(check, unknown_source)
{
	__u32 offs;

	offs = put_id(&self->req, VFIO_MIG_A_CHECK_SOURCE, NO_ID);
	put_id(&self->req, VFIO_MIG_A_CHECK_TARGET, devs.o[1].id);
	REFUSED(-ENODEV, "no device of this id", offs + NLA_HDRLEN, 0);
}

TEST_F(check, unknown_target)
{
	__u32 offs;

	put_id(&self->req, VFIO_MIG_A_CHECK_SOURCE, devs.o[1].id);
	offs = put_id(&self->req, VFIO_MIG_A_CHECK_TARGET, NO_ID);
	REFUSED(-ENODEV, "no device of this id", offs + NLA_HDRLEN, 0);
}

/* The attribute at fault is pointed at inside the profile. */
TEST_F(check, bad_profile)
{
	__u32 offs;

	self->profile.name[0] = 'X';
	offs = req_put(&self->req, VFIO_MIG_A_CHECK_PROFILE, &self->profile,
		       sizeof(self->profile));
	put_id(&self->req, VFIO_MIG_A_CHECK_TARGET, devs.o[0].id);
	EXPECT_EQ(-EINVAL, nl_do(&self->nl, &self->req, NULL, &self->ack));
	EXPECT_TRUE(self->ack.has_msg);
	EXPECT_TRUE(self->ack.has_offs);
	EXPECT_GE(self->ack.offs, offs);
	EXPECT_LT(self->ack.offs, offs + NLA_HDRLEN + sizeof(self->profile));

	/* it is named first, also if there is no such target */
	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_CHECK, 0);
	offs = req_put(&self->req, VFIO_MIG_A_CHECK_PROFILE, &self->profile,
		       sizeof(self->profile));
	put_id(&self->req, VFIO_MIG_A_CHECK_TARGET, NO_ID);
	EXPECT_EQ(-EINVAL, nl_do(&self->nl, &self->req, NULL, &self->ack));
	EXPECT_TRUE(self->ack.has_offs);
	EXPECT_LT(self->ack.offs, offs + NLA_HDRLEN + sizeof(self->profile));
}

/* Behind it the message ends, and nothing may be pointed at there. */
TEST_F(check, profile_of_nothing)
{
	struct dump dump = { .bufsize = 65536 };
	__u32 offs;

	put_id(&self->req, VFIO_MIG_A_CHECK_TARGET, devs.o[0].id);
	offs = req_put(&self->req, VFIO_MIG_A_CHECK_PROFILE, NULL, 0);
	REFUSED(-EINVAL, "no attributes", offs, 0);

	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_CHECK, NLM_F_DUMP);
	offs = req_put(&self->req, VFIO_MIG_A_CHECK_PROFILE, NULL, 0);
	EXPECT_EQ(-EINVAL, nl_dump_req(&self->nl, &self->req, &dump, NULL));
	EXPECT_TRUE(dump.ack.has_msg);
	if (dump.ack.has_offs)
		EXPECT_EQ(offs, dump.ack.offs);
}

/* Every length of a profile that is cut off, and none of them overread. */
TEST_F(check, profile_cut_off)
{
	for (size_t len = 0; len < sizeof(self->profile); len++) {
		req_init(&self->req, self->nl.family, VFIO_MIG_CMD_CHECK, 0);
		req_put(&self->req, VFIO_MIG_A_CHECK_PROFILE, &self->profile,
			len);
		put_id(&self->req, VFIO_MIG_A_CHECK_TARGET, devs.o[0].id);
		EXPECT_EQ(-EINVAL, nl_do(&self->nl, &self->req, NULL,
					 &self->ack)) {
			TH_LOG("%zu bytes", len);
		}
		EXPECT_TRUE(self->ack.has_msg);
	}
}

/* What a newer kernel may say is unknown, and no mistake. */
TEST_F(check, profile_from_the_future)
{
	self->profile.rule = 4711;
	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_CHECK, NLM_F_ACK);
	req_put(&self->req, VFIO_MIG_A_CHECK_PROFILE, &self->profile,
		sizeof(self->profile));
	put_id(&self->req, VFIO_MIG_A_CHECK_TARGET, devs.o[0].id);
	EXPECT_EQ(1, count_answers(&self->nl, &self->req));
}

/* One request judges everything, but not the source itself. */
TEST_F(check, dump_leaves_out_the_source)
{
	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_CHECK, NLM_F_DUMP);
	put_id(&self->req, VFIO_MIG_A_CHECK_SOURCE, devs.o[0].id);
	EXPECT_EQ((int)(devs.n + types.n) - 1,
		  count_answers(&self->nl, &self->req));
}

TEST_F(check, dump_of_a_profile)
{
	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_CHECK, NLM_F_DUMP);
	req_put(&self->req, VFIO_MIG_A_CHECK_PROFILE, &self->profile,
		sizeof(self->profile));
	EXPECT_EQ((int)(devs.n + types.n),
		  count_answers(&self->nl, &self->req));
}

TEST_F(check, dump_with_target)
{
	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_CHECK, NLM_F_DUMP);
	put_id(&self->req, VFIO_MIG_A_CHECK_SOURCE, devs.o[0].id);
	put_id(&self->req, VFIO_MIG_A_CHECK_TARGET, devs.o[1].id);
	EXPECT_GT(0, count_answers(&self->nl, &self->req));
}

TEST_HARNESS_MAIN
