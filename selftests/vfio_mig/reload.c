// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module comes and goes: a dump half read holds it, a listener does not,
 * every time it is another instance, and nothing is left behind.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

#define NOBODY		65534
#define ROUNDS		100
#define SMALL		4096
#define QUIET_MS	300
#define MDEVS		10

/*
 * After so many rounds, and then again, all that is in use is counted. What
 * others do makes the number go up and down; a leak of one thing in a round
 * makes it go up each time.
 */
#define WINDOW		30
/* The largest thing we allocate does not come from a cache. */
#define DRAFT_KB	8

FIXTURE(reload) {
	struct bdfs bdfs;
	unsigned int mdevs;
	char path[256];
};

FIXTURE_SETUP(reload)
{
	struct nl nl;

	ASSERT_EQ(0, nl_open(&nl));
	nl_close(&nl);
	if (!mod_loaded("vfio_mig"))
		SKIP(return, "vfio_mig is not a module");
	ASSERT_EQ(0, mod_path(self->path, sizeof(self->path), "vfio_mig"));
	/* it holds the other */
	mod_remove("vfio_mig_sim");
	bdfs_get(&self->bdfs);
	mtty_clean();
	self->mdevs = mtty_fill(0, MDEVS);
}

FIXTURE_TEARDOWN_PARENT(reload)
{
	mtty_clean();
	if (!mod_loaded("vfio_mig"))
		mod_insert(self->path);
}

static struct objs objs;
static struct obj event;

/* A socket is closed at once, but what it held is given back a bit later. */
static int remove_soon(void)
{
	__u64 end = now_ms() + SOON_MS;
	int err;

	do {
		err = mod_remove("vfio_mig");
		if (err != -EAGAIN)
			break;
		sleep_ms(10);
	} while (now_ms() < end);
	return err;
}

static bool half_read(struct __test_metadata *_metadata, struct nl *nl)
{
	struct dump dump = { .bufsize = SMALL };
	char buf[SMALL];
	struct nl probe;

	EXPECT_EQ(0, nl_open(&probe));
	EXPECT_EQ(0, nl_dump(&probe, VFIO_MIG_CMD_DEV_GET, &dump, NULL));
	nl_close(&probe);
	if (dump.reads < 3)
		return false;

	EXPECT_EQ(0, nl_open(nl));
	EXPECT_EQ(0, nl_dump_begin(nl, VFIO_MIG_CMD_DEV_GET));
	EXPECT_LT(0, nl_recv(nl, buf, sizeof(buf), 0));
	return true;
}

/* The same without a read: also where all devices fit two messages. */
static bool unread(struct __test_metadata *_metadata, struct nl *nl)
{
	struct dump dump = { .bufsize = SMALL };
	struct nl probe;

	EXPECT_EQ(0, nl_open(&probe));
	EXPECT_EQ(0, nl_dump(&probe, VFIO_MIG_CMD_DEV_GET, &dump, NULL));
	nl_close(&probe);
	if (dump.reads < 2)
		return false;

	EXPECT_EQ(0, nl_open(nl));
	EXPECT_EQ(0, nl_dump_begin(nl, VFIO_MIG_CMD_DEV_GET));
	return true;
}

TEST_F(reload, half_read_dump_holds_the_module)
{
	struct status status;
	struct nl nl, other;
	bool half;

	half = half_read(_metadata, &nl);
	if (!half && !unread(_metadata, &nl))
		SKIP(return, "all devices fit one message");

	EXPECT_EQ(-EAGAIN, mod_remove("vfio_mig"));
	/* what was refused leaves it whole */
	ASSERT_EQ(0, nl_open(&other));
	EXPECT_EQ(0, nl_status(&other, &status));
	EXPECT_EQ(0, nl_dump_all(&other, VFIO_MIG_CMD_DEV_GET, &objs));
	EXPECT_EQ(status.devices, objs.n);
	sleep_ms(QUIET_MS);
	EXPECT_EQ(-EAGAIN, mod_remove("vfio_mig"));

	nl_close(&nl);
	EXPECT_EQ(0, remove_soon());
	EXPECT_FALSE(mod_loaded("vfio_mig"));
	ASSERT_EQ(0, mod_insert(self->path));
}

/* Read to its end, a dump holds nothing. */
TEST_F(reload, whole_dump_does_not)
{
	struct dump dump = { .bufsize = SMALL };
	struct nl nl;

	ASSERT_EQ(0, nl_open(&nl));
	ASSERT_EQ(0, nl_dump(&nl, VFIO_MIG_CMD_DEV_GET, &dump, &objs));
	EXPECT_EQ(0, mod_refs("vfio_mig"));
	EXPECT_EQ(0, mod_remove("vfio_mig"));
	ASSERT_EQ(0, mod_insert(self->path));
	nl_close(&nl);
}

/* A listener is told of every object that goes, and then of no more. */
TEST_F(reload, listener_does_not)
{
	struct status status, again;
	unsigned int n = 0;
	struct nl nl, mon;
	__u64 seq;

	ASSERT_EQ(0, nl_open(&nl));
	ASSERT_EQ(0, nl_open(&mon));
	ASSERT_EQ(0, nl_join(&mon));
	ASSERT_EQ(0, nl_status(&nl, &status));
	ASSERT_EQ(0, nl_dump_all(&nl, VFIO_MIG_CMD_DEV_GET, &objs));
	seq = status.seq;

	ASSERT_EQ(0, mod_remove("vfio_mig"));
	while (!nl_event(&mon, &event, QUIET_MS)) {
		EXPECT_EQ(++seq, event.seq);
		n++;
		if (obj_is_type(&event)) {
			EXPECT_EQ(VFIO_MIG_CMD_TYPE_DEL_NTF, event.cmd);
			continue;
		}
		EXPECT_EQ(VFIO_MIG_CMD_DEV_DEL_NTF, event.cmd);
		ASSERT_NE(NULL, objs_find(&objs, event.id));
		EXPECT_TRUE(obj_same_but_seq(objs_find(&objs, event.id),
					     &event));
	}
	EXPECT_EQ(status.devices + status.types, n);

	/* the family is gone, whoever knew its number */
	EXPECT_EQ(-ENOENT, nl_status(&nl, &again));

	ASSERT_EQ(0, mod_insert(self->path));
	ASSERT_EQ(0, nl_resolve(&nl));
	ASSERT_EQ(0, nl_status(&nl, &again));
	EXPECT_NE(status.instance, again.instance);
	EXPECT_EQ(status.devices, again.devices);
	EXPECT_EQ(status.types, again.types);
	/* it has counted from 1 */
	EXPECT_EQ(again.devices + again.types, again.seq);
	ASSERT_EQ(0, nl_dump_all(&nl, VFIO_MIG_CMD_DEV_GET, &objs));
	EXPECT_EQ(again.devices, objs.n);
	nl_close(&mon);
}

/* Objects in use, of the sizes that ours have. */
static long slab_objects(void)
{
	static const char *const caches[] = {
		"kmalloc-128", "kmalloc-192", "kmalloc-256", "kmalloc-512",
		"kmalloc-1k", "kmalloc-2k", "kmalloc-4k", "kmalloc-8k",
		"radix_tree_node",
	};
	char line[512], name[64];
	long active, sum = 0;
	FILE *file;
	size_t i;

	/* what is to be freed after a grace period may wait for 5 seconds */
	sleep_ms(6000);
	/* what is free but not given back counts as in use */
	run("for f in /sys/kernel/slab/*/shrink; do echo 1 >$f; done 2>&-");
	file = fopen("/proc/slabinfo", "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %ld", name, &active) != 2)
			continue;
		for (i = 0; i < ARRAY_SIZE(caches); i++)
			if (!strcmp(name, caches[i]))
				sum += active;
	}
	fclose(file);
	return sum;
}

/* How much grew in that window in which it grew least. */
struct least {
	long last;
	long least;
	unsigned int windows;
};

static void window(struct least *least, long now)
{
	long grown = now - least->last;

	least->last = now;
	if (least->windows++ == 0)
		return;
	if (least->windows == 2 || grown < least->least)
		least->least = grown;
}

TEST_F_TIMEOUT(reload, hundred_rounds, 500)
{
	__u64 instances[ROUNDS];
	struct least slabs = {}, pages = {};
	unsigned int i, j;
	long vfio;

	ASSERT_EQ(0, mod_remove("vfio_mig"));
	vfio = mod_refs("vfio");
	ASSERT_LE(0, vfio);

	for (i = 0; i < ROUNDS; i++) {
		struct nl nl, mon, dump;
		struct status status;
		bool held;

		ASSERT_EQ(0, mod_insert(self->path));
		ASSERT_EQ(0, nl_open(&nl));
		ASSERT_EQ(0, nl_open(&mon));
		ASSERT_EQ(0, nl_join(&mon));
		ASSERT_EQ(0, nl_status(&nl, &status));
		EXPECT_EQ(0, status.undescribed);
		EXPECT_EQ(status.devices + status.types, status.seq);
		instances[i] = status.instance;
		for (j = 0; j < i; j++)
			EXPECT_NE(instances[j], status.instance);

		held = unread(_metadata, &dump);
		if (held) {
			EXPECT_EQ(-EAGAIN, mod_remove("vfio_mig"));
			nl_close(&dump);
		}
		/* with the listener, and in every second round with events */
		if (i & 1 && self->bdfs.n) {
			EXPECT_EQ(0, bdf_unbind(self->bdfs.name[0]));
			EXPECT_EQ(0, bdf_bind(self->bdfs.name[0]));
		}
		ASSERT_EQ(0, remove_soon());
		EXPECT_FALSE(file_is("/sys/module/vfio_mig"));
		EXPECT_FALSE(file_is("/sys/devices/vfio_mig"));
		EXPECT_EQ(vfio, mod_refs("vfio"));
		nl_close(&mon);
		nl_close(&nl);
		if (_metadata->exit_code)
			break;

		if (i % WINDOW != ROUNDS % WINDOW - 1)
			continue;
		window(&slabs, slab_objects());
		window(&pages, allocated_bytes() / 1024);
		TH_LOG("round %u: %ld objects, %ld kB", i, slabs.last,
		       pages.last);
	}
	ASSERT_LT(2, slabs.windows);
	EXPECT_GT(WINDOW, slabs.least);
	EXPECT_GT(WINDOW * DRAFT_KB, pages.least);
	ASSERT_EQ(0, mod_insert(self->path));
}

/* The modules of devices do not care: they can go while ours is there. */
TEST_F(reload, driver_can_go)
{
	struct status before, status;
	struct nl nl;

	if (!self->mdevs)
		SKIP(return, "no mtty");

	ASSERT_EQ(0, nl_open(&nl));
	mtty_clean();
	ASSERT_EQ(0, nl_status(&nl, &before));
	EXPECT_EQ(0, before.types);
	/* with a device, whatever removes the driver removes the device */
	ASSERT_EQ(0, mtty_create(0, 1));
	ASSERT_EQ(0, run("rmmod mtty"));
	ASSERT_EQ(0, nl_status(&nl, &status));
	EXPECT_EQ(before.devices, status.devices);
	EXPECT_EQ(0, status.types);
	EXPECT_TRUE(mtty_there());
}

/* To ask for the family is enough to load it, for everybody. */
TEST_F(reload, loads_itself)
{
	int result;
	pid_t pid;

	ASSERT_EQ(0, mod_remove("vfio_mig"));
	ASSERT_FALSE(mod_loaded("vfio_mig"));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct status status;
		struct nl nl;

		if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
			_exit(1);
		if (nl_open(&nl))
			_exit(2);
		_exit(nl_status(&nl, &status) ? 3 : 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &result, 0));
	EXPECT_EQ(0, result);
	EXPECT_TRUE(mod_loaded("vfio_mig"));
}

TEST_HARNESS_MAIN
