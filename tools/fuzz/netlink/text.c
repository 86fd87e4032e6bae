// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests in files, one after another:
 *
 *	as root
 *	check flags 0x5 version 1
 *	 0x8001 {
 *	  0x0002 "sim"
 *	  0x0001 id 3
 *	 }
 *	 0x0002 len 9 = 00ff
 *
 * A command is its name or number, an attribute its number with the flags, and
 * text has a NUL behind it. Before them may stand who is to ask. What follows a
 * # is for people.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netlink.h>

#include "grammar.h"
#include "message.h"

#define LINE_MAX_LEN	(3 * BYTES_MAX)

/* Words for what is in a node, by its kind. */
static const char *const kinds[] = {
	[NODE_ID] = "id",
	[NODE_FD] = "fd",
	[NODE_PID] = "pid",
};

/* ---------------------------------------------------------------- writing */

static const struct field *field_of(const struct set *set, __u16 type)
{
	size_t i;

	for (i = 0; set && i < set->n; i++)
		if (set->fields[i].type == (type & NLA_TYPE_MASK))
			return &set->fields[i];
	return NULL;
}

static bool is_text(const struct node *node)
{
	unsigned int i;

	if (!node->n || node->bytes[node->n - 1])
		return false;
	for (i = 0; i < node->n - 1; i++)
		if (!isprint(node->bytes[i]) || node->bytes[i] == '"')
			return false;
	return true;
}

static void print_node(const struct node *node, const struct set *set,
		       int depth, FILE *out)
{
	const struct field *field = field_of(set, node->type);
	unsigned int i;

	fprintf(out, "%*s0x%04x", depth, "", node->type);
	if (node->len >= 0)
		fprintf(out, " len %d", node->len);
	if (node->kind == NODE_NEST) {
		fprintf(out, " {");
	} else if (node->kind != NODE_BYTES) {
		fprintf(out, " %s %u", kinds[node->kind], node->n);
	} else if (is_text(node)) {
		fprintf(out, " \"%s\"", (const char *)node->bytes);
	} else if (node->n) {
		fprintf(out, " = ");
		for (i = 0; i < node->n; i++)
			fprintf(out, "%02x", node->bytes[i]);
	}
	fprintf(out, field ? " # %s\n" : "\n", field ? field->name : "");
	if (node->kind != NODE_NEST)
		return;
	for (i = 0; i < node->n; i++)
		print_node(node->sub[i], field ? field->nested : NULL,
			   depth + 1, out);
	fprintf(out, "%*s}\n", depth, "");
}

static void print_message(const struct message *m, FILE *out)
{
	bool dump = (m->flags & NLM_F_DUMP) == NLM_F_DUMP;
	const struct op *op = NULL;
	unsigned int i;

	for (i = 0; i < n_ops; i++)
		if (ops[i].cmd == m->cmd && (!op || ops[i].dump == dump))
			op = &ops[i];
	if (op)
		fprintf(out, "%s", op->name);
	else
		fprintf(out, "%u", m->cmd);
	fprintf(out, " flags 0x%x version %u", m->flags, m->version);
	if (m->type != TYPE_FAMILY)
		fprintf(out, " type 0x%x", m->type);
	if (m->reserved)
		fprintf(out, " reserved 0x%x", m->reserved);
	if (m->len >= 0)
		fprintf(out, " len %d", m->len);
	if (m->room)
		fprintf(out, " room %u", m->room);
	if (m->with)
		fprintf(out, " with");
	if (m->abandon)
		fprintf(out, " abandon");
	fprintf(out, "\n");
	for (i = 0; i < m->top->n; i++)
		print_node(m->top->sub[i], op ? &op->request : NULL, 1, out);
}

/**
 * input_print - write requests as text
 * @input: the requests
 * @out: where to
 */
void input_print(const struct input *input, FILE *out)
{
	unsigned int i;

	if (input->as[0])
		fprintf(out, "as %s\n", input->as);
	for (i = 0; i < input->n; i++)
		print_message(input->at[i], out);
}

/* ---------------------------------------------------------------- reading */

/**
 * struct lines - a file being read
 * @name: what it is called
 * @number: of the line
 * @depth: how many nests are open
 * @nests: they, and before them the request
 * @message: the request, or NULL
 */
struct lines {
	const char *name;
	unsigned int number;
	unsigned int depth;
	struct node *nests[NODES_MAX];
	struct message *message;
};

static int wrong(const struct lines *l, const char *what, const char *where)
{
	fprintf(stderr, "%s:%u: %s: %s\n", l->name, l->number, what, where);
	return -EINVAL;
}

/* A number behind a word. */
static int number(struct lines *l, char **rest, long *value)
{
	char *word = strtok_r(NULL, " \t\n", rest), *end;

	if (!word)
		return wrong(l, "a number is missing", "at the line's end");
	*value = strtol(word, &end, 0);
	return *end ? wrong(l, "this is no number", word) : 0;
}

static int read_hex(struct lines *l, struct node *node, const char *hex)
{
	size_t i, n = hex ? strlen(hex) / 2 : 0;
	__u8 *bytes = fuzz_alloc(n);
	unsigned int byte;

	for (i = 0; i < n; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1) {
			free(bytes);
			return wrong(l, "these are no bytes", hex);
		}
		bytes[i] = byte;
	}
	free(node->bytes);
	node->bytes = bytes;
	node->n = n;
	return 0;
}

static int read_text(struct lines *l, struct node *node, char *text, char *end)
{
	char *quote = memchr(text, '"', end - text);

	if (!quote)
		return wrong(l, "there is no second \"", text);
	free(node->bytes);
	node->n = quote - text + 1;
	node->bytes = fuzz_alloc(node->n);
	memcpy(node->bytes, text, node->n - 1);
	return 0;
}

static int read_kind(struct lines *l, struct node *node, const char *word,
		     char **rest)
{
	unsigned int kind;
	long value;

	for (kind = NODE_ID; kind < ARRAY_SIZE(kinds); kind++) {
		if (strcmp(word, kinds[kind]))
			continue;
		if (number(l, rest, &value))
			return -EINVAL;
		free(node->bytes);
		node->bytes = NULL;
		node->kind = kind;
		node->n = value;
		return 0;
	}
	return wrong(l, "nothing is called this", word);
}

static int read_node(struct lines *l, char *line)
{
	char *end = line + strlen(line), *rest, *word;
	struct node *node;
	long value;
	int err = 0;

	word = strtok_r(line, " \t\n", &rest);
	node = node_add(l->nests[l->depth],
			node_bytes(strtol(word, NULL, 0), NULL, 0));
	while (!err && (word = strtok_r(NULL, " \t\n", &rest))) {
		if (*word == '#')
			break;
		if (!strcmp(word, "len")) {
			err = number(l, &rest, &value);
			node->len = value;
		} else if (!strcmp(word, "=")) {
			err = read_hex(l, node, strtok_r(NULL, " \t\n", &rest));
		} else if (*word == '"') {
			/* blanks may be in it */
			if (rest > word && !rest[-1])
				rest[-1] = ' ';
			return read_text(l, node, word + 1, end);
		} else if (!strcmp(word, "{")) {
			if (++l->depth == ARRAY_SIZE(l->nests))
				return wrong(l, "this is too deep", word);
			free(node->bytes);
			node->sub = NULL;
			node->n = 0;
			node->kind = NODE_NEST;
			l->nests[l->depth] = node;
		} else {
			err = read_kind(l, node, word, &rest);
		}
	}
	return err;
}

static int read_cmd(struct lines *l, const char *word)
{
	unsigned int i;
	char *end;
	long cmd;

	for (i = 0; i < n_ops; i++)
		if (!strcmp(ops[i].name, word))
			return ops[i].cmd;
	cmd = strtol(word, &end, 0);
	return *end || cmd < 0 || cmd > 255 ?
		wrong(l, "no command is called this", word) : cmd;
}

static int read_message(struct lines *l, struct input *input, char *line)
{
	struct message *m;
	char *rest, *word;
	long value = 0;
	int cmd;

	cmd = read_cmd(l, strtok_r(line, " \t\n", &rest));
	if (cmd < 0)
		return cmd;
	m = message_new(cmd, 0);
	input_add(input, m);
	l->message = m;
	l->depth = 0;
	l->nests[0] = m->top;
	while ((word = strtok_r(NULL, " \t\n", &rest))) {
		if (*word == '#')
			break;
		if (!strcmp(word, "with")) {
			m->with = true;
			continue;
		}
		if (!strcmp(word, "abandon")) {
			m->abandon = true;
			continue;
		}
		if (number(l, &rest, &value))
			return -EINVAL;
		if (!strcmp(word, "flags"))
			m->flags = value;
		else if (!strcmp(word, "version"))
			m->version = value;
		else if (!strcmp(word, "type"))
			m->type = value;
		else if (!strcmp(word, "reserved"))
			m->reserved = value;
		else if (!strcmp(word, "len"))
			m->len = value;
		else if (!strcmp(word, "room"))
			m->room = value;
		else
			return wrong(l, "nothing is called this", word);
	}
	return 0;
}

static int read_line(struct lines *l, struct input *input, char *line)
{
	char *word = line + strspn(line, " \t\n");

	if (!*word || *word == '#' || sscanf(line, "as %7s", input->as) == 1)
		return 0;
	if (word == line)
		return l->depth ? wrong(l, "a nest is not closed", line) :
			read_message(l, input, line);
	if (!l->message)
		return wrong(l, "there is no request yet", line);
	if (*word != '}')
		return read_node(l, word);
	if (!l->depth)
		return wrong(l, "no nest is open", word);
	l->depth--;
	return 0;
}

/**
 * input_read - read requests from text
 * @input: where to put them
 * @in: what to read
 * @name: what it is called
 *
 * Return: 0 or a negative error, of which was told.
 */
int input_read(struct input *input, FILE *in, const char *name)
{
	static struct lines l;
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	memset(&l, 0, sizeof(l));
	l.name = name;
	while (!err && getline(&line, &size, in) > 0) {
		l.number++;
		err = read_line(&l, input, line);
	}
	free(line);
	if (!err && l.depth)
		err = wrong(&l, "a nest is not closed", "at the end");
	return err;
}
