// SPDX-License-Identifier: LGPL-2.1-or-later
/* A source against a target, by the engine that the kernel has as well. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/match.h"
#include "internal.h"

/* A union of two profiles that have no name in common. */
#define FINDINGS_MAX (2 * VFIO_MIG_ATTRS_MAX)

/**
 * struct vfiomig_check - a source, and what is found in one target
 * @ctx: for the error
 * @source: the source
 * @index: its profile, read
 * @target: the target's, likewise
 * @n: how many @findings there are
 * @findings: what was found; what they point to is the profiles' but for the
 *   messages
 */
struct vfiomig_check {
	struct vfiomig *ctx;
	struct vfiomig_object *source;
	struct vfio_mig_index index;
	struct vfio_mig_index target;
	size_t n;
	struct vfiomig_finding findings[FINDINGS_MAX];
};

struct vfiomig *vmig_check_context(const struct vfiomig_check *check)
{
	return check->ctx;
}

struct vfiomig_object *vmig_check_source(const struct vfiomig_check *check)
{
	return check->source;
}

const struct vfio_mig_index *vmig_check_index(const struct vfiomig_check *check)
{
	return &check->index;
}

/* ---------------------------------------------------------------- messages */

static bool has_bit(const struct vfiomig_value *value, unsigned int bit)
{
	return value->bits[bit / 8] & 1u << bit % 8;
}

/* The bits of @value that are not in @but, by their names as well. */
static void write_bits(FILE *out, const struct vfiomig_value *value,
		       const struct vfiomig_value *but,
		       const struct vfiomig_attr *labels)
{
	const char *comma = "";

	for (unsigned int bit = 0; bit < VFIOMIG_BITS; bit++) {
		const char *label;

		if (!has_bit(value, bit) || (but && has_bit(but, bit)))
			continue;
		label = labels ? vfiomig_attr_label(labels, bit) : NULL;
		if (label)
			fprintf(out, "%s%s (%u)", comma, label, bit);
		else
			fprintf(out, "%s%u", comma, bit);
		comma = ", ";
	}
	if (!*comma)
		fputs("no bit", out);
}

static void write_value(FILE *out, const char *attr,
			const struct vfiomig_value *value,
			const struct vfiomig_attr *labels)
{
	switch (value->type) {
	case VFIOMIG_VALUE_BOOL:
		fputs(value->boolean ? "true" : "false", out);
		break;
	case VFIOMIG_VALUE_U64:
		/* nobody knows PCI's numbers but in hexadecimal */
		if (!strncmp(attr, "pci.", 4))
			fprintf(out, "0x%04" PRIx64, value->u64);
		else
			fprintf(out, "%" PRIu64, value->u64);
		break;
	case VFIOMIG_VALUE_STRING:
		fprintf(out, "\"%s\"", value->string);
		break;
	case VFIOMIG_VALUE_VERSION:
		fprintf(out, "%" PRIu32 ".%" PRIu32 ".%" PRIu32,
			value->version.major, value->version.minor,
			value->version.patch);
		break;
	case VFIOMIG_VALUE_BITS:
		write_bits(out, value, NULL, labels);
		break;
	default:
		fputc('?', out);
		break;
	}
}

/* Nothing can be done about a value that is not accepted whatever it is. */
static void write_none(FILE *out, const struct vfiomig_finding *f)
{
	if (!strcmp(f->attr, "declared"))
		fputs("nobody has declared what the target accepts", out);
	else if (!strcmp(f->attr, "migratable"))
		fputs("the target's driver cannot migrate it", out);
	else
		fputs("the target accepts no value", out);
}

static void write_mismatch(FILE *out, const struct vfiomig_finding *f,
			   const struct vfiomig_attr *labels)
{
	switch (f->rule) {
	case VFIO_MIG_RULE_NONE:
		write_none(out, f);
		break;
	case VFIO_MIG_RULE_SEMVER:
		fputs("the source is ", out);
		write_value(out, f->attr, &f->source, labels);
		fprintf(out, ", the target accepts %" PRIu32 ".0 to %" PRIu32
			".%" PRIu32, f->target.version.major,
			f->target.version.major, f->target.version.minor);
		break;
	case VFIO_MIG_RULE_SUPERSET:
		fputs("the target lacks ", out);
		write_bits(out, &f->source, &f->target, labels);
		break;
	case VFIO_MIG_RULE_AT_LEAST:
		fputs("the source needs ", out);
		write_value(out, f->attr, &f->source, labels);
		fputs(", the target has ", out);
		write_value(out, f->attr, &f->target, labels);
		break;
	default:
		fputs("the source is ", out);
		write_value(out, f->attr, &f->source, labels);
		fputs(", the target accepts ", out);
		write_value(out, f->attr, &f->target, labels);
		if (f->rule == VFIO_MIG_RULE_ONE_OF)
			fputs(" and what it lists", out);
		break;
	}
}

static void write_message(FILE *out, const struct vfiomig_finding *f,
			  const struct vfiomig_attr *labels)
{
	switch (f->kind) {
	case VFIO_MIG_FINDING_KIND_MISMATCH:
		write_mismatch(out, f, labels);
		break;
	case VFIO_MIG_FINDING_KIND_MISSING_ON_TARGET:
		fputs("the target does not say this", out);
		break;
	case VFIO_MIG_FINDING_KIND_MISSING_ON_SOURCE:
		fputs("the source does not say this", out);
		break;
	case VFIO_MIG_FINDING_KIND_TYPE:
		fprintf(out, "the source says %s, the target %s",
			vfiomig_value_type_name(f->source.type),
			vfiomig_value_type_name(f->target.type));
		break;
	case VFIO_MIG_FINDING_KIND_SETTABLE:
		fputs("the target must be set to ", out);
		write_value(out, f->attr, &f->set, labels);
		break;
	default:
		fputs("something in it is not known to this version", out);
		break;
	}
}

/*
 * What a person is told of a finding, to be given back with free(), or NULL if
 * there is no memory. It says the same whoever has judged. The names of bits
 * are those of @source, if that is not NULL.
 */
char *vmig_finding_message(const struct vfiomig_finding *finding,
			   const struct vfiomig_object *source)
{
	const struct vfiomig_attr *labels = NULL;
	char *message = NULL;
	size_t size;
	FILE *out;

	if (source)
		labels = vfiomig_object_find(source, finding->attr);
	out = open_memstream(&message, &size);
	if (!out)
		return NULL;
	write_message(out, finding, labels);
	if (fclose(out)) {
		free(message);
		return NULL;
	}
	return message;
}

/* ----------------------------------------------------------------- results */

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static size_t value_size(const struct vfiomig_value *value)
{
	if (value->type != VFIOMIG_VALUE_STRING)
		return 0;

	return text_size(value->string);
}

static const char *copy_text(char **to, const char *text)
{
	char *copy = *to;

	if (!text)
		return NULL;
	*to = stpcpy(copy, text) + 1;
	return copy;
}

static void copy_value(char **to, struct vfiomig_value *value)
{
	if (value->type == VFIOMIG_VALUE_STRING)
		value->string = copy_text(to, value->string);
}

/*
 * A copy of a result and of all that it points to, in one piece, or NULL if
 * there is no memory.
 */
struct vfiomig_result *vmig_result_new(const struct vfiomig_result *like,
				       struct vmig_document *document)
{
	size_t list = like->n_findings * sizeof(*like->findings);
	size_t texts = text_size(like->handle);
	struct vfiomig_finding *f;
	struct vmig_result *r;
	char *to;

	for (size_t i = 0; i < like->n_findings; i++) {
		const struct vfiomig_finding *from = &like->findings[i];

		texts += text_size(from->attr) + text_size(from->message) +
			 value_size(&from->source) +
			 value_size(&from->target) + value_size(&from->set);
	}
	r = malloc(sizeof(*r) + list + texts);
	if (!r)
		return NULL;

	r->result = *like;
	r->document = document ? vmig_document_ref(document) : NULL;
	f = (struct vfiomig_finding *)(r + 1);
	to = (char *)f + list;
	r->result.handle = copy_text(&to, like->handle);
	r->result.findings = f;
	if (list)
		memcpy(f, like->findings, list);
	for (size_t i = 0; i < like->n_findings; i++, f++) {
		f->attr = copy_text(&to, f->attr);
		f->message = copy_text(&to, f->message);
		copy_value(&to, &f->source);
		copy_value(&to, &f->target);
		copy_value(&to, &f->set);
	}
	return &r->result;
}

void vfiomig_result_free(struct vfiomig_result *result)
{
	struct vmig_result *r = (struct vmig_result *)result;

	if (!r)
		return;
	vmig_document_unref(r->document);
	free(r);
}

static const struct vmig_document *
document_of(const struct vfiomig_result *result)
{
	return ((const struct vmig_result *)result)->document;
}

const char *vfiomig_result_file(const struct vfiomig_result *result)
{
	const struct vmig_document *document = document_of(result);

	return document ? document->file : NULL;
}

const char *vfiomig_result_host(const struct vfiomig_result *result)
{
	const struct vmig_document *document = document_of(result);

	return document ? document->host : NULL;
}

static bool is_out(const struct vfiomig_result *r)
{
	return r->in_use || (r->has_available && !r->available);
}

int vfiomig_result_order(const struct vfiomig_result *a,
			 const struct vfiomig_result *b)
{
	const char *file_a = vfiomig_result_file(a);
	const char *file_b = vfiomig_result_file(b);
	int order;

	if (is_out(a) != is_out(b))
		return is_out(a) ? 1 : -1;
	if (a->verdict != b->verdict)
		return a->verdict < b->verdict ? -1 : 1;
	order = strcmp(a->handle, b->handle);
	if (order)
		return order;

	return strcmp(file_a ? file_a : "", file_b ? file_b : "");
}

/* ------------------------------------------------------------------ checks */

static int malformed(struct vfiomig *ctx, const struct vfiomig_object *object,
		     const struct vfio_mig_fault *fault)
{
	int err;

	err = vmig_fail(ctx, VFIOMIG_CAUSE_INPUT, EINVAL,
			"the profile of %s is malformed: %s", object->handle,
			fault->reason);
	if (fault->name)
		ctx->error.attribute = strndup(fault->name, fault->name_len);

	return err;
}

/* Reads the profile; @index points into the object. */
int vmig_object_index(struct vfiomig *ctx, const struct vfiomig_object *object,
		      struct vfio_mig_index *index)
{
	struct vfio_mig_fault fault;

	if (vfio_mig_index_read(index, object->wire, object->wire_len, true,
				&fault))
		return malformed(ctx, object, &fault);
	return 0;
}

int vfiomig_check_new(struct vfiomig *ctx, struct vfiomig_object *source,
		      struct vfiomig_check **check)
{
	struct vfiomig_check *c;
	int err;

	c = malloc(sizeof(*c));
	if (!c)
		return vmig_nomem(ctx);
	err = vmig_object_index(ctx, source, &c->index);
	if (err) {
		free(c);
		return err;
	}
	c->ctx = ctx;
	c->source = vfiomig_object_ref(source);
	c->n = 0;
	*check = c;
	return 0;
}

void vfiomig_check_free(struct vfiomig_check *check)
{
	if (!check)
		return;
	vfiomig_object_unref(check->source);
	free(check);
}

/* The strings go on standing where they stand. */
static void get_value(const struct vfio_mig_value *from,
		      struct vfiomig_value *to)
{
	memset(to, 0, sizeof(*to));
	switch (from->type) {
	case VFIO_MIG_A_ATTR_BOOL:
		to->type = VFIOMIG_VALUE_BOOL;
		to->boolean = from->num;
		break;
	case VFIO_MIG_A_ATTR_U64:
		to->type = VFIOMIG_VALUE_U64;
		to->u64 = from->num;
		break;
	case VFIO_MIG_A_ATTR_STRING:
		to->type = VFIOMIG_VALUE_STRING;
		to->string = (const char *)from->data;
		break;
	case VFIO_MIG_A_ATTR_VERSION:
		to->type = VFIOMIG_VALUE_VERSION;
		to->version.major = from->version[0];
		to->version.minor = from->version[1];
		to->version.patch = from->version[2];
		break;
	case VFIO_MIG_A_ATTR_BITS:
		to->type = VFIOMIG_VALUE_BITS;
		memcpy(to->bits, from->data, from->len);
		break;
	}
}

/* Nothing ends a name or string on the wire but a NUL. */
static int take_finding(const struct vfio_mig_finding *finding, void *arg)
{
	struct vfiomig_check *c = arg;
	struct vfiomig_finding *f = &c->findings[c->n++];
	static const struct vfio_mig_value none;

	f->attr = finding->source ? finding->source->name :
				    finding->target->name;
	f->kind = finding->kind;
	f->severity = finding->severity;
	f->rule = finding->rule;
	get_value(finding->source ? &finding->source->value : &none,
		  &f->source);
	get_value(finding->target ? &finding->target->value : &none,
		  &f->target);
	get_value(&finding->set, &f->set);
	f->message = vmig_finding_message(f, c->source);
	return f->message ? 0 : -ENOMEM;
}

/*
 * Holds the source against a target that was read, whose attributes are in
 * order of the names; @like is the result but for what is found.
 */
int vmig_check_views(struct vfiomig_check *check,
		     const struct vfio_mig_view *const *target, unsigned int n,
		     const struct vfiomig_result *like,
		     struct vmig_document *document,
		     struct vfiomig_result **result)
{
	struct vfiomig_result r = *like;
	int verdict;

	check->n = 0;
	verdict = vfio_mig_match_index(&check->index, target, n, take_finding,
				       check);
	*result = NULL;
	if (verdict > 0) {
		r.verdict = verdict;
		r.n_findings = check->n;
		r.findings = check->findings;
		*result = vmig_result_new(&r, document);
	}
	for (size_t i = 0; i < check->n; i++)
		free((void *)check->findings[i].message);

	return *result ? 0 : vmig_nomem(check->ctx);
}

int vfiomig_check_target(struct vfiomig_check *check,
			 const struct vfiomig_object *target,
			 struct vfiomig_result **result)
{
	const struct vfio_mig_view *list[VFIO_MIG_ATTRS_MAX];
	const struct vfiomig_result like = {
		.kind = target->kind,
		.handle = target->handle,
		.in_use = target->in_use,
		.has_available = target->has_available,
		.available = target->available,
	};
	int err;

	err = vmig_object_index(check->ctx, target, &check->target);
	if (err)
		return err;
	vfio_mig_index_list(&check->target, list);
	return vmig_check_views(check, list, check->target.n, &like,
				target->document, result);
}
