// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests made wrong, each in a few places.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/netlink.h>

#include "draw.h"

#define NEST_MAX	64

static struct message *some_message(struct dice *dice, const struct input *in)
{
	return in->at[roll(dice, in->n)];
}

/* Some attribute of a request, or NULL if it has none. */
static struct node **some_node(struct dice *dice, struct message *m)
{
	unsigned int n = node_count(m->top) - 1, at;

	if (!n)
		return NULL;
	at = 1 + roll(dice, n);
	return node_find(&m->top, &at);
}

/* Some nest of a request, the outermost one included. */
static struct node *some_nest(struct dice *dice, struct message *m)
{
	unsigned int tries = 8;
	struct node **node;

	while (tries--) {
		node = some_node(dice, m);
		if (node && (*node)->kind == NODE_NEST)
			return *node;
	}
	return m->top;
}

/* The nest that holds some attribute, and where in it; NULL if none does. */
static struct node *some_place(struct dice *dice, struct message *m,
			       unsigned int *at)
{
	struct node *nest = some_nest(dice, m);

	if (!nest->n)
		nest = m->top;
	if (!nest->n)
		return NULL;
	*at = roll(dice, nest->n);
	return nest;
}

/* ------------------------------------------------------------- attributes */

static void change_type(struct dice *dice, struct message *m)
{
	struct node **node = some_node(dice, m);

	if (!node)
		return;
	switch (roll(dice, 5)) {
	case 0:
		(*node)->type ^= NLA_F_NESTED;
		break;
	case 1:
		(*node)->type ^= NLA_F_NET_BYTEORDER;
		break;
	case 2:
		(*node)->type = roll(dice, 65536);
		break;
	default:
		(*node)->type = ((*node)->type & NLA_F_NESTED) | roll(dice, 18);
	}
}

static void change_len(struct dice *dice, struct message *m)
{
	static const int lens[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 20, 255, 4096,
		32767, 32768, 65532, 65535,
	};
	struct node **node = some_node(dice, m);

	if (node)
		(*node)->len = lens[roll(dice, ARRAY_SIZE(lens))];
}

static void change_bytes(struct dice *dice, struct message *m)
{
	static const __u8 edges[] = { 0, 1, 0x7f, 0x80, 0xc3, 0xfe, 0xff };
	struct node **found = some_node(dice, m), *node;
	unsigned int n, i;

	if (!found)
		return;
	node = *found;
	if (node->kind != NODE_BYTES) {
		if (node->kind != NODE_NEST)
			node->n = roll(dice, 256);
		return;
	}
	switch (roll(dice, 4)) {
	case 0:
		n = roll(dice, 40);
		break;
	case 1:
		n = node->n + roll(dice, 3) - 1;
		break;
	case 2:
		n = roll(dice, 20) ? node->n : roll(dice, 7000);
		break;
	default:
		n = node->n;
	}
	if (n > BYTES_MAX)
		n = 0;
	node->bytes = fuzz_resize(node->bytes, n);
	if (n > node->n)
		memset(node->bytes + node->n, 'a' + roll(dice, 26),
		       n - node->n);
	node->n = n;
	if (!n)
		return;
	i = roll(dice, n);
	if (roll(dice, 2))
		node->bytes[i] = edges[roll(dice, ARRAY_SIZE(edges))];
	else
		node->bytes[i] ^= 1 << roll(dice, 8);
}

static void repeat(struct dice *dice, struct message *m)
{
	unsigned int at, n, size;
	struct node *nest = some_place(dice, m, &at);

	if (!nest)
		return;
	n = 1 + (roll(dice, 8) ? 0 : roll(dice, 80));
	size = node_count(nest->sub[at]);
	while (n-- && size * (n + 1) < 500)
		node_insert(nest, at, node_copy(nest->sub[at]));
}

static void leave_out(struct dice *dice, struct message *m)
{
	unsigned int at;
	struct node *nest = some_place(dice, m, &at);

	if (nest)
		node_free(node_take(nest, at));
}

static void swap(struct dice *dice, struct message *m)
{
	unsigned int at, to;
	struct node *nest = some_place(dice, m, &at), *node;

	if (!nest)
		return;
	to = roll(dice, nest->n);
	node = nest->sub[at];
	nest->sub[at] = nest->sub[to];
	nest->sub[to] = node;
}

/* What belongs elsewhere. */
static void misplace(struct dice *dice, struct message *m)
{
	struct node **node = some_node(dice, m);
	struct node *nest;

	if (!node || node_count(*node) > 200)
		return;
	nest = some_nest(dice, m);
	node_insert(nest, roll(dice, nest->n + 1), node_copy(*node));
}

static void wrap(struct dice *dice, struct message *m)
{
	unsigned int n = 1 + roll(dice, roll(dice, 4) ? 3 : NEST_MAX);
	struct node **place = some_node(dice, m);

	if (!place)
		return;
	while (n--) {
		struct node *nest = node_new((*place)->type | NLA_F_NESTED,
					     NODE_NEST);

		node_add(nest, *place);
		*place = nest;
	}
}

/* A nest becomes the bytes that its first attribute holds, or nothing. */
static void flatten(struct dice *dice, struct message *m)
{
	struct node **place = some_node(dice, m), *flat;

	if (!place || (*place)->kind != NODE_NEST)
		return;
	flat = node_bytes((*place)->type, "\0\0\0\0", roll(dice, 5));
	node_free(*place);
	*place = flat;
}

/* One more, of the kind that stands there. */
static void grow(struct dice *dice, struct message *m)
{
	struct node *nest = some_nest(dice, m);
	const struct op *op = NULL;
	unsigned int i;

	for (i = 0; i < n_ops; i++)
		if (ops[i].cmd == m->cmd && ops[i].request.n)
			op = &ops[i];
	if (op && (nest == m->top || roll(dice, 2)))
		node_add(m->top, draw_field(dice, &op->request.fields
					    [roll(dice, op->request.n)], 1));
	else
		node_add(nest, draw_attr(dice, roll(dice, 16)));
}

/* Part of another request. */
static void splice(struct dice *dice, struct message *m,
		   const struct pool *pool)
{
	struct node **from, **to = some_node(dice, m), *new;
	const struct input *other;

	if (!pool->n)
		return;
	other = &pool->at[roll(dice, pool->n)];
	if (!other->n)
		return;
	from = some_node(dice, some_message(dice, other));
	if (!from)
		return;
	new = node_copy(*from);
	if (to && roll(dice, 2)) {
		new->type = (*to)->type;
		node_free(*to);
		*to = new;
	} else {
		node_add(some_nest(dice, m), new);
	}
}

/* --------------------------------------------------------------- requests */

static void change_header(struct dice *dice, struct message *m)
{
	switch (roll(dice, 12)) {
	case 0:
		m->flags ^= 1 << roll(dice, 16);
		break;
	case 1:
		m->flags ^= NLM_F_DUMP;
		break;
	case 2:
		m->flags ^= NLM_F_ACK;
		break;
	case 3:
		m->cmd = roll(dice, 24);
		break;
	case 4:
		m->cmd = ops[roll(dice, n_ops)].cmd;
		break;
	case 5:
		m->version = roll(dice, 4);
		break;
	case 6:
		m->reserved = roll(dice, 3);
		break;
	case 7:
		m->len = roll(dice, 64);
		break;
	case 8:
		m->type = roll(dice, 2) ? TYPE_FAMILY : roll(dice, 20);
		/* the controller answers as it likes, and is not ours */
		if (m->type >= NLMSG_MIN_TYPE)
			m->type = 0x7fff;
		break;
	case 9:
		m->abandon = !m->abandon;
		break;
	default:
		m->room = roll(dice, 2) ? 0 : 1 << (9 + roll(dice, 8));
	}
}

static void change_input(struct dice *dice, struct input *input)
{
	unsigned int at = roll(dice, input->n);

	switch (roll(dice, 3)) {
	case 0:
		if (input->n > 1)
			input_remove(input, at);
		break;
	case 1:
		if (input->n < MESSAGES_MAX)
			input_add(input, message_copy(input->at[at]));
		break;
	default:
		input->at[at]->with = !input->at[at]->with;
	}
}

static void mutate_once(struct dice *dice, struct input *input,
			const struct pool *pool)
{
	static void (*const ways[])(struct dice *dice, struct message *m) = {
		change_type, change_len, change_bytes, change_bytes,
		change_bytes, repeat, leave_out, swap, misplace, wrap, flatten,
		grow, grow, change_header,
	};
	struct message *m = some_message(dice, input);
	unsigned int way = roll(dice, ARRAY_SIZE(ways) + 3);

	if (way < ARRAY_SIZE(ways))
		ways[way](dice, m);
	else if (way == ARRAY_SIZE(ways))
		change_input(dice, input);
	else
		splice(dice, m, pool);
}

/**
 * mutate - change some of an input
 * @dice: where from
 * @input: the input
 * @pool: from which parts may be taken
 */
void mutate(struct dice *dice, struct input *input, const struct pool *pool)
{
	unsigned int i, n = 1 + roll(dice, roll(dice, 3) ? 3 : 8);

	while (n--)
		mutate_once(dice, input, pool);
	for (i = input->n; i-- > 0;)
		if (node_count(input->at[i]->top) > NODES_MAX &&
		    input->n > 1)
			input_remove(input, i);
}
