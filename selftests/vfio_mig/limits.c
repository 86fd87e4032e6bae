// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every limit of what a profile may hold, at its edge and one beyond: of the
 * source that a check brings, and of what an administrator sets.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

#define DEVICES		"/sys/module/vfio_mig_sim/parameters/devices"
#define ANSWER_MAX	16384
#define U32_MAX		0xffffffffU
#define U64_MAX		0xffffffffffffffffULL

/* How large an attribute is: the nest, and what all of them have in it. */
#define NUMBERS		(5 * (NLA_HDRLEN + 4))
#define ATTR_SIZE(name_len, value_len) \
	(2 * NLA_HDRLEN + NLA_ALIGN((name_len) + 1) + NLA_HDRLEN + \
	 NLA_ALIGN(value_len) + NUMBERS)

FIXTURE(limits) {
	struct nl nl;
	struct req req;
	struct obj dev;
	/* where the source's profile begins */
	__u32 profile;
};

FIXTURE_VARIANT(limits) {
	bool admin;
};

FIXTURE_VARIANT_ADD(limits, source) {
	.admin = false,
};

FIXTURE_VARIANT_ADD(limits, administrator) {
	.admin = true,
};

FIXTURE_SETUP(limits)
{
	if (run("modprobe -q vfio_mig_sim"))
		SKIP(return, "needs vfio_mig_sim");
	ASSERT_EQ(0, file_write("0", DEVICES));
	ASSERT_EQ(0, file_write("1", DEVICES));
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "sim", NULL,
				   "sim0", &self->dev));
}

FIXTURE_TEARDOWN_PARENT(limits)
{
	file_write("0", DEVICES);
}

/* Begins a check of a profile, or a request to set one. */
static __u32 begin(struct req *req, const struct nl *nl, __u32 id, bool admin)
{
	__u32 nest;

	req_init(req, nl->family, admin ? VFIO_MIG_CMD_ATTR_SET :
		 VFIO_MIG_CMD_CHECK, 0);
	nest = req_nest(req, admin ? VFIO_MIG_A_CHANGE_TARGET :
			VFIO_MIG_A_CHECK_TARGET);
	req_put_u32(req, VFIO_MIG_A_OBJECT_ID, id);
	req_nest_end(req, nest);
	if (!admin)
		return req_put(req, VFIO_MIG_A_CHECK_PROFILE, NULL, 0);
	req_put(req, VFIO_MIG_A_CHANGE_REPLACE, NULL, 0);
	return 0;
}

static void end(struct req *req, __u32 profile)
{
	if (profile)
		req_nest_end(req, profile);
}

#define BEGIN() \
	(self->profile = begin(&self->req, &self->nl, self->dev.id, \
			       variant->admin))

static __u32 named(struct req *req, __u32 profile, const char *name)
{
	__u32 nest = req_nest(req, profile ? VFIO_MIG_A_OBJECT_ATTR :
			      VFIO_MIG_A_CHANGE_ATTR);

	req_put_str(req, VFIO_MIG_A_ATTR_NAME, name);
	return nest;
}

#define NAMED(name) named(&self->req, self->profile, name)

static void put_numbers(struct req *req)
{
	req_put_u32(req, VFIO_MIG_A_ATTR_RULE, VFIO_MIG_RULE_EQUAL);
	req_put_u32(req, VFIO_MIG_A_ATTR_SEVERITY, VFIO_MIG_SEVERITY_FAIL);
	req_put_u32(req, VFIO_MIG_A_ATTR_MISSING, VFIO_MIG_SEVERITY_FAIL);
	req_put_u32(req, VFIO_MIG_A_ATTR_ORIGIN, VFIO_MIG_ORIGIN_ADMIN);
	req_put_u32(req, VFIO_MIG_A_ATTR_SCOPE, VFIO_MIG_SCOPE_DEVICE);
}

/* An attribute whose value is @len times that letter. */
static __u32 put_string(struct req *req, __u32 profile, const char *name,
			char letter, size_t len)
{
	__u32 nest = named(req, profile, name);
	char value[VFIO_MIG_STRING_MAX + 2];

	memset(value, letter, len);
	value[len] = '\0';
	req_put_str(req, VFIO_MIG_A_ATTR_STRING, value);
	put_numbers(req);
	req_nest_end(req, nest);
	return nest;
}

static __u32 put_u64(struct req *req, __u32 profile, const char *name,
		     __u64 value)
{
	__u32 nest = named(req, profile, name);

	req_put(req, VFIO_MIG_A_ATTR_U64, &value, sizeof(value));
	req_nest_end(req, nest);
	return nest;
}

static __u32 put_version(struct req *req, __u32 profile, const char *name,
			 __u32 number)
{
	__u32 nest = named(req, profile, name), value;

	value = req_nest(req, VFIO_MIG_A_ATTR_VERSION);
	req_put_u32(req, VFIO_MIG_A_VERSION_MAJOR, number);
	req_put_u32(req, VFIO_MIG_A_VERSION_MINOR, number);
	req_put_u32(req, VFIO_MIG_A_VERSION_PATCH, number);
	req_nest_end(req, value);
	req_nest_end(req, nest);
	return nest;
}

/* A list of @n numbers. */
static void put_list(struct req *req, __u16 list, unsigned int n)
{
	__u32 nest, value;
	__u64 i;

	for (i = 0; i < n; i++) {
		nest = req_nest(req, list);
		value = req_nest(req, VFIO_MIG_A_RANGE_VALUE);
		req_put(req, VFIO_MIG_A_ATTR_U64, &i, sizeof(i));
		req_nest_end(req, value);
		req_nest_end(req, nest);
	}
}

static void accepted(struct __test_metadata *_metadata, struct nl *nl,
		     struct req *req, __u32 profile)
{
	struct ack ack;

	end(req, profile);
	EXPECT_EQ(0, nl_ack(nl, req, &ack)) {
		TH_LOG("%s at %u", ack.msg, ack.offs);
	}
}

#define ACCEPTED() accepted(_metadata, &self->nl, &self->req, self->profile)

/* Somewhere in what begins at @at, and nothing has come of it. */
static void refused(struct __test_metadata *_metadata, struct nl *nl,
		    struct req *req, __u32 profile, __u32 at, const char *text)
{
	struct ack ack;

	end(req, profile);
	EXPECT_GT(0, nl_ack(nl, req, &ack));
	ASSERT_TRUE(ack.has_msg);
	EXPECT_NE(NULL, strstr(ack.msg, text)) {
		TH_LOG("'%s' does not say '%s'", ack.msg, text);
	}
	EXPECT_TRUE(ack.has_offs);
	EXPECT_LE(at, ack.offs);
	EXPECT_GT(req->len, ack.offs);
}

#define REFUSED(...) \
	refused(_metadata, &self->nl, &self->req, self->profile, __VA_ARGS__)

/*
 * What the policy refuses it calls an attribute that failed its validation;
 * in a source, which is read by the engine alone, it is told what was wrong.
 */
#define SAYS(text) (variant->admin ? "ttribute" : (text))

TEST_F(limits, name)
{
	char name[VFIO_MIG_NAME_MAX + 2];
	__u32 at;

	memset(name, 'x', sizeof(name));
	name[VFIO_MIG_NAME_MAX] = '\0';
	BEGIN();
	put_u64(&self->req, self->profile, name, 1);
	ACCEPTED();

	name[VFIO_MIG_NAME_MAX] = 'x';
	name[VFIO_MIG_NAME_MAX + 1] = '\0';
	BEGIN();
	put_u64(&self->req, self->profile, "right", 1);
	at = put_u64(&self->req, self->profile, name, 1);
	REFUSED(at, SAYS("1 to 63 bytes"));
}

TEST_F(limits, string)
{
	__u32 at;

	BEGIN();
	put_string(&self->req, self->profile, "longest", 'x',
		   VFIO_MIG_STRING_MAX);
	put_string(&self->req, self->profile, "shortest", 'x', 1);
	ACCEPTED();

	BEGIN();
	put_string(&self->req, self->profile, "a", 'x', VFIO_MIG_STRING_MAX);
	at = put_string(&self->req, self->profile, "b", 'x',
			VFIO_MIG_STRING_MAX + 1);
	REFUSED(at, SAYS("1 to 255 bytes"));

	BEGIN();
	at = put_string(&self->req, self->profile, "a", 'x', 0);
	REFUSED(at, "1 to 255 bytes");
}

TEST_F(limits, bits)
{
	__u8 bits[VFIO_MIG_BITS_MAX / 8 + 1];
	__u32 at;

	memset(bits, 0xff, sizeof(bits));
	BEGIN();
	at = NAMED("all");
	req_put(&self->req, VFIO_MIG_A_ATTR_BITS, bits, sizeof(bits) - 1);
	req_nest_end(&self->req, at);
	at = NAMED("none");
	req_put(&self->req, VFIO_MIG_A_ATTR_BITS, bits, 0);
	req_nest_end(&self->req, at);
	ACCEPTED();

	BEGIN();
	at = NAMED("more");
	req_put(&self->req, VFIO_MIG_A_ATTR_BITS, bits, sizeof(bits));
	req_nest_end(&self->req, at);
	REFUSED(at, SAYS("more than 256 bits"));
}

static __u32 put_label(struct req *req, __u32 bit, size_t len)
{
	__u32 nest = req_nest(req, VFIO_MIG_A_ATTR_LABEL);
	char name[VFIO_MIG_LABEL_MAX + 2];

	memset(name, 'x', len);
	name[len] = '\0';
	req_put_u32(req, VFIO_MIG_A_LABEL_BIT, bit);
	req_put_str(req, VFIO_MIG_A_LABEL_NAME, name);
	req_nest_end(req, nest);
	return nest;
}

TEST_F(limits, label)
{
	static const struct {
		__u32 bit;
		size_t len;
		const char *text;
	} labels[] = {
		{ 255, VFIO_MIG_LABEL_MAX, NULL },
		{ 0, 1, NULL },
		{ 255, VFIO_MIG_LABEL_MAX + 1, "1 to 31 bytes" },
		{ 256, 1, "bit above 255" },
		{ U32_MAX, 1, "bit above 255" },
	};
	__u32 nest, at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(labels); i++) {
		BEGIN();
		nest = NAMED("a");
		req_put(&self->req, VFIO_MIG_A_ATTR_BITS, "\1", 1);
		at = put_label(&self->req, labels[i].bit, labels[i].len);
		req_nest_end(&self->req, nest);
		if (labels[i].text)
			REFUSED(at, variant->admin ? "" : labels[i].text);
		else
			ACCEPTED();
	}
}

TEST_F(limits, lists)
{
	__u64 value = 7;
	__u32 at;
	int more;

	for (more = 0; more < 2; more++) {
		BEGIN();
		at = NAMED("a");
		req_put(&self->req, VFIO_MIG_A_ATTR_U64, &value, sizeof(value));
		req_put_u32(&self->req, VFIO_MIG_A_ATTR_RULE,
			    VFIO_MIG_RULE_ONE_OF);
		put_list(&self->req, VFIO_MIG_A_ATTR_ACCEPT,
			 VFIO_MIG_LIST_MAX + more);
		req_nest_end(&self->req, at);
		if (more)
			REFUSED(at, "more than 32 entries");
		else
			ACCEPTED();

		BEGIN();
		at = NAMED("a");
		req_put(&self->req, VFIO_MIG_A_ATTR_U64, &value, sizeof(value));
		put_list(&self->req, VFIO_MIG_A_ATTR_SETTABLE,
			 VFIO_MIG_LIST_MAX + more);
		req_nest_end(&self->req, at);
		if (more)
			REFUSED(at, "more than 32 entries");
		else
			ACCEPTED();
	}
}

/* A number has one width. */
TEST_F(limits, width)
{
	static const __u8 bytes[16];
	static const size_t wrong[] = { 0, 4, 7, 9, 16 };
	__u32 at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		BEGIN();
		at = NAMED("a");
		req_put(&self->req, VFIO_MIG_A_ATTR_U64, bytes, wrong[i]);
		req_nest_end(&self->req, at);
		REFUSED(at, SAYS("8 bytes"));
	}
}

/* What the attributes of a device take. */
static size_t size_of(const struct obj *obj)
{
	const struct nlattr *nla = NULL;
	size_t size = 0;

	while ((nla = attr_next(nla, obj->wire, obj->len)))
		if (attr_type(nla) == VFIO_MIG_A_OBJECT_ATTR)
			size += NLA_ALIGN(nla->nla_len);
	return size;
}

/*
 * Strings, so many and so long that they take just so many bytes. Returns
 * where the last one stands.
 */
static __u32 fill(struct req *req, __u32 profile, char letter, unsigned int n,
		  size_t size)
{
	size_t rest = size - n * ATTR_SIZE(3, 0), len;
	char name[16];
	__u32 at = 0;

	for (; n; n--) {
		len = n > 1 ? rest / n / NLA_ALIGNTO * NLA_ALIGNTO : rest;
		snprintf(name, sizeof(name), "%c%02u", letter, n);
		at = put_string(req, profile, name, letter, len - 1);
		rest -= len;
	}
	return at;
}

#define STRINGS		24

TEST_F(limits, bytes)
{
	size_t room = VFIO_MIG_PROFILE_MAX;
	struct obj dev;
	__u32 at;

	if (variant->admin)
		room -= size_of(&self->dev);
	BEGIN();
	fill(&self->req, self->profile, 'x', STRINGS, room);
	ACCEPTED();
	if (variant->admin) {
		ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET,
					   "sim", NULL, "sim0", &dev));
		EXPECT_EQ(VFIO_MIG_PROFILE_MAX, size_of(&dev));
	} else {
		EXPECT_EQ(self->req.len, self->profile + NLA_HDRLEN +
			  VFIO_MIG_PROFILE_MAX);
	}

	BEGIN();
	at = fill(&self->req, self->profile, 'y', STRINGS, room + NLA_ALIGNTO);
	if (variant->admin)
		REFUSED(at, "more than 6144 bytes");
	else
		REFUSED(self->profile, "size out of range");
}

/* Answers: the largest that there can be, and the largest values in them. */

FIXTURE(answers) {
	struct nl nl;
	struct req req;
	struct obj dev;
};

FIXTURE_SETUP(answers)
{
	if (run("modprobe -q vfio_mig_sim"))
		SKIP(return, "needs vfio_mig_sim");
	ASSERT_EQ(0, file_write("0", DEVICES));
	ASSERT_EQ(0, file_write("1", DEVICES));
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "sim", NULL,
				   "sim0", &self->dev));
}

FIXTURE_TEARDOWN_PARENT(answers)
{
	file_write("0", DEVICES);
}

/* An administrator's 63 and 64 are in sim.c. */
TEST_F(answers, source_of_64)
{
	__u32 profile, at = 0;
	char name[16];
	int i, n;

	for (n = VFIO_MIG_ATTRS_MAX; n <= VFIO_MIG_ATTRS_MAX + 1; n++) {
		profile = begin(&self->req, &self->nl, self->dev.id, false);
		for (i = 0; i < n; i++) {
			snprintf(name, sizeof(name), "a%u", i);
			at = put_u64(&self->req, profile, name, i);
		}
		if (n > VFIO_MIG_ATTRS_MAX)
			refused(_metadata, &self->nl, &self->req, profile, at,
				"more than 64 attributes");
		else
			accepted(_metadata, &self->nl, &self->req, profile);
	}
}

/* An answer, kept. */
struct kept {
	__u32 id;
	unsigned int n;
	struct answer answer;
	size_t size;
	__u32 buf[2 * ANSWER_MAX / 4];
};

static void keep(const struct nlmsghdr *nlh, void *arg)
{
	struct kept *kept = arg;
	struct answer answer;

	if (!answer_parse(nlh, &answer) || answer.id != kept->id ||
	    nlh->nlmsg_len > sizeof(kept->buf))
		return;
	kept->n++;
	kept->size = nlh->nlmsg_len;
	memcpy(kept->buf, nlh, nlh->nlmsg_len);
	answer_parse((struct nlmsghdr *)kept->buf, &kept->answer);
}

/* The same profile as do and as dump, and the same answer. */
static void ask_both(struct __test_metadata *_metadata, struct nl *nl,
		     struct req *req, struct kept *kept)
{
	static struct kept dumped;
	struct dump dump = { .message = keep, .arg = &dumped };
	struct nlattr *target = NLMSG_DATA(&req->nlh) + GENL_HDRLEN;
	struct ack ack;

	ASSERT_EQ(0, nl_transact(nl, req, &ack, keep, kept)) {
		TH_LOG("%s", ack.msg);
	}
	ASSERT_EQ(1, kept->n);

	/* a dump takes every target */
	dumped.id = kept->id;
	dumped.n = 0;
	req->len -= NLA_ALIGN(target->nla_len);
	memmove(target, (char *)target + NLA_ALIGN(target->nla_len),
		req->len - NLMSG_LENGTH(GENL_HDRLEN));
	req->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ASSERT_EQ(0, nl_dump_req(nl, req, &dump, NULL));
	ASSERT_EQ(1, dumped.n);
	ASSERT_EQ(kept->answer.len, dumped.answer.len);
	EXPECT_EQ(0, memcmp(kept->answer.from, dumped.answer.from,
			    kept->answer.len));
}

static const struct nlattr *finding(const struct kept *kept, const char *name,
				    __u16 member)
{
	const struct nlattr *nla = NULL, *found;

	while ((nla = attr_next(nla, kept->answer.from, kept->answer.len))) {
		if (attr_type(nla) != VFIO_MIG_A_CHECK_FINDING)
			continue;
		found = attr_member(nla, VFIO_MIG_A_FINDING_NAME);
		if (found && !strcmp(attr_data(found), name))
			return attr_member(nla, member);
	}
	return NULL;
}

/*
 * 64 attributes that only the source has, and as many as there can be that
 * only the target has, all of them with values that fill both profiles. The
 * target's number is one of 64 that is never found.
 */
TEST_F(answers, largest)
{
	static struct kept kept;
	char name[16], value[VFIO_MIG_STRING_MAX];
	__u32 profile, nest;
	int i;

	profile = begin(&self->req, &self->nl, self->dev.id, true);
	fill(&self->req, profile, 't', VFIO_MIG_ATTRS_MAX - 1,
	     VFIO_MIG_PROFILE_MAX - size_of(&self->dev));
	accepted(_metadata, &self->nl, &self->req, profile);

	/* what may be left out of a source is told all the same */
	profile = begin(&self->req, &self->nl, self->dev.id, false);
	memset(value, 's', sizeof(value));
	value[VFIO_MIG_PROFILE_MAX / VFIO_MIG_ATTRS_MAX - 3 * NLA_HDRLEN - 4 -
	      1] = '\0';
	for (i = 0; i < VFIO_MIG_ATTRS_MAX; i++) {
		snprintf(name, sizeof(name), "s%02d", i);
		nest = named(&self->req, profile, name);
		req_put_str(&self->req, VFIO_MIG_A_ATTR_STRING, value);
		req_nest_end(&self->req, nest);
	}
	end(&self->req, profile);
	ASSERT_EQ(VFIO_MIG_PROFILE_MAX,
		  self->req.len - profile - NLA_HDRLEN);

	kept.id = self->dev.id;
	ask_both(_metadata, &self->nl, &self->req, &kept);
	TH_LOG("%u findings in %zu bytes", kept.answer.findings, kept.size);
	EXPECT_EQ(2 * VFIO_MIG_ATTRS_MAX - 1, kept.answer.findings);
	EXPECT_EQ(VFIO_MIG_VERDICT_INCOMPATIBLE, kept.answer.verdict);
	EXPECT_GE(ANSWER_MAX, kept.size);
	ASSERT_NE(NULL, finding(&kept, "s63", VFIO_MIG_A_FINDING_SOURCE));
	nest = VFIO_MIG_A_FINDING_SOURCE;
	EXPECT_STREQ(value, attr_data(attr_member(finding(&kept, "s63", nest),
						  VFIO_MIG_A_ATTR_STRING)));
}

/* Numbers at their end come and go whole, and compare so. */
TEST_F(answers, numbers)
{
	static struct kept kept;
	const struct nlattr *nla;
	__u32 profile, sub;
	__u64 value;
	int i;

	profile = begin(&self->req, &self->nl, self->dev.id, true);
	put_u64(&self->req, profile, "n", U64_MAX);
	put_u64(&self->req, profile, "same", U64_MAX);
	put_version(&self->req, profile, "v", U32_MAX);
	put_version(&self->req, profile, "w", U32_MAX);
	accepted(_metadata, &self->nl, &self->req, profile);

	profile = begin(&self->req, &self->nl, self->dev.id, false);
	put_u64(&self->req, profile, "n", U64_MAX - 1);
	put_u64(&self->req, profile, "same", U64_MAX);
	put_version(&self->req, profile, "v", U32_MAX - 1);
	put_version(&self->req, profile, "w", U32_MAX);
	end(&self->req, profile);
	kept.id = self->dev.id;
	ask_both(_metadata, &self->nl, &self->req, &kept);
	EXPECT_EQ(2, kept.answer.findings);

	for (i = 0; i < 2; i++) {
		nla = finding(&kept, "n", i ? VFIO_MIG_A_FINDING_TARGET :
			      VFIO_MIG_A_FINDING_SOURCE);
		ASSERT_NE(NULL, nla);
		nla = attr_member(nla, VFIO_MIG_A_ATTR_U64);
		ASSERT_NE(NULL, nla);
		memcpy(&value, attr_data(nla), sizeof(value));
		EXPECT_EQ(i ? U64_MAX : U64_MAX - 1, value);

		nla = finding(&kept, "v", i ? VFIO_MIG_A_FINDING_TARGET :
			      VFIO_MIG_A_FINDING_SOURCE);
		ASSERT_NE(NULL, nla);
		nla = attr_member(nla, VFIO_MIG_A_ATTR_VERSION);
		ASSERT_NE(NULL, nla);
		memcpy(&sub, attr_data(attr_member(nla,
						   VFIO_MIG_A_VERSION_PATCH)),
		       sizeof(sub));
		EXPECT_EQ(i ? U32_MAX : U32_MAX - 1, sub);
	}
}

TEST_HARNESS_MAIN
