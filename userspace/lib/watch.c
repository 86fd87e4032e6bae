// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Watching devices and types.
 *
 * The kernel numbers the events of a network namespace without gaps, and
 * every object bears the number of the last event that spoke of it. So this
 * is how the state here and that in the kernel are kept the same:
 *
 * 1. Join the group: from now on every event is in the socket, or the kernel
 *    has said that one was lost (ENOBUFS).
 * 2. Ask for the number of the last event, then for all objects. They take
 *    account of that event and all before it, perhaps of some later ones.
 * 3. Take the events from the socket. Those up to that number are old. An
 *    event that is not newer than the object here was taken account of in 2.
 *    One whose number is not the next says that something was lost.
 *
 * When something was lost the socket is emptied first: the kernel puts no
 * message in a socket that has overflowed until all of it was read, and does
 * not tell again. Then it goes on with 2, and the difference between the old
 * state and the new one is what has happened.
 *
 * 2 is in watch_sync.c, and what there is to say of namespaces other than our
 * own in watch_nets.c.
 *
 * nlctrl tells in the same socket when the family goes and comes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "watch.h"

/*
 * Something was missed. Home tells that for all; one of the others is asked
 * alone, or if it cannot be, it is told that more is not known.
 */
static int lost(struct vfiomig_watch *w, struct vmig_net *net)
{
	int err;

	if (net == &w->home)
		return vmig_watch_lost(w);

	err = vmig_tell(w, net, VFIOMIG_EVENT_OVERRUN);
	net->due = !net->blind;
	if (!err && net->blind)
		err = vmig_tell(w, net, VFIOMIG_EVENT_SYNCED);
	return err;
}

/* Returns 0 if the message is no event. */
static enum vfiomig_event_kind event_kind(const struct nlmsghdr *nlh,
					  enum vfiomig_kind *kind)
{
	uint8_t cmd = genlmsg_hdr((struct nlmsghdr *)nlh)->cmd;

	*kind = cmd < VFIO_MIG_CMD_TYPE_GET ? VFIOMIG_DEVICE : VFIOMIG_TYPE;
	switch (cmd) {
	case VFIO_MIG_CMD_DEV_ADD_NTF:
	case VFIO_MIG_CMD_TYPE_ADD_NTF:
		return VFIOMIG_EVENT_ADD;
	case VFIO_MIG_CMD_DEV_DEL_NTF:
	case VFIO_MIG_CMD_TYPE_DEL_NTF:
		return VFIOMIG_EVENT_DEL;
	case VFIO_MIG_CMD_DEV_CHANGE_NTF:
	case VFIO_MIG_CMD_TYPE_CHANGE_NTF:
		return VFIOMIG_EVENT_CHANGE;
	}
	return 0;
}

/*
 * Is another one of this handle known, which can only have come later? @at is
 * where those begin that did.
 */
static bool has_successor(const struct vmig_net *net,
			  const struct vfiomig_object *object, size_t at)
{
	for (; at < net->objects->len; at++)
		if (!strcmp(net->objects->objects[at]->handle, object->handle))
			return true;

	return false;
}

/*
 * Of a namespace that cannot be asked, an event may be the first that is heard
 * of an object: then it is told to have come. One that comes, and is known, has
 * been away meanwhile. Changes @kind to what is left to be told.
 */
static int make_up(struct vfiomig_watch *w, struct vmig_net *net,
		   enum vfiomig_event_kind *kind, enum vmig_how *how,
		   struct vfiomig_object *object,
		   const struct vfiomig_object *known)
{
	int err;

	if (known && *kind == VFIOMIG_EVENT_ADD) {
		*kind = VFIOMIG_EVENT_CHANGE;
		*how = VMIG_RESYNC;
	}
	if (known || *kind == VFIOMIG_EVENT_ADD)
		return 0;

	if (*kind == VFIOMIG_EVENT_CHANGE) {
		*kind = VFIOMIG_EVENT_ADD;
		*how = VMIG_RESYNC;
		return 0;
	}
	err = vmig_watch_take_away(w, object->id, net);
	if (err)
		return err;
	return vmig_tell_object(w, net, VFIOMIG_EVENT_ADD, VMIG_RESYNC,
				object->seq, object, NULL);
}

/* Does to the known objects what the event tells, and tells it on. */
static int apply(struct vfiomig_watch *w, struct vmig_net *net,
		 enum vfiomig_event_kind kind, struct vfiomig_object *object)
{
	struct vfiomig_object *known = NULL;
	enum vmig_how how = VMIG_TOLD;
	int err = 0;
	size_t at;

	if (vmig_list_search(net->objects, object->id, &at))
		known = net->objects->objects[at];

	/* taken account of when the objects were asked for */
	if (known && known->seq >= object->seq)
		return 0;
	if (!known && object->seq <= net->dumped &&
	    (kind != VFIOMIG_EVENT_ADD || has_successor(net, object, at)))
		return 0;
	/* by now it has been found where it went */
	if (!known && kind != VFIOMIG_EVENT_ADD &&
	    vmig_watch_knows(w, object->id, net))
		return 0;
	if (net->blind)
		err = make_up(w, net, &kind, &how, object, known);
	/* what cannot be, unless something was missed */
	else if (known ? kind == VFIOMIG_EVENT_ADD : kind != VFIOMIG_EVENT_ADD)
		return lost(w, net);

	if (!err && kind == VFIOMIG_EVENT_ADD)
		err = vmig_watch_take_away(w, object->id, net);
	if (!err)
		err = vmig_tell_object(w, net, kind, how, object->seq, object,
				       kind == VFIOMIG_EVENT_CHANGE ? known :
								      NULL);
	if (err)
		return err;

	if (known)
		vmig_list_remove(net->objects, at);
	if (kind != VFIOMIG_EVENT_DEL &&
	    vmig_list_insert(net->objects, at, object))
		return vmig_nomem(w->ctx);

	return 0;
}

/*
 * Whose event is it? An event of another namespace that does not follow on the
 * last one may be that of a new one, to which the number of an old one was
 * given. Sets @net to NULL if it is nobody's any more, or is of no use.
 */
static int find_owner(struct vfiomig_watch *w, int32_t nsid, uint64_t seq,
		      struct vmig_net **net)
{
	int err = 0;

	*net = vmig_watch_net(w, nsid);
	if (*net == &w->home)
		return 0;
	if (!*net || seq != (*net)->seq + 1) {
		err = vmig_watch_news(w);
		*net = w->state == VMIG_LIVE ? vmig_watch_net(w, nsid) : NULL;
	}
	if (*net && (*net)->due)
		*net = NULL;
	if (*net && !(*net)->counted) {
		(*net)->counted = true;
		(*net)->seq = seq - 1;
	}
	return err;
}

/*
 * Whose event of that number is next? Sets @net to NULL if it is nobody's, or
 * is to be passed over.
 */
static int count_event(struct vfiomig_watch *w, int32_t nsid, uint64_t seq,
		       struct vmig_net **net)
{
	int err = find_owner(w, nsid, seq, net);

	if (err || !*net)
		return err;
	if (seq > (*net)->seq + 1) {
		err = lost(w, *net);
		/* of who can be asked it will be found out what it was */
		if (err || !(*net)->blind)
			*net = NULL;
	}
	if (*net && seq <= (*net)->seq)
		*net = NULL;
	if (*net)
		(*net)->seq = seq;
	return err;
}

/* What it does to objects is told by their own events. */
static int take_policy(struct vfiomig_watch *w, int32_t nsid,
		       const struct nlmsghdr *nlh)
{
	uint64_t seq = vmig_policy_event(nlh);
	struct vmig_net *net;

	return seq ? count_event(w, nsid, seq, &net) : vmig_watch_lost(w);
}

static int take_event(struct vfiomig_watch *w, int32_t nsid,
		      const struct nlmsghdr *nlh)
{
	enum vfiomig_event_kind kind;
	struct vfiomig_object *object;
	enum vfiomig_kind what;
	struct vmig_net *net;
	int err;

	if (genlmsg_hdr((struct nlmsghdr *)nlh)->cmd ==
	    VFIO_MIG_CMD_POLICY_NTF)
		return take_policy(w, nsid, nlh);
	kind = event_kind(nlh, &what);
	if (!kind)
		return 0;

	err = vmig_object_read_msg(w->ctx, what, nlh, &object);
	if (err)
		return err == -EBADMSG ? vmig_watch_lost(w) : err;

	err = count_event(w, nsid, object->seq, &net);
	if (!err && net)
		err = apply(w, net, kind, object);
	vfiomig_object_unref(object);
	return err;
}

/* Families come and go, and that is told in every namespace: is it ours? */
static int take_ctrl(struct vfiomig_watch *w, const struct nlmsghdr *nlh)
{
	uint8_t cmd = genlmsg_hdr((struct nlmsghdr *)nlh)->cmd;
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct nlattr *id, *name;
	bool ours;

	if (nlmsg_parse((struct nlmsghdr *)nlh, GENL_HDRLEN, tb, CTRL_ATTR_MAX,
			NULL))
		return 0;
	id = tb[CTRL_ATTR_FAMILY_ID];
	name = tb[CTRL_ATTR_FAMILY_NAME];
	if (!id || nla_len(id) != sizeof(uint16_t) || !name ||
	    nla_strcmp(name, VFIO_MIG_FAMILY_NAME))
		return 0;

	ours = nla_get_u16(id) == w->family;
	if (cmd == CTRL_CMD_DELFAMILY && w->state == VMIG_LIVE && ours)
		return vmig_watch_family_gone(w);
	if (cmd == CTRL_CMD_NEWFAMILY && w->state == VMIG_GONE)
		return vmig_watch_family_back(w);
	if (cmd == CTRL_CMD_NEWFAMILY && !ours)
		return vmig_watch_lost(w);

	return 0;
}

/* What was received at once. After a loss the rest of it is of no use. */
static int take_messages(struct vfiomig_watch *w, const void *data, int len)
{
	int32_t nsid = vmig_sock_nsid(w->sock);
	const struct nlmsghdr *nlh = data;
	int err = 0;

	while (!err && w->state != VMIG_SYNC && nlmsg_ok(nlh, len)) {
		bool whole = nlmsg_datalen(nlh) >= (int)GENL_HDRLEN;

		if (!whole)
			err = vmig_watch_lost(w);
		else if (w->family && nlh->nlmsg_type == w->family)
			err = take_event(w, nsid, nlh);
		else if (nlh->nlmsg_type == GENL_ID_CTRL && nsid == VMIG_HOME)
			err = take_ctrl(w, nlh);
		nlh = nlmsg_next((struct nlmsghdr *)nlh, &len);
	}
	if (!err && w->state == VMIG_LIVE && len > 0)
		err = vmig_watch_lost(w);

	return err;
}

/* The kernel had to drop something: if not an event, then of the family. */
static int overflow(struct vfiomig_watch *w)
{
	int err;

	if (w->state == VMIG_LIVE)
		return vmig_watch_lost(w);

	err = vmig_watch_drain(w);
	if (err)
		return err;
	err = vmig_family(w->ctx);
	if (!err)
		return vmig_watch_family_back(w);

	return w->ctx->error.cause == VFIOMIG_CAUSE_FAMILY ? 0 : err;
}

/*
 * No event waits: what is new of the other namespaces? Sets @busy if there was
 * anything, and so there may be more.
 */
static int look_around(struct vfiomig_watch *w, bool *busy)
{
	struct vmig_net *net;
	int err;

	*busy = false;
	if (!w->netns)
		return 0;
	err = vmig_watch_news(w);
	if (err || w->state != VMIG_LIVE)
		return err;
	for (size_t i = 1; (net = vmig_watch_each(w, i)); i++) {
		if (!net->due)
			continue;
		*busy = true;
		return vmig_watch_sync_net(w, net);
	}
	return 0;
}

/* Goes on until there is something to tell, or nothing to receive. */
static int fill_queue(struct vfiomig_watch *w)
{
	bool busy = true;
	int err = 0;

	while (!err && busy && !w->queue.len) {
		ssize_t len;
		void *data;

		if (w->state == VMIG_SYNC) {
			err = vmig_watch_look_at_clock(w);
			if (!err && w->paused)
				err = look_around(w, &busy);
			else if (!err)
				err = vmig_watch_sync(w);
			continue;
		}
		len = vmig_sock_recv(w->sock, false, &data);
		if (len == -EAGAIN)
			err = look_around(w, &busy);
		else if (len == -ENOBUFS)
			err = overflow(w);
		else if (len < 0)
			err = vmig_watch_socket_failed(w, len);
		else
			err = take_messages(w, data, len);
	}
	return err;
}

int vfiomig_watch_next(struct vfiomig_watch *watch,
		       const struct vfiomig_event **event)
{
	struct vmig_queue *q = &watch->queue;
	int err;

	*event = NULL;
	if (q->first == q->len) {
		if (watch->err)
			return watch->err;
		vmig_queue_empty(q);
		err = fill_queue(watch);
		/* what was to be told before it went wrong comes first */
		watch->err = err;
		if (err && !q->len)
			return err;
	}
	if (q->first < q->len)
		*event = &q->events[q->first++];

	return 0;
}

/* ------------------------------------------------------- opening, closing */

static int open_watch(struct vfiomig_watch *w)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct vmig_family ctrl;
	int err;

	w->home.nsid = VMIG_HOME;
	w->home.objects = vfiomig_list_new();
	if (!w->home.objects)
		return vmig_nomem(w->ctx);
	w->sock = vmig_sock_open(w->ctx);
	if (!w->sock)
		return -w->ctx->error.errnum;
	w->fd = epoll_create1(EPOLL_CLOEXEC);
	w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->fd < 0 || w->timer < 0 ||
	    epoll_ctl(w->fd, EPOLL_CTL_ADD, w->timer, &event) ||
	    vmig_watch_heed(w, true))
		return vmig_watch_cannot_wait(w);

	err = vmig_resolve(w->ctx, "nlctrl", "notify", &ctrl);
	if (err)
		return err;
	err = vmig_sock_join(w->sock, ctrl.group);
	if (err)
		return vmig_fail(w->ctx, VFIOMIG_CAUSE_KERNEL, -err,
				 "cannot watch for the kernel module: %s",
				 strerror(-err));

	return vmig_family(w->ctx);
}

int vfiomig_watch_new(struct vfiomig *ctx, bool snapshot,
		      struct vfiomig_watch **watch)
{
	struct vfiomig_watch *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return vmig_nomem(ctx);
	w->ctx = ctx;
	w->fd = -1;
	w->timer = -1;
	w->state = VMIG_SYNC;
	w->quiet = !snapshot;
	w->snapshot = snapshot;

	err = open_watch(w);
	if (err) {
		vfiomig_watch_free(w);
		return err;
	}
	*watch = w;
	return 0;
}

void vfiomig_watch_free(struct vfiomig_watch *watch)
{
	if (!watch)
		return;
	vmig_queue_empty(&watch->queue);
	free(watch->queue.events);
	vfiomig_list_free(watch->home.objects);
	vmig_watch_free_nets(watch);
	if (watch->fd >= 0)
		close(watch->fd);
	if (watch->timer >= 0)
		close(watch->timer);
	vmig_sock_close(watch->sock);
	free(watch);
}

int vfiomig_watch_fd(const struct vfiomig_watch *watch)
{
	return watch->fd;
}

int vfiomig_watch_set_buffer(struct vfiomig_watch *watch, size_t size)
{
	int err = vmig_sock_set_buffer(watch->sock, size);

	if (err)
		return vmig_fail(watch->ctx, VFIOMIG_CAUSE_SYSTEM, -err,
				 "cannot set the size of the receive buffer: %s",
				 strerror(-err));
	return 0;
}

int vfiomig_watch_all_netns(struct vfiomig_watch *watch)
{
	struct epoll_event event = { .events = EPOLLIN };
	int err;

	if (watch->netns || watch->instance || watch->state != VMIG_SYNC)
		return vmig_fail(watch->ctx, VFIOMIG_CAUSE_INPUT, EINVAL,
				 "it is too late to watch other network namespaces");

	err = vmig_sock_all_netns(watch->sock);
	if (err == -EPERM)
		return vmig_fail(watch->ctx, VFIOMIG_CAUSE_PERMISSION, -err,
				 "not permitted to watch other network namespaces: this needs CAP_NET_BROADCAST over the one that it is done in");
	if (err)
		return vmig_fail(watch->ctx, VFIOMIG_CAUSE_KERNEL, -err,
				 "cannot watch other network namespaces: %s",
				 strerror(-err));
	watch->netns = vmig_netns_open(watch->ctx);
	if (!watch->netns)
		return -watch->ctx->error.errnum;
	if (epoll_ctl(watch->fd, EPOLL_CTL_ADD, vmig_netns_fd(watch->netns),
		      &event))
		return vmig_watch_cannot_wait(watch);
	return 0;
}
