/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What to do: the words of the command line, or of a line of a batch.
 */
#ifndef SELFTESTS_VFIO_MIG_JOB_H
#define SELFTESTS_VFIO_MIG_JOB_H

#include "damage.h"
#include "device.h"
#include "memory.h"

/* A bit of its own: any mixture of damage, drawn by lot. */
#define SWEEP_RANDOM	DAMAGE_KINDS

/**
 * struct job - one thing to do
 * @source:	the device that leaves, or NULL
 * @target:	the device that it becomes, or NULL
 * @arcs:	a device to be held against the protocol, or NULL
 * @load:	a file with the stream, in place of a source
 * @save:	a file for the stream
 * @via:	how to open the devices
 * @ranges:	what to fill and compare
 * @seed:	what to fill it with; 0: something new each time
 * @chunk:	how much to read and write at a time
 * @limit:	how long a stream may be
 * @precopy:	how often to change the memory while it runs, 0: do not
 * @damages:	what happens to the stream
 * @sweep:	of which kinds of damage, each a bit, all there can be
 * @first:	of which those before this one are not tried
 * @step:	and of the others each so many-th
 * @count:	and at most so many
 * @skip:	the parts that are left out of @arcs, with commas
 */
struct job {
	const char *source;
	const char *target;
	const char *arcs;
	const char *load;
	const char *save;
	enum via via;
	struct ranges ranges;
	__u64 seed;
	size_t chunk;
	size_t limit;
	unsigned int precopy;
	struct damages damages;
	unsigned int sweep;
	__u64 first;
	__u64 step;
	__u64 count;
	const char *skip;
};

/* What the program exits with. */
#define EXIT_SAME	0
#define EXIT_DIFFERENT	1
#define EXIT_USAGE	2
#define EXIT_REFUSED	3
#define EXIT_UNABLE	4
#define EXIT_FAILED	5

void job_init(struct job *job);
int job_word(struct job *job, const char *name, const char *value,
	     struct fault *fault);
bool job_takes(const char *name);
int job_check(const struct job *job, struct fault *fault);
int job_run(const struct job *job);

int job_migrate(const struct job *job);
int job_sweep(const struct job *job);
int job_arcs(const struct job *job);

#endif
