// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to learn all about all VFIO devices: with one dump of the
 * family vfio_mig, and file by file from sysfs.
 *
 * Both ways fill the same table, which is compared once. What sysfs does not
 * have, whether and how a device migrates, only the dump tells; that it has
 * to encode and carry it counts against the dump.
 *
 * usage: dump RUNS, prints JSON: per run, nanoseconds for all devices.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/types.h>
#include <linux/vfio_mig.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#define DEVICES_MAX	1024
#define BUFFER_SIZE	32768
#define VFIO_DEVS	"/sys/class/vfio-dev"
/* How long one measurement goes on. */
#define MEASURE_NS	1000000000ULL

#define PCI_FACTS	6

/* What is asked of PCI devices, here and there. */
static const struct {
	const char *attr;
	const char *file;
} pci_facts[PCI_FACTS] = {
	{ "pci.vendor", "vendor" },
	{ "pci.device", "device" },
	{ "pci.class", "class" },
	{ "pci.subsystem-vendor", "subsystem_vendor" },
	{ "pci.subsystem-device", "subsystem_device" },
	{ "pci.revision", "revision" },
};

/* All that both ways tell of a device. */
struct facts {
	char bus[64];
	char name[64];
	char api[64];
	char driver[64];
	/* module and its version, if it has one, as they end driver.build */
	char module[64];
	char type[64];
	char type_name[256];
	__u64 pci[PCI_FACTS];
};

struct table {
	unsigned int n;
	unsigned int calls;
	size_t bytes;
	struct facts dev[DEVICES_MAX];
};

static struct table by_dump, by_sysfs;

static void die(const char *what)
{
	fprintf(stderr, "dump: %s: %s\n", what, strerror(errno));
	exit(1);
}

static __u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void copy(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

/* The dump */

static int sock;
static __u16 family;
/* Bytes of driver.build that are of the kernel, not of the driver. */
static size_t build_skip;

static const void *payload(const struct nlattr *nla)
{
	return (const char *)nla + NLA_HDRLEN;
}

static const struct nlattr *next(const struct nlattr *nla, const void *from,
				 size_t len)
{
	size_t at = 0;

	if (nla)
		at = (const char *)nla - (const char *)from +
		     NLA_ALIGN(nla->nla_len);
	return at + NLA_HDRLEN <= len ?
	       (const struct nlattr *)((const char *)from + at) : NULL;
}

static void ask(__u16 type, __u8 cmd, __u16 flags, const char *name)
{
	struct {
		struct nlmsghdr nlh;
		struct genlmsghdr genl;
		struct nlattr nla;
		char name[16];
	} req = {
		.nlh = {
			.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | flags,
		},
		.genl = { .cmd = cmd, .version = 1 },
	};

	if (name) {
		size_t len = strlen(name) + 1;

		memcpy(req.name, name, len);
		req.nla.nla_type = CTRL_ATTR_FAMILY_NAME;
		req.nla.nla_len = NLA_HDRLEN + len;
		req.nlh.nlmsg_len += NLA_HDRLEN + NLA_ALIGN(len);
	}
	if (send(sock, &req, req.nlh.nlmsg_len, 0) < 0)
		die("send");
}

static ssize_t answer(void *buf)
{
	ssize_t len = recv(sock, buf, BUFFER_SIZE, MSG_TRUNC);

	if (len < 0 || len > BUFFER_SIZE)
		die("recv");
	return len;
}

static void find_family(void)
{
	static __u32 buf[BUFFER_SIZE / 4];
	const struct nlmsghdr *nlh = (const void *)buf;
	const struct nlattr *nla = NULL;
	const void *from;

	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0)
		die("socket");
	ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0, VFIO_MIG_FAMILY_NAME);
	answer(buf);
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		errno = ENOENT;
		die("no family " VFIO_MIG_FAMILY_NAME);
	}

	from = (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;
	while ((nla = next(nla, from, NLMSG_PAYLOAD(nlh, GENL_HDRLEN))))
		if (nla->nla_type == CTRL_ATTR_FAMILY_ID)
			memcpy(&family, payload(nla), sizeof(family));
}

static void take_attr(struct facts *dev, const struct nlattr *attr)
{
	const struct nlattr *nla = NULL;
	const char *name = "", *str = "";
	size_t i, len = attr->nla_len - NLA_HDRLEN;
	__u64 num = 0;

	while ((nla = next(nla, payload(attr), len))) {
		switch (nla->nla_type & NLA_TYPE_MASK) {
		case VFIO_MIG_A_ATTR_NAME:
			name = payload(nla);
			break;
		case VFIO_MIG_A_ATTR_STRING:
			str = payload(nla);
			break;
		case VFIO_MIG_A_ATTR_U64:
			memcpy(&num, payload(nla), sizeof(num));
			break;
		}
	}

	if (!strcmp(name, "device_api"))
		copy(dev->api, sizeof(dev->api), str);
	else if (!strcmp(name, "driver"))
		copy(dev->driver, sizeof(dev->driver), str);
	else if (!strcmp(name, "driver.build"))
		copy(dev->module, sizeof(dev->module),
		     str + strnlen(str, build_skip));
	else if (!strcmp(name, "mdev.type"))
		copy(dev->type, sizeof(dev->type), str);
	else if (!strcmp(name, "mdev.name"))
		copy(dev->type_name, sizeof(dev->type_name), str);
	for (i = 0; i < PCI_FACTS; i++)
		if (!strcmp(name, pci_facts[i].attr))
			dev->pci[i] = num;
}

static void take_device(struct facts *dev, const struct nlmsghdr *nlh)
{
	const void *from = (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;
	const struct nlattr *nla = NULL;

	memset(dev, 0, sizeof(*dev));
	while ((nla = next(nla, from, NLMSG_PAYLOAD(nlh, GENL_HDRLEN)))) {
		switch (nla->nla_type & NLA_TYPE_MASK) {
		case VFIO_MIG_A_OBJECT_BUS:
			copy(dev->bus, sizeof(dev->bus), payload(nla));
			break;
		case VFIO_MIG_A_OBJECT_NAME:
			copy(dev->name, sizeof(dev->name), payload(nla));
			break;
		case VFIO_MIG_A_OBJECT_ATTR:
			take_attr(dev, nla);
			break;
		}
	}
}

static void read_dump(void)
{
	static __u32 buf[BUFFER_SIZE / 4];
	struct table *table = &by_dump;
	bool done = false;

	table->n = 0;
	table->calls = 1;
	table->bytes = 0;
	ask(family, VFIO_MIG_CMD_DEV_GET, NLM_F_DUMP, NULL);
	while (!done) {
		const struct nlmsghdr *nlh = (const void *)buf;
		ssize_t len = answer(buf);

		table->calls++;
		table->bytes += len;
		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_type == NLMSG_ERROR)
				die("the dump failed");
			if (nlh->nlmsg_type == NLMSG_DONE) {
				done = true;
				break;
			}
			if (table->n == DEVICES_MAX)
				die("too many devices");
			take_device(&table->dev[table->n++], nlh);
		}
	}
}

/* Sysfs */

static void path_of(char *path, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, PATH_MAX, fmt, args);
	va_end(args);
}

static bool read_file(const char *path, char *buf, size_t size)
{
	struct table *table = &by_sysfs;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	table->calls++;
	if (fd < 0)
		return false;
	len = read(fd, buf, size - 1);
	close(fd);
	table->calls += 2;
	if (len < 0)
		die(path);
	table->bytes += len;
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return true;
}

static bool read_link(const char *path, char *buf, size_t size)
{
	char to[PATH_MAX];
	ssize_t len = readlink(path, to, sizeof(to) - 1);
	const char *last;

	by_sysfs.calls++;
	if (len < 0)
		return false;
	to[len] = '\0';
	by_sysfs.bytes += len;
	last = strrchr(to, '/');
	copy(buf, size, last ? last + 1 : to);
	return true;
}

static void read_device(struct facts *dev, const char *vfio)
{
	char path[PATH_MAX], module[48], buf[256];
	size_t i;

	memset(dev, 0, sizeof(*dev));
	path_of(path, VFIO_DEVS "/%s/device", vfio);
	read_link(path, dev->name, sizeof(dev->name));
	path_of(path, VFIO_DEVS "/%s/device/subsystem", vfio);
	read_link(path, dev->bus, sizeof(dev->bus));
	path_of(path, VFIO_DEVS "/%s/device/driver", vfio);
	read_link(path, dev->driver, sizeof(dev->driver));

	path_of(path, VFIO_DEVS "/%s/device/driver/module", vfio);
	if (read_link(path, module, sizeof(module))) {
		path_of(path, "/sys/module/%s/version", module);
		if (read_file(path, buf, sizeof(buf)))
			snprintf(dev->module, sizeof(dev->module), " %s %.8s",
				 module, buf);
		else
			snprintf(dev->module, sizeof(dev->module), " %s",
				 module);
	}

	if (!strcmp(dev->bus, "mdev")) {
		path_of(path, VFIO_DEVS "/%s/device/mdev_type", vfio);
		read_link(path, dev->type, sizeof(dev->type));
		path_of(path, VFIO_DEVS "/%s/device/mdev_type/device_api",
			vfio);
		read_file(path, dev->api, sizeof(dev->api));
		path_of(path, VFIO_DEVS "/%s/device/mdev_type/name", vfio);
		read_file(path, dev->type_name, sizeof(dev->type_name));
		return;
	}
	snprintf(dev->api, sizeof(dev->api), "vfio-%.32s", dev->bus);
	for (i = 0; i < PCI_FACTS; i++) {
		path_of(path, VFIO_DEVS "/%s/device/%s", vfio,
			pci_facts[i].file);
		if (read_file(path, buf, sizeof(buf)))
			dev->pci[i] = strtoull(buf, NULL, 16);
	}
}

static void read_sysfs(void)
{
	struct table *table = &by_sysfs;
	const struct dirent *entry;
	DIR *dir = opendir(VFIO_DEVS);

	if (!dir)
		die(VFIO_DEVS);
	table->n = 0;
	table->bytes = 0;
	/* open, fstat, two times getdents, close */
	table->calls = 5;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (table->n == DEVICES_MAX)
			die("too many devices");
		read_device(&table->dev[table->n++], entry->d_name);
	}
	closedir(dir);
}

/* Both */

static int by_name(const void *a, const void *b)
{
	const struct facts *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Nothing is measured that does not give the same. */
static void compare(void)
{
	unsigned int i;

	read_dump();
	read_sysfs();
	qsort(by_dump.dev, by_dump.n, sizeof(by_dump.dev[0]), by_name);
	qsort(by_sysfs.dev, by_sysfs.n, sizeof(by_sysfs.dev[0]), by_name);
	errno = 0;
	if (by_dump.n != by_sysfs.n)
		die("the two do not see the same devices");
	for (i = 0; i < by_dump.n; i++) {
		const struct facts *a = &by_dump.dev[i];
		const struct facts *b = &by_sysfs.dev[i];

		if (!memcmp(a, b, sizeof(*a)))
			continue;
		fprintf(stderr, "%s/%s api %s driver %s%s type %s (%s)\n",
			a->bus, a->name, a->api, a->driver, a->module,
			a->type, a->type_name);
		fprintf(stderr, "%s/%s api %s driver %s%s type %s (%s)\n",
			b->bus, b->name, b->api, b->driver, b->module,
			b->type, b->type_name);
		die("the two do not say the same");
	}
}

/* Nanoseconds that one call takes, from as many as there is time for. */
static __u64 measure(void (*call)(void))
{
	__u64 begin = now(), end;
	unsigned int n = 0;

	do {
		call();
		n++;
		end = now();
	} while (end - begin < MEASURE_NS);
	return (end - begin) / n;
}

static unsigned int count(const char *bus)
{
	unsigned int i, n = 0;

	for (i = 0; i < by_dump.n; i++)
		n += !strcmp(by_dump.dev[i].bus, bus);
	return n;
}

int main(int argc, char **argv)
{
	int i, runs = argc > 1 ? atoi(argv[1]) : 0;
	struct utsname uts;

	if (runs < 1) {
		fprintf(stderr, "usage: dump RUNS\n");
		return 2;
	}

	uname(&uts);
	build_skip = strlen(uts.release) + 1 + strlen(uts.version);
	find_family();
	compare();
	if (!by_dump.n) {
		fprintf(stderr, "dump: no VFIO device\n");
		return 1;
	}

	printf("{\"devices\":%u,\"pci\":%u,\"mdev\":%u,", by_dump.n,
	       count("pci"), count("mdev"));
	printf("\"dump\":{\"calls\":%u,\"bytes\":%zu},", by_dump.calls,
	       by_dump.bytes);
	printf("\"sysfs\":{\"calls\":%u,\"bytes\":%zu},\"runs\":[",
	       by_sysfs.calls, by_sysfs.bytes);
	for (i = 0; i < runs; i++) {
		__u64 dump = measure(read_dump);
		__u64 sysfs = measure(read_sysfs);

		printf("%s{\"dump_ns\":%llu,\"sysfs_ns\":%llu}", i ? "," : "",
		       dump, sysfs);
	}
	printf("]}\n");
	return 0;
}
