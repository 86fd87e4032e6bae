// SPDX-License-Identifier: GPL-2.0-only
/*
 * One stream, damaged in every way there is, or in any.
 */
#include <string.h>

#include "json.h"
#include "move.h"

#define REFUSALS_MAX	64
#define EXAMPLES_MAX	16

/* Longer than any buffer that a driver should hold on to. */
#define ENDLESS		(4U << 20)

/**
 * struct refusal - one way to refuse, and how often it was met
 * @step:	at which step
 * @err:	with which errno
 * @count:	how often
 */
struct refusal {
	const char *step;
	int err;
	__u64 count;
};

/**
 * struct sweep - what came of it so far
 * @move:	the migration
 * @random:	where the lot has come to
 * @variants:	how many were tried
 * @same:	of them that arrived nevertheless
 * @different:	of them that arrived with other memory
 * @example:	the first of those
 * @refusals:	how many ways to refuse there were
 * @refusal:	each of them
 */
struct sweep {
	struct move move;
	__u64 random;
	__u64 variants;
	__u64 same;
	__u64 different;
	struct damages example[EXAMPLES_MAX];
	unsigned int refusals;
	struct refusal refusal[REFUSALS_MAX];
};

static void count_refusal(struct sweep *sweep)
{
	const struct fault *fault = &sweep->move.fault;
	struct refusal *refusal = sweep->refusal;
	unsigned int i;

	for (i = 0; i < sweep->refusals; i++, refusal++)
		if (refusal->err == fault->err &&
		    !strcmp(refusal->step, fault->step))
			break;
	if (i == REFUSALS_MAX)
		return;
	if (i == sweep->refusals) {
		sweep->refusals++;
		refusal->step = fault->step;
		refusal->err = fault->err;
	}
	refusal->count++;
}

/* Nothing but the target's refusal of the stream may go wrong. */
static int try(struct sweep *sweep, const struct damages *damages)
{
	struct move *move = &sweep->move;
	size_t written, differs;
	enum arrival arrival;
	struct plan plan;

	if (plan_make(&plan, &move->stream, move->job->chunk, damages,
		      &move->fault))
		return -1;
	arrival = move_restore(move, &plan, &written, &differs);
	plan_free(&plan);
	if (arrival == ARRIVED_NOT && !move_refused(move))
		return -1;
	sweep->variants++;
	switch (arrival) {
	case ARRIVED_NOT:
		count_refusal(sweep);
		break;
	case ARRIVED_DIFFERENT:
		if (sweep->different++ < EXAMPLES_MAX)
			sweep->example[sweep->different - 1] = *damages;
		break;
	default:
		sweep->same++;
		break;
	}
	move->fault.step = NULL;
	return 0;
}

static bool enough(const struct sweep *sweep)
{
	return sweep->variants >= sweep->move.job->count;
}

static int every(struct sweep *sweep, enum damage_kind kind)
{
	const struct job *job = sweep->move.job;
	struct damages damages = { .n = 1, .damage = { { .kind = kind } } };
	__u64 at, end;

	end = damage_positions(kind, sweep->move.stream.len, job->chunk);
	for (at = job->first; at < end && !enough(sweep); at += job->step) {
		damages.damage[0].at = kind == DAMAGE_ENDLESS ? ENDLESS : at;
		if (try(sweep, &damages))
			return -1;
	}
	return 0;
}

static __u64 draw(struct sweep *sweep, __u64 below)
{
	sweep->random = sweep->random * 6364136223846793005ULL +
			1442695040888963407ULL;
	return (sweep->random >> 33) % below;
}

/* Up to four at a time; a cut comes last, or there might be no such place. */
static void draw_damages(struct sweep *sweep, struct damages *damages)
{
	size_t len = sweep->move.stream.len, chunk = sweep->move.job->chunk;
	unsigned int i, kind;
	__u64 end;

	do {
		damages->n = 0;
		for (i = draw(sweep, 4) + 1; i; i--) {
			kind = draw(sweep, DAMAGE_DROP + 1);
			end = damage_positions(kind, len, chunk);
			if (!end)
				continue;
			damages->damage[damages->n].kind = kind;
			damages->damage[damages->n++].at = draw(sweep, end);
			if (kind == DAMAGE_CUT || kind == DAMAGE_DROP)
				break;
		}
	} while (!damages->n);
}

static int by_lot(struct sweep *sweep)
{
	struct damages damages;

	if (!sweep->move.stream.len)
		return 0;
	sweep->random = sweep->move.seed;
	while (!enough(sweep)) {
		draw_damages(sweep, &damages);
		if (try(sweep, &damages))
			return -1;
	}
	return 0;
}

static int run(struct sweep *sweep)
{
	struct move *move = &sweep->move;
	const struct job *job = move->job;
	unsigned int kind;
	bool kept;

	if (move->source) {
		if (move_save(move) || move_return(move, &kept))
			return -1;
	} else if (stream_load(&move->stream, job->load, job->limit,
			       &move->fault)) {
		return -1;
	}
	for (kind = 0; kind < DAMAGE_KINDS; kind++)
		if (job->sweep & 1U << kind && every(sweep, kind))
			return -1;
	return job->sweep & 1U << SWEEP_RANDOM ? by_lot(sweep) : 0;
}

/* The target must be as good as before. */
static bool alive(struct sweep *sweep)
{
	struct damages none = { 0 };
	struct move *move = &sweep->move;
	size_t written, differs;
	enum arrival arrival;
	struct plan plan;

	if (plan_make(&plan, &move->stream, move->job->chunk, &none,
		      &move->fault))
		return false;
	arrival = move_restore(move, &plan, &written, &differs);
	plan_free(&plan);
	return arrival == ARRIVED_SAME || arrival == ARRIVED_UNKNOWN;
}

static void print_damages(const struct damages *damages)
{
	unsigned int i;

	json_begin(NULL, '[');
	for (i = 0; i < damages->n; i++) {
		json_begin(NULL, '{');
		json_str("damage", damage_name(damages->damage[i].kind));
		json_num("at", damages->damage[i].at);
		json_end('}');
	}
	json_end(']');
}

static void print(const struct sweep *sweep)
{
	const struct refusal *refusal = sweep->refusal;
	__u64 refused = 0;
	unsigned int i;

	for (i = 0; i < sweep->refusals; i++)
		refused += refusal[i].count;
	json_num("stream", sweep->move.stream.len);
	json_num("variants", sweep->variants);
	json_num("refused", refused);
	json_num("same", sweep->same);
	json_num("different", sweep->different);
	json_begin("refusals", '[');
	for (i = 0; i < sweep->refusals; i++, refusal++) {
		json_begin(NULL, '{');
		json_str("step", refusal->step);
		json_errno("errno", refusal->err);
		json_num("count", refusal->count);
		json_end('}');
	}
	json_end(']');
	json_begin("different_examples", '[');
	for (i = 0; i < sweep->different && i < EXAMPLES_MAX; i++)
		print_damages(&sweep->example[i]);
	json_end(']');
	json_fault("error", &sweep->move.fault);
}

/**
 * job_sweep() - damage a stream in many ways
 * @job:	what to do
 *
 * Return: what to exit with; which refusals are right is for others to say.
 */
int job_sweep(const struct job *job)
{
	struct sweep sweep = { 0 };
	bool usable = false;
	int status = 0;

	if (move_begin(&sweep.move, job) || run(&sweep))
		status = strcmp(sweep.move.fault.step, "migration") ?
			 EXIT_FAILED : EXIT_UNABLE;
	else
		usable = alive(&sweep);
	if (!status && !usable)
		status = EXIT_FAILED;
	json_begin(NULL, '{');
	if (job->source)
		json_str("source", job->source);
	json_str("target", job->target);
	json_str("result", status == EXIT_UNABLE ? "unable" :
			   status ? "failed" : "swept");
	print(&sweep);
	json_bool("alive", usable);
	json_end('}');
	json_line();
	move_end(&sweep.move);
	return status;
}
