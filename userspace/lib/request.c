// SPDX-License-Identifier: LGPL-2.1-or-later
/* Requests and their answers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "internal.h"

/* How often a list is asked for that changes while it is told. */
#define DUMP_TRIES 10

/* A profile, and what stands around it in a request. */
#define REQUEST_ROOM (VFIO_MIG_PROFILE_MAX + 2048)

/**
 * struct request - a request, and what becomes of it
 * @msg: the message; how much of an answer is taken by @answer
 * @space: the attributes in it, for the names of bad ones
 * @answer: is given each object of the answer; returns 0, or a negative errno
 *   with the error told
 * @arg: for @answer
 * @room: bytes that the message may take, if they are more than usual
 * @interrupted: the list has changed while it was told
 */
struct request {
	struct nl_msg *msg;
	const struct vmig_space *space;
	int (*answer)(struct vfiomig *ctx, const struct nlmsghdr *nlh,
		      void *arg);
	void *arg;
	size_t room;
	bool interrupted;
};

struct vfiomig *vfiomig_new(void)
{
	struct vfiomig *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return NULL;
	ctx->netns = -1;
	ctx->sysfs = "/sys";
	ctx->root = "";
	return ctx;
}

/* After an error the rest of an answer may still be in the socket. */
static void disconnect(struct vfiomig *ctx)
{
	vmig_sock_close(ctx->sock);
	ctx->sock = NULL;
}

void vfiomig_free(struct vfiomig *ctx)
{
	if (!ctx)
		return;
	disconnect(ctx);
	vmig_clear(ctx);
	free(ctx);
}

const char *vfiomig_version(void)
{
	return VFIOMIG_VERSION;
}

static int cut_off(struct vfiomig *ctx)
{
	return vmig_fail(ctx, VFIOMIG_CAUSE_KERNEL, EBADMSG,
			 "cannot read the kernel's answer: it is cut off");
}

/* The ack that ends the answer to a single request. */
static int take_ack(struct vfiomig *ctx, const struct request *req,
		    const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = nlmsg_data(nlh);
	size_t skip = sizeof(*e);

	if (nlmsg_datalen(nlh) < (int)sizeof(*e))
		return cut_off(ctx);
	if (!e->error)
		return 0;

	/* the request stands in the answer, whole or only its header */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	return vmig_refused(ctx, -e->error, nlh, skip, nlmsg_hdr(req->msg),
			    req->space);
}

/* The end of a list, which may be that of a list that failed half-way. */
static int take_done(struct vfiomig *ctx, const struct request *req,
		     const struct nlmsghdr *nlh)
{
	int err;

	if (nlmsg_datalen(nlh) < (int)sizeof(err))
		return cut_off(ctx);
	memcpy(&err, nlmsg_data(nlh), sizeof(err));
	if (err >= 0)
		return 0;

	return vmig_refused(ctx, -err, nlh, sizeof(err), nlmsg_hdr(req->msg),
			    req->space);
}

static int take_message(struct vfiomig *ctx, struct request *req,
			const struct nlmsghdr *nlh, bool *end)
{
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		req->interrupted = true;

	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		*end = true;
		return take_ack(ctx, req, nlh);
	case NLMSG_DONE:
		*end = true;
		return take_done(ctx, req, nlh);
	case NLMSG_NOOP:
		return 0;
	case NLMSG_OVERRUN:
		return vmig_fail(ctx, VFIOMIG_CAUSE_KERNEL, ENOBUFS,
				 "the kernel has lost a part of its answer");
	default:
		return req->answer(ctx, nlh, req->arg);
	}
}

/* What was received at once. Sets @end once the answer is complete. */
static int take_messages(struct vfiomig *ctx, struct request *req,
			 const void *data, int len, bool *end)
{
	const struct nlmsghdr *nlh = data;
	uint32_t seq = nlmsg_hdr(req->msg)->nlmsg_seq;
	int err;

	while (nlmsg_ok(nlh, len)) {
		if (nlh->nlmsg_seq == seq) {
			err = take_message(ctx, req, nlh, end);
			if (err || *end)
				return err;
		}
		nlh = nlmsg_next((struct nlmsghdr *)nlh, &len);
	}
	return len > 0 ? cut_off(ctx) : 0;
}

static int no_answer(struct vfiomig *ctx, int err)
{
	if (err == -ENOMEM)
		return vmig_nomem(ctx);

	return vmig_fail(ctx, VFIOMIG_CAUSE_KERNEL, -err,
			 "cannot talk to the kernel: %s", strerror(-err));
}

static int exchange(struct vfiomig *ctx, struct request *req)
{
	bool end = false;
	ssize_t len;
	void *data;
	int err;

	err = vmig_sock_send(ctx->sock, req->msg);
	if (err)
		return no_answer(ctx, err);

	while (!end) {
		len = vmig_sock_recv(ctx->sock, true, &data);
		if (len < 0)
			return no_answer(ctx, len);
		err = take_messages(ctx, req, data, len, &end);
		if (err)
			return err;
	}
	return 0;
}

/* Sends a request and takes the whole of its answer. */
static int transact(struct vfiomig *ctx, struct request *req)
{
	int err;

	if (!ctx->sock)
		ctx->sock = vmig_sock_open(ctx);
	if (!ctx->sock)
		return -ctx->error.errnum;

	err = exchange(ctx, req);
	if (err)
		disconnect(ctx);

	return err;
}

/* ---------------------------------------------------- the family's number */

static void find_group(const struct nlattr *groups, const char *name,
		       struct vmig_family *family)
{
	struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1];
	const struct nlattr *pos;
	int rem;

	nla_for_each_nested(pos, groups, rem) {
		if (nla_parse_nested(tb, CTRL_ATTR_MCAST_GRP_MAX,
				     (struct nlattr *)pos, NULL))
			continue;
		if (!tb[CTRL_ATTR_MCAST_GRP_NAME] ||
		    !tb[CTRL_ATTR_MCAST_GRP_ID] ||
		    nla_len(tb[CTRL_ATTR_MCAST_GRP_ID]) != sizeof(uint32_t) ||
		    nla_strcmp(tb[CTRL_ATTR_MCAST_GRP_NAME], name))
			continue;
		family->group = nla_get_u32(tb[CTRL_ATTR_MCAST_GRP_ID]);
	}
}

/**
 * struct resolve - a question to nlctrl
 * @group: name of the multicast group that is wanted
 * @family: the answer
 */
struct resolve {
	const char *group;
	struct vmig_family *family;
};

static int take_family(struct vfiomig *ctx, const struct nlmsghdr *nlh,
		       void *arg)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct resolve *r = arg;

	if (nlmsg_parse((struct nlmsghdr *)nlh, GENL_HDRLEN, tb, CTRL_ATTR_MAX,
			NULL))
		return cut_off(ctx);
	if (!tb[CTRL_ATTR_FAMILY_ID] ||
	    nla_len(tb[CTRL_ATTR_FAMILY_ID]) != sizeof(uint16_t))
		return cut_off(ctx);

	r->family->id = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (tb[CTRL_ATTR_MCAST_GROUPS])
		find_group(tb[CTRL_ATTR_MCAST_GROUPS], r->group, r->family);

	return 0;
}

/*
 * Asks nlctrl for a family. genl_ctrl_resolve() would give one error for every
 * cause. Returns -ENOENT if the kernel has no such family.
 */
int vmig_resolve(struct vfiomig *ctx, const char *name, const char *group,
		 struct vmig_family *family)
{
	struct resolve r = { .group = group, .family = family };
	struct request req = { .answer = take_family, .arg = &r };
	int err;

	memset(family, 0, sizeof(*family));
	req.msg = nlmsg_alloc();
	if (!req.msg || !genlmsg_put(req.msg, NL_AUTO_PORT, NL_AUTO_SEQ,
				     GENL_ID_CTRL, 0, NLM_F_REQUEST | NLM_F_ACK,
				     CTRL_CMD_GETFAMILY, 1) ||
	    nla_put_string(req.msg, CTRL_ATTR_FAMILY_NAME, name))
		err = vmig_nomem(ctx);
	else
		err = transact(ctx, &req);
	nlmsg_free(req.msg);
	return err;
}

/*
 * Looks the family up, unless that has been done. The kernel loads the module
 * for it if it may. Where the family is not for this network namespace, the
 * kernel says no more than that there is none.
 */
int vmig_family(struct vfiomig *ctx)
{
	struct vmig_family family;
	int err;

	if (ctx->family)
		return 0;
	err = vmig_resolve(ctx, VFIO_MIG_FAMILY_NAME, VFIO_MIG_MCGRP_MONITOR,
			   &family);
	if (err == -ENOENT)
		return vmig_fail(ctx, VFIOMIG_CAUSE_FAMILY, ENOENT,
				 "the kernel offers no netlink family vfio_mig here: either the module vfio_mig is not loaded (modprobe vfio_mig), or it is not available in this network namespace");
	if (err)
		return err;

	ctx->family = family.id;
	ctx->group = family.group;
	return 0;
}

/* ------------------------------------------------- requests to the family */

int vmig_put_handle(struct nl_msg *msg, const struct vfiomig_handle *handle)
{
	if (nla_put_string(msg, VFIO_MIG_A_OBJECT_BUS, handle->bus))
		return -ENOMEM;
	if (handle->parent &&
	    nla_put_string(msg, VFIO_MIG_A_OBJECT_PARENT, handle->parent))
		return -ENOMEM;
	if (nla_put_string(msg, VFIO_MIG_A_OBJECT_NAME, handle->name))
		return -ENOMEM;

	return 0;
}

static int put_nothing(struct nl_msg *msg, const void *what)
{
	(void)msg;
	(void)what;
	return 0;
}

static int put_object(struct nl_msg *msg, const void *what)
{
	return vmig_put_handle(msg, what);
}

static int call_once(struct vfiomig *ctx, struct request *req, uint8_t cmd,
		     int flags, vmig_put_fn *put, const void *what)
{
	int err = vmig_family(ctx);

	if (err)
		return err;

	req->msg = nlmsg_alloc_size(req->room ? req->room : REQUEST_ROOM);
	if (!req->msg || !genlmsg_put(req->msg, NL_AUTO_PORT, NL_AUTO_SEQ,
				      ctx->family, 0, NLM_F_REQUEST | flags,
				      cmd, VFIO_MIG_FAMILY_VERSION) ||
	    put(req->msg, what))
		err = vmig_nomem(ctx);
	else
		err = transact(ctx, req);
	nlmsg_free(req->msg);
	req->msg = NULL;
	return err;
}

/*
 * Sends a request to the family. When the module was loaded anew the family
 * has another number; the kernel then says ENOENT, as for a device that does
 * not exist, but has nothing to add. So that is looked into once.
 */
static int call(struct vfiomig *ctx, struct request *req, uint8_t cmd,
		int flags, vmig_put_fn *put, const void *what)
{
	int err = call_once(ctx, req, cmd, flags, put, what);

	if (err != -ENOENT || ctx->error.cause != VFIOMIG_CAUSE_NOT_FOUND ||
	    ctx->error.kernel)
		return err;

	ctx->family = 0;
	return call_once(ctx, req, cmd, flags, put, what);
}

static int take_nothing(struct vfiomig *ctx, const struct nlmsghdr *nlh,
			void *arg)
{
	(void)ctx;
	(void)nlh;
	(void)arg;
	return 0;
}

/*
 * Sends a request that is answered with no more than that it was done. What it
 * asks for takes @len bytes more than a profile.
 */
int vmig_command(struct vfiomig *ctx, uint8_t cmd,
		 const struct vmig_space *space, vmig_put_fn *put,
		 const void *what, size_t len)
{
	struct request req = {
		.space = space,
		.answer = take_nothing,
		.room = REQUEST_ROOM + len,
	};

	return call(ctx, &req, cmd, NLM_F_ACK, put, what);
}

/* pauses of 1, 2, 4, ... milliseconds, half a second in all */
static void pause_before(unsigned int attempt)
{
	struct timespec pause = { .tv_nsec = 1000000L << (attempt - 1) };

	nanosleep(&pause, NULL);
}

/*
 * Asks for a list that is that of one moment: what an interrupted dump has told
 * is taken back by @drop.
 */
int vmig_ask_all(struct vfiomig *ctx, uint8_t cmd,
		 const struct vmig_space *space, vmig_take_fn *take,
		 void (*drop)(void *arg), void *arg)
{
	for (unsigned int attempt = 0; attempt < DUMP_TRIES; attempt++) {
		struct request req = {
			.space = space,
			.answer = take,
			.arg = arg,
		};
		int err;

		if (attempt)
			pause_before(attempt);
		err = call(ctx, &req, cmd, NLM_F_DUMP, put_nothing, NULL);
		if (!err && !req.interrupted)
			return 0;
		drop(arg);
		if (err)
			return err;
	}
	return vmig_fail(ctx, VFIOMIG_CAUSE_KERNEL, EAGAIN,
			 "it changed while it was listed, %d times over",
			 DUMP_TRIES);
}

/**
 * struct one - an answer that is one thing
 * @kind: device or type
 * @object: what was answered
 * @status: what was answered
 */
struct one {
	enum vfiomig_kind kind;
	struct vfiomig_object *object;
	struct vfiomig_status *status;
};

static int take_status(struct vfiomig *ctx, const struct nlmsghdr *nlh,
		       void *arg)
{
	struct one *one = arg;

	vfiomig_status_free(one->status);
	one->status = NULL;
	return vmig_status_read_msg(ctx, nlh, &one->status);
}

static int take_object(struct vfiomig *ctx, const struct nlmsghdr *nlh,
		       void *arg)
{
	struct one *one = arg;

	vfiomig_object_unref(one->object);
	one->object = NULL;
	return vmig_object_read_msg(ctx, one->kind, nlh, &one->object);
}

static int nothing(struct vfiomig *ctx)
{
	return vmig_fail(ctx, VFIOMIG_CAUSE_KERNEL, EBADMSG,
			 "the kernel's answer is empty");
}

int vfiomig_get_status(struct vfiomig *ctx, struct vfiomig_status **status)
{
	struct one one = { .status = NULL };
	struct request req = {
		.space = &vmig_status_space,
		.answer = take_status,
		.arg = &one,
	};
	int err;

	err = call(ctx, &req, VFIO_MIG_CMD_STATUS_GET, NLM_F_ACK, put_nothing,
		   NULL);
	if (!err && !one.status)
		err = nothing(ctx);
	if (err) {
		vfiomig_status_free(one.status);
		return err;
	}
	*status = one.status;
	return 0;
}

static uint8_t get_command(enum vfiomig_kind kind)
{
	if (kind == VFIOMIG_TYPE)
		return VFIO_MIG_CMD_TYPE_GET;

	return VFIO_MIG_CMD_DEV_GET;
}

static int get_from_kernel(struct vfiomig *ctx, enum vfiomig_kind kind,
			   const struct vfiomig_handle *handle,
			   struct vfiomig_object **object)
{
	struct one one = { .kind = kind };
	struct request req = {
		.space = &vmig_object_space,
		.answer = take_object,
		.arg = &one,
	};
	int err;

	err = call(ctx, &req, get_command(kind), NLM_F_ACK, put_object,
		   handle);
	if (!err && !one.object)
		err = nothing(ctx);
	if (err) {
		vfiomig_object_unref(one.object);
		return err;
	}
	*object = one.object;
	return 0;
}

/*
 * Most settings of net/core are those of the whole machine, and are shown in
 * the initial network namespace alone. Unlike a comparison with process 1 this
 * needs no rights, and holds in a container with process numbers of its own.
 */
bool vfiomig_in_initial_netns(void)
{
	return !access("/proc/sys/net/core/netdev_budget", F_OK);
}

/*
 * The kernel knows no such type: perhaps sysfs does. Sysfs shows types to all
 * network namespaces, though they belong to the initial one. The error stays
 * that of the kernel if there is none.
 */
static int get_from_sysfs(struct vfiomig *ctx,
			  const struct vfiomig_handle *handle,
			  struct vfiomig_object **object)
{
	struct vfiomig_error first = ctx->error;
	int err;

	if (!vfiomig_in_initial_netns())
		return -first.errnum;

	memset(&ctx->error, 0, sizeof(ctx->error));
	err = vmig_sysfs_get(ctx, handle, object);
	if (err != -ENOENT) {
		vmig_error_drop(&first);
		return err;
	}
	vmig_clear(ctx);
	ctx->error = first;
	return -first.errnum;
}

int vfiomig_get(struct vfiomig *ctx, const struct vfiomig_handle *handle,
		struct vfiomig_object **object)
{
	bool type = handle->parent;
	int err;

	err = get_from_kernel(ctx, type ? VFIOMIG_TYPE : VFIOMIG_DEVICE,
			      handle, object);
	if (!err || ctx->error.cause != VFIOMIG_CAUSE_NOT_FOUND)
		return err;

	vmig_reword(ctx, type ? "no such type" : "no such device");
	return type ? get_from_sysfs(ctx, handle, object) : err;
}

/**
 * struct many - an answer that is a list
 * @kind: devices or types
 * @list: what was answered so far
 */
struct many {
	enum vfiomig_kind kind;
	struct vfiomig_list *list;
};

static int take_into_list(struct vfiomig *ctx, const struct nlmsghdr *nlh,
			  void *arg)
{
	struct vfiomig_object *object;
	struct many *many = arg;
	int err;

	err = vmig_object_read_msg(ctx, many->kind, nlh, &object);
	if (err)
		return err;
	err = vfiomig_list_add(many->list, object);
	vfiomig_object_unref(object);
	return err ? vmig_nomem(ctx) : 0;
}

static int restless(struct vfiomig *ctx)
{
	return vmig_fail(ctx, VFIOMIG_CAUSE_KERNEL, EAGAIN,
			 "devices and types came and went while they were listed, %d times over",
			 DUMP_TRIES);
}

/*
 * Appends to @list what the kernel knows of one kind, in ascending order of
 * the ids. If that was @interrupted, objects have come or gone meanwhile, and
 * the list is not that of one moment.
 */
int vmig_dump(struct vfiomig *ctx, enum vfiomig_kind kind,
	      struct vfiomig_list *list, bool *interrupted)
{
	struct many many = { .kind = kind, .list = list };
	struct request req = {
		.space = &vmig_object_space,
		.answer = take_into_list,
		.arg = &many,
	};
	size_t before = list->len;
	int err;

	err = call(ctx, &req, get_command(kind), NLM_F_DUMP, put_nothing,
		   NULL);
	if (err)
		vmig_list_cut(list, before);
	*interrupted = req.interrupted;
	return err;
}

/* The same, of one moment: what an interrupted dump has told is thrown away. */
static int dump_still(struct vfiomig *ctx, enum vfiomig_kind kind,
		      struct vfiomig_list *list)
{
	size_t before = list->len;

	for (unsigned int attempt = 0; attempt < DUMP_TRIES; attempt++) {
		bool interrupted;
		int err;

		if (attempt)
			pause_before(attempt);
		err = vmig_dump(ctx, kind, list, &interrupted);
		if (err || !interrupted)
			return err;
		vmig_list_cut(list, before);
	}

	return restless(ctx);
}

int vfiomig_dump(struct vfiomig *ctx, enum vfiomig_kind kind,
		 struct vfiomig_list **list)
{
	struct vfiomig_list *l = vfiomig_list_new();
	int err;

	if (!l)
		return vmig_nomem(ctx);
	err = dump_still(ctx, kind, l);
	if (!err)
		vmig_list_sort(l);
	if (!err && kind == VFIOMIG_TYPE && vfiomig_in_initial_netns())
		err = vmig_sysfs_dump(ctx, l);
	if (err) {
		vfiomig_list_free(l);
		return err;
	}
	*list = l;
	return 0;
}

/* ------------------------------------------------------------------- checks */

/**
 * struct question - what is asked of the kernel
 * @source: the source
 * @target: the target, NULL for all there are
 */
struct question {
	const struct vfiomig_object *source;
	const struct vfiomig_handle *target;
};

/**
 * struct results - the answers so far
 * @source: the source
 * @n: how many there are
 * @all: the answers
 */
struct results {
	const struct vfiomig_object *source;
	size_t n;
	struct vfiomig_result **all;
};

/* The source's attributes alone, without what says whose they are. */
static int put_profile(struct nl_msg *msg, const struct vfiomig_object *source)
{
	const struct nlattr *pos;
	struct nlattr *profile;
	int rem;

	profile = nla_nest_start(msg, VFIO_MIG_A_CHECK_PROFILE);
	if (!profile)
		return -ENOMEM;
	/* the specification calls it binary, and no nest */
	profile->nla_type = VFIO_MIG_A_CHECK_PROFILE;
	nla_for_each_attr(pos, source->wire, (int)source->wire_len, rem) {
		if (nla_type(pos) == VFIO_MIG_A_OBJECT_ATTR &&
		    nla_put(msg, pos->nla_type, nla_len(pos), nla_data(pos)))
			return -ENOMEM;
	}
	nla_nest_end(msg, profile);
	return 0;
}

static int put_question(struct nl_msg *msg, const void *what)
{
	const struct question *q = what;
	struct nlattr *nest;

	if (vmig_object_is_local(q->source)) {
		nest = nla_nest_start(msg, VFIO_MIG_A_CHECK_SOURCE);
		if (!nest ||
		    nla_put_u32(msg, VFIO_MIG_A_OBJECT_ID, q->source->id))
			return -ENOMEM;
		nla_nest_end(msg, nest);
	} else if (put_profile(msg, q->source)) {
		return -ENOMEM;
	}

	if (!q->target)
		return 0;
	nest = nla_nest_start(msg, VFIO_MIG_A_CHECK_TARGET);
	if (!nest || vmig_put_handle(msg, q->target))
		return -ENOMEM;
	nla_nest_end(msg, nest);
	return 0;
}

static int take_result(struct vfiomig *ctx, const struct nlmsghdr *nlh,
		       void *arg)
{
	struct results *r = arg;
	struct vfiomig_result **all;

	all = reallocarray(r->all, r->n + 1, sizeof(*all));
	if (!all)
		return vmig_nomem(ctx);
	r->all = all;
	r->all[r->n] = NULL;
	return vmig_result_read_msg(ctx, nlh, r->source, &r->all[r->n++]);
}

static void drop_results(struct results *r)
{
	vfiomig_results_free(r->all, r->n);
	r->all = NULL;
	r->n = 0;
}

void vfiomig_results_free(struct vfiomig_result **results, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vfiomig_result_free(results[i]);
	free(results);
}

int vfiomig_check_ask(struct vfiomig_check *check,
		      const struct vfiomig_handle *target,
		      struct vfiomig_result **result)
{
	struct vfiomig *ctx = vmig_check_context(check);
	struct results r = { .source = vmig_check_source(check) };
	const struct question q = { .source = r.source, .target = target };
	struct request req = {
		.space = &vmig_check_space,
		.answer = take_result,
		.arg = &r,
	};
	int err;

	err = call(ctx, &req, VFIO_MIG_CMD_CHECK, NLM_F_ACK, put_question, &q);
	if (!err && r.n != 1)
		err = nothing(ctx);
	if (err) {
		drop_results(&r);
		return err;
	}
	*result = r.all[0];
	free(r.all);
	return 0;
}

int vfiomig_check_ask_all(struct vfiomig_check *check,
			  struct vfiomig_result ***results, size_t *n)
{
	struct vfiomig *ctx = vmig_check_context(check);
	struct results r = { .source = vmig_check_source(check) };
	const struct question q = { .source = r.source };

	for (unsigned int attempt = 0; attempt < DUMP_TRIES; attempt++) {
		struct request req = {
			.space = &vmig_check_space,
			.answer = take_result,
			.arg = &r,
		};
		int err;

		if (attempt)
			pause_before(attempt);
		err = call(ctx, &req, VFIO_MIG_CMD_CHECK, NLM_F_DUMP,
			   put_question, &q);
		if (!err && !req.interrupted) {
			*results = r.all;
			*n = r.n;
			return 0;
		}
		drop_results(&r);
		if (err)
			return err;
	}
	return restless(ctx);
}
