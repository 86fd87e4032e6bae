// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Policy documents. They are written by hand, and do their work when nobody
 * looks: whatever is not known in them is a mistake.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "reading.h"

/**
 * struct policies - policy documents being read
 * @r: what all readers have
 * @policy: where what they say goes to
 * @one: what the document says
 * @has_schema: the document has told its schema
 * @scope: what the element is about
 * @scope_line: where that stands, 0 if it does not
 * @driver: the driver it is about, or NULL
 * @driver_line: where that stands
 * @wire: the element, as a message has it
 */
struct policies {
	struct reading r;
	struct vfiomig_policy *policy;
	struct vfiomig_policy *one;
	bool has_schema;

	uint32_t scope;
	unsigned long scope_line;
	char *driver;
	unsigned long driver_line;
	struct wire wire;
};

static struct policies *policies_of(struct reading *r)
{
	return (struct policies *)((char *)r - offsetof(struct policies, r));
}

/* ---------------------------------------------------- what it speaks of */

static bool wrong_key(struct policies *p, unsigned long line, const char *key,
		      const char *problem)
{
	const struct reading_member member = { key, -1, NULL };

	return reading_wrong(&p->r, line, &member, "%s", problem);
}

static bool read_scope(struct reading *r)
{
	struct policies *p = policies_of(r);
	struct scan *scan = r->scan;

	p->scope_line = scan->line;
	p->scope = scan->token == SCAN_STRING ? vmig_scope(scan->text) : 0;
	if (scan->token == SCAN_STRING &&
	    p->scope != VFIO_MIG_SCOPE_DRIVER && p->scope != VFIO_MIG_SCOPE_ALL)
		return wrong_key(p, scan->line, "scope",
				 "neither \"driver\" nor \"all\"");
	return reading_pass(r, SCAN_STRING, "scope", "not a string");
}

static bool read_driver(struct reading *r)
{
	struct policies *p = policies_of(r);

	p->driver_line = r->scan->line;
	return reading_string(r, "driver", &p->driver);
}

/* It is what the kernel has counted, and nothing here. */
static bool read_seq(struct reading *r)
{
	uint64_t seq;

	return reading_number(r, "seq", UINT64_MAX, &seq);
}

static const struct reading_key scope_keys[] = {
	{ "scope", read_scope },
	{ "driver", read_driver },
	{ "seq", read_seq },
	{ "attrs", reading_attrs },
	{ NULL }
};

static bool check_target(struct policies *p)
{
	bool driver = p->scope == VFIO_MIG_SCOPE_DRIVER;

	if (!p->scope_line || !p->r.has_attrs)
		return reading_wrong(&p->r, p->r.line, &reading_itself,
				     "\"%s\" is missing",
				     p->scope_line ? "attrs" : "scope");
	if (driver && !p->driver)
		return reading_wrong(&p->r, p->r.line, &reading_itself,
				     "\"driver\" is missing");
	if (!driver && p->driver)
		return wrong_key(p, p->driver_line, "driver",
				 "it goes with the scope \"driver\"");
	if (driver && (!*p->driver || strlen(p->driver) > VFIO_MIG_STRING_MAX))
		return wrong_key(p, p->driver_line, "driver",
				 "not of 1 to 255 bytes");
	if (policy_find(p->one, p->driver))
		return wrong_key(p, driver ? p->driver_line : p->scope_line,
				 driver ? "driver" : "scope",
				 "stands in the document twice");
	return true;
}

/* --------------------------------------------------------- the attributes */

static const struct nlattr *nest_at(const struct policies *p, long attr)
{
	return (void *)(p->r.attrs.data + p->r.sources[attr].at);
}

static const struct nlattr *member_at(const struct policies *p, long attr,
				      int type)
{
	const struct nlattr *nest = nest_at(p, attr);

	return nla_find(nla_data(nest), nla_len(nest), type);
}

static bool check_attr(struct policies *p, long attr)
{
	const struct nlattr *name = member_at(p, attr, VFIO_MIG_A_ATTR_NAME);
	const struct nlattr *origin = member_at(p, attr,
						VFIO_MIG_A_ATTR_ORIGIN);
	const struct nlattr *scope = member_at(p, attr, VFIO_MIG_A_ATTR_SCOPE);

	if (origin && nla_get_u32(origin) != VFIO_MIG_ORIGIN_ADMIN)
		return reading_wrong_attr(&p->r, attr, "origin",
					  "what a policy says is of origin admin");
	if (scope && nla_get_u32(scope) != p->scope)
		return reading_wrong_attr(&p->r, attr, "scope",
					  "not that which the attribute stands in");
	for (long i = 0; i < attr; i++)
		if (!nla_strcmp(member_at(p, i, VFIO_MIG_A_ATTR_NAME),
				nla_get_string(name)))
			return reading_wrong_attr(&p->r, attr, "name",
						  "another attribute has the same name");
	return true;
}

static void put_attr(struct policies *p, long attr)
{
	const struct nlattr *nest = nest_at(p, attr), *pos;
	struct wire *w = &p->wire;
	size_t at = w->len;
	uint16_t len;
	int rem;

	wire_put(w, VFIO_MIG_A_POLICY_ATTR | NLA_F_NESTED, NULL, 0);
	nla_for_each_nested(pos, nest, rem)
		if (nla_type(pos) != VFIO_MIG_A_ATTR_SCOPE)
			wire_put(w, pos->nla_type, nla_data(pos), nla_len(pos));
	wire_put_u32(w, VFIO_MIG_A_ATTR_SCOPE, p->scope);
	len = w->len - at;
	if (!w->failed)
		memcpy(w->data + at, &len, sizeof(len));
}

static bool finish_scope(struct policies *p)
{
	struct vmig_scope *scope;

	p->wire.len = 0;
	wire_put_u32(&p->wire, VFIO_MIG_A_POLICY_SCOPE, p->scope);
	if (p->driver)
		wire_put_string(&p->wire, VFIO_MIG_A_POLICY_DRIVER, p->driver);
	for (long i = 0; i < (long)p->r.count.attrs; i++) {
		if (!check_attr(p, i))
			return false;
		put_attr(p, i);
	}
	if (p->wire.failed)
		return reading_no_memory(&p->r);

	p->r.err = vmig_scope_read(p->r.ctx, p->wire.data, p->wire.len, &scope);
	if (!p->r.err)
		p->r.err = policy_merge(p->r.ctx, p->one, scope);
	return !p->r.err;
}

static bool read_element(struct reading *r)
{
	struct policies *p = policies_of(r);

	free(p->driver);
	p->driver = NULL;
	p->scope = 0;
	p->scope_line = 0;

	return reading_members(r, scope_keys) && check_target(p) &&
	       finish_scope(p);
}

/* --------------------------------------------------------------- documents */

static bool read_schema(struct reading *r)
{
	policies_of(r)->has_schema = true;
	return reading_schema(r, VFIOMIG_POLICY_SCHEMA);
}

/* Where it comes from is for people. */
static bool read_text(struct reading *r)
{
	return reading_pass(r, SCAN_STRING, r->scan->key, "not a string");
}

static bool read_scopes(struct reading *r)
{
	return reading_elements(r, "scopes", read_element);
}

static const struct reading_key document_keys[] = {
	{ "schema", read_schema },
	{ "host", read_text },
	{ "kernel", read_text },
	{ "taken_at", read_text },
	{ "scopes", read_scopes },
	{ NULL }
};

/* What a later document says wins over what an earlier one says. */
static bool hand_over(struct policies *p)
{
	for (size_t i = 0; i < p->one->n; i++) {
		struct vmig_scope *scope = p->one->scopes[i];

		p->one->scopes[i] = NULL;
		p->r.err = policy_merge(p->r.ctx, p->policy, scope);
		if (p->r.err)
			return false;
	}
	return true;
}

static bool read_document(struct reading *r, unsigned int number)
{
	struct policies *p = policies_of(r);
	unsigned long line = r->scan->line;

	(void)number;
	vfiomig_policy_free(p->one);
	p->has_schema = false;
	p->one = vfiomig_policy_new();
	if (!p->one)
		return reading_no_memory(r);
	if (!reading_members(r, document_keys))
		return false;
	if (!p->has_schema)
		return reading_wrong(r, line, &reading_itself,
				     "not a policy document: \"schema\" is missing");
	return hand_over(p);
}

int vfiomig_policy_read(struct vfiomig *ctx, FILE *in, const char *name,
			struct vfiomig_policy *policy)
{
	struct policies *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return vmig_nomem(ctx);
	p->policy = policy;
	reading_begin(&p->r, ctx, in, name);
	p->r.policy = true;
	reading_documents(&p->r, "policy", read_document);

	err = p->r.err;
	reading_end(&p->r);
	vfiomig_policy_free(p->one);
	free(p->driver);
	free(p->wire.data);
	free(p);
	return err;
}
