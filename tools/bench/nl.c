// SPDX-License-Identifier: GPL-2.0-only
/* See nl.h. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/socket.h>

#include "nl.h"

static __u32 answer[NL_BUFFER / 4];

void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

__u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

int nl_open(void)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };

	/* one without an address is told nothing */
	if (sock < 0 || bind(sock, (const void *)&any, sizeof(any)))
		die("socket");
	return sock;
}

void req_begin(struct req *req, __u16 type, __u8 cmd, __u16 flags)
{
	struct genlmsghdr *genl = NLMSG_DATA(&req->nlh);

	req->len = NLMSG_LENGTH(GENL_HDRLEN);
	memset(req->buf, 0, req->len);
	req->nlh.nlmsg_type = type;
	req->nlh.nlmsg_flags = NLM_F_REQUEST | flags;
	genl->cmd = cmd;
	genl->version = 1;
}

/* Returns where it stands. */
__u32 req_put(struct req *req, __u16 type, const void *data, size_t len)
{
	struct nlattr *nla = (struct nlattr *)(req->buf + req->len);
	size_t size = NLA_HDRLEN + NLA_ALIGN(len);
	__u32 at = req->len;

	if (at + size > sizeof(req->buf)) {
		errno = EMSGSIZE;
		die("request");
	}
	memset(nla, 0, size);
	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy(nla + 1, data, len);
	req->len += size;
	return at;
}

void req_put_text(struct req *req, __u16 type, const char *text)
{
	req_put(req, type, text, strlen(text) + 1);
}

__u32 req_nest(struct req *req, __u16 type)
{
	return req_put(req, type | NLA_F_NESTED, NULL, 0);
}

void req_end(struct req *req, __u32 at)
{
	struct nlattr *nla = (struct nlattr *)(req->buf + at);

	nla->nla_len = req->len - at;
}

static void ask(int sock, struct req *req)
{
	req->nlh.nlmsg_len = req->len;
	if (send(sock, req->buf, req->len, 0) < 0)
		die("send");
}

/* Whatever comes next goes to the one buffer there is. */
size_t nl_recv(int sock)
{
	ssize_t len = recv(sock, answer, NL_BUFFER, MSG_TRUNC);

	if (len < 0 || len > NL_BUFFER)
		die("recv");
	return len;
}

static void check_error(const struct nlmsghdr *nlh, const char *what)
{
	int err;

	if (nlh->nlmsg_type != NLMSG_ERROR && nlh->nlmsg_type != NLMSG_DONE)
		return;
	memcpy(&err, NLMSG_DATA(nlh), sizeof(err));
	errno = -err;
	if (err < 0)
		die(what);
}

/* One message there, one message back, which lasts until the next. */
const struct nlmsghdr *nl_call(int sock, struct req *req)
{
	const struct nlmsghdr *nlh = (const void *)answer;

	ask(sock, req);
	nl_recv(sock);
	check_error(nlh, "request refused");
	return nlh;
}

void nl_dump(int sock, struct req *req, struct dump *dump)
{
	bool done = false;

	memset(dump, 0, sizeof(*dump));
	ask(sock, req);
	while (!done) {
		const struct nlmsghdr *nlh = (const void *)answer;
		size_t len = nl_recv(sock);

		dump->calls++;
		dump->bytes += len;
		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			check_error(nlh, "dump refused");
			done = nlh->nlmsg_type == NLMSG_DONE;
			if (done)
				break;
			dump->messages++;
		}
	}
}

/* The attribute after @nla, or the first; NULL at the end. */
const struct nlattr *nl_next(const struct nlmsghdr *nlh,
			     const struct nlattr *nla)
{
	const char *at = (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;

	if (nla)
		at = (const char *)nla + NLA_ALIGN(nla->nla_len);
	return at < (const char *)nlh + nlh->nlmsg_len ? (const void *)at :
	       NULL;
}

const void *nl_data(const struct nlattr *nla)
{
	return (const char *)nla + NLA_HDRLEN;
}

static const struct nlattr *find_in(const struct nlattr *nest, __u16 type)
{
	const char *end = (const char *)nest + nest->nla_len;
	const struct nlattr *nla = nl_data(nest);

	while ((const char *)nla < end) {
		if ((nla->nla_type & NLA_TYPE_MASK) == type)
			return nla;
		nla = (const void *)((const char *)nla +
				     NLA_ALIGN(nla->nla_len));
	}
	errno = ENOENT;
	die("family");
	return NULL;
}

/* The number of a family, and of its first group. */
__u16 nl_family(int sock, const char *name, __u32 *group)
{
	const struct nlattr *nla = NULL, *groups;
	const struct nlmsghdr *nlh;
	struct req req;
	__u16 family = 0;

	req_begin(&req, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	req_put_text(&req, CTRL_ATTR_FAMILY_NAME, name);
	nlh = nl_call(sock, &req);
	while ((nla = nl_next(nlh, nla))) {
		switch (nla->nla_type & NLA_TYPE_MASK) {
		case CTRL_ATTR_FAMILY_ID:
			memcpy(&family, nl_data(nla), sizeof(family));
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			groups = nl_data(nla);
			if (group)
				memcpy(group,
				       nl_data(find_in(groups,
						       CTRL_ATTR_MCAST_GRP_ID)),
				       sizeof(*group));
			break;
		}
	}
	return family;
}

void nl_join(int sock, __u32 group)
{
	if (setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
		       sizeof(group)))
		die("join");
}
