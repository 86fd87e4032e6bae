// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an administrator says of a driver's devices and types, or of all: which
 * of it holds where, from the first event on, and who may say it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"

#include "attr.h"
#include "env.h"
#include "nl.h"

#define SIM		"vfio_mig_sim"
#define DEVICES		"/sys/module/" SIM "/parameters/devices"
#define PARENTS		"/sys/module/" SIM "/parameters/parents"
#define TYPE		"/sys/class/mdev_bus/" SIM ".0/mdev_supported_types/" \
			SIM "-gpu-8"
#define UUID		"51130000-0000-4000-8000-00000000aa%02x"
#define VFIO_PCI	"vfio-pci"
#define ROUNDS		20
#define BARE		50
#define MDEVS		4
/* values in one scope, or at a device */
#define QUOTA		16

static struct objs objs;
static struct objs events;

FIXTURE(policy) {
	struct nl nl;
	struct nl mon;
	/* in another namespace */
	struct nl other;
	int home;
	int away;
	struct bdfs bdfs;
	struct req req;
	struct obj dev;
};

#define SAY(driver) \
	req_init_policy(&self->req, self->nl.family, VFIO_MIG_CMD_ATTR_SET, \
			driver)
#define TAKE_BACK(driver, what) do { \
	req_init_policy(&self->req, self->nl.family, VFIO_MIG_CMD_ATTR_DEL, \
			driver); \
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, what); \
} while (0)
#define ACK()	nl_ack(&self->nl, &self->req, NULL)

static int say_nothing(struct nl *nl)
{
	struct req req;
	unsigned int i;
	int err;

	err = nl_dump_all(nl, VFIO_MIG_CMD_POLICY_GET, &objs);
	for (i = 0; !err && i < objs.n; i++) {
		req_init_policy(&req, nl->family, VFIO_MIG_CMD_ATTR_SET,
				objs.o[i].name[0] ? objs.o[i].name : NULL);
		req_put(&req, VFIO_MIG_A_CHANGE_REPLACE, NULL, 0);
		err = nl_ack(nl, &req, NULL);
	}
	return err;
}

/* When a request has been answered, its events are there. */
static void skip(struct nl *mon)
{
	struct obj obj;

	while (!nl_event(mon, &obj, 0))
		;
}

FIXTURE_SETUP(policy)
{
	if (run("modprobe -q " SIM))
		SKIP(return, "needs " SIM);
	self->other.fd = -1;
	self->away = -1;
	ASSERT_EQ(0, file_write("0", DEVICES));
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_open(&self->mon));
	bdfs_get(&self->bdfs);
	ASSERT_EQ(0, say_nothing(&self->nl));
	ASSERT_EQ(0, file_write("1", PARENTS));
	ASSERT_EQ(0, file_write("2", DEVICES));
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "sim", NULL,
				   "sim0", &self->dev));
	ASSERT_EQ(0, nl_join(&self->mon));
	skip(&self->mon);
}

FIXTURE_TEARDOWN_PARENT(policy)
{
	struct nl nl;

	bdfs_restore(&self->bdfs);
	if (!nl_open(&nl)) {
		say_nothing(&nl);
		nl_close(&nl);
	}
	file_write("0", DEVICES);
	file_write("0", PARENTS);
}

/* All that has been told, in one row of numbers. */
static void told(struct __test_metadata *_metadata, struct nl *mon)
{
	events.n = 0;
	while (!nl_event(mon, &events.o[events.n], 0)) {
		if (events.n)
			EXPECT_EQ(events.o[events.n - 1].seq + 1,
				  events.o[events.n].seq);
		ASSERT_GT(OBJS_MAX - 1, ++events.n);
	}
}

#define TOLD(mon) told(_metadata, mon)

static struct obj *event_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < events.n; i++)
		if (!strcmp(events.o[i].name, name))
			return &events.o[i];
	return NULL;
}

/* The device of that name, as it is now. */
static struct obj *at(struct __test_metadata *_metadata, struct nl *nl,
		      const char *name)
{
	static struct obj got;
	struct obj *obj;

	ASSERT_EQ(0, nl_dump_all(nl, VFIO_MIG_CMD_DEV_GET, &objs));
	obj = objs_find_name(&objs, name);
	ASSERT_NE(NULL, obj) {
		TH_LOG("no %s", name);
	}
	got = *obj;
	return &got;
}

#define AT(nl, name) at(_metadata, nl, name)

static __u64 value_of(const struct obj *obj, const char *name)
{
	const struct nlattr *nla = obj_value(obj, name, VFIO_MIG_A_ATTR_U64);
	__u64 value = ~0ULL;

	if (nla)
		memcpy(&value, attr_data(nla), sizeof(value));
	return value;
}

static __u32 scope_of(const struct obj *obj, const char *name)
{
	return number(obj, name, VFIO_MIG_A_ATTR_SCOPE);
}

/* Why it is left out, 0 if it is not. */
static __u32 left_out(const struct obj *obj, const char *name, __u32 scope)
{
	const struct nlattr *nla = NULL, *member;
	__u32 found, reason;

	while ((nla = attr_next(nla, obj->wire, obj->len))) {
		if (attr_type(nla) != VFIO_MIG_A_OBJECT_LEFT_OUT)
			continue;
		member = attr_member(nla, VFIO_MIG_A_LEFT_OUT_NAME);
		if (!member || strcmp(attr_data(member), name))
			continue;
		member = attr_member(nla, VFIO_MIG_A_LEFT_OUT_SCOPE);
		memcpy(&found, attr_data(member), sizeof(found));
		member = attr_member(nla, VFIO_MIG_A_LEFT_OUT_REASON);
		memcpy(&reason, attr_data(member), sizeof(reason));
		if (found == scope)
			return reason;
	}
	return 0;
}

static unsigned int count(const struct obj *obj, __u16 type)
{
	const struct nlattr *nla = NULL;
	unsigned int n = 0;

	while ((nla = attr_next(nla, obj->wire, obj->len)))
		n += attr_type(nla) == type;
	return n;
}

/* The nearer scope wins, and each says which it is. */
TEST_F(policy, scopes)
{
	struct status status;
	struct obj *obj;
	unsigned int i;

	SAY(NULL);
	put_u64(&self->req, "color", 3);
	put_u64(&self->req, "size", 3);
	ASSERT_EQ(0, ACK());
	TOLD(&self->mon);
	/* the policy first, then everything, once */
	ASSERT_EQ(0, nl_status(&self->nl, &status));
	ASSERT_EQ(1 + status.devices + status.types, events.n);
	EXPECT_EQ(VFIO_MIG_CMD_POLICY_NTF, events.o[0].cmd);
	EXPECT_EQ(VFIO_MIG_SCOPE_ALL, events.o[0].id);
	EXPECT_EQ(3, value_of(&events.o[0], "color"));
	for (i = 1; i < events.n; i++) {
		obj = &events.o[i];
		EXPECT_EQ(obj_is_type(obj) ? VFIO_MIG_CMD_TYPE_CHANGE_NTF :
			  VFIO_MIG_CMD_DEV_CHANGE_NTF, obj->cmd);
		EXPECT_EQ(3, value_of(obj, "color"));
		EXPECT_EQ(VFIO_MIG_SCOPE_ALL, scope_of(obj, "color"));
		EXPECT_EQ(VFIO_MIG_ORIGIN_ADMIN,
			  number(obj, "color", VFIO_MIG_A_ATTR_ORIGIN));
	}
	/* it does, and says, the same */
	ASSERT_EQ(0, ACK());
	TOLD(&self->mon);
	EXPECT_EQ(0, events.n);

	if (!self->bdfs.n)
		SKIP(return, "needs a PCI device in " ENV_BDF);
	SAY(VFIO_PCI);
	put_u64(&self->req, "color", 2);
	ASSERT_EQ(0, ACK());
	TOLD(&self->mon);
	ASSERT_EQ(1 + self->bdfs.n, events.n);
	EXPECT_EQ(VFIO_MIG_SCOPE_DRIVER, events.o[0].id);
	EXPECT_STREQ(VFIO_PCI, events.o[0].name);
	obj = event_of(self->bdfs.name[0]);
	ASSERT_NE(NULL, obj);
	EXPECT_EQ(2, value_of(obj, "color"));
	EXPECT_EQ(VFIO_MIG_SCOPE_DRIVER, scope_of(obj, "color"));
	EXPECT_EQ(VFIO_MIG_SCOPE_ALL, scope_of(obj, "size"));

	self->dev = *obj;
	SET();
	put_u64(&self->req, "color", 1);
	CHANGES();
	EXPECT_EQ(1, value_of(&self->dev, "color"));
	EXPECT_EQ(VFIO_MIG_SCOPE_DEVICE, scope_of(&self->dev, "color"));
	/* what is farther changes unseen */
	SAY(VFIO_PCI);
	put_u64(&self->req, "color", 4);
	ASSERT_EQ(0, ACK());
	TOLD(&self->mon);
	EXPECT_EQ(self->bdfs.n, events.n);
	EXPECT_EQ(NULL, event_of(self->bdfs.name[0]));

	DEL();
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "color");
	CHANGES();
	EXPECT_EQ(4, value_of(&self->dev, "color"));
	TAKE_BACK(VFIO_PCI, "color");
	ASSERT_EQ(0, ACK());
	TOLD(&self->mon);
	EXPECT_EQ(0, count(&events.o[0], VFIO_MIG_A_OBJECT_ATTR));
	obj = event_of(self->bdfs.name[0]);
	ASSERT_NE(NULL, obj);
	EXPECT_EQ(3, value_of(obj, "color"));
	EXPECT_EQ(-ENOENT, ACK());
	/* not of the device's own */
	self->dev = *obj;
	DEL();
	EXPECT_EQ(3, value_of(AT(&self->nl, "sim1"), "color"));
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "color");
	EXPECT_EQ(-ENOENT, ACK());
}

static void put_list(struct req *req, const char *name, const char *value)
{
	__u32 nest = named(req, name), list, end;

	req_put_u32(req, VFIO_MIG_A_ATTR_RULE, VFIO_MIG_RULE_ONE_OF);
	list = req_nest(req, VFIO_MIG_A_ATTR_ACCEPT);
	end = req_nest(req, VFIO_MIG_A_RANGE_VALUE);
	req_put_str(req, VFIO_MIG_A_ATTR_STRING, value);
	req_nest_end(req, end);
	req_nest_end(req, list);
	req_nest_end(req, nest);
}

/* Whatever the value is; and what cannot hold is left out. */
TEST_F(policy, rules)
{
	struct obj *obj;

	if (!self->bdfs.n)
		SKIP(return, "needs a PCI device in " ENV_BDF);
	SAY(VFIO_PCI);
	put_rule(&self->req, "pci.revision", VFIO_MIG_RULE_ANY);
	put_list(&self->req, "driver.build", "another build");
	put_rule(&self->req, "driver", VFIO_MIG_RULE_ANY);
	put_rule(&self->req, "pci.subsystem-device", VFIO_MIG_RULE_SEMVER);
	put_rule(&self->req, "not.there", VFIO_MIG_RULE_NONE);
	put_u64(&self->req, "pci.vendor", 1);
	ASSERT_EQ(0, ACK());
	TOLD(&self->mon);
	ASSERT_EQ(1 + self->bdfs.n, events.n);
	EXPECT_EQ(6, count(&events.o[0], VFIO_MIG_A_OBJECT_ATTR));
	EXPECT_EQ(NULL, obj_value(&events.o[0], "driver",
				  VFIO_MIG_A_ATTR_STRING));

	obj = event_of(self->bdfs.name[0]);
	ASSERT_NE(NULL, obj);
	EXPECT_EQ(VFIO_MIG_RULE_ANY,
		  number(obj, "pci.revision", VFIO_MIG_A_ATTR_RULE));
	EXPECT_EQ(VFIO_MIG_ORIGIN_VFIO,
		  number(obj, "pci.revision", VFIO_MIG_A_ATTR_ORIGIN));
	EXPECT_EQ(VFIO_MIG_SCOPE_DRIVER, scope_of(obj, "pci.revision"));
	EXPECT_EQ(VFIO_MIG_RULE_ONE_OF,
		  number(obj, "driver.build", VFIO_MIG_A_ATTR_RULE));
	EXPECT_NE(NULL, obj_value(obj, "driver.build",
				  VFIO_MIG_A_ATTR_ACCEPT));

	EXPECT_EQ(3, count(obj, VFIO_MIG_A_OBJECT_LEFT_OUT));
	EXPECT_EQ(VFIO_MIG_LEFT_OUT_REASON_DECIDED,
		  left_out(obj, "driver", VFIO_MIG_SCOPE_DRIVER));
	EXPECT_EQ(VFIO_MIG_LEFT_OUT_REASON_UNFIT,
		  left_out(obj, "pci.subsystem-device",
			   VFIO_MIG_SCOPE_DRIVER));
	EXPECT_EQ(VFIO_MIG_LEFT_OUT_REASON_CLAIMED,
		  left_out(obj, "pci.vendor", VFIO_MIG_SCOPE_DRIVER));
	EXPECT_EQ(VFIO_MIG_RULE_EQUAL,
		  number(obj, "driver", VFIO_MIG_A_ATTR_RULE));
	EXPECT_EQ(NOT_TOLD, scope_of(obj, "pci.vendor"));

	/* nearer, and back */
	self->dev = *obj;
	SET();
	put_rule(&self->req, "pci.revision", VFIO_MIG_RULE_NONE);
	CHANGES();
	EXPECT_EQ(VFIO_MIG_RULE_NONE,
		  number(&self->dev, "pci.revision", VFIO_MIG_A_ATTR_RULE));
	EXPECT_EQ(VFIO_MIG_SCOPE_DEVICE, scope_of(&self->dev, "pci.revision"));
	DEL();
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "pci.revision");
	CHANGES();
	EXPECT_TRUE(obj_same_but_seq(&self->dev, obj));

	/* a rule that is wrong by itself */
	SAY(VFIO_PCI);
	put_list(&self->req, "driver.build", "");
	EXPECT_EQ(-EINVAL, ACK());
	SAY(VFIO_PCI);
	put_rule(&self->req, "driver.build", VFIO_MIG_RULE_ONE_OF);
	EXPECT_EQ(-EINVAL, ACK());
	TOLD(&self->mon);
	EXPECT_EQ(0, events.n);
}

/* It is there before the device is. */
TEST_F(policy, first_event)
{
	char uuid[64];

	SAY(NULL);
	put_u64(&self->req, "color", 1);
	ASSERT_EQ(0, ACK());
	SAY(SIM);
	put_u64(&self->req, "color", 2);
	ASSERT_EQ(0, ACK());
	SAY(VFIO_PCI);
	put_rule(&self->req, "driver.build", VFIO_MIG_RULE_ANY);
	ASSERT_EQ(0, ACK());
	skip(&self->mon);

	ASSERT_EQ(0, file_write("3", DEVICES));
	TOLD(&self->mon);
	ASSERT_EQ(1, events.n);
	EXPECT_EQ(VFIO_MIG_CMD_DEV_ADD_NTF, events.o[0].cmd);
	EXPECT_EQ(1, value_of(&events.o[0], "color"));

	snprintf(uuid, sizeof(uuid), UUID, 0);
	ASSERT_EQ(0, file_write(uuid, TYPE "/create"));
	ASSERT_EQ(0, nl_event(&self->mon, &self->dev, SOON_MS));
	while (self->dev.cmd != VFIO_MIG_CMD_DEV_ADD_NTF)
		ASSERT_EQ(0, nl_event(&self->mon, &self->dev, SOON_MS));
	EXPECT_EQ(2, value_of(&self->dev, "color"));
	EXPECT_EQ(0, file_write("1", "/sys/bus/mdev/devices/%s/remove", uuid));
	/* that there is room again is found later */
	drain(&self->mon);

	if (!self->bdfs.n)
		SKIP(return, "needs a PCI device in " ENV_BDF);
	ASSERT_EQ(0, bdf_unbind(self->bdfs.name[0]));
	ASSERT_EQ(0, bdf_bind(self->bdfs.name[0]));
	TOLD(&self->mon);
	ASSERT_EQ(2, events.n);
	EXPECT_EQ(VFIO_MIG_CMD_DEV_ADD_NTF, events.o[1].cmd);
	EXPECT_EQ(1, value_of(&events.o[1], "color"));
	EXPECT_EQ(VFIO_MIG_RULE_ANY,
		  number(&events.o[1], "driver.build", VFIO_MIG_A_ATTR_RULE));
}

/* Types have their driver's name, too. */
TEST_F(policy, types)
{
	struct obj type;

	SAY(SIM);
	put_u64(&self->req, "color", 2);
	ASSERT_EQ(0, ACK());
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_TYPE_GET, "mdev",
				   SIM ".0", SIM "-gpu-8", &type));
	EXPECT_EQ(2, value_of(&type, "color"));
	EXPECT_EQ(VFIO_MIG_SCOPE_DRIVER, scope_of(&type, "color"));
	EXPECT_EQ(~0ULL, value_of(AT(&self->nl, "sim0"), "color"));
	TAKE_BACK(SIM, "color");
	ASSERT_EQ(0, ACK());
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_TYPE_GET, "mdev",
				   SIM ".0", SIM "-gpu-8", &type));
	EXPECT_EQ(~0ULL, value_of(&type, "color"));
}

static void put_many(struct req *req, const char *prefix, unsigned int n)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%02u", prefix, i);
		put_u64(req, name, i);
	}
}

static int say_many(struct nl *nl, const char *driver, const char *prefix,
		    unsigned int n, struct ack *ack)
{
	struct req req;

	req_init_policy(&req, nl->family, VFIO_MIG_CMD_ATTR_SET, driver);
	put_many(&req, prefix, n);
	return nl_ack(nl, &req, ack);
}

TEST_F(policy, limits)
{
	char name[64], text[VFIO_MIG_STRING_MAX];
	unsigned int i, j, n = 0;
	struct ack ack;
	int err = 0;

	/* of one scope */
	EXPECT_EQ(-EDQUOT, say_many(&self->nl, "x", "a", 17, &ack));
	EXPECT_TRUE(ack.has_msg && ack.has_offs);
	EXPECT_EQ(-E2BIG, say_many(&self->nl, "x", "a", 65, NULL));
	SAY("x");
	for (i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "r%u", i);
		put_rule(&self->req, name, VFIO_MIG_RULE_ANY);
	}
	EXPECT_EQ(0, ACK());
	SAY("x");
	put_rule(&self->req, "another", VFIO_MIG_RULE_ANY);
	EXPECT_EQ(-E2BIG, ACK());

	/* of one namespace */
	for (i = 1; i <= VFIO_MIG_POLICY_DRIVERS_MAX; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		err = say_many(&self->nl, name, "a", 1, &ack);
		if (err)
			break;
	}
	EXPECT_EQ(VFIO_MIG_POLICY_DRIVERS_MAX, i);
	EXPECT_EQ(-EDQUOT, err);
	EXPECT_NE(NULL, strstr(ack.msg, "32 drivers"));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 1, err = 0; !err && i < VFIO_MIG_POLICY_DRIVERS_MAX; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		SAY(name);
		for (j = 0; j < 15; j++) {
			snprintf(name, sizeof(name), "s%u", j);
			put_str(&self->req, name, text);
		}
		err = nl_ack(&self->nl, &self->req, &ack);
	}
	EXPECT_EQ(-EDQUOT, err);
	EXPECT_NE(NULL, strstr(ack.msg, "65536")) {
		TH_LOG("%s", ack.msg);
	}
	/* what there is can be listed */
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_POLICY_GET, &objs));
	EXPECT_EQ(VFIO_MIG_POLICY_DRIVERS_MAX, objs.n);
	for (i = 0; i < objs.n; i++)
		n += count(&objs.o[i], VFIO_MIG_A_OBJECT_ATTR);
	EXPECT_LT(64 + 31, n);
	ASSERT_EQ(0, say_nothing(&self->nl));
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_POLICY_GET, &objs));
	EXPECT_EQ(0, objs.n);
}

/* At one that is there it is refused, at one that comes it is left out. */
TEST_F(policy, room)
{
	struct ack ack;
	unsigned int i;
	__u32 offs;

	if (!self->bdfs.n)
		SKIP(return, "needs a PCI device in " ENV_BDF);

	/* that of a device which has 63 of its own, and one of the driver's */
	SET();
	put_many(&self->req, "own", 63);
	ASSERT_EQ(0, ACK());
	skip(&self->mon);
	SAY(NULL);
	offs = put_u64(&self->req, "color", 1);
	EXPECT_EQ(-E2BIG, nl_ack(&self->nl, &self->req, &ack));
	EXPECT_EQ(offs, ack.offs);
	EXPECT_NE(NULL, strstr(ack.msg, "room")) {
		TH_LOG("%s", ack.msg);
	}
	TOLD(&self->mon);
	EXPECT_EQ(0, events.n);
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_POLICY_GET, &objs));
	EXPECT_EQ(0, objs.n);
	ASSERT_EQ(0, file_write("0", DEVICES));

	/* the quota of one that is there */
	ASSERT_EQ(0, say_many(&self->nl, VFIO_PCI, "near", 16, NULL));
	EXPECT_EQ(-EDQUOT, say_many(&self->nl, NULL, "far", 1, NULL));
	self->dev = *AT(&self->nl, self->bdfs.name[0]);
	SET();
	put_u64(&self->req, "own", 1);
	EXPECT_EQ(-EDQUOT, ACK());
	SET();
	put_u64(&self->req, "near00", 100);
	EXPECT_EQ(0, ACK());
	skip(&self->mon);

	/* and of one that comes */
	for (i = 0; i < self->bdfs.n; i++)
		bdf_unbind(self->bdfs.name[i]);
	TAKE_BACK(VFIO_PCI, "near15");
	ASSERT_EQ(0, ACK());
	EXPECT_EQ(0, say_many(&self->nl, NULL, "far", 3, NULL));
	skip(&self->mon);
	bdf_bind(self->bdfs.name[0]);
	ASSERT_EQ(0, nl_event(&self->mon, &self->dev, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_ADD_NTF, self->dev.cmd);
	EXPECT_EQ(0, value_of(&self->dev, "near00"));
	EXPECT_EQ(0, value_of(&self->dev, "far00"));
	EXPECT_EQ(0, left_out(&self->dev, "far00", VFIO_MIG_SCOPE_ALL));
	EXPECT_EQ(VFIO_MIG_LEFT_OUT_REASON_ROOM,
		  left_out(&self->dev, "far01", VFIO_MIG_SCOPE_ALL));
	EXPECT_EQ(VFIO_MIG_LEFT_OUT_REASON_ROOM,
		  left_out(&self->dev, "far02", VFIO_MIG_SCOPE_ALL));
	EXPECT_EQ(~0ULL, value_of(&self->dev, "far01"));
	/* that it lacks room there hinders nothing else */
	SAY(NULL);
	put_u64(&self->req, "far00", 7);
	ASSERT_EQ(0, ACK());
	EXPECT_EQ(7, value_of(AT(&self->nl, self->bdfs.name[0]), "far00"));
	TAKE_BACK(VFIO_PCI, "near00");
	ASSERT_EQ(0, ACK());
	self->dev = *AT(&self->nl, self->bdfs.name[0]);
	EXPECT_EQ(1, value_of(&self->dev, "far01"));
	EXPECT_EQ(1, count(&self->dev, VFIO_MIG_A_OBJECT_LEFT_OUT));
}

TEST_F(policy, all_or_nothing)
{
	__u32 offs, nest;
	struct ack ack;

	SAY(NULL);
	put_u64(&self->req, "right", 1);
	nest = named(&self->req, "wrong");
	req_put(&self->req, VFIO_MIG_A_ATTR_U64, "\2\0\0\0\0\0\0\0", 8);
	req_put_u32(&self->req, VFIO_MIG_A_ATTR_RULE, VFIO_MIG_RULE_SEMVER);
	req_nest_end(&self->req, nest);
	EXPECT_EQ(-EINVAL, nl_ack(&self->nl, &self->req, &ack));
	EXPECT_EQ(nest, ack.offs);

	SAY(NULL);
	put_u64(&self->req, "right", 1);
	put_u64(&self->req, "right2", 1);
	ASSERT_EQ(0, ACK());
	skip(&self->mon);
	TAKE_BACK(NULL, "right");
	offs = req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "other");
	EXPECT_EQ(-ENOENT, nl_ack(&self->nl, &self->req, &ack));
	EXPECT_EQ(offs, ack.offs);
	TOLD(&self->mon);
	EXPECT_EQ(0, events.n);

	/* what is said anew replaces all, rules too */
	SAY(NULL);
	put_rule(&self->req, "driver.build", VFIO_MIG_RULE_ANY);
	ASSERT_EQ(0, ACK());
	SAY(NULL);
	put_u64(&self->req, "right2", 2);
	req_put(&self->req, VFIO_MIG_A_CHANGE_REPLACE, NULL, 0);
	ASSERT_EQ(0, ACK());
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_POLICY_GET, &objs));
	ASSERT_EQ(1, objs.n);
	EXPECT_EQ(1, count(&objs.o[0], VFIO_MIG_A_OBJECT_ATTR));
	EXPECT_EQ(2, value_of(&objs.o[0], "right2"));
}

/* Of what it is said is told once, and in one way. */
TEST_F(policy, target)
{
	__u32 offs, nest;
	struct ack ack;

	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_ATTR_SET, 0);
	put_u64(&self->req, "a", 1);
	EXPECT_EQ(-EINVAL, nl_ack(&self->nl, &self->req, &ack));
	EXPECT_EQ(VFIO_MIG_A_CHANGE_TARGET, ack.has_miss ? ack.miss : 0);
	EXPECT_NE(NULL, strstr(ack.msg, "no target"));

	SET();
	put_u64(&self->req, "a", 1);
	offs = req_put(&self->req, VFIO_MIG_A_CHANGE_ALL, NULL, 0);
	REFUSED(-EINVAL, "only one", offs);
	SAY("x");
	offs = req_put(&self->req, VFIO_MIG_A_CHANGE_ALL, NULL, 0);
	REFUSED(-EINVAL, "only one", offs);
	req_init_policy(&self->req, self->nl.family, VFIO_MIG_CMD_ATTR_DEL,
			"");
	REFUSED(-EINVAL, "no name",
		(__u32)NLMSG_LENGTH(GENL_HDRLEN));
	SAY(NULL);
	REFUSED(-EINVAL, "nothing to set", 0, VFIO_MIG_A_CHANGE_ATTR);

	SAY(NULL);
	nest = named(&self->req, "a");
	req_put(&self->req, VFIO_MIG_A_ATTR_BOOL, "\1", 1);
	offs = req_put_u32(&self->req, VFIO_MIG_A_ATTR_SCOPE,
			   VFIO_MIG_SCOPE_DRIVER);
	req_nest_end(&self->req, nest);
	REFUSED(-EINVAL, "scope", offs);
	UNCHANGED();
}

static int become_root_of_user_ns(void)
{
	return unshare(CLONE_NEWUSER);
}

static int become_root_elsewhere(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

TEST_F(policy, rights)
{
	SAY(NULL);
	put_u64(&self->req, "a", 1);
	EXPECT_EQ(EPERM, ask_as(_metadata, &self->req, become_nobody));
	EXPECT_EQ(EPERM, ask_as(_metadata, &self->req,
				become_root_of_user_ns));
	/* where one is at home, one may */
	EXPECT_EQ(0, ask_as(_metadata, &self->req, become_root_elsewhere));
	TAKE_BACK(NULL, "a");
	EXPECT_EQ(EPERM, ask_as(_metadata, &self->req, become_nobody));
	UNCHANGED();
}

/* Another namespace, and a socket in it. */
static int go_away(int *home, int *away, struct nl *other)
{
	int err;

	*home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (*home < 0 || unshare(CLONE_NEWNET))
		return -errno;
	*away = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	err = *away < 0 ? -errno : nl_open(other);
	if (!err)
		err = nl_join(other);
	if (setns(*home, CLONE_NEWNET) && !err)
		err = -errno;
	return err;
}

static int move(struct nl *nl, __u32 id, int netns)
{
	struct req req;
	__u32 nest;

	req_init(&req, nl->family, VFIO_MIG_CMD_DEV_SET, 0);
	nest = req_nest(&req, VFIO_MIG_A_MOVE_TARGET);
	req_put_u32(&req, VFIO_MIG_A_OBJECT_ID, id);
	req_nest_end(&req, nest);
	req_put_u32(&req, VFIO_MIG_A_MOVE_NETNS_FD, netns);
	return nl_ack(nl, &req, NULL);
}

static int say_u64(struct nl *nl, const char *name, __u64 value)
{
	struct req req;

	req_init_policy(&req, nl->family, VFIO_MIG_CMD_ATTR_SET, NULL);
	put_u64(&req, name, value);
	return nl_ack(nl, &req, NULL);
}

/* What the host says goes with the device, what is said elsewhere stays. */
TEST_F(policy, namespaces)
{
	struct obj event, *obj;
	struct nl rest;
	struct ack ack;

	ASSERT_EQ(0, go_away(&self->home, &self->away, &self->other));
	/* two sockets: events come to one of them alone */
	ASSERT_EQ(0, setns(self->away, CLONE_NEWNET));
	ASSERT_EQ(0, nl_open(&rest));
	ASSERT_EQ(0, setns(self->home, CLONE_NEWNET));

	ASSERT_EQ(0, say_u64(&self->nl, "host", 1));
	ASSERT_EQ(0, say_u64(&self->nl, "mine", 1));
	SET();
	put_u64(&self->req, "mine", 10);
	ASSERT_EQ(0, ACK());
	skip(&self->mon);
	/* it has numbers of its own, and nothing of the other's */
	ASSERT_EQ(0, nl_dump_all(&rest, VFIO_MIG_CMD_POLICY_GET, &objs));
	EXPECT_EQ(0, objs.n);
	ASSERT_EQ(0, say_u64(&rest, "guest", 1));
	ASSERT_EQ(0, say_u64(&rest, "host", 2));
	TOLD(&self->other);
	ASSERT_EQ(2, events.n);
	EXPECT_EQ(1, events.o[0].seq);
	EXPECT_EQ(VFIO_MIG_CMD_POLICY_NTF, events.o[1].cmd);
	TOLD(&self->mon);
	EXPECT_EQ(0, events.n);

	ASSERT_EQ(0, move(&self->nl, self->dev.id, self->away));
	ASSERT_EQ(0, nl_event(&self->other, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_ADD_NTF, event.cmd);
	EXPECT_EQ(3, event.seq);
	EXPECT_EQ(1, value_of(&event, "host"));
	EXPECT_EQ(10, value_of(&event, "mine"));
	EXPECT_EQ(1, value_of(&event, "guest"));
	EXPECT_EQ(VFIO_MIG_LEFT_OUT_REASON_CLAIMED,
		  left_out(&event, "host", VFIO_MIG_SCOPE_ALL));
	/* the other device knows nothing of it */
	EXPECT_EQ(~0ULL, value_of(AT(&self->nl, "sim1"), "guest"));

	/* the host's word stays */
	begin(&self->req, &rest, VFIO_MIG_CMD_ATTR_SET, self->dev.id);
	put_u64(&self->req, "host", 3);
	EXPECT_EQ(-EEXIST, nl_ack(&rest, &self->req, &ack));
	EXPECT_NE(NULL, strstr(ack.msg, "initial network namespace"));
	begin(&self->req, &rest, VFIO_MIG_CMD_ATTR_DEL, self->dev.id);
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "host");
	EXPECT_EQ(-ENOENT, nl_ack(&rest, &self->req, NULL));
	begin(&self->req, &rest, VFIO_MIG_CMD_ATTR_SET, self->dev.id);
	put_u64(&self->req, "guest", 5);
	EXPECT_EQ(0, nl_ack(&rest, &self->req, NULL));
	ASSERT_EQ(0, nl_event(&self->other, &event, SOON_MS));
	EXPECT_EQ(5, value_of(&event, "guest"));
	EXPECT_EQ(VFIO_MIG_SCOPE_DEVICE, scope_of(&event, "guest"));
	EXPECT_EQ(-EAGAIN, nl_event(&self->other, &event, QUIET_MS));
	skip(&self->mon);

	/* only the host changes it, and it does so there, too */
	ASSERT_EQ(0, say_u64(&self->nl, "host", 4));
	TOLD(&self->mon);
	EXPECT_EQ(VFIO_MIG_CMD_POLICY_NTF, events.o[0].cmd);
	EXPECT_NE(NULL, event_of("sim1"));
	EXPECT_EQ(NULL, event_of("sim0"));
	TOLD(&self->other);
	ASSERT_EQ(1, events.n);
	EXPECT_EQ(VFIO_MIG_CMD_DEV_CHANGE_NTF, events.o[0].cmd);
	EXPECT_EQ(4, value_of(&events.o[0], "host"));
	EXPECT_EQ(5, value_of(&events.o[0], "guest"));

	/* home: only what was said at home */
	ASSERT_EQ(0, move(&rest, self->dev.id, self->home));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_ADD_NTF, event.cmd);
	EXPECT_EQ(4, value_of(&event, "host"));
	EXPECT_EQ(10, value_of(&event, "mine"));
	EXPECT_EQ(~0ULL, value_of(&event, "guest"));
	EXPECT_EQ(0, count(&event, VFIO_MIG_A_OBJECT_LEFT_OUT));

	/* and so it is when the namespace dies with the device in it */
	ASSERT_EQ(0, move(&self->nl, self->dev.id, self->away));
	ASSERT_EQ(0, say_u64(&self->nl, "host", 6));
	skip(&self->mon);
	nl_close(&self->other);
	nl_close(&rest);
	close(self->away);
	ASSERT_EQ(0, nl_event(&self->mon, &event, 4 * SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_ADD_NTF, event.cmd);
	EXPECT_EQ(6, value_of(&event, "host"));
	EXPECT_EQ(10, value_of(&event, "mine"));
	EXPECT_EQ(~0ULL, value_of(&event, "guest"));
	obj = AT(&self->nl, "sim0");
	EXPECT_TRUE(obj_same(obj, &event));
}

/*
 * For each attribute of a device a rule that fits none of them, and values, in
 * one scope of a policy.
 */
static int say_much(struct nl *nl, const char *driver, const struct obj *dev,
		    const char *prefix)
{
	const struct nlattr *nla = NULL, *name;
	struct req req;

	req_init_policy(&req, nl->family, VFIO_MIG_CMD_ATTR_SET, driver);
	while ((nla = attr_next(nla, dev->wire, dev->len))) {
		if (attr_type(nla) != VFIO_MIG_A_OBJECT_ATTR)
			continue;
		name = attr_member(nla, VFIO_MIG_A_ATTR_NAME);
		put_rule(&req, attr_data(name), VFIO_MIG_RULE_AT_LEAST);
	}
	put_many(&req, prefix, QUOTA);
	return nl_ack(nl, &req, NULL);
}

/* More may be left out than is listed: that counts, too. */
TEST_F(policy, unlisted)
{
	struct obj event;
	struct ack ack;
	unsigned int i;
	__u32 offs;

	if (!self->bdfs.n)
		SKIP(return, "needs a PCI device in " ENV_BDF);

	self->dev = *AT(&self->nl, self->bdfs.name[0]);
	/* one that is there would have no room for it */
	for (i = 0; i < self->bdfs.n; i++)
		bdf_unbind(self->bdfs.name[i]);
	ASSERT_EQ(0, file_write("0", DEVICES));
	ASSERT_EQ(0, say_much(&self->nl, VFIO_PCI, &self->dev, "near"));
	ASSERT_EQ(0, say_much(&self->nl, NULL, &self->dev, "far"));
	skip(&self->mon);
	bdf_bind(self->bdfs.name[0]);
	ASSERT_EQ(0, nl_event(&self->mon, &self->dev, SOON_MS));

	ASSERT_EQ(0, go_away(&self->home, &self->away, &self->other));
	ASSERT_EQ(0, move(&self->nl, self->dev.id, self->away));
	ASSERT_EQ(0, nl_event(&self->other, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_LEFT_OUT_MAX,
		  count(&event, VFIO_MIG_A_OBJECT_LEFT_OUT));
	EXPECT_EQ(1, count(&event, VFIO_MIG_A_OBJECT_LEFT_OUT_MORE));
	EXPECT_EQ(15, value_of(&event, "near15"));

	begin(&self->req, &self->other, VFIO_MIG_CMD_ATTR_SET, self->dev.id);
	put_u64(&self->req, "mine", 1);
	offs = put_u64(&self->req, "near15", 1);
	EXPECT_EQ(-EEXIST, nl_ack(&self->other, &self->req, &ack));
	EXPECT_EQ(offs, ack.offs);
}

/* With the module it goes. */
TEST_F(policy, reload)
{
	char path[256];
	__u64 end;
	int err;

	if (!mod_loaded("vfio_mig"))
		SKIP(return, "vfio_mig is not a module");
	ASSERT_EQ(0, mod_path(path, sizeof(path), "vfio_mig"));
	ASSERT_EQ(0, say_many(&self->nl, NULL, "a", 3, NULL));
	ASSERT_EQ(0, say_many(&self->nl, VFIO_PCI, "a", 3, NULL));
	nl_close(&self->mon);
	mtty_clean();
	ASSERT_EQ(0, mod_remove(SIM));
	end = now_ms() + SOON_MS;
	while ((err = mod_remove("vfio_mig")) == -EAGAIN && now_ms() < end)
		sleep_ms(10);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, mod_insert(path));
	ASSERT_EQ(0, nl_resolve(&self->nl));
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_POLICY_GET, &objs));
	EXPECT_EQ(0, objs.n);
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_DEV_GET, &objs));
	if (objs.n)
		EXPECT_EQ(NULL, obj_attr(&objs.o[0], "a00"));
	EXPECT_EQ(0, run("modprobe -q " SIM));
}

/* ------------------------------------------------------- while all changes */

static void create_many(unsigned int rounds)
{
	char text[64];
	int j;

	while (rounds-- > 0) {
		snprintf(text, sizeof(text), "%d", BARE);
		if (file_write(text, DEVICES))
			_exit(1);
		for (j = 0; j < MDEVS; j++) {
			snprintf(text, sizeof(text), UUID, j);
			if (file_write(text, TYPE "/create"))
				_exit(2);
		}
		for (j = 0; j < MDEVS; j++) {
			snprintf(text, sizeof(text), UUID, j);
			if (file_write("1", "/sys/bus/mdev/devices/%s/remove",
				       text))
				_exit(3);
		}
		if (file_write("0", DEVICES))
			_exit(4);
	}
	_exit(0);
}

static void change_policy(struct req *req, struct nl *nl)
{
	__u64 n;

	for (n = 1;; n++) {
		const char *driver = n % 3 ? NULL : SIM;

		req_init_policy(req, nl->family,
				n % 7 ? VFIO_MIG_CMD_ATTR_SET :
					VFIO_MIG_CMD_ATTR_DEL, driver);
		if (n % 7)
			put_u64(req, "turn", n);
		else
			req_put_str(req, VFIO_MIG_A_CHANGE_NAME, "turn");
		if (nl_ack(nl, req, NULL))
			_exit(1);
		sleep_ms(5);
	}
}

/* What an object says, if the policies are as they are. */
static __u64 should_be(const struct obj *obj, __u64 all, __u64 driver)
{
	const struct nlattr *nla = obj_value(obj, "driver",
					     VFIO_MIG_A_ATTR_STRING);

	if (driver != ~0ULL && nla && !strcmp(attr_data(nla), SIM))
		return driver;
	return all;
}

TEST_F(policy, creations)
{
	__u64 all = ~0ULL, driver = ~0ULL, seq = 0;
	unsigned int adds = 0, policies = 0, changes = 0;
	unsigned int rounds = ROUNDS / slowness();
	pid_t creator, changer;
	struct obj event;
	bool done = false;
	struct nl nl;
	int status;

	ASSERT_EQ(0, file_write("0", DEVICES));
	ASSERT_EQ(0, say_u64(&self->nl, "turn", 0));
	SAY(SIM);
	put_u64(&self->req, "turn", 0);
	ASSERT_EQ(0, ACK());
	all = 0;
	driver = 0;
	skip(&self->mon);

	changer = fork_tied();
	ASSERT_LE(0, changer);
	if (!changer) {
		if (nl_open(&nl))
			_exit(1);
		change_policy(&self->req, &nl);
	}
	creator = fork_tied();
	ASSERT_LE(0, creator);
	if (!creator)
		create_many(rounds);

	for (;;) {
		int err = nl_event(&self->mon, &event, QUIET_MS);

		if (!done && waitpid(creator, &status, WNOHANG) == creator) {
			EXPECT_EQ(0, status);
			done = true;
			EXPECT_EQ(0, waitpid(changer, &status, WNOHANG));
			kill(changer, SIGKILL);
			waitpid(changer, &status, 0);
		}
		if (err == -EAGAIN && done)
			break;
		if (err == -EAGAIN)
			continue;
		ASSERT_EQ(0, err);
		if (seq)
			ASSERT_EQ(seq + 1, event.seq);
		seq = event.seq;

		if (event.cmd == VFIO_MIG_CMD_POLICY_NTF) {
			policies++;
			if (event.id == VFIO_MIG_SCOPE_ALL)
				all = value_of(&event, "turn");
			else
				driver = value_of(&event, "turn");
			continue;
		}
		if (event.cmd == VFIO_MIG_CMD_DEV_DEL_NTF)
			continue;
		adds += event.cmd == VFIO_MIG_CMD_DEV_ADD_NTF;
		changes += event.cmd == VFIO_MIG_CMD_DEV_CHANGE_NTF;
		/* not as it was before, nor as it will be */
		ASSERT_EQ(should_be(&event, all, driver),
			  value_of(&event, "turn")) {
			TH_LOG("event %llu, %u of %s", event.seq, event.cmd,
			       event.name);
		}
	}
	EXPECT_EQ(rounds * (BARE + MDEVS), adds);
	EXPECT_LT(rounds, policies);
	EXPECT_LT(rounds, changes);
}

TEST_HARNESS_MAIN
