// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that the kernel may well take: of the right form, naming what there
 * is, with profiles that make sense.
 */
#include <stdio.h>
#include <string.h>
#include <linux/netlink.h>

#include "draw.h"

#define DEPTH_MAX	6

/**
 * roll - draw a number
 * @dice: where from
 * @below: it is less than this
 *
 * Return: the number.
 */
__u32 roll(struct dice *dice, __u32 below)
{
	__u64 z = dice->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (z ^ z >> 31) % below;
}

static bool chance(struct dice *dice, unsigned int percent)
{
	return roll(dice, 100) < percent;
}

static __u64 draw_number(struct dice *dice)
{
	static const __u64 edges[] = {
		0, 1, 2, 3, 7, 8, 63, 64, 255, 256, 0x7fffffff, 0x80000000,
		0xfffffffe, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
		0x8000000000000000, 0xfffffffffffffffe, 0xffffffffffffffff,
	};

	if (chance(dice, 60))
		return roll(dice, 8);
	if (chance(dice, 60))
		return edges[roll(dice, ARRAY_SIZE(edges))];
	return (__u64)roll(dice, 0xffffffff) << 32 | roll(dice, 0xffffffff);
}

/* Text of that length. */
static const char *draw_text(struct dice *dice, unsigned int len)
{
	static char text[BYTES_MAX];
	unsigned int i;

	if (len > sizeof(text) - 1)
		len = sizeof(text) - 1;
	for (i = 0; i < len; i++)
		text[i] = 'a' + roll(dice, 26);
	text[len] = '\0';
	return text;
}

static const char *draw_string(struct dice *dice, unsigned int max)
{
	static const char *const texts[] = {
		"", "a", "x y", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
		"\xff", "\xc0\x80", "\xed\xa0\x80", "a\tb", "\xc2\x85",
	};

	if (chance(dice, 15))
		return texts[roll(dice, ARRAY_SIZE(texts))];
	if (max && chance(dice, 10))
		return draw_text(dice, max + roll(dice, 3) - 1);
	return draw_text(dice, 1 + roll(dice, 12));
}

/* Few, so that they meet. */
static const char *draw_name(struct dice *dice)
{
	static const char *const names[] = {
		"a", "b", "c", "n0", "version", "units", "features", "memory",
		"sim.index", "sim.clock", "driver", "driver.build", "declared",
		"device_api", "migratable", "migration", "mdev.type",
		"pci.revision", "pci.subsystem-device", "0", "a.b-c_d",
	};
	static const char *const bad[] = {
		"", "A", ".a", "-", "a b", "a/b", "\xc3\xa9",
	};
	static char name[16];

	if (chance(dice, 2))
		return bad[roll(dice, ARRAY_SIZE(bad))];
	if (chance(dice, 3))
		return draw_text(dice, VFIO_MIG_NAME_MAX - 1 + roll(dice, 3));
	if (chance(dice, 30) && dice->handles->n_names)
		return dice->handles->names[roll(dice,
						 dice->handles->n_names)];
	if (chance(dice, 60))
		return names[roll(dice, ARRAY_SIZE(names))];
	snprintf(name, sizeof(name), "n%u", roll(dice, 80));
	return name;
}

static struct node *put(struct node *nest, __u16 type, const void *bytes,
			unsigned int n)
{
	return node_add(nest, node_bytes(type, bytes, n));
}

static struct node *put_u32(struct node *nest, __u16 type, __u32 number)
{
	return put(nest, type, &number, sizeof(number));
}

static struct node *put_string(struct node *nest, __u16 type, const char *text)
{
	return put(nest, type, text, strlen(text) + 1);
}

static struct node *put_nest(struct node *nest, __u16 type)
{
	return node_add(nest, node_new(type | NLA_F_NESTED, NODE_NEST));
}

/* --------------------------------------------------------------- profiles */

static void put_bits(struct dice *dice, struct node *nest)
{
	__u8 bits[33];
	unsigned int i, n;

	n = chance(dice, 70) ? roll(dice, 4) : roll(dice, 33);
	for (i = 0; i < n; i++)
		bits[i] = roll(dice, 256);
	if (n && !chance(dice, 5))
		bits[n - 1] |= 1;
	put(nest, VFIO_MIG_A_ATTR_BITS, bits, n);
}

/* A value of that type, which is the number of the member that holds it. */
static void put_value(struct dice *dice, struct node *nest, __u16 type)
{
	struct node *version;
	__u64 number;
	__u8 byte;

	switch (type) {
	case VFIO_MIG_A_ATTR_BOOL:
		byte = roll(dice, chance(dice, 5) ? 256 : 2);
		put(nest, type, &byte, sizeof(byte));
		break;
	case VFIO_MIG_A_ATTR_U64:
		number = draw_number(dice);
		put(nest, type, &number, sizeof(number));
		break;
	case VFIO_MIG_A_ATTR_STRING:
		put_string(nest, type, draw_string(dice, VFIO_MIG_STRING_MAX));
		break;
	case VFIO_MIG_A_ATTR_VERSION:
		version = put_nest(nest, type);
		put_u32(version, VFIO_MIG_A_VERSION_MAJOR, draw_number(dice));
		put_u32(version, VFIO_MIG_A_VERSION_MINOR, draw_number(dice));
		put_u32(version, VFIO_MIG_A_VERSION_PATCH, draw_number(dice));
		break;
	default:
		put_bits(dice, nest);
	}
}

static void put_range(struct dice *dice, struct node *nest, __u16 list,
		      __u16 type)
{
	struct node *range = put_nest(nest, list);

	if (chance(dice, 50)) {
		put_value(dice, put_nest(range, VFIO_MIG_A_RANGE_VALUE), type);
		return;
	}
	if (chance(dice, 80))
		put_value(dice, put_nest(range, VFIO_MIG_A_RANGE_MIN), type);
	if (chance(dice, 80))
		put_value(dice, put_nest(range, VFIO_MIG_A_RANGE_MAX), type);
}

static void put_list(struct dice *dice, struct node *nest, __u16 list,
		     __u16 type)
{
	unsigned int n = 1 + roll(dice, 4);

	if (chance(dice, 3))
		n = VFIO_MIG_LIST_MAX - 1 + roll(dice, 3);
	while (n--)
		put_range(dice, nest, list, type);
}

static void put_labels(struct dice *dice, struct node *nest)
{
	unsigned int bit = 0, n = roll(dice, 4);
	struct node *label;

	while (n--) {
		bit += roll(dice, 6);
		label = put_nest(nest, VFIO_MIG_A_ATTR_LABEL);
		put_u32(label, VFIO_MIG_A_LABEL_BIT, bit++);
		put_string(label, VFIO_MIG_A_LABEL_NAME, draw_name(dice));
	}
}

/* A rule that fits, most of the time. */
static __u32 draw_rule(struct dice *dice, __u16 type)
{
	static const __u8 fit[][4] = {
		[VFIO_MIG_A_ATTR_BOOL] = { 1, 2, 3, 1 },
		[VFIO_MIG_A_ATTR_U64] = { 1, 4, 7, 7 },
		[VFIO_MIG_A_ATTR_STRING] = { 1, 4, 4, 2 },
		[VFIO_MIG_A_ATTR_VERSION] = { 5, 4, 7, 1 },
		[VFIO_MIG_A_ATTR_BITS] = { 6, 6, 1, 2 },
	};

	if (type > VFIO_MIG_A_ATTR_BITS || chance(dice, 8))
		return 1 + roll(dice, 8);
	return fit[type][roll(dice, 4)];
}

/**
 * draw_attr - draw an attribute of a profile that makes sense
 * @dice: where from
 * @type: number of the nest
 *
 * Return: the attribute.
 */
struct node *draw_attr(struct dice *dice, __u16 type)
{
	struct node *attr = node_new(type | NLA_F_NESTED, NODE_NEST);
	__u16 value = VFIO_MIG_A_ATTR_BOOL + roll(dice, 5);
	__u32 rule = draw_rule(dice, value);

	put_string(attr, VFIO_MIG_A_ATTR_NAME, draw_name(dice));
	if (!chance(dice, 4))
		put_value(dice, attr, value);
	if (rule != VFIO_MIG_RULE_EQUAL || chance(dice, 50))
		put_u32(attr, VFIO_MIG_A_ATTR_RULE, rule);
	if (chance(dice, 40))
		put_u32(attr, VFIO_MIG_A_ATTR_SEVERITY, 1 + roll(dice, 3));
	if (chance(dice, 40))
		put_u32(attr, VFIO_MIG_A_ATTR_MISSING, 1 + roll(dice, 3));
	if (chance(dice, 30))
		put_u32(attr, VFIO_MIG_A_ATTR_ORIGIN,
			chance(dice, 70) ? VFIO_MIG_ORIGIN_ADMIN :
			1 + roll(dice, 3));
	if (value == VFIO_MIG_A_ATTR_BITS && chance(dice, 50))
		put_labels(dice, attr);
	if (rule == VFIO_MIG_RULE_ONE_OF)
		put_list(dice, attr, VFIO_MIG_A_ATTR_ACCEPT, value);
	if ((rule == VFIO_MIG_RULE_EQUAL || rule == VFIO_MIG_RULE_AT_LEAST) &&
	    chance(dice, 30))
		put_list(dice, attr, VFIO_MIG_A_ATTR_SETTABLE, value);
	return attr;
}

/* ------------------------------------------------------------ from tables */

static bool is(const struct field *field, const char *name)
{
	return !strcmp(field->name, name);
}

/* The parts of a handle are those of one that is there. */
static void put_handle(struct dice *dice, const struct set *set,
		       struct node *nest)
{
	unsigned int which, i;
	bool by_id = chance(dice, 40), by_name = !by_id || chance(dice, 10);
	const struct handles *handles = dice->handles;

	if (!handles->n)
		return;
	which = roll(dice, handles->n);
	for (i = 0; i < set->n; i++) {
		const struct field *field = &set->fields[i];

		if (by_id && is(field, "id"))
			node_add(nest, node_new(field->type, NODE_ID))->n =
				which;
		if (by_name && is(field, "bus"))
			put_string(nest, field->type, handles->at[which].bus);
		if (by_name && is(field, "name"))
			put_string(nest, field->type, handles->at[which].name);
		if (by_name && is(field, "parent") &&
		    handles->at[which].parent[0])
			put_string(nest, field->type,
				   handles->at[which].parent);
	}
}

static void put_fields(struct dice *dice, const struct set *set,
		       struct node *nest, unsigned int depth)
{
	unsigned int i, n;

	for (i = 0; i < set->n; i++) {
		n = chance(dice, 60);
		if (n && set->fields[i].multi && chance(dice, 60))
			n = 1 + roll(dice, chance(dice, 5) ? 70 : 6);
		while (n--)
			node_add(nest, draw_field(dice, &set->fields[i],
						  depth + 1));
	}
}

static __u64 draw_enum(struct dice *dice, const struct field *field)
{
	if (!field->most)
		return draw_number(dice);
	if (chance(dice, 5))
		return field->most + roll(dice, 3);
	return field->least + roll(dice, field->most - field->least + 1);
}

/* Whose policy has an effect, or none. */
static const char *draw_driver(struct dice *dice)
{
	static const char *const drivers[] = {
		"vfio_mig_sim", "vfio-pci", "mtty", "none",
	};

	if (chance(dice, 10))
		return draw_string(dice, 255);
	return drivers[roll(dice, ARRAY_SIZE(drivers))];
}

static const char *draw_plain_text(struct dice *dice, const struct field *field)
{
	if (is(field, "name"))
		return draw_name(dice);
	if (is(field, "driver"))
		return draw_driver(dice);
	return draw_string(dice, field->max);
}

static struct node *draw_plain(struct dice *dice, const struct field *field)
{
	const char *text;
	__u64 number;

	switch (field->form) {
	case FORM_U8:
	case FORM_U32:
	case FORM_U64:
		number = draw_enum(dice, field);
		return node_bytes(field->type, &number, field->len);
	case FORM_STRING:
		text = draw_plain_text(dice, field);
		return node_bytes(field->type, text, strlen(text) + 1);
	case FORM_BINARY:
		return node_bytes(field->type, draw_text(dice, 64),
				  roll(dice, 64));
	default:
		return node_bytes(field->type, NULL, 0);
	}
}

/**
 * draw_field - draw an attribute
 * @dice: where from
 * @field: what it is
 * @depth: in how many nests it stands
 *
 * Return: the attribute.
 */
struct node *draw_field(struct dice *dice, const struct field *field,
			unsigned int depth)
{
	struct node *node;

	if (is(field, "attr") && chance(dice, 85))
		return draw_attr(dice, field->type);
	if (is(field, "netns-fd") && chance(dice, 70)) {
		node = node_new(field->type, NODE_FD);
		node->n = roll(dice, 2);
		return node;
	}
	if (is(field, "netns-pid") && chance(dice, 70))
		return node_new(field->type, NODE_PID);
	if (field->nested && depth < DEPTH_MAX) {
		node = node_new(field->type, NODE_NEST);
		if (field->form == FORM_NEST)
			node->type |= NLA_F_NESTED;
		if (is(field, "target") || is(field, "source"))
			put_handle(dice, field->nested, node);
		if (!node->n)
			put_fields(dice, field->nested, node, depth);
		return node;
	}
	return draw_plain(dice, field);
}

static bool has(const struct set *set, const char *name)
{
	unsigned int i;

	for (i = 0; i < set->n; i++)
		if (is(&set->fields[i], name))
			return true;
	return false;
}

/*
 * Of these a request has one: a source is here or not, a namespace is named
 * once, and something is said of a device, of a driver's, or of all.
 */
static const char *const choices[][5] = {
	{ "source", "profile" },
	{ "netns-fd", "netns-pid", "netns-nsid" },
	{ "target", "target", "target", "driver", "all" },
};

static bool left_out(struct dice *dice, const struct set *set,
		     const struct field *field, unsigned int choice)
{
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(choices); i++) {
		for (n = 0; n < 5 && choices[i][n]; n++)
			if (!has(set, choices[i][n]))
				break;
		if (n < 5 && choices[i][n])
			continue; /* there is no choice */
		if (is(field, choices[i][choice % n]))
			return false;
		while (n--)
			if (is(field, choices[i][n]))
				return true;
	}
	return chance(dice, is(field, "target") ? 2 : 25);
}

static struct message *draw_message(struct dice *dice)
{
	const struct op *op = &ops[roll(dice, n_ops)];
	unsigned int choice = roll(dice, 60), i, n;
	struct message *m;

	m = message_new(op->cmd, op->dump ? NLM_F_DUMP : 0);
	if (!chance(dice, 10))
		m->flags |= NLM_F_ACK;
	if (op->dump && chance(dice, 30))
		m->room = 1 << (12 + roll(dice, 5));
	if (!strcmp(op->name, "dev-get") || !strcmp(op->name, "type-get")) {
		put_handle(dice, &op->request, m->top);
		return m;
	}
	for (i = 0; i < op->request.n; i++) {
		const struct field *field = &op->request.fields[i];

		if (!chance(dice, 3) && left_out(dice, &op->request, field,
						 choice))
			continue;
		n = 1;
		if (field->multi)
			n += roll(dice, chance(dice, 5) ? 66 : 4);
		while (n--)
			node_add(m->top, draw_field(dice, field, 1));
	}
	return m;
}

/**
 * draw_input - draw requests
 * @dice: where from
 * @input: where to put them
 */
void draw_input(struct dice *dice, struct input *input)
{
	unsigned int n = 1 + (chance(dice, 30) ? roll(dice, 4) : 0);

	while (n--) {
		struct message *m = draw_message(dice);

		m->with = input->n && chance(dice, 20);
		input_add(input, m);
	}
}
