// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "damage.h"

static const char *const names[DAMAGE_KINDS] = {
	[DAMAGE_CUT] = "cut",
	[DAMAGE_FLIP] = "flip",
	[DAMAGE_REPLAY] = "replay",
	[DAMAGE_SWAP] = "swap",
	[DAMAGE_DROP] = "drop",
	[DAMAGE_ENDLESS] = "endless",
};

/**
 * damage_name() - what a kind of damage is called
 * @kind:	which
 */
const char *damage_name(enum damage_kind kind)
{
	return names[kind];
}

/**
 * damage_positions() - at how many places it can happen
 * @kind:	the kind of damage
 * @len:	of the stream
 * @chunk:	the chunks' size
 */
__u64 damage_positions(enum damage_kind kind, size_t len, size_t chunk)
{
	size_t chunks = (len + chunk - 1) / chunk;

	switch (kind) {
	case DAMAGE_CUT:
		return len;
	case DAMAGE_FLIP:
		return len * 8ULL;
	case DAMAGE_REPLAY:
	case DAMAGE_DROP:
		return chunks;
	case DAMAGE_SWAP:
		return chunks ? chunks - 1 : 0;
	default:
		return 1;
	}
}

/* Chunks that a cut has left nothing of are no longer there. */
static void cut(struct plan *plan)
{
	struct chunk *chunk;
	size_t i, n = 0;

	for (i = 0; i < plan->chunks; i++) {
		chunk = &plan->chunk[i];
		if (chunk->at >= plan->len)
			continue;
		if (chunk->len > plan->len - chunk->at)
			chunk->len = plan->len - chunk->at;
		plan->chunk[n++] = *chunk;
	}
	plan->chunks = n;
}

static void apply(struct plan *plan, const struct damage *damage)
{
	struct chunk *chunk = plan->chunk + damage->at;
	size_t behind = plan->chunks - damage->at;
	struct chunk moved;

	switch (damage->kind) {
	case DAMAGE_CUT:
		plan->len = damage->at;
		cut(plan);
		break;
	case DAMAGE_FLIP:
		plan->data[damage->at / 8] ^= 1 << damage->at % 8;
		break;
	case DAMAGE_REPLAY:
		memmove(chunk + 1, chunk, behind * sizeof(*chunk));
		plan->chunks++;
		break;
	case DAMAGE_SWAP:
		moved = chunk[0];
		chunk[0] = chunk[1];
		chunk[1] = moved;
		break;
	case DAMAGE_DROP:
		memmove(chunk, chunk + 1, (behind - 1) * sizeof(*chunk));
		plan->chunks--;
		break;
	default:
		plan->endless = damage->at;
		break;
	}
}

/* Of what earlier damage has left. */
static __u64 places(const struct plan *plan, const struct damage *damage)
{
	switch (damage->kind) {
	case DAMAGE_CUT:
		return plan->len + 1;
	case DAMAGE_FLIP:
		return plan->len * 8ULL;
	case DAMAGE_SWAP:
		return plan->chunks ? plan->chunks - 1 : 0;
	case DAMAGE_ENDLESS:
		return plan->len ? ~0ULL : 0;
	default:
		return plan->chunks;
	}
}

/**
 * plan_make() - what to write of a stream
 * @plan:	what becomes of it
 * @stream:	the stream as the source gave it
 * @chunk:	how much to write at a time
 * @damages:	what happens to it
 * @fault:	what went wrong
 *
 * Return: 0 or -1.
 */
int plan_make(struct plan *plan, const struct stream *stream, size_t chunk,
	      const struct damages *damages, struct fault *fault)
{
	const struct damage *damage;
	size_t i;

	memset(plan, 0, sizeof(*plan));
	plan->len = stream->len;
	plan->chunks = (stream->len + chunk - 1) / chunk;
	plan->data = malloc(plan->len + 1);
	plan->chunk = calloc(plan->chunks + DAMAGES_MAX, sizeof(*plan->chunk));
	if (!plan->data || !plan->chunk) {
		plan_free(plan);
		return fault_set(fault, "damage", ENOMEM, "copy the stream");
	}
	if (plan->len)
		memcpy(plan->data, stream->data, plan->len);
	for (i = 0; i < plan->chunks; i++) {
		plan->chunk[i].at = i * chunk;
		plan->chunk[i].len = chunk;
	}
	cut(plan);
	for (i = 0; i < damages->n; i++) {
		damage = &damages->damage[i];
		if (damage->at < places(plan, damage)) {
			apply(plan, damage);
			continue;
		}
		plan_free(plan);
		return fault_set(fault, "damage", ERANGE,
				 "%s=%llu of %zu bytes in chunks of %zu",
				 names[damage->kind], damage->at, stream->len,
				 chunk);
	}
	return 0;
}

/**
 * plan_write() - write it
 * @plan:	what
 * @fd:		where to
 * @written:	counted up by what the driver has taken
 * @fault:	what went wrong
 *
 * Return: 0 or -1.
 */
int plan_write(const struct plan *plan, int fd, size_t *written,
	       struct fault *fault)
{
	__u64 left = plan->endless, len;
	size_t i;

	for (i = 0; i < plan->chunks; i++)
		if (stream_write(fd, plan->data + plan->chunk[i].at,
				 plan->chunk[i].len, written, fault))
			return -1;
	for (; left; left -= len) {
		len = left < plan->len ? left : plan->len;
		if (stream_write(fd, plan->data, len, written, fault))
			return -1;
	}
	return 0;
}

/**
 * plan_free() - give its room back
 * @plan:	the plan
 */
void plan_free(struct plan *plan)
{
	free(plan->data);
	free(plan->chunk);
	plan->data = NULL;
	plan->chunk = NULL;
}
