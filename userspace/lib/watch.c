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
 * In 2 it does not matter that objects come and go meanwhile. Ids only grow,
 * and the kernel tells of the objects in their order: who was there from the
 * beginning to the end is told, and of all others there are events in the
 * socket.
 *
 * Who is too slow for the events is not helped by being asked to read all
 * objects over and over. So one resync that follows closely on another waits,
 * each time longer; meanwhile the socket is left alone, and it is not it but
 * the timer that says when there is something to be done.
 *
 * nlctrl tells in the same socket when the family goes and comes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "internal.h"

/*
 * Least and longest time between two resyncs, in milliseconds. Neither is it
 * less than what the last one took.
 */
#define PAUSE_MIN 1000
#define PAUSE_MAX 8000

/**
 * enum state - what the watch does next
 * @STATE_SYNC: it must ask the kernel for everything
 * @STATE_LIVE: it takes events
 * @STATE_GONE: it waits for the family to come back
 */
enum state {
	STATE_SYNC,
	STATE_LIVE,
	STATE_GONE,
};

/**
 * struct queue - events to be told
 * @first: the next one
 * @len: how many there are, those that were told included
 * @room: how many @events has room for
 * @events: the events, each holding its objects
 */
struct queue {
	size_t first;
	size_t len;
	size_t room;
	struct vfiomig_event *events;
};

/**
 * struct vfiomig_watch - a watch
 * @ctx: for requests and errors
 * @sock: for events
 * @fd: for the user, to wait for @sock, or in a pause for @timer
 * @timer: rings when a pause is over
 * @paused: it is the timer that is waited for
 * @wake: when the next sync may begin
 * @ended: when the last one did end
 * @took: how long it took
 * @pause: how long after @ended another one would be too soon, 0 at first
 * @state: what comes next
 * @quiet: the objects that the next sync finds are not told
 * @snapshot: they are told as a snapshot
 * @family: number of the family that events come from
 * @instance: of the module
 * @seq: number of the last event taken account of
 * @dumped: number of the last event that the objects may take account of
 * @objects: last known state of all objects, sorted by id
 * @queue: events to be told
 * @err: what ended the watch, told after them
 */
struct vfiomig_watch {
	struct vfiomig *ctx;
	struct vmig_sock *sock;
	int fd;
	int timer;
	bool paused;
	uint64_t wake;
	uint64_t ended;
	uint64_t took;
	uint64_t pause;
	enum state state;
	bool quiet;
	bool snapshot;
	uint16_t family;
	uint64_t instance;
	uint64_t seq;
	uint64_t dumped;
	struct vfiomig_list *objects;
	struct queue queue;
	int err;
};

/* -------------------------------------------------------------- the queue */

static void drop_event(struct vfiomig_event *event)
{
	vfiomig_object_unref(event->object);
	vfiomig_object_unref(event->old);
}

static void empty_queue(struct queue *q)
{
	while (q->len)
		drop_event(&q->events[--q->len]);
	q->first = 0;
}

static struct vfiomig_event *queue_room(struct queue *q)
{
	if (q->len == q->room) {
		size_t room = q->room ? 2 * q->room : 16;
		struct vfiomig_event *events;

		events = reallocarray(q->events, room, sizeof(*events));
		if (!events)
			return NULL;
		q->events = events;
		q->room = room;
	}
	return &q->events[q->len++];
}

static struct vfiomig_event *tell(struct vfiomig_watch *w,
				  enum vfiomig_event_kind kind, uint64_t seq)
{
	struct vfiomig_event *event = queue_room(&w->queue);

	if (!event) {
		vmig_nomem(w->ctx);
		return NULL;
	}
	memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->seq = seq;
	clock_gettime(CLOCK_REALTIME, &event->time);
	return event;
}

/* An event that concerns no object. */
static int tell_state(struct vfiomig_watch *w, enum vfiomig_event_kind kind)
{
	return tell(w, kind, w->seq) ? 0 : -ENOMEM;
}

/* One that does, and perhaps tells what it was before. */
static int tell_object(struct vfiomig_watch *w, enum vfiomig_event_kind kind,
		       uint64_t seq, struct vfiomig_object *object,
		       struct vfiomig_object *old)
{
	struct vfiomig_event *event = tell(w, kind, seq);

	if (!event)
		return -ENOMEM;

	event->snapshot = w->state == STATE_SYNC && w->snapshot;
	event->resync = w->state == STATE_SYNC && !w->snapshot;
	event->object = vfiomig_object_ref(object);
	event->old = old ? vfiomig_object_ref(old) : NULL;
	return 0;
}

/* ----------------------------------------------------------------- pauses */

static int cannot_wait(struct vfiomig_watch *w)
{
	return vmig_fail(w->ctx, VFIOMIG_CAUSE_SYSTEM, errno,
			 "cannot wait for events: %s", strerror(errno));
}

/* In so many milliseconds, or not at all. */
static int set_timer(struct vfiomig_watch *w, uint64_t ms)
{
	const struct itimerspec when = {
		.it_value = {
			.tv_sec = ms / 1000,
			.tv_nsec = ms % 1000 * 1000000,
		},
	};

	return timerfd_settime(w->timer, 0, &when, NULL);
}

/*
 * A socket that has overflowed can always be read. Whoever waits would never
 * come to rest, unless it is taken away.
 */
static int heed(struct vfiomig_watch *w, bool sock)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(w->fd, sock ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
			 vmig_sock_fd(w->sock), &event);
}

/* Is it too early for a sync? Then the timer is set. */
static int look_at_clock(struct vfiomig_watch *w)
{
	uint64_t now = vmig_now();
	bool early = now < w->wake;

	if (early || w->paused)
		if (set_timer(w, early ? w->wake - now : 0))
			return cannot_wait(w);
	if (early != w->paused && heed(w, !early))
		return cannot_wait(w);

	w->paused = early;
	return 0;
}

static uint64_t least_pause(const struct vfiomig_watch *w)
{
	return w->took > PAUSE_MIN ? w->took : PAUSE_MIN;
}

/* A sync is needed. It is done at once if the last one was long ago. */
static void plan_sync(struct vfiomig_watch *w)
{
	uint64_t now = vmig_now(), least = least_pause(w);

	w->state = STATE_SYNC;
	w->wake = now;
	if (!w->pause || now - w->ended >= w->pause) {
		w->pause = least;
		return;
	}
	if (w->pause < least)
		w->pause = least;
	w->wake = w->ended + w->pause;
	w->pause *= 2;
	if (w->pause > PAUSE_MAX)
		w->pause = PAUSE_MAX;
}

/* ------------------------------------------------- what was lost is found */

static int lost(struct vfiomig_watch *w)
{
	plan_sync(w);
	return tell_state(w, VFIOMIG_EVENT_OVERRUN);
}

/* All objects went with the module, and whatever comes back is new. */
static int instance_gone(struct vfiomig_watch *w)
{
	int err = tell_state(w, VFIOMIG_EVENT_FAMILY_GONE);

	vmig_list_cut(w->objects, 0);
	w->instance = 0;
	w->seq = 0;
	w->quiet = false;
	w->snapshot = false;
	return err;
}

static int family_gone(struct vfiomig_watch *w)
{
	w->ctx->family = 0;
	w->family = 0;
	w->state = STATE_GONE;
	return instance_gone(w);
}

static int family_back(struct vfiomig_watch *w)
{
	w->state = STATE_SYNC;
	w->wake = 0;
	return tell_state(w, VFIOMIG_EVENT_FAMILY_BACK);
}

/* Tells in what two states of all objects differ. */
static int tell_difference(struct vfiomig_watch *w,
			   const struct vfiomig_list *old,
			   const struct vfiomig_list *new)
{
	size_t i = 0, j = 0;
	int err = 0;

	while (!err && (i < old->len || j < new->len)) {
		struct vfiomig_object *a = vfiomig_list_get(old, i);
		struct vfiomig_object *b = vfiomig_list_get(new, j);

		if (a && (!b || a->id < b->id)) {
			err = tell_object(w, VFIOMIG_EVENT_DEL, w->seq, a,
					  NULL);
			i++;
		} else if (b && (!a || b->id < a->id)) {
			err = tell_object(w, VFIOMIG_EVENT_ADD, b->seq, b,
					  NULL);
			j++;
		} else {
			if (!vmig_object_same(a, b))
				err = tell_object(w, VFIOMIG_EVENT_CHANGE,
						  b->seq, b, a);
			i++;
			j++;
		}
	}
	return err;
}

static int try_again(struct vfiomig_watch *w)
{
	return vmig_fail(w->ctx, VFIOMIG_CAUSE_KERNEL, EAGAIN,
			 "the kernel module was loaded anew meanwhile");
}

/*
 * Looks the family up and joins its group. That may have been done, but who
 * has missed events may also have missed that the module was loaded anew.
 */
static int join(struct vfiomig_watch *w)
{
	int err;

	w->ctx->family = 0;
	err = vmig_family(w->ctx);
	if (err)
		return err;

	if (!w->ctx->group)
		return vmig_fail(w->ctx, VFIOMIG_CAUSE_KERNEL, ENOENT,
				 "the kernel module has no multicast group %s",
				 VFIO_MIG_MCGRP_MONITOR);

	err = vmig_sock_join(w->sock, w->ctx->group);
	/* there is no such group: it has gone since it was looked up */
	if (err == -ENOENT || err == -EINVAL)
		return try_again(w);
	if (err)
		return vmig_fail(w->ctx, VFIOMIG_CAUSE_KERNEL, -err,
				 "cannot join the multicast group: %s",
				 strerror(-err));
	w->family = w->ctx->family;
	return 0;
}

/**
 * struct found - what the kernel holds
 * @instance: of the module
 * @seq: number of the last event before it was asked for the objects
 * @dumped: number of the last event after that
 * @objects: the objects, sorted by id, those that were there all the time and
 *   perhaps others
 */
struct found {
	uint64_t instance;
	uint64_t seq;
	uint64_t dumped;
	struct vfiomig_list *objects;
};

static int get_numbers(struct vfiomig_watch *w, uint64_t *instance,
		       uint64_t *seq)
{
	struct vfiomig_status *status;
	int err;

	err = vfiomig_get_status(w->ctx, &status);
	if (err)
		return err;
	*instance = status->instance;
	*seq = status->seq;
	vfiomig_status_free(status);
	return 0;
}

static int find_objects(struct vfiomig_watch *w, struct found *found)
{
	bool moved, types_moved;
	uint64_t instance;
	int err;

	err = join(w);
	if (err)
		return err;
	err = get_numbers(w, &found->instance, &found->seq);
	if (err)
		return err;
	err = vmig_dump(w->ctx, VFIOMIG_DEVICE, found->objects, &moved);
	if (err)
		return err;
	err = vmig_dump(w->ctx, VFIOMIG_TYPE, found->objects, &types_moved);
	if (err)
		return err;
	err = get_numbers(w, &instance, &found->dumped);
	if (err)
		return err;

	/* loaded anew in between, perhaps with a group that was not joined */
	if (instance != found->instance || w->family != w->ctx->family)
		return try_again(w);

	/* who has come back meanwhile may have been told twice */
	if (moved || types_moved)
		vmig_list_drop_older(found->objects);
	else
		vmig_list_sort(found->objects);
	return 0;
}

/* Tells of what was found, and makes it what is known. */
static int take_found(struct vfiomig_watch *w, struct found *found)
{
	struct vfiomig_list *old = w->objects;
	int err = 0;

	if (w->instance && w->instance != found->instance) {
		err = instance_gone(w);
		if (!err)
			err = family_back(w);
	}
	w->instance = found->instance;
	w->seq = found->seq;
	w->dumped = found->dumped;

	if (!err && !w->quiet)
		err = tell_difference(w, old, found->objects);
	if (!err && !w->quiet)
		err = tell_state(w, VFIOMIG_EVENT_SYNCED);

	w->objects = found->objects;
	found->objects = old;
	w->quiet = false;
	w->snapshot = false;
	w->state = STATE_LIVE;
	return err;
}

/* Throws away what is in the socket: it will all be asked for. */
static int drain(struct vfiomig_watch *w)
{
	ssize_t len;
	void *data;

	do {
		len = vmig_sock_recv(w->sock, false, &data);
	} while (len >= 0 || len == -ENOBUFS);

	return len == -EAGAIN ? 0 : len;
}

static int socket_failed(struct vfiomig_watch *w, int err)
{
	return vmig_fail(w->ctx, VFIOMIG_CAUSE_SYSTEM, -err,
			 "cannot receive events: %s", strerror(-err));
}

/* The module was loaded anew, or an object grew beyond what was expected. */
static bool may_pass(int err)
{
	return err == -EAGAIN || err == -EMSGSIZE;
}

static int sync_objects(struct vfiomig_watch *w)
{
	struct found found = { .objects = vfiomig_list_new() };
	uint64_t began = vmig_now();
	int err;

	if (!found.objects)
		return vmig_nomem(w->ctx);

	err = drain(w);
	if (err)
		err = socket_failed(w, err);
	else
		err = find_objects(w, &found);

	w->ended = vmig_now();
	w->took = w->ended - began;
	if (!err) {
		err = take_found(w, &found);
	} else if (w->ctx->error.cause == VFIOMIG_CAUSE_FAMILY) {
		err = family_gone(w);
	} else if (may_pass(err)) {
		plan_sync(w);
		err = 0;
	}

	vfiomig_list_free(found.objects);
	return err;
}

/* ----------------------------------------------------------------- events */

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
static bool has_successor(const struct vfiomig_watch *w,
			  const struct vfiomig_object *object, size_t at)
{
	for (; at < w->objects->len; at++)
		if (!strcmp(w->objects->objects[at]->handle, object->handle))
			return true;

	return false;
}

/* Does to the known objects what the event tells, and tells it on. */
static int apply(struct vfiomig_watch *w, enum vfiomig_event_kind kind,
		 struct vfiomig_object *object)
{
	struct vfiomig_object *known = NULL;
	size_t at;
	int err;

	if (vmig_list_search(w->objects, object->id, &at))
		known = w->objects->objects[at];

	/* taken account of when the objects were asked for */
	if (known && known->seq >= object->seq)
		return 0;
	if (!known && object->seq <= w->dumped &&
	    (kind != VFIOMIG_EVENT_ADD || has_successor(w, object, at)))
		return 0;
	/* what cannot be, unless something was missed */
	if (known ? kind == VFIOMIG_EVENT_ADD : kind != VFIOMIG_EVENT_ADD)
		return lost(w);

	err = tell_object(w, kind, object->seq, object,
			  kind == VFIOMIG_EVENT_CHANGE ? known : NULL);
	if (err)
		return err;

	if (known)
		vmig_list_remove(w->objects, at);
	if (kind != VFIOMIG_EVENT_DEL &&
	    vmig_list_insert(w->objects, at, object))
		return vmig_nomem(w->ctx);

	return 0;
}

static int take_event(struct vfiomig_watch *w, const struct nlmsghdr *nlh)
{
	enum vfiomig_event_kind kind;
	struct vfiomig_object *object;
	enum vfiomig_kind what;
	int err;

	kind = event_kind(nlh, &what);
	if (!kind)
		return 0;

	err = vmig_object_read_msg(w->ctx, what, nlh, &object);
	if (err)
		return err == -EBADMSG ? lost(w) : err;

	if (object->seq == w->seq + 1) {
		w->seq = object->seq;
		err = apply(w, kind, object);
	} else if (object->seq > w->seq) {
		err = lost(w);
	}
	vfiomig_object_unref(object);
	return err;
}

/* Families come and go: is it ours? */
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
	if (cmd == CTRL_CMD_DELFAMILY && w->state == STATE_LIVE && ours)
		return family_gone(w);
	if (cmd == CTRL_CMD_NEWFAMILY && w->state == STATE_GONE)
		return family_back(w);
	if (cmd == CTRL_CMD_NEWFAMILY && !ours)
		return lost(w);

	return 0;
}

/* What was received at once. After a loss the rest of it is of no use. */
static int take_messages(struct vfiomig_watch *w, const void *data, int len)
{
	const struct nlmsghdr *nlh = data;
	int err = 0;

	while (!err && w->state != STATE_SYNC && nlmsg_ok(nlh, len)) {
		bool whole = nlmsg_datalen(nlh) >= (int)GENL_HDRLEN;

		if (!whole)
			err = lost(w);
		else if (nlh->nlmsg_type == GENL_ID_CTRL)
			err = take_ctrl(w, nlh);
		else if (w->family && nlh->nlmsg_type == w->family)
			err = take_event(w, nlh);
		nlh = nlmsg_next((struct nlmsghdr *)nlh, &len);
	}
	if (!err && w->state == STATE_LIVE && len > 0)
		err = lost(w);

	return err;
}

/* The kernel had to drop something: if not an event, then of the family. */
static int overflow(struct vfiomig_watch *w)
{
	int err;

	if (w->state == STATE_LIVE)
		return lost(w);

	err = drain(w);
	if (err)
		return socket_failed(w, err);
	err = vmig_family(w->ctx);
	if (!err)
		return family_back(w);

	return w->ctx->error.cause == VFIOMIG_CAUSE_FAMILY ? 0 : err;
}

/* Goes on until there is something to tell, or nothing to receive. */
static int fill_queue(struct vfiomig_watch *w)
{
	int err = 0;

	while (!err && !w->queue.len) {
		ssize_t len;
		void *data;

		if (w->state == STATE_SYNC) {
			err = look_at_clock(w);
			if (w->paused)
				break;
			if (!err)
				err = sync_objects(w);
			continue;
		}
		len = vmig_sock_recv(w->sock, false, &data);
		if (len == -EAGAIN)
			break;
		if (len == -ENOBUFS)
			err = overflow(w);
		else if (len < 0)
			err = socket_failed(w, len);
		else
			err = take_messages(w, data, len);
	}
	return err;
}

int vfiomig_watch_next(struct vfiomig_watch *watch,
		       const struct vfiomig_event **event)
{
	struct queue *q = &watch->queue;
	int err;

	*event = NULL;
	if (q->first == q->len) {
		if (watch->err)
			return watch->err;
		empty_queue(q);
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

	w->objects = vfiomig_list_new();
	if (!w->objects)
		return vmig_nomem(w->ctx);
	w->sock = vmig_sock_open(w->ctx);
	if (!w->sock)
		return -w->ctx->error.errnum;
	w->fd = epoll_create1(EPOLL_CLOEXEC);
	w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->fd < 0 || w->timer < 0 ||
	    epoll_ctl(w->fd, EPOLL_CTL_ADD, w->timer, &event) || heed(w, true))
		return cannot_wait(w);

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
	w->state = STATE_SYNC;
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
	empty_queue(&watch->queue);
	free(watch->queue.events);
	vfiomig_list_free(watch->objects);
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
