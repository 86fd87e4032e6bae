// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dump of check writes what it found of one target again for all that are
 * alike. Whatever targets there are, and whoever is the source: it says of each
 * what a check of that one alone says.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

#define DEVICES		"/sys/module/vfio_mig_sim/parameters/devices"
#define ROUNDS		5
#define ANSWER_MAX	4096

/* An attribute that the administrator gives to a device, if it has a name. */
struct said {
	const char *name;
	__u64 value;
	__u32 rule;
	__u32 severity;
};

#define EQUAL	VFIO_MIG_RULE_EQUAL
#define ANY	VFIO_MIG_RULE_ANY
#define NONE	VFIO_MIG_RULE_NONE
#define LEAST	VFIO_MIG_RULE_AT_LEAST
#define INFO	VFIO_MIG_SEVERITY_INFO
#define FAIL	VFIO_MIG_SEVERITY_FAIL

/*
 * More sorts of devices than a dump remembers; some of them are alike, and all
 * but for their number are ROUNDS times there: first all of a look in a row,
 * and later one of each in turn.
 */
static const struct said looks[][3] = {
	{ },
	{ { "a", 1, EQUAL, FAIL } },
	{ { "a", 2, EQUAL, FAIL } },
	{ { "a", 1, EQUAL, INFO } },
	{ { "a", 1, ANY, INFO } },
	{ { "a", 2, ANY, INFO } },
	{ { "a", 2, ANY, FAIL } },
	{ { "a", 1, NONE, FAIL } },
	{ { "a", 1, LEAST, FAIL } },
	{ { "a", 2, LEAST, FAIL } },
	{ { "b", 1, EQUAL, FAIL } },
	{ { "b", 1, ANY, INFO } },
	{ { "a", 1, EQUAL, FAIL }, { "b", 1, ANY, INFO } },
	{ { "a", 1, EQUAL, FAIL }, { "b", 2, ANY, INFO } },
	{ { "a", 1, EQUAL, FAIL }, { "b", 2, EQUAL, FAIL } },
	{ { "a", 1, EQUAL, FAIL }, { "c", 2, ANY, INFO } },
	{ { "a", 1, ANY, INFO }, { "b", 1, EQUAL, FAIL } },
	{ { "a", 3, ANY, INFO }, { "b", 1, EQUAL, FAIL } },
	{ { "a", 1, EQUAL, FAIL }, { "b", 1, EQUAL, FAIL },
	  { "c", 1, EQUAL, FAIL } },
};

#define LOOKS	ARRAY_SIZE(looks)
#define ROW	(LOOKS * ROUNDS)
#define N	(2 * ROW)

/* What a check said of a target. */
struct heard {
	__u32 id;
	__u32 verdict;
	size_t len;
	char wire[ANSWER_MAX];
};

FIXTURE(alike) {
	struct nl nl;
	struct req req;
	struct obj source;
};

static const struct said *look_of(unsigned int device)
{
	return looks[device < ROW ? device / ROUNDS : device % LOOKS];
}

static struct heard heard[N + OBJS_MAX];
static unsigned int n_heard;

static int say(struct nl *nl, struct req *req, unsigned int device,
	       const struct said *said)
{
	__u32 nest;
	char name[16];
	int i;

	if (!said->name)
		return 0;
	snprintf(name, sizeof(name), "sim%u", device);
	req_init(req, nl->family, VFIO_MIG_CMD_ATTR_SET, 0);
	nest = req_nest(req, VFIO_MIG_A_CHANGE_TARGET);
	req_put_str(req, VFIO_MIG_A_OBJECT_BUS, "sim");
	req_put_str(req, VFIO_MIG_A_OBJECT_NAME, name);
	req_nest_end(req, nest);
	for (i = 0; i < 3 && said[i].name; i++) {
		nest = req_nest(req, VFIO_MIG_A_CHANGE_ATTR);
		req_put_str(req, VFIO_MIG_A_ATTR_NAME, said[i].name);
		req_put(req, VFIO_MIG_A_ATTR_U64, &said[i].value,
			sizeof(said[i].value));
		req_put_u32(req, VFIO_MIG_A_ATTR_RULE, said[i].rule);
		req_put_u32(req, VFIO_MIG_A_ATTR_SEVERITY, said[i].severity);
		req_nest_end(req, nest);
	}
	return nl_ack(nl, req, NULL);
}

FIXTURE_SETUP(alike)
{
	char n[16];
	unsigned int i;

	if (run("modprobe -q vfio_mig_sim"))
		SKIP(return, "needs vfio_mig_sim");
	ASSERT_EQ(0, nl_open(&self->nl));
	snprintf(n, sizeof(n), "%zu", N);
	ASSERT_EQ(0, file_write(n, DEVICES));
	for (i = 0; i < N; i++)
		ASSERT_EQ(0, say(&self->nl, &self->req, i, look_of(i)));
}

FIXTURE_TEARDOWN_PARENT(alike)
{
	file_write("0", DEVICES);
}

static void hear(const struct nlmsghdr *nlh, void *arg)
{
	struct heard *h = &heard[n_heard];
	struct answer answer;
	unsigned int *bad = arg;

	if (n_heard == N + OBJS_MAX || !answer_parse(nlh, &answer) ||
	    answer.len > sizeof(h->wire)) {
		(*bad)++;
		return;
	}
	h->id = answer.id;
	h->verdict = answer.verdict;
	h->len = answer.len;
	memcpy(h->wire, answer.from, answer.len);
	n_heard++;
}

static void put_object(struct req *req, __u16 type, __u32 id)
{
	__u32 nest = req_nest(req, type);

	req_put_u32(req, VFIO_MIG_A_OBJECT_ID, id);
	req_nest_end(req, nest);
}

/* As a device here, or as what another host has told of it. */
static void put_source(struct req *req, const struct obj *source, bool brought)
{
	const struct nlattr *nla = NULL;
	__u32 nest;

	if (!brought) {
		put_object(req, VFIO_MIG_A_CHECK_SOURCE, source->id);
		return;
	}
	nest = req_put(req, VFIO_MIG_A_CHECK_PROFILE, NULL, 0);
	while ((nla = attr_next(nla, source->wire, source->len)))
		if (attr_type(nla) == VFIO_MIG_A_OBJECT_ATTR)
			req_put(req, nla->nla_type, attr_data(nla),
				attr_len(nla));
	req_nest_end(req, nest);
}

/* One after the other, which is heard behind what the dump has said. */
static void same_alone(struct __test_metadata *_metadata, struct nl *nl,
		       struct req *req, const struct obj *source, bool brought)
{
	unsigned int i, bad = 0, all = n_heard;

	for (i = 0; i < all; i++) {
		const struct heard *dumped = &heard[i], *alone = &heard[all];

		n_heard = all;
		req_init(req, nl->family, VFIO_MIG_CMD_CHECK, 0);
		put_source(req, source, brought);
		put_object(req, VFIO_MIG_A_CHECK_TARGET, dumped->id);
		ASSERT_EQ(0, nl_transact(nl, req, NULL, hear, &bad));
		ASSERT_EQ(0, bad);
		ASSERT_EQ(all + 1, n_heard);
		ASSERT_EQ(dumped->verdict, alone->verdict) {
			TH_LOG("%s against %u", source->name, dumped->id);
		}
		ASSERT_EQ(dumped->len, alone->len);
		ASSERT_EQ(0, memcmp(dumped->wire, alone->wire, alone->len));
	}
}

static void same(struct __test_metadata *_metadata, struct nl *nl,
		 struct req *req, const struct obj *source, bool brought)
{
	struct dump dump = { .message = hear };
	unsigned int bad = 0;

	dump.arg = &bad;
	n_heard = 0;
	req_init(req, nl->family, VFIO_MIG_CMD_CHECK, NLM_F_DUMP);
	put_source(req, source, brought);
	ASSERT_EQ(0, nl_dump_req(nl, req, &dump, NULL));
	ASSERT_EQ(0, bad);
	ASSERT_LE(N - 2, n_heard);
	ASSERT_LE(2, dump.reads);
	same_alone(_metadata, nl, req, source, brought);
}

TEST_F(alike, dumped_or_alone)
{
	unsigned int i, step = slowness() > 1 ? 4 : 1;

	for (i = 0; i < LOOKS; i += step) {
		ASSERT_EQ(0, nl_get_sim(&self->nl, i * ROUNDS,
					&self->source));
		same(_metadata, &self->nl, &self->req, &self->source, false);
		same(_metadata, &self->nl, &self->req, &self->source, true);
	}
}

/* Who came first, and stands for others, changes or goes: they stay. */
TEST_F(alike, stand_in_goes)
{
	static const struct said first[3] = { { "a", 7, EQUAL, FAIL } };
	static const struct said then[3] = { { "a", 8, EQUAL, FAIL } };
	char n[16];

	ASSERT_EQ(0, nl_get_sim(&self->nl, 1, &self->source));
	ASSERT_EQ(0, say(&self->nl, &self->req, N - 1, first));
	ASSERT_EQ(0, say(&self->nl, &self->req, 2, first));
	ASSERT_EQ(0, say(&self->nl, &self->req, 3, then));
	ASSERT_EQ(0, say(&self->nl, &self->req, 4, then));
	same(_metadata, &self->nl, &self->req, &self->source, false);
	snprintf(n, sizeof(n), "%zu", N - 1);
	ASSERT_EQ(0, file_write(n, DEVICES));
	ASSERT_EQ(0, say(&self->nl, &self->req, 3, first));
	same(_metadata, &self->nl, &self->req, &self->source, false);
	same(_metadata, &self->nl, &self->req, &self->source, true);
}

TEST_HARNESS_MAIN
