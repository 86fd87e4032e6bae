// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dumps: complete, each object once, however they are read and whatever comes
 * and goes meanwhile, and marked where something came or went.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

/* Enough for several messages of a dump, if there are mdevs to be had. */
#define MDEVS		20
/* Those that are created and removed meanwhile. */
#define MDEVS_CHURNED	22
/* A buffer that makes the kernel keep its messages small. */
#define SMALL		4096
#define CHURN_MS	6000

FIXTURE(dump) {
	struct nl nl;
	struct bdfs bdfs;
	unsigned int mdevs;
};

FIXTURE_SETUP(dump)
{
	ASSERT_EQ(0, nl_open(&self->nl));
	bdfs_get(&self->bdfs);
	mtty_clean();
	self->mdevs = mtty_fill(0, MDEVS);
}

FIXTURE_TEARDOWN_PARENT(dump)
{
	mtty_clean();
	bdfs_restore(&self->bdfs);
}

static struct objs all, got;

/* Every id at most once. Returns how many there are. */
static unsigned int distinct(struct __test_metadata *_metadata,
			     const struct objs *objs)
{
	unsigned int i, j, n = 0;

	for (i = 0; i < objs->n; i++) {
		for (j = 0; j < i; j++)
			if (objs->o[i].id == objs->o[j].id)
				break;
		EXPECT_EQ(i, j) {
			TH_LOG("id %u stands in it twice", objs->o[i].id);
		}
		n += i == j;
	}
	return n;
}

/* All of @want, and nothing else. */
static void same(struct __test_metadata *_metadata, struct objs *want,
		 struct objs *objs)
{
	unsigned int i;

	EXPECT_EQ(want->n, objs->n);
	EXPECT_EQ(objs->n, distinct(_metadata, objs));
	for (i = 0; i < want->n; i++) {
		struct obj *obj = objs_find(objs, want->o[i].id);

		EXPECT_NE(NULL, obj) {
			TH_LOG("%s is not in it", want->o[i].name);
		}
		if (obj)
			EXPECT_TRUE(obj_same(&want->o[i], obj));
	}
}

static const __u8 cmds[] = { VFIO_MIG_CMD_DEV_GET, VFIO_MIG_CMD_TYPE_GET };

/* What a dump says is what the same questions, put one by one, are told. */
TEST_F(dump, equals_gets)
{
	struct status status;
	unsigned int i, j;
	struct obj obj;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		ASSERT_EQ(0, nl_dump_all(&self->nl, cmds[i], &all));
		distinct(_metadata, &all);
		for (j = 0; j < all.n; j++) {
			struct obj by_id = { .id = all.o[j].id };
			struct obj by_name = all.o[j];

			EXPECT_EQ(cmds[i], all.o[j].cmd);
			EXPECT_EQ(NLM_F_MULTI, all.o[j].flags);
			by_name.id = 0;
			EXPECT_EQ(0, nl_get(&self->nl, cmds[i], &by_id, &obj,
					    NULL));
			EXPECT_TRUE(obj_same(&all.o[j], &obj));
			EXPECT_EQ(0, nl_get(&self->nl, cmds[i], &by_name, &obj,
					    NULL));
			EXPECT_TRUE(obj_same(&all.o[j], &obj));
		}
		ASSERT_EQ(0, nl_status(&self->nl, &status));
		EXPECT_EQ(all.n, i ? status.types : status.devices);
	}
}

/* Not one device more or less than the kernel's own list of them has. */
TEST_F(dump, has_every_device)
{
	struct bdfs bdfs = self->bdfs;
	char uuid[64];
	unsigned int i;

	if (!bdfs.n && !self->mdevs)
		SKIP(return, "no VFIO device");

	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_DEV_GET, &all));
	for (i = 0; i < bdfs.n; i++)
		EXPECT_NE(NULL, objs_find_name(&all, bdfs.name[i]));
	for (i = 0; i < self->mdevs; i++) {
		mtty_uuid(uuid, sizeof(uuid), i);
		EXPECT_NE(NULL, objs_find_name(&all, uuid));
	}
	EXPECT_EQ(0, run("test $(ls /sys/class/vfio-dev | wc -l) = %u", all.n));
}

/* In order of the ids, which is that in which the objects came. */
TEST_F(dump, is_in_order)
{
	unsigned int i;

	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_DEV_GET, &all));
	for (i = 1; i < all.n; i++)
		EXPECT_LT(all.o[i - 1].id, all.o[i].id);
}

/* Whoever reads with too small a buffer is told so, all others get it all. */
TEST_F(dump, any_buffer)
{
	static const size_t sizes[] = {
		64, 512, 1024, 2048, 3000, 3776, 4096, 5000, 6144, 8192, 10000,
		12288, 16384, 20000, 32768, 65536, 131072, 0,
	};
	struct dump dump = {};
	unsigned int i, j;
	struct nl nl;
	int err;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		ASSERT_EQ(0, nl_dump_all(&self->nl, cmds[i], &all));
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			dump.bufsize = sizes[j];
			/* what an earlier read has taken counts, too */
			ASSERT_EQ(0, nl_open(&nl));
			err = nl_dump(&nl, cmds[i], &dump, &got);
			if (dump.truncated) {
				EXPECT_LT(sizes[j], SMALL);
				EXPECT_EQ(-EMSGSIZE, err);
			} else {
				EXPECT_EQ(0, err);
				EXPECT_TRUE(dump.done);
				EXPECT_EQ(0, dump.ack.err);
				EXPECT_FALSE(dump.intr);
				same(_metadata, &all, &got);
			}
			nl_close(&nl);
		}
	}
}

static void grow(struct dump *dump)
{
	dump->bufsize = SMALL << dump->reads;
}

TEST_F(dump, growing_buffer)
{
	struct dump dump = { .between = grow };

	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_DEV_GET, &all));
	ASSERT_EQ(0, nl_dump(&self->nl, VFIO_MIG_CMD_DEV_GET, &dump, &got));
	EXPECT_FALSE(dump.intr);
	same(_metadata, &all, &got);
}

/* One socket, one dump after the other, and gets in between. */
TEST_F(dump, again_and_again)
{
	struct dump dump = { .bufsize = SMALL };
	struct obj obj;
	int i;

	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_DEV_GET, &all));
	if (!all.n)
		SKIP(return, "no VFIO device");

	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, nl_dump(&self->nl, VFIO_MIG_CMD_DEV_GET, &dump,
				     &got));
		ASSERT_FALSE(dump.intr);
		same(_metadata, &all, &got);
		ASSERT_EQ(0, nl_get(&self->nl, VFIO_MIG_CMD_DEV_GET, &all.o[0],
				    &obj, NULL));
	}
}

/* Nothing happens in any of many slow dumps, and so none bears the mark. */
static void slowly(struct dump *dump)
{
	sleep_ms(20);
}

TEST_F(dump, unmarked_when_nothing_happens)
{
	struct dump dump = { .bufsize = SMALL, .between = slowly };
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, nl_dump(&self->nl, VFIO_MIG_CMD_DEV_GET, &dump,
				     &got));
		EXPECT_FALSE(dump.intr);
	}
}

/* What is done between the first message of a dump and the second. */
struct disturb {
	char bdf[BDF_SIZE];
	bool unbind;
	bool bind;
	int err;
};

static void disturb(struct dump *dump)
{
	struct disturb *what = dump->arg;

	/* the second message is filled when the first is read */
	if (dump->reads)
		return;
	if (what->unbind)
		what->err = bdf_unbind(what->bdf);
	if (what->bind && !what->err)
		what->err = bdf_bind(what->bdf);
}

FIXTURE(mark) {
	struct nl nl;
	struct bdfs bdfs;
};

FIXTURE_VARIANT(mark) {
	bool unbind;
	bool bind;
	/* is it the last of the devices, or the first? */
	bool last;
};

FIXTURE_VARIANT_ADD(mark, del_of_first) {
	.unbind = true,
};

FIXTURE_VARIANT_ADD(mark, del_of_last) {
	.unbind = true,
	.last = true,
};

FIXTURE_VARIANT_ADD(mark, add) {
	.bind = true,
};

FIXTURE_VARIANT_ADD(mark, del_and_add_of_first) {
	.unbind = true,
	.bind = true,
};

FIXTURE_VARIANT_ADD(mark, del_and_add_of_last) {
	.unbind = true,
	.bind = true,
	.last = true,
};

FIXTURE_SETUP(mark)
{
	struct dump dump = { .bufsize = SMALL };

	ASSERT_EQ(0, nl_open(&self->nl));
	if (bdfs_get(&self->bdfs) < 2)
		SKIP(return, "needs two PCI devices in " ENV_BDF);
	mtty_clean();
	mtty_fill(0, MDEVS);
	/* also when one is away */
	ASSERT_EQ(0, bdf_unbind(self->bdfs.name[0]));
	ASSERT_EQ(0, nl_dump(&self->nl, VFIO_MIG_CMD_DEV_GET, &dump, &got));
	ASSERT_EQ(0, bdf_bind(self->bdfs.name[0]));
	if (dump.reads < 2) {
		mtty_clean();
		SKIP(return, "all devices fit one message");
	}
}

FIXTURE_TEARDOWN_PARENT(mark)
{
	mtty_clean();
	bdfs_restore(&self->bdfs);
}

/* The mark, and every device that stays exactly once. */
TEST_F(mark, is_set)
{
	struct disturb what = {
		.unbind = variant->unbind,
		.bind = variant->bind,
	};
	struct dump dump = {
		.bufsize = SMALL,
		.between = disturb,
		.arg = &what,
	};
	struct obj *obj = NULL;
	unsigned int i, n = 0;

	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_DEV_GET, &all));
	for (i = 0; i < all.n && !(obj && !variant->last); i++)
		for (n = 0; n < self->bdfs.n; n++)
			if (!strcmp(all.o[i].name, self->bdfs.name[n]))
				obj = &all.o[i];
	ASSERT_NE(NULL, obj);
	memcpy(what.bdf, obj->name, sizeof(what.bdf));
	if (!variant->unbind)
		ASSERT_EQ(0, bdf_unbind(what.bdf));
	objs_del(&all, obj);

	ASSERT_EQ(0, nl_dump(&self->nl, VFIO_MIG_CMD_DEV_GET, &dump, &got));
	EXPECT_EQ(0, what.err);
	EXPECT_TRUE(dump.intr);
	EXPECT_EQ(got.n, distinct(_metadata, &got));
	for (i = 0; i < all.n; i++) {
		obj = objs_find(&got, all.o[i].id);
		ASSERT_NE(NULL, obj);
		EXPECT_TRUE(obj_same(obj, &all.o[i]));
		objs_del(&got, obj);
	}
	/* what is left is what came or went, before and after */
	for (i = 0; i < got.n; i++)
		EXPECT_STREQ(what.bdf, got.o[i].name);
	EXPECT_LE(got.n, 2);
	if (variant->bind) {
		struct obj now;

		/* what came was there before the dump had come to its end */
		ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET,
					   "pci", NULL, what.bdf, &now));
		EXPECT_NE(NULL, objs_find(&got, now.id));
	}

	/* the next one is whole again */
	dump.between = NULL;
	ASSERT_EQ(0, nl_dump(&self->nl, VFIO_MIG_CMD_DEV_GET, &dump, &got));
	EXPECT_FALSE(dump.intr);
}

/* Takes devices away and gives them back until it is killed. */
static pid_t churn(const struct bdfs *bdfs, bool mdevs)
{
	pid_t pid = fork();
	unsigned int i;

	if (pid)
		return pid;

	for (i = 0; ; i = !i) {
		if (bdfs->n && !bdf_unbind(bdfs->name[0]))
			bdf_bind(bdfs->name[0]);
		if (mdevs && !mtty_create(MDEVS_CHURNED + i, 1))
			mtty_remove(MDEVS_CHURNED + i);
	}
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Whatever comes and goes: what stays stands in every dump exactly once. */
TEST_F(dump, while_devices_come_and_go)
{
	static const size_t sizes[] = { SMALL, 8192, 65536, 0 };
	unsigned int i, n, dumps = 0, marked = 0;
	struct dump dump = {};
	__u64 end;
	pid_t pid, reader;

	if (!self->bdfs.n && !self->mdevs)
		SKIP(return, "no device to take away and give back");

	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_DEV_GET, &all));
	if (self->bdfs.n) {
		struct obj *gone = objs_find_name(&all, self->bdfs.name[0]);

		ASSERT_NE(NULL, gone);
		objs_del(&all, gone);
	}

	pid = churn(&self->bdfs, self->mdevs);
	ASSERT_LT(0, pid);
	/* a second reader, for whom nothing is checked but that he goes on */
	reader = fork();
	ASSERT_LE(0, reader);
	if (!reader) {
		struct nl nl;

		if (nl_open(&nl))
			_exit(1);
		dump.bufsize = SMALL;
		while (!nl_dump(&nl, VFIO_MIG_CMD_DEV_GET, &dump, NULL))
			;
		_exit(1);
	}

	end = now_ms() + share_of(CHURN_MS);
	for (n = 0; now_ms() < end; n++) {
		struct status before, after;
		struct nl nl;

		ASSERT_EQ(0, nl_open(&nl));
		dump.bufsize = sizes[n % ARRAY_SIZE(sizes)];
		EXPECT_EQ(0, nl_status(&self->nl, &before));
		EXPECT_EQ(0, nl_dump(&nl, VFIO_MIG_CMD_DEV_GET, &dump, &got));
		EXPECT_EQ(0, nl_status(&self->nl, &after));
		nl_close(&nl);
		EXPECT_EQ(got.n, distinct(_metadata, &got));
		for (i = 0; i < all.n; i++) {
			struct obj *obj = objs_find(&got, all.o[i].id);

			EXPECT_NE(NULL, obj);
			if (obj)
				EXPECT_TRUE(obj_same(obj, &all.o[i]));
		}
		if (before.seq == after.seq)
			EXPECT_FALSE(dump.intr);
		dumps++;
		marked += dump.intr;
		if (_metadata->exit_code)
			break;
	}
	EXPECT_EQ(0, waitpid(reader, NULL, WNOHANG));
	stop(reader);
	stop(pid);
	TH_LOG("%u dumps, %u of them marked", dumps, marked);
	EXPECT_LT(0, dumps);
}

TEST_HARNESS_MAIN
