// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From netlink messages to objects.
 *
 * What the specification does not name is kept, never dropped. What it names
 * must look as it says: a message that does not is refused as a whole, for
 * nobody can tell what else of it would be wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/**
 * struct reader - a message being read
 * @ctx: for the error
 * @unknown: where members without a name go
 * @n_unknown: how many are there
 */
struct reader {
	struct vfiomig *ctx;
	struct vfiomig_unknown **unknown;
	size_t *n_unknown;
};

typedef int member_fn(struct reader *r, const struct nlattr *nla, void *into);

static int bad(struct reader *r, const char *where, const char *what,
	       const char *why)
{
	return vmig_fail(r->ctx, VFIOMIG_CAUSE_KERNEL, EBADMSG,
			 "cannot read the kernel's message: %s.%s %s",
			 where, what, why);
}

/*
 * Makes room for one more element, and returns it, all zeroes. @array is the
 * address of a pointer to whatever the elements are.
 */
static void *append(void *array, size_t *len, size_t size)
{
	char *base;

	memcpy(&base, array, sizeof(base));
	base = reallocarray(base, *len + 1, size);
	if (!base)
		return NULL;
	memcpy(array, &base, sizeof(base));
	return memset(base + (*len)++ * size, 0, size);
}

static int keep_unknown(struct reader *r, const struct vmig_space *space,
			const struct nlattr *nla)
{
	struct vfiomig_unknown *u;

	u = append(r->unknown, r->n_unknown, sizeof(*u));
	if (!u)
		return vmig_nomem(r->ctx);
	u->where = space->name;
	u->number = nla_type(nla);
	u->len = nla_len(nla);
	u->data = nla_data(nla);
	return 0;
}

/* Whether the payload is what the specification says. */
static bool fits(enum vmig_wire wire, const struct nlattr *nla)
{
	const char *data = nla_data(nla);
	size_t len = nla_len(nla);

	switch (wire) {
	case VMIG_U8:
		return len == sizeof(uint8_t);
	case VMIG_U32:
		return len == sizeof(uint32_t);
	case VMIG_U64:
		return len == sizeof(uint64_t);
	case VMIG_STRING:
		return len && strnlen(data, len) == len - 1;
	default:
		return true;
	}
}

/* Hands each member of a set to @read, once it is known to be in order. */
static int walk(struct reader *r, const struct vmig_space *space,
		const struct nlattr *head, int len, member_fn *read, void *into)
{
	const struct nlattr *pos;
	uint32_t seen = 0;
	int err, rem;

	nla_for_each_attr(pos, head, len, rem) {
		const struct vmig_member *m;

		m = vmig_member(space, nla_type(pos));
		if (!m) {
			err = keep_unknown(r, space, pos);
			if (err)
				return err;
			continue;
		}
		if (!fits(m->wire, pos))
			return bad(r, space->name, m->name, "is malformed");
		if (!m->multi && seen & 1u << nla_type(pos))
			return bad(r, space->name, m->name, "comes twice");
		seen |= 1u << nla_type(pos);

		err = read(r, pos, into);
		if (err)
			return err;
	}
	if (rem > 0)
		return bad(r, space->name, "*", "is cut off");

	return 0;
}

static int read_version(struct reader *r, const struct nlattr *nla, void *into)
{
	struct vfiomig_value *v = into;

	(void)r;
	switch (nla_type(nla)) {
	case VFIO_MIG_A_VERSION_MAJOR:
		v->version.major = nla_get_u32(nla);
		break;
	case VFIO_MIG_A_VERSION_MINOR:
		v->version.minor = nla_get_u32(nla);
		break;
	case VFIO_MIG_A_VERSION_PATCH:
		v->version.patch = nla_get_u32(nla);
		break;
	}
	return 0;
}

static int read_label(struct reader *r, const struct nlattr *nla, void *into)
{
	struct vfiomig_label *label = into;

	(void)r;
	switch (nla_type(nla)) {
	case VFIO_MIG_A_LABEL_BIT:
		label->bit = nla_get_u32(nla);
		break;
	case VFIO_MIG_A_LABEL_NAME:
		label->name = nla_get_string(nla);
		break;
	}
	return 0;
}

static int add_label(struct reader *r, const struct nlattr *nla,
		     struct vfiomig_attr *a)
{
	struct vfiomig_label *label;
	int err;

	label = append(&a->labels, &a->n_labels, sizeof(*label));
	if (!label)
		return vmig_nomem(r->ctx);
	err = walk(r, &vmig_label_space, nla_data(nla), nla_len(nla),
		   read_label, label);
	if (err)
		return err;
	if (!label->name || !*label->name)
		return bad(r, "label", "name", "is missing");
	if (label->bit >= VFIOMIG_BITS)
		return bad(r, "label", "bit", "is too large");

	return 0;
}

static int read_bits(struct reader *r, const struct nlattr *nla,
		     struct vfiomig_value *v)
{
	size_t len = nla_len(nla);

	if (len > sizeof(v->bits))
		return bad(r, "attr", "bits", "is too long");
	memcpy(v->bits, nla_data(nla), len);
	return 0;
}

/* One of the members that hold a value, and tell its type. */
static int read_value(struct reader *r, const struct nlattr *nla, void *into)
{
	struct vfiomig_value *v = into;

	if (v->type != VFIOMIG_VALUE_UNKNOWN)
		return bad(r, "attr", "*", "has two values");

	switch (nla_type(nla)) {
	case VFIO_MIG_A_ATTR_BOOL:
		v->type = VFIOMIG_VALUE_BOOL;
		v->boolean = nla_get_u8(nla);
		return 0;
	case VFIO_MIG_A_ATTR_U64:
		v->type = VFIOMIG_VALUE_U64;
		v->u64 = nla_get_u64((struct nlattr *)nla);
		return 0;
	case VFIO_MIG_A_ATTR_STRING:
		v->type = VFIOMIG_VALUE_STRING;
		v->string = nla_get_string(nla);
		return 0;
	case VFIO_MIG_A_ATTR_VERSION:
		v->type = VFIOMIG_VALUE_VERSION;
		return walk(r, &vmig_version_space, nla_data(nla),
			    nla_len(nla), read_version, v);
	default:
		v->type = VFIOMIG_VALUE_BITS;
		return read_bits(r, nla, v);
	}
}

static int read_range(struct reader *r, const struct nlattr *nla, void *into)
{
	struct vfiomig_range *range = into;
	struct vfiomig_value *v;

	switch (nla_type(nla)) {
	case VFIO_MIG_A_RANGE_VALUE:
		v = &range->value;
		break;
	case VFIO_MIG_A_RANGE_MIN:
		v = &range->min;
		break;
	default:
		v = &range->max;
		break;
	}
	return walk(r, &vmig_value_space, nla_data(nla), nla_len(nla),
		    read_value, v);
}

static int add_range(struct reader *r, const struct nlattr *nla,
		     const struct vfiomig_range **list, size_t *len)
{
	struct vfiomig_range *range;

	range = append(list, len, sizeof(*range));
	if (!range)
		return vmig_nomem(r->ctx);

	return walk(r, &vmig_range_space, nla_data(nla), nla_len(nla),
		    read_range, range);
}

static int read_attr(struct reader *r, const struct nlattr *nla, void *into)
{
	struct vfiomig_attr *a = into;

	switch (nla_type(nla)) {
	case VFIO_MIG_A_ATTR_BOOL:
	case VFIO_MIG_A_ATTR_U64:
	case VFIO_MIG_A_ATTR_STRING:
	case VFIO_MIG_A_ATTR_VERSION:
	case VFIO_MIG_A_ATTR_BITS:
		return read_value(r, nla, &a->value);
	case VFIO_MIG_A_ATTR_NAME:
		a->name = nla_get_string(nla);
		return 0;
	case VFIO_MIG_A_ATTR_RULE:
		a->rule = nla_get_u32(nla);
		return 0;
	case VFIO_MIG_A_ATTR_SEVERITY:
		a->severity = nla_get_u32(nla);
		return 0;
	case VFIO_MIG_A_ATTR_MISSING:
		a->missing = nla_get_u32(nla);
		return 0;
	case VFIO_MIG_A_ATTR_ORIGIN:
		a->origin = nla_get_u32(nla);
		return 0;
	case VFIO_MIG_A_ATTR_SCOPE:
		a->scope = nla_get_u32(nla);
		return 0;
	case VFIO_MIG_A_ATTR_LABEL:
		return add_label(r, nla, a);
	case VFIO_MIG_A_ATTR_ACCEPT:
		return add_range(r, nla, &a->accept, &a->n_accept);
	case VFIO_MIG_A_ATTR_SETTABLE:
		return add_range(r, nla, &a->settable, &a->n_settable);
	}
	return 0;
}

static int label_order(const void *a, const void *b)
{
	const struct vfiomig_label *one = a, *two = b;

	return (one->bit > two->bit) - (one->bit < two->bit);
}

static int sort_labels(struct reader *r, struct vfiomig_attr *a)
{
	if (!a->n_labels)
		return 0;
	qsort((void *)a->labels, a->n_labels, sizeof(*a->labels), label_order);
	for (size_t i = 1; i < a->n_labels; i++)
		if (a->labels[i - 1].bit == a->labels[i].bit)
			return bad(r, "attr", a->name, "names a bit twice");

	return 0;
}

static int add_attr(struct reader *r, const struct nlattr *nla,
		    struct vfiomig_object *o)
{
	struct reader inner = { .ctx = r->ctx };
	struct vfiomig_attr *a;
	int err;

	a = append(&o->attrs, &o->n_attrs, sizeof(*a));
	if (!a)
		return vmig_nomem(r->ctx);
	inner.unknown = (struct vfiomig_unknown **)&a->unknown;
	inner.n_unknown = &a->n_unknown;

	err = walk(&inner, &vmig_attr_space, nla_data(nla), nla_len(nla),
		   read_attr, a);
	if (err)
		return err;
	if (!a->name || !*a->name)
		return bad(r, "attr", "name", "is missing");

	return sort_labels(r, a);
}

static int read_finding(struct reader *r, const struct nlattr *nla, void *into)
{
	struct vfiomig_finding *f = into;
	struct vfiomig_value *v;

	switch (nla_type(nla)) {
	case VFIO_MIG_A_FINDING_NAME:
		f->attr = nla_get_string(nla);
		return 0;
	case VFIO_MIG_A_FINDING_KIND:
		f->kind = nla_get_u32(nla);
		return 0;
	case VFIO_MIG_A_FINDING_RULE:
		f->rule = nla_get_u32(nla);
		return 0;
	case VFIO_MIG_A_FINDING_SEVERITY:
		f->severity = nla_get_u32(nla);
		return 0;
	case VFIO_MIG_A_FINDING_SOURCE:
		v = &f->source;
		break;
	case VFIO_MIG_A_FINDING_TARGET:
		v = &f->target;
		break;
	default:
		v = &f->set;
		break;
	}
	return walk(r, &vmig_value_space, nla_data(nla), nla_len(nla),
		    read_value, v);
}

static int add_finding(struct reader *r, const struct nlattr *nla,
		       const struct vfiomig_object *source,
		       const struct vfiomig_finding **list, size_t *len)
{
	struct vfiomig_finding *f;
	int err;

	f = append(list, len, sizeof(*f));
	if (!f)
		return vmig_nomem(r->ctx);
	err = walk(r, &vmig_finding_space, nla_data(nla), nla_len(nla),
		   read_finding, f);
	if (err)
		return err;
	if (!f->attr || !*f->attr)
		return bad(r, "finding", "name", "is missing");

	f->message = vmig_finding_message(f, source);
	return f->message ? 0 : vmig_nomem(r->ctx);
}

static int read_refused(struct reader *r, const struct nlattr *nla, void *into)
{
	struct vfiomig_refused *refused = into;
	uint64_t ns;

	switch (nla_type(nla)) {
	case VFIO_MIG_A_REFUSED_COUNT:
		refused->count = nla_get_u64((struct nlattr *)nla);
		return 0;
	case VFIO_MIG_A_REFUSED_TIME:
		ns = nla_get_u64((struct nlattr *)nla);
		refused->time.tv_sec = ns / 1000000000;
		refused->time.tv_nsec = ns % 1000000000;
		return 0;
	case VFIO_MIG_A_REFUSED_REASON:
		refused->reason = nla_get_string(nla);
		return 0;
	case VFIO_MIG_A_REFUSED_OMITTED:
		refused->omitted = nla_get_u32(nla);
		return 0;
	default:
		return add_finding(r, nla, NULL, &refused->findings,
				   &refused->n_findings);
	}
}

static int read_left_out(struct reader *r, const struct nlattr *nla,
			 void *into)
{
	struct vfiomig_left_out *left_out = into;

	(void)r;
	switch (nla_type(nla)) {
	case VFIO_MIG_A_LEFT_OUT_NAME:
		left_out->attr = nla_get_string(nla);
		break;
	case VFIO_MIG_A_LEFT_OUT_SCOPE:
		left_out->scope = nla_get_u32(nla);
		break;
	case VFIO_MIG_A_LEFT_OUT_REASON:
		left_out->reason = nla_get_u32(nla);
		break;
	}
	return 0;
}

static int add_left_out(struct reader *r, const struct nlattr *nla,
			struct vfiomig_object *o)
{
	struct vfiomig_left_out *left_out;
	int err;

	left_out = append(&o->left_out, &o->n_left_out, sizeof(*left_out));
	if (!left_out)
		return vmig_nomem(r->ctx);
	err = walk(r, &vmig_left_out_space, nla_data(nla), nla_len(nla),
		   read_left_out, left_out);
	if (err)
		return err;
	if (!left_out->attr || !*left_out->attr)
		return bad(r, "left-out", "name", "is missing");
	return 0;
}

static int read_object(struct reader *r, const struct nlattr *nla, void *into)
{
	struct vfiomig_object *o = into;

	switch (nla_type(nla)) {
	case VFIO_MIG_A_OBJECT_ID:
		o->id = nla_get_u32(nla);
		return 0;
	case VFIO_MIG_A_OBJECT_BUS:
		o->bus = nla_get_string(nla);
		return 0;
	case VFIO_MIG_A_OBJECT_PARENT:
		o->parent = nla_get_string(nla);
		return 0;
	case VFIO_MIG_A_OBJECT_NAME:
		o->name = nla_get_string(nla);
		return 0;
	case VFIO_MIG_A_OBJECT_SEQ:
		o->seq = nla_get_u64((struct nlattr *)nla);
		return 0;
	case VFIO_MIG_A_OBJECT_AVAILABLE:
		o->available = nla_get_u32(nla);
		o->has_available = true;
		return 0;
	case VFIO_MIG_A_OBJECT_ATTR:
		return add_attr(r, nla, o);
	case VFIO_MIG_A_OBJECT_REFUSED:
		o->has_refused = true;
		return walk(r, &vmig_refused_space, nla_data(nla),
			    nla_len(nla), read_refused, &o->refused);
	case VFIO_MIG_A_OBJECT_LEFT_OUT:
		return add_left_out(r, nla, o);
	case VFIO_MIG_A_OBJECT_LEFT_OUT_MORE:
		o->left_out_more = nla_get_u32(nla);
		return 0;
	}
	return 0;
}

static int attr_order(const void *a, const void *b)
{
	const struct vfiomig_attr *one = a, *two = b;

	return strcmp(one->name, two->name);
}

static int sort_attrs(struct reader *r, struct vfiomig_object *o)
{
	if (!o->n_attrs)
		return 0;
	qsort(o->attrs, o->n_attrs, sizeof(*o->attrs), attr_order);
	for (size_t i = 1; i < o->n_attrs; i++)
		if (!strcmp(o->attrs[i - 1].name, o->attrs[i].name))
			return bad(r, "attr", o->attrs[i].name, "comes twice");

	return 0;
}

static int make_handle(struct reader *r, struct vfiomig_object *o)
{
	bool type = o->kind == VFIOMIG_TYPE;
	int len;

	if (!o->bus || !*o->bus)
		return bad(r, "object", "bus", "is missing");
	if (!o->name || !*o->name)
		return bad(r, "object", "name", "is missing");
	if (type != !!o->parent)
		return bad(r, "object", "parent",
			   type ? "is missing" : "belongs to types");
	if (!o->sysfs && !o->document && !o->id)
		return bad(r, "object", "id", "is missing");

	if (type)
		len = asprintf(&o->handle, "%s/%s/%s", o->bus, o->parent,
			       o->name);
	else
		len = asprintf(&o->handle, "%s/%s", o->bus, o->name);
	if (len < 0) {
		o->handle = NULL;
		return vmig_nomem(r->ctx);
	}
	return 0;
}

/* In the words of the device's own labels, now that they are all known. */
static int word_refused(struct reader *r, struct vfiomig_object *o)
{
	struct vfiomig_finding *f;

	for (size_t i = 0; i < o->refused.n_findings; i++) {
		f = (struct vfiomig_finding *)&o->refused.findings[i];
		free((void *)f->message);
		f->message = vmig_finding_message(f, o);
		if (!f->message)
			return vmig_nomem(r->ctx);
	}
	return 0;
}

static int fill(struct vfiomig *ctx, struct vfiomig_object *o,
		const void *attrs, size_t len)
{
	struct reader r = { .ctx = ctx };
	int err;

	r.unknown = &o->unknown;
	r.n_unknown = &o->n_unknown;

	o->wire = malloc(len ? len : 1);
	if (!o->wire)
		return vmig_nomem(ctx);
	memcpy(o->wire, attrs, len);
	o->wire_len = len;

	err = walk(&r, &vmig_object_space, o->wire, len, read_object, o);
	if (!err)
		err = sort_attrs(&r, o);
	if (!err)
		err = word_refused(&r, o);
	if (!err)
		err = make_handle(&r, o);

	return err;
}

/*
 * Reads an object from attributes of the set "object". Those of one that was
 * read from sysfs have neither id nor number.
 */
int vmig_object_read(struct vfiomig *ctx, enum vfiomig_kind kind, bool sysfs,
		     const struct nlattr *attrs, int len,
		     struct vfiomig_object **object)
{
	struct vfiomig_object *o;
	int err;

	o = calloc(1, sizeof(*o));
	if (!o)
		return vmig_nomem(ctx);
	o->refs = 1;
	o->kind = kind;
	o->sysfs = sysfs;

	err = fill(ctx, o, attrs, len);
	if (err) {
		vfiomig_object_unref(o);
		return err;
	}
	*object = o;
	return 0;
}

/* The same of one that stands in a document, which may tell neither. */
int vmig_object_read_file(struct vfiomig *ctx, enum vfiomig_kind kind,
			  struct vmig_document *document, const void *attrs,
			  size_t len, struct vfiomig_object **object)
{
	struct vfiomig_object *o;
	int err;

	o = calloc(1, sizeof(*o));
	if (!o)
		return vmig_nomem(ctx);
	o->refs = 1;
	o->kind = kind;
	o->document = vmig_document_ref(document);

	err = fill(ctx, o, attrs, len);
	if (err) {
		vfiomig_object_unref(o);
		return err;
	}
	*object = o;
	return 0;
}

static int check_header(struct vfiomig *ctx, const struct nlmsghdr *nlh)
{
	if (nlmsg_datalen(nlh) >= (int)GENL_HDRLEN)
		return 0;

	return vmig_fail(ctx, VFIOMIG_CAUSE_KERNEL, EBADMSG,
			 "cannot read the kernel's message: it is cut off");
}

int vmig_object_read_msg(struct vfiomig *ctx, enum vfiomig_kind kind,
			 const struct nlmsghdr *nlh,
			 struct vfiomig_object **object)
{
	int err = check_header(ctx, nlh);

	if (err)
		return err;

	return vmig_object_read(ctx, kind, false,
				nlmsg_attrdata(nlh, GENL_HDRLEN),
				nlmsg_attrlen(nlh, GENL_HDRLEN), object);
}

static int read_scope(struct reader *r, const struct nlattr *nla, void *into)
{
	struct vmig_scope *s = into;

	switch (nla_type(nla)) {
	case VFIO_MIG_A_POLICY_SCOPE:
		s->scope.scope = nla_get_u32(nla);
		return 0;
	case VFIO_MIG_A_POLICY_DRIVER:
		s->scope.driver = nla_get_string(nla);
		return 0;
	case VFIO_MIG_A_POLICY_SEQ:
		s->scope.seq = nla_get_u64((struct nlattr *)nla);
		return 0;
	}
	return add_attr(r, nla, s->attrs);
}

static int fill_scope(struct vfiomig *ctx, struct vmig_scope *s,
		      const void *attrs, size_t len)
{
	struct vfiomig_object *o = s->attrs;
	struct reader r = { .ctx = ctx };
	int err;

	r.unknown = &o->unknown;
	r.n_unknown = &o->n_unknown;
	o->wire = malloc(len ? len : 1);
	if (!o->wire)
		return vmig_nomem(ctx);
	memcpy(o->wire, attrs, len);

	err = walk(&r, &vmig_policy_space, o->wire, len, read_scope, s);
	if (!err)
		err = sort_attrs(&r, o);
	if (!err && !s->scope.scope)
		err = bad(&r, "policy", "scope", "is missing");
	if (!err && s->scope.scope == VFIO_MIG_SCOPE_DRIVER &&
	    !s->scope.driver)
		err = bad(&r, "policy", "driver", "is missing");
	s->scope.n_attrs = o->n_attrs;
	s->scope.n_unknown = o->n_unknown;
	s->scope.unknown = o->unknown;
	return err;
}

/* Reads what a policy says of one scope. */
int vmig_scope_read(struct vfiomig *ctx, const void *attrs, size_t len,
		    struct vmig_scope **scope)
{
	struct vmig_scope *s;
	int err;

	s = calloc(1, sizeof(*s));
	if (!s)
		return vmig_nomem(ctx);
	s->attrs = calloc(1, sizeof(*s->attrs));
	if (!s->attrs) {
		vmig_scope_free(s);
		return vmig_nomem(ctx);
	}
	s->attrs->refs = 1;
	err = fill_scope(ctx, s, attrs, len);
	if (err) {
		vmig_scope_free(s);
		return err;
	}
	*scope = s;
	return 0;
}

int vmig_scope_read_msg(struct vfiomig *ctx, const struct nlmsghdr *nlh,
			struct vmig_scope **scope)
{
	int err = check_header(ctx, nlh);

	if (err)
		return err;
	return vmig_scope_read(ctx, nlmsg_attrdata(nlh, GENL_HDRLEN),
			       nlmsg_attrlen(nlh, GENL_HDRLEN), scope);
}

/* The number of an event that tells of a policy, 0 if it tells none. */
uint64_t vmig_policy_event(const struct nlmsghdr *nlh)
{
	const struct nlattr *nla;

	if (nlmsg_datalen(nlh) < (int)GENL_HDRLEN)
		return 0;
	nla = nla_find(nlmsg_attrdata(nlh, GENL_HDRLEN),
		       nlmsg_attrlen(nlh, GENL_HDRLEN),
		       VFIO_MIG_A_POLICY_SEQ);
	return nla && fits(VMIG_U64, nla) ?
	       nla_get_u64((struct nlattr *)nla) : 0;
}

/* A state, and the copy of the message that its unknown members point into. */
struct status_storage {
	struct vfiomig_status status;
	void *wire;
};

static int read_status(struct reader *r, const struct nlattr *nla, void *into)
{
	struct vfiomig_status *s = into;

	(void)r;
	switch (nla_type(nla)) {
	case VFIO_MIG_A_STATUS_INSTANCE:
		s->instance = nla_get_u64((struct nlattr *)nla);
		break;
	case VFIO_MIG_A_STATUS_SEQ:
		s->seq = nla_get_u64((struct nlattr *)nla);
		break;
	case VFIO_MIG_A_STATUS_DEVICES:
		s->devices = nla_get_u32(nla);
		break;
	case VFIO_MIG_A_STATUS_TYPES:
		s->types = nla_get_u32(nla);
		break;
	case VFIO_MIG_A_STATUS_UNDESCRIBED:
		s->undescribed = nla_get_u32(nla);
		s->has_undescribed = true;
		break;
	case VFIO_MIG_A_STATUS_ATTRS_MAX:
		s->attrs_max = nla_get_u32(nla);
		break;
	case VFIO_MIG_A_STATUS_PROFILE_MAX:
		s->profile_max = nla_get_u32(nla);
		break;
	}
	return 0;
}

int vmig_status_read_msg(struct vfiomig *ctx, const struct nlmsghdr *nlh,
			 struct vfiomig_status **status)
{
	struct reader r = { .ctx = ctx };
	struct status_storage *s;
	int err, len;

	err = check_header(ctx, nlh);
	if (err)
		return err;
	len = nlmsg_attrlen(nlh, GENL_HDRLEN);
	s = calloc(1, sizeof(*s));
	if (!s)
		return vmig_nomem(ctx);
	s->wire = malloc(len ? len : 1);
	if (!s->wire) {
		vfiomig_status_free(&s->status);
		return vmig_nomem(ctx);
	}
	memcpy(s->wire, nlmsg_attrdata(nlh, GENL_HDRLEN), len);

	r.unknown = (struct vfiomig_unknown **)&s->status.unknown;
	r.n_unknown = &s->status.n_unknown;
	err = walk(&r, &vmig_status_space, s->wire, len, read_status,
		   &s->status);
	if (err) {
		vfiomig_status_free(&s->status);
		return err;
	}
	*status = &s->status;
	return 0;
}

void vfiomig_status_free(struct vfiomig_status *status)
{
	struct status_storage *s = (struct status_storage *)status;

	if (!s)
		return;
	free((void *)s->status.unknown);
	free(s->wire);
	free(s);
}

/**
 * struct answer - an answer to a check, being read
 * @result: what it says; only values and names point into the message
 * @findings: its findings
 * @source: whose labels the messages use
 * @target: handle of the target
 */
struct answer {
	struct vfiomig_result result;
	const struct vfiomig_finding *findings;
	const struct vfiomig_object *source;
	struct vfiomig_object target;
};

static int read_answer(struct reader *r, const struct nlattr *nla, void *into)
{
	struct answer *a = into;

	switch (nla_type(nla)) {
	case VFIO_MIG_A_CHECK_TARGET:
		return walk(r, &vmig_object_space, nla_data(nla), nla_len(nla),
			    read_object, &a->target);
	case VFIO_MIG_A_CHECK_AVAILABLE:
		a->result.available = nla_get_u32(nla);
		a->result.has_available = true;
		return 0;
	case VFIO_MIG_A_CHECK_IN_USE:
		a->result.in_use = nla_get_u8(nla);
		return 0;
	case VFIO_MIG_A_CHECK_VERDICT:
		a->result.verdict = nla_get_u32(nla);
		return 0;
	case VFIO_MIG_A_CHECK_FINDING:
		return add_finding(r, nla, a->source, &a->findings,
				   &a->result.n_findings);
	}
	return 0;
}

static void drop_answer(struct answer *a)
{
	for (size_t i = 0; i < a->result.n_findings; i++)
		free((void *)a->findings[i].message);
	free((void *)a->findings);
	free(a->target.handle);
}

/* Reads the kernel's answer to a check of @source. */
int vmig_result_read_msg(struct vfiomig *ctx, const struct nlmsghdr *nlh,
			 const struct vfiomig_object *source,
			 struct vfiomig_result **result)
{
	struct vfiomig_unknown *unknown = NULL;
	struct answer a = { .source = source };
	size_t n_unknown = 0;
	struct reader r = {
		.ctx = ctx,
		.unknown = &unknown,
		.n_unknown = &n_unknown,
	};
	int err;

	err = check_header(ctx, nlh);
	if (err)
		return err;
	err = walk(&r, &vmig_check_space, nlmsg_attrdata(nlh, GENL_HDRLEN),
		   nlmsg_attrlen(nlh, GENL_HDRLEN), read_answer, &a);
	a.target.kind = a.target.parent ? VFIOMIG_TYPE : VFIOMIG_DEVICE;
	if (!err)
		err = make_handle(&r, &a.target);
	if (!err && !a.result.verdict)
		err = bad(&r, "check", "verdict", "is missing");
	if (!err) {
		a.result.by_kernel = true;
		a.result.kind = a.target.kind;
		a.result.handle = a.target.handle;
		a.result.findings = a.findings;
		*result = vmig_result_new(&a.result, NULL);
		if (!*result)
			err = vmig_nomem(ctx);
	}
	drop_answer(&a);
	free(unknown);
	return err;
}
