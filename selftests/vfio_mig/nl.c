// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "nl.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif

#define RECV_MAX	(128 * 1024)
#define RECV_TIMEOUT	120

const void *attr_data(const struct nlattr *nla)
{
	return (const char *)nla + NLA_HDRLEN;
}

size_t attr_len(const struct nlattr *nla)
{
	return nla->nla_len - NLA_HDRLEN;
}

__u16 attr_type(const struct nlattr *nla)
{
	return nla->nla_type & NLA_TYPE_MASK;
}

/* The attribute behind another, or the first one. NULL at the end. */
const struct nlattr *attr_next(const struct nlattr *nla, const void *from,
			       size_t len)
{
	size_t at = 0;

	if (nla)
		at = (const char *)nla - (const char *)from +
		     NLA_ALIGN(nla->nla_len);
	if (at + NLA_HDRLEN > len)
		return NULL;

	nla = (const struct nlattr *)((const char *)from + at);
	if (nla->nla_len < NLA_HDRLEN || nla->nla_len > len - at)
		return NULL;
	return nla;
}

/* The same in a nest. */
const struct nlattr *attr_sub(const struct nlattr *nla,
			      const struct nlattr *nest)
{
	return attr_next(nla, attr_data(nest), attr_len(nest));
}

/* A socket that knows of no family yet. */
int nl_open_raw(struct nl *nl)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct timeval timeout = { .tv_sec = RECV_TIMEOUT };
	socklen_t len = sizeof(addr);
	int one = 1, size = 16 << 20;

	memset(nl, 0, sizeof(*nl));
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (nl->fd < 0)
		return -errno;

	if (bind(nl->fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    getsockname(nl->fd, (struct sockaddr *)&addr, &len) ||
	    setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one,
		       sizeof(one)) ||
	    setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one,
		       sizeof(one)) ||
	    setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout))) {
		int err = -errno;

		nl_close(nl);
		return err;
	}
	/* not everybody may */
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));

	nl->port = addr.nl_pid;
	nl->seq = 1;
	return 0;
}

/* A socket that knows our family, which this loads if it is not there. */
int nl_open(struct nl *nl)
{
	int err = nl_open_raw(nl);

	if (err)
		return err;
	err = nl_resolve(nl);
	if (err)
		nl_close(nl);
	return err;
}

void nl_close(struct nl *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	nl->fd = -1;
}

void req_init(struct req *req, __u16 type, __u8 cmd, __u16 flags)
{
	struct genlmsghdr *genl = NLMSG_DATA(&req->nlh);

	memset(req, 0, sizeof(*req));
	req->len = NLMSG_LENGTH(GENL_HDRLEN);
	req->nlh.nlmsg_type = type;
	req->nlh.nlmsg_flags = NLM_F_REQUEST | flags;
	genl->cmd = cmd;
	genl->version = VFIO_MIG_FAMILY_VERSION;
}

/* About a driver, or about all. */
void req_init_policy(struct req *req, __u16 type, __u8 cmd, const char *driver)
{
	req_init(req, type, cmd, 0);
	if (driver)
		req_put_str(req, VFIO_MIG_A_CHANGE_DRIVER, driver);
	else
		req_put(req, VFIO_MIG_A_CHANGE_ALL, NULL, 0);
}

/* Returns at which offset of the message the attribute stands. */
__u32 req_put(struct req *req, __u16 type, const void *data, size_t len)
{
	__u32 offs = NLMSG_ALIGN(req->len);
	struct nlattr *nla = (struct nlattr *)(req->buf + offs);

	if (offs + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(req->buf))
		abort();
	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)nla + NLA_HDRLEN, data, len);
	req->len = offs + NLA_HDRLEN + NLA_ALIGN(len);
	return offs;
}

__u32 req_put_u32(struct req *req, __u16 type, __u32 value)
{
	return req_put(req, type, &value, sizeof(value));
}

__u32 req_put_str(struct req *req, __u16 type, const char *value)
{
	return req_put(req, type, value, strlen(value) + 1);
}

/* Begins a nest, and returns at which offset of the message it stands. */
__u32 req_nest(struct req *req, __u16 type)
{
	return req_put(req, type | NLA_F_NESTED, NULL, 0);
}

void req_nest_end(struct req *req, __u32 offs)
{
	struct nlattr *nla = (struct nlattr *)(req->buf + offs);

	nla->nla_len = req->len - offs;
}

int nl_send(struct nl *nl, struct req *req)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	const void *to = nl->nameless ? NULL : &addr;

	req->nlh.nlmsg_len = req->len;
	req->nlh.nlmsg_seq = ++nl->seq;
	req->nlh.nlmsg_pid = nl->port;
	if (sendto(nl->fd, req->buf, req->len, 0, to,
		   to ? sizeof(addr) : 0) < 0)
		return -errno;
	return 0;
}

/* Returns how long the message was, even if it was longer than the buffer. */
ssize_t nl_recv(struct nl *nl, void *buf, size_t size, int flags)
{
	ssize_t len;

	do {
		len = recv(nl->fd, buf, size, flags | MSG_TRUNC);
	} while (len < 0 && errno == EINTR);
	return len < 0 ? -errno : len;
}

/*
 * With a buffer of just the message's size. From the size of the buffers a
 * socket has read into, the kernel learns how large to make the next messages
 * of a dump: what is read here must not teach it anything.
 */
static ssize_t recv_exact(struct nl *nl, void *buf, size_t size)
{
	ssize_t len = nl_recv(nl, buf, 0, MSG_PEEK);

	if (len < 0)
		return len;
	if ((size_t)len > size)
		return -EMSGSIZE;
	return nl_recv(nl, buf, len, 0);
}

static void ack_tlvs(struct ack *ack, const void *from, size_t len)
{
	const struct nlattr *nla = NULL;
	size_t n;

	while ((nla = attr_next(nla, from, len))) {
		switch (attr_type(nla)) {
		case NLMSGERR_ATTR_MSG:
			ack->has_msg = true;
			n = attr_len(nla);
			if (n >= sizeof(ack->msg))
				n = sizeof(ack->msg) - 1;
			memcpy(ack->msg, attr_data(nla), n);
			break;
		case NLMSGERR_ATTR_OFFS:
			ack->has_offs = true;
			memcpy(&ack->offs, attr_data(nla), sizeof(ack->offs));
			break;
		case NLMSGERR_ATTR_MISS_TYPE:
			ack->has_miss = true;
			memcpy(&ack->miss, attr_data(nla), sizeof(ack->miss));
			break;
		}
	}
}

/* For a message of type NLMSG_ERROR. */
static void ack_parse(const struct nlmsghdr *nlh, struct ack *ack)
{
	const struct nlmsgerr *err = NLMSG_DATA(nlh);
	size_t at = sizeof(*err);

	memset(ack, 0, sizeof(*ack));
	ack->err = err->error;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(err->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (at < NLMSG_PAYLOAD(nlh, 0))
		ack_tlvs(ack, (const char *)err + at,
			 NLMSG_PAYLOAD(nlh, 0) - at);
}

/* For a message of type NLMSG_DONE. */
static void done_parse(const struct nlmsghdr *nlh, struct ack *ack)
{
	size_t len = NLMSG_PAYLOAD(nlh, 0);

	memset(ack, 0, sizeof(*ack));
	if (len < sizeof(ack->err)) {
		ack->err = -EPROTO;
		return;
	}
	memcpy(&ack->err, NLMSG_DATA(nlh), sizeof(ack->err));
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		ack_tlvs(ack, (const char *)NLMSG_DATA(nlh) + sizeof(ack->err),
			 len - sizeof(ack->err));
}

/*
 * Sends a request and reads its answers, up to the acknowledgment, which it
 * asks for. Calls @cb for each answer. Returns what the kernel says.
 */
int nl_transact(struct nl *nl, struct req *req, struct ack *ack,
		void (*cb)(const struct nlmsghdr *nlh, void *arg), void *arg)
{
	static __u32 buf[RECV_MAX / 4];
	struct ack unused;
	int err;

	if (!ack)
		ack = &unused;
	memset(ack, 0, sizeof(*ack));

	req->nlh.nlmsg_flags |= NLM_F_ACK;
	err = nl_send(nl, req);
	if (err)
		return ack->err = err;

	for (;;) {
		const struct nlmsghdr *nlh = (const void *)buf;
		ssize_t len = recv_exact(nl, buf, sizeof(buf));

		if (len < 0)
			return ack->err = len;
		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_seq != nl->seq)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				ack_parse(nlh, ack);
				return ack->err;
			}
			if (cb)
				cb(nlh, arg);
		}
	}
}

static void family_group(struct nl *nl, const struct nlattr *group)
{
	const struct nlattr *nla = NULL;
	const char *name = "";
	__u32 id = 0;

	while ((nla = attr_sub(nla, group))) {
		if (attr_type(nla) == CTRL_ATTR_MCAST_GRP_NAME)
			name = attr_data(nla);
		else if (attr_type(nla) == CTRL_ATTR_MCAST_GRP_ID)
			memcpy(&id, attr_data(nla), sizeof(id));
	}
	if (!strcmp(name, VFIO_MIG_MCGRP_MONITOR))
		nl->monitor = id;
}

static void family_groups(struct nl *nl, const struct nlattr *groups)
{
	const struct nlattr *group = NULL;

	while ((group = attr_sub(group, groups)))
		family_group(nl, group);
}

static void family_cb(const struct nlmsghdr *nlh, void *arg)
{
	const char *from = (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;
	size_t len = NLMSG_PAYLOAD(nlh, GENL_HDRLEN);
	const struct nlattr *nla = NULL;
	struct nl *nl = arg;

	while ((nla = attr_next(nla, from, len))) {
		if (attr_type(nla) == CTRL_ATTR_FAMILY_ID)
			memcpy(&nl->family, attr_data(nla),
			       sizeof(nl->family));
		else if (attr_type(nla) == CTRL_ATTR_MCAST_GROUPS)
			family_groups(nl, nla);
	}
}

/* Finds the family, which loads the module if it is not there. */
int nl_resolve(struct nl *nl)
{
	struct req req;
	int err;

	nl->family = 0;
	nl->monitor = 0;
	req_init(&req, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	req_put_str(&req, CTRL_ATTR_FAMILY_NAME, VFIO_MIG_FAMILY_NAME);
	err = nl_transact(nl, &req, NULL, family_cb, nl);
	if (err)
		return err;
	return nl->family && nl->monitor ? 0 : -EPROTO;
}

int nl_join(struct nl *nl)
{
	if (setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
		       &nl->monitor, sizeof(nl->monitor)))
		return -errno;
	return 0;
}

static void copy_str(char *to, size_t size, const struct nlattr *nla)
{
	size_t len = attr_len(nla);

	memset(to, 0, size);
	memcpy(to, attr_data(nla), len < size ? len : size - 1);
}

static bool is_policy(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);

	return genl->cmd == VFIO_MIG_CMD_POLICY_GET ||
	       genl->cmd == VFIO_MIG_CMD_POLICY_NTF;
}

/*
 * A part of a policy as if it were an object: the scope is its id, the driver
 * its name, and the attributes are an object's.
 */
static bool policy_parse(struct obj *obj)
{
	const struct nlattr *nla = NULL;

	while ((nla = attr_next(nla, obj->wire, obj->len))) {
		switch (attr_type(nla)) {
		case VFIO_MIG_A_POLICY_SCOPE:
			memcpy(&obj->id, attr_data(nla), sizeof(obj->id));
			break;
		case VFIO_MIG_A_POLICY_DRIVER:
			copy_str(obj->name, sizeof(obj->name), nla);
			break;
		case VFIO_MIG_A_POLICY_SEQ:
			memcpy(&obj->seq, attr_data(nla), sizeof(obj->seq));
			break;
		case VFIO_MIG_A_POLICY_ATTR:
			((struct nlattr *)nla)->nla_type =
				VFIO_MIG_A_OBJECT_ATTR | NLA_F_NESTED;
			break;
		}
	}
	return obj->id && obj->seq &&
	       (obj->id == VFIO_MIG_SCOPE_DRIVER) == !!obj->name[0];
}

bool obj_parse(const struct nlmsghdr *nlh, struct obj *obj)
{
	const char *from = (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	size_t len = NLMSG_PAYLOAD(nlh, GENL_HDRLEN);
	const struct nlattr *nla = NULL;

	if (nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) ||
	    len > sizeof(obj->wire))
		return false;

	memset(obj, 0, sizeof(*obj));
	obj->cmd = genl->cmd;
	obj->flags = nlh->nlmsg_flags;
	obj->len = len;
	memcpy(obj->wire, from, len);
	if (is_policy(nlh))
		return policy_parse(obj);

	while ((nla = attr_next(nla, from, len))) {
		switch (attr_type(nla)) {
		case VFIO_MIG_A_OBJECT_ID:
			memcpy(&obj->id, attr_data(nla), sizeof(obj->id));
			break;
		case VFIO_MIG_A_OBJECT_BUS:
			copy_str(obj->bus, sizeof(obj->bus), nla);
			break;
		case VFIO_MIG_A_OBJECT_PARENT:
			copy_str(obj->parent, sizeof(obj->parent), nla);
			break;
		case VFIO_MIG_A_OBJECT_NAME:
			copy_str(obj->name, sizeof(obj->name), nla);
			break;
		case VFIO_MIG_A_OBJECT_SEQ:
			memcpy(&obj->seq, attr_data(nla), sizeof(obj->seq));
			break;
		case VFIO_MIG_A_OBJECT_AVAILABLE:
			obj->has_available = true;
			memcpy(&obj->available, attr_data(nla),
			       sizeof(obj->available));
			break;
		}
	}
	return obj->id && obj->bus[0] && obj->name[0];
}

static void answer_target(struct answer *answer, const struct nlattr *nest)
{
	const struct nlattr *nla = NULL;

	while ((nla = attr_sub(nla, nest))) {
		if (attr_type(nla) == VFIO_MIG_A_OBJECT_ID)
			memcpy(&answer->id, attr_data(nla),
			       sizeof(answer->id));
		else if (attr_type(nla) == VFIO_MIG_A_OBJECT_NAME)
			copy_str(answer->name, sizeof(answer->name), nla);
	}
}

bool answer_parse(const struct nlmsghdr *nlh, struct answer *answer)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	const struct nlattr *nla = NULL;

	memset(answer, 0, sizeof(*answer));
	if (nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) ||
	    genl->cmd != VFIO_MIG_CMD_CHECK)
		return false;

	answer->from = (const char *)genl + GENL_HDRLEN;
	answer->len = NLMSG_PAYLOAD(nlh, GENL_HDRLEN);
	while ((nla = attr_next(nla, answer->from, answer->len))) {
		switch (attr_type(nla)) {
		case VFIO_MIG_A_CHECK_TARGET:
			answer_target(answer, nla);
			break;
		case VFIO_MIG_A_CHECK_SEQ:
			memcpy(&answer->seq, attr_data(nla),
			       sizeof(answer->seq));
			break;
		case VFIO_MIG_A_CHECK_VERDICT:
			memcpy(&answer->verdict, attr_data(nla),
			       sizeof(answer->verdict));
			break;
		case VFIO_MIG_A_CHECK_FINDING:
			answer->findings++;
			break;
		}
	}
	return answer->id && answer->seq && answer->verdict;
}

struct do_ctx {
	struct obj *obj;
	unsigned int n;
	bool bad;
};

static void do_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct do_ctx *ctx = arg;

	ctx->n++;
	if (!obj_parse(nlh, ctx->obj))
		ctx->bad = true;
}

/* A do that is answered with one object, or not at all. */
int nl_do(struct nl *nl, struct req *req, struct obj *reply, struct ack *ack)
{
	struct obj unused;
	struct do_ctx ctx = { .obj = reply ?: &unused };
	int err = nl_transact(nl, req, ack, do_cb, &ctx);

	if (!err && (ctx.n != 1 || ctx.bad))
		return -EPROTO;
	return err;
}

/* A do that is answered with nothing but success or failure. */
int nl_ack(struct nl *nl, struct req *req, struct ack *ack)
{
	return nl_transact(nl, req, ack, NULL, NULL);
}

static void status_cb(const struct nlmsghdr *nlh, void *arg)
{
	const char *from = (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;
	size_t len = NLMSG_PAYLOAD(nlh, GENL_HDRLEN);
	struct status *status = arg;
	const struct nlattr *nla = NULL;

	while ((nla = attr_next(nla, from, len))) {
		void *to = NULL;
		size_t size = sizeof(__u32);

		switch (attr_type(nla)) {
		case VFIO_MIG_A_STATUS_INSTANCE:
			to = &status->instance;
			size = sizeof(status->instance);
			break;
		case VFIO_MIG_A_STATUS_SEQ:
			to = &status->seq;
			size = sizeof(status->seq);
			break;
		case VFIO_MIG_A_STATUS_DEVICES:
			to = &status->devices;
			break;
		case VFIO_MIG_A_STATUS_TYPES:
			to = &status->types;
			break;
		case VFIO_MIG_A_STATUS_UNDESCRIBED:
			to = &status->undescribed;
			break;
		case VFIO_MIG_A_STATUS_ATTRS_MAX:
			to = &status->attrs_max;
			break;
		case VFIO_MIG_A_STATUS_PROFILE_MAX:
			to = &status->profile_max;
			break;
		}
		if (to && attr_len(nla) == size) {
			memcpy(to, attr_data(nla), size);
			status->n_attrs++;
		}
	}
}

int nl_status(struct nl *nl, struct status *status)
{
	unsigned int told = VFIO_MIG_A_STATUS_MAX;
	struct req req;
	int err;

	memset(status, 0, sizeof(*status));
	status->undescribed = NOT_TOLD;
	req_init(&req, nl->family, VFIO_MIG_CMD_STATUS_GET, 0);
	err = nl_transact(nl, &req, NULL, status_cb, status);
	/* only in the initial namespace */
	if (status->undescribed == NOT_TOLD)
		told--;
	if (!err && status->n_attrs != told)
		return -EPROTO;
	return err;
}

/* By whatever @which has: its id, its handle, or both. */
int nl_get(struct nl *nl, __u8 cmd, const struct obj *which,
	   struct obj *reply, struct ack *ack)
{
	struct req req;

	req_init(&req, nl->family, cmd, 0);
	if (which->id)
		req_put_u32(&req, VFIO_MIG_A_OBJECT_ID, which->id);
	if (which->bus[0])
		req_put_str(&req, VFIO_MIG_A_OBJECT_BUS, which->bus);
	if (which->parent[0])
		req_put_str(&req, VFIO_MIG_A_OBJECT_PARENT, which->parent);
	if (which->name[0])
		req_put_str(&req, VFIO_MIG_A_OBJECT_NAME, which->name);
	return nl_do(nl, &req, reply, ack);
}

int nl_get_handle(struct nl *nl, __u8 cmd, const char *bus,
		  const char *parent, const char *name, struct obj *reply)
{
	struct obj which = {};

	snprintf(which.bus, sizeof(which.bus), "%s", bus);
	snprintf(which.parent, sizeof(which.parent), "%s", parent ?: "");
	snprintf(which.name, sizeof(which.name), "%s", name);
	return nl_get(nl, cmd, &which, reply, NULL);
}

/* Asks for a bare device. */
int nl_get_sim(struct nl *nl, unsigned int n, struct obj *reply)
{
	char name[16];

	snprintf(name, sizeof(name), "sim%u", n);
	return nl_get_handle(nl, VFIO_MIG_CMD_DEV_GET, "sim", NULL, name,
			     reply);
}

/* Asks for a dump and reads nothing of it. */
int nl_dump_begin(struct nl *nl, __u8 cmd)
{
	struct req req;

	req_init(&req, nl->family, cmd, NLM_F_DUMP);
	return nl_send(nl, &req);
}

/*
 * Returns what the dump ended with. An object that does not parse, or one too
 * many, is -EPROTO.
 */
int nl_dump_req(struct nl *nl, struct req *req, struct dump *dump,
		struct objs *objs)
{
	static __u32 buf[RECV_MAX / 4];
	bool bad = false;
	int err;

	dump->reads = 0;
	dump->messages = 0;
	dump->intr = false;
	dump->truncated = false;
	dump->done = false;
	memset(&dump->ack, 0, sizeof(dump->ack));
	if (objs)
		objs->n = 0;

	err = nl_send(nl, req);
	if (err)
		return err;

	while (!dump->done) {
		const struct nlmsghdr *nlh = (const void *)buf;
		ssize_t len;
		size_t size;

		if (dump->between)
			dump->between(dump);

		size = dump->bufsize;
		if (!size) {
			len = nl_recv(nl, buf, 0, MSG_PEEK);
			if (len < 0)
				return len;
			size = len;
		}
		if (size > sizeof(buf))
			size = sizeof(buf);
		len = nl_recv(nl, buf, size, 0);
		if (len < 0)
			return len;
		dump->reads++;
		if ((size_t)len > size) {
			dump->truncated = true;
			return -EMSGSIZE;
		}

		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_seq != nl->seq)
				continue;
			if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				dump->intr = true;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				ack_parse(nlh, &dump->ack);
				return dump->ack.err ?: -EPROTO;
			}
			if (nlh->nlmsg_type == NLMSG_DONE) {
				done_parse(nlh, &dump->ack);
				dump->done = true;
				break;
			}
			dump->messages++;
			if (dump->message)
				dump->message(nlh, dump->arg);
			if (!objs)
				continue;
			if (objs->n == OBJS_MAX ||
			    !obj_parse(nlh, &objs->o[objs->n]))
				bad = true;
			else
				objs->n++;
		}
	}
	return dump->ack.err ?: bad ? -EPROTO : 0;
}

int nl_dump(struct nl *nl, __u8 cmd, struct dump *dump, struct objs *objs)
{
	struct req req;

	req_init(&req, nl->family, cmd, NLM_F_DUMP);
	return nl_dump_req(nl, &req, dump, objs);
}

/* A dump that nothing came between. */
int nl_dump_all(struct nl *nl, __u8 cmd, struct objs *objs)
{
	struct dump dump = {};
	int err, tries = 0;

	do {
		err = nl_dump(nl, cmd, &dump, objs);
	} while (!err && dump.intr && ++tries < 20);
	return err ?: dump.intr ? -EINTR : 0;
}

/* The next event. -EAGAIN if none comes in time. */
int nl_event(struct nl *nl, struct obj *obj, int timeout_ms)
{
	struct pollfd pfd = { .fd = nl->fd, .events = POLLIN };
	static __u32 buf[RECV_MAX / 4];
	ssize_t len;
	int n;

	do {
		n = poll(&pfd, 1, timeout_ms);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n ? -errno : -EAGAIN;

	len = recv_exact(nl, buf, sizeof(buf));
	if (len < 0)
		return len;
	return NLMSG_OK((struct nlmsghdr *)buf, len) &&
	       obj_parse((struct nlmsghdr *)buf, obj) ? 0 : -EPROTO;
}

bool obj_is_type(const struct obj *obj)
{
	return obj->parent[0];
}

/* Do two messages say exactly the same of an object? */
bool obj_same(const struct obj *a, const struct obj *b)
{
	return a->len == b->len && !memcmp(a->wire, b->wire, a->len);
}

/* The same, but for the number of the event that told so. */
bool obj_same_but_seq(const struct obj *a, const struct obj *b)
{
	const struct nlattr *x = NULL, *y = NULL;

	do {
		x = attr_next(x, a->wire, a->len);
		y = attr_next(y, b->wire, b->len);
		if (!x || !y)
			return x == y;
		if (x->nla_type != y->nla_type || x->nla_len != y->nla_len)
			return false;
	} while (attr_type(x) == VFIO_MIG_A_OBJECT_SEQ ||
		 !memcmp(attr_data(x), attr_data(y), attr_len(x)));
	return false;
}

/* A member of an attribute. */
const struct nlattr *attr_member(const struct nlattr *attr, __u16 type)
{
	const struct nlattr *nla = NULL;

	while ((nla = attr_sub(nla, attr)))
		if (attr_type(nla) == type)
			break;
	return nla;
}

/* The nest of an attribute of the profile. */
const struct nlattr *obj_attr(const struct obj *obj, const char *name)
{
	const struct nlattr *attr = NULL, *nla;

	while ((attr = attr_next(attr, obj->wire, obj->len))) {
		if (attr_type(attr) != VFIO_MIG_A_OBJECT_ATTR)
			continue;
		nla = attr_member(attr, VFIO_MIG_A_ATTR_NAME);
		if (nla && !strcmp(attr_data(nla), name))
			break;
	}
	return attr;
}

/* A member of an attribute of the profile. */
const struct nlattr *obj_value(const struct obj *obj, const char *name,
			       __u16 type)
{
	const struct nlattr *attr = obj_attr(obj, name);

	return attr ? attr_member(attr, type) : NULL;
}

struct obj *objs_find(struct objs *objs, __u32 id)
{
	unsigned int i;

	for (i = 0; i < objs->n; i++)
		if (objs->o[i].id == id)
			return &objs->o[i];
	return NULL;
}

struct obj *objs_find_name(struct objs *objs, const char *name)
{
	unsigned int i;

	for (i = 0; i < objs->n; i++)
		if (!strcmp(objs->o[i].name, name))
			return &objs->o[i];
	return NULL;
}

void objs_del(struct objs *objs, struct obj *obj)
{
	objs->n--;
	if (obj != &objs->o[objs->n])
		*obj = objs->o[objs->n];
}

/*
 * Does to what a client holds what an event says, if it is newer. Returns
 * false if it cannot be of what the client holds.
 */
bool objs_apply(struct objs *objs, const struct obj *event)
{
	struct obj *old = objs_find(objs, event->id);

	/* what it says of devices and types, their own events tell */
	if (event->cmd == VFIO_MIG_CMD_POLICY_NTF)
		return true;
	if (old && event->seq <= old->seq)
		return true;

	switch (event->cmd) {
	case VFIO_MIG_CMD_DEV_ADD_NTF:
	case VFIO_MIG_CMD_TYPE_ADD_NTF:
		if (old || objs->n == OBJS_MAX)
			return false;
		objs->o[objs->n++] = *event;
		return true;
	case VFIO_MIG_CMD_DEV_CHANGE_NTF:
	case VFIO_MIG_CMD_TYPE_CHANGE_NTF:
		/* it may be gone since, and so not stand in the dump */
		if (old)
			*old = *event;
		return true;
	case VFIO_MIG_CMD_DEV_DEL_NTF:
	case VFIO_MIG_CMD_TYPE_DEL_NTF:
		if (old)
			objs_del(objs, old);
		return true;
	}
	return false;
}
