// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "move.h"
#include "state.h"
#include "uapi.h"

static struct device *open_side(struct move *move, const char *name)
{
	struct device *dev = device_get(name, move->job->via, &move->fault);

	if (dev && !(dev->mig & VFIO_MIGRATION_STOP_COPY)) {
		fault_set(&move->fault, "migration", ENOTTY,
			  "%s does not migrate", name);
		return NULL;
	}
	return dev;
}

static int sizes(struct move *move)
{
	const struct job *job = move->job;

	if (!move->source || !move->target ||
	    move->from.size == move->to.size)
		return 0;
	return fault_set(&move->fault, "memory", EINVAL,
			 "%s has %zu bytes, %s %zu: name equal parts by region=",
			 job->source, move->from.size, job->target,
			 move->to.size);
}

/* Something else each time, but the same in each run. */
static __u64 next_seed(void)
{
	static __u64 seeds;

	return ++seeds;
}

/**
 * move_begin() - open both sides and find their memory
 * @move:	what becomes of it; move_end() is due even on failure
 * @job:	what to do
 *
 * Return: 0 or -1.
 */
int move_begin(struct move *move, const struct job *job)
{
	size_t size;

	memset(move, 0, sizeof(*move));
	move->job = job;
	move->saving = -1;
	move->seed = job->seed ? job->seed : next_seed();
	move->fault.on = "source";
	if (job->source) {
		move->source = open_side(move, job->source);
		if (!move->source ||
		    memory_find(move->source, &job->ranges, &move->from,
				&move->fault))
			return -1;
	}
	move->fault.on = "target";
	if (job->target) {
		move->target = open_side(move, job->target);
		if (!move->target ||
		    memory_find(move->target, &job->ranges, &move->to,
				&move->fault))
			return -1;
	}
	move->fault.on = NULL;
	if (sizes(move))
		return -1;
	size = move->target ? move->to.size : move->from.size;
	move->seen = malloc(size);
	if (move->source || job->seed)
		move->want = malloc(size);
	if (!move->seen || (!move->want && (move->source || job->seed)))
		return fault_set(&move->fault, "memory", ENOMEM,
				 "twice %zu bytes", size);
	if (move->want)
		memory_pattern(move->want, size, move->source ? move->seed :
			       move->seed + job->precopy, false);
	return 0;
}

/* What a device does not keep of it is not expected of the target. */
static int fill(struct device *dev, const struct memory *memory, __u8 *buf,
		struct fault *fault)
{
	if (memory_write(dev, memory, buf, fault))
		return -1;
	return memory_read(dev, memory, buf, fault);
}

/* Out of a device that runs on, and changes meanwhile. */
static int precopy(struct move *move)
{
	enum stream_end end = STREAM_EOF;
	unsigned int round;

	if (!mig_has(move->source->mig, VFIO_DEVICE_STATE_PRE_COPY))
		return fault_set(&move->fault, "migration", ENOTTY,
				 "%s has no PRE_COPY", move->source->name);
	if (mig_go(move->source, VFIO_DEVICE_STATE_PRE_COPY, &move->saving,
		   &move->fault))
		return -1;
	for (round = 0; round < move->job->precopy; round++) {
		if (stream_read(&move->stream, move->saving, move->job->chunk,
				move->job->limit, &end, &move->fault))
			return -1;
		memory_pattern(move->want, move->from.size,
			       move->seed + round + 1, false);
		if (fill(move->source, &move->from, move->want, &move->fault))
			return -1;
	}
	move->precopied = move->stream.len;
	move->nomsg = end == STREAM_NOMSG;
	return 0;
}

/**
 * move_save() - fill the source, and read its state
 * @move:	the migration
 *
 * The source is then in STOP_COPY, until move_return().
 *
 * Return: 0 or -1.
 */
int move_save(struct move *move)
{
	struct fault *fault = &move->fault;
	bool running = move->job->precopy;

	fault->on = "source";
	if (device_reset(move->source, fault) ||
	    fill(move->source, &move->from, move->want, fault))
		return -1;
	if (running && precopy(move))
		return -1;
	if (mig_go(move->source, VFIO_DEVICE_STATE_STOP_COPY,
		   running ? NULL : &move->saving, fault) ||
	    stream_read(&move->stream, move->saving, move->job->chunk,
			move->job->limit, NULL, fault))
		return -1;
	fault->on = NULL;
	return 0;
}

/**
 * move_return() - let the source run on, as after a migration that failed
 * @move:	the migration
 * @kept:	set to whether its memory is as it was
 *
 * Return: 0 or -1.
 */
int move_return(struct move *move, bool *kept)
{
	struct fault *fault = &move->fault;
	const char *on = fault->on;

	fault->on = "source";
	close(move->saving);
	move->saving = -1;
	if (mig_go(move->source, VFIO_DEVICE_STATE_RUNNING, NULL, fault) ||
	    memory_read(move->source, &move->from, move->seen, fault))
		return -1;
	*kept = !memcmp(move->seen, move->want, move->from.size);
	fault->on = on;
	return 0;
}

/* It must not have what it is to be given. */
static int prepare(struct move *move)
{
	struct fault *fault = &move->fault;

	if (device_reset(move->target, fault))
		return -1;
	memory_pattern(move->seen, move->to.size, move->seed, true);
	if (fill(move->target, &move->to, move->seen, fault))
		return -1;
	if (move->want && !memcmp(move->seen, move->want, move->to.size))
		return fault_set(fault, "memory", EINVAL,
				 "%s reads the same whatever is written: it is no memory",
				 move->target->name);
	return 0;
}

static int resume(struct move *move, const struct plan *plan, size_t *written)
{
	struct device *dev = move->target;
	int err, fd;

	if (mig_go(dev, VFIO_DEVICE_STATE_RESUMING, &fd, &move->fault))
		return -1;
	err = plan_write(plan, fd, written, &move->fault);
	if (!err)
		err = mig_go(dev, VFIO_DEVICE_STATE_STOP, NULL, &move->fault);
	close(fd);
	return err ? err : mig_go(dev, VFIO_DEVICE_STATE_RUNNING, NULL,
				  &move->fault);
}

/**
 * move_restore() - give the target a state, and look what became of it
 * @move:	the migration
 * @plan:	what to write
 * @written:	set to how much of it the target has taken
 * @differs:	set to the first byte that differs, if one does
 *
 * Return: what became of the target; if it did not arrive, it was reset.
 */
enum arrival move_restore(struct move *move, const struct plan *plan,
			  size_t *written, size_t *differs)
{
	struct fault again;
	size_t i;

	*written = 0;
	*differs = 0;
	move->fault.on = "target";
	if (prepare(move))
		return ARRIVED_NOT;
	if (resume(move, plan, written)) {
		if (device_reset(move->target, &again))
			move->fault = again;
		return ARRIVED_NOT;
	}
	if (memory_read(move->target, &move->to, move->seen, &move->fault))
		return ARRIVED_NOT;
	move->fault.on = NULL;
	if (!move->want)
		return ARRIVED_UNKNOWN;
	for (i = 0; i < move->to.size; i++)
		if (move->seen[i] != move->want[i])
			break;
	*differs = i;
	return i < move->to.size ? ARRIVED_DIFFERENT : ARRIVED_SAME;
}

/**
 * move_refused() - was it the stream that the target did not like?
 * @move:	the migration, in which something went wrong
 */
bool move_refused(const struct move *move)
{
	const struct fault *fault = &move->fault;

	return fault->step && fault->on && !strcmp(fault->on, "target") &&
	       (!strcmp(fault->step, "write") ||
		!strcmp(fault->step, "state"));
}

/**
 * move_end() - leave nothing behind but the devices, which stay open
 * @move:	the migration
 */
void move_end(struct move *move)
{
	struct fault ignored;

	if (move->saving >= 0) {
		close(move->saving);
		device_reset(move->source, &ignored);
	}
	stream_free(&move->stream);
	free(move->want);
	free(move->seen);
}
