// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Watching: other network namespaces.
 *
 * The kernel tells of the events of every namespace that has a number in ours,
 * and numbers them in each. An object has one id, wherever it goes, and when
 * it moves it is first told to be gone, then to have come. So who comes has
 * left wherever it is known to be, even if that was not heard: a namespace
 * that dies loses its number before its devices go home.
 *
 * When a number is given or taken back is told in a socket of its own, and so
 * neither before nor after an event. Events come first, for a number may have
 * another owner by now. But where one does not fit what is known of its
 * namespace, it is looked first whether that is still the same.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "watch.h"

/* The namespace of that number, NULL if it is not known. */
struct vmig_net *vmig_watch_net(struct vfiomig_watch *w, int32_t nsid)
{
	if (nsid == VMIG_HOME)
		return &w->home;
	for (size_t i = 0; i < w->n_nets; i++)
		if (w->nets[i]->nsid == nsid)
			return w->nets[i];

	return NULL;
}

/* All namespaces, home first; NULL behind the last. */
struct vmig_net *vmig_watch_each(struct vfiomig_watch *w, size_t index)
{
	if (!index)
		return &w->home;

	return index <= w->n_nets ? w->nets[index - 1] : NULL;
}

/* Where else is an object known to be? NULL if nowhere. */
struct vmig_net *vmig_watch_knows(struct vfiomig_watch *w, uint32_t id,
				  const struct vmig_net *except)
{
	struct vmig_net *net;
	size_t at;

	for (size_t i = 0; (net = vmig_watch_each(w, i)); i++)
		if (net != except && vmig_list_search(net->objects, id, &at))
			return net;

	return NULL;
}

/*
 * An object has turned up: it has left wherever else it is known to be. That
 * this was not told is no wonder if the namespace is dead. If it is not, it is
 * asked what else was not told.
 */
int vmig_watch_take_away(struct vfiomig_watch *w, uint32_t id,
			 const struct vmig_net *except)
{
	struct vmig_net *net;
	int err = 0;
	size_t at;

	while (!err && (net = vmig_watch_knows(w, id, except))) {
		vmig_list_search(net->objects, id, &at);
		err = vmig_tell_object(w, net, VFIOMIG_EVENT_DEL, VMIG_RESYNC,
				       net->seq, net->objects->objects[at],
				       NULL);
		vmig_list_remove(net->objects, at);
		net->due = net != &w->home && !net->blind;
	}
	return err;
}

static void free_net(struct vmig_net *net)
{
	if (!net)
		return;
	vfiomig_list_free(net->objects);
	free(net->name);
	free(net);
}

static int add_net(struct vfiomig_watch *w, int32_t nsid)
{
	struct vmig_net *net = calloc(1, sizeof(*net)), **nets;

	nets = reallocarray(w->nets, w->n_nets + 1, sizeof(*nets));
	if (nets)
		w->nets = nets;
	if (net)
		net->objects = vfiomig_list_new();
	if (!net || !net->objects || !nets) {
		free_net(net);
		return vmig_nomem(w->ctx);
	}
	net->nsid = nsid;
	nets[w->n_nets++] = net;
	return 0;
}

static void drop_net(struct vfiomig_watch *w, struct vmig_net *net)
{
	size_t i = 0;

	while (w->nets[i] != net)
		i++;
	w->n_nets--;
	memmove(&w->nets[i], &w->nets[i + 1],
		(w->n_nets - i) * sizeof(*w->nets));
	free_net(net);
}

void vmig_watch_free_nets(struct vfiomig_watch *w)
{
	for (size_t i = 0; i < w->n_nets; i++)
		free_net(w->nets[i]);
	free(w->nets);
	vmig_netns_close(w->netns);
}

/* A name that was known stays, though it may have been taken away. */
static int set_name(struct vfiomig_watch *w, struct vmig_net *net,
		    const char *name)
{
	char *copy;

	if (!name || (net->name && !strcmp(net->name, name)))
		return 0;
	copy = strdup(name);
	if (!copy)
		return vmig_nomem(w->ctx);
	free(net->name);
	net->name = copy;
	return 0;
}

/* Adds those that are not known. The others are left as not listed. */
int vmig_watch_list_nets(struct vfiomig_watch *w)
{
	struct vmig_nsid *all;
	size_t n;
	int err;

	for (size_t i = 0; i < w->n_nets; i++)
		w->nets[i]->listed = false;
	if (!w->netns)
		return 0;

	err = vmig_netns_list(w->netns, w->ctx, &all, &n);
	if (err)
		return err;
	for (size_t i = 0; !err && i < n; i++) {
		struct vmig_net *net = vmig_watch_net(w, all[i].nsid);

		if (!net) {
			err = add_net(w, all[i].nsid);
			net = err ? NULL : w->nets[w->n_nets - 1];
		}
		if (!err) {
			net->listed = true;
			err = set_name(w, net, all[i].name);
		}
	}
	vmig_netns_list_free(all, n);
	return err;
}

void vmig_watch_drop_unlisted(struct vfiomig_watch *w)
{
	for (size_t i = w->n_nets; i--;)
		if (!w->nets[i]->listed)
			drop_net(w, w->nets[i]);
}

/* Its devices have gone home, or will in a moment. */
static int net_gone(struct vfiomig_watch *w, struct vmig_net *net)
{
	const struct vfiomig_list nothing = { .len = 0 };
	int err = vmig_tell_leavers(w, net, VMIG_RESYNC, &nothing);

	drop_net(w, net);
	return err;
}

/* Of new ones no more is known than their numbers. */
static int meet_nets(struct vfiomig_watch *w)
{
	int err = vmig_watch_list_nets(w);

	for (size_t i = w->n_nets; !err && i--;) {
		struct vmig_net *net = w->nets[i];

		if (net->met)
			continue;
		/* gone already, or ours, which may have a number as well */
		if (!net->listed) {
			drop_net(w, net);
			continue;
		}
		net->met = true;
		net->blind = !net->name;
		net->due = !net->blind;
		if (net->blind && w->state == VMIG_LIVE)
			err = vmig_tell(w, net, VFIOMIG_EVENT_SYNCED);
	}
	return err;
}

static int take_news(struct vfiomig_watch *w, int32_t nsid, bool gone,
		     bool *new)
{
	struct vmig_net *net = vmig_watch_net(w, nsid);

	if (gone)
		return net ? net_gone(w, net) : 0;
	if (net)
		return 0;

	*new = true;
	return add_net(w, nsid);
}

/* Which numbers were given, and which taken back? */
int vmig_watch_news(struct vfiomig_watch *w)
{
	bool gone, new = false;
	int32_t nsid;
	int err = 0;

	while (!err) {
		int news = vmig_netns_news(w->netns, &nsid, &gone);

		if (news == -EAGAIN)
			break;
		if (!news)
			err = take_news(w, nsid, gone, &new);
		else if (news != -ENOBUFS)
			err = vmig_watch_socket_failed(w, news);
		/* who is about to ask for everything asks for this as well */
		else if (w->state == VMIG_LIVE)
			err = vmig_watch_lost(w);
	}
	return !err && new ? meet_nets(w) : err;
}
