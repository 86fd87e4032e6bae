// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two profiles as they stand on the wire, of any bytes: the engine must refuse
 * them or judge them, read nothing beyond them, and keep its own rules.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * struct profile - one of them
 * @data: its bytes, in room of just that size
 * @len: how many
 * @index: it, read
 */
struct profile {
	uint8_t *data;
	size_t len;
	struct vfio_mig_index index;
};

/**
 * struct tally - what was found
 * @name: name of the last finding
 * @len: bytes at @name
 * @verdict: the worst so far
 */
struct tally {
	const char *name;
	size_t len;
	int verdict;
};

static void insist(bool holds)
{
	if (!holds)
		abort();
}

static int compare(const char *a, size_t len_a, const char *b, size_t len_b)
{
	int order = memcmp(a, b, len_a < len_b ? len_a : len_b);

	return order ? order : (len_a > len_b) - (len_a < len_b);
}

/* So that the bytes must be there. */
unsigned int sum;

static void add_up(const void *data, size_t len)
{
	const uint8_t *byte = data;

	while (len--)
		sum += *byte++;
}

/* Looks at all that a view points to. */
static void look_at(const struct vfio_mig_view *v)
{
	struct vfio_mig_range range;
	struct vfio_mig_bit bit;
	__u16 cursor = 0;
	unsigned int n;

	add_up(v->name, v->name_len);
	if (v->value.type == VFIO_MIG_A_ATTR_STRING ||
	    v->value.type == VFIO_MIG_A_ATTR_BITS)
		add_up(v->value.data, v->value.len);
	for (n = 0; vfio_mig_next_accept(v, &cursor, &range); n++)
		;
	insist(n == v->accept.n);
	cursor = 0;
	for (n = 0; vfio_mig_next_settable(v, &cursor, &range); n++)
		;
	insist(n == v->settable.n);
	cursor = 0;
	for (n = 0; vfio_mig_next_bit(v, &cursor, &bit); n++)
		add_up(bit.name, bit.len);
	insist(n == v->labels.n);
}

static int tally(const struct vfio_mig_finding *f, void *arg)
{
	static const int verdicts[] = {
		VFIO_MIG_VERDICT_ADJUSTABLE, VFIO_MIG_VERDICT_COMPATIBLE,
		VFIO_MIG_VERDICT_UNDECIDED, VFIO_MIG_VERDICT_INCOMPATIBLE,
	};
	const struct vfio_mig_view *v = f->source ? f->source : f->target;
	struct tally *t = arg;

	insist(v && f->kind && f->kind <= VFIO_MIG_FINDING_KIND_UNKNOWN);
	insist(f->severity <= VFIO_MIG_SEVERITY_FAIL);
	insist(!f->severity == (f->kind == VFIO_MIG_FINDING_KIND_SETTABLE));
	insist(!f->set.type == !!f->severity);
	if (f->set.type)
		insist(vfio_mig_can_set(f->target, &f->set));
	if (t->name)
		insist(compare(t->name, t->len, v->name, v->name_len) < 0);
	t->name = v->name;
	t->len = v->name_len;
	if (verdicts[f->severity] > t->verdict)
		t->verdict = verdicts[f->severity];
	look_at(v);
	return 0;
}

static bool take(struct profile *p, const uint8_t *data, size_t len)
{
	struct vfio_mig_fault fault;
	int liberal, strict;

	p->len = len;
	p->data = malloc(len + !len);
	memcpy(p->data, data, len);

	strict = vfio_mig_index_read(&p->index, p->data, len, false, &fault);
	liberal = vfio_mig_index_read(&p->index, p->data, len, true, &fault);
	/* what the strict form takes the liberal one takes as well */
	insist(strict || !liberal);
	if (liberal) {
		insist(strlen(fault.reason) <= 79 && fault.offset <= len);
		return false;
	}
	for (unsigned int i = 0; i < p->index.n; i++) {
		look_at(&p->index.views[i]);
		insist(strict || !p->index.views[i].unknown);
	}
	return true;
}

/* Is it in the one order that is looked for? */
static bool is_sorted(const struct profile *p)
{
	for (unsigned int i = 0; i < p->index.n; i++)
		if (p->index.order[i] != i)
			return false;

	return true;
}

/* By name, as the engine wants a target. */
static const struct vfio_mig_view *const *list(const struct profile *p)
{
	static const struct vfio_mig_view *views[VFIO_MIG_ATTRS_MAX];

	vfio_mig_index_list(&p->index, views);
	return views;
}

/* A source that was not read before is judged as one that was. */
static void bring(const struct profile *source, const struct profile *target,
		  int verdict)
{
	struct tally t = { .verdict = VFIO_MIG_VERDICT_COMPATIBLE };
	int brought;

	brought = vfio_mig_match_brought(source->data, source->len,
					 list(target), target->index.n, tally,
					 &t);
	if (verdict < 0)
		insist(brought < 0);
	else if (is_sorted(source))
		insist(brought == verdict && brought == t.verdict);
	else
		insist(brought == -EAGAIN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct profile source, target;
	size_t cut = 0;
	bool good;

	/* the first two bytes tell where the second one begins */
	if (size < 2)
		return 0;
	cut = (data[0] | data[1] << 8) % (size - 1);
	good = take(&source, data + 2, cut);
	if (take(&target, data + 2 + cut, size - 2 - cut)) {
		struct tally t = { .verdict = VFIO_MIG_VERDICT_COMPATIBLE };
		int verdict = -EINVAL;

		if (good) {
			verdict = vfio_mig_match_index(&source.index,
						       list(&target),
						       target.index.n, tally,
						       &t);
			insist(verdict == t.verdict);
		}
		bring(&source, &target, verdict);
		insist(!vfio_mig_views_order(list(&target), target.index.n,
					     list(&target), target.index.n));
	}
	free(source.data);
	free(target.data);
	source.data = NULL;
	target.data = NULL;
	return 0;
}
