// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "../../kernel/match.h"
#include "kernel.h"
#include "kernel_change.h"
#include "kernel_policy.h"

#define CTRL_GROUP 16
#define MAX_OBJECTS 512

/* Something that can be received at once. */
struct datagram {
	struct datagram *next;
	int32_t nsid;
	size_t len;
	char data[];
};

struct vmig_sock {
	struct vmig_sock *next;
	int fd;
	int32_t nsid;
	bool all_netns;
	bool events;
	bool ctrl;
	bool overflow;
	bool congested;
	uint32_t seq;
	struct datagram *queue;
	struct datagram *current;
};

/*
 * An object of the kernel: where it is, its attributes but the number; and what
 * they were before an administrator has changed them, if one has.
 */
struct held {
	enum vfiomig_kind kind;
	int32_t nsid;
	uint32_t id;
	uint64_t seq;
	struct nl_msg *msg;
	struct nl_msg *base;
};

struct kernel kernel;
static struct held held[MAX_OBJECTS];
static int n_held;
static struct vmig_sock *socks;

/* --------------------------------------------------------------- messages */

/* Whoever waits has something to read, or is told that it was lost. */
static void wake(struct vmig_sock *sock)
{
	uint64_t one = 1;

	assert_int_equal(write(sock->fd, &one, sizeof(one)), sizeof(one));
}

static void push(struct vmig_sock *sock, const void *data, size_t len,
		 int32_t nsid)
{
	struct datagram *d = malloc(sizeof(*d) + len), **last = &sock->queue;

	assert_non_null(d);
	d->next = NULL;
	d->nsid = nsid;
	d->len = len;
	memcpy(d->data, data, len);
	while (*last)
		last = &(*last)->next;
	*last = d;
	wake(sock);
}

static void push_msg(struct vmig_sock *sock, struct nl_msg *msg)
{
	size_t len = nlmsg_hdr(msg)->nlmsg_len - kernel.truncate;

	kernel.truncate = 0;
	push(sock, nlmsg_hdr(msg), len, VMIG_HOME);
	nlmsg_free(msg);
}

/* From another namespace only who listens to all hears, if it has a number. */
static void multicast(struct vmig_sock *sock, const void *data, size_t len,
		      int32_t nsid)
{
	if (nsid != VMIG_HOME && !(sock->all_netns && kernel_has_nsid(nsid)))
		return;
	if (sock->congested)
		sock->overflow = true;
	else
		push(sock, data, len, nsid);
}

static void send_in(const void *data, size_t len, int32_t nsid)
{
	for (struct vmig_sock *s = socks; s; s = s->next)
		if (s->events)
			multicast(s, data, len, nsid);
}

void kernel_send(const void *data, size_t len)
{
	send_in(data, len, VMIG_HOME);
}

static void copy_attrs(struct nl_msg *to, const struct nl_msg *from)
{
	struct nlmsghdr *nlh = nlmsg_hdr((struct nl_msg *)from);

	assert_int_equal(nlmsg_append(to, nlmsg_attrdata(nlh, 0),
				      nlmsg_attrlen(nlh, 0), NLMSG_ALIGNTO), 0);
}

void put_u64(struct nl_msg *msg, int type, uint64_t value)
{
	assert_int_equal(nla_put(msg, type, sizeof(value), &value), 0);
}

static struct nl_msg *genl(uint32_t seq, int type, int flags, int cmd)
{
	struct nl_msg *msg = nlmsg_alloc_size(65536);

	assert_non_null(msg);
	assert_non_null(genlmsg_put(msg, 0, seq, type, 0, flags, cmd, 1));
	return msg;
}

/* ----------------------------------------------------------------- events */

static void event(int cmd, const struct nl_msg *object, uint64_t seq,
		  int32_t nsid)
{
	struct nl_msg *msg = genl(0, kernel.family, 0, cmd);

	copy_attrs(msg, object);
	put_u64(msg, VFIO_MIG_A_OBJECT_SEQ, seq);
	if (!kernel.mute)
		send_in(nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len, nsid);
	nlmsg_free(msg);
}

static uint32_t id_of(const struct nl_msg *msg)
{
	struct nlattr *id;

	id = nlmsg_find_attr(nlmsg_hdr((struct nl_msg *)msg), 0,
			     VFIO_MIG_A_OBJECT_ID);
	return id ? nla_get_u32(id) : 0;
}

static int place_of(uint32_t id)
{
	for (int i = 0; i < n_held; i++)
		if (held[i].id == id)
			return i;

	return -1;
}

static int command(enum vfiomig_kind kind, int device_command)
{
	if (kind == VFIOMIG_DEVICE)
		return device_command;

	return device_command + VFIO_MIG_CMD_TYPE_GET - VFIO_MIG_CMD_DEV_GET;
}

static void forget(struct held *h)
{
	if (h->base != h->msg)
		nlmsg_free(h->base);
	nlmsg_free(h->msg);
}

/* Something has happened to an object, which takes a number. */
static void happened(struct held *h, int device_command)
{
	h->seq = ++*kernel_seq(h->nsid);
	event(command(h->kind, device_command), h->msg, h->seq, h->nsid);
}

void kernel_add(enum vfiomig_kind kind, struct nl_msg *msg)
{
	assert_true(n_held < MAX_OBJECTS);
	held[n_held++] = (struct held) {
		.kind = kind, .nsid = kernel.nsid, .id = id_of(msg), .msg = msg
	};
	kernel.moves++;
	happened(&held[n_held - 1], VFIO_MIG_CMD_DEV_ADD_NTF);
}

void kernel_change(enum vfiomig_kind kind, struct nl_msg *msg)
{
	int at = place_of(id_of(msg));

	(void)kind;
	assert_true(at >= 0);
	if (held[at].msg != held[at].base)
		nlmsg_free(held[at].msg);
	held[at].msg = msg;
	happened(&held[at], VFIO_MIG_CMD_DEV_CHANGE_NTF);
}

void kernel_del(enum vfiomig_kind kind, uint32_t id)
{
	int at = place_of(id);

	(void)kind;
	assert_true(at >= 0);
	kernel.moves++;
	happened(&held[at], VFIO_MIG_CMD_DEV_DEL_NTF);
	forget(&held[at]);
	memmove(&held[at], &held[at + 1], (--n_held - at) * sizeof(held[0]));
}

void kernel_move(uint32_t id, int32_t nsid)
{
	int at = place_of(id);

	assert_true(at >= 0);
	kernel.moves++;
	happened(&held[at], VFIO_MIG_CMD_DEV_DEL_NTF);
	held[at].nsid = nsid;
	happened(&held[at], VFIO_MIG_CMD_DEV_ADD_NTF);
}

void kernel_bring_home(int32_t nsid)
{
	for (int i = 0; i < n_held; i++)
		if (held[i].nsid == nsid)
			kernel_move(held[i].id, VMIG_HOME);
}

void kernel_overflow(void)
{
	for (struct vmig_sock *s = socks; s; s = s->next) {
		if (!s->events)
			continue;
		s->congested = true;
		s->overflow = true;
		wake(s);
	}
}

static void tell_family(int cmd)
{
	struct nl_msg *msg = genl(0, GENL_ID_CTRL, 0, cmd);

	nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, VFIO_MIG_FAMILY_NAME);
	nla_put_u16(msg, CTRL_ATTR_FAMILY_ID, kernel.family);
	/* that is told in all namespaces */
	for (struct vmig_sock *s = socks; s; s = s->next)
		for (int32_t nsid = VMIG_HOME; s->ctrl && nsid < 10; nsid++)
			multicast(s, nlmsg_hdr(msg),
				  nlmsg_hdr(msg)->nlmsg_len, nsid);
	nlmsg_free(msg);
}

static void forget_objects(void)
{
	while (n_held)
		forget(&held[--n_held]);
	kernel_forget_seqs();
	kernel_policy_forget();
}

void kernel_unload(void)
{
	tell_family(CTRL_CMD_DELFAMILY);
	for (struct vmig_sock *s = socks; s; s = s->next)
		s->events = false;
	kernel.family = 0;
	kernel.group = 0;
	forget_objects();
}

void kernel_load(void)
{
	static uint16_t number = 0x20;

	kernel.family = ++number;
	kernel.group = number + 0x100;
	kernel.instance += 0x1111;
	kernel.admin_max = VFIO_MIG_ADMIN_ATTRS_MAX;
	tell_family(CTRL_CMD_NEWFAMILY);
}

int kernel_clean(void **state)
{
	(void)state;
	forget_objects();
	assert_null(socks);
	memset(&kernel, 0, sizeof(kernel));
	kernel_forget_netns();
	kernel.nsid = VMIG_HOME;
	return 0;
}

int kernel_reset(void **state)
{
	kernel_clean(state);
	kernel_load();
	return 0;
}

/* ---------------------------------------------------------------- answers */

static void put_tlvs(struct nl_msg *msg, const struct refusal *r)
{
	if (r->text)
		nla_put_string(msg, NLMSGERR_ATTR_MSG, r->text);
	if (r->offset)
		nla_put_u32(msg, NLMSGERR_ATTR_OFFS, r->offset);
	if (r->miss_type)
		nla_put_u32(msg, NLMSGERR_ATTR_MISS_TYPE, r->miss_type);
	if (r->miss_nest)
		nla_put_u32(msg, NLMSGERR_ATTR_MISS_NEST, r->miss_nest);
}

static void ack(struct vmig_sock *sock, const struct nlmsghdr *req,
		const struct refusal *r)
{
	struct nlmsgerr e = { .error = -r->err, .msg = *req };
	int flags = NLM_F_CAPPED | (r->text || r->offset || r->miss_type ?
				    NLM_F_ACK_TLVS : 0);
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(nlmsg_put(msg, 0, req->nlmsg_seq, NLMSG_ERROR, 0,
				  flags));
	assert_int_equal(nlmsg_append(msg, &e, sizeof(e), NLMSG_ALIGNTO), 0);
	put_tlvs(msg, r);
	push_msg(sock, msg);
}

static void done(struct vmig_sock *sock, const struct nlmsghdr *req,
		 const struct refusal *r, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();
	int err = -r->err;

	if (r->text || r->offset || r->miss_type)
		flags |= NLM_F_ACK_TLVS;
	assert_non_null(nlmsg_put(msg, 0, req->nlmsg_seq, NLMSG_DONE, 0,
				  flags | NLM_F_MULTI));
	assert_int_equal(nlmsg_append(msg, &err, sizeof(err), NLMSG_ALIGNTO),
			 0);
	put_tlvs(msg, r);
	push_msg(sock, msg);
}

static void answer_object(struct vmig_sock *sock, const struct nlmsghdr *req,
			  const struct held *h, int flags)
{
	int cmd = genlmsg_hdr((struct nlmsghdr *)req)->cmd;
	struct nl_msg *msg = genl(req->nlmsg_seq, kernel.family, flags, cmd);

	copy_attrs(msg, h->msg);
	put_u64(msg, VFIO_MIG_A_OBJECT_SEQ, h->seq);
	push_msg(sock, msg);
}

/* The one with the next id. Objects may come and go between two calls. */
static const struct held *next_held(enum vfiomig_kind kind, int32_t nsid,
				    uint32_t after)
{
	const struct held *next = NULL;

	for (int i = 0; i < n_held; i++)
		if (held[i].kind == kind && held[i].nsid == nsid &&
		    held[i].id > after &&
		    (!next || held[i].id < next->id))
			next = &held[i];

	return next;
}

static void answer_dump(struct vmig_sock *sock, const struct nlmsghdr *req,
			enum vfiomig_kind kind)
{
	static const struct refusal fine;
	const struct refusal *r = &fine;
	const struct held *h;
	unsigned int moves;
	uint32_t id = 0;
	int flags = 0;

	if (kernel.before_dump)
		kernel.before_dump();
	moves = kernel.moves;
	while ((h = next_held(kind, sock->nsid, id))) {
		id = h->id;
		answer_object(sock, req, h, NLM_F_MULTI);
		if (kernel.in_dump)
			kernel.in_dump();
	}
	if (moves != kernel.moves)
		flags = NLM_F_DUMP_INTR;
	if (kernel.after_dump)
		kernel.after_dump();

	if (kernel.interrupt) {
		kernel.interrupt--;
		flags = NLM_F_DUMP_INTR;
	}
	if (kernel.refusal.done)
		r = &kernel.refusal;
	done(sock, req, r, flags);
}

static bool same(const struct nlmsghdr *a, const struct nlmsghdr *b, int type)
{
	struct nlattr *x, *y;

	x = nlmsg_find_attr((struct nlmsghdr *)a, GENL_HDRLEN, type);
	y = nlmsg_find_attr((struct nlmsghdr *)b, 0, type);
	if (!x || !y)
		return x == y;
	return !strcmp(nla_get_string(x), nla_get_string(y));
}

static const struct held *find(const struct nlmsghdr *req,
			       enum vfiomig_kind kind)
{
	for (int i = 0; i < n_held; i++) {
		const struct nlmsghdr *nlh = nlmsg_hdr(held[i].msg);

		if (held[i].kind == kind &&
		    same(req, nlh, VFIO_MIG_A_OBJECT_BUS) &&
		    same(req, nlh, VFIO_MIG_A_OBJECT_PARENT) &&
		    same(req, nlh, VFIO_MIG_A_OBJECT_NAME))
			return &held[i];
	}
	return NULL;
}

/* Where in the request is its attribute of that number? */
static uint32_t offset_of(const struct nlmsghdr *req, int type)
{
	struct nlattr *nla;

	nla = nlmsg_find_attr((struct nlmsghdr *)req, GENL_HDRLEN, type);
	return nla ? (char *)nla - (char *)req : 0;
}

static void answer_get(struct vmig_sock *sock, const struct nlmsghdr *req,
		       enum vfiomig_kind kind)
{
	const struct held *h = find(req, kind);
	struct refusal r = {
		.err = ENODEV,
		.text = "no device of this handle in this network namespace",
		.offset = offset_of(req, VFIO_MIG_A_OBJECT_NAME),
	};

	if (h) {
		answer_object(sock, req, h, 0);
		memset(&r, 0, sizeof(r));
	}
	ack(sock, req, &r);
}

/* ----------------------------------------------------------------- checks */

static struct nlattr *nest_of(const struct nlmsghdr *req, int type)
{
	return nlmsg_find_attr((struct nlmsghdr *)req, GENL_HDRLEN, type);
}

/* The object that a nest of the request names, by id or by handle. */
static const struct held *find_named(struct nlattr *nest)
{
	struct nlattr *id = nla_find(nla_data(nest), nla_len(nest),
				     VFIO_MIG_A_OBJECT_ID);

	for (int i = 0; i < n_held; i++) {
		struct nlmsghdr *nlh = nlmsg_hdr(held[i].msg);
		bool fits = true;

		if (id && held[i].id == nla_get_u32(id))
			return &held[i];
		for (int type = VFIO_MIG_A_OBJECT_BUS;
		     type <= VFIO_MIG_A_OBJECT_NAME; type++) {
			struct nlattr *x, *y;

			x = nla_find(nla_data(nest), nla_len(nest), type);
			y = nlmsg_find_attr(nlh, 0, type);
			fits &= x && y ? !nla_memcmp(x, nla_data(y),
						     nla_len(y)) : x == y;
		}
		if (!id && fits)
			return &held[i];
	}
	return NULL;
}

static int put_finding(const struct vfio_mig_finding *finding, void *arg)
{
	const struct vfio_mig_view *who = finding->source ?: finding->target;
	struct nl_msg *msg = arg;
	struct nlattr *nest;
	char name[VFIO_MIG_NAME_MAX + 1];

	snprintf(name, sizeof(name), "%.*s", who->name_len, who->name);
	nest = nla_nest_start(msg, VFIO_MIG_A_CHECK_FINDING);
	nla_put_string(msg, VFIO_MIG_A_FINDING_NAME, name);
	nla_put_u32(msg, VFIO_MIG_A_FINDING_KIND, finding->kind);
	if (finding->severity)
		nla_put_u32(msg, VFIO_MIG_A_FINDING_SEVERITY,
			    finding->severity);
	nla_nest_end(msg, nest);
	return 0;
}

static void answer_one(struct vmig_sock *sock, const struct nlmsghdr *req,
		       const struct vfio_mig_index *source,
		       const struct held *target, int flags)
{
	struct nl_msg *msg = genl(req->nlmsg_seq, kernel.family, flags,
				  VFIO_MIG_CMD_CHECK);
	struct nlmsghdr *nlh = nlmsg_hdr(target->msg);
	static struct vfio_mig_index index;
	const struct vfio_mig_view *list[VFIO_MIG_ATTRS_MAX];
	struct nlattr *available, *pos;
	struct vfio_mig_fault fault;
	struct nlattr *nest;
	int rem, verdict;

	nest = nla_nest_start(msg, VFIO_MIG_A_CHECK_TARGET);
	nlmsg_for_each_attr(pos, nlh, 0, rem)
		if (nla_type(pos) <= VFIO_MIG_A_OBJECT_NAME)
			nla_put(msg, nla_type(pos), nla_len(pos),
				nla_data(pos));
	nla_nest_end(msg, nest);
	put_u64(msg, VFIO_MIG_A_CHECK_SEQ, target->seq);
	available = nlmsg_find_attr(nlh, 0, VFIO_MIG_A_OBJECT_AVAILABLE);
	if (available)
		nla_put_u32(msg, VFIO_MIG_A_CHECK_AVAILABLE,
			    nla_get_u32(available));
	assert_int_equal(vfio_mig_index_read(&index, nlmsg_attrdata(nlh, 0),
					     nlmsg_attrlen(nlh, 0), true,
					     &fault), 0);
	vfio_mig_index_list(&index, list);
	verdict = vfio_mig_match_index(source, list, index.n, put_finding, msg);
	assert_true(verdict > 0);
	nla_put_u32(msg, VFIO_MIG_A_CHECK_VERDICT, verdict);
	push_msg(sock, msg);
}

static void answer_check(struct vmig_sock *sock, const struct nlmsghdr *req)
{
	struct nlattr *brought = nest_of(req, VFIO_MIG_A_CHECK_PROFILE);
	struct nlattr *here = nest_of(req, VFIO_MIG_A_CHECK_SOURCE);
	struct nlattr *nest = nest_of(req, VFIO_MIG_A_CHECK_TARGET);
	const struct held *self = here ? find_named(here) : NULL;
	const struct held *target = nest ? find_named(nest) : NULL;
	static struct vfio_mig_index index;
	struct refusal r = { .err = 0 };
	struct vfio_mig_fault fault;
	struct nlmsghdr *nlh;

	if ((here && !self) || (nest && !target)) {
		r.err = ENODEV;
		r.text = "no device of this handle in this network namespace";
		ack(sock, req, &r);
		return;
	}
	if (self) {
		nlh = nlmsg_hdr(self->msg);
		assert_int_equal(vfio_mig_index_read(&index,
						     nlmsg_attrdata(nlh, 0),
						     nlmsg_attrlen(nlh, 0),
						     false, &fault), 0);
	} else {
		assert_int_equal(vfio_mig_index_read(&index, nla_data(brought),
						     nla_len(brought), true,
						     &fault), 0);
	}
	if (target) {
		answer_one(sock, req, &index, target, 0);
		ack(sock, req, &r);
		return;
	}
	for (int i = 0; i < n_held; i++)
		if (&held[i] != self)
			answer_one(sock, req, &index, &held[i], NLM_F_MULTI);
	done(sock, req, &r, 0);
}

/* ---------------------------------------------------------------- changes */

static void answer_policy_change(struct vmig_sock *sock,
				 const struct nlmsghdr *req)
{
	struct refusal r = { .err = 0 };
	struct nl_msg *told, *msg;

	told = kernel_policy_edit(req, kernel.seq + 1, &r);
	if (told) {
		msg = genl(0, kernel.family, 0, VFIO_MIG_CMD_POLICY_NTF);
		copy_attrs(msg, told);
		kernel.seq++;
		if (!kernel.mute)
			kernel_send(nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
		nlmsg_free(msg);
		nlmsg_free(told);
	}
	ack(sock, req, &r);
}

static void answer_policy(struct vmig_sock *sock, const struct nlmsghdr *req)
{
	static const struct refusal fine;
	struct nl_msg *msg;
	int flags = 0;

	for (unsigned int i = 0;; i++) {
		msg = genl(req->nlmsg_seq, kernel.family, NLM_F_MULTI,
			   VFIO_MIG_CMD_POLICY_GET);
		if (!kernel_policy_tell(msg, i))
			break;
		push_msg(sock, msg);
	}
	nlmsg_free(msg);
	if (kernel.interrupt) {
		kernel.interrupt--;
		flags = NLM_F_DUMP_INTR;
	}
	done(sock, req, &fine, flags);
}

static void answer_change(struct vmig_sock *sock, const struct nlmsghdr *req)
{
	struct nlattr *target = nest_of(req, VFIO_MIG_A_CHANGE_TARGET);
	struct held *h = target ? (struct held *)find_named(target) : NULL;
	struct refusal r = { .err = 0 };
	struct nl_msg *msg;

	if (!target) {
		answer_policy_change(sock, req);
		return;
	}
	if (!h || h->kind == VFIOMIG_TYPE) {
		r.err = h ? EINVAL : ENODEV;
		r.text = h ? "nothing can be said of a type alone" :
			 "no device of this handle in this network namespace";
		r.offset = (char *)target - (char *)req;
		ack(sock, req, &r);
		return;
	}
	if (!h->base)
		h->base = h->msg;
	msg = kernel_edit(req, h->msg, h->base, &r);
	if (msg)
		kernel_change(h->kind, msg);
	ack(sock, req, &r);
}

static void answer_status(struct vmig_sock *sock, const struct nlmsghdr *req)
{
	struct nl_msg *msg = genl(req->nlmsg_seq, kernel.family, 0,
				  VFIO_MIG_CMD_STATUS_GET);
	static const struct refusal fine;
	int counts[3] = { 0 };

	for (int i = 0; i < n_held; i++)
		counts[held[i].kind] += held[i].nsid == sock->nsid;
	put_u64(msg, VFIO_MIG_A_STATUS_INSTANCE, kernel.instance);
	put_u64(msg, VFIO_MIG_A_STATUS_SEQ, *kernel_seq(sock->nsid));
	nla_put_u32(msg, VFIO_MIG_A_STATUS_DEVICES, counts[VFIOMIG_DEVICE]);
	nla_put_u32(msg, VFIO_MIG_A_STATUS_TYPES, counts[VFIOMIG_TYPE]);
	nla_put_u32(msg, VFIO_MIG_A_STATUS_UNDESCRIBED, kernel.undescribed);
	nla_put_u32(msg, VFIO_MIG_A_STATUS_ATTRS_MAX, VFIO_MIG_ATTRS_MAX);
	nla_put_u32(msg, VFIO_MIG_A_STATUS_PROFILE_MAX, VFIO_MIG_PROFILE_MAX);
	push_msg(sock, msg);
	ack(sock, req, &fine);
}

static void answer_ctrl(struct vmig_sock *sock, const struct nlmsghdr *req)
{
	static const struct refusal fine, none = { .err = ENOENT };
	const char *name, *group = VFIO_MIG_MCGRP_MONITOR;
	uint32_t group_id = kernel.group;
	struct nlattr *list, *entry;
	int id = kernel.family;
	struct nl_msg *msg;

	name = nla_get_string(nlmsg_find_attr((struct nlmsghdr *)req,
					      GENL_HDRLEN,
					      CTRL_ATTR_FAMILY_NAME));
	if (!strcmp(name, "nlctrl")) {
		id = GENL_ID_CTRL;
		group = "notify";
		group_id = CTRL_GROUP;
	}
	if (!id) {
		ack(sock, req, &none);
		return;
	}

	msg = genl(req->nlmsg_seq, GENL_ID_CTRL, 0, CTRL_CMD_NEWFAMILY);
	nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, name);
	nla_put_u16(msg, CTRL_ATTR_FAMILY_ID, id);
	list = nla_nest_start(msg, CTRL_ATTR_MCAST_GROUPS);
	entry = nla_nest_start(msg, 1);
	nla_put_u32(msg, CTRL_ATTR_MCAST_GRP_ID, group_id);
	nla_put_string(msg, CTRL_ATTR_MCAST_GRP_NAME, group);
	nla_nest_end(msg, entry);
	nla_nest_end(msg, list);
	push_msg(sock, msg);
	ack(sock, req, &fine);
}

static void answer(struct vmig_sock *sock, const struct nlmsghdr *req)
{
	static const struct refusal no_family = { .err = ENOENT };
	int cmd = genlmsg_hdr((struct nlmsghdr *)req)->cmd;
	enum vfiomig_kind kind = cmd == VFIO_MIG_CMD_TYPE_GET ?
				 VFIOMIG_TYPE : VFIOMIG_DEVICE;
	bool change = cmd == VFIO_MIG_CMD_ATTR_SET ||
		      cmd == VFIO_MIG_CMD_ATTR_DEL;

	if (change && req->nlmsg_type == kernel.family && kernel.before_change)
		kernel.before_change(cmd);
	if (req->nlmsg_type == GENL_ID_CTRL)
		answer_ctrl(sock, req);
	else if (!kernel.family || req->nlmsg_type != kernel.family)
		ack(sock, req, &no_family);
	else if (kernel.refusal.cmd == cmd && !kernel.refusal.done)
		ack(sock, req, &kernel.refusal);
	else if (cmd == VFIO_MIG_CMD_STATUS_GET)
		answer_status(sock, req);
	else if (cmd == VFIO_MIG_CMD_CHECK)
		answer_check(sock, req);
	else if (change)
		answer_change(sock, req);
	else if (cmd == VFIO_MIG_CMD_POLICY_GET)
		answer_policy(sock, req);
	else if (req->nlmsg_flags & NLM_F_DUMP)
		answer_dump(sock, req, kind);
	else
		answer_get(sock, req, kind);
}

/* ------------------------------ what stands for lib/sock.c and lib/clock.c */

struct vmig_sock *vmig_sock_open(struct vfiomig *ctx)
{
	struct vmig_sock *sock;

	if (ctx->netns >= 0 && kernel.closed) {
		vmig_fail(ctx, VFIOMIG_CAUSE_PERMISSION, EPERM, "closed");
		return NULL;
	}
	sock = calloc(1, sizeof(*sock));
	assert_non_null(sock);
	sock->nsid = kernel_netns_at(ctx->netns);
	sock->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	sock->next = socks;
	socks = sock;
	kernel.opened++;
	return sock;
}

static void drop(struct datagram *d)
{
	while (d) {
		struct datagram *next = d->next;

		free(d);
		d = next;
	}
}

void vmig_sock_close(struct vmig_sock *sock)
{
	struct vmig_sock **at = &socks;

	if (!sock)
		return;
	while (*at != sock)
		at = &(*at)->next;
	*at = sock->next;
	drop(sock->queue);
	free(sock->current);
	close(sock->fd);
	free(sock);
}

int vmig_sock_fd(const struct vmig_sock *sock)
{
	return sock->fd;
}

int vmig_sock_set_buffer(struct vmig_sock *sock, size_t size)
{
	(void)sock;
	kernel.buffer = size;
	return size == 7 ? -EPERM : 0;
}

int vmig_sock_all_netns(struct vmig_sock *sock)
{
	if (kernel.closed)
		return -EPERM;

	sock->all_netns = true;
	return 0;
}

int32_t vmig_sock_nsid(const struct vmig_sock *sock)
{
	return sock->current->nsid;
}

uint64_t vmig_now(void)
{
	struct timespec now;

	if (kernel.clock)
		return kernel.clock;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int vmig_sock_join(struct vmig_sock *sock, uint32_t group)
{
	if (group == CTRL_GROUP)
		sock->ctrl = true;
	else if (kernel.family && group == kernel.group)
		sock->events = true;
	else
		return -EINVAL;

	return 0;
}

int vmig_sock_send(struct vmig_sock *sock, struct nl_msg *msg)
{
	nlmsg_hdr(msg)->nlmsg_seq = ++sock->seq;
	kernel.requests++;
	answer(sock, nlmsg_hdr(msg));
	return 0;
}

ssize_t vmig_sock_recv(struct vmig_sock *sock, bool wait, void **data)
{
	uint64_t count;

	free(sock->current);
	sock->current = NULL;
	if (sock->overflow) {
		sock->overflow = false;
		return -ENOBUFS;
	}
	if (!sock->queue && sock->events && kernel.idle) {
		void (*idle)(void) = kernel.idle;

		kernel.idle = NULL;
		idle();
	}
	if (!sock->queue) {
		/* a program that waits here would wait for ever */
		assert_false(wait);
		sock->congested = false;
		if (read(sock->fd, &count, sizeof(count)) < 0)
			return -EAGAIN;
		return -EAGAIN;
	}
	sock->current = sock->queue;
	sock->queue = sock->current->next;
	*data = sock->current->data;
	return sock->current->len;
}

/* ------------------------------------------- building what is on the wire */

struct nl_msg *object(uint32_t id, const char *bus, const char *parent,
		      const char *name)
{
	struct nl_msg *msg = nlmsg_alloc_size(65536);

	assert_non_null(msg);
	if (id)
		nla_put_u32(msg, VFIO_MIG_A_OBJECT_ID, id);
	if (bus)
		nla_put_string(msg, VFIO_MIG_A_OBJECT_BUS, bus);
	if (parent)
		nla_put_string(msg, VFIO_MIG_A_OBJECT_PARENT, parent);
	if (name)
		nla_put_string(msg, VFIO_MIG_A_OBJECT_NAME, name);
	return msg;
}

struct nlattr *attr_begin(struct nl_msg *msg, const char *name)
{
	struct nlattr *nest = nla_nest_start(msg, VFIO_MIG_A_OBJECT_ATTR);

	if (name)
		nla_put_string(msg, VFIO_MIG_A_ATTR_NAME, name);
	return nest;
}

void attr_end(struct nl_msg *msg, struct nlattr *nest, uint32_t rule,
	      uint32_t severity, uint32_t missing)
{
	nla_put_u32(msg, VFIO_MIG_A_ATTR_RULE, rule);
	nla_put_u32(msg, VFIO_MIG_A_ATTR_SEVERITY, severity);
	nla_put_u32(msg, VFIO_MIG_A_ATTR_MISSING, missing);
	nla_put_u32(msg, VFIO_MIG_A_ATTR_ORIGIN, VFIO_MIG_ORIGIN_VFIO);
	nla_nest_end(msg, nest);
}

static void end_as_usual(struct nl_msg *msg, struct nlattr *nest)
{
	attr_end(msg, nest, VFIO_MIG_RULE_EQUAL, VFIO_MIG_SEVERITY_FAIL,
		 VFIO_MIG_SEVERITY_UNDECIDED);
}

void add_string(struct nl_msg *msg, const char *name, const char *value)
{
	struct nlattr *nest = attr_begin(msg, name);

	nla_put_string(msg, VFIO_MIG_A_ATTR_STRING, value);
	end_as_usual(msg, nest);
}

void add_bool(struct nl_msg *msg, const char *name, bool value)
{
	struct nlattr *nest = attr_begin(msg, name);

	nla_put_u8(msg, VFIO_MIG_A_ATTR_BOOL, value);
	end_as_usual(msg, nest);
}

void add_u64(struct nl_msg *msg, const char *name, uint64_t value)
{
	struct nlattr *nest = attr_begin(msg, name);

	put_u64(msg, VFIO_MIG_A_ATTR_U64, value);
	end_as_usual(msg, nest);
}

void add_label(struct nl_msg *msg, uint32_t bit, const char *name)
{
	struct nlattr *nest = nla_nest_start(msg, VFIO_MIG_A_ATTR_LABEL);

	nla_put_u32(msg, VFIO_MIG_A_LABEL_BIT, bit);
	nla_put_string(msg, VFIO_MIG_A_LABEL_NAME, name);
	nla_nest_end(msg, nest);
}

int read_object(struct vfiomig *ctx, enum vfiomig_kind kind, struct nl_msg *msg,
		struct vfiomig_object **object)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	int err;

	err = vmig_object_read(ctx, kind, false, nlmsg_attrdata(nlh, 0),
			       nlmsg_attrlen(nlh, 0), object);
	nlmsg_free(msg);
	return err;
}
