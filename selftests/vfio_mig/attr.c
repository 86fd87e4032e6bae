// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an administrator sets of a device: all or nothing, one event for one
 * request, and nothing that the engine would refuse in a profile.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"

#include "attr.h"
#include "env.h"
#include "nl.h"

static struct objs devs;

FIXTURE(attr) {
	struct nl nl;
	struct nl mon;
	struct bdfs bdfs;
	struct req req;
	struct obj dev;
};

FIXTURE_SETUP(attr)
{
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_open(&self->mon));
	if (!bdfs_get(&self->bdfs))
		SKIP(return, "needs a PCI device in " ENV_BDF);
	/* by which all that an earlier test has set is gone */
	ASSERT_EQ(0, bdf_unbind(self->bdfs.name[0]));
	ASSERT_EQ(0, bdf_bind(self->bdfs.name[0]));
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "pci", NULL,
				   self->bdfs.name[0], &self->dev));
	ASSERT_EQ(0, nl_join(&self->mon));
	drain(&self->mon);
}

FIXTURE_TEARDOWN_PARENT(attr)
{
	bdfs_restore(&self->bdfs);
}

TEST_F(attr, every_type)
{
	static const __u8 bits[] = { 0, 0x40, 1 };
	__u32 nest, sub;

	SET();
	nest = named(&self->req, "ecc");
	req_put(&self->req, VFIO_MIG_A_ATTR_BOOL, "\1", 1);
	req_put_u32(&self->req, VFIO_MIG_A_ATTR_SEVERITY,
		    VFIO_MIG_SEVERITY_INFO);
	req_nest_end(&self->req, nest);
	put_str(&self->req, "firmware", "22.31.1014");
	nest = named(&self->req, "units");
	put_range(&self->req, VFIO_MIG_A_ATTR_SETTABLE, 1, 8);
	req_put(&self->req, VFIO_MIG_A_ATTR_U64, "\2\0\0\0\0\0\0\0", 8);
	req_nest_end(&self->req, nest);
	nest = named(&self->req, "iface");
	put_version(&self->req, VFIO_MIG_A_ATTR_VERSION, 1, 2, 3);
	req_put_u32(&self->req, VFIO_MIG_A_ATTR_RULE, VFIO_MIG_RULE_SEMVER);
	req_put_u32(&self->req, VFIO_MIG_A_ATTR_ORIGIN, VFIO_MIG_ORIGIN_ADMIN);
	req_nest_end(&self->req, nest);
	nest = named(&self->req, "features");
	req_put(&self->req, VFIO_MIG_A_ATTR_BITS, bits, sizeof(bits));
	sub = req_nest(&self->req, VFIO_MIG_A_ATTR_LABEL);
	req_put_str(&self->req, VFIO_MIG_A_LABEL_NAME, "mq");
	req_put_u32(&self->req, VFIO_MIG_A_LABEL_BIT, 14);
	req_nest_end(&self->req, sub);
	req_put_u32(&self->req, VFIO_MIG_A_ATTR_RULE, VFIO_MIG_RULE_SUPERSET);
	req_nest_end(&self->req, nest);
	CHANGES();

	/* what was left out is told */
	EXPECT_EQ(VFIO_MIG_SEVERITY_INFO,
		  number(&self->dev, "ecc", VFIO_MIG_A_ATTR_MISSING));
	EXPECT_EQ(VFIO_MIG_RULE_EQUAL,
		  number(&self->dev, "units", VFIO_MIG_A_ATTR_RULE));
	EXPECT_EQ(VFIO_MIG_SEVERITY_FAIL,
		  number(&self->dev, "features", VFIO_MIG_A_ATTR_SEVERITY));
	EXPECT_EQ(VFIO_MIG_ORIGIN_ADMIN,
		  number(&self->dev, "firmware", VFIO_MIG_A_ATTR_ORIGIN));
	EXPECT_NE(NULL, obj_value(&self->dev, "units",
				  VFIO_MIG_A_ATTR_SETTABLE));
	EXPECT_NE(NULL, obj_value(&self->dev, "iface",
				  VFIO_MIG_A_ATTR_VERSION));

	/* the same in other words */
	SET();
	nest = named(&self->req, "iface");
	req_put_u32(&self->req, VFIO_MIG_A_ATTR_MISSING,
		    VFIO_MIG_SEVERITY_FAIL);
	req_put_u32(&self->req, VFIO_MIG_A_ATTR_RULE, VFIO_MIG_RULE_SEMVER);
	put_version(&self->req, VFIO_MIG_A_ATTR_VERSION, 1, 2, 3);
	req_nest_end(&self->req, nest);
	EXPECT_EQ(0, nl_ack(&self->nl, &self->req, NULL));
	UNCHANGED();

	SET();
	put_str(&self->req, "firmware", "22.31.1015");
	CHANGES();

	DEL();
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "units");
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "ecc");
	CHANGES();
	EXPECT_EQ(NULL, obj_attr(&self->dev, "units"));
	EXPECT_EQ(NULL, obj_attr(&self->dev, "ecc"));
	EXPECT_NE(NULL, obj_attr(&self->dev, "features"));

	/* with the device they go */
	ASSERT_EQ(0, bdf_unbind(self->bdfs.name[0]));
	SET();
	put_u64(&self->req, "units", 1);
	EXPECT_EQ(-ENODEV, nl_ack(&self->nl, &self->req, NULL));
	ASSERT_EQ(0, bdf_bind(self->bdfs.name[0]));
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "pci", NULL,
				   self->bdfs.name[0], &self->dev));
	EXPECT_EQ(NULL, obj_attr(&self->dev, "features"));
}

/* The first is right, the second is not: neither is there. */
TEST_F(attr, all_or_nothing)
{
	__u32 offs;

	SET();
	put_u64(&self->req, "right", 1);
	offs = put_u64(&self->req, "driver", 1);
	REFUSED(-EEXIST, "only a rule", offs);

	SET();
	put_u64(&self->req, "right", 1);
	CHANGES();
	DEL();
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "right");
	offs = req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "wrong");
	REFUSED(-ENOENT, "no attribute of this name", offs);
	UNCHANGED();
}

TEST_F(attr, quota)
{
	char name[16];
	__u32 offs = 0;
	int i;

	SET();
	for (i = 0; i <= VFIO_MIG_ADMIN_ATTRS_MAX; i++) {
		snprintf(name, sizeof(name), "a%u", i);
		offs = put_u64(&self->req, name, i);
	}
	REFUSED(-EDQUOT, "more attributes than", offs);

	SET();
	for (i = 0; i < VFIO_MIG_ADMIN_ATTRS_MAX; i++) {
		snprintf(name, sizeof(name), "a%u", i);
		put_u64(&self->req, name, i);
	}
	CHANGES();

	SET();
	offs = put_u64(&self->req, "one-more", 1);
	REFUSED(-EDQUOT, "more attributes than", offs);

	/* another value takes no room, nor does a rule */
	SET();
	put_u64(&self->req, "a3", 99);
	put_rule(&self->req, "driver.build", VFIO_MIG_RULE_ANY);
	CHANGES();

	/* what is replaced makes room, rules stay */
	SET();
	req_put(&self->req, VFIO_MIG_A_CHANGE_REPLACE, NULL, 0);
	put_u64(&self->req, "one-more", 1);
	CHANGES();
	EXPECT_EQ(NULL, obj_attr(&self->dev, "a3"));
	EXPECT_NE(NULL, obj_attr(&self->dev, "one-more"));
	EXPECT_EQ(VFIO_MIG_RULE_ANY,
		  number(&self->dev, "driver.build", VFIO_MIG_A_ATTR_RULE));

	SET();
	req_put(&self->req, VFIO_MIG_A_CHANGE_REPLACE, NULL, 0);
	CHANGES();
	EXPECT_EQ(NULL, obj_attr(&self->dev, "one-more"));
}

/* Attributes so large that 6144 bytes are full before there are 16. */
TEST_F(attr, too_large)
{
	char value[VFIO_MIG_STRING_MAX + 1], name[64];
	__u32 nest, end, offs = 0;
	int i, j;

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (i = 0; i < 4; i++) {
		SET();
		snprintf(name, sizeof(name), "large%u", i);
		offs = named(&self->req, name);
		req_put_str(&self->req, VFIO_MIG_A_ATTR_STRING, value);
		req_put_u32(&self->req, VFIO_MIG_A_ATTR_RULE,
			    VFIO_MIG_RULE_ONE_OF);
		for (j = 0; j < 6; j++) {
			nest = req_nest(&self->req, VFIO_MIG_A_ATTR_ACCEPT);
			end = req_nest(&self->req, VFIO_MIG_A_RANGE_VALUE);
			req_put_str(&self->req, VFIO_MIG_A_ATTR_STRING, value);
			req_nest_end(&self->req, end);
			req_nest_end(&self->req, nest);
		}
		req_nest_end(&self->req, offs);
		if (i < 2)
			CHANGES();
		else
			break;
	}
	REFUSED(-E2BIG, "6144 bytes", offs);
}

TEST_F(attr, rules)
{
	struct obj before = self->dev;
	__u32 nest, offs;
	int i;

	SET();
	put_rule(&self->req, "declared", VFIO_MIG_RULE_ANY);
	nest = named(&self->req, "pci.revision");
	req_put_u32(&self->req, VFIO_MIG_A_ATTR_RULE, VFIO_MIG_RULE_ONE_OF);
	put_range(&self->req, VFIO_MIG_A_ATTR_ACCEPT, 1, 5);
	req_nest_end(&self->req, nest);
	CHANGES();
	EXPECT_EQ(VFIO_MIG_RULE_ANY,
		  number(&self->dev, "declared", VFIO_MIG_A_ATTR_RULE));
	EXPECT_EQ(VFIO_MIG_SEVERITY_UNDECIDED,
		  number(&self->dev, "declared", VFIO_MIG_A_ATTR_SEVERITY));
	EXPECT_EQ(VFIO_MIG_ORIGIN_VFIO,
		  number(&self->dev, "pci.revision", VFIO_MIG_A_ATTR_ORIGIN));
	EXPECT_NE(NULL, obj_value(&self->dev, "pci.revision",
				  VFIO_MIG_A_ATTR_ACCEPT));

	/* one that does not fit, and such as are decided */
	SET();
	offs = put_rule(&self->req, "pci.revision", VFIO_MIG_RULE_SEMVER);
	REFUSED(-EINVAL, "does not fit the type", offs);
	SET();
	offs = put_rule(&self->req, "pci.revision", VFIO_MIG_RULE_ONE_OF);
	REFUSED(-EINVAL, "without a list", offs);
	SET();
	offs = put_rule(&self->req, "pci.vendor", VFIO_MIG_RULE_ANY);
	REFUSED(-EINVAL, "is decided", offs);
	SET();
	offs = put_rule(&self->req, "device_api", VFIO_MIG_RULE_ANY);
	REFUSED(-EINVAL, "is decided", offs);
	SET();
	offs = put_rule(&self->req, "nothing", VFIO_MIG_RULE_ANY);
	REFUSED(-ENOENT, "no value", offs);
	SET();
	nest = named(&self->req, "declared");
	req_put_u32(&self->req, VFIO_MIG_A_ATTR_RULE, VFIO_MIG_RULE_ANY);
	offs = req_put_u32(&self->req, VFIO_MIG_A_ATTR_SEVERITY, 1);
	req_nest_end(&self->req, nest);
	REFUSED(-EINVAL, "only a rule", offs);
	SET();
	nest = named(&self->req, "pci.revision");
	req_put_u32(&self->req, VFIO_MIG_A_ATTR_RULE, VFIO_MIG_RULE_ONE_OF);
	for (i = 0; i <= VFIO_MIG_LIST_MAX; i++)
		put_range(&self->req, VFIO_MIG_A_ATTR_ACCEPT, i, i);
	req_nest_end(&self->req, nest);
	REFUSED(-EINVAL, "more than 32 entries", nest);
	SET();
	nest = named(&self->req, "pci.revision");
	req_put_u32(&self->req, VFIO_MIG_A_ATTR_RULE, VFIO_MIG_RULE_ONE_OF);
	for (i = 0; i < 300; i++)
		put_range(&self->req, VFIO_MIG_A_ATTR_ACCEPT, i, i);
	req_nest_end(&self->req, nest);
	REFUSED(-E2BIG, "6144 bytes", nest);
	SET();
	nest = named(&self->req, "declared");
	req_nest_end(&self->req, nest);
	REFUSED(-EINVAL, "neither a value nor a rule", 0,
		VFIO_MIG_A_ATTR_RULE);
	UNCHANGED();

	/* and back */
	DEL();
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "declared");
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "pci.revision");
	CHANGES();
	EXPECT_TRUE(obj_same_but_seq(&before, &self->dev));

	DEL();
	offs = req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "declared");
	REFUSED(-ENOENT, "has not set this", offs);
}

TEST_F(attr, refusals)
{
	char name[VFIO_MIG_NAME_MAX + 2];
	__u32 nest, offs;
	int i;

	SET();
	REFUSED(-EINVAL, "nothing to set", 0, VFIO_MIG_A_CHANGE_ATTR);
	DEL();
	REFUSED(-EINVAL, "nothing to delete", 0, VFIO_MIG_A_CHANGE_NAME);

	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_ATTR_SET, 0);
	put_u64(&self->req, "a", 1);
	REFUSED(-EINVAL, "no target", 0, VFIO_MIG_A_CHANGE_TARGET);

	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_ATTR_SET, 0);
	nest = req_nest(&self->req, VFIO_MIG_A_CHANGE_TARGET);
	offs = req_put_u32(&self->req, VFIO_MIG_A_OBJECT_ID, 0xfffffff0);
	req_nest_end(&self->req, nest);
	put_u64(&self->req, "a", 1);
	REFUSED(-ENODEV, "no device of this id", offs);

	SET();
	nest = req_nest(&self->req, VFIO_MIG_A_CHANGE_ATTR);
	req_put(&self->req, VFIO_MIG_A_ATTR_BOOL, "\1", 1);
	req_nest_end(&self->req, nest);
	REFUSED(-EINVAL, "no name", 0, VFIO_MIG_A_ATTR_NAME);

	SET();
	put_u64(&self->req, "a", 1);
	offs = put_u64(&self->req, "a", 2);
	REFUSED(-EINVAL, "same name", offs);

	SET();
	put_u64(&self->req, "right", 1);
	offs = put_u64(&self->req, "Wrong", 2);
	REFUSED(-EINVAL, "small letters", offs);

	SET();
	nest = named(&self->req, "a");
	offs = req_put(&self->req, VFIO_MIG_A_ATTR_BOOL, "\2", 1);
	req_nest_end(&self->req, nest);
	REFUSED(-EINVAL, "neither 0 nor 1", offs);

	SET();
	nest = named(&self->req, "a");
	req_put(&self->req, VFIO_MIG_A_ATTR_BOOL, "\1", 1);
	offs = req_put_str(&self->req, VFIO_MIG_A_ATTR_STRING, "x");
	req_nest_end(&self->req, nest);
	REFUSED(-EINVAL, "more than one value", offs);

	SET();
	nest = put_str(&self->req, "a", "\033[2J");
	REFUSED(-EINVAL, "control characters", nest);

	SET();
	nest = named(&self->req, "a");
	req_put(&self->req, VFIO_MIG_A_ATTR_BOOL, "\1", 1);
	offs = req_put_u32(&self->req, VFIO_MIG_A_ATTR_RULE, 99);
	req_nest_end(&self->req, nest);
	REFUSED(-ERANGE, "out of range", offs);

	SET();
	nest = named(&self->req, "a");
	req_put(&self->req, VFIO_MIG_A_ATTR_BOOL, "\1", 1);
	offs = req_put_u32(&self->req, VFIO_MIG_A_ATTR_ORIGIN,
			   VFIO_MIG_ORIGIN_DRIVER);
	req_nest_end(&self->req, nest);
	REFUSED(-EINVAL, "of origin admin", offs);

	SET();
	nest = named(&self->req, "a");
	req_put(&self->req, VFIO_MIG_A_ATTR_BOOL, "\1", 1);
	offs = req_put_u32(&self->req, 99, 1);
	req_nest_end(&self->req, nest);
	REFUSED(-EINVAL, "nknown attribute", offs);

	SET();
	nest = named(&self->req, "a");
	req_put(&self->req, VFIO_MIG_A_ATTR_U64, "\1\0\0\0\0\0\0\0", 8);
	offs = put_range(&self->req, VFIO_MIG_A_ATTR_SETTABLE, 3, 2);
	req_nest_end(&self->req, nest);
	REFUSED(-EINVAL, "min is above max", offs);

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	SET();
	nest = req_nest(&self->req, VFIO_MIG_A_CHANGE_ATTR);
	offs = req_put_str(&self->req, VFIO_MIG_A_ATTR_NAME, name);
	req_put(&self->req, VFIO_MIG_A_ATTR_BOOL, "\1", 1);
	req_nest_end(&self->req, nest);
	REFUSED(-EINVAL, "ttribute", offs);

	SET();
	for (i = 0; i <= VFIO_MIG_ATTRS_MAX; i++) {
		snprintf(name, sizeof(name), "a%u", i);
		offs = put_u64(&self->req, name, i);
	}
	REFUSED(-E2BIG, "more than 64", offs);

	DEL();
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "a");
	offs = req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "a");
	REFUSED(-EINVAL, "same name", offs);
	UNCHANGED();
}

/* Of a type nothing can be said. */
TEST_F(attr, types)
{
	__u32 nest;

	mtty_clean();
	if (!mtty_fill(0, 1))
		SKIP(return, "needs mtty");
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_TYPE_GET, &devs));
	ASSERT_LT(0, devs.n);
	req_init(&self->req, self->nl.family, VFIO_MIG_CMD_ATTR_SET, 0);
	nest = req_nest(&self->req, VFIO_MIG_A_CHANGE_TARGET);
	req_put_u32(&self->req, VFIO_MIG_A_OBJECT_ID, devs.o[0].id);
	req_nest_end(&self->req, nest);
	put_u64(&self->req, "a", 1);
	REFUSED(-EINVAL, "type", nest);
	mtty_clean();
}

/* All rights, but not over the namespace that the device is in. */
static int become_root_of_user_ns(void)
{
	return unshare(CLONE_NEWUSER);
}

/* All rights, where the device is not. */
static int become_root_elsewhere(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

TEST_F(attr, rights)
{
	SET();
	put_u64(&self->req, "units", 1);
	EXPECT_EQ(EPERM, ask_as(_metadata, &self->req, become_nobody));
	EXPECT_EQ(EPERM, ask_as(_metadata, &self->req,
				become_root_of_user_ns));
	EXPECT_EQ(ENODEV, ask_as(_metadata, &self->req,
				 become_root_elsewhere));
	DEL();
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "units");
	EXPECT_EQ(EPERM, ask_as(_metadata, &self->req, become_nobody));
	UNCHANGED();
}

TEST_HARNESS_MAIN
