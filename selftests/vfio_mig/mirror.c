// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>

#include "mirror.h"

/* How often to look for a moment in which nothing happens. */
#define LOOKS	50

/* All there is, and of which event it is. */
static int look(struct nl *nl, struct objs *all, __u64 *seq)
{
	static struct objs types;
	struct status before, after;
	unsigned int i, n;
	int err;

	for (n = 0; n < LOOKS; n++) {
		err = nl_status(nl, &before) ?:
		      nl_dump_all(nl, VFIO_MIG_CMD_DEV_GET, all) ?:
		      nl_dump_all(nl, VFIO_MIG_CMD_TYPE_GET, &types) ?:
		      nl_status(nl, &after);
		/* a dump that was interrupted is none */
		if (err && err != -EINTR)
			return err;
		if (err || before.seq != after.seq)
			continue;
		if (all->n != after.devices || types.n != after.types)
			return -EBADMSG;
		for (i = 0; i < types.n; i++) {
			if (all->n == OBJS_MAX)
				return -ENOSPC;
			all->o[all->n++] = types.o[i];
		}
		*seq = after.seq;
		return 0;
	}
	return -EAGAIN;
}

int mirror_open(struct mirror *m)
{
	int err;

	m->events = 0;
	m->overruns = 0;
	m->lost = false;
	m->wrong = NULL;
	err = nl_open(&m->nl);
	if (err)
		return err;
	err = nl_open(&m->mon);
	if (err)
		goto err_nl;
	err = nl_join(&m->mon) ?: look(&m->nl, &m->held, &m->seq);
	if (!err)
		return 0;
	nl_close(&m->mon);
err_nl:
	nl_close(&m->nl);
	return err;
}

void mirror_close(struct mirror *m)
{
	nl_close(&m->mon);
	nl_close(&m->nl);
}

static void apply(struct mirror *m, const struct obj *event)
{
	m->events++;
	if (m->lost || event->seq <= m->seq)
		return;
	if (event->seq != m->seq + 1)
		m->wrong = "an event is missing, and nobody said so";
	else if (!objs_apply(&m->held, event))
		m->wrong = "an event is not of what there was";
	m->seq = event->seq;
}

/* Takes events until there is none for so long. Returns how many. */
unsigned int mirror_take(struct mirror *m, int quiet_ms)
{
	unsigned int before = m->events;
	static struct obj event;
	int err;

	do {
		err = nl_event(&m->mon, &event, quiet_ms);
		if (!err) {
			apply(m, &event);
		} else if (err == -ENOBUFS) {
			m->lost = true;
			m->overruns++;
		} else if (err != -EAGAIN) {
			m->wrong = "an event cannot be read";
		}
	} while (!err || err == -ENOBUFS);
	return m->events - before;
}

static bool same(struct objs *held, const struct objs *all)
{
	unsigned int i;

	if (held->n != all->n)
		return false;
	for (i = 0; i < all->n; i++) {
		const struct obj *obj = objs_find(held, all->o[i].id);

		if (!obj || !obj_same(obj, &all->o[i]))
			return false;
	}
	return true;
}

/* Returns what is wrong, or NULL. It helps if not much happens meanwhile. */
const char *mirror_check(struct mirror *m)
{
	static struct objs all;
	unsigned int n = 0;
	__u64 seq;

	do {
		if (look(&m->nl, &all, &seq))
			return "what there is cannot be told";
		mirror_take(m, 0);
		if (m->wrong)
			return m->wrong;
		/* what was told since is not in it */
	} while (m->seq > seq && ++n < LOOKS);
	if (m->lost) {
		m->lost = false;
		m->held = all;
		m->seq = seq;
		return NULL;
	}
	if (m->seq < seq)
		return "there was an event of which nobody was told";
	if (m->seq > seq)
		return "more was told than there is";
	return same(&m->held, &all) ? NULL :
				      "what was told is not what there is";
}
