/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can happen to a stream between source and target.
 */
#ifndef SELFTESTS_VFIO_MIG_DAMAGE_H
#define SELFTESTS_VFIO_MIG_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "stream.h"

#define DAMAGES_MAX	8

/**
 * enum damage_kind - in which way, and what its number is
 * @DAMAGE_CUT:		the length that is left of it
 * @DAMAGE_FLIP:	a bit: bit n % 8 of byte n / 8
 * @DAMAGE_REPLAY:	a chunk that is written twice
 * @DAMAGE_SWAP:	a chunk that comes after the one behind it
 * @DAMAGE_DROP:	a chunk that does not come
 * @DAMAGE_ENDLESS:	it goes on with its beginning, for so many bytes
 * @DAMAGE_KINDS:	how many there are
 */
enum damage_kind {
	DAMAGE_CUT,
	DAMAGE_FLIP,
	DAMAGE_REPLAY,
	DAMAGE_SWAP,
	DAMAGE_DROP,
	DAMAGE_ENDLESS,
	DAMAGE_KINDS,
};

/**
 * struct damage - one
 * @kind:	in which way
 * @at:		where
 */
struct damage {
	enum damage_kind kind;
	__u64 at;
};

/**
 * struct damages - all that happens to a stream, one after the other
 * @n:		how many
 * @damage:	each of them
 */
struct damages {
	unsigned int n;
	struct damage damage[DAMAGES_MAX];
};

/** struct chunk - what is written at once */
struct chunk {
	size_t at;
	size_t len;
};

/**
 * struct plan - what is written in the end
 * @data:	the bytes
 * @len:	how many
 * @chunk:	the chunks, in order
 * @chunks:	how many
 * @endless:	how many bytes more
 */
struct plan {
	__u8 *data;
	size_t len;
	struct chunk *chunk;
	size_t chunks;
	__u64 endless;
};

const char *damage_name(enum damage_kind kind);
__u64 damage_positions(enum damage_kind kind, size_t len, size_t chunk);

int plan_make(struct plan *plan, const struct stream *stream, size_t chunk,
	      const struct damages *damages, struct fault *fault);
int plan_write(const struct plan *plan, int fd, size_t *written,
	       struct fault *fault);
void plan_free(struct plan *plan);

#endif
