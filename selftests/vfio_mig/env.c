// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "env.h"

#define VFIO_PCI	"/sys/bus/pci/drivers/vfio-pci"
#define MDEVS		"/sys/bus/mdev/devices"

/* Our mdevs, so that they can be told from others. */
#define UUID_FMT	"5e1f7e57-0000-4000-8000-%012x"
#define MTTY_MDEVS	32

static int read_path(char *buf, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	if (len < 0)
		return len;
	while (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return 0;
}

/* Without the newline at its end. */
int file_read(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	return read_path(buf, size, path);
}

int file_num(__u64 *value, const char *fmt, ...)
{
	char path[PATH_MAX], buf[64];
	int err;
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	err = read_path(buf, sizeof(buf), path);
	if (!err)
		*value = strtoull(buf, NULL, 0);
	return err;
}

int file_write(const char *value, const char *fmt, ...)
{
	char path[PATH_MAX];
	int fd, err = 0;
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* The last part of what a link leads to. */
bool file_link(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX], to[PATH_MAX];
	ssize_t len;
	char *last;
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	len = readlink(path, to, sizeof(to) - 1);
	if (len < 0)
		return false;
	to[len] = '\0';
	last = strrchr(to, '/');
	snprintf(buf, size, "%s", last ? last + 1 : to);
	return true;
}

bool file_is(const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	return !access(path, F_OK);
}

/* Returns the command's exit status. */
int run(const char *fmt, ...)
{
	char cmd[PATH_MAX];
	int status;
	va_list args;

	va_start(args, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, args);
	va_end(args);
	status = system(cmd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * A child that dies with its parent, also if that was dead before it could say
 * so: nothing that is left of a test may go on, and hold its output open.
 */
pid_t fork_tied(void)
{
	pid_t parent = getpid(), pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
	}
	return pid;
}

/*
 * Bytes that the kernel has allocated for itself. What is free says less: files
 * come into memory and go, and processors keep pages to themselves.
 */
long long allocated_bytes(void)
{
	unsigned long long kb, sum = 0;
	char line[128];
	FILE *file;

	file_write("1", "/proc/sys/vm/stat_refresh");
	file = fopen("/proc/meminfo", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "SUnreclaim: %llu", &kb) == 1 ||
		    sscanf(line, "VmallocUsed: %llu", &kb) == 1 ||
		    sscanf(line, "Percpu: %llu", &kb) == 1)
			sum += kb;
	if (file)
		fclose(file);
	return sum * 1024;
}

void sleep_ms(unsigned int ms)
{
	struct timespec ts = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000L,
	};

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/**
 * share_of() - how much of it this machine does
 * @all: of what need not be done on each of several machines
 */
unsigned int share_of(unsigned int all)
{
	const char *shares = getenv("VFIO_MIG_SHARES");

	return all / (shares ? atoi(shares) : 1);
}

/**
 * slowness() - how many times as long as with another kernel all takes
 */
unsigned int slowness(void)
{
	const char *slow = getenv("SLOW");

	return slow && atoi(slow) > 1 ? atoi(slow) : 1;
}

__u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* Those of the list that really are bound to vfio-pci. */
unsigned int bdfs_get(struct bdfs *bdfs)
{
	const char *env = getenv(ENV_BDF);
	char list[1024], *at, *bdf;

	bdfs->n = 0;
	if (!env)
		return 0;
	snprintf(list, sizeof(list), "%s", env);
	for (bdf = strtok_r(list, "\n ", &at); bdf && bdfs->n < BDFS_MAX;
	     bdf = strtok_r(NULL, "\n ", &at)) {
		if (strlen(bdf) >= BDF_SIZE ||
		    !file_is(VFIO_PCI "/%s", bdf))
			continue;
		memcpy(bdfs->name[bdfs->n++], bdf, strlen(bdf) + 1);
	}
	return bdfs->n;
}

/* To be called whatever a test has left. */
void bdfs_restore(const struct bdfs *bdfs)
{
	unsigned int i;

	for (i = 0; i < bdfs->n; i++)
		if (!file_is(VFIO_PCI "/%s", bdfs->name[i]))
			bdf_bind(bdfs->name[i]);
}

int bdf_bind(const char *bdf)
{
	return file_write(bdf, VFIO_PCI "/bind");
}

int bdf_unbind(const char *bdf)
{
	return file_write(bdf, VFIO_PCI "/unbind");
}

/* The kernel's sample driver of mediated devices: serial ports. */
bool mtty_there(void)
{
	if (file_is(MTTY))
		return true;
	return !run("modprobe -q mtty 2>/dev/null") && file_is(MTTY);
}

void mtty_uuid(char *buf, size_t size, unsigned int n)
{
	snprintf(buf, size, UUID_FMT, n);
}

int mtty_create(unsigned int n, unsigned int ports)
{
	char uuid[64];

	mtty_uuid(uuid, sizeof(uuid), n);
	return file_write(uuid, MTTY "/mdev_supported_types/mtty-%u/create",
			  ports);
}

int mtty_remove(unsigned int n)
{
	char uuid[64];

	mtty_uuid(uuid, sizeof(uuid), n);
	return file_write("1", MDEVS "/%s/remove", uuid);
}

/* As many as there is room for, at most @n. Returns how many. */
unsigned int mtty_fill(unsigned int first, unsigned int n)
{
	unsigned int i;

	if (!mtty_there())
		return 0;
	for (i = 0; i < n; i++)
		if (mtty_create(first + i, 1))
			break;
	return i;
}

/* Removes all that any test has created. */
void mtty_clean(void)
{
	unsigned int n;

	for (n = 0; n < MTTY_MDEVS; n++)
		mtty_remove(n);
}

int mod_path(char *buf, size_t size, const char *name)
{
	char cmd[128];
	FILE *file;
	int err = -ENOENT;

	snprintf(cmd, sizeof(cmd), "modinfo -n %s 2>/dev/null", name);
	file = popen(cmd, "r");
	if (!file)
		return -errno;
	if (fgets(buf, size, file)) {
		buf[strcspn(buf, "\n")] = '\0';
		err = access(buf, R_OK) ? -errno : 0;
	}
	pclose(file);
	return err;
}

int mod_insert(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, "", 0))
		err = -errno;
	close(fd);
	return err;
}

/* -EAGAIN if the module is in use. */
int mod_remove(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

bool mod_loaded(const char *name)
{
	return file_is("/sys/module/%s/initstate", name);
}

long mod_refs(const char *name)
{
	__u64 refs;

	return file_num(&refs, "/sys/module/%s/refcnt", name) ? -1 : (long)refs;
}
