// SPDX-License-Identifier: GPL-2.0-only
/*
 * No memory for a device's profile: the device is counted, not forgotten, and
 * is there as soon as there is memory again. No memory for an event: who
 * listens is told that he has lost it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

#define PARAMS		"/sys/module/vfio_mig_nomem/parameters"
#define ALWAYS		"1000000000"
#define QUIET_MS	300

FIXTURE(nomem) {
	struct nl nl;
	struct nl mon;
	struct bdfs bdfs;
	struct status begin;
};

static struct objs objs, held;
static struct obj event;

FIXTURE_SETUP(nomem)
{
	ASSERT_EQ(0, nl_open(&self->nl));
	if (run("modprobe -q vfio_mig_nomem 2>/dev/null"))
		SKIP(return, "no module vfio_mig_nomem, or no kprobes");
	ASSERT_EQ(0, file_write("0", PARAMS "/fail"));
	ASSERT_EQ(0, file_write("0", PARAMS "/failed"));
	mtty_clean();
	bdfs_get(&self->bdfs);
	ASSERT_EQ(0, nl_open(&self->mon));
	ASSERT_EQ(0, nl_join(&self->mon));
	ASSERT_EQ(0, nl_status(&self->nl, &self->begin));
	ASSERT_EQ(0, self->begin.undescribed);
}

FIXTURE_TEARDOWN_PARENT(nomem)
{
	file_write("0", PARAMS "/fail");
	mtty_clean();
	bdfs_restore(&self->bdfs);
	mod_remove("vfio_mig_nomem");
	run("ip netns del nomem 2>/dev/null");
}

static unsigned int fails(void)
{
	__u64 value = 0;

	file_num(&value, PARAMS "/failed");
	return value;
}

static void is_counted(struct __test_metadata *_metadata, struct nl *nl,
		       unsigned int undescribed, unsigned int devices)
{
	struct status status;

	ASSERT_EQ(0, nl_status(nl, &status));
	EXPECT_EQ(undescribed, status.undescribed);
	EXPECT_EQ(devices, status.devices);
	ASSERT_EQ(0, nl_dump_all(nl, VFIO_MIG_CMD_DEV_GET, &objs));
	EXPECT_EQ(devices, objs.n);
}

static void drain(struct nl *mon)
{
	while (!nl_event(mon, &event, QUIET_MS))
		;
}

TEST_F(nomem, is_counted_and_comes_back)
{
	const char *bdf;
	__u64 seq = self->begin.seq;
	unsigned int n = self->begin.devices, failed;

	if (!self->bdfs.n)
		SKIP(return, "needs a PCI device in " ENV_BDF);
	bdf = self->bdfs.name[0];

	ASSERT_EQ(0, bdf_unbind(bdf));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(++seq, event.seq);
	ASSERT_EQ(0, file_write(ALWAYS, PARAMS "/fail"));
	/* the driver does not care */
	ASSERT_EQ(0, bdf_bind(bdf));
	EXPECT_EQ(1, fails());
	is_counted(_metadata, &self->nl, 1, n - 1);
	EXPECT_EQ(-ENODEV, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET,
					 "pci", NULL, bdf, NULL));

	/* it is tried again, with no better luck, and without a word */
	EXPECT_EQ(-EAGAIN, nl_event(&self->mon, &event, 3500));
	failed = fails();
	EXPECT_LE(3, failed);
	/* but not all the time */
	EXPECT_GE(20, failed);
	is_counted(_metadata, &self->nl, 1, n - 1);

	ASSERT_EQ(0, file_write("0", PARAMS "/fail"));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_ADD_NTF, event.cmd);
	EXPECT_STREQ(bdf, event.name);
	EXPECT_EQ(++seq, event.seq);
	is_counted(_metadata, &self->nl, 0, n);
	EXPECT_EQ(-EAGAIN, nl_event(&self->mon, &event, 1500));
}

TEST_F(nomem, gone_before_it_came)
{
	unsigned int i, n = self->begin.devices, failed;
	struct status status;
	const char *bdf;

	if (!self->bdfs.n)
		SKIP(return, "needs a PCI device in " ENV_BDF);
	bdf = self->bdfs.name[0];

	ASSERT_EQ(0, bdf_unbind(bdf));
	ASSERT_EQ(0, file_write(ALWAYS, PARAMS "/fail"));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, bdf_bind(bdf));
		is_counted(_metadata, &self->nl, 1, n - 1);
		/* before, and after it was tried again */
		sleep_ms(i * 600);
		ASSERT_EQ(0, bdf_unbind(bdf));
		is_counted(_metadata, &self->nl, 0, n - 1);
	}
	/* of what never came nothing is told, neither that it went */
	ASSERT_EQ(0, nl_status(&self->nl, &status));
	EXPECT_EQ(self->begin.seq + 1, status.seq);

	/* and nobody goes on trying */
	sleep_ms(1500);
	failed = fails();
	sleep_ms(2500);
	EXPECT_EQ(failed, fails());

	ASSERT_EQ(0, file_write("0", PARAMS "/fail"));
	ASSERT_EQ(0, bdf_bind(bdf));
	is_counted(_metadata, &self->nl, 0, n);
}

TEST_F(nomem, several)
{
	unsigned int i, n = self->begin.devices, m = self->bdfs.n;
	__u64 seq = self->begin.seq;

	if (m < 2)
		SKIP(return, "needs two PCI devices in " ENV_BDF);

	for (i = 0; i < m; i++)
		ASSERT_EQ(0, bdf_unbind(self->bdfs.name[i]));
	ASSERT_EQ(0, file_write(ALWAYS, PARAMS "/fail"));
	for (i = 0; i < m; i++) {
		ASSERT_EQ(0, bdf_bind(self->bdfs.name[i]));
		is_counted(_metadata, &self->nl, i + 1, n - m);
	}

	/* one is gone, one comes where there is memory, the others wait */
	ASSERT_EQ(0, bdf_unbind(self->bdfs.name[0]));
	is_counted(_metadata, &self->nl, m - 1, n - m);
	ASSERT_EQ(0, file_write("0", PARAMS "/fail"));
	ASSERT_EQ(0, bdf_bind(self->bdfs.name[0]));

	for (i = 0; i < 2 * m; i++) {
		ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
		EXPECT_EQ(i < m ? VFIO_MIG_CMD_DEV_DEL_NTF :
			  VFIO_MIG_CMD_DEV_ADD_NTF, event.cmd);
		EXPECT_EQ(++seq, event.seq);
	}
	is_counted(_metadata, &self->nl, 0, n);
}

/* The module can go while it still waits for memory. */
TEST_F(nomem, module_goes_meanwhile)
{
	char path[256];
	const char *bdf;

	if (!self->bdfs.n)
		SKIP(return, "needs a PCI device in " ENV_BDF);
	if (!mod_loaded("vfio_mig"))
		SKIP(return, "vfio_mig is not a module");
	ASSERT_EQ(0, mod_path(path, sizeof(path), "vfio_mig"));
	bdf = self->bdfs.name[0];

	ASSERT_EQ(0, bdf_unbind(bdf));
	ASSERT_EQ(0, file_write(ALWAYS, PARAMS "/fail"));
	ASSERT_EQ(0, bdf_bind(bdf));
	is_counted(_metadata, &self->nl, 1, self->begin.devices - 1);
	mod_remove("vfio_mig_sim");
	ASSERT_EQ(0, mod_remove("vfio_mig"));
	sleep_ms(1500);

	/* what it comes back to is all there */
	ASSERT_EQ(0, file_write("0", PARAMS "/fail"));
	ASSERT_EQ(0, mod_insert(path));
	ASSERT_EQ(0, nl_resolve(&self->nl));
	is_counted(_metadata, &self->nl, 0, self->begin.devices);
}

/*
 * A parent's first device needs memory for each type and for itself. Wherever
 * it fails, nothing is left half done, and who listens knows all there is.
 */
TEST_F(nomem, types)
{
	unsigned int round;

	if (!mtty_there())
		SKIP(return, "no mtty: no types");

	for (round = 1; round <= 5; round++) {
		__u64 seq = 0, end = now_ms() + SOON_MS;
		struct status status;
		char fail[16];
		int err;

		snprintf(fail, sizeof(fail), "%u", round);
		held.n = 0;
		drain(&self->mon);
		ASSERT_EQ(0, file_write(fail, PARAMS "/fail"));
		ASSERT_EQ(0, mtty_create(0, 1));
		is_counted(_metadata, &self->nl, 1, self->begin.devices);
		do {
			ASSERT_EQ(0, nl_status(&self->nl, &status));
			sleep_ms(100);
		} while (status.undescribed && now_ms() < end);
		is_counted(_metadata, &self->nl, 0, self->begin.devices + 1);
		EXPECT_EQ(2, status.types);

		while (!(err = nl_event(&self->mon, &event, QUIET_MS))) {
			if (seq)
				EXPECT_EQ(seq + 1, event.seq);
			seq = event.seq;
			EXPECT_TRUE(objs_apply(&held, &event));
		}
		EXPECT_EQ(-EAGAIN, err);
		EXPECT_EQ(3, held.n);
		ASSERT_EQ(0, mtty_remove(0));
		ASSERT_EQ(0, nl_status(&self->nl, &status));
		EXPECT_EQ(0, status.types);
		EXPECT_EQ(0, status.undescribed);
	}
}

/* How many more can be created, as sysfs and as the family has it. */
static int get_available(struct nl *nl, __u64 *want, __u64 *got)
{
	struct obj type;
	int err;

	err = file_num(want, MTTY "/mdev_supported_types/mtty-1/%s",
		       "available_instances");
	if (!err)
		err = nl_get_handle(nl, VFIO_MIG_CMD_TYPE_GET, "mdev", "mtty",
				    "mtty-1", &type);
	if (!err)
		*got = type.available;
	return err;
}

/* A type whose news there was no memory for is told of later. */
TEST_F(nomem, available_follows_later)
{
	__u64 end, want, got;

	if (!mtty_there())
		SKIP(return, "no mtty: no types");

	ASSERT_EQ(0, mtty_create(0, 1));
	/* of the type, but not of the device */
	ASSERT_EQ(0, file_write("1", PARAMS "/fail"));
	ASSERT_EQ(0, mtty_create(1, 1));
	EXPECT_EQ(1, fails());
	end = now_ms() + SOON_MS;
	do {
		ASSERT_EQ(0, get_available(&self->nl, &want, &got));
		sleep_ms(10);
	} while (got != want && now_ms() < end);
	EXPECT_EQ(want, got);

	/* the same when it goes */
	ASSERT_EQ(0, file_write("3", PARAMS "/fail"));
	ASSERT_EQ(0, mtty_remove(1));
	end = now_ms() + SOON_MS;
	do {
		ASSERT_EQ(0, get_available(&self->nl, &want, &got));
		sleep_ms(10);
	} while ((got != want || fails() < 4) && now_ms() < end);
	EXPECT_EQ(want, got);
	EXPECT_EQ(4, fails());
}

/* An event is lost, and that is told. */
static void loses(struct __test_metadata *_metadata, struct nl *mon)
{
	EXPECT_EQ(-ENOBUFS, nl_event(mon, &event, SOON_MS));
	/* that is not told twice, and nothing else is lost */
	EXPECT_EQ(-EAGAIN, nl_event(mon, &event, QUIET_MS));
}

/* The first of two events is lost. */
TEST_F_TIMEOUT(nomem, event, 60)
{
	const char *bdf = self->bdfs.name[0];
	struct status status;

	if (!self->bdfs.n)
		SKIP(return, "no VFIO device that can be bound");
	drain(&self->mon);
	ASSERT_EQ(0, nl_status(&self->nl, &status));
	ASSERT_EQ(0, file_write("1", PARAMS "/fail_events"));
	ASSERT_EQ(0, bdf_unbind(bdf));
	loses(_metadata, &self->mon);
	ASSERT_EQ(0, bdf_bind(bdf));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_ADD_NTF, event.cmd);
	EXPECT_EQ(status.seq + 2, event.seq);
}

/* So it is for who listens to all namespaces from the initial one. */
TEST_F_TIMEOUT(nomem, event_elsewhere, 60)
{
	const char *bdf = self->bdfs.name[0];
	struct nl all;
	int on = 1;

	if (!self->bdfs.n)
		SKIP(return, "no VFIO device that can be bound");
	if (run("type vfiomig ip >/dev/null"))
		SKIP(return, "no vfiomig, or no ip in the PATH");
	ASSERT_EQ(0, run("ip netns add nomem && ip netns set nomem auto"));
	ASSERT_EQ(0, run("vfiomig dev set pci/%s netns nomem", bdf));
	ASSERT_EQ(0, nl_open(&all));
	ASSERT_EQ(0, setsockopt(all.fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID,
				&on, sizeof(on)));
	ASSERT_EQ(0, nl_join(&all));
	ASSERT_EQ(0, file_write("1", PARAMS "/fail_events"));
	EXPECT_EQ(0, run("vfiomig -n nomem dev attr set pci/%s lost 1", bdf));
	loses(_metadata, &all);
	EXPECT_EQ(0, run("vfiomig -n nomem dev attr set pci/%s heard 1", bdf));
	ASSERT_EQ(0, nl_event(&all, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_CHANGE_NTF, event.cmd);
	EXPECT_EQ(3, event.seq);
	EXPECT_EQ(0, run("vfiomig -n nomem dev set pci/%s netns 1", bdf));
	EXPECT_EQ(0, run("ip netns del nomem"));
}

TEST_HARNESS_MAIN
