// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From attributes, as they are or as a profile document has them, to those on
 * the wire.
 *
 * What is looked at here is what a document can have wrong and the wire
 * cannot: kinds of JSON, spellings of values, names. The rest is the engine's.
 *
 * What is not known here stands on the wire as the number 0: a value type or a
 * key as a member of that number, a rule, severity, origin or scope as that
 * number.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/match.h"
#include "internal.h"
#include "encode.h"

/* ------------------------------------------------------------- on the wire */

static void *take_room(struct wire *wire, size_t len)
{
	uint8_t *at;

	if (!wire->failed && wire->len + len > wire->room) {
		size_t room = 2 * (wire->len + len);

		at = realloc(wire->data, room);
		if (at) {
			wire->data = at;
			wire->room = room;
		} else {
			wire->failed = true;
		}
	}
	if (wire->failed)
		return NULL;
	at = wire->data + wire->len;
	wire->len += len;
	return at;
}

void wire_append(struct wire *wire, const void *data, size_t len)
{
	void *at = take_room(wire, len);

	if (at && len)
		memcpy(at, data, len);
}

void wire_put(struct wire *wire, uint16_t type, const void *data, size_t len)
{
	static const char zeroes[NLA_ALIGNTO];
	const struct nlattr head = {
		.nla_len = NLA_HDRLEN + len,
		.nla_type = type,
	};

	wire_append(wire, &head, NLA_HDRLEN);
	wire_append(wire, data, len);
	wire_append(wire, zeroes, NLA_ALIGN(len) - len);
}

void wire_put_u32(struct wire *wire, uint16_t type, uint32_t number)
{
	wire_put(wire, type, &number, sizeof(number));
}

void wire_put_u64(struct wire *wire, uint16_t type, uint64_t number)
{
	wire_put(wire, type, &number, sizeof(number));
}

void wire_put_string(struct wire *wire, uint16_t type, const char *string)
{
	wire_put(wire, type, string, strlen(string) + 1);
}

/* Returns where the nest begins. */
static size_t begin(struct wire *wire, uint16_t type)
{
	size_t at = wire->len;

	wire_put(wire, type | NLA_F_NESTED, NULL, 0);
	return at;
}

/*
 * What is too large for the length of an attribute is larger than a profile
 * may be by far: cut short, it is refused all the same.
 */
static void end(struct wire *wire, size_t at)
{
	size_t len = wire->len - at;
	uint16_t nla_len;

	if (wire->failed)
		return;
	if (len > UINT16_MAX - 3) {
		len = UINT16_MAX - 3;
		wire->len = at + len;
	}
	nla_len = len;
	memcpy(wire->data + at, &nla_len, sizeof(nla_len));
}

static void put_value(struct wire *wire, const struct vfiomig_value *value)
{
	size_t len = sizeof(value->bits), at;
	uint8_t boolean;

	switch (value->type) {
	case VFIOMIG_VALUE_BOOL:
		boolean = value->boolean;
		wire_put(wire, VFIO_MIG_A_ATTR_BOOL, &boolean, 1);
		break;
	case VFIOMIG_VALUE_U64:
		wire_put_u64(wire, VFIO_MIG_A_ATTR_U64, value->u64);
		break;
	case VFIOMIG_VALUE_STRING:
		wire_put_string(wire, VFIO_MIG_A_ATTR_STRING, value->string);
		break;
	case VFIOMIG_VALUE_VERSION:
		at = begin(wire, VFIO_MIG_A_ATTR_VERSION);
		wire_put_u32(wire, VFIO_MIG_A_VERSION_MAJOR,
			     value->version.major);
		wire_put_u32(wire, VFIO_MIG_A_VERSION_MINOR,
			     value->version.minor);
		wire_put_u32(wire, VFIO_MIG_A_VERSION_PATCH,
			     value->version.patch);
		end(wire, at);
		break;
	case VFIOMIG_VALUE_BITS:
		while (len && !value->bits[len - 1])
			len--;
		wire_put(wire, VFIO_MIG_A_ATTR_BITS, value->bits, len);
		break;
	default:
		/* only members that are known are written */
		break;
	}
}

static void put_labels(struct wire *wire, const struct vfiomig_label *labels,
		       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = begin(wire, VFIO_MIG_A_ATTR_LABEL);

		wire_put_u32(wire, VFIO_MIG_A_LABEL_BIT, labels[i].bit);
		wire_put_string(wire, VFIO_MIG_A_LABEL_NAME, labels[i].name);
		end(wire, at);
	}
}

static void put_end(struct wire *wire, uint16_t type,
		    const struct vfiomig_value *value)
{
	size_t at = begin(wire, type);

	put_value(wire, value);
	end(wire, at);
}

/* What is not known of an attribute is left out. */
static void put_number(struct wire *wire, uint16_t type, uint32_t number)
{
	if (number)
		wire_put_u32(wire, type, number);
}

static void put_ranges(struct wire *wire, uint16_t type,
		       const struct vfiomig_range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct vfiomig_range *r = &ranges[i];
		size_t at = begin(wire, type);

		if (r->value.type)
			put_end(wire, VFIO_MIG_A_RANGE_VALUE, &r->value);
		if (r->min.type)
			put_end(wire, VFIO_MIG_A_RANGE_MIN, &r->min);
		if (r->max.type)
			put_end(wire, VFIO_MIG_A_RANGE_MAX, &r->max);
		end(wire, at);
	}
}

/*
 * Appends an attribute as its users see it, without the scope: it is of what a
 * request is about.
 */
void wire_put_attr(struct wire *wire, const struct vfiomig_attr *attr)
{
	size_t at = begin(wire, VFIO_MIG_A_OBJECT_ATTR);

	wire_put_string(wire, VFIO_MIG_A_ATTR_NAME, attr->name);
	put_value(wire, &attr->value);
	put_number(wire, VFIO_MIG_A_ATTR_RULE, attr->rule);
	put_number(wire, VFIO_MIG_A_ATTR_SEVERITY, attr->severity);
	put_number(wire, VFIO_MIG_A_ATTR_MISSING, attr->missing);
	put_number(wire, VFIO_MIG_A_ATTR_ORIGIN, attr->origin);
	put_labels(wire, attr->labels, attr->n_labels);
	put_ranges(wire, VFIO_MIG_A_ATTR_ACCEPT, attr->accept, attr->n_accept);
	put_ranges(wire, VFIO_MIG_A_ATTR_SETTABLE, attr->settable,
		   attr->n_settable);
	end(wire, at);
}

/* ----------------------------------------------------------- in a document */

/**
 * struct encoder - an attribute on its way
 * @wire: where it goes to
 * @tree: where it comes from
 * @error: what is wrong with it
 * @policy: it is of a policy: it may be a rule alone, and nothing in it may be
 *   unknown
 * @type: type of its value
 * @more: it has members that have no name here
 * @name: its members, by the names of their keys; NULL if it has none such
 * @type_node: likewise
 * @value: likewise
 * @rule: likewise
 * @severity: likewise
 * @missing: likewise
 * @origin: likewise
 * @scope: likewise
 * @accept: likewise
 * @settable: likewise
 * @names: likewise
 * @n_labels: how many @labels there are
 * @labels: what @names says
 */
struct encoder {
	struct wire *wire;
	const struct scan_tree *tree;
	struct encode_error *error;
	bool policy;
	enum vfiomig_value_type type;
	bool more;
	const struct scan_node *name;
	const struct scan_node *type_node;
	const struct scan_node *value;
	const struct scan_node *rule;
	const struct scan_node *severity;
	const struct scan_node *missing;
	const struct scan_node *origin;
	const struct scan_node *scope;
	const struct scan_node *accept;
	const struct scan_node *settable;
	const struct scan_node *names;
	size_t n_labels;
	struct vfiomig_label labels[VFIOMIG_BITS];
};

/* Returns false, so that a failure can be told and returned in one line. */
static bool wrong(struct encoder *e, const struct scan_node *node,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vasprintf(&e->error->message, format, args) < 0)
		e->error->message = NULL;
	va_end(args);
	e->error->line = node->line;
	return false;
}

static const char *key_of(const struct encoder *e, const struct scan_node *node)
{
	return e->tree->texts + node->key;
}

static const char *text_of(const struct encoder *e,
			   const struct scan_node *node)
{
	return e->tree->texts + node->text;
}

/* The first that an object or array holds. */
static const struct scan_node *first_in(const struct encoder *e,
					const struct scan_node *node)
{
	return node + 1 < e->tree->nodes + node->next ? node + 1 : NULL;
}

static const struct scan_node *next_in(const struct encoder *e,
				       const struct scan_node *in,
				       const struct scan_node *node)
{
	return node->next < in->next ? &e->tree->nodes[node->next] : NULL;
}

/* A key that has no meaning here. In a policy it would have no effect. */
static bool pass_over(struct encoder *e, const struct scan_node *node)
{
	const char *key = key_of(e, node);

	if (!strncmp(key, "x-", 2))
		return true;
	if (e->policy)
		return wrong(e, node,
			     "there is no key \"%s\" (that of a comment begins with x-)",
			     key);
	e->more = true;
	return true;
}

/* A string that can stand on the wire: there a NUL ends it. */
static bool check_string(struct encoder *e, const struct scan_node *node)
{
	if (node->token != SCAN_STRING)
		return wrong(e, node, "not a string");
	if (strlen(text_of(e, node)) != node->len)
		return wrong(e, node, "a NUL in a string");
	return true;
}

/* ------------------------------------------------------------------ values */

static bool read_bool(struct encoder *e, const struct scan_node *node,
		      struct vfiomig_value *value)
{
	if (node->token != SCAN_TRUE && node->token != SCAN_FALSE)
		return wrong(e, node, "neither true nor false");
	value->boolean = node->token == SCAN_TRUE;
	return true;
}

static bool read_u64(struct encoder *e, const struct scan_node *node,
		     struct vfiomig_value *value)
{
	const char *text = text_of(e, node);
	bool ok = false;

	if (node->token == SCAN_NUMBER)
		ok = scan_whole(text, &value->u64);
	else if (node->token == SCAN_STRING)
		ok = vmig_read_u64(text, &value->u64) &&
		     strlen(text_of(e, node)) == node->len;
	if (!ok)
		return wrong(e, node, "%s", vmig_no_u64);
	return true;
}

static bool read_string(struct encoder *e, const struct scan_node *node,
			struct vfiomig_value *value)
{
	if (!check_string(e, node))
		return false;
	value->string = text_of(e, node);
	return true;
}

static bool read_version(struct encoder *e, const struct scan_node *node,
			 struct vfiomig_value *value)
{
	if (!check_string(e, node))
		return false;
	if (!vmig_read_version(text_of(e, node), value))
		return wrong(e, node, "%s", vmig_no_version);
	return true;
}

static bool read_bit_number(struct encoder *e, const struct scan_node *node,
			    uint64_t *bit)
{
	if (node->token != SCAN_NUMBER ||
	    !scan_whole(text_of(e, node), bit) || *bit >= VFIOMIG_BITS)
		return wrong(e, node, "not a bit from 0 to 255");
	return true;
}

/* A bit by its label or number. */
static bool read_bit(struct encoder *e, const struct scan_node *node,
		     uint64_t *bit)
{
	if (node->token == SCAN_NUMBER)
		return read_bit_number(e, node, bit);
	if (node->token != SCAN_STRING)
		return wrong(e, node, "neither a label nor a number");

	for (size_t i = 0; i < e->n_labels; i++) {
		*bit = e->labels[i].bit;
		if (strlen(e->labels[i].name) == node->len &&
		    !memcmp(e->labels[i].name, text_of(e, node), node->len))
			return true;
	}
	return wrong(e, node, "no bit has the label \"%s\"", text_of(e, node));
}

static bool read_bits(struct encoder *e, const struct scan_node *node,
		      struct vfiomig_value *value)
{
	const struct scan_node *pos;
	uint64_t bit;

	if (node->token != SCAN_ARRAY)
		return wrong(e, node, "not an array of bits");
	memset(value->bits, 0, sizeof(value->bits));
	e->error->index = 0;
	for (pos = first_in(e, node); pos; pos = next_in(e, node, pos)) {
		if (!read_bit(e, pos, &bit))
			return false;
		if (value->bits[bit / 8] & 1u << bit % 8)
			return wrong(e, pos, "a bit comes twice");
		value->bits[bit / 8] |= 1u << bit % 8;
		e->error->index++;
	}
	e->error->index = -1;
	return true;
}

static bool read_value(struct encoder *e, const struct scan_node *node,
		       struct vfiomig_value *value)
{
	value->type = e->type;
	switch (e->type) {
	case VFIOMIG_VALUE_BOOL:
		return read_bool(e, node, value);
	case VFIOMIG_VALUE_U64:
		return read_u64(e, node, value);
	case VFIOMIG_VALUE_STRING:
		return read_string(e, node, value);
	case VFIOMIG_VALUE_VERSION:
		return read_version(e, node, value);
	case VFIOMIG_VALUE_BITS:
		return read_bits(e, node, value);
	default:
		return true;
	}
}

/* ------------------------------------------------------------- the members */

static const struct scan_node **member(struct encoder *e, const char *key)
{
	const struct {
		const char *key;
		const struct scan_node **node;
	} members[] = {
		{ "name", &e->name }, { "type", &e->type_node },
		{ "value", &e->value }, { "rule", &e->rule },
		{ "severity", &e->severity }, { "missing", &e->missing },
		{ "origin", &e->origin }, { "scope", &e->scope },
		{ "accept", &e->accept }, { "settable", &e->settable },
		{ "names", &e->names },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!strcmp(key, members[i].key))
			return members[i].node;

	return NULL;
}

static bool find_members(struct encoder *e)
{
	const struct scan_node *root = e->tree->nodes, *pos;
	const struct scan_node **node;

	if (root->token != SCAN_OBJECT)
		return wrong(e, root, "not an object");
	for (pos = first_in(e, root); pos; pos = next_in(e, root, pos)) {
		const char *key = key_of(e, pos);

		node = member(e, key);
		if (!node) {
			if (!pass_over(e, pos))
				return false;
			continue;
		}
		if (*node)
			return wrong(e, pos, "\"%s\" comes twice", key);
		*node = pos;
	}
	if (e->policy && e->name && !e->value && e->rule)
		return true;
	if (!e->name || !e->type_node || !e->value)
		return wrong(e, root, "\"%s\" is missing",
			     !e->name ? "name" :
			     !e->type_node ? "type" : "value");
	return true;
}

/*
 * The number of a rule, severity, origin or scope, @number being that of its
 * name: 0 for a name that is not known here, and for a number, as which it is
 * written where it has no name.
 */
static bool put_enum(struct encoder *e, const char *key,
		     const struct scan_node *node, uint16_t type,
		     uint32_t (*number)(const char *name), uint32_t otherwise)
{
	uint32_t n = otherwise;

	e->error->key = key;
	if (node && node->token == SCAN_STRING)
		n = strlen(text_of(e, node)) == node->len ?
		    number(text_of(e, node)) : 0;
	else if (node && node->token == SCAN_NUMBER)
		n = 0;
	else if (node)
		return wrong(e, node, "not a string");

	wire_put_u32(e->wire, type, n);
	e->error->key = NULL;
	return true;
}

static bool put_enums(struct encoder *e)
{
	const struct scan_node *missing = e->missing;

	if (!missing)
		missing = e->severity;

	return put_enum(e, "rule", e->rule, VFIO_MIG_A_ATTR_RULE, vmig_rule,
			VFIO_MIG_RULE_EQUAL) &&
	       put_enum(e, "severity", e->severity, VFIO_MIG_A_ATTR_SEVERITY,
			vmig_severity, VFIO_MIG_SEVERITY_FAIL) &&
	       put_enum(e, "missing", missing, VFIO_MIG_A_ATTR_MISSING,
			vmig_severity, VFIO_MIG_SEVERITY_FAIL) &&
	       put_enum(e, "origin", e->origin, VFIO_MIG_A_ATTR_ORIGIN,
			vmig_origin, VFIO_MIG_ORIGIN_ADMIN) &&
	       (!e->scope ||
		put_enum(e, "scope", e->scope, VFIO_MIG_A_ATTR_SCOPE,
			 vmig_scope, 0));
}

/* {"bit": 22, "name": "mq"} */
static bool read_label(struct encoder *e, const struct scan_node *node,
		       struct vfiomig_label *label)
{
	const struct scan_node *pos, *bit = NULL, *name = NULL, **to;
	uint64_t number;

	if (node->token != SCAN_OBJECT)
		return wrong(e, node, "not an object");
	for (pos = first_in(e, node); pos; pos = next_in(e, node, pos)) {
		const char *key = key_of(e, pos);

		to = !strcmp(key, "bit") ? &bit :
		     !strcmp(key, "name") ? &name : NULL;
		if (!to) {
			if (!pass_over(e, pos))
				return false;
			continue;
		}
		if (*to)
			return wrong(e, pos, "\"%s\" comes twice", key);
		*to = pos;
	}
	if (!bit || !name)
		return wrong(e, node, "\"%s\" is missing",
			     bit ? "name" : "bit");
	e->error->end = "bit";
	if (!read_bit_number(e, bit, &number))
		return false;
	e->error->end = "name";
	if (!check_string(e, name))
		return false;
	e->error->end = NULL;

	label->bit = number;
	label->name = text_of(e, name);
	return true;
}

/* Keeps the labels in order of the bits, in which they go to the wire. */
static bool add_label(struct encoder *e, const struct scan_node *node)
{
	struct vfiomig_label label;
	size_t at = e->n_labels;

	if (!read_label(e, node, &label))
		return false;
	while (at && e->labels[at - 1].bit > label.bit)
		at--;
	if (at && e->labels[at - 1].bit == label.bit)
		return wrong(e, node, "another label of bit %u", label.bit);

	/* no bit comes twice, so that there is room for all */
	memmove(&e->labels[at + 1], &e->labels[at],
		(e->n_labels++ - at) * sizeof(label));
	e->labels[at] = label;
	return true;
}

static bool read_labels(struct encoder *e)
{
	const struct scan_node *pos;

	if (!e->names)
		return true;
	e->error->key = "names";
	if (e->names->token != SCAN_ARRAY)
		return wrong(e, e->names, "not an array");

	e->error->index = 0;
	for (pos = first_in(e, e->names); pos;
	     pos = next_in(e, e->names, pos)) {
		if (!add_label(e, pos))
			return false;
		e->error->index++;
	}
	e->error->index = -1;
	e->error->key = NULL;
	return true;
}

static bool put_read_end(struct encoder *e, const struct scan_node *node,
			 uint16_t type)
{
	struct vfiomig_value value;

	if (!read_value(e, node, &value))
		return false;
	put_end(e->wire, type, &value);
	return true;
}

/* {"min": ..., "max": ...} */
static bool put_ends(struct encoder *e, const struct scan_node *node)
{
	const struct scan_node *pos;
	unsigned int seen = 0;

	for (pos = first_in(e, node); pos; pos = next_in(e, node, pos)) {
		const char *key = key_of(e, pos);
		bool min = !strcmp(key, "min");

		if (!min && strcmp(key, "max")) {
			if (!pass_over(e, pos))
				return false;
			continue;
		}
		if (seen & 1u << min)
			return wrong(e, pos, "\"%s\" comes twice", key);
		seen |= 1u << min;
		e->error->end = min ? "min" : "max";
		if (!put_read_end(e, pos, min ? VFIO_MIG_A_RANGE_MIN :
						VFIO_MIG_A_RANGE_MAX))
			return false;
		e->error->end = NULL;
	}
	return true;
}

static bool put_range(struct encoder *e, const struct scan_node *node,
		      uint16_t type)
{
	size_t at = begin(e->wire, type);
	bool ok = true;

	/* values of a type that is not known cannot be told to anybody */
	if (!e->type)
		wire_put(e->wire, 0, NULL, 0);
	else if (node->token == SCAN_OBJECT)
		ok = put_ends(e, node);
	else
		ok = put_read_end(e, node, VFIO_MIG_A_RANGE_VALUE);
	end(e->wire, at);
	return ok;
}

static bool put_list(struct encoder *e, const char *key,
		     const struct scan_node *list, uint16_t type)
{
	const struct scan_node *pos;

	if (!list)
		return true;
	e->error->key = key;
	if (list->token != SCAN_ARRAY)
		return wrong(e, list, "not an array");
	if (!first_in(e, list))
		return wrong(e, list, "an empty list");
	/* the index of the error is that of one array, not of two */
	if (e->type == VFIOMIG_VALUE_BITS)
		return wrong(e, list,
			     "only u64, string and version have lists");

	e->error->index = 0;
	for (pos = first_in(e, list); pos; pos = next_in(e, list, pos)) {
		if (!put_range(e, pos, type))
			return false;
		e->error->index++;
	}
	e->error->index = -1;
	e->error->key = NULL;
	return true;
}

static bool put_own_value(struct encoder *e)
{
	struct vfiomig_value value;

	e->error->key = "value";
	if (!read_value(e, e->value, &value))
		return false;
	e->error->key = NULL;
	put_value(e->wire, &value);
	return true;
}

static bool put_name(struct encoder *e)
{
	e->error->key = "name";
	if (!check_string(e, e->name))
		return false;
	wire_put_string(e->wire, VFIO_MIG_A_ATTR_NAME, text_of(e, e->name));

	e->error->key = NULL;
	return true;
}

static bool read_type(struct encoder *e)
{
	e->error->key = "type";
	if (!check_string(e, e->type_node))
		return false;
	e->type = vmig_value_type(text_of(e, e->type_node));
	if (e->policy && !e->type)
		return wrong(e, e->type_node,
			     "not bool, u64, string, version or bits");
	e->error->key = NULL;
	return true;
}

/*
 * Of what type are the values that a rule without a value accepts? Strings
 * have no ranges.
 */
/* An end of a range; what else stands there is said where it is put. */
static const struct scan_node *an_end(const struct encoder *e,
				      const struct scan_node *range)
{
	const struct scan_node *pos;

	for (pos = first_in(e, range); pos; pos = next_in(e, range, pos))
		if (!strcmp(key_of(e, pos), "min") ||
		    !strcmp(key_of(e, pos), "max"))
			break;
	return pos;
}

static enum vfiomig_value_type type_of_list(const struct encoder *e)
{
	enum vfiomig_value_type type = VFIOMIG_VALUE_STRING;
	const struct scan_node *pos, *end;

	for (pos = first_in(e, e->accept); pos;
	     pos = next_in(e, e->accept, pos)) {
		bool range = pos->token == SCAN_OBJECT;

		end = range ? an_end(e, pos) : pos;
		if (end && end->token == SCAN_NUMBER)
			return VFIOMIG_VALUE_U64;
		if (end && range)
			type = VFIOMIG_VALUE_VERSION;
	}
	return type;
}

/* Of a policy: the values that the rule is for are not known. */
static bool put_rule(struct encoder *e)
{
	const struct {
		const char *key;
		const struct scan_node *node;
	} others[] = {
		{ "severity", e->severity }, { "missing", e->missing },
		{ "origin", e->origin }, { "settable", e->settable },
		{ "names", e->names },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		e->error->key = others[i].key;
		if (others[i].node)
			return wrong(e, others[i].node,
				     "without a value, only a rule can be given");
	}
	e->error->key = NULL;
	if (e->type_node) {
		if (!read_type(e))
			return false;
	} else if (e->accept && e->accept->token == SCAN_ARRAY) {
		e->type = type_of_list(e);
	}
	return put_enum(e, "rule", e->rule, VFIO_MIG_A_ATTR_RULE, vmig_rule,
			0) &&
	       put_list(e, "accept", e->accept, VFIO_MIG_A_ATTR_ACCEPT);
}

static bool put_whole(struct encoder *e)
{
	if (!read_type(e) || !read_labels(e) || !put_own_value(e) ||
	    !put_enums(e))
		return false;
	put_labels(e->wire, e->labels, e->n_labels);
	if (!put_list(e, "accept", e->accept, VFIO_MIG_A_ATTR_ACCEPT) ||
	    !put_list(e, "settable", e->settable, VFIO_MIG_A_ATTR_SETTABLE))
		return false;
	if (e->more || !e->type)
		wire_put(e->wire, 0, NULL, 0);
	return true;
}

/*
 * Appends the attribute that @tree holds, in the words that the kernel uses,
 * so that what is the same looks the same. Lack of memory shows in @wire.
 */
bool encode_attr(struct wire *wire, const struct scan_tree *tree, bool policy,
		 struct encode_error *error)
{
	struct encoder e = {
		.wire = wire,
		.tree = tree,
		.error = error,
		.policy = policy,
	};
	size_t at = begin(wire, VFIO_MIG_A_OBJECT_ATTR);

	*error = (struct encode_error){ .index = -1 };
	if (!find_members(&e) || !put_name(&e) ||
	    !(e.value ? put_whole(&e) : put_rule(&e)))
		return false;
	end(wire, at);
	return true;
}

/* ---------------------------------------------------------- rules, without */

/* Whether the attribute that begins at @attr has no value. */
bool encode_is_rule(const void *attr)
{
	const struct nlattr *nest = attr, *pos;
	int rem;

	nla_for_each_nested(pos, nest, rem)
		if (nla_type(pos) >= VFIO_MIG_A_ATTR_BOOL &&
		    nla_type(pos) <= VFIO_MIG_A_ATTR_BITS)
			return false;
	return true;
}

/* The library's types of values are those of the wire. */
_Static_assert(VFIOMIG_VALUE_BOOL == (int)VFIO_MIG_A_ATTR_BOOL &&
	       VFIOMIG_VALUE_U64 == (int)VFIO_MIG_A_ATTR_U64 &&
	       VFIOMIG_VALUE_STRING == (int)VFIO_MIG_A_ATTR_STRING &&
	       VFIOMIG_VALUE_VERSION == (int)VFIO_MIG_A_ATTR_VERSION &&
	       VFIOMIG_VALUE_BITS == (int)VFIO_MIG_A_ATTR_BITS, "types differ");

/*
 * Appends what the engine can read if, and only if, the rule at @attr, which
 * has no value, is right: an attribute with a value that it is for.
 */
void encode_sample(struct wire *wire, const void *attr)
{
	struct vfiomig_value value = {
		.type = vfio_mig_rule_type(nla_data(attr), nla_len(attr)),
	};
	size_t at = begin(wire, VFIO_MIG_A_OBJECT_ATTR);

	if (value.type == VFIOMIG_VALUE_STRING)
		value.string = "-";
	wire_append(wire, nla_data(attr), nla_len(attr));
	put_value(wire, &value);
	wire_put_u32(wire, VFIO_MIG_A_ATTR_SEVERITY,
		     VFIO_MIG_SEVERITY_UNDECIDED);
	end(wire, at);
}

/* The name of the attribute that @tree holds, or NULL if it has none. */
const char *encode_name(const struct scan_tree *tree)
{
	struct encode_error error = { .index = -1 };
	struct encoder e = { .tree = tree, .error = &error };
	const char *name = NULL;

	if (tree->n && !find_members(&e))
		free(error.message);
	if (e.name && e.name->token == SCAN_STRING)
		name = text_of(&e, e.name);

	return name;
}
