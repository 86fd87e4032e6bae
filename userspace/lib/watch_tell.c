// SPDX-License-Identifier: LGPL-2.1-or-later
/* Watching: what is to be told. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "watch.h"

static void drop_event(struct vfiomig_event *event)
{
	vfiomig_object_unref(event->object);
	vfiomig_object_unref(event->old);
	/* const for the user alone */
	free((void *)event->netns);
}

void vmig_queue_empty(struct vmig_queue *queue)
{
	while (queue->len)
		drop_event(&queue->events[--queue->len]);
	queue->first = 0;
}

static struct vfiomig_event *queue_room(struct vmig_queue *q)
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
	return &q->events[q->len];
}

/* The namespace may be gone before it is told, so its name is copied. */
static struct vfiomig_event *tell(struct vfiomig_watch *w,
				  const struct vmig_net *net,
				  enum vfiomig_event_kind kind, uint64_t seq)
{
	struct vfiomig_event *event = queue_room(&w->queue);
	char *name = NULL;

	if (event && net->name)
		name = strdup(net->name);
	if (!event || (net->name && !name)) {
		vmig_nomem(w->ctx);
		return NULL;
	}
	memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->seq = seq;
	event->nsid = net->nsid;
	event->netns = name;
	clock_gettime(CLOCK_REALTIME, &event->time);
	w->queue.len++;
	return event;
}

/* An event that concerns no object. */
int vmig_tell(struct vfiomig_watch *w, const struct vmig_net *net,
	      enum vfiomig_event_kind kind)
{
	struct vfiomig_event *event = tell(w, net, kind, net->seq);

	if (!event)
		return -ENOMEM;

	event->partial = kind == VFIOMIG_EVENT_SYNCED && net->blind;
	return 0;
}

/* One that does, and perhaps tells what it was before. */
int vmig_tell_object(struct vfiomig_watch *w, const struct vmig_net *net,
		     enum vfiomig_event_kind kind, enum vmig_how how,
		     uint64_t seq, struct vfiomig_object *object,
		     struct vfiomig_object *old)
{
	struct vfiomig_event *event = tell(w, net, kind, seq);

	if (!event)
		return -ENOMEM;

	event->snapshot = how == VMIG_SNAPSHOT;
	event->resync = how == VMIG_RESYNC;
	event->object = vfiomig_object_ref(object);
	event->old = old ? vfiomig_object_ref(old) : NULL;
	return 0;
}

/* Tells of the known objects that are no longer there. */
int vmig_tell_leavers(struct vfiomig_watch *w, const struct vmig_net *net,
		      enum vmig_how how, const struct vfiomig_list *now)
{
	int err = 0;
	size_t at;

	for (size_t i = 0; !err && i < net->objects->len; i++) {
		struct vfiomig_object *object = net->objects->objects[i];

		if (!vmig_list_search(now, object->id, &at))
			err = vmig_tell_object(w, net, VFIOMIG_EVENT_DEL, how,
					       net->seq, object, NULL);
	}
	return err;
}

/* Tells of all those that are new, or not what they were. */
int vmig_tell_others(struct vfiomig_watch *w, const struct vmig_net *net,
		     enum vmig_how how, const struct vfiomig_list *now)
{
	int err = 0;
	size_t at;

	for (size_t i = 0; !err && i < now->len; i++) {
		struct vfiomig_object *object = now->objects[i], *old;

		if (!vmig_list_search(net->objects, object->id, &at)) {
			err = vmig_tell_object(w, net, VFIOMIG_EVENT_ADD, how,
					       object->seq, object, NULL);
			continue;
		}
		old = net->objects->objects[at];
		if (!vmig_object_same(old, object))
			err = vmig_tell_object(w, net, VFIOMIG_EVENT_CHANGE,
					       how, object->seq, object, old);
	}
	return err;
}
