// SPDX-License-Identifier: GPL-2.0-only
/*
 * Providers: what they say becomes the device's, all of it or nothing, with one
 * event, whenever they come, go, or are wrong; and what they can be told to
 * set is set by them alone.
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

#define MODULE		"vfio_mig_provider"
#define PARAMS		"/sys/module/" MODULE "/parameters"
#define NOMEM		"/sys/module/vfio_mig_nomem/parameters"
#define ROUNDS		30

static struct obj event;

FIXTURE(provider) {
	struct nl nl;
	struct nl mon;
	struct bdfs bdfs;
	struct req req;
	struct obj dev;
	const char *bdf;
};

#define PARAM(name, value) \
	ASSERT_EQ(0, file_write(value, PARAMS "/" name))

static __u64 asked(void)
{
	__u64 n = 0;

	file_num(&n, PARAMS "/describes");
	return n;
}

/* The module anew, registered from the beginning. */
static int load(const char *driver, unsigned int pause, const char *says,
		const char *says_type)
{
	return run("modprobe -q %s %s pause=%u driver=%s %s='%s' %s='%s'",
		   MODULE, "registered=1", pause, driver, "says", says,
		   "says_type", says_type);
}

/* The provider has something else to say. */
static int say(const char *bdf, const char *what)
{
	char changed[64];

	snprintf(changed, sizeof(changed), "1 %s", bdf);
	return file_write(what, PARAMS "/says") ?:
	       file_write(changed, PARAMS "/changed");
}

FIXTURE_SETUP(provider)
{
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_open(&self->mon));
	if (!bdfs_get(&self->bdfs))
		SKIP(return, "needs a PCI device in " ENV_BDF);
	self->bdf = self->bdfs.name[0];
	mtty_clean();
	mod_remove(MODULE);
	if (run("modprobe -q " MODULE " only=%s 2>/dev/null", self->bdf))
		SKIP(return, "no module " MODULE);
	/* by which all that an earlier test has set is gone */
	ASSERT_EQ(0, bdf_unbind(self->bdf));
	ASSERT_EQ(0, bdf_bind(self->bdf));
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "pci", NULL,
				   self->bdf, &self->dev));
	ASSERT_EQ(0, nl_join(&self->mon));
	drain(&self->mon);
}

FIXTURE_TEARDOWN_PARENT(provider)
{
	file_write("0", NOMEM "/fail");
	mod_remove("vfio_mig_nomem");
	mtty_clean();
	mod_remove(MODULE);
	bdfs_restore(&self->bdfs);
}

/* There is one event, of the device, and it says all. */
static void told(struct __test_metadata *_metadata, struct nl *nl,
		 struct nl *mon, struct obj *dev)
{
	struct obj got;

	ASSERT_EQ(0, nl_event(mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_CHANGE_NTF, event.cmd);
	EXPECT_EQ(dev->id, event.id);
	EXPECT_EQ(-EAGAIN, nl_event(mon, &got, QUIET_MS));
	now(_metadata, nl, dev, &got);
	EXPECT_TRUE(obj_same(&event, &got));
	*dev = got;
}

#define TOLD() told(_metadata, &self->nl, &self->mon, &self->dev)

static bool is_declared(const struct obj *obj)
{
	const struct nlattr *nla;

	nla = obj_value(obj, "declared", VFIO_MIG_A_ATTR_BOOL);
	return nla && *(const __u8 *)attr_data(nla);
}

static __u64 number64(const struct obj *obj, const char *name)
{
	const struct nlattr *nla = obj_value(obj, name, VFIO_MIG_A_ATTR_U64);
	__u64 value = ~0ULL;

	if (nla)
		memcpy(&value, attr_data(nla), sizeof(value));
	return value;
}

static bool is_text(const struct obj *obj, const char *name, const char *text)
{
	const struct nlattr *nla = obj_value(obj, name, VFIO_MIG_A_ATTR_STRING);

	return nla && !strcmp(attr_data(nla), text);
}

#define RULE(name)	number(&self->dev, name, VFIO_MIG_A_ATTR_RULE)
#define SEVERITY(name)	number(&self->dev, name, VFIO_MIG_A_ATTR_SEVERITY)
#define MISSING(name)	number(&self->dev, name, VFIO_MIG_A_ATTR_MISSING)
#define ORIGIN(name)	number(&self->dev, name, VFIO_MIG_A_ATTR_ORIGIN)

TEST_F(provider, comes_after_the_device)
{
	struct obj before = self->dev;

	EXPECT_FALSE(is_declared(&self->dev));
	EXPECT_EQ(VFIO_MIG_RULE_NONE, RULE("declared"));
	EXPECT_EQ(VFIO_MIG_RULE_EQUAL, RULE("driver.build"));

	PARAM("says", "version version 1.4.0;rule 5;severity 3 2");
	PARAM("registered", "1");
	TOLD();
	EXPECT_TRUE(is_declared(&self->dev));
	EXPECT_EQ(VFIO_MIG_RULE_ANY, RULE("declared"));
	EXPECT_EQ(VFIO_MIG_SEVERITY_UNDECIDED, SEVERITY("declared"));
	EXPECT_EQ(VFIO_MIG_RULE_ANY, RULE("driver.build"));
	EXPECT_EQ(VFIO_MIG_SEVERITY_UNDECIDED, SEVERITY("driver.build"));
	EXPECT_EQ(VFIO_MIG_SEVERITY_UNDECIDED, MISSING("driver.build"));
	EXPECT_EQ(VFIO_MIG_RULE_SEMVER, RULE("version"));
	EXPECT_EQ(VFIO_MIG_SEVERITY_FAIL, SEVERITY("version"));
	EXPECT_EQ(VFIO_MIG_SEVERITY_UNDECIDED, MISSING("version"));
	EXPECT_EQ(VFIO_MIG_ORIGIN_DRIVER, ORIGIN("version"));

	/* one for one driver */
	EXPECT_EQ(-EEXIST, file_write("1", PARAMS "/second"));
	UNCHANGED();

	PARAM("registered", "0");
	TOLD();
	EXPECT_TRUE(obj_same_but_seq(&before, &self->dev));
	EXPECT_EQ(0, file_write("1", PARAMS "/second"));
}

TEST_F(provider, comes_before_the_device)
{
	PARAM("says", "units units");
	PARAM("registered", "1");
	TOLD();
	ASSERT_EQ(0, bdf_unbind(self->bdf));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_DEL_NTF, event.cmd);

	ASSERT_EQ(0, bdf_bind(self->bdf));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_ADD_NTF, event.cmd);
	EXPECT_TRUE(is_declared(&event));
	EXPECT_EQ(2, number64(&event, "units"));
	EXPECT_EQ(-EAGAIN, nl_event(&self->mon, &event, QUIET_MS));

	/* it takes all that it has said with it */
	ASSERT_EQ(0, mod_remove(MODULE));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_CHANGE_NTF, event.cmd);
	EXPECT_FALSE(is_declared(&event));
	EXPECT_EQ(NULL, obj_attr(&event, "units"));
}

/* The nth member of a list. */
static const struct nlattr *entry(const struct obj *obj, const char *name,
				  __u16 type, unsigned int n)
{
	const struct nlattr *attr = obj_attr(obj, name), *nla = NULL;

	while (attr && (nla = attr_next(nla, attr_data(attr), attr_len(attr))))
		if (attr_type(nla) == type && !n--)
			return nla;
	return NULL;
}

static __u64 end_u64(const struct nlattr *range, __u16 end)
{
	const struct nlattr *nla = range ? attr_member(range, end) : NULL;
	__u64 value = ~0ULL;

	if (nla)
		nla = attr_member(nla, VFIO_MIG_A_ATTR_U64);
	if (nla)
		memcpy(&value, attr_data(nla), sizeof(value));
	return value;
}

#define EVERYTHING "bool ecc 1;severity 1 1;" \
	"u64 memory 4096;rule 7;settable-u64 1024 8192;settable-u64 9 9;" \
	"string kind gold;rule 4;accept-string silver;" \
	"version iface 2.1.3;rule 4;accept-version 2.0.2 2.0.4;" \
	"accept-version 2.1.0 -;accept-version - 3.1.0;" \
	"bits features 0x8000000000000005 1;rule 6;label 2 mq;label 64 x;" \
	"u64 lists 7;rule 4;accept-u64 0 3;" \
	"accept-u64 9 0xffffffffffffffff;" \
	"accept-u64 0 0xffffffffffffffff;" \
	"string none x;rule 3"

/* What each of the functions says stands on the wire, and nothing else. */
TEST_F(provider, says_everything)
{
	static const __u8 bits[] = { 5, 0, 0, 0, 0, 0, 0, 0x80, 1 };
	const struct nlattr *nla, *sub;
	__u32 v[3];
	int i;

	PARAM("says", EVERYTHING);
	PARAM("registered", "1");
	TOLD();

	EXPECT_EQ(VFIO_MIG_RULE_EQUAL, RULE("ecc"));
	EXPECT_EQ(VFIO_MIG_SEVERITY_INFO, SEVERITY("ecc"));
	EXPECT_EQ(4096, number64(&self->dev, "memory"));
	EXPECT_EQ(VFIO_MIG_RULE_AT_LEAST, RULE("memory"));
	nla = entry(&self->dev, "memory", VFIO_MIG_A_ATTR_SETTABLE, 0);
	EXPECT_EQ(1024, end_u64(nla, VFIO_MIG_A_RANGE_MIN));
	EXPECT_EQ(8192, end_u64(nla, VFIO_MIG_A_RANGE_MAX));
	nla = entry(&self->dev, "memory", VFIO_MIG_A_ATTR_SETTABLE, 1);
	EXPECT_EQ(9, end_u64(nla, VFIO_MIG_A_RANGE_VALUE));
	EXPECT_TRUE(is_text(&self->dev, "kind", "gold"));
	nla = entry(&self->dev, "kind", VFIO_MIG_A_ATTR_ACCEPT, 0);
	ASSERT_NE(NULL, nla);
	nla = attr_member(nla, VFIO_MIG_A_RANGE_VALUE);
	ASSERT_NE(NULL, nla);
	nla = attr_member(nla, VFIO_MIG_A_ATTR_STRING);
	ASSERT_NE(NULL, nla);
	EXPECT_STREQ("silver", attr_data(nla));
	nla = obj_value(&self->dev, "iface", VFIO_MIG_A_ATTR_VERSION);
	ASSERT_NE(NULL, nla);
	for (i = 0; i < 3; i++) {
		sub = attr_member(nla, VFIO_MIG_A_VERSION_MAJOR + i);
		ASSERT_NE(NULL, sub);
		memcpy(&v[i], attr_data(sub), sizeof(v[i]));
	}
	EXPECT_EQ(2, v[0]);
	EXPECT_EQ(1, v[1]);
	EXPECT_EQ(3, v[2]);
	nla = entry(&self->dev, "iface", VFIO_MIG_A_ATTR_ACCEPT, 1);
	ASSERT_NE(NULL, nla);
	EXPECT_NE(NULL, attr_member(nla, VFIO_MIG_A_RANGE_MIN));
	EXPECT_EQ(NULL, attr_member(nla, VFIO_MIG_A_RANGE_MAX));
	nla = entry(&self->dev, "iface", VFIO_MIG_A_ATTR_ACCEPT, 2);
	ASSERT_NE(NULL, nla);
	EXPECT_EQ(NULL, attr_member(nla, VFIO_MIG_A_RANGE_MIN));
	nla = obj_value(&self->dev, "features", VFIO_MIG_A_ATTR_BITS);
	ASSERT_NE(NULL, nla);
	ASSERT_EQ(sizeof(bits), attr_len(nla));
	EXPECT_EQ(0, memcmp(bits, attr_data(nla), sizeof(bits)));
	nla = entry(&self->dev, "features", VFIO_MIG_A_ATTR_LABEL, 1);
	EXPECT_NE(NULL, nla);
	nla = entry(&self->dev, "features", VFIO_MIG_A_ATTR_LABEL, 2);
	EXPECT_EQ(NULL, nla);
	nla = entry(&self->dev, "lists", VFIO_MIG_A_ATTR_ACCEPT, 1);
	ASSERT_NE(NULL, nla);
	EXPECT_EQ(9, end_u64(nla, VFIO_MIG_A_RANGE_MIN));
	EXPECT_EQ(NULL, attr_member(nla, VFIO_MIG_A_RANGE_MAX));
	nla = entry(&self->dev, "lists", VFIO_MIG_A_ATTR_ACCEPT, 2);
	ASSERT_NE(NULL, nla);
	EXPECT_EQ(0, attr_len(nla));
	EXPECT_EQ(VFIO_MIG_RULE_NONE, RULE("none"));
}

/* A description, and what of it the log is to say. */
static const struct {
	const char *says;
	const char *text;
} wrong[] = {
	{ "u64 a 1;error 5", ": it cannot describe it" },
	{ "u64 a 1;u64 Bad 1", ": Bad: name is not of" },
	{ "u64 a 1;string a.b a\001b", ": a.b: string is not" },
	{ "string a.c", ": a.c: string is not of" },
	{ "u64 driver 1", ": driver: another attribute" },
	{ "u64 a 1;u64 a 2", ": a: another attribute" },
	{ "u64 a 1;rule 5", ": a: rule does not fit" },
	{ "u64 a 1;rule 2;rule 2", ": a: member comes twice" },
	{ "bool a 1;settable-u64 1 2", ": a: list has a value of another" },
	{ "u64 a 1;settable-u64 2 1", ": a: min is above max" },
	{ "bits a 1 2 3 4;label 256 x", ": a: label of a bit" },
	{ "rule 2", ": more is said before" },
	{ "many 64 1", "more than 64 attributes" },
	{ "many 40 250", "more than 6144 bytes" },
	{ "many 64 300", "more than 6144 bytes" },
	{ "replace device_api 2", ": device_api: the rule" },
	{ "replace migratable 2", ": migratable: the rule" },
	{ "replace nothing 2", ": nothing: VFIO has no" },
	{ "u64 a 1;replace a 2", ": a: VFIO has no" },
	{ "replace driver 2;severity 1 1", ": driver: only the rule" },
	{ "replace driver 1;settable-string x", ": driver: only the rule" },
	{ "replace migration 1;label 5 x", ": migration: only the rule" },
	{ "replace driver 4", ": driver: one-of without" },
};

/* How many lines in the log have both texts. */
static unsigned int logged(const char *one, const char *other)
{
	char line[1024];
	unsigned int n = 0;
	int fd, len;

	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return 0;
	while ((len = read(fd, line, sizeof(line) - 1)) > 0 || errno == EPIPE) {
		if (len < 0)
			continue;
		line[len] = '\0';
		n += strstr(line, one) && strstr(line, other);
	}
	close(fd);
	return n;
}

TEST_F(provider, is_wrong)
{
	struct obj undeclared = self->dev;
	unsigned int i, before;

	PARAM("says", "u64 a 1");
	PARAM("registered", "1");
	TOLD();

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		before = logged(self->bdf, wrong[i].text);
		ASSERT_EQ(0, say(self->bdf, wrong[i].says));
		TOLD();
		EXPECT_TRUE(obj_same_but_seq(&undeclared, &self->dev)) {
			TH_LOG("half described: %s", wrong[i].says);
		}
		/* once, however often it is asked */
		ASSERT_EQ(0, say(self->bdf, wrong[i].says));
		UNCHANGED();
		EXPECT_EQ(before + 1, logged(self->bdf, wrong[i].text)) {
			TH_LOG("not logged once: %s", wrong[i].text);
		}

		ASSERT_EQ(0, say(self->bdf, "u64 a 1"));
		TOLD();
		EXPECT_TRUE(is_declared(&self->dev));
	}

	/* a device that it does not know is no fault */
	before = logged(self->bdf, "undeclared");
	ASSERT_EQ(0, say(self->bdf, "u64 a 1;error 19"));
	TOLD();
	EXPECT_TRUE(obj_same_but_seq(&undeclared, &self->dev));
	EXPECT_EQ(before, logged(self->bdf, "undeclared"));
}

/* It is asked again by itself. */
TEST_F(provider, has_no_memory)
{
	PARAM("says", "u64 a 1;error 12");
	PARAM("registered", "1");
	UNCHANGED();
	PARAM("says", "u64 a 1");
	TOLD();
	EXPECT_TRUE(is_declared(&self->dev));
	EXPECT_EQ(1, number64(&self->dev, "a"));
}

/* Without memory, what was said stands; who said it can go all the same. */
TEST_F(provider, goes_without_memory)
{
	if (run("modprobe -q vfio_mig_nomem 2>/dev/null"))
		SKIP(return, "no module vfio_mig_nomem, or no kprobes");
	PARAM("says", "u64 a 1");
	PARAM("registered", "1");
	TOLD();

	ASSERT_EQ(0, file_write("1000000000", NOMEM "/fail"));
	ASSERT_EQ(0, say(self->bdf, "u64 a 2"));
	UNCHANGED();
	ASSERT_EQ(0, mod_remove(MODULE));
	UNCHANGED();
	ASSERT_EQ(0, file_write("0", NOMEM "/fail"));
	TOLD();
	EXPECT_FALSE(is_declared(&self->dev));
	EXPECT_EQ(NULL, obj_attr(&self->dev, "a"));
}

/* What is set is set, even if for a while it cannot be told. */
TEST_F(provider, sets_without_memory)
{
	if (run("modprobe -q vfio_mig_nomem 2>/dev/null"))
		SKIP(return, "no module vfio_mig_nomem, or no kprobes");
	PARAM("says", "units units;settable-u64 1 8");
	PARAM("registered", "1");
	TOLD();

	ASSERT_EQ(0, file_write("1", NOMEM "/fail"));
	SET();
	put_u64(&self->req, "units", 4);
	put_u64(&self->req, "mine", 1);
	EXPECT_EQ(0, nl_ack(&self->nl, &self->req, NULL));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(1, number64(&event, "mine"));
	EXPECT_EQ(2, number64(&event, "units"));
	TOLD();
	EXPECT_EQ(4, number64(&self->dev, "units"));
}

/* Just what there is room for. */
TEST_F(provider, fills_the_profile)
{
	char says[32];
	int n;

	PARAM("registered", "1");
	drain(&self->mon);
	now(_metadata, &self->nl, &self->dev, &self->dev);
	for (n = 0; entry(&self->dev, "driver", VFIO_MIG_A_ATTR_NAME, 0) &&
	     n < VFIO_MIG_ATTRS_MAX; n++) {
		snprintf(says, sizeof(says), "many %u 1", n);
		ASSERT_EQ(0, say(self->bdf, says));
		drain(&self->mon);
		now(_metadata, &self->nl, &self->dev, &self->dev);
		if (!is_declared(&self->dev))
			break;
	}
	/* 13 of a PCI device's attributes are VFIO's */
	EXPECT_EQ(VFIO_MIG_ATTRS_MAX - 12 + 1, n);
}

TEST_F(provider, claims_names)
{
	char name[16];
	int i;

	SET();
	put_u64(&self->req, "units", 99);
	for (i = 1; i < VFIO_MIG_ADMIN_ATTRS_MAX; i++) {
		snprintf(name, sizeof(name), "a%u", i);
		put_u64(&self->req, name, i);
	}
	CHANGES();
	EXPECT_EQ(VFIO_MIG_ORIGIN_ADMIN, ORIGIN("units"));

	PARAM("says", "units units");
	PARAM("registered", "1");
	TOLD();
	EXPECT_EQ(VFIO_MIG_ORIGIN_DRIVER, ORIGIN("units"));
	EXPECT_EQ(2, number64(&self->dev, "units"));
	EXPECT_EQ(VFIO_MIG_ORIGIN_ADMIN, ORIGIN("a1"));

	DEL();
	i = req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "units");
	REFUSED(-ENOENT, "has not set this", i);
	SET();
	i = put_u64(&self->req, "units", 3);
	REFUSED(-EEXIST, "cannot be set", i);

	/* there is room for another, and the first does not come back */
	SET();
	put_u64(&self->req, "another", 1);
	CHANGES();
	PARAM("registered", "0");
	TOLD();
	EXPECT_EQ(NULL, obj_attr(&self->dev, "units"));
	EXPECT_NE(NULL, obj_attr(&self->dev, "another"));
}

/* What the driver says has the room that there is. */
TEST_F(provider, leaves_no_room)
{
	char value[VFIO_MIG_STRING_MAX + 1], name[16];
	unsigned int i, before = logged("no room for", "zz3");

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	SET();
	put_u64(&self->req, "aa", 1);
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "zz%u", i);
		put_str(&self->req, name, value);
	}
	CHANGES();

	PARAM("says", "many 14 250");
	PARAM("registered", "1");
	TOLD();
	EXPECT_TRUE(is_declared(&self->dev));
	EXPECT_NE(NULL, obj_attr(&self->dev, "many13"));
	EXPECT_NE(NULL, obj_attr(&self->dev, "aa"));
	EXPECT_EQ(NULL, obj_attr(&self->dev, "zz3"));
	EXPECT_EQ(before + 1, logged("no room for", "zz3"));
}

TEST_F(provider, replaces_rules)
{
	struct obj before = self->dev;

	SET();
	put_rule(&self->req, "pci.revision", VFIO_MIG_RULE_ANY);
	CHANGES();

	PARAM("says", "replace driver 4;accept-string old-name;"
	      "replace pci.device 2;replace pci.device 4;"
	      "accept-u64 1 2;u64 a 1");
	PARAM("registered", "1");
	TOLD();
	EXPECT_TRUE(is_declared(&self->dev));
	EXPECT_EQ(VFIO_MIG_RULE_ONE_OF, RULE("driver"));
	EXPECT_EQ(VFIO_MIG_ORIGIN_VFIO, ORIGIN("driver"));
	EXPECT_TRUE(is_text(&self->dev, "driver", "vfio-pci"));
	EXPECT_NE(NULL, entry(&self->dev, "driver", VFIO_MIG_A_ATTR_ACCEPT, 0));
	EXPECT_EQ(NULL, entry(&self->dev, "driver", VFIO_MIG_A_ATTR_ACCEPT, 1));
	EXPECT_EQ(VFIO_MIG_RULE_ONE_OF, RULE("pci.device"));
	EXPECT_EQ(number64(&before, "pci.device"),
		  number64(&self->dev, "pci.device"));
	/* that of the administrator's holds all the while */
	EXPECT_EQ(VFIO_MIG_RULE_ANY, RULE("pci.revision"));

	PARAM("registered", "0");
	TOLD();
	EXPECT_EQ(VFIO_MIG_RULE_EQUAL, RULE("driver"));
	EXPECT_EQ(VFIO_MIG_RULE_ANY, RULE("pci.revision"));
	DEL();
	req_put_str(&self->req, VFIO_MIG_A_CHANGE_NAME, "pci.revision");
	CHANGES();
	EXPECT_TRUE(obj_same_but_seq(&before, &self->dev));
}

#define SETTABLE "units units;settable-u64 1 8;u64 fixed 1;" \
	"string mode a;settable-string a;settable-string b;" \
	"version fw 1.0.0;settable-version 1.0.0 1.4.0"

static void is_got(struct __test_metadata *_metadata, const char *want)
{
	char got[4096];

	ASSERT_EQ(0, file_read(got, sizeof(got), PARAMS "/got"));
	EXPECT_STREQ(want, got);
	/* nothing at all would not be written */
	ASSERT_EQ(0, file_write("\n", PARAMS "/got"));
}

#define GOT(want) is_got(_metadata, want)

TEST_F(provider, sets_values)
{
	__u32 nest, offs;

	PARAM("says", SETTABLE);
	PARAM("registered", "1");
	TOLD();
	EXPECT_EQ(2, number64(&self->dev, "units"));

	SET();
	put_u64(&self->req, "units", 4);
	CHANGES();
	GOT("units=4;!");
	EXPECT_EQ(4, number64(&self->dev, "units"));
	EXPECT_EQ(VFIO_MIG_ORIGIN_DRIVER, ORIGIN("units"));

	/* all at once; what makes no difference makes no event */
	SET();
	put_str(&self->req, "mode", "b");
	put_u64(&self->req, "units", 4);
	nest = named(&self->req, "fw");
	put_version(&self->req, VFIO_MIG_A_ATTR_VERSION, 1, 2, 3);
	req_nest_end(&self->req, nest);
	EXPECT_EQ(0, nl_ack(&self->nl, &self->req, NULL));
	GOT("mode=b;units=4;fw=1.2.3;!");
	UNCHANGED();

	SET();
	offs = put_u64(&self->req, "units", 9);
	REFUSED(-EINVAL, "cannot be set to this value", offs);
	SET();
	offs = put_str(&self->req, "units", "4");
	REFUSED(-EINVAL, "another type", offs);
	SET();
	offs = put_str(&self->req, "mode", "c");
	REFUSED(-EINVAL, "cannot be set to this value", offs);
	SET();
	offs = put_u64(&self->req, "fixed", 2);
	REFUSED(-EEXIST, "it cannot be set", offs);
	SET();
	nest = named(&self->req, "units");
	req_put(&self->req, VFIO_MIG_A_ATTR_U64, "\3\0\0\0\0\0\0\0", 8);
	offs = req_put_u32(&self->req, VFIO_MIG_A_ATTR_RULE,
			   VFIO_MIG_RULE_EQUAL);
	req_nest_end(&self->req, nest);
	REFUSED(-EINVAL, "only the value", offs);
	SET();
	offs = put_rule(&self->req, "units", VFIO_MIG_RULE_ANY);
	REFUSED(-EINVAL, "is decided", offs);
	GOT("");
	UNCHANGED();

	/* when nobody can set it any more, it is nobody's */
	PARAM("registered", "0");
	TOLD();
	SET();
	put_u64(&self->req, "units", 9);
	CHANGES();
	EXPECT_EQ(VFIO_MIG_ORIGIN_ADMIN, ORIGIN("units"));
	GOT("");
}

TEST_F(provider, refuses_to_set)
{
	char long_reason[120];
	__u32 first, second;

	PARAM("says", SETTABLE);
	PARAM("registered", "1");
	TOLD();

	PARAM("refuse", "16 mode the device is open");
	SET();
	first = put_u64(&self->req, "units", 4);
	second = put_str(&self->req, "mode", "b");
	REFUSED(-EBUSY, "the device is open", second);
	GOT("units=4;mode=b;!");

	PARAM("refuse", "34 - too\001many");
	SET();
	first = put_u64(&self->req, "units", 4);
	put_str(&self->req, "mode", "b");
	REFUSED(-ERANGE, "too?many", first);

	PARAM("refuse", "5 -");
	SET();
	first = put_u64(&self->req, "units", 4);
	REFUSED(-EIO, "without a reason", first);

	memset(long_reason, 'x', sizeof(long_reason) - 1);
	memcpy(long_reason, "5 - ", 4);
	long_reason[sizeof(long_reason) - 1] = '\0';
	PARAM("refuse", long_reason);
	SET();
	first = put_u64(&self->req, "units", 4);
	/* as much of it as there is room for */
	long_reason[4 + MSG_MAX] = '\0';
	REFUSED(-EIO, long_reason + 4, first);
	UNCHANGED();
}

TEST_F(provider, sets_all_or_nothing)
{
	__u32 offs;

	PARAM("says", SETTABLE);
	PARAM("registered", "1");
	TOLD();

	SET();
	put_u64(&self->req, "units", 4);
	put_u64(&self->req, "mine", 1);
	CHANGES();
	GOT("units=4;!");
	EXPECT_EQ(4, number64(&self->dev, "units"));
	EXPECT_EQ(1, number64(&self->dev, "mine"));

	/* what is wrong on our side the driver never sees */
	SET();
	put_u64(&self->req, "units", 5);
	offs = put_u64(&self->req, "driver", 1);
	REFUSED(-EEXIST, "only a rule", offs);
	GOT("");

	PARAM("refuse", "16 units not now");
	SET();
	offs = put_u64(&self->req, "units", 5);
	put_u64(&self->req, "yours", 1);
	REFUSED(-EBUSY, "not now", offs);
	GOT("units=5;!");
	UNCHANGED();
	EXPECT_EQ(NULL, obj_attr(&self->dev, "yours"));

	/* by what it sets it may claim a name that is set with it */
	PARAM("refuse", "\n");
	PARAM("says", SETTABLE ";u64 yours 7");
	SET();
	put_u64(&self->req, "units", 6);
	put_u64(&self->req, "yours", 1);
	CHANGES();
	EXPECT_EQ(6, number64(&self->dev, "units"));
	EXPECT_EQ(7, number64(&self->dev, "yours"));
	EXPECT_EQ(VFIO_MIG_ORIGIN_DRIVER, ORIGIN("yours"));
	EXPECT_EQ(1, number64(&self->dev, "mine"));
}

TEST_F(provider, rights)
{
	PARAM("says", SETTABLE);
	PARAM("registered", "1");
	TOLD();
	SET();
	put_u64(&self->req, "units", 4);
	EXPECT_EQ(EPERM, ask_as(_metadata, &self->req, become_nobody));
	GOT("");
	UNCHANGED();
}

TEST_F(provider, is_changed)
{
	char changed[64];
	__u64 before;

	PARAM("says", "units units");
	PARAM("registered", "1");
	TOLD();

	snprintf(changed, sizeof(changed), "1 %s", self->bdf);
	before = asked();
	PARAM("changed", changed);
	UNCHANGED();
	EXPECT_LT(before, asked());

	PARAM("units", "3");
	PARAM("changed", changed);
	TOLD();
	EXPECT_EQ(3, number64(&self->dev, "units"));

	/* many are one, more or less */
	snprintf(changed, sizeof(changed), "100000 %s", self->bdf);
	before = asked();
	PARAM("units", "4");
	PARAM("changed", changed);
	TOLD();
	EXPECT_EQ(4, number64(&self->dev, "units"));
	EXPECT_GT(before + 50000, asked());

	/* of what is not published nothing is told */
	PARAM("registered", "0");
	TOLD();
	before = asked();
	PARAM("changed", changed);
	UNCHANGED();
	EXPECT_EQ(before, asked());
}

/* Does, until it is killed, what @step does. */
static pid_t over_and_over(void (*step)(const char *bdf), const char *bdf)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	while (getppid() != 1)
		step(bdf);
	_exit(0);
}

static void rebind(const char *bdf)
{
	bdf_unbind(bdf);
	bdf_bind(bdf);
}

static void recreate(const char *bdf)
{
	mtty_create(0, 1);
	mtty_remove(0);
}

static void set_units(const char *bdf)
{
	struct nl nl;
	struct req req;
	struct obj dev;

	if (nl_open(&nl))
		return;
	if (!nl_get_handle(&nl, VFIO_MIG_CMD_DEV_GET, "pci", NULL, bdf,
			   &dev)) {
		begin(&req, &nl, VFIO_MIG_CMD_ATTR_SET, dev.id);
		put_u64(&req, "units", 1 + now_ms() % 8);
		put_u64(&req, "mine", now_ms());
		nl_ack(&nl, &req, NULL);
	}
	nl_close(&nl);
}

static void storm(const char *bdf)
{
	char changed[64];

	snprintf(changed, sizeof(changed), "100 %s", bdf);
	file_write(changed, PARAMS "/changed");
}

/*
 * All at once. That no callback is left behind the module itself looks at, and
 * the kernel does.
 */
TEST_F(provider, comes_and_goes_at_any_moment)
{
	static void (*const steps[])(const char *bdf) = {
		rebind, set_units, storm, recreate,
	};
	pid_t pids[ARRAY_SIZE(steps)];
	unsigned int i, n = ARRAY_SIZE(steps), rounds;
	struct obj got;
	int status;

	rounds = share_of(ROUNDS / slowness());
	if (!mtty_there())
		n--;
	for (i = 0; i < n; i++)
		pids[i] = over_and_over(steps[i], self->bdf);

	for (i = 0; i < rounds; i++) {
		while (mod_remove(MODULE) == -EAGAIN)
			sleep_ms(1);
		EXPECT_EQ(0, load(i % 4 == 3 ? "mtty" : "vfio-pci", i % 3,
				  "units units;settable-u64 1 8", "u64 a 1"));
		file_write("0", PARAMS "/registered");
		file_write("1", PARAMS "/registered");
		sleep_ms(i);
	}

	for (i = 0; i < n; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], &status, 0);
	}
	mtty_clean();
	while (mod_remove(MODULE) == -EAGAIN)
		sleep_ms(1);
	bdfs_restore(&self->bdfs);
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "pci", NULL,
				   self->bdf, &got));
	EXPECT_FALSE(is_declared(&got));
	EXPECT_EQ(VFIO_MIG_RULE_NONE, number(&got, "declared",
					     VFIO_MIG_A_ATTR_RULE));
}

/* Whoever takes the device away waits until the driver has been asked. */
TEST_F(provider, device_goes_while_it_is_set)
{
	int status;
	pid_t pid;

	PARAM("says", SETTABLE);
	PARAM("registered", "1");
	TOLD();
	PARAM("pause", "500");
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct nl nl;

		if (nl_open(&nl))
			_exit(127);
		begin(&self->req, &nl, VFIO_MIG_CMD_ATTR_SET, self->dev.id);
		put_u64(&self->req, "units", 4);
		_exit(-nl_ack(&nl, &self->req, NULL));
	}
	while (1) {
		char running[16];

		ASSERT_EQ(0, file_read(running, sizeof(running),
				       PARAMS "/running"));
		if (atoi(running))
			break;
	}
	ASSERT_EQ(0, bdf_unbind(self->bdf));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	PARAM("pause", "0");
	GOT("units=4;!");
	/* what was set, and what has gone then */
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_CHANGE_NTF, event.cmd);
	EXPECT_EQ(4, number64(&event, "units"));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_DEL_NTF, event.cmd);
}

static void next(struct __test_metadata *_metadata, struct nl *mon, __u8 cmd,
		 const char *name)
{
	do {
		ASSERT_EQ(0, nl_event(mon, &event, SOON_MS));
		/* that it is one more or one less is told, too */
	} while (event.cmd != cmd || strcmp(event.name, name));
}

TEST_F(provider, describes_types)
{
	struct status status;
	struct obj type;

	if (!mtty_there())
		SKIP(return, "needs mtty");
	ASSERT_EQ(0, nl_status(&self->nl, &status));
	if (status.types)
		SKIP(return, "there are mediated devices of others");
	ASSERT_EQ(0, mod_remove(MODULE));
	ASSERT_EQ(0, load("mtty", 0, "u64 a 1;u64 pci.vendor 0x4348",
			  "u64 a 1;migratable 1"));

	/* a device shows whether it migrates, whatever the provider says */
	ASSERT_EQ(0, mtty_create(0, 1));
	next(_metadata, &self->mon, VFIO_MIG_CMD_TYPE_ADD_NTF, "mtty-1");
	EXPECT_TRUE(is_declared(&event));
	EXPECT_EQ(1, number64(&event, "a"));
	EXPECT_EQ(VFIO_MIG_ORIGIN_VFIO,
		  number(&event, "migratable", VFIO_MIG_A_ATTR_ORIGIN));
	next(_metadata, &self->mon, VFIO_MIG_CMD_TYPE_ADD_NTF, "mtty-2");
	EXPECT_EQ(VFIO_MIG_ORIGIN_DRIVER,
		  number(&event, "migratable", VFIO_MIG_A_ATTR_ORIGIN));
	EXPECT_EQ(VFIO_MIG_SEVERITY_UNDECIDED,
		  number(&event, "migratable", VFIO_MIG_A_ATTR_MISSING));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_ADD_NTF, event.cmd);
	EXPECT_TRUE(is_declared(&event));
	EXPECT_EQ(0x4348, number64(&event, "pci.vendor"));

	/* without any device */
	PARAM("announced", "1");
	EXPECT_EQ(-EEXIST, file_write("1", PARAMS "/announced"));
	ASSERT_EQ(0, mtty_remove(0));
	drain(&self->mon);
	ASSERT_EQ(0, nl_status(&self->nl, &status));
	EXPECT_EQ(2, status.types);
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_TYPE_GET, "mdev",
				   "mtty", "mtty-2", &type));

	PARAM("says_type", "u64 a 2;migratable 0");
	PARAM("types_changed", "1");
	next(_metadata, &self->mon, VFIO_MIG_CMD_TYPE_CHANGE_NTF, "mtty-2");
	EXPECT_EQ(2, number64(&event, "a"));
	EXPECT_EQ(VFIO_MIG_RULE_NONE,
		  number(&event, "migratable", VFIO_MIG_A_ATTR_RULE));
	PARAM("registered", "0");
	next(_metadata, &self->mon, VFIO_MIG_CMD_TYPE_CHANGE_NTF, "mtty-2");
	EXPECT_FALSE(is_declared(&event));
	EXPECT_EQ(NULL, obj_attr(&event, "a"));
	EXPECT_EQ(NULL, obj_attr(&event, "migratable"));

	PARAM("says_type", "u64 a 2;rule 6");
	PARAM("registered", "1");
	drain(&self->mon);
	EXPECT_LT(0, logged("type mtty-2 is undeclared", "does not fit"));
	PARAM("says_type", "u64 a 3");
	PARAM("types_changed", "1");
	next(_metadata, &self->mon, VFIO_MIG_CMD_TYPE_CHANGE_NTF, "mtty-2");
	EXPECT_EQ(3, number64(&event, "a"));

	PARAM("announced", "0");
	next(_metadata, &self->mon, VFIO_MIG_CMD_TYPE_DEL_NTF, "mtty-2");
	ASSERT_EQ(0, nl_status(&self->nl, &status));
	EXPECT_EQ(0, status.types);

	/* announced again, before the first device */
	PARAM("announced", "1");
	next(_metadata, &self->mon, VFIO_MIG_CMD_TYPE_ADD_NTF, "mtty-2");
	EXPECT_TRUE(is_declared(&event));
	ASSERT_EQ(0, mtty_create(0, 1));
	PARAM("announced", "0");
	ASSERT_EQ(0, nl_status(&self->nl, &status));
	EXPECT_EQ(2, status.types);
	ASSERT_EQ(0, mtty_remove(0));
	ASSERT_EQ(0, nl_status(&self->nl, &status));
	EXPECT_EQ(0, status.types);
}

TEST_HARNESS_MAIN
