// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <linux/vfio_mig.h>

#include "message.h"

/**
 * fuzz_resize - give memory another size
 * @old: the memory, or NULL
 * @size: how much is needed
 *
 * Return: the memory; without any the program ends.
 */
void *fuzz_resize(void *old, size_t size)
{
	void *new = realloc(old, size ? size : 1);

	if (!new)
		abort();
	return new;
}

/**
 * fuzz_alloc - take memory
 * @size: how much
 *
 * Return: the memory, all zeroes; without any the program ends.
 */
void *fuzz_alloc(size_t size)
{
	return memset(fuzz_resize(NULL, size), 0, size);
}

/* ------------------------------------------------------------- attributes */

/**
 * node_new - make an attribute that holds nothing
 * @type: its number, with the flags
 * @kind: what it is to hold
 *
 * Return: the attribute.
 */
struct node *node_new(__u16 type, enum node_kind kind)
{
	struct node *node = fuzz_alloc(sizeof(*node));

	node->type = type;
	node->kind = kind;
	node->len = -1;
	return node;
}

/**
 * node_bytes - make an attribute of bytes
 * @type: its number, with the flags
 * @bytes: the bytes
 * @n: how many
 *
 * Return: the attribute.
 */
struct node *node_bytes(__u16 type, const void *bytes, unsigned int n)
{
	struct node *node = node_new(type, NODE_BYTES);

	if (n > BYTES_MAX)
		n = BYTES_MAX;
	node->n = n;
	node->bytes = fuzz_alloc(n);
	if (n)
		memcpy(node->bytes, bytes, n);
	return node;
}

/**
 * node_copy - copy an attribute and all in it
 * @node: the attribute
 *
 * Return: the copy.
 */
struct node *node_copy(const struct node *node)
{
	struct node *copy;
	unsigned int i;

	if (node->kind == NODE_BYTES)
		copy = node_bytes(node->type, node->bytes, node->n);
	else
		copy = node_new(node->type, node->kind);
	copy->len = node->len;
	if (node->kind == NODE_NEST)
		for (i = 0; i < node->n; i++)
			node_add(copy, node_copy(node->sub[i]));
	else
		copy->n = node->n;
	return copy;
}

/**
 * node_free - free an attribute and all in it
 * @node: the attribute, or NULL
 */
void node_free(struct node *node)
{
	unsigned int i;

	if (!node)
		return;
	if (node->kind == NODE_NEST) {
		for (i = 0; i < node->n; i++)
			node_free(node->sub[i]);
		free(node->sub);
	} else if (node->kind == NODE_BYTES) {
		free(node->bytes);
	}
	free(node);
}

/**
 * node_insert - put an attribute into a nest
 * @nest: the nest
 * @at: how many attributes stand before it
 * @node: the attribute
 *
 * Return: @node.
 */
struct node *node_insert(struct node *nest, unsigned int at, struct node *node)
{
	nest->sub = fuzz_resize(nest->sub, (nest->n + 1) * sizeof(*nest->sub));
	memmove(nest->sub + at + 1, nest->sub + at,
		(nest->n - at) * sizeof(*nest->sub));
	nest->sub[at] = node;
	nest->n++;
	return node;
}

/**
 * node_add - put an attribute at a nest's end
 * @nest: the nest
 * @node: the attribute
 *
 * Return: @node.
 */
struct node *node_add(struct node *nest, struct node *node)
{
	return node_insert(nest, nest->n, node);
}

/**
 * node_take - take an attribute out of a nest
 * @nest: the nest
 * @at: how many attributes stand before it
 *
 * Return: the attribute, which is the caller's.
 */
struct node *node_take(struct node *nest, unsigned int at)
{
	struct node *node = nest->sub[at];

	nest->n--;
	memmove(nest->sub + at, nest->sub + at + 1,
		(nest->n - at) * sizeof(*nest->sub));
	return node;
}

/**
 * node_count - count an attribute and all in it
 * @node: the attribute
 *
 * Return: how many they are.
 */
unsigned int node_count(const struct node *node)
{
	unsigned int i, n = 1;

	if (node->kind == NODE_NEST)
		for (i = 0; i < node->n; i++)
			n += node_count(node->sub[i]);
	return n;
}

/**
 * node_find - find an attribute by its place
 * @node: where to begin
 * @at: how many are counted before it; what is left of that if it is not here
 *
 * Return: where the attribute is held, or NULL.
 */
struct node **node_find(struct node **node, unsigned int *at)
{
	struct node **found;
	unsigned int i;

	if (!(*at)--)
		return node;
	if ((*node)->kind != NODE_NEST)
		return NULL;
	for (i = 0; i < (*node)->n; i++) {
		found = node_find(&(*node)->sub[i], at);
		if (found)
			return found;
	}
	return NULL;
}

/* --------------------------------------------------------------- requests */

/**
 * message_new - make a request without attributes
 * @cmd: the command
 * @flags: beside the one that it is a request
 *
 * Return: the request.
 */
struct message *message_new(__u8 cmd, __u16 flags)
{
	struct message *message = fuzz_alloc(sizeof(*message));

	message->type = TYPE_FAMILY;
	message->flags = NLM_F_REQUEST | flags;
	message->cmd = cmd;
	message->version = VFIO_MIG_FAMILY_VERSION;
	message->len = -1;
	message->top = node_new(0, NODE_NEST);
	return message;
}

/**
 * message_copy - copy a request
 * @message: the request
 *
 * Return: the copy.
 */
struct message *message_copy(const struct message *message)
{
	struct message *copy = fuzz_alloc(sizeof(*copy));

	*copy = *message;
	copy->top = node_copy(message->top);
	return copy;
}

/**
 * message_free - free a request
 * @message: the request
 */
void message_free(struct message *message)
{
	node_free(message->top);
	free(message);
}

/**
 * struct writer - where bytes are written to
 * @to: the beginning
 * @len: how many there are
 * @size: how many there is room for
 */
struct writer {
	__u8 *to;
	size_t len;
	size_t size;
};

static void put(struct writer *w, const void *bytes, size_t n)
{
	size_t padded = NLA_ALIGN(n);

	if (padded > w->size - w->len)
		return;
	memset(w->to + w->len, 0, padded);
	if (n)
		memcpy(w->to + w->len, bytes, n);
	w->len += padded;
}

static __u32 told_now(const struct node *node, const struct world *world)
{
	switch (node->kind) {
	case NODE_ID:
		return world->n_ids ? world->ids[node->n % world->n_ids] : 1;
	case NODE_FD:
		return world->fds[node->n % 2];
	default:
		return getpid();
	}
}

static void put_node(struct writer *w, const struct node *node,
		     const struct world *world)
{
	struct nlattr nla = { .nla_type = node->type };
	size_t begin = w->len, len;
	unsigned int i;
	__u32 number;

	if (w->size - w->len < NLA_HDRLEN)
		return;
	put(w, &nla, sizeof(nla));
	len = NLA_HDRLEN;
	switch (node->kind) {
	case NODE_BYTES:
		put(w, node->bytes, node->n);
		len += node->n;
		break;
	case NODE_NEST:
		for (i = 0; i < node->n; i++)
			put_node(w, node->sub[i], world);
		len = w->len - begin;
		break;
	default:
		number = told_now(node, world);
		put(w, &number, sizeof(number));
		len += sizeof(number);
	}
	nla.nla_len = node->len < 0 ? len : (size_t)node->len;
	memcpy(w->to + begin, &nla, sizeof(nla));
}

/**
 * message_write - write a request as it is sent
 * @message: the request
 * @world: for what is known only now
 * @seq: number of the request
 * @to: where to
 * @size: how much room there is
 *
 * What has no room is left out.
 *
 * Return: how many bytes it takes.
 */
size_t message_write(const struct message *message, const struct world *world,
		     __u32 seq, void *to, size_t size)
{
	struct genlmsghdr genl = {
		.cmd = message->cmd,
		.version = message->version,
		.reserved = message->reserved,
	};
	struct nlmsghdr nlh = {
		.nlmsg_type = message->type == TYPE_FAMILY ?
			world->family : message->type,
		.nlmsg_flags = message->flags,
		.nlmsg_seq = seq,
	};
	struct writer w = { .to = to, .size = size };
	unsigned int i;

	if (size < NLMSG_LENGTH(GENL_HDRLEN))
		return 0;
	put(&w, &nlh, sizeof(nlh));
	put(&w, &genl, sizeof(genl));
	for (i = 0; i < message->top->n; i++)
		put_node(&w, message->top->sub[i], world);
	nlh.nlmsg_len = message->len < 0 ? w.len : (size_t)message->len;
	memcpy(to, &nlh, sizeof(nlh));
	return w.len;
}

/* ----------------------------------------------------------------- inputs */

/**
 * input_add - put a request at an input's end
 * @input: the input
 * @message: the request
 */
void input_add(struct input *input, struct message *message)
{
	if (input->n == input->size) {
		input->size = input->size ? 2 * input->size : 8;
		input->at = fuzz_resize(input->at,
					input->size * sizeof(*input->at));
	}
	input->at[input->n++] = message;
}

/**
 * input_append - put copies of all requests at an input's end
 * @input: the input
 * @more: whose requests
 */
void input_append(struct input *input, const struct input *more)
{
	unsigned int i;

	for (i = 0; i < more->n; i++)
		input_add(input, message_copy(more->at[i]));
}

/**
 * input_remove - free a request
 * @input: the input
 * @at: how many requests stand before it
 */
void input_remove(struct input *input, unsigned int at)
{
	message_free(input->at[at]);
	input->n--;
	memmove(input->at + at, input->at + at + 1,
		(input->n - at) * sizeof(*input->at));
}

/**
 * input_clear - free all requests
 * @input: the input
 */
void input_clear(struct input *input)
{
	while (input->n)
		message_free(input->at[--input->n]);
	free(input->at);
	memset(input, 0, sizeof(*input));
}
