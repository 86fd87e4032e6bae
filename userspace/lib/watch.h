/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of a watch share. */
#ifndef VFIOMIG_WATCH_H
#define VFIOMIG_WATCH_H

#include "internal.h"

/**
 * enum vmig_state - what the watch does next
 * @VMIG_SYNC: it must ask the kernel for everything
 * @VMIG_LIVE: it takes events
 * @VMIG_GONE: it waits for the family to come back
 */
enum vmig_state {
	VMIG_SYNC,
	VMIG_LIVE,
	VMIG_GONE,
};

/**
 * struct vmig_queue - events to be told
 * @first: the next one
 * @len: how many there are, those that were told included
 * @room: how many @events has room for
 * @events: the events, each holding its objects
 */
struct vmig_queue {
	size_t first;
	size_t len;
	size_t room;
	struct vfiomig_event *events;
};

/**
 * struct vmig_found - what the kernel holds in a network namespace
 * @instance: of the module
 * @seq: number of the last event before it was asked for the objects
 * @dumped: number of the last event after that
 * @objects: the objects, sorted by id, those that were there all the time and
 *   perhaps others; NULL if it could not be asked
 */
struct vmig_found {
	uint64_t instance;
	uint64_t seq;
	uint64_t dumped;
	struct vfiomig_list *objects;
};

/**
 * struct vmig_net - a network namespace
 * @nsid: its number in that of the watch, VMIG_HOME for that one itself
 * @name: its name in /run/netns, or NULL
 * @blind: it cannot be asked, so that no more is known than its events tell
 * @due: it is to be asked once no event waits; meanwhile its events are of no
 *   use
 * @counted: @seq is known
 * @met: no longer new: it was asked, or cannot be
 * @listed: for who compares a list of all with those that are known
 * @seq: number of the last event taken account of
 * @dumped: number of the last event that the objects may take account of
 * @objects: last known state of all objects, sorted by id
 * @found: while the kernel is asked, what it has told
 */
struct vmig_net {
	int32_t nsid;
	char *name;
	bool blind;
	bool due;
	bool counted;
	bool met;
	bool listed;
	uint64_t seq;
	uint64_t dumped;
	struct vfiomig_list *objects;
	struct vmig_found found;
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
 * @home: the network namespace that the watch is in
 * @netns: tells of the numbers of others, NULL if they are not watched
 * @nets: the others
 * @n_nets: how many there are
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
	enum vmig_state state;
	bool quiet;
	bool snapshot;
	uint16_t family;
	uint64_t instance;
	struct vmig_net home;
	struct vmig_netns *netns;
	struct vmig_net **nets;
	size_t n_nets;
	struct vmig_queue queue;
	int err;
};

/* ----------------------------------------------------------- watch_tell.c */

/**
 * enum vmig_how - how it was learned what has happened
 * @VMIG_TOLD: by an event
 * @VMIG_SNAPSHOT: it was there already
 * @VMIG_RESYNC: made out by comparison
 */
enum vmig_how {
	VMIG_TOLD,
	VMIG_SNAPSHOT,
	VMIG_RESYNC,
};

int vmig_tell(struct vfiomig_watch *w, const struct vmig_net *net,
	      enum vfiomig_event_kind kind);
int vmig_tell_object(struct vfiomig_watch *w, const struct vmig_net *net,
		     enum vfiomig_event_kind kind, enum vmig_how how,
		     uint64_t seq, struct vfiomig_object *object,
		     struct vfiomig_object *old);
int vmig_tell_leavers(struct vfiomig_watch *w, const struct vmig_net *net,
		      enum vmig_how how, const struct vfiomig_list *now);
int vmig_tell_others(struct vfiomig_watch *w, const struct vmig_net *net,
		     enum vmig_how how, const struct vfiomig_list *now);
void vmig_queue_empty(struct vmig_queue *queue);

/* ----------------------------------------------------------- watch_sync.c */

int vmig_watch_heed(struct vfiomig_watch *w, bool sock);
int vmig_watch_cannot_wait(struct vfiomig_watch *w);
void vmig_watch_plan_sync(struct vfiomig_watch *w);
int vmig_watch_lost(struct vfiomig_watch *w);
int vmig_watch_family_gone(struct vfiomig_watch *w);
int vmig_watch_family_back(struct vfiomig_watch *w);
int vmig_watch_socket_failed(struct vfiomig_watch *w, int err);
int vmig_watch_drain(struct vfiomig_watch *w);
int vmig_watch_look_at_clock(struct vfiomig_watch *w);
int vmig_watch_sync(struct vfiomig_watch *w);
int vmig_watch_sync_net(struct vfiomig_watch *w, struct vmig_net *net);

/* ----------------------------------------------------------- watch_nets.c */

struct vmig_net *vmig_watch_net(struct vfiomig_watch *w, int32_t nsid);
struct vmig_net *vmig_watch_each(struct vfiomig_watch *w, size_t index);
struct vmig_net *vmig_watch_knows(struct vfiomig_watch *w, uint32_t id,
				  const struct vmig_net *except);
int vmig_watch_take_away(struct vfiomig_watch *w, uint32_t id,
			 const struct vmig_net *except);
int vmig_watch_list_nets(struct vfiomig_watch *w);
void vmig_watch_drop_unlisted(struct vfiomig_watch *w);
int vmig_watch_news(struct vfiomig_watch *w);
void vmig_watch_free_nets(struct vfiomig_watch *w);

#endif /* VFIOMIG_WATCH_H */
