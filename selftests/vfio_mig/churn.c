// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks while devices come, go and change: every answer is right for the
 * profile of the number that it names, and of no older one than the asker had
 * been told of before it asked.
 *
 * Two processes check, one by do and one by dump, while others change what the
 * administrator says of bare devices, make and remove more of these, and take
 * VFs from their driver and give them back. What a device says is nothing, all
 * of A or all of B; both sets have the same names, so that a mixture of them
 * would be found by how many findings there are, and whose values they tell.
 * The askers listen to events: these tell what the device said under a number.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

#define DEVICES		"/sys/module/vfio_mig_sim/parameters/devices"
#define KEPT		8
#define MORE		24
#define ATTRS		16
#define DUMPS		100
#define DOS		600
#define RECORDS		65536
#define FINDINGS_MAX	1024

/* What a device says. */
enum state { GONE, BARE, A, B, OTHER, N_STATES };

static const __u64 values[N_STATES] = { [A] = 0xaaaa, [B] = 0xbbbb };

/* What an event has told. */
struct record {
	__u32 id;
	enum state state;
	__u64 seq;
	char name[32];
};

struct asker {
	struct nl nl;
	struct nl mon;
	/* what was told, in order */
	unsigned int n;
	struct record told[RECORDS];
	/* how many were told before the request */
	unsigned int before;
	/* a device that is gone */
	struct record gone;
	/* how often each state was judged */
	unsigned int judged[N_STATES];
	unsigned int changes;
	unsigned int dels;
	const char *wrong;
};

static struct asker asker;
static struct obj obj;

/* ----------------------------------------------------------------- profiles */

static void put_attrs(struct req *req, __u16 type, enum state state)
{
	char name[8];
	__u32 nest;
	int i;

	for (i = 0; i < ATTRS; i++) {
		snprintf(name, sizeof(name), "n%02d", i);
		nest = req_nest(req, type);
		req_put_str(req, VFIO_MIG_A_ATTR_NAME, name);
		req_put(req, VFIO_MIG_A_ATTR_U64, &values[state],
			sizeof(values[state]));
		req_nest_end(req, nest);
	}
}

static int say(struct nl *nl, unsigned int n, enum state state)
{
	struct req req;
	char name[16];
	__u32 nest;

	req_init(&req, nl->family, VFIO_MIG_CMD_ATTR_SET, 0);
	nest = req_nest(&req, VFIO_MIG_A_CHANGE_TARGET);
	req_put_str(&req, VFIO_MIG_A_OBJECT_BUS, "sim");
	snprintf(name, sizeof(name), "sim%u", n);
	req_put_str(&req, VFIO_MIG_A_OBJECT_NAME, name);
	req_nest_end(&req, nest);
	req_put(&req, VFIO_MIG_A_CHANGE_REPLACE, NULL, 0);
	if (state != BARE)
		put_attrs(&req, VFIO_MIG_A_CHANGE_ATTR, state);
	return nl_ack(nl, &req, NULL);
}

static enum state state_of(const struct obj *o)
{
	const struct nlattr *nla;
	__u64 value;

	if (o->cmd == VFIO_MIG_CMD_DEV_DEL_NTF)
		return GONE;
	if (strcmp(o->bus, "sim"))
		return OTHER;
	nla = obj_value(o, "n00", VFIO_MIG_A_ATTR_U64);
	if (!nla)
		return BARE;
	memcpy(&value, attr_data(nla), sizeof(value));
	return value == values[A] ? A : B;
}

/* ------------------------------------------------------------------ events */

static void record(const struct obj *o)
{
	struct record *r = &asker.told[asker.n];

	if (obj_is_type(o))
		return;
	if (asker.n == RECORDS) {
		asker.wrong = "there were more events than can be kept";
		return;
	}
	r->id = o->id;
	r->seq = o->seq;
	r->state = state_of(o);
	snprintf(r->name, sizeof(r->name), "%.31s", o->name);
	asker.changes += o->cmd == VFIO_MIG_CMD_DEV_CHANGE_NTF;
	asker.dels += o->cmd == VFIO_MIG_CMD_DEV_DEL_NTF;
	asker.n++;
}

/* Takes one event, waiting for it. */
static bool listen_ms(int ms)
{
	int err = nl_event(&asker.mon, &obj, ms);

	if (!err)
		record(&obj);
	else if (err != -EAGAIN)
		asker.wrong = "events were lost";
	return !err;
}

/* The last thing told of a device, among the first @n things. */
static const struct record *last(__u32 id, unsigned int n)
{
	while (n-- > 0)
		if (asker.told[n].id == id)
			return &asker.told[n];
	return NULL;
}

/* What was told of it under that number, which may still be on its way. */
static const struct record *find(__u32 id, __u64 seq)
{
	unsigned int n = asker.n;

	while (n-- > 0)
		if (asker.told[n].id == id && asker.told[n].seq == seq)
			return &asker.told[n];
	while (listen_ms(SOON_MS)) {
		const struct record *r = &asker.told[asker.n - 1];

		if (r->id == id && r->seq == seq)
			return r;
	}
	return NULL;
}

/* ----------------------------------------------------------------- answers */

/* All of one source value, and of one target value, or of none. */
static unsigned int told_values(const struct answer *answer, __u16 side,
				__u64 want)
{
	const struct nlattr *nla = NULL, *value;
	unsigned int n = 0;
	__u64 got;

	while ((nla = attr_next(nla, answer->from, answer->len))) {
		if (attr_type(nla) != VFIO_MIG_A_CHECK_FINDING)
			continue;
		value = attr_member(nla, side);
		value = value ? attr_member(value, VFIO_MIG_A_ATTR_U64) : NULL;
		if (!value)
			continue;
		memcpy(&got, attr_data(value), sizeof(got));
		n += got == want;
	}
	return n;
}

static const char *judge(const struct answer *answer, enum state state)
{
	unsigned int source, target;

	source = told_values(answer, VFIO_MIG_A_FINDING_SOURCE, values[A]);
	target = told_values(answer, VFIO_MIG_A_FINDING_TARGET, values[B]);
	switch (state) {
	case A:
		if (answer->verdict != VFIO_MIG_VERDICT_COMPATIBLE ||
		    answer->findings)
			return "A does not fit A";
		break;
	case B:
		if (answer->verdict != VFIO_MIG_VERDICT_INCOMPATIBLE ||
		    answer->findings != ATTRS || source != ATTRS ||
		    target != ATTRS)
			return "not all of B differs from A";
		break;
	case BARE:
		if (answer->verdict != VFIO_MIG_VERDICT_INCOMPATIBLE ||
		    answer->findings != ATTRS || source != ATTRS || target)
			return "a device that says nothing says something";
		break;
	case OTHER:
		/* all that is A's is missing there, and all that is its here */
		if (answer->verdict != VFIO_MIG_VERDICT_INCOMPATIBLE ||
		    answer->findings <= ATTRS || source != ATTRS || target)
			return "a VF is judged as something else";
		break;
	default:
		return "it was gone";
	}
	asker.judged[state]++;
	return NULL;
}

static void take(const struct answer *answer)
{
	const struct record *before = last(answer->id, asker.before);
	const struct record *now;

	if (answer->id == asker.gone.id)
		asker.wrong = "it was gone before it was asked for";
	else if (before && answer->seq < before->seq)
		asker.wrong = "it is older than what was told before";
	if (asker.wrong)
		return;

	now = find(answer->id, answer->seq);
	if (!now) {
		asker.wrong = asker.wrong ?: "no event has that number";
		return;
	}
	if (strcmp(now->name, answer->name)) {
		asker.wrong = "it has another name";
		return;
	}
	asker.wrong = judge(answer, now->state);
	if (asker.wrong)
		fprintf(stderr, "# %s: state %d, verdict %u, %u findings\n",
			answer->name, now->state, answer->verdict,
			answer->findings);
}

/* A check's answers, kept until all of them are there. */
static struct {
	unsigned int n;
	struct {
		__u32 len;
		__u32 buf[2048];
	} at[OBJS_MAX];
} answers;

static void keep(const struct nlmsghdr *nlh, void *arg)
{
	if (answers.n == OBJS_MAX ||
	    nlh->nlmsg_len > sizeof(answers.at[0].buf)) {
		asker.wrong = "too many answers, or too large ones";
		return;
	}
	answers.at[answers.n].len = nlh->nlmsg_len;
	memcpy(answers.at[answers.n++].buf, nlh, nlh->nlmsg_len);
}

static unsigned int answers_of(__u32 id)
{
	struct answer answer;
	unsigned int i, n = 0;

	for (i = 0; i < answers.n; i++)
		n += answer_parse((void *)answers.at[i].buf, &answer) &&
		     answer.id == id;
	return n;
}

/* Types are judged as well, and stand still meanwhile. */
static bool is_type(const struct answer *answer)
{
	const struct nlattr *nla = NULL;

	while ((nla = attr_next(nla, answer->from, answer->len)))
		if (attr_type(nla) == VFIO_MIG_A_CHECK_AVAILABLE)
			return true;
	return false;
}

static void take_all(void)
{
	struct answer answer;
	unsigned int i;

	for (i = 0; i < answers.n && !asker.wrong; i++) {
		if (!answer_parse((void *)answers.at[i].buf, &answer))
			asker.wrong = "it cannot be read";
		else if (!is_type(&answer))
			take(&answer);
	}
}

/* ------------------------------------------------------------------ askers */

/* Keeps what counts before a request: what each device there is says now. */
static void forget(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < asker.n; i++) {
		const struct record *r = &asker.told[i];

		if (r->state == GONE)
			asker.gone = *r;
		else if (r == last(r->id, asker.n))
			asker.told[n++] = *r;
	}
	asker.n = n;
	asker.before = n;
}

static void begin_check(struct req *req, __u16 flags)
{
	__u32 profile;

	req_init(req, asker.nl.family, VFIO_MIG_CMD_CHECK, flags);
	profile = req_put(req, VFIO_MIG_A_CHECK_PROFILE, NULL, 0);
	put_attrs(req, VFIO_MIG_A_OBJECT_ATTR, A);
	req_nest_end(req, profile);

	while (listen_ms(0))
		;
	forget();
	answers.n = 0;
}

/* Every now and then of one that is known to be gone. */
static void ask_one(unsigned int round)
{
	const struct record *target;
	struct req req;
	__u32 nest, id;
	int err;

	begin_check(&req, 0);
	target = &asker.told[round % asker.n];
	if (round % 8 == 0 && asker.gone.id)
		target = &asker.gone;
	id = target->id;
	nest = req_nest(&req, VFIO_MIG_A_CHECK_TARGET);
	req_put_u32(&req, VFIO_MIG_A_OBJECT_ID, id);
	req_nest_end(&req, nest);
	err = nl_transact(&asker.nl, &req, NULL, keep, NULL);
	if (err && err != -ENODEV) {
		asker.wrong = strerror(-err);
	} else if (!err) {
		if (answers.n != 1 || answers_of(id) != 1)
			asker.wrong = "it is of another device";
		take_all();
	} else if (target != &asker.gone) {
		while (last(id, asker.n)->state != GONE && !asker.wrong)
			if (!listen_ms(SOON_MS))
				asker.wrong = "it is there, and not found";
	}
}

/* Whoever was there all the time is answered for, and once. */
static void expect_complete(void)
{
	unsigned int i, n;

	while (listen_ms(0))
		;
	for (i = 0; i < asker.before && !asker.wrong; i++) {
		const struct record *now, *r = &asker.told[i];

		now = last(r->id, asker.n);
		n = answers_of(r->id);
		if (n > 1)
			asker.wrong = "a device is answered for twice";
		/* it may have gone before its turn, and that be told later */
		while (!n && now->state != GONE && !asker.wrong) {
			if (!listen_ms(SOON_MS))
				asker.wrong = "a device is left out";
			now = last(r->id, asker.n);
		}
	}
}

static void ask_all(void)
{
	struct dump dump = { .message = keep };
	struct req req;
	int err;

	begin_check(&req, NLM_F_DUMP);
	err = nl_dump_req(&asker.nl, &req, &dump, NULL);
	if (err) {
		asker.wrong = strerror(-err);
		return;
	}
	take_all();
	expect_complete();
}

/* What is known at first: joined before it is asked for. */
static int get_ready(void)
{
	static struct objs objs;
	unsigned int i;
	int err;

	memset(&asker, 0, sizeof(asker));
	err = nl_open(&asker.nl) ?: nl_open(&asker.mon) ?: nl_join(&asker.mon);
	err = err ?: nl_dump_all(&asker.nl, VFIO_MIG_CMD_DEV_GET, &objs);
	for (i = 0; !err && i < objs.n; i++)
		record(&objs.o[i]);
	asker.changes = 0;
	asker.dels = 0;
	return err;
}

/* Returns 0, or what is wrong. */
static int ask(bool by_dump)
{
	unsigned int round, state, rounds = by_dump ? DUMPS : DOS;

	if (get_ready()) {
		fprintf(stderr, "# an asker could not begin\n");
		return 2;
	}
	for (round = 0; round < rounds && !asker.wrong; round++) {
		if (by_dump)
			ask_all();
		else
			ask_one(round);
	}
	fprintf(stderr,
		"# %s: %u rounds, bare %u, A %u, B %u, VFs %u; %u changes, %u gone\n",
		by_dump ? "dump" : "do", round, asker.judged[BARE],
		asker.judged[A], asker.judged[B], asker.judged[OTHER],
		asker.changes, asker.dels);
	if (asker.wrong) {
		fprintf(stderr, "# %s: %s\n", by_dump ? "dump" : "do",
			asker.wrong);
		return 1;
	}
	/* otherwise nothing is proved */
	for (state = BARE; state < N_STATES; state++)
		if (!asker.judged[state])
			return 3;
	return asker.changes && asker.dels ? 0 : 3;
}

/* ------------------------------------------------------------------- churn */

static void flip(unsigned int seed)
{
	static const enum state states[] = { A, B, A, B, BARE };
	struct nl nl;

	if (nl_open(&nl))
		_exit(1);
	/* a device that is not there is no matter */
	for (;;)
		say(&nl, rand_r(&seed) % (KEPT + MORE / 4),
		    states[rand_r(&seed) % ARRAY_SIZE(states)]);
}

static void resize(unsigned int seed)
{
	char n[16];

	for (;;) {
		snprintf(n, sizeof(n), "%u", KEPT + rand_r(&seed) % MORE);
		file_write(n, DEVICES);
		sleep_ms(rand_r(&seed) % 8);
	}
}

static void rebind(unsigned int seed)
{
	struct bdfs bdfs;
	unsigned int i;

	if (bdfs_get(&bdfs) < 2)
		_exit(1);
	for (;;) {
		/* one stays, to be judged whatever happens */
		i = 1 + rand_r(&seed) % (bdfs.n - 1);
		bdf_unbind(bdfs.name[i]);
		sleep_ms(rand_r(&seed) % 8);
		bdf_bind(bdfs.name[i]);
		sleep_ms(rand_r(&seed) % 20);
	}
}

static void (*const churners[])(unsigned int seed) = {
	flip, flip, resize, rebind,
};

FIXTURE(churn) {
	struct bdfs bdfs;
};

FIXTURE_SETUP(churn)
{
	if (run("modprobe -q vfio_mig_sim"))
		SKIP(return, "needs vfio_mig_sim");
	if (bdfs_get(&self->bdfs) < 2)
		SKIP(return, "needs two PCI devices in " ENV_BDF);
	ASSERT_EQ(0, file_write("0", DEVICES));
	ASSERT_EQ(0, file_write("8", DEVICES));
}

FIXTURE_TEARDOWN_PARENT(churn)
{
	bdfs_restore(&self->bdfs);
	file_write("0", DEVICES);
}

TEST_F(churn, checks)
{
	/* not in the fixture, which children share */
	pid_t pids[ARRAY_SIZE(churners)], askers[2];
	int status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(churners); i++) {
		pids[i] = fork_tied();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			churners[i](i + 1);
	}
	for (i = 0; i < ARRAY_SIZE(askers); i++) {
		askers[i] = fork_tied();
		ASSERT_LE(0, askers[i]);
		if (!askers[i])
			_exit(ask(i));
	}
	for (i = 0; i < ARRAY_SIZE(askers); i++) {
		ASSERT_EQ(askers[i], waitpid(askers[i], &status, 0));
		EXPECT_TRUE(WIFEXITED(status));
		EXPECT_EQ(0, WEXITSTATUS(status));
	}
	for (i = 0; i < ARRAY_SIZE(churners); i++) {
		/* it has been at it to the end */
		EXPECT_EQ(0, waitpid(pids[i], &status, WNOHANG));
		kill(pids[i], SIGKILL);
		waitpid(pids[i], &status, 0);
	}
}

TEST_HARNESS_MAIN
