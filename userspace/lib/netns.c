// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Other network namespaces: which have a number in ours, and what they are
 * called. It is rtnetlink that gives and takes the numbers.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

#include "internal.h"

#define NAMES "/run/netns"
#define OURS "/proc/thread-self/ns/net"

/* More than the kernel sends at once. */
#define RECV_SIZE 32768

/**
 * struct vmig_netns - who tells of numbers
 * @news: hears when numbers are given and taken back
 * @ask: for questions
 */
struct vmig_netns {
	int news;
	int ask;
};

static int open_socket(uint32_t group)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -1;
	/* nobody but the kernel can write to a socket that is connected */
	if (connect(fd, (struct sockaddr *)&kernel, sizeof(kernel)) ||
	    (group && setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
				 &group, sizeof(group)))) {
		close(fd);
		return -1;
	}
	return fd;
}

struct vmig_netns *vmig_netns_open(struct vfiomig *ctx)
{
	struct vmig_netns *netns = calloc(1, sizeof(*netns));

	if (!netns) {
		vmig_nomem(ctx);
		return NULL;
	}
	netns->ask = -1;
	netns->news = open_socket(RTNLGRP_NSID);
	if (netns->news >= 0)
		netns->ask = open_socket(0);
	if (netns->ask >= 0)
		return netns;

	vmig_fail(ctx, VFIOMIG_CAUSE_SYSTEM, errno,
		  "cannot open a route netlink socket: %s", strerror(errno));
	vmig_netns_close(netns);
	return NULL;
}

void vmig_netns_close(struct vmig_netns *netns)
{
	if (!netns)
		return;
	if (netns->news >= 0)
		close(netns->news);
	if (netns->ask >= 0)
		close(netns->ask);
	free(netns);
}

/* What to wait for until there is news. */
int vmig_netns_fd(const struct vmig_netns *netns)
{
	return netns->news;
}

/* The number in a message, VMIG_HOME if there is none. */
static int32_t read_nsid(const struct nlmsghdr *nlh)
{
	const struct nlattr *nla;

	nla = nlmsg_find_attr((struct nlmsghdr *)nlh, sizeof(struct rtgenmsg),
			      NETNSA_NSID);
	if (!nla || nla_len(nla) != (int)sizeof(int32_t))
		return VMIG_HOME;

	return (int32_t)nla_get_u32((struct nlattr *)nla);
}

static ssize_t receive(int fd, void *buf, size_t size, int flags)
{
	ssize_t len;

	do {
		len = recv(fd, buf, size, flags);
	} while (len < 0 && errno == EINTR);

	return len < 0 ? -errno : len;
}

/*
 * Was a number given, or taken back (@gone)? Returns 0, -EAGAIN if there is no
 * news, -ENOBUFS if some was lost, or another negative errno.
 */
int vmig_netns_news(struct vmig_netns *netns, int32_t *nsid, bool *gone)
{
	union {
		struct nlmsghdr nlh;
		char buf[512];
	} msg;
	ssize_t len;

	for (;;) {
		len = receive(netns->news, &msg, sizeof(msg), MSG_DONTWAIT);
		if (len < 0)
			return len;
		/* they come one by one */
		if (!nlmsg_ok(&msg.nlh, len))
			continue;
		*gone = msg.nlh.nlmsg_type == RTM_DELNSID;
		*nsid = read_nsid(&msg.nlh);
		if (*nsid >= 0 &&
		    (*gone || msg.nlh.nlmsg_type == RTM_NEWNSID))
			return 0;
	}
}

/* ---------------------------------------------------------------- questions */

/**
 * struct numbers - an answer
 * @n: how many numbers
 * @room: how many @all has room for
 * @all: the numbers, without names
 */
struct numbers {
	size_t n;
	size_t room;
	struct vmig_nsid *all;
};

static int take_number(struct numbers *numbers, int32_t nsid)
{
	if (numbers->n == numbers->room) {
		size_t room = numbers->room ? 2 * numbers->room : 16;
		struct vmig_nsid *all;

		all = reallocarray(numbers->all, room, sizeof(*all));
		if (!all)
			return -ENOMEM;
		numbers->all = all;
		numbers->room = room;
	}
	numbers->all[numbers->n++] = (struct vmig_nsid) { .nsid = nsid };
	return 0;
}

static int take_answer(const struct nlmsghdr *nlh, int len,
		       struct numbers *numbers, bool *end)
{
	int err = 0;

	for (; !err && !*end && nlmsg_ok(nlh, len);
	     nlh = nlmsg_next((struct nlmsghdr *)nlh, &len)) {
		int32_t nsid = VMIG_HOME;

		switch (nlh->nlmsg_type) {
		case NLMSG_DONE:
		case NLMSG_ERROR:
			*end = true;
			if (nlmsg_datalen(nlh) < (int)sizeof(err))
				return -EBADMSG;
			memcpy(&err, nlmsg_data(nlh), sizeof(err));
			continue;
		case RTM_NEWNSID:
			nsid = read_nsid(nlh);
			break;
		}
		if (nsid >= 0)
			err = take_number(numbers, nsid);
	}
	return err < 0 ? err : 0;
}

/* Asks for the number of the namespace @fd, or if that is -1 for all. */
static int ask(struct vmig_netns *netns, int fd, struct numbers *numbers)
{
	struct {
		struct nlmsghdr nlh;
		struct rtgenmsg gen;
		char align[NLMSG_ALIGNTO - sizeof(struct rtgenmsg)];
		struct nlattr nla;
		int32_t fd;
	} req = {
		.nlh = {
			.nlmsg_len = sizeof(req),
			.nlmsg_type = RTM_GETNSID,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.nla = {
			.nla_len = NLA_HDRLEN + sizeof(req.fd),
			.nla_type = NETNSA_FD,
		},
		.fd = fd,
	};
	bool end = false;
	ssize_t len;
	char *buf;
	int err = 0;

	if (fd < 0) {
		req.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(req.gen));
		req.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	}
	buf = malloc(RECV_SIZE);
	if (!buf)
		return -ENOMEM;
	if (send(netns->ask, &req, req.nlh.nlmsg_len, 0) < 0)
		err = -errno;
	while (!err && !end) {
		len = receive(netns->ask, buf, RECV_SIZE, 0);
		err = len < 0 ? (int)len :
				take_answer((void *)buf, len, numbers, &end);
	}
	free(buf);
	return err;
}

/* The number of an open namespace, VMIG_HOME if it has none. */
static int32_t number_of(struct vmig_netns *netns, int fd)
{
	struct numbers numbers = { .n = 0 };
	int32_t nsid = VMIG_HOME;

	if (!ask(netns, fd, &numbers) && numbers.n)
		nsid = numbers.all[0].nsid;
	free(numbers.all);
	return nsid;
}

static int32_t number_of_file(struct vmig_netns *netns, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int32_t nsid;

	if (fd < 0)
		return VMIG_HOME;
	nsid = number_of(netns, fd);
	close(fd);
	return nsid;
}

static void path_of(char path[PATH_MAX], const char *name)
{
	snprintf(path, PATH_MAX, NAMES "/%s", name);
}

/*
 * Opens a namespace that is known to have that name and that number, if it
 * still has. Returns a file descriptor, or a negative errno.
 */
int vmig_netns_enter(struct vmig_netns *netns, const char *name, int32_t nsid)
{
	char path[PATH_MAX];
	int fd;

	path_of(path, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (number_of(netns, fd) == nsid)
		return fd;

	close(fd);
	return -ENOENT;
}

/* ---------------------------------------------------------------- the list */

static int by_number(const void *a, const void *b)
{
	const struct vmig_nsid *one = a, *two = b;

	return (one->nsid > two->nsid) - (one->nsid < two->nsid);
}

/* A number that is given while they are listed may be told twice. */
static void sort(struct numbers *numbers)
{
	size_t kept = 0;

	if (numbers->n)
		qsort(numbers->all, numbers->n, sizeof(*numbers->all),
		      by_number);
	for (size_t i = 0; i < numbers->n; i++)
		if (!kept || numbers->all[i].nsid !=
			     numbers->all[kept - 1].nsid)
			numbers->all[kept++] = numbers->all[i];
	numbers->n = kept;
}

static struct vmig_nsid *find(const struct numbers *numbers, int32_t nsid)
{
	const struct vmig_nsid wanted = { .nsid = nsid };

	if (!numbers->n)
		return NULL;
	return bsearch(&wanted, numbers->all, numbers->n,
		       sizeof(*numbers->all), by_number);
}

/* Ours may have a number as well. It is no other one. */
static void drop_ours(struct vmig_netns *netns, struct numbers *numbers)
{
	struct vmig_nsid *ours = find(numbers, number_of_file(netns, OURS));

	if (!ours)
		return;
	numbers->n--;
	memmove(ours, ours + 1,
		(numbers->n - (ours - numbers->all)) * sizeof(*ours));
}

static int give_name(struct vmig_nsid *to, const char *name)
{
	if (to->name && strcmp(to->name, name) < 0)
		return 0;
	free(to->name);
	to->name = strdup(name);
	return to->name ? 0 : -ENOMEM;
}

/* A file that is no namespace, or none that has a number, names none. */
static int find_names(struct vmig_netns *netns, struct numbers *numbers)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	int err = 0;
	DIR *dir;

	dir = opendir(NAMES);
	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir))) {
		struct vmig_nsid *it;

		if (entry->d_name[0] == '.')
			continue;
		path_of(path, entry->d_name);
		it = find(numbers, number_of_file(netns, path));
		if (it)
			err = give_name(it, entry->d_name);
	}
	closedir(dir);
	return err;
}

/* All other namespaces that have a number, in the order of these. */
int vmig_netns_list(struct vmig_netns *netns, struct vfiomig *ctx,
		    struct vmig_nsid **list, size_t *n)
{
	struct numbers numbers = { .n = 0 };
	int err;

	err = ask(netns, -1, &numbers);
	if (!err) {
		sort(&numbers);
		drop_ours(netns, &numbers);
		err = find_names(netns, &numbers);
	}
	if (!err) {
		*list = numbers.all;
		*n = numbers.n;
		return 0;
	}
	vmig_netns_list_free(numbers.all, numbers.n);
	if (err == -ENOMEM)
		return vmig_nomem(ctx);
	return vmig_fail(ctx, VFIOMIG_CAUSE_SYSTEM, -err,
			 "cannot list the network namespaces: %s",
			 strerror(-err));
}

void vmig_netns_list_free(struct vmig_nsid *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i].name);
	free(list);
}
