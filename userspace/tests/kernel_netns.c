// SPDX-License-Identifier: GPL-2.0-or-later
/* Network namespaces of the tests' kernel, and what stands for lib/netns.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kernel.h"

#define NETNS_MAX 16
#define NEWS_MAX 1024

/* Those that have a number. */
static struct netns {
	int32_t nsid;
	char name[16];
	uint64_t seq;
} all[NETNS_MAX];
static int n_all;

/* Of a namespace that is dying, which has no number any more. */
static uint64_t last_seq;

/* One file is open at a time. */
static int open_fd = -1;
static int32_t open_nsid;

struct vmig_netns {
	int fd;
	int n;
	bool overflow;
	struct {
		int32_t nsid;
		bool gone;
	} news[NEWS_MAX];
};

static struct vmig_netns *listener;

static struct netns *find(int32_t nsid)
{
	for (int i = 0; i < n_all; i++)
		if (all[i].nsid == nsid)
			return &all[i];

	return NULL;
}

bool kernel_has_nsid(int32_t nsid)
{
	return find(nsid);
}

uint64_t *kernel_seq(int32_t nsid)
{
	struct netns *netns = find(nsid);

	if (nsid == VMIG_HOME)
		return &kernel.seq;
	return netns ? &netns->seq : &last_seq;
}

void kernel_forget_seqs(void)
{
	kernel.seq = 0;
	for (int i = 0; i < n_all; i++)
		all[i].seq = 0;
}

void kernel_forget_netns(void)
{
	assert_null(listener);
	n_all = 0;
}

int32_t kernel_netns_at(int fd)
{
	if (fd < 0)
		return VMIG_HOME;
	assert_int_equal(fd, open_fd);
	return open_nsid;
}

static void tell(int32_t nsid, bool gone)
{
	uint64_t one = 1;

	if (!listener)
		return;
	assert_true(listener->n < NEWS_MAX);
	listener->news[listener->n].nsid = nsid;
	listener->news[listener->n++].gone = gone;
	assert_int_equal(write(listener->fd, &one, sizeof(one)), sizeof(one));
}

void kernel_name_netns(int32_t nsid, const char *name)
{
	struct netns *netns = find(nsid);

	memset(netns->name, 0, sizeof(netns->name));
	if (name)
		strncpy(netns->name, name, sizeof(netns->name) - 1);
}

void kernel_add_netns(int32_t nsid, const char *name)
{
	assert_null(find(nsid));
	assert_true(n_all < NETNS_MAX);
	all[n_all++] = (struct netns) { .nsid = nsid };
	kernel_name_netns(nsid, name);
	tell(nsid, false);
}

/* First it loses its number, then its devices. */
void kernel_kill_netns(int32_t nsid)
{
	struct netns *netns = find(nsid);

	last_seq = netns->seq;
	*netns = all[--n_all];
	tell(nsid, true);
	kernel_bring_home(nsid);
}

void kernel_lose_nsids(void)
{
	uint64_t one = 1;

	listener->n = 0;
	listener->overflow = true;
	assert_int_equal(write(listener->fd, &one, sizeof(one)), sizeof(one));
}

/* ------------------------------------------ what stands for lib/netns.c */

struct vmig_netns *vmig_netns_open(struct vfiomig *ctx)
{
	(void)ctx;
	assert_null(listener);
	listener = calloc(1, sizeof(*listener));
	assert_non_null(listener);
	listener->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return listener;
}

void vmig_netns_close(struct vmig_netns *netns)
{
	if (!netns)
		return;
	close(netns->fd);
	free(netns);
	listener = NULL;
}

int vmig_netns_fd(const struct vmig_netns *netns)
{
	return netns->fd;
}

int vmig_netns_news(struct vmig_netns *netns, int32_t *nsid, bool *gone)
{
	uint64_t count;

	if (netns->overflow) {
		netns->overflow = false;
		return -ENOBUFS;
	}
	if (!netns->n) {
		if (read(netns->fd, &count, sizeof(count)) < 0)
			return -EAGAIN;
		return -EAGAIN;
	}
	*nsid = netns->news[0].nsid;
	*gone = netns->news[0].gone;
	memmove(&netns->news[0], &netns->news[1],
		--netns->n * sizeof(netns->news[0]));
	return 0;
}

int vmig_netns_list(struct vmig_netns *netns, struct vfiomig *ctx,
		    struct vmig_nsid **list, size_t *n)
{
	(void)netns;
	(void)ctx;
	*n = n_all;
	*list = calloc(n_all + 1, sizeof(**list));
	assert_non_null(*list);
	for (int i = 0; i < n_all; i++) {
		(*list)[i].nsid = all[i].nsid;
		if (*all[i].name)
			(*list)[i].name = strdup(all[i].name);
	}
	return 0;
}

void vmig_netns_list_free(struct vmig_nsid *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i].name);
	free(list);
}

int vmig_netns_enter(struct vmig_netns *netns, const char *name, int32_t nsid)
{
	struct netns *there = find(nsid);

	(void)netns;
	if (!there || strcmp(there->name, name))
		return -ENOENT;

	open_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	open_nsid = nsid;
	return open_fd;
}
