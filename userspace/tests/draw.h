/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profiles drawn at random, and what a check of two of them must come to: a
 * reference that has nothing in common with the engine. Everything that has an
 * order is one large integer here, every range an interval of integers.
 */
#ifndef VFIOMIG_TESTS_DRAW_H
#define VFIOMIG_TESTS_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/vfio_mig.h>

/* A number, or a version as major * 2^64 + minor * 2^32 + patch. */
#define integer unsigned __int128

#define DRAW_LIST_MAX 6

/**
 * enum draw_type - types of values
 * @DRAW_BOOL: the integer 0 or 1
 * @DRAW_U64: the integer
 * @DRAW_STRING: the string
 * @DRAW_VERSION: the integer
 * @DRAW_BITS: the bits
 * @DRAW_ALIEN: a type of the future
 */
enum draw_type {
	DRAW_BOOL,
	DRAW_U64,
	DRAW_STRING,
	DRAW_VERSION,
	DRAW_BITS,
	DRAW_ALIEN,
};

/**
 * struct draw_value - a value
 * @n: what has an order
 * @s: a string
 * @bits: the bits that are set
 */
struct draw_value {
	integer n;
	const char *s;
	bool bits[256];
};

/**
 * struct draw_range - an entry of a list
 * @single: it is one value
 * @has_min: it has a lower end
 * @has_max: it has an upper end
 * @value: the one value
 * @min: the lower end
 * @max: the upper end
 */
struct draw_range {
	bool single;
	bool has_min;
	bool has_max;
	struct draw_value value;
	integer min;
	integer max;
};

/**
 * struct draw_attr - an attribute
 * @name: its name
 * @type: its type
 * @value: its value
 * @rule: number of the rule, 0 for one of the future
 * @severity: number of the severity, likewise
 * @missing: number of the severity, likewise
 * @origin: number of the origin, likewise
 * @alien: it has a member of the future
 * @n_accept: entries of @accept
 * @accept: what is accepted besides the value
 * @n_settable: entries of @settable
 * @settable: what it can be set to
 */
struct draw_attr {
	const char *name;
	enum draw_type type;
	struct draw_value value;
	uint32_t rule;
	uint32_t severity;
	uint32_t missing;
	uint32_t origin;
	bool alien;
	size_t n_accept;
	struct draw_range accept[DRAW_LIST_MAX];
	size_t n_settable;
	struct draw_range settable[DRAW_LIST_MAX];
};

/**
 * struct draw_profile - a profile
 * @n: how many attributes it has
 * @attrs: the attributes, in order of their names
 */
struct draw_profile {
	size_t n;
	struct draw_attr attrs[VFIO_MIG_ATTRS_MAX];
};

/**
 * struct draw_finding - what must be found
 * @source: the source's attribute, or NULL
 * @target: the target's, or NULL
 * @kind: number of its kind
 * @severity: number of its severity, 0 if it is settable
 * @set: what the target must be set to, if it is settable
 */
struct draw_finding {
	const struct draw_attr *source;
	const struct draw_attr *target;
	uint32_t kind;
	uint32_t severity;
	struct draw_value set;
};

/**
 * struct draw_answer - what a check must come to
 * @verdict: number of the verdict
 * @n: how many findings there are
 * @findings: the findings
 */
struct draw_answer {
	uint32_t verdict;
	size_t n;
	struct draw_finding findings[2 * VFIO_MIG_ATTRS_MAX];
};

/* From @seed, which moves on, and which any number will do for. */
uint64_t draw(uint64_t *seed, uint64_t below);
void draw_pair(uint64_t *seed, struct draw_profile *source,
	       struct draw_profile *target);

/* Another target for that source, which draw_pair() has drawn last. */
void draw_near(uint64_t *seed, const struct draw_profile *source,
	       struct draw_profile *target);

/* Makes of it what an administrator may set of a device that says one thing. */
void draw_settable(struct draw_profile *profile);

/* The profile's "attrs" as JSON; how it is written is drawn as well. */
char *draw_text(uint64_t *seed, const struct draw_profile *profile);

/* The answer, by the reference. */
void draw_judge(const struct draw_profile *source,
		const struct draw_profile *target, struct draw_answer *answer);

#endif /* VFIOMIG_TESTS_DRAW_H */
