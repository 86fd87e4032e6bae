// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Watching: the kernel is asked for everything, and the difference is told.
 *
 * It does not matter that objects come and go meanwhile. Ids only grow, and
 * the kernel tells of the objects in their order: who was there from the
 * beginning to the end is told, and of all others there are events in the
 * socket. Who moves while one namespace after another is asked may be told by
 * several: the one that was asked last is right.
 *
 * A namespace other than our own can only be asked by who may enter it, and
 * where it has a name. Of all others no more is known than what events tell.
 *
 * Who is too slow for the events is not helped by being asked to read all
 * objects over and over. So one resync that follows closely on another waits,
 * each time longer; meanwhile the socket is left alone, and it is not it but
 * the timer that says when there is something to be done.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "watch.h"

/*
 * Least and longest time between two resyncs, in milliseconds. Neither is it
 * less than what the last one took.
 */
#define PAUSE_MIN 1000
#define PAUSE_MAX 8000

/* ----------------------------------------------------------------- pauses */

int vmig_watch_cannot_wait(struct vfiomig_watch *w)
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
int vmig_watch_heed(struct vfiomig_watch *w, bool sock)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(w->fd, sock ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
			 vmig_sock_fd(w->sock), &event);
}

/* Is it too early for a sync? Then the timer is set. */
int vmig_watch_look_at_clock(struct vfiomig_watch *w)
{
	uint64_t now = vmig_now();
	bool early = now < w->wake;

	if (early || w->paused)
		if (set_timer(w, early ? w->wake - now : 0))
			return vmig_watch_cannot_wait(w);
	if (early != w->paused && vmig_watch_heed(w, !early))
		return vmig_watch_cannot_wait(w);

	w->paused = early;
	return 0;
}

static uint64_t least_pause(const struct vfiomig_watch *w)
{
	return w->took > PAUSE_MIN ? w->took : PAUSE_MIN;
}

/* A sync is needed. It is done at once if the last one was long ago. */
void vmig_watch_plan_sync(struct vfiomig_watch *w)
{
	uint64_t now = vmig_now(), least = least_pause(w);

	w->state = VMIG_SYNC;
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

/* Whose events were lost is not known: perhaps those of all namespaces. */
int vmig_watch_lost(struct vfiomig_watch *w)
{
	vmig_watch_plan_sync(w);
	return vmig_tell(w, &w->home, VFIOMIG_EVENT_OVERRUN);
}

/* ------------------------------------------------ the module comes and goes */

/* All objects went with the module, and whatever comes back is new. */
static int instance_gone(struct vfiomig_watch *w)
{
	int err = vmig_tell(w, &w->home, VFIOMIG_EVENT_FAMILY_GONE);
	struct vmig_net *net;

	for (size_t i = 0; (net = vmig_watch_each(w, i)); i++) {
		vmig_list_cut(net->objects, 0);
		net->seq = 0;
		net->counted = false;
	}
	w->instance = 0;
	w->quiet = false;
	w->snapshot = false;
	return err;
}

int vmig_watch_family_gone(struct vfiomig_watch *w)
{
	w->ctx->family = 0;
	w->family = 0;
	w->state = VMIG_GONE;
	return instance_gone(w);
}

int vmig_watch_family_back(struct vfiomig_watch *w)
{
	w->state = VMIG_SYNC;
	w->wake = 0;
	return vmig_tell(w, &w->home, VFIOMIG_EVENT_FAMILY_BACK);
}

/* ------------------------------------------------------ asking the kernel */

static int try_again(struct vfiomig *ctx)
{
	return vmig_fail(ctx, VFIOMIG_CAUSE_KERNEL, EAGAIN,
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
		return try_again(w->ctx);
	if (err)
		return vmig_fail(w->ctx, VFIOMIG_CAUSE_KERNEL, -err,
				 "cannot join the multicast group: %s",
				 strerror(-err));
	w->family = w->ctx->family;
	return 0;
}

static int get_numbers(struct vfiomig *ctx, uint64_t *instance, uint64_t *seq)
{
	struct vfiomig_status *status;
	int err;

	err = vfiomig_get_status(ctx, &status);
	if (err)
		return err;
	*instance = status->instance;
	*seq = status->seq;
	vfiomig_status_free(status);
	return 0;
}

/* In the namespace of @ctx. */
static int find_objects(struct vfiomig *ctx, uint16_t family,
			struct vmig_found *found)
{
	bool moved, types_moved;
	uint64_t instance;
	int err;

	found->objects = vfiomig_list_new();
	if (!found->objects)
		return vmig_nomem(ctx);
	err = get_numbers(ctx, &found->instance, &found->seq);
	if (err)
		return err;
	err = vmig_dump(ctx, VFIOMIG_DEVICE, found->objects, &moved);
	if (err)
		return err;
	err = vmig_dump(ctx, VFIOMIG_TYPE, found->objects, &types_moved);
	if (err)
		return err;
	err = get_numbers(ctx, &instance, &found->dumped);
	if (err)
		return err;

	/* loaded anew in between, perhaps with a group that was not joined */
	if (instance != found->instance || family != ctx->family)
		return try_again(ctx);

	/* who has come back meanwhile may have been told twice */
	if (moved || types_moved)
		vmig_list_drop_older(found->objects);
	else
		vmig_list_sort(found->objects);
	return 0;
}

static void drop_found(struct vmig_net *net)
{
	vfiomig_list_free(net->found.objects);
	net->found.objects = NULL;
}

/* Who is asked from a socket that was opened there. */
static int find_at(struct vfiomig_watch *w, struct vmig_net *net, int fd)
{
	struct vfiomig there = {
		.netns = fd,
		.family = w->ctx->family,
		.group = w->ctx->group,
	};
	int err;

	err = find_objects(&there, w->family, &net->found);
	vmig_sock_close(there.sock);
	if (err && there.error.cause == VFIOMIG_CAUSE_PERMISSION) {
		net->blind = true;
		vmig_clear(&there);
		return 0;
	}
	if (err) {
		vmig_clear(w->ctx);
		w->ctx->error = there.error;
	}
	return err;
}

/* Leaves nothing in net->found if it cannot be asked. */
static int find_in(struct vfiomig_watch *w, struct vmig_net *net,
		   uint64_t instance)
{
	int fd = -1, err = 0;

	if (net->name)
		fd = vmig_netns_enter(w->netns, net->name, net->nsid);
	net->blind = fd < 0;
	if (fd >= 0) {
		/* it cannot die while it is held */
		err = find_at(w, net, fd);
		close(fd);
	}
	if (!err && !net->blind && net->found.instance != instance)
		err = try_again(w->ctx);
	if (err || net->blind)
		drop_found(net);
	return err;
}

/* Who was found in one namespace has left all that were asked before it. */
static void drop_movers(struct vfiomig_watch *w, const struct vmig_net *last)
{
	const struct vfiomig_list *found = last->found.objects;
	struct vmig_net *net;
	size_t at;

	for (size_t i = 0; (net = vmig_watch_each(w, i)) != last; i++) {
		struct vfiomig_list *before = net->found.objects;

		for (size_t j = 0; before && j < found->len; j++)
			if (vmig_list_search(before, found->objects[j]->id,
					     &at))
				vmig_list_remove(before, at);
	}
}

static int find_all(struct vfiomig_watch *w)
{
	struct vmig_net *net;
	int err;

	err = join(w);
	if (!err)
		err = find_objects(w->ctx, w->family, &w->home.found);
	if (!err)
		err = vmig_watch_list_nets(w);
	for (size_t i = 1; !err && (net = vmig_watch_each(w, i)); i++) {
		if (net->listed)
			err = find_in(w, net, w->home.found.instance);
		if (!err && net->found.objects)
			drop_movers(w, net);
	}
	return err;
}

/* ------------------------------------------------ telling what was found */

/* From here on the numbers count of the events that are yet to be read. */
static void take_numbers(struct vmig_net *net)
{
	net->met = true;
	net->due = false;
	net->counted = net->found.objects;
	net->dumped = 0;
	if (!net->counted)
		return;
	net->seq = net->found.seq;
	net->dumped = net->found.dumped;
}

static void take_objects(struct vmig_net *net)
{
	struct vfiomig_list *old = net->objects;

	if (!net->found.objects)
		return;
	net->objects = net->found.objects;
	net->found.objects = old;
	drop_found(net);
}

static bool was_found(struct vfiomig_watch *w, uint32_t id)
{
	struct vmig_net *net;
	size_t at;

	for (size_t i = 0; (net = vmig_watch_each(w, i)); i++)
		if (net->found.objects &&
		    vmig_list_search(net->found.objects, id, &at))
			return true;

	return false;
}

/* Who was known to be where nobody can be asked has left if found elsewhere. */
static int tell_leavers_blindly(struct vfiomig_watch *w, struct vmig_net *net)
{
	int err = 0;

	for (size_t i = net->objects->len; !err && i--;) {
		struct vfiomig_object *object = net->objects->objects[i];

		if (!was_found(w, object->id))
			continue;
		err = vmig_tell_object(w, net, VFIOMIG_EVENT_DEL, VMIG_RESYNC,
				       net->seq, object, NULL);
		vmig_list_remove(net->objects, i);
	}
	return err;
}

static int tell_leavers(struct vfiomig_watch *w, struct vmig_net *net,
			enum vmig_how how)
{
	static const struct vfiomig_list nothing;

	if (net->found.objects)
		return vmig_tell_leavers(w, net, how, net->found.objects);
	if (!net->listed)
		return vmig_tell_leavers(w, net, how, &nothing);

	return tell_leavers_blindly(w, net);
}

/* Who has moved is first told to be gone, as ever. Home is told of last. */
static int tell_found(struct vfiomig_watch *w)
{
	enum vmig_how how = w->snapshot ? VMIG_SNAPSHOT : VMIG_RESYNC;
	struct vmig_net *net;
	int err = 0;

	for (size_t i = 0; !err && (net = vmig_watch_each(w, i)); i++)
		err = tell_leavers(w, net, how);
	for (size_t i = 0; !err && (net = vmig_watch_each(w, i)); i++)
		if (net->found.objects)
			err = vmig_tell_others(w, net, how,
					       net->found.objects);
	for (size_t i = 1; !err && (net = vmig_watch_each(w, i)); i++)
		if (net->listed)
			err = vmig_tell(w, net, VFIOMIG_EVENT_SYNCED);
	if (!err)
		err = vmig_tell(w, &w->home, VFIOMIG_EVENT_SYNCED);
	return err;
}

/* Tells of what was found, and makes it what is known. */
static int take_found(struct vfiomig_watch *w)
{
	uint64_t instance = w->home.found.instance;
	struct vmig_net *net;
	int err = 0;

	if (w->instance && w->instance != instance) {
		err = instance_gone(w);
		if (!err)
			err = vmig_watch_family_back(w);
	}
	w->instance = instance;
	for (size_t i = 0; (net = vmig_watch_each(w, i)); i++)
		take_numbers(net);
	if (!err && !w->quiet)
		err = tell_found(w);
	for (size_t i = 0; (net = vmig_watch_each(w, i)); i++)
		take_objects(net);
	vmig_watch_drop_unlisted(w);

	w->quiet = false;
	w->snapshot = false;
	w->state = VMIG_LIVE;
	return err;
}

int vmig_watch_socket_failed(struct vfiomig_watch *w, int err)
{
	return vmig_fail(w->ctx, VFIOMIG_CAUSE_SYSTEM, -err,
			 "cannot receive events: %s", strerror(-err));
}

/* Throws away what is in the sockets: it will all be asked for. */
int vmig_watch_drain(struct vfiomig_watch *w)
{
	int32_t nsid;
	ssize_t len;
	void *data;
	bool gone;

	do {
		len = vmig_sock_recv(w->sock, false, &data);
	} while (len >= 0 || len == -ENOBUFS);
	if (len == -EAGAIN && w->netns) {
		do {
			len = vmig_netns_news(w->netns, &nsid, &gone);
		} while (len >= 0 || len == -ENOBUFS);
	}
	return len == -EAGAIN ? 0 : vmig_watch_socket_failed(w, len);
}

/*
 * The module was loaded anew, or an object grew beyond what was expected; or
 * there was no memory, here or in the kernel, which who has just begun wants to
 * know, but who has watched for long can wait for.
 */
static bool may_pass(const struct vfiomig_watch *w, int err)
{
	bool first = w->quiet || w->snapshot;

	if (err == -ENOMEM || err == -ENOBUFS)
		return !first;
	return err == -EAGAIN || err == -EMSGSIZE;
}

/* What went wrong while the kernel was asked may be right in a while. */
static int cannot_find(struct vfiomig_watch *w, int err)
{
	if (w->ctx->error.cause == VFIOMIG_CAUSE_FAMILY)
		return vmig_watch_family_gone(w);
	if (!may_pass(w, err))
		return err;

	vmig_watch_plan_sync(w);
	return 0;
}

/* Asks for everything. */
int vmig_watch_sync(struct vfiomig_watch *w)
{
	uint64_t began = vmig_now();
	struct vmig_net *net;
	int err, lost;

	lost = vmig_watch_drain(w);
	err = lost ? lost : find_all(w);

	w->ended = vmig_now();
	w->took = w->ended - began;
	if (!err)
		err = take_found(w);
	else if (!lost)
		err = cannot_find(w, err);

	for (size_t i = 0; (net = vmig_watch_each(w, i)); i++)
		drop_found(net);
	return err;
}

/* Asks for what is in one of the other namespaces. */
int vmig_watch_sync_net(struct vfiomig_watch *w, struct vmig_net *net)
{
	int err = find_in(w, net, w->instance);

	if (err)
		return cannot_find(w, err);

	take_numbers(net);
	if (!net->blind) {
		const struct vfiomig_list *found = net->found.objects;

		for (size_t i = 0; !err && i < found->len; i++)
			err = vmig_watch_take_away(w, found->objects[i]->id,
						   net);
		if (!err)
			err = vmig_tell_leavers(w, net, VMIG_RESYNC, found);
		if (!err)
			err = vmig_tell_others(w, net, VMIG_RESYNC, found);
		take_objects(net);
	}
	return err ? err : vmig_tell(w, net, VFIOMIG_EVENT_SYNCED);
}
