// SPDX-License-Identifier: GPL-2.0-or-later
/* Profiles of another byte order, as kernel/order.c turns them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../kernel/order.c"

/**
 * struct writer - writes numbers of either order
 * @big: the most significant byte comes first
 * @len: bytes at @wire
 * @wire: what was written
 */
struct writer {
	bool big;
	size_t len;
	uint8_t wire[1024];
};

static void put(struct writer *w, uint64_t number, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		w->wire[w->len + (w->big ? n - 1 - i : i)] = number >> (8 * i);
	w->len += n;
}

static void number(struct writer *w, uint16_t type, uint64_t value, size_t n)
{
	put(w, NLA_HDRLEN + n, 2);
	put(w, type, 2);
	put(w, value, n);
	w->len = NLA_ALIGN(w->len);
}

static void bytes(struct writer *w, uint16_t type, const void *data, size_t n)
{
	put(w, NLA_HDRLEN + n, 2);
	put(w, type, 2);
	memcpy(w->wire + w->len, data, n);
	w->len = NLA_ALIGN(w->len + n);
}

static size_t begin(struct writer *w, uint16_t type)
{
	size_t at = w->len;

	put(w, 0, 2);
	put(w, type | NLA_F_NESTED, 2);
	return at;
}

static void end(struct writer *w, size_t at)
{
	size_t len = w->len;

	w->len = at;
	put(w, len - at, 2);
	w->len = len;
}

static void version(struct writer *w, uint32_t major, uint32_t minor)
{
	size_t at = begin(w, VFIO_MIG_A_ATTR_VERSION);

	number(w, VFIO_MIG_A_VERSION_MAJOR, major, 4);
	number(w, VFIO_MIG_A_VERSION_MINOR, minor, 4);
	number(w, VFIO_MIG_A_VERSION_PATCH, 0xfffefdfc, 4);
	end(w, at);
}

static void name_and_rule(struct writer *w, const char *name, uint32_t rule)
{
	bytes(w, VFIO_MIG_A_ATTR_NAME, name, strlen(name) + 1);
	number(w, VFIO_MIG_A_ATTR_RULE, rule, 4);
	number(w, VFIO_MIG_A_ATTR_SEVERITY, 0x01020304, 4);
	number(w, VFIO_MIG_A_ATTR_MISSING, 2, 4);
	number(w, VFIO_MIG_A_ATTR_ORIGIN, 3, 4);
	number(w, VFIO_MIG_A_ATTR_SCOPE, 0x01020304, 4);
}

/* Every kind of member there is, and some that are not known. */
static void write_profile(struct writer *w, bool big)
{
	static const uint8_t bits[] = { 1, 2, 3, 4 };
	size_t attr, range, value;

	memset(w, 0, sizeof(*w));
	w->big = big;

	attr = begin(w, VFIO_MIG_A_OBJECT_ATTR);
	name_and_rule(w, "number", VFIO_MIG_RULE_AT_LEAST);
	number(w, VFIO_MIG_A_ATTR_U64, 0x0102030405060708, 8);
	range = begin(w, VFIO_MIG_A_ATTR_SETTABLE);
	value = begin(w, VFIO_MIG_A_RANGE_MIN);
	number(w, VFIO_MIG_A_ATTR_U64, 77, 8);
	end(w, value);
	end(w, range);
	end(w, attr);

	attr = begin(w, VFIO_MIG_A_OBJECT_ATTR);
	name_and_rule(w, "version", VFIO_MIG_RULE_ONE_OF);
	version(w, 1, 4294967295);
	range = begin(w, VFIO_MIG_A_ATTR_ACCEPT);
	value = begin(w, VFIO_MIG_A_RANGE_VALUE);
	version(w, 258, 3);
	end(w, value);
	value = begin(w, VFIO_MIG_A_RANGE_MAX);
	version(w, 4, 5);
	end(w, value);
	end(w, range);
	end(w, attr);

	attr = begin(w, VFIO_MIG_A_OBJECT_ATTR);
	name_and_rule(w, "bits", VFIO_MIG_RULE_SUPERSET);
	bytes(w, VFIO_MIG_A_ATTR_BITS, bits, sizeof(bits));
	range = begin(w, VFIO_MIG_A_ATTR_LABEL);
	number(w, VFIO_MIG_A_LABEL_BIT, 24, 4);
	bytes(w, VFIO_MIG_A_LABEL_NAME, "abc", 4);
	end(w, range);
	end(w, attr);

	attr = begin(w, VFIO_MIG_A_OBJECT_ATTR);
	name_and_rule(w, "others", 0x01020304);
	number(w, VFIO_MIG_A_ATTR_BOOL, 1, 1);
	bytes(w, VFIO_MIG_A_ATTR_STRING, "word", 5);
	bytes(w, 15, "\1\2\3\4", 4);
	bytes(w, 0x3fff, "\1\2\3\4\5\6\7", 7);
	end(w, attr);
}

static void both_ways(void **state)
{
	static const uint16_t one = 1;
	bool big = !*(const uint8_t *)&one;
	struct writer ours, theirs, turned;

	(void)state;
	write_profile(&ours, big);
	write_profile(&theirs, !big);
	assert_int_equal(ours.len, theirs.len);
	assert_memory_not_equal(ours.wire, theirs.wire, ours.len);

	turned = ours;
	vfio_mig_order_swap(turned.wire, turned.len, true);
	assert_memory_equal(turned.wire, theirs.wire, theirs.len);
	vfio_mig_order_swap(turned.wire, turned.len, false);
	assert_memory_equal(turned.wire, ours.wire, ours.len);
}

/* In a block of its own, so that the sanitizer sees the first byte beyond. */
static void anything(void **state)
{
	struct writer good;
	unsigned int i;

	(void)state;
	srandom(1);
	write_profile(&good, false);
	for (i = 0; i < 100000; i++) {
		size_t len = random() % (good.len + 1);
		uint8_t *wire = malloc(len + !len);
		unsigned int n = random() % 8;

		memcpy(wire, good.wire, len);
		while (n-- && len)
			wire[random() % len] = random();
		vfio_mig_order_swap(wire, len, i & 1);
		free(wire);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
