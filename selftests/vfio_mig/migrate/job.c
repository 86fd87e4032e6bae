// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

#define CHUNK		65536
#define CHUNK_MAX	(64U << 20)
#define LIMIT		(256U << 20)
#define ENDLESS		"16777216"

/* How the value of a word is read. */
enum kind {
	TEXT,
	NUMBER,
	RANGE,
	DAMAGE,
	VIA,
	SWEEP,
};

/* @fallback: the value of a word that stands alone; NULL: it must have one. */
static const struct word {
	const char *name;
	enum kind kind;
	unsigned int what;
	const char *fallback;
} words[] = {
	{ "source", TEXT, offsetof(struct job, source) },
	{ "target", TEXT, offsetof(struct job, target) },
	{ "arcs", TEXT, offsetof(struct job, arcs) },
	{ "load", TEXT, offsetof(struct job, load) },
	{ "save", TEXT, offsetof(struct job, save) },
	{ "skip", TEXT, offsetof(struct job, skip) },
	{ "via", VIA },
	{ "region", RANGE, 0 },
	{ "offset", RANGE, 1 },
	{ "length", RANGE, 2 },
	{ "seed", NUMBER, offsetof(struct job, seed) },
	{ "first", NUMBER, offsetof(struct job, first) },
	{ "step", NUMBER, offsetof(struct job, step) },
	{ "count", NUMBER, offsetof(struct job, count) },
	{ "chunk", NUMBER, offsetof(struct job, chunk) },
	{ "limit", NUMBER, offsetof(struct job, limit) },
	{ "pre-copy", NUMBER, offsetof(struct job, precopy), "1" },
	{ "cut", DAMAGE, DAMAGE_CUT },
	{ "flip", DAMAGE, DAMAGE_FLIP },
	{ "replay", DAMAGE, DAMAGE_REPLAY },
	{ "swap", DAMAGE, DAMAGE_SWAP },
	{ "drop", DAMAGE, DAMAGE_DROP },
	{ "endless", DAMAGE, DAMAGE_ENDLESS, ENDLESS },
	{ "sweep", SWEEP },
};

static const struct word *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].name, name))
			return &words[i];
	return NULL;
}

static int number(const char *text, __u64 *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return errno || *end || end == text || *text == '-' ? -1 : 0;
}

/* A region begins a range, which the others narrow. */
static int set_range(struct ranges *ranges, unsigned int what, __u64 value)
{
	struct range *range;

	if (!what) {
		if (ranges->n == RANGES_MAX || value > ~0U)
			return -1;
		range = &ranges->range[ranges->n++];
		range->region = value;
		range->offset = 0;
		range->length = RANGE_REST;
		return 0;
	}
	if (!ranges->n)
		return -1;
	range = &ranges->range[ranges->n - 1];
	if (what == 1)
		range->offset = value;
	else
		range->length = value;
	return 0;
}

static int set_damage(struct damages *damages, unsigned int what, __u64 value)
{
	if (damages->n == DAMAGES_MAX)
		return -1;
	damages->damage[damages->n].kind = what;
	damages->damage[damages->n++].at = value;
	return 0;
}

static int set_sweep(struct job *job, const char *value)
{
	unsigned int i;
	size_t len;

	for (; *value; value += len + !!value[len]) {
		len = strcspn(value, ",");
		if (len == 6 && !strncmp(value, "random", len)) {
			job->sweep |= 1U << SWEEP_RANDOM;
			continue;
		}
		for (i = 0; i < DAMAGE_KINDS; i++)
			if (strlen(damage_name(i)) == len &&
			    !strncmp(value, damage_name(i), len))
				break;
		if (i == DAMAGE_KINDS)
			return -1;
		job->sweep |= 1U << i;
	}
	return job->sweep ? 0 : -1;
}

static int set_via(struct job *job, const char *value)
{
	if (!strcmp(value, "group"))
		job->via = VIA_GROUP;
	else if (!strcmp(value, "cdev"))
		job->via = VIA_CDEV;
	else
		return -1;
	return 0;
}

static int set_number(struct job *job, unsigned int what, __u64 value)
{
	void *to = (char *)job + what;

	switch (what) {
	case offsetof(struct job, precopy):
		if (value > ~0U)
			return -1;
		*(unsigned int *)to = value;
		return 0;
	case offsetof(struct job, chunk):
		if (!value || value > CHUNK_MAX)
			return -1;
		break;
	case offsetof(struct job, step):
		if (!value)
			return -1;
		break;
	}
	*(__u64 *)to = value;
	return 0;
}

/**
 * job_init() - a job that nothing is said of yet
 * @job:	the job
 */
void job_init(struct job *job)
{
	memset(job, 0, sizeof(*job));
	job->chunk = CHUNK;
	job->limit = LIMIT;
	job->step = 1;
	job->count = ~0ULL;
	job->skip = "";
}

/**
 * job_takes() - must a word have a value?
 * @name:	the word
 */
bool job_takes(const char *name)
{
	const struct word *word = find(name);

	return word && !word->fallback;
}

/**
 * job_word() - one word of what a job is
 * @job:	the job
 * @name:	the word
 * @value:	its value, which must stay where it is; or NULL
 * @fault:	what is wrong with it
 *
 * Return: 0 or -1.
 */
int job_word(struct job *job, const char *name, const char *value,
	     struct fault *fault)
{
	const struct word *word = find(name);
	__u64 num = 0;
	int err;

	if (!word)
		return fault_set(fault, "usage", EINVAL, "no such word: %s",
				 name);
	if (!value)
		value = word->fallback;
	if (!value)
		return fault_set(fault, "usage", EINVAL, "%s= needs a value",
				 name);
	err = word->kind == NUMBER || word->kind == RANGE ||
	      word->kind == DAMAGE ? number(value, &num) : 0;
	if (err)
		return fault_set(fault, "usage", EINVAL,
				 "%s= takes a number, not '%s'", name, value);
	switch (word->kind) {
	case TEXT:
		*(const char **)((char *)job + word->what) = value;
		return 0;
	case NUMBER:
		err = set_number(job, word->what, num);
		break;
	case RANGE:
		err = set_range(&job->ranges, word->what, num);
		break;
	case DAMAGE:
		err = set_damage(&job->damages, word->what, num);
		break;
	case VIA:
		err = set_via(job, value);
		break;
	case SWEEP:
		err = set_sweep(job, value);
		break;
	}
	if (err)
		return fault_set(fault, "usage", EINVAL,
				 "%s=%s: out of range, unknown or out of place",
				 name, value);
	return 0;
}

/**
 * job_check() - do the words make sense together?
 * @job:	the job
 * @fault:	what is wrong with them
 *
 * Return: 0 or -1.
 */
int job_check(const struct job *job, struct fault *fault)
{
	const char *wrong = NULL;

	if (job->arcs)
		wrong = job->source || job->target || job->sweep ?
			"arcs= is of one device alone" : NULL;
	else if (!job->source == !job->load)
		wrong = "either source= or load= is needed";
	else if (!job->target && !job->save)
		wrong = "target= or save= is needed";
	else if (job->source && job->target &&
		 !strcmp(job->source, job->target))
		wrong = "source and target must be two devices";
	else if (job->sweep && (!job->target || job->damages.n))
		wrong = "sweep= needs a target, and brings its own damage";
	else if (job->sweep & 1U << SWEEP_RANDOM && job->count == ~0ULL)
		wrong = "sweep=random needs count=";
	return wrong ? fault_set(fault, "usage", EINVAL, "%s", wrong) : 0;
}

/**
 * job_run() - do it, and print what became of it
 * @job:	the job
 *
 * Return: what to exit with.
 */
int job_run(const struct job *job)
{
	if (job->arcs)
		return job_arcs(job);
	return job->sweep ? job_sweep(job) : job_migrate(job);
}
