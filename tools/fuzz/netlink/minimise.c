// SPDX-License-Identifier: GPL-2.0-only
/*
 * What led to something that is wrong, made as small as it can be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define TRIES_MAX	600

static unsigned int tries;

/* It is the same if the words before the colon are. */
static bool still_wrong(struct session *s, const struct input *input,
			const char *why)
{
	char now[WRONG_MAX];

	if (!input->n || tries >= TRIES_MAX)
		return false;
	tries++;
	if (session_play(s, input, now, sizeof(now)))
		return false;
	return !strncmp(now, why, strcspn(why, ":") + 1);
}

/* Without the requests in that range, if that does. */
static bool without(struct session *s, struct input *input, unsigned int from,
		    unsigned int n, const char *why)
{
	struct input less = {};
	unsigned int i;

	for (i = 0; i < input->n; i++)
		if (i < from || i >= from + n)
			input_add(&less, message_copy(input->at[i]));
	if (!still_wrong(s, &less, why)) {
		input_clear(&less);
		return false;
	}
	input_clear(input);
	*input = less;
	return true;
}

static void fewer_requests(struct session *s, struct input *input,
			   const char *why)
{
	unsigned int n, at;

	for (n = (input->n + 1) / 2; n; n = n > 1 ? (n + 1) / 2 : 0) {
		for (at = 0; at < input->n;)
			if (!without(s, input, at, n, why))
				at += n;
	}
}

/* One attribute less in a request, if that does. */
static bool without_node(struct session *s, struct input *input,
			 struct node *nest, unsigned int at, const char *why)
{
	struct node *node = node_take(nest, at);

	if (still_wrong(s, input, why)) {
		node_free(node);
		return true;
	}
	node_insert(nest, at, node);
	return false;
}

static void fewer_nodes(struct session *s, struct input *input,
			struct node *nest, const char *why)
{
	unsigned int at;

	for (at = 0; at < nest->n;) {
		if (without_node(s, input, nest, at, why))
			continue;
		if (nest->sub[at]->kind == NODE_NEST)
			fewer_nodes(s, input, nest->sub[at], why);
		at++;
	}
}

/**
 * minimise - make an input small that led to something wrong, and keep it
 * @s: the session
 * @input: the input
 * @why: what is wrong
 */
void minimise(struct session *s, struct input *input, const char *why)
{
	char told[WRONG_MAX + 40];
	unsigned int i;

	tries = 0;
	if (!still_wrong(s, input, why)) {
		snprintf(told, sizeof(told), "%s (but not when played again)",
			 why);
		session_keep(s, KEEP_WRONG, input, told);
		return;
	}
	fewer_requests(s, input, why);
	for (i = 0; i < input->n; i++)
		fewer_nodes(s, input, input->at[i]->top, why);
	session_keep(s, KEEP_WRONG, input, why);
}
