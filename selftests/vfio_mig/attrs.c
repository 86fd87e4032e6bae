// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attributes that the core itself gives to every device and type: all of
 * them, with the values that sysfs and VFIO have, and nothing else.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <linux/vfio.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

#define MESSAGE_MAX	16384

static const char name_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

/* How an attribute is when it is as most are. */
struct want {
	const char *name;
	__u16 type;
	__u32 rule;
	__u32 severity;
	__u32 missing;
	/* in sysfs, in the device's folder, if it stands there as such */
	const char *file;
	/* only of this bus */
	const char *bus;
};

#define EQUAL		VFIO_MIG_RULE_EQUAL
#define ANY		VFIO_MIG_RULE_ANY
#define NONE		VFIO_MIG_RULE_NONE
#define INFO		VFIO_MIG_SEVERITY_INFO
#define UNDECIDED	VFIO_MIG_SEVERITY_UNDECIDED
#define FAIL		VFIO_MIG_SEVERITY_FAIL
#define BOOL		VFIO_MIG_A_ATTR_BOOL
#define U64		VFIO_MIG_A_ATTR_U64
#define STRING		VFIO_MIG_A_ATTR_STRING
#define BITS		VFIO_MIG_A_ATTR_BITS

static const struct want of_device[] = {
	{ "declared", BOOL, NONE, UNDECIDED, UNDECIDED },
	{ "device_api", STRING, EQUAL, FAIL, FAIL },
	{ "driver", STRING, EQUAL, FAIL, FAIL },
	{ "driver.build", STRING, EQUAL, UNDECIDED, UNDECIDED },
	{ "mdev.name", STRING, ANY, INFO, INFO, "mdev_type/name", "mdev" },
	{ "mdev.type", STRING, EQUAL, FAIL, UNDECIDED, NULL, "mdev" },
	/* the rule depends on the value */
	{ "migratable", BOOL, 0, FAIL, UNDECIDED },
	{ "migration", BITS, ANY, INFO, INFO },
	{ "pci.class", U64, EQUAL, FAIL, UNDECIDED, "class", "pci" },
	{ "pci.device", U64, EQUAL, FAIL, UNDECIDED, "device", "pci" },
	{ "pci.revision", U64, EQUAL, UNDECIDED, UNDECIDED, "revision",
	  "pci" },
	{ "pci.subsystem-device", U64, EQUAL, UNDECIDED, UNDECIDED,
	  "subsystem_device", "pci" },
	{ "pci.subsystem-vendor", U64, EQUAL, UNDECIDED, UNDECIDED,
	  "subsystem_vendor", "pci" },
	{ "pci.vendor", U64, EQUAL, FAIL, UNDECIDED, "vendor", "pci" },
};

static const struct want of_type[] = {
	{ "declared", BOOL, NONE, UNDECIDED, UNDECIDED },
	{ "device_api", STRING, EQUAL, FAIL, FAIL, "device_api" },
	{ "driver", STRING, EQUAL, FAIL, FAIL },
	{ "driver.build", STRING, EQUAL, UNDECIDED, UNDECIDED },
	{ "mdev.name", STRING, ANY, INFO, INFO, "name" },
	{ "mdev.type", STRING, EQUAL, FAIL, UNDECIDED },
	{ "migratable", BOOL, 0, FAIL, UNDECIDED },
};

FIXTURE(attrs) {
	struct nl nl;
	unsigned int mdevs;
};

static struct objs devs, types;

FIXTURE_SETUP(attrs)
{
	ASSERT_EQ(0, nl_open(&self->nl));
	mtty_clean();
	if (mtty_there()) {
		ASSERT_EQ(0, mtty_create(0, 1));
		ASSERT_EQ(0, mtty_create(1, 2));
		self->mdevs = 2;
	}
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_DEV_GET, &devs));
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_TYPE_GET, &types));
	if (!devs.n) {
		mtty_clean();
		SKIP(return, "no VFIO device");
	}
}

FIXTURE_TEARDOWN_PARENT(attrs)
{
	mtty_clean();
}

static const char *get_str(const struct obj *obj, const char *name)
{
	const struct nlattr *nla = obj_value(obj, name, STRING);

	return nla ? attr_data(nla) : NULL;
}

static __u64 get_u64(const struct obj *obj, const char *name)
{
	const struct nlattr *nla = obj_value(obj, name, U64);
	__u64 value = ~0ULL;

	if (nla)
		memcpy(&value, attr_data(nla), sizeof(value));
	return value;
}

static int get_bool(const struct obj *obj, const char *name)
{
	const struct nlattr *nla = obj_value(obj, name, BOOL);

	return nla ? *(const __u8 *)attr_data(nla) : -1;
}

static __u32 get_u32(const struct nlattr *attr, __u16 type)
{
	const struct nlattr *nla = attr_member(attr, type);
	__u32 value = 0;

	if (nla && attr_len(nla) == sizeof(value))
		memcpy(&value, attr_data(nla), sizeof(value));
	return value;
}

static bool bit(const struct obj *obj, const char *name, unsigned int n)
{
	const struct nlattr *nla = obj_value(obj, name, BITS);
	const __u8 *bytes;

	if (!nla || n / 8 >= attr_len(nla))
		return false;
	bytes = attr_data(nla);
	return bytes[n / 8] & 1 << n % 8;
}

/* The folder of a device or type in sysfs. */
static void folder(const struct obj *obj, char *buf, size_t size)
{
	if (obj_is_type(obj))
		snprintf(buf, size,
			 "/sys/class/mdev_bus/%s/mdev_supported_types/%s",
			 obj->parent, obj->name);
	else
		snprintf(buf, size, "/sys/bus/%s/devices/%s", obj->bus,
			 obj->name);
}

/* The folder of its driver; types have that of any of their devices. */
static void driver_folder(const struct obj *obj, char *buf, size_t size)
{
	char uuid[64];

	if (obj_is_type(obj)) {
		mtty_uuid(uuid, sizeof(uuid), 0);
		snprintf(buf, size, "/sys/bus/mdev/devices/%s/driver", uuid);
	} else {
		folder(obj, buf, size);
		strncat(buf, "/driver", size - strlen(buf) - 1);
	}
}

/*
 * Every member of an attribute is known, has its width, and stands in it once,
 * and one of them is a value.
 */
static void check_nest(struct __test_metadata *_metadata,
		       const struct nlattr *attr, const char *name)
{
	unsigned int values = 0, n[VFIO_MIG_A_ATTR_MAX + 1] = {};
	const struct nlattr *nla = NULL;
	size_t seen = 0;

	while ((nla = attr_sub(nla, attr))) {
		__u16 type = attr_type(nla);
		size_t len = attr_len(nla);
		const char *data = attr_data(nla);

		seen += NLA_ALIGN(nla->nla_len);
		ASSERT_LE(1, type);
		ASSERT_GE(VFIO_MIG_A_ATTR_MAX, type);
		n[type]++;
		switch (type) {
		case VFIO_MIG_A_ATTR_BOOL:
			values++;
			EXPECT_EQ(1, len);
			EXPECT_GE(1, (__u8)data[0]);
			break;
		case VFIO_MIG_A_ATTR_U64:
			values++;
			EXPECT_EQ(8, len);
			break;
		case VFIO_MIG_A_ATTR_STRING:
			values++;
			EXPECT_LE(2, len);
			EXPECT_GE(VFIO_MIG_STRING_MAX + 1, len);
			EXPECT_EQ(len - 1, strnlen(data, len));
			for (; len > 1; len--)
				EXPECT_FALSE(iscntrl((__u8)*data++));
			break;
		case VFIO_MIG_A_ATTR_BITS:
			values++;
			EXPECT_GE(VFIO_MIG_BITS_MAX / 8, len);
			if (len)
				EXPECT_NE(0, data[len - 1]);
			break;
		case VFIO_MIG_A_ATTR_VERSION:
			values++;
			break;
		case VFIO_MIG_A_ATTR_NAME:
			EXPECT_LE(2, len);
			EXPECT_GE(VFIO_MIG_NAME_MAX + 1, len);
			EXPECT_EQ(len - 1, strnlen(data, len));
			EXPECT_TRUE(islower(*data) || isdigit(*data));
			EXPECT_EQ(len - 1, strspn(data, name_chars));
			break;
		case VFIO_MIG_A_ATTR_RULE:
		case VFIO_MIG_A_ATTR_SEVERITY:
		case VFIO_MIG_A_ATTR_MISSING:
		case VFIO_MIG_A_ATTR_ORIGIN:
		case VFIO_MIG_A_ATTR_SCOPE:
			EXPECT_EQ(4, len);
			break;
		}
		if (type != VFIO_MIG_A_ATTR_LABEL)
			EXPECT_EQ(1, n[type]);
	}
	EXPECT_EQ(1, values) {
		TH_LOG("%s has %u values", name, values);
	}
	EXPECT_EQ(1, n[VFIO_MIG_A_ATTR_RULE]);
	EXPECT_EQ(1, n[VFIO_MIG_A_ATTR_SEVERITY]);
	EXPECT_EQ(1, n[VFIO_MIG_A_ATTR_MISSING]);
	EXPECT_EQ(1, n[VFIO_MIG_A_ATTR_ORIGIN]);
	EXPECT_EQ(NLA_ALIGN(attr_len(attr)), seen);
}

static void check_labels(struct __test_metadata *_metadata,
			 const struct nlattr *attr)
{
	static const struct {
		__u32 bit;
		const char *name;
	} want[] = {
		{ 0, "stop-copy" }, { 1, "p2p" }, { 2, "pre-copy" },
		{ 64, "dirty-log" },
	};
	const struct nlattr *nla = NULL, *name;
	unsigned int n = 0;

	while ((nla = attr_sub(nla, attr))) {
		if (attr_type(nla) != VFIO_MIG_A_ATTR_LABEL)
			continue;
		ASSERT_GT(ARRAY_SIZE(want), n);
		EXPECT_EQ(want[n].bit, get_u32(nla, VFIO_MIG_A_LABEL_BIT));
		name = attr_member(nla, VFIO_MIG_A_LABEL_NAME);
		ASSERT_NE(NULL, name);
		EXPECT_STREQ(want[n].name, attr_data(name));
		n++;
	}
	EXPECT_EQ(ARRAY_SIZE(want), n);
}

/* What an object says of itself, against the table and sysfs. */
static void check_object(struct __test_metadata *_metadata,
			 const struct obj *obj, const struct want *wants,
			 size_t n_wants)
{
	const struct nlattr *attr = NULL;
	size_t i, wire = 0, n = 0;
	char dir[PATH_MAX / 2], last[VFIO_MIG_NAME_MAX + 1] = "";

	folder(obj, dir, sizeof(dir));
	while ((attr = attr_next(attr, obj->wire, obj->len))) {
		const struct nlattr *name;

		if (attr_type(attr) != VFIO_MIG_A_OBJECT_ATTR)
			continue;
		n++;
		wire += NLA_ALIGN(attr->nla_len);
		name = attr_member(attr, VFIO_MIG_A_ATTR_NAME);
		ASSERT_NE(NULL, name);
		check_nest(_metadata, attr, attr_data(name));

		/* in order, and so none twice */
		EXPECT_LT(strcmp(last, attr_data(name)), 0);
		snprintf(last, sizeof(last), "%s",
			 (const char *)attr_data(name));

		/* what a provider adds is not ours to judge */
		if (get_u32(attr, VFIO_MIG_A_ATTR_ORIGIN) !=
		    VFIO_MIG_ORIGIN_VFIO)
			continue;
		for (i = 0; i < n_wants; i++)
			if (!strcmp(wants[i].name, attr_data(name)))
				break;
		EXPECT_NE(n_wants, i) {
			TH_LOG("%s has %s", obj->name,
			       (const char *)attr_data(name));
		}
	}
	EXPECT_LE(1, n);
	EXPECT_GE(VFIO_MIG_ATTRS_MAX, n);
	EXPECT_GE(VFIO_MIG_PROFILE_MAX, wire);
	EXPECT_GT(MESSAGE_MAX, obj->len);

	for (i = 0; i < n_wants; i++) {
		const struct want *want = &wants[i];
		__u32 rule = want->rule;
		char value[256];

		attr = obj_attr(obj, want->name);
		if (want->bus && strcmp(want->bus, obj->bus)) {
			EXPECT_EQ(NULL, attr);
			continue;
		}
		ASSERT_NE(NULL, attr) {
			TH_LOG("%s has no %s", obj->name, want->name);
		}
		EXPECT_NE(NULL, attr_member(attr, want->type));
		if (!rule)
			rule = get_bool(obj, want->name) ? EQUAL : NONE;
		EXPECT_EQ(rule, get_u32(attr, VFIO_MIG_A_ATTR_RULE)) {
			TH_LOG("rule of %s", want->name);
		}
		EXPECT_EQ(want->severity,
			  get_u32(attr, VFIO_MIG_A_ATTR_SEVERITY)) {
			TH_LOG("severity of %s", want->name);
		}
		EXPECT_EQ(want->missing,
			  get_u32(attr, VFIO_MIG_A_ATTR_MISSING)) {
			TH_LOG("missing of %s", want->name);
		}
		EXPECT_EQ(VFIO_MIG_ORIGIN_VFIO,
			  get_u32(attr, VFIO_MIG_A_ATTR_ORIGIN)) {
			TH_LOG("origin of %s", want->name);
		}
		if (!want->file)
			continue;
		ASSERT_EQ(0, file_read(value, sizeof(value), "%s/%s", dir,
				       want->file));
		if (want->type == U64) {
			EXPECT_EQ(strtoull(value, NULL, 0),
				  get_u64(obj, want->name));
		} else {
			EXPECT_STREQ(value, get_str(obj, want->name));
		}
	}
}

/* The driver's name and all that tells one build of it from another. */
static void check_driver(struct __test_metadata *_metadata,
			 const struct obj *obj)
{
	char dir[PATH_MAX / 2], name[256], module[256] = "", version[256];
	char build[1024];
	struct utsname uts;
	int n;

	driver_folder(obj, dir, sizeof(dir));
	ASSERT_TRUE(file_link(name, sizeof(name), "%s", dir));
	EXPECT_STREQ(name, get_str(obj, "driver"));

	uname(&uts);
	n = snprintf(build, sizeof(build), "%s %s", uts.release, uts.version);
	if (file_link(module, sizeof(module), "%s/module", dir)) {
		n += snprintf(build + n, sizeof(build) - n, " %s", module);
		if (!file_read(version, sizeof(version),
			       "/sys/module/%s/version", module))
			snprintf(build + n, sizeof(build) - n, " %s", version);
	}
	build[VFIO_MIG_STRING_MAX] = '\0';
	EXPECT_STREQ(build, get_str(obj, "driver.build"));
	EXPECT_EQ(0, get_bool(obj, "declared"));
}

TEST_F(attrs, of_devices)
{
	char link[256];
	unsigned int i;

	for (i = 0; i < devs.n; i++) {
		struct obj *obj = &devs.o[i];
		char api[VFIO_MIG_BUS_MAX + 8];
		char dir[PATH_MAX / 2];

		EXPECT_FALSE(obj_is_type(obj));
		EXPECT_FALSE(obj->has_available);
		folder(obj, dir, sizeof(dir));
		/* it is what it says, and it is a VFIO device */
		ASSERT_TRUE(file_is("%s/vfio-dev", dir));
		ASSERT_TRUE(file_link(link, sizeof(link), "%s/subsystem",
				      dir));
		EXPECT_STREQ(link, obj->bus);

		check_object(_metadata, obj, of_device,
			     ARRAY_SIZE(of_device));
		check_driver(_metadata, obj);
		check_labels(_metadata, obj_attr(obj, "migration"));

		if (!strcmp(obj->bus, "mdev")) {
			EXPECT_EQ(0, file_read(api, sizeof(api),
					       "%s/mdev_type/device_api",
					       dir));
			ASSERT_TRUE(file_link(link, sizeof(link),
					      "%s/mdev_type", dir));
			EXPECT_STREQ(link, get_str(obj, "mdev.type"));
		} else {
			snprintf(api, sizeof(api), "vfio-%s", obj->bus);
		}
		EXPECT_STREQ(api, get_str(obj, "device_api"));
	}
}

TEST_F(attrs, of_types)
{
	unsigned int i;

	if (!self->mdevs)
		SKIP(return, "no mtty: no types");

	for (i = 0; i < types.n; i++) {
		struct obj *obj = &types.o[i];

		EXPECT_TRUE(obj_is_type(obj));
		EXPECT_TRUE(obj->has_available);
		EXPECT_STREQ("mdev", obj->bus);
		check_object(_metadata, obj, of_type, ARRAY_SIZE(of_type));
		check_driver(_metadata, obj);
		EXPECT_STREQ(obj->name, get_str(obj, "mdev.type"));
	}
}

/* Devices of one kind agree in all that makes the kind. */
TEST_F(attrs, of_a_type_are_its_devices)
{
	static const char *const same[] = {
		"declared", "device_api", "driver", "driver.build",
		"mdev.name", "mdev.type", "migratable",
	};
	unsigned int i, j, k, n = 0;

	if (!self->mdevs)
		SKIP(return, "no mtty: no types");

	for (i = 0; i < types.n; i++) {
		for (j = 0; j < devs.n; j++) {
			const char *name = get_str(&devs.o[j], "mdev.type");

			if (!name || strcmp(name, types.o[i].name))
				continue;
			n++;
			for (k = 0; k < ARRAY_SIZE(same); k++) {
				const struct nlattr *a, *b;

				a = obj_attr(&types.o[i], same[k]);
				b = obj_attr(&devs.o[j], same[k]);
				ASSERT_NE(NULL, a) {
					TH_LOG("the type has no %s", same[k]);
				}
				ASSERT_NE(NULL, b);
				ASSERT_EQ(attr_len(a), attr_len(b));
				EXPECT_EQ(0, memcmp(a, b, a->nla_len));
			}
		}
	}
	EXPECT_EQ(self->mdevs, n);
}

/* Opens a device as QEMU would. */
static int vfio_open(const char *dir, const char *name, int *container,
		     int *group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char number[64], path[PATH_MAX];

	*container = -1;
	*group = -1;
	if (!file_link(number, sizeof(number), "%s/iommu_group", dir))
		return -1;
	snprintf(path, sizeof(path), "/dev/vfio/%s", number);
	run("modprobe -q vfio_iommu_type1 2>/dev/null");
	*group = open(path, O_RDWR | O_CLOEXEC);
	*container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (*group < 0 || *container < 0 ||
	    ioctl(*group, VFIO_GROUP_GET_STATUS, &status) ||
	    !(status.flags & VFIO_GROUP_FLAGS_VIABLE) ||
	    ioctl(*group, VFIO_GROUP_SET_CONTAINER, container) ||
	    ioctl(*container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -1;
	return ioctl(*group, VFIO_GROUP_GET_DEVICE_FD, name);
}

/* VFIO's own word, from the device itself. */
static bool vfio_migration(int dev, __u64 *flags, bool *log)
{
	struct {
		struct vfio_device_feature feature;
		struct vfio_device_feature_migration mig;
	} get = {
		.feature = {
			.argsz = sizeof(get),
			.flags = VFIO_DEVICE_FEATURE_GET |
				 VFIO_DEVICE_FEATURE_MIGRATION,
		},
	};
	struct vfio_device_feature probe = {
		.argsz = sizeof(probe),
		.flags = VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET |
			 VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
	};

	*flags = 0;
	if (!ioctl(dev, VFIO_DEVICE_FEATURE, &get))
		*flags = get.mig.flags;
	else if (errno != ENOTTY)
		return false;
	*log = !ioctl(dev, VFIO_DEVICE_FEATURE, &probe);
	return true;
}

TEST_F(attrs, migration_is_what_vfio_says)
{
	unsigned int i, n, asked = 0, migrating = 0;

	for (i = 0; i < devs.n; i++) {
		struct obj *obj = &devs.o[i];
		int container, group, dev;
		char dir[PATH_MAX / 2];
		__u64 flags = 0;
		bool log = false;

		/* whatever VFIO says, the two agree with each other */
		EXPECT_EQ(bit(obj, "migration", 0),
			  get_bool(obj, "migratable"));

		folder(obj, dir, sizeof(dir));
		dev = vfio_open(dir, obj->name, &container, &group);
		if (dev >= 0) {
			ASSERT_TRUE(vfio_migration(dev, &flags, &log));
			asked++;
			migrating += !!flags;
			for (n = 0; n < 64; n++)
				EXPECT_EQ(!!(flags & 1ULL << n),
					  bit(obj, "migration", n));
			for (; n < VFIO_MIG_BITS_MAX; n++)
				EXPECT_EQ(n == 64 && log,
					  bit(obj, "migration", n));
			EXPECT_EQ(!!(flags & VFIO_MIGRATION_STOP_COPY),
				  get_bool(obj, "migratable"));
			close(dev);
		}
		close(group);
		close(container);
	}
	TH_LOG("%u of %u devices were asked, %u of them migrate", asked,
	       devs.n, migrating);
	if (!asked)
		SKIP(return, "no device could be opened");
}

TEST_F(attrs, status_tells_the_limits)
{
	struct status status;

	ASSERT_EQ(0, nl_status(&self->nl, &status));
	EXPECT_NE(0, status.instance);
	EXPECT_EQ(devs.n, status.devices);
	EXPECT_EQ(types.n, status.types);
	EXPECT_EQ(0, status.undescribed);
	EXPECT_EQ(VFIO_MIG_ATTRS_MAX, status.attrs_max);
	EXPECT_EQ(VFIO_MIG_PROFILE_MAX, status.profile_max);
}

TEST_HARNESS_MAIN
