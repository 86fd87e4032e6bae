// SPDX-License-Identifier: GPL-2.0-or-later
/* Profiles drawn at random, and what a check of two of them must come to. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ----------------------------------------------------------------- chance */

/* splitmix64 */
static uint64_t next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint64_t draw(uint64_t *seed, uint64_t below)
{
	return next(seed) % below;
}

static bool one_in(uint64_t *seed, uint64_t n)
{
	return !draw(seed, n);
}

/*
 * Of this pair little is strange and little is different: otherwise hardly any
 * source would fit its target.
 */
static bool calm;

static bool is_strange(uint64_t *seed)
{
	return one_in(seed, calm ? 400 : 40);
}

/* --------------------------------------------------------------- profiles */

#define LONGEST "the-longest-name-of-an-attribute-that-there-can-be.0123456789_z"

_Static_assert(sizeof(LONGEST) == VFIO_MIG_NAME_MAX + 1, "it is the longest");

/* Names that are easily taken for one another, in bytewise order. */
static const char * const names[] = {
	"0", "a", "a-b", "a.b", "a0", "a_b", "aa", "aaa", "ab", "b", "b.c",
	"declared", "driver", "driver.build", "migratable", LONGEST, "units",
	"version", "x", "x-y", "z",
};

static const char * const strings[] = {
	"a", "b", "ab", "A", " ", "\xc3\xa9", "\xf0\x9f\x92\xbe", "a\"\\b",
	/* 255 bytes of three each */
#define E5 "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
#define E17 E5 E5 E5 "\xe2\x82\xac\xe2\x82\xac"
	E17 E17 E17 E17 E17,
};

static integer draw_u64(uint64_t *seed)
{
	static const uint64_t some[] = {
		0, 1, 2, 3, 4, 7, 8, 9, 16, (1ull << 53) - 1, 1ull << 53,
		(1ull << 53) + 1, UINT64_MAX - 1, UINT64_MAX
	};

	return some[draw(seed, ARRAY_SIZE(some))];
}

static integer draw_version(uint64_t *seed)
{
	static const uint32_t some[] = { 0, 1, 1, 2, 9, 10, UINT32_MAX };
	integer n = 0;

	for (int i = 0; i < 3; i++)
		n = n << 32 | some[draw(seed, ARRAY_SIZE(some))];

	return n;
}

static integer draw_ordered(uint64_t *seed, enum draw_type type)
{
	return type == DRAW_VERSION ? draw_version(seed) : draw_u64(seed);
}

static void draw_value(uint64_t *seed, enum draw_type type,
		       struct draw_value *value)
{
	static const uint8_t some[] = { 0, 1, 7, 8, 9, 63, 64, 254, 255 };

	memset(value, 0, sizeof(*value));
	switch (type) {
	case DRAW_BOOL:
		value->n = draw(seed, 2);
		break;
	case DRAW_STRING:
		value->s = strings[draw(seed, ARRAY_SIZE(strings))];
		break;
	case DRAW_BITS:
		for (size_t i = draw(seed, 5); i; i--)
			value->bits[some[draw(seed, ARRAY_SIZE(some))]] = true;
		break;
	default:
		value->n = draw_ordered(seed, type);
		break;
	}
}

static void draw_range(uint64_t *seed, enum draw_type type,
		       struct draw_range *range)
{
	integer swap;

	memset(range, 0, sizeof(*range));
	range->single = draw(seed, 2);
	if (range->single) {
		draw_value(seed, type, &range->value);
		return;
	}
	if (type == DRAW_STRING)
		return;
	range->has_min = draw(seed, 5);
	range->has_max = draw(seed, 5);
	range->min = draw_ordered(seed, type);
	range->max = draw_ordered(seed, type);
	if (range->has_min && range->has_max && range->min > range->max) {
		swap = range->min;
		range->min = range->max;
		range->max = swap;
	}
}

static size_t draw_list(uint64_t *seed, enum draw_type type,
			struct draw_range *list)
{
	size_t n = 1 + draw(seed, DRAW_LIST_MAX);

	for (size_t i = 0; i < n; i++)
		draw_range(seed, type, &list[i]);

	return n;
}

static bool is_ordered(enum draw_type type)
{
	return type == DRAW_U64 || type == DRAW_VERSION;
}

static uint32_t draw_rule(uint64_t *seed, enum draw_type type)
{
	uint32_t rules[8] = {
		VFIO_MIG_RULE_EQUAL, VFIO_MIG_RULE_EQUAL, VFIO_MIG_RULE_ANY,
		VFIO_MIG_RULE_NONE
	};
	size_t n = calm ? 3 : 4;

	if (is_ordered(type) || type == DRAW_STRING)
		rules[n++] = VFIO_MIG_RULE_ONE_OF;
	if (is_ordered(type))
		rules[n++] = VFIO_MIG_RULE_AT_LEAST;
	if (type == DRAW_VERSION)
		rules[n++] = VFIO_MIG_RULE_SEMVER;
	if (type == DRAW_BITS)
		rules[n++] = VFIO_MIG_RULE_SUPERSET;

	return is_strange(seed) ? 0 : rules[draw(seed, n)];
}

static uint32_t draw_severity(uint64_t *seed)
{
	return is_strange(seed) ? 0 : 1 + draw(seed, VFIO_MIG_SEVERITY_FAIL);
}

/* All but its name. */
static void draw_attr(uint64_t *seed, struct draw_attr *a)
{
	a->type = is_strange(seed) ? DRAW_ALIEN : draw(seed, DRAW_ALIEN);
	draw_value(seed, a->type, &a->value);
	a->rule = draw_rule(seed, a->type);
	a->severity = draw_severity(seed);
	a->missing = one_in(seed, 2) ? a->severity : draw_severity(seed);
	a->origin = is_strange(seed) ? 0 :
		    1 + draw(seed, VFIO_MIG_ORIGIN_ADMIN);
	a->alien = is_strange(seed);
	if (a->rule == VFIO_MIG_RULE_NONE &&
	    a->severity == VFIO_MIG_SEVERITY_INFO)
		a->severity = VFIO_MIG_SEVERITY_FAIL;

	a->n_accept = 0;
	a->n_settable = 0;
	if (a->rule == VFIO_MIG_RULE_ONE_OF)
		a->n_accept = draw_list(seed, a->type, a->accept);
	if (((a->rule == VFIO_MIG_RULE_EQUAL &&
	      (is_ordered(a->type) || a->type == DRAW_STRING)) ||
	     a->rule == VFIO_MIG_RULE_AT_LEAST) && one_in(seed, 2))
		a->n_settable = draw_list(seed, a->type, a->settable);
}

static void draw_profile(uint64_t *seed, struct draw_profile *p)
{
	uint64_t share = calm ? 0 : draw(seed, 8);

	p->n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (draw(seed, 9) > share)
			continue;
		p->attrs[p->n].name = names[i];
		draw_attr(seed, &p->attrs[p->n++]);
	}
	if (!p->n) {
		p->attrs[0].name = names[draw(seed, ARRAY_SIZE(names))];
		draw_attr(seed, &p->attrs[p->n++]);
	}
}

/* As many attributes as there can be, all of them small. */
static void draw_large(uint64_t *seed, struct draw_profile *p)
{
	static char large[VFIO_MIG_ATTRS_MAX][24];

	p->n = VFIO_MIG_ATTRS_MAX;
	for (size_t i = 0; i < p->n; i++) {
		struct draw_attr *a = &p->attrs[i];

		snprintf(large[i], sizeof(large[i]), "n%02zu", i);
		do {
			draw_attr(seed, a);
		} while (a->n_accept || a->n_settable ||
			 a->type == DRAW_STRING || a->type == DRAW_VERSION);
		a->name = large[i];
	}
}

/* A near miss: mostly the same, in one or the other thing different. */
static void change(uint64_t *seed, struct draw_attr *a)
{
	struct draw_attr other = { .name = a->name };

	switch (calm ? 1 : draw(seed, 6)) {
	case 0:
		draw_attr(seed, &other);
		*a = other;
		break;
	case 1:
		draw_value(seed, a->type, &a->value);
		break;
	case 2:
		a->origin = 1 + draw(seed, VFIO_MIG_ORIGIN_ADMIN);
		break;
	case 3:
		a->missing = draw_severity(seed);
		break;
	case 4:
		if (a->n_accept)
			a->n_accept = draw_list(seed, a->type, a->accept);
		if (a->n_settable)
			a->n_settable = draw_list(seed, a->type, a->settable);
		break;
	case 5:
		if (a->rule != VFIO_MIG_RULE_NONE)
			a->severity = draw_severity(seed);
		break;
	}
}

void draw_pair(uint64_t *seed, struct draw_profile *source,
	       struct draw_profile *target)
{
	calm = draw(seed, 2);
	if (one_in(seed, 50))
		draw_large(seed, source);
	else
		draw_profile(seed, source);

	draw_near(seed, source, target);
}

void draw_near(uint64_t *seed, const struct draw_profile *source,
	       struct draw_profile *target)
{
	if (!calm && one_in(seed, 3)) {
		draw_profile(seed, target);
		return;
	}
	*target = *source;
	for (size_t i = 0; i < target->n; i++)
		if (one_in(seed, 3))
			change(seed, &target->attrs[i]);

	/* something that the target does not have */
	while (target->n > 1 && one_in(seed, calm ? 12 : 3)) {
		size_t i = draw(seed, target->n--);

		memmove(&target->attrs[i], &target->attrs[i + 1],
			(target->n - i) * sizeof(target->attrs[0]));
	}
}

void draw_settable(struct draw_profile *p)
{
	if (p->n == VFIO_MIG_ATTRS_MAX)
		p->n--;
	for (size_t i = 0; i < p->n; i++) {
		struct draw_attr *a = &p->attrs[i];

		if (a->type == DRAW_ALIEN) {
			a->type = DRAW_BOOL;
			a->value.n %= 2;
		}
		if (!a->rule)
			a->rule = VFIO_MIG_RULE_EQUAL;
		if (!a->severity)
			a->severity = VFIO_MIG_SEVERITY_FAIL;
		if (!a->missing)
			a->missing = VFIO_MIG_SEVERITY_UNDECIDED;
		a->origin = VFIO_MIG_ORIGIN_ADMIN;
		a->alien = false;
	}
}

/* ------------------------------------------------------------------- text */

static void write_string(uint64_t *seed, FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x80 && one_in(seed, 8))
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void write_integer(uint64_t *seed, FILE *out, enum draw_type type,
			  integer n)
{
	uint64_t number = n;

	if (type == DRAW_VERSION)
		fprintf(out, "\"%" PRIu32 ".%" PRIu32 ".%" PRIu32 "\"",
			(uint32_t)(n >> 64), (uint32_t)(n >> 32), (uint32_t)n);
	else if (one_in(seed, 3))
		fprintf(out, "\"%" PRIu64 "\"", number);
	else if (number % 10 == 0 && one_in(seed, 3))
		fprintf(out, "%" PRIu64 "e1", number / 10);
	else
		fprintf(out, "%" PRIu64 "%s", number,
			one_in(seed, 5) ? ".0" : "");
}

static void write_bits(FILE *out, const struct draw_value *value)
{
	const char *comma = "";

	fputc('[', out);
	for (int bit = 0; bit < 256; bit++) {
		if (!value->bits[bit])
			continue;
		/* two have names; see write_attr() */
		if (bit == 7 || bit == 255)
			fprintf(out, "%s\"bit-%d\"", comma, bit);
		else
			fprintf(out, "%s%d", comma, bit);
		comma = ",";
	}
	fputc(']', out);
}

static void write_value(uint64_t *seed, FILE *out, enum draw_type type,
			const struct draw_value *value)
{
	switch (type) {
	case DRAW_BOOL:
		fputs(value->n ? "true" : "false", out);
		break;
	case DRAW_STRING:
		write_string(seed, out, value->s);
		break;
	case DRAW_BITS:
		write_bits(out, value);
		break;
	case DRAW_ALIEN:
		fputs("{\"what\": [1, {}, []]}", out);
		break;
	default:
		write_integer(seed, out, type, value->n);
		break;
	}
}

static void write_range(uint64_t *seed, FILE *out, enum draw_type type,
			const struct draw_range *range)
{
	if (range->single) {
		write_value(seed, out, type, &range->value);
		return;
	}
	fputc('{', out);
	if (range->has_min) {
		fputs("\"min\":", out);
		write_integer(seed, out, type, range->min);
	}
	if (range->has_min && range->has_max)
		fputc(',', out);
	if (range->has_max) {
		fputs("\"max\":", out);
		write_integer(seed, out, type, range->max);
	}
	fputc('}', out);
}

static void write_list(uint64_t *seed, FILE *out, const char *key,
		       enum draw_type type, const struct draw_range *list,
		       size_t n)
{
	if (!n)
		return;
	fprintf(out, ", \"%s\": [", key);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? "," : "", out);
		write_range(seed, out, type, &list[i]);
	}
	fputc(']', out);
}

static void write_name(FILE *out, const char *key, const char * const all[],
		       uint32_t number)
{
	fprintf(out, ", \"%s\": \"%s\"", key,
		number ? all[number] : "of-the-future");
}

static void write_attr(uint64_t *seed, FILE *out, const struct draw_attr *a)
{
	static const char * const types[] = {
		"bool", "u64", "string", "version", "bits", "matrix"
	};
	static const char * const rules[] = {
		NULL, "equal", "any", "none", "one-of", "semver", "superset",
		"at-least"
	};
	static const char * const severities[] = {
		NULL, "info", "undecided", "fail"
	};
	static const char * const origins[] = {
		NULL, "vfio", "driver", "admin"
	};

	fprintf(out, "{\"type\": \"%s\", \"value\": ", types[a->type]);
	write_value(seed, out, a->type, &a->value);
	if (a->type == DRAW_BITS)
		fprintf(out, ", \"names\": [%s, %s]",
			"{\"name\": \"bit-255\", \"bit\": 255}",
			"{\"bit\": 7, \"name\": \"bit-7\"}");
	fprintf(out, ", \"name\": \"%s\"", a->name);
	/* what is as most have it may be left out */
	if (a->rule != VFIO_MIG_RULE_EQUAL || one_in(seed, 2))
		write_name(out, "rule", rules, a->rule);
	if (a->missing != a->severity || one_in(seed, 2))
		write_name(out, "missing", severities, a->missing);
	if (a->severity != VFIO_MIG_SEVERITY_FAIL || one_in(seed, 2))
		write_name(out, "severity", severities, a->severity);
	if (a->origin != VFIO_MIG_ORIGIN_ADMIN || one_in(seed, 2))
		write_name(out, "origin", origins, a->origin);
	write_list(seed, out, "accept", a->type, a->accept, a->n_accept);
	write_list(seed, out, "settable", a->type, a->settable, a->n_settable);
	if (a->alien)
		fputs(", \"mask\": 7", out);
	if (one_in(seed, 4))
		fputs(", \"x-why\": {\"mask\": 7}", out);
	fputc('}', out);
}

char *draw_text(uint64_t *seed, const struct draw_profile *profile)
{
	size_t order[VFIO_MIG_ATTRS_MAX], size;
	char *text;
	FILE *out;

	for (size_t i = 0; i < profile->n; i++) {
		size_t j = draw(seed, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	out = open_memstream(&text, &size);
	if (!out)
		abort();
	fputc('[', out);
	for (size_t i = 0; i < profile->n; i++) {
		fputs(i ? ",\n" : "", out);
		write_attr(seed, out, &profile->attrs[order[i]]);
	}
	fputc(']', out);
	if (fclose(out))
		abort();
	return text;
}

/* --------------------------------------------------------------- reference */

/**
 * struct interval - all integers from one to another
 * @low: the least
 * @high: the greatest
 */
struct interval {
	integer low;
	integer high;
};

static struct interval interval_of(enum draw_type type,
				   const struct draw_range *range)
{
	integer major = type == DRAW_VERSION ? (integer)1 << 64 : 0;
	struct interval all = { 0, UINT64_MAX }, v;

	if (range->single)
		return (struct interval){ range->value.n, range->value.n };
	if (major)
		all.high = (integer)UINT32_MAX << 64 | UINT64_MAX;

	v = all;
	if (range->has_min) {
		v.low = range->min;
		if (major)
			v.high = range->min / major * major + (major - 1);
	}
	if (range->has_max) {
		v.high = range->max;
		if (major && !range->has_min)
			v.low = range->max / major * major;
	}
	return v;
}

static bool covers(enum draw_type type, const struct draw_range *list,
		   size_t n, const struct draw_value *value)
{
	bool covered = false;

	for (size_t i = 0; i < n; i++) {
		struct interval v = interval_of(type, &list[i]);

		if (type == DRAW_STRING)
			covered |= !list[i].single ||
				   !strcmp(list[i].value.s, value->s);
		else
			covered |= v.low <= value->n && value->n <= v.high;
	}
	return covered;
}

static bool equals(enum draw_type type, const struct draw_value *a,
		   const struct draw_value *b)
{
	if (type == DRAW_STRING)
		return !strcmp(a->s, b->s);

	return a->n == b->n && !memcmp(a->bits, b->bits, sizeof(a->bits));
}

static bool accepts(const struct draw_attr *t, const struct draw_attr *s)
{
	integer minors = (integer)1 << 32, majors = (integer)1 << 64;
	bool all = true;

	switch (t->rule) {
	case VFIO_MIG_RULE_EQUAL:
		return equals(t->type, &t->value, &s->value);
	case VFIO_MIG_RULE_ANY:
		return true;
	case VFIO_MIG_RULE_ONE_OF:
		return equals(t->type, &t->value, &s->value) ||
		       covers(t->type, t->accept, t->n_accept, &s->value);
	case VFIO_MIG_RULE_SEMVER:
		/* from the first patch of the major to the last of the minor */
		return s->value.n >= t->value.n / majors * majors &&
		       s->value.n < (t->value.n / minors + 1) * minors;
	case VFIO_MIG_RULE_SUPERSET:
		for (int bit = 0; bit < 256; bit++)
			all &= !s->value.bits[bit] || t->value.bits[bit];
		return all;
	case VFIO_MIG_RULE_AT_LEAST:
		return s->value.n <= t->value.n;
	}
	return false;
}

/*
 * Tries the ends of all intervals, and the source's value: the smallest that
 * would do must be one of them.
 */
static bool find_set(const struct draw_attr *t, const struct draw_attr *s,
		     struct draw_value *set)
{
	struct draw_attr trial = *t;
	bool found = false;

	memset(set, 0, sizeof(*set));
	for (size_t i = 0; i < 2 * t->n_settable + 1; i++) {
		struct interval v;

		trial.value = s->value;
		if (i < 2 * t->n_settable && t->type != DRAW_STRING) {
			v = interval_of(t->type, &t->settable[i / 2]);
			trial.value.n = i % 2 ? v.low : v.high;
		}
		if (!covers(t->type, t->settable, t->n_settable,
			    &trial.value) || !accepts(&trial, s))
			continue;
		if (!found || trial.value.n < set->n)
			*set = trial.value;
		found = true;
	}
	return found;
}

static bool is_unknown(const struct draw_attr *a)
{
	return a->type == DRAW_ALIEN || a->alien || !a->rule || !a->severity ||
	       !a->missing || !a->origin;
}

/* All cases of the design are looked at; the first that holds counts. */
static bool judge(const struct draw_attr *s, const struct draw_attr *t,
		  struct draw_finding *f)
{
	enum { NONE, TARGET, UNKNOWN, SOURCE, TYPE, SETTABLE, MISMATCH } what;
	uint32_t vague;
	bool both;

	if (s && t && s->origin != VFIO_MIG_ORIGIN_ADMIN &&
	    t->origin == VFIO_MIG_ORIGIN_ADMIN)
		t = NULL;
	both = s && t && !is_unknown(s) && !is_unknown(t);

	const struct {
		bool holds;
		int what;
	} cases[] = {
		{ !t && s->rule == VFIO_MIG_RULE_ANY, NONE },
		{ !t, TARGET },
		{ t && is_unknown(t), UNKNOWN },
		{ t && t->rule == VFIO_MIG_RULE_ANY, NONE },
		{ !s, SOURCE },
		{ s && is_unknown(s), UNKNOWN },
		{ both && s->type != t->type, TYPE },
		{ both && s->type == t->type && accepts(t, s), NONE },
		{ both && s->type == t->type &&
		  t->severity != VFIO_MIG_SEVERITY_INFO &&
		  find_set(t, s, &f->set), SETTABLE },
		{ true, MISMATCH },
	};
	size_t i = 0;

	while (!cases[i].holds)
		i++;
	what = cases[i].what;
	vague = t && t->severity == VFIO_MIG_SEVERITY_INFO ?
		VFIO_MIG_SEVERITY_INFO : VFIO_MIG_SEVERITY_UNDECIDED;

	f->source = s;
	f->target = t;
	switch (what) {
	case NONE:
		return false;
	case TARGET:
		f->kind = VFIO_MIG_FINDING_KIND_MISSING_ON_TARGET;
		f->severity = s->missing;
		break;
	case UNKNOWN:
		f->kind = VFIO_MIG_FINDING_KIND_UNKNOWN;
		f->severity = vague;
		break;
	case SOURCE:
		f->kind = VFIO_MIG_FINDING_KIND_MISSING_ON_SOURCE;
		f->severity = t->missing;
		break;
	case TYPE:
		f->kind = VFIO_MIG_FINDING_KIND_TYPE;
		f->severity = t->severity;
		break;
	case SETTABLE:
		f->kind = VFIO_MIG_FINDING_KIND_SETTABLE;
		f->severity = 0;
		return true;
	case MISMATCH:
		f->kind = VFIO_MIG_FINDING_KIND_MISMATCH;
		f->severity = t->severity;
		break;
	}
	if (!f->severity)
		f->severity = VFIO_MIG_SEVERITY_UNDECIDED;
	return true;
}

static const struct draw_attr *find(const struct draw_profile *p,
				    const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->attrs[i].name, name))
			return &p->attrs[i];

	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char * const *)a, *(const char * const *)b);
}

static uint32_t verdict(const struct draw_answer *answer)
{
	size_t count[VFIO_MIG_SEVERITY_FAIL + 1] = { 0 };

	for (size_t i = 0; i < answer->n; i++)
		count[answer->findings[i].severity]++;
	if (count[VFIO_MIG_SEVERITY_FAIL])
		return VFIO_MIG_VERDICT_INCOMPATIBLE;
	if (count[VFIO_MIG_SEVERITY_UNDECIDED])
		return VFIO_MIG_VERDICT_UNDECIDED;
	return count[0] ? VFIO_MIG_VERDICT_ADJUSTABLE :
			  VFIO_MIG_VERDICT_COMPATIBLE;
}

void draw_judge(const struct draw_profile *source,
		const struct draw_profile *target, struct draw_answer *answer)
{
	const char *all[2 * VFIO_MIG_ATTRS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < source->n; i++)
		all[n++] = source->attrs[i].name;
	for (size_t i = 0; i < target->n; i++)
		if (!find(source, target->attrs[i].name))
			all[n++] = target->attrs[i].name;
	qsort(all, n, sizeof(all[0]), by_name);

	answer->n = 0;
	for (size_t i = 0; i < n; i++)
		if (judge(find(source, all[i]), find(target, all[i]),
			  &answer->findings[answer->n]))
			answer->n++;
	answer->verdict = verdict(answer);
}
