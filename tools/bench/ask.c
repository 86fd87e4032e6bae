// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/vfio_mig.h>
#include <sys/socket.h>

#include "ask.h"

#define DEVICES		"/sys/module/vfio_mig_sim/parameters/devices"

int sock;
__u16 family;
__u32 group;

void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
		strerror(errno));
	exit(1);
}

__u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* A request is written, part by part. */
void begin(struct req *req, __u16 type, __u8 cmd, __u16 flags)
{
	struct genlmsghdr *genl = NLMSG_DATA(&req->nlh);

	memset(req, 0, sizeof(*req));
	req->len = NLMSG_LENGTH(GENL_HDRLEN);
	req->nlh.nlmsg_type = type;
	req->nlh.nlmsg_flags = NLM_F_REQUEST | flags;
	genl->cmd = cmd;
	genl->version = 1;
}

__u32 put(struct req *req, __u16 type, const void *data, size_t len)
{
	struct nlattr *nla = (struct nlattr *)(req->buf + req->len);
	__u32 at = req->len;

	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy(nla + 1, data, len);
	req->len += NLA_HDRLEN + NLA_ALIGN(len);
	return at;
}

void end(struct req *req, __u32 at)
{
	struct nlattr *nla = (struct nlattr *)(req->buf + at);

	nla->nla_len = req->len - at;
}

void put_device(struct req *req, __u16 type, unsigned int n)
{
	__u32 nest = put(req, type | NLA_F_NESTED, NULL, 0);
	char name[16];

	put(req, VFIO_MIG_A_OBJECT_BUS, "sim", 4);
	put(req, VFIO_MIG_A_OBJECT_NAME, name,
	    snprintf(name, sizeof(name), "sim%u", n) + 1);
	end(req, nest);
}

void ask(struct req *req)
{
	req->nlh.nlmsg_len = req->len;
	if (send(sock, req->buf, req->len, 0) < 0)
		die("send");
}

ssize_t answer(void *buf)
{
	ssize_t len = recv(sock, buf, BUFFER_SIZE, MSG_TRUNC);

	if (len < 0 || len > BUFFER_SIZE)
		die("recv");
	return len;
}

/* One message there, one message back. */
const struct nlmsghdr *round_trip(struct req *req)
{
	static __u32 buf[BUFFER_SIZE / 4];
	const struct nlmsghdr *nlh = (const void *)buf;

	ask(req);
	answer(buf);
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		errno = -((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
		if (errno)
			die("refused");
	}
	return nlh;
}

/* The number of the first group, which stands in two nests. */
static __u32 group_of(const struct nlattr *groups)
{
	const struct nlattr *nla = groups + 2;

	while (nla->nla_type != CTRL_ATTR_MCAST_GRP_ID)
		nla = (const void *)((char *)nla + NLA_ALIGN(nla->nla_len));
	return *(__u32 *)(nla + 1);
}

/* Leaves the request in @req. */
void find_family(struct req *req)
{
	const struct nlmsghdr *nlh;
	const struct nlattr *nla;
	const char *end;

	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0)
		die("socket");
	begin(req, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	put(req, CTRL_ATTR_FAMILY_NAME, VFIO_MIG_FAMILY_NAME,
	    sizeof(VFIO_MIG_FAMILY_NAME));
	nlh = round_trip(req);
	end = (const char *)nlh + nlh->nlmsg_len;
	nla = (const void *)((char *)NLMSG_DATA(nlh) + GENL_HDRLEN);
	while ((const char *)nla < end) {
		switch (nla->nla_type & NLA_TYPE_MASK) {
		case CTRL_ATTR_FAMILY_ID:
			memcpy(&family, nla + 1, sizeof(family));
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			group = group_of(nla);
			break;
		}
		nla = (const void *)((char *)nla + NLA_ALIGN(nla->nla_len));
	}
}

void set_devices(unsigned int n)
{
	int fd = open(DEVICES, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%u\n", n) < 0 || close(fd))
		die(DEVICES);
}

