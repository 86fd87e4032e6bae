// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/kcov.h>
#include <linux/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "cover.h"

#define KCOV		"/sys/kernel/debug/kcov"
#define TRACE_SIZE	(1UL << 19)
#define TABLE_SIZE	(1UL << 18)

/*
 * What was reached so far, in memory that all players share: for each pair how
 * often, in classes, one bit each; and each place.
 */
static struct shared {
	struct cover cover;
	__u8 classes[TABLE_SIZE];
	unsigned long places[TABLE_SIZE];
} *shared;

static int fd = -1;
static unsigned long *trace;

/* Of the last request. */
static __u8 counts[TABLE_SIZE];
static __u32 touched[TRACE_SIZE];

/**
 * cover_open - look whether this kernel can tell
 *
 * To be called by somebody who may, and by each player for itself.
 *
 * Return: true if it can.
 */
bool cover_open(void)
{
	fd = open(KCOV, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (ioctl(fd, KCOV_INIT_TRACE, TRACE_SIZE))
		return false;
	trace = mmap(NULL, TRACE_SIZE * sizeof(*trace), PROT_READ | PROT_WRITE,
		     MAP_SHARED, fd, 0);
	return trace != MAP_FAILED;
}

/**
 * cover_share - make the memory that players share, before there are any
 *
 * Return: what was reached, as it is at any time.
 */
const struct cover *cover_share(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		abort();
	return &shared->cover;
}

/**
 * cover_enable - from now on, what this process has the kernel do is told
 */
void cover_enable(void)
{
	if (ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC)) {
		perror(KCOV);
		exit(1);
	}
}

/**
 * cover_begin - forget what ran before
 */
void cover_begin(void)
{
	if (trace)
		__atomic_store_n(trace, 0, __ATOMIC_RELAXED);
}

static unsigned long mix(unsigned long n)
{
	n *= 0x9e3779b97f4a7c15UL;
	return n >> 40;
}

static void add_place(unsigned long pc)
{
	unsigned long at = mix(pc) % TABLE_SIZE;

	while (shared->places[at] && shared->places[at] != pc)
		at = (at + 1) % TABLE_SIZE;
	if (!shared->places[at]) {
		shared->places[at] = pc;
		shared->cover.places++;
	}
}

/* As one bit. */
static __u8 class_of(unsigned int count)
{
	static const __u8 limits[] = { 1, 2, 3, 7, 15, 31, 127 };
	unsigned int i;

	for (i = 0; i < sizeof(limits); i++)
		if (count <= limits[i])
			break;
	return 1 << i;
}

/**
 * cover_end - look what has run since cover_begin()
 *
 * Return: true if some of it had not run before, or not as often.
 */
bool cover_end(void)
{
	unsigned long n, i, last = 0;
	unsigned int n_touched = 0;
	bool new = false;

	if (!trace)
		return false;
	n = __atomic_load_n(trace, __ATOMIC_RELAXED);
	for (i = 0; i < n; i++) {
		unsigned long pc = trace[i + 1];
		__u32 at = mix(pc ^ mix(last)) % TABLE_SIZE;

		if (!counts[at]) {
			touched[n_touched++] = at;
			if (!shared->classes[at])
				add_place(pc);
		}
		if (counts[at] < 255)
			counts[at]++;
		last = pc;
	}
	for (i = 0; i < n_touched; i++) {
		__u32 at = touched[i];
		__u8 class = class_of(counts[at]);

		if (!shared->classes[at])
			shared->cover.edges++;
		if (!(shared->classes[at] & class))
			new = true;
		shared->classes[at] |= class;
		counts[at] = 0;
	}
	return new;
}
