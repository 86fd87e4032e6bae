// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine itself, on bytes that no document gives: what stands on the wire
 * may come from anybody.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/match.h"
#include "encode.h"
#include "kernel.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct vfio_mig_index source, target;
static struct vfio_mig_fault fault;

/* ---------------------------------------------------------------- assembler */

/*
 * Attributes as text. Each begins with its number; what follows tells its
 * payload: (...) is a nest, :N four bytes, =N eight bytes, 'TEXT' a string and
 * its NUL, #HEX any bytes. So this is an attribute x that is a number, 1:
 *
 *	7(6'x' 2=1)
 *
 * since 7 is VFIO_MIG_A_OBJECT_ATTR, 6 the name, 2 the u64. The others: 1
 * bool, 3 string, 4 version, 5 bits, 7 rule, 8 severity, 9 missing, 10 origin,
 * 11 label, 12 accept, 13 settable, 14 scope.
 */
static unsigned int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static const char *assemble(struct wire *wire, const char *text);

/* A nest, behind its opening bracket. */
static const char *assemble_nest(struct wire *wire, uint16_t type,
				 const char *text)
{
	size_t at = wire->len;
	uint16_t len;

	wire_put(wire, type, NULL, 0);
	text = assemble(wire, text);
	assert_int_equal(*text, ')');
	len = wire->len - at;
	memcpy(wire->data + at, &len, sizeof(len));
	return text + 1;
}

static const char *assemble(struct wire *wire, const char *text)
{
	while (*text && *text != ')') {
		unsigned long type, number;
		uint8_t bytes[300];
		char *end;
		size_t n;

		if (*text == ' ') {
			text++;
			continue;
		}
		type = strtoul(text, &end, 10);
		assert_ptr_not_equal(text, end);
		text = end + 1;
		switch (*end) {
		case '(':
			text = assemble_nest(wire, type, text);
			break;
		case ':':
			number = strtoul(text, &end, 0);
			wire_put_u32(wire, type, number);
			text = end;
			break;
		case '=':
			number = strtoull(text, &end, 0);
			wire_put_u64(wire, type, number);
			text = end;
			break;
		case '\'':
			n = strcspn(text, "'");
			memcpy(bytes, text, n);
			bytes[n] = '\0';
			wire_put(wire, type, bytes, n + 1);
			text += n + 1;
			break;
		case '#':
			for (n = 0; isxdigit(*text); n++, text += 2)
				bytes[n] = digit(text[0]) << 4 | digit(text[1]);
			wire_put(wire, type, bytes, n);
			break;
		default:
			fail_msg("at %s", end);
		}
	}
	return text;
}

static int read_wire(struct vfio_mig_index *index, const struct wire *wire,
		     bool liberal)
{
	int err = vfio_mig_index_read(index, wire->data, wire->len, liberal,
				      &fault);

	if (!err)
		return 0;
	assert_non_null(fault.reason);
	assert_true(strlen(fault.reason) <= 79);
	assert_true(fault.offset <= wire->len);
	return err;
}

/* ----------------------------------------------------------------- refusals */

/**
 * struct trial - a profile
 * @text: the profile
 * @reason: why it is refused, or NULL
 * @offset: where
 * @then: why it is refused as the source of a check: NULL if for the same
 *	reason, empty if it is not
 */
struct trial {
	const char *text;
	const char *reason;
	uint32_t offset;
	const char *then;
};

static const struct trial trials[] = {
	{ "7(6'x' 2=1)" },
	{ "7(2=1 6'x' 10:1 9:1 8:1 7:1)" },
	{ "1:7 2'pci' 7(6'x' 2=1) 6:1 7(6'y' 2=1) 99#" },
	{ "32775(6'x' 32770=1)" },
	{ "", "no attributes", 0 },
	{ "1:7 99(7(6'x' 2=1))", "no attributes", 0 },
	{ "7()", "no name", 0 },
	{ "7(2=1)", "no name", 0 },
	{ "1:7 7(6'x')", "no value", 8 },
	{ "7(6'x' 7:0)", "unknown rule", 12, "no value" },
	/* names */
	{ "7(6'x' 6'x' 2=1)", "member comes twice", 12 },
	{ "7(6#78 2=1)", "text does not end with a NUL", 4 },
	{ "7(6# 2=1)", "text does not end with a NUL", 4 },
	{ "7(6'' 2=1)", "name is not of 1 to 63 bytes", 4 },
	{ "7(6#780000 2=1)", "name is not of small letters", 0 },
	{ "7(6'x ' 2=1)", "name is not of small letters", 0 },
	{ "7(6'X' 2=1)", "name is not of small letters", 0 },
	{ "7(6'_x' 2=1)", "name is not of small letters", 0 },
	{ "7(6'0' 2=1)" },
	{ "7(6'x' 2=1) 7(6'x' 2=1)", "another attribute", 24 },
	{ "7(6'b' 2=1) 7(6'a' 2=1) 7(6'b' 2=1)", "another", 48 },
	/* values */
	{ "7(6'x' 2=1 2=1)", "more than one value", 24 },
	{ "7(6'x' 2=1 1#01)", "more than one value", 24 },
	{ "7(6'x' 1#00)" },
	{ "7(6'x' 1#02)", "bool is neither 0 nor 1", 12 },
	{ "7(6'x' 1:1)", "bool is neither 0 nor 1", 12 },
	{ "7(6'x' 2:1)", "number is not of 8 bytes", 12 },
	{ "7(6'x' 3'')", "string is not of 1 to 255 bytes", 0 },
	{ "7(6'x' 3#61)", "text does not end with a NUL", 12 },
	{ "7(6'x' 3#6100620000)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#1f00)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#7f00)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#c28000)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#c29f00)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#c2a000)" },
	{ "7(6'x' 3#8000)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#c100)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#c200)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#e09fbf00)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#e0a08000)" },
	{ "7(6'x' 3#eda08000)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#edbfbf00)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#ee808000)" },
	{ "7(6'x' 3#f08fbfbf00)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#f48fbfbf00)" },
	{ "7(6'x' 3#f490808000)", "string is not UTF-8", 0 },
	{ "7(6'x' 3#f88080808000)", "string is not UTF-8", 0 },
	{ "7(6'x' 4(1:1 2:2 3:3))" },
	{ "7(6'x' 4(3:1 1:2 2:3))" },
	{ "7(6'x' 4())", "version is not major, minor and patch", 12 },
	{ "7(6'x' 4(1:1 2:2))", "version is not major", 12 },
	{ "7(6'x' 4(1:1 2:2 3=3))", "number is not of 4 bytes", 32 },
	{ "7(6'x' 4(1:1 2:2 3:3 3:3))", "member comes twice", 40 },
	{ "7(6'x' 4(1:1 2:2 3:3 4:3))", "unknown member", 40, "" },
	{ "7(6'x' 4(0# 1:1 2:2 3:3))", "unknown member", 16, "" },
	{ "7(6'x' 4#0000)", "cut off", 16 },
	{ "7(6'x' 4#03000100)", "cut off", 16 },
	{ "7(6'x' 4#09000100010000)", "cut off", 16 },
	{ "7(6'x' 5#)" },
	{ "7(6'x' 5#00)", "zeroes stand behind the last bit", 12 },
	{ "7(6'x' 5#0100)", "zeroes stand behind the last bit", 12 },
	/* rule, severity, missing, origin, scope */
	{ "7(6'x' 2=1 7:7)" },
	{ "7(6'x' 2=1 7:8)", "unknown rule", 24, "" },
	{ "7(6'x' 2=1 7:0)", "unknown rule", 24, "" },
	{ "7(6'x' 2=1 7#01)", "number is not of 4 bytes", 24 },
	{ "7(6'x' 2=1 7:1 7:1)", "member comes twice", 32 },
	{ "7(6'x' 2=1 8:0)", "unknown rule", 24, "" },
	{ "7(6'x' 2=1 8:4)", "unknown rule", 24, "" },
	{ "7(6'x' 2=1 9:4294967295)", "unknown rule", 24, "" },
	{ "7(6'x' 2=1 10:4)", "unknown rule", 24, "" },
	{ "7(6'x' 2=1 14:3)" },
	{ "7(6'x' 2=1 14:4)", "unknown rule", 24, "" },
	{ "7(6'x' 2=1 14:0)", "unknown rule", 24, "" },
	{ "7(6'x' 2=1 14#)", "number is not of 4 bytes", 24 },
	{ "7(6'x' 2=1 14:1 14:1)", "member comes twice", 32 },
	{ "7(6'x' 2=1 7:3 8:1)", "the rule none has no severity", 0 },
	{ "7(6'x' 2=1 7:3 9:1)" },
	{ "7(6'x' 2=1 7:5)", "rule does not fit the type", 0 },
	{ "7(6'x' 2=1 7:6)", "rule does not fit the type", 0 },
	{ "7(6'x' 1#01 7:7)", "rule does not fit the type", 0 },
	{ "7(6'x' 5# 7:4 12())", "rule does not fit the type", 0 },
	/* what is not known */
	{ "7(6'x' 0#)", "unknown member", 12, "" },
	{ "7(6'x' 2=1 15#)", "unknown member", 24, "" },
	{ "7(6'x' 2=1 16383# 15# 15#)", "unknown member", 24, "" },
	{ "7(6'x' 0# 7:5)", "unknown member", 12, "" },
	{ "7(6'x' 0# 7:4)", "unknown member", 12, "" },
	{ "7(6'X' 0#)", "unknown member", 12, "name is not" },
	{ "7(6'x' 0# 3'')", "unknown member", 12, "string is not of 1" },
	{ "7(6'x' 0# 7:1 12())", "unknown member", 12, "accept belongs" },
	/* lists */
	{ "7(6'x' 2=1 7:4)", "one-of without a list", 0 },
	{ "7(6'x' 2=1 7:4 12())" },
	{ "7(6'x' 2=1 7:1 12())", "accept belongs to the rule", 32 },
	{ "7(6'x' 2=1 12())", "accept belongs to the rule", 24 },
	{ "7(6'x' 2=1 7:0 12())", "unknown rule", 24, "" },
	{ "7(6'x' 2=1 13())" },
	{ "7(6'x' 2=1 7:7 13())" },
	{ "7(6'x' 2=1 7:2 13())", "settable belongs to the rules", 32 },
	{ "7(6'x' 2=1 7:4 12() 13())", "settable belongs", 36 },
	{ "7(6'x' 1#01 13())", "only u64, string and version", 20 },
	{ "7(6'x' 2=1 13(1(2=1)))" },
	{ "7(6'x' 2=1 13(1()))", "no value", 28 },
	{ "7(6'x' 2=1 13(1(2=1 2=1)))", "more than one value", 44 },
	{ "7(6'x' 2=1 13(1(2=1 6'x')))", "unknown member", 44, "" },
	{ "7(6'x' 2=1 13(1(6'x')))", "unknown member", 32, "" },
	{ "7(6'x' 2=1 13(1(2=1) 1(2=1)))", "member comes twice", 44 },
	{ "7(6'x' 2=1 13(1(2=1) 2(2=1)))", "value beside min", 24 },
	{ "7(6'x' 2=1 13(3(2=1) 1(2=1)))", "value beside min", 24 },
	{ "7(6'x' 2=1 13(4(2=1)))", "unknown member", 28, "" },
	{ "7(6'x' 2=1 13(1(3'x')))", "list has a value of another", 24 },
	{ "7(6'x' 2=1 13(2(3'x')))", "list has a value of another", 24 },
	{ "7(6'x' 2=1 13(3(1#01)))", "list has a value of another", 24 },
	{ "7(6'x' 2=1 13() 13(2(2=2) 3(2=1)))", "min is above", 28 },
	{ "7(6'x' 2=1 13(2(2=2) 3(2=2)))" },
	{ "7(6'x' 3'x' 13(2(3'x')))", "only u64 and version have", 20 },
	{ "7(6'x' 3'x' 13(1(3'')))", "string is not of 1 to", 20 },
	{ "7(6'x' 0# 13(1(3'')))", "unknown member", 12, "string is not of" },
	{ "7(6'x' 0# 13(2(2=2) 3(2=1)))", "unknown member", 12, "min is" },
	/* labels */
	{ "7(6'x' 5# 11(1:1 2'a'))" },
	{ "7(6'x' 5# 11(2'A' 1:255))" },
	{ "7(6'x' 5# 11(1:256 2'a'))", "label of a bit above 255", 16 },
	{ "7(6'x' 5# 11(1:1))", "label is not a bit and a name", 16 },
	{ "7(6'x' 5# 11(2'a'))", "label is not a bit and a name", 16 },
	{ "7(6'x' 5# 11())", "label is not a bit and a name", 16 },
	{ "7(6'x' 5# 11(1:1 2''))", "label is not of 1 to 31 bytes", 16 },
	{ "7(6'x' 5# 11(1:1 2'a b'))", "label is not of letters", 16 },
	{ "7(6'x' 5# 11(1:1 2'a' 3#))", "unknown member", 36, "" },
	{ "7(6'x' 5# 11(1:1 1:1 2'a'))", "member comes twice", 28 },
	{ "7(6'x' 5# 11(1:1 2'a') 11(1:1 2'b'))", "labels are not", 36 },
	{ "7(6'x' 5# 11(1:2 2'a') 11(1:1 2'b'))", "labels are not", 36 },
	{ "7(6'x' 5# 11(1:1 2'a') 11(1:2 2'a'))", "two bits have", 36 },
	{ "7(6'x' 2=1 11(1:1 2'a'))", "only bits have labels", 24 },
	{ "7(6'x' 0# 11(1:1 2'a'))", "unknown member", 12, "" },
};

static void try_one(const struct trial *t, const struct wire *wire,
		    bool liberal, const char *reason)
{
	int err = read_wire(&source, wire, liberal);

	if (!reason || !*reason) {
		if (err)
			fail_msg("%s: %s", t->text, fault.reason);
		return;
	}
	if (!err)
		fail_msg("not refused: %s", t->text);
	assert_int_equal(err, -EINVAL);
	if (strncmp(fault.reason, reason, strlen(reason)))
		fail_msg("%s, not %s: %s", fault.reason, reason, t->text);
	if (reason == t->reason && fault.offset != t->offset)
		fail_msg("at %u: %s", fault.offset, t->text);
	/* if it has a name, that is told */
	if (!strncmp(t->text, "7(6'x'", 6) &&
	    (!fault.name || strncmp(fault.name, "x", fault.name_len)))
		fail_msg("%s is told of: %s", fault.name, t->text);
}

static void test_refusals(void **state)
{
	struct wire wire = { NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trials); i++) {
		const struct trial *t = &trials[i];

		wire_append(&wire, "some room", 9);
		wire.len = 0;
		assemble(&wire, t->text);
		try_one(t, &wire, false, t->reason);
		try_one(t, &wire, true, t->then ? t->then : t->reason);
	}
	free(wire.data);
}

/* A profile that has everything. */
static const char * const rich[] = {
	"7(6'b' 5#0180 7:6 8:3 9:2 10:2 11(1:0 2'first') 11(1:15 2'last'))",
	"7(6'n' 2=12 7:7 8:2 9:1 10:1 13(1(2=16)) 13(2(2=20)) 13(3(2=8)) 13())",
	"7(6'o' 1#01 7:3 8:3 9:3 10:3)",
	"7(6's' 3'text' 7:4 8:3 9:3 10:3 12(1(3'a')) 12())",
	"7(6'v' 4(1:1 2:2 3:3) 7:4 8:3 9:3 10:3 12(2(4(1:1 2:0 3:0))))",
};

static void make(struct wire *wire, const char *text)
{
	*wire = (struct wire){ NULL };
	assemble(wire, text);
}

static void make_rich(struct wire *wire)
{
	*wire = (struct wire){ NULL };
	for (size_t i = 0; i < ARRAY_SIZE(rich); i++)
		assemble(wire, rich[i]);
}

/* By name. */
static const struct vfio_mig_view *const *
listed(const struct vfio_mig_index *index)
{
	static const struct vfio_mig_view *list[VFIO_MIG_ATTRS_MAX];

	vfio_mig_index_list(index, list);
	return list;
}

/* Cut off after any number of bytes: no byte behind them is read. */
static void test_cut(void **state)
{
	struct wire whole;

	(void)state;
	make_rich(&whole);
	assert_int_equal(read_wire(&source, &whole, false), 0);
	for (size_t len = 0; len <= whole.len; len++) {
		/* of its own size, so that a byte too far is noticed */
		uint8_t *copy = malloc(len + !len);
		int err;

		memcpy(copy, whole.data, len);
		err = vfio_mig_index_read(&target, copy, len, true, &fault);
		/* between two attributes it is a shorter profile */
		if (!err)
			assert_int_equal(target.n, len ? target.n : 0);
		else
			assert_int_equal(err, -EINVAL);
		vfio_mig_match_brought(copy, len, listed(&source), source.n,
				       NULL, NULL);
		free(copy);
	}
	free(whole.data);
}

/* Any byte may be any other. */
static void test_flipped(void **state)
{
	struct wire whole;

	(void)state;
	make_rich(&whole);
	read_wire(&source, &whole, false);
	for (size_t at = 0; at < whole.len; at++) {
		uint8_t *copy = malloc(whole.len);

		memcpy(copy, whole.data, whole.len);
		for (int byte = 0; byte < 256; byte += 1 + byte % 7) {
			copy[at] = byte;
			vfio_mig_index_read(&target, copy, whole.len, true,
					    &fault);
			vfio_mig_match_brought(copy, whole.len, listed(&source),
					       source.n, NULL, NULL);
		}
		free(copy);
	}
	free(whole.data);
}

/* Where it begins in memory is nothing to it. */
static void test_alignment(void **state)
{
	struct wire whole;
	uint8_t *room;

	(void)state;
	make_rich(&whole);
	room = malloc(whole.len + 8);
	for (int shift = 0; shift < 8; shift++) {
		memcpy(room + shift, whole.data, whole.len);
		assert_int_equal(vfio_mig_index_read(&source, room + shift,
						     whole.len, false,
						     &fault), 0);
		assert_int_equal(source.n, 5);
		/* o accepts nothing */
		assert_int_equal(vfio_mig_match_index(&source, listed(&source),
						      source.n, NULL, NULL),
				 VFIO_MIG_VERDICT_INCOMPATIBLE);
	}
	free(room);
	free(whole.data);
}

/* ------------------------------------------------------------------- limits */

/* So many of a text, then another. */
static void repeat(struct wire *wire, const char *before, const char *text,
		   int times, const char *after)
{
	char all[8192], *to;

	to = stpcpy(all, before);
	while (times--)
		to = stpcpy(to, text);
	strcpy(to, after);
	make(wire, all);
}

/* The first is at the limit, the second one beyond. */
static void limit(const char *before, const char *text, int times,
		  const char *after, int err, const char *reason)
{
	struct wire wire;

	repeat(&wire, before, text, times, after);
	if (read_wire(&source, &wire, false))
		fail_msg("%s: %s", reason, fault.reason);
	free(wire.data);
	repeat(&wire, before, text, times + 1, after);
	for (int liberal = 0; liberal < 2; liberal++) {
		assert_int_equal(read_wire(&source, &wire, liberal), err);
		assert_string_equal(fault.reason, reason);
	}
	free(wire.data);
}

static void test_limits(void **state)
{
	(void)state;
	limit("7(6'", "x", 63, "' 2=1)", -EINVAL,
	      "name is not of 1 to 63 bytes");
	limit("7(6'x' 3'", "x", 255, "')", -EINVAL,
	      "string is not of 1 to 255 bytes");
	limit("7(6'x' 5#", "ff", 32, ")", -EINVAL, "more than 256 bits");
	limit("7(6'x' 5# 11(1:1 2'", "x", 31, "'))", -EINVAL,
	      "label is not of 1 to 31 bytes");
	limit("7(6'x' 2=1 7:4", " 12()", 32, ")", -EINVAL,
	      "more than 32 entries in a list");
	limit("7(6'x' 2=1", " 13()", 32, ")", -EINVAL,
	      "more than 32 entries in a list");
}

static void test_attr_limit(void **state)
{
	char all[8192], *to = all;
	struct wire wire;

	(void)state;
	/* in disorder: 37 and 64 have no divisor in common */
	for (int i = 0; i < 64; i++)
		to += sprintf(to, "7(6'a%02d' 2=%d)", i * 37 % 64, i);
	make(&wire, all);
	assert_int_equal(read_wire(&source, &wire, false), 0);
	assert_int_equal(source.n, 64);
	for (int i = 0; i < 64; i++) {
		const struct vfio_mig_view *v;

		v = &source.views[source.order[i]];
		assert_int_equal(atoi(v->name + 1), i);
		assert_int_equal(v->value.num * 37 % 64, i);
	}
	free(wire.data);

	strcpy(to, "7(6'zz' 2=1)");
	make(&wire, all);
	assert_int_equal(read_wire(&source, &wire, true), -E2BIG);
	assert_string_equal(fault.reason, "more than 64 attributes");
	assert_string_equal(fault.name, "zz");
	assert_int_equal(fault.offset, 64 * 24);
	free(wire.data);
}

/* 22 attributes of 4 + 8 + 260 bytes take 5984. */
static void test_size_limit(void **state)
{
	struct vfio_mig_count count = { 0 };
	char all[8192], *to = all;
	struct wire wire;

	(void)state;
	for (int i = 0; i < 22; i++) {
		to += sprintf(to, "7(6'a%02d' 3'", i);
		memset(to, 'x', 255);
		to = stpcpy(to + 255, "')");
	}
	/* which leaves 160: 12 for head and name, 4 and a text */
	to += sprintf(to, "7(6'zz' 3'%0143d')", 0);
	make(&wire, all);
	assert_int_equal(wire.len, 6144);
	assert_int_equal(read_wire(&source, &wire, false), 0);
	free(wire.data);

	strcpy(to - 2, "0')");
	make(&wire, all);
	assert_int_equal(wire.len, 6148);
	assert_int_equal(read_wire(&source, &wire, false), -E2BIG);
	assert_string_equal(fault.reason,
			    "attributes take more than 6144 bytes");
	assert_string_equal(fault.name, "zz");
	free(wire.data);

	/* what pads the last one counts as well */
	count.bytes = 6140;
	assert_null(vfio_mig_count_attr(&count, 1));
	assert_non_null(vfio_mig_count_attr(&count, 1));
	count = (struct vfio_mig_count){ .attrs = 63 };
	assert_null(vfio_mig_count_attr(&count, 4));
	assert_non_null(vfio_mig_count_attr(&count, 4));
}

/* -------------------------------------------------------------------- views */

static void test_views(void **state)
{
	const struct vfio_mig_view *v;
	struct vfio_mig_range range;
	struct vfio_mig_value value;
	struct vfio_mig_bit bit;
	struct wire wire;
	__u16 cursor = 0;

	(void)state;
	/* other members stand between those of a list */
	make(&wire, "7(13(1(2=16)) 6'n' 13(2(2=20)) 2=12 13(3(2=8)))");
	assemble(&wire, "7(11(1:0 2'first') 6'x' 11(1:15 2'last') 5#01)");
	assert_int_equal(read_wire(&source, &wire, false), 0);
	v = &source.views[0];
	assert_int_equal(v->accept.n, 0);
	assert_false(vfio_mig_next_accept(v, &cursor, &range));
	assert_int_equal(v->settable.n, 3);
	assert_true(vfio_mig_next_settable(v, &cursor, &range));
	assert_int_equal(range.value.num, 16);
	assert_true(vfio_mig_next_settable(v, &cursor, &range));
	assert_int_equal(range.value.type, 0);
	assert_int_equal(range.min.num, 20);
	assert_int_equal(range.max.type, 0);
	assert_true(vfio_mig_next_settable(v, &cursor, &range));
	assert_int_equal(range.max.num, 8);
	assert_false(vfio_mig_next_settable(v, &cursor, &range));
	assert_false(vfio_mig_next_settable(v, &cursor, &range));

	value = v->value;
	for (value.num = 0; value.num < 30; value.num++)
		assert_int_equal(vfio_mig_can_set(v, &value),
				 value.num <= 8 || value.num == 16 ||
				 value.num >= 20);

	v = &source.views[1];
	cursor = 0;
	assert_true(vfio_mig_next_bit(v, &cursor, &bit));
	assert_int_equal(bit.number, 0);
	assert_string_equal(bit.name, "first");
	assert_true(vfio_mig_next_bit(v, &cursor, &bit));
	assert_int_equal(bit.number, 15);
	assert_int_equal(bit.len, 4);
	assert_false(vfio_mig_next_bit(v, &cursor, &bit));
	free(wire.data);
}

/* What is left out is as most have it. */
static void test_defaults(void **state)
{
	const struct vfio_mig_view *v = source.views;
	struct wire wire;

	(void)state;
	make(&wire, "7(6'a' 2=1) 7(6'b' 8:2 2=1) 7(6'c' 9:1 8:2 2=1)");
	assert_int_equal(read_wire(&source, &wire, false), 0);
	assert_int_equal(v[0].rule, VFIO_MIG_RULE_EQUAL);
	assert_int_equal(v[0].severity, VFIO_MIG_SEVERITY_FAIL);
	assert_int_equal(v[0].missing, VFIO_MIG_SEVERITY_FAIL);
	assert_int_equal(v[0].origin, VFIO_MIG_ORIGIN_ADMIN);
	assert_int_equal(v[1].missing, VFIO_MIG_SEVERITY_UNDECIDED);
	assert_int_equal(v[2].missing, VFIO_MIG_SEVERITY_INFO);
	free(wire.data);
}

/* ----------------------------------------------------------------- findings */

/* What was found, as "name:kind:severity" or, if settable, "name=value". */
static char told[1024];

static int tell(const struct vfio_mig_finding *f, void *arg)
{
	const struct vfio_mig_view *v = f->source ? f->source : f->target;
	char *to = told + strlen(told);

	if (f->set.type == VFIO_MIG_A_ATTR_U64)
		sprintf(to, "%s=%" PRIu64 " ", v->name, (uint64_t)f->set.num);
	else if (f->set.type == VFIO_MIG_A_ATTR_VERSION)
		sprintf(to, "%s=%u.%u.%u ", v->name, f->set.version[0],
			f->set.version[1], f->set.version[2]);
	else
		sprintf(to, "%s:%d:%d ", v->name, f->kind, f->severity);
	return arg ? *(int *)arg : 0;
}

/* One that says what the target says is the target's own, as in the kernel. */
static unsigned int listed_source(const struct vfio_mig_view **list)
{
	for (unsigned int i = 0; i < source.n; i++) {
		const struct vfio_mig_view *s = &source.views[source.order[i]];

		list[i] = s;
		for (unsigned int j = 0; j < target.n; j++) {
			const struct vfio_mig_view *t = &target.views[j];

			if (s->len == t->len && !memcmp(s->wire, t->wire,
							s->len))
				list[i] = t;
		}
	}
	return source.n;
}

/* Where both have the same view: the same is found. */
static void match_views(int verdict)
{
	const struct vfio_mig_view *list[VFIO_MIG_ATTRS_MAX];
	char before[sizeof(told)];
	unsigned int n;

	strcpy(before, told);
	*told = '\0';
	n = listed_source(list);
	assert_int_equal(vfio_mig_match_views(list, n, listed(&target),
					      target.n, tell, NULL), verdict);
	assert_string_equal(told, before);
}

/* The same source, not read before: the same is found, or it is in disorder. */
static void match_brought(const struct wire *from, int verdict, bool sorted)
{
	char before[sizeof(told)];
	int err;

	strcpy(before, told);
	*told = '\0';
	err = vfio_mig_match_brought(from->data, from->len, listed(&target),
				     target.n, tell, NULL);
	assert_int_equal(err, sorted ? verdict : -EAGAIN);
	if (sorted)
		assert_string_equal(told, before);
	strcpy(told, before);
}

static bool is_sorted(const struct vfio_mig_index *index)
{
	for (unsigned int i = 0; i < index->n; i++)
		if (index->order[i] != i)
			return false;

	return true;
}

static int match(const char *s, const char *t)
{
	struct wire from, to;
	int verdict;

	make(&from, s);
	make(&to, t);
	if (read_wire(&source, &from, true) || read_wire(&target, &to, true))
		fail_msg("%s: %s -> %s", fault.reason, s, t);
	*told = '\0';
	verdict = vfio_mig_match_index(&source, listed(&target), target.n, tell,
				       NULL);
	match_views(verdict);
	/* such a target must be right in every respect */
	if (!read_wire(&target, &to, false))
		match_brought(&from, verdict, is_sorted(&source));
	free(from.data);
	free(to.data);
	return verdict;
}

static void test_findings(void **state)
{
	(void)state;
	/* whatever the order of the source */
	assert_int_equal(match("7(6'c' 2=1) 7(6'aa' 2=1) 7(6'a' 2=1)",
			       "7(6'a' 2=2) 7(6'a.' 2=2) 7(6'c' 2=2)"),
			 VFIO_MIG_VERDICT_INCOMPATIBLE);
	assert_string_equal(told, "a:1:3 a.:3:3 aa:2:3 c:1:3 ");
	/* what begins as another comes before it */
	match("7(6'a' 2=1) 7(6'a-b' 2=1)", "7(6'a-b' 2=1) 7(6'a.b' 2=1)");
	assert_string_equal(told, "a:2:3 a.b:3:3 ");
	/* all of one side before all of the other */
	match("7(6'a' 2=1) 7(6'b' 2=1)", "7(6'c' 2=1) 7(6'd' 2=1)");
	assert_string_equal(told, "a:2:3 b:2:3 c:3:3 d:3:3 ");
	match("7(6'c' 2=1) 7(6'd' 2=1)", "7(6'a' 2=1) 7(6'b' 2=1)");
	assert_string_equal(told, "a:3:3 b:3:3 c:2:3 d:2:3 ");
	/* the same words accept themselves, but for the rule none */
	assert_int_equal(match(rich[1], rich[1]),
			 VFIO_MIG_VERDICT_COMPATIBLE);
	assert_int_equal(match(rich[2], rich[2]),
			 VFIO_MIG_VERDICT_INCOMPATIBLE);
	assert_string_equal(told, "o:1:3 ");
	/* and for what is not known */
	assert_int_equal(match("7(6'x' 2=1 0#)", "7(6'x' 2=1 0#)"),
			 VFIO_MIG_VERDICT_UNDECIDED);
	assert_string_equal(told, "x:6:2 ");
}

/* Two targets, of which the second says with the first's views what it can. */
static bool alike(const char *a, const char *b)
{
	const struct vfio_mig_view *list[VFIO_MIG_ATTRS_MAX];
	struct wire one, other;
	int order, back;

	make(&one, a);
	make(&other, b);
	assert_int_equal(read_wire(&target, &one, true), 0);
	assert_int_equal(read_wire(&source, &other, true), 0);
	order = vfio_mig_views_order(listed(&target), target.n, list,
				     listed_source(list));
	back = vfio_mig_views_order(list, source.n, listed(&target), target.n);
	assert_int_equal((order > 0) - (order < 0), (back < 0) - (back > 0));
	free(one.data);
	free(other.data);
	return !order;
}

static void test_alike(void **state)
{
	(void)state;
	/* rule 1 is equal, 2 any; origin 1 is vfio, 3 the administrator */
	assert_true(alike("7(6'a' 2=1)", "7(6'a' 2=1)"));
	assert_false(alike("7(6'a' 2=1)", "7(6'a' 2=2)"));
	assert_true(alike("7(6'a' 2=1) 7(6'b' 2=1 7:2)",
			  "7(6'a' 2=1) 7(6'b' 2=2 7:2)"));
	assert_true(alike("7(6'b' 2=1 7:2 8:3)", "7(6'b' 3'x' 7:2 8:1 9:2)"));
	/* a name is what a source may decide by */
	assert_false(alike("7(6'b' 2=1 7:2)", "7(6'c' 2=1 7:2)"));
	assert_false(alike("7(6'b' 2=1 7:2)", "7(6'b.c' 2=1 7:2)"));
	/* both must inform */
	assert_false(alike("7(6'b' 2=1 7:2)", "7(6'b' 2=1 7:1)"));
	assert_false(alike("7(6'b' 2=1 7:1)", "7(6'b' 2=1 7:2)"));
	/* what is not known may decide */
	assert_false(alike("7(6'b' 2=1 7:2 0#)", "7(6'b' 2=2 7:2 0#)"));
	/* an administrator's word is not taken for a driver's */
	assert_false(alike("7(6'b' 2=1 7:2 10:1)", "7(6'b' 2=1 7:2 10:3)"));
	assert_true(alike("7(6'b' 2=1 7:2 10:1)", "7(6'b' 2=2 7:2 10:1)"));
	/* not all of it */
	assert_false(alike("7(6'a' 2=1)", "7(6'a' 2=1) 7(6'b' 2=1 7:2)"));
	assert_false(alike("7(6'a' 2=1) 7(6'b' 2=1 7:2)", "7(6'a' 2=1)"));
}

/* What decides nothing is passed over, if both sides say it. */
static void test_informing(void **state)
{
	(void)state;
	assert_int_equal(match("7(6'a' 2=1 7:2) 7(6'b' 2=1)",
			       "7(6'a' 2=2 7:2) 7(6'b' 2=2)"),
			 VFIO_MIG_VERDICT_INCOMPATIBLE);
	assert_string_equal(told, "b:1:3 ");
	assert_int_equal(match("7(6'a' 2=1 7:2) 7(6'b' 2=1)",
			       "7(6'b' 2=2 7:2) 7(6'c' 2=1 7:2)"),
			 VFIO_MIG_VERDICT_COMPATIBLE);
	assert_int_equal(match("7(6'a' 2=1 7:2 10:2)", "7(6'a' 2=2 7:2 10:3)"),
			 VFIO_MIG_VERDICT_COMPATIBLE);
	/* which the rule of one side only does not make it */
	assert_int_equal(match("7(6'a' 2=1 7:2 10:2)", "7(6'a' 2=2 10:2)"),
			 VFIO_MIG_VERDICT_INCOMPATIBLE);
	assert_string_equal(told, "a:1:3 ");
	match("7(6'a' 2=1 10:2) 7(6'b' 2=1 7:2)", "7(6'a' 2=1 7:2 10:3)");
	assert_string_equal(told, "a:2:3 ");
}

/* Attributes of which some are left out, and some say something else. */
static const char *variant(char *to, unsigned int left_out, unsigned int other)
{
	static const char * const others[] = {
		"7(6'b' 5#0f80 7:6 8:3 9:2 10:2 11(1:0 2'first'))",
		"7(6'n' 2=16 7:7 8:2 9:1 10:1 13(1(2=20)))",
		"7(6'o' 1#00 7:3 8:3 9:3 10:3)",
		"7(6's' 3'much longer' 7:1 8:3 9:3 10:3)",
		"7(6'v' 4(1:1 2:3 3:3) 7:5 8:3 9:3 10:3)",
	};
	char *end = to;

	*end = '\0';
	for (unsigned int i = 0; i < ARRAY_SIZE(rich); i++)
		if (~left_out & 1u << i)
			end = stpcpy(end, other & 1u << i ? others[i] :
				     rich[i]);
	return to;
}

static void test_brought(void **state)
{
	char s[1024], t[1024];

	(void)state;
	for (unsigned int out_s = 0; out_s < 31; out_s++)
		for (unsigned int out_t = 0; out_t < 31; out_t++)
			for (unsigned int other = 0; other < 32; other++)
				match(variant(s, out_s, other),
				      variant(t, out_t, 0));
}

/* What is wrong with a source is for index_read() to tell, but is noticed. */
static void test_bad_source(void **state)
{
	static const char * const bad[] = {
		"", "1:7", "7()",
		"7(6'a' 2=1) 7(6'a' 2=1)",
		"7(6'a' 2=1) 7(6'a' 2=2)",
		"7(6'a' 2=2) 7(6'a' 2=1)",
		"7(6'a' 2=1) 7(6'b' 2=1) 7()",
		"7(6'a' 2=1) 7(6'b' 2=1) 7(6'b' 2=1)",
		"7(6'b' 2=1) 7(6'a' 2=1)",
	};
	char all[2048], *text = all;
	struct wire from, to;

	(void)state;
	make(&to, "7(6'a' 2=1) 7(6'b' 2=1)");
	assert_int_equal(read_wire(&target, &to, false), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		make(&from, bad[i]);
		assert_in_range(-vfio_mig_match_brought(from.data, from.len,
							listed(&target),
							target.n, NULL, NULL),
				1, 4095);
		free(from.data);
	}
	free(to.data);

	/* one attribute too many, of which the others are the same */
	for (int i = 0; i < 65; i++)
		text += sprintf(text, "7(6'a%02d' 2=1)", i);
	make(&from, all);
	assert_int_equal(vfio_mig_index_read(&target, from.data, 64 * 24,
					     false, &fault), 0);
	assert_int_equal(vfio_mig_match_brought(from.data, from.len,
						listed(&target), target.n, NULL,
						NULL), -E2BIG);
	free(from.data);
}

/* The smallest that is enough, also where no such value was written down. */
static void test_set(void **state)
{
	(void)state;
	match("7(6'x' 4(1:2 2:0 3:0))",
	      "7(6'x' 7:7 4(1:0 2:0 3:0) 13(3(4(1:3 2:1 3:0))))");
	assert_string_equal(told, "x=3.0.0 ");
	match("7(6'x' 4(1:3 2:0 3:5))",
	      "7(6'x' 7:7 4(1:0 2:0 3:0) 13(3(4(1:3 2:1 3:0))))");
	assert_string_equal(told, "x=3.0.5 ");
	match("7(6'x' 4(1:3 2:1 3:1))",
	      "7(6'x' 7:7 4(1:0 2:0 3:0) 13(3(4(1:3 2:1 3:0))))");
	assert_string_equal(told, "x:1:3 ");
	match("7(6'x' 4(1:3 2:4294967295 3:4294967295))",
	      "7(6'x' 7:7 4(1:0 2:0 3:0) 13(2(4(1:3 2:1 3:0))))");
	assert_string_equal(told, "x=3.4294967295.4294967295 ");
	match("7(6'x' 4(1:4 2:0 3:0))",
	      "7(6'x' 7:7 4(1:0 2:0 3:0) 13(2(4(1:3 2:1 3:0))))");
	assert_string_equal(told, "x:1:3 ");
	match("7(6'x' 2=5)", "7(6'x' 7:7 2=4 13(1(2=9)) 13(2(2=6) 3(2=7)))");
	assert_string_equal(told, "x=6 ");
	match("7(6'x' 2=5)", "7(6'x' 7:7 2=4 13(1(2=9)) 13())");
	assert_string_equal(told, "x=5 ");
	match("7(6'x' 2=18446744073709551615)", "7(6'x' 7:7 2=4 13(2(2=9)))");
	assert_string_equal(told, "x=18446744073709551615 ");
}

/* Who is told the findings can stop it; who is not told gets the verdict. */
static void test_stop(void **state)
{
	struct wire from, wire;
	int stop = -ENOBUFS;

	(void)state;
	make(&from, "7(6'a' 2=1) 7(6'c' 2=1) 7(6'd' 2=1)");
	read_wire(&source, &from, false);
	make(&wire, "7(6'b' 2=1) 7(6'c' 2=2)");
	read_wire(&target, &wire, false);
	for (int i = 0; i < 4; i++) {
		*told = '\0';
		assert_int_equal(vfio_mig_match_index(&source, listed(&target),
						      target.n, tell, &stop),
				 -ENOBUFS);
		assert_int_equal(strlen(told), 6);
	}
	assert_int_equal(vfio_mig_match_index(&source, listed(&target),
					      target.n, NULL, NULL),
			 VFIO_MIG_VERDICT_INCOMPATIBLE);
	free(wire.data);
	free(from.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_attr_limit),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_informing),
		cmocka_unit_test(test_brought),
		cmocka_unit_test(test_bad_source),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
