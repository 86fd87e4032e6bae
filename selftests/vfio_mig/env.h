/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine that a test runs in: which devices it may take from their
 * driver, which it can make, and the modules.
 */
#ifndef SELFTESTS_VFIO_MIG_ENV_H
#define SELFTESTS_VFIO_MIG_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/types.h>

#ifndef __printf
#define __printf(fmt, args) __attribute((__format__(printf, fmt, args)))
#endif

/*
 * PCI devices that are bound to vfio-pci, in use by nobody, and that a test
 * may take away and give back: their addresses, with spaces between.
 */
#define ENV_BDF		"VFIO_MIG_SELFTESTS_BDF"

/* In which a thing happens that must happen, however slow the machine is. */
#define SOON_MS		60000

/* Likewise, in seconds, a test comes to its end. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	400

#define BDFS_MAX	16
#define BDF_SIZE	16
#define MTTY		"/sys/class/mdev_bus/mtty"

struct bdfs {
	unsigned int n;
	char name[BDFS_MAX][BDF_SIZE];
};

int file_read(char *buf, size_t size, const char *fmt, ...)
	__printf(3, 4);
int file_write(const char *value, const char *fmt, ...)
	__printf(2, 3);
int file_num(__u64 *value, const char *fmt, ...)
	__printf(2, 3);
bool file_link(char *buf, size_t size, const char *fmt, ...)
	__printf(3, 4);
bool file_is(const char *fmt, ...) __printf(1, 2);

int run(const char *fmt, ...) __printf(1, 2);
pid_t fork_tied(void);
long long allocated_bytes(void);
void sleep_ms(unsigned int ms);
__u64 now_ms(void);
unsigned int share_of(unsigned int all);
unsigned int slowness(void);

unsigned int bdfs_get(struct bdfs *bdfs);
void bdfs_restore(const struct bdfs *bdfs);
int bdf_bind(const char *bdf);
int bdf_unbind(const char *bdf);

bool mtty_there(void);
void mtty_uuid(char *buf, size_t size, unsigned int n);
int mtty_create(unsigned int n, unsigned int ports);
int mtty_remove(unsigned int n);
unsigned int mtty_fill(unsigned int first, unsigned int n);
void mtty_clean(void);

int mod_path(char *buf, size_t size, const char *name);
int mod_insert(const char *path);
int mod_remove(const char *name);
bool mod_loaded(const char *name);
long mod_refs(const char *name);

#endif
