/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The halves of a migration.
 */
#ifndef SELFTESTS_VFIO_MIG_MOVE_H
#define SELFTESTS_VFIO_MIG_MOVE_H

#include "job.h"

/**
 * struct move - a migration that is going on
 * @job:	what it is to be
 * @fault:	what went wrong
 * @source:	the device that leaves, or NULL
 * @target:	the device that it becomes, or NULL
 * @from:	the source's memory
 * @to:		the target's memory
 * @want:	what the target must read in the end; NULL: nobody knows
 * @seen:	what was read last
 * @seed:	what the memory is filled with
 * @stream:	all that came out of the source
 * @saving:	the source's stream, or -1
 * @precopied:	how much of it came before STOP_COPY
 * @nomsg:	whether that ended with ENOMSG
 */
struct move {
	const struct job *job;
	struct fault fault;
	struct device *source;
	struct device *target;
	struct memory from;
	struct memory to;
	__u8 *want;
	__u8 *seen;
	__u64 seed;
	struct stream stream;
	int saving;
	size_t precopied;
	bool nomsg;
};

/** enum arrival - what became of the target */
enum arrival {
	ARRIVED_SAME,
	ARRIVED_DIFFERENT,
	ARRIVED_UNKNOWN,
	ARRIVED_NOT,
};

int move_begin(struct move *move, const struct job *job);
int move_save(struct move *move);
int move_return(struct move *move, bool *kept);
enum arrival move_restore(struct move *move, const struct plan *plan,
			  size_t *written, size_t *differs);
bool move_refused(const struct move *move);
void move_end(struct move *move);

#endif
