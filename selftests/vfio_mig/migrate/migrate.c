// SPDX-License-Identifier: GPL-2.0-only
/*
 * One migration.
 */
#include <string.h>

#include "json.h"
#include "move.h"

/* What came of a migration, for people and for the shell. */
struct outcome {
	const char *result;
	int status;
};

static const struct outcome outcomes[] = {
	[ARRIVED_SAME] = { "same", EXIT_SAME },
	[ARRIVED_DIFFERENT] = { "different", EXIT_DIFFERENT },
	[ARRIVED_UNKNOWN] = { "arrived", EXIT_SAME },
};

static const struct outcome refused = { "refused", EXIT_REFUSED };
static const struct outcome unable = { "unable", EXIT_UNABLE };
static const struct outcome failed = { "failed", EXIT_FAILED };
static const struct outcome saved = { "saved", EXIT_SAME };

/* What it was that went wrong. */
static const struct outcome *wrong(const struct move *move)
{
	if (move_refused(move))
		return &refused;
	return strcmp(move->fault.step, "migration") ? &failed : &unable;
}

static int get_stream(struct move *move)
{
	const struct job *job = move->job;

	if (move->source ? move_save(move) :
	    stream_load(&move->stream, job->load, job->limit, &move->fault))
		return -1;
	return job->save ? stream_save(&move->stream, job->save, &move->fault) :
			   0;
}

static const struct outcome *put_stream(struct move *move, size_t *written,
					size_t *differs)
{
	const struct job *job = move->job;
	enum arrival arrival;
	struct plan plan;

	if (plan_make(&plan, &move->stream, job->chunk, &job->damages,
		      &move->fault))
		return &failed;
	arrival = move_restore(move, &plan, written, differs);
	plan_free(&plan);
	return arrival == ARRIVED_NOT ? wrong(move) : &outcomes[arrival];
}

static void print(const struct move *move, const struct outcome *outcome,
		  size_t written, size_t differs)
{
	const struct job *job = move->job;

	json_str("result", outcome->result);
	json_num("stream", move->stream.len);
	json_num("reads", move->stream.reads);
	if (job->precopy) {
		json_num("pre_copy", move->precopied);
		json_bool("pre_copy_enomsg", move->nomsg);
	}
	if (job->target) {
		json_num("written", written);
		json_num("memory", move->to.size);
	}
	if (outcome == &outcomes[ARRIVED_DIFFERENT])
		json_num("first_difference", differs);
	json_fault("error", &move->fault);
}

/**
 * job_migrate() - migrate, or do half of it with a file
 * @job:	what to do
 *
 * Return: what to exit with.
 */
int job_migrate(const struct job *job)
{
	const struct outcome *outcome = NULL;
	size_t written = 0, differs = 0;
	bool kept = true, back = false;
	struct move move;
	int status;

	if (move_begin(&move, job) || get_stream(&move))
		outcome = wrong(&move);
	else if (job->target)
		outcome = put_stream(&move, &written, &differs);
	else
		outcome = &saved;
	if (move.saving >= 0 && outcome != &failed) {
		back = true;
		if (move_return(&move, &kept))
			outcome = &failed;
	}
	json_begin(NULL, '{');
	if (job->source)
		json_str("source", job->source);
	if (job->target)
		json_str("target", job->target);
	print(&move, outcome, written, differs);
	if (back)
		json_bool("source_kept", kept);
	json_end('}');
	json_line();
	status = outcome->status;
	move_end(&move);
	return !status && !kept ? EXIT_DIFFERENT : status;
}
