// SPDX-License-Identifier: GPL-2.0-only
/*
 * A player that looks for what goes wrong. It plays in rounds. What is in a
 * round is drawn before it begins, and written down, so that it is known even
 * if the machine does not survive it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../selftests/vfio_mig/env.h"

#include "session.h"

#define ROUND		64
#define POOL_MAX	4096
#define WRONG_AT_MOST	4

/* What led further. */
static struct pool pool;

static void add_to_pool(struct session *s, const struct input *input)
{
	struct input *to;

	if (pool.n < POOL_MAX) {
		if (!pool.at)
			pool.at = fuzz_alloc(POOL_MAX * sizeof(*pool.at));
		to = &pool.at[pool.n++];
	} else {
		to = &pool.at[roll(&s->dice, pool.n)];
		input_clear(to);
	}
	input_append(to, input);
	s->shared->kept++;
}

/* As new, as one that was kept, or a change of either. */
static void next_input(struct session *s, struct input *input)
{
	memset(input, 0, sizeof(*input));
	if (pool.n && roll(&s->dice, 100) < 65)
		input_append(input, &pool.at[roll(&s->dice, pool.n)]);
	else
		draw_input(&s->dice, input);
	if (roll(&s->dice, 100) < 80)
		mutate(&s->dice, input, &pool);
}

/* Returns how many were played before something was wrong, or all. */
static unsigned int play_round(struct session *s, const struct input *round,
			       char *why, size_t size)
{
	unsigned int i, played = 0;
	char at[16];

	for (i = 0; i < ROUND; i++) {
		bool right;

		/* how many requests were played before, if this is the last */
		snprintf(at, sizeof(at), "%6u\n", played);
		if (pwrite(s->options->at, at, strlen(at), 0) < 0)
			perror("at");
		played += round[i].n;
		cover_begin();
		right = play(&s->player, &round[i]);
		if (cover_end() || (!s->guided && !roll(&s->dice, 50)))
			add_to_pool(s, &round[i]);
		if (!right) {
			snprintf(why, size, "%s", s->player.wrong);
			return i;
		}
	}
	if (kmsg_complaint(why, size))
		return ROUND - 1;
	return ROUND;
}

/* What was made anew is not made again if nothing has changed it. */
static bool dirty = true;

static int fuzz_round(struct session *s)
{
	struct input round[ROUND], whole = {};
	char why[WRONG_MAX];
	unsigned int i, n;

	if (dirty && session_reset(s)) {
		fprintf(stderr, "the devices cannot be made anew\n");
		return -1;
	}
	for (i = 0; i < ROUND; i++) {
		next_input(s, &round[i]);
		input_append(&whole, &round[i]);
	}
	session_keep(s, KEEP_ROUND, &whole, NULL);
	n = play_round(s, round, why, sizeof(why));
	dirty = n < ROUND || s->player.changed;
	if (n < ROUND) {
		input_clear(&whole);
		for (i = 0; i <= n; i++)
			input_append(&whole, &round[i]);
		minimise(s, &whole, why);
	}
	for (i = 0; i < ROUND; i++)
		input_clear(&round[i]);
	input_clear(&whole);
	return 0;
}

/**
 * session_fuzz - look for what goes wrong
 * @s: the session
 *
 * Return: 0, or 1 if it cannot.
 */
int session_fuzz(struct session *s)
{
	__u64 end = now_ms() + 1000 * s->options->seconds;
	unsigned long last = s->shared->tally.inputs + s->options->inputs;
	unsigned int i;

	if (s->guided)
		cover_enable();
	while (s->shared->wrong < WRONG_AT_MOST) {
		if (fuzz_round(s))
			return 1;
		if (s->options->inputs ? s->shared->tally.inputs >= last :
		    now_ms() >= end)
			break;
	}
	for (i = 0; s->options->corpus && i < pool.n; i++)
		session_keep(s, KEEP_CORPUS, &pool.at[i], NULL);
	return 0;
}
